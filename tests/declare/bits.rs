//! Bit fields, from either end, in either byte order.

use wireview::declare::{Computed, Text};
use wireview::{Kind, Span, Wire};

use crate::support::{golden, refused, size, unwritten};

/// RFC 791 section 3.1, the first four bytes and the flags.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Ip {
    #[wire(bits = 4)]
    version: u8,
    #[wire(bits = 4)]
    header: u8,
    #[wire(bits = 6)]
    service: u8,
    #[wire(bits = 2)]
    congestion: u8,
    total: u16,
    #[wire(bits = 1)]
    _reserved: (),
    #[wire(bits = 1)]
    whole: bool,
    #[wire(bits = 1)]
    more: bool,
    #[wire(bits = 13)]
    fragment: u16,
}

#[test]
fn most_significant_first() {
    let ip = Ip {
        version: 4,
        header: 5,
        service: 0x2e,
        congestion: 1,
        total: 84,
        _reserved: (),
        whole: true,
        more: false,
        fragment: 0x1abc,
    };
    golden::<Ip>(ip, b"\x45\xb9\0\x54\x5a\xbc");
    assert_eq!(refused::<Ip>(b"\x45\xb9\0\x54\xda\xbc"), (Kind::Malformed, "_reserved", 4));
    assert_eq!(unwritten(Ip { version: 16, ..ip }), (Kind::Limit, "version"));
    assert_eq!(unwritten(Ip { fragment: 1 << 13, ..ip }), (Kind::Limit, "fragment"));
    assert_eq!(size::<Ip>(), (Some(6), false));
}

/// The other end first.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(lsb, little)]
struct Low {
    #[wire(bits = 3)]
    a: u8,
    #[wire(bits = 10)]
    b: u16,
    #[wire(bits = 3)]
    c: u8,
    #[wire(bits = 1)]
    d: bool,
    #[wire(bits = 7, ignore)]
    e: (),
}

#[test]
fn least_significant_first() {
    // c b b b b b b b b b b a a a: 5, 0x155, 2.
    let low = Low { a: 2, b: 0x155, c: 5, d: true, e: () };
    let word: u16 = 5 << 13 | 0x155 << 3 | 2;
    golden::<Low>(low, &[word.to_le_bytes()[0], word.to_le_bytes()[1], 1]);
    // What is ignored can be anything.
    let [low_byte, high_byte] = word.to_le_bytes();
    assert!(wireview::declare::parse::<Low>(&[low_byte, high_byte, 0xff], ()).is_ok_and(|read| read == low));
}

/// The least significant bits first in bytes of the other order; a group over two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(lsb)]
struct LowBig {
    #[wire(bits = 4)]
    a: u8,
    #[wire(bits = 12)]
    b: u16,
}

/// The most significant bits first in a word whose bytes are the other way.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(little)]
struct HighLittle {
    #[wire(bits = 4)]
    a: u8,
    #[wire(bits = 12)]
    b: u16,
}

#[test]
fn orders_of_bits_and_bytes() {
    golden::<LowBig>(LowBig { a: 0xd, b: 0xabc }, b"\xab\xcd");
    golden::<HighLittle>(HighLittle { a: 0xa, b: 0xbcd }, b"\xcd\xab");
    assert_eq!(size::<LowBig>(), (Some(2), true));
}

/// Groups of all sizes up to 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Wide {
    #[wire(bits = 1)]
    a: bool,
    #[wire(bits = 63)]
    b: u64,
    #[wire(bits = 64)]
    c: u64,
    #[wire(bits = 5)]
    d: u8,
    #[wire(bits = 35)]
    e: u64,
    #[wire(bits = 7)]
    f: u32,
    #[wire(bits = 17)]
    g: u32,
    #[wire(bits = 8)]
    h: u8,
    #[wire(bits = 9)]
    i: u64,
    #[wire(bits = 39)]
    j: u128,
}

#[test]
fn groups_up_to_64_bits() {
    let wide =
        Wide { a: true, b: 0x0102_0304_0506_0708, c: u64::MAX - 1, d: 0x1f, e: 1, f: 0x7f, g: 1, h: 7, i: 0x100, j: 3 };
    golden::<Wide>(
        wide,
        b"\x81\x02\x03\x04\x05\x06\x07\x08\xff\xff\xff\xff\xff\xff\xff\xfe\xf8\0\0\0\x01\xfe\0\x01\x07\x80\0\0\0\0\x03",
    );
    assert_eq!(unwritten(Wide { b: 1 << 63, ..wide }), (Kind::Limit, "b"));
    assert_eq!(unwritten(Wide { j: 1 << 39, ..wide }), (Kind::Limit, "j"));
}

/// Bits that are constants, that are mapped, asserted, and that say something of other fields.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 100))]
struct Said<B> {
    #[wire(bits = 2, magic = 2)]
    mark: (),
    #[wire(bits = 2, try_map(u8, Shape::read, Shape::write))]
    shape: Shape,
    #[wire(bits = 4, map(u8, Half::read, Half::write))]
    half: Half,
    #[wire(bits = 4)]
    len: Computed<u8>,
    #[wire(bits = 4, assert = level < 10)]
    level: u8,
    #[wire(len = len)]
    name: Text<B>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Round,
    Square,
}

impl Shape {
    fn read(raw: u8) -> Option<Self> {
        [Self::Round, Self::Square].get(usize::from(raw)).copied()
    }

    fn write(&self) -> u8 {
        *self as u8
    }
}

/// Kept as twice what stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Half(u8);

impl Half {
    fn read(raw: u8) -> Self {
        Self(raw * 2)
    }

    fn write(&self) -> u8 {
        self.0 / 2
    }
}

#[test]
fn what_bits_say() {
    let said = Said {
        mark: (),
        shape: Shape::Square,
        half: Half(12),
        len: Computed::new(),
        level: 9,
        name: Text::from("abc"),
    };
    golden::<Said<Span>>(said, b"\x96\x39abc");
    assert_eq!(refused::<Said<Span>>(b"\x56\x39abc"), (Kind::Malformed, "mark", 0));
    assert_eq!(refused::<Said<Span>>(b"\xa6\x39abc"), (Kind::Malformed, "shape", 0));
    assert_eq!(refused::<Said<Span>>(b"\x96\x3aabc"), (Kind::Malformed, "level", 1));
    assert_eq!(refused::<Said<Span>>(b"\x96\x39ab"), (Kind::Truncated, "name", 2));
    assert_eq!(unwritten(Said { level: 10, ..said }), (Kind::Malformed, "level"));
    assert_eq!(unwritten(Said { half: Half(64), ..said }), (Kind::Limit, "half"));
    assert_eq!(unwritten(Said { name: Text::from("sixteen letters!"), ..said }), (Kind::Limit, "len"));
}
