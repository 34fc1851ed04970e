//! What is told of a connection: who encrypts it, and what was agreed with the peer.

use std::fmt;
use std::io::ErrorKind;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{CipherSuite, CommonState, ProtocolVersion, SupportedCipherSuite};

/// Who encrypts and decrypts a connection's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPath {
    /// The kernel: what is written to the socket goes out as records, and `sendfile` works.
    Kernel,
    /// rustls, in this process, which copies every byte.
    Rustls {
        /// Why not the kernel.
        reason: Reason,
    },
}

/// Why the kernel does not encrypt a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// [`in_user_space`](super::Acceptor::in_user_space) was asked for.
    NotWanted,
    /// The feature `ktls` is off.
    NotBuilt,
    /// Only Linux has it.
    NotLinux,
    /// The running kernel has no TLS: it was built without, or its module `tls` is not loaded and may not be by this process.
    NoModule,
    /// It could not be found out: no pair of sockets was to be had.
    Probe(ErrorKind),
    /// The kernel does not know what was agreed with this peer.
    Cipher {
        /// The version.
        version: ProtocolVersion,
        /// The cipher suite.
        suite: CipherSuite,
    },
    /// The configuration of the server accepts early data, which rustls holds back.
    EarlyData,
    /// The kernel would not take this one socket; the error number. That of a peer that has gone already is `ENOTCONN`.
    Refused(i32),
}

impl fmt::Display for TlsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel => f.write_str("kernel"),
            Self::Rustls { reason } => write!(f, "rustls: {reason}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWanted => f.write_str("it was asked for"),
            Self::NotBuilt => f.write_str("built without the feature `ktls`"),
            Self::NotLinux => f.write_str("only Linux has TLS in its kernel"),
            Self::NoModule => f.write_str("the kernel has no TLS (`modprobe tls`)"),
            Self::Probe(kind) => write!(f, "the kernel could not be asked: {kind}"),
            Self::Cipher { version, suite } => write!(f, "the kernel does not know {suite:?} of {version:?}"),
            Self::EarlyData => f.write_str("the server accepts early data"),
            Self::Refused(errno) => write!(f, "the kernel refused this socket, error {errno}"),
        }
    }
}

/// What was agreed with the peer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Session {
    /// TLS 1.2 or 1.3.
    pub version: ProtocolVersion,
    /// The cipher suite.
    pub suite: CipherSuite,
    /// The application protocol, if one was agreed.
    pub alpn: Option<Vec<u8>>,
    /// The name the client asked for. `None` in a client.
    pub server_name: Option<String>,
    /// The certificates the peer showed, its own first. Empty if it showed none.
    pub peer_certificates: Vec<CertificateDer<'static>>,
}

impl Session {
    /// `None` before the handshake is complete.
    pub(super) fn of(state: &CommonState, server_name: Option<&str>) -> Option<(Self, SupportedCipherSuite)> {
        let suite = state.negotiated_cipher_suite()?;
        let session = Self {
            version: state.protocol_version()?,
            suite: suite.suite(),
            alpn: state.alpn_protocol().map(<[u8]>::to_vec),
            server_name: server_name.map(str::to_owned),
            peer_certificates: state.peer_certificates().unwrap_or_default().to_vec(),
        };
        Some((session, suite))
    }
}
