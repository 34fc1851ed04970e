//! Enums.

use wireview::Wire;
use wireview::declare::{Check, Computed, Crc32c};

/// The tag of an enum has a type.
#[derive(Wire)]
enum EnumWithoutTag {
    #[wire(tag = 1)]
    One,
}

/// Not a value.
#[derive(Wire)]
#[wire(tag = 7)]
enum EnumTagNumber {
    #[wire(tag = 1)]
    One,
}

/// An enum has a value.
#[derive(Wire)]
#[wire(tag = u8)]
enum EnumWithoutVariants {}

/// Its length has a limit.
#[derive(Wire)]
#[wire(tag = u8, len = u16)]
enum EnumMaxMissing {
    #[wire(tag = 1)]
    One,
}

/// Nothing stands in front of the tag.
#[derive(Wire)]
#[wire(tag = u8, magic = 7_u8)]
enum EnumMagic {
    #[wire(tag = 1)]
    One,
}

/// Not even the length of a frame.
#[derive(Wire)]
#[wire(tag = u8, frame(length = u16, counts = after, max = 20))]
enum EnumFrame {
    #[wire(tag = 1)]
    One,
}

/// What is scanned has an end.
#[derive(Wire)]
#[wire(tag = u8, frame(scan, max = 20))]
enum EnumScanRest<B> {
    #[wire(tag = 1)]
    One {
        #[wire(rest)]
        all: B,
    },
}

/// Each variant has a tag.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantWithoutTag {
    #[wire(tag = 1)]
    One,
    Two,
}

/// Of its own.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantSameTag {
    #[wire(tag = 1)]
    One,
    #[wire(tag = 0x01)]
    Two,
}

/// One.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantRange {
    #[wire(tag = 1..=3)]
    One,
}

/// And not another, too.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantOr {
    #[wire(tag = 1 | 2)]
    One,
}

/// That fits its type.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantTagTooLarge {
    #[wire(tag = 256)]
    One,
}

/// But the one for all others.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantUnknownAndTag {
    #[wire(tag = 1)]
    One,
    #[wire(unknown, tag = 2)]
    Other {
        #[wire(tag)]
        kind: u8,
    },
}

/// Of which there is one.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantTwoUnknown {
    #[wire(tag = 1)]
    One,
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u8,
    },
    #[wire(unknown)]
    Others {
        #[wire(tag)]
        kind: u8,
    },
}

/// Which keeps the tag.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantUnknownKeepsNoTag {
    #[wire(tag = 1)]
    One,
    #[wire(unknown)]
    Other,
}

/// As what it is.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantUnknownTagType {
    #[wire(tag = 1)]
    One,
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u16,
    },
}

/// A condition of a variant is of what was given.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantAssert {
    #[wire(tag = 1, assert = a > 3)]
    One { a: u8 },
}

/// A variant is no frame.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantFrame {
    #[wire(tag = 1)]
    One {
        #[wire(frame(counts = after, max = 20))]
        n: Computed<u16>,
    },
}

/// Nor does it reach the tag in front of it.
#[derive(Wire)]
#[wire(tag = u8)]
enum VariantChecksTag {
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u8,
        #[wire(check(kind..=kind))]
        sum: Check<Crc32c>,
    },
}

/// A `union` says nothing of its parts.
#[derive(Wire)]
union AUnion {
    a: u8,
}

fn main() {}
