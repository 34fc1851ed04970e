//! The codec of a server: where a request ends, and what `parse` is told of it.

use core::mem;
use core::ops::Range;

use wireview::{Boundary, Codec, Error, Result, Seq, Span};

use super::number::{length, no_line_end, plain, plain_bulk};
use super::request::{FIRST, Form, Request};
use super::{MAX_BULK, MAX_HELD, field, inline};

/// The least bytes of a bulk string: `$0 CRLF CRLF`.
const LEAST_BULK: usize = 6;

/// How many arguments Redis takes.
const MAX_ARGS: u32 = 1024 * 1024;

/// How long an inline command may be in Redis.
const MAX_INLINE: usize = 64 * 1024;

/// Reads [`Request`]s: the codec of a server.
///
/// ```
/// use wireview::{Boundary, Codec};
/// use wireview_codecs::resp::Requests;
///
/// let mut codec = Requests::new();
/// let input = b"*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n";
/// assert_eq!(codec.delimit(&input[..18])?, Boundary::Need(22));
/// assert_eq!(codec.delimit(input)?, Boundary::whole(22));
/// let request = codec.parse(input)?;
/// assert!(request.is("echo"));
/// assert_eq!(request.arg(1), Some(&b"hi"[..]));
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// Empty commands (`*0`, a blank line) are skipped, as Redis does.
///
/// # Cost
/// Each byte of a header is touched once, bytes of arguments never; a frame that arrives in pieces is resumed at the
/// argument that was cut.
#[derive(Clone, Debug)]
pub struct Requests {
    max_bulk: usize,
    max_args: u32,
    max_inline: usize,
    /// Where to go on: an argument's start, or how much of a line has been searched. 0: in front of a frame.
    at: usize,
    /// How many arguments have been seen.
    seen: u32,
    /// Whether the line has to be rewritten before it can be read.
    rewrite: bool,
    notes: Notes,
}

/// What `delimit` and `open` found out, for `parse`.
#[derive(Clone, Copy, Debug)]
struct Notes {
    form: Form,
    count: u32,
    /// Start and end of the first arguments.
    first: [(u32, u32); FIRST],
    /// Start and end of what is behind them.
    rest: (u32, u32),
    /// The end of the frame.
    end: u32,
}

impl Notes {
    const NONE: Self = Self { form: Form::Array, count: 0, first: [(0, 0); FIRST], rest: (0, 0), end: 0 };
}

impl Requests {
    /// A codec with the limits of Redis: bulk strings of 512 MiB, 1024 x 1024 arguments, inline commands of 64 KiB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_bulk: MAX_BULK,
            max_args: MAX_ARGS,
            max_inline: MAX_INLINE,
            at: 0,
            seen: 0,
            rewrite: false,
            notes: Notes::NONE,
        }
    }

    /// Sets how long an argument may be.
    #[must_use]
    pub const fn max_bulk(mut self, bytes: usize) -> Self {
        self.max_bulk = if bytes < MAX_HELD { bytes } else { MAX_HELD };
        self
    }

    /// Sets how many arguments a request may have.
    #[must_use]
    pub const fn max_args(mut self, count: u32) -> Self {
        self.max_args = count;
        self
    }

    /// Sets how long an inline command may be, at most 64 KiB.
    #[must_use]
    pub const fn max_inline(mut self, bytes: usize) -> Self {
        self.max_inline = if bytes < MAX_INLINE { bytes } else { MAX_INLINE };
        self
    }

    /// Where the first arguments lie, and what is behind them.
    pub(super) fn noted(&self) -> (impl Iterator<Item = Range<usize>> + use<'_>, Range<usize>) {
        let range = |(start, end): (u32, u32)| start as usize..end as usize;
        let notes = &self.notes;
        let first = notes.first.iter().take(notes.count as usize);
        (first.map(move |place| range(*place)), range(notes.rest))
    }

    /// An array from its head on.
    #[inline(always)]
    fn array(&mut self, input: &[u8]) -> Result<Boundary> {
        match plain(input, 1) {
            Some((count, at)) if count > 0 && count <= self.max_args.into() => {
                self.notes = Notes { count: count as u32, ..Notes::NONE };
                self.rewrite = false;
                self.args(input, at, 0)
            }
            _ => self.no_array(input),
        }
    }

    /// The head of an array that has no arguments, too many, or is not whole.
    #[cold]
    fn no_array(&self, input: &[u8]) -> Result<Boundary> {
        match length(input, 1, &field::COUNT)? {
            Some((..=0, end)) => Ok(Boundary::Skip(end as u64)),
            Some(_) => Err(Error::limit(&field::COUNT, 1)),
            None => {
                let least = if input.last() == Some(&b'\r') { 1 } else { 2 };
                Ok(Boundary::Need((input.len() + least).max(4)))
            }
        }
    }

    /// The arguments from number `index` on, which starts at `at`.
    #[inline(always)]
    fn args(&mut self, input: &[u8], mut at: usize, mut index: u32) -> Result<Boundary> {
        while index < self.notes.count {
            let Some((start, end)) = plain_bulk(input, at, self.max_bulk) else { return self.stop(input, at, index) };
            at = end + 2;
            // Offsets that do not fit are refused at the end of the frame.
            if let Some(note) = self.notes.first.get_mut(index as usize) {
                *note = (start as u32, end as u32);
                self.notes.rest.0 = at as u32;
            }
            index += 1;
        }
        self.notes.rest.1 = at as u32;
        self.whole(at)
    }

    #[inline(always)]
    fn whole(&mut self, end: usize) -> Result<Boundary> {
        self.notes.end = u32::try_from(end).map_err(|_| Error::limit(&field::REQUEST, end))?;
        Ok(Boundary::whole(end))
    }

    /// The argument at `at` is not whole, or wrong.
    #[cold]
    fn stop(&mut self, input: &[u8], at: usize, index: u32) -> Result<Boundary> {
        let need = explain(input, at, self.max_bulk)?;
        (self.at, self.seen) = (at, index);
        Ok(Boundary::Need(need))
    }

    /// A line of words, or an array that was begun before.
    #[inline(never)]
    fn rare(&mut self, input: &[u8]) -> Result<Boundary> {
        let at = mem::take(&mut self.at);
        match input.first() {
            None => Ok(Boundary::Need(1)),
            Some(b'*') => self.args(input, at, self.seen),
            Some(_) => self.inline(input, at),
        }
    }

    fn inline(&mut self, input: &[u8], seen: usize) -> Result<Boundary> {
        let Some(end) = inline::line(input, seen, self.max_inline)? else {
            self.at = input.len();
            return Ok(Boundary::Need(input.len() + 1));
        };
        self.notes = Notes { form: Form::Inline, rest: (end as u32, end as u32), ..Notes::NONE };
        self.rewrite = false;
        let mut at = 0;
        while let Some(word) = inline::word(&input[..end], at)? {
            at = word.raw.end;
            if let Some(note) = self.notes.first.get_mut(self.notes.count as usize) {
                *note = (word.raw.start as u32, at as u32);
            }
            self.notes.count += 1;
            self.rewrite |= word.quoted || self.notes.count as usize > FIRST;
        }
        if self.notes.count == 0 { Ok(Boundary::Skip(end as u64)) } else { self.whole(end) }
    }

    /// Takes the quotes off, and brings what is behind the first words into the form of elements.
    #[cold]
    fn rewrite(&mut self, line: &mut [u8]) -> Result<()> {
        let (mut at, mut to, mut index) = (0, 0, 0);
        while let Some(word) = inline::word(line, at)? {
            at = word.raw.end;
            let start = word.raw.start;
            let len = if word.quoted { inline::unquote(&mut line[start..at]) } else { word.raw.len() };
            if let Some(note) = self.notes.first.get_mut(index) {
                *note = (start as u32, (start + len) as u32);
                to = at;
                self.notes.rest.0 = at as u32;
            } else {
                to = inline::place(line, to, start, len);
            }
            index += 1;
        }
        self.notes.rest.1 = to as u32;
        Ok(())
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec for Requests {
    type Message = Request<Span>;

    // Always: called and not inlined, the walk costs twice as much.
    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        if self.at == 0 && input.first() == Some(&b'*') { self.array(input) } else { self.rare(input) }
    }

    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        // `Need` can reach beyond a fault; at the end of the stream it has to be told.
        self.delimit(rest)
    }

    #[inline(always)]
    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        if self.rewrite { self.rewrite(frame) } else { Ok(()) }
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Request<&'a [u8]>> {
        let notes = &self.notes;
        if frame.len() != notes.end as usize {
            return Err(Error::truncated(&field::REQUEST, frame.len()));
        }
        let view = |(start, end): (u32, u32)| &frame[start as usize..end as usize];
        let rest = Seq::new(view(notes.rest), notes.count.saturating_sub(FIRST as u32));
        Ok(Request { form: notes.form, count: notes.count, first: notes.first.map(view), rest })
    }
}

/// Why there is no whole bulk string at `at`: the bytes it needs, as [`Boundary::Need`], or what is wrong with it.
#[cold]
pub(super) fn explain(input: &[u8], at: usize, max: usize) -> Result<usize> {
    match input.get(at) {
        Some(b'$') => {}
        Some(_) => return Err(Error::malformed(&field::DOLLAR, at)),
        None => return Ok(at + LEAST_BULK),
    }
    let Some((len, start)) = length(input, at + 1, &field::LENGTH)? else {
        let least = if input.last() == Some(&b'\r') { 3 } else { 4 };
        return Ok((input.len() + least).max(at + LEAST_BULK));
    };
    if len < 0 {
        return Err(Error::malformed(&field::LENGTH, at + 1));
    }
    if len as u64 > max as u64 {
        return Err(Error::limit(&field::LENGTH, at + 1));
    }
    let end = start + len as usize;
    if input.len() < end + 2 { Ok(end + 2) } else { Err(no_line_end(input, end)) }
}
