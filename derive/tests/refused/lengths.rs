//! Where a field ends.

use wireview::declare::Computed;
use wireview::{Seq, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Item {
    a: u8,
}

/// Where bytes end is said.
#[derive(Wire)]
struct ExtentMissing<B> {
    payload: B,
}

/// A word that is no type is the name of a field.
#[derive(Wire)]
struct ExtentNotAType<B> {
    #[wire(len = u20, max = 3)]
    payload: B,
}

/// A length has no sign.
#[derive(Wire)]
struct ExtentSigned<B> {
    #[wire(len = i32, max = 3)]
    payload: B,
}

/// LEB128 of 64 bits has at most ten bytes.
#[derive(Wire)]
struct ExtentVarintWidth<B> {
    #[wire(len = varint(11), max = 3)]
    payload: B,
}

/// A length is not computed by an expression.
#[derive(Wire)]
struct ExtentExpression<B> {
    n: u8,
    #[wire(len = n + 1)]
    payload: B,
}

/// A field that says something of another is computed.
#[derive(Wire)]
struct ExtentNotComputed<B> {
    n: u8,
    #[wire(len = n)]
    payload: B,
}

/// It stands in front.
#[derive(Wire)]
struct ExtentBehind<B> {
    #[wire(len = n)]
    payload: B,
    n: Computed<u8>,
}

/// It says one thing.
#[derive(Wire)]
struct ExtentTwice<B> {
    n: Computed<u8>,
    #[wire(len = n)]
    payload: B,
    #[wire(len = n)]
    other: B,
}

/// The length of what may be absent stands beside it.
#[derive(Wire)]
struct ExtentOptional<B> {
    flags: u8,
    n: Computed<u8>,
    #[wire(if = flags & 1 != 0, len = n)]
    payload: Option<B>,
}

/// A computed field is computed from something.
#[derive(Wire)]
struct ComputedOfNothing {
    n: Computed<u16>,
    a: u8,
}

/// It has no sign.
#[derive(Wire)]
struct ComputedSigned<B> {
    n: Computed<i16>,
    #[wire(len = n, max = 5)]
    payload: B,
}

/// A length of the frame is no bit field.
#[derive(Wire)]
struct ComputedFrameInBits {
    #[wire(bits = 8, frame(counts = after, max = 20))]
    n: Computed<u8>,
    a: u8,
}

/// Bytes have a length.
#[derive(Wire)]
struct CountOfBytes<B> {
    #[wire(count = u16, max = 5)]
    payload: B,
}

/// A count that never changes is no count.
#[derive(Wire)]
struct CountFixed<B> {
    #[wire(count = 3)]
    list: Seq<B, Item>,
}

/// How many elements there are is said.
#[derive(Wire)]
struct ExtentOfSeqMissing<B> {
    list: Seq<B, Item>,
}

/// What takes the rest is the last field.
#[derive(Wire)]
struct RestNotLast<B> {
    #[wire(rest)]
    payload: B,
    a: u8,
}

fn main() {}
