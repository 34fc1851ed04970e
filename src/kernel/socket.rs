//! A stream's socket, as far as the kernel paths have to know it.

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};

#[cfg(feature = "tokio")]
use std::{
    io,
    task::{Context, Poll, ready},
};
#[cfg(feature = "tokio")]
use tokio::io::Interest;
#[cfg(all(feature = "tokio", unix))]
use tokio::net::UnixStream;
#[cfg(feature = "tokio")]
use tokio::net::{TcpStream, tcp};

/// A stream that writes to a socket: what is written to the socket around it reaches the peer as if it had been written to the
/// stream.
///
/// It is implemented for the sockets of tokio and `std`, their halves, and TLS that the kernel does. A wrapper may implement it
/// if it holds nothing back; one that encrypts, or has a buffer, must not.
pub trait KernelSink {
    /// The socket.
    fn socket(&self) -> Socket<'_>;
}

/// A stream whose bytes are those of a socket in both directions: what is read from it, too, comes from there as it is.
///
/// Not so of TLS that the kernel does: where the peer's last words or an alert stand, the socket fails.
pub trait KernelStream: KernelSink {}

/// A borrowed socket. Made from one of tokio or `std`, for [`KernelSink`].
#[derive(Clone, Copy, Debug)]
pub struct Socket<'a>(Inner<'a>);

#[derive(Clone, Copy, Debug)]
enum Inner<'a> {
    #[cfg(feature = "tokio")]
    Tcp(&'a TcpStream),
    #[cfg(all(feature = "tokio", unix))]
    Unix(&'a UnixStream),
    #[cfg(unix)]
    #[cfg_attr(
        any(not(target_os = "linux"), wireview_portable),
        expect(dead_code, reason = "nobody but the kernel is given it")
    )]
    Blocking(BorrowedFd<'a>),
    #[cfg(not(unix))]
    Blocking(core::marker::PhantomData<&'a ()>),
}

macro_rules! is_socket {
    ($($(#[$gate:meta])* $name:ty: $this:ident => $inner:expr;)*) => {$(
        $(#[$gate])*
        impl KernelSink for $name {
            fn socket(&self) -> Socket<'_> {
                let $this = self;
                Socket($inner)
            }
        }

        $(#[$gate])*
        impl KernelStream for $name {}

        $(#[$gate])*
        impl<'a> From<&'a $name> for Socket<'a> {
            fn from(stream: &'a $name) -> Self {
                stream.socket()
            }
        }
    )*};
}

is_socket! {
    #[cfg(feature = "tokio")]
    TcpStream: this => Inner::Tcp(this);
    #[cfg(feature = "tokio")]
    tcp::OwnedReadHalf: this => Inner::Tcp(this.as_ref());
    #[cfg(feature = "tokio")]
    tcp::OwnedWriteHalf: this => Inner::Tcp(this.as_ref());
    #[cfg(all(feature = "tokio", unix))]
    UnixStream: this => Inner::Unix(this);
    #[cfg(all(feature = "tokio", unix))]
    tokio::net::unix::OwnedReadHalf: this => Inner::Unix(this.as_ref());
    #[cfg(all(feature = "tokio", unix))]
    tokio::net::unix::OwnedWriteHalf: this => Inner::Unix(this.as_ref());
    #[cfg(unix)]
    std::net::TcpStream: this => Inner::Blocking(this.as_fd());
    #[cfg(unix)]
    std::os::unix::net::UnixStream: this => Inner::Blocking(this.as_fd());
    #[cfg(not(unix))]
    std::net::TcpStream: _this => Inner::Blocking(core::marker::PhantomData);
}

impl<S: KernelSink> KernelSink for &S {
    fn socket(&self) -> Socket<'_> {
        (**self).socket()
    }
}

impl<S: KernelSink> KernelSink for &mut S {
    fn socket(&self) -> Socket<'_> {
        (**self).socket()
    }
}

impl<S: KernelStream> KernelStream for &S {}

impl<S: KernelStream> KernelStream for &mut S {}

#[cfg(all(target_os = "linux", not(wireview_portable)))]
impl<'a> Socket<'a> {
    /// Its descriptor.
    pub(crate) fn fd(self) -> BorrowedFd<'a> {
        match self.0 {
            #[cfg(feature = "tokio")]
            Inner::Tcp(stream) => stream.as_fd(),
            #[cfg(feature = "tokio")]
            Inner::Unix(stream) => stream.as_fd(),
            Inner::Blocking(fd) => fd,
        }
    }

    /// Waits until the socket takes bytes, and has `call` write to it: once, or again as often as it finds that nothing
    /// could be written after all.
    #[cfg(feature = "tokio")]
    pub(crate) fn poll_write_with<R>(
        self,
        cx: &mut Context<'_>,
        mut call: impl FnMut() -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            ready!(self.poll_ready(cx, Interest::WRITABLE))?;
            if let Some(done) = passed(self.try_io(Interest::WRITABLE, &mut call)) {
                return Poll::Ready(done);
            }
        }
    }

    /// To be called when a call took less than it was offered: if the buffer of the socket is full, whoever writes next waits
    /// until a third of it is free. Else a reader that is not much slower would be given a packet a call.
    #[cfg(feature = "tokio")]
    pub(crate) fn wait_if_full(self) {
        let full = || if super::linux::is_writable(self.fd()) { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) };
        let _ = self.try_io(Interest::WRITABLE, full);
    }

    /// Has `call` read from the socket if there is something to be read.
    #[cfg(feature = "tokio")]
    pub(crate) fn try_read_with<R>(self, call: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.try_io(Interest::READABLE, call)
    }

    #[cfg(feature = "tokio")]
    fn try_io<R>(self, interest: Interest, call: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        match self.0 {
            Inner::Tcp(stream) => stream.try_io(interest, call),
            Inner::Unix(stream) => stream.try_io(interest, call),
            Inner::Blocking(_) => Err(not_of_a_reactor()),
        }
    }
}

#[cfg(feature = "tokio")]
impl Socket<'_> {
    /// Waits until there is something to be read, or the end.
    pub(crate) fn poll_readable(self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(cx, Interest::READABLE)
    }

    /// Reads what there is; `WouldBlock` if there is nothing.
    #[cfg(all(target_os = "linux", not(wireview_portable)))]
    pub(crate) fn try_read(self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut took = 0;
        let read = self.try_io(Interest::READABLE, || {
            took = rustix::io::read(self.fd(), &mut *bytes)?;
            // Less than there is room for is all there is. The reactor is told so, which saves the call that would find it
            // out; it notices what comes later, and remembers an end that it has seen.
            if (1..bytes.len()).contains(&took) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(took) }
        });
        if took > 0 { Ok(took) } else { read }
    }

    /// Reads what there is; `WouldBlock` if there is nothing.
    #[cfg(not(all(target_os = "linux", not(wireview_portable))))]
    pub(crate) fn try_read(self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.0 {
            Inner::Tcp(stream) => stream.try_read(bytes),
            #[cfg(unix)]
            Inner::Unix(stream) => stream.try_read(bytes),
            Inner::Blocking(_) => Err(not_of_a_reactor()),
        }
    }

    /// Writes of `bytes` once the socket takes some. Never 0.
    pub(crate) fn poll_write(self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.poll_ready(cx, Interest::WRITABLE))?;
            let wrote = match self.0 {
                Inner::Tcp(stream) => stream.try_write(bytes),
                #[cfg(unix)]
                Inner::Unix(stream) => stream.try_write(bytes),
                Inner::Blocking(_) => Err(not_of_a_reactor()),
            };
            match passed(wrote) {
                Some(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Some(done) => return Poll::Ready(done),
                None => {}
            }
        }
    }

    fn poll_ready(self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>> {
        match (self.0, interest.is_writable()) {
            (Inner::Tcp(stream), true) => stream.poll_write_ready(cx),
            (Inner::Tcp(stream), false) => stream.poll_read_ready(cx),
            #[cfg(unix)]
            (Inner::Unix(stream), true) => stream.poll_write_ready(cx),
            #[cfg(unix)]
            (Inner::Unix(stream), false) => stream.poll_read_ready(cx),
            (Inner::Blocking(_), _) => Poll::Ready(Err(not_of_a_reactor())),
        }
    }
}

/// The result, unless the call is to be made again.
#[cfg(feature = "tokio")]
fn passed<R>(result: io::Result<R>) -> Option<io::Result<R>> {
    match result {
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => None,
        result => Some(result),
    }
}

#[cfg(feature = "tokio")]
#[cold]
fn not_of_a_reactor() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "a blocking socket was given for an asynchronous stream")
}
