//! The 61 bytes in front of the records.

use wireview::{Error, Result};
use zerocopy::byteorder::big_endian::{I16, I32, I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::field;

/// How many bytes stand in front of the records.
pub const HEADER_LEN: usize = size_of::<BatchHeader>();

/// How many of them the length does not count: base offset and the length itself.
pub(super) const BEFORE_LENGTH: usize = 12;

/// Where the magic byte is, in every version.
pub(super) const MAGIC_AT: usize = 16;

/// Where the CRC is, and where the bytes start that are under it.
pub(super) const CRC_AT: usize = 17;
pub(super) const UNDER_CRC: usize = 21;

pub(super) const LENGTH_AT: usize = 8;
pub(super) const ATTRIBUTES_AT: usize = 21;
pub(super) const LAST_OFFSET_AT: usize = 23;
pub(super) const MAX_TIMESTAMP_AT: usize = 35;
pub(super) const SEQUENCE_AT: usize = 53;
pub(super) const COUNT_AT: usize = 57;

/// The only version that is read.
pub(super) const MAGIC: i8 = 2;

/// The front of a batch, read in place. Numbers are big-endian.
///
/// | offset | bytes | |
/// | --- | --- | --- |
/// | 0 | 8 | base offset |
/// | 8 | 4 | how many bytes follow |
/// | 12 | 4 | leader epoch |
/// | 16 | 1 | magic, 2 |
/// | 17 | 4 | CRC-32C of all that follows |
/// | 21 | 2 | attributes |
/// | 23 | 4 | last offset, counted from the base offset |
/// | 27 | 8 | base timestamp, in ms |
/// | 35 | 8 | largest timestamp, in ms |
/// | 43 | 8 | producer id, or -1 |
/// | 51 | 2 | producer epoch |
/// | 53 | 4 | base sequence |
/// | 57 | 4 | how many records there are |
///
/// ```
/// use wireview::Gather;
/// use wireview_codecs::kafka::records::{BatchHeader, Builder};
///
/// let mut out = Gather::new();
/// Builder::new().base_offset(7).write(&mut out, |batch| batch.push(0, None, Some(&b"value"[..]), &[]))?;
/// let batch = out.chunks().next().expect("bytes");
/// let header = BatchHeader::read(batch)?;
/// assert_eq!((header.len(), header.last_offset()), (batch.len(), 7));
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
#[allow(missing_docs)] // The table says it.
pub struct BatchHeader {
    pub base_offset: I64,
    pub batch_length: I32,
    pub leader_epoch: I32,
    pub magic: i8,
    pub crc: U32,
    pub attributes: I16,
    pub last_offset_delta: I32,
    pub base_timestamp: I64,
    pub max_timestamp: I64,
    pub producer_id: I64,
    pub producer_epoch: I16,
    pub base_sequence: I32,
    pub record_count: I32,
}

impl BatchHeader {
    /// The header at the front of `batch`, of which no more than that has to be there.
    ///
    /// # Errors
    /// [`Kind::Truncated`](wireview::Kind::Truncated) if it is shorter, [`Kind::Unsupported`](wireview::Kind::Unsupported)
    /// for another version, [`Kind::Malformed`](wireview::Kind::Malformed) if the length does not even cover the header.
    #[inline]
    pub fn read(batch: &[u8]) -> Result<&Self> {
        let (header, _) = Self::ref_from_prefix(batch).map_err(|_| Error::truncated(&field::LENGTH, batch.len()))?;
        header.check()?;
        Ok(header)
    }

    #[inline(always)]
    pub(super) fn check(&self) -> Result<()> {
        if self.magic != MAGIC {
            return Err(not_read(self.magic));
        }
        if self.batch_length.get() < (HEADER_LEN - BEFORE_LENGTH) as i32 {
            return Err(Error::malformed(&field::LENGTH, LENGTH_AT));
        }
        Ok(())
    }

    /// How long the whole batch is, in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a batch has a header at least")]
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        BEFORE_LENGTH + self.batch_length.get() as u32 as usize
    }

    /// The offset of the last record, or what it was before the log was compacted.
    #[inline]
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        self.base_offset.get().wrapping_add(self.last_offset_delta.get() as i64)
    }

    /// What kind of batch it is.
    #[inline]
    #[must_use]
    pub const fn attributes(&self) -> Attributes {
        Attributes(self.attributes.get())
    }
}

/// A version that is not read.
#[cold]
pub(super) const fn not_read(magic: i8) -> Error {
    match magic {
        0 | 1 => Error::unsupported(&field::OLD, MAGIC_AT),
        _ => Error::unsupported(&field::MAGIC, MAGIC_AT),
    }
}

/// How records are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy, in the blocks of snappy-java, or raw.
    Snappy,
    /// The frame format of LZ4.
    Lz4,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];
}

/// Who has set the timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// The producer.
    Create,
    /// The broker: all records have the batch's largest timestamp.
    LogAppend,
}

/// What kind of batch it is: 16 bits, of which 7 are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attributes(pub i16);

impl Attributes {
    const COMPRESSION: i16 = 0x07;
    const LOG_APPEND: i16 = 0x08;
    const TRANSACTIONAL: i16 = 0x10;
    const CONTROL: i16 = 0x20;
    const DELETE_HORIZON: i16 = 0x40;

    /// How the records are compressed.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](wireview::Kind::Unsupported) for a number without a meaning.
    #[inline]
    pub const fn compression(self) -> Result<Compression> {
        match self.0 & Self::COMPRESSION {
            0 => Ok(Compression::None),
            1 => Ok(Compression::Gzip),
            2 => Ok(Compression::Snappy),
            3 => Ok(Compression::Lz4),
            4 => Ok(Compression::Zstd),
            _ => Err(Error::unsupported(&field::COMPRESSION, ATTRIBUTES_AT)),
        }
    }

    /// Who has set the timestamps.
    #[inline]
    #[must_use]
    pub const fn timestamp_type(self) -> TimestampType {
        if self.0 & Self::LOG_APPEND == 0 { TimestampType::Create } else { TimestampType::LogAppend }
    }

    /// Whether the batch is part of a transaction.
    #[inline]
    #[must_use]
    pub const fn is_transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    /// Whether its records are not for applications: see [`Marker`](super::Marker).
    #[inline]
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    /// Whether the base timestamp is the time at which the batch may be deleted.
    #[inline]
    #[must_use]
    pub const fn has_delete_horizon(self) -> bool {
        self.0 & Self::DELETE_HORIZON != 0
    }

    /// The same, compressed otherwise.
    #[must_use]
    pub const fn with_compression(self, compression: Compression) -> Self {
        Self(self.0 & !Self::COMPRESSION | compression as i16)
    }

    /// The same with timestamps set by another.
    #[must_use]
    pub const fn with_timestamp_type(self, timestamp_type: TimestampType) -> Self {
        self.with(Self::LOG_APPEND, matches!(timestamp_type, TimestampType::LogAppend))
    }

    /// The same in a transaction, or not.
    #[must_use]
    pub const fn with_transactional(self, is_transactional: bool) -> Self {
        self.with(Self::TRANSACTIONAL, is_transactional)
    }

    /// The same of control records, or not.
    #[must_use]
    pub const fn with_control(self, is_control: bool) -> Self {
        self.with(Self::CONTROL, is_control)
    }

    const fn with(self, bit: i16, on: bool) -> Self {
        if on { Self(self.0 | bit) } else { Self(self.0 & !bit) }
    }
}
