//! For archives that a format puts at any address.

use rkyv::Archived;
use rkyv::util::AlignedVec;

use super::check::{check, is_aligned};
use super::{Archivable, Unopened};
use crate::Result;

/// How much of the buffer is kept.
const KEPT: usize = 1 << 20;

/// Opens archives wherever they lie: in place if they are aligned, else in a copy, into a buffer that is used again.
///
/// ```
/// use rkyv::rancor::Error;
/// use wireview::archive::{Realigner, Unopened};
///
/// let mut frame = vec![0; 4];
/// frame.extend_from_slice(&rkyv::to_bytes::<Error>(&vec![1_u64, 2, 3]).expect("an archive"));
/// let mut realigner = Realigner::new();
/// let numbers = realigner.open(Unopened::<Vec<u64>, _>::new(&frame[4..]))?;
/// assert_eq!(numbers[2], 3);
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Realigner {
    buffer: AlignedVec<{ super::ALIGN }>,
    realigned: u64,
}

impl Realigner {
    /// Without a buffer. Allocates nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The archived value: checked, in place or in the buffer.
    ///
    /// # Errors
    /// If the bytes are no archive of `T`, or exceed the depth.
    ///
    /// # Cost
    /// The check; a copy if the bytes do not lie at a multiple of 16.
    #[inline]
    pub fn open<'a, T: Archivable>(&'a mut self, archive: Unopened<T, &'a [u8]>) -> Result<&'a Archived<T>> {
        let bytes = if is_aligned::<T>(archive.bytes()) { archive.into_bytes() } else { self.copy(archive.bytes()) };
        check::<T>(bytes, archive.depth())
    }

    /// How many bytes were copied so far.
    #[must_use]
    pub const fn realigned(&self) -> u64 {
        self.realigned
    }

    #[cold]
    fn copy(&mut self, bytes: &[u8]) -> &[u8] {
        if self.buffer.capacity() > KEPT && bytes.len() < KEPT {
            self.buffer = AlignedVec::new();
        }
        self.buffer.clear();
        self.buffer.extend_from_slice(bytes);
        self.realigned += bytes.len() as u64;
        &self.buffer
    }
}
