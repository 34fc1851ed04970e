//! The stream of what was changed: one for all replicas, each at a place of its own.
//!
//! ```text
//!            kept for a replica that comes back     waits for the slowest
//!          ┌──────────────────┴───────────────────┬──────────┴──────────┐
//!   … gone │ block │ block │ shared value │ block │ block │ tail, open  │
//!          start                                  next of a replica     end
//! ```

use std::collections::VecDeque;
use std::io::Write;

use bytes::Bytes;
use wireview::Gather;

/// How much is kept behind every replica's back, for one that comes back: Redis' `repl-backlog-size`.
pub(super) const BACKLOG: u64 = 1 << 20;

/// Commands are put together in blocks of this size; a word from this size on is a block of its own, and not copied.
const BLOCK: usize = 16 << 10;

/// A word of a command.
pub(super) enum Word<'a> {
    Copy(&'a [u8]),
    Share(Bytes),
    Number(u64),
}

impl<'a> Word<'a> {
    /// A reference to `text` if it is large.
    pub(super) fn stored(text: &'a Bytes) -> Self {
        if text.len() < BLOCK { Self::Copy(text) } else { Self::Share(text.clone()) }
    }
}

/// Offsets count bytes since the server started.
#[derive(Default)]
pub(super) struct Log {
    /// Where each block starts, and its bytes. None is empty.
    blocks: VecDeque<(u64, Bytes)>,
    tail: Vec<u8>,
    end: u64,
}

impl Log {
    /// Where it begins.
    pub(super) fn start(&self) -> u64 {
        self.blocks.front().map_or(self.end - self.tail.len() as u64, |(start, _)| *start)
    }

    /// Where it ends, for now.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// Appends a command.
    pub(super) fn command(&mut self, words: Vec<Word<'_>>) {
        self.header(b'*', words.len());
        for word in words {
            match word {
                Word::Copy(word) => self.bulk(word),
                Word::Number(number) => self.bulk(number.to_string().as_bytes()),
                Word::Share(word) if word.len() < BLOCK => self.bulk(&word),
                Word::Share(word) => {
                    self.header(b'$', word.len());
                    self.close();
                    let start = self.end;
                    self.end += word.len() as u64;
                    self.blocks.push_back((start, word));
                    self.copy(b"\r\n");
                }
            }
        }
        if self.tail.len() >= BLOCK {
            self.close();
        }
    }

    /// Forgets what lies before `place`.
    pub(super) fn forget(&mut self, place: u64) {
        while self.blocks.front().is_some_and(|(start, block)| start + block.len() as u64 <= place) {
            self.blocks.pop_front();
        }
    }

    /// Forgets everything, and the memory, too.
    pub(super) fn clear(&mut self) {
        *self = Self { end: self.end, ..Self::default() };
    }

    /// Moves what follows `place` to `out` until that holds `max` bytes, and says how far it came.
    ///
    /// # Panics
    /// If `place` is not in the log.
    pub(super) fn read(&self, mut place: u64, out: &mut Gather, max: u64) -> u64 {
        assert!((self.start()..=self.end).contains(&place), "a replica's place is kept");
        let first = self.blocks.partition_point(|(start, block)| start + block.len() as u64 <= place);
        for (start, block) in self.blocks.range(first..) {
            if out.size() >= max {
                return place;
            }
            out.share(block.slice((place - start) as usize..));
            place = start + block.len() as u64;
        }
        if out.size() < max {
            out.copy(&self.tail[self.tail.len() - (self.end - place) as usize..]);
            place = self.end;
        }
        place
    }

    fn bulk(&mut self, word: &[u8]) {
        self.header(b'$', word.len());
        self.copy(word);
        self.copy(b"\r\n");
    }

    fn header(&mut self, tag: u8, number: usize) {
        let before = self.tail.len();
        self.tail.push(tag);
        // Writing to memory does not fail.
        let _ = write!(self.tail, "{number}\r\n");
        self.end += (self.tail.len() - before) as u64;
    }

    fn copy(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        self.end += bytes.len() as u64;
    }

    /// Makes the tail a block.
    fn close(&mut self) {
        if !self.tail.is_empty() {
            let start = self.end - self.tail.len() as u64;
            self.blocks.push_back((start, std::mem::take(&mut self.tail).into()));
        }
    }
}
