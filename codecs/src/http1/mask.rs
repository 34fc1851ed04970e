//! Bytes by sixteen: one bit for each that a scan has to stop at.
//!
//! Vectors of `wide` are those of the target that is compiled for: SSE2 of x86-64, NEON of AArch64, plain arrays elsewhere. Nothing
//! is asked of the processor at run time.

use wide::{CmpGt, i8x16, u8x16};

/// Bytes a mask covers.
const BLOCK: usize = 64;

#[inline(always)]
fn load(bytes: &[u8; 16]) -> u8x16 {
    u8x16::new(*bytes)
}

/// Control characters, DEL, and what is not ASCII: all that does not stand in most lines but at their ends.
#[inline(always)]
fn stops(bytes: &[u8; 16]) -> u64 {
    // With one added, these are the signed numbers below 0x21.
    let signed = i8x16::new(bytes.map(|byte| byte as i8)) + i8x16::splat(1);
    i8x16::splat(0x21).cmp_gt(signed).move_mask() as u16 as u64
}

/// The length of the part at the front that is letters, digits and hyphens: of most names, all of it.
#[inline(always)]
pub(super) fn plain_name(bytes: &[u8; 16]) -> usize {
    let bytes = load(bytes);
    let within = |bytes: u8x16, first: u8, count: u8| {
        let from = bytes - u8x16::splat(first);
        from.min(u8x16::splat(count - 1)).cmp_eq(from)
    };
    let letter = within(bytes | u8x16::splat(0x20), b'a', 26);
    let digit = within(bytes, b'0', 10);
    let hyphen = bytes.cmp_eq(u8x16::splat(b'-'));
    (letter | digit | hyphen).move_mask().trailing_ones() as usize
}

/// The position of the first blank from `at` on, or the end.
#[inline(always)]
pub(super) fn blank(input: &[u8], mut at: usize) -> usize {
    while let Some(bytes) = input.get(at..).and_then(<[u8]>::first_chunk) {
        let found = load(bytes).cmp_eq(u8x16::splat(b' ')).move_mask();
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

/// The last bytes of an input: together with some in front of them, whose bits are dropped.
#[inline(always)]
fn tail(input: &[u8], at: usize) -> u64 {
    if let Some(bytes) = input.last_chunk::<BLOCK>() {
        // At least one and less than 64 of them are new.
        return whole(bytes) >> (at + BLOCK - input.len()).min(63);
    }
    let mut bits = 0;
    let (pieces, rest) = input.as_chunks::<16>();
    for (i, piece) in pieces.iter().enumerate() {
        bits |= stops(piece) << (16 * i);
    }
    if !rest.is_empty() {
        if let Some(bytes) = input.last_chunk::<16>() {
            bits |= stops(bytes) << (input.len() - 16);
        } else {
            let mut bytes = [b' '; 16];
            bytes[..rest.len()].copy_from_slice(rest);
            bits |= stops(&bytes);
        }
    }
    bits >> at.min(63)
}
