//! The same for what is polled.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Act, Torture, front};

impl<T> Torture<T> {
    /// How many bytes the next polled call may move.
    fn poll_allowance(&mut self, cx: &Context<'_>) -> Poll<io::Result<usize>> {
        match self.next() {
            Act::Pass(max) => Poll::Ready(Ok(max)),
            Act::Interrupt | Act::Block => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Act::Fail(kind) => Poll::Ready(Err(kind.into())),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Torture<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let max = ready!(self.poll_allowance(cx))?.min(buf.remaining());
        // Memory of its own: a part of `buf` could only be handed back with `unsafe`.
        let mut block = vec![0; max.min(64 * 1024)];
        let mut part = ReadBuf::new(&mut block);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Torture<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let max = ready!(self.poll_allowance(cx))?.min(buf.len());
        Pin::new(&mut self.inner).poll_write(cx, &buf[..max])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let max = ready!(self.poll_allowance(cx))?;
        if self.flat {
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
            return Pin::new(&mut self.inner).poll_write(cx, &first[..first.len().min(max)]);
        }
        Pin::new(&mut self.inner).poll_write_vectored(cx, &front(slices, max))
    }

    fn is_write_vectored(&self) -> bool {
        !self.flat && self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_allowance(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_allowance(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::torture::Script;

    #[tokio::test]
    async fn polled_reads_and_writes_lose_nothing() {
        let bytes: Vec<u8> = (0..=255).cycle().take(50_000).collect();
        let (near, far) = tokio::io::duplex(1000);
        let mut near = Torture::new(near, Script::from_seed(3, 300)).without_errors();
        let mut far = Torture::new(far, Script::from_seed(4, 300)).without_errors();
        let send = async {
            near.write_all(&bytes).await?;
            near.shutdown().await
        };
        let mut arrived = Vec::new();
        let (sent, read) = tokio::join!(send, far.read_to_end(&mut arrived));
        sent.expect("nothing fails");
        assert_eq!(read.expect("nothing fails"), bytes.len());
        assert_eq!(arrived, bytes);
    }

    #[tokio::test]
    async fn errors_are_told() {
        let mut reader = Torture::new(&b"abc"[..], Script::new([240, 200]));
        let error = reader.read_u8().await.expect_err("the script begins with one");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(reader.read_u8().await.expect("pending, then there"), b'a');
    }
}
