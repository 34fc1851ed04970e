use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::Bytes;

use super::piece::Piece;
#[cfg(feature = "std")]
use super::region::{FileRegion, Shrunk};
use crate::length::LengthField;
use crate::{Error, Ledger, Result};

/// Payloads up to this size are copied into the arena, larger ones shared: below it an extra entry in the gather list
/// costs more than the copy (`cargo bench --bench send` shows where the two meet).
pub const DEFAULT_COPY_UP_TO: usize = 2048;

/// How much of the arena is always kept for the next answers once everything is sent.
pub(super) const KEPT_ARENA: usize = 256 * 1024;

/// How many entries the list of pieces keeps.
pub(super) const KEPT_PIECES: usize = 4096;

/// The ordered send queue: headers in an arena, payloads where they are, sent together by one `writev`.
///
/// ```text
///  copy(head)  share(value)   copy(crlf) copy(head)   file(region)
///      │           │              └────┬────┘             │
///  ┌───▼───┐   ┌───▼────┐          ┌───▼───┐          ┌───▼────┐
///  │ arena │──▶│ Bytes  │─────────▶│ arena │─────────▶│ region │──▶ socket
///  └───────┘   └────────┘          └───────┘          └────────┘
///  └────────────── one writev ─────────────┘          └ sendfile ┘
/// ```
///
/// The verb names the cost: [`copy`](Self::copy) copies, [`share`](Self::share) takes over a reference (and copies what is
/// too small to be worth one), [`file`](Self::file) queues a region that is never read into memory by the queue.
/// Pieces leave in the order they came, and any number of bytes can be taken off the front, so a short write needs no care.
///
/// ```
/// use bytes::Bytes;
/// use wireview::length::U32Be;
/// use wireview::Gather;
///
/// let value = Bytes::from(vec![7; 4096]);
/// let mut out = Gather::new();
/// out.length::<U32Be>(|out| {
///     out.head(|v| v.extend_from_slice(b"GET "));
///     out.share(value.clone());
///     Ok(())
/// })?;
/// let pieces: Vec<&[u8]> = out.chunks().collect();
/// assert_eq!(pieces[0], b"\0\0\x10\x04GET ");
/// assert_eq!(pieces[1].as_ptr(), value.as_ptr()); // not copied
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// `copy` and `head` append to one `Vec` that is reused; a shared piece is 40 bytes in a ring that is reused. When the
/// queue has run empty it holds no reference to anything. It keeps 256 KiB of arena, or what its last round took if that
/// was more and not above the high mark, so that a steady load allocates nothing and a rare large answer is given back.
#[derive(Debug)]
pub struct Gather {
    //  arena:  │ sent, dead │ pieces in their order │ the tail, no piece yet │
    //          0           sent                   closed                   len
    //
    // Copying appends to the tail and touches nothing else; the next piece of another kind makes the tail one, too.
    pub(super) arena: Vec<u8>,
    pub(super) sent: usize,
    pub(super) closed: usize,
    pub(super) pieces: VecDeque<Piece>,
    /// Bytes in `pieces`.
    pub(super) listed: u64,
    /// How many pieces are file regions.
    pub(super) files: usize,
    /// The file region at the front was longer once: the kernel has sent of it, and is to send the rest.
    #[cfg(feature = "std")]
    pub(super) begun: bool,
    /// How often the front changed: a message that sees it change was torn by its own encoder.
    pub(super) drains: u64,
    /// What `size` was where the outermost message began; `u64::MAX` outside of one.
    pub(super) start: u64,
    copy_up_to: usize,
    pub(super) high: u64,
    low: u64,
    pub(super) ledger: Ledger,
    /// Bytes that go to the peer by another way, before anything that waits here.
    #[cfg(feature = "std")]
    pub(super) owed: u64,
    /// Why nothing may leave any more.
    #[cfg(feature = "std")]
    pub(super) torn: Option<Shrunk>,
}

/// A state of the queue to go back to.
struct Mark {
    end: usize,
    pieces: usize,
    drains: u64,
}

impl Gather {
    /// An empty queue. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            arena: Vec::new(),
            sent: 0,
            closed: 0,
            pieces: VecDeque::new(),
            listed: 0,
            files: 0,
            #[cfg(feature = "std")]
            begun: false,
            drains: 0,
            start: u64::MAX,
            copy_up_to: DEFAULT_COPY_UP_TO,
            high: 1 << 20,
            low: 1 << 19,
            ledger: Ledger::new(),
            #[cfg(feature = "std")]
            owed: 0,
            #[cfg(feature = "std")]
            torn: None,
        }
    }

    /// Sets up to what size [`share`](Self::share) copies instead. 0 shares everything that is not empty.
    pub const fn set_copy_up_to(&mut self, len: usize) {
        self.copy_up_to = len;
    }

    /// Sets the marks of backpressure, in bytes: above `high` the drivers stop reading, at `low` they go on.
    ///
    /// # Panics
    /// If `low` is above `high`.
    pub const fn set_marks(&mut self, high: u64, low: u64) {
        assert!(low <= high, "the low mark is above the high mark");
        self.high = high;
        self.low = low;
    }

    /// How many bytes wait, file regions included.
    #[inline]
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.listed + (self.arena.len() - self.closed) as u64
    }

    /// Whether nothing waits.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// Whether more waits than the high mark allows.
    #[inline]
    #[must_use]
    pub const fn is_above_high(&self) -> bool {
        self.size() > self.high
    }

    /// Whether more waits than the low mark.
    #[inline]
    #[must_use]
    pub const fn is_above_low(&self) -> bool {
        self.size() > self.low
    }

    /// Whether a file region waits.
    #[cfg(feature = "std")]
    #[inline]
    #[must_use]
    pub const fn has_files(&self) -> bool {
        self.files > 0
    }

    /// What was sent from here, and how.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Copies `bytes` into the arena.
    #[inline]
    pub fn copy(&mut self, bytes: &[u8]) {
        self.arena.extend_from_slice(bytes);
    }

    /// Lets `write` append a header to the arena, with `Vec`'s and `bytes::BufMut`'s verbs.
    ///
    /// # Panics
    /// If `write` makes the vector shorter.
    #[inline]
    pub fn head<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let before = self.arena.len();
        let result = write(&mut self.arena);
        assert!(self.arena.len() >= before, "a header was written by taking away what was queued before it");
        result
    }

    /// Queues `bytes` without a copy; what is at most [`DEFAULT_COPY_UP_TO`] bytes long, or as set, is copied, which is
    /// cheaper, and released.
    #[inline]
    pub fn share(&mut self, bytes: Bytes) {
        if bytes.len() <= self.copy_up_to {
            self.arena.extend_from_slice(&bytes);
        } else {
            self.push(Piece::Shared(bytes));
        }
    }

    /// The same for bytes that the caller keeps: the reference is only counted if they are shared.
    #[inline]
    pub fn share_ref(&mut self, bytes: &Bytes) {
        if bytes.len() <= self.copy_up_to {
            self.arena.extend_from_slice(bytes);
        } else {
            self.push(Piece::Shared(bytes.clone()));
        }
    }

    /// Queues bytes that live as long as the program; small ones are copied as by [`share`](Self::share).
    #[inline]
    pub fn share_static(&mut self, bytes: &'static [u8]) {
        if bytes.len() <= self.copy_up_to {
            self.arena.extend_from_slice(bytes);
        } else {
            self.push(Piece::Static(bytes));
        }
    }

    /// Queues bytes of a file that is mapped into memory; small ones are copied as by [`share`](Self::share). A
    /// [`Mapped`](crate::kernel::Mapped) is put here when it is sent.
    #[cfg(feature = "kernel")]
    pub fn share_mapped(&mut self, bytes: Bytes) {
        if bytes.len() <= self.copy_up_to {
            self.arena.extend_from_slice(&bytes);
        } else {
            self.push(Piece::Mapped(bytes));
        }
    }

    /// Queues a region of a file. It is read, or handed to the kernel, when its turn comes.
    #[cfg(feature = "std")]
    pub fn file(&mut self, region: FileRegion) {
        if !region.is_empty() {
            self.files += 1;
            self.push(Piece::File(region));
        }
    }

    /// Writes a length in front of what `write` queues: the length counts all of it, shared payloads and file regions
    /// included, and is patched in afterwards.
    ///
    /// # Errors
    /// What `write` returns; [`Kind::Overflow`](crate::Kind::Overflow) if the length does not fit in its field. Then nothing
    /// of it stays queued.
    #[inline]
    pub fn length<L: LengthField>(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.length_plus::<L>(0, write)
    }

    /// The same with `plus` added to the length: the width of the field, where a format counts that too, or a negative
    /// number for what it does not count.
    ///
    /// # Errors
    /// As for [`length`](Self::length), and if the sum is negative.
    pub fn length_plus<L: LengthField>(
        &mut self,
        plus: i64,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mark = self.mark();
        let at = self.size();
        // A field whose width depends on the number starts as one byte and is widened when the number is known.
        self.arena.resize(mark.end + L::WIDTH.unwrap_or(1), 0);
        let body = self.size();
        match write(self).and_then(|()| self.patch::<L>(&mark, at, body, plus)) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.roll_back(&mark, error)),
        }
    }

    /// Queues what `write` queues, or nothing at all if it fails.
    ///
    /// The offset of an error that [`length`](Self::length) finds counts from the start of the outermost message.
    ///
    /// # Errors
    /// What `write` returns, and [`Kind::Contract`](crate::Kind::Contract) if it fails after it took bytes off the front of
    /// the queue: then what it queued cannot be told from what was there.
    #[inline]
    pub fn message(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let mark = self.mark();
        let outer = self.start;
        self.start = outer.min(self.size());
        let result = write(self);
        self.start = outer;
        match result {
            Ok(()) => Ok(()),
            Err(error) => Err(self.roll_back(&mark, error)),
        }
    }

    #[cfg(feature = "std")]
    pub(crate) const fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    fn push(&mut self, piece: Piece) {
        let copied = self.arena.len() - self.closed;
        if copied > 0 {
            self.pieces.push_back(Piece::Arena(copied));
            self.closed += copied;
            self.listed += copied as u64;
        }
        self.listed += piece.len();
        self.pieces.push_back(piece);
    }

    #[inline]
    fn mark(&self) -> Mark {
        Mark { end: self.arena.len(), pieces: self.pieces.len(), drains: self.drains }
    }

    #[cold]
    fn roll_back(&mut self, mark: &Mark, error: Error) -> Error {
        if self.drains != mark.drains {
            return TORN;
        }
        while self.pieces.len() > mark.pieces {
            let Some(piece) = self.pieces.pop_back() else { break };
            self.listed -= piece.len();
            match piece {
                // It may have begun before the mark: what was copied there is the tail again.
                Piece::Arena(len) => self.closed -= len,
                #[cfg(feature = "std")]
                Piece::File(_) => self.files -= 1,
                _ => {}
            }
        }
        self.arena.truncate(mark.end);
        error
    }

    /// Writes the length of what was queued since `body` into the field at `mark`, where the size was `at`.
    #[inline]
    fn patch<L: LengthField>(&mut self, mark: &Mark, at: u64, body: u64, plus: i64) -> Result<()> {
        if self.drains != mark.drains {
            return Err(TORN);
        }
        let mut field = [0; 10];
        let length = (self.size() - body).checked_add_signed(plus);
        let Some(width) = length.and_then(|length| L::write(length, &mut field)) else {
            return Err(self.too_long(at));
        };
        if L::WIDTH.is_none() && width > 1 {
            self.widen(mark, width - 1);
        }
        self.arena[mark.end..mark.end + width].copy_from_slice(&field[..width]);
        Ok(())
    }

    #[cold]
    fn too_long(&self, at: u64) -> Error {
        let start = if self.start == u64::MAX { at } else { self.start };
        Error::overflow(&"length", usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX))
    }

    /// Makes room for `more` bytes behind the one byte put at `mark`.
    fn widen(&mut self, mark: &Mark, more: usize) {
        let behind = mark.end + 1..self.arena.len();
        self.arena.resize(behind.end + more, 0);
        self.arena.copy_within(behind, mark.end + 1 + more);
        // The first piece made since the mark is the one that closed over the byte.
        if let Some(Piece::Arena(len)) = self.pieces.get_mut(mark.pieces) {
            *len += more;
            self.closed += more;
            self.listed += more as u64;
        }
    }
}

impl Default for Gather {
    fn default() -> Self {
        Self::new()
    }
}

/// An encoder took bytes off the front of the queue inside a message or a length.
const TORN: Error = Error::contract(&"queue drained inside a message", 0);
