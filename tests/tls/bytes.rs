//! The same bytes at the other end, under a connection and by hand.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use wireview::Received;
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::tls::rustls::version::{TLS12, TLS13};
use wireview::tls::rustls::{CipherSuite, SupportedProtocolVersion};
use wireview::tls::{TlsPath, TlsStream, kernel_support};
use wireview::tokio::Connection;

use crate::support::{ByHand, ENDS, Identity, acceptor, connector, noise, pair, plain_pair, tcp};
use crate::told::expected;

const SUITES: [(&SupportedProtocolVersion, CipherSuite); 6] = [
    (&TLS13, CipherSuite::TLS13_AES_128_GCM_SHA256),
    (&TLS13, CipherSuite::TLS13_AES_256_GCM_SHA384),
    (&TLS13, CipherSuite::TLS13_CHACHA20_POLY1305_SHA256),
    (&TLS12, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    (&TLS12, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    (&TLS12, CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
];

fn codec() -> LengthPrefixed<U32Be> {
    LengthPrefixed::new(8 << 20)
}

/// Answers every frame with itself, until the peer closes.
async fn echo(stream: TlsStream) {
    let mut conn = Connection::new(stream, codec());
    while let Some(Received { frame, mut out }) = conn.next().await.expect("a frame") {
        out.send(frame.view().expect("its bytes")).expect("queued");
    }
    conn.shutdown().await.expect("closed");
}

#[tokio::test]
async fn every_suite_carries_small_and_large_frames_both_ways() {
    let identity = Identity::new();
    let data = noise(1 << 20);
    // Around the size of a record, and far above.
    let sizes = [0, 1, 100, 16_379, 16_380, 16_381, 16_384, 100_000, 1 << 20];
    for (version, suite) in SUITES {
        for ends in ENDS {
            let server = acceptor(identity.server(), ends.0);
            let (server, client) = pair(&server, &connector(identity.client(version, Some(suite)), ends.1)).await;
            assert_eq!((client.session().version, client.session().suite), (version.version, suite));
            if kernel_support().is_ok_and(|support| support.takes(version.version, suite)) {
                assert_eq!((server.path(), client.path()), (expected(ends.0), expected(ends.1)));
            } else {
                assert_ne!(server.path(), TlsPath::Kernel);
            }
            let echo = tokio::spawn(echo(server));
            let mut conn = Connection::new(client, codec());
            for size in sizes {
                conn.send(&data[..size]).await.expect("queued");
            }
            for size in sizes {
                let answer = conn.next().await.expect("a frame").expect("one more");
                assert!(answer.frame.view().expect("its bytes") == &data[..size], "{suite:?} {ends:?} {size}");
            }
            conn.shutdown().await.expect("closed");
            assert!(conn.next().await.expect("the end").is_none());
            echo.await.expect("no panic");
        }
    }
}

/// Polls a future so many times and drops it.
async fn give_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(done) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn dropped_futures_lose_nothing() {
    for ends in ENDS {
        let (server, client) = plain_pair(ends).await;
        let echo = tokio::spawn(echo(server));
        let mut conn = Connection::new(client, codec());
        let data = noise(600_000);
        let sent: Vec<_> = (0..40).map(|n| &data[n * 1000..][..n * 7919]).collect();
        let (mut next, mut dropped) = (0, 0);
        for one in &sent {
            conn.out().send(*one).expect("queued");
            dropped += usize::from(give_up_after(1, conn.flush()).await.is_none());
            match give_up_after(2, conn.next()).await {
                Some(answer) => {
                    let answer = answer.expect("a frame").expect("one more");
                    assert!(answer.frame.view().expect("its bytes") == sent[next], "frame {next}");
                    next += 1;
                }
                None => dropped += 1,
            }
        }
        while next < sent.len() {
            let answer = conn.next().await.expect("a frame").expect("one more");
            assert!(answer.frame.view().expect("its bytes") == sent[next], "frame {next}");
            next += 1;
        }
        assert!(dropped > 0, "no future was dropped");
        conn.shutdown().await.expect("closed");
        assert!(conn.next().await.expect("the end").is_none());
        echo.await.expect("no panic");
    }
}

#[tokio::test]
async fn gathered_writes_stay_gathered() {
    for ends in ENDS {
        let (mut server, client) = plain_pair(ends).await;
        assert!(server.is_write_vectored() && client.is_write_vectored());
        let mut conn = Connection::new(client, codec());
        for n in 0..50_u8 {
            conn.out().send(bytes::Bytes::from(vec![n; 5000])).expect("queued");
        }
        conn.flush().await.expect("sent");
        assert!(conn.ledger().writes < 50, "{} writes for 50 shared frames", conn.ledger().writes);
        let mut came = vec![0; 50 * 5004];
        server.read_exact(&mut came).await.expect("received");
        for (n, frame) in (0..50_u8).zip(came.chunks(5004)) {
            assert_eq!(frame[..4], 5000_u32.to_be_bytes());
            assert!(frame[4..].iter().all(|&byte| byte == n));
        }
    }
}

/// What comes in one segment with the last record of the handshake is neither lost nor read twice.
#[tokio::test]
async fn data_on_the_heels_of_the_handshake_arrives() {
    for (version, suite) in SUITES {
        for kernel in [true, false] {
            for step in [1, 7, usize::MAX] {
                let identity = Identity::new();
                let server = acceptor(identity.server(), kernel);
                let (near, far) = tcp().await;
                near.set_nodelay(true).expect("an option");
                let mut client = ByHand::new(identity.client(version, Some(suite)), near);
                let accepted = tokio::spawn(async move { server.accept(far).await });

                let mut flight = client.handshake().await;
                if version.version == TLS13.version {
                    client.queue(b"first");
                    client.queue(&[7; 3000]);
                    client.tls.send_close_notify();
                    flight.append(&mut client.records());
                }
                for piece in flight.chunks(step) {
                    client.io.write_all(piece).await.expect("sent");
                }
                if version.version == TLS12.version {
                    // Here the server has the last word of the handshake.
                    client.queue(b"first");
                    client.queue(&[7; 3000]);
                    client.tls.send_close_notify();
                    let records = client.records();
                    for piece in records.chunks(step) {
                        client.io.write_all(piece).await.expect("sent");
                    }
                }
                let mut server = accepted.await.expect("no panic").expect("accepted");
                let mut came = Vec::new();
                // The connection stays open: it is the `close_notify` that ends this.
                server.read_to_end(&mut came).await.expect("the end");
                assert!(came == [&b"first"[..], &[7; 3000]].concat(), "{suite:?} {kernel} {step}: {}", came.len());

                // The other direction is still open.
                server.write_all(b"answer").await.expect("sent");
                let mut answer = Vec::new();
                while answer.len() < 6 {
                    answer.extend(client.receive().await.expect("received"));
                }
                assert_eq!(answer, b"answer");
            }
        }
    }
}
