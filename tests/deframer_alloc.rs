//! The deframer allocates nothing once it has seen its load, whatever is kept, and moves few bytes.
#![cfg(feature = "std")]

use std::alloc::System;
use std::collections::VecDeque;

use bytes::BufMut;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::{Deframer, Limits};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Prefixed = LengthPrefixed<U32Be>;

/// Feeds pieces of at most `read` bytes as a socket would: only when everything whole has been taken.
fn rounds(stream: &[u8], read: usize, mut take: impl FnMut(&mut Deframer<Prefixed>)) -> (usize, f64) {
    let limits = Limits::new().max_frame(4 << 20);
    let mut deframer = Deframer::with_limits(Prefixed::new(4 << 20), limits);
    let mut round = |deframer: &mut Deframer<Prefixed>| {
        let mut rest = stream;
        while !rest.is_empty() {
            deframer.read_with(|block| {
                let len = block.remaining_mut().min(read).min(rest.len());
                block.put_slice(&rest[..len]);
                rest = &rest[len..];
            });
            take(deframer);
        }
    };
    // Long enough to have met every position of a frame in a block.
    for _ in 0..40 {
        round(&mut deframer);
    }
    let (moved, received) = (deframer.ledger().moved, deframer.ledger().received);
    let region = Region::new(ALLOCATOR);
    for _ in 0..8 {
        round(&mut deframer);
    }
    let allocations = region.change().allocations + region.change().reallocations;
    let ledger = deframer.ledger();
    (allocations, (ledger.moved - moved) as f64 / (ledger.received - received) as f64)
}

fn stream(payload: usize) -> Vec<u8> {
    let count = ((1 << 19) / (payload + 4)).max(6);
    let mut stream = Vec::new();
    for index in 0..count {
        stream.put_u32(payload as u32);
        stream.resize(stream.len() + payload, index as u8);
    }
    stream
}

// One test in this file: the allocator counts for the whole process.
#[test]
fn the_steady_state_allocates_nothing_and_moves_little() {
    for payload in [16, 1000, 16 << 10, 300_000] {
        let stream = stream(payload);
        for read in [1500, 16 << 10, 64 << 10] {
            let what = format!("payloads of {payload} in reads of {read}");
            let check = |verb: &str, (allocations, moved): (usize, f64)| {
                assert_eq!(allocations, 0, "{verb}, {what}");
                assert!(moved < 0.1, "{verb}, {what}: {moved} of all bytes were moved");
            };
            let borrowed = rounds(&stream, read, |deframer| {
                while let Some(lent) = deframer.next().expect("sound") {
                    assert_eq!(lent.view().expect("a message").len(), payload);
                }
            });
            check("borrowed", borrowed);
            let views = rounds(&stream, read, |deframer| {
                assert!(deframer.views().expect("sound").all(|view| view.is_ok_and(|view| view.len() == payload)));
            });
            check("views", views);
            let batch = rounds(&stream, read, |deframer| {
                while let Some(batch) = deframer.batch().expect("sound") {
                    assert!(batch.iter().all(|view| view.is_ok_and(|view| view.len() == payload)));
                }
            });
            check("batch", batch);
            let owned = rounds(&stream, read, |deframer| {
                while let Some(lent) = deframer.next().expect("sound") {
                    assert_eq!(lent.into_frame().expect("a message").view().len(), payload);
                }
            });
            check("owned", owned);
            for keep in [1, 30] {
                let mut kept = VecDeque::with_capacity(keep + 1);
                let last = rounds(&stream, read, |deframer| {
                    while let Some(lent) = deframer.next().expect("sound") {
                        kept.push_back(lent.into_frame().expect("a message"));
                        if kept.len() > keep {
                            kept.pop_front();
                        }
                    }
                });
                check(&format!("the last {keep} kept"), last);
                kept.clear();
                let all = rounds(&stream, read, |deframer| {
                    while let Some(lent) = deframer.next().expect("sound") {
                        if kept.len() == keep {
                            kept.clear();
                        }
                        kept.push_back(lent.into_frame().expect("a message"));
                    }
                });
                check(&format!("{keep} kept, then dropped"), all);
            }
        }
    }
}
