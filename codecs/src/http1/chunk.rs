//! The line in front of a chunk.
//!
//! ```text
//!  1F;name=value;other="quoted" CR LF
//!  └ size, hexadecimal
//! ```
//!
//! RFC 9112, 7.1.

use core::iter::FusedIterator;

use wireview::{Error, Result};

use super::field;
use super::line::{Bounds, TEXT, TOKEN, is};

/// A chunk line on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkLine {
    seen: usize,
    state: State,
    size: u64,
    /// Where the digits end.
    size_end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first digit.
    Start,
    Size,
    /// Blanks behind the size, a name or a value: only a semicolon may follow; behind a name, an equals sign, too.
    Blank {
        name: bool,
    },
    /// Behind a semicolon.
    NameStart,
    Name,
    /// Behind an equals sign.
    ValueStart,
    Value,
    Quoted,
    /// Behind a backslash in quotes.
    Escaped,
    QuotedEnd,
    Cr,
}

/// A whole chunk line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkHead {
    pub(super) size: u64,
    /// Where the digits end.
    pub(super) size_end: usize,
    /// Behind CR LF.
    pub(super) end: usize,
}

impl ChunkLine {
    pub(super) const NONE: Self = Self { seen: 0, state: State::Start, size: 0, size_end: 0 };

    /// Goes on as far as bytes have come.
    pub(super) fn run(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<ChunkHead>> {
        while let Some(&byte) = input.get(self.seen) {
            let i = self.seen;
            if i >= bounds.line {
                return Err(Error::limit(&field::LINE, i));
            }
            self.seen += 1;
            let blank = matches!(byte, b' ' | b'\t');
            let bad = |name| Err(Error::malformed(name, i));
            self.state = match self.state {
                State::Start | State::Size if byte.is_ascii_hexdigit() => {
                    let digit = (byte as char).to_digit(16).unwrap_or(0);
                    if self.size >> 60 != 0 {
                        return Err(Error::overflow(&field::CHUNK_SIZE, i));
                    }
                    self.size = self.size << 4 | u64::from(digit);
                    self.size_end = i + 1;
                    State::Size
                }
                State::Start => return bad(&field::CHUNK_SIZE),
                State::Cr if byte == b'\n' => {
                    return Ok(Some(ChunkHead { size: self.size, size_end: self.size_end, end: i + 1 }));
                }
                State::Cr => return bad(&field::LINE_END),
                State::Size | State::Name | State::Value | State::QuotedEnd if byte == b'\r' => State::Cr,
                State::Size | State::Name | State::Value | State::QuotedEnd | State::Blank { .. } if byte == b';' => {
                    State::NameStart
                }
                State::Name | State::Blank { name: true } if byte == b'=' => State::ValueStart,
                State::Size | State::Name | State::Value | State::QuotedEnd if blank => {
                    State::Blank { name: self.state == State::Name }
                }
                State::Blank { .. } | State::NameStart | State::ValueStart if blank => self.state,
                State::Size => return bad(&field::CHUNK_SIZE),
                State::Blank { name: false } if input[..i].iter().all(|byte| *byte != b';') => {
                    return bad(&field::CHUNK_SIZE);
                }
                State::NameStart | State::Name if is(byte, TOKEN) => State::Name,
                State::ValueStart if byte == b'"' => State::Quoted,
                State::ValueStart | State::Value if is(byte, TOKEN) => State::Value,
                State::Quoted if byte == b'"' => State::QuotedEnd,
                State::Quoted if byte == b'\\' => State::Escaped,
                State::Quoted | State::Escaped if is(byte, TEXT) => State::Quoted,
                _ => return bad(&field::EXTENSION),
            };
        }
        Ok(None)
    }
}

/// One chunk extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<B> {
    /// The name, a token.
    pub name: B,
    /// The value: a token, or a quoted string with its quotes and escapes.
    pub value: Option<B>,
}

/// The extensions of a chunk, in their order. Ends early where a holder was mapped to bytes that are none.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    rest: &'a [u8],
}

impl<'a> Extensions<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = core::mem::take(&mut self.rest).trim_ascii_start().strip_prefix(b";")?.trim_ascii_start();
        let name = token(rest);
        if name.is_empty() {
            return None;
        }
        let behind = rest[name.len()..].trim_ascii_start();
        let Some(value) = behind.strip_prefix(b"=") else {
            self.rest = behind;
            return Some(Extension { name, value: None });
        };
        let value = value.trim_ascii_start();
        let len = if value.first() == Some(&b'"') { quoted(value)? } else { token(value).len() };
        let (value, rest) = value.split_at(len);
        self.rest = rest;
        Some(Extension { name, value: Some(value) })
    }
}

impl FusedIterator for Extensions<'_> {}

/// The token at the front.
fn token(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().position(|byte| !is(*byte, TOKEN)).unwrap_or(bytes.len())]
}

/// The length of the quoted string at the front.
fn quoted(bytes: &[u8]) -> Option<usize> {
    let mut i = 1;
    loop {
        match bytes.get(i)? {
            b'"' => return Some(i + 1),
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
}
