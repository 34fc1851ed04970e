//! Messages one behind the other, each behind its length: where one ends is found, too, and then it is read.
//!
//! ```text
//!  0        4        8              9       n
//!  ┌────────┬────────┬──────────────┬───────┬─────────┬────────┬ …
//!  │ length │ stream │ length (u8)  │ topic │ payload │ length │
//!  └────────┴────────┴──────────────┴───────┴─────────┴────────┴ …
//! ```

use std::hint::black_box;

use wireview::declare::{Declared, Text};
use wireview::{Boundary, Codec, Encode, Error, Gather, Result, Span, Wire};

use crate::fair::{self, mixed};
use crate::support::{Bench, thread_time};

/// The largest length, in bytes.
const MAX: u32 = 1 << 20;

/// How many messages there are.
const COUNT: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big, frame(length = u32, counts = after, max = MAX))]
struct Message<B> {
    stream: u32,
    #[wire(len = u8)]
    topic: Text<B>,
    #[wire(rest)]
    payload: B,
}

/// Stream, topic that was seen to be UTF-8, payload.
type Seen<'a> = (u32, &'a [u8], &'a [u8]);

pub(crate) fn race(bench: &Bench, goals: &mut Vec<String>) {
    let topics: Vec<String> = (0..COUNT).map(|i| format!("sensors/{i:04}")).collect();
    let messages: Vec<Message<&[u8]>> = topics
        .iter()
        .enumerate()
        .map(|(i, topic)| Message { stream: mixed(i) as u32, topic: Text::from(&**topic), payload: &[7; 64][..] })
        .collect();
    let mut vec = Vec::new();
    messages.iter().for_each(|message| write(message, &mut vec));
    let input = &vec.clone()[..];
    let (mut by_hand_out, mut out) = (Gather::new(), Gather::new());
    messages.iter().for_each(|message| send(message, &mut by_hand_out));
    messages.iter().for_each(|message| encode(message, &mut out));
    assert_eq!(by_hand_out.chunks().collect::<Vec<_>>().concat(), input, "by hand writes otherwise");
    assert_eq!(out.chunks().collect::<Vec<_>>().concat(), input, "wireview writes otherwise");
    let expected: Vec<Seen<'_>> = messages.iter().map(seen).collect();
    agrees(&expected, |see| by_hand(input, see));
    agrees(&expected, |see| by_codec(input, see));

    let title = "framed, 64 B, found and read";
    let mut race = bench.race(title, "message", COUNT as u64).timed_by(thread_time);
    race.add("by hand", || by_hand(black_box(input), see));
    race.add("wireview", || by_codec(black_box(input), see));
    if let [hand, codec] = race.run()[..] {
        fair::goal(goals, title, ["ours", "by hand"], codec / hand, fair::Want::AtMost(1.1));
    }

    let title = "framed, 64 B, written";
    let mut race = bench.race(title, "message", COUNT as u64).timed_by(thread_time);
    race.add("by hand, to a Vec", || {
        black_box(&mut vec).clear();
        messages.iter().for_each(|message| write(black_box(message), &mut vec));
    });
    race.add("by hand, to a Gather", || {
        black_box(&mut by_hand_out).clear();
        messages.iter().for_each(|message| send(black_box(message), &mut by_hand_out));
    });
    race.add("wireview", || {
        black_box(&mut out).clear();
        messages.iter().for_each(|message| encode(black_box(message), &mut out));
    });
    crate::written(goals, title, &race.run());
}

/// Sees that `read` finds what it should.
fn agrees(expected: &[Seen<'_>], read: impl FnOnce(&mut dyn FnMut(Seen<'_>))) {
    let mut at = 0;
    read(&mut |seen| {
        assert_eq!(seen, expected[at]);
        at += 1;
    });
    assert_eq!(at, expected.len());
}

#[inline(always)]
fn see(seen: Seen<'_>) {
    black_box(seen);
}

#[inline(always)]
fn seen<'a>(message: &Message<&'a [u8]>) -> Seen<'a> {
    (message.stream, message.topic.into_bytes(), message.payload)
}

/// Where the first message in `input` ends, if it is all there.
#[inline(always)]
fn find(input: &[u8]) -> Result<Option<(&[u8], &[u8])>> {
    let Some((&len, rest)) = input.split_first_chunk() else { return Ok(None) };
    let len = u32::from_be_bytes(len);
    if len > MAX {
        return Err(Error::limit(&"length", 0));
    }
    Ok(rest.split_at_checked(len as usize))
}

/// What is in a message behind its length.
#[inline(always)]
fn parse(body: &[u8]) -> Result<Seen<'_>> {
    let Some((&[s0, s1, s2, s3, topic_len], rest)) = body.split_first_chunk() else {
        return Err(Error::truncated(&"head", 4 + body.len()));
    };
    let Some((topic, payload)) = rest.split_at_checked(topic_len.into()) else {
        return Err(Error::truncated(&"topic", 9));
    };
    let Ok(topic) = str::from_utf8(topic) else { return Err(Error::malformed(&"topic", 9)) };
    Ok((u32::from_be_bytes([s0, s1, s2, s3]), topic.as_bytes(), payload))
}

#[inline(always)]
fn by_hand(input: &[u8], mut see: impl FnMut(Seen<'_>)) {
    let mut rest = input;
    while let Some((body, behind)) = find(rest).expect("lawful") {
        see(parse(body).expect("lawful"));
        rest = behind;
    }
}

#[inline(always)]
fn by_codec(input: &[u8], mut see: impl FnMut(Seen<'_>)) {
    let mut codec = Declared::<Message<Span>>::new();
    let mut rest = input;
    while let Boundary::Frame { head, body, tail } = codec.delimit(rest).expect("lawful") {
        let (frame, behind) = rest.split_at(head + body as usize + tail);
        see(seen(&codec.parse(frame).expect("lawful")));
        rest = behind;
    }
}

/// What stands in front of the topic.
#[inline(always)]
fn head(message: &Message<&[u8]>) -> [u8; 9] {
    let topic_len = u8::try_from(message.topic.bytes().len()).expect("short");
    let len = 5 + message.topic.bytes().len() + message.payload.len();
    let len = u32::try_from(len).ok().filter(|&len| len <= MAX).expect("short");
    let mut head = [0; 9];
    head[..4].copy_from_slice(&len.to_be_bytes());
    head[4..8].copy_from_slice(&message.stream.to_be_bytes());
    head[8] = topic_len;
    head
}

#[inline(always)]
fn write(message: &Message<&[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(&head(message));
    out.extend_from_slice(message.topic.bytes());
    out.extend_from_slice(message.payload);
}

#[inline(always)]
fn send(message: &Message<&[u8]>, out: &mut Gather) {
    out.copy(&head(message));
    out.copy(message.topic.bytes());
    out.copy(message.payload);
}

#[inline(always)]
fn encode(message: &Message<&[u8]>, out: &mut Gather) {
    Declared::<Message<Span>>::new().encode(*message, out).expect("lawful");
}
