use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf};

use super::half::{Receiver, Sender};
use super::inflow::Inflow;
use super::outflow::Outflow;
use super::stream::Frames;
use super::timer::Deadlines;
use super::trace::Trace;
use crate::fault::Fault;
use crate::recv::{Chunk, Found};
use crate::{Arrival, Batch, Codec, Deframer, Encode, Gather, Ledger, Limits, Outbox, Received, Views};

/// A stream that speaks one protocol: frames come out, messages go in.
///
/// ```
/// use wireview::formats::LengthPrefixed;
/// use wireview::length::U16Be;
/// use wireview::Received;
/// use wireview::tokio::Connection;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wireview::Fault> {
/// let (near, far) = tokio::io::duplex(64);
/// let echo = tokio::spawn(async move {
///     let mut conn = Connection::new(far, LengthPrefixed::<U16Be>::new(1000));
///     while let Some(Received { frame, mut out }) = conn.next().await? {
///         out.send(frame.view()?)?; // goes out while the connection waits for the next frame
///     }
///     Ok::<_, wireview::Fault>(())
/// });
///
/// let mut conn = Connection::new(near, LengthPrefixed::<U16Be>::new(1000));
/// conn.send(&b"hello"[..]).await?;
/// let answer = conn.next().await?.expect("an answer");
/// assert_eq!(answer.frame.view()?, b"hello");
/// # drop(conn);
/// # echo.await.expect("the task ends")
/// # }
/// ```
///
/// # What happens when
/// [`next`](Self::next) is this loop, with writing and reading polled together, so that a peer which writes everything before it
/// reads cannot block it:
///
/// ```text
/// loop {
///     if more is queued than the high mark { write until the low mark }
///     if a whole frame has come            { return it, with the queue }
///     if the stream has ended              { write everything; return None }
///     write what is queued | read
/// }
/// ```
///
/// So pipelined requests are answered by one `writev`, and no handler has to flush.
///
/// Above the high mark nothing is read: that bounds what a peer can make a server hold. A client that queues more requests
/// than that before it takes an answer may find its peer above its own high mark; then neither reads. See
/// [`Limits::queued`] for what to do.
///
/// # Cancellation
/// Every future may be dropped at any time: progress is kept in the connection.
pub struct Connection<T, C: Codec, E = C> {
    pub(crate) io: T,
    pub(crate) rx: Inflow<C>,
    pub(crate) tx: Outflow<T, E>,
}

/// A connection taken apart by [`Connection::into_parts`].
#[derive(Debug)]
pub struct Parts<T, C, E> {
    /// The stream.
    pub io: T,
    /// The codec.
    pub codec: C,
    /// The encoder.
    pub encoder: E,
    /// What was received and is in no frame that was handed out.
    pub received: BytesMut,
    /// What was not sent.
    pub queue: Gather,
}

impl<T, C: Codec + Clone> Connection<T, C> {
    /// A connection over `io` whose encoder is a clone of its codec, with the default [`Limits`].
    pub fn new(io: T, codec: C) -> Self {
        Self::with_limits(io, codec, Limits::new())
    }

    /// The same with `limits`.
    pub fn with_limits(io: T, codec: C, limits: Limits) -> Self {
        let encoder = codec.clone();
        Self::with_encoder(io, codec, encoder, limits)
    }
}

impl<T, C: Codec, E> Connection<T, C, E> {
    /// A connection that reads with `codec` and writes with `encoder`. What both must know, they share between them.
    pub fn with_encoder(io: T, codec: C, encoder: E, limits: Limits) -> Self {
        let mut queue = Gather::new();
        queue.set_marks(limits.high, limits.low);
        let trace = Trace::new::<C>();
        let rx = Inflow::new(Deframer::with_limits(codec, limits), trace.clone());
        Self { io, rx, tx: Outflow::new(queue, encoder, trace) }
    }

    /// Sets how long to wait for the peer.
    #[must_use]
    pub const fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.rx.deadlines = deadlines;
        self.tx.patience = deadlines.write;
        self
    }

    /// Lets the kernel move bytes between files, sockets and this one where it can: see [`kernel`](crate::kernel).
    ///
    /// File regions in the send queue then go by `sendfile`, on this task, and short ones with the memory around them. A page
    /// that is not in memory is waited for in the pool for blocking calls.
    #[cfg(feature = "kernel")]
    #[must_use]
    pub const fn kernel(mut self) -> Self
    where
        T: crate::kernel::KernelSink,
    {
        self.tx.route.open();
        self
    }

    /// The stream.
    pub const fn io(&self) -> &T {
        &self.io
    }

    /// The stream. Reading from it or writing to it breaks the protocol.
    pub const fn io_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// The codec, to change its state between frames.
    pub const fn codec_mut(&mut self) -> &mut C {
        self.rx.deframer.codec_mut()
    }

    /// The send queue and its encoder.
    pub const fn out(&mut self) -> Outbox<'_, E> {
        self.tx.outbox()
    }

    /// What was copied, shared and allocated, in both directions.
    pub fn ledger(&self) -> Ledger {
        *self.rx.deframer.ledger() + *self.tx.queue.ledger()
    }

    /// Goes on with another protocol from the first byte that is in no frame yet: received bytes, the end of the stream,
    /// limits, deadlines and the send queue are carried over.
    pub fn switch<D: Codec, F>(self, codec: D, encoder: F) -> Connection<T, D, F> {
        Connection { io: self.io, rx: self.rx.switch(codec).0, tx: self.tx.switch(encoder) }
    }

    /// The stream, and everything that is under way in the connection.
    pub fn into_parts(self) -> Parts<T, C, E> {
        let (codec, received) = self.rx.deframer.into_parts();
        Parts { io: self.io, codec, encoder: self.tx.encoder, received, queue: self.tx.queue }
    }

    /// Two halves for two tasks, of the two halves that `split` makes of the stream: `TcpStream::into_split`, say.
    ///
    /// Nothing sends on its own then: the sender has to be flushed.
    pub fn into_split_with<R, W>(self, split: impl FnOnce(T) -> (R, W)) -> (Receiver<R, C>, Sender<W, E>) {
        let (read, write) = split(self.io);
        (Receiver::new(read, self.rx), Sender::new(write, self.tx.over()))
    }
}

impl<T, C, E> Connection<T, C, E>
where
    T: AsyncRead + AsyncWrite + Unpin,
    C: Codec,
{
    /// The next frame, lent together with the send queue; `None` at the end of the stream, with everything sent.
    ///
    /// # Errors
    /// [`Fault::Io`], [`Fault::Stream`] or [`Fault::Timeout`]. All frames that came before have been handed out.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    #[inline]
    pub async fn next(&mut self) -> Result<Option<Received<'_, C, E>>, Fault> {
        Ok(match poll_fn(|cx| self.poll_find(cx, false)).await? {
            Found::Frame => Some(self.received()),
            _ => None,
        })
    }

    /// All whole frames that have come, at least one, as borrowed views, and the send queue; `None` at the end.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Nothing is lost; frames that were not taken from the iterator come next.
    pub async fn next_views(&mut self) -> Result<Option<(Views<'_, C>, Outbox<'_, E>)>, Fault> {
        Ok(match poll_fn(|cx| self.poll_find(cx, false)).await? {
            Found::Frame => Some((self.rx.deframer.views_from_found(), self.tx.outbox())),
            _ => None,
        })
    }

    /// All whole frames that have come, at least one, under one refcount, and the send queue; `None` at the end.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next_batch(&mut self) -> Result<Option<(Batch<C::Message>, Outbox<'_, E>)>, Fault> {
        match poll_fn(|cx| self.poll_find(cx, false)).await? {
            // A frame that was found is given back, and batched with those behind it.
            Found::Frame => self.rx.deframer.put_back(),
            _ => return Ok(None),
        }
        let batch = self.rx.deframer.batch().map_err(|error| self.rx.stream_fault(error))?;
        Ok(batch.map(|batch| (batch, self.tx.outbox())))
    }

    /// The next frame; or, if its body is above [`Limits::stream_above`], its head, whereupon the body is taken with
    /// [`chunk`](Self::chunk). Asking for the next frame before the body has ended drops what is left of it.
    ///
    /// # Errors
    /// As for [`next`](Self::next); also if the codec does not stream bodies.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next_or_body(&mut self) -> Result<Option<Arrival<'_, C, E>>, Fault> {
        if let Found::Frame = poll_fn(|cx| self.poll_find(cx, true)).await? {
            return Ok(Some(Arrival::Frame(self.received())));
        }
        #[cfg(feature = "kernel")]
        self.rx.flow.clear();
        let body = self.rx.deframer.take_head().map_err(|error| self.rx.stream_fault(error))?;
        Ok(body.map(|(head, len)| Arrival::Body { head, len }))
    }

    /// The next bytes of the body that is streamed, or `None` when it is complete. What is queued goes out meanwhile.
    ///
    /// # Errors
    /// As for [`next`](Self::next); the stream may end inside the body.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        poll_fn(|cx| {
            loop {
                match self.rx.chunk()? {
                    Chunk::Bytes(bytes) => return Poll::Ready(Ok(Some(bytes))),
                    Chunk::End => return Poll::Ready(Ok(None)),
                    Chunk::Pending => ready!(self.poll_exchange(cx))?,
                }
            }
        })
        .await
    }

    /// Queues one message, and waits until the queue is below its high mark. It goes out with the next [`flush`](Self::flush),
    /// or while [`next`](Self::next) waits.
    ///
    /// # Errors
    /// [`Fault::Encode`] if the message is refused; then nothing of it is queued. Otherwise as for [`flush`](Self::flush).
    ///
    /// # Cancel safety
    /// The message is queued whole before the future can wait.
    pub async fn send<M>(&mut self, message: M) -> Result<(), Fault>
    where
        E: Encode<M>,
    {
        self.tx.outbox().send(message)?;
        poll_fn(|cx| self.tx.poll_drain(&mut self.io, cx)).await
    }

    /// Writes everything that is queued.
    ///
    /// # Errors
    /// [`Fault::Io`] or [`Fault::Timeout`]. What was not sent stays queued.
    ///
    /// # Cancel safety
    /// What was sent is off the queue, and the rest goes out next.
    pub async fn flush(&mut self) -> Result<(), Fault> {
        poll_fn(|cx| self.tx.poll_flush(&mut self.io, cx)).await
    }

    /// Writes everything that is queued and closes the sending direction. Frames can still be received.
    ///
    /// # Errors
    /// As for [`flush`](Self::flush).
    ///
    /// # Cancel safety
    /// As for [`flush`](Self::flush).
    pub async fn shutdown(&mut self) -> Result<(), Fault> {
        poll_fn(|cx| self.tx.poll_shutdown(&mut self.io, cx)).await
    }

    /// Writes everything that is queued, closes the sending direction, and drops what still comes until the peer closes, too.
    ///
    /// For last words: a TCP socket that is closed with input unread resets the connection, and the peer may never see what
    /// it was told. A peer that does not close keeps this waiting; bound it with `tokio::time::timeout`.
    ///
    /// # Errors
    /// As for [`flush`](Self::flush). That the peer is gone once everything was sent is no error.
    pub async fn close(mut self) -> Result<(), Fault> {
        let (mut told, mut ended) = (false, false);
        poll_fn(|cx| {
            if !told {
                told = self.tx.poll_shutdown(&mut self.io, cx)?.is_ready();
            }
            while !ended {
                let mut dropped = [0; 4096];
                let mut dropped = ReadBuf::new(&mut dropped);
                match Pin::new(&mut self.io).poll_read(cx, &mut dropped) {
                    Poll::Ready(Ok(())) => ended = dropped.filled().is_empty(),
                    Poll::Ready(Err(_)) => ended = true,
                    Poll::Pending => return Poll::Pending,
                }
            }
            if told { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
        .await
    }

    /// The frames as a `Stream` of owned ones.
    pub const fn frames(&mut self) -> Frames<'_, T, C, E> {
        Frames::new(self)
    }

    /// Two halves for two tasks, which share the stream through a lock; [`into_split_with`](Self::into_split_with) does without.
    pub fn into_split(self) -> (Receiver<ReadHalf<T>, C>, Sender<WriteHalf<T>, E>) {
        self.into_split_with(tokio::io::split)
    }

    /// Ready with a frame to be lent, or with nothing at the end of the stream (or, streaming, in front of a large body).
    #[inline]
    pub(super) fn poll_find(&mut self, cx: &mut Context<'_>, streaming: bool) -> Poll<Result<Found, Fault>> {
        loop {
            ready!(self.tx.poll_drain(&mut self.io, cx))?;
            match self.rx.find(streaming) {
                Found::Frame => return Poll::Ready(Ok(Found::Frame)),
                Found::Failure => return Poll::Ready(Err(self.rx.failure())),
                Found::Nothing if self.rx.deframer.is_at_body() => return Poll::Ready(Ok(Found::Nothing)),
                Found::Nothing if self.rx.deframer.is_finished() => {
                    ready!(self.tx.poll_flush(&mut self.io, cx))?;
                    return Poll::Ready(Ok(Found::Nothing));
                }
                Found::Nothing => ready!(self.poll_exchange(cx))?,
            }
        }
    }

    /// Writes what is queued and reads what comes, both at once. Ready when something has come.
    pub(crate) fn poll_exchange(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        // Whether all was written does not matter here; that it failed does.
        if let Poll::Ready(flushed) = self.tx.poll_flush(&mut self.io, cx) {
            flushed?;
        }
        self.rx.poll_read(&mut self.io, cx)
    }

    fn received(&mut self) -> Received<'_, C, E> {
        Received { frame: self.rx.deframer.lend(), out: self.tx.outbox() }
    }
}

impl<T: fmt::Debug, C: Codec + fmt::Debug, E: fmt::Debug> fmt::Debug for Connection<T, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("io", &self.io)
            .field("deframer", &self.rx.deframer)
            .field("queue", &self.tx.queue)
            .field("encoder", &self.tx.encoder)
            .finish_non_exhaustive()
    }
}
