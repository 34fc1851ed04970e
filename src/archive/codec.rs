//! Archives with a head in front of them.

use core::fmt;
use core::marker::PhantomData;

use bytes::Buf;
use rkyv::Archived;

use super::check::is_aligned;
use super::frame::{Carts, realigned};
use super::head::{self, HEAD, LENGTH_AT, padding};
use super::{ALIGN, Archivable, ArchivedFrame, DEPTH, Fingerprint, Realigner, Serializable, Unopened, Writer};
use crate::{Boundary, Codec, Encode, Error, Gather, Lent, Outgoing, Result, Span};

/// Frames that are archives of `T`: see the [module](super).
pub struct Archive<T> {
    max: u64,
    depth: u32,
    // Memory that is used again: for frames that are kept, for those that were not aligned, and for writing.
    carts: Carts,
    realigner: Realigner,
    writer: Writer,
    of: PhantomData<fn() -> T>,
}

impl<T: Archivable> Archive<T> {
    /// Archives of at most `max` bytes, which are followed up to a depth of [`DEPTH`]. Allocates nothing.
    #[must_use]
    pub fn new(max: u64) -> Self {
        Self {
            max,
            depth: DEPTH,
            carts: Carts::default(),
            realigner: Realigner::new(),
            writer: Writer::new(),
            of: PhantomData,
        }
    }

    /// Sets how many pointers deep an archive may be. The check recurses so deep, so it is a limit on the stack, too.
    #[must_use]
    pub const fn max_depth(mut self, depth: u32) -> Self {
        self.depth = depth;
        self
    }

    /// What stands in the heads of both peers.
    #[must_use]
    pub const fn fingerprint() -> Fingerprint {
        T::FORMAT
    }

    /// Ends the body of `len` bytes that was queued last.
    fn pad(len: u64, out: &mut Gather) {
        out.copy(&[0; ALIGN][..padding(len)]);
    }
}

/// The same limits; memory of its own.
impl<T: Archivable> Clone for Archive<T> {
    fn clone(&self) -> Self {
        Self::new(self.max).max_depth(self.depth)
    }
}

impl<T> fmt::Debug for Archive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("max", &self.max).field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<T: Archivable> Codec for Archive<T> {
    type Message = Unopened<T, Span>;

    const ALIGN: usize = ALIGN;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let Some(head) = input.first_chunk() else { return Ok(Boundary::Need(HEAD)) };
        let body = head::length(head, T::FORMAT, self.max)?;
        Ok(Boundary::Frame { head: HEAD, body, tail: padding(body) })
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Unopened<T, &'a [u8]>> {
        let body = body_of(frame)?;
        Ok(Unopened::with_depth(body, self.depth))
    }

    #[inline]
    fn parse_head<'a>(&self, _: &'a [u8], _: u64) -> Result<Unopened<T, &'a [u8]>> {
        Ok(Unopened::with_depth(&[], self.depth))
    }

    #[inline]
    fn body_is_raw(&self) -> bool {
        true
    }

    fn close_body(&mut self, tail: &[u8]) -> Result<()> {
        check_tail(tail)
    }
}

/// The archive in a frame, whose head `delimit` has seen to be right: what is left to ask of it is how long the body is.
#[inline(always)]
pub(super) fn body_of(frame: &[u8]) -> Result<&[u8]> {
    let (head, rest) = frame.split_first_chunk().ok_or(Error::truncated(&"archive head", 0))?;
    let (body, padding) = usize::try_from(head::length_of(head))
        .ok()
        .and_then(|len| rest.split_at_checked(len))
        .ok_or_else(|| Error::truncated(&"archive", frame.len()))?;
    check_padding(frame, padding.len())?;
    Ok(body)
}

/// What follows a body that was streamed is zeros.
pub(super) fn check_tail(tail: &[u8]) -> Result<()> {
    if tail.iter().any(|&byte| byte != 0) {
        return Err(Error::malformed(&"archive padding", 0));
    }
    Ok(())
}

/// The last `padding` bytes of a frame are zeros.
#[inline(always)]
fn check_padding(frame: &[u8], padding: usize) -> Result<()> {
    /// The last so many bytes of sixteen. A shift of a number as wide as that is slower than looking it up.
    const LAST: [u128; ALIGN] = {
        let mut last = [0; ALIGN];
        let mut count = 1;
        while count < ALIGN {
            last[count] = u128::MAX << (8 * (ALIGN - count));
            count += 1;
        }
        last
    };
    // All at once; a frame has at least the sixteen bytes of its head.
    match (LAST.get(padding), frame.last_chunk()) {
        (Some(mask), Some(last)) if u128::from_le_bytes(*last) & mask == 0 => Ok(()),
        _ => Err(not_padded(frame, padding)),
    }
}

#[cold]
fn not_padded(frame: &[u8], padding: usize) -> Error {
    let start = frame.len() - padding;
    let at = frame[start..].iter().position(|&byte| byte != 0).unwrap_or(0);
    Error::malformed(&"archive padding", start + at)
}

/// Serialized straight into the send queue. `&T`, or a reference to anything else whose archived form is that of `T`, such as
/// a struct of slices.
///
/// # Errors
/// [`Kind::Limit`](crate::Kind::Limit) if the archive is above the maximum, [`Kind::Unsupported`](crate::Kind::Unsupported) if it
/// cannot be made.
impl<T, U> Encode<&U> for Archive<T>
where
    T: Archivable,
    U: Serializable + rkyv::Archive<Archived = Archived<T>>,
{
    fn encode(&mut self, value: &U, out: &mut Gather) -> Result<()> {
        let (max, writer) = (self.max, &mut self.writer);
        out.head(|arena| {
            let start = arena.len();
            arena.extend_from_slice(&[0; HEAD]);
            let len = writer.append(value, arena).map_err(|error| error.shifted(HEAD))? as u64;
            if len > max {
                return Err(Error::limit(&"archive length", LENGTH_AT));
            }
            arena[start..start + HEAD].copy_from_slice(&head::write(T::FORMAT, len));
            arena.resize(arena.len() + padding(len), 0);
            Ok(())
        })
    }
}

/// An archive that was made before: shared, sent from a file, or copied, as its holder goes. It is not looked at.
///
/// # Errors
/// [`Kind::Limit`](crate::Kind::Limit) if it is above the maximum.
impl<T: Archivable, B: Outgoing> Encode<Unopened<T, B>> for Archive<T> {
    fn encode(&mut self, archive: Unopened<T, B>, out: &mut Gather) -> Result<()> {
        let len = archive.bytes().size();
        if len > self.max {
            return Err(Error::limit(&"archive length", LENGTH_AT));
        }
        out.copy(&head::write(T::FORMAT, len));
        archive.into_bytes().put(out);
        Self::pad(len, out);
        Ok(())
    }
}

/// Archives, checked where they were received.
impl<T: Archivable> Lent<'_, Archive<T>> {
    /// The archived value in the receive block, after all of it was checked.
    ///
    /// # Errors
    /// If the frame is no archive of `T`; the frames behind it are not affected. [`why`](Unopened::why) of the view tells more.
    ///
    /// # Cost
    /// The check. Nothing is copied, counted or allocated; only a frame that was not read by a [`Deframer`](crate::Deframer) from
    /// the start of its stream on can lie where it has to be copied once, into a buffer that is used again, and which the
    /// [`Ledger`](crate::Ledger) counts.
    #[inline]
    pub fn archive(&mut self) -> Result<&Archived<T>> {
        if is_aligned::<T>(self.bytes()) {
            return self.view()?.open().map_err(behind_head);
        }
        self.realigned()
    }

    #[cold]
    fn realigned(&mut self) -> Result<&Archived<T>> {
        let (codec, frame, ledger) = self.parts();
        let archive = codec.parse(frame)?;
        ledger.realigned += archive.bytes().len() as u64;
        codec.realigner.open(archive).map_err(behind_head)
    }

    /// The archive as owned: it shares the block it arrived in, was checked, and is never checked again.
    ///
    /// # Errors
    /// As for [`archive`](Self::archive).
    ///
    /// # Cost
    /// The check, two refcounts; in the steady state no allocation. While more than
    /// [`Limits::max_pinned`](crate::Limits::max_pinned) bytes are kept alive, small archives are copied instead.
    pub fn into_archive(mut self) -> Result<ArchivedFrame<T>> {
        let archive = self.view()?;
        let (len, depth) = (archive.bytes().len(), archive.depth());
        let aligned = is_aligned::<T>(self.bytes());
        let (body, codec) = if aligned && !self.is_pressed() {
            let (mut body, codec) = self.into_shared();
            body.advance(HEAD);
            body.truncate(len);
            (body, codec)
        } else {
            let (_, frame, ledger) = self.parts();
            let body = realigned(&frame[HEAD..HEAD + len]);
            *(if aligned { &mut ledger.copied_in } else { &mut ledger.realigned }) += len as u64;
            (body, self.into_codec())
        };
        ArchivedFrame::in_cart(codec.carts.load(body), depth).map_err(behind_head)
    }
}

/// The body is checked on its own; errors count from the start of the frame.
#[cold]
fn behind_head(error: Error) -> Error {
    error.shifted(HEAD)
}
