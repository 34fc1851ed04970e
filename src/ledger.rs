//! Zero copy as a figure: what was copied, shared, moved and allocated.

use core::fmt;
use core::ops::{Add, Sub};

/// What happened to the bytes of one connection, or of one half of it.
///
/// Bytes that arrive are read into a block once; that is no copy. Everything the framework does to them afterwards is
/// booked here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ledger {
    /// Bytes that arrived.
    pub received: u64,
    /// Reads that brought them.
    pub reads: u64,
    /// Owned frames and batches that were split off, each under one refcount.
    pub shared_frames: u64,
    /// Bytes of owned frames and kept fields that share the receive block.
    pub shared_in: u64,
    /// Bytes of owned frames and kept fields that were copied out, being small or because too much was pinned.
    pub copied_in: u64,
    /// Bytes of partial frames that were moved to another place in the block, or to another block.
    pub moved: u64,
    /// Bytes of archives that were copied because they did not lie where they are aligned.
    pub realigned: u64,
    /// Blocks that were allocated.
    pub allocated_blocks: u64,
    /// Blocks that were used again.
    pub recycled_blocks: u64,
    /// Bytes of full blocks that the consumer's frames keep alive, when last looked at.
    pub pinned: u64,
    /// Bytes that belonged to no frame, or to frames that were skipped.
    pub skipped: u64,
    /// Bytes of streamed bodies that the kernel moved on (`splice`): they arrived, and never were in a block.
    pub spliced_in: u64,
    /// Bytes sent from the arena: headers, and payloads too small to share.
    pub copied_out: u64,
    /// Bytes sent from where the caller had them.
    pub shared_out: u64,
    /// Bytes that the kernel sent from files (`sendfile`): they never were in memory of this program. Those of file regions
    /// that had to be read are in `copied_out`.
    pub file_out: u64,
    /// Bytes sent from where a file is mapped into memory.
    pub mapped_out: u64,
    /// Bytes of another connection's streamed body that the kernel moved here (`splice`).
    pub spliced_out: u64,
    /// How often a part of a file was not in memory, and had to be waited for.
    pub cold_files: u64,
    /// Writes that took bytes.
    pub writes: u64,
}

impl Ledger {
    pub(crate) const fn new() -> Self {
        Self {
            received: 0,
            reads: 0,
            shared_frames: 0,
            shared_in: 0,
            copied_in: 0,
            moved: 0,
            realigned: 0,
            allocated_blocks: 0,
            recycled_blocks: 0,
            pinned: 0,
            skipped: 0,
            spliced_in: 0,
            copied_out: 0,
            shared_out: 0,
            file_out: 0,
            mapped_out: 0,
            spliced_out: 0,
            cold_files: 0,
            writes: 0,
        }
    }

    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            received: f(self.received, other.received),
            reads: f(self.reads, other.reads),
            shared_frames: f(self.shared_frames, other.shared_frames),
            shared_in: f(self.shared_in, other.shared_in),
            copied_in: f(self.copied_in, other.copied_in),
            moved: f(self.moved, other.moved),
            realigned: f(self.realigned, other.realigned),
            allocated_blocks: f(self.allocated_blocks, other.allocated_blocks),
            recycled_blocks: f(self.recycled_blocks, other.recycled_blocks),
            pinned: f(self.pinned, other.pinned),
            skipped: f(self.skipped, other.skipped),
            spliced_in: f(self.spliced_in, other.spliced_in),
            copied_out: f(self.copied_out, other.copied_out),
            shared_out: f(self.shared_out, other.shared_out),
            file_out: f(self.file_out, other.file_out),
            mapped_out: f(self.mapped_out, other.mapped_out),
            spliced_out: f(self.spliced_out, other.spliced_out),
            cold_files: f(self.cold_files, other.cold_files),
            writes: f(self.writes, other.writes),
        }
    }

    /// Bytes sent, by whatever way.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.copied_out + self.shared_out + self.file_out + self.mapped_out + self.spliced_out
    }
}

/// Both halves of a connection, or several connections, together.
impl Add for Ledger {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, |own, other| own + other)
    }
}

/// What has happened since `earlier`; what is pinned can have become less, and is then told as 0.
impl Sub for Ledger {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        self.zip(earlier, u64::saturating_sub)
    }
}

/// Two lines, one a direction.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "in:  {} bytes in {} reads; shared {} in {} frames, copied {}, moved {}, realigned {}, skipped {}, spliced {}; blocks: {} allocated, {} recycled, {} bytes pinned",
            self.received,
            self.reads,
            self.shared_in,
            self.shared_frames,
            self.copied_in,
            self.moved,
            self.realigned,
            self.skipped,
            self.spliced_in,
            self.allocated_blocks,
            self.recycled_blocks,
            self.pinned,
        )?;
        write!(
            f,
            "out: {} bytes in {} writes; copied {}, shared {}, from files {}, mapped {}, spliced {}; {} cold",
            self.sent(),
            self.writes,
            self.copied_out,
            self.shared_out,
            self.file_out,
            self.mapped_out,
            self.spliced_out,
            self.cold_files,
        )
    }
}
