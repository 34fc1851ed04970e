//! Version 2: binary, section 2.2. Numbers are big-endian.
//!
//! | offset | bytes | |
//! | --- | --- | --- |
//! | 0 | 12 | signature |
//! | 12 | 1 | version 2 in the high half; command in the low one: 0 `LOCAL`, 1 `PROXY` |
//! | 13 | 1 | family in the high half: 1 IPv4, 2 IPv6, 3 Unix; protocol in the low one: 1 stream, 2 datagram; 0 unspecified |
//! | 14 | 2 | how many bytes follow |
//! | 16 | 12, 36 or 216 | source and destination: both addresses, and then both ports, of which Unix has none |
//! | … | | TLVs |

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use wireview::length::U16Be;
use wireview::{Boundary, Error, Gather, Outgoing, Result, Seq};

use super::{Endpoints, Header, Tlvs, Transport, Version, field, prefix, tlv};

pub(super) const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

pub(super) const HEAD: usize = 16;

/// The length of a Unix address.
pub(super) const PATH: usize = 108;

const VERSION: u8 = 0x20;
const LOCAL: u8 = 0;
const PROXY: u8 = 1;
const INET: u8 = 0x10;
const INET6: u8 = 0x20;
const UNIX: u8 = 0x30;

/// Where the header ends.
pub(super) fn delimit(input: &[u8]) -> Result<Boundary> {
    prefix(input, &SIGNATURE)?;
    // Another version may say elsewhere how long it is.
    if input.get(12).is_some_and(|byte| byte & 0xf0 != VERSION) {
        return Err(Error::unsupported(&field::VERSION, 12));
    }
    let Some(head) = input.first_chunk::<HEAD>() else { return Ok(Boundary::Need(HEAD)) };
    let body = u64::from(u16::from_be_bytes([head[14], head[15]]));
    Ok(Boundary::Frame { head: HEAD, body, tail: 0 })
}

/// Reads a whole header.
pub(super) fn parse(frame: &[u8]) -> Result<Header<&[u8]>> {
    prefix(frame, &SIGNATURE)?;
    let (head, block) = frame.split_first_chunk::<HEAD>().ok_or(Error::truncated(&field::LENGTH, 14))?;
    let none = Seq::new(&[][..], 0);
    let (endpoints, tlvs) = match head[12] & 0x0f {
        LOCAL => (Endpoints::Local(block), none),
        PROXY => match families(head[13])? {
            None => (Endpoints::Unknown(block), none),
            Some((family, transport)) => {
                let (endpoints, rest) =
                    addresses(family, transport, block).ok_or(Error::truncated(&field::ADDRESSES, HEAD))?;
                (endpoints, tlv::check(rest).map_err(|error| error.shifted(frame.len() - rest.len()))?)
            }
        },
        _ => return Err(Error::malformed(&field::COMMAND, 12)),
    };
    Ok(Header { version: Version::V2, endpoints, tlvs })
}

/// Family and protocol; `None` if one of them is unspecified, whereupon the addresses are to be ignored.
fn families(byte: u8) -> Result<Option<(u8, Transport)>> {
    let (family, protocol) = (byte & 0xf0, byte & 0x0f);
    let transport = match protocol {
        0 => None,
        1 => Some(Transport::Stream),
        2 => Some(Transport::Datagram),
        _ => return Err(Error::malformed(&field::FAMILY, 13)),
    };
    match family {
        0 => Ok(None),
        INET | INET6 | UNIX => Ok(transport.map(|transport| (family, transport))),
        _ => Err(Error::malformed(&field::FAMILY, 13)),
    }
}

/// The addresses at the front of `block`, and what is behind them; `None` if it is too short.
fn addresses(family: u8, transport: Transport, block: &[u8]) -> Option<(Endpoints<&[u8]>, &[u8])> {
    Some(match family {
        INET => {
            let (source, block) = block.split_first_chunk::<4>()?;
            let (destination, block) = block.split_first_chunk::<4>()?;
            let ([source_port, destination_port], rest) = ports(block)?;
            let source = SocketAddrV4::new(Ipv4Addr::from(*source), source_port);
            let destination = SocketAddrV4::new(Ipv4Addr::from(*destination), destination_port);
            (Endpoints::Inet { transport, source, destination }, rest)
        }
        INET6 => {
            let (source, block) = block.split_first_chunk::<16>()?;
            let (destination, block) = block.split_first_chunk::<16>()?;
            let ([source_port, destination_port], rest) = ports(block)?;
            let source = SocketAddrV6::new(Ipv6Addr::from(*source), source_port, 0, 0);
            let destination = SocketAddrV6::new(Ipv6Addr::from(*destination), destination_port, 0, 0);
            (Endpoints::Inet6 { transport, source, destination }, rest)
        }
        _ => {
            let (source, block) = block.split_at_checked(PATH)?;
            let (destination, rest) = block.split_at_checked(PATH)?;
            (Endpoints::Unix { transport, source: unfilled(source), destination: unfilled(destination) }, rest)
        }
    })
}

fn ports(block: &[u8]) -> Option<([u16; 2], &[u8])> {
    let (&[a, b, c, d], rest) = block.split_first_chunk()?;
    Some(([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])], rest))
}

/// A path without the NULs behind it.
pub(super) fn unfilled(path: &[u8]) -> &[u8] {
    let len = path.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &path[..len]
}

/// Writes a header.
pub(super) fn encode<B: Outgoing>(header: Header<B>, out: &mut Gather) -> Result<()> {
    let Header { endpoints, tlvs, .. } = header;
    let (command, family) = match &endpoints {
        Endpoints::Local(_) => (LOCAL, 0),
        Endpoints::Unknown(_) => (PROXY, 0),
        Endpoints::Inet { transport, .. } => (PROXY, INET | protocol(*transport)),
        Endpoints::Inet6 { transport, .. } => (PROXY, INET6 | protocol(*transport)),
        Endpoints::Unix { transport, .. } => (PROXY, UNIX | protocol(*transport)),
    };
    out.copy(&SIGNATURE);
    out.copy(&[VERSION | command, family]);
    out.length::<U16Be>(|out| {
        match endpoints {
            Endpoints::Local(block) | Endpoints::Unknown(block) => {
                // They would come back as a part of the block.
                if tlvs.region().size() > 0 {
                    return Err(Error::unsupported(&field::TLVS, HEAD));
                }
                block.put(out);
                return Ok(());
            }
            Endpoints::Inet { source, destination, .. } => {
                out.copy(&source.ip().octets());
                out.copy(&destination.ip().octets());
                out.copy(&source.port().to_be_bytes());
                out.copy(&destination.port().to_be_bytes());
            }
            Endpoints::Inet6 { source, destination, .. } => {
                out.copy(&source.ip().octets());
                out.copy(&destination.ip().octets());
                out.copy(&source.port().to_be_bytes());
                out.copy(&destination.port().to_be_bytes());
            }
            Endpoints::Unix { source, destination, .. } => {
                path(source, &field::SOURCE, HEAD, out)?;
                path(destination, &field::DESTINATION, HEAD + PATH, out)?;
            }
        }
        put(tlvs, out);
        Ok(())
    })
}

const fn protocol(transport: Transport) -> u8 {
    match transport {
        Transport::Stream => 1,
        Transport::Datagram => 2,
    }
}

fn path<B: Outgoing>(path: B, field: &'static &'static str, at: usize, out: &mut Gather) -> Result<()> {
    let len = path.size();
    if len > PATH as u64 {
        return Err(Error::limit(field, at));
    }
    let mut last = None;
    if !path.look(&mut |piece| last = piece.last().copied().or(last)) || last == Some(0) {
        return Err(Error::malformed(field, at));
    }
    path.put(out);
    out.copy(&[0; PATH][len as usize..]);
    Ok(())
}

fn put<B: Outgoing>(tlvs: Tlvs<B>, out: &mut Gather) {
    tlvs.into_region().put(out);
}
