//! TLS in front of a connection, by the kernel where it can.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wireview::tls::{Acceptor, KernelTls, TlsStream};

/// A certificate, and the handshake with it.
#[derive(Debug)]
pub(crate) struct Tls(Acceptor);

/// Who has encrypted how many connections.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(super) kernel: u64,
    pub(super) rustls: u64,
    pub(super) failed: u64,
}

impl Tls {
    /// Of a chain of certificates and the key of the first, both PEM.
    ///
    /// # Errors
    /// If a file cannot be read, is not PEM, or the two do not belong together.
    pub(crate) fn new(certificates: &Path, key: &Path) -> io::Result<Self> {
        let chain = CertificateDer::pem_file_iter(certificates).map_err(io::Error::other)?;
        let chain = chain.collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Acceptor::new(Arc::new(config))))
    }

    /// The handshake: a stream into which the kernel sends files, or one of rustls; nothing if the client fails or is slow.
    pub(super) async fn accept(&self, stream: TcpStream, patience: Duration) -> Option<Result<KernelTls, TlsStream>> {
        let stream = timeout(patience, self.0.accept(stream)).await.ok()?.ok()?;
        Some(stream.into_kernel())
    }
}

impl Tally {
    pub(super) const fn book(&mut self, accepted: Option<&Result<KernelTls, TlsStream>>) {
        match accepted {
            Some(Ok(_)) => self.kernel += 1,
            Some(Err(_)) => self.rustls += 1,
            None => self.failed += 1,
        }
    }
}
