//! Declarations with a bit of everything.

use wireview::declare::{Adler32, Check, Computed, Crc32, Crc32c, Internet, Text};
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

/// A length in LEB128 that counts itself, and most kinds of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(little, frame(length = varint(3), counts = all, max = 3000))]
pub(crate) struct Bytes<B> {
    #[wire(nul, max = 20)]
    pub(crate) name: Text<B>,
    #[wire(len = 5)]
    pub(crate) five: B,
    #[wire(len = 3)]
    pub(crate) three: Text<B>,
    pub(crate) size: Computed<u32>,
    #[wire(nul, max = 3)]
    pub(crate) short: B,
    #[wire(len = size, max = 700)]
    pub(crate) sized: B,
    #[wire(len = u24, max = 100)]
    pub(crate) inner: Inner<B>,
    #[wire(len = 6)]
    pub(crate) pairs: Seq<B, Pair>,
    #[wire(len = varint, max = 40)]
    pub(crate) short_pairs: Seq<B, Pair>,
    #[wire(rest)]
    pub(crate) text: Text<B>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub(crate) struct Inner<B> {
    #[wire(varint, minimal)]
    pub(crate) number: u64,
    #[wire(rest)]
    pub(crate) value: B,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub(crate) struct Pair {
    pub(crate) key: u8,
    pub(crate) value: u16,
}

/// Conditions of all kinds.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(scan, max = 600), given(version: u16), assert = version < 10)]
pub(crate) struct Conditions<B> {
    #[wire(assert = magic == 0x89ab_cdef)]
    pub(crate) magic: u32,
    #[wire(assert = CODE == code)]
    pub(crate) code: u16,
    #[wire(bits = 2, assert = matches!(kind, 1 | 3))]
    pub(crate) kind: u8,
    #[wire(bits = 6)]
    pub(crate) flags: u8,
    pub(crate) low: u16,
    #[wire(assert = high > low || low == u16::MAX)]
    pub(crate) high: u16,
    #[wire(assert = seal == *b"WIRE" || seal[0] == b'w')]
    pub(crate) seal: [u8; 4],
    #[wire(try_map(u16, Color::of, Color::number))]
    pub(crate) color: Color,
    #[wire(bits = 4, try_map(u8, Color::of_bits, Color::bits))]
    pub(crate) pale: Color,
    #[wire(bits = 4)]
    pub(crate) _reserved: (),
    #[wire(map(u8, Percent::of, Percent::number))]
    pub(crate) share: Percent,
    #[wire(if = flags & 6 != 0)]
    pub(crate) wide: Option<u32>,
    #[wire(if = flags & 8 != 0, len = varint, max = 200)]
    pub(crate) note: Option<Text<B>>,
    #[wire(if = kind == 3 && version > 2)]
    pub(crate) third: Option<Pair>,
    #[wire(since = 3)]
    pub(crate) new: Option<u16>,
    #[wire(until = 3, len = u8)]
    pub(crate) old: Option<B>,
    #[wire(since = 2, until = 4, count = u8, max = 3)]
    pub(crate) between: Option<Seq<B, Pair>>,
    #[wire(give(kind, version))]
    pub(crate) given: Given,
}

pub(crate) const CODE: u16 = 0x1234;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Color {
    Red,
    Green,
}

impl Color {
    fn of(number: u16) -> Option<Self> {
        match number {
            0x86dd => Some(Self::Red),
            0x0800 => Some(Self::Green),
            _ => None,
        }
    }

    fn number(&self) -> u16 {
        if *self == Self::Red { 0x86dd } else { 0x0800 }
    }

    fn of_bits(bits: u8) -> Option<Self> {
        [Self::Red, Self::Green].get(usize::from(bits.checked_sub(9)?)).copied()
    }

    fn bits(&self) -> u8 {
        9 + u8::from(*self == Self::Green)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percent(u8);

impl Percent {
    fn of(number: u8) -> Self {
        Self(number.wrapping_mul(3))
    }

    fn number(&self) -> u8 {
        self.0.wrapping_mul(171)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(given(kind: u8, version: u16))]
pub(crate) struct Given {
    #[wire(if = kind == 1)]
    pub(crate) one: Option<u8>,
    #[wire(since = 5, zigzag)]
    pub(crate) five: Option<i32>,
}

/// Names that end with an empty label, and what else stands in groups of bits.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(lsb, frame(scan, max = 1000))]
pub(crate) struct Question<B> {
    #[wire(bits = 3, magic = 5)]
    pub(crate) _five: (),
    #[wire(bits = 1)]
    pub(crate) flag: bool,
    #[wire(bits = 12)]
    pub(crate) count: Computed<u16>,
    #[wire(last = Label::is_last, max = 5)]
    pub(crate) name: Seq<B, Label<Span>>,
    #[wire(count = count, max = 30)]
    pub(crate) answers: Seq<B, Answer<Span>>,
    #[wire(check(name..=answers), little)]
    pub(crate) one: Check<Adler32>,
    #[wire(check(..=one), big)]
    pub(crate) two: Check<Crc32>,
    #[wire(align = 8, ignore)]
    pub(crate) _gap: (),
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub(crate) struct Label<B> {
    #[wire(len = u8, max = 63)]
    pub(crate) label: B,
}

impl<B: AsRef<[u8]>> Label<B> {
    pub(crate) fn is_last(&self) -> bool {
        self.label.as_ref().is_empty()
    }
}

/// A union without a place for the unknown, with a tag in LEB128, and with itself inside.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = varint(2))]
pub(crate) enum Answer<B> {
    #[wire(tag = 300)]
    Number(#[wire(zigzag, minimal)] i64),
    #[wire(tag = 1, assert = size_of::<u8>() == 1)]
    Text(#[wire(len = u16, max = 260)] Text<B>),
    #[wire(tag = 2)]
    List {
        #[wire(count = varint, max = 9)]
        items: Seq<B, Answer<Span>>,
    },
    #[wire(tag = 3)]
    Flagged {
        flags: u8,
        #[wire(if = flags & 0x80 != 0)]
        extra: Option<u128>,
    },
}

/// A union that is a frame of its own.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u16, little, frame(scan, max = 500))]
pub(crate) enum Packet<B> {
    #[wire(tag = 0x0101)]
    Ping,
    #[wire(tag = 0x0102)]
    Data(#[wire(len = u16, max = 400)] B),
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u16,
        #[wire(len = u8)]
        body: B,
    },
}

/// All of one form: what is read is written as the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8, frame(scan, max = 300))]
pub(crate) enum Command<B> {
    #[wire(tag = 1)]
    Get(#[wire(nul, max = 30)] Text<B>),
    #[wire(tag = 2)]
    Set {
        quiet: bool,
        #[wire(pad = 2)]
        _gap: (),
        #[wire(bits = 3, magic = 2)]
        _two: (),
        #[wire(bits = 2, assert = level < 3)]
        level: u8,
        #[wire(bits = 11)]
        ttl: u16,
        #[wire(len = u16, max = 100)]
        value: B,
    },
    #[wire(tag = 9)]
    Stop,
}
