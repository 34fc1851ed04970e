//! What only an allocator sees: a planted fault, and that the codecs of the workspace have none of its kind.
#![cfg(all(feature = "testing", feature = "tokio"))]

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wireview::Codec;
use wireview::formats::{Delimited, LengthPrefixed, Lines};
use wireview::laws::{self, Law, Laws};
use wireview::length::{U32Be, Varint};
use wireview_codecs::resp::{Replies, Requests};

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

    // Mutants declare all that can be declared.
    earned(&laws, || LengthPrefixed::<U32Be>::new(u64::MAX), &[b"\0\0\0\x02hi", b"\0\x10\0\0"]);
    earned(&laws, || LengthPrefixed::<Varint>::new(u64::MAX), &[b"\x02hi", b"\xff\xff\xff\x07"]);
    earned(&laws, || Delimited::new(b"\r\n.\r\n", 1 << 30), &[b"one\r\n.\r\ntwo"]);
    earned(&laws, || Lines::new(1 << 30), &[b"one\ntwo\r\n"]);
    earned(
        &laws,
        Requests::new,
        &[b"*2\r\n$4\r\nECHO\r\n$100000\r\nhi", b"*1000000\r\n$1\r\na\r\n", b"echo \"\\x41\" b c d e\r\n"],
    );
    earned(&laws, Replies::new, &[b"*1000000\r\n:1\r\n", b"%2\r\n+a\r\n*1\r\n$9\r\n", b"$?\r\n;100000\r\n"]);
}

fn earned<C: Codec>(laws: &Laws, codec: impl Fn() -> C, seeds: &[&[u8]]) {
    for stream in laws::mutants(seeds, 500) {
        laws.check(&codec, &stream);
    }
}
