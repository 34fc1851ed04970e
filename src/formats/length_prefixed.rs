//! A length, then so many bytes.
//!
//! ```text
//!  0         offset        offset + width                                    + trailer
//!  ┌─────────┬─────────────┬───────────────────────────────┬─────────────────┐
//!  │ prefix  │ length: L   │ payload: length + adjustment  │ trailer         │
//!  └─────────┴─────────────┴───────────────────────────────┴─────────────────┘
//!  └───────── head ────────┘
//!            └ counts_header: the length counts the head, too
//! ```
//!
//! Checked: the length can be counted with, also after the adjustment, and the payload is not above its maximum.
//! Left to the handler: what the prefix and the trailer mean. [`LengthPrefixed`] does not show them;
//! [`LengthPrefixedParts`] does.

use core::marker::PhantomData;

use crate::length::{LengthField, Read};
use crate::{Boundary, Codec, Encode, Error, Gather, Holder, Outgoing, Result, Span, Wire};

/// Frames that state their length: the message is the payload.
///
/// ```
/// use wireview::formats::LengthPrefixed;
/// use wireview::length::U32Be;
/// use wireview::{Deframer, Encode, Error, Gather};
///
/// let mut codec = LengthPrefixed::<U32Be>::new(1 << 20);
/// let mut out = Gather::new();
/// codec.encode(&b"hello"[..], &mut out)?;
/// assert_eq!(out.chunks().next(), Some(&b"\0\0\0\x05hello"[..]));
///
/// let mut deframer = Deframer::new(codec);
/// deframer.feed(b"\0\0\0\x05hello\0\0\0\x05wor");
/// assert_eq!(deframer.next()?.expect("a whole frame").view()?, b"hello");
/// assert!(deframer.next()?.is_none());
/// # Ok::<(), Error>(())
/// ```
///
/// # Cost
/// Reading: a load, an addition, a comparison. Writing: the field is copied, the payload goes its holder's way.
#[derive(Clone, Copy, Debug)]
pub struct LengthPrefixed<L, S = Bare> {
    /// The largest payload. Never above `i64::MAX`: see `body`.
    max: u64,
    shape: S,
    field: PhantomData<fn() -> L>,
}

/// What stands around the length and the payload: nothing ([`Bare`]), or what was said of it ([`Shaped`]). A type, so that the
/// plain format does not pay for the others.
pub trait Shape: Copy + sealed::Shape {}

/// Length and payload, nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bare;

/// A prefix, a trailer, an adjustment, or a length that counts the head.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shaped {
    offset: usize,
    trailer: usize,
    adjust: i64,
    counts_header: bool,
    /// `adjust` less what is counted of the head, where that does not depend on the number.
    settled: i64,
}

mod sealed {
    use super::{Bare, LengthField, Shaped};

    pub trait Shape {
        fn offset(&self) -> usize;
        fn trailer(&self) -> usize;

        /// What is added to a number that took `width` bytes to get the payload's length.
        fn shift<L: LengthField>(&self, width: usize) -> i64;

        fn shaped(self) -> Shaped;
    }

    impl Shape for Bare {
        #[inline(always)]
        fn offset(&self) -> usize {
            0
        }

        #[inline(always)]
        fn trailer(&self) -> usize {
            0
        }

        #[inline(always)]
        fn shift<L: LengthField>(&self, _: usize) -> i64 {
            0
        }

        fn shaped(self) -> Shaped {
            Shaped::default()
        }
    }

    impl Shape for Shaped {
        #[inline(always)]
        fn offset(&self) -> usize {
            self.offset
        }

        #[inline(always)]
        fn trailer(&self) -> usize {
            self.trailer
        }

        #[inline(always)]
        fn shift<L: LengthField>(&self, width: usize) -> i64 {
            if L::WIDTH.is_some() { self.settled } else { self.settle(width) }
        }

        fn shaped(self) -> Shaped {
            self
        }
    }
}

impl Shaped {
    #[inline]
    const fn settle(&self, width: usize) -> i64 {
        let header = if self.counts_header { (self.offset + width) as i64 } else { 0 };
        self.adjust.saturating_sub(header)
    }
}

impl Shape for Bare {}

impl Shape for Shaped {}

impl<L: LengthField> LengthPrefixed<L> {
    /// A length field at the start of the frame that counts the payload, which has at most `max_payload` bytes.
    #[must_use]
    pub const fn new(max_payload: u64) -> Self {
        let max = if max_payload > i64::MAX as u64 { i64::MAX as u64 } else { max_payload };
        Self { max, shape: Bare, field: PhantomData }
    }
}

impl<L: LengthField, S: Shape> LengthPrefixed<L, S> {
    /// The length counts the head as well: the length field, and the bytes in front of it.
    #[must_use]
    pub fn counts_header(self) -> LengthPrefixed<L, Shaped> {
        self.reshaped(|shape| shape.counts_header = true)
    }

    /// `len` bytes stand in front of the length field.
    ///
    /// # Panics
    /// If `len` is above 65,536.
    #[must_use]
    pub fn offset(self, len: usize) -> LengthPrefixed<L, Shaped> {
        assert!(len <= 1 << 16, "a length field more than 64 KiB behind the frame's start");
        self.reshaped(|shape| shape.offset = len)
    }

    /// The payload is `by` bytes longer than the length says, or shorter where `by` is negative: a length that counts a
    /// trailer of four bytes is adjusted by -4.
    #[must_use]
    pub fn adjust(self, by: i64) -> LengthPrefixed<L, Shaped> {
        self.reshaped(|shape| shape.adjust = by)
    }

    /// `len` bytes stand behind the payload: a checksum, an end mark.
    ///
    /// # Panics
    /// If `len` is above 65,536.
    #[must_use]
    pub fn trailer(self, len: usize) -> LengthPrefixed<L, Shaped> {
        assert!(len <= 1 << 16, "a trailer of more than 64 KiB");
        self.reshaped(|shape| shape.trailer = len)
    }

    fn reshaped(self, change: impl FnOnce(&mut Shaped)) -> LengthPrefixed<L, Shaped> {
        let mut shape = self.shape.shaped();
        change(&mut shape);
        shape.settled = shape.settle(L::WIDTH.unwrap_or(0));
        LengthPrefixed { max: self.max, shape, field: PhantomData }
    }

    /// The payload's length from the number in the field.
    #[inline(always)]
    fn body(&self, raw: u64, width: usize) -> Result<u64> {
        let shift = self.shape.shift::<L>(width);
        let body = raw.wrapping_add(shift as u64);
        // One comparison does: two numbers below 2^63 do not wrap at the top, a negative sum is at least 2^63 and so above
        // every maximum, and the compiler knows which fields cannot hold more than `i64::MAX`.
        if body > self.max || raw > i64::MAX as u64 {
            return Err(self.refused(raw, shift));
        }
        Ok(body)
    }

    #[cold]
    fn refused(&self, raw: u64, shift: i64) -> Error {
        match raw.checked_add_signed(shift) {
            Some(_) => Error::limit(&"length", self.shape.offset()),
            None => Error::overflow(&"length", self.shape.offset()),
        }
    }

    /// How many bytes stand in front of the length field, and behind the payload.
    pub(super) fn around(&self) -> (usize, usize) {
        (self.shape.offset(), self.shape.trailer())
    }

    /// The payload's length from the number in a field of `width` bytes.
    pub(super) fn payload_len(&self, raw: u64, width: usize) -> Result<u64> {
        self.body(raw, width)
    }

    /// Where the payload starts in a whole frame.
    #[inline(always)]
    pub(super) fn head(&self, frame: &[u8]) -> Result<usize> {
        let width = match L::WIDTH {
            Some(width) => width,
            None => match frame.get(self.shape.offset()..).map(L::read) {
                Some(Read::Value(_, width)) => width,
                _ => return Err(Error::truncated(&"length", self.shape.offset())),
            },
        };
        Ok(self.shape.offset() + width)
    }

    #[inline(always)]
    pub(super) fn payload<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        let head = self.head(frame)?;
        // A frame shorter than its trailer wraps to an end outside of it.
        let end = frame.len().wrapping_sub(self.shape.trailer());
        frame.get(head..end).ok_or_else(|| Error::truncated(&"payload", frame.len()))
    }

    /// Writes the length of a payload of `size` bytes.
    #[inline]
    fn put_length(&self, size: u64, out: &mut Gather) -> Result<()> {
        if size > self.max {
            return Err(Error::limit(&"payload", self.shape.offset()));
        }
        let mut field = [0; 10];
        // A width that varies is part of what may be counted: the smallest width that its own number fits.
        for width in L::WIDTH.unwrap_or(1)..=L::MAX_WIDTH {
            let raw = (size as i64).checked_sub(self.shape.shift::<L>(width)).and_then(|raw| u64::try_from(raw).ok());
            let written = raw
                .and_then(|raw| L::write(raw, &mut field))
                .ok_or_else(|| Error::overflow(&"length", self.shape.offset()))?;
            if written == width || self.shape.shift::<L>(written) == self.shape.shift::<L>(width) {
                out.copy(&field[..written]);
                return Ok(());
            }
        }
        Err(Error::overflow(&"length", self.shape.offset()))
    }
}

impl<L: LengthField, S: Shape> Codec for LengthPrefixed<L, S> {
    type Message = Span;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let Some(rest) = input.get(self.shape.offset()..) else {
            return Ok(Boundary::Need(self.shape.offset() + L::WIDTH.unwrap_or(1)));
        };
        match L::read(rest) {
            Read::Value(raw, width) => {
                let body = self.body(raw, width)?;
                Ok(Boundary::Frame { head: self.shape.offset() + width, body, tail: self.shape.trailer() })
            }
            Read::Need(need) => Ok(Boundary::Need(self.shape.offset() + need)),
            Read::Overflow => Err(Error::overflow(&"length", self.shape.offset())),
        }
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        self.payload(frame)
    }

    #[inline]
    fn parse_head<'a>(&self, _: &'a [u8], _: u64) -> Result<&'a [u8]> {
        Ok(&[])
    }

    #[inline]
    fn body_is_raw(&self) -> bool {
        true
    }
}

/// # Errors
/// [`Kind::Limit`](crate::Kind::Limit) if the payload is above the maximum, [`Kind::Overflow`](crate::Kind::Overflow) if its
/// length does not fit in the field, [`Kind::Unsupported`](crate::Kind::Unsupported) if the format has a prefix or a trailer:
/// they are written by [`LengthPrefixedParts`].
impl<L: LengthField, S: Shape, P: Outgoing> Encode<P> for LengthPrefixed<L, S> {
    #[inline]
    fn encode(&mut self, payload: P, out: &mut Gather) -> Result<()> {
        if self.shape.offset() != 0 {
            return Err(Error::unsupported(&"prefix", 0));
        }
        if self.shape.trailer() != 0 {
            return Err(Error::unsupported(&"trailer", 0));
        }
        self.put_length(payload.size(), out)?;
        payload.put(out);
        Ok(())
    }
}

impl<L: LengthField> LengthPrefixed<L, Shaped> {
    /// The same format with the bytes in front of the length field and behind the payload as part of the message.
    #[must_use]
    pub const fn parts(self) -> LengthPrefixedParts<L> {
        LengthPrefixedParts(self)
    }
}

/// The format of [`LengthPrefixed`] with prefix and trailer shown: made by [`LengthPrefixed::parts`].
///
/// ```
/// use wireview::formats::{LengthPrefixed, Parts};
/// use wireview::length::U16Be;
/// use wireview::{Codec, Encode, Error, Gather};
///
/// // type: 1 byte, length: 2 bytes, payload, checksum: 4 bytes
/// let mut codec = LengthPrefixed::<U16Be>::new(1500).offset(1).trailer(4).parts();
/// let message = Parts { prefix: &b"T"[..], payload: b"hi", trailer: b"\xde\xad\xbe\xef" };
/// let mut out = Gather::new();
/// codec.encode(message, &mut out)?;
/// let frame = out.chunks().next().expect("one piece");
/// assert_eq!(frame, b"T\0\x02hi\xde\xad\xbe\xef");
/// assert_eq!(codec.parse(frame)?, message);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LengthPrefixedParts<L>(LengthPrefixed<L, Shaped>);

impl<L> LengthPrefixedParts<L> {
    /// The format that does not show them.
    pub(super) const fn whole(&self) -> &LengthPrefixed<L, Shaped> {
        &self.0
    }
}

/// A frame of [`LengthPrefixedParts`] without its length, which is the payload's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<B> {
    /// The bytes in front of the length field.
    pub prefix: B,
    /// The bytes that the length counts.
    pub payload: B,
    /// The bytes behind the payload.
    pub trailer: B,
}

impl Wire for Parts<Span> {
    type Of<B: Holder> = Parts<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(parts: Parts<A>, f: &mut impl FnMut(A) -> B) -> Parts<B> {
        Parts { prefix: f(parts.prefix), payload: f(parts.payload), trailer: f(parts.trailer) }
    }
}

impl<L: LengthField> Codec for LengthPrefixedParts<L> {
    type Message = Parts<Span>;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        self.0.delimit(input)
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Parts<&'a [u8]>> {
        let payload = self.0.payload(frame)?;
        Ok(Parts {
            prefix: &frame[..self.0.shape.offset],
            payload,
            trailer: &frame[frame.len() - self.0.shape.trailer..],
        })
    }

    /// The trailer is not in the head: it comes behind the body.
    #[inline]
    fn parse_head<'a>(&self, head: &'a [u8], _: u64) -> Result<Parts<&'a [u8]>> {
        let prefix = head.get(..self.0.shape.offset).ok_or_else(|| Error::truncated(&"prefix", head.len()))?;
        Ok(Parts { prefix, payload: &[], trailer: &[] })
    }

    #[inline]
    fn body_is_raw(&self) -> bool {
        true
    }
}

/// # Errors
/// As for [`LengthPrefixed`], and [`Kind::Malformed`](crate::Kind::Malformed) if prefix or trailer are not as long as the
/// format says.
impl<L: LengthField, P: Outgoing> Encode<Parts<P>> for LengthPrefixedParts<L> {
    #[inline]
    fn encode(&mut self, parts: Parts<P>, out: &mut Gather) -> Result<()> {
        if parts.prefix.size() != self.0.shape.offset as u64 {
            return Err(Error::malformed(&"prefix", 0));
        }
        if parts.trailer.size() != self.0.shape.trailer as u64 {
            return Err(Error::malformed(&"trailer", 0));
        }
        let size = parts.payload.size();
        parts.prefix.put(out);
        self.0.put_length(size, out)?;
        parts.payload.put(out);
        parts.trailer.put(out);
        Ok(())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::Kind;
    use crate::formats::testing::{encoded, every_cut, refused};
    use crate::length::*;

    #[test]
    fn golden() {
        let frames = every_cut(&LengthPrefixed::<U8>::new(9), b"\x02hi\x00\x01!").whole();
        assert_eq!(frames, [&b"hi"[..], b"", b"!"]);
        let frames = every_cut(&LengthPrefixed::<U24Le>::new(9).offset(1), b"?\x02\0\0hi!\0\0\0").whole();
        assert_eq!(frames, [&b"hi"[..], b""]);
        let frames = every_cut(&LengthPrefixed::<U32Be>::new(9).counts_header(), b"\0\0\0\x06hi\0\0\0\x04").whole();
        assert_eq!(frames, [&b"hi"[..], b""]);
        let mysql = LengthPrefixed::<U24Le>::new(99).adjust(1);
        assert_eq!(every_cut(&mysql, b"\x02\0\0\x07hi").whole(), [&b"\x07hi"[..]]);
    }

    #[test]
    fn parts_show_what_stands_around() {
        let codec = LengthPrefixed::<U16Be>::new(99).offset(2).counts_header().trailer(1).parts();
        let stream = b"ab\0\x06hi;cd\0\x04;";
        let run = every_cut(&codec, stream);
        assert_eq!(run.end, Ok(()));
        let views: Vec<_> = run.frames.iter().map(|frame| codec.parse(frame).expect("a whole frame")).collect();
        assert_eq!(views[0], Parts { prefix: &b"ab"[..], payload: b"hi", trailer: b";" });
        assert_eq!(views[1], Parts { prefix: &b"cd"[..], payload: b"", trailer: b";" });
        let again: Vec<u8> = views.into_iter().flat_map(|view| encoded(&codec, view)).collect();
        assert_eq!(again, stream);
        assert_eq!(codec.parse_head(b"ab\0\x06", 2).map(|parts| parts.prefix), Ok(&b"ab"[..]));
    }

    #[test]
    fn a_length_that_counts_the_trailer() {
        let codec = LengthPrefixed::<U8>::new(9).adjust(-1).trailer(1);
        assert_eq!(every_cut(&codec, b"\x03hi;\x01;").whole(), [&b"hi"[..], b""]);
        assert_eq!(every_cut(&codec, b"\x01;\x00").end, Err(Error::overflow(&"length", 0)));
    }

    #[test]
    fn varints_count_themselves() {
        let codec = LengthPrefixed::<Varint>::new(1 << 20).counts_header();
        for size in [0, 1, 125, 126, 127, 128, 16_380, 16_381, 16_382, 16_383, 16_384] {
            let payload = vec![7; size];
            let frame = encoded(&codec, &payload[..]);
            let Read::Value(raw, _) = Varint::read(&frame) else { panic!("not a number") };
            assert_eq!(raw, frame.len() as u64);
            assert_eq!(codec.parse(&frame), Ok(&payload[..]));
        }
        // Longer than it need be: what was read is counted, not what would be written.
        assert_eq!(every_cut(&codec, b"\x84\x00hi").whole(), [b"hi"]);
        let behind = LengthPrefixed::<Varint>::new(9).offset(1);
        assert_eq!(every_cut(&behind, b"a\0b\x01!").whole(), [&b""[..], b"!"]);
        assert_eq!(every_cut(&behind, &[0xff; 12]).end, Err(Error::overflow(&"length", 1)));
    }

    #[test]
    fn lengths_that_cannot_be_counted_with() {
        let end = |codec: LengthPrefixed<U64Be, Shaped>, length: u64| {
            let mut stream = vec![0; codec.shape.offset];
            stream.extend(length.to_be_bytes());
            let run = every_cut(&codec, &stream);
            (run.end.expect_err("refused").kind(), run.end.expect_err("refused").offset())
        };
        let plain = LengthPrefixed::<U64Be>::new(u64::MAX).offset(0);
        assert_eq!(end(plain.offset(3), u64::MAX), (Kind::Limit, 3));
        assert_eq!(end(plain.adjust(1).offset(3), u64::MAX), (Kind::Overflow, 3));
        assert_eq!(end(plain.adjust(i64::MAX), u64::MAX), (Kind::Overflow, 0));
        assert_eq!(end(plain.adjust(i64::MAX), i64::MAX as u64), (Kind::Limit, 0));
        assert_eq!(end(plain.adjust(i64::MIN), i64::MAX as u64), (Kind::Overflow, 0));
        assert_eq!(end(plain.adjust(i64::MIN).counts_header(), 0), (Kind::Overflow, 0));
        assert_eq!(end(plain.counts_header(), 7), (Kind::Overflow, 0));
        assert_eq!(end(LengthPrefixed::new(9).adjust(-3).offset(2), 2), (Kind::Overflow, 2));
        // A small maximum and a sum that wraps round to something smaller still.
        assert_eq!(end(LengthPrefixed::new(9).adjust(5), u64::MAX - 2), (Kind::Overflow, 0));
        assert_eq!(end(LengthPrefixed::new(3).adjust(5), 0), (Kind::Limit, 0));
    }

    #[test]
    fn the_maximum_is_the_payloads() {
        let codec = LengthPrefixed::<U8>::new(3).counts_header().offset(2);
        assert_eq!(every_cut(&codec, b"ab\x06hey").whole(), [b"hey"]);
        let run = every_cut(&codec, b"ab\x04!ab\x07heyo");
        assert_eq!((run.frames.len(), run.end), (1, Err(Error::limit(&"length", 2))));
        assert_eq!(refused(&codec.parts().0.offset(0), &b"heyo"[..]), Error::limit(&"payload", 0));
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let codec = LengthPrefixed::<U8>::new(1 << 20);
        assert_eq!(encoded(&codec, &[7; 255][..]).len(), 256);
        assert_eq!(refused(&codec, &[7; 256][..]), Error::overflow(&"length", 0));
        assert_eq!(refused(&codec.counts_header(), &[7; 255][..]), Error::overflow(&"length", 0));
        assert_eq!(refused(&codec.adjust(3), &b"hi"[..]), Error::overflow(&"length", 0));
        assert_eq!(refused(&codec.offset(1), &b"hi"[..]), Error::unsupported(&"prefix", 0));
        assert_eq!(refused(&codec.trailer(1), &b"hi"[..]), Error::unsupported(&"trailer", 0));
        let parts = Parts { prefix: &b"a"[..], payload: b"hi", trailer: b"" };
        assert_eq!(refused(&codec.offset(2).parts(), parts), Error::malformed(&"prefix", 0));
        assert_eq!(refused(&codec.offset(1).trailer(1).parts(), parts), Error::malformed(&"trailer", 0));
        let parts = Parts { prefix: &b"a"[..], payload: &[7; 256][..], trailer: b"" };
        assert_eq!(refused(&codec.offset(1).parts(), parts), Error::overflow(&"length", 1), "and nothing of it stays");
    }

    #[test]
    fn a_stream_that_ends_early() {
        let codec = LengthPrefixed::<U16Be>::new(9).trailer(1);
        for stream in [&b"\0"[..], b"\0\x02", b"\0\x02h", b"\0\x02hi"] {
            let run = every_cut(&codec, stream);
            assert_eq!((run.frames.len(), run.end.map_err(|error| error.kind())), (0, Err(Kind::Eof)));
            assert!(codec.parse(&stream[..1]).is_err(), "not a frame, but no panic either");
        }
    }
}
