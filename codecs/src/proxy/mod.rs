//! The PROXY protocol, versions 1 and 2: who it was that connected, told by the proxy in front of all that they say.
//!
//! ```text
//!  client ───────────▶ proxy ───────────────────────────────────▶ server
//!  192.0.2.1:56324             PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 CR LF      version 1, at most 107 bytes
//!                              ┌──────────────┬────┬────┬──────┬───────────┬─────┐
//!                              │ signature 12 │ 21 │ 11 │ len  │ addresses │ TLV │ version 2
//!                              └──────────────┴────┴────┴──────┴───────────┴─────┘
//!                              and then the client's own bytes, which belong to another protocol
//! ```
//!
//! The specification is haproxy's `proxy-protocol.txt`, sections 2.1 and 2.2.
//!
//! ```
//! use wireview::{Deframer, Error};
//! use wireview_codecs::proxy::{Endpoints, Headers};
//!
//! let mut deframer = Deframer::new(Headers::new());
//! deframer.feed(b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\nGET / HTTP/1.1\r\n");
//! let lent = deframer.next()?.expect("a whole header");
//! let header = lent.view()?;
//! assert_eq!(header.endpoints.source(), Some("192.0.2.1:56324".parse().unwrap()));
//! // What is behind it is for the next codec.
//! let (_, rest) = deframer.into_parts();
//! assert_eq!(&rest[..], b"GET / HTTP/1.1\r\n");
//! # Ok::<(), Error>(())
//! ```
//!
//! | | checked | left to the handler |
//! | --- | --- | --- |
//! | version 1 | every byte of a line of `TCP4` or `TCP6`, its length, and its end | what stands behind `UNKNOWN`, which is to be ignored |
//! | version 2 | signature, version, command, family and protocol, that the addresses fit in, that the TLVs fill the rest | what a TLV means; its checksum, by [`verify_crc32c`] |
//! | of `LOCAL`, or unspecified | that it ends where it says | the block, which is to be ignored: [`Endpoints::Local`] and [`Endpoints::Unknown`] hold it |
//!
//! A receiver is told to expect a header and never guesses whether there is one: bytes that start otherwise are an error.
//! Which peers are trusted to send one, and how long it may take (some seconds), is for the server to decide.

mod crc32c;
pub mod declared;
mod tlv;
mod trace;
mod v1;
mod v2;

#[cfg(test)]
mod tests;

pub use crc32c::{seal_crc32c, verify_crc32c};
pub use tlv::{Ssl, Tlv, TlvList, Tlvs, kind};

use core::fmt;
use core::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};

use wireview::{Boundary, Codec, Encode, Error, Gather, Holder, Outgoing, Result, Seq, Span, View, Wire};

/// What errors call the parts of a header.
mod field {
    pub(super) const SIGNATURE: &str = "signature";
    pub(super) const VERSION: &str = "version";
    pub(super) const LINE: &str = "line";
    pub(super) const LINE_END: &str = "line end";
    pub(super) const FAMILY: &str = "family";
    pub(super) const SOURCE: &str = "source address";
    pub(super) const DESTINATION: &str = "destination address";
    pub(super) const SOURCE_PORT: &str = "source port";
    pub(super) const DESTINATION_PORT: &str = "destination port";
    pub(super) const COMMAND: &str = "command";
    pub(super) const ADDRESSES: &str = "addresses";
    pub(super) const IGNORED: &str = "ignored block";
    pub(super) const TLV_LENGTH: &str = "TLV length";
    pub(super) const TLVS: &str = "TLVs";
    pub(super) const CHECKSUM: &str = "CRC32C";
    pub(super) const SSL: &str = "SSL";
    pub(super) const LENGTH: &str = "length";
}

/// Which form a header has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// What the proxied connection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP, or a Unix stream.
    Stream,
    /// UDP, or Unix datagrams. Not in version 1.
    Datagram,
}

/// Who is connected to whom, as the proxy saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoints<B> {
    /// The proxy speaks for itself, for a health check, say: the addresses of the connection hold. What the header has behind
    /// its length is to be ignored. Not in version 1.
    Local(B),
    /// Somebody, of a family that the proxy does not name: the addresses of the connection hold. What stands there is to be
    /// ignored: the block of version 2, what is between `UNKNOWN` and the line's end in version 1.
    Unknown(B),
    /// IPv4.
    Inet {
        /// TCP or UDP.
        transport: Transport,
        /// Who has connected.
        source: SocketAddrV4,
        /// To what.
        destination: SocketAddrV4,
    },
    /// IPv6. Neither scope nor flow is told.
    Inet6 {
        /// TCP or UDP.
        transport: Transport,
        /// Who has connected.
        source: SocketAddrV6,
        /// To what.
        destination: SocketAddrV6,
    },
    /// Unix sockets: paths of up to 108 bytes, without the NULs that fill them up; abstract names start with one. Not in
    /// version 1.
    Unix {
        /// Streams or datagrams.
        transport: Transport,
        /// Who has connected.
        source: B,
        /// To what.
        destination: B,
    },
}

/// One header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header<B> {
    /// Its form.
    pub version: Version,
    /// Who is connected to whom.
    pub endpoints: Endpoints<B>,
    /// What else the proxy tells. Empty in version 1.
    pub tlvs: Tlvs<B>,
}

impl<B: Default> Header<B> {
    /// A header for a TCP connection. If only one of the addresses is IPv4, it is told as an IPv6 address that holds it.
    #[must_use]
    pub fn tcp(version: Version, source: SocketAddr, destination: SocketAddr) -> Self {
        let transport = Transport::Stream;
        let endpoints = match (source, destination) {
            (SocketAddr::V4(source), SocketAddr::V4(destination)) => Endpoints::Inet { transport, source, destination },
            (source, destination) => Endpoints::Inet6 { transport, source: v6(source), destination: v6(destination) },
        };
        Self::of(version, endpoints)
    }

    /// A header of version 2 that says that the proxy speaks for itself.
    #[must_use]
    pub fn local() -> Self {
        Self::of(Version::V2, Endpoints::Local(B::default()))
    }

    /// A header that names nobody.
    #[must_use]
    pub fn unknown(version: Version) -> Self {
        Self::of(version, Endpoints::Unknown(B::default()))
    }

    fn of(version: Version, endpoints: Endpoints<B>) -> Self {
        Self { version, endpoints, tlvs: Seq::new(B::default(), 0) }
    }
}

/// Without scope and flow, which are not told.
fn v6(address: SocketAddr) -> SocketAddrV6 {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    SocketAddrV6::new(ip, address.port(), 0, 0)
}

impl<B> Endpoints<B> {
    /// Who has connected, if that is told as an address of IP.
    #[must_use]
    pub const fn source(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet { source, .. } => Some(SocketAddr::V4(*source)),
            Self::Inet6 { source, .. } => Some(SocketAddr::V6(*source)),
            _ => None,
        }
    }

    /// To what, if that is told as an address of IP.
    #[must_use]
    pub const fn destination(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet { destination, .. } => Some(SocketAddr::V4(*destination)),
            Self::Inet6 { destination, .. } => Some(SocketAddr::V6(*destination)),
            _ => None,
        }
    }
}

impl Wire for Header<Span> {
    type Of<B: Holder> = Header<B>;

    #[inline]
    fn map<A: Holder, B: Holder>(header: Header<A>, f: &mut impl FnMut(A) -> B) -> Header<B> {
        let endpoints = match header.endpoints {
            Endpoints::Local(block) => Endpoints::Local(f(block)),
            Endpoints::Unknown(block) => Endpoints::Unknown(f(block)),
            Endpoints::Inet { transport, source, destination } => Endpoints::Inet { transport, source, destination },
            Endpoints::Inet6 { transport, source, destination } => Endpoints::Inet6 { transport, source, destination },
            Endpoints::Unix { transport, source, destination } => {
                Endpoints::Unix { transport, source: f(source), destination: f(destination) }
            }
        };
        Header { version: header.version, endpoints, tlvs: Tlvs::<Span>::map(header.tlvs, f) }
    }
}

/// Reads the header at the front of a connection: of either version, unless told otherwise.
///
/// There is one a connection, and what follows belongs to another protocol: behind it the codec is a
/// [barrier](Codec::barrier), and the connection is to be switched, or taken apart.
///
/// # Cost
/// A header of version 1 that arrives in pieces is searched again from its start, which is 107 bytes at most; one of version 2
/// says how long it is, at most 64 KiB: [`Limits::max_frame`](wireview::Limits::max_frame) may set less.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers {
    only: Option<Version>,
}

impl Headers {
    /// Headers of both versions.
    #[must_use]
    pub const fn new() -> Self {
        Self { only: None }
    }

    /// Refuses the other version.
    #[must_use]
    pub const fn only(version: Version) -> Self {
        Self { only: Some(version) }
    }

    fn version(self, first: u8) -> Result<Version> {
        let version = match first {
            b'P' => Version::V1,
            b'\r' => Version::V2,
            _ => return Err(Error::malformed(&field::SIGNATURE, 0)),
        };
        if self.only.is_some_and(|only| only != version) {
            return Err(Error::unsupported(&field::VERSION, 0));
        }
        Ok(version)
    }
}

impl Codec for Headers {
    type Message = Header<Span>;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let Some(&first) = input.first() else { return Ok(Boundary::Need(1)) };
        match self.version(first)? {
            Version::V1 => v1::delimit(input),
            Version::V2 => v2::delimit(input),
        }
    }

    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        // `Need` can reach beyond a fault; at the end of the stream it has to be told.
        self.delimit(rest)
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        match self.version(*frame.first().ok_or(Error::truncated(&field::SIGNATURE, 0))?)? {
            Version::V1 => v1::parse(frame),
            Version::V2 => v2::parse(frame),
        }
    }

    fn barrier(&self) -> bool {
        true
    }
}

impl<B: Outgoing> Encode<Header<B>> for Headers {
    /// # Errors
    /// [`Kind::Unsupported`](wireview::Kind::Unsupported) for what the version cannot say,
    /// [`Kind::Limit`](wireview::Kind::Limit) and [`Kind::Malformed`](wireview::Kind::Malformed) for what would not be read
    /// as it was meant.
    fn encode(&mut self, header: Header<B>, out: &mut Gather) -> Result<()> {
        match header.version {
            Version::V1 => v1::encode(header, out),
            Version::V2 => v2::encode(header, out),
        }
    }
}

/// How much of `expected` stands at the front of `input`, which may be shorter: an error at the first byte that differs.
fn prefix(input: &[u8], expected: &[u8]) -> Result<()> {
    match input.iter().zip(expected).position(|(byte, expected)| byte != expected) {
        Some(at) => Err(Error::malformed(&field::SIGNATURE, at)),
        None => Ok(()),
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Header<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PROXY {:?} {}", self.version, self.endpoints)?;
        match self.tlvs.len() {
            0 => Ok(()),
            1 => write!(f, " and 1 TLV"),
            more => write!(f, " and {more} TLVs"),
        }
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Endpoints<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(_) => f.write_str("local"),
            Self::Unknown(_) => f.write_str("unknown"),
            Self::Inet { transport, source, destination } => write!(f, "{transport:?} {source} to {destination}"),
            Self::Inet6 { transport, source, destination } => write!(f, "{transport:?} {source} to {destination}"),
            Self::Unix { transport, source, destination } => {
                let (source, destination) = (source.as_ref().escape_ascii(), destination.as_ref().escape_ascii());
                write!(f, "{transport:?} \"{source}\" to \"{destination}\"")
            }
        }
    }
}
