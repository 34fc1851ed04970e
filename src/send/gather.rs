use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::{Buf, Bytes};

#[cfg(feature = "std")]
use super::FileRegion;
use super::Memory;
use crate::length::LengthField;
use crate::{Error, Ledger, Result};

/// Payloads up to this size are copied into the arena, larger ones shared: below it an extra entry in the gather list
/// costs more than the copy (`cargo bench --bench send` shows where the two meet).
pub const DEFAULT_COPY_UP_TO: usize = 2048;

/// How much of the arena is kept for the next answers once everything is sent.
const KEPT_ARENA: usize = 256 * 1024;

/// Sent bytes that may lie dead at the front of the arena before the rest is moved down.
const DEAD_ARENA: usize = 64 * 1024;

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
/// queue has run empty it holds no reference to anything and keeps at most 256 KiB of arena.
#[derive(Debug)]
pub struct Gather {
    // Positions in the arena are logical: they count from the last time the queue was empty, and `base` of those bytes
    // have been dropped. The bytes from `closed` to the end belong to no piece yet: copying appends there and touches
    // nothing else.
    arena: Vec<u8>,
    base: usize,
    closed: usize,
    pieces: VecDeque<Piece>,
    /// Bytes in `pieces`.
    listed: u64,
    /// How many pieces are file regions.
    files: usize,
    /// How often bytes were taken off the front: a message that sees it change was torn by its own encoder.
    drains: u64,
    copy_up_to: usize,
    high: u64,
    low: u64,
    ledger: Ledger,
}

#[derive(Debug)]
pub(super) enum Piece {
    /// Logical position in the arena, and length.
    Arena(usize, usize),
    Shared(Bytes),
    Static(&'static [u8]),
    #[cfg(feature = "std")]
    File(FileRegion),
}

/// A state of the queue to go back to.
struct Mark {
    end: usize,
    closed: usize,
    pieces: usize,
    listed: u64,
    files: usize,
    drains: u64,
}

impl Gather {
    /// An empty queue. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            arena: Vec::new(),
            base: 0,
            closed: 0,
            pieces: VecDeque::new(),
            listed: 0,
            files: 0,
            drains: 0,
            copy_up_to: DEFAULT_COPY_UP_TO,
            high: 1 << 20,
            low: 1 << 19,
            ledger: Ledger::new(),
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
        self.listed + (self.end() - self.closed) as u64
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

    /// Queues `bytes` without a copy; what is at most [`DEFAULT_COPY_UP_TO`] long is copied, which is cheaper, and released.
    #[inline]
    pub fn share(&mut self, bytes: Bytes) {
        if bytes.len() <= self.copy_up_to {
            self.arena.extend_from_slice(&bytes);
        } else {
            self.push(bytes.len() as u64, Piece::Shared(bytes));
        }
    }

    /// Queues bytes that live as long as the program; small ones are copied as by [`share`](Self::share).
    #[inline]
    pub fn share_static(&mut self, bytes: &'static [u8]) {
        if bytes.len() <= self.copy_up_to {
            self.arena.extend_from_slice(bytes);
        } else {
            self.push(bytes.len() as u64, Piece::Static(bytes));
        }
    }

    /// Queues a region of a file. It is read, or handed to the kernel, when its turn comes.
    #[cfg(feature = "std")]
    pub fn file(&mut self, region: FileRegion) {
        if !region.is_empty() {
            self.files += 1;
            self.push(region.len(), Piece::File(region));
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
        self.message(|out| {
            let field = out.mark();
            let size = out.size();
            // A field whose width depends on the number starts as one byte and is widened when the number is known.
            out.arena.resize(out.arena.len() + L::WIDTH.unwrap_or(1), 0);
            let body = out.size();
            write(out)?;
            if out.drains != field.drains {
                return Err(Error::contract(&"queue drained inside a message", 0));
            }
            let length =
                (out.size() - body).checked_add_signed(plus).ok_or(Error::overflow(&"length", size as usize))?;
            let mut bytes = [0; 10];
            let width = L::write(length, &mut bytes).ok_or(Error::overflow(&"length", size as usize))?;
            let at = field.end - out.base;
            if L::WIDTH.is_some() {
                out.arena[at..at + width].copy_from_slice(&bytes[..width]);
            } else {
                out.widen(&field, &bytes[..width]);
            }
            Ok(())
        })
    }

    /// Queues what `write` queues, or nothing at all if it fails.
    ///
    /// # Errors
    /// What `write` returns, and [`Kind::Contract`](crate::Kind::Contract) if it took bytes off the front of the queue.
    #[inline]
    pub fn message(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let mark = self.mark();
        match write(self) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.roll_back(&mark, error)),
        }
    }

    /// The memory that can be written now: everything in front of the first file region, piece by piece.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let tail = if self.files == 0 { self.tail() } else { &[] };
        self.pieces
            .iter()
            .map_while(|piece| self.bytes_of(piece))
            .chain(core::iter::once(tail))
            .filter(|chunk| !chunk.is_empty())
    }

    /// Fills `slices` with the memory that can be written now, and says how many it filled.
    #[cfg(feature = "std")]
    #[inline]
    pub fn slices<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let mut filled = 0;
        for (slot, chunk) in slices.iter_mut().zip(self.chunks()) {
            *slot = std::io::IoSlice::new(chunk);
            filled += 1;
        }
        filled
    }

    /// How many entries of a gather list the queue would fill.
    #[inline]
    #[must_use]
    pub fn len_slices(&self) -> usize {
        self.pieces.len() + usize::from(self.end() > self.closed)
    }

    /// The file region that has to be sent next, if it is one.
    #[cfg(feature = "std")]
    #[inline]
    #[must_use]
    pub fn front_file(&self) -> Option<&FileRegion> {
        match self.pieces.front() {
            Some(Piece::File(region)) => Some(region),
            _ => None,
        }
    }

    /// The memory that can be written now as a [`bytes::Buf`].
    pub fn memory(&mut self) -> Memory<'_> {
        let remaining = self.chunks().map(<[u8]>::len).sum();
        Memory::new(self, remaining)
    }

    /// Copies up to `max` bytes from the front into `flat`, for a writer that takes one slice at a time.
    /// They stay queued until [`advance`](Self::advance).
    pub fn flatten_into(&self, flat: &mut Vec<u8>, max: usize) {
        for chunk in self.chunks() {
            let room = max.saturating_sub(flat.len());
            if room == 0 {
                break;
            }
            flat.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
    }

    /// Takes `sent` bytes off the front: they have been written.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn advance(&mut self, sent: usize) {
        let mut left = sent;
        self.drains += 1;
        while left > 0 {
            let Some(front) = self.pieces.front_mut() else {
                assert!(left <= self.end() - self.closed, "more bytes sent than were queued");
                self.closed += left;
                self.ledger.copied_out += left as u64;
                break;
            };
            let took = front.take(left, &mut self.ledger);
            left -= took;
            self.listed -= took as u64;
            if front.is_empty() {
                self.drop_front();
            }
        }
        if self.is_empty() {
            self.rewind();
        } else {
            self.compact();
        }
    }

    /// Replaces the file region at the front by its first `bytes`, read by the caller, and what is left of it.
    /// The bytes count as copied.
    ///
    /// # Panics
    /// If no file region is at the front, or it is shorter than `bytes`.
    #[cfg(feature = "std")]
    pub fn substitute_front(&mut self, bytes: Bytes) {
        let Some(Piece::File(region)) = self.pieces.front_mut() else {
            panic!("no file region is at the front of the queue");
        };
        region.advance(bytes.len() as u64);
        if region.is_empty() {
            self.drop_front();
        }
        self.pieces.push_front(Piece::Shared(bytes));
    }

    /// Forgets everything that waits.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.listed = 0;
        self.files = 0;
        self.drains += 1;
        self.rewind();
    }

    /// The bytes of the front piece.
    #[inline]
    pub(super) fn front(&self) -> &[u8] {
        match self.pieces.front() {
            Some(piece) => self.bytes_of(piece).unwrap_or(&[]),
            None => self.tail(),
        }
    }

    pub(crate) const fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// The logical end of the arena.
    #[inline]
    const fn end(&self) -> usize {
        self.base + self.arena.len()
    }

    /// The bytes of the arena that belong to no piece yet.
    #[inline]
    fn tail(&self) -> &[u8] {
        &self.arena[self.closed - self.base..]
    }

    #[inline]
    fn bytes_of<'a>(&'a self, piece: &'a Piece) -> Option<&'a [u8]> {
        match piece {
            Piece::Arena(at, len) => Some(&self.arena[at - self.base..][..*len]),
            Piece::Shared(bytes) => Some(bytes),
            Piece::Static(bytes) => Some(bytes),
            #[cfg(feature = "std")]
            Piece::File(_) => None,
        }
    }

    fn push(&mut self, len: u64, piece: Piece) {
        let copied = self.end() - self.closed;
        if copied > 0 {
            self.pieces.push_back(Piece::Arena(self.closed, copied));
            self.closed += copied;
            self.listed += copied as u64;
        }
        self.pieces.push_back(piece);
        self.listed += len;
    }

    fn drop_front(&mut self) {
        match self.pieces.pop_front() {
            #[cfg(feature = "std")]
            Some(Piece::File(_)) => self.files -= 1,
            _ => {}
        }
    }

    #[inline]
    fn mark(&self) -> Mark {
        Mark {
            end: self.end(),
            closed: self.closed,
            pieces: self.pieces.len(),
            listed: self.listed,
            files: self.files,
            drains: self.drains,
        }
    }

    #[cold]
    fn roll_back(&mut self, mark: &Mark, error: Error) -> Error {
        if self.drains != mark.drains {
            return Error::contract(&"queue drained inside a message", 0);
        }
        self.pieces.truncate(mark.pieces);
        self.arena.truncate(mark.end - self.base);
        self.closed = mark.closed;
        self.listed = mark.listed;
        self.files = mark.files;
        error
    }

    /// Replaces the one byte put at `mark` by `bytes`, in front of what was queued since. Shared pieces stay in place.
    fn widen(&mut self, mark: &Mark, bytes: &[u8]) {
        let at = mark.end - self.base;
        let more = bytes.len() - 1;
        self.arena.splice(at..=at, bytes.iter().copied());
        for piece in self.pieces.range_mut(mark.pieces..) {
            match piece {
                // The byte is in the arena piece that was open at the mark.
                Piece::Arena(start, len) if *start <= mark.end => *len += more,
                Piece::Arena(start, _) => *start += more,
                _ => {}
            }
        }
        if self.closed > mark.end {
            self.closed += more;
            self.listed += more as u64;
        }
    }

    fn rewind(&mut self) {
        self.arena.clear();
        self.arena.shrink_to(KEPT_ARENA);
        self.base = 0;
        self.closed = 0;
    }

    /// Moves the arena down once most of it has been sent, so that a queue that never runs empty stays small.
    fn compact(&mut self) {
        let live = self
            .pieces
            .iter()
            .find_map(|piece| if let Piece::Arena(at, _) = piece { Some(*at) } else { None })
            .unwrap_or(self.closed);
        let dead = live - self.base;
        if dead >= DEAD_ARENA && dead >= self.arena.len() / 2 {
            self.arena.drain(..dead);
            self.base = live;
        }
    }
}

impl Default for Gather {
    fn default() -> Self {
        Self::new()
    }
}

impl Piece {
    /// Takes up to `max` bytes off the front, books them, and says how many.
    fn take(&mut self, max: usize, ledger: &mut Ledger) -> usize {
        match self {
            Self::Arena(at, len) => {
                let took = max.min(*len);
                *at += took;
                *len -= took;
                ledger.copied_out += took as u64;
                took
            }
            Self::Shared(bytes) => {
                let took = max.min(bytes.len());
                bytes.advance(took);
                ledger.shared_out += took as u64;
                took
            }
            Self::Static(bytes) => {
                let took = max.min(bytes.len());
                *bytes = &bytes[took..];
                ledger.shared_out += took as u64;
                took
            }
            #[cfg(feature = "std")]
            Self::File(region) => {
                let took = region.len().min(max as u64);
                region.advance(took);
                ledger.file_out += took;
                took as usize
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Arena(_, len) => *len == 0,
            Self::Shared(bytes) => bytes.is_empty(),
            Self::Static(bytes) => bytes.is_empty(),
            #[cfg(feature = "std")]
            Self::File(region) => region.is_empty(),
        }
    }
}
