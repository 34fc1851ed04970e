//! From messages to streams: what a codec writes is what it has to read, whole and spoiled.

use std::fmt;

use bytes::Bytes;

use super::cuts::Rng;
use super::drive::{Broken, same};
#[cfg(feature = "derive")]
use super::plan::Plan;
use super::{Law, Laws, Shared, Violation, mutate};
use crate::{Codec, Encode, Gather, Kind, View, Wire};

/// Where choices come from: numbers drawn from a seed, or a fuzzer's input and then zeros, so that whatever draws comes to an
/// end.
///
/// Lengths and numbers are drawn from where something ends more often than from between.
#[derive(Clone, Debug)]
pub struct Draw<'i> {
    source: Source<'i>,
    /// What declared messages are drawn with.
    #[cfg(feature = "derive")]
    pub(super) plan: Plan,
}

#[derive(Clone, Debug)]
enum Source<'i> {
    Seed(Rng),
    Input(&'i [u8]),
}

impl<'i> Draw<'i> {
    /// The choices that belong to `seed`: the same each time.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            source: Source::Seed(Rng::new(seed)),
            #[cfg(feature = "derive")]
            plan: Plan::new(),
        }
    }

    /// The choices that stand in `input`, and zeros behind them.
    #[must_use]
    pub const fn from_input(input: &'i [u8]) -> Self {
        Self {
            source: Source::Input(input),
            #[cfg(feature = "derive")]
            plan: Plan::new(),
        }
    }

    /// A number below `end`.
    ///
    /// # Panics
    /// If `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        match &mut self.source {
            Source::Seed(rng) => rng.below(end),
            Source::Input(input) => {
                let width = if end > 0x100 { 4 } else { 1 };
                let (taken, rest) = input.split_at(width.min(input.len()));
                *input = rest;
                taken.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) % end
            }
        }
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    /// One of them.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Any number, from where widths and signs end more often than not.
    pub fn number(&mut self) -> u64 {
        let near = (self.below(3) as u64).wrapping_sub(1);
        match self.below(3) {
            0 => self.below(300) as u64,
            1 => (1_u64 << self.below(64)).wrapping_add(near),
            _ => (0..8).fold(0, |number, _| number << 8 | self.below(256) as u64),
        }
    }

    /// Up to `max` bytes, none and all of it more often than not.
    pub fn bytes(&mut self, max: usize) -> Vec<u8> {
        self.text(max, b"\0\x01 09AZaz\r\n\t\"\\{}\x7f\x80\xfe\xff")
    }

    /// The same, of `letters` alone.
    ///
    /// # Panics
    /// If there are no letters.
    pub fn text(&mut self, max: usize, letters: &[u8]) -> Vec<u8> {
        let len = match self.below(6) {
            0 => 0,
            1 => max,
            2 => self.below(max + 1),
            _ => self.below(max.min(16) + 1),
        };
        (0..len).map(|_| *self.pick(letters)).collect()
    }
}

/// What [`Laws::check_generated`] has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Streams of messages.
    pub streams: usize,
    /// Messages that came back from them.
    pub messages: usize,
    /// Streams that were spoiled, and from which a message was still read.
    pub spoiled: usize,
}

impl Laws {
    /// Makes messages, writes them into streams, and holds the codec against the laws on these, as they are and spoiled
    /// ([`mutate`]): seeds from the codec's own encoder, which get further into a decoder than noise does.
    ///
    /// `message` draws one message, its fields as [`Bytes`]. What the codec refuses to write is passed over.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use wireview::formats::LengthPrefixed;
    /// use wireview::laws::Laws;
    /// use wireview::length::U16Be;
    ///
    /// let made = Laws::all().check_generated(|| LengthPrefixed::<U16Be>::new(100), 50, |draw| Bytes::from(draw.bytes(120)));
    /// assert!(made.messages > 50 && made.spoiled > 10);
    /// ```
    ///
    /// # Panics
    /// If a law is broken, or a message does not come back as it was made.
    #[track_caller]
    pub fn check_generated<C>(
        &self,
        factory: impl Fn() -> C,
        streams: usize,
        mut message: impl FnMut(&mut Draw<'_>) -> Shared<C>,
    ) -> Generated
    where
        C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        let mut made = Generated::default();
        let mut before = Vec::new();
        for number in 0..streams as u64 {
            let mut draw = Draw::new(number);
            let messages = some(&mut draw, &mut message);
            let stream = self.generate(&factory, messages, false, &mut made);
            let stream = stream.unwrap_or_else(|violation| panic!("{violation}"));
            for seed in 0..4 {
                let mut spoiled = stream.clone();
                mutate(&mut spoiled, &before, 4096, number << 2 | seed);
                made.spoiled += usize::from(self.check(&factory, &spoiled).views().next().is_some());
                self.check_round_trip(&factory, &spoiled);
            }
            before = stream;
        }
        made
    }

    /// One stream, made from a fuzzer's input, so that what it mutates are choices and not bytes on the wire; the last of them
    /// say how the stream is spoiled, if it is.
    ///
    /// # Panics
    /// As for [`check_generated`](Self::check_generated).
    #[track_caller]
    pub fn check_made_from<C>(
        &self,
        factory: impl Fn() -> C,
        input: &[u8],
        mut message: impl FnMut(&mut Draw<'_>) -> Shared<C>,
    ) where
        C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        let mut draw = Draw::from_input(input);
        let messages = some(&mut draw, &mut message);
        let stream = self.generate(&factory, messages, false, &mut Generated::default());
        let mut stream = stream.unwrap_or_else(|violation| panic!("{violation}"));
        if draw.flag() {
            let other = stream.clone();
            mutate(&mut stream, &other, 4096, draw.number());
            self.check(&factory, &stream);
            self.check_round_trip(&factory, &stream);
        }
    }

    /// Messages written, read again and compared. If they are to be `valid`, all of them can be written.
    pub(super) fn generate<C>(
        &self,
        factory: &impl Fn() -> C,
        messages: Vec<Shared<C>>,
        valid: bool,
        made: &mut Generated,
    ) -> Result<Vec<u8>, Box<Violation>>
    where
        C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        let mut encoder = factory();
        let mut wanted = Vec::new();
        let mut stream = Vec::new();
        let wrong = |what: &dyn fmt::Display, stream: &[u8]| {
            let broken = Broken::new(Law::RoundTrip, what, 0..stream.len() as u64);
            Err(self.violation::<C>(broken, stream, &[], None))
        };
        for message in messages {
            let mut out = Gather::new();
            match out.message(|out| encoder.encode(message.clone(), out)) {
                Ok(()) => {
                    stream.extend(out.chunks().flatten());
                    wanted.push(C::Message::map::<Bytes, Vec<u8>>(message, &mut |field| field.to_vec()));
                }
                // It says what it does not write.
                Err(error)
                    if !valid
                        && matches!(
                            error.kind(),
                            Kind::Unsupported | Kind::Limit | Kind::Overflow | Kind::Malformed
                        ) => {}
                Err(error) => return wrong(&format_args!("{message:?} cannot be written: {error}"), &stream),
            }
        }
        let mut came = Vec::new();
        let outcome = self.verify_with(factory, &stream, |view| {
            came.push(C::Message::map::<&[u8], Vec<u8>>(view, &mut <[u8]>::to_vec));
        })?;
        let differ = came.iter().zip(&wanted).position(|(came, wanted)| !same(came, wanted));
        if let Some(at) = differ.or((came.len() != wanted.len()).then_some(came.len().min(wanted.len()))) {
            let (came, wanted) = (came.get(at), wanted.get(at));
            return wrong(
                &format_args!("message {at} was {wanted:?}, came back as {came:?}; {:?}", outcome.end),
                &stream,
            );
        }
        self.verify_round_trip(factory, &stream)?;
        made.streams += 1;
        made.messages += wanted.len();
        Ok(stream)
    }
}

/// One to four messages.
fn some<M>(draw: &mut Draw<'_>, message: &mut impl FnMut(&mut Draw<'_>) -> M) -> Vec<M> {
    (0..=draw.below(4)).map(|_| message(draw)).collect()
}
