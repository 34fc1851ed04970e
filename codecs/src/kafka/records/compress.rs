//! Records into compressed ones.

use alloc::vec::Vec;

use wireview::{Error, Result};

use super::header::ATTRIBUTES_AT;
use super::{Compression, field};

/// How much snappy-java compresses at a time.
#[cfg(feature = "kafka-snappy")]
const SNAPPY_BLOCK: usize = 32 * 1024;

/// What stands in front of the blocks of snappy-java: its magic, its version, and the oldest that reads it.
#[cfg(feature = "kafka-snappy")]
pub(super) const SNAPPY_HEADER: &[u8; 16] = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";

/// What compressors keep from one batch to the next.
pub(super) struct Compressor {
    #[cfg(feature = "kafka-snappy")]
    snappy: Option<snap::raw::Encoder>,
    #[cfg(feature = "kafka-zstd")]
    zstd: Option<zstd::bulk::Compressor<'static>>,
}

impl core::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Compressor")
    }
}

impl Compressor {
    pub(super) const fn new() -> Self {
        Self {
            #[cfg(feature = "kafka-snappy")]
            snappy: None,
            #[cfg(feature = "kafka-zstd")]
            zstd: None,
        }
    }

    /// Appends `records` to `into`, compressed. If it fails, a part may stand there.
    pub(super) fn compress(&mut self, compression: Compression, records: &[u8], into: &mut Vec<u8>) -> Result<()> {
        match compression {
            Compression::None => {
                into.extend_from_slice(records);
                Ok(())
            }
            #[cfg(feature = "kafka-gzip")]
            Compression::Gzip => gzip(records, into).ok_or(FAILED),
            #[cfg(feature = "kafka-snappy")]
            Compression::Snappy => self.snappy(records, into).ok_or(FAILED),
            #[cfg(feature = "kafka-lz4")]
            Compression::Lz4 => lz4(records, into).ok_or(FAILED),
            #[cfg(feature = "kafka-zstd")]
            Compression::Zstd => self.zstd(records, into).ok_or(FAILED),
            #[allow(unreachable_patterns)] // With all features.
            _ => Err(Error::unsupported(&field::COMPRESSION, ATTRIBUTES_AT)),
        }
    }

    #[cfg(feature = "kafka-snappy")]
    fn snappy(&mut self, records: &[u8], into: &mut Vec<u8>) -> Option<()> {
        let encoder = self.snappy.get_or_insert_with(snap::raw::Encoder::new);
        into.extend_from_slice(SNAPPY_HEADER);
        for block in records.chunks(SNAPPY_BLOCK) {
            let at = into.len();
            let start = at + 4;
            into.resize(start + snap::raw::max_compress_len(block.len()), 0);
            let len = encoder.compress(block, &mut into[start..]).ok()?;
            into[at..start].copy_from_slice(&u32::try_from(len).ok()?.to_be_bytes());
            into.truncate(start + len);
        }
        Some(())
    }

    #[cfg(feature = "kafka-zstd")]
    fn zstd(&mut self, records: &[u8], into: &mut Vec<u8>) -> Option<()> {
        if self.zstd.is_none() {
            self.zstd = zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL).ok();
        }
        let compressor = self.zstd.as_mut()?;
        let at = into.len();
        into.resize(at + zstd::zstd_safe::compress_bound(records.len()), 0);
        let len = compressor.compress_to_buffer(records, &mut into[at..]).ok()?;
        into.truncate(at + len);
        Some(())
    }
}

/// A compressor that fails on bytes in memory is short of memory.
#[cfg(any(feature = "kafka-gzip", feature = "kafka-snappy", feature = "kafka-lz4", feature = "kafka-zstd"))]
const FAILED: Error = Error::overflow(&field::COMPRESSED, super::HEADER_LEN);

#[cfg(feature = "kafka-gzip")]
fn gzip(records: &[u8], into: &mut Vec<u8>) -> Option<()> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(into, flate2::Compression::default());
    encoder.write_all(records).ok()?;
    encoder.finish().ok()?;
    Some(())
}

/// Blocks of 64 KiB, each on its own, as Kafka's reader wants them.
#[cfg(feature = "kafka-lz4")]
fn lz4(records: &[u8], into: &mut Vec<u8>) -> Option<()> {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    use std::io::Write;
    let info = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, into);
    encoder.write_all(records).ok()?;
    encoder.finish().ok()?;
    Some(())
}
