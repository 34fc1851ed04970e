//! Pipes: where bytes are between two sockets.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with, splice};

/// How much a pipe is asked to hold. A user without privileges gets 64 MiB of pipes by default, and then pipes of two pages.
const CAPACITY: usize = 256 * 1024;

/// A pipe that holds less is not worth its calls.
const WORTHWHILE: usize = 32 * 1024;

/// How many pipes there are at most, in use or not. Whoever finds none copies.
const MAX_PIPES: usize = 256;

/// How many pipes wait for their next use.
const MAX_IDLE: usize = 32;

static IDLE: Mutex<Vec<Ends>> = Mutex::new(Vec::new());
static COUNT: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
struct Ends {
    read: OwnedFd,
    write: OwnedFd,
    capacity: usize,
}

impl Drop for Ends {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A pipe that is in use, and what it holds. Dropped when it is empty, it is used again; otherwise, or after an error, what it
/// holds must never reach another connection, and it is closed.
#[derive(Debug)]
pub(crate) struct Pipe {
    ends: Option<Ends>,
    held: usize,
}

impl Pipe {
    /// A pipe that is empty; `None` if there are enough of them, or the system gives no more.
    pub(crate) fn take() -> Option<Self> {
        let idle = IDLE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let ends = idle.or_else(open)?;
        Some(Self { ends: Some(ends), held: 0 })
    }

    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    /// Moves up to `max` bytes from `from` into the pipe, which must be empty: only then does `WouldBlock` say something
    /// about `from`. 0 at its end.
    pub(crate) fn fill(&mut self, from: BorrowedFd<'_>, max: u64) -> io::Result<usize> {
        debug_assert_eq!(self.held, 0, "a pipe with something in it says WouldBlock, too");
        let Some(ends) = &self.ends else { return Err(Errno::PIPE.into()) };
        let len = max.min(ends.capacity as u64) as usize;
        let flags = SpliceFlags::NONBLOCK | SpliceFlags::MOVE;
        let moved = splice(from, None, &ends.write, None, len, flags)?;
        self.held = moved;
        Ok(moved)
    }

    /// Moves of what the pipe holds to the socket `to`. Nothing is ever announced to follow: what has come from a peer may be
    /// all for a long time.
    pub(crate) fn empty(&mut self, to: BorrowedFd<'_>) -> io::Result<usize> {
        self.empty_at(to, None)
    }

    fn empty_at(&mut self, to: BorrowedFd<'_>, at: Option<&mut u64>) -> io::Result<usize> {
        let Some(ends) = &self.ends else { return Err(Errno::PIPE.into()) };
        let flags = SpliceFlags::NONBLOCK | SpliceFlags::MOVE;
        let moved = splice(&ends.read, None, to, at, self.held, flags)?;
        self.held -= moved;
        Ok(moved)
    }

    /// Moves everything that the pipe holds into `file`, from `at` on. Blocks as long as the file does.
    pub(crate) fn empty_into(&mut self, file: &File, mut at: u64) -> io::Result<()> {
        while self.held > 0 {
            match self.empty_at(file.as_fd(), Some(&mut at)) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Err(error) if super::refuses(&error) => return file.write_all_at(&self.read_out()?, at),
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads what the pipe holds into memory, for those who cannot be given it.
    pub(crate) fn read_out(&mut self) -> io::Result<Vec<u8>> {
        let Some(ends) = &self.ends else { return Err(Errno::PIPE.into()) };
        let mut bytes = vec![0; self.held];
        let mut at = 0;
        while at < bytes.len() {
            match rustix::io::read(&ends.read, &mut bytes[at..]) {
                Ok(0) => return Err(Errno::PIPE.into()),
                Ok(read) => at += read,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.held = 0;
        Ok(bytes)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let Some(ends) = self.ends.take() else { return };
        if self.held > 0 {
            return;
        }
        let mut idle = IDLE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(ends);
        }
    }
}

fn open() -> Option<Ends> {
    if COUNT.fetch_add(1, Ordering::Relaxed) >= MAX_PIPES {
        COUNT.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    let Ok((read, write)) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK) else {
        COUNT.fetch_sub(1, Ordering::Relaxed);
        return None;
    };
    // It may be refused; what there is will do.
    let asked = fcntl_setpipe_size(&write, CAPACITY).ok();
    let capacity = asked.or_else(|| fcntl_getpipe_size(&write).ok()).unwrap_or(0);
    let ends = Ends { read, write, capacity };
    (capacity >= WORTHWHILE).then_some(ends)
}
