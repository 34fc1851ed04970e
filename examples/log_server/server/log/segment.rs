//! A file of batches, and where some of them begin.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use wireview_codecs::kafka::records::{BatchHeader, HEADER_LEN};

/// A batch that begins so many bytes behind the last one in the index is entered.
const EVERY: u64 = 4096;

/// How much is read at once to go from header to header: at first, and then.
const FIRST_READ: usize = HEADER_LEN;
const READ: usize = 16 * 1024;

/// Where some batches begin, by offset and by time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
}

/// Where a batch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its first offset.
    pub(super) offset: i64,
    /// Its first byte.
    pub(super) position: u64,
    /// The largest timestamp in front of it.
    pub(super) before: i64,
}

impl Index {
    /// From where the batch with `offset` is to be looked for.
    pub(super) fn position_of(&self, offset: i64) -> u64 {
        let behind = self.entries.partition_point(|entry| entry.offset <= offset);
        behind.checked_sub(1).map_or(0, |at| self.entries[at].position)
    }

    /// From where the first batch with that time is to be looked for.
    pub(super) fn position_at(&self, time: i64) -> u64 {
        let behind = self.entries.partition_point(|entry| entry.before < time);
        behind.checked_sub(1).map_or(0, |at| self.entries[at].position)
    }

    /// How many bytes from `position` on to give out, if they may be `most`: up to where a batch is known to begin, so that none is
    /// sent that has to be sent again.
    pub(super) fn cut(&self, position: u64, most: u64, end: u64) -> u64 {
        if position + most >= end {
            return end - position;
        }
        let behind = self.entries.partition_point(|entry| entry.position <= position + most);
        match behind.checked_sub(1).map(|at| self.entries[at].position) {
            Some(cut) if cut > position => cut - position,
            _ => most,
        }
    }

    /// A batch is appended at `position`.
    pub(super) fn note(&mut self, offset: i64, position: u64, before: i64) {
        if self.entries.last().map_or(0, |last| last.position) + EVERY <= position {
            self.entries.push(Entry { offset, position, before });
        }
    }
}

/// A segment.
#[derive(Debug)]
pub(super) struct Segment {
    /// Its first offset.
    pub(super) base: i64,
    pub(super) file: Arc<File>,
    pub(super) len: u64,
    pub(super) index: Index,
    /// The largest timestamp; -1 if there is none.
    pub(super) max_timestamp: i64,
    /// When the first batch came, for what has to end by its age.
    pub(super) begun: SystemTime,
}

impl Segment {
    pub(super) fn create(dir: &Path, base: i64) -> io::Result<Self> {
        let path = super::Log::path(dir, base, "log");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Self {
            base,
            file: Arc::new(file),
            len: 0,
            index: Index::default(),
            max_timestamp: -1,
            begun: SystemTime::now(),
        })
    }

    /// A batch was appended.
    pub(super) fn note(&mut self, header: &BatchHeader) {
        self.index.note(header.base_offset.get(), self.len, self.max_timestamp);
        self.max_timestamp = self.max_timestamp.max(header.max_timestamp.get());
        self.len += header.len() as u64;
    }

    /// The first batch from `position` on that `wanted` says yes to, and where it begins. Nothing from `end` on is looked at.
    pub(super) fn find(
        &self,
        mut position: u64,
        end: u64,
        scratch: &mut Vec<u8>,
        wanted: impl Fn(&BatchHeader) -> bool,
    ) -> io::Result<Option<(u64, BatchHeader)>> {
        scratch.resize(READ, 0);
        // The first is wanted mostly: the index is asked with what the last answer ended at.
        let mut read = FIRST_READ;
        while position < end {
            let most = usize::try_from(end - position).map_or(read, |left| left.min(read));
            read = READ;
            self.file.read_exact_at(&mut scratch[..most], position)?;
            let block = position;
            loop {
                let at = (position - block) as usize;
                let Some(bytes) = scratch[..most].get(at..at + HEADER_LEN) else { break };
                let header = BatchHeader::read(bytes).map_err(io::Error::other)?;
                if wanted(header) {
                    return Ok(Some((position, *header)));
                }
                position += header.len() as u64;
            }
            if position == block {
                break;
            }
        }
        Ok(None)
    }
}
