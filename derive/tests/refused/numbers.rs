//! Numbers, and the words of attributes.

use wireview::Wire;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Item {
    a: u8,
}

/// A number is not wider than its type.
#[derive(Wire)]
struct NumberWidth {
    #[wire(width = 5)]
    a: u32,
}

/// A float has its width.
#[derive(Wire)]
struct NumberFloatWidth {
    #[wire(width = 3)]
    a: f32,
}

/// Numbers with a sign are zigzagged.
#[derive(Wire)]
struct NumberVarintSigned {
    #[wire(varint)]
    a: i32,
}

/// Those without are not.
#[derive(Wire)]
struct NumberZigzagUnsigned {
    #[wire(zigzag)]
    a: u32,
}

/// LEB128 ends at 64 bits.
#[derive(Wire)]
struct NumberVarint128 {
    #[wire(varint)]
    a: u128,
}

/// Fixed widths are always minimal.
#[derive(Wire)]
struct NumberMinimal {
    #[wire(minimal)]
    a: u32,
}

/// A number has a size.
#[derive(Wire)]
struct NumberUsize {
    a: usize,
}

/// There is one byte order.
#[derive(Wire)]
struct NumberBothOrders {
    #[wire(big, little)]
    a: u32,
}

/// A word that is not known, with those that are.
#[derive(Wire)]
struct NumberUnknownWord {
    #[wire(withd = 3)]
    a: u32,
}

/// A word stands once.
#[derive(Wire)]
struct NumberTwice {
    #[wire(width = 3, width = 2)]
    a: u32,
}

/// LEB128 has no byte order.
#[derive(Wire)]
struct OrderOfVarint {
    #[wire(varint, little)]
    a: u32,
}

/// Bit fields have that of the type.
#[derive(Wire)]
struct OrderOfBits {
    #[wire(bits = 8, little)]
    a: u8,
}

/// A nested type has its own.
#[derive(Wire)]
struct OrderOfNested {
    #[wire(little)]
    item: Item,
}

/// A word that stands alone.
#[derive(Wire)]
struct FlagWithValue {
    #[wire(varint = 3)]
    a: u32,
}

/// A word that has a value.
#[derive(Wire)]
struct ValueWithout {
    #[wire(width)]
    a: u32,
}

fn main() {}
