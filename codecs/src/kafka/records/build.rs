//! Batches written record by record.

use alloc::vec::Vec;

use wireview::{Error, Gather, Outgoing, Result};
use zerocopy::IntoBytes;

use super::batch::{Batch, sequence};
use super::codec::header;
use super::compress::Compressor;
use super::crc::{Crc, crc32c, joined};
use super::header::{Attributes, COUNT_AT, Compression, HEADER_LEN, UNDER_CRC};
use super::varint::{self, Numbers};
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
/// Not compressed: what is longer than [`wireview::send::DEFAULT_COPY_UP_TO`] is shared with the queue, and read once, for the CRC; all
/// else is copied into the queue's arena once. Compressed: records are copied into a block that is used again, and from there
/// compressed into the arena.
#[derive(Debug)]
pub struct Builder {
    batch: Batch<()>,
    records: Vec<u8>,
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
        Self { batch, records: Vec::new(), compressor: Compressor::new() }
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
        let compression = self.batch.attributes.compression()?;
        let mut count = 0;
        out.message(|out| {
            self.records.clear();
            let at = out.head(|arena| {
                let at = arena.len();
                arena.resize(at + HEADER_LEN, 0);
                at
            });
            let before = out.size();
            let into = match compression {
                Compression::None => Into::Queue { out, run: at + HEADER_LEN, crc: None },
                _ => Into::Block(&mut self.records),
            };
            let mut push = Push { batch: self.batch, into };
            fill(&mut push)?;
            let (mut batch, run, crc) = match push {
                Push { batch, into: Into::Queue { run, crc, .. } } => (batch, run, crc),
                Push { batch, .. } => (batch, at + HEADER_LEN, None),
            };
            if batch.count == 0 {
                return Err(Error::malformed(&field::COUNT, COUNT_AT));
            }
            if compression != Compression::None {
                out.head(|arena| self.compressor.compress(compression, &self.records, arena))?;
            }
            batch.last_offset_delta = (batch.count - 1) as i32;
            let body = out.size() - before;
            batch.check(body)?;
            let mut header = header(&batch, body)?;
            // Nothing has left the queue, so what was copied stands where it was put.
            out.head(|arena| {
                let place = at..at + HEADER_LEN;
                arena[place.clone()].copy_from_slice(header.as_bytes());
                let crc = match crc {
                    None => crc32c(&arena[at + UNDER_CRC..]),
                    Some(pieces) => pieces.under(&header.as_bytes()[UNDER_CRC..], &arena[run..]),
                };
                header.crc.set(crc);
                arena[place].copy_from_slice(header.as_bytes());
            });
            count = batch.count;
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

/// Where records are put.
enum Into<'a> {
    /// Into the queue. Its arena holds from `run` on what is not in `crc` yet; none is there as long as nothing is shared.
    Queue { out: &'a mut Gather, run: usize, crc: Option<Pieces> },
    /// Into a block, to be compressed.
    Block(&'a mut Vec<u8>),
}

/// The CRC of what stands in pieces, behind a header that is not known yet.
struct Pieces {
    crc: Crc,
    len: usize,
}

impl Pieces {
    fn new() -> Self {
        Self { crc: Crc::new(), len: 0 }
    }

    fn update(&mut self, piece: &[u8]) {
        self.crc.update(piece);
        self.len += piece.len();
    }

    /// The CRC of the header, of all pieces, and of the last one.
    fn under(mut self, header: &[u8], last: &[u8]) -> u32 {
        self.update(last);
        joined(header, self.crc.value(), self.len)
    }
}

/// Takes the records of a batch that is [written](Builder::write).
pub struct Push<'a> {
    batch: Batch<()>,
    into: Into<'a>,
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
        let batch = &mut self.batch;
        if batch.count == 0 {
            (batch.base_timestamp, batch.max_timestamp) = (timestamp, timestamp);
        }
        let delta = timestamp.checked_sub(batch.base_timestamp).ok_or(Error::overflow(&field::TIMESTAMP, 0))?;
        batch.max_timestamp = batch.max_timestamp.max(timestamp);
        let index = i64::from(batch.count);
        if index >= i64::from(i32::MAX) {
            return Err(Error::overflow(&field::COUNT, COUNT_AT));
        }
        let (key_len, value_len) = (nullable(&key, &field::KEY)?, nullable(&value, &field::VALUE)?);
        let mut len = 1 + varint::len(delta) + varint::len(index) + size(key_len) + size(value_len);
        let mut longest = key_len.max(value_len);
        len += varint::len(headers.len() as i64);
        for header in headers {
            let name = known(&header.key, &field::HEADER_KEY)?;
            let value = nullable(&header.value, &field::HEADER_VALUE)?;
            len += size(name) + size(value);
            longest = longest.max(name).max(value);
        }
        if len > i32::MAX as usize {
            return Err(Error::overflow(&field::RECORD_LENGTH, 0));
        }
        let mut numbers = Numbers::new();
        numbers.push(len as i64);
        numbers.byte(0);
        numbers.push(delta);
        numbers.push(index);
        let record = Parts { numbers, key_len, key, value_len, value, headers };
        match &mut self.into {
            Into::Queue { out, .. } if longest as u64 <= COPY_UP_TO => {
                out.head(|arena| record.copy(len, arena))?;
            }
            Into::Queue { out, run, crc } => record.share(out, run, crc.get_or_insert_with(Pieces::new))?,
            Into::Block(block) => record.copy(len, block)?,
        }
        self.batch.count += 1;
        Ok(())
    }
}

/// A record on its way.
struct Parts<'h, B> {
    /// Length, attributes and deltas.
    numbers: Numbers,
    key_len: i64,
    key: Option<B>,
    value_len: i64,
    value: Option<B>,
    headers: &'h [Header<B>],
}

impl<B: Outgoing> Parts<'_, B> {
    #[inline(always)]
    fn copy(mut self, len: usize, into: &mut Vec<u8>) -> Result<()> {
        into.reserve(len + 5);
        self.numbers.push(self.key_len);
        into.extend_from_slice(self.numbers.as_bytes());
        copy(self.key.as_ref(), into)?;
        number(self.value_len, into);
        copy(self.value.as_ref(), into)?;
        number(self.headers.len() as i64, into);
        for header in self.headers {
            number(header.key.size() as i64, into);
            copy(Some(&header.key), into)?;
            number(header.value.as_ref().map_or(-1, |value| value.size() as i64), into);
            copy(header.value.as_ref(), into)?;
        }
        Ok(())
    }

    /// One of its parts is too long to be copied.
    #[inline(never)]
    fn share(self, out: &mut Gather, run: &mut usize, crc: &mut Pieces) -> Result<()> {
        let Self { numbers, key_len, key, value_len, value, headers } = self;
        out.copy(numbers.as_bytes());
        out.head(|arena| number(key_len, arena));
        put(key, out, run, crc)?;
        out.head(|arena| number(value_len, arena));
        put(value, out, run, crc)?;
        out.head(|arena| number(headers.len() as i64, arena));
        for header in headers {
            out.head(|arena| number(header.key.size() as i64, arena));
            put(Some(header.key.clone()), out, run, crc)?;
            out.head(|arena| number(header.value.as_ref().map_or(-1, |value| value.size() as i64), arena));
            put(header.value.clone(), out, run, crc)?;
        }
        Ok(())
    }
}

/// A part into the arena if it is short; else as its holder wants it, and its bytes into the CRC, behind all that was copied
/// before.
fn put<B: Outgoing>(part: Option<B>, out: &mut Gather, run: &mut usize, crc: &mut Pieces) -> Result<()> {
    let Some(part) = part else { return Ok(()) };
    if part.size() <= COPY_UP_TO {
        return out.head(|arena| copy(Some(&part), arena));
    }
    out.head(|arena| crc.update(&arena[*run..]));
    if !part.look(&mut |piece| crc.update(piece)) {
        return Err(Error::unsupported(&field::CRC, super::header::CRC_AT));
    }
    part.put(out);
    *run = out.head(|arena| arena.len());
    Ok(())
}

#[inline(always)]
fn copy<B: Outgoing>(part: Option<&B>, into: &mut Vec<u8>) -> Result<()> {
    match part {
        Some(part) if !part.look(&mut |piece| into.extend_from_slice(piece)) => {
            Err(Error::unsupported(&field::CRC, super::header::CRC_AT))
        }
        _ => Ok(()),
    }
}

#[inline(always)]
fn number(number: i64, into: &mut Vec<u8>) {
    let mut raw = varint::folded(number);
    while raw >= 0x80 {
        into.push(raw as u8 | 0x80);
        raw >>= 7;
    }
    into.push(raw as u8);
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
