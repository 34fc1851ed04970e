//! Finds a planted fault, to measure how long that takes: `PLANTED=LateError cargo +stable fuzz run -s none planted`.
#![no_main]

use std::alloc::System;
use std::sync::LazyLock;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wireview::laws::{Law, Laws};

#[allow(dead_code)]
#[path = "../../tests/planted/mod.rs"]
mod planted;
use planted::{Bug, Planted};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static BUG: LazyLock<(Bug, Law)> = LazyLock::new(|| {
    let name = std::env::var("PLANTED").unwrap_or_default();
    let known = Bug::ALL.iter().find(|(bug, _)| format!("{bug:?}") == name);
    *known.unwrap_or_else(|| panic!("PLANTED is none of {:?}", Bug::ALL))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let laws = Laws::all().canonical().allocations(|| ALLOCATOR.stats().bytes_allocated);
    laws.check(|| Planted::new(BUG.0), bytes);
    laws.check_round_trip(|| Planted::new(BUG.0), bytes);
});
wireview::fuzz_mutator!();
