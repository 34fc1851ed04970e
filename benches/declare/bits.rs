//! A message with fields of four bits.
//!
//! ```text
//!  0         0.5     1      1.5        2        4        8          16
//!  ┌─────────┬───────┬──────┬──────────┬────────┬────────┬──────────┐
//!  │ version │ flags │ kind │ priority │ length │ stream │ sequence │
//!  └─────────┴───────┴──────┴──────────┴────────┴────────┴──────────┘
//! ```

use crate::fair::{Cases, mixed};
use crate::support::{Bench, thread_time};

/// What is in a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Content {
    version: u8,
    flags: u8,
    kind: u8,
    priority: u8,
    length: u16,
    stream: u32,
    sequence: u64,
}

type Seen = (u8, u8, u8, u8, u16, u32, u64);

impl Content {
    fn new(i: usize) -> Self {
        let n = mixed(i);
        let four = |shift: u32| (n >> shift) as u8 & 15;
        Self {
            version: four(0),
            flags: four(4),
            kind: four(8),
            priority: four(12),
            length: (n >> 16) as u16,
            stream: (n >> 32) as u32,
            sequence: mixed(i + 1000),
        }
    }

    fn seen(&self) -> Seen {
        (self.version, self.flags, self.kind, self.priority, self.length, self.stream, self.sequence)
    }
}

pub(crate) fn race(bench: &Bench, goals: &mut Vec<String>) {
    let cases = Cases::new((0..64).map(Content::new).collect(), by_hand::write, &[]);

    let title = "fields of 4 bits";
    let mut race = bench.race(title, "message", cases.len()).timed_by(thread_time);
    reads!(race, "by hand", &cases, by_hand::parse, by_hand::seen);
    reads!(race, "wireview", &cases, ours::parse, ours::seen);
    reads!(race, "zerocopy", &cases, zero_copy::parse, zero_copy::seen);
    reads!(race, "nom, bits by its parsers", &cases, nom8::parse, by_hand::seen);
    reads!(race, "winnow, bits by its parsers", &cases, winnow1::parse, by_hand::seen);
    reads!(race, "binrw, masks by hand", &cases, bin_rw::parse, bin_rw::seen);
    reads!(race, "deku", &cases, deku20::parse, deku20::seen);
    reads!(race, "nom, masks by hand", &cases, nom8::parse_masked, by_hand::seen);
    crate::goals(goals, title, &race.run(), 30.0);

    let title = "fields of 4 bits, written";
    let mut race = bench.race(title, "message", cases.len()).timed_by(thread_time);
    writes!(race, "by hand, to a Vec", &cases, Content::clone, by_hand::write, Vec::new());
    writes!(race, "by hand, to a Gather", &cases, Content::clone, by_hand::send, wireview::Gather::new());
    writes!(race, "wireview", &cases, ours::message, ours::write, wireview::Gather::new());
    writes!(race, "zerocopy", &cases, Content::clone, zero_copy::write, Vec::new());
    writes!(race, "binrw, masks by hand", &cases, Content::clone, bin_rw::write, std::io::Cursor::new(Vec::new()));
    writes!(race, "deku", &cases, deku20::message, deku20::write, std::io::Cursor::new(Vec::new()));
    crate::written(goals, title, &race.run());
}

mod by_hand {
    use wireview::{Error, Gather, Result};

    use super::{Content, Seen};

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Content> {
        let Some((head, rest)) = frame.split_first_chunk::<16>() else {
            return Err(Error::truncated(&"head", frame.len()));
        };
        if !rest.is_empty() {
            return Err(Error::malformed(&"end", 16));
        }
        let &[a, b, l0, l1, s0, s1, s2, s3, q0, q1, q2, q3, q4, q5, q6, q7] = head;
        Ok(Content {
            version: a >> 4,
            flags: a & 15,
            kind: b >> 4,
            priority: b & 15,
            length: u16::from_be_bytes([l0, l1]),
            stream: u32::from_be_bytes([s0, s1, s2, s3]),
            sequence: u64::from_be_bytes([q0, q1, q2, q3, q4, q5, q6, q7]),
        })
    }

    pub(super) fn seen(message: &Content) -> Seen {
        message.seen()
    }

    /// Refuses what has no room in four bits.
    #[inline]
    fn bytes(message: &Content) -> [u8; 16] {
        assert!((message.version | message.flags | message.kind | message.priority) < 16, "four bits each");
        let mut bytes = [0; 16];
        bytes[0] = message.version << 4 | message.flags;
        bytes[1] = message.kind << 4 | message.priority;
        bytes[2..4].copy_from_slice(&message.length.to_be_bytes());
        bytes[4..8].copy_from_slice(&message.stream.to_be_bytes());
        bytes[8..].copy_from_slice(&message.sequence.to_be_bytes());
        bytes
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
        out.extend_from_slice(&bytes(message));
    }

    #[inline]
    pub(super) fn send(message: &Content, out: &mut Gather) {
        out.copy(&bytes(message));
    }
}

mod ours {
    use wireview::declare::{self, Put};
    use wireview::{Gather, Result, Wire};

    use super::{Content, Seen};

    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    #[wire(big)]
    pub(super) struct Head {
        #[wire(bits = 4)]
        version: u8,
        #[wire(bits = 4)]
        flags: u8,
        #[wire(bits = 4)]
        kind: u8,
        #[wire(bits = 4)]
        priority: u8,
        length: u16,
        stream: u32,
        sequence: u64,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Head> {
        declare::parse::<Head>(frame, ())
    }

    pub(super) fn seen(head: &Head) -> Seen {
        (head.version, head.flags, head.kind, head.priority, head.length, head.stream, head.sequence)
    }

    pub(super) fn message(content: &Content) -> Head {
        let &Content { version, flags, kind, priority, length, stream, sequence } = content;
        Head { version, flags, kind, priority, length, stream, sequence }
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
        version_flags: u8,
        kind_priority: u8,
        length: U16,
        stream: U32,
        sequence: U64,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<&Head, ()> {
        Head::ref_from_bytes(frame).map_err(drop)
    }

    pub(super) fn seen(head: &&Head) -> Seen {
        (
            head.version_flags >> 4,
            head.version_flags & 15,
            head.kind_priority >> 4,
            head.kind_priority & 15,
            head.length.get(),
            head.stream.get(),
            head.sequence.get(),
        )
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
        assert!((message.version | message.flags | message.kind | message.priority) < 16, "four bits each");
        let head = Head {
            version_flags: message.version << 4 | message.flags,
            kind_priority: message.kind << 4 | message.priority,
            length: U16::new(message.length),
            stream: U32::new(message.stream),
            sequence: U64::new(message.sequence),
        };
        out.extend_from_slice(head.as_bytes());
    }
}

mod nom8 {
    use nom::bits::bits;
    use nom::bits::complete::take;
    use nom::combinator::{all_consuming, map};
    use nom::error::Error;
    use nom::number::complete::{be_u16, be_u32, be_u64, u8};
    use nom::{IResult, Parser};

    use super::Content;

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Content, nom::Err<Error<&[u8]>>> {
        all_consuming(message).parse(frame).map(|(_, message)| message)
    }

    fn message(input: &[u8]) -> IResult<&[u8], Content> {
        type Bits<'a> = (&'a [u8], usize);
        let fours = bits::<_, _, Error<Bits<'_>>, _, _>((
            take::<_, u8, _, _>(4_usize),
            take::<_, u8, _, _>(4_usize),
            take::<_, u8, _, _>(4_usize),
            take::<_, u8, _, _>(4_usize),
        ));
        map((fours, be_u16, be_u32, be_u64), |((version, flags, kind, priority), length, stream, sequence)| Content {
            version,
            flags,
            kind,
            priority,
            length,
            stream,
            sequence,
        })
        .parse(input)
    }

    #[inline]
    pub(super) fn parse_masked(frame: &[u8]) -> Result<Content, nom::Err<Error<&[u8]>>> {
        all_consuming(masked).parse(frame).map(|(_, message)| message)
    }

    fn masked(input: &[u8]) -> IResult<&[u8], Content> {
        map((u8, u8, be_u16, be_u32, be_u64), |(a, b, length, stream, sequence)| Content {
            version: a >> 4,
            flags: a & 15,
            kind: b >> 4,
            priority: b & 15,
            length,
            stream,
            sequence,
        })
        .parse(input)
    }
}

mod winnow1 {
    use winnow::Parser;
    use winnow::binary::bits::{Bits, bits, take};
    use winnow::binary::{be_u16, be_u32, be_u64};
    use winnow::combinator::eof;
    use winnow::error::InputError;

    use super::Content;

    #[inline]
    pub(super) fn parse<'a>(mut frame: &'a [u8]) -> Result<Content, InputError<&'a [u8]>> {
        let fours = bits::<_, _, InputError<Bits<&'a [u8]>>, _, _>((
            take::<_, u8, _, _>(4_usize),
            take::<_, u8, _, _>(4_usize),
            take::<_, u8, _, _>(4_usize),
            take::<_, u8, _, _>(4_usize),
        ));
        (fours, be_u16, be_u32, be_u64, eof)
            .map(|((version, flags, kind, priority), length, stream, sequence, _)| Content {
                version,
                flags,
                kind,
                priority,
                length,
                stream,
                sequence,
            })
            .parse_next(&mut frame)
    }
}

mod bin_rw {
    use std::io::Cursor;

    use binrw::{BinRead, BinWrite, binrw};

    use super::{Content, Seen};

    #[binrw]
    #[brw(big)]
    pub(super) struct Head {
        version_flags: u8,
        kind_priority: u8,
        length: u16,
        stream: u32,
        sequence: u64,
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
        (
            head.version_flags >> 4,
            head.version_flags & 15,
            head.kind_priority >> 4,
            head.kind_priority & 15,
            head.length,
            head.stream,
            head.sequence,
        )
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Cursor<Vec<u8>>) {
        let &Content { version, flags, kind, priority, length, stream, sequence } = message;
        assert!((version | flags | kind | priority) < 16, "four bits each");
        let head =
            Head { version_flags: version << 4 | flags, kind_priority: kind << 4 | priority, length, stream, sequence };
        head.write(out).expect("memory");
    }
}

mod deku20 {
    use deku::prelude::*;

    use super::{Content, Seen};

    #[derive(DekuRead, DekuWrite)]
    #[deku(endian = "big")]
    pub(super) struct Head {
        #[deku(bits = 4)]
        version: u8,
        #[deku(bits = 4)]
        flags: u8,
        #[deku(bits = 4)]
        kind: u8,
        #[deku(bits = 4)]
        priority: u8,
        length: u16,
        stream: u32,
        sequence: u64,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Head, DekuError> {
        Head::try_from(frame)
    }

    pub(super) fn seen(head: &Head) -> Seen {
        (head.version, head.flags, head.kind, head.priority, head.length, head.stream, head.sequence)
    }

    pub(super) fn message(content: &Content) -> Head {
        let &Content { version, flags, kind, priority, length, stream, sequence } = content;
        Head { version, flags, kind, priority, length, stream, sequence }
    }

    #[inline]
    pub(super) fn write(head: &Head, out: &mut std::io::Cursor<Vec<u8>>) {
        let mut writer = Writer::new(out);
        head.to_writer(&mut writer, ()).expect("memory");
        writer.finalize().expect("memory");
    }
}
