//! What is told of a connection, and of the kernel.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wireview::tls::rustls::{CipherSuite, ProtocolVersion, version};
use wireview::tls::{Reason, TlsPath, kernel_support};

use crate::support::{ENDS, Identity, acceptor, connector, pair, tcp};

/// Who should encrypt.
pub(crate) fn expected(kernel: bool) -> TlsPath {
    match kernel_support() {
        _ if !kernel => TlsPath::Rustls { reason: Reason::NotWanted },
        Ok(_) => TlsPath::Kernel,
        Err(reason) => TlsPath::Rustls { reason },
    }
}

#[test]
fn the_probe_agrees_with_the_kernel() {
    let support = kernel_support();
    println!("the kernel's TLS: {support:?}");
    if cfg!(not(target_os = "linux")) {
        return assert_eq!(support, Err(Reason::NotLinux));
    }
    if cfg!(not(feature = "ktls")) {
        return assert_eq!(support, Err(Reason::NotBuilt));
    }
    // Read behind the probe, which loads the module where it may.
    let Ok(known) = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_available_ulp") else {
        return assert_eq!(support, Err(Reason::NoModule), "a kernel without upper layers");
    };
    if known.split_whitespace().any(|name| name == "tls") {
        let support = support.expect("a kernel with TLS");
        // In every kernel with TLS of the last years.
        assert!(support.takes(ProtocolVersion::TLSv1_3, CipherSuite::TLS13_AES_128_GCM_SHA256));
        assert!(support.takes(ProtocolVersion::TLSv1_2, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384));
    } else {
        assert_eq!(support, Err(Reason::NoModule));
    }
}

#[tokio::test]
async fn each_end_tells_its_path_and_what_was_agreed() {
    let identity = Identity::new();
    for ends in ENDS {
        let mut config = identity.server();
        config.alpn_protocols = vec![b"x/2".to_vec(), b"x/1".to_vec()];
        let server = acceptor(config, ends.0);
        let mut config = identity.client(&version::TLS13, Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
        config.alpn_protocols = vec![b"x/1".to_vec()];
        let (server, client) = pair(&server, &connector(config, ends.1)).await;

        assert_eq!((server.path(), client.path()), (expected(ends.0), expected(ends.1)));
        for end in [&server, &client] {
            assert_eq!(end.session().version, ProtocolVersion::TLSv1_3);
            assert_eq!(end.session().suite, CipherSuite::TLS13_AES_128_GCM_SHA256);
            assert_eq!(end.session().alpn.as_deref(), Some(&b"x/1"[..]));
        }
        assert_eq!(server.session().server_name.as_deref(), Some("localhost"));
        assert_eq!(client.session().server_name, None);
        assert_eq!(client.session().peer_certificates.as_slice(), std::slice::from_ref(&identity.certificate));
        assert_eq!(server.session().peer_certificates, []);
        assert_eq!(
            server.get_ref().peer_addr().expect("its peer"),
            client.get_ref().local_addr().expect("its address")
        );
        assert_eq!(server.into_kernel().is_ok(), expected(ends.0) == TlsPath::Kernel);
    }
    println!("here: {}", expected(true));
}

#[tokio::test]
async fn a_server_that_takes_early_data_stays_with_rustls() {
    let identity = Identity::new();
    let mut config = identity.server();
    config.max_early_data_size = 1000;
    let (mut server, mut client) =
        pair(&acceptor(config, true), &connector(identity.client(&version::TLS13, None), true)).await;
    let reason = kernel_support().err().unwrap_or(Reason::EarlyData);
    assert_eq!(server.path(), TlsPath::Rustls { reason });
    client.write_all(b"still here").await.expect("sent");
    let mut came = [0; 10];
    server.read_exact(&mut came).await.expect("received");
    assert_eq!(&came, b"still here");
}

#[tokio::test]
async fn a_handshake_that_fails_is_an_error_of_both() {
    let identity = Identity::new();
    let server = acceptor(identity.server(), true);

    let (mut near, far) = tcp().await;
    near.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("sent");
    let error = server.accept(far).await.expect_err("no TLS");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");

    // Another root: the client does not believe the certificate.
    let client = connector(Identity::new().client(&version::TLS13, None), true);
    let (near, far) = tcp().await;
    let (server, client) = tokio::join!(server.accept(far), client.connect(crate::support::localhost(), near));
    assert_eq!(client.expect_err("a stranger").kind(), std::io::ErrorKind::InvalidData);
    // It hears the alert.
    assert_eq!(server.expect_err("not believed").kind(), std::io::ErrorKind::InvalidData);

    // A peer that goes away in the middle.
    let (mut near, far) = tcp().await;
    near.write_all(&[22, 3, 1, 1]).await.expect("sent");
    drop(near);
    let error = acceptor(identity.server(), true).accept(far).await.expect_err("half a header");
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{error}");
}
