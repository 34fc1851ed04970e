//! What only the kernel's path has. Skipped where the kernel has no TLS; where `WIREVIEW_KTLS` is set, that is a failure.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use wireview::tls::rustls::version;
use wireview::tls::{KernelFault, KernelTls, TlsPath, TlsStream, kernel_support};

use crate::support::{ByHand, Identity, acceptor, noise, plain_pair, tcp};

fn is_missing() -> bool {
    let Err(reason) = kernel_support() else { return false };
    assert!(std::env::var_os("WIREVIEW_KTLS").is_none(), "{reason}");
    eprintln!("skipped: {reason}");
    true
}

/// One of the kernel's own counters.
fn counter(name: &str) -> u64 {
    let all = std::fs::read_to_string("/proc/net/tls_stat").expect("counters of the module");
    let line = all.lines().find(|line| line.split_whitespace().next() == Some(name)).expect("the counter");
    line.split_whitespace().nth(1).and_then(|count| count.parse().ok()).expect("a number")
}

fn fault(error: &io::Error) -> Option<KernelFault> {
    error.get_ref().and_then(|inner| inner.downcast_ref()).copied()
}

/// A server the kernel encrypts for, and a client by hand.
async fn by_hand(version: &'static wireview::tls::rustls::SupportedProtocolVersion) -> (TlsStream, ByHand) {
    let identity = Identity::new();
    let server = acceptor(identity.server(), true);
    let (near, far) = tcp().await;
    let mut client = ByHand::new(identity.client(version, None), near);
    let accepted = tokio::spawn(async move { server.accept(far).await });
    let flight = client.handshake().await;
    client.io.write_all(&flight).await.expect("sent");
    let server = accepted.await.expect("no panic").expect("accepted");
    assert_eq!(server.path(), TlsPath::Kernel);
    (server, client)
}

#[tokio::test]
async fn the_kernel_counts_both_directions() {
    if is_missing() {
        return;
    }
    let before = (counter("TlsTxSw"), counter("TlsRxSw"));
    let (server, client) = plain_pair((true, true)).await;
    assert_eq!((server.path(), client.path()), (TlsPath::Kernel, TlsPath::Kernel));
    // Other tests count, too.
    assert!(counter("TlsTxSw") >= before.0 + 2 && counter("TlsRxSw") >= before.1 + 2);
    assert_eq!(counter("TlsDecryptError"), counter("TlsDecryptError"));
    println!("{}", std::fs::read_to_string("/proc/net/tls_stat").expect("counters"));
    let (to_client, to_server) = (noise(1 << 20), noise(700_001));
    let send = async |mut stream: TlsStream, bytes: &[u8], expected: &[u8]| {
        let mut came = vec![0; expected.len()];
        let (mut read, mut write) = tokio::io::split(&mut stream);
        let (received, sent) = tokio::join!(read.read_exact(&mut came), write.write_all(bytes));
        sent.expect("sent");
        received.expect("received");
        assert!(came == expected);
    };
    tokio::join!(send(server, &to_client, &to_server), send(client, &to_server, &to_client));
}

/// `sendfile` on the bare socket: the file goes out encrypted, and through no buffer of ours.
async fn send_file(stream: &KernelTls, file: &File, len: usize) {
    let (socket, mut offset) = (stream.get_ref(), 0);
    while offset < len as u64 {
        socket.writable().await.expect("a socket");
        let left = (len as u64 - offset) as usize;
        let sent = socket.try_io(Interest::WRITABLE, || {
            rustix::fs::sendfile(socket, file, Some(&mut offset), left.min(256 << 10)).map_err(Into::into)
        });
        match sent {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            sent => assert!(sent.expect("sent") > 0),
        }
    }
}

#[tokio::test]
async fn sendfile_is_encrypted_by_the_kernel() {
    if is_missing() {
        return;
    }
    let data = noise((2 << 20) + 12345);
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&data).expect("written");
    for client_too in [true, false] {
        let (server, mut client) = plain_pair((true, client_too)).await;
        let mut server = server.into_kernel().expect("the kernel's path");
        let receive = async {
            let mut came = Vec::new();
            client.read_to_end(&mut came).await.expect("the end");
            came
        };
        let send = async {
            server.write_all(b"head").await.expect("sent");
            send_file(&server, &file, data.len()).await;
            server.write_all(b"tail").await.expect("sent");
            server.shutdown().await.expect("closed");
        };
        let (came, ()) = tokio::join!(receive, send);
        assert!(came == [&b"head"[..], &data, b"tail"].concat(), "{} bytes", came.len());
    }
    let mut again = vec![0; data.len()];
    file.read_exact_at(&mut again, 0).expect("read");
    assert!(again == data);
}

/// The alert lies behind the data in the socket, and no more packets come that would wake the reader.
#[tokio::test]
async fn an_alert_behind_data_is_found_without_another_packet() {
    if is_missing() {
        return;
    }
    for version in [&version::TLS12, &version::TLS13] {
        let (mut server, mut client) = by_hand(version).await;
        client.queue(b"data");
        client.tls.send_close_notify();
        let both = client.records();
        client.io.write_all(&both).await.expect("sent");
        let mut came = [0; 100];
        assert_eq!(server.read(&mut came).await.expect("data"), 4);
        assert_eq!(server.read(&mut came[..1]).await.expect("the end"), 0);
    }
}

#[tokio::test]
async fn a_key_update_is_refused_by_name() {
    if is_missing() {
        return;
    }
    let (mut server, mut client) = by_hand(&version::TLS13).await;
    client.queue(b"old key");
    client.tls.refresh_traffic_keys().expect("an update");
    client.queue(b"new key");
    let records = client.records();
    client.io.write_all(&records).await.expect("sent");
    let mut came = [0; 100];
    assert_eq!(server.read(&mut came).await.expect("data"), 7);
    for _ in 0..2 {
        let error = server.read(&mut came).await.expect_err("a new key");
        assert_eq!((error.kind(), fault(&error)), (ErrorKind::Unsupported, Some(KernelFault::KeyUpdate)));
    }
    // The client hears that it is over.
    let error = loop {
        if let Err(error) = client.receive().await {
            break error;
        }
    };
    assert!(error.to_string().contains("InternalError"), "{error}");
}

#[tokio::test]
async fn faults_are_told_by_name() {
    if is_missing() {
        return;
    }
    let (mut server, client) = by_hand(&version::TLS13).await;
    drop(client);
    let error = server.read(&mut [0; 8]).await.expect_err("cut");
    assert!(
        matches!(fault(&error), Some(KernelFault::Truncated)) || error.kind() == ErrorKind::ConnectionReset,
        "{error}"
    );

    let (mut server, mut client) = by_hand(&version::TLS13).await;
    client.io.write_all(&[23, 3, 3, 0, 32]).await.expect("sent");
    client.io.write_all(&[9; 32]).await.expect("sent");
    let error = server.read(&mut [0; 8]).await.expect_err("forged");
    assert_eq!(fault(&error), Some(KernelFault::BadRecord), "{error}");
    // It has been told.
    let error = loop {
        if let Err(error) = client.receive().await {
            break error;
        }
    };
    assert!(error.to_string().contains("BadRecordMac"), "{error}");
}

#[cfg(feature = "kernel")]
#[tokio::test]
async fn file_regions_of_a_connection_are_encrypted_by_the_kernel() {
    use wireview::FileRegion;
    use wireview::formats::LengthPrefixed;
    use wireview::length::U32Be;
    use wireview::tokio::Connection;

    if is_missing() {
        return;
    }
    let data = noise((2 << 20) + 12345);
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&data).expect("written");
    let file = std::sync::Arc::new(file);
    let (server, client) = plain_pair((true, false)).await;
    let server = server.into_kernel().expect("the kernel's path");
    let mut server = Connection::new(server, LengthPrefixed::<U32Be>::new(8 << 20)).kernel();
    let mut client = Connection::new(client, LengthPrefixed::<U32Be>::new(8 << 20));
    let send = async {
        for _ in 0..2 {
            server.out().copy(&(data.len() as u32).to_be_bytes());
            server.out().file(FileRegion::known(file.clone(), 0, data.len() as u64));
        }
        server.shutdown().await.expect("sent");
        assert_eq!(server.ledger().file_out, 2 * data.len() as u64);
    };
    let receive = async {
        for _ in 0..2 {
            let frame = client.next().await.expect("a frame").expect("one more");
            assert!(frame.frame.view().expect("its bytes") == data);
        }
        assert!(client.next().await.expect("the end").is_none());
    };
    tokio::join!(send, receive);
}
