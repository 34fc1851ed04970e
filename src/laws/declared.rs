//! From a declaration to all laws: messages are drawn, written, read, traced, broken.

use bytes::Bytes;

use super::break_one::{Fault, broken};
use super::covered::{self, whole};
use super::drive::{Broken, Verdict};
use super::{Draw, Generated, Law, Laws, Shared, Violation, mutate};
use crate::declare::{Declared, Framed, Put};
use crate::trace::Trace;
use crate::{Codec, Encode, Gather, View};

/// How many streams [`check_all_declared`] makes.
const STREAMS: usize = 120;

/// How often each message is broken.
const BROKEN: u64 = 3;

/// After how many messages that could not be drawn, and none that could, no other is tried.
const HOPELESS: usize = 20;

/// How many limits of a message are exceeded in turn.
const LIMITS: u32 = 8;

/// What [`Laws::check_declared`] has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Streams of messages.
    pub streams: usize,
    /// Messages that came back from them.
    pub messages: usize,
    /// Messages that could not be drawn.
    pub none: usize,
    /// Frames with one broken field.
    pub broken: usize,
    /// Those of them that had to be refused: another constant, another checksum, text that is none.
    pub refused: usize,
    /// Those of them that were read as something else, and written again.
    pub read: usize,
    /// Messages that exceed one limit by one.
    pub beyond: usize,
}

/// Holds a declared message against all laws: what [`declared_laws!`](crate::declared_laws) does.
///
/// # Panics
/// If a law is broken, or if hardly any message can be drawn: laws that saw nothing would hold.
#[track_caller]
pub fn check_all_declared<M>(laws: &Laws, given: M::Context)
where
    M: Framed,
    M::Of<Bytes>: Put<Family = M>,
    for<'a> M::Of<&'a [u8]>: Put<Family = M>,
{
    println!("{laws}");
    let drawn = laws.check_declared::<M>(given, STREAMS);
    println!("{drawn:?}");
    assert!(drawn.messages > drawn.none, "hardly any message can be drawn: {drawn:?}");
}

impl Laws {
    /// Draws messages, writes them into streams, and holds all that a declaration promises against the laws: they can be written
    /// and come back, [take what they say](Law::WireLen), are [traced](Law::Traced) from end to end, do not depend on what is
    /// [computed](Law::Computed); and frames with one [broken] field keep the laws, too, or are [refused](Law::Refused).
    ///
    /// What has one form on the wire alone ([`Declare::CANONICAL`](crate::declare::Declare::CANONICAL)) is held to [`Canonical`](Law::Canonical).
    ///
    /// # Panics
    /// If a law is broken.
    #[track_caller]
    pub fn check_declared<M>(&self, given: M::Context, streams: usize) -> Drawn
    where
        M: Framed,
        M::Of<Bytes>: Put<Family = M>,
        for<'a> M::Of<&'a [u8]>: Put<Family = M>,
    {
        let laws = self.of::<M>();
        let draw = |draw: &mut Draw<'_>| M::draw(draw, given);
        let len = |message: &M::Of<Bytes>| message.wire_len(given);
        laws.verify_drawn(|| Declared::<M>::given(given), streams, draw, len)
            .unwrap_or_else(|violation| panic!("{violation}"))
    }

    /// The laws with what is known of a declaration.
    fn of<M: Framed>(&self) -> Self {
        let mut laws = self.clone();
        laws.canonical |= M::CANONICAL;
        laws.repeats = !M::MAPPED;
        laws
    }

    /// The same from a fuzzer's input: if its first byte is even, the rest is a stream as it is on the wire; if it is odd, the rest
    /// are the choices from which messages are drawn and broken, so that what is mutated is structure.
    ///
    /// # Panics
    /// If a law is broken.
    #[track_caller]
    pub fn check_declared_from<M>(&self, given: M::Context, input: &[u8])
    where
        M: Framed,
        M::Of<Bytes>: Put<Family = M>,
        for<'a> M::Of<&'a [u8]>: Put<Family = M>,
    {
        let laws = self.of::<M>();
        let factory = || Declared::<M>::given(given);
        let Some((first, rest)) = input.split_first() else { return };
        let found = if first % 2 == 0 {
            laws.verify_stream(&factory, rest)
        } else {
            let mut choices = Draw::from_input(rest);
            let draw = |draw: &mut Draw<'_>| M::draw(draw, given);
            let len = |message: &M::Of<Bytes>| message.wire_len(given);
            laws.verify_some(&factory, &mut choices, &draw, &len, &mut Drawn::default(), &mut Vec::new())
        };
        found.unwrap_or_else(|violation| panic!("{violation}"));
    }

    /// The same for a codec that draws and measures its messages in its own way.
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn verify_drawn<C>(
        &self,
        factory: impl Fn() -> C,
        streams: usize,
        draw: impl Fn(&mut Draw<'_>) -> Option<Shared<C>>,
        wire_len: impl Fn(&Shared<C>) -> u64,
    ) -> Result<Drawn, Box<Violation>>
    where
        C: Trace + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        let mut drawn = Drawn::default();
        let mut before = Vec::new();
        for number in 0..streams as u64 {
            self.verify_some(&factory, &mut Draw::new(number), &draw, &wire_len, &mut drawn, &mut before)?;
            if drawn.messages == 0 && drawn.none > HOPELESS {
                break;
            }
        }
        Ok(drawn)
    }

    /// One stream, and what is made of it; `before` is the one made before it.
    fn verify_some<C>(
        &self,
        factory: &impl Fn() -> C,
        choices: &mut Draw<'_>,
        draw: &impl Fn(&mut Draw<'_>) -> Option<Shared<C>>,
        wire_len: &impl Fn(&Shared<C>) -> u64,
        drawn: &mut Drawn,
        before: &mut Vec<u8>,
    ) -> Result<(), Box<Violation>>
    where
        C: Trace + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        let mut messages = Vec::new();
        for _ in 0..=choices.below(3) {
            // The same choices, with what is computed wrong.
            let mut careless = choices.clone();
            careless.plan.careless = true;
            let beyond = choices.clone();
            let Some(message) = draw(choices) else {
                drawn.none += 1;
                continue;
            };
            self.verify_beyond(factory, &beyond, draw, drawn)?;
            let one = self.verify_one(factory, &message, draw(&mut careless), wire_len);
            let frame = one.map_err(|(broken, frame)| self.violation::<C>(broken, &frame, &[], None))?;
            let seed = choices.number();
            for seed in seed..seed.saturating_add(BROKEN) {
                self.verify_broken(factory, &frame, seed, drawn)?;
            }
            messages.push(message);
        }
        if messages.is_empty() {
            return Ok(());
        }
        let mut made = Generated::default();
        let stream = self.generate(factory, messages, true, &mut made)?;
        self.verify_trace(factory, &stream)?;
        let mut spoiled = stream.clone();
        mutate(&mut spoiled, before, 4096, choices.number());
        self.verify_stream(factory, &spoiled)?;
        *before = stream;
        drawn.streams += 1;
        drawn.messages += made.messages;
        Ok(())
    }

    /// Messages that exceed one limit by one cannot be written.
    fn verify_beyond<C>(
        &self,
        factory: &impl Fn() -> C,
        choices: &Draw<'_>,
        draw: &impl Fn(&mut Draw<'_>) -> Option<Shared<C>>,
        drawn: &mut Drawn,
    ) -> Result<(), Box<Violation>>
    where
        C: Codec + Encode<Shared<C>>,
    {
        for limit in 0..LIMITS {
            let mut choices = choices.clone();
            choices.plan.beyond = Some(limit);
            let Some(message) = draw(&mut choices).filter(|_| choices.plan.exceeded) else { continue };
            drawn.beyond += 1;
            let mut out = Gather::new();
            let shown = format!("{message:?}");
            if self.is_on(Law::Refused) && out.message(|out| factory().encode(message, out)).is_ok() {
                let frame: Vec<u8> = out.chunks().flatten().copied().collect();
                let what = format!("a limit is exceeded by one, and it is written: {shown}");
                return Err(self.violation::<C>(
                    Broken::new(Law::Refused, what, 0..frame.len() as u64),
                    &frame,
                    &[],
                    None,
                ));
            }
        }
        Ok(())
    }

    /// One message on its own: its frame.
    fn verify_one<C>(
        &self,
        factory: &impl Fn() -> C,
        message: &Shared<C>,
        careless: Option<Shared<C>>,
        wire_len: &impl Fn(&Shared<C>) -> u64,
    ) -> Result<Vec<u8>, (Broken, Vec<u8>)>
    where
        C: Trace + Encode<Shared<C>>,
    {
        let write = |message: &Shared<C>| {
            let mut out = Gather::new();
            out.message(|out| factory().encode(message.clone(), out))?;
            Ok(out.chunks().flatten().copied().collect::<Vec<u8>>())
        };
        let frame = write(message).map_err(|error: crate::Error| {
            let what = format!("{message:?}, which was drawn, cannot be written: {error}");
            (Broken::new(Law::RoundTrip, what, 0..0), Vec::new())
        })?;
        let place = 0..frame.len() as u64;
        let told = |law, what: String| Err((Broken::new(law, what, place.clone()), frame.clone()));
        let said = wire_len(message);
        if self.is_on(Law::WireLen) && said != frame.len() as u64 {
            return told(Law::WireLen, format!("{message:?} says {said} and takes {}", frame.len()));
        }
        if let (true, Some(careless)) = (self.is_on(Law::Computed), careless) {
            let other = write(&careless);
            if other.as_ref() != Ok(&frame) {
                let other = other.map(|bytes| bytes.escape_ascii().to_string());
                return told(Law::Computed, format!("{message:?}; {careless:?} is written as {other:?}"));
            }
        }
        Ok(frame)
    }

    /// `frame` with a broken field.
    fn verify_broken<C>(
        &self,
        factory: &impl Fn() -> C,
        frame: &[u8],
        seed: u64,
        drawn: &mut Drawn,
    ) -> Result<(), Box<Violation>>
    where
        C: Trace + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        let made = broken(&factory(), frame, seed);
        drawn.broken += 1;
        let bytes = &made.bytes[..];
        let fails = |broken| self.violation::<C>(broken, bytes, &[], None);
        if matches!(made.fault, Fault::Constant | Fault::Checksum | Fault::Text) {
            drawn.refused += 1;
            self.refused(factory, bytes, &made.field, made.fault).map_err(fails)?;
        }
        if self.is_on(Law::Traced) {
            // As a frame, wherever it would have ended.
            covered::verify(&factory(), bytes, 0).map_err(fails)?;
        }
        self.verify_stream(factory, bytes)?;
        if self.repeats && self.is_on(Law::Refused) && is_read(factory, bytes) {
            drawn.read += 1;
            Self::repeated(factory, bytes, &made.field).map_err(fails)?;
        }
        Ok(())
    }

    /// What a frame says in each of its fields is what is written for its message.
    fn repeated<C>(factory: &impl Fn() -> C, bytes: &[u8], field: &str) -> Verdict
    where
        C: Trace + for<'a> Encode<View<'a, C>>,
    {
        let mut codec = factory();
        let Ok(view) = codec.parse(bytes) else { return Ok(()) };
        let mut out = Gather::new();
        // That it can be written is another law.
        if out.message(|out| codec.encode(view, out)).is_err() {
            return Ok(());
        }
        let again: Vec<u8> = out.chunks().flatten().copied().collect();
        let (was, is) = (covered::leaves(&codec, bytes), covered::leaves(&codec, &again));
        match was.iter().zip(&is).find(|(was, is)| was.name != is.name || was.says != is.says) {
            None if was.len() == is.len() => Ok(()),
            found => {
                let told = found.map(|(was, is)| format!("{} says {:?}, then {:?}", was.name, was.says, is.says));
                let what = format!("{field} is broken, and it is read, and written as something else: {told:?}");
                Err(Broken::new(Law::Refused, what, 0..bytes.len() as u64))
            }
        }
    }

    fn refused<C: Codec>(&self, factory: &impl Fn() -> C, bytes: &[u8], field: &str, fault: Fault) -> Verdict {
        if self.is_on(Law::Refused) && is_read(factory, bytes) {
            let what = format!("{field} is broken ({fault:?}), and it is read");
            return Err(Broken::new(Law::Refused, what, 0..bytes.len() as u64));
        }
        Ok(())
    }

    /// A stream, whatever it is.
    fn verify_stream<C>(&self, factory: &impl Fn() -> C, bytes: &[u8]) -> Result<(), Box<Violation>>
    where
        C: Trace + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        self.verify(factory, bytes)?;
        self.verify_round_trip(factory, bytes)?;
        if self.is_on(Law::Traced) {
            self.verify_trace(factory, bytes)?;
        }
        Ok(())
    }
}

/// Whether `bytes` are one frame that can be read.
fn is_read<C: Codec>(factory: &impl Fn() -> C, bytes: &[u8]) -> bool {
    let mut codec = factory();
    whole(&mut codec, bytes) == Some((false, bytes.len())) && codec.parse(bytes).is_ok()
}
