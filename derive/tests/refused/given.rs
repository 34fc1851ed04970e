//! What nested messages are given.

use wireview::Wire;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Item {
    a: u8,
}

/// What is given is there.
#[derive(Wire)]
struct GiveUnknown {
    #[wire(give(flags))]
    item: Item,
}

/// And is a number.
#[derive(Wire)]
struct GiveBytes<B> {
    #[wire(len = u8)]
    name: B,
    #[wire(give(name))]
    item: Item,
}

/// And has been read.
#[derive(Wire)]
struct GiveLater {
    #[wire(give(flags))]
    item: Item,
    flags: u8,
}

/// Names that are given differ.
#[derive(Wire)]
#[wire(given(version: u16, version: u16))]
struct GivenTwice {
    a: u8,
}

/// From those of fields, too.
#[derive(Wire)]
#[wire(given(version: u16))]
struct GivenAsField {
    version: u16,
}

fn main() {}
