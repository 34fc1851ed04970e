//! What generated code writes with.

use super::check::Checksum;
use super::source::FieldName;
use crate::{Error, Gather, Kind, Outgoing, Result};

/// Where in the queue something was put.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    arena: usize,
    /// Bytes of the queue in front of it.
    pub size: u64,
}

/// Where what comes next will be put.
#[inline(always)]
#[must_use]
pub fn place(out: &Gather) -> Place {
    Place { arena: out.arena_end(), size: out.size() }
}

/// `len`, if it is not above `max`.
///
/// # Errors
/// If it is.
#[inline(always)]
pub fn checked_len(len: u64, max: u64, field: FieldName, out: &Gather) -> Result<u64> {
    if len <= max { Ok(len) } else { Err(too_long(field, out)) }
}

/// `field` exceeds its limit.
#[cold]
#[must_use]
pub fn too_long(field: FieldName, out: &Gather) -> Error {
    Error::limit(field, out.written())
}

/// `field` cannot be what it is.
#[cold]
#[must_use]
pub fn malformed(field: FieldName, out: &Gather) -> Error {
    Error::malformed(field, out.written())
}

/// Whether an optional field is there as its condition says.
///
/// # Errors
/// If it is not.
#[inline(always)]
pub fn absent(condition: bool, is_there: bool, field: FieldName, out: &Gather) -> Result<()> {
    if condition == is_there { Ok(()) } else { Err(malformed(field, out)) }
}

/// Nothing in `bytes` ends the field before its end.
///
/// # Errors
/// If there is a NUL in it, or it cannot be looked at.
pub fn no_nul(bytes: &impl Outgoing, field: FieldName, out: &Gather) -> Result<()> {
    let mut clean = true;
    if !bytes.look(&mut |part| clean &= memchr::memchr(0, part).is_none()) {
        return Err(Error::unsupported(field, out.written()));
    }
    if clean { Ok(()) } else { Err(malformed(field, out)) }
}

/// `holds` of each of `bytes`.
///
/// # Errors
/// If it does not of one, or they cannot be looked at.
pub fn each(bytes: &impl Outgoing, holds: impl Fn(&u8) -> bool, field: FieldName, out: &Gather) -> Result<()> {
    let mut all = true;
    if !bytes.look(&mut |part| all &= part.iter().all(&holds)) {
        return Err(Error::unsupported(field, out.written()));
    }
    if all { Ok(()) } else { Err(malformed(field, out)) }
}

/// Writes a number in LEB128.
#[inline]
pub fn varint(mut value: u64, out: &mut Gather) {
    let mut field = [0; 10];
    let mut at = 0;
    while value >= 0x80 {
        field[at] = value as u8 | 0x80;
        value >>= 7;
        at += 1;
    }
    field[at] = value as u8;
    out.copy(&field[..=at]);
}

/// How many bytes a number takes in LEB128.
#[inline(always)]
#[must_use]
pub const fn varint_len(value: u64) -> u64 {
    (70 - (value | 1).leading_zeros() as u64) / 7
}

/// The number in LEB128 that counts itself, what stands in front of it, and what stands behind.
#[must_use]
pub const fn frame_varint(before: u64, after: u64) -> u64 {
    let mut width = 1;
    while varint_len(before + width + after) > width {
        width += 1;
    }
    before + width + after
}

/// What is behind a number in LEB128 that counts just that, if both take `total` bytes.
#[must_use]
pub const fn after_varint(total: u64) -> u64 {
    let mut width = 1;
    while varint_len(total - width) > width {
        width += 1;
    }
    total - width
}

/// Computes the checksum of what was queued between two sizes, and puts it at `at`, where zeros stand.
///
/// # Errors
/// [`Kind::Unsupported`] if something among it is not in memory, such as a file region.
pub fn check<A: Checksum>(
    out: &mut Gather,
    range: (u64, u64),
    at: Place,
    big: bool,
    zeroed: bool,
    field: FieldName,
) -> Result<()> {
    const { assert!(A::WIDTH >= 1 && A::WIDTH <= 8, "a checksum has 1 to 8 bytes") }
    let own = (at.size, at.size + A::WIDTH as u64);
    let known = zeroed || own.1 <= range.0 || range.1 <= own.0;
    let sum = match out.slice_between(range.0, range.1) {
        Some(bytes) if known => A::of(bytes),
        _ => {
            let mut sum = A::new();
            if !known || !out.look_between(range.0, range.1, &mut |part| sum.update(part)) {
                return Err(Error::new(Kind::Unsupported, field, out.written()));
            }
            sum.finish()
        }
    };
    let bytes = if big { (sum << (64 - 8 * A::WIDTH)).to_be_bytes() } else { sum.to_le_bytes() };
    out.replace(at.arena, &bytes[..A::WIDTH]);
    Ok(())
}
