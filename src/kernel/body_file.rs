//! The streamed body of a frame, to a file.

use std::collections::VecDeque;
use std::fs::File;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{BodyFault, KernelStream};
use crate::recv::Chunk;
use crate::tokio::Connection;
use crate::{Codec, Fault};

/// Writes end where a multiple of this ends in the file, so that none of them touches half a block.
const ALIGNED: u64 = 1024 * 1024;

/// Where a streamed body is stored: a file, and how far that has got.
///
/// Bytes are collected up to the next whole mebibyte of the file and written in the pool for blocking calls, while the
/// next ones come; they are not copied in between. At most two mebibytes wait.
///
/// Made for one body. Nothing is synced: what was written is in the file once [`body_to_file`](Connection::body_to_file) says
/// so, and on its disk after `File::sync_all`.
#[derive(Debug)]
pub struct BodyFile {
    file: Arc<File>,
    /// Where in the file the next write goes.
    at: u64,
    waiting: VecDeque<Bytes>,
    waits: u64,
    writing: Option<JoinHandle<io::Result<()>>>,
    stored: u64,
}

impl BodyFile {
    /// The body goes to `file` from `offset` on. A file that was opened to append gets it at its end.
    #[must_use]
    pub const fn new(file: Arc<File>, offset: u64) -> Self {
        Self { file, at: offset, waiting: VecDeque::new(), waits: 0, writing: None, stored: 0 }
    }

    /// How many bytes were handed to be written.
    #[must_use]
    pub const fn stored(&self) -> u64 {
        self.stored
    }

    fn put(&mut self, bytes: Bytes) {
        self.waits += bytes.len() as u64;
        self.waiting.push_back(bytes);
    }

    /// How many bytes are missing up to the next place where a write ends.
    const fn to_next(&self) -> u64 {
        ALIGNED - self.at % ALIGNED
    }

    const fn is_full(&self) -> bool {
        self.waits >= self.to_next()
    }

    /// Ready when nothing is being written.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(writing) = &mut self.writing else { return Poll::Ready(Ok(())) };
        let written = ready!(Pin::new(writing).poll(cx));
        self.writing = None;
        Poll::Ready(written.unwrap_or_else(|panic| Err(io::Error::other(panic))))
    }

    /// Begins to write what waits, as far as the next place where a write ends. Nothing is being written.
    fn write(&mut self) {
        let mut room = self.to_next();
        let mut batch = Vec::with_capacity(self.waiting.len());
        while room > 0
            && let Some(mut bytes) = self.waiting.pop_front()
        {
            let part = bytes.split_to((bytes.len() as u64).min(room) as usize);
            room -= part.len() as u64;
            batch.push(part);
            if bytes.has_remaining() {
                self.waiting.push_front(bytes);
            }
        }
        let len = self.to_next() - room;
        let (file, mut at) = (self.file.clone(), self.at);
        self.waits -= len;
        self.advance(len);
        self.writing = Some(spawn_blocking(move || {
            for bytes in batch {
                write_all_at(&file, &bytes, at)?;
                at += bytes.len() as u64;
            }
            Ok(())
        }));
    }

    const fn advance(&mut self, len: u64) {
        self.at += len;
        self.stored += len;
    }
}

impl<T, C, E> Connection<T, C, E>
where
    T: AsyncRead + AsyncWrite + Unpin,
    C: Codec,
{
    /// Writes what is left of the streamed body into a file, and says how many bytes that was. The next frame follows. What is
    /// queued goes out meanwhile.
    ///
    /// ```no_run
    /// # use wireview::formats::LengthPrefixed;
    /// # use wireview::length::U32Be;
    /// # use wireview::tokio::Connection;
    /// # use wireview::Arrival;
    /// use wireview::kernel::BodyFile;
    ///
    /// # async fn store(conn: &mut Connection<tokio::net::TcpStream, LengthPrefixed<U32Be>>)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// if let Some(Arrival::Body { len, .. }) = conn.next_or_body().await? {
    ///     let file = std::fs::File::create("upload")?;
    ///     let stored = conn.body_to_file(&mut BodyFile::new(file.into(), 0)).await?;
    ///     assert_eq!(stored, len);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Of either side. A full disk is one of the file's: the rest of the body can be dropped by asking for the next frame.
    ///
    /// # Cancel safety
    /// Nothing is lost: call it again with the same `to`.
    pub async fn body_to_file(&mut self, to: &mut BodyFile) -> Result<u64, BodyFault> {
        poll_fn(|cx| {
            loop {
                // A failure is told when it is known, not when the next block is full.
                let idle = match to.poll_written(cx) {
                    Poll::Ready(written) => written.map(|()| true).map_err(failed)?,
                    Poll::Pending => false,
                };
                if to.is_full() {
                    if !idle {
                        return Poll::Pending;
                    }
                    to.write();
                    continue;
                }
                match self.rx.chunk().map_err(BodyFault::From)? {
                    Chunk::Bytes(bytes) => to.put(bytes),
                    Chunk::Pending => ready!(self.poll_exchange(cx)).map_err(BodyFault::From)?,
                    Chunk::End if to.waits > 0 && idle => to.write(),
                    Chunk::End if idle => return Poll::Ready(Ok(to.stored)),
                    Chunk::End => return Poll::Pending,
                }
            }
        })
        .await
    }
}

impl<T, C, E> Connection<T, C, E>
where
    T: KernelStream + AsyncRead + AsyncWrite + Unpin,
    C: Codec,
{
    /// The same without the bytes coming into this program, if the codec says that they are [raw](Codec::body_is_raw): what
    /// had already come is written, the rest goes through a pipe by `splice`.
    ///
    /// It costs about what copying costs, more if little comes at a time; what it saves is memory. Elsewhere than on Linux it
    /// is the same as [`body_to_file`](Self::body_to_file).
    ///
    /// # Errors
    /// As for [`body_to_file`](Self::body_to_file).
    ///
    /// # Cancel safety
    /// Nothing is lost: call it again with the same `to`.
    pub async fn splice_body_to_file(&mut self, to: &mut BodyFile) -> Result<u64, BodyFault> {
        #[cfg(all(target_os = "linux", not(wireview_portable)))]
        poll_fn(|cx| self.poll_splice(to, cx)).await?;
        self.body_to_file(to).await
    }

    /// Ready when nothing can be spliced any more.
    #[cfg(all(target_os = "linux", not(wireview_portable)))]
    fn poll_splice(&mut self, to: &mut BodyFile, cx: &mut Context<'_>) -> Poll<Result<(), BodyFault>> {
        use super::linux::{Pipe, refuses};

        loop {
            if let Poll::Ready(flushed) = self.tx.poll_flush(&mut self.io, cx) {
                flushed.map_err(BodyFault::From)?;
            }
            ready!(to.poll_written(cx)).map_err(failed)?;
            if to.waits > 0 {
                to.write();
                continue;
            }
            let (rx, socket) = (&mut self.rx, self.io.socket());
            if !rx.deframer.codec().body_is_raw() || rx.deframer.body_left() == 0 || rx.deframer.is_finished() {
                return Poll::Ready(Ok(()));
            }
            if rx.deframer.pending() > 0 {
                if let Chunk::Bytes(bytes) = rx.chunk().map_err(BodyFault::From)? {
                    to.put(bytes);
                }
                continue;
            }
            match socket.poll_readable(cx) {
                Poll::Ready(readable) => readable.map_err(|error| BodyFault::From(rx.failed(error)))?,
                Poll::Pending => return rx.poll_wait(cx).map_err(BodyFault::From),
            }
            let Some(mut pipe) = Pipe::take() else { return Poll::Ready(Ok(())) };
            let left = rx.deframer.body_left();
            match socket.try_read_with(|| pipe.fill(socket.fd(), left)) {
                Ok(0) => {
                    rx.deframer.finish();
                    return Poll::Ready(Ok(()));
                }
                Ok(took) => {
                    rx.came();
                    rx.deframer.pass_body(took as u64, took as u64);
                    let (file, at) = (to.file.clone(), to.at);
                    to.advance(took as u64);
                    to.writing = Some(spawn_blocking(move || pipe.empty_into(&file, at)));
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) if refuses(&error) => return Poll::Ready(Ok(())),
                Err(error) => return Poll::Ready(Err(BodyFault::From(rx.failed(error)))),
            }
        }
    }
}

#[cold]
fn failed(error: io::Error) -> BodyFault {
    BodyFault::To(Fault::Io(error))
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_write(bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(wrote) => {
                bytes = &bytes[wrote..];
                at += wrote as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
