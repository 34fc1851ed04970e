//! Archives that are kept cost no allocation, and none of them is copied.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[path = "archive/steady.rs"]
mod steady;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

// One test in this file: the allocator counts for the whole process.
#[test]
fn the_steady_state_allocates_nothing_and_copies_no_archive() {
    steady::run(allocations, 16 << 10, 300);
    steady::run(allocations, 64 << 10, 300);
    // Nothing is held: blocks are used again from their fronts.
    steady::run(allocations, 16 << 10, 0);
}
