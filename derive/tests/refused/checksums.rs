//! Checksums.

use wireview::Wire;
use wireview::declare::{Adler32, Check, Crc32c};

/// A checksum is of a range.
#[derive(Wire)]
struct CheckWithoutRange {
    a: u8,
    sum: Check<Crc32c>,
}

/// The last field is in it.
#[derive(Wire)]
struct CheckHalfOpen {
    a: u8,
    #[wire(check(a..a))]
    sum: Check<Crc32c>,
}

/// Its fields are there.
#[derive(Wire)]
struct CheckUnknown {
    a: u8,
    #[wire(check(a..=b))]
    sum: Check<Crc32c>,
}

/// A checksum within what it is of counts as zeros.
#[derive(Wire)]
struct CheckOfItself {
    a: u8,
    #[wire(check(..=b))]
    sum: Check<Crc32c>,
    b: u8,
}

/// It is of something.
#[derive(Wire)]
struct CheckOfNothing {
    a: u8,
    b: u8,
    #[wire(check(b..=a))]
    sum: Check<Crc32c>,
}

/// It is of whole bytes.
#[derive(Wire)]
struct CheckWithinAByte {
    #[wire(bits = 4)]
    a: u8,
    #[wire(bits = 4)]
    b: u8,
    #[wire(check(b..=b))]
    sum: Check<Crc32c>,
}

/// It has one algorithm.
#[derive(Wire)]
struct CheckOtherAlgorithm {
    a: u8,
    #[wire(crc32c(a..=a))]
    sum: Check<Adler32>,
}

/// It is not stored.
#[derive(Wire)]
struct CheckOfANumber {
    a: u8,
    #[wire(check(a..=a))]
    sum: u32,
}

fn main() {}
