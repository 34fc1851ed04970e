//! A tagged union: the first byte says which message it is.
//!
//! ```text
//!  1 ping    │ nonce u64
//!  2 ack     │ stream u32 │ number u64
//!  3 data    │ stream u32 │ length u16, at most 1000 │ payload
//!  4 reset   │ stream u32 │ code u16
//! ```

mod bin_rw;
mod by_hand;
mod deku20;
mod nom8;
mod ours;
mod winnow1;
mod zero_copy;

use crate::fair::{Cases, Spoil, mixed};
use crate::support::{Bench, thread_time};

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
    let unknown: Spoil<'_> = &|frame| frame[0] = 5;
    let too_long: Spoil<'_> = &|frame| {
        frame[5..7].copy_from_slice(&(MAX + 1).to_be_bytes());
        frame.resize(7 + usize::from(MAX) + 1, 0);
    };
    let cases = Cases::new(contents, by_hand::write, &[unknown, too_long]);

    let title = "tagged union of 4";
    let mut race = bench.race(title, "message", cases.len()).timed_by(thread_time);
    reads!(race, "by hand", &cases, by_hand::parse, by_hand::seen);
    reads!(race, "wireview", &cases, ours::parse, ours::seen);
    reads!(race, "zerocopy", &cases, zero_copy::parse, by_hand::seen);
    reads!(race, "nom", &cases, nom8::parse, by_hand::seen);
    reads!(race, "winnow", &cases, winnow1::parse, by_hand::seen);
    reads!(race, "binrw", &cases, bin_rw::parse, bin_rw::seen);
    reads!(race, "deku", &cases, deku20::parse, deku20::seen);
    crate::goals(goals, title, &race.run(), 5.0);

    let title = "tagged union of 4, written";
    let mut race = bench.race(title, "message", cases.len()).timed_by(thread_time);
    writes!(race, "by hand, to a Vec", &cases, Content::clone, by_hand::write, Vec::new());
    writes!(race, "by hand, to a Gather", &cases, Content::clone, by_hand::send, wireview::Gather::new());
    writes!(race, "wireview", &cases, Content::clone, ours::write, wireview::Gather::new());
    writes!(race, "zerocopy", &cases, Content::clone, zero_copy::write, Vec::new());
    writes!(race, "binrw", &cases, bin_rw::message, bin_rw::write, std::io::Cursor::new(Vec::new()));
    writes!(race, "deku", &cases, deku20::message, deku20::write, std::io::Cursor::new(Vec::new()));
    crate::written(goals, title, &race.run());
}
