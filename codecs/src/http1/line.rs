//! Lines byte by byte: what is wrong with one, or how far it has come. What is quick is in `scan`; this has the last word.

use wireview::{Error, Result};

use super::field;

/// What a byte may be a part of.
pub(super) const TOKEN: u8 = 1;
pub(super) const TARGET: u8 = 2;
pub(super) const TEXT: u8 = 4;
pub(super) const HOST_CHAR: u8 = 8;

/// The classes of each byte.
pub(super) static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let mut class = 0;
        // RFC 9110, 5.6.2: tchar.
        if b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            )
        {
            class |= TOKEN;
        }
        // Visible ASCII. Which of it a URI may hold is left to the handler.
        if b.is_ascii_graphic() {
            class |= TARGET;
        }
        // RFC 9110, 5.5: field-vchar, SP and HTAB.
        if b == b'\t' || (b >= b' ' && b != 0x7f) {
            class |= TEXT;
        }
        // RFC 9110, 7.2: uri-host and port, with the characters of RFC 3986.
        if b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'-' | b'.'
                    | b'_'
                    | b'~'
                    | b'%'
                    | b':'
                    | b'['
                    | b']'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'\''
                    | b'('
                    | b')'
                    | b'*'
                    | b'+'
                    | b','
                    | b';'
                    | b'='
            )
        {
            class |= HOST_CHAR;
        }
        classes[byte] = class;
        byte += 1;
    }
    classes
}

#[inline(always)]
pub(super) const fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

/// How long things may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) head: usize,
    pub(super) line: usize,
    pub(super) fields: u32,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Method,
    Target,
    /// So many bytes of `HTTP/1.1` have come.
    Version(u8),
    /// The same in front of a status.
    StatusVersion(u8),
    /// So many digits.
    Status(u8),
    Reason,
    /// A field line, or the empty line.
    Field,
    Name,
    Value,
    /// CR has come.
    Cr,
}

/// A line on its way: it starts at `at` and has been looked at up to `seen`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) at: usize,
    pub(super) seen: usize,
    pub(super) state: State,
}

impl Line {
    pub(super) const fn new(at: usize, state: State) -> Self {
        Self { at, seen: at, state }
    }

    /// Goes on as far as bytes have come. The end of the line, if it has.
    pub(super) fn run(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<usize>> {
        while let Some(&byte) = input.get(self.seen) {
            let i = self.seen;
            if i >= bounds.head {
                return Err(Error::limit(&field::HEAD, bounds.head));
            }
            if i - self.at >= bounds.line {
                return Err(Error::limit(&field::LINE, i));
            }
            self.seen += 1;
            self.state = match self.state {
                State::Cr if byte == b'\n' => return Ok(Some(i + 1)),
                State::Cr => return Err(Error::malformed(&field::LINE_END, i)),
                State::Method => match byte {
                    b' ' if i > self.at => State::Target,
                    _ if is(byte, TOKEN) => State::Method,
                    _ => return Err(Error::malformed(&field::METHOD, i)),
                },
                State::Target => match byte {
                    b' ' if input[i - 1] != b' ' => State::Version(0),
                    _ if is(byte, TARGET) => State::Target,
                    _ => return Err(Error::malformed(&field::TARGET, i)),
                },
                State::Version(8) => match byte {
                    b'\r' => State::Cr,
                    _ => return Err(Error::malformed(&field::LINE_END, i)),
                },
                State::Version(n) => State::Version(version(n, byte, i)?),
                State::StatusVersion(8) => match byte {
                    b' ' => State::Status(0),
                    _ => return Err(Error::malformed(&field::VERSION, i)),
                },
                State::StatusVersion(n) => State::StatusVersion(version(n, byte, i)?),
                State::Status(3) => match byte {
                    b' ' => State::Reason,
                    b'\r' => State::Cr,
                    b'\n' => return Err(Error::malformed(&field::LINE_END, i)),
                    _ => return Err(Error::malformed(&field::STATUS, i)),
                },
                State::Status(n) => match byte {
                    b'1'..=b'9' => State::Status(n + 1),
                    b'0' if n > 0 => State::Status(n + 1),
                    _ => return Err(Error::malformed(&field::STATUS, i)),
                },
                State::Reason | State::Value => match byte {
                    b'\r' => State::Cr,
                    _ if is(byte, TEXT) => self.state,
                    b'\n' => return Err(Error::malformed(&field::LINE_END, i)),
                    _ if self.state == State::Reason => return Err(Error::malformed(&field::REASON, i)),
                    _ => return Err(Error::malformed(&field::VALUE, i)),
                },
                State::Field => match byte {
                    b'\r' => State::Cr,
                    b' ' | b'\t' => return Err(Error::malformed(&field::FOLD, i)),
                    b'\n' => return Err(Error::malformed(&field::LINE_END, i)),
                    _ if is(byte, TOKEN) => State::Name,
                    _ => return Err(Error::malformed(&field::NAME, i)),
                },
                State::Name => match byte {
                    b':' => State::Value,
                    _ if is(byte, TOKEN) => State::Name,
                    _ => return Err(Error::malformed(&field::NAME, i)),
                },
            };
        }
        Ok(None)
    }
}

/// Byte `n` of `HTTP/1.0` or `HTTP/1.1`, at `i`.
fn version(n: u8, byte: u8, i: usize) -> Result<u8> {
    match (n, byte) {
        (7, b'0' | b'1') => Ok(8),
        (5 | 7, b'0'..=b'9') if !(n == 5 && byte == b'1') => Err(Error::unsupported(&field::VERSION, i)),
        (0..=6, _) if byte == b"HTTP/1."[n as usize] => Ok(n + 1),
        _ => Err(Error::malformed(&field::VERSION, i)),
    }
}

/// Where the parts of a field line lie in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldLine {
    pub(super) name_end: usize,
    pub(super) value: (usize, usize),
    /// Behind CR LF.
    pub(super) end: usize,
}

/// The parts of the field line from `at` to `end`, or nothing if it has no colon.
pub(super) fn dissect(input: &[u8], at: usize, end: usize) -> Option<FieldLine> {
    let line = input.get(at..end.checked_sub(2)?)?;
    let colon = line.iter().position(|byte| *byte == b':')?;
    let value = line[colon + 1..].trim_ascii_start();
    let start = end - 2 - value.len();
    Some(FieldLine { name_end: at + colon, value: (start, start + value.trim_ascii_end().len()), end })
}
