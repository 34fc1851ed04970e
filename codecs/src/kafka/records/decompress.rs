//! Compressed records into plain ones.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use wireview::Result;

use super::inflate::Inflate;
use super::{Batch, Compression};

/// How much may come out of one batch, unless told.
const MAX_RECORDS: usize = 64 * 1024 * 1024;

/// How many blocks that were handed out are remembered, to be used again when nobody holds them.
const REMEMBERED: usize = 8;

/// Undoes the compression of batches, into blocks that are used again.
///
/// What comes out is the same batch without compression: its records are views as those of any other. How much may come out is
/// limited, and the limit is asked before each step, however well the bytes claim to be compressed.
///
/// ```
/// # #[cfg(feature = "kafka-lz4")] {
/// use wireview::Gather;
/// use wireview_codecs::kafka::records::{Builder, Compression, Decompressor, batches};
///
/// let mut out = Gather::new();
/// let mut builder = Builder::new().compression(Compression::Lz4);
/// builder.write(&mut out, |batch| batch.push(0, None, Some(&b"value"[..]), &[]))?;
/// let log: Vec<u8> = out.chunks().flatten().copied().collect();
///
/// let mut decompressor = Decompressor::new();
/// for batch in batches(&log) {
///     let batch = decompressor.open(batch?)?;
///     assert_eq!(batch.records()?.next().expect("a record")?.value, Some(&b"value"[..]));
/// }
/// # }
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// Not compressed: none. Compressed: what the format takes. The block grows to the largest batch and stays, at most as large as the
/// limit. Gzip and LZ4 set their tables up for each batch: 32 KiB; up to three times the block size that an LZ4 frame states,
/// which is at most 4 MiB. Zstd keeps a window of 8 MiB at most, or of the limit if that is more.
pub struct Decompressor {
    max_records: usize,
    inflate: Inflate,
    /// All of it is initialized, so that it need not be cleared.
    block: Vec<u8>,
    /// Blocks that were handed out.
    shared: Vec<Bytes>,
}

impl Decompressor {
    /// One that lets 64 MiB come out of a batch.
    #[must_use]
    pub const fn new() -> Self {
        Self { max_records: MAX_RECORDS, inflate: Inflate::new(), block: Vec::new(), shared: Vec::new() }
    }

    /// Sets how many bytes the records of a batch may be, decompressed.
    #[must_use]
    pub const fn max_records(mut self, bytes: usize) -> Self {
        self.max_records = bytes;
        self
    }

    /// The batch without its compression, its records in a block that the next call uses again. A batch that is not compressed
    /// comes back as it is.
    ///
    /// # Errors
    /// [`Kind::Limit`](wireview::Kind::Limit) if more comes out than is allowed;
    /// [`Kind::Malformed`](wireview::Kind::Malformed) if the bytes are not what they are said to be;
    /// [`Kind::Unsupported`](wireview::Kind::Unsupported) for a compression whose feature is not enabled.
    pub fn open<'a>(&'a mut self, batch: Batch<&'a [u8]>) -> Result<Batch<&'a [u8]>> {
        let compression = batch.attributes.compression()?;
        if compression == Compression::None {
            return Ok(batch);
        }
        let len = self.inflate.inflate(compression, batch.body, self.max_records, &mut self.block)?;
        plain(batch, &self.block[..len])
    }

    /// The same for records that stay: in a block of their own, which is used again when nobody holds it any more. That is
    /// noticed of the last eight blocks.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_shared(&mut self, batch: Batch<Bytes>) -> Result<Batch<Bytes>> {
        let compression = batch.attributes.compression()?;
        if compression == Compression::None {
            return Ok(batch);
        }
        let mut block: Vec<u8> = match self.shared.iter().position(Bytes::is_unique) {
            Some(at) => self.shared.remove(at).into(),
            None => Vec::new(),
        };
        let len = self.inflate.inflate(compression, &batch.body, self.max_records, &mut block)?;
        block.truncate(len);
        let block = Bytes::from(block);
        if self.shared.len() == REMEMBERED {
            self.shared.remove(0);
        }
        self.shared.push(block.clone());
        plain(batch, block)
    }
}

impl Default for Decompressor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("max_records", &self.max_records)
            .field("block", &self.block.capacity())
            .field("shared", &self.shared.len())
            .finish_non_exhaustive()
    }
}

/// The batch with other records, and without compression.
fn plain<B, C: AsRef<[u8]>>(batch: Batch<B>, body: C) -> Result<Batch<C>> {
    let (_, mut batch) = batch.with_body(body);
    batch.attributes = batch.attributes.with_compression(Compression::None);
    batch.check(batch.body.as_ref().len() as u64)?;
    Ok(batch)
}
