//! What went wrong in a frame: kind, field and offset, in sixteen bytes.

use core::fmt;

/// Why some bytes are not the message they claim to be.
///
/// Sixteen bytes, `Copy`, no allocation: an error type that grows doubles the cost of a borrowed decode, so the
/// long story (stream offset, hexdump, what is missing) is told by [`Report`](crate::recv::Report) on the cold path.
///
/// ```
/// use wireview::{Error, Kind};
///
/// let error = Error::new(Kind::Limit, &"topic", 4);
/// assert_eq!(error.to_string(), "`topic` exceeds its limit, at byte 4 of the frame");
/// assert_eq!(size_of::<Error>(), 16);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error {
    // A thin pointer to a fat one: half the size of `&'static str`, and the niche of `Result<_, Error>`.
    field: &'static &'static str,
    offset: u32,
    kind: Kind,
}

/// The class of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The frame ends before the field does.
    Truncated,
    /// A byte that cannot stand where it stands.
    Malformed,
    /// A number that is too large to be counted with, or negative where that has no meaning.
    Overflow,
    /// A length, count or depth above its limit.
    Limit,
    /// Well formed, but a version, type or option that is not implemented.
    Unsupported,
    /// The bytes do not have the checksum they state.
    Checksum,
    /// The stream ended inside a frame.
    Eof,
    /// The codec broke the contract of [`Codec`](crate::Codec): a fault of the program, not of the peer.
    Contract,
}

impl Error {
    /// An error of `kind` in `field`, `offset` bytes after the start of the frame.
    ///
    /// `field` is a reference to a string literal: `&"topic"`. Offsets above `u32::MAX` are told as `u32::MAX`.
    // Inlined, and not marked cold: `ok_or(Error::truncated(..))` evaluates it on the hot path, where a call would cost
    // more than the rest of a small parser.
    #[inline]
    #[must_use]
    pub const fn new(kind: Kind, field: &'static &'static str, offset: usize) -> Self {
        let offset = if offset > u32::MAX as usize { u32::MAX } else { offset as u32 };
        Self { field, offset, kind }
    }

    /// The frame ends before `field` does.
    #[inline]
    #[must_use]
    pub const fn truncated(field: &'static &'static str, offset: usize) -> Self {
        Self::new(Kind::Truncated, field, offset)
    }

    /// A byte of `field` cannot stand where it stands.
    #[inline]
    #[must_use]
    pub const fn malformed(field: &'static &'static str, offset: usize) -> Self {
        Self::new(Kind::Malformed, field, offset)
    }

    /// `field` is too large to be counted with.
    #[inline]
    #[must_use]
    pub const fn overflow(field: &'static &'static str, offset: usize) -> Self {
        Self::new(Kind::Overflow, field, offset)
    }

    /// `field` exceeds its limit.
    #[inline]
    #[must_use]
    pub const fn limit(field: &'static &'static str, offset: usize) -> Self {
        Self::new(Kind::Limit, field, offset)
    }

    /// `field` asks for something that is not implemented.
    #[inline]
    #[must_use]
    pub const fn unsupported(field: &'static &'static str, offset: usize) -> Self {
        Self::new(Kind::Unsupported, field, offset)
    }

    /// The codec broke its contract.
    pub(crate) const fn contract(what: &'static &'static str, offset: usize) -> Self {
        Self::new(Kind::Contract, what, offset)
    }

    /// The class of the error.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The field it was found in.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Where it was found, in bytes from the start of the frame.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset as usize
    }

    /// The same error `by` bytes further on, for a part that was read on its own.
    #[inline]
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self::new(self.kind, self.field, by.saturating_add(self.offset as usize))
    }
}

impl Kind {
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Truncated => "is cut short",
            Self::Malformed => "is malformed",
            Self::Overflow => "is too large to count with",
            Self::Limit => "exceeds its limit",
            Self::Unsupported => "is not supported",
            Self::Checksum => "does not match its checksum",
            Self::Eof => "was not complete when the stream ended",
            Self::Contract => "breaks the contract of the codec",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}, at byte {} of the frame", self.field, self.kind.describe(), self.offset)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {:?}, {})", self.kind, self.field, self.offset)
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_in_sixteen_bytes_with_a_niche() {
        assert_eq!(size_of::<Error>(), 16);
        assert_eq!(size_of::<Result<(), Error>>(), 16);
    }

    #[test]
    fn offsets_saturate() {
        assert_eq!(Error::malformed(&"x", usize::MAX).offset(), u32::MAX as usize);
        assert_eq!(Error::malformed(&"x", 7).shifted(usize::MAX).offset(), u32::MAX as usize);
        assert_eq!(Error::malformed(&"x", 7).shifted(3).offset(), 10);
    }
}
