//! Numbers of every width, in both orders, in LEB128, as floats and as `bool`.

use wireview::declare::Declared;
use wireview::{Encode, Gather, Kind, Wire};

use crate::support::{golden, refused, size, unwritten};

/// All widths of all types, most significant byte first.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Big {
    a1: u8,
    a2: u16,
    a4: u32,
    a8: u64,
    a16: u128,
    b1: i8,
    b2: i16,
    b4: i32,
    b8: i64,
    b16: i128,
    #[wire(width = 3)]
    c3: u32,
    #[wire(width = 5)]
    c5: u64,
    #[wire(width = 6)]
    c6: u64,
    #[wire(width = 7)]
    c7: u64,
    #[wire(width = 9)]
    c9: u128,
    #[wire(width = 3)]
    d3: i32,
    #[wire(width = 5)]
    d5: i64,
    #[wire(width = 1)]
    d1: i16,
    f4: f32,
    f8: f64,
    t: bool,
}

/// The same in the other order.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(little)]
struct Little {
    a1: u8,
    a2: u16,
    a4: u32,
    a8: u64,
    a16: u128,
    b1: i8,
    b2: i16,
    b4: i32,
    b8: i64,
    b16: i128,
    #[wire(width = 3)]
    c3: u32,
    #[wire(width = 5)]
    c5: u64,
    #[wire(width = 6)]
    c6: u64,
    #[wire(width = 7)]
    c7: u64,
    #[wire(width = 9)]
    c9: u128,
    #[wire(width = 3)]
    d3: i32,
    #[wire(width = 5)]
    d5: i64,
    #[wire(width = 1)]
    d1: i16,
    f4: f32,
    f8: f64,
    t: bool,
}

macro_rules! all_widths {
    ($name:ident) => {
        $name {
            a1: 1,
            a2: 0x0102,
            a4: 0x0102_0304,
            a8: 0x0102_0304_0506_0708,
            a16: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10,
            b1: -2,
            b2: -2,
            b4: -2,
            b8: -2,
            b16: -2,
            c3: 0x01_0203,
            c5: 0x01_0203_0405,
            c6: 0x0102_0304_0506,
            c7: 0x01_0203_0405_0607,
            c9: 0x01_0203_0405_0607_0809,
            d3: -8_388_608,
            d5: 0x01_0203_0405,
            d1: -128,
            f4: 1.5,
            f8: -2.5,
            t: true,
        }
    };
}

/// What stands on the wire, each number by itself.
const CELLS: [&[u8]; 21] = [
    b"\x01",
    b"\x01\x02",
    b"\x01\x02\x03\x04",
    b"\x01\x02\x03\x04\x05\x06\x07\x08",
    b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10",
    b"\xfe",
    b"\xff\xfe",
    b"\xff\xff\xff\xfe",
    b"\xff\xff\xff\xff\xff\xff\xff\xfe",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe",
    b"\x01\x02\x03",
    b"\x01\x02\x03\x04\x05",
    b"\x01\x02\x03\x04\x05\x06",
    b"\x01\x02\x03\x04\x05\x06\x07",
    b"\x01\x02\x03\x04\x05\x06\x07\x08\x09",
    b"\x80\0\0",
    b"\x01\x02\x03\x04\x05",
    b"\x80",
    b"\x3f\xc0\0\0",
    b"\xc0\x04\0\0\0\0\0\0",
    b"\x01",
];

#[test]
fn widths_most_significant_first() {
    golden::<Big>(all_widths!(Big), &CELLS.concat());
    assert_eq!(size::<Big>(), (Some(CELLS.concat().len()), false));
}

#[test]
fn widths_least_significant_first() {
    let reversed: Vec<u8> = CELLS.iter().flat_map(|cell| cell.iter().rev().copied()).collect();
    golden::<Little>(all_widths!(Little), &reversed);
}

#[test]
fn a_frame_of_numbers_ends_within_the_one_that_is_cut() {
    let whole = CELLS.concat();
    for (cut, field, at) in [(0, "a1", 0), (2, "a2", 1), (7, "a8", 7), (whole.len() - 1, "t", whole.len() - 1)] {
        // `delimit` asks for more; what is parsed all the same says which field is not there.
        let error = wireview::declare::parse::<Big>(&whole[..cut], ()).expect_err("cut");
        assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Truncated, field, at));
    }
}

#[test]
fn numbers_that_their_bytes_do_not_hold() {
    let lawful = all_widths!(Big);
    assert_eq!(unwritten(Big { c3: 1 << 24, ..lawful }), (Kind::Limit, "c3"));
    assert_eq!(unwritten(Big { c7: 1 << 56, ..lawful }), (Kind::Limit, "c7"));
    assert_eq!(unwritten(Big { d3: -8_388_609, ..lawful }), (Kind::Limit, "d3"));
    assert_eq!(unwritten(Big { d3: 8_388_608, ..lawful }), (Kind::Limit, "d3"));
    assert_eq!(unwritten(Big { d1: 128, ..lawful }), (Kind::Limit, "d1"));
    let mut wrong = CELLS.concat();
    *wrong.last_mut().expect("a byte") = 2;
    assert_eq!(refused::<Big>(&wrong), (Kind::Malformed, "t", wrong.len() - 1));
}

#[test]
fn what_was_not_written_leaves_nothing() {
    let mut out = Gather::new();
    let wrong = Big { d1: 128, ..all_widths!(Big) };
    out.message(|out| Declared::<Big>::new().encode(wrong, out)).expect_err("128 in one byte");
    assert_eq!(out.size(), 0);
}

/// Byte order of fields beside that of the type.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(little)]
struct Mixed {
    a: u16,
    #[wire(big)]
    b: u16,
    #[wire(big, width = 3)]
    c: i32,
    #[wire(big)]
    d: f32,
    #[wire(magic = 0x0102_u16)]
    e: (),
    #[wire(magic = 0x0102_u16, big)]
    f: (),
}

#[test]
fn byte_order_of_fields() {
    let mixed = Mixed { a: 0x0102, b: 0x0102, c: -2, d: 1.0, e: (), f: () };
    golden::<Mixed>(mixed, b"\x02\x01\x01\x02\xff\xff\xfe\x3f\x80\0\0\x02\x01\x01\x02");
    assert_eq!(
        refused::<Mixed>(b"\x02\x01\x01\x02\xff\xff\xfe\x3f\x80\0\0\x02\x01\x02\x01"),
        (Kind::Malformed, "f", 13)
    );
}

/// LEB128 of all types.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 100))]
struct Leb {
    #[wire(varint)]
    a: u8,
    #[wire(varint)]
    b: u16,
    #[wire(varint)]
    c: u32,
    #[wire(varint)]
    d: u64,
    #[wire(zigzag)]
    e: i8,
    #[wire(zigzag)]
    f: i16,
    #[wire(zigzag)]
    g: i32,
    #[wire(zigzag)]
    h: i64,
    #[wire(varint, width = 2)]
    i: u32,
    #[wire(zigzag, width = 2)]
    j: i32,
    #[wire(varint, minimal)]
    k: u32,
}

const LEB: Leb = Leb {
    a: 255,
    b: 300,
    c: u32::MAX,
    d: u64::MAX,
    e: -128,
    f: 1,
    g: i32::MIN,
    h: i64::MIN,
    i: 0x3fff,
    j: -8192,
    k: 127,
};

#[test]
fn leb128() {
    golden::<Leb>(
        LEB,
        b"\xff\x01\xac\x02\xff\xff\xff\xff\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff\x01\x02\xff\xff\xff\xff\x0f\
          \xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff\x7f\xff\x7f\x7f",
    );
    golden::<Leb>(Leb { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g: 0, h: 0, i: 0, j: 0, k: 0 }, b"\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(unwritten(Leb { i: 0x4000, ..LEB }), (Kind::Limit, "i"));
    assert_eq!(unwritten(Leb { j: 8192, ..LEB }), (Kind::Limit, "j"));
    assert_eq!(unwritten(Leb { j: -8193, ..LEB }), (Kind::Limit, "j"));
}

#[test]
fn leb128_that_is_too_much() {
    // Ten bits in a `u8`.
    assert_eq!(refused::<Leb>(b"\x80\x02\0\0\0\0\0\0\0\0\0"), (Kind::Overflow, "a", 0));
    // Three bytes for two.
    assert_eq!(refused::<Leb>(b"\0\0\0\0\0\0\0\0\x80\x80\x01\0\0"), (Kind::Overflow, "i", 8));
    // Eleven bytes, and a bit above 64.
    assert_eq!(
        refused::<Leb>(b"\0\0\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\0\0\0\0\0\0\0"),
        (Kind::Overflow, "d", 3)
    );
    assert_eq!(
        refused::<Leb>(b"\0\0\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02\0\0\0\0\0\0\0"),
        (Kind::Overflow, "d", 3)
    );
    // -129 in an `i8`.
    assert_eq!(refused::<Leb>(b"\0\0\0\0\x81\x02\0\0\0\0\0\0"), (Kind::Overflow, "e", 4));
    // Zero in two bytes is as good as in one, unless it is to be minimal.
    assert_eq!(refused::<Leb>(b"\x80\0\0\0\0\0\0\0\0\0\0\x80\0"), (Kind::Malformed, "k", 11));
}
