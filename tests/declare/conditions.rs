//! Fields that are there or not, what is given, assertions, maps.

use wireview::declare::{Declared, Text, parse};
use wireview::{Kind, Seq, Span, Wire};

use crate::support::{golden, golden_given, refused, refused_given, unwritten, unwritten_given};

/// Optional fields of every kind.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 500))]
struct Flags<B> {
    #[wire(bits = 4)]
    version: u8,
    #[wire(bits = 4)]
    flags: u8,
    more: u16,
    #[wire(if = flags & 1 != 0)]
    number: Option<u16>,
    #[wire(if = (flags & 2) != 0, len = u8)]
    bytes: Option<B>,
    #[wire(if = flags & NESTED != 0)]
    nested: Option<Inner<B>>,
    // One bit says something of two fields.
    #[wire(if = more & 0x8000 != 0)]
    first: Option<bool>,
    #[wire(if = more & 0x8000 != 0, varint)]
    second: Option<u32>,
    // Either bit says that it is there.
    #[wire(if = more & 3 != 0)]
    either: Option<[u8; 2]>,
    #[wire(if = version == 2 || more & 0x10 != 0, count = u8)]
    list: Option<Seq<B, Item>>,
    #[wire(if = version > 3, magic = 0xEE_u8)]
    mark: Option<()>,
    #[wire(if = version > 3, nul, max = 10, assert = version < 9)]
    name: Option<Text<B>>,
}

const NESTED: u8 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Inner<B> {
    #[wire(len = varint, max = 100)]
    data: B,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Item {
    a: u8,
}

fn none() -> Flags<&'static [u8]> {
    Flags {
        version: 1,
        flags: 0,
        more: 0,
        number: None,
        bytes: None,
        nested: None,
        first: None,
        second: None,
        either: None,
        list: None,
        mark: None,
        name: None,
    }
}

#[test]
fn bits_are_computed_and_conditions_are_checked() {
    golden::<Flags<Span>>(none(), b"\x10\0\0");
    golden::<Flags<Span>>(
        Flags { flags: 0xb, number: Some(5), bytes: Some(b"by"), nested: Some(Inner { data: b"in" }), ..none() },
        b"\x1b\0\0\0\x05\x02by\x02in",
    );
    golden::<Flags<Span>>(
        Flags { more: 0x8000, first: Some(true), second: Some(128), ..none() },
        b"\x10\x80\0\x01\x80\x01",
    );
    for more in [1, 2, 3] {
        golden::<Flags<Span>>(Flags { more, either: Some(*b"ei"), ..none() }, &[0x10, 0, more as u8, b'e', b'i']);
    }
    golden::<Flags<Span>>(Flags { version: 2, list: Some(Seq::new(b"12", 2)), ..none() }, b"\x20\0\0\x0212");
    golden::<Flags<Span>>(
        Flags { version: 4, mark: Some(()), name: Some(Text::from("n")), ..none() },
        b"\x40\0\0\xeen\0",
    );
}

#[test]
fn bits_follow_the_fields() {
    let written = |message: Flags<&'static [u8]>| crate::support::try_written(message, ()).expect("lawful");
    // Whatever the flags say, their bits are those of the fields.
    assert_eq!(written(Flags { number: Some(5), ..none() }), b"\x11\0\0\0\x05");
    assert_eq!(written(Flags { flags: 0xf, ..none() }), b"\x14\0\0");
    assert_eq!(written(Flags { first: Some(true), second: Some(1), more: 0x40, ..none() }), b"\x10\x80\x40\x01\x01");
    assert_eq!(written(Flags { more: !0x10, ..none() }), b"\x10\x7f\xec");
}

#[test]
fn conditions_that_do_not_hold() {
    // Two fields under one bit, of which one is there.
    assert_eq!(unwritten(Flags { first: Some(true), ..none() }), (Kind::Malformed, "second"));
    assert_eq!(unwritten(Flags { second: Some(1), ..none() }), (Kind::Malformed, "second"));
    assert_eq!(unwritten(Flags { version: 2, ..none() }), (Kind::Malformed, "list"));
    assert_eq!(unwritten(Flags { list: Some(Seq::new(&b""[..], 0)), ..none() }), (Kind::Malformed, "list"));
    assert_eq!(unwritten(Flags { name: Some(Text::from("")), ..none() }), (Kind::Malformed, "name"));
    // An assertion of what is not there is of nothing; of what is there, it counts.
    let nine = Flags { version: 9, mark: Some(()), name: Some(Text::from("")), ..none() };
    assert_eq!(unwritten(nine), (Kind::Malformed, "name"));
    assert_eq!(refused::<Flags<Span>>(b"\x90\0\0\xeen\0"), (Kind::Malformed, "name", 6));
    assert_eq!(refused::<Flags<Span>>(b"\x40\0\0\xefn\0"), (Kind::Malformed, "mark", 3));
    assert_eq!(refused::<Flags<Span>>(b"\x10\x80\0\x02\0"), (Kind::Malformed, "first", 3));
}

/// What is there depends on a version that both know.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(given(version: u16, options: u8), assert = version < 10, frame(length = u8, counts = after, max = 100))]
struct Versioned<B> {
    always: u8,
    #[wire(since = 3)]
    newer: Option<u16>,
    #[wire(until = 5)]
    older: Option<u8>,
    #[wire(since = 2, until = 4, len = u8)]
    between: Option<B>,
    #[wire(if = options & 4 != 0)]
    option: Option<u8>,
    #[wire(give(version, always))]
    inner: Below,
    #[wire(count = u8, give(always))]
    list: Seq<B, Wide>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(given(version: u16, kind: u8))]
struct Below {
    #[wire(if = kind == 7, assert = version == 3)]
    a: Option<u8>,
}

/// As wide as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(given(wide: u8))]
struct Wide {
    low: u8,
    #[wire(if = wide == 7)]
    high: Option<u8>,
}

fn versioned() -> Versioned<&'static [u8]> {
    Versioned {
        always: 7,
        newer: Some(0x0102),
        older: Some(3),
        between: Some(b"be"),
        option: Some(4),
        inner: Below { a: Some(5) },
        list: Seq::new(b"abcd", 2),
    }
}

#[test]
fn versions_and_what_else_is_given() {
    golden_given::<Versioned<Span>>(versioned(), b"\x0e\x07\x01\x02\x03\x02be\x04\x05\x02abcd", (3, 4));
    let old = Versioned {
        always: 1,
        newer: None,
        between: None,
        option: None,
        inner: Below { a: None },
        list: Seq::new(&b"ab"[..], 2),
        ..versioned()
    };
    golden_given::<Versioned<Span>>(old, b"\x05\x01\x03\x02ab", (1, 0xfb));
    let new = Versioned { newer: Some(9), older: None, ..old };
    golden_given::<Versioned<Span>>(new, b"\x06\x01\0\x09\x02ab", (9, 0));
    // Elements that are told something are walked with it.
    let view = parse::<Versioned<Span>>(b"\x0e\x07\x01\x02\x03\x02be\x04\x05\x02abcd", (3, 4)).expect("lawful");
    let list: Result<Vec<_>, _> = view.list.iter_given((7,)).collect();
    assert_eq!(list, Ok(vec![Wide { low: b'a', high: Some(b'b') }, Wide { low: b'c', high: Some(b'd') }]));
    let mut cut = Seq::<_, Wide>::new(&b"abc"[..], 2).iter_given((7,));
    assert_eq!(cut.next(), Some(Ok(Wide { low: b'a', high: Some(b'b') })));
    let error = cut.next().expect("one more").expect_err("cut");
    assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Truncated, "high", 1));
    assert_eq!(cut.next(), None);
    let shared = Seq::<bytes::Bytes, Wide>::write([Wide { low: 1, high: Some(2) }], (7,)).expect("lawful");
    assert_eq!((&shared.region()[..], shared.iter_given((7,)).count()), (&b"\x01\x02"[..], 1));
}

#[test]
fn versions_that_are_wrong() {
    assert_eq!(unwritten_given(Versioned { newer: None, ..versioned() }, (3, 4)), (Kind::Malformed, "newer"));
    assert_eq!(unwritten_given(Versioned { option: None, ..versioned() }, (3, 4)), (Kind::Malformed, "option"));
    assert_eq!(unwritten_given(versioned(), (10, 4)), (Kind::Malformed, "Versioned"));
    let below = Versioned { older: Some(1), between: None, ..versioned() };
    assert_eq!(unwritten_given(below, (4, 4)), (Kind::Malformed, "a"));
    let bytes = b"\x0e\x07\x01\x02\x03\x02be\x04\x05\x02abcd";
    assert_eq!(refused_given::<Versioned<Span>>(bytes, (10, 4)), (Kind::Malformed, "Versioned", 0));
    let mut codec = Declared::<Versioned<Span>>::given((1, 0));
    codec.give((3, 4));
    assert_eq!(codec, Declared::given((3, 4)));
}

/// Domain types over numbers, wherever a number can stand.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 100))]
struct Mapped {
    #[wire(map(u16, Celsius::read, Celsius::write), little)]
    inside: Celsius,
    #[wire(map(u8, Celsius::of_byte, |celsius: &Celsius| celsius.write() as u8), assert = outside != Celsius(50))]
    outside: Celsius,
    #[wire(try_map(u8, Unit::read, Unit::write))]
    unit: Unit,
    #[wire(try_map(u32, Unit::read_wide, Unit::write_wide), varint, assert = also != Unit::Kelvin || unit == Unit::Kelvin)]
    also: Unit,
    #[wire(if = unit == Unit::Kelvin, try_map(u32, Unit::read_wide, Unit::write_wide), varint)]
    third: Option<Unit>,
    #[wire(map(i32, core::convert::identity, |number: &i32| *number), width = 3)]
    signed: i32,
}

/// Tenths on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Celsius(u16);

impl Celsius {
    fn read(raw: u16) -> Self {
        Self(raw / 10)
    }

    fn of_byte(raw: u8) -> Self {
        Self::read(raw.into())
    }

    fn write(&self) -> u16 {
        self.0 * 10
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    Celsius = 1,
    Kelvin = 200,
}

impl Unit {
    fn read(raw: u8) -> Option<Self> {
        Self::read_wide(raw.into())
    }

    fn read_wide(raw: u32) -> Option<Self> {
        [Self::Celsius, Self::Kelvin].into_iter().find(|unit| *unit as u32 == raw)
    }

    fn write(&self) -> u8 {
        *self as u8
    }

    fn write_wide(&self) -> u32 {
        *self as u32
    }
}

const MAPPED: Mapped = Mapped {
    inside: Celsius(30),
    outside: Celsius(20),
    unit: Unit::Kelvin,
    also: Unit::Kelvin,
    third: Some(Unit::Celsius),
    signed: -2,
};

#[test]
fn maps() {
    // Many numbers are one value of the domain, so mutants need not come back as they were: only what is written here does.
    golden::<Mapped>(MAPPED, b"\x2c\x01\xc8\xc8\xc8\x01\x01\xff\xff\xfe");
    golden::<Mapped>(
        Mapped { unit: Unit::Celsius, also: Unit::Celsius, third: None, ..MAPPED },
        b"\x2c\x01\xc8\x01\x01\xff\xff\xfe",
    );
    assert_eq!(refused::<Mapped>(b"\x2c\x01\xc8\x02\x01\xff\xff\xfe"), (Kind::Malformed, "unit", 3));
    assert_eq!(refused::<Mapped>(b"\x2c\x01\xc8\x01\x02\xff\xff\xfe"), (Kind::Malformed, "also", 4));
    assert_eq!(refused::<Mapped>(b"\x2c\x01\xc8\x01\xc8\x01\xff\xff\xfe"), (Kind::Malformed, "also", 4));
    assert_eq!(unwritten(Mapped { outside: Celsius(50), ..MAPPED }), (Kind::Malformed, "outside"));
    assert_eq!(unwritten(Mapped { signed: 1 << 23, ..MAPPED }), (Kind::Limit, "signed"));
}
