//! The receiving half of a driver.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncRead;
use tokio_util::io::poll_read_buf;

use super::timer::{Deadlines, Timer};
use super::trace::Trace;
use crate::fault::{Fault, Timeout};
use crate::recv::{Chunk, Found};
use crate::{Codec, Deframer, Error};

pub(crate) struct Inflow<C: Codec> {
    pub(crate) deframer: Deframer<C>,
    pub(super) deadlines: Deadlines,
    /// A streamed body on its way to another connection.
    #[cfg(feature = "kernel")]
    pub(crate) flow: crate::kernel::Flow,
    timer: Timer,
    /// Which deadline the timer is for.
    timed: Timeout,
    trace: Trace,
}

impl<C: Codec> Inflow<C> {
    pub(super) fn new(deframer: Deframer<C>, trace: Trace) -> Self {
        Self {
            deframer,
            deadlines: Deadlines::default(),
            #[cfg(feature = "kernel")]
            flow: crate::kernel::Flow::default(),
            timer: Timer::new(),
            timed: Timeout::Idle,
            trace,
        }
    }

    /// Reads once. Ready when bytes have come, or the end.
    pub(crate) fn poll_read<T>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
    where
        T: AsyncRead + Unpin,
    {
        match self.deframer.read_with(|block| poll_read_buf(Pin::new(&mut *io), cx, block)) {
            Poll::Ready(Ok(read)) => {
                if read == 0 {
                    self.deframer.finish();
                }
                // A frame that comes byte by byte is still one wait.
                if self.timed == Timeout::Idle {
                    self.timer.clear();
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.trace.told(error.into()))),
            Poll::Pending => self.poll_wait(cx),
        }
    }

    /// Waits with the deadline for what is waited for.
    pub(crate) fn poll_wait<R>(&mut self, cx: &mut Context<'_>) -> Poll<Result<R, Fault>> {
        ready!(self.poll_deadline(cx));
        Poll::Ready(Err(self.trace.told(Fault::Timeout(self.timed))))
    }

    /// Notes that bytes have come, by whatever way.
    #[cfg(feature = "kernel")]
    pub(crate) const fn came(&mut self) {
        self.timer.clear();
    }

    /// The stream failed.
    #[cfg(feature = "kernel")]
    #[cold]
    pub(crate) fn failed(&self, error: std::io::Error) -> Fault {
        self.trace.told(error.into())
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let inside = self.deframer.pending() > 0 || self.deframer.is_in_body();
        let (timed, limit) =
            if inside { (Timeout::Frame, self.deadlines.frame) } else { (Timeout::Idle, self.deadlines.idle) };
        if self.timed != timed {
            self.timed = timed;
            self.timer.clear();
        }
        self.timer.poll(cx, limit)
    }

    /// Looks for a frame in what has come.
    #[inline]
    pub(super) fn find(&mut self, streaming: bool) -> Found {
        let found = self.deframer.find(streaming);
        if found == Found::Frame {
            self.timer.clear();
        }
        found
    }

    /// Takes a chunk of a streamed body from what has come.
    pub(crate) fn chunk(&mut self) -> Result<Chunk, Fault> {
        let chunk = self.deframer.chunk().map_err(|error| self.stream_fault(error))?;
        if chunk != Chunk::Pending {
            self.timer.clear();
        }
        Ok(chunk)
    }

    /// The fault that ended the stream.
    #[cold]
    pub(super) fn failure(&self) -> Fault {
        self.stream_fault(self.deframer.failure())
    }

    #[cold]
    pub(super) fn stream_fault(&self, error: Error) -> Fault {
        self.trace.told(Fault::Stream(Box::new(self.deframer.report(error))))
    }

    #[cold]
    pub(super) fn frame_fault(&self, error: Error) -> Fault {
        self.trace.told(Fault::Frame(Box::new(self.deframer.report_last(error))))
    }

    pub(super) fn switch<D: Codec>(self, codec: D) -> (Inflow<D>, C) {
        let (deframer, old) = self.deframer.switch(codec);
        let inflow = Inflow {
            deframer,
            deadlines: self.deadlines,
            #[cfg(feature = "kernel")]
            flow: self.flow,
            timer: self.timer,
            timed: self.timed,
            trace: self.trace,
        };
        (inflow, old)
    }
}
