//! A header struct, then as many bytes as it says.
//!
//! ```text
//!  0                size_of::<H>()
//!  ┌────────────────┬───────────────────────────┐
//!  │ header: H      │ payload                   │
//!  └────────────────┴───────────────────────────┘
//!                    header.payload_len() bytes
//! ```
//!
//! Checked: the length is not above its maximum; what [`Header::check`] checks. Left to the handler: every other field.

use core::fmt::Debug;
use core::marker::PhantomData;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::{Boundary, Codec, Encode, Error, Gather, Holder, Outgoing, Result, Span, Wire};

/// A struct that stands in front of every payload. Its fields are those of [`zerocopy::byteorder`] and bytes, so that it has
/// a byte order, no padding and no alignment.
pub trait Header:
    FromBytes + KnownLayout + Immutable + Unaligned + Copy + Debug + PartialEq + Send + Sync + 'static
{
    /// Where the length stands, for errors: `offset_of!(Self, len)`.
    const LENGTH_AT: usize = 0;

    /// How many bytes follow the header.
    fn payload_len(&self) -> u64;

    /// Puts `len` into the field that [`payload_len`](Self::payload_len) reads. A length that does not fit may be cut short:
    /// it is read back, and refused if it differs.
    fn set_payload_len(&mut self, len: u64);

    /// What must be right for the length to be trusted: a magic number, a version.
    ///
    /// # Errors
    /// If it is not. The stream ends there.
    #[inline(always)]
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Frames of a header struct and a payload.
///
/// ```
/// use std::mem::offset_of;
///
/// use wireview::formats::{Headed, Header, WithHeader};
/// use wireview::{Codec, Encode, Error, Gather, Result};
/// use zerocopy::byteorder::big_endian::{U16, U32};
/// use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};
///
/// #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, Default, PartialEq)]
/// #[repr(C)]
/// struct Head {
///     magic: [u8; 2],
///     kind: U16,
///     len: U32,
/// }
///
/// impl Header for Head {
///     const LENGTH_AT: usize = offset_of!(Head, len);
///
///     fn payload_len(&self) -> u64 {
///         self.len.get().into()
///     }
///
///     fn set_payload_len(&mut self, len: u64) {
///         self.len.set(len as u32);
///     }
///
///     fn check(&self) -> Result<()> {
///         if self.magic == *b"HI" { Ok(()) } else { Err(Error::malformed(&"magic", 0)) }
///     }
/// }
///
/// let mut codec = Headed::<Head>::new(1 << 20);
/// let header = Head { magic: *b"HI", kind: 7.into(), ..Head::default() };
/// let mut out = Gather::new();
/// codec.encode(WithHeader { header, payload: &b"hello"[..] }, &mut out)?; // the length is filled in
/// let frame = out.chunks().next().expect("one piece");
/// assert_eq!(frame, b"HI\0\x07\0\0\0\x05hello");
/// let message = codec.parse(frame)?;
/// assert_eq!((message.header.kind.get(), message.payload), (7, &b"hello"[..]));
/// # Ok::<(), Error>(())
/// ```
///
/// # Cost
/// Reading: the header is copied, its fields are read from there. Writing: the header is copied, the payload goes its
/// holder's way.
#[derive(Debug)]
pub struct Headed<H> {
    max: u64,
    header: PhantomData<fn() -> H>,
}

impl<H: Header> Headed<H> {
    /// Payloads of at most `max_payload` bytes behind their header. A header without bytes does not compile.
    #[must_use]
    pub const fn new(max_payload: u64) -> Self {
        const { assert!(size_of::<H>() > 0, "a header of no bytes, in front of no bytes, would be an empty frame") };
        Self { max: max_payload, header: PhantomData }
    }

    #[inline(always)]
    fn limit(&self, len: u64) -> Result<()> {
        if len > self.max { Err(Error::limit(&"length", H::LENGTH_AT)) } else { Ok(()) }
    }
}

// By hand: a derive would ask of `H` what is asked of nothing.
impl<H> Clone for Headed<H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for Headed<H> {}

/// A frame of [`Headed`]. When it is written its payload's length is put into the header, so the two cannot disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithHeader<H, B> {
    /// The struct in front.
    pub header: H,
    /// The bytes behind it.
    pub payload: B,
}

impl<H: Header> Wire for WithHeader<H, Span> {
    type Of<B: Holder> = WithHeader<H, B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(message: WithHeader<H, A>, f: &mut impl FnMut(A) -> B) -> WithHeader<H, B> {
        WithHeader { header: message.header, payload: f(message.payload) }
    }
}

impl<H: Header> Codec for Headed<H> {
    type Message = WithHeader<H, Span>;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let Ok((header, _)) = H::ref_from_prefix(input) else { return Ok(Boundary::Need(size_of::<H>())) };
        header.check()?;
        let body = header.payload_len();
        self.limit(body)?;
        Ok(Boundary::Frame { head: size_of::<H>(), body, tail: 0 })
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<WithHeader<H, &'a [u8]>> {
        match H::read_from_prefix(frame) {
            Ok((header, payload)) => Ok(WithHeader { header, payload }),
            Err(_) => Err(Error::truncated(&"header", frame.len())),
        }
    }

    #[inline]
    fn parse_head<'a>(&self, head: &'a [u8], _: u64) -> Result<WithHeader<H, &'a [u8]>> {
        self.parse(head)
    }

    #[inline]
    fn body_is_raw(&self) -> bool {
        true
    }
}

/// # Errors
/// [`Kind::Limit`](crate::Kind::Limit) if the payload is above the maximum, [`Kind::Overflow`](crate::Kind::Overflow) if its
/// length does not fit in the header, and what [`Header::check`] finds.
impl<H: Header + IntoBytes, P: Outgoing> Encode<WithHeader<H, P>> for Headed<H> {
    #[inline]
    fn encode(&mut self, message: WithHeader<H, P>, out: &mut Gather) -> Result<()> {
        let WithHeader { mut header, payload } = message;
        let len = payload.size();
        self.limit(len)?;
        header.set_payload_len(len);
        if header.payload_len() != len {
            return Err(Error::overflow(&"length", H::LENGTH_AT));
        }
        header.check()?;
        out.copy(header.as_bytes());
        payload.put(out);
        Ok(())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::vec;
    use core::mem::offset_of;

    use bytes::Bytes;
    use zerocopy::byteorder::little_endian::{U16, U64};

    use super::*;
    use crate::Kind;
    use crate::formats::testing::{encoded, every_cut, refused};

    #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Head {
        version: u8,
        len: U16,
        id: U64,
    }

    impl Header for Head {
        const LENGTH_AT: usize = offset_of!(Head, len);

        fn payload_len(&self) -> u64 {
            self.len.get().into()
        }

        fn set_payload_len(&mut self, len: u64) {
            self.len.set(len as u16);
        }

        fn check(&self) -> Result<()> {
            if self.version == 1 { Ok(()) } else { Err(Error::unsupported(&"version", 0)) }
        }
    }

    /// A bare length, which may count up to everything.
    #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Length(U64);

    impl Header for Length {
        fn payload_len(&self) -> u64 {
            self.0.get()
        }

        fn set_payload_len(&mut self, len: u64) {
            self.0.set(len);
        }
    }

    const STREAM: &[u8] = b"\x01\x02\0\x07\0\0\0\0\0\0\0hi\x01\0\0\x08\0\0\0\0\0\0\0";

    #[test]
    fn golden() {
        let codec = Headed::<Head>::new(100);
        let run = every_cut(&codec, STREAM);
        assert_eq!((run.end, run.frames.len()), (Ok(()), 2));
        let first = codec.parse(&run.frames[0]).expect("a message");
        assert_eq!((first.header.id.get(), first.payload), (7, &b"hi"[..]));
        let second = codec.parse(&run.frames[1]).expect("a message");
        assert_eq!((second.header.id.get(), second.payload), (8, &b""[..]));
        assert_eq!([encoded(&codec, first), encoded(&codec, second)].concat(), STREAM);
        let head = codec.parse_head(&STREAM[..11], 2).expect("the head alone");
        assert_eq!(head, WithHeader { header: first.header, payload: &[][..] });
    }

    #[test]
    fn what_cannot_be_trusted_ends_the_stream() {
        let codec = Headed::<Head>::new(100);
        let run = every_cut(&codec, &[STREAM, b"\x02\0\0\0\0\0\0\0\0\0\0"].concat());
        assert_eq!((run.frames.len(), run.end), (2, Err(Error::unsupported(&"version", 0))));
        let run = every_cut(&codec, b"\x01\x65\0\0\0\0\0\0\0\0\0");
        assert_eq!(run.end, Err(Error::limit(&"length", 1)));
        let largest = [&b"\x01\x64\0\0\0\0\0\0\0\0\0"[..], &[7; 100]].concat();
        assert_eq!(every_cut(&codec, &largest).end, Ok(()));
        let run = every_cut(&codec, &STREAM[..12]);
        assert_eq!(run.end.map_err(|error| error.kind()), Err(Kind::Eof));
        assert_eq!(every_cut(&Headed::<Length>::new(100), &[0xff; 9]).end, Err(Error::limit(&"length", 0)));
        assert!(codec.parse(b"\x01").is_err(), "not a frame, but no panic either");
    }

    #[test]
    fn header_and_payload_cannot_disagree() {
        let codec = Headed::<Head>::new(1 << 20);
        let header = Head { version: 1, len: 99.into(), id: 7.into() };
        assert_eq!(encoded(&codec, WithHeader { header, payload: b"hi" }), STREAM[..13]);
        let payload = Bytes::from(vec![7; 65_536]);
        assert_eq!(refused(&codec, WithHeader { header, payload: payload.clone() }), Error::overflow(&"length", 1));
        let payload = payload.slice(1..);
        assert_eq!(encoded(&codec, WithHeader { header, payload: payload.clone() }).len(), 11 + 65_535);
        assert_eq!(refused(&Headed::new(9), WithHeader { header, payload }), Error::limit(&"length", 1));
        let header = Head { version: 2, ..header };
        assert_eq!(refused(&codec, WithHeader { header, payload: b"" }), Error::unsupported(&"version", 0));
    }
}
