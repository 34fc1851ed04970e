//! What a peer says of sizes has a limit.

use wireview::declare::{Computed, Text};
use wireview::{Seq, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Item {
    a: u8,
}

/// A length that a peer says has a limit.
#[derive(Wire)]
struct MaxMissingLen<B> {
    #[wire(len = u16)]
    payload: B,
}

/// So has a count.
#[derive(Wire)]
struct MaxMissingCount<B> {
    #[wire(count = varint)]
    list: Seq<B, Item>,
}

/// And one that stands elsewhere.
#[derive(Wire)]
struct MaxMissingNamed<B> {
    size: Computed<u32>,
    #[wire(len = size)]
    payload: B,
}

/// And that of the frame.
#[derive(Wire)]
#[wire(frame(length = u32, counts = after))]
struct MaxMissingFrame {
    a: u8,
}

/// And what ends with a NUL.
#[derive(Wire)]
struct MaxMissingNul<B> {
    #[wire(nul)]
    name: Text<B>,
}

/// And a list that ends with an element.
#[derive(Wire)]
struct MaxMissingLast<B> {
    #[wire(last = is_last)]
    list: Seq<B, Item>,
}

/// A length that is written out needs none.
#[derive(Wire)]
struct MaxOfFixed<B> {
    #[wire(len = 16, max = 20)]
    id: B,
}

/// Elements are counted in 32 bits.
#[derive(Wire)]
struct MaxAbove32Bits<B> {
    #[wire(count = u64, max = 1 << 33)]
    list: Seq<B, Item>,
}

fn main() {}
