//! A driver over `std::io::{Read, Write}`, for programs without an executor.

use std::fmt;
use std::io::{self, Read, Write};

use bytes::{Bytes, BytesMut};

use crate::recv::{Chunk, Found};
use crate::route::Route;
use crate::{Arrival, Codec, Deframer, Encode, Error, Fault, Gather, Ledger, Limits, Outbox, Received};

/// A blocking stream that speaks one protocol.
///
/// ```
/// use std::net::{TcpListener, TcpStream};
/// use wireview::blocking::Connection;
/// use wireview::formats::Lines;
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let server = std::thread::spawn(move || -> Result<(), wireview::Fault> {
///     let mut conn = Connection::new(listener.accept()?.0, Lines::new(1000));
///     while let Some(mut received) = conn.next()? {
///         received.out.send(received.frame.view()?)?;
///     }
///     Ok(())
/// });
/// let mut conn = Connection::new(TcpStream::connect(address)?, Lines::new(1000));
/// conn.send(&b"hello"[..])?;
/// assert_eq!(conn.next()?.expect("an answer").frame.view()?, b"hello");
/// drop(conn);
/// server.join().expect("no panic")?;
/// # Ok::<(), wireview::Fault>(())
/// ```
///
/// # What happens when
/// [`next`](Self::next) returns a frame that has come; if there is none, it writes what is queued, and then reads. One thread cannot
/// do both at once: a peer that writes more than the sockets hold before it reads its answers blocks with us. Protocols that
/// allow that want [`tokio::Connection`](crate::tokio::Connection), or a thread for each direction.
///
/// # Timeouts
/// Those of the stream, such as `TcpStream::set_read_timeout`: [`Fault::Io`] with `WouldBlock` or `TimedOut`. Nothing is lost by
/// them, so a call can be made again; the same holds for a non-blocking stream.
pub struct Connection<S, C: Codec, E = C> {
    stream: S,
    deframer: Deframer<C>,
    queue: Gather,
    encoder: E,
    /// How bytes may go around `S`'s `Write`.
    #[cfg_attr(not(feature = "kernel"), expect(dead_code, reason = "the feature `kernel` has other ways"))]
    route: Route<S>,
}

impl<S, C: Codec + Clone> Connection<S, C> {
    /// A connection over `stream` whose encoder is a clone of its codec, with the default [`Limits`].
    pub fn new(stream: S, codec: C) -> Self {
        let encoder = codec.clone();
        Self::with_encoder(stream, codec, encoder, Limits::new())
    }
}

impl<S, C: Codec, E> Connection<S, C, E> {
    /// A connection that reads with `codec` and writes with `encoder`.
    pub fn with_encoder(stream: S, codec: C, encoder: E, limits: Limits) -> Self {
        let mut queue = Gather::new();
        queue.set_marks(limits.high, limits.low);
        Self { stream, deframer: Deframer::with_limits(codec, limits), queue, encoder, route: Route::new() }
    }

    /// Lets the kernel move file regions to the socket: see [`kernel`](crate::kernel).
    #[cfg(feature = "kernel")]
    #[must_use]
    pub const fn kernel(mut self) -> Self
    where
        S: crate::kernel::KernelStream,
    {
        self.route.open();
        self
    }

    /// The stream.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    /// The codec, to change its state between frames.
    pub const fn codec_mut(&mut self) -> &mut C {
        self.deframer.codec_mut()
    }

    /// The send queue and its encoder.
    pub const fn out(&mut self) -> Outbox<'_, E> {
        Outbox::new(&mut self.queue, &mut self.encoder)
    }

    /// What was copied, shared and allocated, in both directions.
    pub fn ledger(&self) -> Ledger {
        *self.deframer.ledger() + *self.queue.ledger()
    }

    /// The stream, the codec, the encoder, what was received and is in no frame, and what was not sent.
    pub fn into_parts(self) -> (S, C, E, BytesMut, Gather) {
        let (codec, received) = self.deframer.into_parts();
        (self.stream, codec, self.encoder, received, self.queue)
    }
}

impl<S: Read + Write, C: Codec, E> Connection<S, C, E> {
    /// The next frame, lent together with the send queue; `None` at the end of the stream, with everything sent.
    ///
    /// # Errors
    /// [`Fault::Io`] or [`Fault::Stream`]. All frames that came before have been handed out.
    #[expect(clippy::should_implement_trait, reason = "what is lent borrows from the connection")]
    pub fn next(&mut self) -> Result<Option<Received<'_, C, E>>, Fault> {
        Ok(if self.wait(false)? { Some(self.received()) } else { None })
    }

    /// The next frame; or, if its body is above [`Limits::stream_above`], its head, whereupon the body is taken with
    /// [`chunk`](Self::chunk). Asking for the next frame before the body has ended drops what is left of it.
    ///
    /// # Errors
    /// As for [`next`](Self::next); also if the codec does not stream bodies.
    pub fn next_or_body(&mut self) -> Result<Option<Arrival<'_, C, E>>, Fault> {
        if self.wait(true)? {
            return Ok(Some(Arrival::Frame(self.received())));
        }
        let body = self.deframer.take_head().map_err(|error| self.fault(error))?;
        Ok(body.map(|(head, len)| Arrival::Body { head, len }))
    }

    /// The next bytes of a streamed body, or `None` when it is complete.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            match self.deframer.chunk().map_err(|error| self.fault(error))? {
                Chunk::Bytes(bytes) => return Ok(Some(bytes)),
                Chunk::End => return Ok(None),
                Chunk::Pending => self.exchange()?,
            }
        }
    }

    /// Queues one message; above the high mark, everything is written first. It goes out with the next
    /// [`flush`](Self::flush), or before [`next`](Self::next) reads.
    ///
    /// # Errors
    /// [`Fault::Encode`] if the message is refused; then nothing of it is queued. Otherwise as for [`flush`](Self::flush).
    pub fn send<M>(&mut self, message: M) -> Result<(), Fault>
    where
        E: Encode<M>,
    {
        self.out().send(message)?;
        if self.queue.is_above_high() {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes everything that is queued.
    ///
    /// # Errors
    /// [`Fault::Io`]. What was not sent stays queued.
    pub fn flush(&mut self) -> Result<(), Fault> {
        self.write_queue()?;
        Ok(self.stream.flush()?)
    }

    fn write_queue(&mut self) -> io::Result<()> {
        #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
        if self.queue.has_files()
            && let Some(socket) = self.route.socket(&self.stream)
        {
            return self.queue.write_to_socket(socket);
        }
        self.queue.write_to(&mut self.stream)
    }

    /// True with a frame to be lent; false at the end of the stream, or, streaming, in front of a large body.
    fn wait(&mut self, streaming: bool) -> Result<bool, Fault> {
        loop {
            if self.queue.is_above_high() {
                self.flush()?;
            }
            match self.deframer.find(streaming) {
                Found::Frame => return Ok(true),
                Found::Failure => return Err(self.fault(self.deframer.failure())),
                Found::Nothing if self.deframer.is_at_body() => return Ok(false),
                Found::Nothing if self.deframer.is_finished() => {
                    self.flush()?;
                    return Ok(false);
                }
                Found::Nothing => self.exchange()?,
            }
        }
    }

    fn received(&mut self) -> Received<'_, C, E> {
        Received { frame: self.deframer.lend(), out: Outbox::new(&mut self.queue, &mut self.encoder) }
    }

    /// Writes what is queued, then reads once.
    fn exchange(&mut self) -> Result<(), Fault> {
        if !self.queue.is_empty() {
            self.flush()?;
        }
        loop {
            match self.deframer.read_with(|block| read_into(&mut self.stream, block.limit(), block.get_mut())) {
                Ok(0) => self.deframer.finish(),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            return Ok(());
        }
    }

    #[cold]
    fn fault(&self, error: Error) -> Fault {
        Fault::Stream(Box::new(self.deframer.report(error)))
    }
}

/// Reads up to `max` bytes behind what `block` holds. `Read` wants memory that has a value, so it is given one first.
fn read_into(stream: &mut impl Read, max: usize, block: &mut BytesMut) -> io::Result<usize> {
    let len = block.len();
    block.resize(len + max.min(block.capacity() - len), 0);
    let read = stream.read(&mut block[len..]);
    block.truncate(len + *read.as_ref().unwrap_or(&0));
    read
}

impl<S: fmt::Debug, C: Codec + fmt::Debug, E: fmt::Debug> fmt::Debug for Connection<S, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("stream", &self.stream)
            .field("deframer", &self.deframer)
            .field("queue", &self.queue)
            .field("encoder", &self.encoder)
            .finish()
    }
}
