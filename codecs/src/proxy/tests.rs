//! What the specification says, byte by byte.

use alloc::string::ToString;
use alloc::vec::Vec;

use wireview::{Boundary, Kind};

use super::crc32c::crc32c;
use super::*;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn read(frame: &[u8]) -> Result<Header<&[u8]>> {
    match Headers::new().delimit_last(frame)? {
        Boundary::Frame { head, body, .. } if head + body as usize == frame.len() => Headers::new().parse(frame),
        other => panic!("{other:?} of {}", frame.escape_ascii()),
    }
}

fn written<B: Outgoing>(header: Header<B>) -> Result<Vec<u8>> {
    let mut out = Gather::new();
    out.message(|out| Headers::new().encode(header, out))?;
    Ok(out.chunks().collect::<Vec<_>>().concat())
}

fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    [SIGNATURE, &[0x20 | command, family], &(block.len() as u16).to_be_bytes(), block].concat()
}

#[track_caller]
fn refused(frame: &[u8], kind: Kind, field: &str, offset: usize) {
    let error = Headers::new().delimit_last(frame).and_then(|boundary| match boundary {
        Boundary::Need(need) => panic!("waits for {need} bytes"),
        _ => Headers::new().parse(frame).map(drop),
    });
    let error = error.expect_err("refused");
    assert_eq!((error.kind(), error.field(), error.offset()), (kind, field, offset), "{}", frame.escape_ascii());
}

#[test]
fn a_line_tells_two_addresses_and_two_ports() {
    let line = b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n";
    let header = read(line).expect("the example of section 2.1");
    assert_eq!(header.version, Version::V1);
    assert_eq!(header.endpoints.source(), Some("192.168.0.1:56324".parse().expect("an address")));
    assert_eq!(header.endpoints.destination(), Some("192.168.0.11:443".parse().expect("an address")));
    assert_eq!(header.to_string(), "PROXY V1 Stream 192.168.0.1:56324 to 192.168.0.11:443");
    assert_eq!(written(header).expect("written"), line);

    let longest =
        b"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    assert_eq!(longest.len(), 104);
    assert_eq!(written(read(longest).expect("the longest")).expect("written"), longest);
    let shortened = read(b"PROXY TCP6 0:0::1 ::ffff:1.2.3.4 0 1\r\n").expect("two ways to write zeros");
    assert_eq!(written(shortened).expect("written"), b"PROXY TCP6 ::1 ::ffff:1.2.3.4 0 1\r\n");
}

#[test]
fn what_is_unknown_is_ignored() {
    let worst = b"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    assert_eq!(worst.len(), 107);
    for line in [&b"PROXY UNKNOWN\r\n"[..], b"PROXY UNKNOWN \r\n", b"PROXY UNKNOWN \0 any\xff\r\n", worst] {
        let header = read(line).expect("lawful");
        assert_eq!(header.endpoints, Endpoints::Unknown(&line[13..line.len() - 2]));
        assert_eq!(written(header).expect("written"), line);
    }
    for block in [&b""[..], b"\0", b"anything at all"] {
        for (command, family) in
            [(0, 0x00), (0, 0x11), (0, 0xff), (1, 0x00), (1, 0x01), (1, 0x02), (1, 0x10), (1, 0x30)]
        {
            let frame = v2(command, family, block);
            let header = read(&frame).expect("lawful");
            let expected = if command == 0 { Endpoints::Local(block) } else { Endpoints::Unknown(block) };
            assert_eq!((header.endpoints, header.tlvs.len()), (expected, 0));
            assert_eq!(written(header).expect("written"), v2(command, 0, block));
        }
    }
}

#[test]
fn every_byte_of_a_line_counts() {
    use Kind::{Limit, Malformed, Overflow, Truncated};
    refused(b"GET / HTTP/1.1\r\n", Malformed, "signature", 0);
    refused(b"PROXX", Malformed, "signature", 4);
    refused(b"PROXY\tTCP4 1.1.1.1 2.2.2.2 1 2\r\n", Malformed, "signature", 5);
    refused(b"PROXY\r\n", Malformed, "signature", 5);
    refused(b"PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n", Malformed, "family", 6);
    refused(b"PROXY \r\n", Malformed, "line end", 6);
    refused(b"PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", Malformed, "family", 6);
    refused(b"PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n", Malformed, "family", 6);
    refused(b"PROXY UNKNOWNX\r\n", Malformed, "family", 6);
    refused(b"PROXY TCP4\r\n", Malformed, "line end", 10);
    refused(b"PROXY TCP4 1.1.1.1\r\n", Truncated, "destination address", 18);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", Truncated, "destination port", 28);
    refused(b"PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n", Malformed, "source address", 11);
    refused(b"PROXY TCP4 ::1 ::1 1 2\r\n", Malformed, "source address", 11);
    refused(b"PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n", Malformed, "source address", 11);
    refused(b"PROXY TCP6 ::1 fe80::1%eth0 1 2\r\n", Malformed, "destination address", 15);
    refused(b"PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n", Malformed, "source address", 11);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.256 1 2\r\n", Malformed, "destination address", 19);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", Malformed, "source port", 27);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n", Malformed, "source port", 27);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2  2\r\n", Malformed, "source port", 27);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n", Overflow, "destination port", 29);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n", Malformed, "line end", 30);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n", Malformed, "line end", 30);
    refused(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\rX", Malformed, "line end", 31);
    refused(&[b"PROXY UNKNOWN", &[b'.'; 200][..]].concat(), Limit, "line", 107);
    refused(&[b"PROXY UNKNOWN", &[b' '; 93][..], b"\r\n"].concat(), Limit, "line", 107);
}

#[test]
fn every_byte_of_a_binary_head_counts() {
    use Kind::{Malformed, Truncated, Unsupported};
    let mut other = v2(1, 0x11, &[0; 12]);
    other[11] = b'\r';
    refused(&other, Malformed, "signature", 11);
    let mut other = v2(1, 0x11, &[0; 12]);
    other[12] = 0x31;
    refused(&other, Unsupported, "version", 12);
    refused(&v2(2, 0x11, &[0; 12]), Malformed, "command", 12);
    for family in [0x13, 0x41, 0xf0, 0x0f, 0x03, 0x40] {
        refused(&v2(1, family, &[0; 216]), Malformed, "family", 13);
    }
    for (family, len) in [(0x11, 12), (0x12, 12), (0x21, 36), (0x22, 36), (0x31, 216), (0x32, 216)] {
        refused(&v2(1, family, &[0; 216][..len - 1]), Truncated, "addresses", 16);
        assert!(read(&v2(1, family, &[0; 216][..len])).is_ok());
        refused(&v2(1, family, &[0; 218][..len + 2]), Truncated, "value.len", 17 + len);
        refused(&v2(1, family, &[&[0; 216][..len], b"\x04\0\x02."].concat()), Truncated, "value", 16 + len + 3);
    }
    assert!(matches!(Headers::new().delimit(&v2(1, 0x11, &[0; 12])[..15]), Ok(Boundary::Need(16))));
}

#[test]
fn binary_addresses_of_all_families() {
    let frame = v2(1, 0x12, b"\x01\x02\x03\x04\x05\x06\x07\x08\x00\x50\x01\xbb");
    let header = read(&frame).expect("lawful");
    assert_eq!(header.to_string(), "PROXY V2 Datagram 1.2.3.4:80 to 5.6.7.8:443");
    assert_eq!(written(header).expect("written"), frame);

    let mut block = [0; 36];
    (block[15], block[31], block[33], block[34]) = (1, 2, 3, 4);
    let frame = v2(1, 0x21, &block);
    let header = read(&frame).expect("lawful");
    assert_eq!(header.to_string(), "PROXY V2 Stream [::1]:3 to [::2]:1024");
    assert_eq!(written(header).expect("written"), frame);

    let mut block = [0; 216];
    block[..5].copy_from_slice(b"/a/b\0");
    block[108..113].copy_from_slice(b"\0name");
    let frame = v2(1, 0x31, &block);
    let header = read(&frame).expect("lawful");
    let unix = Endpoints::Unix { transport: Transport::Stream, source: &b"/a/b"[..], destination: &b"\0name"[..] };
    assert_eq!(header.endpoints, unix);
    assert_eq!(header.to_string(), "PROXY V2 Stream \"/a/b\" to \"\\x00name\"");
    assert_eq!(written(header).expect("written"), frame);
}

#[test]
fn tlvs_are_walked() {
    let mut ssl = TlvList::new();
    ssl.push(kind::SSL_VERSION, b"TLSv1.3").expect("short");
    ssl.push(kind::SSL_CN, b"me").expect("short");
    let ssl = [&[1 | 2, 0, 0, 0, 0][..], ssl.into_tlvs().region()].concat();
    let mut list = TlvList::new();
    list.push(kind::AUTHORITY, b"example.com").expect("short");
    list.push(kind::NOOP, b"").expect("short");
    list.push(kind::SSL, &ssl).expect("short");
    let (near, far) = ("1.2.3.4:5".parse().expect("an address"), "6.7.8.9:10".parse().expect("an address"));
    let mut header = Header::tcp(Version::V2, near, far);
    header.tlvs = list.into_tlvs();
    let frame = written(header).expect("written");
    let header = read(&frame).expect("lawful");
    let tlvs: Vec<_> = header.tlvs.iter().map(|tlv| tlv.expect("was checked")).collect();
    assert_eq!((header.tlvs.len(), tlvs.len()), (3, 3));
    assert_eq!(tlvs[0], Tlv { kind: kind::AUTHORITY, value: &b"example.com"[..] });
    assert_eq!((tlvs[1].to_string(), tlvs[1].ssl().is_err()), ("0x04 \"\"".to_string(), true));
    let ssl = tlvs[2].ssl().expect("lawful");
    assert_eq!((ssl.client, ssl.verify, ssl.tlvs.len()), (3, 0, 2));
    let short = Tlv { kind: kind::SSL, value: &b"\x01\0\0\0\0\x21\0\x05no"[..] };
    assert_eq!(short.ssl(), Err(Error::truncated(&"value", 8)));
    assert!(TlvList::new().push(1, &[0; 65_536]).is_err());
}

#[test]
fn the_checksum_is_that_of_the_rfcs() {
    // RFC 3720, B.4.
    assert_eq!(crc32c(&[b"123456789"]), 0xe306_9283);
    assert_eq!(crc32c(&[&[0; 32]]), 0x8a91_36aa);
    assert_eq!(crc32c(&[&[0xff; 20], &[0xff; 12]]), 0x62a8_ab43);
}

#[test]
fn a_checksum_is_verified_by_a_verb() {
    let mut frame = v2(1, 0x11, &[7; 12]);
    assert_eq!(verify_crc32c(&frame), Ok(false));
    assert_eq!(verify_crc32c(b"PROXY UNKNOWN\r\n"), Ok(false));
    seal_crc32c(&mut frame).expect("a header");
    assert_eq!(frame.len(), 16 + 12 + 7);
    assert_eq!(verify_crc32c(&frame), Ok(true));
    for at in [13, 16, 27, 31, 34] {
        let mut spoiled = frame.clone();
        spoiled[at] ^= if at == 13 { 0x03 } else { 1 };
        assert_eq!(verify_crc32c(&spoiled), Err(Error::new(Kind::Checksum, &field::CHECKSUM, 31)), "byte {at}");
    }
    let sealed = frame.clone();
    seal_crc32c(&mut frame).expect("a header");
    assert_eq!(verify_crc32c(&frame), Err(Error::malformed(&field::CHECKSUM, 16 + 12 + 7)));
    let short = v2(1, 0x11, &[&[7; 12][..], b"\x03\0\x03abc"].concat());
    assert_eq!(verify_crc32c(&short), Err(Error::malformed(&field::CHECKSUM, 28)));
    for mut no_header in [sealed[..20].to_vec(), b"PROXY UNKNOWN\r\n".to_vec(), v2(0, 0, &[0; 65_529])] {
        let before = no_header.clone();
        assert!(seal_crc32c(&mut no_header).is_err());
        assert_eq!(no_header, before);
    }
}

#[test]
fn what_cannot_be_told_is_not_written() {
    let address = || "1.2.3.4:5".parse().expect("an address");
    let v1 =
        |endpoints: Endpoints<&'static [u8]>| Header { version: Version::V1, endpoints, tlvs: Seq::new(&b""[..], 0) };
    let kind = |header: Header<&[u8]>| written(header).expect_err("refused").kind();
    assert_eq!(kind(v1(Endpoints::Local(b""))), Kind::Unsupported);
    let unix = |source: &'static [u8], destination: &'static [u8]| Endpoints::Unix {
        transport: Transport::Stream,
        source,
        destination,
    };
    assert_eq!(kind(v1(unix(b"a", b"b"))), Kind::Unsupported);
    let udp = match Header::<&[u8]>::tcp(Version::V1, address(), address()).endpoints {
        Endpoints::Inet { source, destination, .. } => {
            Endpoints::Inet { transport: Transport::Datagram, source, destination }
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(v1(udp)), Kind::Unsupported);
    assert_eq!(kind(v1(Endpoints::Unknown(b" a\nb"))), Kind::Malformed);
    assert_eq!(kind(v1(Endpoints::Unknown(b"ab"))), Kind::Malformed);
    assert_eq!(kind(v1(Endpoints::Unknown(&[b' '; 93]))), Kind::Limit);
    assert_eq!(kind(Header { tlvs: Seq::new(&b"\x04\0\0"[..], 1), ..v1(Endpoints::Unknown(b"")) }), Kind::Unsupported);
    let v2 = |endpoints: Endpoints<&'static [u8]>| Header { version: Version::V2, ..v1(endpoints) };
    assert_eq!(kind(Header { tlvs: Seq::new(&b"\x04\0\0"[..], 1), ..v2(Endpoints::Local(b"")) }), Kind::Unsupported);
    assert_eq!(kind(v2(unix(&[b'a'; 109], b"b"))), Kind::Limit);
    assert_eq!(kind(v2(unix(b"a", b"b\0"))), Kind::Malformed);
    assert_eq!(kind(v2(Endpoints::Local(&[0; 65_536]))), Kind::Overflow);
}

#[test]
fn addresses_of_two_families_become_one() {
    let header =
        Header::<&[u8]>::tcp(Version::V1, "1.2.3.4:5".parse().expect("one"), "[fe80::1%3]:6".parse().expect("two"));
    assert_eq!(written(header).expect("written"), b"PROXY TCP6 ::ffff:1.2.3.4 fe80::1 5 6\r\n");
    assert_eq!(written(Header::<&[u8]>::local()).expect("written"), v2(0, 0, b""));
    assert_eq!(written(Header::<&[u8]>::unknown(Version::V1)).expect("written"), b"PROXY UNKNOWN\r\n");
}

#[test]
fn the_other_version_can_be_refused() {
    let unsupported = Err(Error::unsupported(&field::VERSION, 0));
    assert_eq!(Headers::only(Version::V1).delimit(SIGNATURE), unsupported);
    assert_eq!(Headers::only(Version::V2).delimit(b"PROXY UNKNOWN\r\n"), unsupported);
    assert_eq!(Headers::only(Version::V1).delimit(b"PROXY UNKNOWN\r\n"), Ok(Boundary::whole(15)));
    assert!(Headers::new().barrier());
}
