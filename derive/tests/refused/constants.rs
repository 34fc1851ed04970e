//! Constants and padding.

use wireview::Wire;

const MAGIC: u8 = 7;

/// `()` is something on the wire.
#[derive(Wire)]
struct UnitOfNothing {
    a: (),
}

/// A constant has a width.
#[derive(Wire)]
#[wire(magic = 0xCAFE)]
struct MagicWithoutType {
    a: u8,
}

/// And fits it.
#[derive(Wire)]
#[wire(magic = 0x1_0000_u16)]
struct MagicTooWide {
    a: u8,
}

/// It is written out, since it is checked before the frame is whole.
#[derive(Wire)]
struct MagicPath {
    #[wire(magic = MAGIC)]
    a: (),
}

/// It is not ignored.
#[derive(Wire)]
struct MagicIgnored {
    #[wire(magic = 7_u8, ignore)]
    a: (),
}

/// Padding has bytes.
#[derive(Wire)]
struct PadZero {
    #[wire(pad = 0)]
    a: (),
    b: u8,
}

fn main() {}
