use core::fmt;
use core::marker::PhantomData;

/// A field that is on the wire and not in the message, since other fields say what it is: a length, a count, a tag. `T` is the
/// number that stands there.
pub struct Computed<T>(PhantomData<fn() -> T>);

impl<T> Computed<T> {
    /// The only one there is.
    #[inline(always)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Clone for Computed<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Computed<T> {}

impl<T> Default for Computed<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> PartialEq for Computed<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Computed<T> {}

impl<T> fmt::Debug for Computed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Computed")
    }
}
