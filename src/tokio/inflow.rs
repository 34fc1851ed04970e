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

pub(super) struct Inflow<C: Codec> {
    pub(super) deframer: Deframer<C>,
    pub(super) deadlines: Deadlines,
    timer: Timer,
    /// Which deadline the timer is for.
    timed: Timeout,
    trace: Trace,
}

impl<C: Codec> Inflow<C> {
    pub(super) fn new(deframer: Deframer<C>, trace: Trace) -> Self {
        Self { deframer, deadlines: Deadlines::default(), timer: Timer::new(), timed: Timeout::Idle, trace }
    }

    /// Reads once. Ready when bytes have come, or the end.
    pub(super) fn poll_read<T>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>
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
            Poll::Pending => {
                ready!(self.poll_deadline(cx));
                Poll::Ready(Err(self.trace.told(Fault::Timeout(self.timed))))
            }
        }
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
    pub(super) fn chunk(&mut self) -> Result<Chunk, Fault> {
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
        (Inflow { deframer, deadlines: self.deadlines, timer: self.timer, timed: self.timed, trace: self.trace }, old)
    }
}
