//! A tagged union: the first byte says which message it is.
//!
//! ```text
//!  1 ping    │ nonce u64
//!  2 ack     │ stream u32 │ number u64
//!  3 data    │ stream u32 │ length u16, at most 1000 │ payload
//!  4 reset   │ stream u32 │ code u16
//! ```

use crate::fair::{Cases, mixed};
use crate::support::Bench;

/// The longest payload, in bytes.
const MAX: u16 = 1000;

/// What is in a message.
#[derive(Clone)]
pub(crate) enum Content {
    Ping { nonce: u64 },
    Ack { stream: u32, number: u64 },
    Data { stream: u32, payload: Vec<u8> },
    Reset { stream: u32, code: u16 },
}

/// The same, borrowed.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen<'a> {
    Ping { nonce: u64 },
    Ack { stream: u32, number: u64 },
    Data { stream: u32, payload: &'a [u8] },
    Reset { stream: u32, code: u16 },
}

impl Content {
    /// Mostly data, as in life; the first one is, so that all that can be wrong with it is refused.
    fn new(i: usize) -> Self {
        let n = mixed(i);
        let stream = n as u32;
        match i * 7 % 8 {
            1 => Self::Ping { nonce: n },
            2 | 5 => Self::Ack { stream, number: mixed(i + 1000) },
            6 => Self::Reset { stream, code: (n >> 40) as u16 },
            _ => Self::Data { stream, payload: vec![i as u8; 16 + (n >> 58) as usize] },
        }
    }

    fn seen(&self) -> Seen<'_> {
        match *self {
            Self::Ping { nonce } => Seen::Ping { nonce },
            Self::Ack { stream, number } => Seen::Ack { stream, number },
            Self::Data { stream, ref payload } => Seen::Data { stream, payload },
            Self::Reset { stream, code } => Seen::Reset { stream, code },
        }
    }
}

pub(crate) fn race(bench: &Bench, goals: &mut Vec<String>) {
    let contents: Vec<Content> = (0..64).map(Content::new).collect();
    let unknown: &dyn Fn(&mut Vec<u8>) = &|frame| frame[0] = 5;
    let too_long: &dyn Fn(&mut Vec<u8>) = &|frame| {
        frame[5..7].copy_from_slice(&(MAX + 1).to_be_bytes());
        frame.resize(7 + usize::from(MAX) + 1, 0);
    };
    let cases = Cases::new(contents, by_hand::write, &[unknown, too_long]);

    let title = "tagged union of 4";
    let mut race = bench.race(title, "message", cases.len());
    reads!(race, "by hand", &cases, by_hand::parse, by_hand::seen);
    reads!(race, "zerocopy", &cases, zero_copy::parse, by_hand::seen);
    reads!(race, "nom", &cases, nom8::parse, by_hand::seen);
    reads!(race, "winnow", &cases, winnow1::parse, by_hand::seen);
    reads!(race, "binrw", &cases, bin_rw::parse, bin_rw::seen);
    reads!(race, "deku", &cases, deku20::parse, deku20::seen);
    crate::goals(goals, title, &race.run(), 5.0);

    let title = "tagged union of 4, written";
    let mut race = bench.race(title, "message", cases.len());
    writes!(race, "by hand, to a Vec", &cases, Content::clone, by_hand::write, Vec::new());
    writes!(race, "by hand, to a Gather", &cases, Content::clone, by_hand::send, wireview::Gather::new());
    writes!(race, "zerocopy", &cases, Content::clone, zero_copy::write, Vec::new());
    writes!(race, "binrw", &cases, bin_rw::message, bin_rw::write, std::io::Cursor::new(Vec::new()));
    writes!(race, "deku", &cases, deku20::message, deku20::write, std::io::Cursor::new(Vec::new()));
    crate::written(goals, title, &race.run());
}

mod by_hand {
    use wireview::{Error, Gather, Result};

    use super::{Content, MAX, Seen};

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Seen<'_>> {
        let Some((&tag, rest)) = frame.split_first() else { return Err(Error::truncated(&"tag", 0)) };
        let (message, rest) = match tag {
            1 => {
                let Some((&nonce, rest)) = rest.split_first_chunk() else {
                    return Err(Error::truncated(&"nonce", 1));
                };
                (Seen::Ping { nonce: u64::from_be_bytes(nonce) }, rest)
            }
            2 => {
                let Some((&[s0, s1, s2, s3, n0, n1, n2, n3, n4, n5, n6, n7], rest)) = rest.split_first_chunk() else {
                    return Err(Error::truncated(&"ack", 1));
                };
                let stream = u32::from_be_bytes([s0, s1, s2, s3]);
                (Seen::Ack { stream, number: u64::from_be_bytes([n0, n1, n2, n3, n4, n5, n6, n7]) }, rest)
            }
            3 => {
                let Some((&[s0, s1, s2, s3, l0, l1], rest)) = rest.split_first_chunk() else {
                    return Err(Error::truncated(&"data", 1));
                };
                let len = u16::from_be_bytes([l0, l1]);
                if len > MAX {
                    return Err(Error::limit(&"payload", 5));
                }
                let Some((payload, rest)) = rest.split_at_checked(len.into()) else {
                    return Err(Error::truncated(&"payload", 7));
                };
                (Seen::Data { stream: u32::from_be_bytes([s0, s1, s2, s3]), payload }, rest)
            }
            4 => {
                let Some((&[s0, s1, s2, s3, c0, c1], rest)) = rest.split_first_chunk() else {
                    return Err(Error::truncated(&"reset", 1));
                };
                let stream = u32::from_be_bytes([s0, s1, s2, s3]);
                (Seen::Reset { stream, code: u16::from_be_bytes([c0, c1]) }, rest)
            }
            _ => return Err(Error::unsupported(&"tag", 0)),
        };
        if !rest.is_empty() {
            return Err(Error::malformed(&"end", frame.len() - rest.len()));
        }
        Ok(message)
    }

    pub(super) fn seen<'a>(message: &Seen<'a>) -> Seen<'a> {
        match *message {
            Seen::Ping { nonce } => Seen::Ping { nonce },
            Seen::Ack { stream, number } => Seen::Ack { stream, number },
            Seen::Data { stream, payload } => Seen::Data { stream, payload },
            Seen::Reset { stream, code } => Seen::Reset { stream, code },
        }
    }

    /// Hands what stands on the wire to `put`, in at most two parts.
    #[inline(always)]
    fn parts(message: &Content, mut put: impl FnMut(&[u8])) {
        match *message {
            Content::Ping { nonce } => {
                let mut bytes = [1; 9];
                bytes[1..].copy_from_slice(&nonce.to_be_bytes());
                put(&bytes);
            }
            Content::Ack { stream, number } => {
                let mut bytes = [2; 13];
                bytes[1..5].copy_from_slice(&stream.to_be_bytes());
                bytes[5..].copy_from_slice(&number.to_be_bytes());
                put(&bytes);
            }
            Content::Data { stream, ref payload } => {
                let len = u16::try_from(payload.len()).ok().filter(|&len| len <= MAX).expect("short");
                let mut bytes = [3; 7];
                bytes[1..5].copy_from_slice(&stream.to_be_bytes());
                bytes[5..].copy_from_slice(&len.to_be_bytes());
                put(&bytes);
                put(payload);
            }
            Content::Reset { stream, code } => {
                let mut bytes = [4; 7];
                bytes[1..5].copy_from_slice(&stream.to_be_bytes());
                bytes[5..].copy_from_slice(&code.to_be_bytes());
                put(&bytes);
            }
        }
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
        parts(message, |bytes| out.extend_from_slice(bytes));
    }

    #[inline]
    pub(super) fn send(message: &Content, out: &mut Gather) {
        parts(message, |bytes| out.copy(bytes));
    }
}

mod zero_copy {
    use zerocopy::byteorder::big_endian::{U16, U32, U64};
    use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

    use super::{Content, MAX, Seen};

    #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
    #[repr(C)]
    struct Ack {
        stream: U32,
        number: U64,
    }

    /// The head of data; a reset looks the same.
    #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
    #[repr(C)]
    struct Short {
        stream: U32,
        number: U16,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Seen<'_>, ()> {
        let (&tag, rest) = frame.split_first().ok_or(())?;
        match tag {
            1 => Ok(Seen::Ping { nonce: U64::ref_from_bytes(rest).map_err(drop)?.get() }),
            2 => {
                let ack = Ack::ref_from_bytes(rest).map_err(drop)?;
                Ok(Seen::Ack { stream: ack.stream.get(), number: ack.number.get() })
            }
            3 => {
                let (head, payload) = Short::ref_from_prefix(rest).map_err(drop)?;
                if head.number.get() > MAX || payload.len() != usize::from(head.number.get()) {
                    return Err(());
                }
                Ok(Seen::Data { stream: head.stream.get(), payload })
            }
            4 => {
                let reset = Short::ref_from_bytes(rest).map_err(drop)?;
                Ok(Seen::Reset { stream: reset.stream.get(), code: reset.number.get() })
            }
            _ => Err(()),
        }
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
        let short = |stream, number| Short { stream: U32::new(stream), number: U16::new(number) };
        match *message {
            Content::Ping { nonce } => {
                out.push(1);
                out.extend_from_slice(U64::new(nonce).as_bytes());
            }
            Content::Ack { stream, number } => {
                out.push(2);
                out.extend_from_slice(Ack { stream: U32::new(stream), number: U64::new(number) }.as_bytes());
            }
            Content::Data { stream, ref payload } => {
                let len = u16::try_from(payload.len()).ok().filter(|&len| len <= MAX).expect("short");
                out.push(3);
                out.extend_from_slice(short(stream, len).as_bytes());
                out.extend_from_slice(payload);
            }
            Content::Reset { stream, code } => {
                out.push(4);
                out.extend_from_slice(short(stream, code).as_bytes());
            }
        }
    }
}

mod nom8 {
    use nom::combinator::{all_consuming, fail, map, verify};
    use nom::multi::length_data;
    use nom::number::complete::{be_u16, be_u32, be_u64, u8};
    use nom::{IResult, Parser};

    use super::{MAX, Seen};

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Seen<'_>, nom::Err<nom::error::Error<&[u8]>>> {
        all_consuming(message).parse(frame).map(|(_, message)| message)
    }

    #[inline]
    fn message(input: &[u8]) -> IResult<&[u8], Seen<'_>> {
        let (input, tag) = u8(input)?;
        match tag {
            1 => map(be_u64, |nonce| Seen::Ping { nonce }).parse(input),
            2 => map((be_u32, be_u64), |(stream, number)| Seen::Ack { stream, number }).parse(input),
            3 => map((be_u32, length_data(verify(be_u16, |&len| len <= MAX))), |(stream, payload)| Seen::Data {
                stream,
                payload,
            })
            .parse(input),
            4 => map((be_u32, be_u16), |(stream, code)| Seen::Reset { stream, code }).parse(input),
            _ => fail().parse(input),
        }
    }
}

mod winnow1 {
    use winnow::Parser;
    use winnow::binary::{be_u16, be_u32, be_u64, length_take, u8};
    use winnow::combinator::{dispatch, eof, fail, seq, terminated};
    use winnow::error::InputError;

    use super::{MAX, Seen};

    #[inline]
    pub(super) fn parse<'a>(mut frame: &'a [u8]) -> Result<Seen<'a>, InputError<&'a [u8]>> {
        let message = dispatch! { u8;
            1 => seq!(Seen::Ping { nonce: be_u64 }),
            2 => seq!(Seen::Ack { stream: be_u32, number: be_u64 }),
            3 => seq!(Seen::Data { stream: be_u32, payload: length_take(be_u16.verify(|&len: &u16| len <= MAX)) }),
            4 => seq!(Seen::Reset { stream: be_u32, code: be_u16 }),
            _ => fail,
        };
        terminated(message, eof).parse_next(&mut frame)
    }
}

mod bin_rw {
    use std::io::Cursor;

    use binrw::{BinRead, BinWrite, binrw};

    use super::{Content, MAX, Seen};

    #[binrw]
    #[brw(big)]
    pub(super) enum Message {
        #[brw(magic = 1_u8)]
        Ping { nonce: u64 },
        #[brw(magic = 2_u8)]
        Ack { stream: u32, number: u64 },
        #[brw(magic = 3_u8)]
        Data {
            stream: u32,
            #[br(temp, assert(len <= MAX))]
            #[bw(try_calc = u16::try_from(payload.len()))]
            len: u16,
            #[br(count = len)]
            #[bw(assert(payload.len() <= usize::from(MAX)))]
            payload: Vec<u8>,
        },
        #[brw(magic = 4_u8)]
        Reset { stream: u32, code: u16 },
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Message, ()> {
        let mut cursor = Cursor::new(frame);
        match Message::read(&mut cursor) {
            Ok(message) if cursor.position() == frame.len() as u64 => Ok(message),
            _ => Err(()),
        }
    }

    pub(super) fn seen(message: &Message) -> Seen<'_> {
        match *message {
            Message::Ping { nonce } => Seen::Ping { nonce },
            Message::Ack { stream, number } => Seen::Ack { stream, number },
            Message::Data { stream, ref payload } => Seen::Data { stream, payload },
            Message::Reset { stream, code } => Seen::Reset { stream, code },
        }
    }

    pub(super) fn message(content: &Content) -> Message {
        match content.clone() {
            Content::Ping { nonce } => Message::Ping { nonce },
            Content::Ack { stream, number } => Message::Ack { stream, number },
            Content::Data { stream, payload } => Message::Data { stream, payload },
            Content::Reset { stream, code } => Message::Reset { stream, code },
        }
    }

    #[inline]
    pub(super) fn write(message: &Message, out: &mut Cursor<Vec<u8>>) {
        message.write(out).expect("memory");
    }
}

mod deku20 {
    use deku::prelude::*;

    use super::{Content, MAX, Seen};

    #[derive(DekuRead, DekuWrite)]
    #[deku(id_type = "u8", endian = "big")]
    pub(super) enum Message {
        #[deku(id = 1)]
        Ping { nonce: u64 },
        #[deku(id = 2)]
        Ack { stream: u32, number: u64 },
        #[deku(id = 3)]
        Data {
            stream: u32,
            #[deku(assert = "*len <= MAX")]
            len: u16,
            #[deku(count = "len")]
            payload: Vec<u8>,
        },
        #[deku(id = 4)]
        Reset { stream: u32, code: u16 },
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Message, DekuError> {
        Message::try_from(frame)
    }

    pub(super) fn seen(message: &Message) -> Seen<'_> {
        match *message {
            Message::Ping { nonce } => Seen::Ping { nonce },
            Message::Ack { stream, number } => Seen::Ack { stream, number },
            Message::Data { stream, ref payload, .. } => Seen::Data { stream, payload },
            Message::Reset { stream, code } => Seen::Reset { stream, code },
        }
    }

    pub(super) fn message(content: &Content) -> Message {
        match content.clone() {
            Content::Ping { nonce } => Message::Ping { nonce },
            Content::Ack { stream, number } => Message::Ack { stream, number },
            Content::Data { stream, payload } => Message::Data { stream, len: payload.len() as u16, payload },
            Content::Reset { stream, code } => Message::Reset { stream, code },
        }
    }

    #[inline]
    pub(super) fn write(message: &Message, out: &mut std::io::Cursor<Vec<u8>>) {
        let mut writer = Writer::new(out);
        message.to_writer(&mut writer, ()).expect("memory");
        writer.finalize().expect("memory");
    }
}
