//! Questions and records, RFC 1035 sections 4.1.2, 4.1.3 and 3.3.

use core::net::{Ipv4Addr, Ipv6Addr};

use wireview::declare::{Computed, PutTagged};
use wireview::{Seq, Span, Wire};

use super::Name;

/// Types of records.
pub mod kind {
    /// An address of IPv4.
    pub const A: u16 = 1;
    /// A name server.
    pub const NS: u16 = 2;
    /// The name that another one stands for.
    pub const CNAME: u16 = 5;
    /// The start of a zone.
    pub const SOA: u16 = 6;
    /// The name of an address.
    pub const PTR: u16 = 12;
    /// A mail server.
    pub const MX: u16 = 15;
    /// Text.
    pub const TXT: u16 = 16;
    /// An address of IPv6.
    pub const AAAA: u16 = 28;
    /// Where a service is.
    pub const SRV: u16 = 33;
    /// What the peers can do: not of a name, but of the message.
    pub const OPT: u16 = 41;
    /// In a question: the whole zone.
    pub const AXFR: u16 = 252;
    /// In a question: any.
    pub const ANY: u16 = 255;
}

/// Classes.
pub mod class {
    /// The Internet.
    pub const IN: u16 = 1;
    /// Chaosnet; today, what servers tell of themselves.
    pub const CH: u16 = 3;
    /// In a question: any.
    pub const ANY: u16 = 255;
}

/// What is asked, section 4.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Question<B> {
    /// Of which name.
    pub name: Name<B>,
    /// For which type: see [`kind`].
    pub kind: u16,
    /// See [`class`].
    pub class: u16,
}

/// A record, section 4.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Record<B> {
    /// Whose it is.
    pub name: Name<B>,
    /// Its type.
    pub kind: Computed<u16>,
    /// See [`class`]. Of an OPT: how many bytes its sender takes over UDP.
    pub class: u16,
    /// For how many seconds it may be kept. Of an OPT: upper bits of the code, version, and 0x8000 if DNSSEC is understood.
    pub ttl: u32,
    /// What it says.
    #[wire(tag = kind, len = u16, max = 65_535)]
    pub data: Data<B>,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u16)]
pub enum Data<B> {
    /// An address, section 3.4.1.
    #[wire(tag = 1)]
    A(#[wire(map(u32, Ipv4Addr::from_bits, ipv4_bits))] Ipv4Addr),
    /// A name server, section 3.3.11.
    #[wire(tag = 2)]
    Ns(Name<B>),
    /// The name that this one stands for, section 3.3.1.
    #[wire(tag = 5)]
    Cname(Name<B>),
    /// The start of a zone.
    #[wire(tag = 6)]
    Soa(Soa<B>),
    /// The name of an address, section 3.3.12.
    #[wire(tag = 12)]
    Ptr(Name<B>),
    /// A mail server, section 3.3.9.
    #[wire(tag = 15)]
    Mx {
        /// The lowest goes first.
        preference: u16,
        /// Its name.
        exchange: Name<B>,
    },
    /// Text, section 3.3.14.
    #[wire(tag = 16)]
    Txt(#[wire(rest, max = 65_535)] Seq<B, CharacterString<Span>>),
    /// An address, RFC 3596 section 2.2.
    #[wire(tag = 28)]
    Aaaa(#[wire(map(u128, Ipv6Addr::from_bits, ipv6_bits))] Ipv6Addr),
    /// Where a service is, RFC 2782.
    #[wire(tag = 33)]
    Srv {
        /// The lowest goes first.
        priority: u16,
        /// How many of those who chose among one priority go here.
        weight: u16,
        /// Its port.
        port: u16,
        /// Its name.
        target: Name<B>,
    },
    /// What the peers can do, RFC 6891.
    #[wire(tag = 41)]
    Opt(#[wire(rest, max = 16_383)] Seq<B, EdnsOption<Span>>),
    /// Any other type.
    #[wire(unknown)]
    Other {
        /// Which.
        #[wire(tag)]
        kind: u16,
        /// What it says.
        #[wire(rest)]
        data: B,
    },
}

impl Data<&[u8]> {
    /// The type of the record: see [`kind`].
    #[must_use]
    pub fn kind(&self) -> u16 {
        self.tag() as u16
    }
}

fn ipv4_bits(address: &Ipv4Addr) -> u32 {
    address.to_bits()
}

fn ipv6_bits(address: &Ipv6Addr) -> u128 {
    address.to_bits()
}

/// The start of a zone, section 3.3.13. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Soa<B> {
    /// The server that has it first.
    pub server: Name<B>,
    /// Who is responsible: the first label is what stands in front of the `@`.
    pub mailbox: Name<B>,
    /// Its version.
    pub serial: u32,
    /// How often others look whether there is a newer one.
    pub refresh: u32,
    /// How soon again if that failed.
    pub retry: u32,
    /// After which time without success they forget it.
    pub expire: u32,
    /// How long it may be kept that there is no such record, RFC 2308.
    pub minimum: u32,
}

/// One of the strings of a TXT, section 3.3: up to 255 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct CharacterString<B> {
    /// Of no encoding.
    #[wire(len = u8)]
    pub bytes: B,
}

/// An option of an OPT, RFC 6891 section 6.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct EdnsOption<B> {
    /// Which: 3 the server's name, 8 the client's network, 10 a cookie, 12 padding.
    pub code: u16,
    /// What it says.
    #[wire(len = u16, max = 65_535)]
    pub data: B,
}
