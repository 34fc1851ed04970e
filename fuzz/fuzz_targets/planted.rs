//! Finds a planted fault, to measure how long that takes: `PLANTED=LateError cargo +stable fuzz run -s none planted`.
#![no_main]

use std::alloc::System;
use std::collections::VecDeque;
use std::sync::LazyLock;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wireview::laws::{self, Laws};

#[allow(dead_code)]
#[path = "../../tests/planted/mod.rs"]
mod planted;
use planted::{Bug, Planted, PlantedQueue, PlantedSender, QueueBug};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

enum Plant {
    Codec(Bug),
    Queue(QueueBug),
    Sender,
}

static PLANT: LazyLock<Plant> = LazyLock::new(|| {
    let name = std::env::var("PLANTED").unwrap_or_default();
    let codec = Bug::ALL.iter().find(|(bug, _)| format!("{bug:?}") == name).map(|(bug, _)| Plant::Codec(*bug));
    let queue = QueueBug::ALL.iter().find(|bug| format!("{bug:?}") == name).map(|bug| Plant::Queue(*bug));
    let sender = (name == "LostTailAfterCancel").then_some(Plant::Sender);
    codec
        .or(queue)
        .or(sender)
        .unwrap_or_else(|| panic!("PLANTED is none of {:?}, {:?} and LostTailAfterCancel", Bug::ALL, QueueBug::ALL))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let found = match *PLANT {
        Plant::Codec(bug) => {
            let laws = Laws::all().canonical().allocations(|| ALLOCATOR.stats().bytes_allocated);
            laws.check(|| Planted::new(bug), bytes);
            laws.check_round_trip(|| Planted::new(bug), bytes);
            return;
        }
        Plant::Queue(bug) => laws::verify_queue(|| PlantedQueue(bug, VecDeque::new()), bytes),
        Plant::Sender => laws::verify_cancel(|io| PlantedSender { lossy: true, queue: VecDeque::new(), io }, bytes),
    };
    found.unwrap_or_else(|violation| panic!("{violation}"));
});
wireview::fuzz_mutator!();
