//! Whole connections, joined.

use std::io::ErrorKind;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use wireview::formats::Lines;
use wireview::kernel::{Broken, Forwarding, Passed, Side, forward};
use wireview::tokio::Connection;

use crate::support::{IN_KERNEL, pattern, sockets, tight};

const BULK: usize = 5_000_000;

/// Two connections, joined, and what is at the other end of each.
async fn joined() -> (TcpStream, TcpStream, JoinHandle<Result<(Passed, Passed), Broken>>) {
    let ((mut a, client), (mut b, server)) = (sockets().await, sockets().await);
    (client, server, tokio::spawn(async move { forward(&mut a, &mut b).await }))
}

async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.expect("received");
    got
}

/// Writes and reads at once.
async fn exchange(mut stream: TcpStream, say: Vec<u8>) -> Vec<u8> {
    let (mut read, mut write) = stream.split();
    let mut got = Vec::new();
    let (said, heard) = tokio::join!(
        async {
            write.write_all(&say).await?;
            write.shutdown().await
        },
        read.read_to_end(&mut got)
    );
    said.expect("taken");
    heard.expect("received");
    got
}

#[tokio::test]
async fn both_directions_at_once_to_the_byte() {
    let (client, server, joined) = joined().await;
    let client = tokio::spawn(exchange(client, pattern(0, BULK)));
    let server = tokio::spawn(exchange(server, pattern(77, BULK + 1)));
    assert!(client.await.expect("no panic") == pattern(77, BULK + 1));
    assert!(server.await.expect("no panic") == pattern(0, BULK));
    let (to_b, to_a) = joined.await.expect("no panic").expect("both were done");
    assert_eq!((to_b.total(), to_a.total()), (BULK as u64, BULK as u64 + 1));
    if IN_KERNEL {
        assert!(to_b.spliced > to_b.copied && to_a.spliced > to_a.copied, "{to_b:?} {to_a:?}");
    } else {
        assert_eq!((to_b.spliced, to_a.spliced), (0, 0));
    }
}

#[tokio::test]
async fn small_messages_are_copied_one_by_one() {
    let (mut client, mut server, joined) = joined().await;
    let mut got = [0; 4];
    for _ in 0..100 {
        client.write_all(b"ping").await.expect("taken");
        server.read_exact(&mut got).await.expect("forwarded");
        assert_eq!(&got, b"ping");
        server.write_all(b"pong").await.expect("taken");
        client.read_exact(&mut got).await.expect("forwarded");
        assert_eq!(&got, b"pong");
    }
    drop((client, server));
    let (to_b, to_a) = joined.await.expect("no panic").expect("both are done");
    assert_eq!((to_b.copied, to_b.spliced, to_a.copied, to_a.spliced), (400, 0, 400, 0));
}

#[tokio::test]
async fn an_end_that_has_said_its_last_is_still_answered() {
    let (mut client, mut server, joined) = joined().await;
    client.write_all(b"question").await.expect("taken");
    client.shutdown().await.expect("half closed");
    assert_eq!(read_all(&mut server).await, b"question", "the end was told");
    // Only now is it answered.
    let answer = pattern(0, BULK);
    let (said, got) = tokio::join!(
        async {
            server.write_all(&answer).await?;
            server.shutdown().await
        },
        read_all(&mut client)
    );
    said.expect("taken");
    assert!(got == answer);
    joined.await.expect("no panic").expect("both were done");
}

#[tokio::test]
async fn what_a_codec_has_read_already_goes_first() {
    let ((a, mut client), (mut b, mut server)) = (sockets().await, sockets().await);
    client.write_all(b"CONNECT\nand the first bytes").await.expect("taken");
    let mut conn = Connection::new(a, Lines::new(100));
    let first = conn.next().await.expect("no fault").expect("a line");
    assert_eq!(first.frame.view().expect("a line"), b"CONNECT");
    let mut parts = conn.into_parts();
    assert_eq!(&parts.received[..], b"and the first bytes");
    client.write_all(b", and more").await.expect("taken");
    client.shutdown().await.expect("half closed");
    server.shutdown().await.expect("half closed");
    let mut forwarding =
        Forwarding::new().ahead_to_b(parts.received.freeze()).ahead_to_a(Bytes::from_static(b"it is connected"));
    forwarding.run(&mut parts.io, &mut b).await.expect("both were done");
    assert!(forwarding.is_a_done() && forwarding.is_b_done());
    assert_eq!((forwarding.to_b().total(), forwarding.to_a().total()), (29, 15));
    assert_eq!(read_all(&mut server).await, b"and the first bytes, and more");
    assert_eq!(read_all(&mut client).await, b"it is connected");
}

#[tokio::test]
async fn an_end_that_does_not_read_stops_the_other() {
    let ((mut a, client), (mut b, mut server)) = (tight().await, sockets().await);
    let mut forwarding = Forwarding::new();
    let bytes = pattern(0, 1 << 20);
    let (mut said, mut refused) = (0u64, 0);
    // Until nothing goes on for a while: what the sockets hold is full then, and nothing else may hold anything.
    while refused < 200 {
        assert!(said < 1 << 28, "256 MiB were taken off a peer for one that reads nothing");
        assert!(forwarding.run(&mut a, &mut b).now_or_never().is_none());
        match client.try_write(&bytes[(said % (1 << 20)) as usize..]) {
            Ok(wrote) => (said, refused) = (said + wrote as u64, 0),
            Err(_) => refused += 1,
        }
        tokio::task::yield_now().await;
    }
    assert!(forwarding.to_b().total() < said);
    drop(client);
    let (ended, got) = tokio::join!(
        async {
            // The server never says anything; it closes when it has heard everything.
            forwarding.run(&mut a, &mut b).await
        },
        async {
            let mut got = 0u64;
            let mut block = vec![0; 1 << 16];
            while let Ok(read @ 1..) = server.read(&mut block).await {
                assert!((got..).zip(&block[..read]).all(|(at, byte)| bytes[(at % (1 << 20)) as usize] == *byte));
                got += read as u64;
            }
            drop(server);
            got
        }
    );
    ended.expect("both were done");
    assert_eq!(got, said);
}

/// The pipe that was in use has bytes in it, and must not be used again.
#[tokio::test]
async fn a_reset_is_told_and_leaves_nothing_behind() {
    for _ in 0..20 {
        let ((mut a, mut client), (mut b, mut server)) = (sockets().await, tight().await);
        let mut forwarding = Forwarding::new();
        let bytes = pattern(1234, BULK);
        let say = async { while client.write_all(&bytes).await.is_ok() {} };
        tokio::select! {
            biased;
            _ = forwarding.run(&mut a, &mut b) => panic!("nobody was done"),
            () = say => panic!("the forwarding is there"),
            read = async {
                server.read_exact(&mut [0; 300_000]).await
            } => assert!(read.is_ok(), "it began"),
        }
        // Closed with input unread: a reset.
        drop(server);
        let broken = loop {
            tokio::select! {
                ended = forwarding.run(&mut a, &mut b) => break ended.expect_err("one end is gone"),
                _ = client.write_all(&bytes) => {}
            }
        };
        assert_eq!(broken.side, Side::B);
        assert!(matches!(broken.error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{broken}");
        drop((client, forwarding));

        let (client, server, joined) = joined().await;
        let client = tokio::spawn(exchange(client, pattern(0, 200_000)));
        let server = tokio::spawn(exchange(server, pattern(5, 200_000)));
        assert!(client.await.expect("no panic") == pattern(5, 200_000));
        assert!(server.await.expect("no panic") == pattern(0, 200_000));
        joined.await.expect("no panic").expect("both were done");
    }
}

#[tokio::test]
async fn a_forwarding_that_is_dropped_and_made_again_loses_nothing() {
    let ((mut a, client), (mut b, server)) = (sockets().await, tight().await);
    let client = tokio::spawn(exchange(client, pattern(0, 2_000_000)));
    let server = tokio::spawn(exchange(server, pattern(3, 2_000_000)));
    let mut forwarding = Forwarding::new();
    let mut dropped = 0;
    loop {
        if let Some(ended) = forwarding.run(&mut a, &mut b).now_or_never() {
            break ended.expect("both were done");
        }
        dropped += 1;
        tokio::task::yield_now().await;
    }
    assert!(dropped > 2);
    assert!(client.await.expect("no panic") == pattern(3, 2_000_000));
    assert!(server.await.expect("no panic") == pattern(0, 2_000_000));
}
