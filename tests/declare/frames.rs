//! Where frames end: by a length of every type that counts either way, wherever it stands; by their fields; by their size.

use wireview::declare::{Computed, Declared, parse};
use wireview::{Boundary, Codec, Encode, Gather, Kind, Span, Wire};

use crate::support::{golden, refused, unwritten};

/// One frame for each type of length.
macro_rules! frames {
    ($($name:ident: $length:tt $counts:ident $max:tt $order:ident;)*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Wire)]
        #[wire($order, magic = b"M", frame(length = $length, counts = $counts, max = $max))]
        struct $name<B> {
            kind: u8,
            #[wire(rest)]
            body: B,
        }
    )*};
}

frames! {
    After1: u8 after 200 big;
    After2: u16 after 200 big;
    After3: u24 after 200 little;
    After4: u32 after 200 little;
    After8: u64 after 200 big;
    All1: u8 all 200 big;
    All2: u16 all 200 little;
    All4: u32 all 200 big;
    AfterLeb: varint after 200 big;
    AllLeb: varint all 200 big;
}

#[test]
fn lengths_of_every_type() {
    golden::<After1<Span>>(After1 { kind: 7, body: b"ab" }, b"M\x03\x07ab");
    golden::<After2<Span>>(After2 { kind: 7, body: b"ab" }, b"M\0\x03\x07ab");
    golden::<After3<Span>>(After3 { kind: 7, body: b"ab" }, b"M\x03\0\0\x07ab");
    golden::<After4<Span>>(After4 { kind: 7, body: b"ab" }, b"M\x03\0\0\0\x07ab");
    golden::<After8<Span>>(After8 { kind: 7, body: b"ab" }, b"M\0\0\0\0\0\0\0\x03\x07ab");
    golden::<All1<Span>>(All1 { kind: 7, body: b"ab" }, b"M\x05\x07ab");
    golden::<All2<Span>>(All2 { kind: 7, body: b"ab" }, b"M\x06\0\x07ab");
    golden::<All4<Span>>(All4 { kind: 7, body: b"ab" }, b"M\0\0\0\x08\x07ab");
    golden::<AfterLeb<Span>>(AfterLeb { kind: 7, body: b"ab" }, b"M\x03\x07ab");
    golden::<AllLeb<Span>>(AllLeb { kind: 7, body: b"ab" }, b"M\x05\x07ab");
}

#[test]
fn lengths_where_leb128_gets_longer() {
    for len in 120..140_usize {
        let body: &'static [u8] = vec![b'x'; len].leak();
        // Behind the length: the kind and the body.
        let mut after = vec![b'M'];
        let counted = len + 1;
        if counted < 128 {
            after.push(counted as u8);
        } else {
            after.extend([counted as u8 | 0x80, (counted >> 7) as u8]);
        }
        after.push(7);
        after.extend(body);
        golden::<AfterLeb<Span>>(AfterLeb { kind: 7, body }, &after);
        // All of it, the length itself among it.
        let mut all = vec![b'M'];
        let counted = if len + 3 < 128 { len + 3 } else { len + 4 };
        if counted < 128 {
            all.push(counted as u8);
        } else {
            all.extend([counted as u8 | 0x80, (counted >> 7) as u8]);
        }
        all.push(7);
        all.extend(body);
        golden::<AllLeb<Span>>(AllLeb { kind: 7, body }, &all);
    }
}

#[test]
fn lengths_that_cannot_be() {
    assert_eq!(refused::<After2<Span>>(b"M\0\xc9"), (Kind::Limit, "length", 1));
    assert_eq!(refused::<After2<Span>>(b"N\0\x03"), (Kind::Malformed, "magic", 0));
    assert_eq!(refused::<After2<Span>>(b"M\0\0"), (Kind::Truncated, "kind", 3));
    // Less than what has been read.
    assert_eq!(refused::<All4<Span>>(b"M\0\0\0\x04"), (Kind::Malformed, "length", 1));
    assert_eq!(refused::<AllLeb<Span>>(b"M\x01"), (Kind::Malformed, "length", 1));
    assert_eq!(refused::<AfterLeb<Span>>(b"M\xc9\x01"), (Kind::Limit, "length", 1));
    assert_eq!(refused::<AfterLeb<Span>>(b"M\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), (Kind::Overflow, "length", 1));
    let long = [0; 200];
    assert_eq!(unwritten(After2 { kind: 0, body: &long[..] }), (Kind::Limit, "length"));
    assert_eq!(unwritten(AfterLeb { kind: 0, body: &long[..] }), (Kind::Limit, "length"));
    assert_eq!(unwritten(AllLeb { kind: 0, body: &long[..] }), (Kind::Limit, "length"));
    assert_eq!(unwritten(All1 { kind: 0, body: &long[..198] }), (Kind::Limit, "length"));
}

#[test]
fn what_is_needed_to_know_the_end() {
    let need = |bytes: &[u8]| Declared::<After4<Span>>::new().delimit(bytes);
    for cut in 0..5 {
        assert_eq!(need(&b"M\x03\0\0\0"[..cut]), Ok(Boundary::Need(5)));
    }
    assert_eq!(need(b"M\x03\0\0\0"), Ok(Boundary::Frame { head: 5, body: 3, tail: 0 }));
    let need = |bytes: &[u8]| Declared::<AfterLeb<Span>>::new().delimit(bytes);
    assert_eq!(need(b""), Ok(Boundary::Need(1)));
    assert_eq!(need(b"M"), Ok(Boundary::Need(2)));
    assert_eq!(need(b"M\x80"), Ok(Boundary::Need(3)));
    assert_eq!(need(b"M\x80\x01"), Ok(Boundary::Frame { head: 3, body: 128, tail: 0 }));
}

/// The length stands among the fields.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(little)]
struct Middle<B> {
    kind: u16,
    #[wire(bits = 4)]
    high: u8,
    #[wire(bits = 4)]
    low: u8,
    key: [u8; 2],
    #[wire(frame(counts = all, max = 0x1_0000), width = 3)]
    size: Computed<u32>,
    sequence: u32,
    #[wire(rest)]
    body: B,
}

/// The same in LEB128 that counts what is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct MiddleLeb<B> {
    kind: u16,
    #[wire(frame(counts = after, max = 1000), varint)]
    size: Computed<u32>,
    #[wire(len = u8)]
    name: B,
    #[wire(rest)]
    body: B,
}

#[test]
fn lengths_among_the_fields() {
    let middle =
        Middle { kind: 1, high: 2, low: 3, key: *b"ke", size: Computed::new(), sequence: 4, body: &b"body"[..] };
    golden::<Middle<Span>>(middle, b"\x01\0\x23ke\x10\0\0\x04\0\0\0body");
    assert_eq!(refused::<Middle<Span>>(b"\x01\0\x23ke\x07\0\0\x04\0\0\0"), (Kind::Malformed, "size", 5));
    assert_eq!(refused::<Middle<Span>>(b"\x01\0\x23ke\x01\0\x01\x04\0\0\0"), (Kind::Limit, "size", 5));
    let leb: MiddleLeb<&[u8]> = MiddleLeb { kind: 1, size: Computed::new(), name: &b"na"[..], body: &[7; 200][..] };
    let bytes = [&b"\0\x01\xcb\x01\x02na"[..], &[7; 200]].concat();
    golden::<MiddleLeb<Span>>(leb, &bytes);
    // A length of more bytes than it needs is as good.
    assert!(parse::<MiddleLeb<Span>>(b"\0\x01\x81\0\0", ()).is_ok());
    assert_eq!(refused::<MiddleLeb<Span>>(b"\0\x01\xe9\x07"), (Kind::Limit, "size", 2));
}

/// A frame in a frame, which is a nested message there.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u16, counts = after, max = 100))]
struct Outer<B> {
    inner: After1<B>,
    again: AllLeb<B>,
    end: u8,
}

#[test]
fn frames_in_frames() {
    let outer: Outer<&[u8]> =
        Outer { inner: After1 { kind: 1, body: b"in" }, again: AllLeb { kind: 2, body: b"ag" }, end: 9 };
    golden::<Outer<Span>>(outer, b"\0\x0bM\x03\x01inM\x05\x02ag\x09");
    assert_eq!(refused::<Outer<Span>>(b"\0\x04M\x03\x01i"), (Kind::Truncated, "length", 4));
}

/// No length: the end is that of the last field.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 20))]
struct Scanned<B> {
    #[wire(len = u8)]
    name: B,
    #[wire(nul, max = 10)]
    line: B,
    #[wire(len = u16, max = 1000)]
    inner: Nine<B>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Nine<B> {
    #[wire(len = u8)]
    data: B,
}

#[test]
fn frames_that_are_scanned() {
    golden::<Scanned<Span>>(Scanned { name: b"na", line: b"li", inner: Nine { data: b"d" } }, b"\x02nali\0\0\x02\x01d");
    let need = |bytes: &[u8]| Declared::<Scanned<Span>>::new().delimit(bytes);
    assert_eq!(need(b""), Ok(Boundary::Need(1)));
    assert_eq!(need(b"\x02n"), Ok(Boundary::Need(3)));
    assert_eq!(need(b"\x02nali"), Ok(Boundary::Need(6)));
    assert_eq!(need(b"\x02nali\0"), Ok(Boundary::Need(8)));
    assert_eq!(need(b"\x02nali\0\0\x02"), Ok(Boundary::Need(10)));
    assert_eq!(need(b"\x02nali\0\0\x02\x01d and more"), Ok(Boundary::whole(10)));
    // What cannot end within 20 bytes, and what does not come within its region however long one waits.
    assert_eq!(refused::<Scanned<Span>>(b"\x14"), (Kind::Limit, "Scanned", 0));
    assert_eq!(refused::<Scanned<Span>>(b"\0\0\0\x11"), (Kind::Limit, "Scanned", 0));
    assert_eq!(refused::<Scanned<Span>>(b"\0\0\0\x02\x02d"), (Kind::Truncated, "data", 5));
    assert_eq!(refused::<Scanned<Span>>(b"\0\0\0\x02\0d"), (Kind::Malformed, "inner", 5));
    // Nor is it written.
    let long = |data| Scanned { name: &b"na"[..], line: b"li", inner: Nine { data } };
    let put = |data| Declared::<Scanned<Span>>::new().encode(long(data), &mut Gather::new());
    assert_eq!(put(&[7; 11]), Ok(()));
    assert_eq!(put(&[7; 12]).map_err(|error| (error.kind(), error.field())), Err((Kind::Limit, "Scanned")));
}

/// As long as it is.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(magic = 0xFF_u8)]
struct Fixed {
    a: u8,
    #[wire(pad = 2)]
    b: (),
    c: [u8; 2],
}

#[test]
fn frames_of_a_size() {
    golden::<Fixed>(Fixed { a: 1, b: (), c: *b"cc" }, b"\xff\x01\0\0cc");
    assert_eq!(Declared::<Fixed>::new().delimit(b"\xff"), Ok(Boundary::Need(6)));
    assert_eq!(Declared::<Fixed>::new().delimit(&[0; 9]), Ok(Boundary::whole(6)));
    assert_eq!(refused::<Fixed>(b"\xfe\x01\0\0cc"), (Kind::Malformed, "magic", 0));
    assert_eq!(refused::<Fixed>(b"\xff\x01\0\x01cc"), (Kind::Malformed, "b", 2));
}
