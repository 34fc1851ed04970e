//! Where a value ends: resumable, in one pass, with a fixed stack.
//!
//! ```text
//!  *2 CRLF  %1 CRLF  +k CRLF  :1 CRLF  $5 CRLF hel
//!  │        │                          └ at: here it goes on when more has arrived
//!  │        └ a level that is done
//!  └ level 0: one item left
//! ```

use wireview::{Error, Result};

use super::field;
use super::number::plain_bulk;
use super::scan::{Bounds, Item, Notes, chunk, crlf, head, item};

/// How deep aggregates may be nested.
pub const MAX_DEPTH: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counted,
    /// Counted, and itself not a part of what it stands in.
    Attribute,
    Streamed,
    StreamedPairs,
    Chunks,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    kind: Kind,
    /// Parts that are to come, or that were there if an end mark follows.
    parts: u32,
}

/// A walk through a value that has parts.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    at: usize,
    seen: usize,
    depth: usize,
    /// Where the parts of the outermost level start, and how many there are.
    head: usize,
    parts: u32,
    levels: [Level; MAX_DEPTH],
}

pub(super) enum Step {
    Need(usize),
    Done(Notes),
}

impl Walk {
    pub(super) const fn new() -> Self {
        let level = Level { kind: Kind::Counted, parts: 0 };
        Self { at: 0, seen: 0, depth: 0, head: 0, parts: 0, levels: [level; MAX_DEPTH] }
    }

    /// Whether a value has been begun and not ended.
    #[inline(always)]
    pub(super) const fn is_inside(&self) -> bool {
        self.depth > 0
    }

    /// Goes on to the end of the value at the front of `input`, or as far as it has arrived.
    pub(super) fn run(&mut self, input: &[u8], bounds: &Bounds) -> Result<Step> {
        let step = self.walk(input, bounds);
        if !matches!(step, Ok(Step::Need(_))) {
            (self.at, self.seen, self.depth) = (0, 0, 0);
        }
        step
    }

    #[inline(always)]
    fn walk(&mut self, input: &[u8], bounds: &Bounds) -> Result<Step> {
        let mut at = self.at;
        loop {
            // What aggregates are made of mostly: bulk strings. The last part of a level is left to the rest of the loop.
            if let Some(Level { kind: Kind::Counted | Kind::Attribute, parts }) = self.levels[..self.depth].last_mut() {
                while *parts > 1 {
                    let Some((_, end)) = plain_bulk(input, at, bounds.bulk) else { break };
                    at = end + 2;
                    *parts -= 1;
                }
            }
            let item = match self.levels[..self.depth].last() {
                Some(Level { kind: Kind::Chunks, .. }) => Item::Nested,
                _ => item(input, at, bounds, &mut self.seen)?,
            };
            let mut attribute = false;
            match item {
                Item::Need(need) => {
                    self.at = at;
                    return Ok(Step::Need(need));
                }
                Item::Whole(notes) if self.depth == 0 => return Ok(Step::Done(notes)),
                Item::Whole(notes) => at = notes.end,
                Item::Nested => match self.nested(input, &mut at, bounds)? {
                    Nested::Need(need) => {
                        self.at = at;
                        return Ok(Step::Need(need));
                    }
                    Nested::Inside => continue,
                    Nested::Ended { attribute: was } => attribute = was,
                },
            }
            // A part ended at `at`, and with it perhaps what it is a part of.
            while let Some(level) = self.levels[..self.depth].last_mut() {
                if attribute {
                    break;
                }
                if matches!(level.kind, Kind::Counted | Kind::Attribute) {
                    level.parts -= 1;
                    if level.parts > 0 {
                        break;
                    }
                    attribute = level.kind == Kind::Attribute;
                    self.depth -= 1;
                } else {
                    level.parts = level.parts.checked_add(1).ok_or(Error::limit(&field::COUNT, at))?;
                    break;
                }
            }
            if self.depth == 0 {
                let streamed = input[1] == b'?';
                return Ok(Step::Done(Notes { head: self.head, end: at, number: self.parts.into(), streamed }));
            }
        }
    }

    /// Reads the head of an aggregate, a chunk, or an end mark.
    #[inline(never)]
    fn nested(&mut self, input: &[u8], at: &mut usize, bounds: &Bounds) -> Result<Nested> {
        let open = self.levels[..self.depth].last().copied();
        let Some(&tag) = input.get(*at) else { return Ok(Nested::Need(*at + 4)) };
        let kind = match (tag, open.map(|level| level.kind)) {
            (b';', Some(Kind::Chunks)) => return self.chunk(input, at, bounds),
            (_, Some(Kind::Chunks)) | (b';', _) => return Err(Error::malformed(&field::TYPE, *at)),
            (b'.', Some(Kind::Streamed | Kind::StreamedPairs)) => return self.end_mark(input, at),
            (b'.', _) => return Err(Error::malformed(&field::TYPE, *at)),
            // What is pushed stands between replies, never inside one.
            (b'>', Some(_)) => return Err(Error::malformed(&field::TYPE, *at)),
            (b'|', _) => Kind::Attribute,
            _ => Kind::Counted,
        };
        let (count, start) = match head(input, *at, bounds)? {
            Ok(head) => head,
            Err(Item::Need(need)) => return Ok(Nested::Need(need)),
            Err(_) => return Err(Error::malformed(&field::TYPE, *at)),
        };
        let kind = match (count, tag) {
            (Some(_), _) => kind,
            (None, b'$') => Kind::Chunks,
            (None, b'%') => Kind::StreamedPairs,
            (None, _) => Kind::Streamed,
        };
        let parts = count.unwrap_or(0);
        if self.depth == 0 {
            (self.head, self.parts) = (start, parts);
        }
        if count == Some(0) {
            *at = start;
            return Ok(Nested::Ended { attribute: kind == Kind::Attribute });
        }
        if self.depth >= bounds.depth {
            return Err(Error::limit(&field::DEPTH, *at));
        }
        self.levels[self.depth] = Level { kind, parts };
        self.depth += 1;
        *at = start;
        Ok(Nested::Inside)
    }

    fn chunk(&mut self, input: &[u8], at: &mut usize, bounds: &Bounds) -> Result<Nested> {
        match chunk(input, *at, bounds)? {
            Item::Need(need) => Ok(Nested::Need(need)),
            Item::Whole(notes) if notes.number > 0 => {
                *at = notes.end;
                let level = &mut self.levels[self.depth - 1];
                level.parts = level.parts.checked_add(1).ok_or(Error::limit(&field::COUNT, *at))?;
                Ok(Nested::Inside)
            }
            Item::Whole(notes) => Ok(self.close(at, notes.end)),
            Item::Nested => Err(Error::malformed(&field::TYPE, *at)),
        }
    }

    fn end_mark(&mut self, input: &[u8], at: &mut usize) -> Result<Nested> {
        match crlf(input, *at + 1)? {
            Err(_) => Ok(Nested::Need(*at + 3)),
            Ok(end) => {
                let level = self.levels[self.depth - 1];
                if level.kind == Kind::StreamedPairs && level.parts % 2 == 1 {
                    return Err(Error::malformed(&field::PAIR, *at));
                }
                Ok(self.close(at, end))
            }
        }
    }

    /// Leaves a streamed level.
    fn close(&mut self, at: &mut usize, end: usize) -> Nested {
        *at = end;
        self.depth -= 1;
        if self.depth == 0 {
            self.parts = self.levels[0].parts;
        }
        Nested::Ended { attribute: false }
    }
}

enum Nested {
    Need(usize),
    Inside,
    Ended { attribute: bool },
}
