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
use crate::route::Route;
use crate::send::FILE_CHUNK;
use crate::{FileRegion, Gather, Outbox};

/// For a writer that takes one slice at a time, so many bytes of small pieces are put together.
const FLAT: usize = 16 * 1024;

pub(crate) struct Outflow<T, E> {
    pub(crate) queue: Gather,
    pub(super) encoder: E,
    pub(super) patience: Option<Duration>,
    /// How bytes may go around `T`'s `AsyncWrite`.
    pub(crate) route: Route<T>,
    #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
    pub(crate) warmth: crate::kernel::Warmth,
    timer: Timer,
    /// Above the high mark once, and not yet back at the low one.
    draining: bool,
    /// The stream has bytes of ours that it was not asked to flush.
    unflushed: bool,
    /// The first bytes of a file region, on their way.
    reading: Option<(FileRegion, JoinHandle<io::Result<Bytes>>)>,
    flat: Vec<u8>,
    trace: Trace,
}

impl<T, E> Outflow<T, E> {
    pub(super) const fn new(queue: Gather, encoder: E, trace: Trace) -> Self {
        Self {
            queue,
            encoder,
            patience: None,
            route: Route::new(),
            #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
            warmth: crate::kernel::Warmth::new(),
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
    pub(super) fn poll_drain(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
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
    pub(crate) fn poll_flush(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
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
    pub(super) fn poll_shutdown(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
    where
        T: AsyncWrite + Unpin,
    {
        ready!(self.poll_flush(io, cx))?;
        Pin::new(io).poll_shutdown(cx).map_err(|error| self.failed(error))
    }

    /// Writes once; the queue must not be empty.
    fn poll_write(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
    where
        T: AsyncWrite + Unpin,
    {
        if self.queue.has_files() {
            #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
            if let Some(socket) = self.route.socket(io) {
                return self.poll_kernel(socket, cx);
            }
            if self.queue.front_file().is_some() {
                ready!(self.poll_read_file(cx))?;
            }
        }
        self.queue.check().map_err(|error| self.failed(error))?;
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
                self.wrote();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.failed(error))),
            Poll::Pending => self.poll_patience(cx),
        }
    }

    /// Books a write that took bytes.
    #[inline]
    pub(crate) fn wrote(&mut self) {
        self.queue.ledger_mut().writes += 1;
        self.went();
    }

    /// Notes that bytes have gone, by whatever way.
    #[inline]
    pub(crate) const fn went(&mut self) {
        self.unflushed = true;
        self.timer.clear();
    }

    /// Reads the first bytes of the file region at the front, where a file may block: in the pool for blocking calls.
    pub(crate) fn poll_read_file(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.queue.check().map_err(|error| self.failed(error))?;
        let Some(region) = self.queue.front_file() else { return Poll::Ready(Ok(())) };
        // What is being read was at the front when that began; the queue may have been cleared and filled since.
        let (_, reading) = match &mut self.reading {
            Some(reading) if reading.0 == *region => reading,
            other => {
                let front = region.clone();
                other.insert((region.clone(), spawn_blocking(move || front.read_front(FILE_CHUNK))))
            }
        };
        let read = ready!(Pin::new(reading).poll(cx));
        self.reading = None;
        let read = read.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        let bytes = read.map_err(|error| {
            let error = self.queue.failed(error);
            self.failed(error)
        })?;
        self.queue.substitute_front(bytes);
        Poll::Ready(Ok(()))
    }

    /// Whether the first bytes of the region at the front are being read.
    #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
    pub(crate) const fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    pub(crate) fn poll_patience<R>(&mut self, cx: &mut Context<'_>) -> Poll<Result<R, Fault>> {
        ready!(self.timer.poll(cx, self.patience));
        Poll::Ready(Err(self.trace.told(Fault::Timeout(Timeout::Write))))
    }

    #[cold]
    pub(crate) fn failed(&self, error: io::Error) -> Fault {
        self.trace.told(Fault::Io(error))
    }

    /// The same with another encoder.
    pub(super) fn switch<F>(self, encoder: F) -> Outflow<T, F> {
        Outflow {
            queue: self.queue,
            encoder,
            patience: self.patience,
            route: self.route,
            #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
            warmth: self.warmth,
            timer: self.timer,
            draining: self.draining,
            unflushed: self.unflushed,
            reading: self.reading,
            flat: self.flat,
            trace: self.trace,
        }
    }

    /// The same for another stream, which has to be asked again for a way around its `AsyncWrite`.
    pub(super) fn over<W>(self) -> Outflow<W, E> {
        Outflow {
            queue: self.queue,
            encoder: self.encoder,
            patience: self.patience,
            route: Route::new(),
            #[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
            warmth: crate::kernel::Warmth::new(),
            timer: self.timer,
            draining: self.draining,
            unflushed: self.unflushed,
            reading: self.reading,
            flat: self.flat,
            trace: self.trace,
        }
    }
}
