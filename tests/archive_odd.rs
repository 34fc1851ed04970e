//! The same under an allocator that never answers with a multiple of 16: alignment is made, not hoped for.

use wireview::archive::Archive;
use wireview::laws::{self, Laws};
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
    steady::run(allocations, 16 << 10, 300);
    steady::run(allocations, 64 << 10, 300);
    // Nothing is held: blocks are used again from their fronts.
    steady::run(allocations, 16 << 10, 0);
    // And by small reads into small blocks, cut at every place, through every way of taking frames.
    let archives: Vec<Vec<u8>> = steady::frames(&mut fastrand::Rng::with_seed(7)).into_iter().take(20).collect();
    let short: Vec<&[u8]> = archives.iter().map(Vec::as_slice).filter(|frame| frame.len() < 2000).collect();
    let codec = || Archive::<steady::Record>::new(1 << 20);
    laws::check_all(&Laws::all().canonical(), codec, &[&short[..3].concat(), &short[3..6].concat(), short[6]]);
}
