//! What is written down of a segment that has ended and is on the disk: its index, and who had produced what by then.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crc::{CRC_32_ISCSI, Crc};

use super::producers::{Producer, Sent};
use super::segment::{Entry, Index};

const MAGIC: &[u8; 8] = b"wvindex1";
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// What is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seal {
    /// How long the segment is, and the offset behind it.
    pub(super) len: u64,
    pub(super) end: i64,
    pub(super) max_timestamp: i64,
    pub(super) index: Index,
    pub(super) producers: HashMap<i64, Producer>,
}

impl Seal {
    /// Writes it to `path`, all or nothing.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let fresh = path.with_extension("index.new");
        let mut file = File::create(&fresh)?;
        file.write_all(&self.to_bytes())?;
        file.sync_data()?;
        fs::rename(fresh, path)
    }

    /// Reads what was written; nothing if it is not whole.
    pub(super) fn read(path: &Path) -> Option<Self> {
        Self::from_bytes(&fs::read(path).ok()?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let mut put = |number: i64| bytes.extend(number.to_be_bytes());
        for number in [self.len as i64, self.end, self.max_timestamp, self.index.entries.len() as i64] {
            put(number);
        }
        for Entry { offset, position, before } in &self.index.entries {
            [*offset, *position as i64, *before].into_iter().for_each(&mut put);
        }
        put(self.producers.len() as i64);
        for (id, Producer { epoch, sent, timestamp }) in &self.producers {
            [*id, (*epoch).into(), *timestamp, sent.len() as i64].into_iter().for_each(&mut put);
            for Sent { first, last, base_offset, end } in sent {
                [(*first).into(), (*last).into(), *base_offset, *end].into_iter().for_each(&mut put);
            }
        }
        let crc = CRC32C.checksum(&bytes);
        bytes.extend(crc.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bytes, crc) = bytes.split_last_chunk()?;
        if CRC32C.checksum(bytes) != u32::from_be_bytes(*crc) {
            return None;
        }
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut next = || {
            let (number, behind) = rest.split_first_chunk()?;
            rest = behind;
            Some(i64::from_be_bytes(*number))
        };
        let mut seal = Self { len: next()? as u64, end: next()?, max_timestamp: next()?, ..Self::default() };
        for _ in 0..next()? {
            let entry = Entry { offset: next()?, position: next()? as u64, before: next()? };
            seal.index.entries.push(entry);
        }
        for _ in 0..next()? {
            let (id, epoch, timestamp, count) = (next()?, next()? as i16, next()?, next()?);
            let mut sent = Vec::new();
            for _ in 0..count {
                sent.push(Sent { first: next()? as i32, last: next()? as i32, base_offset: next()?, end: next()? });
            }
            seal.producers.insert(id, Producer { epoch, sent, timestamp });
        }
        Some(seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_is_not_believed_if_it_is_spoiled() {
        let sent = vec![Sent { first: 3, last: 9, base_offset: 20, end: 27 }];
        let seal = Seal {
            len: 5000,
            end: 27,
            max_timestamp: 99,
            index: Index { entries: vec![Entry { offset: 20, position: 4100, before: -1 }] },
            producers: [(7, Producer { epoch: 1, sent, timestamp: 99 })].into(),
        };
        let bytes = seal.to_bytes();
        assert_eq!(Seal::from_bytes(&bytes), Some(seal));
        for at in 0..bytes.len() {
            let mut spoiled = bytes.clone();
            spoiled[at] ^= 1;
            assert_eq!(Seal::from_bytes(&spoiled), None, "byte {at}");
            assert_eq!(Seal::from_bytes(&bytes[..at]), None, "{at} bytes");
        }
    }
}
