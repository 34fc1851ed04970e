//! The sixteen bytes in front of an archive.

use super::{ALIGN, Fingerprint};
use crate::trace::{Field, Hook, Name, Value};
use crate::{Error, Result};

/// How long the head of a frame is.
pub const HEAD: usize = 16;

const MAGIC: [u8; 2] = *b"wA";
const FLAGS_AT: usize = 2;
const FINGERPRINT_AT: usize = 4;
pub(super) const LENGTH_AT: usize = 8;

/// How many bytes of padding follow a body of `len`.
#[inline(always)]
pub(super) const fn padding(len: u64) -> usize {
    (len as usize).wrapping_neg() % ALIGN
}

/// Magic, flags and fingerprint as one number, so that one comparison is enough where all is well.
#[inline(always)]
const fn front(format: Fingerprint) -> u64 {
    u16::from_le_bytes(MAGIC) as u64 | (format.get() as u64) << (8 * FINGERPRINT_AT)
}

/// The length in a head, whatever else is in it.
#[inline(always)]
pub(super) fn length_of(head: &[u8; HEAD]) -> u64 {
    (u128::from_le_bytes(*head) >> (8 * LENGTH_AT)) as u64
}

/// The length that a head states.
#[inline(always)]
pub(super) fn length(head: &[u8; HEAD], format: Fingerprint, max: u64) -> Result<u64> {
    let both = u128::from_le_bytes(*head);
    let len = length_of(head);
    if both as u64 != front(format) {
        return Err(refused(head));
    }
    if len > max {
        return Err(Error::limit(&"archive length", LENGTH_AT));
    }
    Ok(len)
}

/// What the head says that the archive is of.
pub(super) fn fingerprint(head: &[u8; HEAD]) -> Fingerprint {
    Fingerprint::stated((u128::from_le_bytes(*head) >> (8 * FINGERPRINT_AT)) as u32)
}

/// The fields of a head, in front of byte `end`.
pub(super) fn trace(head: &[u8; HEAD], end: usize, hook: &mut dyn Hook) {
    let fingerprint = fingerprint(head);
    let flags = u16::from_le_bytes([head[FLAGS_AT], head[FLAGS_AT + 1]]);
    for (name, at, value, note) in [
        ("magic", 0..FLAGS_AT, Value::Bytes(&head[..FLAGS_AT]), ""),
        ("flags", FLAGS_AT..FINGERPRINT_AT, Value::Unsigned(flags.into()), ""),
        ("fingerprint", FINGERPRINT_AT..LENGTH_AT, Value::Shown(&fingerprint), "of the type and its layout"),
        ("length", LENGTH_AT..HEAD, Value::Unsigned(length_of(head)), "length of the archive"),
    ] {
        if at.end <= end {
            hook.field(Field { name: Name::Field(name), at, bits: None, value, note });
        }
    }
}

/// What is wrong with a head that is not as expected.
#[cold]
fn refused(head: &[u8; HEAD]) -> Error {
    if !head.starts_with(&MAGIC) {
        Error::malformed(&"archive magic", 0)
    } else if head[FLAGS_AT..FINGERPRINT_AT] != [0, 0] {
        Error::unsupported(&"archive flags", FLAGS_AT)
    } else {
        Error::unsupported(&"archive format fingerprint", FINGERPRINT_AT)
    }
}

pub(super) fn write(format: Fingerprint, len: u64) -> [u8; HEAD] {
    let both = u128::from(front(format)) | u128::from(len) << (8 * LENGTH_AT);
    both.to_le_bytes()
}
