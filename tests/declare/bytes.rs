//! Bytes and text with every kind of end, and arrays.

use bytes::Bytes;
use wireview::declare::{Computed, Declared, Text};
use wireview::{Encode, Gather, Kind, Span, Wire};

use crate::support::{golden, refused, unwritten};

/// Lengths of every type in front.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 4096))]
struct Prefixes<B> {
    #[wire(len = u8)]
    a: B,
    #[wire(len = u16, max = 300)]
    b: B,
    #[wire(len = u24, max = 300, little)]
    c: B,
    #[wire(len = u32, max = 300)]
    d: Text<B>,
    #[wire(len = u40, max = 300)]
    e: B,
    #[wire(len = u48, max = 300)]
    f: B,
    #[wire(len = u56, max = 300)]
    g: B,
    #[wire(len = u64, max = 1 << 33)]
    h: B,
    #[wire(len = varint, max = 300)]
    i: B,
    #[wire(len = varint(1), max = 100)]
    j: Text<B>,
}

fn prefixes() -> Prefixes<&'static [u8]> {
    Prefixes {
        a: b"a",
        b: b"bb",
        c: b"c",
        d: Text::from("d\u{e9}"),
        e: b"e",
        f: b"f",
        g: b"g",
        h: b"h",
        i: &[7; 200],
        j: Text::from(""),
    }
}

#[test]
fn lengths_in_front() {
    let wanted = [
        &b"\x01a\0\x02bb\x01\0\0c\0\0\0\x03d\xc3\xa9\0\0\0\0\x01e\0\0\0\0\0\x01f\0\0\0\0\0\0\x01g\0\0\0\0\0\0\0\x01h\xc8\x01"[..],
        &[7; 200],
        b"\0",
    ]
    .concat();
    golden::<Prefixes<Span>>(prefixes(), &wanted);
}

#[test]
fn lengths_above_their_limit() {
    assert_eq!(refused::<Prefixes<Span>>(b"\0\x01\x2d"), (Kind::Limit, "b.len", 1));
    assert_eq!(refused::<Prefixes<Span>>(b"\0\0\0\x2d\x01\0"), (Kind::Limit, "c.len", 3));
    assert_eq!(
        refused::<Prefixes<Span>>(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x2d"),
        (Kind::Limit, "f.len", 15)
    );
    let long = [7; 301];
    assert_eq!(unwritten(Prefixes { b: &long[..], ..prefixes() }), (Kind::Limit, "b.len"));
    assert_eq!(unwritten(Prefixes { i: &long[..], ..prefixes() }), (Kind::Limit, "i.len"));
    assert_eq!(unwritten(Prefixes { a: &long[..256], ..prefixes() }), (Kind::Limit, "a.len"));
    let long = "x".repeat(101);
    assert_eq!(unwritten(Prefixes { j: Text::from(&*long), ..prefixes() }), (Kind::Limit, "j.len"));
}

#[test]
fn text_is_text() {
    let wrong = b"\0\0\0\0\0\0\0\0\0\x04ab\xc3\x28";
    assert_eq!(refused::<Prefixes<Span>>(wrong), (Kind::Malformed, "d", 12));
}

/// Everything but a length in front.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u16, counts = after, max = 300))]
struct Ends<B> {
    size: Computed<u16>,
    #[wire(len = 4)]
    id: B,
    #[wire(nul, max = 5)]
    name: Text<B>,
    #[wire(nul, max = 5)]
    raw: B,
    key: [u8; 3],
    salt: [u8; SALT],
    #[wire(len = size, max = 200)]
    body: B,
    #[wire(len = 2)]
    code: Text<B>,
    #[wire(rest)]
    tail: Text<B>,
}

const SALT: usize = 2;

fn ends() -> Ends<&'static [u8]> {
    Ends {
        size: Computed::new(),
        id: b"ident"[..4].as_ref(),
        name: Text::from("five5"),
        raw: b"",
        key: *b"key",
        salt: *b"<>",
        body: b"body",
        code: Text::from("OK"),
        tail: Text::from("tail"),
    }
}

#[test]
fn other_ends() {
    golden::<Ends<Span>>(ends(), b"\0\x1c\0\x04idenfive5\0\0key<>bodyOKtail");
    golden::<Ends<Span>>(Ends { tail: Text::from(""), body: &b""[..], ..ends() }, b"\0\x14\0\0idenfive5\0\0key<>OK");
}

#[test]
fn other_ends_that_are_not_there() {
    assert_eq!(refused::<Ends<Span>>(b"\0\x08\0\0idenfi"), (Kind::Truncated, "name", 8));
    assert_eq!(refused::<Ends<Span>>(b"\0\x0d\0\0idensixsix\0"), (Kind::Limit, "name", 8));
    assert_eq!(refused::<Ends<Span>>(b"\0\x05\0\0ide"), (Kind::Truncated, "id", 4));
    assert_eq!(refused::<Ends<Span>>(b"\0\x02\0\xc9"), (Kind::Limit, "size", 2));
    assert_eq!(refused::<Ends<Span>>(b"\0\x0e\0\x04iden\0\0key<>bo"), (Kind::Truncated, "body", 15));
    assert_eq!(refused::<Ends<Span>>(b"\0\x0f\0\0iden\0\0key<>O\xff"), (Kind::Malformed, "code", 16));
    assert_eq!(unwritten(Ends { id: &b"ide"[..], ..ends() }), (Kind::Malformed, "id"));
    assert_eq!(unwritten(Ends { name: Text::from("sixsix"), ..ends() }), (Kind::Limit, "name"));
    assert_eq!(unwritten(Ends { raw: &b"a\0b"[..], ..ends() }), (Kind::Malformed, "raw"));
    assert_eq!(unwritten(Ends { body: &[0; 201][..], ..ends() }), (Kind::Limit, "size"));
}

#[test]
fn shared_payloads_leave_from_where_they_are() {
    let payload = Bytes::from(vec![7; 4000]);
    let message = Long { head: 1, payload: payload.clone() };
    let mut out = Gather::new();
    Declared::<Long<Span>>::new().encode(message, &mut out).expect("lawful");
    let there = out.chunks().any(|chunk| chunk.as_ptr() == payload.as_ptr() && chunk.len() == payload.len());
    assert!(there, "the payload was copied");
    let copied: usize = out.chunks().map(<[u8]>::len).sum::<usize>() - payload.len();
    assert_eq!(copied, 4 + 1);

    let frame: Bytes = out.chunks().flatten().copied().collect::<Vec<u8>>().into();
    let view = wireview::declare::parse::<Long<Span>>(&frame, ()).expect("lawful");
    assert_eq!(view.payload.as_ptr(), frame[5..].as_ptr());
    let spans = <Long<Span> as wireview::Message>::point(view, &frame).expect("it lies in the frame");
    assert_eq!(wireview::Message::share(&spans, &frame).payload.as_ptr(), frame[5..].as_ptr());
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u32, counts = after, max = 1 << 20))]
struct Long<B> {
    head: u8,
    #[wire(rest)]
    payload: B,
}
