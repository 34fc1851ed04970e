//! The socket below a handshake: it gives whole records, one at a time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Type, version, length (RFC 8446, section 5.1).
const HEADER: usize = 5;

/// A socket that is read record by record, until it is [opened](Self::open).
///
/// The kernel goes on where rustls stops, so rustls must not have taken a byte beyond the record that completes the handshake.
/// tokio-rustls reads as long as rustls wants more, and tells nobody between two records that the handshake is over; but it
/// looks whenever the socket has nothing more. So nothing more is what this says behind each record, once, with a wake-up.
#[derive(Debug)]
pub(super) struct Records {
    io: TcpStream,
    open: bool,
    /// A record has just ended.
    pause: bool,
    header: [u8; HEADER],
    /// How much of the header has come, and how much of that was handed on.
    came: usize,
    gave: usize,
    /// What is missing of the record's body.
    body: u64,
}

impl Records {
    /// Closed: for a handshake behind which the kernel may go on.
    pub(super) const fn new(io: TcpStream) -> Self {
        Self { io, open: false, pause: false, header: [0; HEADER], came: 0, gave: 0, body: 0 }
    }

    /// Lets the bytes through as they come.
    pub(super) const fn open(&mut self) {
        self.open = true;
    }

    pub(super) const fn get_ref(&self) -> &TcpStream {
        &self.io
    }

    /// The socket, which stands at the start of a record. `None` inside one.
    #[cfg(all(feature = "ktls", target_os = "linux"))]
    pub(super) fn into_socket(self) -> Option<TcpStream> {
        (self.came == 0 && self.body == 0).then_some(self.io)
    }

    fn poll_record(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.pause {
            self.pause = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.came < HEADER && self.body == 0 {
            let mut rest = ReadBuf::new(&mut self.header[self.came..]);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut rest))?;
            match rest.filled().len() {
                // The end, which rustls judges.
                0 => break,
                more => self.came += more,
            }
            if self.came == HEADER {
                self.body = u16::from_be_bytes([self.header[3], self.header[4]]).into();
            }
        }
        if self.gave < self.came {
            let more = (self.came - self.gave).min(buf.remaining());
            buf.put_slice(&self.header[self.gave..self.gave + more]);
            self.gave += more;
            self.end_record();
            return Poll::Ready(Ok(()));
        }
        if self.body > 0 {
            let before = buf.filled().len();
            ready!(Pin::new(&mut (&mut self.io).take(self.body)).poll_read(cx, buf))?;
            self.body -= (buf.filled().len() - before) as u64;
            self.end_record();
        }
        Poll::Ready(Ok(()))
    }

    const fn end_record(&mut self) {
        if self.gave == HEADER && self.body == 0 {
            (self.came, self.gave) = (0, 0);
            self.pause = true;
        }
    }
}

impl AsyncRead for Records {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.open {
            return Pin::new(&mut this.io).poll_read(cx, buf);
        }
        this.poll_record(cx, buf)
    }
}

impl AsyncWrite for Records {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
