//! The frames of bytes that are all there: a file that is mapped, a capture, a body that was kept.

use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;

use bytes::Bytes;

use super::Frame;
use super::deframer::whole;
use crate::codec::{Boundary, Codec, View};
use crate::wire::Message;
use crate::{Error, Kind, Result};

/// Every frame in `bytes` as borrowed views. Nothing is copied, unless the codec [opens](Codec::open) frames.
///
/// ```
/// use wireview::formats::Lines;
/// use wireview::recv::views_in;
///
/// let mut codec = Lines::new(100);
/// let lines: Vec<&[u8]> = views_in(&mut codec, b"one\ntwo\n").collect::<Result<_, _>>()?;
/// assert_eq!(lines, [b"one", b"two"]);
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Errors
/// As items: an error of a frame concerns it alone; one of a boundary, the last item, is fatal. Its offset counts from the
/// start of the frame that it is in. A frame that opening changes is refused with
/// [`Kind::Unsupported`]: [`frames_in`] takes it.
///
/// # Cost
/// That of the codec. Of a codec that does not say that its frames are [raw](Codec::is_raw) each frame is copied and opened
/// aside, to see that this changes nothing.
pub const fn views_in<'c, 'b, C: Codec>(codec: &'c mut C, bytes: &'b [u8]) -> ViewsIn<'c, 'b, C> {
    ViewsIn { walk: Walk::new(codec), bytes }
}

/// Every frame in `bytes` as an owned one that shares them: a refcount each. One that opening changes has memory of its own.
///
/// # Errors
/// As for [`views_in`].
pub const fn frames_in<'c, 'b, C: Codec>(codec: &'c mut C, bytes: &'b Bytes) -> FramesIn<'c, 'b, C> {
    FramesIn { walk: Walk::new(codec), bytes }
}

/// The iterator of [`views_in`].
pub struct ViewsIn<'c, 'b, C: Codec> {
    walk: Walk<'c, C>,
    bytes: &'b [u8],
}

/// The iterator of [`frames_in`].
pub struct FramesIn<'c, 'b, C: Codec> {
    walk: Walk<'c, C>,
    bytes: &'b Bytes,
}

impl<C: Codec> ViewsIn<'_, '_, C> {
    /// Where the next frame begins.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.walk.at
    }
}

impl<C: Codec> FramesIn<'_, '_, C> {
    /// Where the next frame begins.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.walk.at
    }
}

struct Walk<'c, C: Codec> {
    codec: &'c mut C,
    at: usize,
    ended: bool,
    opened: Vec<u8>,
}

impl<'c, C: Codec> Walk<'c, C> {
    const fn new(codec: &'c mut C) -> Self {
        Self { codec, at: 0, ended: false, opened: Vec::new() }
    }

    /// Where the next frame begins and ends, and whether `opened` has it and `bytes` has not.
    #[inline]
    fn next(&mut self, bytes: &[u8]) -> Option<Result<(usize, usize, bool)>> {
        while !self.ended && self.at < bytes.len() {
            let rest = &bytes[self.at..];
            let answer = match self.codec.delimit(rest) {
                // No more will come.
                Ok(Boundary::Need(need)) => self.codec.delimit_last(rest).and_then(|last| match last {
                    Boundary::Need(_) if need <= rest.len() => {
                        Err(Error::contract(&"need of what is there", rest.len()))
                    }
                    Boundary::Need(_) => Err(Error::new(Kind::Eof, &"frame", rest.len())),
                    last => Ok(last),
                }),
                answer => answer,
            };
            match answer {
                Ok(Boundary::Frame { head, body, tail }) => {
                    let Some(len) = whole(head, body, tail, rest.len(), u32::MAX as usize) else {
                        return self.end(Error::new(Kind::Eof, &"frame", rest.len()));
                    };
                    let start = self.at;
                    self.at += len;
                    return Some(self.open(&rest[..len]).map(|changed| (start, start + len, changed)));
                }
                Ok(Boundary::Skip(count)) if count > 0 && count <= rest.len() as u64 => self.at += count as usize,
                Ok(Boundary::Skip(0)) => return self.end(Error::contract(&"skip of nothing", 0)),
                Ok(Boundary::Skip(_) | Boundary::Need(_)) => {
                    return self.end(Error::new(Kind::Eof, &"frame", rest.len()));
                }
                Err(error) => return self.end(error),
            }
        }
        None
    }

    /// Opens a frame aside, and says whether that has changed it.
    fn open(&mut self, frame: &[u8]) -> Result<bool> {
        if self.codec.is_raw() {
            return Ok(false);
        }
        self.opened.clear();
        self.opened.extend_from_slice(frame);
        match self.codec.open(&mut self.opened) {
            Ok(()) => Ok(self.opened != frame),
            Err(error) => {
                self.ended = true;
                Err(error)
            }
        }
    }

    #[cold]
    fn end<T>(&mut self, error: Error) -> Option<Result<T>> {
        self.ended = true;
        Some(Err(error))
    }
}

impl<'b, C: Codec> Iterator for ViewsIn<'_, 'b, C> {
    type Item = Result<View<'b, C>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.walk.next(self.bytes)? {
            Ok((start, end, false)) => self.walk.codec.parse(&self.bytes[start..end]),
            Ok((_, _, true)) => Err(Error::unsupported(&"frame that has to be opened", 0)),
            Err(error) => Err(error),
        })
    }
}

impl<C: Codec> Iterator for FramesIn<'_, '_, C> {
    type Item = Result<Frame<C::Message>>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.walk.next(self.bytes)?;
        Some(found.and_then(|(start, end, changed)| {
            let frame = match changed {
                false => self.bytes.slice(start..end),
                true => Bytes::copy_from_slice(&self.walk.opened),
            };
            let view = self.walk.codec.parse(&frame)?;
            let message = C::Message::point(view, &frame).ok_or(Error::contract(&"field outside the frame", 0))?;
            Ok(Frame::new(frame, message))
        }))
    }
}

impl<C: Codec> FusedIterator for ViewsIn<'_, '_, C> {}

impl<C: Codec> FusedIterator for FramesIn<'_, '_, C> {}

impl<C: Codec> fmt::Debug for ViewsIn<'_, '_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewsIn").field("position", &self.walk.at).finish_non_exhaustive()
    }
}

impl<C: Codec> fmt::Debug for FramesIn<'_, '_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramesIn").field("position", &self.walk.at).finish_non_exhaustive()
    }
}
