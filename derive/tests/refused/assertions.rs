//! Assertions.

use wireview::Wire;

/// An assertion is of what has been read.
#[derive(Wire)]
struct AssertLater {
    #[wire(assert = a < b)]
    a: u8,
    b: u8,
}

/// That of a type is of what was given.
#[derive(Wire)]
#[wire(assert = a > 3)]
struct AssertOnType {
    a: u8,
}

/// It is of numbers.
#[derive(Wire)]
struct AssertOnBytes<B> {
    #[wire(len = u8, assert = name != b"x")]
    name: B,
}

/// It stands on a field with a value.
#[derive(Wire)]
struct AssertOnPadding {
    a: u8,
    #[wire(pad = 3, assert = a > 3)]
    b: (),
}

fn main() {}
