use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;
use wireview::{Error, Gather, Outgoing, Payload, Result};

use super::{FieldName, Version};

/// Payloads up to this size are copied among the fields around them when a list is built; the send queue would do the same.
const COPIED: usize = wireview::send::DEFAULT_COPY_UP_TO;

/// Where fields are written to: the send queue, or a [`List`](super::List) that is being built.
pub trait Sink<B> {
    /// Appends a few bytes.
    fn head<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R;

    /// Appends what holds bytes, without looking at them.
    fn put(&mut self, bytes: B);
}

impl<B: Outgoing> Sink<B> for Gather {
    #[inline]
    fn head<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        Self::head(self, write)
    }

    #[inline]
    fn put(&mut self, bytes: B) {
        bytes.put(self);
    }
}

/// Fields of which payloads may be among: what a [`List`](super::List) is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts<'a> {
    /// Behind `done`.
    bytes: Vec<u8>,
    done: Vec<Payload<'a>>,
}

impl<'a> Parts<'a> {
    fn part(&mut self, payload: Payload<'a>) {
        if !self.bytes.is_empty() {
            self.done.push(Payload::Share(mem::take(&mut self.bytes).into()));
        }
        self.done.push(payload);
    }

    /// All of it.
    pub(super) fn into_payload(mut self) -> Payload<'a> {
        if self.done.is_empty() {
            return Payload::Share(Bytes::from(self.bytes));
        }
        if !self.bytes.is_empty() {
            self.done.push(Payload::Share(self.bytes.into()));
        }
        Payload::Rope(self.done)
    }
}

impl<'a> Sink<Payload<'a>> for Parts<'a> {
    #[inline]
    fn head<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        write(&mut self.bytes)
    }

    fn put(&mut self, payload: Payload<'a>) {
        match payload {
            Payload::Copy(bytes) if bytes.len() <= COPIED => self.bytes.extend_from_slice(bytes),
            Payload::Static(bytes) if bytes.len() <= COPIED => self.bytes.extend_from_slice(bytes),
            Payload::Share(bytes) if bytes.len() <= COPIED => self.bytes.extend_from_slice(&bytes),
            Payload::Rope(parts) => parts.into_iter().for_each(|part| self.put(part)),
            payload => self.part(payload),
        }
    }
}

/// Writes fields in a version.
#[derive(Debug)]
pub struct Writer<'s, S> {
    pub(super) sink: &'s mut S,
    version: Version,
}

impl<'s, S> Writer<'s, S> {
    /// A writer to `sink`.
    pub(crate) const fn new(sink: &'s mut S, version: Version) -> Self {
        Self { sink, version }
    }

    /// The version that is written.
    #[inline(always)]
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Goes on in another version.
    pub(crate) const fn set_version(&mut self, version: Version) {
        self.version = version;
    }

    #[inline]
    pub(crate) fn fixed<B>(&mut self, bytes: &[u8])
    where
        S: Sink<B>,
    {
        self.sink.head(|head| head.extend_from_slice(bytes));
    }

    #[inline]
    pub(crate) fn varint<B>(&mut self, value: u32)
    where
        S: Sink<B>,
    {
        self.sink.head(|head| put_varint(head, value));
    }

    pub(crate) fn string_length<B>(&mut self, length: Option<u64>, name: FieldName) -> Result<()>
    where
        S: Sink<B>,
    {
        // What readers everywhere count a string with, compact or not.
        if length.is_some_and(|length| length > i16::MAX as u64) {
            return Err(Error::overflow(name, 0));
        }
        if self.version.flexible {
            return self.length(length, name);
        }
        let length = length.map_or(-1, |length| length as i16);
        self.fixed(&length.to_be_bytes());
        Ok(())
    }

    pub(crate) fn length<B>(&mut self, length: Option<u64>, name: FieldName) -> Result<()>
    where
        S: Sink<B>,
    {
        if length.is_some_and(|length| length > i32::MAX as u64) {
            return Err(Error::overflow(name, 0));
        }
        if self.version.flexible {
            self.varint(length.map_or(0, |length| length as u32 + 1));
        } else {
            let length = length.map_or(-1, |length| length as i32);
            self.fixed(&length.to_be_bytes());
        }
        Ok(())
    }
}

pub(super) fn put_varint(to: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}
