//! Writing: one function for each type, straight into the send queue, and the encoders of whole messages.

use alloc::vec::Vec;
use core::fmt::Write as _;

use wireview::{Element, Encode, Error, Gather, Outgoing, Result, Span};

use super::number::Header;
use super::request::{Arg, FIRST, Form, Request};
use super::value::{Null, Value};
use super::{Replies, Requests, field, inline};

/// Which types the peer understands; what `HELLO` agrees on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Simple strings, errors, integers, bulk strings and arrays.
    #[default]
    Resp2,
    /// All of them.
    Resp3,
}

/// `+text`. A CR or LF in it is sent as a blank, as Redis does.
#[inline]
pub fn simple(out: &mut Gather, text: impl AsRef<[u8]>) {
    line(out, b'+', text.as_ref());
}

/// `-text`, which starts with a word in capitals such as `ERR`. A CR or LF in it is sent as a blank.
#[inline]
pub fn error(out: &mut Gather, text: impl AsRef<[u8]>) {
    line(out, b'-', text.as_ref());
}

/// `:number`
#[inline]
pub fn integer(out: &mut Gather, number: i64) {
    header(out, b':', number);
}

/// `$len`, and the bytes as their holder sends them: copied, shared, or from a file.
#[inline]
pub fn bulk(out: &mut Gather, bytes: impl Outgoing) {
    sized(out, b'$', bytes);
}

/// `_`, or `$-1` for RESP2.
#[inline]
pub fn null(out: &mut Gather, version: Version) {
    out.copy(if version == Version::Resp3 { b"_\r\n" } else { b"$-1\r\n" });
}

/// `_`, or `*-1` for RESP2: where an array was asked for.
#[inline]
pub fn null_array(out: &mut Gather, version: Version) {
    out.copy(if version == Version::Resp3 { b"_\r\n" } else { b"*-1\r\n" });
}

/// The head of an array; `count` values are to follow.
#[inline]
pub fn array(out: &mut Gather, count: usize) {
    header(out, b'*', count as i64);
}

/// The head of a map; `pairs` times a key and a value are to follow. For RESP2 the head of an array of both.
#[inline]
pub fn map(out: &mut Gather, pairs: usize, version: Version) {
    match version {
        Version::Resp2 => array(out, pairs * 2),
        Version::Resp3 => header(out, b'%', pairs as i64),
    }
}

/// The head of a set, or of an array for RESP2; `count` values are to follow.
#[inline]
pub fn set(out: &mut Gather, count: usize, version: Version) {
    header(out, if version == Version::Resp3 { b'~' } else { b'*' }, count as i64);
}

/// The head of a push, or of an array for RESP2; `count` values are to follow.
#[inline]
pub fn push(out: &mut Gather, count: usize, version: Version) {
    header(out, if version == Version::Resp3 { b'>' } else { b'*' }, count as i64);
}

/// `#t` or `#f`, or `:1` or `:0` for RESP2.
#[inline]
pub fn boolean(out: &mut Gather, yes: bool, version: Version) {
    out.copy(match (version, yes) {
        (Version::Resp3, true) => b"#t\r\n",
        (Version::Resp3, false) => b"#f\r\n",
        (Version::Resp2, true) => b":1\r\n",
        (Version::Resp2, false) => b":0\r\n",
    });
}

/// `,number`, or a bulk string of the same text for RESP2: the shortest that reads back as the same number.
pub fn double(out: &mut Gather, number: f64, version: Version) {
    let mut text = Text { bytes: [0; 32], len: 0 };
    let magnitude = number.abs();
    // What is written fits, so none of these fails.
    let _ = if number.is_nan() {
        text.write_str("nan")
    } else if magnitude == 0.0 || number.is_infinite() || (1e-5..1e17).contains(&magnitude) {
        write!(text, "{number}")
    } else {
        write!(text, "{number:e}")
    };
    match version {
        Version::Resp2 => bulk(out, text.as_slice()),
        Version::Resp3 => line(out, b',', text.as_slice()),
    }
}

/// `=len`, `format` (such as `txt`) and the text, or a bulk string of the text for RESP2.
pub fn verbatim(out: &mut Gather, format: &[u8; 3], text: impl Outgoing, version: Version) {
    if version == Version::Resp2 {
        return bulk(out, text);
    }
    header(out, b'=', (text.size() + 4) as i64);
    let [a, b, c] = *format;
    out.copy(&[a, b, c, b':']);
    text.put(out);
    out.copy(b"\r\n");
}

/// A command with its arguments, as an array of bulk strings.
///
/// ```
/// use wireview::Gather;
/// use wireview_codecs::resp;
///
/// let mut out = Gather::new();
/// resp::command(&mut out, &[&b"ECHO"[..], b"hi"]);
/// assert_eq!(out.chunks().collect::<Vec<_>>().concat(), b"*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n");
/// ```
pub fn command<B: Outgoing>(out: &mut Gather, args: &[B]) {
    array(out, args.len());
    for arg in args {
        bulk(out, arg.clone());
    }
}

#[inline]
fn header(out: &mut Gather, tag: u8, number: i64) {
    // The commonest headers by far: one digit.
    if (0..10).contains(&number) {
        out.copy(&[tag, b'0' + number as u8, b'\r', b'\n']);
    } else {
        out.copy(Header::new(tag, number).as_slice());
    }
}

#[inline]
fn sized(out: &mut Gather, tag: u8, bytes: impl Outgoing) {
    header(out, tag, bytes.size() as i64);
    bytes.put(out);
    out.copy(b"\r\n");
}

#[inline]
fn line(out: &mut Gather, tag: u8, text: &[u8]) {
    out.head(|head| {
        head.reserve(text.len() + 3);
        head.push(tag);
        let start = head.len();
        head.extend_from_slice(text);
        for byte in &mut head[start..] {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        head.extend_from_slice(b"\r\n");
    });
}

/// A line of a message. One that held a line end would be two replies to the peer.
#[inline]
fn put_line(out: &mut Gather, tag: u8, text: impl Outgoing) -> Result<()> {
    let mut plain = true;
    let seen = text.look(&mut |piece| plain &= memchr::memchr2(b'\r', b'\n', piece).is_none());
    if !plain {
        return Err(Error::malformed(&field::LINE, 0));
    }
    if !seen {
        return Err(Error::unsupported(&field::LINE, 0));
    }
    out.copy(&[tag]);
    text.put(out);
    out.copy(b"\r\n");
    Ok(())
}

/// A number's text.
struct Text {
    bytes: [u8; 32],
    len: usize,
}

impl Text {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl core::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(core::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Writes a request in the form it has. That an argument behind the first few is what it claims to be is not checked.
fn request<B: Outgoing>(request: Request<B>, out: &mut Gather) -> Result<()> {
    let (len, form) = (request.len(), request.form());
    let (first, rest) = request.into_parts();
    if form == Form::Inline {
        return words(len, first, rest.into_region(), out);
    }
    array(out, len);
    for arg in first.into_iter().take(len) {
        bulk(out, arg);
    }
    rest.into_region().put(out);
    Ok(())
}

/// Writes an inline command, with quotes where they are needed.
#[cold]
fn words<B: Outgoing>(len: usize, first: [B; FIRST], rest: B, out: &mut Gather) -> Result<()> {
    let mut line = Vec::new();
    for word in first.iter().take(len) {
        inline::quote(&flat(word)?, &mut line);
    }
    let rest = flat(&rest)?;
    let mut rest = &rest[..];
    while !rest.is_empty() {
        let Arg(word) = <Arg<Span> as Element>::read(&mut rest)?;
        inline::quote(word, &mut line);
    }
    line.extend_from_slice(b"\r\n");
    out.copy(&line);
    Ok(())
}

fn flat(bytes: &impl Outgoing) -> Result<Vec<u8>> {
    let mut flat = Vec::new();
    // A file region is not memory.
    if bytes.look(&mut |piece| flat.extend_from_slice(piece)) {
        Ok(flat)
    } else {
        Err(Error::unsupported(&field::INLINE, 0))
    }
}

/// Writes a value. Parts are sent as they are: that they are as many as they claim is not checked.
fn value<B: Outgoing>(value: Value<B>, out: &mut Gather) -> Result<()> {
    let parts = |out: &mut Gather, tag: u8, count: usize, region: B| {
        header(out, tag, count as i64);
        region.put(out);
    };
    match value {
        Value::Simple(text) => put_line(out, b'+', text)?,
        Value::Error(text) => put_line(out, b'-', text)?,
        Value::Integer(number) => integer(out, number),
        Value::Bulk(bytes) => bulk(out, bytes),
        Value::Null(Null::Plain) => out.copy(b"_\r\n"),
        Value::Null(Null::Bulk) => out.copy(b"$-1\r\n"),
        Value::Null(Null::Array) => out.copy(b"*-1\r\n"),
        Value::Double(text) => put_line(out, b',', text)?,
        Value::Boolean(yes) => boolean(out, yes, Version::Resp3),
        Value::BigNumber(text) => put_line(out, b'(', text)?,
        Value::BulkError(bytes) => sized(out, b'!', bytes),
        Value::Verbatim { format, text } => {
            if format.size() != 3 {
                return Err(Error::malformed(&field::VERBATIM, 0));
            }
            header(out, b'=', (text.size() + 4) as i64);
            format.put(out);
            out.copy(b":");
            text.put(out);
            out.copy(b"\r\n");
        }
        Value::Array(seq) => parts(out, b'*', seq.len(), seq.into_region()),
        Value::Set(seq) => parts(out, b'~', seq.len(), seq.into_region()),
        Value::Push(seq) => parts(out, b'>', seq.len(), seq.into_region()),
        Value::Map(seq) | Value::Attribute(seq) if seq.len() % 2 == 1 => {
            return Err(Error::malformed(&field::PAIR, seq.len()));
        }
        Value::Map(seq) => parts(out, b'%', seq.len() / 2, seq.into_region()),
        Value::Attribute(seq) => parts(out, b'|', seq.len() / 2, seq.into_region()),
        Value::Streamed(chunks) => {
            out.copy(b"$?\r\n");
            chunks.into_region().put(out);
            out.copy(b";0\r\n");
        }
    }
    Ok(())
}

/// A server writes replies, a client requests; a proxy and a test write both, so each codec encodes both.
macro_rules! encode {
    ($($codec:ty),*) => {$(
        impl<B: Outgoing> Encode<Request<B>> for $codec {
            #[inline]
            fn encode(&mut self, message: Request<B>, out: &mut Gather) -> Result<()> {
                request(message, out)
            }
        }

        impl<B: Outgoing> Encode<Value<B>> for $codec {
            #[inline]
            fn encode(&mut self, message: Value<B>, out: &mut Gather) -> Result<()> {
                value(message, out)
            }
        }
    )*};
}

encode!(Requests, Replies);
