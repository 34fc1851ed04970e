//! How a stream ends.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wireview::Fault;
use wireview::formats::LengthPrefixed;
use wireview::length::U16Be;
use wireview::tls::rustls::version;
use wireview::tokio::Connection;

use crate::support::{ByHand, ENDS, Identity, acceptor, noise, plain_pair, tcp};

#[tokio::test]
async fn close_notify_ends_one_direction() {
    for ends in ENDS {
        let (server, client) = plain_pair(ends).await;
        for (mut near, mut far) in [(server, client)] {
            near.write_all(b"last words").await.expect("sent");
            near.shutdown().await.expect("closed");
            near.shutdown().await.expect("closed already");
            assert!(near.write_all(b"!").await.is_err(), "nothing goes behind close_notify");
            let mut came = Vec::new();
            far.read_to_end(&mut came).await.expect("the end");
            assert_eq!(came, b"last words");
            assert_eq!(far.read(&mut [0; 8]).await.expect("the end stays"), 0);

            far.write_all(b"an answer").await.expect("sent");
            far.shutdown().await.expect("closed");
            came.clear();
            near.read_to_end(&mut came).await.expect("the end");
            assert_eq!(came, b"an answer");
        }
    }
}

/// Somebody who can cut a connection must not be able to make a short message of a long one.
#[tokio::test]
async fn an_end_without_close_notify_is_an_error() {
    for ends in ENDS {
        let (server, client) = plain_pair(ends).await;
        let mut sender = Connection::new(server, LengthPrefixed::<U16Be>::new(100));
        sender.send(&b"whole"[..]).await.expect("queued");
        sender.flush().await.expect("sent");
        // The socket closes, and nobody has said so.
        drop(sender);

        let mut conn = Connection::new(client, LengthPrefixed::<U16Be>::new(100));
        let whole = conn.next().await.expect("a frame").expect("one frame");
        assert_eq!(whole.frame.view().expect("its bytes"), b"whole");
        for _ in 0..2 {
            match conn.next().await {
                Err(Fault::Io(error)) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}"),
                other => panic!("{ends:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_forged_record_is_an_error() {
    for kernel in [true, false] {
        for version in [&version::TLS12, &version::TLS13] {
            let identity = Identity::new();
            let server = acceptor(identity.server(), kernel);
            let (near, far) = tcp().await;
            let mut client = ByHand::new(identity.client(version, None), near);
            let accepted = tokio::spawn(async move { server.accept(far).await });
            let flight = client.handshake().await;
            client.io.write_all(&flight).await.expect("sent");
            let mut server = accepted.await.expect("no panic").expect("accepted");

            client.queue(b"true");
            let record = client.records();
            client.io.write_all(&record).await.expect("sent");
            let mut came = [0; 4];
            server.read_exact(&mut came).await.expect("the first record");
            assert_eq!(&came, b"true");
            client.queue(b"false");
            let mut record = client.records();
            *record.last_mut().expect("a record") ^= 1;
            client.io.write_all(&record).await.expect("sent");

            let error = server.read(&mut came).await.expect_err("a forgery");
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        }
    }
}

/// A peer that reads slowly gets all of it, and then the end.
#[tokio::test]
async fn close_waits_for_a_slow_peer() {
    for ends in ENDS {
        let (server, mut client) = plain_pair(ends).await;
        let data = noise(3 << 20);
        let expected = data.clone();
        let sender = tokio::spawn(async move {
            let mut conn = Connection::new(server, LengthPrefixed::<U16Be>::new(100));
            for piece in data.chunks(60_000) {
                conn.out().copy(piece);
            }
            conn.close().await.expect("told");
        });
        let mut came = Vec::new();
        let mut piece = [0; 700];
        loop {
            match client.read(&mut piece).await.expect("more, or the end") {
                0 => break,
                more => came.extend_from_slice(&piece[..more]),
            }
            tokio::task::yield_now().await;
        }
        assert!(came == expected, "{ends:?}: {} of {}", came.len(), expected.len());
        drop(client);
        sender.await.expect("no panic");
    }
}
