//! Enums: the tag in front, in an earlier field or in its bits, of every type.

use wireview::declare::{Computed, parse};
use wireview::{Kind, Span, Wire};

use crate::support::{golden, refused, unwritten};

/// The tag in front; what is not known is refused.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8, frame(scan, max = 300))]
enum Front<B> {
    #[wire(tag = b'A')]
    Add { left: u16, right: u16 },
    #[wire(tag = NOTHING)]
    Nothing,
    #[wire(tag = 0x02)]
    Bytes(#[wire(len = u8)] B),
    #[wire(tag = 3)]
    Two(u8, #[wire(varint)] u32),
}

const NOTHING: u8 = 0;

#[test]
fn the_tag_in_front() {
    golden::<Front<Span>>(Front::Add { left: 1, right: 2 }, b"A\0\x01\0\x02");
    golden::<Front<Span>>(Front::Nothing, b"\0");
    golden::<Front<Span>>(Front::Bytes(b"abc"), b"\x02\x03abc");
    golden::<Front<Span>>(Front::Two(7, 128), b"\x03\x07\x80\x01");
    assert_eq!(refused::<Front<Span>>(b"\x04"), (Kind::Unsupported, "tag", 0));
}

/// Tags of other types; those that are not known are kept.
macro_rules! kept {
    ($name:ident, $kind:ty, $($attr:tt)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Wire)]
        #[wire($($attr)*, frame(scan, max = 300))]
        enum $name<B> {
            #[wire(tag = 1)]
            One(u8),
            #[wire(unknown)]
            Other {
                #[wire(tag, assert = kind != 77)]
                kind: $kind,
                #[wire(len = u8)]
                value: B,
            },
        }
    };
}

kept!(Big2, u16, tag = u16);
kept!(Little4, u32, tag = u32, little);
kept!(Little3, u32, tag = u24, little);
kept!(Big6, u64, tag = u48);
kept!(Leb, u64, tag = varint(2));

#[test]
fn tags_of_every_type() {
    golden::<Big2<Span>>(Big2::One(9), b"\0\x01\x09");
    golden::<Big2<Span>>(Big2::Other { kind: 0x0203, value: b"v" }, b"\x02\x03\x01v");
    golden::<Little4<Span>>(Little4::Other { kind: 0x0203, value: b"v" }, b"\x03\x02\0\0\x01v");
    golden::<Little3<Span>>(Little3::One(9), b"\x01\0\0\x09");
    golden::<Little3<Span>>(Little3::Other { kind: 0x01_0203, value: b"" }, b"\x03\x02\x01\0");
    golden::<Big6<Span>>(Big6::Other { kind: 1 << 40, value: b"" }, b"\x01\0\0\0\0\0\0");
    golden::<Leb<Span>>(Leb::Other { kind: 300, value: b"" }, b"\xac\x02\0");
    golden::<Leb<Span>>(Leb::One(9), b"\x01\x09");
}

#[test]
fn tags_that_cannot_be() {
    assert_eq!(refused::<Big2<Span>>(b"\0\x4d\0"), (Kind::Malformed, "kind", 0));
    assert_eq!(refused::<Leb<Span>>(b"\x80\x80\x01\0"), (Kind::Overflow, "tag", 0));
    assert_eq!(unwritten(Big2::Other { kind: 77, value: &b""[..] }), (Kind::Malformed, "kind"));
    assert_eq!(unwritten(Big2::Other { kind: 1, value: &b""[..] }), (Kind::Malformed, "tag"));
    // More than three bytes, six bytes and two groups of seven bits hold.
    assert_eq!(unwritten(Little3::Other { kind: 1 << 24, value: &b""[..] }), (Kind::Limit, "tag"));
    assert_eq!(unwritten(Big6::Other { kind: 1 << 48, value: &b""[..] }), (Kind::Limit, "tag"));
    assert_eq!(unwritten(Leb::Other { kind: 1 << 14, value: &b""[..] }), (Kind::Limit, "tag"));
}

/// The tag and the length of the body stand in front of something else.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u8, counts = all, max = 100))]
struct Named<B> {
    #[wire(bits = 3)]
    low: Computed<u8>,
    #[wire(bits = 5)]
    flags: u8,
    kind: Computed<u16>,
    size: Computed<u8>,
    sequence: u8,
    #[wire(tag = kind, len = size, give(flags))]
    body: Body<B>,
    #[wire(tag = low)]
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u16, given(flags: u8))]
enum Body<B> {
    #[wire(tag = 0x0100, assert = flags == 0)]
    Empty,
    #[wire(tag = 0x0200)]
    Full {
        #[wire(if = flags & 0x10 != 0)]
        id: Option<u8>,
        #[wire(rest)]
        data: B,
    },
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u16,
        #[wire(rest)]
        data: B,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8)]
enum End {
    #[wire(tag = 0)]
    Short,
    #[wire(tag = 5)]
    Long(u16),
    #[wire(tag = 8)]
    Never,
}

fn named(flags: u8, body: Body<&'static [u8]>, end: End) -> Named<&'static [u8]> {
    Named { low: Computed::new(), flags, kind: Computed::new(), size: Computed::new(), sequence: 9, body, end }
}

#[test]
fn tags_in_earlier_fields() {
    golden::<Named<Span>>(named(0, Body::Empty, End::Short), b"\x06\0\x01\0\0\x09");
    golden::<Named<Span>>(
        named(0x11, Body::Full { id: Some(4), data: b"xy" }, End::Long(0x0102)),
        b"\x0b\xb1\x02\0\x03\x09\x04xy\x01\x02",
    );
    golden::<Named<Span>>(named(1, Body::Other { kind: 0x0300, data: b"z" }, End::Short), b"\x07\x01\x03\0\x01\x09z");
}

#[test]
fn tags_in_earlier_fields_that_are_wrong() {
    // In the bits, where they stand.
    assert_eq!(refused::<Named<Span>>(b"\x06\x20\x01\0\0\x09"), (Kind::Unsupported, "tag", 1));
    assert_eq!(refused::<Named<Span>>(b"\x06\x01\x01\0\0\x09"), (Kind::Malformed, "Empty", 2));
    assert_eq!(refused::<Named<Span>>(b"\x07\0\x01\0\x01\x09!"), (Kind::Malformed, "body", 6));
    let flags = named(1, Body::Empty, End::Short);
    assert_eq!(unwritten(flags), (Kind::Malformed, "Empty"));
    let bit = named(0x10, Body::Full { id: None, data: b"" }, End::Short);
    assert_eq!(unwritten(bit), (Kind::Malformed, "id"));
    // Eight does not fit three bits.
    assert_eq!(unwritten(named(0, Body::Empty, End::Never)), (Kind::Limit, "low"));
    assert!(parse::<Named<Span>>(b"\x06\0\x01\0\0\x09", ()).is_ok());
}
