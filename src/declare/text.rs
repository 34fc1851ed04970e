use alloc::string::String;
use core::fmt;

use bytes::Bytes;

use crate::{Error, Gather, Holder, Outgoing, Result, Span, Wire};

/// Bytes that were UTF-8 when they were read, or made from a string.
///
/// What [`Wire::map`] puts in their place need not be, so [`to_str`](Self::to_str) looks again: a few nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text<B>(B);

impl<B> Text<B> {
    /// Bytes that are text already.
    #[inline(always)]
    pub(super) const fn of(bytes: B) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[inline]
    pub const fn bytes(&self) -> &B {
        &self.0
    }

    /// The bytes.
    #[inline]
    pub fn into_bytes(self) -> B {
        self.0
    }
}

impl<B: AsRef<[u8]>> Text<B> {
    /// Bytes as text.
    ///
    /// # Errors
    /// If they are not UTF-8: at the first byte that is not.
    pub fn new(bytes: B) -> Result<Self> {
        match core::str::from_utf8(bytes.as_ref()) {
            Ok(_) => Ok(Self(bytes)),
            Err(error) => Err(Error::malformed(&"text", error.valid_up_to())),
        }
    }

    /// The text.
    ///
    /// # Errors
    /// If the bytes are no text, which those of a message that was read are.
    #[inline]
    pub fn to_str(&self) -> Result<&str> {
        core::str::from_utf8(self.0.as_ref()).map_err(|error| Error::malformed(&"text", error.valid_up_to()))
    }
}

impl<'a> From<&'a str> for Text<&'a [u8]> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl From<String> for Text<Bytes> {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<&'static str> for Text<Bytes> {
    fn from(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }
}

impl Wire for Text<Span> {
    type Of<B: Holder> = Text<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(text: Text<A>, f: &mut impl FnMut(A) -> B) -> Text<B> {
        Text(f(text.0))
    }
}

/// As its holder goes.
impl<B: Outgoing> Outgoing for Text<B> {
    #[inline]
    fn size(&self) -> u64 {
        self.0.size()
    }

    #[inline]
    fn put(self, out: &mut Gather) {
        self.0.put(out);
    }

    #[inline]
    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        self.0.look(see)
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Text<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(self.0.as_ref()) {
            Ok(text) => f.write_str(text),
            Err(_) => self.0.as_ref().escape_ascii().fmt(f),
        }
    }
}
