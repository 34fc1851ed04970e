//! Batches that are written.

use alloc::vec::Vec;

use wireview::{Error, Gather, Result};
use zerocopy::IntoBytes;

use super::batch::{Batch, sequence};
use super::block::Block;
use super::codec::header;
use super::compress::Compressor;
use super::crc::crc32c;
use super::header::{Attributes, COUNT_AT, Compression, HEADER_LEN, UNDER_CRC};
use super::push::Push;
use super::{Marker, field};

/// Writes batches record by record: what a producer does.
///
/// ```
/// use bytes::Bytes;
/// use wireview::Gather;
/// use wireview_codecs::kafka::records::Builder;
///
/// let value = Bytes::from(vec![7; 100_000]);
/// let mut out = Gather::new();
/// let mut builder = Builder::new().producer(4000, 0, 0);
/// builder.write(&mut out, |batch| batch.push(0, Some(Bytes::from_static(b"key")), Some(value.clone()), &[]))?;
/// assert_eq!(out.chunks().nth(1).expect("the value").as_ptr(), value.as_ptr()); // not copied
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// Records are copied into a block that is used again, and from there into the queue's arena, or compressed into it. Not
/// compressed, what is longer than [`wireview::send::DEFAULT_COPY_UP_TO`] is shared with the queue instead, and read once, for the CRC.
/// The block stays as long as the longest batch was.
#[derive(Debug)]
pub struct Builder {
    batch: Batch<()>,
    block: Block,
    compressor: Compressor,
}

impl Builder {
    /// Batches that are not compressed, of no producer in particular, from offset 0.
    #[must_use]
    pub const fn new() -> Self {
        let batch = Batch {
            base_offset: 0,
            leader_epoch: -1,
            attributes: Attributes(0),
            last_offset_delta: 0,
            base_timestamp: 0,
            max_timestamp: 0,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            count: 0,
            body: (),
        };
        Self { batch, block: Block::new(), compressor: Compressor::new() }
    }

    /// How the records are compressed. One whose feature is not enabled is refused when a batch is written.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.batch.attributes = self.batch.attributes.with_compression(compression);
        self
    }

    /// Who sends them, and the number of the next record, for a producer that is idempotent or transactional. Each batch
    /// that is written moves the number on.
    #[must_use]
    pub const fn producer(mut self, id: i64, epoch: i16, sequence: i32) -> Self {
        self.batch.producer_id = id;
        self.batch.producer_epoch = epoch;
        self.batch.base_sequence = sequence;
        self
    }

    /// Whether they are part of a transaction.
    #[must_use]
    pub const fn transactional(mut self, is_transactional: bool) -> Self {
        self.batch.attributes = self.batch.attributes.with_transactional(is_transactional);
        self
    }

    /// The offset of the first record. A broker sets its own.
    #[must_use]
    pub const fn base_offset(mut self, offset: i64) -> Self {
        self.batch.base_offset = offset;
        self
    }

    /// The epoch of the leader. A broker sets its own.
    #[must_use]
    pub const fn leader_epoch(mut self, epoch: i32) -> Self {
        self.batch.leader_epoch = epoch;
        self
    }

    /// The number of the next record, -1 without a producer.
    #[must_use]
    pub const fn next_sequence(&self) -> i32 {
        self.batch.base_sequence
    }

    /// Writes one batch of the records that `fill` pushes, and says how many these are. If it fails, nothing is queued.
    ///
    /// # Errors
    /// What `fill` returns; [`Kind::Malformed`](wireview::Kind::Malformed) if it pushes none;
    /// [`Kind::Overflow`](wireview::Kind::Overflow) for more than 2 GiB, and for more records than that;
    /// [`Kind::Unsupported`](wireview::Kind::Unsupported) for a compression whose feature is not enabled.
    pub fn write(&mut self, out: &mut Gather, fill: impl FnOnce(&mut Push<'_>) -> Result<()>) -> Result<u32> {
        let Self { batch, block, compressor } = self;
        let compression = batch.attributes.compression()?;
        let mut count = 0;
        out.message(|out| {
            block.end = HEADER_LEN;
            let may_share = compression == Compression::None;
            let mut push = Push { batch: *batch, block, out, may_share, shared: None, fault: None };
            fill(&mut push)?;
            let Push { mut batch, block, out, shared, fault, .. } = push;
            if let Some(fault) = fault {
                return Err(fault);
            }
            if batch.count == 0 {
                return Err(Error::malformed(&field::COUNT, COUNT_AT));
            }
            batch.last_offset_delta = (batch.count - 1) as i32;
            count = batch.count;
            if let Some(shared) = shared {
                return shared.finish(&batch, &block.bytes[..block.end], out);
            }
            if !may_share {
                let records = &block.bytes[HEADER_LEN..block.end];
                return out.head(|arena| compress(&batch, compressor, compression, records, arena));
            }
            let whole = block.bytes.get_mut(..block.end).unwrap_or_default();
            seal(&batch, whole)?;
            out.copy(whole);
            Ok(())
        })?;
        if self.batch.base_sequence >= 0 {
            self.batch.base_sequence = sequence(self.batch.base_sequence, count as i32);
        }
        Ok(count)
    }

    /// Writes the control batch that ends a transaction of the [producer](Self::producer).
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn write_marker(&mut self, out: &mut Gather, timestamp: i64, marker: Marker) -> Result<()> {
        let before = self.batch;
        self.batch.attributes = Attributes(0).with_transactional(true).with_control(true);
        // A marker is no record of the producer.
        self.batch.base_sequence = -1;
        let written =
            self.write(out, |batch| batch.push(timestamp, Some(&marker.key()[..]), Some(&marker.value()[..]), &[]));
        self.batch = before;
        written.map(drop)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

/// Fills in the header of a batch that is all there.
fn seal(batch: &Batch<()>, whole: &mut [u8]) -> Result<()> {
    let body = (whole.len() - HEADER_LEN) as u64;
    batch.check(body)?;
    let mut header = header(batch, body)?;
    whole[..HEADER_LEN].copy_from_slice(header.as_bytes());
    header.crc.set(crc32c(&whole[UNDER_CRC..]));
    whole[..HEADER_LEN].copy_from_slice(header.as_bytes());
    Ok(())
}

/// Appends a batch of compressed records.
fn compress(
    batch: &Batch<()>,
    compressor: &mut Compressor,
    compression: Compression,
    records: &[u8],
    arena: &mut Vec<u8>,
) -> Result<()> {
    let at = arena.len();
    arena.resize(at + HEADER_LEN, 0);
    compressor.compress(compression, records, arena)?;
    seal(batch, &mut arena[at..])
}
