//! Nested messages, sequences and TLVs.

use wireview::declare::{Computed, Text, parse};
use wireview::{Kind, Seq, Span, Wire};

use crate::support::{golden, refused, size, unwritten};

/// Any four bytes are one.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Point {
    x: u16,
    y: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Label<B> {
    #[wire(len = u8)]
    text: Text<B>,
}

impl<B: AsRef<[u8]>> Label<B> {
    fn is_last(label: &Self) -> bool {
        label.text.bytes().as_ref().is_empty()
    }
}

/// Sequences with every kind of end.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u16, counts = all, max = 1000))]
struct Lists<B> {
    how_many: Computed<u8>,
    how_long: Computed<u16>,
    #[wire(count = u8, max = 3)]
    points: Seq<B, Point>,
    #[wire(count = varint, max = 300)]
    labels: Seq<B, Label<Span>>,
    #[wire(len = u8)]
    within: Seq<B, Point>,
    #[wire(len = 8)]
    two: Seq<B, Point>,
    #[wire(last = Label::is_last, max = 3)]
    path: Seq<B, Label<Span>>,
    #[wire(count = how_many)]
    named: Seq<B, Point>,
    #[wire(len = how_long, max = 20)]
    long: Seq<B, Label<Span>>,
    #[wire(rest, max = 2)]
    rest: Seq<B, Label<Span>>,
}

fn seq<E>(bytes: &'static [u8], count: u32) -> Seq<&'static [u8], E> {
    Seq::new(bytes, count)
}

fn lists() -> Lists<&'static [u8]> {
    Lists {
        how_many: Computed::new(),
        how_long: Computed::new(),
        points: seq(b"\0\x01\0\x02", 1),
        labels: seq(b"\x01a\x02bb", 2),
        within: seq(b"", 0),
        two: seq(b"\0\x01\0\x02\0\x03\0\x04", 2),
        path: seq(b"\x03www\0", 2),
        named: seq(b"\0\x05\0\x06", 1),
        long: seq(b"\x01x\x01y", 2),
        rest: seq(b"\x01r\x01s", 2),
    }
}

const LISTS: &[u8] = b"\0\x2a\x01\0\x04\x01\0\x01\0\x02\x02\x01a\x02bb\0\0\x01\0\x02\0\x03\0\x04\x03www\0\0\x05\0\x06\x01x\x01y\x01r\x01s";

#[test]
fn ends_of_sequences() {
    assert_eq!(LISTS.len(), 0x2a);
    golden::<Lists<Span>>(lists(), LISTS);
    assert_eq!(size::<Point>(), (Some(4), true));
    let view = parse::<Lists<Span>>(LISTS, ()).expect("lawful");
    assert_eq!(view.two.iter().collect::<Result<Vec<_>, _>>(), Ok(vec![Point { x: 1, y: 2 }, Point { x: 3, y: 4 }]));
    let labels: Result<Vec<_>, _> = view.labels.iter().map(|label| label.map(|label| label.text)).collect();
    assert_eq!(labels, Ok(vec![Text::from("a"), Text::from("bb")]));
}

/// `LISTS` with other bytes from `at` on.
fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut changed = LISTS.to_vec();
    changed[at..at + bytes.len()].copy_from_slice(bytes);
    changed
}

#[test]
fn sequences_that_are_wrong() {
    assert_eq!(refused::<Lists<Span>>(&with(5, b"\x04")), (Kind::Limit, "points.count", 5));
    assert_eq!(refused::<Lists<Span>>(&with(10, b"\xad\x02")), (Kind::Limit, "labels.count", 10));
    assert_eq!(refused::<Lists<Span>>(&with(3, b"\x01\0")), (Kind::Limit, "how_long", 3));
    assert_eq!(refused::<Lists<Span>>(&with(16, b"\x02")), (Kind::Truncated, "y", 19));
    assert_eq!(refused::<Lists<Span>>(&with(36, b"\xff")), (Kind::Truncated, "text", 37));
    // The element in front of the end of its region.
    assert_eq!(refused::<Lists<Span>>(&with(40, b"\x02")), (Kind::Truncated, "text", 41));
    // No label is the last within three.
    let many = b"\0\x24\0\0\0\0\0\0\0\x01\0\x02\0\x03\0\x04\x01a\x01b\x01c\x01d\0\0\0\0\0\0\0\0\0\0\0\0";
    assert_eq!(refused::<Lists<Span>>(many), (Kind::Limit, "path", 22));
    // One too many up to the end.
    let rest = b"\0\x14\0\0\0\0\0\0\0\x01\0\x02\0\x03\0\x04\0\0\0\0";
    assert_eq!(refused::<Lists<Span>>(rest), (Kind::Limit, "rest", 19));
    assert_eq!(unwritten(Lists { points: seq(b"", 4), ..lists() }), (Kind::Limit, "points.count"));
    assert_eq!(unwritten(Lists { two: seq(b"\0\x01\0\x02", 1), ..lists() }), (Kind::Malformed, "two"));
    assert_eq!(unwritten(Lists { rest: seq(b"\0\0\0", 3), ..lists() }), (Kind::Limit, "rest"));
    assert_eq!(unwritten(Lists { long: seq(&[0; 21], 21), ..lists() }), (Kind::Limit, "how_long"));
    assert_eq!(unwritten(Lists { named: seq(b"", 256), ..lists() }), (Kind::Limit, "how_many"));
}

/// Nested messages, with and without a region of their own.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 200))]
struct Nests<B> {
    size: Computed<u8>,
    point: Point,
    label: Label<B>,
    #[wire(len = u16, max = 10)]
    within: Label<B>,
    #[wire(len = 4)]
    four: Point,
    #[wire(len = size)]
    named: Open<B>,
}

/// All there is.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Open<B> {
    kind: u8,
    #[wire(rest)]
    all: B,
}

fn nests() -> Nests<&'static [u8]> {
    Nests {
        size: Computed::new(),
        point: Point { x: 1, y: 2 },
        label: Label { text: Text::from("a") },
        within: Label { text: Text::from("bc") },
        four: Point { x: 3, y: 4 },
        named: Open { kind: 9, all: b"rest" },
    }
}

#[test]
fn nested_messages() {
    let bytes = b"\x05\0\x01\0\x02\x01a\0\x03\x02bc\0\x03\0\x04\x09rest";
    golden::<Nests<Span>>(nests(), bytes);
    // More than the nested message takes.
    assert_eq!(refused::<Nests<Span>>(b"\0\0\x01\0\x02\x01a\0\x03\x01bc\0\x03\0\x04"), (Kind::Malformed, "within", 11));
    assert_eq!(refused::<Nests<Span>>(b"\0\0\x01\0\x02\x01a\0\x0b"), (Kind::Limit, "within.len", 7));
    assert_eq!(refused::<Nests<Span>>(b"\0\0\x01\0\x02\x01a\0\x01\x01bc\0\x03\0\x04"), (Kind::Truncated, "text", 10));
    assert_eq!(refused::<Nests<Span>>(b"\0\0\x01\0\x02\x01a\0\x03\x02bc\0\x03\0\x04"), (Kind::Truncated, "kind", 16));
    let label = Label { text: Text::from("ten letter") };
    assert_eq!(unwritten(Nests { within: label, ..nests() }), (Kind::Limit, "within.len"));
}

/// A list of TLVs of which one is not known.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u16, len = u16, max = 100)]
enum Tlv<B> {
    #[wire(tag = 1)]
    Name(#[wire(rest)] Text<B>),
    #[wire(tag = 2)]
    Size { value: u32 },
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u16,
        #[wire(rest)]
        value: B,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = varint, counts = after, max = 1000))]
struct Tlvs<B> {
    #[wire(rest)]
    list: Seq<B, Tlv<Span>>,
}

#[test]
fn tlvs() {
    let bytes = b"\x14\0\x01\0\x02hi\0\x02\0\x04\0\0\0\x07\0\x63\0\x02??";
    golden::<Tlvs<Span>>(Tlvs { list: seq(&bytes[1..], 3) }, bytes);
    let view = parse::<Tlvs<Span>>(bytes, ()).expect("lawful");
    let list: Result<Vec<_>, _> = view.list.iter().collect();
    let wanted = [Tlv::Name(Text::from("hi")), Tlv::Size { value: 7 }, Tlv::Other { kind: 0x63, value: &b"??"[..] }];
    assert_eq!(list, Ok(wanted.to_vec()));
    let written = Seq::<bytes::Bytes, Tlv<Span>>::write(wanted, ()).expect("lawful");
    assert_eq!((written.len(), &written.region()[..]), (3, &bytes[1..]));

    // A number with a byte behind it within its length, and one that is cut.
    assert_eq!(refused::<Tlvs<Span>>(b"\x09\0\x02\0\x05\0\0\0\x07!"), (Kind::Malformed, "Tlv", 9));
    assert_eq!(refused::<Tlvs<Span>>(b"\x07\0\x02\0\x03\0\0\x07"), (Kind::Truncated, "value", 5));
    assert_eq!(refused::<Tlvs<Span>>(b"\x04\0\x02\0\x65"), (Kind::Limit, "len", 3));
    assert_eq!(refused::<Tlvs<Span>>(b"\x03\0\x02\0"), (Kind::Truncated, "len", 3));
    assert_eq!(refused::<Tlvs<Span>>(b"\x01\0"), (Kind::Truncated, "tag", 1));
    // What is unknown must not have a known tag.
    let wrong = Seq::<bytes::Bytes, Tlv<Span>>::write([Tlv::Other { kind: 1, value: &b""[..] }], ());
    assert_eq!(wrong.map_err(|error| (error.kind(), error.field())), Err((Kind::Malformed, "tag")));
    let wrong = Seq::<bytes::Bytes, Tlv<Span>>::write([Tlv::Other { kind: 3, value: &[0; 101][..] }], ());
    assert_eq!(wrong.map_err(|error| (error.kind(), error.field())), Err((Kind::Limit, "len")));
}

/// Elements of no size would be read for ever.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Nothing;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Empty {
    none: [u8; 0],
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u8, counts = after, max = 100))]
struct Nowhere<B> {
    nothing: Nothing,
    #[wire(count = u32, max = 0xffff_ffff)]
    list: Seq<B, Nothing>,
    #[wire(count = u32, max = 0xffff_ffff)]
    other: Seq<B, Empty>,
}

#[test]
fn elements_of_no_size() {
    let none = Nowhere { nothing: Nothing, list: seq(b"", 0), other: seq(b"", 0) };
    golden::<Nowhere<Span>>(none, b"\x08\0\0\0\0\0\0\0\0");
    assert_eq!(refused::<Nowhere<Span>>(b"\x08\xff\xff\xff\xff\0\0\0\0"), (Kind::Malformed, "list", 5));
    assert_eq!(refused::<Nowhere<Span>>(b"\x08\0\0\0\0\xff\xff\xff\xff"), (Kind::Malformed, "other", 9));
    assert_eq!(size::<Empty>(), (Some(0), true));
}
