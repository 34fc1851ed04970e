//! The same under an allocator that never answers with a multiple of 16: alignment is made, not hoped for.

use wireview_test_odd::{Odd, allocations};

#[path = "archive/steady.rs"]
mod steady;

#[global_allocator]
static ALLOCATOR: Odd = Odd;

// One test in this file: the allocator counts for the whole process.
#[test]
fn archives_are_aligned_whatever_the_allocator_answers() {
    let block = Vec::<u8>::with_capacity(1 << 16);
    assert_eq!(block.as_ptr().addr() % 16, 8);
    steady::run(allocations, 16 << 10);
    steady::run(allocations, 64 << 10);
}
