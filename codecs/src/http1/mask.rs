//! Bytes by sixteen: one bit for each that a scan has to stop at.
//!
//! Vectors of `wide` are those of the target that is compiled for: SSE2 of x86-64, NEON of AArch64, plain arrays elsewhere. Nothing
//! is asked of the processor at run time.

use wide::{CmpEq, CmpGt, i8x16, u8x16};

/// Bytes a mask covers.
const BLOCK: usize = 64;

/// Control characters, DEL, and what is not ASCII: all that does not stand in most lines but at their ends.
#[inline(always)]
fn stops(bytes: &[u8; 16]) -> u64 {
    // With one added, these are the signed numbers below 0x21.
    let signed = i8x16::new(bytes.map(|byte| byte as i8)) + i8x16::splat(1);
    u64::from(i8x16::splat(0x21).cmp_gt(signed).move_mask() as u16)
}

/// The bytes from `last - count + 1` to `last`: moved so that `last` is the largest signed number.
#[inline(always)]
fn range(bytes: i8x16, last: u8, count: i8) -> i8x16 {
    (bytes + i8x16::splat(127 - last as i8)).cmp_gt(i8x16::splat(127 - count))
}

/// How many at the front are set, at most 16.
#[inline(always)]
fn leading(set: i8x16) -> usize {
    (!set.move_mask() as u32 | 0x1_0000).trailing_zeros() as usize
}

/// The length of the part at the front that is letters, digits and hyphens: of most names, all of it.
#[inline(always)]
pub(super) fn plain_name(bytes: &[u8; 16]) -> usize {
    let bytes = i8x16::new(bytes.map(|byte| byte as i8));
    let letter = range(bytes | i8x16::splat(0x20), b'z', 26);
    leading(letter | range(bytes, b'9', 10) | bytes.cmp_eq(i8x16::splat(b'-' as i8)))
}

/// The length of the part at the front that is letters, digits, colons, hyphens and dots: of most hosts, all of it.
#[inline(always)]
pub(super) fn plain_host(bytes: &[u8; 16]) -> usize {
    let bytes = i8x16::new(bytes.map(|byte| byte as i8));
    let letter = range(bytes | i8x16::splat(0x20), b'z', 26);
    leading(letter | range(bytes, b':', 11) | range(bytes, b'.', 2))
}

/// The position of the first blank from `at` on, or the end.
#[inline(always)]
pub(super) fn blank(input: &[u8], mut at: usize) -> usize {
    while let Some(bytes) = input.get(at..).and_then(<[u8]>::first_chunk) {
        let found = u8x16::new(*bytes).cmp_eq(u8x16::splat(b' ')).move_mask();
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += 16;
    }
    while input.get(at).is_some_and(|byte| *byte != b' ') {
        at += 1;
    }
    at
}

/// The stops of an input, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stops {
    base: usize,
    bits: u64,
}

impl Stops {
    /// From `at` on.
    #[inline(always)]
    pub(super) fn new(input: &[u8], at: usize) -> Self {
        Self { base: at, bits: block(input, at) }
    }

    /// From the start on. A head that is short and comes alone has no block behind its first: no call for that one.
    #[inline(always)]
    pub(super) fn start(input: &[u8]) -> Self {
        let bits = match (input.first_chunk(), input.first_chunk(), input.last_chunk()) {
            (Some(bytes), ..) => whole(bytes),
            (_, Some(front), Some(back)) => half(front) | half(back) << (input.len() - 32),
            _ => tail(input, 0),
        };
        Self { base: 0, bits }
    }

    /// The position of the next stop, or the end of the input.
    #[inline(always)]
    pub(super) fn next(&mut self, input: &[u8]) -> usize {
        while self.bits == 0 {
            self.base += BLOCK;
            if self.base >= input.len() {
                self.base = input.len();
                return input.len();
            }
            self.bits = block(input, self.base);
        }
        let at = self.base + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        at
    }

    /// The position of the next stop that is not in front of `from`, in whose block one at most is.
    #[inline(always)]
    pub(super) fn next_from(&mut self, input: &[u8], from: usize) -> usize {
        let at = self.next(input);
        if at < from { self.next(input) } else { at }
    }

    /// The last stop was the CR of a CR LF: passes over the LF, unless that is in the next block.
    #[inline(always)]
    pub(super) const fn skip_lf(&mut self) {
        self.bits &= self.bits.wrapping_sub(1);
    }
}

/// The stops in the 64 bytes from `at` on, or in as many as there are.
#[inline(always)]
fn block(input: &[u8], at: usize) -> u64 {
    match input.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        Some(bytes) => whole(bytes),
        None => tail(input, at),
    }
}

#[inline(always)]
fn whole(bytes: &[u8; BLOCK]) -> u64 {
    let (pieces, _) = bytes.as_chunks::<16>();
    stops(&pieces[0]) | stops(&pieces[1]) << 16 | stops(&pieces[2]) << 32 | stops(&pieces[3]) << 48
}

#[inline(always)]
fn half(bytes: &[u8; BLOCK / 2]) -> u64 {
    let (pieces, _) = bytes.as_chunks::<16>();
    stops(&pieces[0]) | stops(&pieces[1]) << 16
}

/// The last bytes of an input: together with some in front of them, whose bits are dropped.
#[inline(never)]
fn tail(input: &[u8], at: usize) -> u64 {
    if let Some(bytes) = input.last_chunk::<BLOCK>() {
        // At least one and less than 64 of them are new.
        return whole(bytes) >> (at + BLOCK - input.len()).min(63);
    }
    // Pieces that overlap: a bit that is found twice is one.
    let bits = if let (Some(front), Some(back)) = (input.first_chunk(), input.last_chunk()) {
        half(front) | half(back) << (input.len() - BLOCK / 2)
    } else if let (Some(front), Some(back)) = (input.first_chunk(), input.last_chunk()) {
        stops(front) | stops(back) << (input.len() - 16)
    } else {
        let mut bytes = [b' '; 16];
        bytes[..input.len()].copy_from_slice(input);
        stops(&bytes)
    };
    bits >> at.min(63)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// Every byte at every place of every length: what a loop finds, the masks find.
    #[test]
    fn masks_find_what_a_loop_finds() {
        let is_stop = |byte: u8| !(b' '..0x7f).contains(&byte);
        for len in 0..150 {
            for at in 0..len {
                let mut input: Vec<u8> = (0..len).map(|i| b' ' + (i * 7 % 95) as u8).collect();
                for byte in [b'\r', 0, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0xff] {
                    input[at] = byte;
                    input[len / 2] = b'\n';
                    let from = at.saturating_sub(len % 70);
                    let found: Vec<usize> = {
                        let mut stops = Stops::new(&input, from);
                        core::iter::from_fn(|| Some(stops.next(&input)).filter(|at| *at < len)).collect()
                    };
                    let wanted: Vec<usize> = (from..len).filter(|i| is_stop(input[*i])).collect();
                    assert_eq!(found, wanted, "{byte:#x} at {at} of {len} from {from}");
                    assert_eq!(Stops::start(&input).bits, Stops::new(&input, 0).bits);
                    let blank_at = (from..len).find(|i| input[*i] == b' ').unwrap_or(len);
                    assert_eq!(blank(&input, from), blank_at);
                }
            }
        }
    }

    #[test]
    fn plain_is_what_it_says() {
        for byte in 0..=255 {
            for at in 0..16 {
                let mut bytes = *b"aZ09-bY18-cX27-z";
                bytes[at] = byte;
                let name = byte.is_ascii_alphanumeric() || byte == b'-';
                assert_eq!(plain_name(&bytes), if name { 16 } else { at }, "{byte:#x}");
                assert_eq!(plain_host(&bytes), if name || matches!(byte, b'.' | b':') { 16 } else { at }, "{byte:#x}");
            }
        }
    }
}
