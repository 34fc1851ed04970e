//! A batch: what stands in front, and the bytes of its records.

use bytes::Bytes;
use wireview::{Error, Holder, Result, Seq, Span, Wire};

use super::header::{BatchHeader, COUNT_AT, HEADER_LEN, LAST_OFFSET_AT, SEQUENCE_AT};
use super::record::{LEAST, Record, Records};
use super::{Attributes, Compression, TimestampType, field};

/// One batch. Its length and its CRC are not kept: they are computed when it is written.
///
/// The records are not walked when a batch is read: [`records`](Batch::records) does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch<B> {
    /// The offset of the first record; what a producer sends here means nothing.
    pub base_offset: i64,
    /// The epoch of the leader that appended it, or -1.
    pub leader_epoch: i32,
    /// What kind of batch it is.
    pub attributes: Attributes,
    /// The offset of the last record, counted from the base offset. Compaction leaves it as it was.
    pub last_offset_delta: i32,
    /// What the timestamps of records count from, in milliseconds since 1970; or when the batch may be
    /// [deleted](Attributes::has_delete_horizon).
    pub base_timestamp: i64,
    /// The largest timestamp, or the time at which the batch was [appended](TimestampType::LogAppend).
    pub max_timestamp: i64,
    /// Which producer has sent it, or -1.
    pub producer_id: i64,
    /// Which of those with this id.
    pub producer_epoch: i16,
    /// The producer's number of the first record, or -1.
    pub base_sequence: i32,
    /// How many records there are.
    pub count: u32,
    /// The records, one behind the other, or as they are compressed.
    pub body: B,
}

impl Wire for Batch<Span> {
    type Of<B: Holder> = Batch<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(batch: Batch<A>, f: &mut impl FnMut(A) -> B) -> Batch<B> {
        let (body, batch) = batch.with_body(());
        batch.with_body(f(body)).1
    }
}

impl<B> Batch<B> {
    /// The body, and the rest with another one.
    #[inline(always)]
    pub(super) fn with_body<C>(self, body: C) -> (B, Batch<C>) {
        let batch = Batch {
            base_offset: self.base_offset,
            leader_epoch: self.leader_epoch,
            attributes: self.attributes,
            last_offset_delta: self.last_offset_delta,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: self.producer_id,
            producer_epoch: self.producer_epoch,
            base_sequence: self.base_sequence,
            count: self.count,
            body,
        };
        (self.body, batch)
    }

    /// What a header says, and the body behind it.
    #[inline(always)]
    pub(super) const fn of(header: &BatchHeader, body: B) -> Self {
        Self {
            base_offset: header.base_offset.get(),
            leader_epoch: header.leader_epoch.get(),
            attributes: header.attributes(),
            last_offset_delta: header.last_offset_delta.get(),
            base_timestamp: header.base_timestamp.get(),
            max_timestamp: header.max_timestamp.get(),
            producer_id: header.producer_id.get(),
            producer_epoch: header.producer_epoch.get(),
            base_sequence: header.base_sequence.get(),
            count: header.record_count.get() as u32,
            body,
        }
    }

    /// What can be known of a batch whose body takes so many bytes without reading them.
    #[inline(always)]
    pub(super) fn check(&self, body: u64) -> Result<()> {
        let compression = self.attributes.compression()?;
        if self.last_offset_delta < 0 {
            return Err(Error::malformed(&field::LAST_OFFSET, LAST_OFFSET_AT));
        }
        if self.base_offset.checked_add(self.last_offset_delta.into()).is_none() {
            return Err(Error::overflow(&field::BASE_OFFSET, 0));
        }
        if self.count > i32::MAX as u32 {
            return Err(Error::malformed(&field::COUNT, COUNT_AT));
        }
        if compression == Compression::None && u64::from(self.count) * LEAST as u64 > body {
            return Err(Error::malformed(&field::COUNT, COUNT_AT));
        }
        Ok(())
    }

    /// The offset of the last record, or what it was before the log was compacted.
    #[inline]
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        self.base_offset.wrapping_add(self.last_offset_delta as i64)
    }

    /// The offset of one of its records.
    #[inline]
    #[must_use]
    pub const fn offset<C>(&self, record: &Record<C>) -> i64 {
        self.base_offset.wrapping_add(record.offset_delta as i64)
    }

    /// The timestamp of one of its records, in milliseconds since 1970.
    #[inline]
    #[must_use]
    pub const fn timestamp<C>(&self, record: &Record<C>) -> i64 {
        match self.attributes.timestamp_type() {
            TimestampType::Create => self.base_timestamp.wrapping_add(record.timestamp_delta),
            TimestampType::LogAppend => self.max_timestamp,
        }
    }

    /// The producer's number of one of its records: after 2^31 - 1 comes 0. -1 if there is none.
    #[inline]
    #[must_use]
    pub const fn sequence<C>(&self, record: &Record<C>) -> i32 {
        if self.base_sequence < 0 { -1 } else { sequence(self.base_sequence, record.offset_delta) }
    }

    /// What a broker asks of a batch that a producer sends, apart from its records: there are some, their offsets count
    /// from 0 without gaps, and none is a control record; who has an id has a sequence, and who is in a transaction has an
    /// id.
    ///
    /// # Errors
    /// [`Kind::Malformed`](wireview::Kind::Malformed) in what does not fit; [`Kind::Unsupported`](wireview::Kind::Unsupported)
    /// for a control batch. Kafka answers with `INVALID_RECORD`.
    pub fn check_produced(&self) -> Result<()> {
        if self.count == 0 {
            return Err(Error::malformed(&field::COUNT, COUNT_AT));
        }
        if self.last_offset_delta as u32 != self.count - 1 {
            return Err(Error::malformed(&field::LAST_OFFSET, LAST_OFFSET_AT));
        }
        if self.attributes.is_control() {
            return Err(Error::unsupported(&field::CONTROL, super::header::ATTRIBUTES_AT));
        }
        let has_id = self.producer_id >= 0;
        if has_id && (self.base_sequence < 0 || self.producer_epoch < 0)
            || self.attributes.is_transactional() && !has_id
        {
            return Err(Error::malformed(&field::SEQUENCE, SEQUENCE_AT));
        }
        Ok(())
    }

    /// The records as a sequence over whatever holds them.
    ///
    /// # Errors
    /// As for [`records`](Batch::records).
    #[inline]
    pub fn into_seq(self) -> Result<Seq<B, Record<Span>>> {
        self.check_plain()?;
        Ok(Seq::new(self.body, self.count))
    }

    #[inline]
    fn check_plain(&self) -> Result<()> {
        match self.attributes.compression()? {
            Compression::None => Ok(()),
            _ => Err(Error::unsupported(&field::COMPRESSION, super::header::ATTRIBUTES_AT)),
        }
    }
}

impl<'a> Batch<&'a [u8]> {
    /// Walks the records as borrowed views.
    ///
    /// ```
    /// use wireview::Gather;
    /// use wireview_codecs::kafka::records::{Builder, batches};
    ///
    /// let mut out = Gather::new();
    /// Builder::new().base_offset(40).write(&mut out, |batch| batch.push(0, Some(&b"k"[..]), None, &[]))?;
    /// let log: Vec<u8> = out.chunks().flatten().copied().collect();
    /// for batch in batches(&log) {
    ///     let batch = batch?;
    ///     for record in batch.records()? {
    ///         let record = record?;
    ///         assert_eq!((batch.offset(&record), record.key, record.value), (40, Some(&b"k"[..]), None));
    ///     }
    /// }
    /// # Ok::<(), wireview::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Kind::Unsupported`](wireview::Kind::Unsupported) if they are compressed:
    /// [`Decompressor::open`](super::Decompressor::open) first.
    #[inline]
    pub fn records(&self) -> Result<Records<'a>> {
        self.check_plain()?;
        Ok(Records::new(self.body, self.count, HEADER_LEN))
    }
}

impl Batch<Bytes> {
    /// Walks the records as borrowed views: no refcounts. As slices that share the batch:
    /// [`into_seq`](Self::into_seq) and [`Seq::iter_shared`].
    ///
    /// # Errors
    /// As for a borrowed batch.
    #[inline]
    pub fn records(&self) -> Result<Records<'_>> {
        self.check_plain()?;
        Ok(Records::new(&self.body, self.count, HEADER_LEN))
    }
}

/// The sequence `by` records behind `base`.
#[inline]
pub(super) const fn sequence(base: i32, by: i32) -> i32 {
    (base.wrapping_add(by)) & i32::MAX
}
