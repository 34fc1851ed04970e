//! Frames of one size.
//!
//! ```text
//!  ┌───────────┬───────────┬───────────┬─
//!  │ n bytes   │ n bytes   │ n bytes   │ …
//!  └───────────┴───────────┴───────────┴─
//! ```
//!
//! Checked: nothing, every `n` bytes are a frame. Left to the handler: what is in them.

use crate::{Boundary, Codec, Encode, Error, Gather, Outgoing, Result, Span};

/// Frames of `n` bytes: the message is the whole frame.
///
/// ```
/// use wireview::formats::Fixed;
/// use wireview::{Deframer, Error};
///
/// let mut deframer = Deframer::new(Fixed::new(4));
/// deframer.feed(b"onetwo");
/// assert_eq!(deframer.next()?.expect("four bytes").view()?, b"onet");
/// assert!(deframer.next()?.is_none());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    len: usize,
}

impl Fixed {
    /// Frames of `len` bytes.
    ///
    /// # Panics
    /// If `len` is 0: the stream would hold endlessly many of them.
    #[must_use]
    pub const fn new(len: usize) -> Self {
        assert!(len > 0, "a frame cannot be empty");
        Self { len }
    }
}

impl Codec for Fixed {
    type Message = Span;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        Ok(if input.len() >= self.len { Boundary::whole(self.len) } else { Boundary::Need(self.len) })
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        Ok(frame)
    }
}

/// # Errors
/// [`Kind::Truncated`](crate::Kind::Truncated) or [`Kind::Limit`](crate::Kind::Limit) if the payload is not as long as a frame.
impl<P: Outgoing> Encode<P> for Fixed {
    #[inline]
    fn encode(&mut self, payload: P, out: &mut Gather) -> Result<()> {
        let size = payload.size();
        if size < self.len as u64 {
            return Err(Error::truncated(&"payload", size as usize));
        }
        if size > self.len as u64 {
            return Err(Error::limit(&"payload", self.len));
        }
        payload.put(out);
        Ok(())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::formats::testing::{encoded, every_cut, refused};

    #[test]
    fn golden() {
        assert_eq!(every_cut(&Fixed::new(3), b"abcdef").whole(), [b"abc", b"def"]);
        assert_eq!(every_cut(&Fixed::new(1), b"ab").whole(), [b"a", b"b"]);
        let run = every_cut(&Fixed::new(4), b"abcdef");
        assert_eq!((run.frames.len(), run.end.map_err(|error| error.kind())), (1, Err(Kind::Eof)));
    }

    #[test]
    fn only_whole_frames_are_written() {
        assert_eq!(encoded(&Fixed::new(3), b"abc"), b"abc");
        assert_eq!(refused(&Fixed::new(3), b"ab"), Error::truncated(&"payload", 2));
        assert_eq!(refused(&Fixed::new(3), b"abcd"), Error::limit(&"payload", 3));
    }

    #[test]
    #[should_panic(expected = "cannot be empty")]
    fn an_empty_frame_is_no_frame() {
        let _ = Fixed::new(0);
    }
}
