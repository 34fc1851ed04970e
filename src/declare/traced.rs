use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::source::{FieldName, Source};
use crate::trace::{Field, Hook, Name, Value};
use crate::{Error, Kind, Result};

/// Reads, and tells a hook of every field.
pub struct Traced<'a, 'h> {
    frame: &'a [u8],
    rest: &'a [u8],
    hook: &'h mut dyn Hook,
    depth: u8,
    regions: Vec<(FieldName, usize)>,
    cut_off: bool,
}

impl<'a, 'h> Traced<'a, 'h> {
    /// Reads from the start of `frame`.
    pub fn new(frame: &'a [u8], hook: &'h mut dyn Hook) -> Self {
        Self { frame, rest: frame, hook, depth: 0, regions: Vec::new(), cut_off: false }
    }

    /// For what was refused with `error`: if because the stream has ended, a region that is longer than what has come is read as far
    /// as it is there.
    pub(super) fn refused_with(mut self, error: Error) -> Self {
        self.cut_off = error.kind() == Kind::Eof;
        self
    }

    /// The regions that it is in, the innermost last: which field says how long they are, and where they end. After an error, what
    /// imposed the limit.
    #[must_use]
    pub fn regions(&self) -> &[(FieldName, usize)] {
        &self.regions
    }
}

impl<'a> Source<'a> for Traced<'a, '_> {
    const TRACES: bool = true;

    fn frame(&self) -> &'a [u8] {
        self.frame
    }

    fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    fn depth(&mut self) -> &mut u8 {
        &mut self.depth
    }

    fn short(&mut self, field: FieldName, at: usize, _: usize) -> Error {
        Error::truncated(field, at)
    }

    fn bound(&mut self, len: usize, by: FieldName) -> Result<&'a [u8]> {
        let there = if self.cut_off { len.min(self.rest.len()) } else { len };
        let Some((region, after)) = self.rest.split_at_checked(there) else {
            return Err(self.short(by, self.offset(), len));
        };
        self.rest = region;
        self.bounded(by, len);
        Ok(after)
    }

    fn bounded(&mut self, by: FieldName, len: usize) {
        let end = self.offset() + len;
        self.regions.push((by, end));
    }

    fn unbounded(&mut self) {
        self.regions.pop();
    }

    fn enter(&mut self, name: Name, kind: &'static str) {
        let at = self.offset();
        self.hook.enter(name, kind, at);
    }

    fn leave(&mut self) {
        let end = self.offset();
        self.hook.leave(end);
    }

    fn field(&mut self, name: &'static str, at: Range<usize>, bits: Option<Range<u8>>, value: Value<'_>, note: &str) {
        self.hook.field(Field { name: Name::Field(name), at, bits, value, note });
    }
}

impl fmt::Debug for Traced<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("rest", &self.rest).field("regions", &self.regions).finish_non_exhaustive()
    }
}
