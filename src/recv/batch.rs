use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use super::Frame;
use crate::wire::{Message, Span};
use crate::{Error, Result};

/// All whole frames of one read under a single refcount, their messages kept as spans.
///
/// It was parsed once, in order, so it needs no codec where it is read, and can cross threads.
///
/// # Cost
/// One refcount and one index for all frames; the index is used again by the next batch once this one is dropped.
/// Reading an item costs what a borrowed view costs.
pub struct Batch<M> {
    bytes: Bytes,
    entries: Arc<Vec<Entry<M>>>,
}

/// Where one frame lies in the batch, and where its fields do. Both count from the start of the batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<M> {
    pub(super) frame: Span,
    pub(super) message: Result<M>,
}

impl<M: Message> Batch<M> {
    pub(super) const fn new(bytes: Bytes, entries: Arc<Vec<Entry<M>>>) -> Self {
        Self { bytes, entries }
    }

    /// How many frames there are, at least one.
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The messages, in order, as borrowed views. An error concerns its own frame alone.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> BatchIter<'_, M> {
        BatchIter { bytes: &self.bytes, entries: self.entries.iter() }
    }

    /// The bytes of frame `index`, or `None` if there are fewer.
    #[must_use]
    pub fn bytes(&self, index: usize) -> Option<&[u8]> {
        self.entries.get(index).map(|entry| entry.frame.view(&self.bytes))
    }

    /// Frame `index` as owned, or `None` if there are fewer. One refcount.
    #[must_use]
    pub fn frame(&self, index: usize) -> Option<Result<Frame<M>>> {
        let entry = self.entries.get(index)?;
        Some(entry.message.map(|message| {
            let by = entry.frame.at() as u32;
            let message = M::map::<Span, Span>(message, &mut |span| span.unshifted(by));
            Frame::new(entry.frame.share(&self.bytes), message)
        }))
    }
}

impl<'a, M: Message> IntoIterator for &'a Batch<M> {
    type Item = Result<M::Of<&'a [u8]>>;
    type IntoIter = BatchIter<'a, M>;

    #[inline]
    fn into_iter(self) -> BatchIter<'a, M> {
        self.iter()
    }
}

impl<M> Clone for Batch<M> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), entries: Arc::clone(&self.entries) }
    }
}

impl<M: fmt::Debug> fmt::Debug for Batch<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("bytes", &self.bytes.len()).field("entries", &self.entries).finish()
    }
}

/// The messages of a [`Batch`] as borrowed views.
#[derive(Debug)]
pub struct BatchIter<'a, M> {
    bytes: &'a [u8],
    entries: core::slice::Iter<'a, Entry<M>>,
}

impl<'a, M: Message> Iterator for BatchIter<'a, M> {
    type Item = Result<M::Of<&'a [u8]>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        let bytes = self.bytes;
        Some(match entry.message {
            Ok(message) => Ok(message.view(bytes)),
            Err(error) => Err(error),
        })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl<M: Message> ExactSizeIterator for BatchIter<'_, M> {}
