//! Memory, to a socket.

use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;

use rustix::net::{SendAncillaryBuffer, SendFlags, send, sendmsg, sockopt};

/// Writes `slices`. `more` says that bytes follow at once, which the kernel is to send in the same packets.
pub(crate) fn send_memory(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>], more: bool) -> io::Result<usize> {
    let flags = if more { SendFlags::NOSIGNAL | SendFlags::MORE } else { SendFlags::NOSIGNAL };
    Ok(match slices {
        [one] => send(socket, one, flags)?,
        many => sendmsg(socket, many, &mut SendAncillaryBuffer::default(), flags)?,
    })
}

/// Has the kernel send at once what it holds back for what was announced and will not come.
pub(crate) fn push(socket: BorrowedFd<'_>) {
    // Not a TCP socket: it held nothing back. Set again, the option pushes.
    if let Ok(nodelay) = sockopt::tcp_nodelay(socket) {
        let _ = sockopt::set_tcp_nodelay(socket, true);
        if !nodelay {
            let _ = sockopt::set_tcp_nodelay(socket, false);
        }
    }
}
