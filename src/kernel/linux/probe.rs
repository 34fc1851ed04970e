//! Is a region of a file in memory, and how it comes there.

use std::fs::File;
use std::io::IoSliceMut;
use std::num::NonZeroU64;

use bytes::Bytes;
use rustix::fs::{Advice, fadvise, fstatfs};
use rustix::io::{Errno, ReadWriteFlags, preadv2};

use crate::FileRegion;

/// Whether the first bytes of a region are in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heat {
    Warm,
    /// Reading them would wait for a disk, or a network.
    Cold,
}

/// How far apart the bytes are that are asked for. Pages come into memory and leave it in runs, by readahead and in folios.
const STRIDE: u64 = 128 * 1024;

/// How much more than what is wanted is asked of the disk when something is cold.
const READ_AHEAD: u64 = 1024 * 1024;

const PAGE: u64 = 4096;

const TMPFS_MAGIC: u64 = 0x0102_1994;
const RAMFS_MAGIC: u64 = 0x8584_58f6;
const HUGETLBFS_MAGIC: u64 = 0x9584_58f6;

/// Asks whether the first `len` bytes of `region` are in memory: one call for each [`STRIDE`] of them, none of which waits.
pub(crate) fn heat(region: &FileRegion, len: u64) -> Heat {
    let last = region.offset() + len.min(region.len()) - 1;
    let mut at = region.offset();
    loop {
        let mut byte = [0];
        match preadv2(region.file(), &mut [IoSliceMut::new(&mut byte)], at, ReadWriteFlags::NOWAIT) {
            Err(Errno::AGAIN) => return Heat::Cold,
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => return heat_of_system(region.file()),
            // The end of the file, or an error: the call that sends will find it, and does not wait.
            Ok(0) | Err(_) => return Heat::Warm,
            Ok(_) if at == last => return Heat::Warm,
            Ok(_) => at = (at + STRIDE).min(last),
        }
    }
}

/// A file system that does not say whether a page is in memory: some have them nowhere else.
fn heat_of_system(file: &File) -> Heat {
    match fstatfs(file).map(|system| system.f_type as u64) {
        Ok(TMPFS_MAGIC | RAMFS_MAGIC | HUGETLBFS_MAGIC) => Heat::Warm,
        _ => Heat::Cold,
    }
}

/// Brings the first `len` bytes of `region` into memory, and has the kernel begin with those behind them. Blocks.
pub(crate) fn warm_up(region: &FileRegion, len: u64) {
    let end = region.offset() + len.min(region.len());
    // It is advice: that it was not taken costs time and nothing else.
    let _ = fadvise(region.file(), region.offset(), NonZeroU64::new(region.len().min(READ_AHEAD)), Advice::WillNeed);
    let mut at = region.offset();
    while at < end {
        let mut byte = [0];
        // What fails here fails again where it is told.
        if !matches!(rustix::io::pread(region.file(), &mut byte, at), Ok(1)) {
            return;
        }
        at = (at / PAGE + 1) * PAGE;
    }
}

/// Reads the whole of `region` if that neither waits nor fails.
pub(crate) fn read_now(region: &FileRegion) -> Option<Bytes> {
    let mut bytes = vec![0; region.len() as usize];
    let slice = &mut [IoSliceMut::new(&mut bytes)];
    match preadv2(region.file(), slice, region.offset(), ReadWriteFlags::NOWAIT) {
        Ok(read) if read as u64 == region.len() => Some(bytes.into()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) if heat_of_system(region.file()) == Heat::Warm => {
            region.read_front(bytes.len()).ok()
        }
        // Where the file ends, or its pages do that are in memory; and what fails, fails again where it is told.
        _ => None,
    }
}
