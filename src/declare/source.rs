use core::ops::Range;

use super::Text;
use super::check::Checksum;
use crate::trace::{Name, Value};
use crate::{Error, Result};

/// How deep sequences may lie in each other when a message is read.
pub const MAX_DEPTH: u8 = 32;

/// The name of a field as an [`Error`] holds it.
pub type FieldName = &'static &'static str;

/// What a message is read from: the rest of a frame, which gets shorter as it is read.
///
/// Reading is the same for all; what is done besides is not: see [`Plain`], [`Scan`] and [`Traced`](super::Traced). Everything here
/// is inlined into the walk, and what is cold is given values, so that a source never has to stand in memory.
pub trait Source<'a>: Sized {
    /// Whether [`field`](Self::field), [`enter`](Self::enter) and [`leave`](Self::leave) do anything.
    const TRACES: bool = false;

    /// The frame from its start.
    fn frame(&self) -> &'a [u8];

    /// What has not been read: a part of the frame.
    fn rest(&self) -> &'a [u8];

    /// Makes `rest`, a part of the frame, what has not been read.
    fn set_rest(&mut self, rest: &'a [u8]);

    /// The error for `field` at offset `at`, which ends behind the rest: `needs` bytes counted from `at`.
    fn short(&mut self, field: FieldName, at: usize, needs: usize) -> Error;

    /// How many sequences it is in.
    fn depth(&mut self) -> &mut u8;

    /// A region that is `len` bytes long begins; `by` says so.
    #[inline(always)]
    fn bounded(&mut self, by: FieldName, len: usize) {
        let _ = (by, len);
    }

    /// The region that began last has ended.
    #[inline(always)]
    fn unbounded(&mut self) {}

    /// A message, element or variant begins here.
    #[inline(always)]
    fn enter(&mut self, name: Name, kind: &'static str) {
        let _ = (name, kind);
    }

    /// What was entered last ends here.
    #[inline(always)]
    fn leave(&mut self) {}

    /// A field was read.
    #[inline(always)]
    fn field(&mut self, name: &'static str, at: Range<usize>, bits: Option<Range<u8>>, value: Value<'_>, note: &str) {
        let _ = (name, at, bits, value, note);
    }

    /// Goes into a sequence.
    ///
    /// # Errors
    /// Below [`MAX_DEPTH`] of them: a type may hold itself, and what a peer sends must not decide how deep the stack gets.
    #[inline(always)]
    fn descend(&mut self, field: FieldName) -> Result<()> {
        let depth = self.depth();
        if *depth == MAX_DEPTH {
            return Err(Error::limit(field, self.offset()));
        }
        *depth += 1;
        Ok(())
    }

    /// Comes out of a sequence.
    #[inline(always)]
    fn ascend(&mut self) {
        *self.depth() -= 1;
    }

    /// Where the rest begins, from the start of the frame.
    #[inline(always)]
    fn offset(&self) -> usize {
        self.rest().as_ptr().addr() - self.frame().as_ptr().addr()
    }

    /// Takes the next `N` bytes, in which several fields lie: the last byte of each, and its name.
    ///
    /// # Errors
    /// Of the first of `fields` that is not there in full.
    #[inline(always)]
    fn take<const N: usize>(&mut self, fields: &'static [(FieldName, usize)]) -> Result<&'a [u8; N]> {
        match self.rest().split_first_chunk() {
            Some((run, rest)) => {
                self.set_rest(rest);
                Ok(run)
            }
            None => {
                let (field, start, end) = missing(fields, self.rest().len());
                Err(self.short(field, self.offset() + start, end - start))
            }
        }
    }

    /// Takes the next `len` bytes.
    ///
    /// # Errors
    /// If there are fewer.
    #[inline(always)]
    fn slice(&mut self, len: usize, field: FieldName) -> Result<&'a [u8]> {
        match self.rest().split_at_checked(len) {
            Some((slice, rest)) => {
                self.set_rest(rest);
                Ok(slice)
            }
            None => Err(self.short(field, self.offset(), len)),
        }
    }

    /// Takes all that is left.
    #[inline(always)]
    fn all(&mut self) -> &'a [u8] {
        let rest = self.rest();
        self.set_rest(&rest[rest.len()..]);
        rest
    }

    /// Takes the bytes in front of a NUL, which has to be among the next `max` and one, and the NUL.
    ///
    /// # Errors
    /// If there is none.
    #[inline]
    fn until_nul(&mut self, max: usize, field: FieldName) -> Result<&'a [u8]> {
        let rest = self.rest();
        let within = &rest[..rest.len().min(max.saturating_add(1))];
        match memchr::memchr(0, within) {
            Some(end) => {
                self.set_rest(&rest[end + 1..]);
                Ok(&rest[..end])
            }
            None if within.len() > max => Err(Error::limit(field, self.offset())),
            None => Err(self.short(field, self.offset(), rest.len() + 1)),
        }
    }

    /// A number in LEB128, which takes at most `width` bytes; no longer than it need be if it is to be `minimal`.
    ///
    /// # Errors
    /// If it is cut, longer, or above `u64::MAX`.
    #[inline(always)]
    fn varint(&mut self, width: usize, minimal: bool, field: FieldName) -> Result<u64> {
        match self.rest().split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.set_rest(rest);
                Ok(byte.into())
            }
            // Most of those that are longer have two bytes; one of which the second is zero is longer than need be.
            Some((&low, [high, rest @ ..])) if *high < 0x80 && *high != 0 && width >= 2 => {
                self.set_rest(rest);
                Ok(u64::from(low & 0x7f) | u64::from(*high) << 7)
            }
            _ => {
                let rest = self.rest();
                let (value, len) = match long_varint(rest, width, minimal) {
                    Long::Value(value, len) => (value, len),
                    Long::Cut => return Err(self.short(field, self.offset(), rest.len() + 1)),
                    Long::Overflow => return Err(Error::overflow(field, self.offset())),
                    Long::Longer => return Err(Error::malformed(field, self.offset())),
                };
                self.set_rest(&rest[len..]);
                Ok(value)
            }
        }
    }

    /// `bytes`, which end where the rest begins but for `behind` bytes, as text.
    ///
    /// # Errors
    /// If they are not UTF-8.
    #[inline(always)]
    fn text(&mut self, bytes: &'a [u8], behind: usize, field: FieldName) -> Result<Text<&'a [u8]>> {
        match core::str::from_utf8(bytes) {
            Ok(_) => Ok(Text::of(bytes)),
            Err(error) => Err(Error::malformed(field, self.offset() - behind - bytes.len() + error.valid_up_to())),
        }
    }

    /// Begins a region of `len` bytes: what has not been read ends with it. Answers with what follows, for [`unbound`](Self::unbound).
    ///
    /// # Errors
    /// If there are fewer.
    #[inline(always)]
    fn bound(&mut self, len: usize, by: FieldName) -> Result<&'a [u8]> {
        match self.rest().split_at_checked(len) {
            Some((region, after)) => {
                self.set_rest(region);
                self.bounded(by, len);
                Ok(after)
            }
            None => Err(self.short(by, self.offset(), len)),
        }
    }

    /// Ends a region; `after` is what [`bound`](Self::bound) answered.
    ///
    /// # Errors
    /// If something in it has not been read.
    #[inline(always)]
    fn unbound(&mut self, after: &'a [u8], field: FieldName) -> Result<()> {
        self.end(field)?;
        self.unbounded();
        self.set_rest(after);
        Ok(())
    }

    /// Nothing is left.
    ///
    /// # Errors
    /// If something is.
    #[inline(always)]
    fn end(&self, field: FieldName) -> Result<()> {
        if self.rest().is_empty() { Ok(()) } else { Err(Error::malformed(field, self.offset())) }
    }

    /// Zeros up to a multiple of `align` from `start`; anything if they are to be ignored.
    ///
    /// # Errors
    /// If they are cut, or not zeros.
    #[inline(always)]
    fn align(&mut self, start: usize, align: usize, ignore: bool, field: FieldName) -> Result<()> {
        let len = (self.offset() - start).next_multiple_of(align) - (self.offset() - start);
        let at = self.offset();
        let padding = self.slice(len, field)?;
        match padding.iter().position(|&byte| byte != 0) {
            Some(found) if !ignore => Err(Error::malformed(field, at + found)),
            _ => Ok(()),
        }
    }
}

/// Reads, and does nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    frame: &'a [u8],
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Plain<'a> {
    /// Reads from the start of `frame`.
    #[inline(always)]
    #[must_use]
    pub const fn new(frame: &'a [u8]) -> Self {
        Self { frame, rest: frame, depth: 0 }
    }
}

impl<'a> Source<'a> for Plain<'a> {
    #[inline(always)]
    fn frame(&self) -> &'a [u8] {
        self.frame
    }

    #[inline(always)]
    fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline(always)]
    fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    #[inline(always)]
    fn depth(&mut self) -> &mut u8 {
        &mut self.depth
    }

    #[inline(always)]
    fn short(&mut self, field: FieldName, at: usize, _: usize) -> Error {
        Error::truncated(field, at)
    }
}

/// Finds out how far a message reaches that may not have come in full.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    frame: &'a [u8],
    rest: &'a [u8],
    depth: u8,
    /// How many regions it is in: what is missing in one of them does not come.
    regions: usize,
    needs: usize,
}

impl<'a> Scan<'a> {
    /// Reads from the start of `input`.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { frame: input, rest: input, depth: 0, regions: 0, needs: 0 }
    }

    /// After an error: how many bytes, counted from the start, must be there before it is worth reading again. 0 if the error is
    /// final.
    #[must_use]
    pub const fn needs(&self) -> usize {
        self.needs
    }
}

impl<'a> Source<'a> for Scan<'a> {
    #[inline(always)]
    fn frame(&self) -> &'a [u8] {
        self.frame
    }

    #[inline(always)]
    fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline(always)]
    fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    #[inline(always)]
    fn depth(&mut self) -> &mut u8 {
        &mut self.depth
    }

    fn short(&mut self, field: FieldName, at: usize, needs: usize) -> Error {
        if self.regions == 0 {
            self.needs = at.saturating_add(needs);
        }
        Error::truncated(field, at)
    }

    fn bounded(&mut self, _: FieldName, _: usize) {
        self.regions += 1;
    }

    fn unbounded(&mut self) {
        self.regions -= 1;
    }
}

/// The first of `fields` that ends behind `len`: its name, start and end.
#[cold]
fn missing(fields: &[(FieldName, usize)], len: usize) -> (FieldName, usize, usize) {
    let mut start = 0;
    for &(field, end) in fields {
        if end > len {
            return (field, start, end);
        }
        start = end;
    }
    // The last one ends with the run, which is longer than `len`.
    (&"run", start, len + 1)
}

enum Long {
    Value(u64, usize),
    Cut,
    Overflow,
    Longer,
}

fn long_varint(input: &[u8], width: usize, minimal: bool) -> Long {
    let mut value = 0;
    for (at, &byte) in input.iter().take(width).enumerate() {
        // The tenth byte has room for one bit.
        if at == 9 && byte > 1 {
            return Long::Overflow;
        }
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return if minimal && byte == 0 && at > 0 { Long::Longer } else { Long::Value(value, at + 1) };
        }
    }
    if input.len() < width { Long::Cut } else { Long::Overflow }
}

/// The sum of sizes, where all are known.
#[must_use]
pub const fn sum(sizes: &[Option<usize>]) -> Option<usize> {
    let mut total = 0;
    let mut at = 0;
    while at < sizes.len() {
        match sizes[at] {
            Some(size) => total += size,
            None => return None,
        }
        at += 1;
    }
    Some(total)
}

/// Holds the checksum at `at` against the bytes of `range`, among which it counts as zeros if it is `zeroed`.
///
/// # Errors
/// If it does not match: at the checksum.
#[inline]
pub fn verify<'a, A: Checksum, S: Source<'a>>(
    source: &S,
    range: Range<usize>,
    at: usize,
    big: bool,
    zeroed: bool,
    field: FieldName,
) -> Result<()> {
    const { assert!(A::WIDTH >= 1 && A::WIDTH <= 8, "a checksum has 1 to 8 bytes") }
    let frame = source.frame();
    let own = at..at + A::WIDTH;
    let sum = if zeroed && range.start <= own.start && own.end <= range.end {
        let mut sum = A::new();
        sum.update(&frame[range.start..own.start]);
        sum.update(&[0; 8][..A::WIDTH]);
        sum.update(&frame[own.end..range.end]);
        sum.finish()
    } else {
        A::of(&frame[range])
    };
    let stated = frame[own]
        .iter()
        .fold((0_u64, 0_u64), |(be, le), &byte| (be << 8 | u64::from(byte), le >> 8 | u64::from(byte) << 56));
    let stated = if big { stated.0 } else { stated.1 >> (64 - 8 * A::WIDTH) };
    if sum == stated { Ok(()) } else { Err(Error::new(crate::Kind::Checksum, field, at)) }
}
