use std::fmt;
use std::future::poll_fn;
use std::task::{Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::inflow::Inflow;
use super::outflow::Outflow;
use crate::fault::Fault;
use crate::recv::{Chunk, Found};
use crate::{Batch, Codec, Encode, Ledger, Lent, Outbox, Views};

/// The receiving half of a connection.
pub struct Receiver<R, C: Codec> {
    io: R,
    rx: Inflow<C>,
}

impl<R, C: Codec> Receiver<R, C> {
    pub(super) const fn new(io: R, rx: Inflow<C>) -> Self {
        Self { io, rx }
    }

    /// The codec, to change its state between frames.
    pub const fn codec_mut(&mut self) -> &mut C {
        self.rx.deframer.codec_mut()
    }

    /// What was copied, shared and allocated.
    pub const fn ledger(&self) -> &Ledger {
        self.rx.deframer.ledger()
    }
}

impl<R: AsyncRead + Unpin, C: Codec> Receiver<R, C> {
    /// The next frame, lent; `None` at the end of the stream.
    ///
    /// # Errors
    /// [`Fault::Io`], [`Fault::Stream`] or [`Fault::Timeout`]. All frames that came before have been handed out.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next(&mut self) -> Result<Option<Lent<'_, C>>, Fault> {
        Ok(if self.wait().await? { Some(self.rx.deframer.lend()) } else { None })
    }

    /// All whole frames that have come, at least one, as borrowed views; `None` at the end.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Nothing is lost; frames that were not taken from the iterator come next.
    pub async fn next_views(&mut self) -> Result<Option<Views<'_, C>>, Fault> {
        Ok(if self.wait().await? { Some(self.rx.deframer.views_from_found()) } else { None })
    }

    /// All whole frames that have come, at least one, under one refcount; `None` at the end.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next_batch(&mut self) -> Result<Option<Batch<C::Message>>, Fault> {
        if !self.wait().await? {
            return Ok(None);
        }
        self.rx.deframer.put_back();
        self.rx.deframer.batch().map_err(|error| self.rx.stream_fault(error))
    }

    /// True with a frame to be lent, false at the end.
    async fn wait(&mut self) -> Result<bool, Fault> {
        poll_fn(|cx| {
            loop {
                match self.rx.find(false) {
                    Found::Frame => return Poll::Ready(Ok(true)),
                    Found::Failure => return Poll::Ready(Err(self.rx.failure())),
                    Found::Nothing if self.rx.deframer.is_finished() => return Poll::Ready(Ok(false)),
                    Found::Nothing => ready!(self.rx.poll_read(&mut self.io, cx))?,
                }
            }
        })
        .await
    }

    /// The next bytes of a streamed body, or `None` when it is complete: see [`Connection::chunk`](super::Connection::chunk).
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        poll_fn(|cx| {
            loop {
                match self.rx.chunk()? {
                    Chunk::Bytes(bytes) => return Poll::Ready(Ok(Some(bytes))),
                    Chunk::End => return Poll::Ready(Ok(None)),
                    Chunk::Pending => ready!(self.rx.poll_read(&mut self.io, cx))?,
                }
            }
        })
        .await
    }
}

/// The sending half of a connection.
pub struct Sender<W, E> {
    io: W,
    tx: Outflow<W, E>,
}

impl<W, E> Sender<W, E> {
    pub(super) const fn new(io: W, tx: Outflow<W, E>) -> Self {
        Self { io, tx }
    }

    /// Lets the kernel send file regions: see [`Connection::kernel`](super::Connection::kernel). A half is asked on its own,
    /// since it is another stream than the whole was.
    #[cfg(feature = "kernel")]
    #[must_use]
    pub const fn kernel(mut self) -> Self
    where
        W: crate::kernel::KernelSink,
    {
        self.tx.route.open();
        self
    }

    /// The send queue and its encoder.
    pub const fn out(&mut self) -> Outbox<'_, E> {
        self.tx.outbox()
    }

    /// What was copied and shared.
    pub const fn ledger(&self) -> &Ledger {
        self.tx.queue.ledger()
    }
}

impl<W: AsyncWrite + Unpin, E> Sender<W, E> {
    /// Queues one message, and waits until the queue is below its high mark.
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

    /// Writes everything that is queued and closes the sending direction.
    ///
    /// # Errors
    /// As for [`flush`](Self::flush).
    ///
    /// # Cancel safety
    /// As for [`flush`](Self::flush).
    pub async fn shutdown(&mut self) -> Result<(), Fault> {
        poll_fn(|cx| self.tx.poll_shutdown(&mut self.io, cx)).await
    }
}

impl<R: fmt::Debug, C: Codec + fmt::Debug> fmt::Debug for Receiver<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("io", &self.io).field("deframer", &self.rx.deframer).finish()
    }
}

impl<W: fmt::Debug, E: fmt::Debug> fmt::Debug for Sender<W, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outflow { queue, encoder, .. } = &self.tx;
        f.debug_struct("Sender").field("io", &self.io).field("queue", queue).field("encoder", encoder).finish()
    }
}
