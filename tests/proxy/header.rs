//! PROXY headers in and out.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use wireview::{Codec, Encode, Gather};
use wireview_codecs::proxy::{Endpoints, Header, Headers, TlvList, Version, kind, seal_crc32c};

use crate::support::{Proxy, accept, count, hear, listen, plain, rest, say, soon};

/// The header at the front of a stream, as the codec reads it, and its bytes.
pub(crate) async fn header(stream: &mut TcpStream, check: impl FnOnce(Header<&[u8]>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut codec = Headers::new();
    loop {
        bytes.push(soon(stream.read_u8()).await.expect("it comes"));
        match codec.delimit(&bytes).expect("a header") {
            wireview::Boundary::Frame { head, body, .. } if (head as u64 + body) == bytes.len() as u64 => break,
            _ => {}
        }
    }
    check(codec.parse(&bytes).expect("a header"));
    bytes
}

fn written(header: Header<bytes::Bytes>) -> Vec<u8> {
    let mut out = Gather::new();
    Headers::new().encode(header, &mut out).expect("it can be told");
    out.chunks().collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn a_server_is_told_who_has_connected() {
    for version in [Version::V1, Version::V2] {
        let (listener, server) = listen().await;
        let mut config = plain();
        config.header_out = Some(version);
        let proxy = Proxy::start(&[server], config).await;
        // Also to one that speaks first.
        let mut client = proxy.connect().await;
        let mut server = accept(&listener).await;
        let (near, far) = (client.local_addr().expect("connected"), client.peer_addr().expect("connected"));
        let bytes = header(&mut server, |header| {
            assert_eq!(header, Header::tcp(version, near, far));
        })
        .await;
        if version == Version::V1 {
            let line = format!("PROXY TCP4 127.0.0.1 127.0.0.1 {} {}\r\n", near.port(), far.port());
            assert_eq!(bytes.escape_ascii().to_string(), line.as_bytes().escape_ascii().to_string());
        }
        say(&mut client, b"hello").await;
        assert_eq!(hear(&mut server, 5).await, b"hello");
        drop((client, server));
        proxy.end().await;
    }
}

#[tokio::test]
async fn what_a_client_tells_is_passed_on() {
    let (source, destination) =
        ("192.0.2.7:1234".parse().expect("an address"), "[2001:db8::1]:443".parse().expect("an address"));
    for came in [Version::V1, Version::V2] {
        for told in [Version::V1, Version::V2] {
            let (listener, server) = listen().await;
            let mut config = plain();
            (config.header_in, config.header_out) = (Some(Headers::new()), Some(told));
            let proxy = Proxy::start(&[server], config).await;
            let mut client = proxy.connect().await;
            // The header, and what stands behind it, at once; and byte by byte.
            let mut sent = written(Header::tcp(came, source, destination));
            sent.extend_from_slice(b"behind it");
            say(&mut client, &sent).await;
            let mut other = proxy.connect().await;
            other.set_nodelay(true).expect("a socket option");
            for byte in &sent {
                say(&mut other, &[*byte]).await;
                tokio::task::yield_now().await;
            }
            for _ in 0..2 {
                let mut server = accept(&listener).await;
                header(&mut server, |header| {
                    assert_eq!(header, Header::tcp(told, source, destination));
                })
                .await;
                assert_eq!(hear(&mut server, 9).await, b"behind it");
            }
            drop((client, other));
            let line = proxy.end().await;
            assert_eq!(count(&line, "bad-header"), 0, "{line}");
        }
    }
}

#[tokio::test]
async fn more_than_addresses_is_passed_on_where_it_can_be_told() {
    let (listener, server) = listen().await;
    let mut config = plain();
    (config.header_in, config.header_out) = (Some(Headers::only(Version::V2)), Some(Version::V2));
    let proxy = Proxy::start(&[server], config).await;
    let mut list = TlvList::new();
    list.push(kind::AUTHORITY, b"example.com").expect("short");
    list.push(kind::NOOP, b"...").expect("short");
    let (near, far) = ("192.0.2.7:1".parse().expect("an address"), "192.0.2.8:2".parse().expect("an address"));
    let mut sent = written(Header { tlvs: list.into_tlvs(), ..Header::tcp(Version::V2, near, far) });
    seal_crc32c(&mut sent).expect("a header");
    let mut client = proxy.connect().await;
    say(&mut client, &sent).await;
    header(&mut accept(&listener).await, |header| {
        let tlvs: Vec<_> = header.tlvs.iter().map(|tlv| tlv.expect("was checked")).collect();
        assert_eq!(tlvs.len(), 1, "neither padding nor the checksum of another header");
        assert_eq!((tlvs[0].kind, tlvs[0].value), (kind::AUTHORITY, &b"example.com"[..]));
    })
    .await;
    // Spoiled, it is refused.
    sent[20] ^= 1;
    let mut spoiled = proxy.connect().await;
    say(&mut spoiled, &sent).await;
    assert_eq!(rest(&mut spoiled).await, b"");
    // A proxy that speaks for itself is passed on as one, and one that does not say is taken for the client.
    let mut local = proxy.connect().await;
    say(&mut local, &written(Header::local())).await;
    header(&mut accept(&listener).await, |header| assert_eq!(header.endpoints, Endpoints::Local(&[][..]))).await;
    let mut unknown = proxy.connect().await;
    let address = unknown.local_addr().expect("connected");
    say(&mut unknown, &written(Header::unknown(Version::V2))).await;
    header(&mut accept(&listener).await, |header| assert_eq!(header.endpoints.source(), Some(address))).await;
    drop((client, local, unknown));
    let line = proxy.end().await;
    assert_eq!((count(&line, "bad-header"), count(&line, "total")), (1, 3), "{line}");
}

#[tokio::test]
async fn without_a_header_nothing_is_forwarded() {
    let (listener, server) = listen().await;
    let mut config = plain();
    config.header_in = Some(Headers::only(Version::V2));
    let proxy = Proxy::start(&[server], config).await;
    let long = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"[..], &[0; 100]].concat();
    let bad: [&[u8]; 5] =
        [b"GET / HTTP/1.1\r\n\r\n", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", b"\r\n\r\n\0\r\nQUIT\n\x31", b"\r\n", &long];
    for (index, bytes) in bad.into_iter().enumerate() {
        let mut client = proxy.connect().await;
        say(&mut client, bytes).await;
        if index == 3 {
            // All there is: the end comes inside.
            tokio::io::AsyncWriteExt::shutdown(&mut client).await.expect("half closed");
        }
        // With bytes unread it is reset, else closed.
        assert!(matches!(soon(client.read(&mut [0])).await, Ok(0) | Err(_)));
    }
    assert!(futures_util::FutureExt::now_or_never(listener.accept()).is_none(), "no server has seen any of it");
    let line = proxy.end().await;
    assert_eq!((count(&line, "bad-header"), count(&line, "total")), (5, 0), "{line}");
}

#[tokio::test]
async fn a_header_that_does_not_come_is_not_waited_for() {
    let mut config = plain();
    (config.header_in, config.header_timeout) = (Some(Headers::new()), Duration::from_millis(20));
    let proxy = Proxy::start(&[listen().await.1], config).await;
    let mut client = proxy.connect().await;
    say(&mut client, b"PROXY TCP4 ").await;
    assert_eq!(rest(&mut client).await, b"");
    let line = proxy.end().await;
    assert_eq!(count(&line, "bad-header"), 1, "{line}");
}
