//! CRC-32C (Castagnoli), by carry-less multiplication where the processor has it.

use crc_fast::CrcAlgorithm::Crc32Iscsi;
use crc_fast::{Digest, crc32_iscsi};

/// Of bytes that stand together.
#[inline]
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    crc32_iscsi(bytes)
}

/// Of pieces, one after the other.
pub(super) struct Crc(Digest);

impl Crc {
    pub(super) fn new() -> Self {
        Self(Digest::new(Crc32Iscsi))
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    pub(super) fn value(&self) -> u32 {
        self.0.finalize() as u32
    }
}

/// What `crc` becomes when its first bytes, and nothing else, change from `before` to `after`, which are as long, and `behind`
/// bytes follow that need not be looked at: the checksum is linear, and what stands so many bytes in front of the end counts
/// for `x^(8 behind)` times as much, modulo the polynomial.
pub(super) fn replaced(crc: u32, before: &[u8], after: &[u8], behind: usize) -> u32 {
    crc ^ moved(crc32c(before) ^ crc32c(after), behind)
}

/// The CRC of `front` and what is behind it, of which the CRC and the length are known.
pub(super) fn joined(front: &[u8], crc: u32, behind: usize) -> u32 {
    crc ^ moved(crc32c(front), behind)
}

/// `crc` times `x^(8 bytes)`, modulo the polynomial.
fn moved(mut crc: u32, bytes: usize) -> u32 {
    let mut bits = bytes as u64 * 8;
    for square in SQUARES {
        if bits & 1 == 1 {
            crc = times(square, crc);
        }
        bits >>= 1;
    }
    crc
}

/// Castagnoli's polynomial, the highest power in the lowest bit.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// `x^(2^n)`: for lengths of up to 2^36 bits, and a batch has at most 2^34.
const SQUARES: [u32; 36] = {
    let mut squares = [1 << 30; 36];
    let mut n = 1;
    while n < squares.len() {
        squares[n] = times(squares[n - 1], squares[n - 1]);
        n += 1;
    }
    squares
};

/// The product modulo the polynomial.
const fn times(a: u32, mut b: u32) -> u32 {
    let mut product = 0;
    let mut bit = 1 << 31;
    while bit != 0 {
        if a & bit != 0 {
            product ^= b;
        }
        bit >>= 1;
        b = if b & 1 == 1 { b >> 1 ^ POLYNOMIAL } else { b >> 1 };
    }
    product
}
