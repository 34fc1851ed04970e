//! The receive block: where reads go, what is reused, when bytes must move.

use alloc::collections::VecDeque;

use bytes::buf::Limit;
use bytes::{BufMut, Bytes, BytesMut};

use super::Limits;
use crate::Ledger;

/// A partial frame of at least this size is completed where it lies rather than moved to make room for a larger read.
const WORTH_STAYING: usize = 4096;

/// A partial frame of at most this size is moved to the block's front whenever that is free: it costs less than reading
/// into memory that is not in the cache.
const CHEAP_TO_MOVE: usize = 1024;

/// But only if it leads back by so many times its size, which bounds what is moved of all that comes.
const FAR_BACK: usize = 16;

/// How many reads fit in a block, so that a partial frame is moved for several reads and not for each.
const READS: usize = 4;

/// After so many reads the longest need of before is forgotten.
const GENERATION: u8 = 64;

/// A block that is so many times larger than what is wanted is given back.
const OVERSIZED: usize = 8;

/// How often in a row a second free block must have been seen before it is released.
const SURPLUS: u16 = 1024;

/// One free block of so many is no surplus.
const SPARE: usize = 4;

/// How many retired blocks are looked at when one is wanted, or too many are pinned.
const LOOKS: usize = 16;

#[derive(Debug)]
pub(super) struct Input {
    /// What has been received and not been split off; `block[..at]` is consumed.
    pub(super) block: BytesMut,
    pub(super) at: usize,
    /// How long the block was when it was allocated.
    capacity: usize,
    /// The stream offset of `block[0]`.
    start: u64,
    /// Full blocks that frames may keep alive, oldest first, empty but for the reference.
    retired: VecDeque<Retired>,
    surplus: u16,
    /// The longest need in this generation of reads, and in the one before: what the next frame may well need, too.
    needs: (usize, usize),
    /// Reads in this generation.
    age: u8,
    /// How many bytes from `at` on are known to be wanted, 0 if that is not known.
    need: usize,
    read_size: usize,
    small_reads: u8,
    /// One less than the alignment that is kept, a power of two: 0 for the formats that want none.
    mask: usize,
    /// A stream offset that lies at an aligned address, as does every other that is a multiple of the alignment away from it.
    phase: u64,
    pub(super) ledger: Ledger,
}

#[derive(Debug)]
struct Retired {
    block: BytesMut,
    capacity: usize,
}

impl Input {
    pub(super) fn new(limits: &Limits, align: usize) -> Self {
        assert!(align.is_power_of_two(), "alignments are powers of two");
        Self {
            block: BytesMut::new(),
            at: 0,
            capacity: 0,
            start: 0,
            retired: VecDeque::new(),
            surplus: 0,
            needs: (0, 0),
            age: 0,
            need: 0,
            read_size: limits.min_read,
            small_reads: 0,
            mask: align - 1,
            phase: 0,
            ledger: Ledger::new(),
        }
    }

    /// What has arrived and is not consumed.
    #[inline(always)]
    pub(super) fn pending(&self) -> &[u8] {
        &self.block[self.at..]
    }

    #[inline(always)]
    pub(super) fn pending_len(&self) -> usize {
        self.block.len() - self.at
    }

    /// The stream offset of a position in the block.
    pub(super) const fn offset_of(&self, position: usize) -> u64 {
        self.start + position as u64
    }

    /// Splits `start..end` off the block as owned bytes; what lies in front of it is gone.
    ///
    /// One refcount. The first split of a block also allocates its shared header, which is reused with it.
    #[inline]
    pub(super) fn split(&mut self, start: usize, end: usize) -> Bytes {
        let mut part = self.block.split_to(end);
        bytes::Buf::advance(&mut part, start);
        self.at -= end;
        self.start += end as u64;
        self.ledger.shared_frames += 1;
        self.ledger.shared_in += (end - start) as u64;
        part.freeze()
    }

    /// Books bytes that were taken from the stream by others. Nothing is pending.
    pub(super) fn pass(&mut self, count: u64, spliced: u64) {
        self.start += count;
        self.ledger.received += count;
        self.ledger.spliced_in += spliced;
    }

    /// Whether so much of retired blocks is still in use that small frames should be copied out.
    #[inline]
    pub(super) fn is_pressed(&self, len: usize, limits: &Limits) -> bool {
        self.ledger.pinned > limits.max_pinned as u64 && len < self.capacity / 2
    }

    /// Lets `read` append to the block, within what `need` and the limits allow, and books what it appended.
    ///
    /// `need` is how many bytes from `at` on are known to be wanted, 0 if that is not known, and `whole` whether the frame
    /// ends there.
    #[inline]
    pub(super) fn read_with<R>(
        &mut self,
        need: usize,
        whole: bool,
        limits: &Limits,
        read: impl FnOnce(&mut Limit<&mut BytesMut>) -> R,
    ) -> R {
        self.note_need(need);
        self.make_room(limits);
        let before = self.block.len();
        let spare = self.block.capacity() - before;
        let missing = need.saturating_sub(before - self.at);
        // A read that ends with a long frame leaves nothing to be moved behind it. That is worth a read that is short where
        // the block ends as well, and elsewhere one that is not too short.
        let last = need >= WORTH_STAYING && spare < self.read_size;
        let long = need > self.read_size && missing >= self.read_size / 4;
        let exact = whole && missing > 0 && (last || long);
        let offered = spare.min(if exact { missing } else { self.read_size });
        let result = read(&mut (&mut self.block).limit(offered));
        assert!(self.block.len() >= before, "a read took away what had arrived before");
        let got = self.block.len() - before;
        if got > 0 {
            self.ledger.received += got as u64;
            self.ledger.reads += 1;
            self.adapt(got, offered, limits);
        }
        result
    }

    /// Grows the read size when a read fills it, shrinks it after two small ones.
    fn adapt(&mut self, got: usize, offered: usize, limits: &Limits) {
        if got >= self.read_size && got == offered {
            self.read_size = (self.read_size * 2).min(limits.max_read);
            self.small_reads = 0;
        } else if got < self.read_size / 2 && got < offered {
            self.small_reads += 1;
            if self.small_reads == 2 {
                self.read_size = (self.read_size / 2).max(limits.min_read);
                self.small_reads = 0;
            }
        } else {
            self.small_reads = 0;
        }
    }

    fn note_need(&mut self, need: usize) {
        self.age += 1;
        if self.age == GENERATION {
            self.age = 0;
            self.needs = (0, self.needs.0);
        }
        self.needs.0 = self.needs.0.max(need);
        self.need = need;
    }

    /// Makes sure that a read has somewhere to go: behind what is pending if that is good enough, else in the block's
    /// freed front, in a block used before, or in a new one.
    fn make_room(&mut self, limits: &Limits) {
        // Not only where a block is wanted: while small frames are copied out, none may be.
        if self.ledger.pinned > limits.max_pinned as u64 {
            self.release_free();
        }
        let pending = self.pending_len();
        let front = self.capacity - self.block.capacity() + self.at;
        if pending <= CHEAP_TO_MOVE && pending <= front / FAR_BACK {
            self.rewind(pending);
        }
        let aligned = self.align();
        let spare = self.block.capacity() - self.block.len();
        let missing = self.need.saturating_sub(pending);
        // A frame that cannot be completed here has to move anyway: now, while it is short, or before it has begun.
        let fits = if pending == 0 { self.expected() <= spare } else { missing <= spare };
        let room = spare > 0 && (spare >= self.read_size / 2 || pending >= WORTH_STAYING);
        if !(fits && room && aligned) || self.capacity / OVERSIZED > self.wanted() {
            self.relocate();
        }
    }

    /// Goes back to the block's front with the little that is pending, if no frame is there any more.
    fn rewind(&mut self, pending: usize) {
        self.drop_consumed();
        if self.block.capacity() < self.capacity && self.block.try_reclaim(self.capacity - pending) {
            self.ledger.moved += pending as u64;
        }
    }

    /// How long the next frame may well be.
    fn expected(&self) -> usize {
        self.needs.0.max(self.needs.1)
    }

    /// How long a block should be now.
    fn wanted(&self) -> usize {
        // A peer can declare any length. It is believed as far as bytes have come: a block never exceeds what the stream
        // has carried so far, unless normal reads need more.
        let earned = usize::try_from(self.ledger.received).unwrap_or(usize::MAX);
        // Twice what is pending, so that a frame whose length nobody knows moves seldom while it grows.
        // Behind a long frame there is room for what a caller feeds beyond its end, so that no complete frame has to move.
        (self.expected().min(earned) + self.read_size)
            .max(self.read_size * READS)
            .max(2 * self.pending_len() + self.read_size)
            // So much may have to be left unused at the block's front.
            + self.mask
    }

    /// Keeps an alignment of `align` bytes from now on, for which the stream begins `ahead` bytes behind what is consumed.
    pub(super) fn set_align(&mut self, align: usize, ahead: u64) {
        assert!(align.is_power_of_two(), "alignments are powers of two");
        self.mask = align - 1;
        self.phase = self.offset_of(self.at).wrapping_add(ahead);
        if self.pending_len() > 0 && !self.align() {
            self.relocate();
        }
    }

    /// How many bytes further on `address` would be right for stream offset `offset`.
    fn gap(&self, address: usize, offset: u64) -> usize {
        // Only the last bits count, so that what is cut off or wraps does not matter.
        (offset.wrapping_sub(self.phase) as usize).wrapping_sub(address) & self.mask
    }

    /// Moves what is pending to where it is aligned, if it is not. False if the block has no room for that, and if there is no block.
    #[inline]
    fn align(&mut self) -> bool {
        self.mask == 0 || self.move_up()
    }

    fn move_up(&mut self) -> bool {
        let gap = self.gap(self.block.as_ptr() as usize, self.start);
        if gap == 0 {
            return self.capacity > 0;
        }
        self.drop_consumed();
        let len = self.block.len();
        if self.block.capacity() - len < gap {
            return false;
        }
        self.block.resize(len + gap, 0);
        self.block.copy_within(..len, gap);
        bytes::Buf::advance(&mut self.block, gap);
        self.ledger.moved += len as u64;
        true
    }

    fn drop_consumed(&mut self) {
        bytes::Buf::advance(&mut self.block, self.at);
        self.start += self.at as u64;
        self.at = 0;
    }

    #[cold]
    fn relocate(&mut self) {
        let pending = self.pending_len();
        let wanted = self.wanted();
        self.drop_consumed();
        let oversized = self.capacity / OVERSIZED > wanted;
        let address = self.block.as_ptr();
        if !oversized && self.block.try_reclaim(wanted - pending) {
            if self.block.as_ptr() != address {
                self.ledger.moved += pending as u64;
            }
            if self.align() {
                return;
            }
        }

        let (mut block, capacity) = self.take(wanted).unwrap_or_else(|| {
            self.ledger.allocated_blocks += 1;
            (BytesMut::with_capacity(wanted), wanted)
        });
        let gap = self.gap(block.as_ptr() as usize, self.start);
        block.resize(gap, 0);
        bytes::Buf::advance(&mut block, gap);
        block.extend_from_slice(&self.block);
        self.ledger.moved += pending as u64;
        let mut old = core::mem::replace(&mut self.block, block);
        old.clear();
        let old_capacity = core::mem::replace(&mut self.capacity, capacity);
        if old_capacity > 0 && !oversized {
            self.ledger.pinned += old_capacity as u64;
            self.retired.push_back(Retired { block: old, capacity: old_capacity });
        }
    }

    /// Gives back retired blocks that are free: what is pinned then really is.
    #[cold]
    fn release_free(&mut self) {
        for _ in 0..self.retired.len().min(LOOKS) {
            let Some(mut retired) = self.retired.pop_front() else { return };
            if retired.block.try_reclaim(retired.capacity) {
                self.ledger.pinned -= retired.capacity as u64;
            } else {
                self.retired.push_back(retired);
            }
        }
    }

    /// A retired block that nobody refers to any more and that is large enough.
    fn take(&mut self, wanted: usize) -> Option<(BytesMut, usize)> {
        for _ in 0..self.retired.len().min(LOOKS) {
            let mut retired = self.retired.pop_front()?;
            if !retired.block.try_reclaim(retired.capacity) {
                self.retired.push_back(retired);
                continue;
            }
            self.ledger.pinned -= retired.capacity as u64;
            // One that is too small, or far too large, is given back here.
            if retired.capacity >= wanted && retired.capacity / OVERSIZED <= wanted {
                self.ledger.recycled_blocks += 1;
                self.release_surplus();
                return Some((retired.block, retired.capacity));
            }
        }
        None
    }

    /// Releases a block if for a long time there have been more than were needed: one, or of many a quarter, since how many are
    /// needed varies with what is kept.
    fn release_surplus(&mut self) {
        let spare = self.retired.len() / SPARE;
        let Some(next) = self.retired.get_mut(spare) else { return };
        if !next.block.try_reclaim(next.capacity) {
            self.surplus = 0;
            return;
        }
        self.surplus += 1;
        if self.surplus == SURPLUS {
            self.surplus = 0;
            self.ledger.pinned -= next.capacity as u64;
            self.retired.remove(spare);
        }
    }
}
