//! Declared messages: what `#[derive(Wire)]` reads and writes.

mod bits;
mod bytes;
mod checks;
mod conditions;
mod frames;
mod hygiene;
mod lists;
mod numbers;
mod support;
mod unions;
mod variants;

use wireview::declare::{Check, Computed, Crc32c, Declared, Internet, Text};
use wireview::{Codec, Encode, Gather, Kind, Seq, Span, Wire, laws};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big, frame(length = u32, counts = after, max = 1 << 20), magic = 0xCAFE_u16)]
struct Publish<B> {
    #[wire(bits = 4)]
    version: u8,
    #[wire(bits = 4)]
    flags: u8,
    stream: u32,
    #[wire(len = u8)]
    topic: Text<B>,
    #[wire(if = flags & 1 != 0)]
    deadline: Option<u64>,
    #[wire(count = u16, max = 64)]
    headers: Seq<B, Header<Span>>,
    #[wire(len = varint, max = 1 << 20)]
    payload: B,
    #[wire(crc32c(version..=payload))]
    checksum: Check<Crc32c>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Header<B> {
    #[wire(len = u8)]
    name: Text<B>,
    #[wire(len = u16, max = 1000)]
    value: B,
}

/// Numbers of all kinds.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 4096))]
struct Numbers {
    a: u8,
    b: i16,
    #[wire(little)]
    c: u32,
    #[wire(width = 3)]
    d: u32,
    #[wire(width = 3, little)]
    e: i32,
    #[wire(width = 6)]
    f: u64,
    g: f32,
    #[wire(little)]
    h: f64,
    i: bool,
    #[wire(varint)]
    j: u32,
    #[wire(zigzag)]
    k: i64,
    #[wire(bits = 3)]
    l: u8,
    #[wire(bits = 13)]
    m: u16,
    n: [u8; 5],
    #[wire(pad = 2)]
    o: (),
    #[wire(align = 4)]
    p: (),
    q: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8, len = u16, max = 1000)]
enum Tlv<B> {
    #[wire(tag = 1)]
    Name {
        #[wire(rest)]
        name: Text<B>,
    },
    #[wire(tag = 2)]
    Size(u32),
    #[wire(tag = 3)]
    Nothing,
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u8,
        #[wire(rest)]
        value: B,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(magic = b"TL")]
struct Options<B> {
    #[wire(bits = 4)]
    kind: Computed<u8>,
    #[wire(bits = 4)]
    low: u8,
    #[wire(frame(counts = all, max = 5000))]
    length: Computed<u16>,
    sum: u8,
    #[wire(check(.., zeroed))]
    check: Check<Internet>,
    #[wire(tag = kind, give(low))]
    body: Body<B>,
    #[wire(rest)]
    options: Seq<B, Tlv<Span>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8, given(low: u8))]
enum Body<B> {
    #[wire(tag = 0, assert = low == 0)]
    Ping,
    #[wire(tag = 1)]
    Data {
        #[wire(if = low & 2 != 0)]
        id: Option<u16>,
        #[wire(len = u16, max = 100)]
        data: B,
    },
}

fn written<C: Encode<M>, M>(codec: &mut C, message: M) -> Vec<u8> {
    let mut out = Gather::new();
    out.message(|out| codec.encode(message, out)).expect("it can be written");
    out.chunks().flatten().copied().collect()
}

fn publish() -> Publish<&'static [u8]> {
    Publish {
        version: 1,
        flags: 0,
        stream: 7,
        topic: Text::from("news"),
        deadline: Some(5),
        headers: Seq::new(&b"\x02id\0\x011"[..], 1),
        payload: b"hello",
        checksum: Check::new(),
    }
}

#[test]
fn a_message_is_written_as_it_is_declared() {
    let bytes = written(&mut Declared::<Publish<Span>>::new(), publish());
    let body = b"\x11\0\0\0\x07\x04news\0\0\0\0\0\0\0\x05\0\x01\x02id\0\x011\x05hello";
    assert_eq!(&bytes[..4], (body.len() as u32 + 6).to_be_bytes());
    assert_eq!(&bytes[4..6], b"\xca\xfe");
    assert_eq!(&bytes[6..bytes.len() - 4], body);
    let mut sum = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    sum.update(body);
    assert_eq!(&bytes[bytes.len() - 4..], (sum.finalize() as u32).to_be_bytes());
}

#[test]
fn publish_keeps_the_laws() {
    let bytes = written(&mut Declared::<Publish<Span>>::new(), publish());
    let seen = laws::check(Declared::<Publish<Span>>::new, &bytes);
    assert_eq!(seen.views().count(), 1);
    assert!(laws::check_round_trip(Declared::<Publish<Span>>::new, &bytes).messages == 1);
    for mutant in laws::mutants(&[&bytes], 300) {
        laws::check(Declared::<Publish<Span>>::new, &mutant);
        laws::check_round_trip(Declared::<Publish<Span>>::new, &mutant);
    }
}

#[test]
fn numbers_come_back() {
    let numbers = Numbers {
        a: 200,
        b: -2,
        c: 0x0102_0304,
        d: 0x01_0203,
        e: -3,
        f: 0x0102_0304_0506,
        g: 1.5,
        h: -2.5,
        i: true,
        j: 300,
        k: -65,
        l: 5,
        m: 0x1234,
        n: *b"hello",
        o: (),
        p: (),
        q: -7,
    };
    let bytes = written(&mut Declared::<Numbers>::new(), numbers);
    let wanted: &[u8] = b"\xc8\xff\xfe\x04\x03\x02\x01\x01\x02\x03\xfd\xff\xff\x01\x02\x03\x04\x05\x06\x3f\xc0\0\0\0\0\0\0\0\0\x04\xc0\x01\
        \xac\x02\x81\x01\xb2\x34hello\0\0";
    assert_eq!(&bytes[..wanted.len()], wanted);
    assert_eq!(bytes.len(), wanted.len().next_multiple_of(4) + 16);
    let outcome = laws::Laws::all().every_cut_up_to(200).check(Declared::<Numbers>::new, &bytes);
    assert_eq!(outcome.views().next(), Some(numbers));
    laws::check_round_trip(Declared::<Numbers>::new, &bytes);
    let wrong = Numbers { d: 1 << 24, ..numbers };
    let mut out = Gather::new();
    let error = Declared::<Numbers>::new().encode(wrong, &mut out).expect_err("more than 24 bits");
    assert_eq!((error.kind(), error.field()), (Kind::Limit, "d"));
}

#[test]
fn unions_options_and_checksums() {
    let options = Options {
        kind: Computed::new(),
        low: 2,
        length: Computed::new(),
        sum: 9,
        check: Check::new(),
        body: Body::Data { id: Some(0x0102), data: &b"xyz"[..] },
        options: Seq::new(&b"\x01\0\x02hi\x02\0\x04\0\0\0\x09\x03\0\0\x63\0\x01!"[..], 4),
    };
    let bytes = written(&mut Declared::<Options<Span>>::new(), options);
    assert_eq!(&bytes[..6], &[b'T', b'L', 0x12, 0, bytes.len() as u8, 9]);
    let outcome = laws::check(Declared::<Options<Span>>::new, &bytes);
    let view = outcome.views().next().expect("it reads");
    assert_eq!(view.body, options.body);
    let tlvs: Vec<_> = view.options.iter().collect::<Result<_, _>>().expect("they were checked");
    assert_eq!(
        tlvs,
        [Tlv::Name { name: Text::from("hi") }, Tlv::Size(9), Tlv::Nothing, Tlv::Other { kind: 0x63, value: &b"!"[..] }]
    );
    for mutant in laws::mutants(&[&bytes], 1000) {
        laws::check(Declared::<Options<Span>>::new, &mutant);
        laws::check_round_trip(Declared::<Options<Span>>::new, &mutant);
    }
    let error = Declared::<Options<Span>>::new().encode(Options { low: 0, ..options }, &mut Gather::new());
    assert_eq!(error.map_err(|error| (error.kind(), error.field())), Err((Kind::Malformed, "id")));
}

/// A type that holds itself.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8)]
enum Tree<B> {
    #[wire(tag = 0)]
    Leaf(u8),
    #[wire(tag = 1)]
    Node(#[wire(len = u32, max = 1 << 24)] Seq<B, Tree<Span>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u32, counts = after, max = 1 << 24))]
struct Root<B> {
    tree: Tree<B>,
}

/// Nodes in each other, a leaf in the innermost.
fn nested(depth: usize) -> Vec<u8> {
    let mut tree = vec![0, 7];
    for _ in 0..depth {
        tree = [&[1][..], &(tree.len() as u32).to_be_bytes(), &tree].concat();
    }
    [&(tree.len() as u32).to_be_bytes()[..], &tree].concat()
}

#[test]
fn a_peer_does_not_decide_how_deep_the_stack_gets() {
    let codec = Declared::<Root<Span>>::new();
    let deepest = usize::from(wireview::declare::MAX_DEPTH);
    laws::check(Declared::<Root<Span>>::new, &nested(deepest));
    laws::check_round_trip(Declared::<Root<Span>>::new, &nested(deepest));
    assert!(codec.parse(&nested(deepest)).is_ok());
    for depth in [deepest + 1, 3000] {
        let error = codec.parse(&nested(depth)).expect_err("too deep");
        assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Limit, "Node", 4 + 5 * (deepest + 1)));
    }
}

/// What may be cut off at its end, bytes of which something is true, and lengths that are no longer than they need be.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = varint(4, minimal), counts = after, max = 1000))]
struct Tail<B> {
    #[wire(len = varint(2, minimal), max = 300, each = u8::is_ascii_lowercase)]
    word: Text<B>,
    #[wire(more, assert = code != 0)]
    code: Option<u16>,
    #[wire(more, len = u8, each = is_even)]
    data: Option<B>,
    #[wire(more, rest, max = 4, assert = !rest.is_empty())]
    rest: Option<Seq<B, Level>>,
}

fn is_even(byte: &u8) -> bool {
    byte.is_multiple_of(2)
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8)]
enum Level {
    #[wire(tag = 1)]
    Low(#[wire(assert = value < 10)] u8),
    #[wire(tag = 2)]
    High,
}

fn read(bytes: &[u8]) -> wireview::Result<Tail<&[u8]>> {
    let mut codec = Declared::<Tail<Span>>::new();
    codec.delimit(bytes)?;
    codec.parse(bytes)
}

#[test]
fn what_is_left_out_at_the_end() {
    let mut codec = Declared::<Tail<Span>>::new();
    for bytes in [
        &b"\x03\x02hi"[..],
        b"\x05\x02hi\x01\x02",
        b"\x08\x02hi\x01\x02\x02\x04\x06",
        b"\x09\x02hi\x01\x02\0\x02\x01\x09",
    ] {
        let tail = read(bytes).expect("lawful");
        assert_eq!(written(&mut codec, tail), bytes);
        laws::Laws::all().canonical().check_round_trip(Declared::<Tail<Span>>::new, bytes);
    }
    let refused = |bytes: &[u8]| match read(bytes) {
        Ok(tail) => panic!("{tail:?}"),
        Err(error) => (error.kind(), error.field(), error.offset()),
    };
    assert_eq!(refused(b"\x03\x02hI"), (Kind::Malformed, "word", 3));
    assert_eq!(refused(b"\x05\x02hi\0\0"), (Kind::Malformed, "code", 4));
    assert_eq!(refused(b"\x04\x02hi\x01"), (Kind::Truncated, "code", 4));
    assert_eq!(refused(b"\x08\x02hi\x01\x02\x02\x04\x05"), (Kind::Malformed, "data", 8));
    assert_eq!(refused(b"\x08\x02hi\x01\x02\0\x01\x0a"), (Kind::Malformed, "Low", 8));
    assert_eq!(refused(b"\x04\x82\0hi"), (Kind::Malformed, "word.len", 1));
    assert_eq!(refused(b"\x83\0\x02hi"), (Kind::Malformed, "length", 0));

    let tail = Tail { word: Text::from("hi"), code: Some(258), data: Some(&b"\x04"[..]), rest: None };
    let put = |tail: Tail<&'static [u8]>| {
        let mut out = Gather::new();
        let error = out.message(|out| Declared::<Tail<Span>>::new().encode(tail, out)).expect_err("not lawful");
        (error.kind(), error.field())
    };
    assert_eq!(put(Tail { code: None, ..tail }), (Kind::Malformed, "data"));
    assert_eq!(put(Tail { code: Some(0), ..tail }), (Kind::Malformed, "code"));
    assert_eq!(put(Tail { word: Text::from("Hi"), ..tail }), (Kind::Malformed, "word"));
    assert_eq!(put(Tail { data: Some(b"\x01"), ..tail }), (Kind::Malformed, "data"));
    assert_eq!(put(Tail { rest: Some(Seq::default()), ..tail }), (Kind::Malformed, "rest"));
}

/// A record of which later versions know more.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(given(version: u16))]
struct Entry<B> {
    #[wire(len = u8)]
    key: B,
    #[wire(since = 2)]
    time: Option<u32>,
    #[wire(since = 1, until = 3)]
    old: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u16, counts = after, max = 1000), given(version: u16))]
struct Entries<B> {
    #[wire(count = u8, give(version))]
    list: Seq<B, Entry<Span>>,
}

#[test]
fn a_version_is_given() {
    let entry = |version| Entry {
        key: &b"k"[..],
        time: (version >= 2).then_some(9),
        old: (1..3).contains(&version).then_some(5),
    };
    for (version, wanted) in [(0, 2), (1, 3), (2, 7), (3, 6)] {
        let list = Seq::<_, Entry<Span>>::write([entry(version), entry(version)], (version,)).expect("of this version");
        let factory = || Declared::<Entries<Span>>::given((version,));
        let bytes = written(&mut factory(), Entries { list });
        assert_eq!(bytes.len(), 3 + 2 * wanted);
        laws::check(factory, &bytes);
        laws::check_round_trip(factory, &bytes);
        let view = factory().parse(&bytes).expect("of this version");
        let read: Vec<_> = view.list.iter_given((version,)).collect();
        assert_eq!(read, [Ok(entry(version)), Ok(entry(version))]);
        let other = Seq::<_, Entry<Span>>::write([entry(version)], (9 * (version + 1),));
        assert_eq!(other.map_err(|error| error.kind()).is_ok(), version == 3);
    }
}

/// Constants of some bits in front of a length are known before the length is.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(magic = b"M")]
struct Versioned<B> {
    #[wire(bits = 3, magic = 5)]
    version: (),
    #[wire(bits = 5)]
    flags: u8,
    #[wire(frame(counts = after, max = 100))]
    length: Computed<u8>,
    #[wire(rest)]
    data: B,
}

#[test]
fn another_version_has_no_boundary() {
    let mut codec = Declared::<Versioned<Span>>::new();
    assert!(codec.delimit(b"M\xa3\x02").is_ok());
    for (bytes, field) in [(&b"M\x83\x02"[..], "version"), (b"M\xc3\x02", "version"), (b"N\xa3\x02", "magic")] {
        let error = codec.delimit(bytes).expect_err("another version");
        assert_eq!(
            (error.kind(), error.field(), error.offset()),
            (Kind::Malformed, field, usize::from(field == "version"))
        );
    }
    let message = Versioned { version: (), flags: 3, length: Computed::new(), data: &b"hi"[..] };
    assert_eq!(written(&mut codec, message), b"M\xa3\x02hi");
}
