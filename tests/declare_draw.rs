//! Declared messages that are drawn, and the laws they keep.

use proptest::prelude::*;
use wireview::declare::{self, Check, Computed, Declare, Declared, Framed, Put, Text};
use wireview::laws::{self, Draw, Fault, Laws};
use wireview::{Codec, Encode, Gather, Kind, Seq, Span, Wire};

mod declared;
use declared::*;

wireview::declared_laws!(publish, Publish<Span>);
wireview::declared_laws!(numbers, Numbers);
wireview::declared_laws!(options, Options<Span>, Laws::all());
wireview::declared_laws!(bytes, Bytes<Span>);
wireview::declared_laws!(question, Question<Span>);
wireview::declared_laws!(command, Command<Span>);
wireview::declared_laws!(packet, Packet<Span>);
wireview::declared_laws!(conditions_1, Conditions<Span>, given = (1,));
wireview::declared_laws!(conditions_2, Conditions<Span>, given = (2,));
wireview::declared_laws!(conditions_3, Conditions<Span>, given = (3,));
wireview::declared_laws!(conditions_6, Conditions<Span>, given = (6,));

// What encoder, decoder and generator share breaks no law: only bytes that were written by hand tell.

fn written<M: Framed, P: Put<Family = M>>(message: P, given: M::Context) -> Vec<u8> {
    let mut out = Gather::new();
    out.message(|out| Declared::<M>::given(given).encode(message, out)).expect("it can be written");
    out.chunks().flatten().copied().collect()
}

fn refused<M: Framed + Declare<Context = ()>>(frame: &[u8]) -> (Kind, &'static str) {
    let mut codec = Declared::<M>::new();
    let error = codec.delimit(frame).map(drop).and_then(|()| codec.parse(frame).map(drop)).expect_err("it is refused");
    (error.kind(), error.field())
}

#[test]
fn bytes_as_they_were_written_by_hand() {
    assert_eq!(written(Packet::Data(&b"hi"[..]), ()), b"\x02\x01\x02\0hi");
    assert_eq!(written(Packet::Other { kind: 0x0203, body: &b"!"[..] }, ()), b"\x03\x02\x01!");
    let set = Command::Set { quiet: true, _gap: (), _two: (), level: 1, ttl: 0x155, value: &b"x"[..] };
    assert_eq!(written(set, ()), b"\x02\x01\0\0\x49\x55\0\x01x");

    let answers = b"\xac\x02\x03";
    let question = Question {
        _five: (),
        flag: true,
        count: Computed::new(),
        name: Seq::new(&b"\x02ab\0"[..], 2),
        answers: Seq::new(&answers[..], 1),
        one: Check::new(),
        two: Check::new(),
        _gap: (),
    };
    let covered = b"\x02ab\0\xac\x02\x03";
    let (a, b) = covered
        .iter()
        .fold((1, 0), |(a, b), byte| ((a + u32::from(*byte)) % 65521, (b + a + u32::from(*byte)) % 65521));
    let mut wanted = [&b"\0\x1d"[..], covered, &(b << 16 | a).to_le_bytes()].concat();
    let mut crc = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32IsoHdlc);
    crc.update(&wanted);
    wanted.extend((crc.finalize() as u32).to_be_bytes());
    wanted.resize(24, 0);
    assert_eq!(written(question, ()), wanted);
    let view = declare::parse::<Question<Span>>(&wanted, ()).expect("it reads");
    assert_eq!(view.answers.iter().next(), Some(Ok(Answer::Number(-2))));

    let bytes = Bytes {
        name: Text::from("n"),
        five: &b"12345"[..],
        three: Text::from("abc"),
        size: Computed::new(),
        short: b"",
        sized: b"xy",
        inner: Inner { number: 300, value: &b"z"[..] },
        pairs: Seq::new(&b"\x01\x02\x03\x04\x05\x06"[..], 2),
        short_pairs: Seq::new(&b""[..], 0),
        text: Text::from("rest"),
    };
    let wanted = b"\x23n\x0012345abc\x02\0\0\0\0xy\x03\0\0\xac\x02z\x01\x02\x03\x04\x05\x06\0rest";
    assert_eq!((written(bytes, ()), wanted.len()), (wanted.to_vec(), 0x23));
}

#[test]
fn versions_begin_and_end_where_they_say() {
    for (version, there) in
        [(1, [false, true, false]), (2, [false, true, true]), (3, [true, false, true]), (4, [true, false, false])]
    {
        let message = Conditions::<Span>::draw(&mut Draw::new(1), (version,)).expect("drawn");
        assert_eq!([message.new.is_some(), message.old.is_some(), message.between.is_some()], there, "{version}");
        assert_eq!(message.third.is_some(), message.kind == 3 && version > 2);
    }
}

#[test]
fn what_is_not_as_declared_is_refused_when_it_is_read() {
    let get = |len: usize| [b"\x01".as_slice(), &vec![b'k'; len], b"\0"].concat();
    assert!(declare::parse::<Command<Span>>(&get(30), ()).is_ok());
    assert_eq!(refused::<Command<Span>>(&get(31)), (Kind::Limit, "Get"));
    assert_eq!(refused::<Command<Span>>(b"\x05"), (Kind::Unsupported, "tag"));
    assert_eq!(refused::<Command<Span>>(b"\x02\x02\0\0\x49\x55\0\0"), (Kind::Malformed, "quiet"));
    assert_eq!(refused::<Command<Span>>(b"\x02\x01\0\x01\x49\x55\0\0"), (Kind::Malformed, "_gap"));
    assert_eq!(refused::<Command<Span>>(b"\x02\x01\0\0\x69\x55\0\0"), (Kind::Malformed, "_two"));
    assert_eq!(refused::<Command<Span>>(b"\x02\x01\0\0\x5d\x55\0\0"), (Kind::Malformed, "level"));
    assert_eq!(refused::<Command<Span>>(b"\x02\x01\0\0\x49\x55\0\x65"), (Kind::Limit, "value.len"));

    assert_eq!(refused::<Question<Span>>(b"\x01\xfd\0"), (Kind::Limit, "count"));
    assert_eq!(refused::<Question<Span>>(b"\0\x0d\x01a\x01b\x01c\x01d\x01e\x01f\0"), (Kind::Limit, "name"));
    let inner = |bytes| declare::parse::<Inner<Span>>(bytes, ()).map_err(|error| (error.kind(), error.field()));
    assert_eq!(inner(b"\x85\x01").map(|inner| inner.number), Ok(133));
    assert_eq!(inner(b"\x85\x00"), Err((Kind::Malformed, "number")));

    let mut publish = Declared::<Publish<Span>>::new();
    assert!(publish.delimit(b"\0\x10\0\0\xca\xfe").is_ok());
    let error = publish.delimit(b"\0\x10\0\x01\xca\xfe").expect_err("a byte too long");
    assert_eq!((error.kind(), error.field()), (Kind::Limit, "length"));
    assert_eq!(refused::<Publish<Span>>(b"\0\0\0\x0a\xca\xfe\0\0\0\0\0\0\0\x41"), (Kind::Limit, "headers.count"));

    let other = Packet::Other { kind: 0x0101, body: &b""[..] };
    let error = Declared::<Packet<Span>>::new().encode(other, &mut Gather::new()).expect_err("a ping by another name");
    assert_eq!((error.kind(), error.field()), (Kind::Malformed, "tag"));
    let wide = Command::Set { quiet: true, _gap: (), _two: (), level: 1, ttl: 1 << 11, value: &b"x"[..] };
    let error = Declared::<Command<Span>>::new().encode(wide, &mut Gather::new()).expect_err("of eleven bits");
    assert_eq!((error.kind(), error.field()), (Kind::Limit, "ttl"));
}

proptest! {
    /// Messages for any other property, too: a seed is all it takes.
    #[test]
    fn a_property_of_drawn_messages(seed: u64) {
        let publish = Publish::<Span>::draw(&mut Draw::new(seed), ()).expect("drawn");
        prop_assert!(publish.headers.len() <= 64 && publish.topic.to_str().is_ok());
        prop_assert_eq!(publish.deadline.is_some(), publish.flags & 1 == 1);
    }

    /// The same from what a fuzzer, or `arbitrary`, has: bytes.
    #[test]
    fn messages_from_bytes(bytes: Vec<u8>) {
        let command = Command::<Span>::draw(&mut Draw::from_input(&bytes), ()).expect("drawn");
        prop_assert!(declare::parse::<Command<Span>>(&written(command, ()), ()).is_ok());
    }
}

/// A field that is broken lies where the trace says, and nothing else is touched.
#[test]
fn one_field_is_broken() {
    let codec = Declared::<Command<Span>>::new();
    let set = b"\x02\x01\0\0\x49\x55\0\x05hello";
    let mut faults = std::collections::BTreeMap::new();
    for seed in 0..2000 {
        let broken = laws::broken(&codec, set, seed);
        assert_ne!(broken.bytes, set);
        match broken.fault {
            Fault::Bytes if broken.field == "Command.Set.value" => assert_eq!(broken.bytes[..8], set[..8]),
            Fault::Bytes => assert_eq!((&broken.field[..], &broken.bytes[4..]), ("Command.Set._gap", &set[4..])),
            Fault::Trailing => assert_eq!(broken.bytes[..set.len()], *set),
            Fault::Cut => assert!(set.starts_with(&broken.bytes)),
            Fault::Number => assert_eq!(broken.bytes.len(), set.len()),
            _ => {}
        }
        *faults.entry(format!("{:?}", broken.fault)).or_insert(0) += 1;
    }
    assert!(faults.len() >= 6 && faults.values().all(|count| *count > 50), "{faults:?}");
}

/// What cannot be drawn is said, after a bounded number of tries.
#[test]
fn what_cannot_be_is_not_drawn() {
    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    struct Never {
        #[wire(assert = number < 10 && number > 20)]
        number: u64,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    #[wire(frame(scan, max = 100))]
    struct Around<B> {
        #[wire(count = u8)]
        list: Seq<B, Never>,
        inner: Never,
    }
    assert_eq!(Around::<Span>::draw(&mut Draw::new(1), ()), None);
    assert_eq!(Around::<Span>::draw(&mut Draw::from_input(b""), ()), None);
    let told = std::panic::catch_unwind(|| laws::check_all_declared::<Around<Span>>(&Laws::all(), ()));
    assert!(
        told.expect_err("nothing was seen").downcast_ref::<String>().is_some_and(|told| told.contains("hardly any"))
    );
}
