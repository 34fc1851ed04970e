//! A region of a file, to a socket.

use std::io;
use std::os::fd::BorrowedFd;

#[cfg(feature = "tokio")]
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::sendfile;
use rustix::io::Errno;

use crate::FileRegion;

/// Has the kernel send up to `max` bytes of `region`; 0 if the file ends there.
pub(crate) fn send_file(socket: BorrowedFd<'_>, region: &FileRegion, max: usize) -> io::Result<usize> {
    let mut offset = region.offset();
    let count = region.len().min(max as u64) as usize;
    Ok(sendfile(socket, region.file(), Some(&mut offset), count)?)
}

/// Whether the kernel calls `socket` writable: a third of its buffer is free. If not, it will say when it is.
#[cfg(feature = "tokio")]
pub(crate) fn is_writable(socket: BorrowedFd<'_>) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    // That it failed is found by whoever writes.
    !matches!(poll(&mut [PollFd::new(&socket, PollFlags::OUT)], Some(&now)), Ok(0))
}

/// Whether that failed because the kernel does not do it with this file or this socket.
pub(crate) fn refuses(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::SPIPE | Errno::OVERFLOW | Errno::PERM)
    )
}
