use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Connection;
use crate::fault::Fault;
use crate::recv::Found;
use crate::{Codec, Encode, Frame};

/// A connection as a `Stream` of owned frames: one refcount a frame. Made by [`Connection::frames`].
///
/// A frame that is not a message is an item, [`Fault::Frame`], and the stream goes on; any other fault is the last item.
#[derive(Debug)]
pub struct Frames<'a, T, C: Codec, E> {
    connection: &'a mut Connection<T, C, E>,
    ended: bool,
}

impl<'a, T, C: Codec, E> Frames<'a, T, C, E> {
    pub(super) const fn new(connection: &'a mut Connection<T, C, E>) -> Self {
        Self { connection, ended: false }
    }
}

impl<T, C, E> Stream for Frames<'_, T, C, E>
where
    T: AsyncRead + AsyncWrite + Unpin,
    C: Codec,
{
    type Item = Result<Frame<C::Message>, Fault>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { connection, ended } = self.get_mut();
        if *ended {
            return Poll::Ready(None);
        }
        let found = ready!(connection.poll_find(cx, false));
        *ended = !matches!(found, Ok(Found::Frame));
        Poll::Ready(match found {
            Ok(Found::Frame) => {
                let frame = connection.rx.deframer.lend().into_frame();
                Some(frame.map_err(|error| connection.rx.frame_fault(error)))
            }
            Ok(_) => None,
            Err(fault) => Some(Err(fault)),
        })
    }
}

/// Messages go into the send queue; ready while it is below its high mark.
impl<T, C, E, M> Sink<M> for Connection<T, C, E>
where
    T: AsyncRead + AsyncWrite + Unpin,
    C: Codec + Unpin,
    E: Encode<M> + Unpin,
    Self: Unpin,
{
    type Error = Fault;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let this = self.get_mut();
        this.tx.poll_drain(&mut this.io, cx)
    }

    fn start_send(self: Pin<&mut Self>, message: M) -> Result<(), Fault> {
        Ok(self.get_mut().tx.outbox().send(message)?)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let this = self.get_mut();
        this.tx.poll_flush(&mut this.io, cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let this = self.get_mut();
        this.tx.poll_shutdown(&mut this.io, cx)
    }
}
