//! A header of fixed size, 24 bytes.
//!
//! ```text
//!  0      2         3      4        8          16       20        24
//!  ┌──────┬─────────┬──────┬────────┬──────────┬────────┬─────────┐
//!  │ CAFE │ version │ kind │ stream │ sequence │ length │ checked │
//!  └──────┴─────────┴──────┴────────┴──────────┴────────┴─────────┘
//! ```

use crate::fair::{Cases, mixed};
use crate::support::{Bench, thread_time};

/// What is in a header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Content {
    version: u8,
    kind: u8,
    stream: u32,
    sequence: u64,
    length: u32,
    checked: u32,
}

type Seen = (u8, u8, u32, u64, u32, u32);

impl Content {
    fn new(i: usize) -> Self {
        let n = mixed(i);
        Self {
            version: 1,
            kind: n as u8,
            stream: (n >> 8) as u32,
            sequence: mixed(i + 1000),
            length: (n >> 40) as u32,
            checked: (n >> 16) as u32,
        }
    }

    fn seen(&self) -> Seen {
        (self.version, self.kind, self.stream, self.sequence, self.length, self.checked)
    }
}

/// Whoever is asked for one field alone.
struct One<'a>(&'a Content);

impl One<'_> {
    fn seen(&self) -> u64 {
        self.0.sequence
    }
}

pub(crate) fn race(bench: &Bench, goals: &mut Vec<String>) {
    let contents: Vec<Content> = (0..64).map(Content::new).collect();
    let cases = Cases::new(contents.clone(), by_hand::write, &[&|frame| frame[1] ^= 1]);
    let ones = Cases::new(contents.iter().map(One).collect(), |one, out| by_hand::write(one.0, out), &[]);

    let title = "header of 24 B, all fields";
    let mut race = bench.race(title, "header", cases.len()).timed_by(thread_time);
    reads!(race, "by hand", &cases, by_hand::parse, by_hand::seen);
    reads!(race, "wireview", &cases, ours::parse, ours::seen);
    reads!(race, "zerocopy", &cases, zero_copy::parse, zero_copy::seen);
    reads!(race, "nom", &cases, nom8::parse, by_hand::seen);
    reads!(race, "winnow", &cases, winnow1::parse, by_hand::seen);
    reads!(race, "binrw", &cases, bin_rw::parse, bin_rw::seen);
    reads!(race, "deku", &cases, deku20::parse, deku20::seen);
    crate::goals(goals, title, &race.run(), 5.0);

    let title = "header of 24 B, one field";
    let mut race = bench.race(title, "header", cases.len()).timed_by(thread_time);
    reads!(race, "by hand", &ones, by_hand::parse, by_hand::one);
    reads!(race, "wireview", &ones, ours::parse, ours::one);
    reads!(race, "zerocopy", &ones, zero_copy::parse, zero_copy::one);
    reads!(race, "nom", &ones, nom8::parse, by_hand::one);
    reads!(race, "winnow", &ones, winnow1::parse, by_hand::one);
    reads!(race, "binrw", &ones, bin_rw::parse, bin_rw::one);
    reads!(race, "deku", &ones, deku20::parse, deku20::one);
    crate::goals(goals, title, &race.run(), 5.0);

    let title = "header of 24 B, written";
    let mut race = bench.race(title, "header", cases.len()).timed_by(thread_time);
    writes!(race, "by hand, to a Vec", &cases, Content::clone, by_hand::write, Vec::new());
    writes!(race, "by hand, to a Gather", &cases, Content::clone, by_hand::send, wireview::Gather::new());
    writes!(race, "wireview", &cases, ours::message, ours::write, wireview::Gather::new());
    writes!(race, "zerocopy", &cases, zero_copy::message, zero_copy::write, Vec::new());
    writes!(race, "binrw", &cases, bin_rw::message, bin_rw::write, std::io::Cursor::new(Vec::new()));
    writes!(race, "deku", &cases, deku20::message, deku20::write, std::io::Cursor::new(Vec::new()));
    crate::written(goals, title, &race.run());
}

/// As a careful hand writes it: one check of the length, one array written at once.
mod by_hand {
    use wireview::{Error, Gather, Result};

    use super::{Content, Seen};

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Content> {
        let Some((head, rest)) = frame.split_first_chunk::<24>() else {
            return Err(Error::truncated(&"head", frame.len()));
        };
        let &[m0, m1, version, kind, s0, s1, s2, s3, q0, q1, q2, q3, q4, q5, q6, q7, l0, l1, l2, l3, c0, c1, c2, c3] =
            head;
        if u16::from_be_bytes([m0, m1]) != 0xCAFE {
            return Err(Error::malformed(&"magic", 0));
        }
        if !rest.is_empty() {
            return Err(Error::malformed(&"end", 24));
        }
        Ok(Content {
            version,
            kind,
            stream: u32::from_be_bytes([s0, s1, s2, s3]),
            sequence: u64::from_be_bytes([q0, q1, q2, q3, q4, q5, q6, q7]),
            length: u32::from_be_bytes([l0, l1, l2, l3]),
            checked: u32::from_be_bytes([c0, c1, c2, c3]),
        })
    }

    pub(super) fn seen(head: &Content) -> Seen {
        head.seen()
    }

    pub(super) fn one(head: &Content) -> u64 {
        head.sequence
    }

    #[inline]
    fn bytes(head: &Content) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..2].copy_from_slice(&0xCAFE_u16.to_be_bytes());
        bytes[2] = head.version;
        bytes[3] = head.kind;
        bytes[4..8].copy_from_slice(&head.stream.to_be_bytes());
        bytes[8..16].copy_from_slice(&head.sequence.to_be_bytes());
        bytes[16..20].copy_from_slice(&head.length.to_be_bytes());
        bytes[20..].copy_from_slice(&head.checked.to_be_bytes());
        bytes
    }

    #[inline]
    pub(super) fn write(head: &Content, out: &mut Vec<u8>) {
        out.extend_from_slice(&bytes(head));
    }

    #[inline]
    pub(super) fn send(head: &Content, out: &mut Gather) {
        out.copy(&bytes(head));
    }
}

mod ours {
    use wireview::declare::{self, Put};
    use wireview::{Gather, Result, Wire};

    use super::{Content, Seen};

    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    #[wire(big, magic = 0xCAFE_u16)]
    pub(super) struct Head {
        version: u8,
        kind: u8,
        stream: u32,
        sequence: u64,
        length: u32,
        checked: u32,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Head> {
        declare::parse::<Head>(frame, ())
    }

    pub(super) fn seen(head: &Head) -> Seen {
        (head.version, head.kind, head.stream, head.sequence, head.length, head.checked)
    }

    pub(super) fn one(head: &Head) -> u64 {
        head.sequence
    }

    pub(super) fn message(content: &Content) -> Head {
        let &Content { version, kind, stream, sequence, length, checked } = content;
        Head { version, kind, stream, sequence, length, checked }
    }

    #[inline]
    pub(super) fn write(head: &Head, out: &mut Gather) {
        head.put(out, ()).expect("lawful");
    }
}

mod zero_copy {
    use zerocopy::byteorder::big_endian::{U16, U32, U64};
    use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

    use super::{Content, Seen};

    #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
    #[repr(C)]
    pub(super) struct Head {
        magic: U16,
        version: u8,
        kind: u8,
        stream: U32,
        sequence: U64,
        length: U32,
        checked: U32,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<&Head, ()> {
        match Head::ref_from_bytes(frame) {
            Ok(head) if head.magic == 0xCAFE => Ok(head),
            _ => Err(()),
        }
    }

    pub(super) fn seen(head: &&Head) -> Seen {
        (head.version, head.kind, head.stream.get(), head.sequence.get(), head.length.get(), head.checked.get())
    }

    pub(super) fn one(head: &&Head) -> u64 {
        head.sequence.get()
    }

    pub(super) fn message(content: &Content) -> Content {
        *content
    }

    #[inline]
    pub(super) fn write(content: &Content, out: &mut Vec<u8>) {
        let head = Head {
            magic: U16::new(0xCAFE),
            version: content.version,
            kind: content.kind,
            stream: U32::new(content.stream),
            sequence: U64::new(content.sequence),
            length: U32::new(content.length),
            checked: U32::new(content.checked),
        };
        out.extend_from_slice(head.as_bytes());
    }
}

mod nom8 {
    use nom::bytes::complete::tag;
    use nom::combinator::all_consuming;
    use nom::number::complete::{be_u32, be_u64, u8};
    use nom::{IResult, Parser};

    use super::Content;

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Content, nom::Err<nom::error::Error<&[u8]>>> {
        all_consuming(head).parse(frame).map(|(_, head)| head)
    }

    #[inline]
    fn head(input: &[u8]) -> IResult<&[u8], Content> {
        let (input, _) = tag(&b"\xCA\xFE"[..])(input)?;
        let (input, version) = u8(input)?;
        let (input, kind) = u8(input)?;
        let (input, stream) = be_u32(input)?;
        let (input, sequence) = be_u64(input)?;
        let (input, length) = be_u32(input)?;
        let (input, checked) = be_u32(input)?;
        Ok((input, Content { version, kind, stream, sequence, length, checked }))
    }
}

mod winnow1 {
    use winnow::Parser;
    use winnow::binary::{be_u32, be_u64, u8};
    use winnow::combinator::{eof, seq};
    use winnow::error::InputError;

    use super::Content;

    #[inline]
    pub(super) fn parse(mut frame: &[u8]) -> Result<Content, InputError<&[u8]>> {
        seq!(Content {
            _: &b"\xCA\xFE"[..],
            version: u8,
            kind: u8,
            stream: be_u32,
            sequence: be_u64,
            length: be_u32,
            checked: be_u32,
            _: eof,
        })
        .parse_next(&mut frame)
    }
}

mod bin_rw {
    use std::io::Cursor;

    use binrw::{BinRead, BinWrite, binrw};

    use super::{Content, Seen};

    #[binrw]
    #[brw(big, magic = 0xCAFE_u16)]
    pub(super) struct Head {
        version: u8,
        kind: u8,
        stream: u32,
        sequence: u64,
        length: u32,
        checked: u32,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Head, ()> {
        let mut cursor = Cursor::new(frame);
        match Head::read(&mut cursor) {
            Ok(head) if cursor.position() == frame.len() as u64 => Ok(head),
            _ => Err(()),
        }
    }

    pub(super) fn seen(head: &Head) -> Seen {
        (head.version, head.kind, head.stream, head.sequence, head.length, head.checked)
    }

    pub(super) fn one(head: &Head) -> u64 {
        head.sequence
    }

    pub(super) fn message(content: &Content) -> Head {
        let &Content { version, kind, stream, sequence, length, checked } = content;
        Head { version, kind, stream, sequence, length, checked }
    }

    #[inline]
    pub(super) fn write(head: &Head, out: &mut Cursor<Vec<u8>>) {
        head.write(out).expect("memory");
    }
}

mod deku20 {
    use deku::prelude::*;

    use super::{Content, Seen};

    #[derive(DekuRead, DekuWrite)]
    #[deku(endian = "big", magic = b"\xCA\xFE")]
    pub(super) struct Head {
        version: u8,
        kind: u8,
        stream: u32,
        sequence: u64,
        length: u32,
        checked: u32,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Head, DekuError> {
        Head::try_from(frame)
    }

    pub(super) fn seen(head: &Head) -> Seen {
        (head.version, head.kind, head.stream, head.sequence, head.length, head.checked)
    }

    pub(super) fn one(head: &Head) -> u64 {
        head.sequence
    }

    pub(super) fn message(content: &Content) -> Head {
        let &Content { version, kind, stream, sequence, length, checked } = content;
        Head { version, kind, stream, sequence, length, checked }
    }

    #[inline]
    pub(super) fn write(head: &Head, out: &mut std::io::Cursor<Vec<u8>>) {
        let mut writer = Writer::new(out);
        head.to_writer(&mut writer, ()).expect("memory");
        writer.finalize().expect("memory");
    }
}
