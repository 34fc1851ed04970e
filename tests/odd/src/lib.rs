//! An allocator that answers as badly as it may: what asks for no more than 8 bytes of alignment lies at 8 mod 16.
//!
//! An allocator cannot be written without `unsafe`, so it is a package of its own, for tests alone.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How far behind an address of the system's, which is a multiple of 16, the answer lies.
const SHIFT: usize = 8;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

/// How often memory was asked for.
pub fn allocations() -> usize {
    ALLOCATIONS.load(Ordering::Relaxed)
}

/// The system's allocator, 8 bytes further on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Odd;

/// What is asked of the system for `layout`; `None` if it goes there as it is, or is too large for any answer.
fn outer(layout: Layout) -> Option<Layout> {
    if layout.align() > SHIFT {
        return None;
    }
    Layout::from_size_align(layout.size().checked_add(SHIFT)?, 2 * SHIFT).ok()
}

// SAFETY: every answer is a block of the system's allocator that nobody else has: the block itself, or for a layout of alignment
// at most `SHIFT` the part behind its first `SHIFT` bytes. That part is `layout.size()` long, and aligned to `SHIFT`, which is a
// multiple of every smaller power of two. `outer` is a function of the layout alone, which `dealloc` is given again, so each block
// goes back as it came. `realloc` and `alloc_zeroed` are the provided ones, which are made of these two. Nothing panics.
unsafe impl GlobalAlloc for Odd {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let Some(outer) = outer(layout) else {
            // SAFETY: the caller gives a layout that is not of size 0.
            return unsafe { System.alloc(layout) };
        };
        // SAFETY: its size is at least `SHIFT`.
        let block = unsafe { System.alloc(outer) };
        if block.is_null() {
            return block;
        }
        // SAFETY: the block is `outer.size()` long, which is at least `SHIFT`.
        unsafe { block.add(SHIFT) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match outer(layout) {
            // SAFETY: `alloc` answered `SHIFT` bytes behind the start of a block that it was given for `outer`.
            Some(outer) => unsafe { System.dealloc(block.sub(SHIFT), outer) },
            // SAFETY: `alloc` handed the system's answer on.
            None => unsafe { System.dealloc(block, layout) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_lie_at_8_mod_16_and_are_as_long_as_asked_for() {
        for (size, align) in [(1, 1), (3, 2), (100, 4), (4096, 8), (1 << 20, 1)] {
            let layout = Layout::from_size_align(size, align).expect("a layout");
            // SAFETY: the layout is not of size 0; the block is written within its size, and given back once with the same layout.
            unsafe {
                let block = Odd.alloc(layout);
                assert_eq!(block as usize % 16, 8, "{size} {align}");
                block.write_bytes(7, size);
                let block = Odd.realloc(block, layout, 2 * size);
                assert_eq!((block as usize % 16, *block.add(size - 1)), (8, 7));
                Odd.dealloc(block, Layout::from_size_align(2 * size, align).expect("a layout"));
            }
        }
        let layout = Layout::from_size_align(64, 32).expect("a layout");
        // SAFETY: as above.
        unsafe {
            let block = Odd.alloc(layout);
            assert_eq!(block as usize % 32, 0);
            Odd.dealloc(block, layout);
        }
    }
}
