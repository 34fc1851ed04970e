use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;

use super::{Holder, Message, Span, Wire};
use crate::Result;

/// A message that knows its own end, so that it can stand in a [`Seq`].
pub trait Element: Message {
    /// Reads one element from the front of `input` and moves `input` behind it.
    ///
    /// The region of a sequence was checked when its frame was parsed, but a holder can be mapped to other bytes:
    /// an implementation must take any input, and an `Ok` must consume at least one byte.
    ///
    /// # Errors
    /// If `input` does not start with a whole element. Offsets count from the start of `input`.
    fn read<'a>(input: &mut &'a [u8]) -> Result<Self::Of<&'a [u8]>>;
}

/// A field that repeats: one region of bytes, walked lazily, never a `Vec` of slices.
///
/// ```
/// use bytes::Bytes;
/// use wireview::{Element, Error, Holder, Result, Seq, Span, Wire};
///
/// /// A byte that says the length, then so many bytes.
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// pub struct Tag<B>(pub B);
///
/// impl Wire for Tag<Span> {
///     type Of<B: Holder> = Tag<B>;
///     fn map<A: Holder, B: Holder>(tag: Tag<A>, f: &mut impl FnMut(A) -> B) -> Tag<B> {
///         Tag(f(tag.0))
///     }
/// }
///
/// impl Element for Tag<Span> {
///     fn read<'a>(input: &mut &'a [u8]) -> Result<Tag<&'a [u8]>> {
///         let (&len, rest) = input.split_first().ok_or(Error::truncated(&"tag length", 0))?;
///         let (tag, rest) = rest.split_at_checked(len.into()).ok_or(Error::truncated(&"tag", 1))?;
///         *input = rest;
///         Ok(Tag(tag))
///     }
/// }
///
/// let tags: Seq<&[u8], Tag<Span>> = Seq::new(b"\x01a\x02bc", 2);
/// let read: Vec<_> = tags.iter().collect::<Result<_>>()?;
/// assert_eq!(read, [Tag(&b"a"[..]), Tag(&b"bc"[..])]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Cost
/// Holding: one byte holder and a count. Walking: each element is read again on each walk.
pub struct Seq<B, E> {
    region: B,
    count: u32,
    element: PhantomData<fn() -> E>,
}

impl<B, E> Seq<B, E> {
    /// `count` elements that stand one after the other in `region`.
    #[inline]
    pub const fn new(region: B, count: u32) -> Self {
        Self { region, count, element: PhantomData }
    }

    /// How many elements the frame said there are.
    #[inline]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether the frame said that there are none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes of all elements.
    #[inline]
    pub const fn region(&self) -> &B {
        &self.region
    }

    /// The bytes of all elements.
    #[inline]
    pub fn into_region(self) -> B {
        self.region
    }
}

impl<'a, E: Element> Seq<&'a [u8], E> {
    /// Walks the elements as borrowed views.
    #[inline]
    pub fn iter(&self) -> Iter<'a, E> {
        Iter { rest: self.region, element: PhantomData }
    }
}

impl<'a, E: Element> IntoIterator for Seq<&'a [u8], E> {
    type Item = Result<E::Of<&'a [u8]>>;
    type IntoIter = Iter<'a, E>;

    #[inline]
    fn into_iter(self) -> Iter<'a, E> {
        self.iter()
    }
}

impl<E: Element> Seq<Bytes, E> {
    /// Walks the elements as borrowed views: no refcounts.
    #[inline]
    pub fn iter(&self) -> Iter<'_, E> {
        Iter { rest: &self.region, element: PhantomData }
    }

    /// Walks the elements as slices that share the frame: a refcount a field.
    #[inline]
    pub fn iter_shared(&self) -> SharedIter<'_, E> {
        SharedIter { region: &self.region, views: self.iter() }
    }
}

/// The elements of a [`Seq`] as borrowed views. Ends with the region, or behind the first element that cannot be read.
pub struct Iter<'a, E> {
    rest: &'a [u8],
    element: PhantomData<fn() -> E>,
}

impl<'a, E> Iter<'a, E> {
    /// The bytes that have not been walked yet.
    #[inline]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a, E: Element> Iterator for Iter<'a, E> {
    type Item = Result<E::Of<&'a [u8]>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let before = self.rest.len();
        let element = E::read(&mut self.rest);
        // An element that took nothing would be read for ever.
        if element.is_err() || self.rest.len() >= before {
            self.rest = &[];
        }
        Some(element)
    }
}

impl<E: Element> core::iter::FusedIterator for Iter<'_, E> {}

/// The elements of a [`Seq`] as slices that share its frame.
pub struct SharedIter<'a, E> {
    region: &'a Bytes,
    views: Iter<'a, E>,
}

impl<E: Element> Iterator for SharedIter<'_, E> {
    type Item = Result<E::Of<Bytes>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let region = self.region;
        Some(self.views.next()?.map(|view| E::map::<&[u8], Bytes>(view, &mut |part| share(region, part))))
    }
}

/// `part` as a slice of `region`, or a copy if it lies elsewhere, such as a default.
#[inline]
fn share(region: &Bytes, part: &[u8]) -> Bytes {
    match Span::of(region, part) {
        Some(span) => span.share(region),
        None => Bytes::copy_from_slice(part),
    }
}

impl<E: 'static> Wire for Seq<Span, E> {
    type Of<B: Holder> = Seq<B, E>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(message: Seq<A, E>, f: &mut impl FnMut(A) -> B) -> Seq<B, E> {
        Seq::new(f(message.region), message.count)
    }
}

// By hand: a derive would ask of `E` what is asked of `B` alone.
impl<B: Clone, E> Clone for Seq<B, E> {
    #[inline]
    fn clone(&self) -> Self {
        Self::new(self.region.clone(), self.count)
    }
}

impl<B: Copy, E> Copy for Seq<B, E> {}

/// Without elements.
impl<B: Default, E> Default for Seq<B, E> {
    #[inline]
    fn default() -> Self {
        Self::new(B::default(), 0)
    }
}

impl<B: PartialEq, E> PartialEq for Seq<B, E> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.region == other.region
    }
}

impl<B: fmt::Debug, E> fmt::Debug for Seq<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seq({} in {:?})", self.count, self.region)
    }
}

impl<E> Clone for Iter<'_, E> {
    fn clone(&self) -> Self {
        Self { rest: self.rest, element: PhantomData }
    }
}

impl<E> fmt::Debug for Iter<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("rest", &self.rest).finish()
    }
}

impl<E> fmt::Debug for SharedIter<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedIter").field("rest", &self.views.rest).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::Error;

    /// A digit that says how many bytes follow; `z` is an element that wrongly consumes nothing.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Digit<B>(B);

    impl Wire for Digit<Span> {
        type Of<B: Holder> = Digit<B>;
        fn map<A: Holder, B: Holder>(digit: Digit<A>, f: &mut impl FnMut(A) -> B) -> Digit<B> {
            Digit(f(digit.0))
        }
    }

    impl Element for Digit<Span> {
        fn read<'a>(input: &mut &'a [u8]) -> Result<Digit<&'a [u8]>> {
            match input.first() {
                Some(b'z') => Ok(Digit(b"")),
                Some(digit @ b'0'..=b'9') => {
                    let (body, rest) =
                        input[1..].split_at_checked((digit - b'0') as usize).ok_or(Error::truncated(&"digit", 1))?;
                    *input = rest;
                    Ok(Digit(body))
                }
                _ => Err(Error::malformed(&"digit", 0)),
            }
        }
    }

    #[test]
    fn shares_the_region_and_copies_nothing() {
        let region = Bytes::copy_from_slice(b"1a2bc0");
        let seq: Seq<Bytes, Digit<Span>> = Seq::new(region.clone(), 3);
        let shared: Vec<_> = seq.iter_shared().collect::<Result<_>>().expect("three whole elements");
        assert_eq!(shared.len(), seq.len());
        assert_eq!(shared[1].0.as_ptr(), region[3..].as_ptr());
        assert_eq!(shared[2].0, b""[..]);
    }

    #[test]
    fn garbage_ends_the_walk() {
        let seq: Seq<&[u8], Digit<Span>> = Seq::new(b"1a?1b", 3);
        let mut walk = seq.iter();
        assert_eq!(walk.next(), Some(Ok(Digit(&b"a"[..]))));
        assert!(walk.next().is_some_and(|element| element.is_err()));
        assert_eq!(walk.next(), None);

        let stuck: Seq<&[u8], Digit<Span>> = Seq::new(b"zzz", 3);
        assert_eq!(stuck.iter().count(), 1, "an element without progress ends the walk");
    }

    #[test]
    fn is_its_region_and_its_count() {
        let seq: Seq<&[u8], Digit<Span>> = Seq::new(b"1a2bc", 2);
        assert_eq!(
            (seq.len(), seq.is_empty(), *seq.region(), seq.into_region()),
            (2, false, &b"1a2bc"[..], &b"1a2bc"[..])
        );
        assert!(Seq::<&[u8], Digit<Span>>::new(b"", 0).is_empty());
        assert_eq!(seq, seq.clone());
        assert_ne!(seq, Seq::new(&b"1a2bc"[..], 3));
        assert_ne!(seq, Seq::new(&b"1a2bd"[..], 2));
        let mut walk = seq.into_iter();
        assert_eq!(walk.rest(), b"1a2bc");
        assert_eq!(walk.next(), Some(Ok(Digit(&b"a"[..]))));
        assert_eq!((walk.rest(), walk.clone().count()), (&b"2bc"[..], 1));
        assert_eq!(alloc::format!("{seq:?} {walk:?}"), "Seq(2 in [49, 97, 50, 98, 99]) Iter { rest: [50, 98, 99] }");

        // A field of a message: only the region is mapped.
        let frame = Bytes::from_static(b"..1a2bc");
        let spans = Seq::<Span, Digit<Span>>::point(Seq::new(&frame[2..], 2), &frame).expect("inside");
        assert_eq!((spans.len(), spans.region().at()), (2, 2));
        let owned = spans.share(&frame);
        assert_eq!(owned.iter().count(), 2);
        assert_eq!(alloc::format!("{:?}", owned.iter_shared()), "SharedIter { rest: [49, 97, 50, 98, 99] }");
    }

    #[test]
    fn what_lies_outside_the_region_is_copied() {
        let region = Bytes::from_static(b"1a");
        assert_eq!(share(&region, b"elsewhere"), b"elsewhere"[..]);
        assert_eq!(share(&region, &region[1..]).as_ptr(), region[1..].as_ptr());
    }
}
