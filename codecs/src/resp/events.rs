//! A value and everything in it as a flat walk, each byte read once.

use core::iter::FusedIterator;

use wireview::{Element, Error, Result, Span};

use super::field;
use super::scan::{Bounds, head};
use super::value::Value;
use super::walk::MAX_DEPTH;

/// One step of [`Events`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// An aggregate begins, of so many parts; `None` if that is not known before its end. Of a map and an attribute both
    /// keys and values are counted; attributes inside are not.
    Begin(Aggregate, Option<u32>),
    /// A value without parts, or a streamed string.
    Value(Value<&'a [u8]>),
    /// The aggregate that began last ends.
    End(Aggregate),
}

/// A type of value that has parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// `*`
    Array,
    /// `%`
    Map,
    /// `|`
    Attribute,
    /// `~`
    Set,
    /// `>`
    Push,
}

impl Aggregate {
    const fn of(tag: u8) -> Option<Self> {
        Some(match tag {
            b'*' => Self::Array,
            b'%' => Self::Map,
            b'|' => Self::Attribute,
            b'~' => Self::Set,
            b'>' => Self::Push,
            _ => return None,
        })
    }
}

/// The walk that [`Value::events`] returns. Ends behind the first error, which can come only of a value that was mapped to
/// bytes that are none.
///
/// ```
/// use wireview::{Codec, Result};
/// use wireview_codecs::resp::{Aggregate, Event, Replies, Value};
///
/// let input = b"*2\r\n*1\r\n:1\r\n:2\r\n";
/// let mut codec = Replies::new();
/// codec.delimit(input)?;
/// let events = codec.parse(input)?.events().collect::<Result<Vec<_>>>()?;
/// assert_eq!(events, [
///     Event::Begin(Aggregate::Array, Some(2)),
///     Event::Begin(Aggregate::Array, Some(1)),
///     Event::Value(Value::Integer(1)),
///     Event::End(Aggregate::Array),
///     Event::Value(Value::Integer(2)),
///     Event::End(Aggregate::Array),
/// ]);
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Events<'a> {
    root: Option<Value<&'a [u8]>>,
    rest: &'a [u8],
    depth: usize,
    /// What is open, and how many of its parts are to come; `None` if an end mark, or the end of the region, says so.
    levels: [(Aggregate, Option<u32>); MAX_DEPTH + 1],
}

impl<'a> Events<'a> {
    pub(super) const fn new(root: Value<&'a [u8]>) -> Self {
        Self { root: Some(root), rest: &[], depth: 0, levels: [(Aggregate::Array, None); MAX_DEPTH + 1] }
    }

    fn begin(&mut self, kind: Aggregate, parts: Option<u32>) -> Result<()> {
        let level = self.levels.get_mut(self.depth).ok_or(Error::limit(&field::DEPTH, 0))?;
        *level = (kind, parts);
        self.depth += 1;
        Ok(())
    }

    fn end(&mut self) -> Event<'a> {
        self.depth -= 1;
        let (kind, _) = self.levels[self.depth];
        if kind != Aggregate::Attribute {
            self.count();
        }
        Event::End(kind)
    }

    /// A part of the innermost level is done.
    fn count(&mut self) {
        if let Some((_, Some(left))) = self.levels[..self.depth].last_mut() {
            *left = left.saturating_sub(1);
        }
    }

    fn root(&mut self, value: Value<&'a [u8]>) -> Result<Event<'a>> {
        let (kind, parts) = match value {
            Value::Array(parts) => (Aggregate::Array, parts),
            Value::Map(parts) => (Aggregate::Map, parts),
            Value::Attribute(parts) => (Aggregate::Attribute, parts),
            Value::Set(parts) => (Aggregate::Set, parts),
            Value::Push(parts) => (Aggregate::Push, parts),
            _ => return Ok(Event::Value(value)),
        };
        self.rest = parts.region();
        self.begin(kind, None)?;
        Ok(Event::Begin(kind, Some(parts.len() as u32)))
    }

    fn part(&mut self) -> Result<Option<Event<'a>>> {
        let Some(&(_, left)) = self.levels[..self.depth].last() else { return Ok(None) };
        let ended = if self.depth == 1 { self.rest.is_empty() } else { left == Some(0) };
        if ended {
            return Ok(Some(self.end()));
        }
        let Some(&tag) = self.rest.first() else { return Err(Error::truncated(&field::VALUE, 0)) };
        if tag == b'.' && self.depth > 1 && left.is_none() {
            self.rest = self.rest.strip_prefix(b".\r\n").ok_or(Error::malformed(&field::LINE_END, 1))?;
            return Ok(Some(self.end()));
        }
        match Aggregate::of(tag) {
            Some(kind) if !self.rest.starts_with(b"*-") => {
                let Ok((parts, start)) = head(self.rest, 0, &Bounds::NONE)? else {
                    return Err(Error::truncated(&field::COUNT, self.rest.len()));
                };
                self.begin(kind, parts)?;
                self.rest = &self.rest[start..];
                Ok(Some(Event::Begin(kind, parts)))
            }
            _ => {
                let value = <Value<Span> as Element>::read(&mut self.rest)?;
                self.count();
                Ok(Some(Event::Value(value)))
            }
        }
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let event = match self.root.take() {
            Some(root) => self.root(root).map(Some),
            None => self.part(),
        };
        if event.is_err() {
            self.depth = 0;
        }
        event.transpose()
    }
}

impl FusedIterator for Events<'_> {}
