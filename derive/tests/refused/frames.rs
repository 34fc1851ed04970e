//! Where a frame ends.

use wireview::Wire;
use wireview::declare::Computed;

/// The length of a frame has a type.
#[derive(Wire)]
#[wire(frame(counts = after, max = 20))]
struct FrameWithoutType {
    a: u8,
}

/// What it counts is said.
#[derive(Wire)]
#[wire(frame(length = u16, max = 20))]
struct FrameCounts {
    a: u8,
}

/// There are two things that it can count.
#[derive(Wire)]
#[wire(frame(length = u16, counts = body, max = 20))]
struct FrameCountsWhat {
    a: u8,
}

/// Either a length or none.
#[derive(Wire)]
#[wire(frame(scan, length = u16, max = 20))]
struct FrameScanAndLength {
    a: u8,
}

/// What is scanned for its end has one.
#[derive(Wire)]
#[wire(frame(scan, max = 20))]
struct FrameScanRest<B> {
    #[wire(rest)]
    payload: B,
}

/// A frame has one length.
#[derive(Wire)]
#[wire(frame(length = u16, counts = after, max = 20))]
struct FrameTwice {
    #[wire(frame(counts = all, max = 20))]
    n: Computed<u16>,
}

/// The length of a frame is found in its head.
#[derive(Wire)]
struct FrameBehindVarying<B> {
    #[wire(len = u8)]
    name: B,
    #[wire(frame(counts = after, max = 20))]
    n: Computed<u16>,
}

/// A field that is the length has its type already.
#[derive(Wire)]
struct FrameOfFieldHasType {
    #[wire(frame(length = u16, counts = after, max = 20))]
    n: Computed<u16>,
}

/// Padding and a length of varying size depend on one another.
#[derive(Wire)]
#[wire(frame(length = varint, counts = all, max = 20))]
struct AlignBehindVarint {
    a: u8,
    #[wire(align = 4)]
    pad: (),
}

fn main() {}
