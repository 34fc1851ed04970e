//! Version 1: a line of text, section 2.1.
//!
//! ```text
//!  PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535 CR LF      at most 56 bytes
//!  PROXY TCP6 ffff:…:ffff ffff:…:ffff 65535 65535 CR LF              at most 104
//!  PROXY UNKNOWN … CR LF                                             at most 107
//! ```

use alloc::vec::Vec;
use core::fmt::{self, Display, Write};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use core::str::FromStr;

use wireview::{Boundary, Error, Gather, Outgoing, Result, Seq};

use super::{Endpoints, Header, Transport, Version, field, prefix};

const SIGNATURE: &[u8] = b"PROXY ";

/// `PROXY UNKNOWN CR LF`
const LEAST: usize = 15;

/// The longest line with its end.
const MOST: usize = 107;

const UNKNOWN: &[u8] = b"UNKNOWN";

/// Where the line ends.
pub(super) fn delimit(input: &[u8]) -> Result<Boundary> {
    prefix(input, SIGNATURE)?;
    let line = &input[..input.len().min(MOST)];
    match line.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        // No line is so short; then `Need` may ask for as much at once.
        Some(at) if line[at] == b'\n' || at + 2 < LEAST => Err(Error::malformed(&field::LINE_END, at)),
        Some(at) if at + 2 > MOST => Err(Error::limit(&field::LINE, MOST)),
        Some(at) => match input.get(at + 1) {
            Some(b'\n') => Ok(Boundary::whole(at + 2)),
            Some(_) => Err(Error::malformed(&field::LINE_END, at + 1)),
            None => Ok(Boundary::Need(at + 2)),
        },
        None if input.len() >= MOST => Err(Error::limit(&field::LINE, MOST)),
        None => Ok(Boundary::Need((input.len() + 2).clamp(LEAST, MOST))),
    }
}

/// Reads a line that ends in CR LF.
pub(super) fn parse(frame: &[u8]) -> Result<Header<&[u8]>> {
    prefix(frame, SIGNATURE)?;
    let line = frame.strip_suffix(b"\r\n").ok_or(Error::malformed(&field::LINE_END, frame.len()))?;
    let mut words = Words { line, at: SIGNATURE.len() };
    let transport = Transport::Stream;
    let (family, at) = words.next(&field::FAMILY)?;
    let endpoints = match family {
        b"TCP4" => {
            let (from, to, from_port, to_port) = words.addresses::<Ipv4Addr>()?;
            let (source, destination) = (SocketAddrV4::new(from, from_port), SocketAddrV4::new(to, to_port));
            Endpoints::Inet { transport, source, destination }
        }
        b"TCP6" => {
            let (from, to, from_port, to_port) = words.addresses::<Ipv6Addr>()?;
            let (source, destination) =
                (SocketAddrV6::new(from, from_port, 0, 0), SocketAddrV6::new(to, to_port, 0, 0));
            Endpoints::Inet6 { transport, source, destination }
        }
        UNKNOWN => Endpoints::Unknown(&line[at + UNKNOWN.len()..]),
        _ => return Err(Error::malformed(&field::FAMILY, at)),
    };
    Ok(Header { version: Version::V1, endpoints, tlvs: Seq::new(&[], 0) })
}

/// Words with one space between each two of them.
struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    /// The next word, and where it stands.
    fn next(&mut self, field: &'static &'static str) -> Result<(&'a [u8], usize)> {
        let at = self.at;
        let rest = self.line.get(at..).ok_or(Error::truncated(field, self.line.len()))?;
        let len = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        self.at = at + len + 1;
        Ok((&rest[..len], at))
    }

    /// Two addresses and two ports, and nothing behind them.
    fn addresses<A: FromStr>(&mut self) -> Result<(A, A, u16, u16)> {
        let source = self.address(&field::SOURCE)?;
        let destination = self.address(&field::DESTINATION)?;
        let source_port = self.port(&field::SOURCE_PORT)?;
        let destination_port = self.port(&field::DESTINATION_PORT)?;
        if self.at <= self.line.len() {
            return Err(Error::malformed(&field::LINE_END, self.at - 1));
        }
        Ok((source, destination, source_port, destination_port))
    }

    /// An address as `core` reads it, which takes no leading zeros, blanks, scopes or brackets.
    fn address<A: FromStr>(&mut self, field: &'static &'static str) -> Result<A> {
        let (word, at) = self.next(field)?;
        let text = core::str::from_utf8(word).ok();
        text.and_then(|text| text.parse().ok()).ok_or(Error::malformed(field, at))
    }

    fn port(&mut self, field: &'static &'static str) -> Result<u16> {
        let (word, at) = self.next(field)?;
        let leading = word.len() > 1 && word[0] == b'0';
        if word.is_empty() || leading || !word.iter().all(u8::is_ascii_digit) {
            return Err(Error::malformed(field, at));
        }
        let digits = core::str::from_utf8(word).ok();
        digits.and_then(|digits| digits.parse().ok()).ok_or(Error::overflow(field, at))
    }
}

/// Writes a line.
pub(super) fn encode<B: Outgoing>(header: Header<B>, out: &mut Gather) -> Result<()> {
    if header.tlvs.region().size() > 0 {
        return Err(Error::unsupported(&field::TLVS, 0));
    }
    match header.endpoints {
        Endpoints::Inet { transport: Transport::Stream, source, destination } => {
            line(out, "TCP4", source.ip(), destination.ip(), source.port(), destination.port());
        }
        Endpoints::Inet6 { transport: Transport::Stream, source, destination } => {
            line(out, "TCP6", source.ip(), destination.ip(), source.port(), destination.port());
        }
        Endpoints::Unknown(ignored) => {
            let most = MOST - LEAST;
            if ignored.size() > most as u64 {
                return Err(Error::limit(&field::IGNORED, SIGNATURE.len() + UNKNOWN.len()));
            }
            let mut first = None;
            let mut ends = false;
            let seen = ignored.look(&mut |piece| {
                first = first.or(piece.first().copied());
                ends |= piece.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
            });
            if !seen || ends || first.is_some_and(|first| first != b' ') {
                return Err(Error::malformed(&field::IGNORED, SIGNATURE.len() + UNKNOWN.len()));
            }
            out.copy(SIGNATURE);
            out.copy(UNKNOWN);
            ignored.put(out);
            out.copy(b"\r\n");
        }
        Endpoints::Local(_) => return Err(Error::unsupported(&field::COMMAND, 0)),
        _ => return Err(Error::unsupported(&field::FAMILY, SIGNATURE.len())),
    }
    Ok(())
}

fn line<A: Display>(out: &mut Gather, family: &str, source: A, destination: A, source_port: u16, to_port: u16) {
    out.head(|arena| {
        // Memory takes all.
        let _ = write!(Text(arena), "PROXY {family} {source} {destination} {source_port} {to_port}\r\n");
    });
}

struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
