//! Bytes from one socket to another.

use std::cell::RefCell;
use std::io;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};

#[cfg(all(target_os = "linux", not(wireview_portable)))]
use super::linux::Pipe;
use super::{BURST, Passed, Socket};

/// How much is copied at a time. Who sends more at once is worth a pipe.
const SCRATCH: usize = 16 * 1024;

/// A pipe that is filled with less than this,
#[cfg(all(target_os = "linux", not(wireview_portable)))]
const FEW: usize = 4 * 1024;

/// so often in a row, is given up: it costs what copying costs, and takes part of what others could use.
#[cfg(all(target_os = "linux", not(wireview_portable)))]
const OFTEN: u8 = 4;

thread_local! {
    /// Where bytes are while they are copied. One for each thread: what could not be written is moved out of it.
    static BETWEEN: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH]);
}

/// One direction, and how far it has got. Everything is kept here, so that a future that is dropped loses nothing.
///
/// ```text
///  from ──▶ scratch ──▶ to        a few bytes at a time: copied, nothing is held between two of them
///  from ──▶  pipe   ──▶ to        many: spliced, a pipe is held while they come
/// ```
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Was read, or was there before, and is to be written first.
    ahead: Bytes,
    #[cfg(all(target_os = "linux", not(wireview_portable)))]
    pipe: Option<Pipe>,
    /// Whether many bytes come at a time.
    #[cfg(all(target_os = "linux", not(wireview_portable)))]
    bulk: bool,
    #[cfg(all(target_os = "linux", not(wireview_portable)))]
    few: u8,
    /// The kernel does not splice between these.
    #[cfg(all(target_os = "linux", not(wireview_portable)))]
    refused: bool,
    pub(crate) passed: Passed,
    /// Bytes that were taken into pipes, and not told of.
    taken: u64,
    /// What has been moved since others had their turn.
    burst: u64,
    /// How long the body is that this flow is for, once it has begun.
    pub(crate) promised: Option<u64>,
}

/// Why a flow has stopped, and on which side.
#[derive(Debug)]
pub(crate) enum Stopped {
    Reading(io::Error),
    Writing(io::Error),
}

impl Flow {
    /// A flow that begins with `ahead`.
    pub(crate) fn new(ahead: Bytes) -> Self {
        Self { ahead, ..Self::default() }
    }

    /// Says that `count` bytes will come: if they are many, they need not prove it.
    pub(crate) const fn expect(&mut self, count: u64) {
        #[cfg(all(target_os = "linux", not(wireview_portable)))]
        {
            self.bulk = count > SCRATCH as u64;
        }
        #[cfg(not(all(target_os = "linux", not(wireview_portable))))]
        let _ = count;
    }

    /// Puts bytes that go next. Nothing is held.
    pub(crate) fn put(&mut self, bytes: Bytes) {
        debug_assert_eq!(self.held(), 0, "what is held goes first");
        self.ahead = bytes;
    }

    /// Forgets everything, and closes a pipe with something in it.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many bytes were taken into pipes since this was asked last.
    pub(crate) const fn spliced_in(&mut self) -> u64 {
        std::mem::replace(&mut self.taken, 0)
    }

    /// How many bytes were taken and not given.
    pub(crate) fn held(&self) -> u64 {
        let held = self.ahead.len() as u64;
        #[cfg(all(target_os = "linux", not(wireview_portable)))]
        let held = held + self.pipe.as_ref().map_or(0, |pipe| pipe.held() as u64);
        held
    }

    /// Moves bytes until `left` of them have been taken and everything has been given, or `from` has ended: then true.
    pub(crate) fn poll(
        &mut self,
        from: Socket<'_>,
        to: Socket<'_>,
        left: &mut u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Stopped>> {
        loop {
            ready!(self.poll_give(to, cx)).map_err(Stopped::Writing)?;
            if *left == 0 {
                self.rest();
                return Poll::Ready(Ok(false));
            }
            if self.burst >= BURST {
                self.burst = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let Poll::Ready(readable) = from.poll_readable(cx) else {
                self.rest();
                return Poll::Pending;
            };
            let took = readable.and_then(|()| self.take(from, to, *left, cx));
            match took {
                Ok(0) => {
                    self.rest();
                    return Poll::Ready(Ok(true));
                }
                Ok(took) => {
                    *left -= took as u64;
                    self.burst += took as u64;
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Poll::Ready(Err(Stopped::Reading(error))),
            }
        }
    }

    /// Gives what was taken.
    pub(crate) fn poll_give(&mut self, to: Socket<'_>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.ahead.is_empty() {
                let gave = ready!(to.poll_write(cx, &self.ahead))?;
                self.ahead.advance(gave);
                self.passed.copied += gave as u64;
            }
            // An empty one of a long buffer would keep it.
            self.ahead = Bytes::new();
            if !ready!(self.poll_give_pipe(to, cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Takes up to `left` bytes, and copies on at once what can be.
    fn take(&mut self, from: Socket<'_>, to: Socket<'_>, left: u64, cx: &mut Context<'_>) -> io::Result<usize> {
        #[cfg(all(target_os = "linux", not(wireview_portable)))]
        if self.bulk
            && !self.refused
            && let Some(took) = self.take_pipe(from, left)
        {
            return took;
        }
        BETWEEN.with_borrow_mut(|scratch| {
            let max = left.min(SCRATCH as u64) as usize;
            let took = from.try_read(&mut scratch[..max])?;
            #[cfg(all(target_os = "linux", not(wireview_portable)))]
            {
                self.bulk |= took == SCRATCH;
            }
            let mut rest = &scratch[..took];
            while !rest.is_empty() {
                // That it failed is told when the rest is given.
                let Poll::Ready(Ok(gave)) = to.poll_write(cx, rest) else { break };
                self.passed.copied += gave as u64;
                rest = &rest[gave..];
            }
            self.ahead = Bytes::copy_from_slice(rest);
            Ok(took)
        })
    }

    /// Gives the pipe back while nothing comes: an idle connection holds nothing.
    fn rest(&mut self) {
        #[cfg(all(target_os = "linux", not(wireview_portable)))]
        if self.held() == 0 {
            self.pipe = None;
        }
    }
}

#[cfg(all(target_os = "linux", not(wireview_portable)))]
impl Flow {
    /// Gives of what is in the pipe. False if nothing is.
    fn poll_give_pipe(&mut self, to: Socket<'_>, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let Some(pipe) = &mut self.pipe else { return Poll::Ready(Ok(false)) };
        while pipe.held() > 0 {
            match ready!(to.poll_write_with(cx, || pipe.empty(to.fd()))) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(gave) => self.passed.spliced += gave as u64,
                Err(error) if super::linux::refuses(&error) => {
                    self.ahead = pipe.read_out()?.into();
                    self.refused = true;
                    self.pipe = None;
                    return Poll::Ready(Ok(true));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(false))
    }

    /// Takes up to `left` bytes into a pipe; `None` if they are to be copied.
    fn take_pipe(&mut self, from: Socket<'_>, left: u64) -> Option<io::Result<usize>> {
        if self.pipe.is_none() {
            self.pipe = Pipe::take();
        }
        let pipe = self.pipe.as_mut()?;
        let took = from.try_read_with(|| pipe.fill(from.fd(), left));
        if let Ok(took) = took {
            self.taken += took as u64;
        }
        match &took {
            Ok(took) if *took < FEW && (*took as u64) < left => {
                self.few += 1;
                if self.few == OFTEN {
                    self.bulk = false;
                    self.few = 0;
                }
            }
            Ok(_) => self.few = 0,
            Err(error) if super::linux::refuses(error) => {
                self.refused = true;
                self.pipe = None;
                return None;
            }
            Err(_) => {}
        }
        Some(took)
    }
}

#[cfg(not(all(target_os = "linux", not(wireview_portable))))]
impl Flow {
    #[expect(clippy::unused_self, reason = "there is a pipe on Linux")]
    const fn poll_give_pipe(&mut self, _: Socket<'_>, _: &mut Context<'_>) -> Poll<io::Result<bool>> {
        Poll::Ready(Ok(false))
    }
}
