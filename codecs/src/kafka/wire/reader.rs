use wireview::{Error, Result};

use super::{FieldName, Version};

/// Reads fields off the front of a frame.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// How long the frame is, so that offsets count from its start.
    end: usize,
    version: Version,
}

impl<'a> Reader<'a> {
    /// A reader of `rest`, which reaches to the end of a frame of `end` bytes.
    #[inline(always)]
    pub(crate) const fn new(rest: &'a [u8], end: usize, version: Version) -> Self {
        Self { rest, end, version }
    }

    /// The version that is read.
    #[inline(always)]
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Goes on in another version: headers have versions of their own.
    #[inline(always)]
    pub(crate) const fn set_version(&mut self, version: Version) {
        self.version = version;
    }

    /// What has not been read.
    #[inline(always)]
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Goes on with `rest`, which reaches to the same end.
    #[inline(always)]
    pub(crate) const fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// Where the next field stands in the frame.
    #[inline(always)]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    /// The next `N` bytes.
    #[inline(always)]
    pub(crate) fn fixed<const N: usize>(&mut self, name: FieldName) -> Result<[u8; N]> {
        let Some((bytes, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(Error::truncated(name, self.offset()));
        };
        self.rest = rest;
        Ok(*bytes)
    }

    /// The next `len` bytes.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, len: usize, name: FieldName) -> Result<&'a [u8]> {
        let Some((bytes, rest)) = self.rest.split_at_checked(len) else {
            return Err(Error::truncated(name, self.offset()));
        };
        self.rest = rest;
        Ok(bytes)
    }

    /// An unsigned number in up to five bytes, seven bits each, least significant first.
    #[inline(always)]
    pub(crate) fn varint(&mut self, name: FieldName) -> Result<u32> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(byte.into())
            }
            _ => {
                let (value, width) = long_varint(self.rest, self.offset(), name)?;
                self.rest = &self.rest[width..];
                Ok(value)
            }
        }
    }

    /// The length of a string; `None` is null.
    #[inline(always)]
    pub(crate) fn string_length(&mut self, name: FieldName) -> Result<Option<usize>> {
        if self.version.flexible {
            return Ok((self.varint(name)? as usize).checked_sub(1));
        }
        let at = self.offset();
        let length = i16::from_be_bytes(self.fixed(name)?);
        length_or_null(length.into(), at, name)
    }

    /// The length of bytes, or the count of an array; `None` is null.
    #[inline(always)]
    pub(crate) fn length(&mut self, name: FieldName) -> Result<Option<usize>> {
        if self.version.flexible {
            return Ok((self.varint(name)? as usize).checked_sub(1));
        }
        let at = self.offset();
        let length = i32::from_be_bytes(self.fixed(name)?);
        length_or_null(length, at, name)
    }

    /// What was read since `before`.
    #[inline(always)]
    pub(crate) fn since(&self, before: &'a [u8]) -> &'a [u8] {
        &before[..before.len() - self.rest.len()]
    }
}

#[inline(always)]
fn length_or_null(length: i32, at: usize, name: FieldName) -> Result<Option<usize>> {
    match length {
        0.. => Ok(Some(length as usize)),
        -1 => Ok(None),
        _ => Err(Error::malformed(name, at)),
    }
}

#[cold]
fn long_varint(input: &[u8], at: usize, name: FieldName) -> Result<(u32, usize)> {
    let mut value = 0;
    for (place, &byte) in input.iter().enumerate().take(5) {
        // The fifth byte has room for four bits.
        if place == 4 && byte > 0x0f {
            return Err(Error::overflow(name, at));
        }
        value |= u32::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok((value, place + 1));
        }
    }
    Err(Error::truncated(name, at))
}
