//! What stands at a place in the input, so far as it has arrived.

use wireview::{Error, Result};

use super::number::{integer, is_big_number, is_double, length, no_line_end};
use super::walk::MAX_DEPTH;
use super::{MAX_HELD, field};

/// A line is searched byte by byte so far: short ones, which most are, cost less than the call of a vectored search.
const SHORT: usize = 24;

#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) bulk: usize,
    pub(super) items: u32,
    pub(super) line: usize,
    pub(super) depth: usize,
}

impl Bounds {
    /// For bytes that are in a frame already.
    pub(super) const NONE: Self = Self { bulk: MAX_HELD, items: i32::MAX as u32, line: MAX_HELD, depth: MAX_DEPTH };
}

/// What was found out about a value on the way to its end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Notes {
    /// Behind the line that starts it.
    pub(super) head: usize,
    /// Behind its last byte.
    pub(super) end: usize,
    /// The integer, the length (-1: null) or the count of items.
    pub(super) number: i64,
    /// Whether an end mark says where it ends.
    pub(super) streamed: bool,
}

/// What stands at a place in the input.
pub(super) enum Item {
    /// A value without parts.
    Whole(Notes),
    /// As [`Boundary::Need`](wireview::Boundary::Need).
    Need(usize),
    /// The head of something that has parts, or a part of something streamed.
    Nested,
}

/// The line of text at `at`: where it ends, in front of its CRLF. `None` if it is too long, not whole, or unusual.
#[inline(always)]
pub(super) fn plain_line(input: &[u8], at: usize, max: usize) -> Option<usize> {
    let start = at + 1;
    let mut end = start;
    // One comparison serves CR, LF and what is rare.
    while *input.get(end)? > b'\r' {
        end += 1;
    }
    (end - start <= max && input.get(end..end + 2)? == b"\r\n").then_some(end)
}

/// Reads the value at `at` unless it has parts. There is no line end in front of `seen`.
#[inline]
pub(super) fn item(input: &[u8], at: usize, bounds: &Bounds, seen: &mut usize) -> Result<Item> {
    match input.get(at) {
        Some(b'$') => bulk(input, at, bounds),
        Some(b'+' | b'-') => line(input, at, bounds, seen),
        Some(b':') => match integer(input, at + 1)? {
            Some((number, end)) => Ok(Item::Whole(Notes { head: end, end, number, streamed: false })),
            None => Ok(short_line(input, at + 4)),
        },
        _ => rare(input, at, bounds, seen),
    }
}

#[inline(never)]
fn rare(input: &[u8], at: usize, bounds: &Bounds, seen: &mut usize) -> Result<Item> {
    let Some(tag) = input.get(at) else { return Ok(Item::Need(at + 3)) };
    match tag {
        b'*' if input.get(at + 1) == Some(&b'-') => null(input, at, &field::COUNT),
        b'*' | b'%' | b'~' | b'>' | b'|' | b'.' | b';' => Ok(Item::Nested),
        b'_' => Ok(crlf(input, at + 1)?.map_or_else(|need| need, |end| whole(at + 1, end))),
        b'#' => match input.get(at + 1) {
            Some(b't' | b'f') => Ok(crlf(input, at + 2)?.map_or_else(|need| need, |end| whole(at + 1, end))),
            Some(_) => Err(Error::malformed(&field::BOOLEAN, at + 1)),
            None => Ok(Item::Need(at + 4)),
        },
        b',' | b'(' => {
            let item = line(input, at, bounds, seen)?;
            if let Item::Whole(notes) = item {
                let text = &input[at + 1..notes.end - 2];
                if *tag == b',' && !is_double(text) {
                    return Err(Error::malformed(&field::DOUBLE, at + 1));
                }
                if *tag == b'(' && !is_big_number(text) {
                    return Err(Error::malformed(&field::BIG_NUMBER, at + 1));
                }
            }
            Ok(item)
        }
        b'!' | b'=' => {
            let item = bulk(input, at, bounds)?;
            if let Item::Whole(notes) = item {
                if notes.number < 0 {
                    return Err(Error::malformed(&field::LENGTH, at + 1));
                }
                // `txt:` and text.
                if *tag == b'=' && (notes.number < 4 || input[notes.head + 3] != b':') {
                    return Err(Error::malformed(&field::VERBATIM, notes.head));
                }
            }
            Ok(item)
        }
        _ => Err(Error::malformed(&field::TYPE, at)),
    }
}

const fn whole(head: usize, end: usize) -> Item {
    Item::Whole(Notes { head, end, number: 0, streamed: false })
}

/// A line that holds a number is cut short. A value that stands in it or behind it ends at `least` or later.
#[cold]
fn short_line(input: &[u8], least: usize) -> Item {
    let missing = if input.last() == Some(&b'\r') { 1 } else { 2 };
    Item::Need((input.len() + missing).max(least))
}

#[inline(always)]
fn bulk(input: &[u8], at: usize, bounds: &Bounds) -> Result<Item> {
    let (number, head) = match length(input, at + 1, &field::LENGTH) {
        Ok(Some(read)) => read,
        Ok(None) => return Ok(short_line(input, at + 5)),
        Err(_) if input[at] == b'$' && input[at + 1] == b'?' => return Ok(Item::Nested),
        Err(error) => return Err(error),
    };
    if number as u64 > bounds.bulk as u64 {
        return if number < 0 { null(input, at, &field::LENGTH) } else { Err(Error::limit(&field::LENGTH, at + 1)) };
    }
    let end = head + number as usize;
    match input.get(end..end + 2) {
        Some(b"\r\n") => Ok(Item::Whole(Notes { head, end: end + 2, number, streamed: false })),
        Some(_) => Err(no_line_end(input, end)),
        None => Ok(Item::Need(end + 2)),
    }
}

/// The nulls of RESP2: `$-1` and `*-1`.
#[cold]
fn null(input: &[u8], at: usize, name: &'static &'static str) -> Result<Item> {
    match length(input, at + 1, name)? {
        Some((-1, end)) => Ok(Item::Whole(Notes { head: end, end, number: -1, streamed: false })),
        Some(_) => Err(Error::malformed(name, at + 1)),
        None => Ok(short_line(input, at + 5)),
    }
}

/// A line of text. It holds neither CR nor LF.
#[inline(always)]
fn line(input: &[u8], at: usize, bounds: &Bounds, seen: &mut usize) -> Result<Item> {
    let start = at + 1;
    let from = start.max(*seen);
    let mut end = from;
    while let Some(&byte) = input.get(end) {
        if byte == b'\r' || byte == b'\n' {
            break;
        }
        end += 1;
        if end - from == SHORT {
            end = memchr::memchr2(b'\r', b'\n', &input[end..]).map_or(input.len(), |found| end + found);
            break;
        }
    }
    if end - start <= bounds.line && input.get(end..end + 2) == Some(b"\r\n") {
        return Ok(Item::Whole(Notes { head: start, end: end + 2, number: 0, streamed: false }));
    }
    *seen = end;
    no_line(input, start, end, bounds.line)
}

/// There is no line end at `end`, or it is too late.
#[cold]
fn no_line(input: &[u8], start: usize, end: usize, max: usize) -> Result<Item> {
    if end - start > max {
        return Err(Error::limit(&field::LINE, start + max));
    }
    match input.get(end..) {
        None | Some([]) => Ok(Item::Need(end + 2)),
        Some(b"\r") => Ok(Item::Need(end + 2)),
        Some(_) => Err(no_line_end(input, end)),
    }
}

/// Where the line end at `at` ends, or the need of it.
pub(super) fn crlf(input: &[u8], at: usize) -> Result<core::result::Result<usize, Item>> {
    match input.get(at..).unwrap_or(&[]) {
        [b'\r', b'\n', ..] => Ok(Ok(at + 2)),
        [] | [b'\r'] => Ok(Err(Item::Need(at + 2))),
        _ => Err(no_line_end(input, at)),
    }
}

/// How many parts a head announces: `None` if an end mark follows them. And where the first part starts.
pub(super) type Head = (Option<u32>, usize);

/// Reads the head of an aggregate at `at`. `Err` inside: as [`Item::Need`].
pub(super) fn head(input: &[u8], at: usize, bounds: &Bounds) -> Result<core::result::Result<Head, Item>> {
    let tag = input[at];
    if input.get(at + 1) == Some(&b'?') && matches!(tag, b'*' | b'%' | b'~' | b'$') {
        return Ok(crlf(input, at + 2)?.map(|start| (None, start)));
    }
    let Some((count, start)) = length(input, at + 1, &field::COUNT)? else {
        return Ok(Err(short_line(input, at + 4)));
    };
    if count < 0 {
        return Err(Error::malformed(&field::COUNT, at + 1));
    }
    if count > bounds.items.into() {
        return Err(Error::limit(&field::COUNT, at + 1));
    }
    // Keys and values are parts of their own.
    let parts = count as u32 * if matches!(tag, b'%' | b'|') { 2 } else { 1 };
    Ok(Ok((Some(parts), start)))
}

/// Reads the chunk of a streamed string at `at`. The last one is empty: `;0 CRLF`.
pub(super) fn chunk(input: &[u8], at: usize, bounds: &Bounds) -> Result<Item> {
    let Some((number, head)) = length(input, at + 1, &field::CHUNK)? else { return Ok(short_line(input, at + 4)) };
    if number < 0 {
        return Err(Error::malformed(&field::CHUNK, at + 1));
    }
    if number as u64 > bounds.bulk as u64 {
        return Err(Error::limit(&field::CHUNK, at + 1));
    }
    if number == 0 {
        return Ok(Item::Whole(Notes { head, end: head, number, streamed: false }));
    }
    let end = head + number as usize;
    Ok(crlf(input, end)?
        .map_or_else(|_| Item::Need(end + 2), |after| Item::Whole(Notes { head, end: after, number, streamed: false })))
}
