//! RESP: `cargo bench --bench resp`.
//!
//! Every contender of a race finds the same frames and hands the same arguments, or all parts of a reply, to `black_box`.
//! They differ in what a frame is to them: views, ranges, refcounted slices, or copies; the name says which.

mod support;

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use redis_protocol::resp2::decode::{decode_bytes, decode_bytes_mut, decode_range};
use redis_protocol::resp2::types::{BytesFrame, RangeFrame};
use redust_resp::Data;
use tokio_util::codec::Decoder;
use wireview::wire::Message;
use wireview::{Boundary, Codec, Deframer, Gather, Result};
use wireview_codecs::resp::{self, Replies, Request, Requests, Value};

/// Bytes that a read brings.
const READ: usize = 16 * 1024;

fn main() {
    let bench = support::Bench::from_args("resp");
    set(&bench, "SET 16 B", 16, 1000);
    set(&bench, "SET 1 KiB", 1024, 200);
    set(&bench, "SET 64 KiB", 64 * 1024, 16);
    ok(&bench);
    array(&bench);
    encode(&bench);
}

/// Commands that stand one behind the other in memory.
fn set(bench: &support::Bench, title: &str, len: usize, count: usize) {
    let value = vec![b'v'; len];
    let mut out = Gather::new();
    for i in 0..count {
        resp::command(&mut out, &[&b"SET"[..], format!("key:{i:012}").as_bytes(), &value]);
    }
    let input: Vec<u8> = out.chunks().collect::<Vec<_>>().concat();
    let shared = Bytes::from(input.clone());
    let input = &input[..];

    let mut race = bench.race(title, "command", count as u64);
    race.add("hand-written walk", || {
        let mut at = 0;
        while at < input.len() {
            let (args, end) = walk_command(&input[at..]).expect("whole");
            black_box(args);
            at += end;
        }
    });
    race.add("wireview borrowed (codec)", || {
        let mut codec = Requests::new();
        let mut at = 0;
        while at < input.len() {
            let Ok(Boundary::Frame { head, .. }) = codec.delimit(&input[at..]) else { unreachable!() };
            let request = codec.parse(&input[at..at + head]).expect("a request");
            black_box([request.name(), request.arg(1).expect("key"), request.arg(2).expect("value")]);
            at += head;
        }
    });
    race.add("wireview spans (codec)", || {
        let mut codec = Requests::new();
        let mut at = 0;
        while at < input.len() {
            let Ok(Boundary::Frame { head, .. }) = codec.delimit(&input[at..]) else { unreachable!() };
            let frame = &input[at..at + head];
            black_box(Request::point(codec.parse(frame).expect("a request"), frame));
            at += head;
        }
    });
    race.add("wireview owned: one Bytes and spans (codec)", || {
        let mut codec = Requests::new();
        let mut rest = shared.clone();
        while !rest.is_empty() {
            let Ok(Boundary::Frame { head, .. }) = codec.delimit(&rest) else { unreachable!() };
            let frame = rest.split_to(head);
            let request = Request::point(codec.parse(&frame).expect("a request"), &frame);
            black_box((frame, request));
        }
    });
    race.add("hand-written walk behind 16 KiB copies", || {
        let mut buffer = Vec::with_capacity(2 * READ + len);
        let mut at = 0;
        for read in input.chunks(READ) {
            buffer.drain(..at);
            buffer.extend_from_slice(read);
            at = 0;
            while let Some((args, end)) = walk_command(&buffer[at..]) {
                black_box(args);
                at += end;
            }
        }
    });
    let mut deframer = Deframer::new(Requests::new());
    race.add("wireview borrowed (Deframer, 16 KiB reads)", move || {
        for read in input.chunks(READ) {
            deframer.feed(read);
            while let Some(lent) = deframer.next().expect("lawful") {
                let request = lent.view().expect("a request");
                black_box([request.name(), request.arg(1).expect("key"), request.arg(2).expect("value")]);
            }
        }
    });
    let mut deframer = Deframer::new(Requests::new());
    race.add("wireview views (Deframer, 16 KiB reads)", move || {
        for read in input.chunks(READ) {
            deframer.feed(read);
            for request in deframer.views().expect("lawful") {
                let request = request.expect("a request");
                black_box([request.name(), request.arg(1).expect("key"), request.arg(2).expect("value")]);
            }
        }
    });
    let mut deframer = Deframer::new(Requests::new());
    race.add("wireview batch (Deframer, 16 KiB reads)", move || {
        for read in input.chunks(READ) {
            deframer.feed(read);
            while let Some(batch) = deframer.batch().expect("lawful") {
                for request in &batch {
                    let request = request.expect("a request");
                    black_box([request.name(), request.arg(1).expect("key"), request.arg(2).expect("value")]);
                }
            }
        }
    });
    let mut deframer = Deframer::new(Requests::new());
    race.add("wireview owned (Deframer, 16 KiB reads)", move || {
        for read in input.chunks(READ) {
            deframer.feed(read);
            while let Some(lent) = deframer.next().expect("lawful") {
                black_box(lent.into_frame().expect("a request"));
            }
        }
    });
    race.add("redust-resp borrowed", || {
        let mut rest = input;
        while !rest.is_empty() {
            let (data, behind) = redust_resp::from_bytes::<Data<'_>>(rest).expect("lawful");
            black_box(data);
            rest = behind;
        }
    });
    race.add("redis-protocol range", || {
        let mut at = 0;
        while at < input.len() {
            let (frame, took) = decode_range(&input[at..]).expect("lawful").expect("whole");
            black_box::<RangeFrame>(frame);
            at += took;
        }
    });
    race.add("redis-protocol Bytes", || {
        let mut rest = shared.clone();
        while !rest.is_empty() {
            let (frame, took) = decode_bytes(&rest).expect("lawful").expect("whole");
            black_box::<BytesFrame>(frame);
            rest = rest.slice(took..);
        }
    });
    race.add("resp-rs Bytes", || {
        let mut rest = shared.clone();
        while !rest.is_empty() {
            let (frame, behind) = resp_rs::resp2::parse_frame(rest).expect("lawful");
            black_box(frame);
            rest = behind;
        }
    });
    race.add("redis copies", || {
        // It reads ahead, so that what is left of the input says nothing.
        let mut parser = redis::Parser::new();
        let mut rest = input;
        (0..count).for_each(|_| drop(black_box(parser.parse_value(&mut rest).expect("lawful"))));
    });
    race.run();
}

/// The shortest reply.
fn ok(bench: &support::Bench) {
    const COUNT: usize = 1000;
    let input = b"+OK\r\n".repeat(COUNT);
    let shared = Bytes::from(input.clone());
    let input = &input[..];

    let mut race = bench.race("+OK", "reply", COUNT as u64);
    race.add("hand-written loop", || {
        let mut at = 0;
        while at < input.len() {
            let (line, end) = walk_line(&input[at..]).expect("whole");
            black_box(line);
            at += end;
        }
    });
    race.add("wireview borrowed (codec)", || {
        let mut codec = Replies::new();
        let mut at = 0;
        while at < input.len() {
            let Ok(Boundary::Frame { head, .. }) = codec.delimit(&input[at..]) else { unreachable!() };
            let Ok(Value::Simple(line)) = codec.parse(&input[at..at + head]) else { unreachable!() };
            black_box(line);
            at += head;
        }
    });
    let mut deframer = Deframer::new(Replies::new());
    race.add("wireview borrowed (Deframer, one read)", move || {
        deframer.feed(input);
        while let Some(lent) = deframer.next().expect("lawful") {
            let Ok(Value::Simple(line)) = lent.view() else { unreachable!() };
            black_box(line);
        }
    });
    race.add("redust-resp borrowed", || {
        let mut rest = input;
        while !rest.is_empty() {
            let (data, behind) = redust_resp::from_bytes::<Data<'_>>(rest).expect("lawful");
            black_box(data);
            rest = behind;
        }
    });
    race.add("redis-protocol range", || {
        let mut at = 0;
        while at < input.len() {
            let (frame, took) = decode_range(&input[at..]).expect("lawful").expect("whole");
            black_box::<RangeFrame>(frame);
            at += took;
        }
    });
    race.add("redis-protocol Bytes", || {
        let mut rest = shared.clone();
        while !rest.is_empty() {
            let (frame, took) = decode_bytes(&rest).expect("lawful").expect("whole");
            black_box::<BytesFrame>(frame);
            rest = rest.slice(took..);
        }
    });
    race.add("resp-rs Bytes", || {
        let mut rest = shared.clone();
        while !rest.is_empty() {
            let (frame, behind) = resp_rs::resp2::parse_frame(rest).expect("lawful");
            black_box(frame);
            rest = behind;
        }
    });
    race.add("redis copies", || {
        // It reads ahead, so that what is left of the input says nothing.
        let mut parser = redis::Parser::new();
        let mut rest = input;
        (0..COUNT).for_each(|_| drop(black_box(parser.parse_value(&mut rest).expect("lawful"))));
    });
    race.run();
}

/// One long reply that arrives in reads of 16 KiB.
fn array(bench: &support::Bench) {
    const COUNT: usize = 10_000;
    let mut out = Gather::new();
    resp::array(&mut out, COUNT);
    (0..COUNT).for_each(|_| resp::bulk(&mut out, &[b'x'; 100]));
    let input: Vec<u8> = out.chunks().collect::<Vec<_>>().concat();
    let input = &input[..];

    let mut race = bench.race("array of 10,000 x 100 B in 16 KiB reads", "element", COUNT as u64);
    let mut buffer = Vec::with_capacity(input.len());
    race.add("hand-written resumed walk", move || {
        buffer.clear();
        let (mut at, mut seen) = (0, 0);
        for read in input.chunks(READ) {
            buffer.extend_from_slice(read);
            if at == 0 {
                at = number(&buffer, 1).expect("the head is in the first read").1;
            }
            while let Some((element, end)) = walk_bulk(&buffer, at) {
                black_box(element);
                at = end;
                seen += 1;
            }
        }
        assert_eq!(seen, COUNT);
    });
    let mut buffer = Vec::with_capacity(input.len());
    race.add("wireview, found (codec, the same buffer)", move || {
        buffer.clear();
        let mut codec = Replies::new();
        let mut found = Boundary::Need(1);
        for read in input.chunks(READ) {
            buffer.extend_from_slice(read);
            found = codec.delimit(&buffer).expect("lawful");
        }
        assert_eq!(found, Boundary::whole(input.len()));
    });
    let mut deframer = Deframer::new(Replies::new());
    race.add("wireview, found (Deframer)", move || {
        let mut found = 0;
        for read in input.chunks(READ) {
            deframer.feed(read);
            while let Some(lent) = deframer.next().expect("lawful") {
                found = lent.view().expect("a reply").parts().expect("an array").len();
            }
        }
        assert_eq!(found, COUNT);
    });
    let mut deframer = Deframer::new(Replies::new());
    race.add("wireview, found and walked (Deframer)", move || {
        let mut seen = 0;
        for read in input.chunks(READ) {
            deframer.feed(read);
            while let Some(lent) = deframer.next().expect("lawful") {
                for element in lent.view().expect("a reply").iter() {
                    let Ok(Value::Bulk(element)) = element else { unreachable!() };
                    black_box(element);
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, COUNT);
    });
    race.add("redust-resp codec, shared slices", || {
        let mut codec = redust_resp::Codec::default();
        let mut buffer = BytesMut::new();
        let mut whole = None;
        for read in input.chunks(READ) {
            buffer.extend_from_slice(read);
            if let Some(data) = codec.decode(&mut buffer).expect("lawful") {
                whole = Some(data);
            }
        }
        whole.expect("the array is whole")
    });
    race.add("redis, from a reader, copies", || redis::Parser::new().parse_value(Reads(input)).expect("lawful"));
    race.add("redis-protocol Bytes, asked at each read", || {
        let mut buffer = BytesMut::new();
        let mut whole = None;
        for read in input.chunks(READ) {
            buffer.extend_from_slice(read);
            if let Some((frame, ..)) = decode_bytes_mut(&mut buffer).expect("lawful") {
                whole = Some(frame);
            }
        }
        whole.expect("the array is whole")
    });
    race.add("resp-rs parser, asked at each read", || {
        let mut parser = resp_rs::resp2::Parser::new();
        let mut whole = None;
        for read in input.chunks(READ) {
            parser.feed(Bytes::copy_from_slice(read));
            if let Some(frame) = parser.next_frame().expect("lawful") {
                whole = Some(frame);
            }
        }
        whole.expect("the array is whole")
    });
    race.run();
}

/// What a server writes, drained after a thousand answers.
fn encode(bench: &support::Bench) {
    const COUNT: usize = 1000;
    let value = Bytes::from(vec![b'v'; 32]);
    let copied = &[b'v'; 32][..];

    let mut race = bench.race("answers of 32 B", "answer", COUNT as u64);
    let mut out = Vec::new();
    race.add("literal head, by hand into a Vec", move || {
        out.clear();
        for _ in 0..COUNT {
            out.extend_from_slice(b"$32\r\n");
            out.extend_from_slice(copied);
            out.extend_from_slice(b"\r\n");
        }
        black_box(out.len())
    });
    let mut out = Gather::new();
    race.add("wireview bulk, copied", move || {
        (0..COUNT).for_each(|_| resp::bulk(&mut out, copied));
        drain(&mut out)
    });
    let mut out = Gather::new();
    let stored = value.clone();
    race.add("wireview bulk, stored Bytes", move || {
        (0..COUNT).for_each(|_| resp::bulk(&mut out, stored.clone()));
        drain(&mut out)
    });
    let mut out = Gather::new();
    race.add("wireview message", move || {
        let mut codec = Requests::new();
        let encoded: Result<()> =
            (0..COUNT).try_for_each(|_| wireview::Encode::encode(&mut codec, Value::Bulk(copied), &mut out));
        encoded.expect("a value can be written");
        drain(&mut out)
    });
    let mut out = BytesMut::new();
    let frame = BytesFrame::BulkString(value);
    race.add("redis-protocol", move || {
        out.clear();
        for _ in 0..COUNT {
            redis_protocol::resp2::encode::extend_encode(&mut out, &frame, false).expect("a value can be written");
        }
        black_box(out.len())
    });
    race.run();
}

fn drain(out: &mut Gather) -> usize {
    let size = black_box(out.size()) as usize;
    out.advance(size);
    size
}

/// A stream that brings 16 KiB at a time.
struct Reads<'a>(&'a [u8]);

impl std::io::Read for Reads<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.0.len().min(buffer.len()).min(READ);
        let (read, rest) = self.0.split_at(len);
        buffer[..len].copy_from_slice(read);
        self.0 = rest;
        Ok(len)
    }
}

/// The number at `at` and where the next line starts: what a careful programmer writes who knows the format.
#[inline(always)]
fn number(input: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let start = at;
    let mut number = 0_usize;
    loop {
        match *input.get(at)? {
            digit @ b'0'..=b'9' => number = number.checked_mul(10)?.checked_add((digit - b'0').into())?,
            b'\r' if at > start && *input.get(at + 1)? == b'\n' => return Some((number, at + 2)),
            _ => return None,
        }
        at += 1;
    }
}

#[inline(always)]
fn walk_bulk(input: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if *input.get(at)? != b'$' {
        return None;
    }
    let (len, start) = number(input, at + 1)?;
    let end = start.checked_add(len)?;
    (input.get(end..end.checked_add(2)?)? == b"\r\n").then(|| (&input[start..end], end + 2))
}

#[inline(always)]
fn walk_command(input: &[u8]) -> Option<([&[u8]; 3], usize)> {
    if *input.first()? != b'*' {
        return None;
    }
    let (count, mut at) = number(input, 1)?;
    let mut args = [&[][..]; 3];
    for i in 0..count {
        let (arg, end) = walk_bulk(input, at)?;
        *args.get_mut(i)? = arg;
        at = end;
    }
    Some((args, at))
}

#[inline(always)]
fn walk_line(input: &[u8]) -> Option<(&[u8], usize)> {
    if *input.first()? != b'+' {
        return None;
    }
    let mut end = 1;
    while *input.get(end)? != b'\r' {
        end += 1;
    }
    (*input.get(end + 1)? == b'\n').then(|| (&input[1..end], end + 2))
}
