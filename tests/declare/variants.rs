//! Enums: what is written with the tag in one piece, and what checksums and alignment in a variant count.

use wireview::declare::{self, Check, Computed, Crc32, Put};
use wireview::{Gather, Kind, Result, Span, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big, tag = u16, len = u16, max = 100)]
enum Sealed<B> {
    #[wire(tag = 0x0102)]
    Data {
        a: u8,
        #[wire(len = u8)]
        b: B,
        #[wire(align = 4)]
        c: (),
        #[wire(check(..))]
        sum: Check<Crc32>,
    },
    #[wire(tag = 3)]
    Empty,
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        tag: u16,
        #[wire(rest)]
        rest: B,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Apart<B> {
    kind: Computed<u16>,
    before: u8,
    #[wire(tag = kind)]
    body: Sealed<B>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = varint)]
enum Small<B> {
    #[wire(tag = 300)]
    One(u8),
    #[wire(tag = 2, assert = true)]
    Two(#[wire(len = varint, max = 10)] B),
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct SmallApart<B> {
    kind: Computed<u16>,
    #[wire(tag = kind)]
    body: Small<B>,
}

fn written(message: impl Put<Family: declare::Declare<Context = ()>>) -> Result<Vec<u8>> {
    let mut out = Gather::new();
    out.copy(b"."); // What waits already is not counted.
    let len = message.wire_len(());
    out.message(|out| message.put(out, ()))?;
    let written = out.chunks().collect::<Vec<_>>().concat();
    assert_eq!(written.len() as u64, 1 + len);
    Ok(written[1..].to_vec())
}

fn data() -> Sealed<&'static [u8]> {
    Sealed::Data { a: 7, b: b"xy", c: (), sum: Check::new() }
}

/// Begins behind the tag and the length, wherever these stand.
fn sealed() -> Vec<u8> {
    let fields = b"\x07\x02xy";
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, fields) as u32;
    [&b"\0\x08"[..], fields, &sum.to_be_bytes()].concat()
}

#[test]
fn the_tag_stands_in_front() {
    let bytes = written(data()).expect("lawful");
    assert_eq!(bytes, [b"\x01\x02", &sealed()[..]].concat());
    assert_eq!(declare::parse::<Sealed<Span>>(&bytes, ()), Ok(data()));
    assert_eq!(written(Sealed::<&[u8]>::Empty).expect("lawful"), b"\0\x03\0\0");
    let other = Sealed::Other { tag: 9, rest: &b"abc"[..] };
    assert_eq!(written(other).expect("lawful"), b"\0\x09\0\x03abc");
    assert_eq!(declare::parse::<Sealed<Span>>(b"\0\x09\0\x03abc", ()), Ok(other));
}

#[test]
fn the_tag_stands_elsewhere() {
    let apart = |body| Apart { kind: Computed::new(), before: 5, body };
    let bytes = written(apart(data())).expect("lawful");
    assert_eq!(bytes, [b"\x01\x02\x05", &sealed()[..]].concat());
    assert_eq!(declare::parse::<Apart<Span>>(&bytes, ()), Ok(apart(data())));
    assert_eq!(written(apart(Sealed::Empty)).expect("lawful"), b"\0\x03\x05\0\0");
    assert_eq!(written(apart(Sealed::Other { tag: 9, rest: b"a" })).expect("lawful"), b"\0\x09\x05\0\x01a");
}

#[test]
fn a_tag_has_any_width() {
    let two = Small::Two(&b"ab"[..]);
    assert_eq!(written(Small::<&[u8]>::One(7)).expect("lawful"), b"\xac\x02\x07");
    assert_eq!(written(two).expect("lawful"), b"\x02\x02ab");
    assert_eq!(declare::parse::<Small<Span>>(b"\xac\x02\x07", ()), Ok(Small::One(7)));
    let apart = SmallApart { kind: Computed::new(), body: two };
    assert_eq!(written(apart).expect("lawful"), b"\0\x02\x02ab");
    assert_eq!(declare::parse::<SmallApart<Span>>(b"\0\x02\x02ab", ()), Ok(apart));
}

#[test]
fn what_would_be_read_otherwise_is_not_written() {
    let known = written(Sealed::Other { tag: 3, rest: &b""[..] }).expect_err("the tag of another variant");
    assert_eq!((known.kind(), known.field()), (Kind::Malformed, "tag"));
    let long = written(Sealed::Other { tag: 9, rest: &[0; 101][..] }).expect_err("longer than it may be");
    assert_eq!((long.kind(), long.field(), long.offset()), (Kind::Limit, "len", 0));
}
