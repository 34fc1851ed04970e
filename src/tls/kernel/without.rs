//! Where there is no such kernel: the same types, of which no value is ever made.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::rustls::SupportedCipherSuite;

use super::Support;
use crate::tls::Reason;
use crate::tls::records::Records;

const REASON: Reason = if cfg!(target_os = "linux") { Reason::NotBuilt } else { Reason::NotLinux };

pub(in crate::tls) const fn probe() -> Result<Support, Reason> {
    Err(REASON)
}

pub(in crate::tls) const fn attach(_: &TcpStream) -> Result<(), Reason> {
    Err(REASON)
}

/// A connection the kernel encrypts. There is none here: it takes Linux and the feature `ktls`.
#[derive(Debug)]
pub struct KernelTls(Infallible);

impl KernelTls {
    pub(in crate::tls) fn enter(_: tokio_rustls::TlsStream<Records>, _: SupportedCipherSuite) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The socket, which takes plain bytes.
    #[must_use]
    pub const fn get_ref(&self) -> &TcpStream {
        match self.0 {}
    }
}

impl AsyncRead for KernelTls {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

impl AsyncWrite for KernelTls {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.0 {}
    }

    fn poll_write_vectored(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.0 {}
    }

    fn is_write_vectored(&self) -> bool {
        match self.0 {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}
