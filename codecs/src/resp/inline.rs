//! Inline commands: a line of words, as a person types it into a terminal.
//!
//! ```text
//!  as it arrived    SET key a b c "two words" \r\n
//!  as it is read    SET key a b c"..two words          what is behind the first few words, rewritten in place:
//!                   └─ notes ─┘└─ region ───┘          ` word` or `"`, a length in two bytes, and a word of any bytes
//! ```
//!
//! A word in quotes has two bytes to spare and a blank in front of it, so the three bytes that mark it always fit.

use core::ops::Range;

use wireview::{Error, Result};

use super::field;

/// Where a line of words ends: behind its LF. `seen` bytes hold none.
#[inline]
pub(super) fn line(input: &[u8], seen: usize, max: usize) -> Result<Option<usize>> {
    let lf = memchr::memchr(b'\n', &input[seen..]).map(|at| seen + at);
    if lf.unwrap_or(input.len()) > max {
        return Err(Error::limit(&field::INLINE, max));
    }
    let Some(lf) = lf else { return Ok(None) };
    // Redis takes a NUL for the end of its buffer and waits for ever.
    match memchr::memchr(0, &input[..lf]) {
        Some(at) => Err(Error::malformed(&field::INLINE, at)),
        None => Ok(Some(lf + 1)),
    }
}

/// A word of the line, with its quotes.
pub(super) struct Word {
    pub(super) raw: Range<usize>,
    pub(super) quoted: bool,
}

/// The first word at or behind `at`; `None` at the end of the line.
pub(super) fn word(line: &[u8], mut at: usize) -> Result<Option<Word>> {
    while line.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t'..=b'\r')) {
        at += 1;
    }
    let start = at;
    let mut quoted = false;
    loop {
        match line.get(at) {
            None | Some(b' ' | b'\t' | b'\n' | b'\r') => break,
            Some(&quote @ (b'"' | b'\'')) => {
                quoted = true;
                at = closing(line, at, quote)? + 1;
                // Behind a quote only a blank or the end is lawful.
                match line.get(at) {
                    None | Some(b' ' | b'\t'..=b'\r') => break,
                    Some(_) => return Err(Error::malformed(&field::QUOTES, at)),
                }
            }
            Some(_) => at += 1,
        }
    }
    Ok((at > start).then_some(Word { raw: start..at, quoted }))
}

/// Where the quote that opens at `open` is closed.
fn closing(line: &[u8], open: usize, quote: u8) -> Result<usize> {
    let mut at = open + 1;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'\\' if quote == b'"' || line.get(at + 1) == Some(&b'\'') => at += 1,
            _ if byte == quote => return Ok(at),
            _ => {}
        }
        at += 1;
    }
    Err(Error::malformed(&field::QUOTES, open))
}

/// Takes the quotes off a word in place: it shrinks, and stays where it starts. Returns its new length.
pub(super) fn unquote(word: &mut [u8]) -> usize {
    let mut quote = None;
    let (mut from, mut to) = (0, 0);
    while let Some(&byte) = word.get(from) {
        let (byte, took) = match (quote, byte) {
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                from += 1;
                continue;
            }
            (Some(open), _) if byte == open => break,
            (Some(b'"'), b'\\') => escape(&word[from + 1..]),
            (Some(b'\''), b'\\') if word.get(from + 1) == Some(&b'\'') => (b'\'', 2),
            _ => (byte, 1),
        };
        word[to] = byte;
        to += 1;
        from += took;
    }
    to
}

/// The byte that a backslash and `rest` stand for, and how many bytes that took with the backslash.
fn escape(rest: &[u8]) -> (u8, usize) {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    if let [b'x', high, low, ..] = rest
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return ((high * 16 + low) as u8, 4);
    }
    match rest.first() {
        Some(b'n') => (b'\n', 2),
        Some(b'r') => (b'\r', 2),
        Some(b't') => (b'\t', 2),
        Some(b'b') => (0x08, 2),
        Some(b'a') => (0x07, 2),
        Some(&byte) => (byte, 2),
        None => (b'\\', 1),
    }
}

/// Writes the element for the word of `len` bytes that stands at `from`, at or in front of it, and returns its end.
pub(super) fn place(line: &mut [u8], to: usize, from: usize, len: usize) -> usize {
    let word = from..from + len;
    let plain = len > 0 && !line[word.clone()].iter().any(|byte| matches!(byte, b' ' | b'"'));
    let at = to + if plain { 1 } else { 3 };
    line.copy_within(word, at);
    if plain {
        line[to] = b' ';
    } else {
        line[to] = b'"';
        line[to + 1..at].copy_from_slice(&(len as u16).to_be_bytes());
    }
    at + len
}

/// Reads an element that `place` wrote off the front of `input`.
pub(super) fn element<'a>(input: &mut &'a [u8]) -> Result<&'a [u8]> {
    let (word, rest) = match **input {
        [b' ', ref rest @ ..] => {
            let end = memchr::memchr2(b' ', b'"', rest).unwrap_or(rest.len());
            (end > 0).then(|| rest.split_at(end))
        }
        [b'"', high, low, ref rest @ ..] => rest.split_at_checked(u16::from_be_bytes([high, low]).into()),
        _ => None,
    }
    .ok_or(Error::malformed(&field::INLINE, 0))?;
    *input = rest;
    Ok(word)
}

/// Appends `word` to a line of words, in quotes if it needs them.
pub(super) fn quote(word: &[u8], line: &mut alloc::vec::Vec<u8>) {
    let any = |bytes: &[u8]| word.iter().any(|byte| bytes.contains(byte));
    if !line.is_empty() {
        line.push(b' ');
    }
    if !word.is_empty() && !any(b" \t\n\r\x0b\x0c\0\"'") && (!line.is_empty() || word[0] != b'*') {
        line.extend_from_slice(word);
    } else if !any(b"\n\0'") && word.last() != Some(&b'\\') {
        line.push(b'\'');
        line.extend_from_slice(word);
        line.push(b'\'');
    } else {
        line.push(b'"');
        for &byte in word {
            match byte {
                b'\n' => line.extend_from_slice(b"\\n"),
                0 => line.extend_from_slice(b"\\x00"),
                b'"' | b'\\' => line.extend_from_slice(&[b'\\', byte]),
                _ => line.push(byte),
            }
        }
        line.push(b'"');
    }
}
