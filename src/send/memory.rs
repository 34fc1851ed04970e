use bytes::Buf;

use super::Gather;

/// The memory at the front of a [`Gather`], up to the first file region, as a [`Buf`].
///
/// What is advanced over leaves the queue.
#[derive(Debug)]
pub struct Memory<'a> {
    queue: &'a mut Gather,
    remaining: usize,
}

impl<'a> Memory<'a> {
    pub(super) fn new(queue: &'a mut Gather, remaining: usize) -> Self {
        Self { queue, remaining }
    }
}

impl Buf for Memory<'_> {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.queue.front()
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'b>(&'b self, slices: &mut [std::io::IoSlice<'b>]) -> usize {
        self.queue.slices(slices)
    }

    /// # Panics
    /// If `sent` is more than [`remaining`](Self::remaining).
    fn advance(&mut self, sent: usize) {
        assert!(sent <= self.remaining, "advanced over more memory than is queued");
        self.remaining -= sent;
        self.queue.advance(sent);
    }
}
