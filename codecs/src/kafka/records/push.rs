//! The records of a batch that is being written.

use core::fmt;

use wireview::{Error, Gather, Outgoing, Result};
use zerocopy::IntoBytes;

use super::batch::Batch;
use super::block::{Block, Writer};
use super::codec::header;
use super::crc::{Crc, joined};
use super::header::{COUNT_AT, CRC_AT, HEADER_LEN, UNDER_CRC};
use super::{Header, field, varint};

/// Up to which length a key or a value is copied: as the send queue has it, unless told.
const COPY_UP_TO: u64 = wireview::send::DEFAULT_COPY_UP_TO as u64;

/// The most that the numbers of a record take, and more.
const SLACK: usize = 64;

/// A batch of which parts are shared with the queue.
pub(super) struct Shared {
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

    pub(super) fn finish(mut self, batch: &Batch<()>, copied: &[u8], out: &mut Gather) -> Result<()> {
        self.flush(copied, out);
        batch.check(self.len as u64)?;
        let mut header = header(batch, self.len as u64)?;
        header.crc.set(joined(&header.as_bytes()[UNDER_CRC..], self.crc.value(), self.len));
        out.head(|arena| arena[self.at..self.at + HEADER_LEN].copy_from_slice(header.as_bytes()));
        Ok(())
    }
}

/// Takes the records of a batch that is [written](super::Builder::write).
pub struct Push<'a> {
    pub(super) batch: Batch<()>,
    pub(super) block: &'a mut Block,
    pub(super) out: &'a mut Gather,
    pub(super) may_share: bool,
    pub(super) shared: Option<Shared>,
    pub(super) fault: Option<Error>,
}

impl fmt::Debug for Push<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            return Err(Error::unsupported(&field::CRC, CRC_AT));
        }
        part.clone().put(out);
        Ok(())
    }
}

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
