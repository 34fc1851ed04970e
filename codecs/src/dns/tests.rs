//! What the specifications say, byte by byte.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wireview::{Boundary, Codec, Encode, Gather, Kind, Result, Seq};

use super::*;

fn read(bytes: &[u8]) -> Result<Message<&[u8]>> {
    match Messages::new().delimit(bytes)? {
        Boundary::Frame { head, body, tail } if head + body as usize + tail == bytes.len() => {
            Messages::new().parse(bytes)
        }
        other => panic!("{other:?} of {}", bytes.escape_ascii()),
    }
}

fn written<M>(message: M) -> Result<Vec<u8>>
where
    Messages: Encode<M>,
{
    let mut out = Gather::new();
    out.message(|out| Messages::new().encode(message, out))?;
    Ok(out.chunks().collect::<Vec<_>>().concat())
}

/// A message with its length in front: its head, four counts, and what follows them.
fn message(flags: u16, counts: [u16; 4], rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::from((12 + rest.len() as u16).to_be_bytes());
    bytes.extend([0xab, 0xcd]);
    bytes.extend(flags.to_be_bytes());
    counts.iter().for_each(|count| bytes.extend(count.to_be_bytes()));
    bytes.extend(rest);
    bytes
}

/// An answer of one record: its name is the root.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut rest = Vec::from([0]);
    rest.extend(kind.to_be_bytes());
    rest.extend([0, 1, 0, 0, 0, 60]);
    rest.extend((data.len() as u16).to_be_bytes());
    rest.extend(data);
    message(0x8000, [0, 1, 0, 0], &rest)
}

#[track_caller]
fn refused(bytes: &[u8], kind: Kind, field: &str, offset: usize) {
    let error = read(bytes).expect_err("refused");
    assert_eq!((error.kind(), error.field(), error.offset()), (kind, field, offset), "{}", bytes.escape_ascii());
}

/// Each flag alone, where section 4.1.1 and RFC 4035 section 3 have it.
#[test]
fn flags() {
    let flagged = |flags: u16| {
        let bytes = message(flags, [0; 4], &[]);
        let message = read(&bytes).expect("lawful");
        let unreserved = flags & !0x0040;
        assert_eq!(written(message).expect("lawful")[4..6], unreserved.to_be_bytes());
        let [qr, aa, tc, rd, ra, ad, cd] = [
            message.response,
            message.authoritative,
            message.truncated,
            message.recursion_desired,
            message.recursion_available,
            message.authentic,
            message.checking_disabled,
        ]
        .map(u8::from);
        (message.opcode, [qr, aa, tc, rd, ra, ad, cd], message.code)
    };
    assert_eq!(flagged(0), (0, [0; 7], 0));
    for (flags, at) in [(0x8000, 0), (0x0400, 1), (0x0200, 2), (0x0100, 3), (0x0080, 4), (0x0020, 5), (0x0010, 6)] {
        let mut expected = [0; 7];
        expected[at] = 1;
        assert_eq!(flagged(flags), (0, expected, 0), "{flags:#06x}");
    }
    assert_eq!(flagged(0x7800), (15, [0; 7], 0));
    assert_eq!(flagged(0x2805), (5, [0; 7], 5));
    assert_eq!(flagged(0x0040), (0, [0; 7], 0), "Z is ignored");
}

/// The domain system of section 4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root.
#[test]
fn names_of_the_specification() {
    let rest = b"\x01F\x03ISI\x04ARPA\0\0\x01\0\x01\x03FOO\xc0\x0c\0\x01\0\x01\xc0\x12\0\x01\0\x01\0\0\x01\0\x01";
    let bytes = message(0, [4, 0, 0, 0], rest);
    let message = read(&bytes).expect("lawful");
    let names: Vec<_> = message
        .questions
        .iter()
        .map(|q| q.expect("checked").name.display(Message::bytes(&bytes)).to_string())
        .collect();
    assert_eq!(names, ["F.ISI.ARPA.", "FOO.F.ISI.ARPA.", "ARPA.", "."]);
    let foo = message.questions.iter().nth(1).expect("four").expect("checked").name;
    let labels: Vec<_> = foo.labels(Message::bytes(&bytes)).collect::<Result<_>>().expect("they lead to the root");
    assert_eq!(labels, [&b"FOO"[..], b"F", b"ISI", b"ARPA"]);
    assert_eq!(written(message).expect("lawful"), bytes);
}

#[test]
fn names_that_lead_nowhere() {
    let walk = |rest: &[u8]| -> (Vec<String>, Option<(Kind, usize)>) {
        let bytes = message(0, [1, 0, 0, 0], &[rest, &[0, 1, 0, 1]].concat());
        let name =
            read(&bytes).expect("the form is right").questions.iter().next().expect("one").expect("checked").name;
        let mut walk = name.labels(Message::bytes(&bytes));
        let labels = walk.by_ref().map_while(Result::ok).map(|label| label.escape_ascii().to_string()).collect();
        let error = name.labels(Message::bytes(&bytes)).find_map(Result::err);
        (labels, error.map(|error| (error.kind(), error.offset())))
    };
    let a = |text: &str| Vec::from([text.to_string()]);
    // To itself, behind itself, to its own pointer, outside of the message.
    assert_eq!(walk(b"\xc0\x0c"), (Vec::new(), Some((Kind::Malformed, 12))));
    assert_eq!(walk(b"\x01a\xc0\x0c"), (a("a"), Some((Kind::Malformed, 12))));
    assert_eq!(walk(b"\x01a\xc0\x0e"), (a("a"), Some((Kind::Malformed, 12))));
    assert_eq!(walk(b"\xff\xff"), (Vec::new(), Some((Kind::Malformed, 12))));
    // Into the head, whose ID happens to be a label of another kind, or a count that ends the name.
    assert_eq!(walk(b"\x01a\xc0\x00"), (a("a"), Some((Kind::Unsupported, 0))));
    assert_eq!(walk(b"\x01a\xc0\x06"), (a("a"), None));

    // Back and back again, until it is too long: 50 pointers, each behind six bytes more.
    let mut rest = Vec::from(*b"\x05aaaaa\0");
    let mut at = 12_u16;
    for _ in 0..50 {
        let next = 12 + rest.len() as u16;
        rest.extend(b"\x05bbbbb");
        rest.extend((0xc000 | at).to_be_bytes());
        at = next;
    }
    let name = Name::split(&rest[usize::from(at) - 12..]).expect("a name").0;
    let bytes = [&[0; 12], &rest[..]].concat();
    let outside = name.labels(&bytes).collect::<Result<Vec<_>>>();
    assert_eq!(outside.map_err(|error| error.kind()), Err(Kind::Limit));
    assert_eq!(name.labels(&bytes).flatten().count(), 42);
}

/// Section 2.3.4: labels of 63 bytes, names of 255.
#[test]
fn sizes_of_names() {
    let label = |len: usize| [&[len as u8], &[b'x'; 63][..len]].concat();
    let longest = [label(63), label(63), label(63), label(61), Vec::from([0])].concat();
    assert_eq!(longest.len(), 255);
    let question = |name: &[u8]| message(0, [1, 0, 0, 0], &[name, &[0, 1, 0, 1]].concat());
    let bytes = question(&longest);
    let name = read(&bytes).expect("lawful").questions.iter().next().expect("one").expect("checked").name;
    assert_eq!(name.labels(Message::bytes(&bytes)).flatten().map(<[u8]>::len).collect::<Vec<_>>(), [63, 63, 63, 61]);
    let made = Name::new([&[b'x'; 63][..], &[b'x'; 63], &[b'x'; 63], &[b'x'; 61]]).expect("just short enough");
    assert_eq!(made.bytes()[..], longest);
    refused(
        &question(&[label(63), label(63), label(63), label(62), Vec::from([0])].concat()),
        Kind::Limit,
        "name",
        14 + 192,
    );
    refused(&question(b"\x40a\0"), Kind::Unsupported, "name", 14);
    refused(&question(b"\x01a\x80\0"), Kind::Unsupported, "name", 16);
    refused(&message(0, [1, 0, 0, 0], b"\x03ab"), Kind::Truncated, "name", 14);
    refused(&message(0, [1, 0, 0, 0], b"\xc0"), Kind::Truncated, "name", 14);

    assert_eq!(Name::of("www.example.org").expect("short").bytes()[..], b"\x03www\x07example\x03org\0"[..]);
    assert_eq!(Name::of("org.").expect("short").bytes()[..], b"\x03org\0"[..]);
    assert_eq!(
        [Name::of("").expect("the root"), Name::of(".").expect("the root")].map(|name| name.bytes().len()),
        [1, 1]
    );
    assert!(Name::of("a..b").is_err() && Name::of(&"x".repeat(64)).is_err() && Name::of(&"x.".repeat(128)).is_err());
}

#[test]
fn names_as_people_write_them() {
    let name = Name::new([&b"a.b"[..], b"\0\\ \xff~"]).expect("short");
    let bytes = name.bytes().clone();
    let name = Name::split(&bytes).expect("a name").0;
    assert_eq!(name.display(&[]).to_string(), "a\\.b.\\000\\\\\\032\\255~.");
    assert_eq!(name.to_string(), r#"b"\x03a.b\x05\x00\\ \xff~\x00""#);
    assert_eq!(Name::split(b"\xc0\x00").expect("a pointer").0.display(&[]).to_string(), "<malformed>");
}

#[test]
fn data_of_every_type() {
    let data = |kind: u16, bytes: &'static [u8]| {
        let frame = record(kind, bytes).leak();
        let message = read(frame).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let record = message.answers.iter().next().expect("one").expect("checked");
        assert_eq!((record.class, record.ttl, record.data.kind()), (class::IN, 60, kind));
        assert_eq!(written(message).expect("lawful"), frame);
        record.data
    };
    let name = |bytes: &'static [u8]| Name::split(bytes).expect("a name").0;
    assert_eq!(data(kind::A, b"\x01\x02\x03\x04"), Data::A([1, 2, 3, 4].into()));
    assert_eq!(
        data(kind::AAAA, b"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"),
        Data::Aaaa("2001:db8::1".parse().expect("one"))
    );
    assert_eq!(data(kind::NS, b"\x01a\0"), Data::Ns(name(b"\x01a\0")));
    assert_eq!(data(kind::CNAME, b"\x01a\xc0\x0c"), Data::Cname(name(b"\x01a\xc0\x0c")));
    assert_eq!(data(kind::PTR, b"\0"), Data::Ptr(name(b"\0")));
    assert_eq!(data(kind::MX, b"\x01\x02\0"), Data::Mx { preference: 258, exchange: name(b"\0") });
    let srv = Data::Srv { priority: 1, weight: 2, port: 3, target: name(b"\x01t\0") };
    assert_eq!(data(kind::SRV, b"\0\x01\0\x02\0\x03\x01t\0"), srv);
    let soa = b"\x01m\0\x01r\0\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05";
    let Data::Soa(soa) = data(kind::SOA, soa) else { panic!("another type") };
    assert_eq!((soa.server, soa.mailbox), (name(b"\x01m\0"), name(b"\x01r\0")));
    assert_eq!([soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum], [1, 2, 3, 4, 5]);
    let Data::Txt(strings) = data(kind::TXT, b"\x02hi\0\x01\xff") else { panic!("another type") };
    assert_eq!(strings.iter().flatten().map(|string| string.bytes).collect::<Vec<_>>(), [&b"hi"[..], b"", b"\xff"]);
    let Data::Opt(options) = data(kind::OPT, b"\0\x0a\0\x02ab\0\x0c\0\0") else { panic!("another type") };
    let options: Vec<_> = options.iter().flatten().map(|option| (option.code, option.data)).collect();
    assert_eq!(options, [(10, &b"ab"[..]), (12, b"")]);
    assert_eq!(data(65_280, b"any\0"), Data::Other { kind: 65_280, data: &b"any\0"[..] });
    assert_eq!(data(13, b""), Data::Other { kind: 13, data: &b""[..] });
}

#[test]
fn data_that_does_not_fill_its_length() {
    use Kind::{Malformed, Truncated};
    // The data begins at byte 25.
    refused(&record(kind::A, b"\x01\x02\x03"), Truncated, "A", 25);
    refused(&record(kind::A, b"\x01\x02\x03\x04\x05"), Malformed, "data", 29);
    refused(&record(kind::NS, b"\x01a\0x"), Malformed, "data", 28);
    refused(&record(kind::MX, b"\0\x01\x01"), Truncated, "name", 27);
    refused(&record(kind::TXT, b"\x05hi"), Truncated, "bytes", 26);
    refused(&record(kind::OPT, b"\0\x0a\0\x05hi"), Truncated, "data", 29);
    refused(&message(0, [0; 4], b"x"), Malformed, "Message", 14);
    refused(&message(0, [1, 0, 0, 0], b""), Truncated, "name", 14);
    refused(b"\0\x04abcd", Truncated, "question_count", 6);
    // An unknown record of a known type would be read as that type.
    let other = Record { data: Data::Other { kind: kind::A, data: &b"abcd"[..] }, ..root() };
    let answers = Seq::write([other], ());
    assert_eq!(answers.map_err(|error| error.kind()), Err(Malformed));
}

fn root() -> Record<&'static [u8]> {
    let (name, kind) = (Name::split(b"\0").expect("the root").0, Computed::new());
    Record { name, kind, class: class::IN, ttl: 0, data: Data::Other { kind: 0, data: b"" } }
}
