//! Archives made where they are sent from.

use alloc::vec::Vec;
use core::fmt;

use rkyv::Serialize;
use rkyv::api::high::HighSerializer;
use rkyv::api::serialize_using;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::{Arena, ArenaHandle};
use rkyv::ser::sharing::Share;
use rkyv::ser::{Positional, Serializer};

use crate::{Error, Gather, Result};

/// The end of the send queue's arena as rkyv writes to it: positions count from the start of the archive.
#[derive(Debug)]
pub struct ArenaWriter<'a> {
    arena: &'a mut Vec<u8>,
    start: usize,
}

impl Positional for ArenaWriter<'_> {
    #[inline(always)]
    fn pos(&self) -> usize {
        self.arena.len() - self.start
    }
}

impl<E> rkyv::ser::Writer<E> for ArenaWriter<'_> {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) -> Result<(), E> {
        self.arena.extend_from_slice(bytes);
        Ok(())
    }
}

/// What can be archived here: everything that rkyv serializes with scratch memory and sharing. Not to be implemented.
pub trait Serializable: for<'a, 'b> Serialize<HighSerializer<ArenaWriter<'a>, ArenaHandle<'b>, Failure>> {}

impl<T> Serializable for T where T: for<'a, 'b> Serialize<HighSerializer<ArenaWriter<'a>, ArenaHandle<'b>, Failure>> {}

/// Makes archives in a send queue: those of [`Archive`](super::Archive), and bodies of other formats.
///
/// ```
/// use wireview::archive::Writer;
/// use wireview::length::U32Be;
/// use wireview::{Error, Gather};
///
/// let mut writer = Writer::new();
/// let mut out = Gather::new();
/// out.length::<U32Be>(|out| writer.put(&vec![1_u16, 2, 3], out).map(drop))?;
/// assert_eq!(out.chunks().next(), Some(&b"\0\0\0\x10\x01\0\x02\0\x03\0\0\0\xf8\xff\xff\xff\x03\0\0\0"[..]));
/// # Ok::<(), Error>(())
/// ```
#[derive(Default)]
pub struct Writer {
    /// What nested values wait in. Used again.
    scratch: Option<Arena>,
}

impl Writer {
    /// Without scratch memory. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { scratch: None }
    }

    /// Archives `value` at the end of `out`, and says how many bytes that took. Its place in the queue does not matter: what is aligned
    /// is aligned to the start of the archive.
    ///
    /// # Errors
    /// If `value` refuses to be serialized, or is further from itself than relative pointers reach. What was written of it stays:
    /// [`Gather::message`] takes it back.
    ///
    /// # Cost
    /// No intermediate buffer; scratch memory for values that are made of others, which is used again.
    pub fn put<U: Serializable>(&mut self, value: &U, out: &mut Gather) -> Result<usize> {
        out.head(|arena| self.append(value, arena))
    }

    pub(super) fn append<U: Serializable>(&mut self, value: &U, arena: &mut Vec<u8>) -> Result<usize> {
        let start = arena.len();
        let scratch = self.scratch.get_or_insert_with(Arena::new).acquire();
        let mut serializer = Serializer::new(ArenaWriter { arena, start }, scratch, Share::new());
        match serialize_using::<_, Failure>(value, &mut serializer) {
            Ok(_) => Ok(arena.len() - start),
            Err(Failure) => Err(Error::unsupported(&"value that cannot be archived", 0)),
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
