use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::recv::{Layer, Unwrapped};
use crate::{Error, Kind, Result};

/// The raw buffer is read into in pieces of at least this size, and the caller's is cleared in such pieces.
const PIECE: usize = 16 * 1024;

/// Raw bytes that may wait to be written before no more are made.
const HIGH: usize = 64 * 1024;

/// A stream with a [`Layer`] around it: whoever reads and writes here sees plain bytes.
///
/// Reading unwraps straight into the caller's buffer, such as the block of a [`Deframer`](crate::Deframer). Writing wraps
/// into a buffer that is written out when 64 KiB wait in it, and by `poll_flush`. Writes are not vectored, so that a header
/// and its payload share a record: drivers hand them over flattened.
///
/// # Cancellation
/// What a write was told to have taken is in the buffer, and what was read and not unwrapped stays: dropping a future loses
/// and tears nothing.
///
/// # Errors
/// An [`Error`] of the layer is the source of an [`io::Error`] of kind `InvalidData`, or `UnexpectedEof` if the stream ended
/// inside a record. It is told again by every later call of that direction.
#[derive(Debug)]
pub struct Layered<T, L> {
    inner: T,
    layer: L,
    max_record: usize,
    raw: Queue,
    /// A record that did not fit the caller's buffer.
    spill: Queue,
    ended: bool,
    read_error: Option<Error>,
    out: Vec<u8>,
    /// How much of `out` is written.
    sent: usize,
    /// Whether the layer may hold bytes back.
    unflushed: bool,
    finished: bool,
    write_error: Option<Error>,
}

enum Step {
    /// The buffer got something, or the layer has ended.
    Done,
    /// More raw bytes are needed.
    Starved,
}

impl<T, L> Layered<T, L> {
    /// `layer` around `inner`.
    pub const fn new(inner: T, layer: L) -> Self {
        Self {
            inner,
            layer,
            max_record: 256 * 1024,
            raw: Queue::new(),
            spill: Queue::new(),
            ended: false,
            read_error: None,
            out: Vec::new(),
            sent: 0,
            unflushed: false,
            finished: false,
            write_error: None,
        }
    }

    /// Sets how many bytes a record may have, raw or plain. 256 KiB unless set.
    #[must_use]
    pub const fn with_max_record(mut self, len: usize) -> Self {
        self.max_record = len;
        self
    }

    /// The raw stream.
    pub const fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The raw stream, to be changed. What is read or written here is missing in the layer.
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// The layer.
    pub const fn layer(&self) -> &L {
        &self.layer
    }

    /// The raw stream, the layer, and the raw bytes that were read and not consumed. What was not flushed is lost.
    pub fn into_parts(self) -> (T, L, Bytes) {
        let rest = Bytes::copy_from_slice(self.raw.filled());
        (self.inner, self.layer, rest)
    }
}

impl<T, L: Layer> Layered<T, L> {
    /// Unwraps what is there into `buf`.
    fn unwrap_into(&mut self, buf: &mut ReadBuf<'_>) -> Result<Step> {
        let before = buf.filled().len();
        let mut want = PIECE;
        while buf.remaining() > 0 {
            let raw = self.raw.filled();
            let room = want.min(buf.remaining());
            match self.layer.unwrap(raw, buf.initialize_unfilled_to(room)) {
                Ok(Unwrapped::Moved { consumed, produced })
                    if consumed + produced > 0 && consumed <= raw.len() && produced <= room =>
                {
                    self.raw.consume(consumed);
                    buf.advance(produced);
                }
                Ok(Unwrapped::Need(need)) if need > raw.len() => {
                    if buf.filled().len() > before {
                        break;
                    }
                    return if need > self.max_record { Err(Error::limit(&"record", 0)) } else { Ok(Step::Starved) };
                }
                Ok(Unwrapped::Room(need)) if need > room => {
                    if need <= buf.remaining() {
                        want = need;
                    } else if buf.filled().len() == before {
                        self.unwrap_aside(need)?;
                        self.spill.move_to(buf);
                    } else {
                        break;
                    }
                }
                Ok(Unwrapped::End { consumed }) if consumed <= raw.len() => {
                    self.raw.consume(consumed);
                    self.ended = true;
                    break;
                }
                Ok(_) => return Err(Error::contract(&"layer", 0)),
                // What was unwrapped before is delivered; the error comes again.
                Err(_) if buf.filled().len() > before => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Step::Done)
    }

    /// Unwraps a record that needs more room than the caller has.
    fn unwrap_aside(&mut self, need: usize) -> Result<()> {
        if need > self.max_record {
            return Err(Error::limit(&"record", 0));
        }
        if self.spill.bytes.len() < need {
            self.spill.bytes.resize(need, 0);
        }
        let raw = self.raw.filled();
        match self.layer.unwrap(raw, &mut self.spill.bytes[..need])? {
            Unwrapped::Moved { consumed, produced }
                if consumed + produced > 0 && consumed <= raw.len() && produced <= need =>
            {
                self.raw.consume(consumed);
                self.spill.end = produced;
                Ok(())
            }
            _ => Err(Error::contract(&"layer", 0)),
        }
    }

    /// Lets the layer append to `out`. After an error nothing more is wrapped.
    fn append(&mut self, write: impl FnOnce(&mut L, &mut Vec<u8>) -> Result<()>) -> io::Result<()> {
        if let Some(error) = self.write_error {
            return Err(told(error));
        }
        if self.sent >= HIGH {
            self.out.drain(..self.sent);
            self.sent = 0;
        }
        let before = self.out.len();
        write(&mut self.layer, &mut self.out).map_err(|error| {
            self.out.truncate(before);
            self.write_error = Some(error);
            told(error)
        })
    }
}

impl<T: AsyncWrite + Unpin, L> Layered<T, L> {
    /// Writes until no more than `keep` raw bytes wait.
    fn poll_out(&mut self, cx: &mut Context<'_>, keep: usize) -> Poll<io::Result<()>> {
        while self.out.len() - self.sent > keep {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, &self.out[self.sent..]))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        if self.sent == self.out.len() {
            self.out.clear();
            self.out.shrink_to(2 * HIGH);
            self.sent = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin, L: Layer + Unpin> AsyncRead for Layered<T, L> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        this.spill.move_to(buf);
        while buf.filled().len() == before && buf.remaining() > 0 && !this.ended {
            if let Some(error) = this.read_error {
                return Poll::Ready(Err(told(error)));
            }
            match this.unwrap_into(buf) {
                Ok(Step::Done) => continue,
                Ok(Step::Starved) => {}
                Err(error) => {
                    this.read_error = Some(error);
                    continue;
                }
            }
            let mut part = ReadBuf::new(this.raw.room());
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
            let read = part.filled().len();
            this.raw.end += read;
            if read == 0 {
                match this.layer.end(this.raw.filled()) {
                    Ok(()) => this.ended = true,
                    Err(error) => this.read_error = Some(error),
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin, L: Layer + Unpin> AsyncWrite for Layered<T, L> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, plain: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.finished {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        ready!(this.poll_out(cx, HIGH))?;
        let plain = &plain[..plain.len().min(PIECE)];
        if !plain.is_empty() {
            this.append(|layer, raw| layer.wrap(plain, raw))?;
            this.unflushed = true;
        }
        Poll::Ready(Ok(plain.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.unflushed {
            this.append(L::flush)?;
            this.unflushed = false;
        }
        ready!(this.poll_out(cx, 0))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.finished {
            this.append(L::finish)?;
            this.finished = true;
            this.unflushed = false;
        }
        ready!(this.poll_out(cx, 0))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

#[cold]
fn told(error: Error) -> io::Error {
    let kind = if error.kind() == Kind::Eof { ErrorKind::UnexpectedEof } else { ErrorKind::InvalidData };
    io::Error::new(kind, error)
}

/// Bytes that come in behind and leave in front, in memory that stays initialised.
#[derive(Debug)]
struct Queue {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Queue {
    const fn new() -> Self {
        Self { bytes: Vec::new(), start: 0, end: 0 }
    }

    fn filled(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// At least a piece of memory behind what is there. It doubles when it is full: what has arrived earns it.
    fn room(&mut self) -> &mut [u8] {
        if self.bytes.len() - self.end < PIECE {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.bytes.len() - self.end < PIECE {
                self.bytes.resize((2 * self.bytes.len()).max(self.end + PIECE), 0);
            }
        }
        &mut self.bytes[self.end..]
    }

    fn move_to(&mut self, buf: &mut ReadBuf<'_>) {
        let count = buf.remaining().min(self.end - self.start);
        buf.put_slice(&self.bytes[self.start..self.start + count]);
        self.consume(count);
    }
}
