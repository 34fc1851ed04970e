//! The codec: where a batch ends, what it says, how one is written.

use wireview::{Boundary, Codec, Encode, Error, Gather, Kind, Outgoing, Result, Span, View};
use zerocopy::{FromBytes, IntoBytes};

use super::crc::{Crc, crc32c};
use super::header::{BEFORE_LENGTH, BatchHeader, CRC_AT, HEADER_LEN, LENGTH_AT, MAGIC, MAGIC_AT, UNDER_CRC, not_read};
use super::{Batch, field};

/// How long a batch may be, unless told: as long as a request of Kafka, `socket.request.max.bytes`.
const MAX_BATCH: usize = 100 * 1024 * 1024;

/// Reads [`Batch`]es that stand one behind the other: a segment of a log, the records of a Fetch response, those of a Produce
/// request.
///
/// A batch in which only the CRC is wrong, or what its header says, is an error of that batch; the ones behind it can be read.
/// Where a batch ends is told by its first 17 bytes, and if these are wrong nothing behind them can be found.
///
/// ```
/// use wireview::{Deframer, Gather};
/// use wireview_codecs::kafka::records::{Batches, Builder};
///
/// let mut out = Gather::new();
/// let mut builder = Builder::new();
/// builder.write(&mut out, |batch| batch.push(0, None, Some(&b"one"[..]), &[]))?;
/// builder.write(&mut out, |batch| batch.push(0, None, Some(&b"two"[..]), &[]))?;
///
/// let mut deframer = Deframer::new(Batches::new());
/// out.chunks().for_each(|chunk| deframer.feed(chunk));
/// let mut values = Vec::new();
/// while let Some(lent) = deframer.next()? {
///     for record in lent.view()?.records()? {
///         values.extend(record?.value.map(<[u8]>::to_vec));
///     }
/// }
/// assert_eq!(values, [b"one", b"two"]);
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// A batch is found by its header and its bytes are read once, for the CRC. Records are not walked.
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    max_batch: usize,
    pub(super) verify: bool,
}

impl Batches {
    /// Batches of up to 100 MiB whose CRC is held against their bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self { max_batch: MAX_BATCH, verify: true }
    }

    /// Sets how long a batch may be, in bytes, its header included.
    #[must_use]
    pub const fn max_batch(mut self, bytes: usize) -> Self {
        self.max_batch = bytes;
        self
    }

    /// Leaves the CRC alone, for bytes that were verified before.
    #[must_use]
    pub const fn unverified(mut self) -> Self {
        self.verify = false;
        self
    }
}

impl Default for Batches {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the batch ends at whose first byte `prefix` starts: [`Boundary::Need`] if it is too short to say, which is below
/// 61 bytes.
///
/// ```
/// use wireview::Boundary;
/// use wireview_codecs::kafka::records::len_of;
///
/// let header = [b"\0\0\0\0\0\0\0\x05\0\0\0\x40\0\0\0\0\x02", &[0; 44][..]].concat();
/// assert_eq!(len_of(&header[..9])?, Boundary::Need(17));
/// assert_eq!(len_of(&header)?, Boundary::Frame { head: 61, body: 15, tail: 0 });
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Errors
/// [`Kind::Unsupported`] for another version, [`Kind::Malformed`] for a length that does not cover the header.
#[inline]
pub fn len_of(prefix: &[u8]) -> Result<Boundary> {
    let Some(header) = prefix.first_chunk::<HEADER_LEN>() else { return short(prefix) };
    let Ok(header) = BatchHeader::ref_from_bytes(header) else { return short(prefix) };
    header.check()?;
    Ok(Boundary::Frame { head: HEADER_LEN, body: (header.len() - HEADER_LEN) as u64, tail: 0 })
}

/// A part of a header. A fault is told as soon as it can be seen, and never before the magic byte is there, which says
/// whether the length is one.
#[cold]
fn short(prefix: &[u8]) -> Result<Boundary> {
    let Some(&magic) = prefix.get(MAGIC_AT) else { return Ok(Boundary::Need(MAGIC_AT + 1)) };
    if magic as i8 != MAGIC {
        return Err(not_read(magic as i8));
    }
    let length = prefix[LENGTH_AT..BEFORE_LENGTH].iter().fold(0, |length, byte| length << 8 | i32::from(*byte));
    if length < (HEADER_LEN - BEFORE_LENGTH) as i32 {
        return Err(Error::malformed(&field::LENGTH, LENGTH_AT));
    }
    Ok(Boundary::Need(HEADER_LEN))
}

/// The batch that fills `frame`.
#[inline(always)]
pub(super) fn parse(frame: &[u8], verify: bool) -> Result<Batch<&[u8]>> {
    let (header, body) =
        BatchHeader::ref_from_prefix(frame).map_err(|_| Error::truncated(&field::LENGTH, frame.len()))?;
    header.check()?;
    if header.len() != frame.len() {
        return Err(Error::truncated(&field::LENGTH, LENGTH_AT));
    }
    let batch = Batch::of(header, body);
    batch.check(body.len() as u64)?;
    if verify && crc32c(&frame[UNDER_CRC..]) != header.crc.get() {
        return Err(Error::new(Kind::Checksum, &field::CRC, CRC_AT));
    }
    Ok(batch)
}

impl Codec for Batches {
    type Message = Batch<Span>;

    #[inline]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let boundary = len_of(input)?;
        if let Boundary::Frame { head, body, .. } = boundary
            && head as u64 + body > self.max_batch as u64
        {
            return Err(Error::limit(&field::LENGTH, LENGTH_AT));
        }
        Ok(boundary)
    }

    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        // `Need` can reach beyond a fault; at the end of the stream it has to be told.
        self.delimit(rest)
    }

    fn is_raw(&self) -> bool {
        true
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        parse(frame, self.verify)
    }
}

impl<B: Outgoing> Encode<Batch<B>> for Batches {
    /// Writes a batch as it is: its records are not looked into, only at, for the CRC.
    ///
    /// # Errors
    /// What reading would refuse, [`Kind::Overflow`] for a body of 2 GiB, and [`Kind::Unsupported`] for one that is not in
    /// memory: what a file holds is sent as it is, without a message.
    fn encode(&mut self, batch: Batch<B>, out: &mut Gather) -> Result<()> {
        batch.check(batch.body.size())?;
        let (body, batch) = batch.with_body(());
        let mut header = header(&batch, body.size())?;
        if header.len() > self.max_batch {
            return Err(Error::limit(&field::LENGTH, LENGTH_AT));
        }
        let mut crc = Crc::new();
        crc.update(&header.as_bytes()[UNDER_CRC..]);
        if !body.look(&mut |piece| crc.update(piece)) {
            return Err(Error::unsupported(&field::CRC, CRC_AT));
        }
        header.crc.set(crc.value());
        out.copy(header.as_bytes());
        body.put(out);
        Ok(())
    }
}

/// The header of a batch whose body takes so many bytes; its CRC is left out.
pub(super) fn header(batch: &Batch<()>, body: u64) -> Result<BatchHeader> {
    let length = body.checked_add((HEADER_LEN - BEFORE_LENGTH) as u64).and_then(|length| i32::try_from(length).ok());
    let length = length.ok_or(Error::overflow(&field::LENGTH, LENGTH_AT))?;
    Ok(BatchHeader {
        base_offset: batch.base_offset.into(),
        batch_length: length.into(),
        leader_epoch: batch.leader_epoch.into(),
        magic: MAGIC,
        crc: 0.into(),
        attributes: batch.attributes.0.into(),
        last_offset_delta: batch.last_offset_delta.into(),
        base_timestamp: batch.base_timestamp.into(),
        max_timestamp: batch.max_timestamp.into(),
        producer_id: batch.producer_id.into(),
        producer_epoch: batch.producer_epoch.into(),
        base_sequence: batch.base_sequence.into(),
        record_count: (batch.count as i32).into(),
    })
}
