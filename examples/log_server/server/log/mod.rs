//! The log of one partition: segments, one behind the other, the last of which grows.
//!
//! ```text
//!  00000000000000000000.log    00000000000000041820.log    00000000000000083511.log
//!  00000000000000000000.index  00000000000000041820.index       (grows; no index yet)
//!  ├───────── sealed ────────┤ ├───────── sealed ────────┤ ├──────── active ───────┤
//!  start                                                          visible        end
//! ```
//!
//! An index says that its segment is whole and on the disk; where there is none, the batches are read when the log is opened, and
//! the first one that is not whole is the end.

mod append;
mod open;
mod producers;
mod retain;
mod seal;
mod segment;
mod sync;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wireview::FileRegion;
use wireview_codecs::kafka::ErrorCode;
use wireview_codecs::kafka::records::{BatchHeader, Decompressor, batches};

pub(crate) use append::Appended;
use producers::Producers;
use segment::Segment;

/// How a topic is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// How large a partition may be before its oldest segment is deleted; -1 for as large as it likes.
    pub(crate) retention_bytes: i64,
    /// How old a segment may be; -1 for as old as it likes.
    pub(crate) retention_ms: i64,
    /// Where a segment ends.
    pub(crate) segment_bytes: u64,
    /// The longest batch.
    pub(crate) max_message_bytes: usize,
    /// Whether records have the time at which they were appended.
    pub(crate) append_time: bool,
}

/// Where the log ends for those who read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Visible {
    /// The offset behind the last record.
    offset: i64,
    /// In which segment, and at which byte of it.
    segment: i64,
    position: u64,
}

/// The log of one partition.
#[derive(Debug)]
pub(crate) struct Log {
    dir: PathBuf,
    pub(crate) config: Arc<Config>,
    /// By their first offset; there is always one.
    segments: Vec<Segment>,
    /// The offset of the next record.
    end: i64,
    visible: Visible,
    /// Whether readers wait for the disk.
    durable: bool,
    /// Whether somebody brings it to the disk now.
    syncing: bool,
    /// Segments that have ended and are not on the disk yet, the directory that has new ones, and how far it is.
    rolled: Vec<i64>,
    directory: bool,
    synced: i64,
    /// The disk has failed: nothing is appended any more.
    failed: bool,
    producers: Producers,
    /// A block that headers are read into.
    scratch: Vec<u8>,
}

impl Log {
    /// The first offset.
    pub(crate) fn start(&self) -> i64 {
        self.segments[0].base
    }

    /// The offset behind the last record that is given out.
    pub(crate) const fn visible(&self) -> i64 {
        self.visible.offset
    }

    /// Whether the disk has failed.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed
    }

    /// How many bytes it has.
    pub(crate) fn size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.len).sum()
    }

    fn active(&mut self) -> &mut Segment {
        self.segments.last_mut().expect("there is always one")
    }

    /// How many bytes of a segment are given out.
    const fn readable(&self, segment: &Segment) -> u64 {
        if segment.base < self.visible.segment {
            segment.len
        } else if segment.base == self.visible.segment {
            self.visible.position
        } else {
            0
        }
    }

    fn segment_of(&self, offset: i64) -> usize {
        self.segments.partition_point(|segment| segment.base <= offset).saturating_sub(1)
    }

    /// The bytes of the log from the batch with `offset` in it, about `max` of them, and at least one batch if `whole`; none at
    /// the end.
    pub(crate) fn read(&mut self, offset: i64, max: u64, whole: bool) -> io::Result<Result<Option<Part>, ErrorCode>> {
        if offset < self.start() || offset > self.visible.offset {
            return Ok(Err(ErrorCode::OFFSET_OUT_OF_RANGE));
        }
        if offset == self.visible.offset {
            return Ok(Ok(None));
        }
        let at = self.segment_of(offset);
        let mut scratch = std::mem::take(&mut self.scratch);
        let part = self.read_in(at, offset, max, whole, &mut scratch);
        self.scratch = scratch;
        part.map(Ok)
    }

    fn read_in(
        &self,
        at: usize,
        offset: i64,
        max: u64,
        whole: bool,
        scratch: &mut Vec<u8>,
    ) -> io::Result<Option<Part>> {
        for segment in &self.segments[at..] {
            let readable = self.readable(segment);
            let from = segment.index.position_of(offset);
            let Some((position, header)) =
                segment.find(from, readable, scratch, |header| header.last_offset() >= offset)?
            else {
                // What was asked for is behind the last record of this segment, which happens if offsets are left out.
                continue;
            };
            let batch = header.len() as u64;
            if !whole && batch > max {
                return Ok(None);
            }
            let most = max.max(batch).min(readable - position);
            let len = segment.index.cut(position, most, readable);
            return Ok(Some(Part { file: segment.file.clone(), position, len: len.max(batch) }));
        }
        Ok(None)
    }

    /// The first record whose timestamp is not below `time`: its offset and its timestamp.
    pub(crate) fn at_time(&mut self, time: i64) -> io::Result<Option<(i64, i64)>> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut found = Ok(None);
        for segment in &self.segments {
            if segment.max_timestamp < time {
                continue;
            }
            let from = segment.index.position_at(time);
            let readable = self.readable(segment);
            match segment.find(from, readable, &mut scratch, |header| header.max_timestamp.get() >= time) {
                Ok(None) => {}
                Ok(Some((position, header))) => {
                    found = record_at(&segment.file, position, &header, time).map(Some);
                    break;
                }
                Err(error) => {
                    found = Err(error);
                    break;
                }
            }
        }
        self.scratch = scratch;
        found
    }

    /// The record with the largest timestamp, as far as the batches tell: the last of the batch that has it.
    pub(crate) fn latest(&mut self) -> io::Result<Option<(i64, i64)>> {
        let largest = self.segments.iter().map(|segment| segment.max_timestamp).max();
        match largest {
            Some(time) if time >= 0 => self.at_time(time),
            _ => Ok(None),
        }
    }

    fn path(dir: &Path, base: i64, kind: &str) -> PathBuf {
        dir.join(format!("{base:020}.{kind}"))
    }
}

/// A part of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) file: Arc<File>,
    pub(crate) position: u64,
    pub(crate) len: u64,
}

impl Part {
    pub(crate) fn region(self) -> FileRegion {
        FileRegion::known(self.file, self.position, self.len)
    }
}

/// Looks into a batch, which may be compressed, for the first record not older than `time`.
fn record_at(file: &Arc<File>, position: u64, header: &BatchHeader, time: i64) -> io::Result<(i64, i64)> {
    let bytes = FileRegion::known(file.clone(), position, header.len() as u64).read_front(usize::MAX)?;
    let told = (header.base_offset.get(), header.max_timestamp.get());
    let mut decompressor = Decompressor::new();
    let Some(Ok(batch)) = batches(&bytes).unverified().next() else { return Ok(told) };
    let Ok(batch) = decompressor.open(batch) else { return Ok(told) };
    let Ok(mut records) = batch.records() else { return Ok(told) };
    let found = records.find_map(|record| {
        let record = record.ok()?;
        let timestamp = batch.timestamp(&record);
        (timestamp >= time).then(|| (batch.offset(&record), timestamp))
    });
    Ok(found.unwrap_or(told))
}
