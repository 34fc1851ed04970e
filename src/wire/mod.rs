//! Messages: written once, generic over what holds their bytes.
//!
//! ```text
//!                        Publish<B> { stream: u32, topic: B, payload: B }
//!                              │
//!        ┌──────────────┬──────┴────────┬────────────────┐
//!   B = &'a [u8]     B = Span        B = Bytes       B = Payload<'a>
//!   look at it       point at it     keep it         send it
//!   no cost          Copy, 8 bytes   a refcount      goes into the gather list
//! ```
//!
//! The family hangs on its [`Span`] instance: `Publish<Span>` is an ordinary `Copy` type without a lifetime, so it can be
//! the associated type of a codec, stand in a [`Frame`](crate::Frame) or cross a thread in a [`Batch`](crate::Batch).
//! [`Wire::Of`] leads from there to the other members, and [`Wire::map`] from one member to another.

mod seq;
mod span;

pub use seq::{Element, Iter, Seq, SharedIter};
pub use span::Span;

use core::fmt::Debug;

use bytes::Bytes;

/// What can hold the bytes of a message. Every type that is cloneable, comparable, printable and sendable can.
pub trait Holder: Clone + Debug + PartialEq + Send + Sync {}

impl<T: Clone + Debug + PartialEq + Send + Sync> Holder for T {}

/// A family of message types, one for each holder of its bytes. Implemented for the [`Span`] instance.
///
/// ```
/// use wireview::{Holder, Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// pub struct Publish<B> {
///     pub stream: u32,
///     pub topic: B,
///     pub payload: B,
/// }
///
/// impl Wire for Publish<Span> {
///     type Of<B: Holder> = Publish<B>;
///
///     fn map<A: Holder, B: Holder>(message: Publish<A>, f: &mut impl FnMut(A) -> B) -> Publish<B> {
///         Publish { stream: message.stream, topic: f(message.topic), payload: f(message.payload) }
///     }
/// }
///
/// let seen = Publish { stream: 7, topic: &b"news"[..], payload: &b"hello"[..] };
/// let owned: Publish<Vec<u8>> = Publish::map(seen, &mut |bytes: &[u8]| bytes.to_vec());
/// assert_eq!(owned.topic, b"news");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message",
    note = "declare it with `#[derive(Clone, Copy, Debug, PartialEq, Wire)]`, or implement `Wire` for its `Span` instance"
)]
pub trait Wire: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// The same message over the holder `B`.
    type Of<B: Holder>: Holder;

    /// Moves a message from one holder to another, calling `f` on each of its byte fields in their order on the wire.
    ///
    /// What was checked of the bytes under one holder is not known of what `f` returns.
    fn map<A: Holder, B: Holder>(message: Self::Of<A>, f: &mut impl FnMut(A) -> B) -> Self::Of<B>;
}

/// A message that points: a [`Wire`] type that is its own [`Span`] instance. Implemented for every such type.
pub trait Message: Wire<Of<Span> = Self> {
    /// The message as borrowed views into `frame`.
    ///
    /// # Panics
    /// If the message was not read from a frame at least as long as `frame`.
    #[inline]
    #[must_use]
    fn view<'a>(&self, frame: &'a [u8]) -> Self::Of<&'a [u8]> {
        Self::map::<Span, &'a [u8]>(*self, &mut |span| span.view(frame))
    }

    /// The message as slices that share `frame`: one refcount for every field that is not empty.
    ///
    /// # Panics
    /// If the message was not read from a frame at least as long as `frame`.
    #[inline]
    #[must_use]
    fn share(&self, frame: &Bytes) -> Self::Of<Bytes> {
        Self::map::<Span, Bytes>(*self, &mut |span| span.share(frame))
    }

    /// The message as spans of `frame`, from views into it; `None` if a field that is not empty lies outside.
    #[inline]
    #[must_use]
    fn point<'a>(view: Self::Of<&'a [u8]>, frame: &'a [u8]) -> Option<Self> {
        let mut inside = true;
        let message = Self::map::<&'a [u8], Span>(view, &mut |part| {
            Span::of(frame, part).unwrap_or_else(|| {
                inside = false;
                Span::EMPTY
            })
        });
        inside.then_some(message)
    }
}

impl<M: Wire<Of<Span> = M>> Message for M {}

/// The plainest message: its bytes. The view of a codec whose `Message` is `Span` is `&[u8]`.
impl Wire for Span {
    type Of<B: Holder> = B;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(message: A, f: &mut impl FnMut(A) -> B) -> B {
        f(message)
    }
}

/// A message without bytes of its own.
impl Wire for () {
    type Of<B: Holder> = ();

    #[inline(always)]
    fn map<A: Holder, B: Holder>((): (), _: &mut impl FnMut(A) -> B) {}
}

impl<X: Wire, Y: Wire> Wire for (X, Y) {
    type Of<B: Holder> = (X::Of<B>, Y::Of<B>);

    #[inline]
    fn map<A: Holder, B: Holder>(message: Self::Of<A>, f: &mut impl FnMut(A) -> B) -> Self::Of<B> {
        (X::map(message.0, f), Y::map(message.1, f))
    }
}

impl<X: Wire> Wire for Option<X> {
    type Of<B: Holder> = Option<X::Of<B>>;

    #[inline]
    fn map<A: Holder, B: Holder>(message: Self::Of<A>, f: &mut impl FnMut(A) -> B) -> Self::Of<B> {
        message.map(|message| X::map(message, f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_messages_go_through_every_holder() {
        type Pair = (Span, Option<Span>);
        let frame = Bytes::from_static(b"abcdef");
        let view = (&frame[1..3], Some(&frame[4..6]));
        let spans = Pair::point(view, &frame).expect("both parts lie in the frame");
        assert_eq!(spans.view(&frame), view);
        let owned = spans.share(&frame);
        assert_eq!(owned.0.as_ptr(), frame[1..].as_ptr());
        assert_eq!(owned.1.as_deref(), Some(&b"ef"[..]));
    }

    #[test]
    fn a_field_outside_the_frame_is_noticed() {
        let frame = b"abcdef";
        let outside = b"xyz".to_vec();
        assert_eq!(<(Span, Span)>::point((&frame[..2], &outside[..]), frame), None);
        assert!(<(Span, Span)>::point((&frame[..2], &outside[..0]), frame).is_some(), "empty is nowhere");
    }
}
