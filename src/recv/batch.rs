use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use super::{Deframer, Frame};
use crate::codec::Codec;
use crate::wire::{Message, Span};
use crate::{Error, Result};

/// How many batches may be read elsewhere while their indexes wait to be used again.
const INDEXES: usize = 16;

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

impl<C: Codec> Deframer<C> {
    /// All whole frames that are pending, owned as one, or `None` if there is none.
    ///
    /// A batch stops behind a frame that is a [`barrier`](Codec::barrier). A frame that is not a message stands in it as its
    /// error.
    ///
    /// # Errors
    /// As for [`next`](Self::next); frames in front of the error come first, as a batch.
    pub fn batch(&mut self) -> Result<Option<Batch<C::Message>>> {
        let mut entries = self.take_index();
        let mut views = self.views()?;
        let Some(mut frame) = views.next_frame() else {
            drop(views);
            self.indexes.push_front(entries);
            return Ok(None);
        };
        let start = views.position() - frame.len();
        if let Some(list) = Arc::get_mut(&mut entries) {
            loop {
                let at = (views.position() - start - frame.len()) as u32;
                let message = views.parse(frame).and_then(|view| point_from::<C::Message>(view, frame, at));
                list.push(Entry { frame: Span::at_most_u32(at, frame.len()), message });
                // Positions are `u32`, as is the length of the longest frame.
                if at > u32::MAX / 2 {
                    break;
                }
                match views.next_frame() {
                    Some(next) => frame = next,
                    None => break,
                }
            }
        }
        drop(views);
        self.lent.start = start;
        let bytes = self.split_lent();
        self.indexes.push_back(Arc::clone(&entries));
        Ok(Some(Batch::new(bytes, entries)))
    }

    /// An index that no batch uses any more, or a new one.
    fn take_index(&mut self) -> Arc<Vec<Entry<C::Message>>> {
        if let Some(mut index) = self.indexes.pop_front() {
            if let Some(list) = Arc::get_mut(&mut index) {
                list.clear();
                return index;
            }
            if self.indexes.len() < INDEXES {
                self.indexes.push_back(index);
            }
        }
        Arc::new(Vec::new())
    }
}

/// The message as spans that count from `by` bytes in front of `frame`.
#[inline(always)]
fn point_from<'a, M: Message>(view: M::Of<&'a [u8]>, frame: &'a [u8], by: u32) -> Result<M> {
    let mut inside = true;
    let message = M::map::<&'a [u8], Span>(view, &mut |part| match Span::of(frame, part) {
        Some(span) => span.shifted(by),
        None => {
            inside = false;
            Span::EMPTY
        }
    });
    if inside { Ok(message) } else { Err(Error::contract(&"field outside the frame", 0)) }
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
