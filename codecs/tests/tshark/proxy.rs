//! PROXY headers of version 2 beside tshark: as declared, and as read by hand.

use wireview::{Boundary, Codec};
use wireview_codecs::proxy::declared::{self, Block};
use wireview_codecs::proxy::{Headers, Tlv, Tlvs, kind};

use super::{Capture, Told, compare, seeds};

const FIELDS: &[&str] = &[
    "proxy.dst.ipv4",
    "proxy.dst.ipv6",
    "proxy.dstport",
    "proxy.src.ipv4",
    "proxy.src.ipv6",
    "proxy.srcport",
    "proxy.v2.addr_family_protocol",
    "proxy.v2.cmd",
    "proxy.v2.dst.unix",
    "proxy.v2.length",
    "proxy.v2.src.unix",
    "proxy.v2.tlv.length",
    "proxy.v2.tlv.ssl.client",
    "proxy.v2.tlv.ssl.verify",
    "proxy.v2.tlv.type",
    "proxy.v2.tlv.value",
    "proxy.v2.unknown",
    "proxy.v2.version",
];

/// The header at the front of a stream, if it is one of version 2, whole and lawful.
fn first(stream: &[u8]) -> Option<&[u8]> {
    let Ok(Boundary::Frame { head, body, tail }) = declared::Headers::new().delimit(stream) else { return None };
    let header = stream.get(..head + body as usize + tail)?;
    declared::Headers::new().parse(header).is_ok().then_some(header)
}

#[test]
fn proxy_headers_as_tshark_reads_them() {
    let mut capture = Capture::new(9999);
    let seeds = seeds("proxy");
    let headers: Vec<_> = seeds.iter().filter_map(|(name, seed)| Some((name, first(seed)?))).collect();
    headers.iter().for_each(|(_, header)| capture.conversation([*header]));
    assert!(headers.len() > 12, "{} headers", headers.len());
    let Some(rows) = capture.fields(FIELDS) else { return };
    for ((name, header), row) in headers.into_iter().zip(&rows) {
        assert!(Headers::new().parse(header).is_ok(), "{name} is read by hand, too");
        compare(name, FIELDS, told(header), row);
    }
}

fn told(bytes: &[u8]) -> Told {
    let header = declared::Headers::new().parse(bytes).expect("lawful");
    let mut told = Told::default();
    told.tell("proxy.v2.version", bytes[12] >> 4);
    told.tell("proxy.v2.cmd", bytes[12] & 15);
    told.tell("proxy.v2.addr_family_protocol", format!("{:#04x}", bytes[13]));
    told.tell("proxy.v2.length", bytes.len() - 16);
    match header.block {
        Block::Tcp4(block) | Block::Udp4(block) => {
            told.tell("proxy.src.ipv4", block.source);
            told.tell("proxy.dst.ipv4", block.destination);
            told.tell("proxy.srcport", block.source_port);
            told.tell("proxy.dstport", block.destination_port);
            tlvs(block.tlvs, &mut told);
        }
        Block::Tcp6(block) | Block::Udp6(block) => {
            told.tell("proxy.src.ipv6", block.source);
            told.tell("proxy.dst.ipv6", block.destination);
            told.tell("proxy.srcport", block.source_port);
            told.tell("proxy.dstport", block.destination_port);
            tlvs(block.tlvs, &mut told);
        }
        Block::UnixStream(block) | Block::UnixDatagram(block) => {
            told.hex("proxy.v2.src.unix", block.source);
            told.hex("proxy.v2.dst.unix", block.destination);
            tlvs(block.tlvs, &mut told);
        }
        Block::Ignored { block, .. } => told.hex("proxy.v2.unknown", block),
    }
    told
}

/// TLVs at the end of a header, and those in the one of TLS. tshark 4.0 forgets that the length does not count the head, so it does
/// not see what begins in the last 16 bytes.
fn tlvs(tlvs: Tlvs<&[u8]>, told: &mut Told) {
    let mut walk = tlvs.iter();
    while walk.rest().len() > 16
        && let Some(tlv) = walk.next()
    {
        let tlv = tlv.expect("checked");
        tell(&tlv, told);
        if tlv.kind == kind::SSL {
            let ssl = tlv.ssl().expect("lawful");
            told.tell("proxy.v2.tlv.ssl.client", format!("{:#04x}", ssl.client));
            told.tell("proxy.v2.tlv.ssl.verify", format!("{:#010x}", ssl.verify));
            assert!(walk.rest().is_empty(), "the seeds have it at the end");
            self::tlvs(ssl.tlvs, told);
        }
    }
}

fn tell(tlv: &Tlv<&[u8]>, told: &mut Told) {
    told.tell("proxy.v2.tlv.type", format!("{:#04x}", tlv.kind));
    told.tell("proxy.v2.tlv.length", tlv.value.len());
    told.hex("proxy.v2.tlv.value", tlv.value);
}
