//! The sending half of a driver.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::task::{JoinHandle, spawn_blocking};

use super::timer::Timer;
use super::trace::Trace;
use crate::fault::{Fault, Timeout};
use crate::send::FILE_CHUNK;
use crate::{Gather, Outbox};

/// For a writer that takes one slice at a time, so many bytes of small pieces are put together.
const FLAT: usize = 16 * 1024;

pub(super) struct Outflow<E> {
    pub(super) queue: Gather,
    pub(super) encoder: E,
    pub(super) patience: Option<Duration>,
    timer: Timer,
    /// Above the high mark once, and not yet back at the low one.
    draining: bool,
    /// The stream has bytes of ours that it was not asked to flush.
    unflushed: bool,
    /// The first bytes of the file region at the front, on their way.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    flat: Vec<u8>,
    trace: Trace,
}

impl<E> Outflow<E> {
    pub(super) const fn new(queue: Gather, encoder: E, trace: Trace) -> Self {
        Self {
            queue,
            encoder,
            patience: None,
            timer: Timer::new(),
            draining: false,
            unflushed: false,
            reading: None,
            flat: Vec::new(),
            trace,
        }
    }

    pub(super) const fn outbox(&mut self) -> Outbox<'_, E> {
        Outbox::new(&mut self.queue, &mut self.encoder)
    }

    /// Writes until the low mark is reached, if the high mark was exceeded.
    #[inline]
    pub(super) fn poll_drain<T>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
    where
        T: AsyncWrite + Unpin,
    {
        self.draining |= self.queue.is_above_high();
        while self.draining {
            ready!(self.poll_write(io, cx))?;
            self.draining = self.queue.is_above_low();
        }
        Poll::Ready(Ok(()))
    }

    /// Writes everything, and has the stream flush it.
    pub(super) fn poll_flush<T>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
    where
        T: AsyncWrite + Unpin,
    {
        while !self.queue.is_empty() {
            ready!(self.poll_write(io, cx))?;
        }
        if self.unflushed {
            match Pin::new(io).poll_flush(cx) {
                Poll::Ready(flushed) => flushed.map_err(|error| self.failed(error))?,
                Poll::Pending => return self.poll_patience(cx),
            }
            self.unflushed = false;
            self.timer.clear();
        }
        Poll::Ready(Ok(()))
    }

    /// Writes everything, and closes the sending direction.
    pub(super) fn poll_shutdown<T>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
    where
        T: AsyncWrite + Unpin,
    {
        ready!(self.poll_flush(io, cx))?;
        Pin::new(io).poll_shutdown(cx).map_err(|error| self.failed(error))
    }

    /// Writes once; the queue must not be empty.
    fn poll_write<T>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
    where
        T: AsyncWrite + Unpin,
    {
        if self.queue.front_file().is_some() {
            ready!(self.poll_read_file(cx))?;
        }
        let io = Pin::new(io);
        let flat = !io.is_write_vectored() && self.queue.len_slices(2) > 1;
        let wrote = if flat {
            self.flat.clear();
            self.queue.flatten_into(&mut self.flat, FLAT);
            io.poll_write(cx, &self.flat)
        } else {
            self.queue.with_slices(|slices| match slices {
                [one] => io.poll_write(cx, one),
                many => io.poll_write_vectored(cx, many),
            })
        };
        match wrote {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(self.failed(io::ErrorKind::WriteZero.into()))),
            Poll::Ready(Ok(sent)) => {
                if flat {
                    self.queue.advance_flattened(sent);
                } else {
                    self.queue.advance(sent);
                }
                self.queue.ledger_mut().writes += 1;
                self.unflushed = true;
                self.timer.clear();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.failed(error))),
            Poll::Pending => self.poll_patience(cx),
        }
    }

    /// Reads the first bytes of the file region at the front, where a file may block: in the pool for blocking calls.
    fn poll_read_file(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let Some(region) = self.queue.front_file() else { return Poll::Ready(Ok(())) };
        let reading = self.reading.get_or_insert_with(|| {
            let region = region.clone();
            spawn_blocking(move || region.read_front(FILE_CHUNK))
        });
        let read = ready!(Pin::new(reading).poll(cx));
        self.reading = None;
        let bytes = read.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(|error| self.failed(error))?;
        self.queue.substitute_front(bytes);
        Poll::Ready(Ok(()))
    }

    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        ready!(self.timer.poll(cx, self.patience));
        Poll::Ready(Err(self.trace.told(Fault::Timeout(Timeout::Write))))
    }

    #[cold]
    fn failed(&self, error: io::Error) -> Fault {
        self.trace.told(Fault::Io(error))
    }

    pub(super) fn switch<F>(self, encoder: F) -> (Outflow<F>, E) {
        let outflow = Outflow {
            queue: self.queue,
            encoder,
            patience: self.patience,
            timer: self.timer,
            draining: self.draining,
            unflushed: self.unflushed,
            reading: self.reading,
            flat: self.flat,
            trace: self.trace,
        };
        (outflow, self.encoder)
    }
}
