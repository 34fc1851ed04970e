//! Fields that are there or not.

use wireview::Wire;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Flags;

/// When a field is there is said.
#[derive(Wire)]
struct OptionWithoutCondition {
    a: Option<u8>,
}

/// What is not always there is an `Option`.
#[derive(Wire)]
struct ConditionWithoutOption {
    flags: u8,
    #[wire(if = flags & 1 != 0)]
    a: u8,
}

/// A condition is of what has been read.
#[derive(Wire)]
struct ConditionLater {
    #[wire(if = flags & 1 != 0)]
    a: Option<u8>,
    flags: u8,
}

/// And of what is there.
#[derive(Wire)]
struct ConditionUnknown {
    flags: u8,
    #[wire(if = flag & 1 != 0)]
    a: Option<u8>,
}

/// And of numbers.
#[derive(Wire)]
struct ConditionOnBytes<B> {
    #[wire(len = u8)]
    name: B,
    #[wire(if = name == name)]
    a: Option<u8>,
}

/// And of a bit that can be set.
#[derive(Wire)]
struct ConditionNoSuchBit {
    #[wire(bits = 4)]
    flags: u8,
    #[wire(bits = 4)]
    b: u8,
    #[wire(if = flags & 0x10 != 0)]
    a: Option<u8>,
}

/// Of a number.
#[derive(Wire)]
struct ConditionBitOfBool {
    flag: bool,
    #[wire(if = flag & 1 != 0)]
    a: Option<u8>,
}

/// Of one that is what it is on the wire.
#[derive(Wire)]
struct ConditionBitOfMapped {
    #[wire(map(u8, Flags::read, Flags::write))]
    flags: Flags,
    #[wire(if = flags & 1 != 0)]
    a: Option<u8>,
}

/// A version is given.
#[derive(Wire)]
struct SinceWithoutGiven {
    #[wire(since = 3)]
    a: Option<u8>,
}

/// One condition says all.
#[derive(Wire)]
#[wire(given(version: u16))]
struct SinceAndIf {
    flags: u8,
    #[wire(since = 3, if = flags & 1 != 0)]
    a: Option<u8>,
}

fn main() {}
