//! A frame with all at once: bits, an optional field, headers that are counted, a varint, a checksum. By hand and ours.
//!
//! ```text
//!  0        4      6         7        11      …           …         …           …           …
//!  ┌────────┬──────┬─────────┬────────┬───────┬───────────┬─────────┬───────────┬───────────┬────────┐
//!  │ length │ CAFE │ version │ stream │ topic │ deadline, │ headers │ length of │ payload   │ CRC-32C│
//!  │ u32    │      │ flags   │ u32    │       │ if flags  │         │ (varint)  │           │        │
//!  └────────┴──────┴─────────┴────────┴───────┴───────────┴─────────┴───────────┴───────────┴────────┘
//! ```

use std::hint::black_box;

use wireview::declare::{Check, Crc32c, Declared, Text};
use wireview::{Codec, Encode, Error, Gather, Kind, Result, Seq, Span, Wire};

use crate::fair::{self, mixed};
use crate::support::{Bench, thread_time};

/// How many messages there are.
const COUNT: usize = 32;

/// The largest length of the frame, and of the payload.
const MAX: u32 = 1 << 20;

/// The most headers, and the longest value of one.
const MAX_HEADERS: u16 = 64;
const MAX_VALUE: u16 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big, frame(length = u32, counts = after, max = MAX), magic = 0xCAFE_u16)]
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
    #[wire(count = u16, max = MAX_HEADERS)]
    headers: Seq<B, Header<Span>>,
    #[wire(len = varint, max = MAX)]
    payload: B,
    #[wire(check(version..=payload))]
    checksum: Check<Crc32c>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big)]
struct Header<B> {
    #[wire(len = u8)]
    name: Text<B>,
    #[wire(len = u16, max = MAX_VALUE)]
    value: B,
}

/// The same, by hand.
#[derive(Debug, PartialEq)]
struct Message<'a> {
    version: u8,
    flags: u8,
    stream: u32,
    topic: &'a [u8],
    deadline: Option<u64>,
    headers: (&'a [u8], u16),
    payload: &'a [u8],
}

pub(crate) fn race(bench: &Bench, goals: &mut Vec<String>) {
    let headers = b"\x02id\0\x04\x01\x02\x03\x04\x0ccontent-type\0\x0atext/plain";
    let topics: Vec<String> = (0..COUNT).map(|i| format!("sensors/{i:04}")).collect();
    let messages: Vec<Message<'_>> = (0..COUNT)
        .map(|i| Message {
            version: 1,
            flags: 2 | (i % 2) as u8,
            stream: mixed(i) as u32,
            topic: topics[i].as_bytes(),
            deadline: (i % 2 == 1).then(|| mixed(i + 1000)),
            headers: (headers, 2),
            payload: &[7; 200],
        })
        .collect();
    let declared: Vec<Publish<&[u8]>> = messages.iter().map(declare).collect();
    let frames: Vec<Vec<u8>> = messages
        .iter()
        .zip(&declared)
        .map(|(message, declared)| {
            let (mut by_hand, mut ours) = (Gather::new(), Gather::new());
            send(message, &mut by_hand).expect("lawful");
            encode(declared, &mut ours);
            let frame = by_hand.chunks().collect::<Vec<_>>().concat();
            assert_eq!(ours.chunks().collect::<Vec<_>>().concat(), frame, "wireview writes otherwise");
            frame
        })
        .collect();
    for (frame, message) in frames.iter().zip(&messages).filter(|_| bench.is_checked()) {
        assert_eq!(parse(frame).as_ref(), Ok(message), "by hand reads otherwise");
        assert_eq!(&seen(&ours(frame).expect("lawful")), message, "wireview reads otherwise");
        for end in 0..frame.len() {
            assert!(parse(&frame[..end]).is_err() && ours(&frame[..end]).is_err(), "cut at {end}");
            let mut spoilt = frame.clone();
            spoilt[end] ^= 0x40;
            assert_eq!(parse(&spoilt).is_err(), ours(&spoilt).is_err(), "spoilt at {end}");
            assert!(parse(&spoilt).is_err(), "spoilt at {end}");
        }
    }

    let title = "all at once, 280 B";
    let mut race = bench.race(title, "message", COUNT as u64).timed_by(thread_time);
    race.add("by hand", || {
        for frame in &frames {
            black_box(parse(black_box(frame)).expect("lawful"));
        }
    });
    race.add("wireview", || {
        for frame in &frames {
            black_box(seen(&ours(black_box(frame)).expect("lawful")));
        }
    });
    if let [hand, ours] = race.run()[..] {
        fair::goal(goals, title, ["ours", "by hand"], ours / hand, fair::Want::AtMost(1.1));
    }

    let (mut by_hand, mut out) = (Gather::new(), Gather::new());
    let title = "all at once, 280 B, written";
    let mut race = bench.race(title, "message", COUNT as u64).timed_by(thread_time);
    race.add("by hand, to a Gather", || {
        messages.iter().for_each(|message| send(black_box(message), &mut by_hand).expect("lawful"));
        black_box(&mut by_hand).clear();
    });
    race.add("wireview", || {
        declared.iter().for_each(|message| encode(black_box(message), &mut out));
        black_box(&mut out).clear();
    });
    if let [hand, ours] = race.run()[..] {
        fair::goal(goals, title, ["ours", "by hand"], ours / hand, fair::Want::AtMost(1.2));
    }
}

fn declare<'a>(message: &Message<'a>) -> Publish<&'a [u8]> {
    Publish {
        version: message.version,
        flags: message.flags,
        stream: message.stream,
        topic: Text::new(message.topic).expect("text"),
        deadline: message.deadline,
        headers: Seq::new(message.headers.0, message.headers.1.into()),
        payload: message.payload,
        checksum: Check::new(),
    }
}

#[inline(always)]
fn ours(frame: &[u8]) -> Result<Publish<&[u8]>> {
    Declared::<Publish<Span>>::new().parse(frame)
}

#[inline(always)]
fn seen<'a>(message: &Publish<&'a [u8]>) -> Message<'a> {
    Message {
        version: message.version,
        flags: message.flags,
        stream: message.stream,
        topic: message.topic.into_bytes(),
        deadline: message.deadline,
        headers: (message.headers.into_region(), message.headers.len() as u16),
        payload: message.payload,
    }
}

#[inline(always)]
fn encode(message: &Publish<&[u8]>, out: &mut Gather) {
    Declared::<Publish<Span>>::new().encode(*message, out).expect("lawful");
}

#[inline(always)]
fn text<'a>(bytes: &'a [u8], field: &'static &'static str, at: usize) -> Result<&'a [u8]> {
    str::from_utf8(bytes).map(str::as_bytes).map_err(|error| Error::malformed(field, at + error.valid_up_to()))
}

fn parse(frame: &[u8]) -> Result<Message<'_>> {
    let at = |rest: &[u8]| frame.len() - rest.len();
    let Some((&[l0, l1, l2, l3, m0, m1, bits, s0, s1, s2, s3, topic_len], rest)) = frame.split_first_chunk() else {
        return Err(Error::truncated(&"head", frame.len()));
    };
    let len = u32::from_be_bytes([l0, l1, l2, l3]);
    if len > MAX {
        return Err(Error::limit(&"length", 0));
    }
    if len as usize != frame.len() - 4 {
        return Err(Error::malformed(&"length", 0));
    }
    if [m0, m1] != [0xCA, 0xFE] {
        return Err(Error::malformed(&"magic", 4));
    }
    let (version, flags) = (bits >> 4, bits & 15);
    let Some((topic, mut rest)) = rest.split_at_checked(topic_len.into()) else {
        return Err(Error::truncated(&"topic", 12));
    };
    let topic = text(topic, &"topic", 12)?;
    let deadline = if flags & 1 != 0 {
        let Some((deadline, behind)) = rest.split_first_chunk() else {
            return Err(Error::truncated(&"deadline", at(rest)));
        };
        rest = behind;
        Some(u64::from_be_bytes(*deadline))
    } else {
        None
    };
    let Some((&count, mut rest)) = rest.split_first_chunk() else {
        return Err(Error::truncated(&"headers.count", at(rest)));
    };
    let count = u16::from_be_bytes(count);
    if count > MAX_HEADERS {
        return Err(Error::limit(&"headers.count", at(rest) - 2));
    }
    let region = rest;
    for _ in 0..count {
        rest = header(rest, frame.len())?;
    }
    let headers = (&region[..region.len() - rest.len()], count);
    let Some((len, rest)) = varint(rest) else { return Err(Error::truncated(&"payload.len", at(rest))) };
    if len > u64::from(MAX) {
        return Err(Error::limit(&"payload.len", at(rest)));
    }
    let Some((payload, sum)) = rest.split_at_checked(len as usize) else {
        return Err(Error::truncated(&"payload", at(rest)));
    };
    let Ok(stated) = <[u8; 4]>::try_from(sum) else { return Err(Error::truncated(&"checksum", at(sum))) };
    if crc_fast::crc32_iscsi(&frame[6..frame.len() - 4]) != u32::from_be_bytes(stated) {
        return Err(Error::new(Kind::Checksum, &"checksum", at(sum)));
    }
    let stream = u32::from_be_bytes([s0, s1, s2, s3]);
    Ok(Message { version, flags, stream, topic, deadline, headers, payload })
}

/// What follows the header at the front of `rest`, the end of a frame of `len` bytes.
#[inline(always)]
fn header(rest: &[u8], len: usize) -> Result<&[u8]> {
    let at = len - rest.len();
    let Some((&name_len, rest)) = rest.split_first() else { return Err(Error::truncated(&"name.len", at)) };
    let Some((name, rest)) = rest.split_at_checked(name_len.into()) else {
        return Err(Error::truncated(&"name", at + 1));
    };
    text(name, &"name", at + 1)?;
    let Some((&value_len, rest)) = rest.split_first_chunk() else {
        return Err(Error::truncated(&"value.len", len - rest.len()));
    };
    let value_len = u16::from_be_bytes(value_len);
    if value_len > MAX_VALUE {
        return Err(Error::limit(&"value.len", len - rest.len() - 2));
    }
    match rest.split_at_checked(value_len.into()) {
        Some((_, rest)) => Ok(rest),
        None => Err(Error::truncated(&"value", len - rest.len())),
    }
}

/// LEB128, at most ten bytes.
#[inline(always)]
fn varint(input: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, &byte) in input.iter().take(10).enumerate() {
        if at == 9 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some((value, &input[at + 1..]));
        }
    }
    None
}

fn send(message: &Message<'_>, out: &mut Gather) -> Result<()> {
    let limit = |field, holds: bool| if holds { Ok(()) } else { Err(Error::limit(field, 0)) };
    limit(&"version", message.version < 16)?;
    limit(&"flags", message.flags < 16)?;
    limit(&"topic", message.topic.len() < 256)?;
    limit(&"headers", message.headers.1 <= MAX_HEADERS)?;
    limit(&"payload", message.payload.len() <= MAX as usize)?;
    let mut varint = [0; 10];
    let (mut width, mut len) = (0, message.payload.len());
    while len >= 0x80 {
        varint[width] = len as u8 | 0x80;
        len >>= 7;
        width += 1;
    }
    varint[width] = len as u8;
    width += 1;
    let deadline = if message.deadline.is_some() { 8 } else { 0 };
    let all = 14 + message.topic.len() + deadline + message.headers.0.len() + width + message.payload.len();
    limit(&"length", all <= MAX as usize)?;
    let flags = message.flags & !1 | u8::from(message.deadline.is_some());
    out.head(|out| {
        out.reserve(4 + all);
        let start = out.len();
        let mut head = [0; 12];
        head[..4].copy_from_slice(&(all as u32).to_be_bytes());
        head[4..6].copy_from_slice(&[0xCA, 0xFE]);
        head[6] = message.version << 4 | flags;
        head[7..11].copy_from_slice(&message.stream.to_be_bytes());
        head[11] = message.topic.len() as u8;
        out.extend_from_slice(&head);
        out.extend_from_slice(message.topic);
        if let Some(deadline) = message.deadline {
            out.extend_from_slice(&deadline.to_be_bytes());
        }
        out.extend_from_slice(&message.headers.1.to_be_bytes());
        out.extend_from_slice(message.headers.0);
        out.extend_from_slice(&varint[..width]);
        out.extend_from_slice(message.payload);
        let sum = crc_fast::crc32_iscsi(&out[start + 6..]);
        out.extend_from_slice(&sum.to_be_bytes());
    });
    Ok(())
}
