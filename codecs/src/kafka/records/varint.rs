//! Numbers of records: seven bits a byte, least significant first, the sign in the lowest bit (zigzag).
//!
//! Small numbers are read in line, as branches: what the processor guesses right does not stand in the chain from one field
//! to the next.

/// The most bytes of an `i32`.
const MAX_32: usize = 5;

/// The most bytes of an `i64`.
pub(super) const MAX_64: usize = 10;

/// The number at the front of `input` as it stands there, not unfolded yet; `None` if it is not whole or does not fit.
#[inline(always)]
pub(super) fn raw32(input: &mut &[u8]) -> Option<u32> {
    let (&first, rest) = input.split_first()?;
    if first < 0x80 {
        *input = rest;
        return Some(first.into());
    }
    let (&second, rest) = rest.split_first()?;
    if second < 0x80 {
        *input = rest;
        return Some(u32::from(first & 0x7f) | u32::from(second) << 7);
    }
    let (number, len) = long(input, MAX_32)?;
    let number = u32::try_from(number).ok()?;
    *input = input.get(len..)?;
    Some(number)
}

/// The same, twice as wide.
#[inline(always)]
pub(super) fn raw64(input: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = input.split_first()?;
    if first < 0x80 {
        *input = rest;
        return Some(first.into());
    }
    let (&second, rest) = rest.split_first()?;
    if second < 0x80 {
        *input = rest;
        return Some(u64::from(first & 0x7f) | u64::from(second) << 7);
    }
    let (number, len) = long(input, MAX_64)?;
    *input = input.get(len..)?;
    Some(number)
}

#[inline(always)]
pub(super) fn int(input: &mut &[u8]) -> Option<i32> {
    raw32(input).map(|raw| unfolded(raw.into()) as i32)
}

#[inline(always)]
pub(super) fn long_int(input: &mut &[u8]) -> Option<i64> {
    raw64(input).map(unfolded)
}

/// A number of any length up to `max` bytes, and its length.
#[inline(never)]
fn long(input: &[u8], max: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for (at, &byte) in input.iter().take(max).enumerate() {
        // The tenth byte has room for one bit.
        if at == MAX_64 - 1 && byte > 1 {
            return None;
        }
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some((number, at + 1));
        }
    }
    None
}

/// Why there is no number of up to 32 or 64 bits at the front of `input`: it ends before the number does, or the number does
/// not fit.
#[cold]
pub(super) fn is_cut(input: &[u8], wide: bool) -> bool {
    let max = if wide { MAX_64 } else { MAX_32 };
    input.len() < max && input.iter().all(|byte| *byte >= 0x80)
}

#[inline(always)]
const fn unfolded(raw: u64) -> i64 {
    (raw >> 1) as i64 ^ -((raw & 1) as i64)
}

#[inline(always)]
pub(super) const fn folded(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

/// How many bytes a number takes.
#[inline(always)]
pub(super) const fn len(number: i64) -> usize {
    (70 - (folded(number) | 1).leading_zeros() as usize) / 7
}

/// Writes a number, however long it is, to the front of `into`, and says how long.
#[inline(never)]
pub(super) fn write(mut raw: u64, into: &mut [u8]) -> usize {
    let mut at = 0;
    while raw >= 0x80 {
        into[at] = raw as u8 | 0x80;
        raw >>= 7;
        at += 1;
    }
    into[at] = raw as u8;
    at + 1
}
