//! The laws hold for the PROXY protocol.

use std::net::{SocketAddrV4, SocketAddrV6};

use bytes::Bytes;
use wireview::codec_laws;
use wireview::laws::{Draw, Laws};
use wireview_codecs::proxy::{Endpoints, Header, Headers, TlvList, Transport, Version};

codec_laws!(
    lines,
    Headers::new(),
    round_trip,
    [
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\nGET / HTTP/1.1\r\n",
        b"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 0 65535\r\n\r\n",
        b"PROXY UNKNOWN\r\nPROXY UNKNOWN any thing\r\n",
    ],
    Laws::all()
);

codec_laws!(
    binary,
    Headers::new(),
    round_trip,
    [
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\0\x50\x01\xbbGET",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x16\x01\x02\x03\x04\x05\x06\x07\x08\0\x50\x01\xbb\x02\0\x04host\x04\0\0",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24................................\0\x01\0\x02",
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0\r\n\r\n\0\r\nQUIT\n\x21\0\0\x03abc",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8/tmp/socket/that/has/connected\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0abstract\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ],
    Laws::all()
);

#[test]
fn headers_that_are_made_come_back() {
    let header = |draw: &mut Draw<'_>| -> Header<Bytes> {
        let version = *draw.pick(&[Version::V1, Version::V2]);
        let transport = *draw.pick(&[Transport::Stream, Transport::Datagram]);
        let v4 = |draw: &mut Draw<'_>| SocketAddrV4::new((draw.number() as u32).into(), draw.number() as u16);
        let v6 = |draw: &mut Draw<'_>| {
            let ip = u128::from(draw.number()) << 64 | u128::from(draw.number());
            SocketAddrV6::new(ip.into(), draw.number() as u16, 0, 0)
        };
        let path = |draw: &mut Draw<'_>| Bytes::from([&draw.bytes(107)[..], b"."].concat());
        let endpoints = match draw.below(5) {
            0 => Endpoints::Local(draw.bytes(300).into()),
            1 => Endpoints::Unknown([b" ", &draw.text(90, b"unkow \xff\0")[..]].concat().into()),
            2 => Endpoints::Inet { transport, source: v4(draw), destination: v4(draw) },
            3 => Endpoints::Inet6 { transport, source: v6(draw), destination: v6(draw) },
            _ => Endpoints::Unix { transport, source: path(draw), destination: path(draw) },
        };
        let mut tlvs = TlvList::new();
        for _ in 0..draw.below(4) {
            tlvs.push(draw.below(256) as u8, &draw.bytes(200)).expect("short");
        }
        Header { version, endpoints, tlvs: tlvs.into_tlvs() }
    };
    let made = Laws::all().check_generated(Headers::new, 300, header);
    assert!(made.messages > 200 && made.spoiled > 100, "{made:?}");
}
