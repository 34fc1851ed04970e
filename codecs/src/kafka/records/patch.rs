//! What a broker changes in a batch that it appends, in place.
//!
//! | | under the CRC | cost |
//! | --- | --- | --- |
//! | [`base_offset`], [`leader_epoch`] | no: the CRC stays as it is | a store |
//! | [`append_time`], that is attributes and largest timestamp | yes: the CRC is brought up to date | below a microsecond, however long the batch is: the records are not read |
//!
//! Each function wants the header alone, the first 61 bytes of the batch. Everything else stands under the CRC, and to change
//! it is to write the batch anew.

use wireview::{Error, Result};
use zerocopy::{FromBytes, IntoBytes};

use super::crc::replaced;
use super::header::{BatchHeader, MAX_TIMESTAMP_AT, UNDER_CRC};
use super::{TimestampType, field};

/// Where the part ends that [`append_time`] changes.
const STAMPED: usize = MAX_TIMESTAMP_AT + 8;

fn header(batch: &mut [u8]) -> Result<&mut BatchHeader> {
    let len = batch.len();
    let (header, _) = BatchHeader::mut_from_prefix(batch).map_err(|_| Error::truncated(&field::LENGTH, len))?;
    header.check()?;
    Ok(header)
}

/// Sets the offset of the first record, and with it those of all. Not under the CRC.
///
/// # Errors
/// As for [`BatchHeader::read`]; [`Kind::Overflow`](wireview::Kind::Overflow) if the last offset does not fit.
pub fn base_offset(batch: &mut [u8], offset: i64) -> Result<()> {
    let header = header(batch)?;
    if offset.checked_add(header.last_offset_delta.get().into()).is_none() {
        return Err(Error::overflow(&field::BASE_OFFSET, 0));
    }
    header.base_offset.set(offset);
    Ok(())
}

/// Sets the epoch of the leader that appends the batch. Not under the CRC.
///
/// # Errors
/// As for [`BatchHeader::read`].
pub fn leader_epoch(batch: &mut [u8], epoch: i32) -> Result<()> {
    header(batch)?.leader_epoch.set(epoch);
    Ok(())
}

/// Sets the time at which the batch is appended, in milliseconds since 1970: all its records have it from now on
/// ([`TimestampType::LogAppend`]).
///
/// Both the flag and the time are under the CRC. A CRC that fitted fits again, one that did not does not.
///
/// ```
/// use wireview::Gather;
/// use wireview_codecs::kafka::records::{Builder, batches, patch};
///
/// let mut out = Gather::new();
/// Builder::new().write(&mut out, |batch| batch.push(5, None, Some(&b"value"[..]), &[]))?;
/// let mut log: Vec<u8> = out.chunks().flatten().copied().collect();
/// patch::append_time(&mut log, 1_700_000_000_000)?;
/// let batch = batches(&log).next().expect("a batch")?; // the CRC fits
/// let record = batch.records()?.next().expect("a record")?;
/// assert_eq!(batch.timestamp(&record), 1_700_000_000_000);
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Errors
/// As for [`BatchHeader::read`].
///
/// # Complexity
/// Logarithmic in the batch's length.
pub fn append_time(batch: &mut [u8], time: i64) -> Result<()> {
    let header = header(batch)?;
    let before = *header;
    header.attributes.set(before.attributes().with_timestamp_type(TimestampType::LogAppend).0);
    header.max_timestamp.set(time);
    let stamped = |header: &BatchHeader| {
        let mut part = [0; STAMPED - UNDER_CRC];
        part.copy_from_slice(&header.as_bytes()[UNDER_CRC..STAMPED]);
        part
    };
    let crc = replaced(before.crc.get(), &stamped(&before), &stamped(header), before.len() - STAMPED);
    header.crc.set(crc);
    Ok(())
}
