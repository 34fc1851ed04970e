//! PROXY headers: the laws, and beside them what the crate `ppp` 2 reads.
//!
//! What both accept must be the same. What one of them alone accepts is one of these:
//!
//! | input | we | `ppp` 2 | why |
//! | --- | --- | --- | --- |
//! | `UNKNOWN` and more than five words, or text that is not UTF-8 | accept | refuses | "the receiver must ignore anything presented before the CRLF" |
//! | `LOCAL` with a family or length that `PROXY` may not have | accept | refuses | "discard the protocol block including the family which is ignored" |
//! | an unspecified protocol, and less than the addresses of its family | accept | refuses | "the receiver should ignore address information" |
//! | a port with a plus | refuse | accepts | "a decimal integer" |
//! | a lone LF in the line, or a space and LF at its end | refuse | accepts | "must not tolerate a single CR or LF character" |
//! | TLVs that do not fill the rest of the header | refuse | accepts, and fails when they are walked | found when the header is read |

use std::net::SocketAddr;

use ppp::HeaderResult;
use ppp::v1::Addresses as Text;
use ppp::v2::{Addresses as Binary, Command, Protocol};
use wireview::laws::{Laws, check_trace};
use wireview::{Boundary, Codec, Result, View};
use wireview_codecs::proxy::declared::{self, Block};
use wireview_codecs::proxy::{Endpoints, Header, Headers, Tlvs, Transport, kind, verify_crc32c};

/// A stream that begins with headers.
pub fn proxy(bytes: &[u8]) {
    let laws = Laws::all();
    let inspect = |header: View<'_, Headers>| {
        let tlvs: Result<Vec<_>> = header.tlvs.iter().collect();
        let tlvs = tlvs.expect("TLVs were checked");
        assert_eq!(tlvs.len(), header.tlvs.len());
        for tlv in tlvs {
            assert!(tlv.kind == kind::SSL || tlv.ssl().is_err());
            assert!(!tlv.to_string().is_empty());
        }
        assert!(!header.to_string().is_empty());
    };
    let outcome = laws.verify_with(Headers::new, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(Headers::new, bytes);
    check_trace(Headers::new, bytes);
    for seen in &outcome.frames {
        // An answer of either kind, but an answer.
        let _ = verify_crc32c(&seen.bytes);
    }
    compare_proxy(bytes);
    declared_too(bytes);
}

/// Version 2 as it is declared: the laws, and the same headers as those read by hand.
fn declared_too(bytes: &[u8]) {
    let outcome = Laws::all().canonical().check(declared::Headers::new, bytes);
    Laws::all().canonical().check_round_trip(declared::Headers::new, bytes);
    for seen in &outcome.frames {
        let declared = declared::Headers::new().parse(&seen.bytes);
        let by_hand = ours(&seen.bytes);
        assert_eq!(declared.is_ok(), by_hand.is_some(), "{}: {declared:?}, {by_hand:?}", seen.bytes.escape_ascii());
        let (Ok(declared), Some((by_hand, _))) = (declared, by_hand) else { continue };
        let (addresses, tlvs) = match declared.block {
            Block::Tcp4(block) | Block::Udp4(block) => {
                let source = SocketAddr::new(block.source.into(), block.source_port);
                (Some((source, SocketAddr::new(block.destination.into(), block.destination_port))), block.tlvs)
            }
            Block::Tcp6(block) | Block::Udp6(block) => {
                let source = SocketAddr::new(block.source.into(), block.source_port);
                (Some((source, SocketAddr::new(block.destination.into(), block.destination_port))), block.tlvs)
            }
            Block::UnixStream(block) | Block::UnixDatagram(block) => {
                let Endpoints::Unix { source, destination, .. } = by_hand.endpoints else { panic!("{by_hand}") };
                assert!(block.source.starts_with(source) && block.destination.starts_with(destination), "{by_hand}");
                (None, block.tlvs)
            }
            Block::Ignored { block, .. } => {
                let (Endpoints::Local(ignored) | Endpoints::Unknown(ignored)) = by_hand.endpoints else {
                    panic!("{by_hand}")
                };
                assert_eq!(block, ignored);
                (None, Tlvs::default())
            }
        };
        assert_eq!(addresses, by_hand.endpoints.source().zip(by_hand.endpoints.destination()));
        assert_eq!(tlvs, by_hand.tlvs);
    }
}

/// What a comparison came to. Anything that is not in the list above is a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Both read the same.
    Same,
    /// Both refuse, or wait for more.
    Neither,
    /// We accept what the peer does not.
    Ours,
    /// The peer accepts what we do not.
    Theirs,
}

/// The header at the front of a stream, as both read it.
pub fn compare_proxy(bytes: &[u8]) -> Peer {
    let theirs = HeaderResult::parse(bytes);
    let at = || bytes.escape_ascii();
    match (ours(bytes), theirs) {
        (Some((header, len)), HeaderResult::V1(Ok(peer))) => {
            assert_eq!(peer.header.len(), len, "{}", at());
            let same = match (header.endpoints, peer.addresses) {
                (Endpoints::Unknown(_), Text::Unknown) => true,
                (Endpoints::Inet { source, destination, transport: Transport::Stream }, Text::Tcp4(peer)) => {
                    (*source.ip(), source.port()) == (peer.source_address, peer.source_port)
                        && (*destination.ip(), destination.port()) == (peer.destination_address, peer.destination_port)
                }
                (Endpoints::Inet6 { source, destination, transport: Transport::Stream }, Text::Tcp6(peer)) => {
                    (*source.ip(), source.port()) == (peer.source_address, peer.source_port)
                        && (*destination.ip(), destination.port()) == (peer.destination_address, peer.destination_port)
                }
                _ => false,
            };
            assert!(same, "{}: {header} here", at());
            Peer::Same
        }
        (Some((header, len)), HeaderResult::V2(Ok(peer))) => {
            assert_eq!(peer.len(), len, "{}", at());
            let transport = match peer.protocol {
                Protocol::Unspecified => None,
                Protocol::Stream => Some(Transport::Stream),
                Protocol::Datagram => Some(Transport::Datagram),
            };
            let same = match (header.endpoints, peer.addresses) {
                (Endpoints::Local(_), _) => peer.command == Command::Local,
                // The peer reads addresses of a protocol that is not specified.
                (Endpoints::Unknown(_), addresses) => transport.is_none() || addresses == Binary::Unspecified,
                (Endpoints::Inet { source, destination, transport: ours }, Binary::IPv4(peer)) => {
                    Some(ours) == transport
                        && (*source.ip(), source.port()) == (peer.source_address, peer.source_port)
                        && (*destination.ip(), destination.port()) == (peer.destination_address, peer.destination_port)
                }
                (Endpoints::Inet6 { source, destination, transport: ours }, Binary::IPv6(peer)) => {
                    Some(ours) == transport
                        && (*source.ip(), source.port()) == (peer.source_address, peer.source_port)
                        && (*destination.ip(), destination.port()) == (peer.destination_address, peer.destination_port)
                }
                (Endpoints::Unix { source, destination, transport: ours }, Binary::Unix(peer)) => {
                    let filled = |path: &[u8]| {
                        let mut filled = [0; 108];
                        filled[..path.len()].copy_from_slice(path);
                        filled
                    };
                    Some(ours) == transport && filled(source) == peer.source && filled(destination) == peer.destination
                }
                _ => false,
            };
            assert!(same, "{}: {header} here", at());
            if !matches!(header.endpoints, Endpoints::Local(_) | Endpoints::Unknown(_)) {
                assert_eq!(peer.tlv_bytes(), *header.tlvs.region(), "{}", at());
                let same = header.tlvs.iter().zip(peer.tlvs()).all(
                    |pair| matches!(pair, (Ok(ours), Ok(peer)) if (ours.kind, ours.value) == (peer.kind, &*peer.value)),
                );
                assert!(same && peer.tlvs().count() == header.tlvs.len(), "{}", at());
            }
            Peer::Same
        }
        (Some((header, _)), _) => {
            let of_choice = match header.endpoints {
                Endpoints::Local(_) => true,
                Endpoints::Unknown(_) if bytes[0] == b'\r' => bytes[13] & 0x0f == 0,
                Endpoints::Unknown(rest) => {
                    rest.split(|byte| *byte == b' ').count() > 5 || str::from_utf8(rest).is_err()
                }
                _ => false,
            };
            assert!(of_choice, "{}: {header} here, and refused there", at());
            Peer::Ours
        }
        (None, HeaderResult::V1(Ok(peer))) => {
            let header = peer.header.as_bytes();
            let plus = header.windows(2).any(|pair| pair == b" +");
            let lone = header.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r');
            assert!(plus || lone, "{}: {peer:?} there, and refused here", at());
            Peer::Theirs
        }
        (None, HeaderResult::V2(Ok(peer))) => {
            assert!(peer.tlvs().any(|tlv| tlv.is_err()), "{}: {peer:?} there, and refused here", at());
            Peer::Theirs
        }
        (None, _) => Peer::Neither,
    }
}

/// The header at the front, and its length; `None` if there is none, or not the whole of it.
fn ours(bytes: &[u8]) -> Option<(Header<&[u8]>, usize)> {
    if bytes.is_empty() {
        return None;
    }
    let Ok(Boundary::Frame { head, body, .. }) = Headers::new().delimit_last(bytes) else { return None };
    let frame = bytes.get(..head + usize::try_from(body).ok()?)?;
    Some((Headers::new().parse(frame).ok()?, frame.len()))
}
