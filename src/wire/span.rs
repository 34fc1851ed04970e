use core::fmt;
use core::ops::Range;

use bytes::Bytes;

/// Where some bytes lie in their frame: an offset and a length, eight bytes, `Copy`, no lifetime.
///
/// Both are `u32`, so a frame held in memory is at most 4 GiB long; larger bodies are streamed.
/// All empty spans are equal: `(0, 0)`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    at: u32,
    len: u32,
}

impl Span {
    /// The empty span.
    pub const EMPTY: Self = Self { at: 0, len: 0 };

    /// The span of `len` bytes from `at`, or `None` if its end does not fit in a `u32`.
    #[inline]
    #[must_use]
    pub const fn new(at: usize, len: usize) -> Option<Self> {
        match at.checked_add(len) {
            Some(end) if end <= u32::MAX as usize => {
                if len == 0 {
                    Some(Self::EMPTY)
                } else {
                    Some(Self { at: at as u32, len: len as u32 })
                }
            }
            _ => None,
        }
    }

    /// Where `part` lies in `frame`, or `None` if it is not a part of it. An empty `part` lies nowhere: it gives
    /// [`Span::EMPTY`], so that a default such as `&[]` may stand in a view.
    ///
    /// # Cost
    /// Two subtractions and a comparison; the bytes are not touched.
    #[inline(always)]
    #[must_use]
    pub fn of(frame: &[u8], part: &[u8]) -> Option<Self> {
        if part.is_empty() {
            return Some(Self::EMPTY);
        }
        let at = (part.as_ptr() as usize).wrapping_sub(frame.as_ptr() as usize);
        // A part in front of the frame wraps round to a huge offset, so one comparison serves both ends.
        let end = at.checked_add(part.len())?;
        if end > frame.len() || end > u32::MAX as usize {
            return None;
        }
        Some(Self { at: at as u32, len: part.len() as u32 })
    }

    /// The bytes of the span in `frame`.
    ///
    /// # Panics
    /// If the span does not lie inside `frame`.
    #[inline(always)]
    #[must_use]
    pub fn view(self, frame: &[u8]) -> &[u8] {
        &frame[self.range()]
    }

    /// The bytes of the span as a slice that shares `frame`: one refcount, none if empty.
    ///
    /// # Panics
    /// If the span does not lie inside `frame`.
    #[inline]
    #[must_use]
    pub fn share(self, frame: &Bytes) -> Bytes {
        frame.slice(self.range())
    }

    /// The span as a range of the frame's bytes.
    #[inline(always)]
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.at as usize..self.at as usize + self.len as usize
    }

    /// The offset of the first byte from the start of the frame.
    #[inline]
    #[must_use]
    pub const fn at(self) -> usize {
        self.at as usize
    }

    /// How many bytes there are.
    #[inline]
    #[must_use]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// A span that is known to end below 2^32.
    #[inline(always)]
    pub(crate) const fn at_most_u32(at: u32, len: usize) -> Self {
        Self { at, len: len as u32 }
    }

    /// The same bytes seen from `by` bytes further in front. Empty stays empty.
    #[inline(always)]
    pub(crate) const fn shifted(self, by: u32) -> Self {
        if self.len == 0 { self } else { Self { at: self.at + by, len: self.len } }
    }

    /// The same bytes seen from `by` bytes further behind. Empty stays empty.
    #[inline(always)]
    pub(crate) const fn unshifted(self, by: u32) -> Self {
        if self.len == 0 { self } else { Self { at: self.at - by, len: self.len } }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.range().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_accepts_exactly_the_parts() {
        let block = *b"..frame..";
        let frame = &block[2..7];
        for start in 0..block.len() {
            for end in start + 1..=block.len() {
                let inside = start >= 2 && end <= 7;
                let span = Span::of(frame, &block[start..end]);
                assert_eq!(span.is_some(), inside, "{start}..{end}");
                if let Some(span) = span {
                    assert_eq!(span.view(frame), &block[start..end]);
                    assert_eq!((span.at(), span.len()), (start - 2, end - start));
                }
            }
        }
    }

    #[test]
    fn empty_spans_are_equal_and_stay_empty() {
        assert_eq!(Span::new(9, 0), Some(Span::EMPTY));
        assert_eq!(Span::of(b"abc", &[]), Some(Span::EMPTY));
        assert_eq!(Span::EMPTY.shifted(5), Span::EMPTY);
        assert_eq!(Span::EMPTY.unshifted(5), Span::EMPTY);
        assert!(Span::EMPTY.is_empty());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Span::new(u32::MAX as usize, 1), None);
        assert_eq!(Span::new(usize::MAX, 2), None);
        assert_eq!(Span::new(u32::MAX as usize - 1, 1).map(Span::len), Some(1));
    }
}
