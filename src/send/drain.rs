//! The front of the queue: what can be written now, and taking off what was.

use alloc::vec::Vec;

#[cfg(feature = "std")]
use bytes::Bytes;

use super::gather::{Gather, KEPT_ARENA, KEPT_PIECES};
use super::memory::Memory;
use super::piece::Piece;
#[cfg(feature = "std")]
use super::region::{FileRegion, Shrunk};

/// Sent bytes that may lie dead at the front of the arena before the rest is moved down.
const DEAD_ARENA: usize = 64 * 1024;

impl Gather {
    /// The memory that can be written now: everything in front of the first file region, piece by piece. None is empty.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let tail = if self.files == 0 { self.tail() } else { &[] };
        let mut at = self.sent;
        self.pieces
            .iter()
            .map_while(move |piece| {
                let chunk = self.chunk_of(piece, at)?;
                if let Piece::Arena(len) = piece {
                    at += len;
                }
                Some(chunk)
            })
            .chain((!tail.is_empty()).then_some(tail))
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

    /// How many entries of a gather list the memory that can be written now would fill, up to `max`.
    #[inline]
    #[must_use]
    pub fn len_slices(&self, max: usize) -> usize {
        if self.files == 0 {
            (self.pieces.len() + usize::from(!self.tail().is_empty())).min(max)
        } else {
            self.chunks().take(max).count()
        }
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

    /// The first file region that waits, wherever it is. Looks at the pieces in front of it.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn next_file(&self) -> Option<&FileRegion> {
        if self.files == 0 {
            return None;
        }
        self.pieces.iter().find_map(|piece| match piece {
            Piece::File(region) => Some(region),
            _ => None,
        })
    }

    /// The memory that can be written now as a [`bytes::Buf`].
    pub fn memory(&mut self) -> Memory<'_> {
        let remaining = if self.files == 0 { self.size() as usize } else { self.chunks().map(<[u8]>::len).sum() };
        Memory::new(self, remaining)
    }

    /// Appends up to `max` bytes from the front to `flat`, for a writer that takes one slice at a time, and says how many.
    /// They stay queued until [`advance_flattened`](Self::advance_flattened).
    pub fn flatten_into(&self, flat: &mut Vec<u8>, max: usize) -> usize {
        let mut room = max;
        for chunk in self.chunks() {
            let chunk = &chunk[..chunk.len().min(room)];
            flat.extend_from_slice(chunk);
            room -= chunk.len();
            if room == 0 {
                break;
            }
        }
        max - room
    }

    /// Takes `sent` bytes off the front: they have been written.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline]
    pub fn advance(&mut self, sent: usize) {
        self.drain(sent, false);
    }

    /// The same for bytes that were written from a copy: the ledger has them as copied, wherever they lay.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn advance_flattened(&mut self, sent: usize) {
        self.drain(sent, true);
    }

    /// Replaces the file region at the front by its first `bytes`, read by the caller, and what is left of it.
    /// The bytes count as copied.
    ///
    /// # Panics
    /// If no file region is at the front, it is shorter than `bytes`, or `bytes` is empty.
    #[cfg(feature = "std")]
    pub fn substitute_front(&mut self, bytes: Bytes) {
        assert!(!bytes.is_empty(), "a file region is replaced by nothing");
        let Some(Piece::File(region)) = self.pieces.front_mut() else {
            panic!("no file region is at the front of the queue");
        };
        region.advance(bytes.len() as u64);
        self.drains += 1;
        if region.is_empty() {
            self.pop_front();
        }
        self.pieces.push_front(Piece::Read(bytes));
    }

    /// Takes `sent` bytes off the file region at the front: the kernel has sent them. They are booked as
    /// [`file_out`](crate::Ledger::file_out).
    ///
    /// # Panics
    /// If no file region is at the front, or it is shorter.
    #[cfg(feature = "std")]
    pub fn advance_file(&mut self, sent: u64) {
        let Some(Piece::File(region)) = self.pieces.front_mut() else {
            panic!("no file region is at the front of the queue");
        };
        if sent == 0 {
            return;
        }
        region.advance(sent);
        self.begun = true;
        let empty = region.is_empty();
        self.drains += 1;
        self.listed -= sent;
        self.ledger.file_out += sent;
        if empty {
            self.pop_front();
        }
        if self.is_empty() {
            self.rewind();
        }
    }

    /// Replaces short file regions by what is in them, so that they leave with the memory around them: offers each region
    /// to `read`, in order, up to the first one longer than `max` or that `read` declines with `None`, and at most
    /// `max_count` of them. Says how many it replaced. The bytes count as copied. What is left of a region of which
    /// [`advance_file`](Self::advance_file) has taken is not offered: its beginning went another way.
    ///
    /// # Panics
    /// If `read` returns another number of bytes than the region has.
    #[cfg(feature = "std")]
    pub fn read_short(
        &mut self,
        max: u64,
        max_count: usize,
        mut read: impl FnMut(&FileRegion) -> Option<Bytes>,
    ) -> usize {
        let mut count = 0;
        if self.files == 0 || self.begun {
            return count;
        }
        for piece in &mut self.pieces {
            let Piece::File(region) = piece else { continue };
            if region.len() > max || count == max_count {
                break;
            }
            let Some(bytes) = read(region) else { break };
            assert!(bytes.len() as u64 == region.len(), "a file region is replaced by something else");
            *piece = Piece::Read(bytes);
            self.files -= 1;
            count += 1;
        }
        count
    }

    /// Whether the region at the front is the rest of one of which the kernel has sent.
    #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
    pub(crate) const fn is_begun(&self) -> bool {
        self.begun
    }

    /// Says that the region at the front cannot be completed. The peer waits for the rest of it, so nothing may leave this
    /// queue any more: every driver refuses to write it from now on, even if it is [cleared](Self::clear) and filled again.
    #[cfg(feature = "std")]
    pub const fn tear(&mut self, shrunk: Shrunk) {
        self.torn = Some(shrunk);
    }

    /// Why nothing may leave this queue any more, if that is so.
    #[cfg(feature = "std")]
    #[inline]
    #[must_use]
    pub const fn torn(&self) -> Option<Shrunk> {
        self.torn
    }

    /// Says that `count` bytes go to the peer by another way before anything that is queued from now on: a body that is moved
    /// here from another connection. Until they have [gone](Self::advance_owed) every driver refuses to write this queue.
    ///
    /// # Panics
    /// If something waits already, or is owed.
    #[cfg(feature = "std")]
    pub fn owe(&mut self, count: u64) {
        assert!(self.is_empty() && self.owed == 0, "something else has to be sent first");
        self.owed = count;
    }

    /// How many bytes are still to go by another way.
    #[cfg(feature = "std")]
    #[must_use]
    pub const fn owed(&self) -> u64 {
        self.owed
    }

    /// Says that of those bytes `copied` were copied to the peer, and the kernel moved `spliced` of them.
    ///
    /// # Panics
    /// If not so many were owed.
    #[cfg(feature = "std")]
    pub fn advance_owed(&mut self, copied: u64, spliced: u64) {
        assert!(copied + spliced <= self.owed, "more bytes have gone than were owed");
        self.owed -= copied + spliced;
        self.ledger.copied_out += copied;
        self.ledger.spliced_out += spliced;
    }

    /// Forgets everything that waits.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.listed = 0;
        self.files = 0;
        #[cfg(feature = "std")]
        {
            self.begun = false;
        }
        self.drains += 1;
        self.rewind();
    }

    /// The first chunk, or nothing if a file region is at the front.
    #[inline]
    pub(super) fn front(&self) -> &[u8] {
        match self.pieces.front() {
            Some(piece) => self.chunk_of(piece, self.sent).unwrap_or(&[]),
            None => self.tail(),
        }
    }

    /// The bytes of the arena that belong to no piece yet.
    #[inline]
    pub(super) fn tail(&self) -> &[u8] {
        &self.arena[self.closed..]
    }

    /// The bytes of `piece`, which has `at` for its place if it is in the arena.
    #[inline]
    pub(super) fn chunk_of<'a>(&'a self, piece: &'a Piece, at: usize) -> Option<&'a [u8]> {
        match piece {
            Piece::Arena(len) => Some(&self.arena[at..][..*len]),
            Piece::Shared(bytes) => Some(bytes),
            Piece::Static(bytes) => Some(bytes),
            #[cfg(feature = "kernel")]
            Piece::Mapped(bytes) => Some(bytes),
            #[cfg(feature = "std")]
            Piece::Read(bytes) => Some(bytes),
            #[cfg(feature = "std")]
            Piece::File(_) => None,
        }
    }

    fn drain(&mut self, sent: usize, flattened: bool) {
        assert!(sent as u64 <= self.size(), "more bytes sent than were queued");
        if sent == 0 {
            return;
        }
        self.drains += 1;
        let mut left = sent;
        while left > 0 {
            let Some(front) = self.pieces.front_mut() else {
                self.sent += left;
                self.closed = self.sent;
                self.ledger.copied_out += left as u64;
                break;
            };
            let took = front.take(left);
            left -= took;
            self.listed -= took as u64;
            match front {
                Piece::Arena(_) => self.sent += took,
                #[cfg(feature = "std")]
                Piece::File(_) => self.begun = true,
                _ => {}
            }
            let column = if flattened { &mut self.ledger.copied_out } else { front.column(&mut self.ledger) };
            *column += took as u64;
            if front.len() == 0 {
                self.pop_front();
            }
        }
        if self.is_empty() {
            self.rewind();
        } else {
            self.compact();
        }
    }

    fn pop_front(&mut self) {
        match self.pieces.pop_front() {
            #[cfg(feature = "std")]
            Some(Piece::File(_)) => {
                self.files -= 1;
                self.begun = false;
            }
            _ => {}
        }
    }

    /// Makes the arena empty, and gives back what a rare large round took.
    fn rewind(&mut self) {
        let used = self.arena.len();
        let capacity = self.arena.capacity();
        self.arena.clear();
        self.sent = 0;
        self.closed = 0;
        if capacity > KEPT_ARENA && (used < capacity / 4 || used as u64 > self.high) {
            self.arena.shrink_to(KEPT_ARENA);
        }
        self.pieces.shrink_to(KEPT_PIECES);
    }

    /// Moves the arena down once most of it has been sent, so that a queue that never runs empty stays small.
    fn compact(&mut self) {
        if self.sent >= DEAD_ARENA && self.sent >= self.arena.len() / 2 {
            self.arena.drain(..self.sent);
            self.closed -= self.sent;
            self.sent = 0;
        }
    }
}
