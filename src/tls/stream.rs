use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::kernel::KernelTls;
use super::path::{Reason, Session, TlsPath};
use super::records::Records;

/// An encrypted connection, of a client or of a server, that says [who encrypts it](Self::path).
///
/// Made by [`Acceptor::accept`](super::Acceptor::accept) and [`Connector::connect`](super::Connector::connect); goes into a
/// [`Connection`](crate::tokio::Connection) like any stream.
///
/// The end of the stream is the peer's `close_notify`. A stream that ends without is an error, `UnexpectedEof`: somebody may
/// have cut it off.
#[derive(Debug)]
pub struct TlsStream {
    inner: Inner,
    session: Box<Session>,
}

#[derive(Debug)]
enum Inner {
    Kernel(KernelTls),
    Rustls(Box<tokio_rustls::TlsStream<Records>>, Reason),
}

impl TlsStream {
    pub(super) fn kernel(stream: KernelTls, session: Session) -> Self {
        Self { inner: Inner::Kernel(stream), session: Box::new(session) }
    }

    pub(super) fn rustls(stream: tokio_rustls::TlsStream<Records>, reason: Reason, session: Session) -> Self {
        Self { inner: Inner::Rustls(Box::new(stream), reason), session: Box::new(session) }
    }

    /// Who encrypts the bytes, and why not the kernel if it is not the kernel.
    #[must_use]
    pub const fn path(&self) -> TlsPath {
        match self.inner {
            Inner::Kernel(_) => TlsPath::Kernel,
            Inner::Rustls(_, reason) => TlsPath::Rustls { reason },
        }
    }

    /// What was agreed with the peer.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The socket, for its addresses and options. To read from it or to write to it breaks the connection.
    #[must_use]
    pub fn get_ref(&self) -> &TcpStream {
        match &self.inner {
            Inner::Kernel(stream) => stream.get_ref(),
            Inner::Rustls(stream, _) => stream.get_ref().0.get_ref(),
        }
    }

    /// The stream whose socket takes plain bytes, for `sendfile`, if the kernel encrypts it.
    ///
    /// # Errors
    /// The stream itself, if rustls encrypts it.
    pub fn into_kernel(self) -> Result<KernelTls, Self> {
        match self.inner {
            Inner::Kernel(stream) => Ok(stream),
            inner @ Inner::Rustls(..) => Err(Self { inner, ..self }),
        }
    }
}

macro_rules! either {
    ($this:ident.$method:ident($($argument:expr),*)) => {
        match &mut $this.get_mut().inner {
            Inner::Kernel(stream) => Pin::new(stream).$method($($argument),*),
            Inner::Rustls(stream, _) => Pin::new(stream.as_mut()).$method($($argument),*),
        }
    };
}

impl AsyncRead for TlsStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_read(cx, buf))
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Kernel(stream) => stream.is_write_vectored(),
            Inner::Rustls(stream, _) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_flush(cx))
    }

    /// Says `close_notify`. The peer can still send.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_shutdown(cx))
    }
}
