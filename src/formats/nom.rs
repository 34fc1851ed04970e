//! nom 8 parsers as parts of a codec: what is in a frame, and where its head ends.
//!
//! ```text
//!  ┌────── head ──────┬─────────── body ───────────┬─ tail ─┐
//!  │ head(parser, …)  │  Nom { format, parser }: the parser sees what the format's own message is,
//!  │ in `delimit`     │  parse(parser, …): the parser sees what it is given
//!  └──────────────────┴────────────────────────────┴────────┘
//! ```
//!
//! Parsers over `&[u8]` with [`NomError`] as their error type. The field of an [`Error`] is the innermost
//! [`context`](::nom::error::context) around what failed, its offset is where that failed, counted from the frame's start;
//! of several alternatives that failed, the one that got furthest is told.
//!
//! Checked: what the parser checks, and that it uses every byte; `terminated(parser, rest)` makes one that does not care.
//! Left to the handler: what the parser leaves to it.

use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use std::sync::OnceLock;

use ::nom::error::{ContextError, ErrorKind, FromExternalError, ParseError};
use ::nom::{Err, IResult, Parser};

use crate::{Boundary, Codec, Encode, Error, Gather, Kind, Message, Result, Span, View, Wire};

/// What a nom parser fails with here: kind, field and place, until the frame's start is known.
///
/// | nom's | becomes |
/// | --- | --- |
/// | [`ErrorKind::Eof`], which parsers say who run out of bytes | [`Kind::Truncated`] |
/// | [`ErrorKind::TooLarge`] | [`Kind::Overflow`] |
/// | an [`Error`] returned in a `map_res` | its kind and field, at the place of the `map_res` |
/// | any other | [`Kind::Malformed`] |
///
/// nom's `eof` and `all_consuming` say [`ErrorKind::Eof`] where too many bytes are left: leave them out, [`parse`] and [`Nom`]
/// see to that.
///
/// An [`Error`] names its field by a reference to a literal, nom by the literal itself. The first 64 names that were ever told
/// are remembered for that, as long as the program runs; the field of any further one is called `nom context`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NomError<'a> {
    at: &'a [u8],
    field: Option<&'static str>,
    kind: Kind,
}

impl<'a> NomError<'a> {
    /// An error of `kind` at the start of `at`, for parsers written by hand.
    #[inline]
    #[must_use]
    pub const fn new(kind: Kind, at: &'a [u8]) -> Self {
        Self { at, field: None, kind }
    }

    /// The same error in a frame that the parser was given, or given a part of.
    #[cold]
    #[must_use]
    pub fn in_frame(self, frame: &[u8]) -> Error {
        // The start counts even if nothing is left to be read there, so this is no matter for `Span::of`.
        let at = (self.at.as_ptr() as usize).wrapping_sub(frame.as_ptr() as usize);
        let offset = if at <= frame.len() { at } else { 0 };
        Error::new(self.kind, self.field.map_or(&"message", |field| remembered(&NAMES, field)), offset)
    }
}

impl<'a> ParseError<&'a [u8]> for NomError<'a> {
    #[inline]
    fn from_error_kind(input: &'a [u8], kind: ErrorKind) -> Self {
        let kind = match kind {
            ErrorKind::Eof => Kind::Truncated,
            ErrorKind::TooLarge => Kind::Overflow,
            _ => Kind::Malformed,
        };
        Self::new(kind, input)
    }

    #[inline]
    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// The one that got further; if none did, the one that has a name; if both have, the last.
    #[inline]
    fn or(self, other: Self) -> Self {
        let (one, two) = (self.at.as_ptr(), other.at.as_ptr());
        if one > two || one == two && other.field.is_none() { self } else { other }
    }
}

impl<'a> ContextError<&'a [u8]> for NomError<'a> {
    #[inline]
    fn add_context(_: &'a [u8], field: &'static str, other: Self) -> Self {
        Self { field: other.field.or(Some(field)), ..other }
    }
}

impl<'a, E: 'static> FromExternalError<&'a [u8], E> for NomError<'a> {
    #[inline]
    fn from_external_error(input: &'a [u8], kind: ErrorKind, error: E) -> Self {
        match (&error as &dyn Any).downcast_ref::<Error>() {
            Some(error) => Self { at: input, field: Some(error.field()), kind: error.kind() },
            None => Self::from_error_kind(input, kind),
        }
    }
}

impl fmt::Display for NomError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field.unwrap_or("message");
        write!(f, "`{field}`: {:?}, {} bytes before the end", self.kind, self.at.len())
    }
}

impl core::error::Error for NomError<'_> {}

type Names = [OnceLock<&'static str>; 64];

static NAMES: Names = [const { OnceLock::new() }; 64];

/// A reference to the name, which lives in the first slot that was free or had it already.
fn remembered(names: &'static Names, name: &'static str) -> &'static &'static str {
    names.iter().map(|slot| slot.get_or_init(|| name)).find(|slot| **slot == name).unwrap_or(&"nom context")
}

/// Reads all of `frame`.
///
/// ```
/// use nom::IResult;
/// use nom::error::context;
/// use nom::multi::length_data;
/// use nom::number::complete::{be_u8, be_u16};
/// use nom::{Parser, combinator::rest};
/// use wireview::Error;
/// use wireview::formats::nom::{NomError, parse};
///
/// fn publish(input: &[u8]) -> IResult<&[u8], (u16, &[u8], &[u8]), NomError<'_>> {
///     (be_u16, context("topic", length_data(be_u8)), rest).parse_complete(input)
/// }
///
/// assert_eq!(parse(publish, b"\0\x07\x04newshello")?, (7, &b"news"[..], &b"hello"[..]));
/// assert_eq!(parse(publish, b"\0\x07\x04new"), Err(Error::truncated(&"topic", 3)));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// What the parser fails with; [`Kind::Malformed`] at the first byte that it leaves; [`Kind::Truncated`] at the end of `frame`
/// if it asks for more. Name and place are lost then: nom does not pass them on. A function that ends in `parse_complete`
/// rather than `parse` never asks.
#[inline]
pub fn parse<'a, P: Parser<&'a [u8], Error = NomError<'a>>>(parser: P, frame: &'a [u8]) -> Result<P::Output> {
    parse_part(parser, frame, frame)
}

/// The same for a part of a frame.
#[inline]
fn parse_part<'a, P>(mut parser: P, part: &'a [u8], frame: &'a [u8]) -> Result<P::Output>
where
    P: Parser<&'a [u8], Error = NomError<'a>>,
{
    let error = match parser.parse_complete(part) {
        Ok(([], message)) => return Ok(message),
        Ok((left, _)) => NomError { at: left, field: Some("trailing bytes"), kind: Kind::Malformed },
        Err(Err::Error(error) | Err::Failure(error)) => error,
        Err(Err::Incomplete(_)) => NomError::new(Kind::Truncated, &part[part.len()..]),
    };
    Err(error.in_frame(frame))
}

/// Finds the end of a head, for a codec's [`delimit`](Codec::delimit): `parser` is a streaming one that reads the head alone
/// and answers with the bytes of the body and of the tail.
///
/// ```
/// use nom::Parser;
/// use nom::bytes::streaming::tag;
/// use nom::number::streaming::be_u32;
/// use nom::sequence::preceded;
/// use wireview::formats::nom::head;
/// use wireview::{Boundary, Error};
///
/// let delimit = |input| head(preceded(tag("MAGIC"), be_u32).map(|len| (len.into(), 0)), input);
/// assert_eq!(delimit(b"MAGIC\0\0\0\x09and")?, Boundary::Frame { head: 9, body: 9, tail: 0 });
/// assert_eq!(delimit(b"MAGIC\0\0")?, Boundary::Need(8));
/// assert_eq!(delimit(b"MAGNET"), Err(Error::malformed(&"message", 0)));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// What the parser fails with.
///
/// # Cost
/// The head is read from its start whenever more of it has arrived: for short heads, not for bodies. How much nom says is
/// missing is not passed on, since the first of two alternatives may ask for more than the second one needs.
#[inline]
pub fn head<'a>(
    mut parser: impl Parser<&'a [u8], Output = (u64, usize), Error = NomError<'a>>,
    input: &'a [u8],
) -> Result<Boundary> {
    match parser.parse(input) {
        Ok((rest, (body, tail))) => Ok(Boundary::Frame { head: input.len() - rest.len(), body, tail }),
        Err(Err::Incomplete(_)) => Ok(Boundary::Need(input.len() + 1)),
        Err(Err::Error(error) | Err::Failure(error)) => Err(error.in_frame(input)),
    }
}

/// The frames of the format `D`, read by the parser `P` as messages `M`.
///
/// ```
/// use nom::error::context;
/// use nom::multi::length_data;
/// use nom::number::complete::be_u8;
/// use nom::{IResult, Parser, combinator::rest};
/// use wireview::formats::LengthPrefixed;
/// use wireview::formats::nom::{Nom, NomError};
/// use wireview::length::U16Be;
/// use wireview::{Codec, Error, Span};
///
/// type Publish = (Span, Span);
///
/// fn publish(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8]), NomError<'_>> {
///     (context("topic", length_data(be_u8)), rest).parse_complete(input)
/// }
///
/// let codec = Nom::<_, Publish, _>::new(LengthPrefixed::<U16Be>::new(1 << 14), publish);
/// assert_eq!(codec.parse(b"\0\x0a\x04newshello")?, (&b"news"[..], &b"hello"[..]));
/// assert_eq!(codec.parse(b"\0\x02\x04n"), Err(Error::truncated(&"topic", 3)));
/// # Ok::<(), Error>(())
/// ```
///
/// The parser is given the message of `D`, such as the payload without its length; offsets count from the frame's start all the
/// same. Written is what `D` writes: a payload.
pub struct Nom<D, M, P> {
    format: D,
    parser: P,
    message: PhantomData<fn() -> M>,
}

impl<D, M, P> Nom<D, M, P> {
    /// `format` says where a frame ends, `parser` what is in it.
    #[must_use]
    pub const fn new(format: D, parser: P) -> Self {
        Self { format, parser, message: PhantomData }
    }
}

impl<D, M, P> Codec for Nom<D, M, P>
where
    D: Codec<Message = Span>,
    M: Message,
    P: for<'a> Fn(&'a [u8]) -> IResult<&'a [u8], <M as Wire>::Of<&'a [u8]>, NomError<'a>>,
{
    type Message = M;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        self.format.delimit(input)
    }

    #[inline]
    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        self.format.delimit_last(rest)
    }

    #[inline(always)]
    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        self.format.open(frame)
    }

    #[inline]
    fn is_raw(&self) -> bool {
        self.format.is_raw()
    }

    #[inline]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        parse_part(&self.parser, self.format.parse(frame)?, frame)
    }

    #[inline(always)]
    fn barrier(&self) -> bool {
        self.format.barrier()
    }

    #[inline]
    fn is_inside(&self) -> bool {
        self.format.is_inside()
    }
}

impl<D: Encode<X>, M, P, X> Encode<X> for Nom<D, M, P> {
    #[inline]
    fn encode(&mut self, message: X, out: &mut Gather) -> Result<()> {
        self.format.encode(message, out)
    }
}

// By hand: a derive would ask of `M` what is asked of nothing, and functions are seldom printed.
impl<D: Clone, M, P: Clone> Clone for Nom<D, M, P> {
    fn clone(&self) -> Self {
        Self::new(self.format.clone(), self.parser.clone())
    }
}

impl<D: fmt::Debug, M, P> fmt::Debug for Nom<D, M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nom").field("format", &self.format).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::string::ToString;
    use std::sync::LazyLock;

    use ::nom::branch::alt;
    use ::nom::bytes::{complete, streaming};
    use ::nom::combinator::{map_res, rest, verify};
    use ::nom::error::context;
    use ::nom::multi::length_data;
    use ::nom::number::{complete::be_u8, complete::be_u16, streaming::be_u64};
    use ::nom::sequence::{preceded, terminated};

    use super::*;
    use crate::formats::testing::{encoded, every_cut};
    use crate::formats::{Delimited, Fixed, LengthPrefixed};
    use crate::length::U8;

    type Views<'a> = IResult<&'a [u8], (&'a [u8], Option<&'a [u8]>), NomError<'a>>;

    /// A key with its length, then `=` and a value, or nothing.
    fn pair(input: &[u8]) -> Views<'_> {
        let key = context("key", verify(length_data(be_u8), |key: &[u8]| !key.is_empty()));
        let value = context("value", preceded(complete::tag("="), rest));
        (key, ::nom::combinator::opt(value)).parse_complete(input)
    }

    type Pair = (Span, Option<Span>);

    #[test]
    fn golden() {
        let codec = Nom::<_, Pair, _>::new(LengthPrefixed::<U8>::new(20), pair);
        let run = every_cut(&codec, b"\x04\x01k=v\x03\x02ab\x01\0\x04\x01kxy\x03\x05ab");
        let views: Vec<_> = run.frames.iter().map(|frame| codec.parse(frame)).collect();
        assert_eq!(views[0], Ok((&b"k"[..], Some(&b"v"[..]))));
        assert_eq!(views[1], Ok((&b"ab"[..], None)));
        assert_eq!(views[2], Err(Error::malformed(&"key", 1)));
        assert_eq!(views[3], Err(Error::malformed(&"trailing bytes", 3)));
        assert_eq!(views[4], Err(Error::truncated(&"key", 2)));
        assert_eq!((views.len(), run.end), (5, Ok(())), "a bad frame does not touch those behind it");
        assert_eq!(encoded(&codec, b"\x01k=v"), b"\x04\x01k=v");
    }

    #[test]
    fn the_format_below_is_any() {
        let lines = Nom::<_, Pair, _>::new(Delimited::new(b"\r\n", 20), pair);
        let run = every_cut(&lines, b"\x01k=v\r\n\x01k\r\n");
        assert_eq!(lines.parse(&run.frames[0]), Ok((&b"k"[..], Some(&b"v"[..]))));
        assert_eq!((run.frames.len(), run.end), (2, Ok(())));
        let fixed = Nom::<_, Pair, _>::new(Fixed::new(3), pair);
        assert_eq!(every_cut(&fixed, b"\x02ab\x01k=").messages.len(), 2);
    }

    #[test]
    fn kinds_and_places() {
        type Parsed<'a, T> = IResult<&'a [u8], T, NomError<'a>>;
        let number =
            |input| -> Parsed<'_, u16> { preceded(complete::tag("n"), context("number", be_u16)).parse(input) };
        assert_eq!(parse(number, b"n\x01"), Err(Error::truncated(&"number", 1)));
        assert_eq!(parse(number, b"n"), Err(Error::truncated(&"number", 1)), "at the end, where nothing is left");
        assert_eq!(parse(number, b"x\x01\x02"), Err(Error::malformed(&"message", 0)));
        assert_eq!(parse(number, b"n\x01\x02\x03"), Err(Error::malformed(&"trailing bytes", 3)));
        assert_eq!(parse(terminated(number, rest), b"n\x01\x02\x03"), Ok(0x102));

        let streaming = |input| -> Parsed<'_, u64> { preceded(complete::tag("n"), be_u64).parse(input) };
        assert_eq!(parse(streaming, b"n\x01"), Err(Error::truncated(&"message", 2)));

        let outer = |input| -> Parsed<'_, u16> { context("outer", context("inner", number)).parse(input) };
        assert_eq!(parse(outer, b"x"), Err(Error::malformed(&"inner", 0)), "the innermost name is told");
    }

    #[test]
    fn the_alternative_that_got_furthest_is_told() {
        let deep = |input| preceded(complete::tag("ab"), context("deep", complete::tag("!"))).parse(input);
        let flat = |input| context("flat", complete::tag("x")).parse(input);
        let bare = |input: &'static [u8]| complete::tag::<_, _, NomError<'_>>("y").parse(input);
        assert_eq!(parse(alt((deep, flat, bare)), b"abc"), Err(Error::malformed(&"deep", 2)));
        assert_eq!(parse(alt((flat, deep)), b"abc"), Err(Error::malformed(&"deep", 2)));
        assert_eq!(parse(alt((flat, bare)), b"abc"), Err(Error::malformed(&"flat", 0)));
        assert_eq!(parse(alt((bare, flat)), b"abc"), Err(Error::malformed(&"flat", 0)));
    }

    #[test]
    fn errors_of_other_functions() {
        let text = |input: &'static [u8]| {
            let text = map_res(complete::take(2_usize), core::str::from_utf8);
            preceded(complete::tag("t"), context("text", text)).parse(input)
        };
        assert_eq!(parse(text, b"tok"), Ok("ok"));
        assert_eq!(parse(text, b"t\xff\xff"), Err(Error::malformed(&"text", 1)));
        let sum = |input: &'static [u8]| {
            let check = |sum| if sum == 7 { Ok(sum) } else { Err(Error::new(Kind::Checksum, &"sum", 0)) };
            preceded(complete::tag("s"), map_res(be_u8::<_, NomError<'_>>, check)).parse(input)
        };
        assert_eq!(parse(sum, b"s\x07"), Ok(7));
        assert_eq!(parse(sum, b"s\x08"), Err(Error::new(Kind::Checksum, &"sum", 1)), "its own kind and name");
    }

    /// A codec that is all nom.
    #[derive(Clone)]
    struct Heads;

    impl Codec for Heads {
        type Message = Span;

        fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
            let long = preceded(streaming::tag("LONGER"), be_u64).map(|len| (len, 1));
            let short = streaming::tag("LO").map(|_| (1, 0));
            let bad = context("head", streaming::tag("LX")).map(|_| (0, 0));
            head(alt((preceded(streaming::tag("<"), alt((long, short))), bad)), input)
        }

        fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
            Ok(frame)
        }
    }

    #[test]
    fn heads_in_any_cutting() {
        let run = every_cut(&Heads, b"<LONGER\0\0\0\0\0\0\0\x02hi;<LO!LX<LX");
        assert_eq!(run.frames, [&b"<LONGER\0\0\0\0\0\0\0\x02hi;"[..], b"<LO!", b"LX"]);
        assert_eq!(run.end, Err(Error::malformed(&"message", 1)));
        // nom asks for all six bytes of the first alternative, where the second would do with two.
        assert_eq!(Heads.delimit(b"<L"), Ok(Boundary::Need(3)));
        let huge = Heads.delimit(b"<LONGER\xff\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(huge, Ok(Boundary::Frame { head: 15, body: u64::MAX, tail: 1 }), "the limits are the deframer's");
    }

    #[test]
    fn names_are_remembered_and_no_more_than_fit() {
        static TABLE: Names = [const { OnceLock::new() }; 64];
        // Kept where a leak checker finds them.
        static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| (0..70).map(|n: u8| n.to_string()).collect());
        let names: Vec<&'static str> = TEXTS.iter().map(String::as_str).collect();
        for _ in 0..2 {
            for (n, name) in names.iter().enumerate() {
                assert_eq!(*remembered(&TABLE, name), if n < 64 { name } else { "nom context" });
            }
        }
        assert!(core::ptr::eq(remembered(&TABLE, "7"), remembered(&TABLE, names[7])), "one slot a name");
    }

    #[test]
    fn errors_stay_small_and_printable() {
        assert!(size_of::<NomError<'_>>() <= 40);
        let error = NomError { field: Some("key"), ..NomError::new(Kind::Malformed, b"abc") };
        assert_eq!(error.to_string(), "`key`: Malformed, 3 bytes before the end");
        assert_eq!(error.in_frame(b"elsewhere").offset(), 0, "a place outside of the frame is its start");
    }
}
