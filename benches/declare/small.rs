//! A small message: a topic that is text, and a payload.
//!
//! ```text
//!  0        4              5        n         n + 4
//!  ┌────────┬──────────────┬────────┬─────────┬─────────┐
//!  │ stream │ length (u8)  │ topic  │ length  │ payload │
//!  └────────┴──────────────┴────────┴─────────┴─────────┘
//! ```

use crate::fair::{Cases, Spoil, mixed};
use crate::support::{Bench, thread_time};

/// The longest payload, in bytes.
const MAX: u32 = 1 << 20;

/// What is in a message.
#[derive(Clone)]
pub(crate) struct Content {
    stream: u32,
    topic: String,
    payload: Vec<u8>,
}

/// Text that was seen to be UTF-8, and is handed on as its bytes.
type Seen<'a> = (u32, &'a [u8], &'a [u8]);

impl Content {
    fn new(i: usize, len: usize) -> Self {
        Self {
            stream: mixed(i) as u32,
            topic: if i == 0 { "sensors/é".to_owned() } else { format!("sensors/{i:04}") },
            payload: vec![i as u8; len],
        }
    }

    fn seen(&self) -> Seen<'_> {
        (self.stream, self.topic.as_bytes(), &self.payload)
    }
}

pub(crate) fn race(bench: &Bench, goals: &mut Vec<String>) {
    for (title, written, len, count) in [
        ("topic and payload of 64 B", "topic and payload of 64 B, written", 64, 64),
        ("topic and payload of 4 KiB", "topic and payload of 4 KiB, written", 4096, 8),
    ] {
        let contents = (0..count).map(|i| Content::new(i, len)).collect();
        let not_text: Spoil<'_> = &|frame| frame[6] = 0xFF;
        let too_long: Spoil<'_> = &|frame| {
            let at = 5 + usize::from(frame[4]);
            frame[at..at + 4].copy_from_slice(&(MAX + 1).to_be_bytes());
            frame.resize(at + 4 + MAX as usize + 1, 0);
        };
        let cases = Cases::new(contents, by_hand::write, &[not_text, too_long]);

        let mut race = bench.race(title, "message", cases.len()).timed_by(thread_time);
        reads!(race, "by hand", &cases, by_hand::parse, by_hand::seen);
        reads!(race, "wireview", &cases, ours::parse, ours::seen);
        reads!(race, "zerocopy", &cases, zero_copy::parse, by_hand::seen);
        reads!(race, "nom", &cases, nom8::parse, by_hand::seen);
        reads!(race, "winnow", &cases, winnow1::parse, by_hand::seen);
        reads!(race, "binrw", &cases, bin_rw::parse, bin_rw::seen);
        reads!(race, "deku", &cases, deku20::parse, deku20::seen);
        reads!(race, "wireview, text taken as &str", &cases, ours::parse, ours::seen_as_str);
        crate::goals(goals, title, &race.run(), 5.0);

        let mut race = bench.race(written, "message", cases.len()).timed_by(thread_time);
        writes!(race, "by hand, to a Vec", &cases, Content::clone, by_hand::write, Vec::new());
        writes!(race, "by hand, to a Gather", &cases, Content::clone, by_hand::send, wireview::Gather::new());
        writes!(race, "wireview", &cases, Content::clone, ours::write, wireview::Gather::new());
        writes!(race, "zerocopy", &cases, Content::clone, zero_copy::write, Vec::new());
        writes!(race, "binrw", &cases, bin_rw::message, bin_rw::write, std::io::Cursor::new(Vec::new()));
        writes!(race, "deku", &cases, deku20::message, deku20::write, std::io::Cursor::new(Vec::new()));
        crate::written(goals, written, &race.run());
    }
}

mod by_hand {
    use wireview::{Error, Gather, Result};

    use super::{Content, MAX, Seen};

    pub(super) struct Small<'a> {
        pub(super) stream: u32,
        pub(super) topic: &'a str,
        pub(super) payload: &'a [u8],
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Small<'_>> {
        let Some((&[s0, s1, s2, s3, topic_len], rest)) = frame.split_first_chunk() else {
            return Err(Error::truncated(&"head", frame.len()));
        };
        let Some((topic, rest)) = rest.split_at_checked(topic_len.into()) else {
            return Err(Error::truncated(&"topic", 5));
        };
        let Ok(topic) = str::from_utf8(topic) else { return Err(Error::malformed(&"topic", 5)) };
        let Some((&len, payload)) = rest.split_first_chunk() else {
            return Err(Error::truncated(&"payload length", 5 + topic.len()));
        };
        let len = u32::from_be_bytes(len);
        if len > MAX {
            return Err(Error::limit(&"payload length", 5 + topic.len()));
        }
        if payload.len() != len as usize {
            return Err(if payload.len() < len as usize {
                Error::truncated(&"payload", frame.len())
            } else {
                Error::malformed(&"end", 9 + topic.len() + len as usize)
            });
        }
        Ok(Small { stream: u32::from_be_bytes([s0, s1, s2, s3]), topic, payload })
    }

    pub(super) fn seen<'a>(message: &Small<'a>) -> Seen<'a> {
        (message.stream, message.topic.as_bytes(), message.payload)
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
        let topic_len = u8::try_from(message.topic.len()).expect("short");
        let len = u32::try_from(message.payload.len()).ok().filter(|&len| len <= MAX).expect("short");
        out.reserve(9 + message.topic.len() + message.payload.len());
        let [s0, s1, s2, s3] = message.stream.to_be_bytes();
        out.extend_from_slice(&[s0, s1, s2, s3, topic_len]);
        out.extend_from_slice(message.topic.as_bytes());
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&message.payload);
    }

    #[inline]
    pub(super) fn send(message: &Content, out: &mut Gather) {
        let topic_len = u8::try_from(message.topic.len()).expect("short");
        let len = u32::try_from(message.payload.len()).ok().filter(|&len| len <= MAX).expect("short");
        let [s0, s1, s2, s3] = message.stream.to_be_bytes();
        out.copy(&[s0, s1, s2, s3, topic_len]);
        out.copy(message.topic.as_bytes());
        out.copy(&len.to_be_bytes());
        out.copy(&message.payload);
    }
}

mod ours {
    use wireview::declare::{self, Put, Text};
    use wireview::{Gather, Result, Span, Wire};

    use super::{Content, MAX, Seen};

    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    #[wire(big)]
    pub(super) struct Small<B> {
        stream: u32,
        #[wire(len = u8)]
        topic: Text<B>,
        #[wire(len = u32, max = MAX)]
        payload: B,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Small<&[u8]>> {
        declare::parse::<Small<Span>>(frame, ())
    }

    pub(super) fn seen<'a>(message: &Small<&'a [u8]>) -> Seen<'a> {
        (message.stream, message.topic.into_bytes(), message.payload)
    }

    /// To be a `&str`, text is looked at a second time.
    pub(super) fn seen_as_str<'a>(message: &'a Small<&'a [u8]>) -> Seen<'a> {
        (message.stream, message.topic.to_str().expect("seen to be text").as_bytes(), message.payload)
    }

    #[inline]
    pub(super) fn write(content: &Content, out: &mut Gather) {
        let message = Small { stream: content.stream, topic: Text::from(&*content.topic), payload: &*content.payload };
        message.put(out, ()).expect("lawful");
    }
}

mod zero_copy {
    use zerocopy::byteorder::big_endian::U32;
    use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

    use super::by_hand::Small;
    use super::{Content, MAX};

    #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
    #[repr(C)]
    struct Head {
        stream: U32,
        topic_len: u8,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Small<'_>, ()> {
        let (head, rest) = Head::ref_from_prefix(frame).map_err(drop)?;
        let (topic, rest) = rest.split_at_checked(head.topic_len.into()).ok_or(())?;
        let (len, payload) = U32::ref_from_prefix(rest).map_err(drop)?;
        if len.get() > MAX || payload.len() != len.get() as usize {
            return Err(());
        }
        Ok(Small { stream: head.stream.get(), topic: str::from_utf8(topic).map_err(drop)?, payload })
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
        let topic_len = u8::try_from(message.topic.len()).expect("short");
        let len = u32::try_from(message.payload.len()).ok().filter(|&len| len <= MAX).expect("short");
        out.extend_from_slice(Head { stream: U32::new(message.stream), topic_len }.as_bytes());
        out.extend_from_slice(message.topic.as_bytes());
        out.extend_from_slice(U32::new(len).as_bytes());
        out.extend_from_slice(&message.payload);
    }
}

mod nom8 {
    use nom::combinator::{all_consuming, map, map_res, verify};
    use nom::multi::length_data;
    use nom::number::complete::{be_u32, u8};
    use nom::{IResult, Parser};

    use super::MAX;
    use super::by_hand::Small;

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Small<'_>, nom::Err<nom::error::Error<&[u8]>>> {
        all_consuming(message).parse(frame).map(|(_, message)| message)
    }

    fn message(input: &[u8]) -> IResult<&[u8], Small<'_>> {
        let topic = map_res(length_data(u8), str::from_utf8);
        let payload = length_data(verify(be_u32, |&len| len <= MAX));
        map((be_u32, topic, payload), |(stream, topic, payload)| Small { stream, topic, payload }).parse(input)
    }
}

mod winnow1 {
    use winnow::Parser;
    use winnow::binary::{be_u32, length_take, u8};
    use winnow::combinator::{eof, seq};
    use winnow::error::InputError;

    use super::MAX;
    use super::by_hand::Small;

    #[inline]
    pub(super) fn parse<'a>(mut frame: &'a [u8]) -> Result<Small<'a>, InputError<&'a [u8]>> {
        seq!(Small {
            stream: be_u32,
            topic: length_take(u8).try_map(str::from_utf8),
            payload: length_take(be_u32.verify(|&len: &u32| len <= MAX)),
            _: eof,
        })
        .parse_next(&mut frame)
    }
}

mod bin_rw {
    use std::io::Cursor;

    use binrw::{BinRead, BinWrite, binrw};

    use super::{Content, MAX, Seen};

    #[binrw]
    #[brw(big)]
    pub(super) struct Small {
        stream: u32,
        #[br(temp)]
        #[bw(try_calc = u8::try_from(topic.len()))]
        topic_len: u8,
        #[br(count = topic_len, try_map = String::from_utf8)]
        #[bw(map = String::as_bytes)]
        topic: String,
        #[br(temp, assert(len <= MAX))]
        #[bw(try_calc = u32::try_from(payload.len()))]
        len: u32,
        #[br(count = len)]
        #[bw(assert(payload.len() <= MAX as usize))]
        payload: Vec<u8>,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Small, ()> {
        let mut cursor = Cursor::new(frame);
        match Small::read(&mut cursor) {
            Ok(message) if cursor.position() == frame.len() as u64 => Ok(message),
            _ => Err(()),
        }
    }

    pub(super) fn seen(message: &Small) -> Seen<'_> {
        (message.stream, message.topic.as_bytes(), &message.payload)
    }

    pub(super) fn message(content: &Content) -> Small {
        let Content { stream, topic, payload } = content.clone();
        Small { stream, topic, payload }
    }

    #[inline]
    pub(super) fn write(message: &Small, out: &mut Cursor<Vec<u8>>) {
        message.write(out).expect("memory");
    }
}

mod deku20 {
    use deku::prelude::*;

    use super::{Content, MAX, Seen};

    #[derive(DekuRead, DekuWrite)]
    #[deku(endian = "big")]
    pub(super) struct Small {
        stream: u32,
        topic_len: u8,
        #[deku(
            count = "topic_len",
            map = "|bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| DekuError::Parse(\"topic\"))",
            writer = "topic.as_bytes().to_writer(deku::writer, ())"
        )]
        topic: String,
        #[deku(assert = "*len <= MAX")]
        len: u32,
        #[deku(count = "len")]
        payload: Vec<u8>,
    }

    #[inline]
    pub(super) fn parse(frame: &[u8]) -> Result<Small, DekuError> {
        Small::try_from(frame)
    }

    pub(super) fn seen(message: &Small) -> Seen<'_> {
        (message.stream, message.topic.as_bytes(), &message.payload)
    }

    pub(super) fn message(content: &Content) -> Small {
        let Content { stream, topic, payload } = content.clone();
        Small { stream, topic_len: topic.len() as u8, topic, len: payload.len() as u32, payload }
    }

    /// Lengths are stored in its messages.
    #[inline]
    pub(super) fn write(message: &Small, out: &mut std::io::Cursor<Vec<u8>>) {
        let mut writer = Writer::new(out);
        message.to_writer(&mut writer, ()).expect("memory");
        writer.finalize().expect("memory");
    }
}
