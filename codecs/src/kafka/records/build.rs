//! Batches written record by record.

use alloc::vec::Vec;

use wireview::{Error, Gather, Outgoing, Result};
use zerocopy::IntoBytes;

use super::batch::{Batch, sequence};
use super::codec::header;
use super::compress::Compressor;
use super::crc::{Crc, crc32c, joined};
use super::header::{Attributes, COUNT_AT, Compression, HEADER_LEN, UNDER_CRC};
use super::varint;
use super::{Header, Marker, field};

/// Up to which length a key or a value is copied: [`wireview::send::DEFAULT_COPY_UP_TO`] as the send queue has it, unless told.
const COPY_UP_TO: u64 = wireview::send::DEFAULT_COPY_UP_TO as u64;

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

/// Where records are put together, behind room for a header. All of it is initialized, so that nothing is cleared.
#[derive(Debug)]
struct Block {
    bytes: Vec<u8>,
    end: usize,
}

impl Block {
    const fn new() -> Self {
        Self { bytes: Vec::new(), end: 0 }
    }

    /// The room behind what is there, `len` bytes at least.
    #[inline(always)]
    fn room(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() - self.end.min(self.bytes.len()) < len {
            self.grow(len);
        }
        &mut self.bytes[self.end..]
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let len = (self.end + len).max(2 * self.bytes.len()).max(4096);
        self.bytes.resize(len, 0);
    }
}

/// A batch of which parts are shared with the queue.
struct Shared {
    /// Where its header stands in the queue's arena: nothing can leave the queue before the batch is whole.
    at: usize,
    /// Of what is behind the header.
    crc: Crc,
    len: usize,
}

impl Shared {
    /// The queue gets what was copied so far, and room for the header in front if it is the first.
    fn flush(&mut self, copied: &[u8], out: &mut Gather) {
        out.copy(copied);
        self.update(copied);
    }

    fn update(&mut self, piece: &[u8]) {
        self.crc.update(piece);
        self.len += piece.len();
    }

    fn finish(mut self, batch: &Batch<()>, copied: &[u8], out: &mut Gather) -> Result<()> {
        self.flush(copied, out);
        batch.check(self.len as u64)?;
        let mut header = header(batch, self.len as u64)?;
        header.crc.set(joined(&header.as_bytes()[UNDER_CRC..], self.crc.value(), self.len));
        out.head(|arena| arena[self.at..self.at + HEADER_LEN].copy_from_slice(header.as_bytes()));
        Ok(())
    }
}

/// Takes the records of a batch that is [written](Builder::write).
pub struct Push<'a> {
    batch: Batch<()>,
    block: &'a mut Block,
    out: &'a mut Gather,
    may_share: bool,
    shared: Option<Shared>,
    fault: Option<Error>,
}

impl core::fmt::Debug for Push<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Push").field("records", &self.batch.count).finish_non_exhaustive()
    }
}

impl Push<'_> {
    /// How many records have been pushed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.batch.count as usize
    }

    /// Whether none has been.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.batch.count == 0
    }

    /// Appends a record: `timestamp` in milliseconds since 1970; key and value, which can be null; headers.
    ///
    /// # Errors
    /// [`Kind::Overflow`](wireview::Kind::Overflow) for lengths of 2 GiB and for timestamps too far apart;
    /// [`Kind::Unsupported`](wireview::Kind::Unsupported) for bytes that are not in memory: the CRC has to be computed.
    #[inline]
    pub fn push<B: Outgoing>(
        &mut self,
        timestamp: i64,
        key: Option<B>,
        value: Option<B>,
        headers: &[Header<B>],
    ) -> Result<()> {
        let pushed = self.try_push(timestamp, key, value, headers);
        if let Err(fault) = pushed {
            // A part of it may be there.
            self.fault = Some(fault);
        }
        pushed
    }

    #[inline(always)]
    fn try_push<B: Outgoing>(
        &mut self,
        timestamp: i64,
        key: Option<B>,
        value: Option<B>,
        headers: &[Header<B>],
    ) -> Result<()> {
        let batch = &mut self.batch;
        if batch.count == 0 {
            (batch.base_timestamp, batch.max_timestamp) = (timestamp, timestamp);
        }
        let delta = timestamp.checked_sub(batch.base_timestamp).ok_or(Error::overflow(&field::TIMESTAMP, 0))?;
        batch.max_timestamp = batch.max_timestamp.max(timestamp);
        if batch.count >= i32::MAX as u32 {
            return Err(Error::overflow(&field::COUNT, COUNT_AT));
        }
        let (key_len, value_len) = (nullable(&key, &field::KEY)?, nullable(&value, &field::VALUE)?);
        let record = Parts { delta, index: i64::from(batch.count), key_len, key, value_len, value, headers };
        // How many bytes the numbers take says nothing of how many their sum takes, for most records.
        let parts = key_len.max(0) + value_len.max(0);
        let width = match parts {
            0..43 => 1,
            58..=2048 => 2,
            _ => 0,
        };
        if width > 0 && headers.is_empty() {
            let mut into = Writer { room: self.block.room(parts as usize + SLACK), at: width };
            record.copy(&mut into)?;
            let len = into.at;
            into.at = 0;
            into.padded((len - width) as u64 * 2, width);
            self.block.end += len;
        } else {
            self.any(record)?;
        }
        self.batch.count += 1;
        Ok(())
    }

    /// A record whose length has to be known before it is written.
    #[inline(never)]
    fn any<B: Outgoing>(&mut self, record: Parts<'_, B>) -> Result<()> {
        let mut len = 1 + varint::len(record.delta) + varint::len(record.index);
        len += size(record.key_len) + size(record.value_len) + varint::len(record.headers.len() as i64);
        let mut longest = record.key_len.max(record.value_len);
        for header in record.headers {
            let name = known(&header.key, &field::HEADER_KEY)?;
            let value = nullable(&header.value, &field::HEADER_VALUE)?;
            len += size(name) + size(value);
            longest = longest.max(name).max(value);
        }
        if len > i32::MAX as usize {
            return Err(Error::overflow(&field::RECORD_LENGTH, 0));
        }
        self.small(|into| into.number(len as i64));
        if longest as u64 > COPY_UP_TO && self.may_share {
            return self.share(record);
        }
        let mut into = Writer { room: self.block.room(len + SLACK), at: 0 };
        record.copy(&mut into)?;
        self.block.end += into.at;
        Ok(())
    }

    /// One of its parts is too long to be copied.
    #[inline(never)]
    fn share<B: Outgoing>(&mut self, record: Parts<'_, B>) -> Result<()> {
        let Parts { key, value_len, value, headers, .. } = &record;
        self.small(|into| record.front(into));
        self.part(key.as_ref())?;
        self.small(|into| into.number(*value_len));
        self.part(value.as_ref())?;
        self.small(|into| into.number(headers.len() as i64));
        for Header { key, value } in *headers {
            self.small(|into| into.number(key.size() as i64));
            self.part(Some(key))?;
            self.small(|into| into.number(value.as_ref().map_or(-1, |value| value.size() as i64)));
            self.part(value.as_ref())?;
        }
        Ok(())
    }

    /// Numbers.
    fn small(&mut self, write: impl FnOnce(&mut Writer<'_>)) {
        let mut into = Writer { room: self.block.room(SLACK), at: 0 };
        write(&mut into);
        self.block.end += into.at;
    }

    /// A part into the block if it is short; else into the queue as its holder wants it, behind all that was copied before.
    fn part<B: Outgoing>(&mut self, part: Option<&B>) -> Result<()> {
        let Some(part) = part else { return Ok(()) };
        let size = part.size();
        if size <= COPY_UP_TO {
            let mut into = Writer { room: self.block.room(size as usize), at: 0 };
            into.part(Some(part))?;
            self.block.end += into.at;
            return Ok(());
        }
        let Self { block, out, shared, .. } = self;
        let shared = shared.get_or_insert_with(|| {
            let at = out.head(|arena| {
                let at = arena.len();
                arena.resize(at + HEADER_LEN, 0);
                at
            });
            block.bytes.copy_within(HEADER_LEN..block.end, 0);
            block.end -= HEADER_LEN;
            Shared { at, crc: Crc::new(), len: 0 }
        });
        shared.flush(&block.bytes[..block.end], out);
        block.end = 0;
        if !part.look(&mut |piece| shared.update(piece)) {
            return Err(Error::unsupported(&field::CRC, super::header::CRC_AT));
        }
        part.clone().put(out);
        Ok(())
    }
}

/// The most that the numbers of a record take, and more.
const SLACK: usize = 64;

/// A record on its way.
struct Parts<'h, B> {
    delta: i64,
    index: i64,
    key_len: i64,
    key: Option<B>,
    value_len: i64,
    value: Option<B>,
    headers: &'h [Header<B>],
}

impl<B: Outgoing> Parts<'_, B> {
    #[inline(always)]
    fn copy(self, into: &mut Writer<'_>) -> Result<()> {
        self.front(into);
        into.part(self.key.as_ref())?;
        into.number(self.value_len);
        into.part(self.value.as_ref())?;
        into.number(self.headers.len() as i64);
        for header in self.headers {
            into.number(header.key.size() as i64);
            into.part(Some(&header.key))?;
            into.number(header.value.as_ref().map_or(-1, |value| value.size() as i64));
            into.part(header.value.as_ref())?;
        }
        Ok(())
    }

    /// What stands between the length and the key.
    #[inline(always)]
    fn front(&self, into: &mut Writer<'_>) {
        into.byte(0);
        into.number(self.delta);
        into.number(self.index);
        into.number(self.key_len);
    }
}

/// Writes into room that is there. Where it stands is in a register, and not in the memory of a vector.
struct Writer<'a> {
    room: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.room[self.at] = byte;
        self.at += 1;
    }

    #[inline(always)]
    fn number(&mut self, number: i64) {
        let raw = varint::folded(number);
        if raw < 0x80 {
            self.byte(raw as u8);
        } else if raw < 0x4000 {
            self.room[self.at..self.at + 2].copy_from_slice(&[raw as u8 | 0x80, (raw >> 7) as u8]);
            self.at += 2;
        } else {
            self.at += varint::write(raw, &mut self.room[self.at..]);
        }
    }

    /// A number of 14 bits at most, in one byte or two.
    #[inline(always)]
    fn padded(&mut self, raw: u64, width: usize) {
        match width {
            1 => self.byte(raw as u8),
            _ => self.room[self.at..self.at + 2].copy_from_slice(&[raw as u8 | 0x80, (raw >> 7) as u8]),
        }
    }

    /// # Errors
    /// If the bytes are not in memory, or more than they were said to be.
    #[inline(always)]
    fn part<B: Outgoing>(&mut self, part: Option<&B>) -> Result<()> {
        let Some(part) = part else { return Ok(()) };
        let end = self.at + part.size() as usize;
        let looked = part.look(&mut |piece| {
            if let Some(room) = self.room.get_mut(self.at..self.at + piece.len()) {
                room.copy_from_slice(piece);
                self.at += piece.len();
            }
        });
        if !looked || self.at != end {
            return Err(Error::unsupported(&field::CRC, super::header::CRC_AT));
        }
        Ok(())
    }
}

/// The length of a part, -1 if there is none.
#[inline(always)]
fn nullable<B: Outgoing>(part: &Option<B>, field: &'static &'static str) -> Result<i64> {
    part.as_ref().map_or(Ok(-1), |part| known(part, field))
}

#[inline(always)]
fn known<B: Outgoing>(part: &B, field: &'static &'static str) -> Result<i64> {
    let len = part.size();
    if len > i32::MAX as u64 { Err(Error::overflow(field, 0)) } else { Ok(len as i64) }
}

/// What a part takes with its length in front.
#[inline(always)]
const fn size(len: i64) -> usize {
    varint::len(len) + if len < 0 { 0 } else { len as usize }
}
