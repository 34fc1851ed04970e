//! The send queue allocates nothing once it has seen its load.
#![cfg(feature = "std")]

use std::alloc::System;

use bytes::{BufMut, Bytes};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use wireview::Gather;
use wireview::length::{U32Be, Varint};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A writer that takes `.0` bytes at most and keeps none.
struct Short(usize);

impl std::io::Write for Short {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len().min(self.0))
    }

    fn write_vectored(&mut self, slices: &[std::io::IoSlice<'_>]) -> std::io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum::<usize>().min(self.0))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// One test in this file: the allocator counts for the whole process.
#[test]
fn the_steady_state_allocates_nothing() {
    let small = Bytes::from(vec![1; 100]);
    let large = Bytes::from(vec![2; 10_000]);
    let mut out = Gather::new();
    let mut writer = Short(70_000);
    let mut round = |out: &mut Gather| {
        for number in 0..64 {
            out.length::<U32Be>(|out| {
                out.head(|head| head.put_u64(number));
                out.share(small.clone());
                out.length::<Varint>(|out| {
                    out.share(large.clone());
                    out.copy(b"\r\n");
                    Ok(())
                })
            })
            .expect("it fits");
        }
        out.write_to(&mut writer).expect("it writes");
    };
    round(&mut out);

    let region = Region::new(ALLOCATOR);
    for _ in 0..100 {
        round(&mut out);
    }
    let stats = region.change();
    assert_eq!((stats.allocations, stats.reallocations, stats.deallocations), (0, 0, 0));
    assert_eq!(out.ledger().shared_out, 101 * 64 * 10_000);
}
