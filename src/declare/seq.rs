use super::source::{FieldName, Plain, Source};
use super::{Declare, Put, Scratch};
use crate::trace::Name;
use crate::wire::Seq;
use crate::{Error, Result};
use bytes::Bytes;

/// Reads `count` elements.
///
/// # Errors
/// Of the first element that cannot be read.
#[inline(always)]
pub fn counted<'a, E: Declare, S: Source<'a>>(
    source: &mut S,
    count: u32,
    field: FieldName,
    given: E::Context,
) -> Result<Seq<&'a [u8], E>> {
    let start = source.rest();
    // Elements of which any bytes will do are passed over at once.
    let whole = match E::SIZE {
        Some(size @ 1..) if E::ANY => Some((count as usize).saturating_mul(size)),
        _ => None,
    };
    if let (Some(len), false) = (whole, S::TRACES) {
        let region = source.slice(len, field)?;
        return Ok(Seq::new(region, count));
    }
    let at = source.offset();
    if whole.is_none() {
        source.descend(field)?;
    }
    for index in 0..count {
        let read = element::<E, S>(source, index, field, given);
        if let (true, Some(len), Err(_)) = (S::TRACES, whole, &read) {
            // What is there was told of; the error is that of passing over all at once.
            return Err(source.short(field, at, len));
        }
        read?;
    }
    if whole.is_none() {
        source.ascend();
    }
    Ok(Seq::new(&start[..start.len() - source.rest().len()], count))
}

/// Reads elements up to the end of the region, at most `max` of them.
///
/// # Errors
/// Of the first element that cannot be read, or is one too many.
#[inline(always)]
pub fn within<'a, E: Declare, S: Source<'a>>(
    source: &mut S,
    max: u32,
    field: FieldName,
    given: E::Context,
) -> Result<Seq<&'a [u8], E>> {
    let region = source.rest();
    let mut count = 0;
    source.descend(field)?;
    while !source.rest().is_empty() {
        if count == max {
            return Err(Error::limit(field, source.offset()));
        }
        element::<E, S>(source, count, field, given)?;
        count += 1;
    }
    source.ascend();
    Ok(Seq::new(region, count))
}

/// Reads elements up to and with the first one that is the last.
///
/// # Errors
/// Of the first element that cannot be read, or is one too many.
#[inline(always)]
pub fn last<'a, E: Declare, S: Source<'a>>(
    source: &mut S,
    max: u32,
    field: FieldName,
    given: E::Context,
    is_last: impl Fn(&E::Of<&'a [u8]>) -> bool,
) -> Result<Seq<&'a [u8], E>> {
    let start = source.rest();
    source.descend(field)?;
    for index in 0..max {
        if is_last(&element::<E, S>(source, index, field, given)?) {
            source.ascend();
            return Ok(Seq::new(&start[..start.len() - source.rest().len()], index + 1));
        }
    }
    Err(Error::limit(field, source.offset()))
}

#[inline(always)]
fn element<'a, E: Declare, S: Source<'a>>(
    source: &mut S,
    index: u32,
    field: FieldName,
    given: E::Context,
) -> Result<E::Of<&'a [u8]>> {
    let before = source.rest().len();
    if S::TRACES {
        source.enter(Name::Index(index as usize), E::NAME);
    }
    let element = E::walk(source, given)?;
    // A walk over elements that take nothing would not end.
    if source.rest().len() == before {
        return Err(Error::malformed(field, source.offset()));
    }
    if S::TRACES {
        source.leave();
    }
    Ok(element)
}

impl<'a, E: Declare> Seq<&'a [u8], E> {
    /// Walks the elements, each of which has to be given something to be read.
    #[inline]
    pub const fn iter_given(&self, given: E::Context) -> GivenIter<'a, E> {
        GivenIter { rest: self.region(), given }
    }
}

/// The elements of a [`Seq`] that have to be given something. Ends with the region, or behind the first that cannot be read.
#[derive(Clone, Debug)]
pub struct GivenIter<'a, E: Declare> {
    rest: &'a [u8],
    given: E::Context,
}

impl<'a, E: Declare> Iterator for GivenIter<'a, E> {
    type Item = Result<E::Of<&'a [u8]>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut source = Plain::new(self.rest);
        let element = E::walk(&mut source, self.given);
        // An element that took nothing would be read for ever.
        let goes_on = element.is_ok() && source.rest().len() < self.rest.len();
        self.rest = if goes_on { source.rest() } else { &[] };
        Some(element)
    }
}

impl<E: Declare> core::iter::FusedIterator for GivenIter<'_, E> {}

impl<E: Declare> Seq<Bytes, E> {
    /// Walks the elements, each of which has to be given something to be read, as borrowed views: no refcounts.
    #[inline]
    pub fn iter_given(&self, given: E::Context) -> GivenIter<'_, E> {
        GivenIter { rest: self.region(), given }
    }

    /// Writes `elements` one after the other, to be sent.
    ///
    /// # Errors
    /// Of the first element that cannot be written; [`Kind::Unsupported`](crate::Kind::Unsupported) if bytes of one are not in memory.
    ///
    /// # Cost
    /// Copies the elements into memory of their own; a [`Scratch`] uses its memory again.
    pub fn write<P: Put<Family = E>>(elements: impl IntoIterator<Item = P>, given: E::Context) -> Result<Self> {
        let mut scratch = Scratch::new();
        let written = scratch.seq::<E, P>(elements, given)?;
        Ok(Self::new(Bytes::copy_from_slice(written.region()), written.len() as u32))
    }
}
