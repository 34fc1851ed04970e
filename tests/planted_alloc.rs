//! The planted fault that only an allocator sees.
#![cfg(all(feature = "testing", feature = "tokio"))]

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wireview::laws::{Law, Laws};

#[allow(dead_code)]
mod planted;
use planted::{Bug, Planted};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

// One test in this file: the allocator counts for the whole process.
#[test]
fn memory_for_a_length_that_was_only_declared() {
    let laws = Laws::all().allocations(|| ALLOCATOR.stats().bytes_allocated);
    let stream = b"#\0\x08\0\0hi";
    let violation = laws
        .verify(|| Planted::new(Bug::AllocationByDeclaredLength), stream)
        .expect_err("half a megabyte for seven bytes");
    assert_eq!(violation.law(), Law::Allocation);
    assert!(violation.what().contains("524288 bytes"), "{violation}");
    laws.check(|| Planted::new(Bug::None), stream);
}
