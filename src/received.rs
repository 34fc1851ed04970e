//! A frame and where its answer goes.

use core::ops::{Deref, DerefMut};

use crate::{Codec, Encode, Frame, Gather, Lent, Result};

/// A frame, and the send queue for its answer: two borrows of one connection that do not touch each other.
#[derive(Debug)]
pub struct Received<'a, C: Codec, E> {
    /// The frame.
    pub frame: Lent<'a, C>,
    /// The send queue.
    pub out: Outbox<'a, E>,
}

/// What the `next_or_body` of a connection found.
#[derive(Debug)]
pub enum Arrival<'a, C: Codec, E> {
    /// A whole frame.
    Frame(Received<'a, C, E>),
    /// The head of a frame whose body is taken with the connection's `chunk`.
    Body {
        /// The message, with the field that the body fills left empty.
        head: Frame<C::Message>,
        /// How many bytes the body has; `u64::MAX` if the end of the stream ends it.
        len: u64,
    },
}

/// The send queue of a connection, and its encoder. What is put in goes out while the connection waits for input.
///
/// It is a [`Gather`] for those who write the wire format themselves.
#[derive(Debug)]
pub struct Outbox<'a, E> {
    queue: &'a mut Gather,
    encoder: &'a mut E,
}

impl<'a, E> Outbox<'a, E> {
    /// Puts the two together, for drivers.
    pub const fn new(queue: &'a mut Gather, encoder: &'a mut E) -> Self {
        Self { queue, encoder }
    }

    /// Queues one message, or nothing of it.
    ///
    /// # Errors
    /// If the encoder refuses the message.
    #[inline]
    pub fn send<M>(&mut self, message: M) -> Result<()>
    where
        E: Encode<M>,
    {
        let encoder = &mut *self.encoder;
        self.queue.message(|out| encoder.encode(message, out))
    }

    /// The encoder, to change its state between messages.
    pub const fn encoder(&mut self) -> &mut E {
        self.encoder
    }
}

impl<E> Deref for Outbox<'_, E> {
    type Target = Gather;

    #[inline]
    fn deref(&self) -> &Gather {
        self.queue
    }
}

impl<E> DerefMut for Outbox<'_, E> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Gather {
        self.queue
    }
}
