use alloc::vec::Vec;

use bytes::Bytes;

#[cfg(feature = "std")]
use super::FileRegion;
use super::Gather;
use crate::wire::Holder;

/// A holder of bytes that can be sent: what an encoder asks of the `B` of its message.
pub trait Outgoing: Holder {
    /// How many bytes it will send.
    fn size(&self) -> u64;

    /// Puts the bytes at the end of the send queue.
    fn put(self, out: &mut Gather);

    /// Shows the bytes piece by piece, for a format that must know what is in them: a checksum, a delimiter. Answers false,
    /// having shown only some, if there are bytes that are not in memory.
    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool;
}

/// Copied.
impl Outgoing for &[u8] {
    #[inline]
    fn size(&self) -> u64 {
        self.len() as u64
    }

    #[inline]
    fn put(self, out: &mut Gather) {
        out.copy(self);
    }

    #[inline]
    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        see(self);
        true
    }
}

/// Copied.
impl<const N: usize> Outgoing for &[u8; N] {
    #[inline]
    fn size(&self) -> u64 {
        N as u64
    }

    #[inline]
    fn put(self, out: &mut Gather) {
        out.copy(self);
    }

    #[inline]
    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        see(*self);
        true
    }
}

/// Shared, or copied if small: see [`Gather::share`].
impl Outgoing for Bytes {
    #[inline]
    fn size(&self) -> u64 {
        self.len() as u64
    }

    #[inline]
    fn put(self, out: &mut Gather) {
        out.share(self);
    }

    #[inline]
    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        see(self);
        true
    }
}

/// Shared, or copied if small, without counting a reference: see [`Gather::share_ref`].
impl Outgoing for &Bytes {
    #[inline]
    fn size(&self) -> u64 {
        self.len() as u64
    }

    #[inline]
    fn put(self, out: &mut Gather) {
        out.share_ref(self);
    }

    #[inline]
    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        see(self);
        true
    }
}

/// Taken over, or copied if small: see [`Gather::share`].
impl Outgoing for Vec<u8> {
    #[inline]
    fn size(&self) -> u64 {
        self.len() as u64
    }

    #[inline]
    fn put(self, out: &mut Gather) {
        out.share(self.into());
    }

    #[inline]
    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        see(self);
        true
    }
}

/// Never read: see [`Gather::file`].
#[cfg(feature = "std")]
impl Outgoing for FileRegion {
    #[inline]
    fn size(&self) -> u64 {
        self.len()
    }

    #[inline]
    fn put(self, out: &mut Gather) {
        out.file(self);
    }

    #[inline]
    fn look(&self, _: &mut impl FnMut(&[u8])) -> bool {
        self.is_empty()
    }
}

/// A field to be sent, whatever holds its bytes: for messages whose fields come from different places.
///
/// ```
/// use bytes::Bytes;
/// use wireview::{Gather, Outgoing, Payload};
///
/// let mut out = Gather::new();
/// let stored = Bytes::from(vec![1; 10_000]);
/// let body = Payload::Rope(vec![Payload::Copy(b"head"), Payload::Share(stored)]);
/// assert_eq!(body.size(), 10_004);
/// body.put(&mut out);
/// assert_eq!(out.chunks().count(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// Copied into the queue: the bytes need not outlive the call.
    Copy(&'a [u8]),
    /// Shared with the queue.
    Share(Bytes),
    /// Shared with the queue, for constants.
    Static(&'static [u8]),
    /// Sent from the file.
    #[cfg(feature = "std")]
    File(FileRegion),
    /// One after the other.
    Rope(Vec<Payload<'a>>),
}

impl Outgoing for Payload<'_> {
    fn size(&self) -> u64 {
        match self {
            Self::Copy(bytes) => bytes.len() as u64,
            Self::Share(bytes) => bytes.len() as u64,
            Self::Static(bytes) => bytes.len() as u64,
            #[cfg(feature = "std")]
            Self::File(region) => region.len(),
            Self::Rope(parts) => parts.iter().map(Self::size).sum(),
        }
    }

    fn put(self, out: &mut Gather) {
        match self {
            Self::Copy(bytes) => out.copy(bytes),
            Self::Share(bytes) => out.share(bytes),
            Self::Static(bytes) => out.share_static(bytes),
            #[cfg(feature = "std")]
            Self::File(region) => out.file(region),
            Self::Rope(parts) => parts.into_iter().for_each(|part| part.put(out)),
        }
    }

    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        match self {
            Self::Copy(bytes) => see(bytes),
            Self::Share(bytes) => see(bytes),
            Self::Static(bytes) => see(bytes),
            #[cfg(feature = "std")]
            Self::File(region) => return region.is_empty(),
            Self::Rope(parts) => return parts.iter().all(|part| part.look(see)),
        }
        true
    }
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Copy(bytes)
    }
}

impl From<Bytes> for Payload<'_> {
    fn from(bytes: Bytes) -> Self {
        Self::Share(bytes)
    }
}

impl From<Vec<u8>> for Payload<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Share(bytes.into())
    }
}

#[cfg(feature = "std")]
impl From<FileRegion> for Payload<'_> {
    fn from(region: FileRegion) -> Self {
        Self::File(region)
    }
}
