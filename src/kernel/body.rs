//! The streamed body of a frame, to another connection.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};

use super::KernelStream;
use super::flow::Stopped;
use crate::recv::Chunk;
use crate::tokio::Connection;
use crate::{Codec, Fault};

/// Why a streamed body has not arrived where it was to go.
#[derive(Debug)]
pub enum BodyFault {
    /// The connection that it came from is at fault. What had come of the body has gone on.
    From(Fault),
    /// What it was to go to is at fault. What is left of it can be dropped: the next frame follows.
    To(Fault),
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(fault) => write!(f, "the body did not come: {fault}"),
            Self::To(fault) => write!(f, "the body could not be passed on: {fault}"),
        }
    }
}

impl std::error::Error for BodyFault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::From(fault) | Self::To(fault) => Some(fault),
        }
    }
}

/// Whichever side was at fault.
impl From<BodyFault> for Fault {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::From(fault) | BodyFault::To(fault) => fault,
        }
    }
}

impl<T, C, E> Connection<T, C, E>
where
    T: KernelStream + AsyncRead + AsyncWrite + Unpin,
    C: Codec,
{
    /// Moves what is left of the streamed body to `to`, behind everything that is queued there, and says how many bytes that
    /// was. The next frame follows.
    ///
    /// What had already come is written; the rest goes from socket to socket by `splice`, if the codec says that it is
    /// [raw](Codec::body_is_raw), and is copied otherwise. What is queued here goes out meanwhile.
    ///
    /// ```no_run
    /// use wireview::formats::LengthPrefixed;
    /// use wireview::length::U32Be;
    /// use wireview::tokio::Connection;
    /// use wireview::{Arrival, Fault};
    ///
    /// type Conn = Connection<tokio::net::TcpStream, LengthPrefixed<U32Be>>;
    ///
    /// /// Passes one message on, however long it is.
    /// async fn relay(from: &mut Conn, to: &mut Conn) -> Result<(), Fault> {
    ///     match from.next_or_body().await? {
    ///         Some(Arrival::Body { len, .. }) => {
    ///             to.out().copy(&(len as u32).to_be_bytes());
    ///             from.body_to(to).await?;
    ///         }
    ///         Some(Arrival::Frame(received)) => to.send(received.frame.view()?).await?,
    ///         None => {}
    ///     }
    ///     to.flush().await
    /// }
    /// ```
    ///
    /// # Errors
    /// Of either side. `to` was promised the whole body, so it refuses to send anything else until it has all of it
    /// ([`Owed`](crate::send::Owed)): after a fault of this side it can only be closed.
    ///
    /// # Cancel safety
    /// Nothing is lost: call it again with the same `to`.
    pub async fn body_to<U, D, F>(&mut self, to: &mut Connection<U, D, F>) -> Result<u64, BodyFault>
    where
        U: KernelStream + AsyncRead + AsyncWrite + Unpin,
        D: Codec,
    {
        poll_fn(|cx| self.poll_body_to(to, cx)).await
    }

    fn poll_body_to<U, D, F>(
        &mut self,
        to: &mut Connection<U, D, F>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<u64, BodyFault>>
    where
        U: KernelStream + AsyncRead + AsyncWrite + Unpin,
        D: Codec,
    {
        let total = self.begin(to, cx);
        let total = ready!(total)?;
        loop {
            // Whether what is queued here was written does not matter; that it failed does.
            if let Poll::Ready(flushed) = self.tx.poll_flush(&mut self.io, cx) {
                flushed.map_err(BodyFault::From)?;
            }
            ready!(self.poll_give(to, cx))?;
            let deframer = &self.rx.deframer;
            let raw = deframer.codec().body_is_raw() && !deframer.is_finished();
            if raw && deframer.pending() == 0 && deframer.body_left() > 0 {
                ready!(self.poll_pass(to, cx))?;
                continue;
            }
            match self.rx.chunk().map_err(BodyFault::From)? {
                Chunk::Bytes(bytes) => self.rx.flow.put(bytes),
                Chunk::End => {
                    self.rx.flow.clear();
                    return Poll::Ready(Ok(total));
                }
                Chunk::Pending => ready!(self.rx.poll_read(&mut self.io, cx)).map_err(BodyFault::From)?,
            }
        }
    }

    /// Has everything written that is in front of the body, and says how long that is.
    fn begin<U, D, F>(&mut self, to: &mut Connection<U, D, F>, cx: &mut Context<'_>) -> Poll<Result<u64, BodyFault>>
    where
        U: KernelStream + AsyncRead + AsyncWrite + Unpin,
        D: Codec,
    {
        let left = self.rx.deframer.body_left() + self.rx.flow.held();
        let flow = &mut self.rx.flow;
        if flow.promised.is_none() {
            ready!(to.tx.poll_flush(&mut to.io, cx)).map_err(BodyFault::To)?;
            to.tx.queue.check().map_err(|error| BodyFault::To(error.into()))?;
            to.tx.queue.owe(left);
            flow.promised = Some(left);
            flow.expect(left);
        } else if to.tx.queue.owed() != left {
            let other = io::Error::new(io::ErrorKind::InvalidInput, "another connection was promised this body");
            return Poll::Ready(Err(BodyFault::To(other.into())));
        }
        Poll::Ready(Ok(flow.promised.unwrap_or(left)))
    }

    /// Writes what was taken.
    fn poll_give<U, D, F>(&mut self, to: &mut Connection<U, D, F>, cx: &mut Context<'_>) -> Poll<Result<(), BodyFault>>
    where
        U: KernelStream,
        D: Codec,
    {
        let before = self.rx.flow.passed;
        let gave = self.rx.flow.poll_give(to.io.socket(), cx);
        self.book(before, to);
        match gave {
            Poll::Ready(gave) => Poll::Ready(gave.map_err(|error| BodyFault::To(to.tx.failed(error)))),
            Poll::Pending => to.tx.poll_patience(cx).map_err(BodyFault::To),
        }
    }

    /// Has the body pass from socket to socket.
    fn poll_pass<U, D, F>(&mut self, to: &mut Connection<U, D, F>, cx: &mut Context<'_>) -> Poll<Result<(), BodyFault>>
    where
        U: KernelStream,
        D: Codec,
    {
        let rx = &mut self.rx;
        let (before, all) = (rx.flow.passed, rx.deframer.body_left());
        let mut left = all;
        let passed = rx.flow.poll(self.io.socket(), to.io.socket(), &mut left, cx);
        let spliced = rx.flow.spliced_in();
        rx.deframer.pass_body(all - left, spliced);
        if left < all {
            rx.came();
        }
        self.book(before, to);
        match passed {
            Poll::Ready(Ok(ended)) => {
                if ended {
                    self.rx.deframer.finish();
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(Stopped::Reading(error))) => Poll::Ready(Err(BodyFault::From(self.rx.failed(error)))),
            Poll::Ready(Err(Stopped::Writing(error))) => Poll::Ready(Err(BodyFault::To(to.tx.failed(error)))),
            Poll::Pending if self.rx.flow.held() > 0 => to.tx.poll_patience(cx).map_err(BodyFault::To),
            Poll::Pending => self.rx.poll_wait(cx).map_err(BodyFault::From),
        }
    }

    /// Books what has gone to `to` since `before`.
    fn book<U, D: Codec, F>(&mut self, before: super::Passed, to: &mut Connection<U, D, F>) {
        let passed = self.rx.flow.passed;
        let (copied, spliced) = (passed.copied - before.copied, passed.spliced - before.spliced);
        if copied + spliced > 0 {
            to.tx.queue.advance_owed(copied, spliced);
            to.tx.went();
        }
    }
}
