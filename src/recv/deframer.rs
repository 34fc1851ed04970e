use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bytes::buf::Limit;
use bytes::{BufMut, Bytes, BytesMut};

use super::batch::Entry;
use super::gate::{Gate, State};
use super::input::Input;
use super::{Lent, Limits, Report};
use crate::codec::{Boundary, Codec};
use crate::{Error, Kind, Ledger, Result};

/// Bytes in, frames out: the receiving half of a connection, without the connection.
///
/// Bytes come in through [`feed`](Self::feed) or [`read_with`](Self::read_with). Frames go out through [`next`](Self::next) (one,
/// lent), [`views`](Self::views) (all that are whole, borrowed), [`batch`](Self::batch) (the same, owned) or
/// [`next_or_body`](Self::next_or_body) (streaming what is large).
///
/// ```
/// use wireview::formats::LengthPrefixed;
/// use wireview::length::U16Be;
/// use wireview::Deframer;
///
/// let mut deframer = Deframer::new(LengthPrefixed::<U16Be>::new(1000));
/// deframer.feed(b"\0\x05hello\0\x05wor");
/// while let Some(frame) = deframer.next()? {
///     assert_eq!(frame.view()?, b"hello");
/// }
/// deframer.feed(b"ld");
/// let kept = deframer.next()?.expect("now whole").into_frame()?;
/// assert_eq!(kept.view(), b"world");
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// | verb | copies | counts | allocates |
/// | --- | --- | --- | --- |
/// | `views`, `next` + `view` | nothing | nothing | nothing |
/// | `next` + `into_frame` | nothing | one refcount | nothing, once its blocks go round |
/// | `batch` | nothing | one refcount for all | nothing, once its blocks and indexes go round |
/// | reading | at most one partial frame a block | | what bytes received have earned |
pub struct Deframer<C: Codec> {
    pub(super) codec: C,
    pub(super) input: Input,
    pub(super) gate: Gate,
    /// The frame that was found last, in the block.
    pub(super) lent: Range<usize>,
    /// The indexes of batches that may still be read elsewhere, oldest first.
    pub(super) indexes: VecDeque<Arc<Vec<Entry<C::Message>>>>,
}

/// What looking for a frame came to. One byte, because an error that is passed up for each frame costs a third of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A frame, to be lent.
    Frame,
    /// No frame before more bytes come.
    Nothing,
    /// The stream has failed: [`Deframer::failure`] says why.
    Failure,
}

/// What became of the gate.
pub(super) enum Wake {
    /// The codec may be asked.
    Calm,
    /// It need not be.
    Found(Found),
}

impl<C: Codec> Deframer<C> {
    /// A deframer with the default [`Limits`]. Allocates nothing before bytes come.
    #[must_use]
    pub fn new(codec: C) -> Self {
        Self::with_limits(codec, Limits::new())
    }

    /// A deframer with `limits`.
    #[must_use]
    pub fn with_limits(codec: C, limits: Limits) -> Self {
        Self {
            codec,
            input: Input::new(&limits, C::ALIGN),
            gate: Gate::new(limits),
            lent: 0..0,
            indexes: VecDeque::new(),
        }
    }

    /// Copies `bytes` in.
    #[inline]
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            self.read_with(|block| {
                let len = bytes.len().min(block.remaining_mut());
                block.put_slice(&bytes[..len]);
                bytes = &bytes[len..];
            });
        }
    }

    /// Lets `read` append to the receive block, as `tokio_util::io::poll_read_buf` or `recv` into spare capacity does.
    /// What it appends has arrived; the limit of the buffer is the size of the read that is wanted, never 0.
    ///
    /// # Panics
    /// If `read` takes away bytes that had arrived before.
    #[inline]
    pub fn read_with<R>(&mut self, read: impl FnOnce(&mut Limit<&mut BytesMut>) -> R) -> R {
        self.input.read_with(self.gate.need(), self.gate.is_whole(), &self.gate.limits, read)
    }

    /// Says that no more bytes will come. Whole frames are still handed out, then a partial one is an error.
    pub const fn finish(&mut self) {
        self.gate.eof = true;
    }

    /// Whether the end of the stream was announced.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.gate.eof
    }

    /// Lends the next frame, or `None` if it has not wholly come.
    ///
    /// # Errors
    /// If the pending bytes cannot be a frame, exceed the limits, or the stream ended inside a frame. Fatal: every later call
    /// says the same. All frames in front of the error have been handed out.
    #[inline(always)]
    #[expect(clippy::should_implement_trait, reason = "what is lent borrows from the deframer")]
    pub fn next(&mut self) -> Result<Option<Lent<'_, C>>> {
        match self.find(false) {
            Found::Frame => Ok(Some(self.lend())),
            Found::Nothing => Ok(None),
            Found::Failure => Err(self.failure()),
        }
    }

    /// How many bytes from the next frame's start are known to be needed: more than have come, or 0 if that is not known.
    #[must_use]
    pub fn need(&self) -> usize {
        let need = self.gate.need();
        // What was asked for may have come since.
        if need > self.pending() { need } else { 0 }
    }

    /// How many bytes have come that belong to no frame handed out yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.input.pending_len()
    }

    /// Those bytes, from the start of the frame that is next, or that was refused.
    #[must_use]
    pub fn pending_bytes(&self) -> &[u8] {
        self.input.pending()
    }

    /// The long story of an error that was fatal; for one in a frame, ask [`Lent::report`] or [`report_last`](Self::report_last).
    #[must_use]
    pub fn report(&self, error: Error) -> Report {
        let missing = if error.kind() == Kind::Eof { self.gate.missing } else { None };
        Report::new(error, self.input.offset_of(self.input.at), self.input.pending(), missing)
    }

    /// The long story of an error in the frame that came last, as long as nothing has been read since.
    #[must_use]
    pub fn report_last(&self, error: Error) -> Report {
        Report::new(error, self.lent_offset(), self.input.block.get(self.lent.clone()).unwrap_or_default(), None)
    }

    /// What happened to the bytes that came.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.input.ledger
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.gate.limits
    }

    /// The codec.
    #[must_use]
    pub const fn codec(&self) -> &C {
        &self.codec
    }

    /// The codec, to change its state between frames.
    pub const fn codec_mut(&mut self) -> &mut C {
        &mut self.codec
    }

    /// Goes on with another codec, from the first byte that is in no frame yet: behind a [`barrier`](Codec::barrier), when the
    /// protocol is switched. Limits, the end of the stream and the ledger go along; so does a fatal error. The old codec is
    /// returned.
    pub fn switch<D: Codec>(mut self, codec: D) -> (Deframer<D>, C) {
        // What the old codec said of the next frame does not bind the new one; bytes it disposed of are gone for both.
        match self.gate.state {
            State::Failed(_) | State::Skip(_) => {}
            State::Body(body) => self.gate.set(State::Skip(body.rest())),
            State::Draining(_) | State::Drop => self.gate.set(State::Drop),
            _ => self.gate.raise(),
        }
        let ahead = if let State::Skip(left) = self.gate.state { left } else { 0 };
        if C::ALIGN != D::ALIGN || D::ALIGN > 1 {
            self.input.set_align(D::ALIGN, ahead);
        }
        let deframer = Deframer { codec, input: self.input, gate: self.gate, lent: 0..0, indexes: VecDeque::new() };
        (deframer, self.codec)
    }

    /// The codec, and the bytes that are in no frame yet, to be read by others.
    #[must_use]
    pub fn into_parts(mut self) -> (C, BytesMut) {
        bytes::Buf::advance(&mut self.input.block, self.input.at);
        (self.codec, self.input.block)
    }

    /// Finds the next frame and consumes it; [`lend`](Self::lend) then lends it. Apart from each other, because a borrow that
    /// is returned from a loop would hold the deframer for the rest of it.
    #[inline(always)]
    pub(crate) fn find(&mut self, streaming: bool) -> Found {
        loop {
            if !self.gate.calm {
                match self.wake(streaming) {
                    Wake::Calm => {}
                    Wake::Found(found) => return found,
                }
            }
            let pending = self.input.pending();
            match self.codec.delimit(pending) {
                Ok(Boundary::Frame { head, body, tail }) => {
                    if let Some(len) = whole(head, body, tail, pending.len(), self.gate.limits.max_frame)
                        && !(streaming && body > self.gate.limits.stream_above)
                    {
                        return self.found(len);
                    }
                    self.gate.settle_frame(head, body, tail, pending.len(), streaming);
                    if matches!(self.gate.state, State::Large { .. }) {
                        return Found::Nothing;
                    }
                }
                Ok(Boundary::Need(need)) => self.gate.settle_need(need, pending.len()),
                Ok(Boundary::Rest { head }) => {
                    self.gate.settle_rest(head, pending.len(), streaming);
                    if matches!(self.gate.state, State::Endless { .. }) {
                        return Found::Nothing;
                    }
                }
                Ok(Boundary::Skip(left)) => self.gate.settle_skip(left),
                Err(error) => {
                    self.gate.fail(error);
                }
            }
        }
    }

    /// Lends the frame that was found last.
    #[inline(always)]
    pub(crate) const fn lend(&mut self) -> Lent<'_, C> {
        Lent::new(self)
    }

    /// The error that ended the stream.
    #[cold]
    pub(crate) const fn failure(&self) -> Error {
        self.gate.failure()
    }

    /// Gives the frame that was found last back, opened, to be found again.
    #[cfg(feature = "tokio")]
    pub(crate) const fn put_back(&mut self) {
        let len = self.lent.end - self.lent.start;
        self.input.at -= len;
        self.gate.set(State::Opened(len));
    }

    #[inline(always)]
    fn found(&mut self, len: usize) -> Found {
        let start = self.input.at;
        let end = start + len;
        // The range is inside the block; asked for like this, it costs nothing where `open` does nothing.
        if let Some(frame) = self.input.block.get_mut(start..end)
            && let Err(error) = self.codec.open(frame)
        {
            self.gate.fail(error);
            return Found::Failure;
        }
        self.lent = start..end;
        self.input.at = end;
        Found::Frame
    }

    #[inline(always)]
    pub(super) fn lent_bytes(&self) -> &[u8] {
        &self.input.block[self.lent.start..self.lent.end]
    }

    pub(super) const fn lent_offset(&self) -> u64 {
        self.input.offset_of(self.lent.start)
    }

    #[inline]
    pub(super) fn split_lent(&mut self) -> Bytes {
        let lent = core::mem::take(&mut self.lent);
        self.input.split(lent.start, lent.end)
    }

    #[inline]
    pub(super) fn is_pressed(&self) -> bool {
        self.input.is_pressed(self.lent.len(), &self.gate.limits)
    }

    pub(super) const fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.input.ledger
    }

    /// Looks whether what was waited for has come.
    #[cold]
    pub(super) fn wake(&mut self, streaming: bool) -> Wake {
        let pending = self.input.pending_len();
        match self.gate.state {
            State::Failed(_) => return Wake::Found(Found::Failure),
            State::Need(need) if pending < need => {
                if !self.gate.eof || (pending == 0 && !self.codec.is_inside()) {
                    return Wake::Found(Found::Nothing);
                }
                return self.wake_at_eof(need);
            }
            State::Whole(len) if pending < len => {
                if !self.gate.eof {
                    return Wake::Found(Found::Nothing);
                }
                self.gate.fail_at_eof(pending, (len - pending) as u64);
                return Wake::Found(Found::Failure);
            }
            State::Whole(len) => {
                self.gate.raise();
                return Wake::Found(self.found(len));
            }
            State::Opened(len) => {
                self.gate.raise();
                self.lent = self.input.at..self.input.at + len;
                self.input.at += len;
                return Wake::Found(Found::Frame);
            }
            State::Skip(left) => return self.skip(left),
            State::Body(body) => return self.skip(body.rest()),
            State::Large { .. } if streaming => return Wake::Found(Found::Nothing),
            // Asked for as a whole after all. The codec has answered for this frame and is not asked twice.
            State::Large { head, body, tail } => {
                self.gate.settle_frame(head, body, tail, pending, false);
                return self.wake(false);
            }
            State::Endless { .. } if streaming => return Wake::Found(Found::Nothing),
            State::UntilEnd { head } if streaming => {
                self.gate.set(State::Endless { head });
                return Wake::Found(Found::Nothing);
            }
            State::Endless { .. } | State::UntilEnd { .. } => return self.until_end(),
            State::Draining(_) | State::Drop => return self.drop_all(),
            State::Calm | State::Need(_) => {}
        }
        self.gate.raise();
        Wake::Calm
    }

    /// Asks the codec about what is left at the end of the stream, after it had asked for `need` bytes.
    fn wake_at_eof(&mut self, need: usize) -> Wake {
        let rest = self.input.pending();
        let answer = if rest.is_empty() { Ok(Boundary::Need(need)) } else { self.codec.delimit_last(rest) };
        self.gate.settle_last(answer, rest.len(), need);
        self.wake(false)
    }

    /// Waits for the end of the stream, which ends the frame.
    fn until_end(&mut self) -> Wake {
        if let State::Endless { head } = self.gate.state {
            self.gate.set(State::UntilEnd { head });
        }
        match self.gate.until_end(self.input.pending_len()) {
            Some(len) => Wake::Found(self.found(len)),
            None if matches!(self.gate.state, State::UntilEnd { .. }) => Wake::Found(Found::Nothing),
            None => self.wake(false),
        }
    }

    /// Drops all that comes until the stream ends.
    fn drop_all(&mut self) -> Wake {
        let len = self.input.pending_len();
        self.input.at += len;
        self.input.ledger.skipped += len as u64;
        self.gate.set(State::Drop);
        Wake::Found(Found::Nothing)
    }

    /// Drops up to `left` bytes.
    fn skip(&mut self, left: u64) -> Wake {
        let len = (self.input.pending_len() as u64).min(left);
        self.input.at += len as usize;
        self.input.ledger.skipped += len;
        let left = left - len;
        if left == 0 {
            self.gate.raise();
            return Wake::Calm;
        }
        self.gate.set(State::Skip(left));
        if self.gate.eof {
            self.gate.fail_at_eof(0, left);
            return Wake::Found(Found::Failure);
        }
        Wake::Found(Found::Nothing)
    }
}

/// The length of a frame if it is not empty, has wholly come, and is within the limit: the one way out that is hot.
// Branches, not saturating sums: they are predicted, and stay out of the chain that leads from one frame to the next.
#[inline(always)]
pub(crate) const fn whole(head: usize, body: u64, tail: usize, pending: usize, max: usize) -> Option<usize> {
    if head <= pending && body <= max as u64 && tail <= max {
        let len = head + body as usize + tail;
        let room = if pending < max { pending } else { max };
        if len.wrapping_sub(1) < room {
            return Some(len);
        }
    }
    None
}

impl<C: Codec + fmt::Debug> fmt::Debug for Deframer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deframer")
            .field("codec", &self.codec)
            .field("pending", &self.input.pending_len())
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}
