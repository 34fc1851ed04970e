//! What this thread has found in memory lately.

use std::cell::RefCell;
use std::ops::Range;
use std::time::{Duration, Instant};

/// How long pages that were found in memory are believed to be there still. Those that many ask for stay much longer, and a
/// page that has gone after all costs a wait.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many are known at a time.
const SLOTS: usize = 1024;

thread_local! {
    static FOUND: RefCell<Vec<Option<Found>>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Debug)]
struct Found {
    file: usize,
    bytes: Range<u64>,
    at: Instant,
}

/// Whether `bytes` of `file`, which lie in block `block` of it, were found in memory a second ago at most, by whatever connection.
pub(super) fn was_found(file: usize, block: u64, bytes: &Range<u64>) -> bool {
    let inside = |found: &Found| {
        found.file == file
            && found.bytes.start <= bytes.start
            && bytes.end <= found.bytes.end
            && found.at.elapsed() < BELIEVED
    };
    FOUND.with_borrow(|found| matches!(found.get(slot(file, block)), Some(Some(found)) if inside(found)))
}

/// Notes that `bytes` of `file`, which begin in block `block` of it, are in memory.
pub(super) fn found(file: usize, block: u64, bytes: Range<u64>) {
    FOUND.with_borrow_mut(|found| {
        if found.is_empty() {
            found.resize(SLOTS, None);
        }
        found[slot(file, block)] = Some(Found { file, bytes, at: Instant::now() });
    });
}

/// Blocks of one file lie beside each other, files apart.
const fn slot(file: usize, block: u64) -> usize {
    (file as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20).wrapping_add(block) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_found_is_believed() {
        assert!(!was_found(16, 0, &(0..10)));
        found(16, 0, 0..100);
        found(16, 1, 100..150);
        assert!(was_found(16, 0, &(0..100)));
        assert!(was_found(16, 0, &(5..10)));
        assert!(was_found(16, 1, &(100..150)));
        assert!(!was_found(16, 0, &(50..101)));
        assert!(!was_found(16, 2, &(0..100)));
        assert!(!was_found(32, 0, &(0..100)));
    }
}
