use alloc::vec::Vec;

use bytes::Bytes;
use wireview::trace::{Hook, Name, Value};
use wireview::{Error, Holder, Outgoing, Result, Span, Wire};

use super::writer::put_varint;
use super::{FieldName, Reader, Sink, Told, Version, Writer};

const COUNT: &str = "tagged fields";
const TAG: &str = "tag";
const LENGTH: &str = "tagged field's length";
const VALUE: &str = "tagged field";

/// The tagged fields of a message of a flexible version, as they stand on the wire: those that this library knows nothing of
/// are passed on, too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tags<B> {
    /// `None` if there are none.
    region: Option<B>,
    count: u32,
}

/// One tagged field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Which.
    pub tag: u32,
    /// In the form that the schema has for it.
    pub value: &'a [u8],
}

impl<B> Tags<B> {
    /// No tagged fields.
    #[must_use]
    pub const fn none() -> Self {
        Self { region: None, count: 0 }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl<B> Default for Tags<B> {
    fn default() -> Self {
        Self::none()
    }
}

impl<B: AsRef<[u8]>> Tags<B> {
    /// All of them.
    pub fn iter(&self) -> Tagged<'_> {
        Tagged { rest: self.region.as_ref().map_or(&[], |region| region.as_ref()) }
    }

    /// The value of the field with that tag.
    #[must_use]
    pub fn get(&self, tag: u32) -> Option<&[u8]> {
        self.iter().find(|found| found.tag == tag).map(|found| found.value)
    }
}

/// Walks tagged fields. Ends in front of what is none.
#[derive(Clone, Debug)]
pub struct Tagged<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tagged<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        let mut reader = Reader::new(self.rest, self.rest.len(), Version::default());
        let found = one(&mut reader);
        self.rest = if found.is_ok() { reader.rest() } else { &[] };
        found.ok()
    }
}

#[inline]
fn one<'a>(from: &mut Reader<'a>) -> Result<Tag<'a>> {
    let tag = from.varint(&TAG)?;
    let length = from.varint(&LENGTH)?;
    Ok(Tag { tag, value: from.bytes(length as usize, &VALUE)? })
}

fn number(from: &mut Reader<'_>, name: FieldName, hook: &mut dyn Hook) -> Result<u32> {
    let at = from.offset();
    let number = from.varint(name)?;
    Told::plain(name).field(at..from.offset(), Value::Unsigned(number.into()), hook);
    Ok(number)
}

/// Given values: what is given a reader keeps it in memory, and every field that is read with it.
#[cold]
fn some(rest: &[u8], at: usize) -> Result<(Tags<&[u8]>, &[u8])> {
    let mut from = Reader::new(rest, at + rest.len(), Version::default());
    let count = from.varint(&COUNT)?;
    let before = from.rest();
    for _ in 0..count {
        one(&mut from)?;
    }
    Ok((Tags { region: (count > 0).then(|| from.since(before)), count }, from.rest()))
}

impl Tags<Span> {
    /// None before the flexible versions.
    #[inline(always)]
    pub(crate) fn read<'a>(from: &mut Reader<'a>) -> Result<Tags<&'a [u8]>> {
        if !from.version().flexible {
            return Ok(Tags::none());
        }
        if let Some((0, rest)) = from.rest().split_first() {
            from.set_rest(rest);
            return Ok(Tags::none());
        }
        let (tags, rest) = some(from.rest(), from.offset())?;
        from.set_rest(rest);
        Ok(tags)
    }

    /// Reads them, and tells of them.
    pub(crate) fn trace(from: &mut Reader<'_>, hook: &mut dyn Hook) -> Result<()> {
        if !from.version().flexible {
            return Ok(());
        }
        let count = number(from, &COUNT, hook)?;
        if count == 0 {
            return Ok(());
        }
        hook.enter(Name::Field("tags"), "Tags", from.offset());
        for index in 0..count {
            hook.enter(Name::Index(index as usize), "Tag", from.offset());
            number(from, &TAG, hook)?;
            let length = number(from, &LENGTH, hook)?;
            let at = from.offset();
            let value = from.bytes(length as usize, &VALUE)?;
            Told::plain(&VALUE).field(at..from.offset(), Value::Bytes(value), hook);
            hook.leave(from.offset());
        }
        hook.leave(from.offset());
        Ok(())
    }

    /// They are left out before the flexible versions.
    pub(crate) fn write<B: Outgoing, S: Sink<B>>(tags: Tags<B>, to: &mut Writer<'_, S>) -> Result<()> {
        if !to.version().flexible {
            return Ok(());
        }
        to.varint(tags.count);
        if let Some(region) = tags.region {
            to.sink.put(region);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn generate(draw: &mut wireview::laws::Draw<'_>, version: Version, to: &mut Vec<u8>) {
        if !version.flexible {
            return;
        }
        // Above those that have a meaning somewhere, and in order.
        let mut tags = TagList::new();
        for tag in 0..draw.below(3) as u32 * u32::from(draw.below(4) == 0) {
            tags.push(100 + 50 * tag, &draw.bytes(20)).expect("short");
        }
        put_varint(to, tags.count);
        to.extend_from_slice(&tags.region);
    }
}

impl Wire for Tags<Span> {
    type Of<B: Holder> = Tags<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(tags: Tags<A>, f: &mut impl FnMut(A) -> B) -> Tags<B> {
        Tags { region: tags.region.map(f), count: tags.count }
    }
}

/// Tagged fields to be sent.
#[derive(Clone, Debug, Default)]
pub struct TagList {
    region: Vec<u8>,
    count: u32,
    last: Option<u32>,
}

impl TagList {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { region: Vec::new(), count: 0, last: None }
    }

    /// Appends one, in the form that the schema has for it.
    ///
    /// # Errors
    /// If `tag` is not above the last one, or `value` too long to be counted.
    pub fn push(&mut self, tag: u32, value: &[u8]) -> Result<()> {
        if self.last.is_some_and(|last| tag <= last) {
            return Err(Error::malformed(&TAG, 0));
        }
        let length = u32::try_from(value.len()).map_err(|_| Error::overflow(&LENGTH, 0))?;
        put_varint(&mut self.region, tag);
        put_varint(&mut self.region, length);
        self.region.extend_from_slice(value);
        self.count += 1;
        self.last = Some(tag);
        Ok(())
    }

    /// All of them, for a message.
    #[must_use]
    pub fn into_tags<B: From<Bytes>>(self) -> Tags<B> {
        let region = (self.count > 0).then(|| Bytes::from(self.region).into());
        Tags { region, count: self.count }
    }
}
