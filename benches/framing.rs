//! Finding frames in a stream: a big-endian `u32` length, then the payload, in reads of 16 and 64 KiB.
//!
//! Equal work: each contender takes the same stream in the same pieces, copies a piece in once (as a read does), finds every
//! frame, and looks at the length and first byte of its payload. What differs is what a frame is: a borrowed slice,
//! an item of a batch, an owned `Bytes`, a `Vec`. `kept` holds the last frames while it goes on.
//!
//! `cargo bench --bench framing`, or `-- "64 B"` for some of it.

use std::collections::VecDeque;
use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, BytesMut};
use futures_util::{FutureExt, StreamExt};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::codec::{Decoder, FramedRead, LengthDelimitedCodec};
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::{Deframer, Limits};

mod support;

const MAX_FRAME: usize = 8 << 20;

/// How many frames the `kept` contenders hold.
const KEPT: usize = 16;

fn main() {
    let bench = support::Bench::from_args("framing");
    let mut goals = Goals::default();
    // First, while the allocator is as a service would find it.
    for keep in [1, 4, 16, 64] {
        race_kept(&bench, &mut goals, keep);
    }
    for read in [16 << 10, 64 << 10] {
        for payload in [16, 64, 256, 1 << 10, 16 << 10, 1 << 20] {
            race(&bench, &mut goals, payload, read);
        }
    }
    goals.print();
}

fn race(bench: &support::Bench, goals: &mut Goals, payload: usize, read: usize) {
    let count = ((8 << 20) / (payload + 4)).clamp(8, 4096);
    let stream = stream(payload, count);
    let title = format!("{} payloads in reads of {} KiB", support::size(payload), read >> 10);
    let stream = &stream[..];
    let mut race = bench.race(&title, "frame", count as u64);

    let mut floor = Floor::new(payload, read);
    race.add("floor: copy-in + walk by hand", move || floor.run(stream, read, see));
    let mut vec = Floor::new(payload, read);
    race.add("copy to Vec", move || vec.run(stream, read, |payload| see(&black_box(payload.to_vec()))));
    let mut nom = NomStreaming::default();
    race.add("nom streaming", move || nom.run(stream, read));
    let mut ldc = Ldc::new(read);
    race.add("LengthDelimitedCodec::decode", move || ldc.run(stream, read, |frame| see(&frame)));
    race.add("FramedRead<LengthDelimitedCodec>", move || framed(stream, read));
    let mut ours = deframer();
    race.add("wireview borrowed", move || borrowed(&mut ours, stream, read));
    let mut ours = deframer();
    race.add("wireview borrowed, one by one", move || one_by_one(&mut ours, stream, read));
    let mut ours = deframer();
    race.add("wireview batch", move || batch(&mut ours, stream, read));
    let mut ours = deframer();
    race.add("wireview frame", move || frames(&mut ours, stream, read));
    add_kept(&mut race, stream, read, KEPT);
    let medians = race.run();
    if let [floor, _, _, ldc, framed, borrowed, _, batch, frame, ..] = medians[..] {
        goals.add(&title, "borrowed / floor, at most 1.15", borrowed / floor, |ratio| ratio <= 1.15);
        if payload <= 256 {
            goals.add(&title, "batch / floor, at most 2", batch / floor, |ratio| ratio <= 2.0);
            goals.add(&title, "FramedRead / batch, at least 6", framed / batch, |ratio| ratio >= 6.0);
            goals.add(&title, "LDC / frame, at least 1.8", ldc / frame, |ratio| ratio >= 1.8);
        }
    }
}

/// Long frames, of which the last ones are kept: what counts is whether memory goes round, or is faulted in anew. What the
/// allocator does for the peer depends on how many are kept, so there are several rows.
fn race_kept(bench: &support::Bench, goals: &mut Goals, keep: usize) {
    let stream = stream(1 << 20, 8);
    let stream = &stream[..];
    let title = format!("1 MiB payloads, the last {keep} kept");
    let mut race = bench.race(&title, "frame", 8);
    add_kept(&mut race, stream, 64 << 10, keep);
    if let [ldc, ours] = race.run()[..] {
        goals.add(&title, "LDC kept / kept, at least 2.5", ldc / ours, |ratio| ratio >= 2.5);
    }
}

fn add_kept<'a>(race: &mut support::Race<'a>, stream: &'a [u8], read: usize, keep: usize) {
    let mut ldc = Ldc::new(read);
    let mut kept = VecDeque::new();
    race.add("LengthDelimitedCodec::decode, kept", move || {
        ldc.run(stream, read, |frame| {
            let seen = see(&frame);
            if kept.len() == keep {
                kept.pop_front();
            }
            kept.push_back(frame);
            seen
        })
    });
    let mut ours = deframer();
    let mut kept = VecDeque::new();
    race.add("wireview frame, kept", move || {
        let mut sum = 0;
        for piece in stream.chunks(read) {
            ours.feed(piece);
            while let Some(lent) = ours.next().expect("a sound stream") {
                let frame = lent.into_frame().expect("a message");
                sum += see(frame.view());
                if kept.len() == keep {
                    kept.pop_front();
                }
                kept.push_back(frame);
            }
        }
        sum
    });
}

/// What every contender does with a payload.
#[inline(always)]
fn see(payload: &[u8]) -> usize {
    payload.len() + payload[0] as usize
}

fn stream(payload: usize, count: usize) -> Vec<u8> {
    let mut stream = Vec::with_capacity((payload + 4) * count);
    for index in 0..count {
        stream.put_u32(payload as u32);
        stream.resize(stream.len() + payload, index as u8);
    }
    stream
}

/// The least that can be done: one buffer, large enough for any frame, no checks but for the length.
struct Floor {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Floor {
    fn new(payload: usize, read: usize) -> Self {
        Self { buffer: vec![0; payload + 4 + 4 * read], start: 0, end: 0 }
    }

    #[inline(always)]
    fn run(&mut self, stream: &[u8], read: usize, mut see: impl FnMut(&[u8]) -> usize) -> usize {
        let mut sum = 0;
        for piece in stream.chunks(read) {
            self.buffer[self.end..self.end + piece.len()].copy_from_slice(piece);
            self.end += piece.len();
            let mut input = &self.buffer[self.start..self.end];
            while let Some((len, rest)) = input.split_first_chunk() {
                let Some((payload, rest)) = rest.split_at_checked(u32::from_be_bytes(*len) as usize) else { break };
                sum += see(payload);
                input = rest;
            }
            self.start = self.end - input.len();
            // Small partial frames go to the front; a large one stays until it is complete or the buffer is.
            if input.len() < 4096 || self.end + read > self.buffer.len() {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
        }
        sum
    }
}

#[derive(Default)]
struct NomStreaming {
    buffer: Vec<u8>,
}

impl NomStreaming {
    fn run(&mut self, stream: &[u8], read: usize) -> usize {
        use nom::bytes::streaming::take;
        use nom::number::streaming::be_u32;

        let mut sum = 0;
        for piece in stream.chunks(read) {
            self.buffer.extend_from_slice(piece);
            let mut input = &self.buffer[..];
            loop {
                let frame = be_u32::<_, nom::error::Error<&[u8]>>(input)
                    .and_then(|(rest, len)| take::<_, _, nom::error::Error<&[u8]>>(len)(rest));
                match frame {
                    Ok((rest, payload)) => {
                        sum += see(payload);
                        input = rest;
                    }
                    Err(nom::Err::Incomplete(_)) => break,
                    Err(error) => panic!("{error}"),
                }
            }
            let consumed = self.buffer.len() - input.len();
            self.buffer.drain(..consumed);
        }
        sum
    }
}

struct Ldc {
    codec: LengthDelimitedCodec,
    buffer: BytesMut,
}

impl Ldc {
    fn new(read: usize) -> Self {
        let codec = LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_codec();
        Self { codec, buffer: BytesMut::with_capacity(read) }
    }

    fn run(&mut self, stream: &[u8], read: usize, mut see: impl FnMut(BytesMut) -> usize) -> usize {
        let mut sum = 0;
        for piece in stream.chunks(read) {
            self.buffer.extend_from_slice(piece);
            while let Some(frame) = self.codec.decode(&mut self.buffer).expect("a sound stream") {
                sum += see(frame);
            }
        }
        sum
    }
}

/// A socket that always has a full read.
struct Pieces<'a>(std::slice::Chunks<'a, u8>, &'a [u8]);

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.1.is_empty() {
            self.1 = self.0.next().unwrap_or_default();
        }
        let len = self.1.len().min(buf.remaining());
        buf.put_slice(&self.1[..len]);
        self.1.advance(len);
        Poll::Ready(Ok(()))
    }
}

fn framed(stream: &[u8], read: usize) -> usize {
    let codec = LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_codec();
    let mut framed = FramedRead::with_capacity(Pieces(stream.chunks(read), &[]), codec, read);
    async move {
        let mut sum = 0;
        while let Some(frame) = framed.next().await {
            sum += see(&frame.expect("a sound stream"));
        }
        sum
    }
    .now_or_never()
    .expect("the stream is always ready")
}

fn deframer() -> Deframer<LengthPrefixed<U32Be>> {
    Deframer::with_limits(
        LengthPrefixed::new(MAX_FRAME as u64),
        Limits::new().max_frame(MAX_FRAME + 4).max_pinned(256 << 20),
    )
}

type Ours = Deframer<LengthPrefixed<U32Be>>;

fn borrowed(ours: &mut Ours, stream: &[u8], read: usize) -> usize {
    let mut sum = 0;
    for piece in stream.chunks(read) {
        ours.feed(piece);
        for payload in ours.views().expect("a sound stream") {
            sum += see(payload.expect("a message"));
        }
    }
    sum
}

fn one_by_one(ours: &mut Ours, stream: &[u8], read: usize) -> usize {
    let mut sum = 0;
    for piece in stream.chunks(read) {
        ours.feed(piece);
        while let Some(lent) = ours.next().expect("a sound stream") {
            sum += see(lent.view().expect("a message"));
        }
    }
    sum
}

fn batch(ours: &mut Ours, stream: &[u8], read: usize) -> usize {
    let mut sum = 0;
    for piece in stream.chunks(read) {
        ours.feed(piece);
        if let Some(batch) = ours.batch().expect("a sound stream") {
            for payload in &batch {
                sum += see(payload.expect("a message"));
            }
        }
    }
    sum
}

fn frames(ours: &mut Ours, stream: &[u8], read: usize) -> usize {
    let mut sum = 0;
    for piece in stream.chunks(read) {
        ours.feed(piece);
        while let Some(lent) = ours.next().expect("a sound stream") {
            let frame = lent.into_frame().expect("a message");
            sum += see(frame.view());
        }
    }
    sum
}

/// What was aimed at, and what came of it.
#[derive(Default)]
struct Goals(Vec<String>);

impl Goals {
    fn add(&mut self, title: &str, goal: &str, ratio: f64, met: impl Fn(f64) -> bool) {
        let verdict = if met(ratio) { "met" } else { "MISSED" };
        self.0.push(format!("{verdict:>7}  {title:<34} {goal:<36} {ratio:.2}"));
    }

    fn print(&self) {
        support::print_goals(&self.0);
    }
}
