//! Declarations with a bit of everything.

use wireview::declare::{Check, Computed, Crc32c, Internet, Text};
use wireview::{Seq, Span, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big, frame(length = u32, counts = after, max = 1 << 20), magic = 0xCAFE_u16)]
pub(crate) struct Publish<B> {
    #[wire(bits = 4)]
    pub(crate) version: u8,
    #[wire(bits = 4)]
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    #[wire(len = u8)]
    pub(crate) topic: Text<B>,
    #[wire(if = flags & 1 != 0)]
    pub(crate) deadline: Option<u64>,
    #[wire(count = u16, max = 64)]
    pub(crate) headers: Seq<B, Header<Span>>,
    #[wire(len = varint, max = 1 << 20)]
    pub(crate) payload: B,
    #[wire(crc32c(version..=payload))]
    pub(crate) checksum: Check<Crc32c>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub(crate) struct Header<B> {
    #[wire(len = u8)]
    pub(crate) name: Text<B>,
    #[wire(len = u16, max = 1000)]
    pub(crate) value: B,
}

/// Numbers of all kinds.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 4096))]
pub(crate) struct Numbers {
    pub(crate) a: u8,
    pub(crate) b: i16,
    #[wire(little)]
    pub(crate) c: u32,
    #[wire(width = 3)]
    pub(crate) d: u32,
    #[wire(width = 3, little)]
    pub(crate) e: i32,
    #[wire(width = 6)]
    pub(crate) f: u64,
    pub(crate) g: f32,
    #[wire(little)]
    pub(crate) h: f64,
    pub(crate) i: bool,
    #[wire(varint)]
    pub(crate) j: u32,
    #[wire(zigzag)]
    pub(crate) k: i64,
    #[wire(bits = 3)]
    pub(crate) l: u8,
    #[wire(bits = 13)]
    pub(crate) m: u16,
    pub(crate) n: [u8; 5],
    #[wire(pad = 2)]
    pub(crate) o: (),
    #[wire(align = 4)]
    pub(crate) p: (),
    pub(crate) q: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8, len = u16, max = 1000)]
pub(crate) enum Tlv<B> {
    #[wire(tag = 1)]
    Name {
        #[wire(rest)]
        name: Text<B>,
    },
    #[wire(tag = 2)]
    Size(u32),
    #[wire(tag = 3)]
    Nothing,
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u8,
        #[wire(rest)]
        value: B,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(magic = b"TL")]
pub(crate) struct Options<B> {
    #[wire(bits = 4)]
    pub(crate) kind: Computed<u8>,
    #[wire(bits = 4)]
    pub(crate) low: u8,
    #[wire(frame(counts = all, max = 5000))]
    pub(crate) length: Computed<u16>,
    pub(crate) sum: u8,
    #[wire(check(.., zeroed))]
    pub(crate) check: Check<Internet>,
    #[wire(tag = kind, give(low))]
    pub(crate) body: Body<B>,
    #[wire(rest)]
    pub(crate) options: Seq<B, Tlv<Span>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8, given(low: u8))]
pub(crate) enum Body<B> {
    #[wire(tag = 0, assert = low == 0)]
    Ping,
    #[wire(tag = 1)]
    Data {
        #[wire(if = low & 2 != 0)]
        id: Option<u16>,
        #[wire(len = u16, max = 100)]
        data: B,
    },
}
