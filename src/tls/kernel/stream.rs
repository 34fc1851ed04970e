use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use nix::errno::Errno;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::rustls::{ProtocolVersion, SupportedCipherSuite};

use super::calls::{self, Keys};
use super::control::{ALERT, CLOSE_NOTIFY, Control, DATA};
use super::fault::KernelFault;
use crate::tls::records::Records;

/// What a record holds at most (RFC 8446, section 5.1).
const RECORD: usize = 1 << 14;

/// A connection the kernel encrypts. What is written to its [socket](Self::get_ref) goes out as records, by `sendfile`, too.
///
/// Reading goes through this stream and never through the socket: alerts and tickets come between the data.
///
/// To shut it down says `close_notify` and leaves the TCP connection open until it is dropped. Where the last bytes matter, wait
/// until the peer closes, as [`Connection::close`](crate::tokio::Connection::close) does: a socket that is closed drops records
/// the kernel has not handed to TCP yet.
#[derive(Debug)]
pub struct KernelTls {
    socket: TcpStream,
    control: Control,
    end: Option<End>,
    /// We have said `close_notify`.
    closed: bool,
    /// How many records these keys may still protect.
    records: u64,
}

#[derive(Clone, Copy, Debug)]
enum End {
    /// The peer has said `close_notify`.
    Closed,
    Failed(KernelFault),
}

impl KernelTls {
    /// Takes over behind the handshake. The kernel's TLS stands above the socket already.
    pub(in crate::tls) fn enter(
        stream: tokio_rustls::TlsStream<Records>,
        suite: SupportedCipherSuite,
    ) -> io::Result<Self> {
        let version = suite.version().version;
        let records = match suite {
            SupportedCipherSuite::Tls13(suite) => suite.common.confidentiality_limit,
            SupportedCipherSuite::Tls12(suite) => suite.common.confidentiality_limit,
        };
        let client = matches!(stream, tokio_rustls::TlsStream::Client(_));
        let (records_of, secrets) = match stream {
            tokio_rustls::TlsStream::Client(stream) => {
                let (io, connection) = stream.into_inner();
                (io, connection.dangerous_extract_secrets())
            }
            tokio_rustls::TlsStream::Server(stream) => {
                let (io, connection) = stream.into_inner();
                (io, connection.dangerous_extract_secrets())
            }
        };
        let secrets = secrets.map_err(io::Error::other)?;
        let socket = records_of.into_socket().ok_or_else(|| io::Error::other("the handshake ended inside a record"))?;
        let unknown = || io::Error::from(ErrorKind::Unsupported);
        Keys::of(version, secrets.tx).ok_or_else(unknown)?.send_with(&socket)?;
        Keys::of(version, secrets.rx).ok_or_else(unknown)?.receive_with(&socket)?;
        let control = Control::new(version == ProtocolVersion::TLSv1_3, client);
        Ok(Self { socket, control, end: None, closed: false, records })
    }

    /// The socket, which takes plain bytes. Do not read from it.
    #[must_use]
    pub const fn get_ref(&self) -> &TcpStream {
        &self.socket
    }

    /// Reads what the kernel would not give as data. True if it was data after all.
    fn read_control(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<bool> {
        let mut bytes = [0; 256];
        let room = buf.remaining().min(bytes.len());
        let came = self.socket.try_io(Interest::READABLE, || calls::receive(&self.socket, &mut bytes[..room]));
        let (kind, len) = match came {
            Err(error) if again(&error) => return Ok(false),
            came => came.map_err(|error| self.read_failed(error))?,
        };
        match kind {
            None => Err(self.failed(KernelFault::Truncated)),
            Some(DATA) => {
                buf.put_slice(&bytes[..len]);
                Ok(len > 0)
            }
            Some(kind) => match self.control.take(kind, &bytes[..len]) {
                Ok(closed) => {
                    if closed {
                        self.end = Some(End::Closed);
                    }
                    Ok(false)
                }
                Err(fault) => Err(self.failed(fault)),
            },
        }
    }

    #[cold]
    fn read_failed(&mut self, error: io::Error) -> io::Error {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EBADMSG | Errno::EMSGSIZE | Errno::EINVAL) => self.failed(KernelFault::BadRecord),
            // Newer kernels stop at a key update until they are given the new key.
            Some(Errno::EKEYEXPIRED) => self.failed(KernelFault::KeyUpdate),
            _ => error,
        }
    }

    /// Tells the peer, as well as may be, and is never read from again.
    #[cold]
    fn failed(&mut self, fault: KernelFault) -> io::Error {
        self.end = Some(End::Failed(fault));
        let alert = match fault {
            KernelFault::Truncated | KernelFault::Alert(_) => None,
            KernelFault::BadRecord => Some(20), // bad_record_mac
            KernelFault::Unexpected(..) | KernelFault::TooMuchControl => Some(10), // unexpected_message
            KernelFault::KeyUpdate | KernelFault::Exhausted => Some(80), // internal_error
        };
        if let Some(alert) = alert
            && !self.closed
        {
            // The kernel keeps a bad record as the error of the socket, which would fail the alert, too. This clears it.
            let _ = self.socket.take_error();
            self.closed = calls::send(&self.socket, ALERT, &[2, alert]).is_ok();
        }
        fault.into()
    }

    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        send: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        if self.closed {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if self.records == 0 {
            return Poll::Ready(Err(KernelFault::Exhausted.into()));
        }
        loop {
            ready!(self.socket.poll_write_ready(cx))?;
            match send(&self.socket) {
                Err(error) if again(&error) => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(sent) => {
                    self.records = self.records.saturating_sub(sent.div_ceil(RECORD) as u64);
                    return Poll::Ready(Ok(sent));
                }
            }
        }
    }
}

fn again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// File regions go out encrypted. It is no [`KernelStream`](crate::kernel::KernelStream): what is read has to be told apart.
#[cfg(feature = "kernel")]
impl crate::kernel::KernelSink for KernelTls {
    fn socket(&self) -> crate::kernel::Socket<'_> {
        (&self.socket).into()
    }
}

impl AsyncRead for KernelTls {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match this.end {
                Some(End::Closed) => return Poll::Ready(Ok(())),
                Some(End::Failed(fault)) => return Poll::Ready(Err(fault.into())),
                None => {}
            }
            ready!(this.socket.poll_read_ready(cx))?;
            // Not `poll_read`: for tokio a short read means that the socket is empty. Here it may mean that an alert comes next,
            // and that Linux 6.1 wakes the reader for it, too, is not promised.
            match this.socket.try_read_buf(buf) {
                Ok(0) => return Poll::Ready(Err(this.failed(KernelFault::Truncated))),
                Ok(_) => {
                    this.control.calm();
                    return Poll::Ready(Ok(()));
                }
                Err(error) if again(&error) => {}
                // The next record is none of data: it can only be read together with its type.
                Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => {
                    if this.read_control(buf)? {
                        return Poll::Ready(Ok(()));
                    }
                }
                Err(error) => return Poll::Ready(Err(this.read_failed(error))),
            }
        }
    }
}

impl AsyncWrite for KernelTls {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(cx, |socket| socket.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(cx, |socket| socket.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Says `close_notify`. The peer can still send.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while !this.closed {
            ready!(this.socket.poll_write_ready(cx))?;
            let said = this.socket.try_io(Interest::WRITABLE, || calls::send(&this.socket, ALERT, &CLOSE_NOTIFY));
            match said {
                Err(error) if again(&error) => {}
                said => {
                    said?;
                    this.closed = true;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
