//! Bit fields.

use wireview::Wire;

/// Bits in a row make whole bytes.
#[derive(Wire)]
struct BitsNotBytes {
    #[wire(bits = 3)]
    a: u8,
    b: u8,
}

/// A bit field fits its type.
#[derive(Wire)]
struct BitsTooMany {
    #[wire(bits = 9)]
    a: u8,
    #[wire(bits = 7)]
    b: u8,
}

/// A group is held in 64 bits.
#[derive(Wire)]
struct BitsGroup {
    #[wire(bits = 4)]
    a: u8,
    #[wire(bits = 64)]
    b: u64,
    #[wire(bits = 4)]
    c: u8,
}

/// A bit field has no sign.
#[derive(Wire)]
struct BitsSigned {
    #[wire(bits = 4)]
    a: i8,
    #[wire(bits = 4)]
    b: i8,
}

/// A `bool` has one bit.
#[derive(Wire)]
struct BitsBool {
    #[wire(bits = 2)]
    a: bool,
    #[wire(bits = 6)]
    b: u8,
}

/// A constant fits its bits.
#[derive(Wire)]
struct BitsConstant {
    #[wire(bits = 4, magic = 16)]
    a: (),
    #[wire(bits = 4)]
    b: u8,
}

/// A bit field is always there.
#[derive(Wire)]
struct BitsOptional {
    #[wire(bits = 4)]
    a: u8,
    #[wire(bits = 4, if = a & 1 != 0)]
    b: Option<u8>,
}

/// An array is no bit field.
#[derive(Wire)]
struct BitsArray {
    #[wire(bits = 4)]
    a: [u8; 2],
}

fn main() {}
