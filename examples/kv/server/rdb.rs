//! The file that a replica loads: Redis' RDB, version 10, as redis-server 7.0 writes and reads it.
//!
//! ```text
//!  "REDIS0010" │ FA key text … │ FE 0 │ FB keys expiring │ [FC millis] type key value … │ FF │ CRC-64
//!                auxiliary       db     sizes, a hint       one entry                     end  of all before
//! ```
//!
//! Lists, hashes and sets are written in their plain encodings, which every version reads. The bytes of the file are a send
//! queue first: small things copied, large values shared, so that it holds one moment of the store while the store goes on.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crc::{CRC_64_REDIS, Crc, Digest, Table};
use wireview::{FileRegion, Gather, Outgoing};

use super::connection::REDIS_VERSION;
use super::store::{Store, Value, unix_millis};

const AUX: u8 = 0xfa;
const SIZES: u8 = 0xfb;
const EXPIRES_MILLIS: u8 = 0xfc;
const SELECT: u8 = 0xfe;
const END: u8 = 0xff;

const TEXT: u8 = 0;
const LIST: u8 = 1;
const SET: u8 = 2;
const HASH: u8 = 4;

/// Redis takes the polynomial of Jones, from 0, both sides reflected.
static CRC: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

/// Everything but the checksum. What has expired is left out.
///
/// # Cost
/// Keys, members and values up to 2 KiB are copied, larger values shared.
pub(super) fn encode(store: &Store, id: &str, offset: u64) -> Gather {
    let mut out = Gather::new();
    out.copy(b"REDIS0010");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    aux(&mut out, "redis-ver", REDIS_VERSION);
    aux(&mut out, "redis-bits", &usize::BITS.to_string());
    aux(&mut out, "ctime", &now.as_secs().to_string());
    aux(&mut out, "repl-stream-db", "0");
    aux(&mut out, "repl-id", id);
    aux(&mut out, "repl-offset", &offset.to_string());
    out.copy(&[SELECT, 0]);
    out.copy(&[SIZES]);
    // For the tables of the reader, which grow if this is too little: counting what expires would be one more walk.
    length(&mut out, store.len() as u64);
    length(&mut out, 0);
    for (key, entry) in store.alive() {
        if let Some(at) = entry.expires {
            out.copy(&[EXPIRES_MILLIS]);
            out.copy(&unix_millis(at).to_le_bytes());
        }
        value(&mut out, key, &entry.value);
    }
    out.copy(&[END]);
    out
}

fn aux(out: &mut Gather, key: &str, text: &str) {
    out.copy(&[AUX]);
    string(out, key.as_bytes());
    string(out, text.as_bytes());
}

fn value(out: &mut Gather, key: &[u8], value: &Value) {
    let mut start = |kind: u8| {
        out.copy(&[kind]);
        string(out, key);
    };
    match value {
        Value::Text(text) => {
            start(TEXT);
            string(out, text);
        }
        Value::List(items) => {
            start(LIST);
            length(out, items.len() as u64);
            items.iter().for_each(|item| string(out, item));
        }
        Value::Members(members) => {
            start(SET);
            length(out, members.len() as u64);
            members.iter().for_each(|member| string(out, &member[..]));
        }
        Value::Fields(fields) => {
            start(HASH);
            length(out, fields.len() as u64);
            for (field, text) in fields {
                string(out, &field[..]);
                string(out, text);
            }
        }
    }
}

fn string(out: &mut Gather, bytes: impl Outgoing) {
    length(out, bytes.size());
    bytes.put(out);
}

/// Two bits say how many more there are: 6 in all, 14, 32 or 64.
fn length(out: &mut Gather, len: u64) {
    match len {
        0..0x40 => out.copy(&[len as u8]),
        0x40..0x4000 => out.copy(&(0x4000 | len as u16).to_be_bytes()),
        0x4000..=0xffff_ffff => {
            out.copy(&[0x80]);
            out.copy(&(len as u32).to_be_bytes());
        }
        _ => {
            out.copy(&[0x81]);
            out.copy(&len.to_be_bytes());
        }
    }
}

/// Writes what [`encode`] made, and the checksum, to a temporary file that has no name. Blocks; to be called in the pool.
///
/// # Errors
/// What creating and writing the file fails with, and [`Interrupted`](io::ErrorKind::Interrupted) once it is no longer
/// `wanted`. Nothing is left of the file then.
pub(super) fn write(mut queue: Gather, wanted: impl Fn() -> bool) -> io::Result<FileRegion> {
    let mut file = tempfile::tempfile()?;
    let mut digest = CRC.digest();
    while !queue.is_empty() {
        if !wanted() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let sent = queue.with_slices(|slices| part(&mut file, &mut digest, slices))?;
        queue.advance(sent);
    }
    file.write_all(&digest.finalize().to_le_bytes())?;
    FileRegion::whole(Arc::new(file))
}

/// Writes some of `slices`, and says how many bytes.
fn part(file: &mut File, digest: &mut Digest<'_, u64, Table<16>>, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let wrote = match file.write_vectored(slices) {
        Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
        wrote => wrote?,
    };
    let mut left = wrote;
    for slice in slices {
        let part = &slice[..slice.len().min(left)];
        digest.update(part);
        left -= part.len();
    }
    Ok(wrote)
}
