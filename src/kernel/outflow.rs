//! The send queue of a tokio connection, to a socket.

use std::io;
use std::task::{Context, Poll, ready};

use super::linux::{push, read_now, refuses, send_file, send_memory};
use super::{BURST, SENDFILE_FROM, Socket};
use crate::tokio::Outflow;
use crate::{Fault, FileRegion};

/// What is sent to the network at once is made of at most so many pieces of pages (`MAX_SKB_FRAGS`).
const FRAGMENTS: u64 = 17;

const PAGE: u64 = 4096;

/// How many short regions are read at a time.
const SHORT_REGIONS: usize = 64;

impl<T, E> Outflow<T, E> {
    /// Writes once from a queue with a file region in it.
    ///
    /// ```text
    ///  memory, short regions, memory          region             memory …
    ///  └─ one sendmsg, with MSG_MORE ─┘└─ sendfile, 1 MiB each ──┘
    /// ```
    pub(crate) fn poll_kernel(&mut self, socket: Socket<'_>, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.queue.check().map_err(|error| self.failed(error))?;
        // A region that is being read must still be there when that is done.
        if !self.is_reading() {
            self.queue.read_short(SENDFILE_FROM - 1, SHORT_REGIONS, read_now);
        }
        if self.queue.front_file().is_none() {
            ready!(self.poll_send_memory(socket, cx))?;
            // What was announced to follow does follow, before anybody can go away.
            if self.queue.front_file().is_none_or(|region| region.len() < SENDFILE_FROM) {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_send_file(socket, cx)
    }

    fn poll_send_memory(&mut self, socket: Socket<'_>, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        // Only what is there can follow at once.
        let more = match self.queue.next_file() {
            Some(region) if region.len() >= SENDFILE_FROM && !self.warmth.is_refused(region) => {
                self.warmth.is_warm(region) && rides(region)
            }
            _ => false,
        };
        self.book_misses();
        let queue = &self.queue;
        let wrote = socket.poll_write_with(cx, || queue.with_slices(|slices| send_memory(socket.fd(), slices, more)));
        match wrote {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(self.failed(io::ErrorKind::WriteZero.into()))),
            Poll::Ready(Ok(sent)) => {
                self.queue.advance(sent);
                self.wrote();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.failed(error))),
            Poll::Pending => self.poll_patience(cx),
        }
    }

    /// Sends of the region at the front.
    fn poll_send_file(&mut self, socket: Socket<'_>, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let Some(region) = self.queue.front_file() else { return Poll::Ready(Ok(())) };
        let short = region.len() < SENDFILE_FROM && !self.queue.is_begun();
        if short || self.warmth.is_refused(region) {
            if short && !self.is_reading() {
                self.warmth.misses += 1;
                self.book_misses();
            }
            return self.poll_read_file(cx);
        }
        let warm = self.warmth.poll_warm(region, cx);
        self.book_misses();
        let max = ready!(warm);
        if self.warmth.burst >= BURST {
            self.warmth.burst = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(region) = self.queue.front_file() else { return Poll::Ready(Ok(())) };
        match socket.poll_write_with(cx, || send_file(socket.fd(), region, max)) {
            Poll::Ready(Ok(0)) => {
                push(socket.fd());
                let shrunk = region.shrunk();
                self.queue.tear(shrunk);
                Poll::Ready(Err(self.failed(shrunk.into())))
            }
            Poll::Ready(Ok(sent)) => {
                if (sent as u64) < region.len().min(max as u64) {
                    socket.wait_if_full();
                }
                self.warmth.burst += sent as u64;
                self.queue.advance_file(sent as u64);
                self.wrote();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) if refuses(&error) => {
                self.warmth.refuse(region);
                self.poll_read_file(cx)
            }
            Poll::Ready(Err(error)) => {
                push(socket.fd());
                Poll::Ready(Err(self.failed(error)))
            }
            Poll::Pending => self.poll_patience(cx),
        }
    }

    fn book_misses(&mut self) {
        self.queue.ledger_mut().cold_files += std::mem::take(&mut self.warmth.misses);
    }
}

/// Whether memory and `region` are to leave together. A piece of memory in front of whole pages costs nothing, and spares a
/// packet; in front of pages that are cut anyway it has all packets end in the middle of one, and they take half as much time
/// again (64 KiB from an odd offset: 430 against 284 ms of processor time a GB).
const fn rides(region: &FileRegion) -> bool {
    let cut = region.offset() % PAGE;
    cut == 0 || (cut + region.len()).div_ceil(PAGE) < FRAGMENTS
}
