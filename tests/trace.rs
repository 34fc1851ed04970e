//! What every codec tells of where its fields lie agrees with what it reads, on all seeds of the fuzz targets and on mutants of them.
#![cfg(all(feature = "testing", feature = "zerocopy"))]

use std::fs;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use wireview::formats::{Delimited, Fixed, Headed, Header, LengthPrefixed, Lines};
use wireview::laws::{check_trace, mutants};
use wireview::length::{U8, U16Be, U16Le, U24Le, U32Be, U64Be, U64Le, Varint};
use wireview::trace::{Field, Hook, Name, Trace, Value};
use wireview::{Boundary, Codec, Error, Result, Span};
use wireview_codecs::http1::{Requests as HttpRequests, Responses};
use wireview_codecs::proxy::Headers;
use wireview_codecs::resp::{Replies, Requests};
use wireview_codecs::{dns, kafka, mqtt};
use zerocopy::byteorder::big_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder).expect("seeds").map(|file| file.expect("readable").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("readable")).collect()
}

/// How many fields are told of all seeds, and of mutants of them.
fn all<C: Trace>(target: &str, codec: impl Fn() -> C) -> (usize, usize) {
    let seeds = seeds(target);
    let whole: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let mutants = mutants(&whole, 10_000);
    (seeds.iter().map(|seed| check_trace(&codec, seed)).sum(), mutants.map(|bytes| check_trace(&codec, &bytes)).sum())
}

#[test]
fn resp() {
    let (told, mutated) = all("resp_requests", Requests::new);
    assert!(told > 50 && mutated > told, "{told} and {mutated} fields");
    let (told, mutated) = all("resp_replies", Replies::new);
    assert!(told > 50 && mutated > told, "{told} and {mutated} fields");
}

#[test]
fn http1() {
    let (told, mutated) = all("http1_requests", HttpRequests::new);
    assert!(told > 150 && mutated > told, "{told} and {mutated} fields");
    let (told, mutated) = all("http1_responses", Responses::new);
    assert!(told > 100 && mutated > told, "{told} and {mutated} fields");
}

#[test]
fn proxy() {
    let (told, mutated) = all("proxy", Headers::new);
    assert!(told > 100 && mutated > told, "{told} and {mutated} fields");
}

#[test]
fn declared() {
    let (told, mutated) = all("dns", dns::Messages::new);
    assert!(told > 100 && mutated > told, "{told} and {mutated} fields");
    let (told, mutated) = all("mqtt", mqtt::Packets::new);
    assert!(told > 100 && mutated > told, "{told} and {mutated} fields");
}

#[test]
fn kafka() {
    let (told, mutated) = all("kafka_requests", || kafka::Requests::new(1 << 16));
    assert!(told > 300 && mutated > told, "{told} and {mutated} fields");
    let (told, mutated) = all("kafka_records", kafka::records::Batches::new);
    assert!(told > 100 && mutated > told, "{told} and {mutated} fields");
}

/// As `fuzz/src/targets/kafka.rs`: the first two bytes choose what was asked.
#[test]
fn kafka_responses() {
    let seeds = seeds("kafka_responses");
    let whole: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let mut told = [0; 64];
    for bytes in mutants(&whole, 10_000).chain(seeds.iter().cloned()) {
        let Some((&[key, version], stream)) = bytes.split_first_chunk() else { continue };
        let Some(api) = kafka::Api::from_key(key.into()) else { continue };
        let Ok(codec) = kafka::Responses::of(api, version.into(), 1 << 16) else { continue };
        told[usize::from(key)] += check_trace(|| codec.clone(), stream);
    }
    let apis = told.iter().filter(|fields| **fields > 2).count();
    assert!(apis >= 12, "{told:?}");
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Head {
    version: u8,
    kind: U16,
    len: U32,
}

impl Header for Head {
    fn payload_len(&self) -> u64 {
        self.len.get().into()
    }

    fn set_payload_len(&mut self, len: u64) {
        self.len.set(len as u32);
    }
}

/// As `fuzz/src/targets/formats.rs`: the first byte chooses the format.
fn format(choice: u8, bytes: &[u8]) -> usize {
    match choice % 16 {
        0 => check_trace(|| LengthPrefixed::<U8>::new(200), bytes),
        1 => check_trace(|| LengthPrefixed::<U16Be>::new(300), bytes),
        2 => check_trace(|| LengthPrefixed::<U24Le>::new(u64::MAX).adjust(1), bytes),
        3 => check_trace(|| LengthPrefixed::<U32Be>::new(1 << 20).counts_header(), bytes),
        4 => check_trace(|| LengthPrefixed::<U64Le>::new(u64::MAX).adjust(-3), bytes),
        5 => check_trace(|| LengthPrefixed::<Varint>::new(1000), bytes),
        6 => check_trace(|| LengthPrefixed::<U16Le>::new(100).offset(3).trailer(2).adjust(-2).parts(), bytes),
        7 => check_trace(|| LengthPrefixed::<U64Be>::new(100).offset(1).counts_header().parts(), bytes),
        8 => check_trace(|| LengthPrefixed::<Varint>::new(100).offset(1).counts_header().trailer(1).parts(), bytes),
        9 => check_trace(|| Fixed::new(7), bytes),
        10 => check_trace(|| Delimited::new(b"\0", 30), bytes),
        11 => check_trace(|| Delimited::new(b"aab", 30), bytes),
        12 => check_trace(|| Lines::new(30), bytes),
        13 => check_trace(|| Lines::new(0).crlf(), bytes),
        14 => check_trace(|| Headed::<Head>::new(1000), bytes),
        _ => 0,
    }
}

#[test]
fn formats() {
    let mut told = [0; 16];
    let seeds = seeds("formats");
    let whole: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    for bytes in mutants(&whole, 10_000).chain(seeds.iter().cloned()) {
        if let Some((choice, bytes)) = bytes.split_first() {
            told[usize::from(choice % 16)] += format(*choice, bytes);
        }
    }
    assert!(told[..15].iter().all(|fields| *fields > 2), "{told:?}");
}

/// What is wrong with the walk of [`Planted`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Hole,
    Overlap,
    Outside,
    Short,
    NotLeft,
    Fails,
    Twice,
}

/// Frames of four bytes.
struct Planted(Fault);

impl Codec for Planted {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        Ok(if input.len() < 4 { Boundary::Need(4) } else { Boundary::whole(4) })
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        Ok(frame)
    }
}

impl Trace for Planted {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let put = |at: Range<usize>, hook: &mut dyn Hook| {
            let value = Value::Unsigned(0);
            hook.field(Field { name: Name::Field("x"), at, bits: None, value, note: "" });
        };
        hook.enter(Name::Field("frame"), "Planted", 0);
        put(0..2, hook);
        match self.0 {
            Fault::Hole => put(3..4, hook),
            Fault::Overlap => put(1..4, hook),
            Fault::Outside => put(2..5, hook),
            Fault::Short => put(2..3, hook),
            Fault::Fails => return Err(Error::malformed(&"x", 2)),
            _ => hook.gap("rest", 2..4),
        }
        if self.0 != Fault::NotLeft {
            hook.leave(frame.len());
        }
        if self.0 == Fault::Twice {
            hook.enter(Name::Field("frame"), "Planted", 4);
            hook.leave(4);
        }
        Ok(())
    }
}

#[test]
fn planted_faults_are_found() {
    assert_eq!(check_trace(|| Planted(Fault::None), b"onetwo34"), 2);
    for fault in [Fault::Hole, Fault::Overlap, Fault::Outside, Fault::Short, Fault::NotLeft, Fault::Fails, Fault::Twice]
    {
        let found = catch_unwind(AssertUnwindSafe(|| check_trace(|| Planted(fault), b"onetwo34")));
        assert!(found.is_err(), "{fault:?} was not noticed");
    }
}
