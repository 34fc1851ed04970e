//! PROXY headers: what clients begin with, and what servers are told.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use tokio::net::TcpStream;
use wireview::tokio::Connection;
use wireview::{Encode, Gather, Limits};
use wireview_codecs::proxy::{Endpoints, Header, Headers, TlvList, Version, kind, verify_crc32c};

/// The longest header that is taken, TLVs included.
const MAX_HEADER: usize = 4096;

/// Reads the header at the front of `client`; with the bytes behind it that have come already.
pub(super) async fn read(client: TcpStream, codec: Headers) -> io::Result<(TcpStream, Header<Bytes>, Bytes)> {
    let limits = Limits::new().max_frame(MAX_HEADER).reads(MAX_HEADER, MAX_HEADER);
    let mut conn = Connection::with_limits(client, codec, limits);
    let Some(received) = conn.next().await? else { return Err(io::ErrorKind::UnexpectedEof.into()) };
    verify_crc32c(received.frame.bytes()).map_err(io::Error::other)?;
    let header = received.frame.detach().map_err(io::Error::other)?.into_message();
    let parts = conn.into_parts();
    Ok((parts.io, header, parts.received.freeze()))
}

/// What a server is told in `version` of a client that has connected from `source` to `destination`, and said `came` itself.
pub(super) fn forwarded(
    version: Version,
    came: Option<Header<Bytes>>,
    source: SocketAddr,
    destination: SocketAddr,
) -> Bytes {
    let Some(came) = came else { return written(between(version, source, destination)) };
    let mut header = match (came.endpoints, version) {
        (Endpoints::Local(_), Version::V2) => Header::local(),
        // The addresses of the connection hold.
        (Endpoints::Local(_) | Endpoints::Unknown(_), _) => between(version, source, destination),
        (endpoints, _) => Header { version, endpoints, ..Header::unknown(version) },
    };
    if version == Version::V2 && !matches!(header.endpoints, Endpoints::Local(_)) {
        let mut list = TlvList::new();
        for tlv in came.tlvs.iter().flatten() {
            // The checksum was that of the other header. No value is too long that was not before.
            if !matches!(tlv.kind, kind::CRC32C | kind::NOOP) {
                let _ = list.push(tlv.kind, tlv.value);
            }
        }
        header.tlvs = list.into_tlvs();
    }
    written(header)
}

/// A header for the TCP connection from `source` to `destination`.
pub(super) fn between(version: Version, source: SocketAddr, destination: SocketAddr) -> Header<Bytes> {
    // A socket that listens for both families has addresses of IPv4 in those of IPv6.
    let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    Header::tcp(version, canonical(source), canonical(destination))
}

/// The bytes of a header; of one that names nobody if the version cannot tell what it says.
pub(super) fn written(header: Header<Bytes>) -> Bytes {
    let version = header.version;
    let mut out = Gather::new();
    if out.message(|out| Headers::new().encode(header, out)).is_err() {
        // That can be told in both.
        let _ = Headers::new().encode(Header::<Bytes>::unknown(version), &mut out);
    }
    out.chunks().flatten().copied().collect()
}
