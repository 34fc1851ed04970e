//! Where records are put together before they go into the queue, or are compressed.

use alloc::vec::Vec;

use wireview::{Error, Outgoing, Result};

use super::header::CRC_AT;
use super::{field, varint};

/// Where records are put together, behind room for a header. All of it is initialized, so that nothing is cleared.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    pub(super) end: usize,
}

impl Block {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), end: 0 }
    }

    /// The room behind what is there, `len` bytes at least.
    #[inline(always)]
    pub(super) fn room(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() - self.end.min(self.bytes.len()) < len {
            self.grow(len);
        }
        &mut self.bytes[self.end..]
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let len = (self.end + len).max(2 * self.bytes.len()).max(4096);
        self.bytes.resize(len, 0);
    }
}

/// Writes into room that is there. Where it stands is in a register, and not in the memory of a vector.
pub(super) struct Writer<'a> {
    pub(super) room: &'a mut [u8],
    pub(super) at: usize,
}

impl Writer<'_> {
    #[inline(always)]
    pub(super) fn byte(&mut self, byte: u8) {
        self.room[self.at] = byte;
        self.at += 1;
    }

    #[inline(always)]
    pub(super) fn number(&mut self, number: i64) {
        let raw = varint::folded(number);
        if raw < 0x80 {
            self.byte(raw as u8);
        } else if raw < 0x4000 {
            self.room[self.at..self.at + 2].copy_from_slice(&[raw as u8 | 0x80, (raw >> 7) as u8]);
            self.at += 2;
        } else {
            self.at += varint::write(raw, &mut self.room[self.at..]);
        }
    }

    /// A number of 14 bits at most, in one byte or two.
    #[inline(always)]
    pub(super) fn padded(&mut self, raw: u64, width: usize) {
        match width {
            1 => self.byte(raw as u8),
            _ => self.room[self.at..self.at + 2].copy_from_slice(&[raw as u8 | 0x80, (raw >> 7) as u8]),
        }
    }

    /// # Errors
    /// If the bytes are not in memory, or more than they were said to be.
    #[inline(always)]
    pub(super) fn part<B: Outgoing>(&mut self, part: Option<&B>) -> Result<()> {
        let Some(part) = part else { return Ok(()) };
        let end = self.at + part.size() as usize;
        let looked = part.look(&mut |piece| {
            if let Some(room) = self.room.get_mut(self.at..self.at + piece.len()) {
                room.copy_from_slice(piece);
                self.at += piece.len();
            }
        });
        if !looked || self.at != end {
            return Err(Error::unsupported(&field::CRC, CRC_AT));
        }
        Ok(())
    }
}
