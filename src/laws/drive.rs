//! Runs of one stream: the first is recorded, all others are compared with it.

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
#[cfg(feature = "tokio")]
use bytes::BytesMut;

use super::cuts::pieces;
use super::judge::Judge;
use super::outcome::Seen;
use super::probe::{Probe, Slip};
use super::{Law, Laws, Outcome};
use crate::{Codec, Deframer, Error, Holder, Message, Result, View, Wire};

/// How frames are taken from what has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// [`Deframer::next`].
    Next,
    /// [`Deframer::views`].
    Views,
    /// [`Deframer::batch`].
    Batch,
    /// All three in turn.
    Mixed,
    /// `tokio::Compat`, as `Framed` calls it.
    #[cfg(feature = "tokio")]
    Compat,
    /// [`Deframer::next_or_body`] with all bodies streamed, if the codec does that.
    Streamed,
}

impl Way {
    /// Those that give whole frames.
    pub(super) const ALL: &[Self] = &[
        Self::Next,
        Self::Views,
        Self::Batch,
        Self::Mixed,
        #[cfg(feature = "tokio")]
        Self::Compat,
    ];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Next => "`next`",
            Self::Views => "`views`",
            Self::Batch => "`batch`",
            Self::Mixed => "`next`, `views` and `batch` in turn",
            #[cfg(feature = "tokio")]
            Self::Compat => "`Compat`",
            Self::Streamed => "`next_or_body`, bodies streamed",
        })
    }
}

/// What a run found, before it is known which cuts it takes to show it.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) law: Law,
    pub(super) what: String,
    pub(super) frame: Range<u64>,
}

impl Broken {
    #[cold]
    pub(super) fn new(law: Law, what: impl fmt::Display, frame: Range<u64>) -> Self {
        Self { law, what: what.to_string(), frame }
    }
}

pub(super) type Verdict<T = ()> = Result<T, Broken>;

/// Looks at every message of the recorded run while its frame is lent.
pub(super) trait Witness<M: Message> {
    fn see(&mut self, view: M::Of<&[u8]>, frame: &[u8], message: M, at: u64) -> Verdict;
}

/// One codec, one stream.
pub(super) struct Subject<'s, F> {
    pub(super) laws: &'s Laws,
    pub(super) factory: &'s F,
    pub(super) bytes: &'s [u8],
}

/// Whether two messages are the same. One that is not even equal to itself, such as a NaN, is if it looks the same.
pub(super) fn same<T: Holder>(one: &T, two: &T) -> bool {
    #[allow(clippy::eq_op)]
    let strange = || one != one && format!("{one:?}") == format!("{two:?}");
    one == two || strange()
}

impl<C: Codec, F: Fn() -> C> Subject<'_, F> {
    pub(super) fn probe(&self) -> Probe<C> {
        Probe::new((self.factory)(), self.laws.allocated)
    }

    /// Runs `run`, and calls a panic a broken law.
    pub(super) fn guard<T>(&self, run: impl FnOnce() -> Verdict<T>) -> Verdict<T> {
        if !self.laws.is_on(Law::NoPanic) {
            return run();
        }
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            let told = panic.downcast_ref::<&str>().map(|told| (*told).to_owned());
            let told = told.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(Broken::new(Law::NoPanic, format_args!("it panicked: {told}"), 0..self.bytes.len() as u64))
        })
    }

    /// What the probe saw has the first word: it is the cause where others see effects.
    pub(super) fn slipped(&self, slip: Option<Slip>, at: u64) -> Verdict {
        match slip {
            Some(slip) if self.laws.is_on(slip.law()) => {
                Err(Broken::new(slip.law(), slip, at..self.bytes.len() as u64))
            }
            _ => Ok(()),
        }
    }

    /// The uncut stream, each frame looked at from all sides.
    pub(super) fn record(&self, witness: &mut impl Witness<C::Message>) -> Verdict<Outcome<C::Message>> {
        let mut outcome = Outcome::new();
        let mut deframer = Deframer::with_limits(self.probe(), self.laws.limits);
        deframer.feed(self.bytes);
        let found = self.record_pending(&mut deframer, &mut outcome, witness);
        self.slipped(deframer.codec().slip(), outcome.consumed)?;
        let mut end = found?;
        outcome.prompt = outcome.frames.len();
        if end.is_none() {
            self.reserved(&mut deframer)?;
            deframer.finish();
            let found = self.record_pending(&mut deframer, &mut outcome, witness);
            self.slipped(deframer.codec().slip(), outcome.consumed)?;
            end = found?;
        }
        outcome.consumed = deframer.ledger().received - deframer.pending() as u64;
        outcome.skipped = deframer.ledger().skipped;
        outcome.end = end;
        self.points_inside(&outcome)?;
        Ok(outcome)
    }

    fn record_pending(
        &self,
        deframer: &mut Deframer<Probe<C>>,
        outcome: &mut Outcome<C::Message>,
        witness: &mut impl Witness<C::Message>,
    ) -> Verdict<Option<Error>> {
        loop {
            let lent = match deframer.next() {
                Ok(Some(lent)) => lent,
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(error)),
            };
            let (at, bytes) = (lent.offset(), lent.bytes());
            let place = at..at + bytes.len() as u64;
            let view = lent.view();
            if self.laws.is_on(Law::Pure) {
                let again = lent.view();
                let pure = match (&view, &again) {
                    (Ok(view), Ok(again)) => same(view, again),
                    (Err(error), Err(again)) => error == again,
                    _ => false,
                };
                if !pure {
                    return Err(Broken::new(Law::Pure, format_args!("first {view:?}, then {again:?}"), place));
                }
            }
            let message = match view {
                Ok(view) => Ok(self.look(view, bytes, witness, at)?),
                Err(error) if error.offset() > bytes.len() && self.laws.is_on(Law::ErrorPlace) => {
                    let what = format_args!("an error in a frame of {} bytes: {error}", bytes.len());
                    return Err(Broken::new(Law::ErrorPlace, what, place));
                }
                Err(error) => Err(error),
            };
            outcome.consumed = place.end;
            outcome.frames.push(Seen { at, bytes: bytes.to_vec(), message });
        }
    }

    /// The message of one frame, seen through every holder.
    fn look<'a>(
        &self,
        view: View<'a, C>,
        bytes: &'a [u8],
        witness: &mut impl Witness<C::Message>,
        at: u64,
    ) -> Verdict<C::Message> {
        let place = at..at + bytes.len() as u64;
        let Some(message) = C::Message::point(view.clone(), bytes) else {
            let what = format_args!("a field that is not a part of its frame: {view:?}");
            return Err(Broken::new(Law::Inside, what, place));
        };
        if self.laws.is_on(Law::Holders) {
            let differs = |holder: &str, seen: &dyn fmt::Debug| {
                Broken::new(Law::Holders, format_args!("as &[u8] {view:?}, as {holder} {seen:?}"), place.clone())
            };
            let spanned = message.view(bytes);
            if !same(&view, &spanned) {
                return Err(differs("Span", &spanned));
            }
            let itself = C::Message::map::<&[u8], &[u8]>(view.clone(), &mut |part| part);
            if !same(&view, &itself) {
                return Err(differs("itself, mapped", &itself));
            }
            let shared = message.share(&Bytes::copy_from_slice(bytes));
            let kept = C::Message::map::<Bytes, Vec<u8>>(shared, &mut |part| part.to_vec());
            let copied = C::Message::map::<&[u8], Vec<u8>>(view.clone(), &mut <[u8]>::to_vec);
            if !same(&copied, &kept) {
                return Err(differs("Bytes", &kept));
            }
        }
        witness.see(view, bytes, message, at)?;
        Ok(message)
    }

    /// The block is not larger than what bytes received have earned: twice as many, so that a long frame seldom moves while it
    /// grows, and some reads.
    fn reserved(&self, deframer: &mut Deframer<Probe<C>>) -> Verdict {
        let room = deframer.read_with(|block| block.get_ref().capacity());
        let earned = (2 * self.bytes.len()).saturating_add(self.laws.limits.max_read.saturating_mul(4));
        if room > earned && self.laws.is_on(Law::Allocation) {
            let what = format_args!("{room} bytes are reserved, {} have come", self.bytes.len());
            return Err(Broken::new(Law::Allocation, what, 0..self.bytes.len() as u64));
        }
        Ok(())
    }

    fn points_inside(&self, outcome: &Outcome<C::Message>) -> Verdict {
        let len = self.bytes.len() as u64;
        match (outcome.end, outcome.end_offset()) {
            (Some(error), Some(at)) if at > len && self.laws.is_on(Law::ErrorPlace) => {
                let what = format_args!("an error behind the end of the stream: {error}");
                Err(Broken::new(Law::ErrorPlace, what, outcome.consumed..len))
            }
            _ => Ok(()),
        }
    }

    /// The same stream with other cuts, or taken another way: it must come to the same.
    pub(super) fn compare(
        &self,
        expected: &Outcome<C::Message>,
        way: Way,
        cuts: &[usize],
        max: Option<usize>,
    ) -> Verdict {
        self.guard(|| {
            let mut judge = Judge { laws: self.laws, expected, next: 0, arrived: 0, max, len: self.bytes.len() as u64 };
            #[cfg(feature = "tokio")]
            if way == Way::Compat {
                return self.compat(&mut judge, cuts);
            }
            let limits = max.map_or(self.laws.limits, |max| self.laws.limits.max_frame(max));
            let mut deframer = Deframer::with_limits(self.probe(), limits);
            let mut end = Ok(None);
            for piece in pieces(self.bytes, cuts) {
                deframer.feed(piece);
                end = judge.drain(&mut deframer, way);
                if !matches!(end, Ok(None)) {
                    break;
                }
                judge.arrived += piece.len() as u64;
                if let Err(late) = judge.prompt() {
                    end = Err(late);
                    break;
                }
            }
            if matches!(end, Ok(None)) {
                deframer.finish();
                end = judge.drain(&mut deframer, way);
            }
            self.slipped(deframer.codec().slip(), judge.at())?;
            let end = end?;
            let consumed = deframer.ledger().received - deframer.pending() as u64;
            judge.end(end, consumed, Some(deframer.ledger().skipped))
        })
    }

    #[cfg(feature = "tokio")]
    fn compat(&self, judge: &mut Judge<'_, C::Message>, cuts: &[usize]) -> Verdict {
        use tokio_util::codec::Decoder as _;

        use crate::tokio::Compat;

        let limits = judge.max.map_or(self.laws.limits, |max| self.laws.limits.max_frame(max));
        let mut compat = Compat::with_encoder(self.probe(), (), limits);
        let mut buffer = BytesMut::new();
        let mut take = |compat: &mut Compat<Probe<C>, ()>, buffer: &mut BytesMut, eof: bool| {
            loop {
                match if eof { compat.decode_eof(buffer) } else { compat.decode(buffer) } {
                    Ok(Some(Ok(frame))) => judge.frame(None, frame.bytes(), Ok(*frame.message()))?,
                    Ok(Some(Err(error))) => judge.error(error)?,
                    Ok(None) => return Ok(None),
                    Err(fault) => {
                        let report = fault.report().map(|report| (report.error(), report.frame_at()));
                        return Ok(Some(report.expect("decoding does no other input or output")));
                    }
                }
            }
        };
        let mut end = Ok(None);
        for piece in pieces(self.bytes, cuts) {
            buffer.extend_from_slice(piece);
            end = take(&mut compat, &mut buffer, false);
            if !matches!(end, Ok(None)) {
                break;
            }
        }
        if matches!(end, Ok(None)) {
            end = take(&mut compat, &mut buffer, true);
        }
        let slip = compat.codec_mut().slip();
        self.slipped(slip, judge.at())?;
        match end? {
            Some((error, at)) => judge.end(Some(error), at, None),
            None => judge.end(None, (self.bytes.len() - buffer.len()) as u64, None),
        }
    }
}
