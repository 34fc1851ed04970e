use bytes::Bytes;

use crate::wire::{Message, Span};

/// Refcounting wins over copying only above this size.
pub(super) const COPY_UP_TO: usize = 512;

/// One owned frame: its bytes under one refcount, and where its fields lie in them.
///
/// `'static + Send` and independent of the connection. It keeps the block it arrived in alive, which is larger than the
/// frame: [`detach`](Self::detach) what is kept for long, or keep fields with [`keep`](Self::keep).
///
/// # Cost
/// 32 bytes and the message's spans. Cloning is one refcount.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame<M> {
    bytes: Bytes,
    message: M,
}

impl<M: Message> Frame<M> {
    pub(crate) const fn new(bytes: Bytes, message: M) -> Self {
        Self { bytes, message }
    }

    /// The message as borrowed views.
    #[inline]
    #[must_use]
    pub fn view(&self) -> M::Of<&[u8]> {
        self.message.view(&self.bytes)
    }

    /// The message with every field a slice that shares the frame: a refcount a field.
    #[inline]
    #[must_use]
    pub fn into_message(self) -> M::Of<Bytes> {
        self.message.share(&self.bytes)
    }

    /// The message as spans of [`bytes`](Self::bytes).
    #[inline]
    #[must_use]
    pub const fn message(&self) -> &M {
        &self.message
    }

    /// The whole frame, as it was opened.
    #[inline]
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The same frame in memory of its own, so that it keeps no block alive. Copies.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self { bytes: Bytes::copy_from_slice(&self.bytes), message: self.message }
    }

    /// A part of the frame, to be kept for long: copied if it is at most 512 bytes, so that a small part does not keep a
    /// block alive; else shared. A part of another buffer is copied, whatever its length.
    #[must_use]
    pub fn keep(&self, part: &[u8]) -> Bytes {
        match Span::of(&self.bytes, part) {
            Some(span) if part.len() > COPY_UP_TO => span.share(&self.bytes),
            _ => Bytes::copy_from_slice(part),
        }
    }
}
