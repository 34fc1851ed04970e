//! The handshake, and what comes of it.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::kernel::{self, KernelTls, Support, kernel_support};
use super::path::{Reason, Session};
use super::records::Records;
use super::stream::TlsStream;

type Encrypted = tokio_rustls::TlsStream<Records>;

/// Takes connections of clients.
#[derive(Clone)]
pub struct Acceptor {
    tls: TlsAcceptor,
    support: Result<Support, Reason>,
}

/// Makes connections to servers.
#[derive(Clone)]
pub struct Connector {
    tls: TlsConnector,
    support: Result<Support, Reason>,
}

impl Acceptor {
    /// By the configuration, with its own provider of cryptography. The kernel encrypts if it can.
    ///
    /// The first one asks the kernel, over a few loopback connections: see [`kernel_support`].
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        let mut config = config.into();
        let support = match kernel_support() {
            Ok(_) if config.max_early_data_size > 0 => Err(Reason::EarlyData),
            support => support,
        };
        if support.is_ok() {
            Arc::make_mut(&mut config).enable_secret_extraction = true;
        }
        Self { tls: TlsAcceptor::from(config), support }
    }

    /// By rustls in this process, whatever the kernel can do: where every connection must outlast a key update, say.
    #[must_use]
    pub fn in_user_space(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self { tls: TlsAcceptor::from(config.into()), support: Err(Reason::NotWanted) }
    }

    /// The handshake with a client. Bound it with `tokio::time::timeout`: a client may be slow.
    ///
    /// # Errors
    /// That of the socket; `InvalidData` with a `rustls::Error` inside if the handshake fails, of which the client was told.
    ///
    /// # Cancel safety
    /// The connection is dropped.
    pub async fn accept(&self, io: TcpStream) -> io::Result<TlsStream> {
        let stream = self.tls.accept(Records::new(io)).await?;
        finish(stream.into(), self.support)
    }
}

impl Connector {
    /// By the configuration, with its own provider of cryptography. The kernel encrypts if it can.
    ///
    /// The first one asks the kernel, over a few loopback connections: see [`kernel_support`].
    #[must_use]
    pub fn new(config: impl Into<Arc<ClientConfig>>) -> Self {
        let mut config = config.into();
        let support = match kernel_support() {
            Ok(_) if config.enable_early_data => Err(Reason::EarlyData),
            support => support,
        };
        if support.is_ok() {
            Arc::make_mut(&mut config).enable_secret_extraction = true;
        }
        Self { tls: TlsConnector::from(config), support }
    }

    /// By rustls in this process, whatever the kernel can do.
    #[must_use]
    pub fn in_user_space(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self { tls: TlsConnector::from(config.into()), support: Err(Reason::NotWanted) }
    }

    /// The handshake with a server that must prove to be `name`. Bound it with `tokio::time::timeout`.
    ///
    /// # Errors
    /// That of the socket; `InvalidData` with a `rustls::Error` inside if the handshake fails, of which the server was told.
    ///
    /// # Cancel safety
    /// The connection is dropped.
    pub async fn connect(&self, name: ServerName<'static>, io: TcpStream) -> io::Result<TlsStream> {
        let stream = self.tls.connect(name, Records::new(io)).await?;
        finish(stream.into(), self.support)
    }
}

/// Hands the connection to the kernel, or says why not.
fn finish(mut stream: Encrypted, support: Result<Support, Reason>) -> io::Result<TlsStream> {
    let name = match &stream {
        tokio_rustls::TlsStream::Server(server) => server.get_ref().1.server_name(),
        tokio_rustls::TlsStream::Client(_) => None,
    };
    let (session, suite) = Session::of(stream.get_ref().1, name).ok_or(io::ErrorKind::NotConnected)?;
    let willing = support.and_then(|support| {
        let Session { version, suite, .. } = session;
        if !support.takes(version, suite) {
            return Err(Reason::Cipher { version, suite });
        }
        // The last step that may fail and leave everything as it was.
        kernel::attach(stream.get_ref().0.get_ref())
    });
    match willing {
        Ok(()) => Ok(TlsStream::kernel(KernelTls::enter(stream, suite)?, session)),
        Err(reason) => {
            stream.get_mut().0.open();
            Ok(TlsStream::rustls(stream, reason, session))
        }
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("support", &self.support).finish_non_exhaustive()
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("support", &self.support).finish_non_exhaustive()
    }
}
