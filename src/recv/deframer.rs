use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bytes::buf::Limit;
use bytes::{BufMut, Bytes, BytesMut};

use super::batch::Entry;
use super::body::Body;
use super::input::Input;
use super::{Batch, Lent, Limits, Oversize, Report};
use crate::codec::{Boundary, Codec};
use crate::wire::{Message, Span};
use crate::{Error, Ledger, Result};

/// How many batches may be read elsewhere while their indexes wait to be used again.
const INDEXES: usize = 16;

/// Bytes in, frames out: the receiving half of a connection, without the connection.
///
/// Bytes come in through [`feed`](Self::feed) or [`read_with`](Self::read_with), frames go out through [`next`](Self::next) (one,
/// lent), [`batch`](Self::batch) (all that are whole) or [`next_or_body`](Self::next_or_body) (streaming what is large).
///
/// ```
/// use wireview::formats::LengthPrefixed;
/// use wireview::length::U16Be;
/// use wireview::Deframer;
///
/// let mut deframer = Deframer::new(LengthPrefixed::<U16Be>::new(1000));
/// deframer.feed(b"\0\x05hello\0\x05wor");
/// while let Some(frame) = deframer.next()? {
///     println!("{:?}", frame.view()?);
/// }
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// | verb | copies | counts | allocates |
/// | --- | --- | --- | --- |
/// | `next` + `view` | nothing | nothing | nothing |
/// | `next` + `into_frame` | nothing | one refcount | nothing, once its blocks go round |
/// | `batch` | nothing | one refcount for all | nothing, once its blocks and indexes go round |
/// | reading | at most one partial frame a block | | what bytes received have earned |
pub struct Deframer<C: Codec> {
    pub(super) codec: C,
    pub(super) input: Input,
    /// The frame that was found last, in the block.
    lent: Range<usize>,
    /// Whether nothing stands between the codec and the pending bytes. One flag to look at on the hot path; `state` says
    /// what it is otherwise.
    pub(super) calm: bool,
    pub(super) state: State,
    pub(super) eof: bool,
    /// How many bytes the last frame was known to lack when the stream ended.
    missing: Option<u64>,
    limits: Limits,
    indexes: VecDeque<Arc<Vec<Entry<C::Message>>>>,
}

/// Why the codec is not asked for the next boundary.
#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    Calm,
    /// So many bytes from the frame's start must have come before it is asked again.
    Need(usize),
    /// The frame is known to be so long, and has not wholly come.
    Whole(usize),
    /// So many more bytes are to be dropped.
    Skip(u64),
    /// A frame that is to be streamed, if the caller asks for that.
    Large {
        head: usize,
        body: u64,
        tail: usize,
    },
    /// A streamed body is on its way.
    Body(Body),
    Failed(Error),
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
            input: Input::new(&limits),
            lent: 0..0,
            calm: true,
            state: State::Calm,
            eof: false,
            missing: None,
            limits,
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
        let need = self.need();
        self.input.read_with(need, &self.limits, read)
    }

    /// Says that no more bytes will come. Whole frames are still handed out, then a partial one is an error.
    pub fn finish(&mut self) {
        self.eof = true;
    }

    /// Whether the end of the stream was announced.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.eof
    }

    /// Lends the next frame, or `None` if it has not wholly come.
    ///
    /// # Errors
    /// If the pending bytes cannot be a frame, exceed the limits, or the stream ended inside a frame. Fatal: every later call
    /// says the same. All frames in front of the error have been handed out.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "what is lent borrows from the deframer")]
    pub fn next(&mut self) -> Result<Option<Lent<'_, C>>> {
        Ok(if self.find(false)? { Some(self.lend()) } else { None })
    }

    /// All whole frames that are pending, or `None` if there is none.
    ///
    /// A batch stops behind a frame that is a [`barrier`](Codec::barrier). A frame that is not a message stands in it as its
    /// error.
    ///
    /// # Errors
    /// As for [`next`](Self::next); frames in front of the error come first, as a batch.
    pub fn batch(&mut self) -> Result<Option<Batch<C::Message>>> {
        if !self.find(false)? {
            return Ok(None);
        }
        let start = self.lent.start;
        let mut entries = self.take_index();
        if let Some(list) = Arc::get_mut(&mut entries) {
            loop {
                let frame = self.lent_bytes();
                let at = (self.lent.start - start) as u32;
                let message = self.codec.parse(frame).and_then(|view| point_from::<C::Message>(view, frame, at));
                list.push(Entry { frame: Span::new(at as usize, frame.len()).unwrap_or_default(), message });
                // A barrier, the end of what is whole, or an error, which the next call will tell.
                if self.codec.barrier() || self.input.at - start > u32::MAX as usize / 2 || self.find(false) != Ok(true)
                {
                    break;
                }
            }
        }
        self.lent.start = start;
        let bytes = self.split_lent();
        self.indexes.push_back(Arc::clone(&entries));
        Ok(Some(Batch::new(bytes, entries)))
    }

    /// How many bytes from the next frame's start are known to be needed: more than have come, or 0 if that is not known.
    #[must_use]
    pub fn need(&self) -> usize {
        match self.state {
            State::Need(need) | State::Whole(need) => need,
            State::Body(body) => body.need(),
            _ => 0,
        }
    }

    /// How many bytes have come that belong to no frame handed out yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.input.pending_len()
    }

    /// The long story of an error: of the last one that was fatal, or of one in the frame that was lent last.
    #[must_use]
    pub fn report(&self, error: Error) -> Report {
        let fatal = matches!(self.state, State::Failed(failed) if failed == error);
        let range = if fatal { self.input.at..self.input.block.len() } else { self.lent.clone() };
        let frame = self.input.block.get(range.clone()).unwrap_or_default();
        let missing = if error.kind() == crate::Kind::Eof { self.missing } else { None };
        Report::new(error, self.input.offset_of(range.start), frame, missing)
    }

    /// What happened to the bytes that came.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.input.ledger
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
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
    /// protocol is switched. Limits, the end of the stream and the ledger go along; so does a fatal error, and the old codec
    /// is returned with it.
    pub fn switch<D: Codec>(self, codec: D) -> (Deframer<D>, C) {
        let failed = matches!(self.state, State::Failed(_));
        let skips = matches!(self.state, State::Skip(_));
        let deframer = Deframer {
            codec,
            input: self.input,
            lent: 0..0,
            calm: !failed && !skips,
            state: if failed || skips { self.state } else { State::Calm },
            eof: self.eof,
            missing: self.missing,
            limits: self.limits,
            indexes: VecDeque::new(),
        };
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
    #[inline]
    pub(crate) fn find(&mut self, streaming: bool) -> Result<bool> {
        loop {
            if !self.calm {
                match self.wake()? {
                    Wake::Asleep => return Ok(false),
                    Wake::Whole(len) => return self.found(len).map(|()| true),
                    Wake::Calm => {}
                }
            }
            let pending = self.input.pending();
            let boundary = self.codec.delimit(pending);
            if let Ok(Boundary::Frame { head, body, tail }) = boundary {
                let (len, _) = total(head, body, tail);
                // Whole, not empty, within the limits: the one way out that is hot.
                if len.wrapping_sub(1) < pending.len().min(self.limits.max_frame) as u64
                    && !(streaming && body > self.limits.stream_above)
                {
                    self.found(len as usize)?;
                    return Ok(true);
                }
            }
            if !self.settle(boundary, streaming)? {
                return Ok(false);
            }
        }
    }

    /// Lends the frame that was found last.
    #[inline(always)]
    pub(crate) const fn lend(&mut self) -> Lent<'_, C> {
        Lent::new(self)
    }

    #[inline(always)]
    fn found(&mut self, len: usize) -> Result<()> {
        let start = self.input.at;
        let end = start + len;
        match self.codec.open(&mut self.input.block[start..end]) {
            Ok(()) => {
                self.lent = start..end;
                self.input.at = end;
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    #[inline(always)]
    pub(super) fn lent_bytes(&self) -> &[u8] {
        &self.input.block[self.lent.start..self.lent.end]
    }

    pub(super) fn lent_offset(&self) -> u64 {
        self.input.offset_of(self.lent.start)
    }

    #[inline]
    pub(super) fn split_lent(&mut self) -> Bytes {
        let lent = core::mem::take(&mut self.lent);
        self.input.split(lent.start, lent.end)
    }

    #[inline]
    pub(super) fn is_pressed(&self) -> bool {
        self.input.is_pressed(self.lent.len(), &self.limits)
    }

    pub(super) const fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.input.ledger
    }

    #[cold]
    pub(super) fn fail(&mut self, error: Error) -> Error {
        self.state = State::Failed(error);
        self.calm = false;
        error
    }

    #[cold]
    pub(super) fn fail_at_eof(&mut self) -> Error {
        self.fail(Error::new(crate::Kind::Eof, &"frame", self.input.pending_len()))
    }

    /// Looks whether what was waited for has come.
    #[cold]
    fn wake(&mut self) -> Result<Wake> {
        let pending = self.input.pending_len();
        match self.state {
            State::Calm => {}
            State::Failed(error) => return Err(error),
            State::Need(need) if pending < need => {
                if !self.eof || pending == 0 {
                    return Ok(Wake::Asleep);
                }
                self.missing = Some((need - pending) as u64);
                return self.wake_at_eof();
            }
            State::Whole(len) if pending < len => {
                if !self.eof {
                    return Ok(Wake::Asleep);
                }
                self.missing = Some((len - pending) as u64);
                return Err(self.fail_at_eof());
            }
            State::Whole(len) => {
                self.rest();
                return Ok(Wake::Whole(len));
            }
            State::Need(_) => {}
            State::Skip(left) => return self.skip(left),
            State::Body(body) => return self.skip(body.rest()),
            State::Large { .. } => {}
        }
        self.rest();
        Ok(Wake::Calm)
    }

    /// Asks the codec about what is left at the end of the stream.
    fn wake_at_eof(&mut self) -> Result<Wake> {
        let rest = self.input.pending();
        let pending = rest.len();
        match self.codec.delimit_last(rest) {
            Ok(Boundary::Need(need)) if need > pending => {
                // The older hint may know of more.
                self.missing = self.missing.max(Some((need - pending) as u64));
                Err(self.fail_at_eof())
            }
            Ok(Boundary::Frame { head, body, tail }) => {
                let (len, fits) = total(head, body, tail);
                if len == 0 || head > pending || !fits {
                    Err(self.fail(Error::contract(&"boundary at the end of the stream", 0)))
                } else if len > self.limits.max_frame as u64 {
                    Err(self.fail(Error::limit(&"frame", 0)))
                } else if len > pending as u64 {
                    self.missing = Some(len - pending as u64);
                    Err(self.fail_at_eof())
                } else {
                    self.rest();
                    Ok(Wake::Whole(len as usize))
                }
            }
            Ok(Boundary::Skip(left)) if left > 0 => self.skip(left),
            Ok(_) => Err(self.fail(Error::contract(&"boundary at the end of the stream", 0))),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Drops up to `left` bytes.
    fn skip(&mut self, left: u64) -> Result<Wake> {
        let len = (self.input.pending_len() as u64).min(left);
        self.input.at += len as usize;
        self.input.ledger.skipped += len;
        let left = left - len;
        if left == 0 {
            self.rest();
            return Ok(Wake::Calm);
        }
        self.state = State::Skip(left);
        self.calm = false;
        if self.eof {
            self.missing = Some(left);
            return Err(self.fail_at_eof());
        }
        Ok(Wake::Asleep)
    }

    fn rest(&mut self) {
        self.state = State::Calm;
        self.calm = true;
    }

    /// Takes any answer of `delimit` but a frame that is whole and within the limits. True if it is to be asked again.
    #[cold]
    fn settle(&mut self, boundary: Result<Boundary>, streaming: bool) -> Result<bool> {
        let pending = self.input.pending_len();
        self.calm = false;
        self.state = match boundary {
            Err(error) => return Err(self.fail(error)),
            Ok(Boundary::Need(need)) if need <= pending => {
                return Err(self.fail(Error::contract(&"need of what is there", pending)));
            }
            Ok(Boundary::Need(need)) if need > self.limits.max_frame => {
                return Err(self.fail(Error::limit(&"frame", 0)));
            }
            Ok(Boundary::Need(need)) => State::Need(need),
            Ok(Boundary::Skip(0)) => return Err(self.fail(Error::contract(&"skip of nothing", 0))),
            Ok(Boundary::Skip(left)) => State::Skip(left),
            Ok(Boundary::Frame { head, body, tail }) => {
                let (len, fits) = total(head, body, tail);
                if len == 0 {
                    return Err(self.fail(Error::contract(&"empty frame", 0)));
                }
                if head > pending {
                    return Err(self.fail(Error::contract(&"head beyond the input", pending)));
                }
                if streaming && body > self.limits.stream_above && fits && body <= self.limits.max_body {
                    self.state = State::Large { head, body, tail };
                    return Ok(false);
                }
                if len > self.limits.max_frame as u64 {
                    match self.limits.oversize {
                        Oversize::Skip if fits => State::Skip(len),
                        _ => return Err(self.fail(Error::limit(&"frame", 0))),
                    }
                } else {
                    State::Whole(len as usize)
                }
            }
        };
        // What was found may be there already: bytes to skip, the end of the stream.
        Ok(!matches!(self.state, State::Need(_) | State::Whole(_)) || self.eof)
    }

    /// An index that no batch uses any more, or a new one.
    fn take_index(&mut self) -> Arc<Vec<Entry<C::Message>>> {
        if let Some(mut index) = self.indexes.pop_front() {
            if let Some(list) = Arc::get_mut(&mut index) {
                list.clear();
                return index;
            }
            if self.indexes.len() < INDEXES {
                self.indexes.push_back(index);
            }
        }
        Arc::new(Vec::new())
    }
}

enum Wake {
    /// Nothing to be done before more bytes come.
    Asleep,
    /// The frame that was waited for is here.
    Whole(usize),
    /// The codec may be asked.
    Calm,
}

/// The length of a frame, and whether it is one that can be counted with.
#[inline(always)]
const fn total(head: usize, body: u64, tail: usize) -> (u64, bool) {
    let ends = (head as u64).saturating_add(tail as u64);
    let len = ends.saturating_add(body);
    (len, len != u64::MAX)
}

/// The message as spans that count from `by` bytes in front of `frame`.
#[inline(always)]
fn point_from<'a, M: Message>(view: M::Of<&'a [u8]>, frame: &'a [u8], by: u32) -> Result<M> {
    let mut inside = true;
    let message = M::map::<&'a [u8], Span>(view, &mut |part| match Span::of(frame, part) {
        Some(span) => span.shifted(by),
        None => {
            inside = false;
            Span::EMPTY
        }
    });
    if inside { Ok(message) } else { Err(Error::contract(&"field outside the frame", 0)) }
}

impl<C: Codec + fmt::Debug> fmt::Debug for Deframer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deframer")
            .field("codec", &self.codec)
            .field("pending", &self.input.pending_len())
            .field("state", &self.state)
            .field("eof", &self.eof)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
