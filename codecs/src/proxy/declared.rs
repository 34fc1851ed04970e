//! Version 2 once more, declared: the same bytes as [`Headers`](super::Headers) reads of it, in its own terms.
//!
//! [`Headers`](super::Headers) stays beside it, since it answers for both versions with one message, takes the filling off the
//! paths of Unix, and makes socket addresses of addresses and ports. This is for those who want to see, or build, what stands on
//! the wire: an inspector, a proxy that passes headers on, a test.
//!
//! ```
//! use wireview::{Deframer, Error};
//! use wireview_codecs::proxy::declared::{Block, Headers};
//!
//! let mut deframer = Deframer::new(Headers::new());
//! deframer.feed(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\x0a\0\0\x01\xdc\x04\x01\xbbGET /");
//! let lent = deframer.next()?.expect("a whole header");
//! let Block::Tcp4(block) = lent.view()?.block else { panic!("another family") };
//! assert_eq!((block.source, block.source_port), ([192, 0, 2, 1].into(), 56324));
//! # Ok::<(), Error>(())
//! ```

use core::net::{Ipv4Addr, Ipv6Addr};

use wireview::declare::{Computed, Declared};
use wireview::{Seq, Span, Wire};

use super::Tlv;

/// Reads and writes headers of version 2. There is one a connection, which is for the connection to know: this codec is no
/// [barrier](wireview::Codec::barrier).
pub type Headers = Declared<Header<Span>>;

/// A header, section 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(magic = b"\r\n\r\n\0\r\nQUIT\n")]
pub struct Header<B> {
    /// 2.
    #[wire(bits = 4, magic = 2)]
    pub version: (),
    /// Four bits each: command, family, protocol. Together they say what the block is.
    #[wire(bits = 12)]
    pub kind: Computed<u16>,
    /// How many bytes follow.
    #[wire(frame(counts = after, max = 65_535))]
    pub length: Computed<u16>,
    /// Who is connected to whom.
    #[wire(tag = kind)]
    pub block: Block<B>,
}

/// What follows the length.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u16)]
pub enum Block<B> {
    /// TCP over IPv4.
    #[wire(tag = 0x111)]
    Tcp4(Inet<B>),
    /// UDP over IPv4.
    #[wire(tag = 0x112)]
    Udp4(Inet<B>),
    /// TCP over IPv6.
    #[wire(tag = 0x121)]
    Tcp6(Inet6<B>),
    /// UDP over IPv6.
    #[wire(tag = 0x122)]
    Udp6(Inet6<B>),
    /// A Unix stream.
    #[wire(tag = 0x131)]
    UnixStream(Unix<B>),
    /// Unix datagrams.
    #[wire(tag = 0x132)]
    UnixDatagram(Unix<B>),
    /// `LOCAL`, whatever the family is, or a family or protocol that is not told: what follows is to be ignored.
    #[wire(unknown)]
    Ignored {
        /// All of the header's `kind`.
        #[wire(tag, assert = is_ignored(kind))]
        kind: u16,
        /// What follows.
        #[wire(rest)]
        block: B,
    },
}

const fn is_ignored(kind: u16) -> bool {
    kind >> 8 == 0 || matches!(kind, 0x100 | 0x101 | 0x102 | 0x110 | 0x120 | 0x130)
}

/// Two addresses of IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Inet<B> {
    /// Who has connected.
    #[wire(map(u32, Ipv4Addr::from_bits, ipv4_bits))]
    pub source: Ipv4Addr,
    /// To what.
    #[wire(map(u32, Ipv4Addr::from_bits, ipv4_bits))]
    pub destination: Ipv4Addr,
    /// From which port.
    pub source_port: u16,
    /// To which.
    pub destination_port: u16,
    /// What else the proxy tells.
    #[wire(rest, max = 21_845)]
    pub tlvs: Seq<B, Tlv<Span>>,
}

/// Two addresses of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Inet6<B> {
    /// Who has connected.
    #[wire(map(u128, Ipv6Addr::from_bits, ipv6_bits))]
    pub source: Ipv6Addr,
    /// To what.
    #[wire(map(u128, Ipv6Addr::from_bits, ipv6_bits))]
    pub destination: Ipv6Addr,
    /// From which port.
    pub source_port: u16,
    /// To which.
    pub destination_port: u16,
    /// What else the proxy tells.
    #[wire(rest, max = 21_845)]
    pub tlvs: Seq<B, Tlv<Span>>,
}

/// Two paths, filled up with NULs.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Unix<B> {
    /// Who has connected.
    #[wire(len = 108)]
    pub source: B,
    /// To what.
    #[wire(len = 108)]
    pub destination: B,
    /// What else the proxy tells.
    #[wire(rest, max = 21_845)]
    pub tlvs: Seq<B, Tlv<Span>>,
}

fn ipv4_bits(address: &Ipv4Addr) -> u32 {
    address.to_bits()
}

fn ipv6_bits(address: &Ipv6Addr) -> u128 {
    address.to_bits()
}
