//! Work is linear: a frame of 16 N bytes in reads of 16 bytes takes at most 20 times the instructions of one of N.
//!
//! Counted by callgrind, so neither noise nor load shows; a search that starts over at each read makes it some 256 times.
//! Without valgrind this is skipped with a line that says so. `cargo test --test work -- requests` tries what has that in its name.
//!
//! This program runs itself: `work --count NAME SIZE` reads one such frame and does nothing else.

use std::env;
use std::process::{Command, Stdio};

use bytes::{BufMut, Bytes};
use wireview::archive::{Archivable, Archive, Serializable};
use wireview::formats::nom::{Nom, NomError};
use wireview::formats::{Delimited, Fixed, Headed, Header, LengthPrefixed, Lines};
use wireview::length::{U32Be, Varint};
use wireview::{Boundary, Codec, Deframer, Encode, Gather, Outgoing, Result, Seq, Span, View};
use wireview_codecs::http1::{self, Part, Responses};
use wireview_codecs::kafka::{
    self,
    records::{Batches, Builder, Header as RecordHeader},
};
use wireview_codecs::proxy::Headers;
use wireview_codecs::resp::{Replies, Requests};
use wireview_codecs::{dns, mqtt};
use zerocopy::byteorder::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of the shorter frame.
const N: usize = 3600;

/// How many times longer the other is, and how many times more it may cost: a constant besides, and blocks that grow.
const LONGER: usize = 16;
const AT_MOST: f64 = 20.0;

const READ: usize = 16;

/// A name, and what makes a frame of about so many bytes and reads it.
type Case = (&'static str, fn(usize));

const CASES: &[Case] = &[
    ("length prefixed", |size| read(LengthPrefixed::<U32Be>::new(1 << 20), &prefixed(&noise(size)), |_| {})),
    ("varint prefixed, in parts", |size| {
        let stream = [&[b'p'][..], &varint(size), &noise(size), b"tt"].concat();
        read(LengthPrefixed::<Varint>::new(1 << 20).offset(1).trailer(2).parts(), &stream, |_| {});
    }),
    ("fixed", |size| read(Fixed::new(size), &noise(size), |_| {})),
    ("delimited by a byte", |size| read(Delimited::new(b"\0", 1 << 20), &[&noise(size)[..], b"\0"].concat(), |_| {})),
    ("delimited by many, half a delimiter everywhere", |size| {
        read(Delimited::new(b"aab", 1 << 20), &[&b"aa-".repeat(size / 3)[..], b"aab"].concat(), |_| {});
    }),
    ("lines", |size| read(Lines::new(1 << 20), &[&b"\rx".repeat(size / 2)[..], b"\r\n"].concat(), |_| {})),
    ("headed", |size| {
        read(Headed::<Head>::new(1 << 20), &[&(size as u32).to_be_bytes()[..], &noise(size)].concat(), |_| {});
    }),
    ("nom", |size| {
        read(Nom::<_, Span, _>::new(LengthPrefixed::<U32Be>::new(1 << 20), rest), &prefixed(&noise(size)), |_| {});
    }),
    ("archive: a long text", |size| archived(&"x".repeat(size))),
    ("archive: many texts", |size| archived(&vec![String::from("some text"); size / 20])),
    ("resp requests: a long argument", |size| requests(&[&b"SET"[..], b"k", &noise(size)])),
    ("resp requests: many arguments", |size| requests(&vec![&b"argument"[..]; size / 14])),
    ("resp requests: a long inline request", |size| request(&[&b"word ".repeat(size / 5)[..], b"\r\n"].concat())),
    ("resp requests: quotes", |size| request(&[&br#""\x41 b" "#.repeat(size / 9)[..], b"\r\n"].concat())),
    ("resp replies: a long line", |size| reply(&[&b"+"[..], &noise(size), b"\r\n"].concat())),
    ("resp replies: a long string", |size| reply(&[bulk(&noise(size))].concat())),
    ("resp replies: many strings", |size| reply(&aggregate("*", size / 15, &bulk(b"0123456789")))),
    ("resp replies: many numbers", |size| reply(&aggregate("~", size / 4, b":1\r\n"))),
    ("resp replies: many arrays", |size| reply(&aggregate("*", size / 12, b"*2\r\n:1\r\n:2\r\n"))),
    ("http1: a request of many fields", |size| http_request("/", &b"X-Field: value\r\n".repeat(size / 16))),
    ("http1: a request of a long field", |size| {
        http_request("/", &[b"X-Field: ", &noise(size)[..], b"\r\n"].concat());
    }),
    ("http1: a request of a long target", |size| {
        http_request(&format!("/{}", "t".repeat(size)), b"");
    }),
    ("http1: a response of many fields", |size| {
        let head = [&b"HTTP/1.1 204 No Content\r\n"[..], &b"X-Field: value\r\n".repeat(size / 16), b"\r\n"].concat();
        let codec = Responses::new().max_head(1 << 20).max_headers(1 << 20);
        read(codec, &head, |part| {
            assert!(matches!(part, Part::Head(response) if response.headers().iter().count() > 0));
        });
    }),
    ("proxy: version 2 with many TLVs", |size| {
        let tlvs = b"\xe0\0\x05hello".repeat(size / 8);
        let len = (12 + tlvs.len() as u16).to_be_bytes();
        let addresses = [10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 0, 81];
        read(Headers::new(), &[&b"\r\n\r\n\0\r\nQUIT\n\x21\x11"[..], &len, &addresses, &tlvs].concat(), |_| {});
    }),
    ("kafka: a request of many topics", |size| {
        let body = [&((size / 12) as u32).to_be_bytes()[..], &b"\0\x0aten-letter".repeat(size / 12), b"\0"].concat();
        let frame = prefixed(&[&b"\0\x03\0\x04\0\0\0\x01\xff\xff"[..], &body].concat());
        read(kafka::Requests::new(1 << 20), &frame, |request| {
            let kafka::RequestBody::Metadata(asked) = request.body else { panic!("not what was written") };
            assert_eq!(asked.topics.expect("some").iter().count(), size / 12);
        });
    }),
    ("mqtt: a long payload", |size| {
        let payload = noise(size);
        let publish = mqtt::Publish { topic: "t".into(), payload: &payload[..], ..mqtt::Publish::default() };
        read(mqtt::Packets::new(), &mqtt_packet(mqtt::Body::Publish(publish)), |_| {});
    }),
    ("mqtt: many properties", |size| {
        let property: mqtt::Property<Bytes> = mqtt::Property::User { name: "name".into(), value: "value".into() };
        let properties = Seq::write(vec![property; size / 14], ()).expect("lawful");
        let publish = mqtt::Publish { topic: "t".into(), properties, ..mqtt::Publish::default() };
        read(mqtt::Packets::new(), &mqtt_packet(mqtt::Body::Publish(publish)), |packet| {
            assert_eq!(packet.check_properties(), Ok(()));
        });
    }),
    ("mqtt: many filters", |size| {
        let filters = b"\0\x05topic\0".repeat(size / 8);
        let filters = Seq::new(&filters[..], (size / 8) as u32);
        let subscribe = mqtt::Subscribe { identifier: 1, properties: Seq::default(), filters };
        read(mqtt::Packets::new(), &mqtt_packet(mqtt::Body::Subscribe(subscribe)), |_| {});
    }),
    ("dns: many records, whose names point to the first", |size| {
        let record = b"\xc0\x0c\0\x0f\0\x01\0\0\0\0\0\x06\0\x01\x01a\xc0\x0c";
        let count = (size / record.len()) as u16;
        let rest = [&b"\x05first\0\0\x0f\0\x01"[..], &record.repeat(count.into())].concat();
        let head = [0, 1, 0x80, 0, 0, 1, count.to_be_bytes()[0], count.to_be_bytes()[1], 0, 0, 0, 0];
        let len = ((head.len() + rest.len()) as u16).to_be_bytes();
        let frame = [&len, &head[..], &rest].concat();
        read(dns::Messages::new(), &frame, |message| {
            let labels = message.answers.iter().flatten().map(|record| record.name.labels(&frame[2..]).count());
            assert_eq!(labels.sum::<usize>(), count.into());
        });
    }),
    ("kafka: a batch of many records", |size| records(size / 20, &[b'v'; 12], &[])),
    ("kafka: a batch of one long record", |size| records(1, &noise(size), &[])),
    ("kafka: a record of many headers", |size| {
        records(1, b"", &vec![RecordHeader { key: &b"key"[..], value: Some(b"value") }; size / 10]);
    }),
    ("resp replies: a string in chunks", |size| {
        reply(&[&b"$?\r\n"[..], &b";4\r\nabcd\r\n".repeat(size / 10), b";0\r\n"].concat());
    }),
];

/// What the gate is for.
const PLANTED: Case = ("planted: searched from the start at each read", |size| {
    read(StartsOver, &[&noise(size)[..], b"\0"].concat(), |_| {});
});

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match &args[..] {
        [flag, name, size] if flag == "--count" => count(name, size.parse().expect("a size")),
        _ => gate(args.iter().find(|arg| !arg.starts_with('-')).map_or("", |filter| filter)),
    }
}

/// Runs in the child: one frame, read by `READ` bytes.
fn count(name: &str, size: usize) {
    let case = CASES.iter().chain([&PLANTED]).find(|case| case.0 == name);
    if let Some((_, read)) = case {
        read(size);
    }
}

fn gate(filter: &str) {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: valgrind is not installed, so nobody counts instructions");
        return;
    }
    let nothing = instructions("nothing", 0);
    let grows = |case: &Case| {
        let (short, long) = (instructions(case.0, N) - nothing, instructions(case.0, N * LONGER) - nothing);
        assert!(short > 0 && long > 0, "{}: nothing was counted", case.0);
        let grows = long as f64 / short as f64;
        println!("{:<48} {short:>10} {long:>12} {grows:>8.1}", case.0);
        grows
    };
    println!(
        "{:<48} {:>10} {:>12} {:>8}",
        format!("instructions for a frame of so many bytes in reads of {READ}"),
        N,
        N * LONGER,
        "times"
    );
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.0.contains(filter)).collect();
    let beyond: Vec<&str> = cases.iter().filter(|case| grows(case) > AT_MOST).map(|case| case.0).collect();
    assert!(beyond.is_empty(), "more than {AT_MOST} times the work for {LONGER} times the bytes: {beyond:?}");
    assert!(grows(&PLANTED) > AT_MOST, "the gate does not see what it is for");
    println!("{} formats are linear", cases.len());
}

/// How many instructions this program takes for a case.
fn instructions(name: &str, size: usize) -> u64 {
    let program = env::current_exe().expect("the program runs");
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--count", name, &size.to_string()])
        .output()
        .expect("valgrind runs");
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{name}: {told}");
    let collected =
        told.lines().find_map(|line| line.split_once("Collected : ")).expect("callgrind tells what it counted").1;
    collected.trim().parse().expect("a number")
}

/// Feeds the frame by `READ` bytes, and looks at it when it is whole.
fn read<C: Codec>(codec: C, frame: &[u8], look: impl FnOnce(View<'_, C>)) {
    let mut deframer = Deframer::new(codec);
    let (last, before) = frame
        .chunks(READ)
        .collect::<Vec<_>>()
        .split_last()
        .map(|(last, all)| (*last, all.to_vec()))
        .expect("not empty");
    for piece in before {
        deframer.feed(piece);
        assert!(deframer.next().expect("lawful so far").is_none(), "the frame came early");
    }
    deframer.feed(last);
    let lent = deframer.next().expect("lawful").expect("whole");
    assert_eq!(lent.bytes().len(), frame.len());
    look(lent.view().expect("a message"));
}

fn archived<T: Archivable + Serializable>(value: &T) {
    let mut out = Gather::new();
    Archive::<T>::new(1 << 20).encode(value, &mut out).expect("it fits");
    let frame = out.chunks().collect::<Vec<_>>().concat();
    read(Archive::<T>::new(1 << 20), &frame, |view| assert!(view.open().is_ok()));
}

fn request(frame: &[u8]) {
    read(Requests::new(), frame, |request| assert_eq!(request.args().count(), request.len()));
}

fn requests(args: &[&[u8]]) {
    let mut frame = format!("*{}\r\n", args.len()).into_bytes();
    args.iter().for_each(|arg| frame.extend(bulk(arg)));
    request(&frame);
}

fn records(count: usize, value: &[u8], headers: &[RecordHeader<&[u8]>]) {
    let mut out = Gather::new();
    let written =
        Builder::new().write(&mut out, |batch| (0..count).try_for_each(|_| batch.push(0, None, Some(value), headers)));
    written.expect("written");
    let frame: Vec<u8> = out.chunks().flatten().copied().collect();
    read(Batches::new(), &frame, |batch| {
        let walked = batch.records().expect("plain").map(|record| record.expect("lawful").headers.iter().count());
        assert_eq!(walked.sum::<usize>(), count * headers.len());
    });
}

fn http_request(target: &str, fields: &[u8]) {
    let head = [b"GET ", target.as_bytes(), b" HTTP/1.1\r\nHost: h\r\n", fields, b"\r\n"].concat();
    let codec = http1::Requests::new().max_head(1 << 20).max_line(1 << 20).max_headers(1 << 20);
    read(codec, &head, |part| assert!(matches!(part, Part::Head(request) if request.headers().iter().count() > 0)));
}

fn reply(frame: &[u8]) {
    read(Replies::new(), frame, |reply| assert!(reply.events().all(|event| event.is_ok())));
}

fn mqtt_packet<B: Outgoing>(body: mqtt::Body<B>) -> Vec<u8> {
    let mut out = Gather::new();
    let sent = out.message(|out| mqtt::Packets::new().encode(mqtt::Packet::new(body), out));
    sent.expect("a lawful packet");
    out.chunks().collect::<Vec<_>>().concat()
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn aggregate(kind: &str, count: usize, part: &[u8]) -> Vec<u8> {
    [format!("{kind}{count}\r\n").as_bytes(), &part.repeat(count)].concat()
}

fn noise(size: usize) -> Vec<u8> {
    (0..size).map(|at| b'a' + (at % 23) as u8).collect()
}

fn prefixed(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32).to_be_bytes()[..], payload].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.put_u8(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.put_u8(number as u8);
    bytes
}

fn rest(input: &[u8]) -> nom::IResult<&[u8], &[u8], NomError<'_>> {
    nom::combinator::rest(input)
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Head {
    len: U32,
}

impl Header for Head {
    const LENGTH_AT: usize = 0;

    fn payload_len(&self) -> u64 {
        self.len.get().into()
    }

    fn set_payload_len(&mut self, len: u64) {
        self.len.set(len as u32);
    }
}

/// Ends at a NUL, and forgets how far it has looked.
struct StartsOver;

impl Codec for StartsOver {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        Ok(match memchr::memchr(0, input) {
            Some(at) => Boundary::whole(at + 1),
            None => Boundary::Need(input.len() + 1),
        })
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        Ok(frame)
    }
}
