//! Certificates, the pairs of ends that are tried, and a client whose every byte is in the test's hand.

use std::io::{self, Read, Write};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wireview::tls::rustls::crypto::{CryptoProvider, ring};
use wireview::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use wireview::tls::rustls::{
    CipherSuite, ClientConfig, ClientConnection, RootCertStore, ServerConfig, SupportedProtocolVersion, version,
};
use wireview::tls::{Acceptor, Connector, TlsStream};

/// A certificate of `localhost` and what to make of it.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        Self {
            certificate: made.cert.der().clone(),
            pem: made.cert.pem(),
            key: PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key"),
        }
    }

    pub(crate) fn server(&self) -> ServerConfig {
        ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .expect("a certificate and its key")
    }

    pub(crate) fn client(
        &self,
        version: &'static SupportedProtocolVersion,
        suite: Option<CipherSuite>,
    ) -> ClientConfig {
        let mut provider: CryptoProvider = ring::default_provider();
        provider.cipher_suites.retain(|one| suite.is_none_or(|suite| one.suite() == suite));
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a root");
        ClientConfig::builder_with_provider(provider.into())
            .with_protocol_versions(&[version])
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

pub(crate) fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

/// Which end may use the kernel. On a kernel without TLS, all of them are alike but for the reason that is told.
pub(crate) const ENDS: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];

pub(crate) fn acceptor(config: ServerConfig, kernel: bool) -> Acceptor {
    if kernel { Acceptor::new(config) } else { Acceptor::in_user_space(config) }
}

pub(crate) fn connector(config: ClientConfig, kernel: bool) -> Connector {
    if kernel { Connector::new(config) } else { Connector::in_user_space(config) }
}

/// Two ends of a TCP connection.
pub(crate) async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let near = TcpStream::connect(listener.local_addr().expect("its address")).await.expect("a connection");
    let far = listener.accept().await.expect("the connection").0;
    (near, far)
}

/// Server and client, after their handshake.
pub(crate) async fn pair(server: &Acceptor, client: &Connector) -> (TlsStream, TlsStream) {
    let (near, far) = tcp().await;
    let (server, client) = tokio::join!(server.accept(far), client.connect(localhost(), near));
    (server.expect("accepted"), client.expect("connected"))
}

/// Both of TLS 1.3 by default.
pub(crate) async fn plain_pair(kernel: (bool, bool)) -> (TlsStream, TlsStream) {
    let identity = Identity::new();
    let server = acceptor(identity.server(), kernel.0);
    pair(&server, &connector(identity.client(&version::TLS13, None), kernel.1)).await
}

/// Bytes that do not repeat soon.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// A client that puts its records on the wire where the test says.
pub(crate) struct ByHand {
    pub(crate) tls: ClientConnection,
    pub(crate) io: TcpStream,
}

impl ByHand {
    pub(crate) fn new(config: ClientConfig, io: TcpStream) -> Self {
        Self { tls: ClientConnection::new(Arc::new(config), localhost()).expect("a client"), io }
    }

    /// What waits to be sent.
    pub(crate) fn records(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut bytes).expect("memory");
        }
        bytes
    }

    /// Up to the last flight of the handshake, which is not sent but returned.
    pub(crate) async fn handshake(&mut self) -> Vec<u8> {
        loop {
            let records = self.records();
            if !self.tls.is_handshaking() {
                return records;
            }
            self.io.write_all(&records).await.expect("sent");
            self.receive().await.expect("received");
        }
    }

    pub(crate) fn queue(&mut self, bytes: &[u8]) {
        assert_eq!(self.tls.writer().write(bytes).expect("queued"), bytes.len());
    }

    /// Reads once; what has come of data.
    pub(crate) async fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = [0; 16 * 1024];
        let came = self.io.read(&mut bytes).await?;
        let mut bytes = &bytes[..came];
        let mut data = Vec::new();
        loop {
            self.tls.read_tls(&mut bytes)?;
            self.tls.process_new_packets().map_err(io::Error::other)?;
            match self.tls.reader().read_to_end(&mut data) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                end => {
                    end?;
                }
            }
            if bytes.is_empty() {
                return Ok(data);
            }
        }
    }
}
