use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use super::Deframer;
use super::deframer::{Found, Wake, whole};
use super::gate::{Gate, State};
use crate::codec::{Boundary, Codec, View};
use crate::{Ledger, Result};

/// Every whole frame that is pending, as borrowed views: what [`Deframer::views`] iterates over.
///
/// The views live as long as the borrow of the deframer, so they can be collected. Frames that were not asked for stay.
///
/// # Cost
/// The least there is: the position stays in a register, where [`Deframer::next`] has to keep it in memory.
pub struct Views<'d, C: Codec> {
    codec: &'d mut C,
    /// From the next frame on.
    rest: &'d mut [u8],
    /// The length of the next frame if it has been opened already, or 0.
    opened: usize,
    /// The length of the frame that came last, and how much was left behind it.
    last: usize,
    behind: usize,
    skipped: u64,
    stopped: bool,
    max_frame: usize,
    // Where the walk is booked when it ends; not touched before that.
    gate: &'d mut Gate,
    at: &'d mut usize,
    ledger: &'d mut Ledger,
    lent: &'d mut Range<usize>,
    end: usize,
}

impl<C: Codec> Deframer<C> {
    /// All whole frames that are pending, as borrowed views. An error in an item concerns that frame alone.
    ///
    /// The iterator ends where a frame has not wholly come, behind a [`barrier`](Codec::barrier), and in front of a fatal error,
    /// which the next call tells.
    ///
    /// ```
    /// use wireview::formats::LengthPrefixed;
    /// use wireview::length::U16Be;
    /// use wireview::{Deframer, Error};
    ///
    /// let mut deframer = Deframer::new(LengthPrefixed::<U16Be>::new(1000));
    /// deframer.feed(b"\0\x05hello\0\x05world\0\x04ha");
    /// let words: Vec<&[u8]> = deframer.views()?.collect::<Result<_, _>>()?;
    /// assert_eq!(words, [b"hello", b"world"]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    #[inline(always)]
    pub fn views(&mut self) -> Result<Views<'_, C>> {
        if self.gate.calm {
            return Ok(self.walk(0, false));
        }
        match self.wake(false) {
            Wake::Calm => Ok(self.walk(0, false)),
            Wake::Found(Found::Frame) => Ok(self.views_from_found()),
            Wake::Found(Found::Nothing) => Ok(self.walk(0, true)),
            Wake::Found(Found::Failure) => Err(self.failure()),
        }
    }

    /// The same from the frame that was found last, which is given back.
    pub(crate) fn views_from_found(&mut self) -> Views<'_, C> {
        let opened = self.lent.len();
        self.input.at -= opened;
        self.walk(opened, false)
    }

    #[inline(always)]
    fn walk(&mut self, opened: usize, stopped: bool) -> Views<'_, C> {
        Views {
            codec: &mut self.codec,
            max_frame: self.gate.limits.max_frame,
            end: self.input.block.len(),
            behind: self.input.block.len() - self.input.at,
            rest: &mut self.input.block[self.input.at..],
            opened,
            last: 0,
            skipped: 0,
            stopped,
            gate: &mut self.gate,
            at: &mut self.input.at,
            ledger: &mut self.input.ledger,
            lent: &mut self.lent,
        }
    }
}

impl<'d, C: Codec> Views<'d, C> {
    /// The next whole frame, opened.
    #[inline(always)]
    pub(super) fn next_frame(&mut self) -> Option<&'d [u8]> {
        if self.stopped {
            return None;
        }
        if self.opened > 0 {
            let len = core::mem::take(&mut self.opened);
            return Some(self.take(len));
        }
        loop {
            let pending = self.rest.len();
            match self.codec.delimit(self.rest) {
                Ok(Boundary::Frame { head, body, tail }) => {
                    if let Some(len) = whole(head, body, tail, pending, self.max_frame) {
                        if let Some(frame) = self.rest.get_mut(..len)
                            && let Err(error) = self.codec.open(frame)
                        {
                            self.gate.fail(error);
                        } else {
                            return Some(self.take(len));
                        }
                    } else {
                        self.gate.settle_frame(head, body, tail, pending, false);
                    }
                }
                Ok(Boundary::Need(need)) => self.gate.settle_need(need, pending),
                Ok(Boundary::Rest { head }) => self.gate.settle_rest(head, pending, false),
                Ok(Boundary::Skip(left)) => self.gate.settle_skip(left),
                Err(error) => {
                    self.gate.fail(error);
                }
            }
            let Some(skipped) = self.gate.skip_whole(pending) else { break };
            self.rest = &mut core::mem::take(&mut self.rest)[skipped..];
            self.skipped += skipped as u64;
        }
        self.stopped = true;
        None
    }

    /// Where the walk stands in the block.
    #[inline(always)]
    pub(super) const fn position(&self) -> usize {
        self.end - self.rest.len()
    }

    /// Reads a frame that [`next_frame`](Self::next_frame) gave last.
    #[inline(always)]
    pub(super) fn parse(&self, frame: &'d [u8]) -> Result<View<'d, C>> {
        self.codec.parse(frame)
    }

    #[inline(always)]
    fn take(&mut self, len: usize) -> &'d [u8] {
        let (frame, rest) = core::mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        self.last = len;
        self.behind = self.rest.len();
        self.stopped = self.codec.barrier();
        frame
    }
}

impl<'d, C: Codec> Iterator for Views<'d, C> {
    type Item = Result<View<'d, C>>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.next_frame()?;
        Some(self.parse(frame))
    }
}

impl<C: Codec> FusedIterator for Views<'_, C> {}

impl<C: Codec> Drop for Views<'_, C> {
    #[inline(always)]
    fn drop(&mut self) {
        let last = self.end - self.behind;
        *self.lent = last - self.last..last;
        *self.at = self.end - self.rest.len();
        self.ledger.skipped += self.skipped;
        if self.opened > 0 {
            self.gate.set(State::Opened(self.opened));
        }
    }
}

impl<C: Codec> fmt::Debug for Views<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Views").field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}
