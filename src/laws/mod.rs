//! The laws that every codec must keep, as functions: for tests, for fuzzing, for memory tools alike.
//!
//! ```
//! use wireview::formats::LengthPrefixed;
//! use wireview::laws;
//! use wireview::length::U16Be;
//!
//! laws::check(|| LengthPrefixed::<U16Be>::new(1000), b"\0\x02hi\0\x05hello");
//! ```
//!
//! One call runs the codec on the stream uncut, cut in two at every place, byte by byte and cut at places drawn from the
//! bytes, through every way of taking frames, and holds all that comes out against each other. What fails is told as a
//! [`Violation`]: the law, the smallest cutting that shows it, and a hexdump with the frame marked.
//!
//! | law | holds for | what it forbids |
//! | --- | --- | --- |
//! | [`NoPanic`](Law::NoPanic) | codec | overflow, slices out of range, recursion without bound |
//! | [`Progress`](Law::Progress) | `delimit` | empty frames, skips of nothing |
//! | [`NeedUnderstated`](Law::NeedUnderstated), [`NeedOverstated`](Law::NeedOverstated) | `delimit` | asking in vain, waiting in vain |
//! | [`SplitInvariance`](Law::SplitInvariance), [`ErrorPlace`](Law::ErrorPlace) | `delimit`, `open`, `parse`, streamed bodies | messages and errors that depend on how the network cut the stream |
//! | [`Inside`](Law::Inside), [`Holders`](Law::Holders), [`Pure`](Law::Pure) | `parse`, `map` | fields from elsewhere, lost or swapped fields, memory in `parse` |
//! | [`Limits`](Law::Limits), [`Allocation`](Law::Allocation) | `delimit`, all | memory for a length that was only declared |
//! | [`RoundTrip`](Law::RoundTrip), [`Canonical`](Law::Canonical), [`EncodeHolders`](Law::EncodeHolders) | `encode` | messages that do not come back |
//! | [`ZeroCopyOut`](Law::ZeroCopyOut) | `encode` | copies of shared payloads |
//! | [`Once`](Law::Once), [`Cancel`](Law::Cancel) | send queues | bytes sent twice, or never |
//! | [`Traced`](Law::Traced) | `trace` | bytes of no field, or of two |
//! | [`WireLen`](Law::WireLen), [`Computed`](Law::Computed), [`Refused`](Law::Refused) | declared messages | lengths, flags and checksums that are not what was declared |
//!
//! In a test, with [`codec_laws!`](crate::codec_laws); for cargo-fuzz, with [`fuzz_codec!`](crate::fuzz_codec); for messages that
//! are declared, with `declared_laws!` and `fuzz_declared!`, which need no seeds. A law that
//! does not apply is switched off by name: [`Laws::without`].
//!
//! Where streams come from is up to the caller: seeds written from a specification, [mutants] of them, captured traffic, a
//! fuzzer; or messages that are [made and written](Laws::check_generated) by the codec itself.
//!
//! A codec that tells [what lies where](crate::trace) is held against itself by [`check_trace`].
//!
//! What no run of a program can show is not here: that work is linear in the length of a frame is counted in instructions, by
//! a tool.

mod break_one;
mod covered;
mod cuts;
#[cfg(feature = "derive")]
mod declared;
mod drive;
mod generate;
mod judge;
mod law;
mod macros;
mod mutate;
mod outcome;
#[cfg(feature = "derive")]
mod plan;
mod probe;
mod queue;
mod round_trip;
mod streamed;
mod traced;
mod violation;

pub use break_one::{BrokenFrame, Fault, broken};
#[cfg(feature = "derive")]
pub use declared::{Drawn, check_all_declared};
pub use drive::Way;
pub use generate::{Draw, Generated};
pub use law::Law;
pub use macros::check_all;
pub use mutate::{mutants, mutate};
pub use outcome::{Outcome, Seen};
pub use queue::{Queue, verify_queue};
#[cfg(feature = "tokio")]
pub use queue::{Sender, verify_cancel};
pub use round_trip::Written;
pub use traced::check_trace;
pub use violation::Violation;

use std::any::type_name;
use std::fmt;

use bytes::Bytes;

use crate::{Codec, Encode, Limits, Message, View, Wire};
use cuts::{BYTEWISE, Rng, SHORT, scattered, shrink};
use drive::{Broken, Subject, Verdict, Witness};
use round_trip::RoundTrip;

/// The message of codec `C` whose fields share the frame.
pub type Shared<C> = <<C as Codec>::Message as Wire>::Of<Bytes>;

/// Which laws are asked for, and how hard. Every setter returns the changed laws.
///
/// ```
/// use wireview::formats::Lines;
/// use wireview::laws::{Law, Laws};
///
/// let laws = Laws::all().without(Law::Canonical, "lines end in CR LF or LF").every_cut_up_to(1000);
/// laws.check(|| Lines::new(80), b"one\r\ntwo\nthree");
/// assert!(laws.to_string().contains("lines end in CR LF or LF"));
/// ```
#[derive(Clone, Debug)]
pub struct Laws {
    off: Vec<(Law, &'static str)>,
    canonical: bool,
    /// What a frame says is said again when its message is written.
    #[cfg(feature = "derive")]
    repeats: bool,
    limits: Limits,
    allocated: Option<fn() -> usize>,
    shared_from: usize,
    every_cut_up_to: usize,
}

impl Laws {
    /// All laws that hold for every codec. [`Canonical`](Law::Canonical) has to be [declared](Self::canonical), and allocations
    /// in the codec are only counted where there is a [counter](Self::allocations).
    #[must_use]
    pub const fn all() -> Self {
        Self {
            off: Vec::new(),
            canonical: false,
            #[cfg(feature = "derive")]
            repeats: false,
            // Small reads, so that short streams move between blocks, too.
            limits: Limits::new().reads(16, 256),
            allocated: None,
            shared_from: 1,
            every_cut_up_to: SHORT,
        }
    }

    /// Switches a law off, and says why.
    ///
    /// # Panics
    /// For [`Law::Inside`], without which the others have nothing to compare.
    #[must_use]
    pub fn without(mut self, law: Law, reason: &'static str) -> Self {
        assert!(law != Law::Inside, "fields outside of the frame are never lawful");
        self.off.push((law, reason));
        self
    }

    /// Every frame that is read is written as the same bytes.
    #[must_use]
    pub const fn canonical(mut self) -> Self {
        self.canonical = true;
        self
    }

    /// The limits under which the codec is run.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Counts what the codec allocates: `count` says how many bytes this thread, or a program of one thread, has allocated so
    /// far, such as `|| ALLOCATOR.stats().bytes_allocated` of the crate `stats_alloc`.
    ///
    /// A call may allocate 4 KiB, and 8 bytes for each it is given.
    #[must_use]
    pub const fn allocations(mut self, count: fn() -> usize) -> Self {
        self.allocated = Some(count);
        self
    }

    /// From which length on a field must not be copied on its way out: 1 unless set.
    #[must_use]
    pub const fn shared_from(mut self, bytes: usize) -> Self {
        self.shared_from = bytes;
        self
    }

    /// Up to which length a stream is cut in two at every place: 48 bytes unless set. Longer ones are cut at the ends of their
    /// first frames, and at places drawn from their bytes.
    #[must_use]
    pub const fn every_cut_up_to(mut self, bytes: usize) -> Self {
        self.every_cut_up_to = bytes;
        self
    }

    /// Whether a law is asked for.
    #[must_use]
    pub fn is_on(&self, law: Law) -> bool {
        self.off.iter().all(|(off, _)| *off != law)
    }

    /// [`verify`](Self::verify), or a panic that tells the story.
    ///
    /// # Panics
    /// If a law is broken.
    #[track_caller]
    pub fn check<C: Codec>(&self, factory: impl Fn() -> C, bytes: &[u8]) -> Outcome<C::Message> {
        self.verify(factory, bytes).unwrap_or_else(|violation| panic!("{violation}"))
    }

    /// Holds the codecs that `factory` makes against the laws of reading, with `bytes` as the stream.
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn verify<C: Codec>(
        &self,
        factory: impl Fn() -> C,
        bytes: &[u8],
    ) -> Result<Outcome<C::Message>, Box<Violation>> {
        self.verify_with(factory, bytes, |_| {})
    }

    /// The same, and shows every message to `inspect`: to walk sequences, print, convert, which must not panic either.
    ///
    /// ```
    /// use wireview::formats::LengthPrefixed;
    /// use wireview::laws::Laws;
    /// use wireview::length::U8;
    ///
    /// let mut total = 0;
    /// Laws::all().verify_with(|| LengthPrefixed::<U8>::new(9), b"\x02hi\x01!", |view: &[u8]| total += view.len())?;
    /// assert_eq!(total, 3);
    /// # Ok::<(), Box<wireview::laws::Violation>>(())
    /// ```
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn verify_with<C: Codec>(
        &self,
        factory: impl Fn() -> C,
        bytes: &[u8],
        inspect: impl for<'a> FnMut(View<'a, C>),
    ) -> Result<Outcome<C::Message>, Box<Violation>> {
        let subject = Subject { laws: self, factory: &factory, bytes };
        let mut witness = Inspect(inspect);
        let outcome = subject
            .guard(|| subject.record(&mut witness))
            .map_err(|broken| self.violation::<C>(broken, bytes, &[], Some(Way::Next)))?;
        self.recut(&subject, &outcome)?;
        Ok(outcome)
    }

    /// [`verify_round_trip`](Self::verify_round_trip), or a panic that tells the story.
    ///
    /// # Panics
    /// If a law is broken.
    #[track_caller]
    pub fn check_round_trip<C>(&self, factory: impl Fn() -> C, bytes: &[u8]) -> Written
    where
        C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        self.verify_round_trip(factory, bytes).unwrap_or_else(|violation| panic!("{violation}"))
    }

    /// Holds the codecs that `factory` makes against the laws of writing: every message that is read from `bytes` is written
    /// from borrowed and from shared fields, through a writer that takes what it likes, and read again.
    ///
    /// Messages that the codec refuses to write as [`Kind::Unsupported`](crate::Kind::Unsupported) are passed over.
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn verify_round_trip<C>(&self, factory: impl Fn() -> C, bytes: &[u8]) -> Result<Written, Box<Violation>>
    where
        C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
    {
        let subject = Subject { laws: self, factory: &factory, bytes };
        let mut witness = RoundTrip::new(self, &factory, bytes);
        subject
            .guard(|| subject.record(&mut witness))
            .map_err(|broken| self.violation::<C>(broken, bytes, &[], Some(Way::Next)))?;
        Ok(witness.written)
    }

    /// All the other runs.
    fn recut<C: Codec, F: Fn() -> C>(
        &self,
        subject: &Subject<'_, F>,
        outcome: &Outcome<C::Message>,
    ) -> Result<(), Box<Violation>> {
        let len = subject.bytes.len();
        let mut rng = Rng::of(subject.bytes);
        let compare = |way, cuts: &[usize], max| match way {
            Way::Streamed => subject.streamed(outcome, cuts),
            way => subject.compare(outcome, way, cuts, max).map(|()| true),
        };
        // Whether there was something to compare.
        let told = |way, cuts: &[usize], max| {
            let broken = match compare(way, cuts, max) {
                Ok(told) => return Ok(told),
                Err(broken) => broken,
            };
            let fails = |cuts: &[usize]| compare(way, cuts, max).is_err_and(|other| other.law == broken.law);
            let cuts = shrink(cuts.to_vec(), fails);
            let broken = compare(way, &cuts, max).err().unwrap_or(broken);
            Err(self.violation::<C>(broken, subject.bytes, &cuts, Some(way)))
        };
        let run = |way, cuts: &[usize], max| told(way, cuts, max).map(drop);
        for way in &Way::ALL[1..] {
            run(*way, &[], None)?;
        }
        if len == 0 {
            return Ok(());
        }
        let mut turn = rng.below(Way::ALL.len());
        let mut next_way = || {
            turn += 1;
            Way::ALL[turn % Way::ALL.len()]
        };
        if len <= self.every_cut_up_to {
            for cut in 1..len {
                run(next_way(), &[cut], None)?;
            }
        } else {
            for end in outcome.frames.iter().take(8).map(|seen| seen.end() as usize) {
                for cut in end.saturating_sub(1)..=end + 1 {
                    if (1..len).contains(&cut) {
                        run(next_way(), &[cut], None)?;
                    }
                }
            }
            for _ in 0..8 {
                run(next_way(), &[1 + rng.below(len - 1)], None)?;
            }
        }
        // A long stream comes byte by byte for a part of its way.
        let from = if len <= self.every_cut_up_to.max(BYTEWISE) { 1 } else { 1 + rng.below(len - BYTEWISE) };
        let every: Vec<usize> = (from..len).take(self.every_cut_up_to.max(BYTEWISE)).collect();
        run(Way::Next, &every, None)?;
        run(next_way(), &every, None)?;
        for _ in 0..3 {
            run(next_way(), &scattered(len, &mut rng), None)?;
        }
        if told(Way::Streamed, &[], None)? {
            run(Way::Streamed, &every, None)?;
            run(Way::Streamed, &scattered(len, &mut rng), None)?;
        }
        if self.is_on(Law::Limits) {
            let max = match outcome.frames.len() {
                0 => 1 + rng.below(len),
                frames => (outcome.frames[rng.below(frames)].bytes.len() - rng.below(2)).max(1),
            };
            let max = max.min(self.limits.max_frame);
            run(Way::Next, &[], Some(max))?;
            run(next_way(), &scattered(len, &mut rng), Some(max))?;
        }
        Ok(())
    }

    #[cold]
    fn violation<C>(&self, broken: Broken, bytes: &[u8], cuts: &[usize], way: Option<Way>) -> Box<Violation> {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        Box::new(Violation {
            law: broken.law,
            codec: type_name::<C>(),
            input: bytes.to_vec(),
            cuts: cuts.to_vec(),
            way,
            frame: place(broken.frame.start)..place(broken.frame.end),
            what: broken.what,
        })
    }
}

impl Default for Laws {
    fn default() -> Self {
        Self::all()
    }
}

/// What is switched off, and why.
impl fmt::Display for Laws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all laws")?;
        self.off.iter().try_for_each(|(law, reason)| write!(f, ", without {law} ({reason})"))
    }
}

struct Inspect<F>(F);

impl<M: Message, F: for<'a> FnMut(M::Of<&'a [u8]>)> Witness<M> for Inspect<F> {
    fn see(&mut self, view: M::Of<&[u8]>, _: &[u8], _: M, _: u64) -> Verdict {
        (self.0)(view);
        Ok(())
    }
}

/// Holds a codec against all laws of reading: see [`Laws::verify`].
///
/// # Panics
/// If a law is broken: the message is the story.
#[track_caller]
pub fn check<C: Codec>(factory: impl Fn() -> C, bytes: &[u8]) -> Outcome<C::Message> {
    Laws::all().check(factory, bytes)
}

/// Holds a codec against all laws of reading.
///
/// # Errors
/// The first law that is broken.
pub fn verify<C: Codec>(factory: impl Fn() -> C, bytes: &[u8]) -> Result<Outcome<C::Message>, Box<Violation>> {
    Laws::all().verify(factory, bytes)
}

/// Holds a codec against all laws of writing: see [`Laws::verify_round_trip`].
///
/// # Panics
/// If a law is broken: the message is the story.
#[track_caller]
pub fn check_round_trip<C>(factory: impl Fn() -> C, bytes: &[u8]) -> Written
where
    C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
{
    Laws::all().check_round_trip(factory, bytes)
}
