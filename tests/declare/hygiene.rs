//! Where a declaration can stand, and what its names can be.

use bytes::Bytes;
use wireview::declare::{Check, Computed, Text};
use wireview::{Seq, Span, Wire};

use crate::support::{golden, golden_given, try_written};

/// Fields that are called as generated code could call its own, and as words of the language.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 200))]
struct Names<B> {
    r#type: u8,
    source: u8,
    out: u8,
    given: u8,
    run: u8,
    len: Computed<u8>,
    tag: u8,
    bits: u8,
    start: u8,
    #[wire(if = r#type & 1 != 0)]
    r#if: Option<u8>,
    #[wire(len = len)]
    value: B,
    #[wire(len = u8)]
    f: B,
    _unused: u8,
    frame: u8,
    offset: u8,
    message: u8,
    error: u8,
}

#[test]
fn names_of_fields() {
    let names: Names<&[u8]> = Names {
        r#type: 3,
        source: 1,
        out: 2,
        given: 3,
        run: 4,
        len: Computed::new(),
        tag: 5,
        bits: 6,
        start: 7,
        r#if: Some(8),
        value: b"v",
        f: b"f",
        _unused: 9,
        frame: 10,
        offset: 11,
        message: 12,
        error: 13,
    };
    golden::<Names<Span>>(names, b"\x03\x01\x02\x03\x04\x01\x05\x06\x07\x08v\x01f\x09\x0a\x0b\x0c\x0d");
}

/// Variants that are called as what is associated with them.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8, frame(scan, max = 200))]
#[allow(clippy::enum_variant_names)]
enum Variants<B> {
    #[wire(tag = 0)]
    Context,
    #[wire(tag = 1)]
    Of(u8),
    #[wire(tag = 2)]
    Family { family: u8 },
    #[wire(tag = 3)]
    Some(#[wire(len = u8)] B),
    #[wire(tag = 4)]
    None,
    #[wire(tag = 5)]
    Ok,
    #[wire(tag = 6)]
    Err,
}

#[test]
fn names_of_variants() {
    golden::<Variants<Span>>(Variants::Context, b"\0");
    golden::<Variants<Span>>(Variants::Of(1), b"\x01\x01");
    golden::<Variants<Span>>(Variants::Family { family: 2 }, b"\x02\x02");
    golden::<Variants<Span>>(Variants::Some(b"x"), b"\x03\x01x");
    golden::<Variants<Span>>(Variants::None, b"\x04");
}

/// A module in which nothing is what it is called, and nothing is there by itself.
mod shadowed {
    #![no_implicit_prelude]
    #![allow(dead_code)]

    use ::core::clone::Clone;
    use ::core::cmp::PartialEq;
    use ::core::fmt::Debug;
    use ::core::marker::Copy;

    pub(super) struct Option;
    pub(super) struct Result;
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) struct Error;
    pub(super) struct Span;
    pub(super) struct Gather;
    pub(super) trait From {}
    pub(super) trait TryFrom {}
    pub(super) trait Iterator {}
    pub(super) mod core {}
    pub(super) mod wireview {}
    pub(super) mod u8 {}
    pub(super) mod usize {}
    pub(super) fn drop() {}
    const LIMIT: ::core::primitive::u16 = 9;
    fn is_any(_: &::core::primitive::u8) -> bool {
        true
    }

    #[derive(Clone, Copy, Debug, PartialEq, ::wireview::Wire)]
    #[wire(frame(length = u16, counts = after, max = 500), given(version: u16))]
    pub(super) struct Message<B> {
        #[wire(varint)]
        pub(super) number: u32,
        #[wire(zigzag)]
        pub(super) signed: i16,
        #[wire(bits = 3)]
        pub(super) bits: u8,
        #[wire(bits = 5, assert = five != 31)]
        pub(super) five: u8,
        #[wire(if = bits & 1 != 0)]
        pub(super) maybe: ::core::option::Option<u16>,
        #[wire(since = 3, len = u8)]
        pub(super) newer: ::core::option::Option<::wireview::declare::Text<B>>,
        #[wire(nul, max = LIMIT, each = is_any)]
        pub(super) line: B,
        #[wire(count = u8)]
        pub(super) list: ::wireview::Seq<B, Item<::wireview::Span>>,
        #[wire(align = 4)]
        pub(super) pad: (),
        #[wire(check(..))]
        pub(super) sum: ::wireview::declare::Check<::wireview::declare::Crc32c>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, ::wireview::Wire)]
    #[wire(tag = varint, len = u16, max = 100)]
    pub(super) enum Item<B> {
        #[wire(tag = 1)]
        Number(u64),
        #[wire(unknown)]
        Other {
            #[wire(tag)]
            kind: u64,
            #[wire(rest)]
            value: B,
        },
    }
}

#[test]
fn modules_in_which_nothing_is_what_it_is_called() {
    let message: shadowed::Message<&[u8]> = shadowed::Message {
        number: 300,
        signed: -1,
        bits: 0,
        five: 3,
        maybe: Some(5),
        newer: Some(Text::from("n")),
        line: b"li",
        list: Seq::new(b"\x01\0\x08\0\0\0\0\0\0\0\x07\x02\0\x01v", 2),
        pad: (),
        sum: Check::new(),
    };
    let written = try_written(message, (3,)).expect("lawful");
    let head = b"\0\x22\xac\x02\x01\x23\0\x05\x01nli\0\x02\x01\0\x08\0\0\0\0\0\0\0\x07\x02\0\x01v\0\0\0";
    assert_eq!(&written[..head.len()], head);
    assert_eq!(written.len(), head.len() + 4);
    golden_given::<shadowed::Message<Span>>(shadowed::Message { bits: 1, ..message }, &written, (3,));
}

/// A holder by default, as in a program that keeps what it has read.
#[derive(Clone, Debug, PartialEq, Copy, Wire)]
#[wire(frame(scan, max = 100))]
struct Kept<B = Bytes> {
    #[wire(len = u8)]
    name: Text<B>,
    #[wire(count = u8)]
    list: Seq<B, Kept<Span>>,
}

/// Structs of no names, of one, of nothing; a name for wireview of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 100), crate = crate::hygiene::renamed)]
struct Tuple<Bytes>(u8, #[wire(len = u8)] Bytes, #[wire(little)] u16, Unit, Braces, One<Bytes>);

mod renamed {
    pub(crate) use ::wireview::*;
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Unit;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(magic = b"{}")]
struct Braces {}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct One<B>(#[wire(len = u8, assert = true)] B);

#[test]
fn shapes_of_structs() {
    golden::<Tuple<Span>>(Tuple(1, b"b", 2, Unit, Braces {}, One(b"o")), b"\x01\x01b\x02\0{}\x01o");
    let kept: Kept<&[u8]> = Kept { name: Text::from("k"), list: Seq::new(b"\x01l\0", 1) };
    golden::<Kept<Span>>(kept, b"\x01k\x01\x01l\0");
    let owned: Option<Kept> = None;
    assert!(owned.is_none());
}
