//! An archive that nobody has checked yet.

use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;
use rkyv::Archived;

use super::check::{check, explain, is_aligned};
use super::{Archivable, ArchivedFrame, DEPTH, Invalid};
use crate::{Holder, Result, Span, Wire};

/// The bytes of an archive of `T`, unchecked: the message of [`Archive`](super::Archive), and what is sent of an archive that was made
/// before, whatever holds it (`Bytes`, `Vec`, a [`FileRegion`](crate::FileRegion), a mapped file).
///
/// A reference to the archived value cannot live in a message, which is moved from holder to holder. So opening is a verb, and the
/// only check.
pub struct Unopened<T, B> {
    body: B,
    depth: u32,
    of: PhantomData<fn() -> T>,
}

impl<T, B> Unopened<T, B> {
    /// An archive in `body`, which ends with its root.
    #[must_use]
    pub const fn new(body: B) -> Self {
        Self::with_depth(body, DEPTH)
    }

    /// The same, to be followed up to `depth` pointers deep.
    #[must_use]
    pub const fn with_depth(body: B, depth: u32) -> Self {
        Self { body, depth, of: PhantomData }
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &B {
        &self.body
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> B {
        self.body
    }

    pub(super) const fn depth(&self) -> u32 {
        self.depth
    }
}

impl<'a, T: Archivable> Unopened<T, &'a [u8]> {
    /// The archived value in place, after all of it was checked. Of what [`views`](crate::Deframer::views) and
    /// [`next`](crate::Deframer::next) give, this only fails if the archive is bad.
    ///
    /// # Errors
    /// If the bytes are no archive of `T`, exceed the depth, or do not lie at a multiple of 16 ([`Realigner`](super::Realigner) takes
    /// them anywhere). The offset counts from the start of the archive; [`why`](Self::why) tells more.
    ///
    /// # Cost
    /// Nothing is copied, counted or allocated (but a table of what is shared, for types with `Rc` or `Arc`). rkyv's check: some
    /// nanoseconds a pointer.
    #[inline(always)]
    pub fn open(self) -> Result<&'a Archived<T>> {
        check::<T>(self.body, self.depth)
    }

    /// Whether the bytes lie where they can be read in place.
    #[inline]
    #[must_use]
    pub fn is_aligned(self) -> bool {
        is_aligned::<T>(self.body)
    }

    /// The long story of what [`open`](Self::open) refuses, with the path to it; `None` if the archive is sound.
    #[must_use]
    pub fn why(self) -> Option<Invalid> {
        explain::<T>(self.body, self.depth)
    }
}

impl<T: Archivable> Unopened<T, Bytes> {
    /// The archived value, and the bytes it lies in: checked here, and never again.
    ///
    /// # Errors
    /// If the bytes are no archive of `T`, or exceed the depth.
    ///
    /// # Cost
    /// An allocation of 48 bytes for what holds both together, which [`Lent::into_archive`](crate::Lent::into_archive) does
    /// without. Bytes that are not aligned are copied.
    pub fn open(self) -> Result<ArchivedFrame<T>> {
        ArchivedFrame::new(self.body, self.depth)
    }
}

impl<T: 'static> Wire for Unopened<T, Span> {
    type Of<B: Holder> = Unopened<T, B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(message: Unopened<T, A>, f: &mut impl FnMut(A) -> B) -> Unopened<T, B> {
        Unopened { body: f(message.body), depth: message.depth, of: PhantomData }
    }
}

// By hand: derives would ask of `T` what is asked of nothing.
impl<T, B: Clone> Clone for Unopened<T, B> {
    #[inline(always)]
    fn clone(&self) -> Self {
        Self { body: self.body.clone(), depth: self.depth, of: PhantomData }
    }
}

impl<T, B: Copy> Copy for Unopened<T, B> {}

/// The same bytes; nothing is said of the values in them.
impl<T, B: PartialEq> PartialEq for Unopened<T, B> {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

impl<T, B: fmt::Debug> fmt::Debug for Unopened<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unopened").field("body", &self.body).field("depth", &self.depth).finish()
    }
}
