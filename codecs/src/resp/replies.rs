//! The codec of a client: where a reply ends, and what `parse` is told of it.

use core::mem;

use wireview::{Boundary, Codec, Error, Result, Span};

use super::number::plain_bulk;
use super::scan::{self, Bounds, Item, Notes, plain_line};
use super::value::{Value, build};
use super::walk::{MAX_DEPTH, Step, Walk};
use super::{MAX_BULK, MAX_HELD, field};

/// How long a simple string, a simple error, a double or a big number may be unless set otherwise.
const MAX_LINE: usize = 64 * 1024;

/// Reads [`Value`]s: the codec of a client.
///
/// ```
/// use wireview::{Boundary, Codec, Result};
/// use wireview_codecs::resp::{Replies, Value};
///
/// let mut codec = Replies::new();
/// let input = b"*2\r\n:1\r\n$3\r\ntwo\r\n+OK\r\n";
/// assert_eq!(codec.delimit(input)?, Boundary::whole(17));
/// let reply = codec.parse(&input[..17])?;
/// let parts = reply.iter().collect::<Result<Vec<_>>>()?;
/// assert_eq!(parts, [Value::Integer(1), Value::Bulk(&b"two"[..])]);
/// assert_eq!(reply.to_string(), r#"[1, "two"]"#);
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// Each byte of a line is touched once, bytes of bulk strings never; a reply that arrives in pieces is resumed at the part
/// that was cut, however deep. Nothing is allocated.
#[derive(Clone, Debug)]
pub struct Replies {
    bounds: Bounds,
    walk: Walk,
    /// Whether the next byte is the first of a reply: then neither `walk` nor `seen` has a say.
    calm: bool,
    /// How much of a line at the front has been searched.
    seen: usize,
    notes: Notes,
}

impl Replies {
    /// A codec for bulk strings of up to 512 MiB, lines of 64 KiB, and aggregates of 2³¹ - 1 parts, 32 deep.
    #[must_use]
    pub const fn new() -> Self {
        let bounds = Bounds { bulk: MAX_BULK, line: MAX_LINE, ..Bounds::NONE };
        Self {
            bounds,
            walk: Walk::new(),
            calm: true,
            seen: 0,
            notes: Notes { head: 0, end: 0, number: 0, streamed: false },
        }
    }

    /// Sets how long a bulk string, or a piece of a streamed one, may be.
    #[must_use]
    pub const fn max_bulk(mut self, bytes: usize) -> Self {
        self.bounds.bulk = if bytes < MAX_HELD { bytes } else { MAX_HELD };
        self
    }

    /// Sets how many parts an aggregate may announce; a key and its value are one.
    #[must_use]
    pub const fn max_parts(mut self, count: u32) -> Self {
        self.bounds.items = if count < Bounds::NONE.items { count } else { Bounds::NONE.items };
        self
    }

    /// Sets how long a simple string, an error or a number may be.
    #[must_use]
    pub const fn max_line(mut self, bytes: usize) -> Self {
        self.bounds.line = if bytes < MAX_HELD { bytes } else { MAX_HELD };
        self
    }

    /// Sets how deep aggregates may be nested, at most [`MAX_DEPTH`].
    #[must_use]
    pub const fn max_depth(mut self, levels: usize) -> Self {
        self.bounds.depth = if levels < MAX_DEPTH { levels } else { MAX_DEPTH };
        self
    }

    #[inline(never)]
    fn rare(&mut self, input: &[u8]) -> Result<Boundary> {
        if !self.walk.is_inside() {
            if input.is_empty() {
                return Ok(Boundary::Need(1));
            }
            let mut seen = mem::take(&mut self.seen);
            self.calm = true;
            match scan::item(input, 0, &self.bounds, &mut seen)? {
                Item::Whole(notes) => {
                    self.notes = notes;
                    return Ok(Boundary::whole(notes.end));
                }
                Item::Need(need) => {
                    self.calm = false;
                    self.seen = seen;
                    return Ok(Boundary::Need(need));
                }
                Item::Nested => {}
            }
        }
        self.calm = true;
        match self.walk.run(input, &self.bounds)? {
            Step::Need(need) => {
                self.calm = false;
                Ok(Boundary::Need(need))
            }
            Step::Done(notes) => {
                self.notes = notes;
                Ok(Boundary::whole(notes.end))
            }
        }
    }
}

impl Default for Replies {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec for Replies {
    type Message = Value<Span>;

    // Always: called and not inlined, the shortest replies cost several times as much.
    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        if self.calm {
            match input.first() {
                Some(b'+') => {
                    // What most commands are answered with is compared, not searched.
                    if input.starts_with(b"+OK\r\n") && self.bounds.line >= 2 {
                        self.notes.end = 5;
                        return Ok(Boundary::whole(5));
                    }
                    if let Some(end) = plain_line(input, 0, self.bounds.line) {
                        self.notes.end = end + 2;
                        return Ok(Boundary::whole(end + 2));
                    }
                }
                Some(b'$') => {
                    if let Some((start, end)) = plain_bulk(input, 0, self.bounds.bulk) {
                        let number = (end - start) as i64;
                        self.notes = Notes { head: start, end: end + 2, number, streamed: false };
                        return Ok(Boundary::whole(end + 2));
                    }
                }
                _ => {}
            }
        }
        self.rare(input)
    }

    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        // `Need` can reach beyond a fault; at the end of the stream it has to be told.
        self.delimit(rest)
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Value<&'a [u8]>> {
        if frame.len() != self.notes.end {
            return Err(Error::truncated(&field::VALUE, frame.len()));
        }
        match frame {
            // Of a simple string nothing else is noted.
            [b'+', line @ .., _, _] => Ok(Value::Simple(line)),
            _ => build(frame, &self.notes),
        }
    }
}
