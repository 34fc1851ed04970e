//! Checksums of every range, constants, padding, and file regions.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use wireview::declare::{Adler32, Check, Checksum, Crc32, Crc32c, Declared, Internet, parse};
use wireview::{Encode, FileRegion, Gather, Kind, Payload, Span, Wire};

use crate::support::{golden, refused, size, unwritten};

/// Each algorithm of what stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u8, counts = after, max = 200))]
struct Four<B> {
    #[wire(len = 9)]
    text: B,
    #[wire(crc32c(text..=text))]
    a: Check<Crc32c>,
    #[wire(crc32(text..=text))]
    b: Check<Crc32>,
    #[wire(adler32(text..=text), little)]
    c: Check<Adler32>,
    #[wire(internet(..=text))]
    d: Check<Internet>,
    #[wire(check(text..), little)]
    e: Check<Xor>,
}

/// All bytes, one after the other, in two bytes.
#[derive(Clone, Copy, Debug)]
struct Xor(u8);

impl Checksum for Xor {
    const WIDTH: usize = 2;

    fn new() -> Self {
        Self(0)
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum ^ byte);
    }

    fn finish(self) -> u64 {
        0x0100 | u64::from(self.0)
    }
}

/// Check values of the catalogue of CRCs, and of RFC 1950 and RFC 1071 by hand.
const FOUR: &[u8] = b"\x19123456789\xe3\x06\x92\x83\xcb\xf4\x39\x26\xde\x01\x1e\x09\xcc\xfb\0\x01";

fn four() -> Four<&'static [u8]> {
    Four { text: b"123456789", a: Check::new(), b: Check::new(), c: Check::new(), d: Check::new(), e: Check::new() }
}

/// The Internet checksum of `bytes`, as RFC 1071 section 1 says it: sums of words, carries added at the end.
fn internet(bytes: &[u8]) -> u16 {
    let mut sum: u32 =
        bytes.chunks(2).map(|word| u32::from(word[0]) << 8 | word.get(1).map_or(0, |low| u32::from(*low))).sum();
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[test]
fn algorithms() {
    let mut bytes = FOUR.to_vec();
    let at = bytes.len() - 4;
    let sum = internet(&bytes[..10]).to_be_bytes();
    bytes[at..at + 2].copy_from_slice(&sum);
    let xor = bytes[1..at + 2].iter().fold(0, |sum, byte| sum ^ byte);
    bytes[at + 2] = xor;
    bytes[0] = bytes.len() as u8 - 1;
    golden::<Four<Span>>(four(), &bytes);
    // A bit anywhere is seen by the first checksum that is of it; checksums are verified in order.
    for (at, field, place) in [(3, "a", 10), (10, "a", 10), (14, "b", 14), (18, "c", 18), (22, "d", 22), (24, "e", 24)]
    {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        assert_eq!(refused::<Four<Span>>(&wrong), (Kind::Checksum, field, place), "at {at}");
    }
}

/// RFC 791 section 3.1: the checksum of a header, of itself as zeros.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Ip {
    head: [u8; 10],
    #[wire(check(..=to, zeroed))]
    sum: Check<Internet>,
    from: u32,
    to: u32,
}

#[test]
fn a_checksum_within_what_it_is_of() {
    // The well-known example of a header: 0xb861.
    let bytes = b"\x45\0\0\x73\0\0\x40\0\x40\x11\xb8\x61\xc0\xa8\0\x01\xc0\xa8\0\xc7";
    let mut head = [0; 10];
    head.copy_from_slice(&bytes[..10]);
    let ip = Ip { head, sum: Check::new(), from: 0xc0a8_0001, to: 0xc0a8_00c7 };
    assert_eq!(parse::<Ip>(bytes, ()), Ok(ip));
    let mut out = Gather::new();
    wireview::declare::Put::put(ip, &mut out, ()).expect("lawful");
    assert_eq!(out.chunks().flatten().copied().collect::<Vec<u8>>(), bytes);
}

/// A checksum in front of what it is of, and one of bits.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 100), magic = b"CK")]
struct Front<B> {
    #[wire(crc32(high..=body))]
    sum: Check<Crc32>,
    #[wire(bits = 4)]
    high: u8,
    #[wire(bits = 4)]
    low: u8,
    #[wire(if = low & 1 != 0)]
    maybe: Option<u8>,
    #[wire(len = varint, max = 50)]
    body: B,
    #[wire(check(high..=low))]
    bits: Check<Xor>,
    #[wire(check(maybe..=maybe))]
    nothing: Check<Xor>,
    #[wire(check(sum..=sum))]
    of_sum: Check<Xor>,
}

#[test]
fn ranges() {
    let front = Front {
        sum: Check::new(),
        high: 5,
        low: 6,
        maybe: None,
        body: &b"body"[..],
        bits: Check::new(),
        nothing: Check::new(),
        of_sum: Check::new(),
    };
    let written = crate::support::try_written(front, ()).expect("lawful");
    let mut crc = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32IsoHdlc);
    crc.update(b"\x56\x04body");
    let sum = (crc.finalize() as u32).to_be_bytes();
    let xor = sum.iter().fold(0, |all, byte| all ^ byte);
    let wanted = [&b"CK"[..], &sum, b"\x56\x04body\x01\x56\x01\0\x01", &[xor]].concat();
    assert_eq!(written, wanted);
    golden::<Front<Span>>(front, &wanted);
    let with = Front { low: 7, maybe: Some(9), ..front };
    let written = crate::support::try_written(with, ()).expect("lawful");
    assert_eq!(written[6..8], [0x57, 9]);
    golden::<Front<Span>>(with, &written);
}

/// Zeros, or anything, up to where something begins.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u8, counts = all, max = 100))]
struct Padded<B> {
    #[wire(len = u8)]
    name: B,
    #[wire(align = 4)]
    to_four: (),
    #[wire(magic = b"\0M")]
    mark: (),
    #[wire(pad = 2, ignore)]
    any: (),
    #[wire(len = u8)]
    inner: Aligned<B>,
    #[wire(align = 8, ignore)]
    to_eight: (),
}

/// Padding within a nested message counts from its own start.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Aligned<B> {
    #[wire(len = u8)]
    name: B,
    #[wire(align = 4)]
    pad: (),
}

#[test]
fn padding_and_constants() {
    let padded: Padded<&[u8]> =
        Padded { name: b"abc", to_four: (), mark: (), any: (), inner: Aligned { name: b"x", pad: () }, to_eight: () };
    let bytes = b"\x18\x03abc\0\0\0\0M\0\0\x04\x01x\0\0\0\0\0\0\0\0\0";
    golden::<Padded<Span>>(padded, bytes);
    let with = |at: usize, byte: u8| {
        let mut changed = bytes.to_vec();
        changed[at] = byte;
        changed
    };
    assert_eq!(refused::<Padded<Span>>(&with(6, 1)), (Kind::Malformed, "to_four", 6));
    assert_eq!(refused::<Padded<Span>>(&with(9, b'N')), (Kind::Malformed, "mark", 8));
    assert_eq!(refused::<Padded<Span>>(&with(16, 1)), (Kind::Malformed, "pad", 16));
    for at in [10, 11, 17, 23] {
        assert_eq!(parse::<Padded<Span>>(with(at, 1).leak(), ()), Ok(padded), "at {at}");
    }
    assert_eq!(refused::<Padded<Span>>(b"\x06\x03abc\0"), (Kind::Truncated, "to_four", 5));
    assert_eq!(size::<Aligned<Span>>(), (None, false));
}

/// A payload from a file, whose bytes nobody has seen.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u32, counts = after, max = 1 << 20))]
struct Sent<B> {
    kind: u8,
    #[wire(len = u16, max = 1000)]
    payload: B,
    end: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u32, counts = after, max = 1 << 20))]
struct Summed<B> {
    #[wire(len = u16, max = 1000)]
    payload: B,
    #[wire(check(..))]
    sum: Check<Crc32c>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u32, counts = after, max = 1 << 20))]
struct Line<B> {
    #[wire(nul, max = 1000)]
    payload: B,
}

fn region(bytes: &[u8]) -> FileRegion {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    let file: Arc<File> = Arc::new(file);
    FileRegion::new(file, 0, bytes.len() as u64).expect("inside the file")
}

#[test]
fn payloads_from_files() {
    let message = Sent { kind: 1, payload: region(b"from a file"), end: 2 };
    let mut out = Gather::new();
    Declared::<Sent<Span>>::new().encode(message, &mut out).expect("lawful");
    assert_eq!(out.size(), 4 + 1 + 2 + 11 + 1);
    let mut sent = Vec::new();
    out.write_to(&mut sent).expect("written");
    assert_eq!(sent, b"\0\0\0\x0f\x01\0\x0bfrom a file\x02");
}

#[test]
fn what_is_not_in_memory_has_no_checksum() {
    assert_eq!(unwritten(Summed { payload: region(b"from a file"), sum: Check::new() }), (Kind::Unsupported, "sum"));
    assert_eq!(unwritten(Line { payload: region(b"from a file") }), (Kind::Unsupported, "payload"));
    let shared = Summed { payload: Bytes::from(vec![7; 600]), sum: Check::new() };
    let there = crate::support::try_written(shared, ()).expect("in memory");
    assert!(parse::<Summed<Span>>(&there, ()).is_ok());
    let payload = Summed { payload: Payload::from(Bytes::from(vec![7; 600])), sum: Check::new() };
    assert_eq!(crate::support::try_written(payload, ()).expect("in memory"), there);
}
