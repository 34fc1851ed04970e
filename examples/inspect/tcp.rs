//! One direction of a TCP connection put together again.
//!
//! Of the crates for this, flowscope drops segments that wait for longer than a deadline and counts them, where an inspector has to
//! tell the place of a gap; stackforge-core is under the GPL; parse-tcp had one release, in 2024. What is needed is this file.

use std::collections::BTreeMap;
use std::io;

use super::stream::Lost;

/// How much may wait for bytes that have not come before they are taken for lost.
const MOST: usize = 16 << 20;

/// The bytes of one direction, in order.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    /// The sequence number of the next byte, once one is known.
    next: Option<u32>,
    /// How many bytes have gone on.
    at: u64,
    /// What came too early, by its place in the stream.
    early: BTreeMap<u64, Vec<u8>>,
    held: usize,
    /// Where the stream ends, if that is known.
    end: Option<u64>,
    gave_up: bool,
}

/// What became of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// Its bytes went on, perhaps with some that had waited.
    Next,
    /// It waits for bytes in front of it.
    Early,
    /// All its bytes had come before.
    Again,
    /// There was nothing in it.
    Empty,
}

impl Assembler {
    /// The connection begins at this number, which SYN takes.
    pub(crate) fn begin(&mut self, syn: u32) {
        self.next.get_or_insert(syn.wrapping_add(1));
    }

    /// Whether SYN was seen, or bytes.
    pub(crate) const fn has_begun(&self) -> bool {
        self.next.is_some()
    }

    /// Whether SYN with this number began it.
    pub(crate) fn began_with(&self, syn: u32) -> bool {
        self.next.is_some_and(|next| next.wrapping_sub(self.at as u32) == syn.wrapping_add(1))
    }

    /// A segment has come; what is in order goes to `on`.
    pub(crate) fn segment(
        &mut self,
        number: u32,
        bytes: &[u8],
        fin: bool,
        on: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Became> {
        if bytes.is_empty() && !fin {
            return Ok(Became::Empty);
        }
        let next = *self.next.get_or_insert(number);
        // Places are at most 2^31 away from what is next: RFC 9293, 3.4.
        let place = self.at as i64 + i64::from(number.wrapping_sub(next) as i32);
        let end = place + bytes.len() as i64;
        if fin && end >= 0 {
            self.end.get_or_insert(end as u64);
        }
        if bytes.is_empty() || self.gave_up {
            return Ok(Became::Empty);
        }
        if end <= self.at as i64 {
            return Ok(Became::Again);
        }
        let known = (self.at as i64 - place).max(0) as usize;
        let (place, bytes) = ((place + known as i64) as u64, &bytes[known..]);
        if place > self.at {
            let waits = self.early.entry(place).or_default();
            if waits.len() >= bytes.len() {
                return Ok(Became::Again);
            }
            self.held += bytes.len() - waits.len();
            *waits = bytes.to_vec();
            self.gave_up = self.held > MOST;
            return Ok(Became::Early);
        }
        self.pass(bytes, on)?;
        while let Some(first) = self.early.first_entry() {
            if *first.key() > self.at {
                break;
            }
            let (place, waited) = first.remove_entry();
            self.held -= waited.len();
            // What was sent in other pieces the second time overlaps: the bytes that came first count.
            let known = (self.at - place) as usize;
            if known < waited.len() {
                self.pass(&waited[known..], on)?;
            }
        }
        Ok(Became::Next)
    }

    fn pass(&mut self, bytes: &[u8], on: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.next = self.next.map(|next| next.wrapping_add(bytes.len() as u32));
        on(bytes)
    }

    /// Whether all bytes have come up to the end of the stream.
    pub(crate) fn has_ended(&self) -> bool {
        self.end == Some(self.at)
    }

    /// Whether so much waits that the bytes in front of it cannot be waited for.
    pub(crate) const fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// What is missing now that no more comes.
    pub(crate) fn lost(&self) -> Option<Lost> {
        if let Some(first) = self.early.keys().next() {
            return Some(Lost { bytes: first - self.at, behind: self.held as u64 });
        }
        let end = self.end.filter(|end| *end > self.at)?;
        Some(Lost { bytes: end - self.at, behind: 0 })
    }
}
