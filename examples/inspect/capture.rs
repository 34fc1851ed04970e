//! Captures: packets out of pcap and pcapng, TCP segments out of packets.

use std::io::{self, Read};
use std::net::SocketAddr;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

use super::source::BLOCK;
use super::tally::Capture;

/// The longest packet: that of a capture device, or of a record that cannot be right.
const MAX_PACKET: usize = 64 << 20;

/// A TCP segment.
#[derive(Debug)]
pub(crate) struct Segment<'p> {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) number: u32,
    pub(crate) syn: bool,
    pub(crate) ack: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) bytes: &'p [u8],
}

/// How much of a capture is read before it is looked at: its first block has to be whole then.
const FRONT: u64 = 4096;

/// Reads a capture; each TCP segment goes to `on`, which says whether somebody wants its connection.
pub(crate) fn read(
    mut source: impl Read + Send,
    seen: &mut Capture,
    on: &mut dyn FnMut(Segment<'_>, &mut Capture) -> io::Result<bool>,
) -> io::Result<()> {
    let mut front = Vec::new();
    source.by_ref().take(FRONT).read_to_end(&mut front)?;
    let mut reader = create_reader(BLOCK, io::Cursor::new(front).chain(source)).map_err(|error| broken(&error))?;
    let mut links = Vec::new();
    let mut size = BLOCK;
    loop {
        let took = match reader.next() {
            Ok((took, block)) => {
                if let Some((link, packet)) = packet(block, &mut links) {
                    seen.packets += 1;
                    match segment(link, packet) {
                        Found::Segment(segment) => {
                            if !on(segment, seen)? {
                                seen.passed_over += 1;
                            }
                        }
                        Found::Other => seen.passed_over += 1,
                        Found::Unread => seen.unread += 1,
                    }
                }
                took
            }
            Err(PcapError::Eof) => return Ok(()),
            Err(PcapError::Incomplete(_)) => 0,
            Err(PcapError::UnexpectedEof) => {
                seen.cut = true;
                return Ok(());
            }
            Err(error) => return Err(broken(&error)),
        };
        if took > 0 {
            reader.consume(took);
        } else if reader.reader_exhausted() {
            seen.cut = true;
            return Ok(());
        } else {
            refill(&mut *reader, &mut size)?;
        }
    }
}

fn refill(reader: &mut dyn PcapReaderIterator, size: &mut usize) -> io::Result<()> {
    let full = match reader.refill() {
        Ok(()) => return Ok(()),
        Err(PcapError::BufferTooSmall) => true,
        Err(_) => false,
    };
    *size *= 2;
    if full && *size <= MAX_PACKET && reader.grow(*size) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the capture cannot be read on, or a packet is longer than 64 MiB"))
}

fn broken(error: &PcapError<&[u8]>) -> io::Error {
    let what = match error {
        PcapError::HeaderNotRecognized => "no capture".into(),
        PcapError::NomError(_, kind) | PcapError::OwnedNomError(_, kind) => format!("a broken capture: {kind:?}"),
        other => format!("a broken capture: {other:?}"),
    };
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The packet in a block, and what it begins with. `links` has the interfaces so far.
fn packet<'b>(block: PcapBlockOwned<'b>, links: &mut Vec<Linktype>) -> Option<(Linktype, &'b [u8])> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => links.push(header.network),
        PcapBlockOwned::Legacy(packet) => return Some((*links.first()?, packet.data)),
        PcapBlockOwned::NG(Block::SectionHeader(_)) => links.clear(),
        PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => links.push(interface.linktype),
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let data = packet.data.get(..packet.caplen as usize).unwrap_or(packet.data);
            return Some((*links.get(packet.if_id as usize)?, data));
        }
        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
            let data = packet.data.get(..packet.origlen as usize).unwrap_or(packet.data);
            debug_assert!(packet.orig_len() == packet.origlen);
            return Some((*links.first()?, data));
        }
        PcapBlockOwned::NG(_) => {}
    }
    None
}

/// What a packet is.
enum Found<'p> {
    Segment(Segment<'p>),
    /// No TCP.
    Other,
    /// TCP that cannot be read.
    Unread,
}

fn segment(link: Linktype, packet: &[u8]) -> Found<'_> {
    let ethertype = |at: usize, behind: usize| {
        let kind = packet.get(at..at + 2)?;
        Some(LaxSlicedPacket::from_ether_type(EtherType(u16::from_be_bytes([kind[0], kind[1]])), packet.get(behind..)?))
    };
    let sliced = match link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(packet).ok(),
        Linktype::LINUX_SLL => ethertype(14, 16),
        Linktype::LINUX_SLL2 => ethertype(0, 20),
        // Four bytes say which family, in an order that is not told; the version of IP tells, too.
        Linktype::NULL | Linktype::LOOP => packet.get(4..).and_then(|ip| LaxSlicedPacket::from_ip(ip).ok()),
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 | Linktype(12 | 14) => LaxSlicedPacket::from_ip(packet).ok(),
        _ => return Found::Unread,
    };
    let Some(sliced) = sliced else { return Found::Other };
    let (from, to, pieces) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
            ip.is_payload_fragmented() && ip.payload_ip_number() == etherparse::IpNumber::TCP,
        ),
        Some(LaxNetSlice::Ipv6(ip)) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
            ip.is_payload_fragmented() && ip.payload().ip_number == etherparse::IpNumber::TCP,
        ),
        _ => return Found::Other,
    };
    match &sliced.transport {
        Some(TransportSlice::Tcp(tcp)) => Found::Segment(Segment {
            from: SocketAddr::new(from, tcp.source_port()),
            to: SocketAddr::new(to, tcp.destination_port()),
            number: tcp.sequence_number(),
            syn: tcp.syn(),
            ack: tcp.ack(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            bytes: tcp.payload(),
        }),
        None if pieces || sliced.stop_err.is_some() => Found::Unread,
        _ => Found::Other,
    }
}
