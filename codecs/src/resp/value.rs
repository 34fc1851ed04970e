//! What a server sends: replies and pushes, every type of RESP2 and RESP3.
//!
//! ```text
//!  $5 CRLF hello CRLF                    Bulk
//!  *2 CRLF :1 CRLF +two CRLF             Array    one region, walked lazily
//!          └─── region ────┘
//!  *? CRLF :1 CRLF +two CRLF . CRLF      the same array, its length not known when it began
//!          └─── region ────┘
//! ```
//!
//! Spec: <https://redis.io/docs/latest/develop/reference/protocol-spec/>, and for attributes and what is streamed
//! <https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md>.

use wireview::{Element, Error, Holder, Result, Seq, Span, Wire};

use super::events::Events;
use super::number::plain_bulk;
use super::scan::{self, Bounds, Item, Notes};
use super::walk::{Step, Walk};
use super::{MAX_HELD, field};

/// A value: a reply, a push, or a part of one.
///
/// The parts of an aggregate are a [`Seq`] over the bytes between its head and its end; `Seq::len` is how many there are.
/// Those of a [`Map`](Self::Map) and an [`Attribute`](Self::Attribute) are keys and values in turn, so their number is even;
/// [`pairs`](Self::pairs) walks them two by two.
///
/// **Attributes** are said about the value that follows them. In front of a reply one is a message of its own. Inside an
/// aggregate one appears in the walk where it stands, and is **not** counted by `len`.
///
/// # Cost
/// Walking the parts of nested aggregates reads each byte once for every level above it; [`events`](Self::events) reads
/// each byte once.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<B> {
    /// `+OK`: a line without CR and LF.
    Simple(B),
    /// `-ERR …`: a line without CR and LF.
    Error(B),
    /// `:1`
    Integer(i64),
    /// `$5`: any bytes.
    Bulk(B),
    /// `*2`
    Array(Seq<B, Value<Span>>),
    /// `_`, `$-1` or `*-1`
    Null(Null),
    /// `,1.5`: its text, which is a number, `inf` or `nan`; see [`to_f64`](Self::to_f64).
    Double(B),
    /// `#t` or `#f`
    Boolean(bool),
    /// `(349…`: its digits, perhaps behind a sign.
    BigNumber(B),
    /// `!21`: an error that is any bytes.
    BulkError(B),
    /// `=15`: text that says what it is.
    Verbatim {
        /// Three bytes, such as `txt` or `mkd`.
        format: B,
        /// The text itself.
        text: B,
    },
    /// `%2`: keys and values in turn.
    Map(Seq<B, Value<Span>>),
    /// `|1`: keys and values in turn, said about the value behind.
    Attribute(Seq<B, Value<Span>>),
    /// `~5`: an array whose parts should be unequal; not checked.
    Set(Seq<B, Value<Span>>),
    /// `>3`: not an answer to any request. Stands between replies, never inside one.
    Push(Seq<B, Value<Span>>),
    /// `$?`: a bulk string in pieces.
    Streamed(Seq<B, Chunk<Span>>),
}

/// A key and its value.
pub type Pair<'a> = (Value<&'a [u8]>, Value<&'a [u8]>);

/// How a null is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Null {
    /// `_`, RESP3.
    Plain,
    /// `$-1`, a bulk string of RESP2 that is not there.
    Bulk,
    /// `*-1`, an array of RESP2 that is not there.
    Array,
}

/// A piece of a streamed string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk<B>(pub B);

impl<B> Value<B> {
    /// Whether it is a [`Error`](Self::Error) or a [`BulkError`](Self::BulkError).
    #[inline]
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Error(_) | Self::BulkError(_))
    }

    /// Whether it is a null, however written.
    #[inline]
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// The bytes of a string, an error, a verbatim text, a double or a big number.
    #[inline]
    #[must_use]
    pub const fn bytes(&self) -> Option<&B> {
        match self {
            Self::Simple(text) | Self::Error(text) | Self::Bulk(text) | Self::Double(text) => Some(text),
            Self::BigNumber(text) | Self::BulkError(text) | Self::Verbatim { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The parts of an aggregate.
    #[inline]
    #[must_use]
    pub const fn parts(&self) -> Option<&Seq<B, Value<Span>>> {
        match self {
            Self::Array(parts) | Self::Map(parts) | Self::Attribute(parts) | Self::Set(parts) | Self::Push(parts) => {
                Some(parts)
            }
            _ => None,
        }
    }
}

impl<B: AsRef<[u8]>> Value<B> {
    /// The number of a double, an integer or a boolean (0 or 1).
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        match self {
            Self::Double(text) => core::str::from_utf8(text.as_ref()).ok()?.parse().ok(),
            Self::Integer(number) => Some(*number as f64),
            Self::Boolean(yes) => Some(f64::from(u8::from(*yes))),
            _ => None,
        }
    }

    /// The same value as views into its holders.
    #[must_use]
    pub fn by_ref(&self) -> Value<&[u8]> {
        fn seq<B: AsRef<[u8]>, E>(seq: &Seq<B, E>) -> Seq<&[u8], E> {
            Seq::new(seq.region().as_ref(), seq.len() as u32)
        }
        match self {
            Self::Simple(text) => Value::Simple(text.as_ref()),
            Self::Error(text) => Value::Error(text.as_ref()),
            Self::Integer(number) => Value::Integer(*number),
            Self::Bulk(bytes) => Value::Bulk(bytes.as_ref()),
            Self::Array(parts) => Value::Array(seq(parts)),
            Self::Null(null) => Value::Null(*null),
            Self::Double(text) => Value::Double(text.as_ref()),
            Self::Boolean(yes) => Value::Boolean(*yes),
            Self::BigNumber(text) => Value::BigNumber(text.as_ref()),
            Self::BulkError(text) => Value::BulkError(text.as_ref()),
            Self::Verbatim { format, text } => Value::Verbatim { format: format.as_ref(), text: text.as_ref() },
            Self::Map(parts) => Value::Map(seq(parts)),
            Self::Attribute(parts) => Value::Attribute(seq(parts)),
            Self::Set(parts) => Value::Set(seq(parts)),
            Self::Push(parts) => Value::Push(seq(parts)),
            Self::Streamed(chunks) => Value::Streamed(seq(chunks)),
        }
    }
}

impl<'a> Value<&'a [u8]> {
    /// Walks the parts of an aggregate; of any other value there are none.
    #[inline]
    pub fn iter(&self) -> wireview::wire::Iter<'a, Value<Span>> {
        self.parts().map_or(Seq::new(&[][..], 0), |parts| *parts).iter()
    }

    /// Walks the parts of an aggregate two by two: the keys and values of a map. Attributes inside are passed over.
    ///
    /// ```
    /// use wireview::{Codec, Result};
    /// use wireview_codecs::resp::{Replies, Value};
    ///
    /// let input = b"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n";
    /// let mut codec = Replies::new();
    /// codec.delimit(input)?;
    /// let sum = codec.parse(input)?.pairs().map(|pair| pair.map(|(_, value)| value.to_f64())).sum::<Result<Option<f64>>>()?;
    /// assert_eq!(sum, Some(3.0));
    /// # Ok::<(), wireview::Error>(())
    /// ```
    pub fn pairs(&self) -> impl Iterator<Item = Result<Pair<'a>>> + use<'a> {
        let mut parts = self.iter().filter(|part| !matches!(part, Ok(Value::Attribute(_))));
        core::iter::from_fn(move || {
            let key = parts.next()?;
            let value = parts.next().unwrap_or(Err(Error::truncated(&field::PAIR, 0)));
            Some(key.and_then(|key| Ok((key, value?))))
        })
    }

    /// The value and everything in it as a flat walk: see [`Events`].
    #[must_use]
    pub fn events(&self) -> Events<'a> {
        Events::new(*self)
    }
}

impl Wire for Value<Span> {
    type Of<B: Holder> = Value<B>;

    #[inline]
    fn map<A: Holder, B: Holder>(value: Value<A>, f: &mut impl FnMut(A) -> B) -> Value<B> {
        match value {
            Value::Simple(text) => Value::Simple(f(text)),
            Value::Error(text) => Value::Error(f(text)),
            Value::Integer(number) => Value::Integer(number),
            Value::Bulk(bytes) => Value::Bulk(f(bytes)),
            Value::Array(parts) => Value::Array(<Seq<Span, Self>>::map(parts, f)),
            Value::Null(null) => Value::Null(null),
            Value::Double(text) => Value::Double(f(text)),
            Value::Boolean(yes) => Value::Boolean(yes),
            Value::BigNumber(text) => Value::BigNumber(f(text)),
            Value::BulkError(text) => Value::BulkError(f(text)),
            Value::Verbatim { format, text } => Value::Verbatim { format: f(format), text: f(text) },
            Value::Map(parts) => Value::Map(<Seq<Span, Self>>::map(parts, f)),
            Value::Attribute(parts) => Value::Attribute(<Seq<Span, Self>>::map(parts, f)),
            Value::Set(parts) => Value::Set(<Seq<Span, Self>>::map(parts, f)),
            Value::Push(parts) => Value::Push(<Seq<Span, Self>>::map(parts, f)),
            Value::Streamed(chunks) => Value::Streamed(<Seq<Span, Chunk<Span>>>::map(chunks, f)),
        }
    }
}

impl Element for Value<Span> {
    #[inline(always)]
    fn read<'a>(input: &mut &'a [u8]) -> Result<Value<&'a [u8]>> {
        if let Some((start, end)) = plain_bulk(input, 0, MAX_HELD) {
            let bytes = &input[start..end];
            *input = &input[end + 2..];
            return Ok(Value::Bulk(bytes));
        }
        read(input)
    }
}

#[inline(never)]
fn read<'a>(input: &mut &'a [u8]) -> Result<Value<&'a [u8]>> {
    let notes = match scan::item(input, 0, &Bounds::NONE, &mut 0)? {
        Item::Whole(notes) => notes,
        Item::Need(_) => return Err(Error::truncated(&field::VALUE, input.len())),
        Item::Nested => walk(input)?,
    };
    let (frame, rest) = input.split_at(notes.end);
    let value = build(frame, &notes)?;
    *input = rest;
    Ok(value)
}

#[inline(never)]
fn walk(input: &[u8]) -> Result<Notes> {
    match Walk::new().run(input, &Bounds::NONE)? {
        Step::Done(notes) => Ok(notes),
        Step::Need(_) => Err(Error::truncated(&field::VALUE, input.len())),
    }
}

impl Wire for Chunk<Span> {
    type Of<B: Holder> = Chunk<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(chunk: Chunk<A>, f: &mut impl FnMut(A) -> B) -> Chunk<B> {
        Chunk(f(chunk.0))
    }
}

impl Element for Chunk<Span> {
    fn read<'a>(input: &mut &'a [u8]) -> Result<Chunk<&'a [u8]>> {
        if input.first() != Some(&b';') {
            return Err(Error::malformed(&field::TYPE, 0));
        }
        match scan::chunk(input, 0, &Bounds::NONE)? {
            Item::Whole(notes) => {
                let chunk = &input[notes.head..notes.head + notes.number as usize];
                *input = &input[notes.end..];
                Ok(Chunk(chunk))
            }
            _ => Err(Error::truncated(&field::CHUNK, input.len())),
        }
    }
}

/// The value that `frame` is, from what was found on the way to its end.
#[inline]
pub(super) fn build<'a>(frame: &'a [u8], notes: &Notes) -> Result<Value<&'a [u8]>> {
    let part = |from: usize, behind: usize| {
        let end = frame.len().saturating_sub(behind);
        frame.get(from..end).ok_or(Error::truncated(&field::VALUE, frame.len()))
    };
    let bytes = || part(notes.head, 2);
    let parts = || Ok(Seq::new(part(notes.head, if notes.streamed { 3 } else { 0 })?, notes.number as u32));
    Ok(match frame.first() {
        Some(b'$') if notes.streamed => Value::Streamed(Seq::new(part(notes.head, 4)?, notes.number as u32)),
        Some(b'$') if notes.number < 0 => Value::Null(Null::Bulk),
        Some(b'$') => Value::Bulk(bytes()?),
        Some(b'+') => Value::Simple(bytes()?),
        Some(b'-') => Value::Error(bytes()?),
        Some(b':') => Value::Integer(notes.number),
        Some(b'*') if notes.number < 0 => Value::Null(Null::Array),
        Some(b'*') => Value::Array(parts()?),
        Some(b'_') => Value::Null(Null::Plain),
        Some(b',') => Value::Double(bytes()?),
        Some(b'#') => Value::Boolean(frame.get(1) == Some(&b't')),
        Some(b'(') => Value::BigNumber(bytes()?),
        Some(b'!') => Value::BulkError(bytes()?),
        Some(b'=') => {
            let text = bytes()?;
            let (format, text) = text.split_at_checked(4).ok_or(Error::truncated(&field::VERBATIM, notes.head))?;
            Value::Verbatim { format: &format[..3], text }
        }
        Some(b'%') => Value::Map(parts()?),
        Some(b'|') => Value::Attribute(parts()?),
        Some(b'~') => Value::Set(parts()?),
        Some(b'>') => Value::Push(parts()?),
        _ => return Err(Error::malformed(&field::TYPE, 0)),
    })
}
