use super::Gather;
use super::gather::KEPT_ARENA;
use super::piece::Piece;

/// What a declared message asks of the queue it was just written into.
impl Gather {
    /// How many bytes of the outermost message are queued.
    pub(crate) fn written(&self) -> usize {
        usize::try_from(self.size().saturating_sub(self.start)).unwrap_or(usize::MAX)
    }

    /// Where in the arena what is copied next will stand, until something is taken off the queue.
    pub(crate) const fn arena_end(&self) -> usize {
        self.arena.len()
    }

    /// Puts `bytes` in the place of others that were copied to `at`.
    pub(crate) fn replace(&mut self, at: usize, bytes: &[u8]) {
        self.arena[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Forgets everything that waits, as [`clear`](Self::clear) does; at less cost if it is little, and was copied.
    #[inline]
    pub(crate) fn restart(&mut self) {
        if self.pieces.is_empty() && self.arena.capacity() <= KEPT_ARENA {
            self.arena.clear();
            (self.sent, self.closed) = (0, 0);
            self.drains += 1;
        } else {
            self.clear();
        }
    }

    /// All that waits, if it was copied and nothing of it was sent.
    pub(crate) fn in_one(&self) -> Option<&[u8]> {
        (self.pieces.is_empty() && self.sent == 0).then(|| self.tail())
    }

    /// The bytes between two sizes that the queue had, if they were copied and nothing else has come between.
    #[inline]
    pub(crate) fn slice_between(&self, from: u64, to: u64) -> Option<&[u8]> {
        let (from, to) = (from.checked_sub(self.listed)?, to.checked_sub(self.listed)?);
        self.tail().get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
    }

    /// Shows the bytes between two sizes that the queue had, in order. Answers false, having shown only some, if there are bytes
    /// that are not in memory.
    ///
    /// Finds its way from the end of the queue: what waits in front of it costs nothing.
    pub(crate) fn look_between(&self, from: u64, to: u64, see: &mut impl FnMut(&[u8])) -> bool {
        let mut first = self.pieces.len();
        let mut start = self.listed;
        let mut arena = self.closed;
        while start > from && first > 0 {
            first -= 1;
            start -= self.pieces[first].len();
            if let Piece::Arena(len) = self.pieces[first] {
                arena -= len;
            }
        }
        let mut show = |bytes: &[u8], start: u64| {
            let cut = |at: u64| at.saturating_sub(start).min(bytes.len() as u64) as usize;
            let (from, to) = (cut(from), cut(to));
            if from < to {
                see(&bytes[from..to]);
            }
        };
        for piece in self.pieces.range(first..) {
            let end = start + piece.len();
            if start < to && from < end {
                let Some(bytes) = self.chunk_of(piece, arena) else { return false };
                show(bytes, start);
            }
            if let Piece::Arena(len) = piece {
                arena += len;
            }
            start = end;
        }
        show(self.tail(), start);
        true
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use bytes::Bytes;

    use super::*;

    #[test]
    fn every_range_of_a_queue_is_shown() {
        let mut out = Gather::new();
        out.set_copy_up_to(0);
        out.copy(b"ab");
        out.share(Bytes::from_static(b"cde"));
        out.share(Bytes::from_static(b"f"));
        out.copy(b"gh");
        out.share(Bytes::from(vec![b'i']));
        out.copy(b"jk");
        out.advance(1);
        let all = b"bcdefghijk";
        assert_eq!(out.size(), 10);
        for from in 0..=all.len() {
            for to in from..=all.len() {
                let mut seen = Vec::new();
                assert!(out.look_between(from as u64, to as u64, &mut |part| seen.extend_from_slice(part)));
                assert_eq!(seen, &all[from..to]);
                // What was copied last, `jk`, is in one piece.
                assert_eq!(out.slice_between(from as u64, to as u64), (from >= 8).then(|| &all[from..to]));
            }
        }
    }
}
