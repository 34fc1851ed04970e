//! Bodies that are too large to be buffered.

use bytes::Bytes;

use super::deframer::Found;
use super::gate::State;
use super::{Deframer, Frame, Lent};
use crate::codec::Codec;
use crate::wire::Message;
use crate::{Error, Result};

/// What [`Deframer::next_or_body`] found.
#[derive(Debug)]
pub enum Incoming<'d, C: Codec> {
    /// A whole frame.
    Frame(Lent<'d, C>),
    /// The head of a frame whose body is taken with [`Deframer::chunk`].
    Body {
        /// The message, with the field that the body fills left empty. Owned: it stays while the body goes by.
        head: Frame<C::Message>,
        /// How many bytes the body has.
        len: u64,
    },
}

/// What [`Deframer::chunk`] has of a streamed body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// The next bytes of the body, opened, sharing the block they arrived in.
    Bytes(Bytes),
    /// More bytes have to arrive first.
    Pending,
    /// The body is complete, and so is its frame.
    End,
}

/// A body on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    /// How many of its bytes were handed out.
    at: u64,
    left: u64,
    tail: usize,
}

impl Body {
    /// Bytes up to the end of the frame.
    pub(super) const fn rest(self) -> u64 {
        self.left.saturating_add(self.tail as u64)
    }

    /// How many bytes have to be there for the next step.
    pub(super) fn need(self) -> usize {
        if self.left == 0 { self.tail } else { 1 }
    }
}

impl<C: Codec> Deframer<C> {
    /// The next frame; or, if its body is above [`Limits::stream_above`](crate::Limits::stream_above), its head, whereupon the
    /// body is taken with [`chunk`](Self::chunk). Asking for the next frame before the body has ended drops what is left of it.
    ///
    /// # Errors
    /// As for [`next`](Self::next); also if the head is not one of the codec, or the codec does not stream bodies.
    pub fn next_or_body(&mut self) -> Result<Option<Incoming<'_, C>>> {
        match self.find(true) {
            Found::Frame => return Ok(Some(Incoming::Frame(self.lend()))),
            Found::Nothing => {}
            Found::Failure => return Err(self.failure()),
        }
        Ok(self.take_head()?.map(|(head, len)| Incoming::Body { head, len }))
    }

    /// The head of the frame whose body is to be streamed, if one was found, and the length of its body.
    pub(crate) fn take_head(&mut self) -> Result<Option<(Frame<C::Message>, u64)>> {
        let State::Large { head, body, tail } = self.gate.state else { return Ok(None) };
        let start = self.input.at;
        let bytes = &self.input.pending()[..head];
        let message = self
            .codec
            .parse_head(bytes, body)
            .and_then(|view| C::Message::point(view, bytes).ok_or(Error::contract(&"field outside the head", 0)));
        let message = message.map_err(|error| self.gate.fail(error))?;
        self.input.at = start + head;
        let bytes = self.input.split(start, start + head);
        self.gate.set(State::Body(Body { at: 0, left: body, tail }));
        Ok(Some((Frame::new(bytes, message), body)))
    }

    /// Whether the head of a frame whose body is to be streamed was found.
    #[cfg(feature = "std")]
    pub(crate) const fn is_at_body(&self) -> bool {
        matches!(self.gate.state, State::Large { .. })
    }

    /// Whether a streamed body is on its way.
    #[must_use]
    pub const fn is_in_body(&self) -> bool {
        matches!(self.gate.state, State::Body(_))
    }

    /// What has arrived of the streamed body, or that it has ended. [`Chunk::End`] if no body is on its way.
    ///
    /// # Errors
    /// If the codec cannot open the chunk or refuses the tail, or if the stream ended inside the body. Fatal.
    pub fn chunk(&mut self) -> Result<Chunk> {
        let State::Body(body) = &mut self.gate.state else {
            return match self.gate.state {
                State::Failed(error) => Err(error),
                _ => Ok(Chunk::End),
            };
        };
        let (at, left, tail) = (body.at, body.left, body.tail);
        if left > 0 {
            let len = (self.input.pending_len() as u64).min(left) as usize;
            if len == 0 {
                return self.await_body(left.saturating_add(tail as u64));
            }
            let start = self.input.at;
            body.at += len as u64;
            body.left -= len as u64;
            if let Err(error) = self.codec.open_body(at, &mut self.input.block[start..start + len]) {
                return Err(self.gate.fail(error));
            }
            self.input.at = start + len;
            return Ok(Chunk::Bytes(self.input.split(start, start + len)));
        }
        if self.input.pending_len() < tail {
            return self.await_body((tail - self.input.pending_len()) as u64);
        }
        if let Err(error) = self.codec.close_body(&self.input.pending()[..tail]) {
            return Err(self.gate.fail(error));
        }
        self.input.at += tail;
        self.gate.raise();
        Ok(Chunk::End)
    }

    /// How many bytes of the streamed body were not handed out; 0 if none is on its way.
    #[must_use]
    pub const fn body_left(&self) -> u64 {
        match self.gate.state {
            State::Body(body) => body.left,
            _ => 0,
        }
    }

    /// Says that the next `count` bytes of the streamed body were taken from the stream by others, `spliced` of them by the
    /// kernel: whatever is fed next follows them. Only a body that is [raw](Codec::body_is_raw) can go so.
    ///
    /// # Panics
    /// If bytes that came before them are still here, or the body has not so many left.
    pub fn pass_body(&mut self, count: u64, spliced: u64) {
        if count == 0 {
            return;
        }
        assert_eq!(self.input.pending_len(), 0, "bytes have passed others that came before them");
        match &mut self.gate.state {
            State::Body(body) if body.left >= count => {
                body.at += count;
                body.left -= count;
            }
            _ => panic!("more bytes have passed than the body has"),
        }
        self.input.pass(count, spliced);
    }

    /// Drops what is left of the streamed body, as it arrives; the next frame follows. Nothing if none is on its way.
    pub fn skip_body(&mut self) {
        if let State::Body(body) = self.gate.state {
            self.gate.set(State::Skip(body.rest()));
        }
    }

    fn await_body(&mut self, missing: u64) -> Result<Chunk> {
        if self.gate.eof {
            return Err(self.gate.fail_at_eof(self.input.pending_len(), missing));
        }
        Ok(Chunk::Pending)
    }
}
