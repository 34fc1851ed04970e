use bytes::{Buf, Bytes};

#[cfg(feature = "std")]
use super::FileRegion;
use crate::Ledger;

/// An entry of the send queue. Never empty.
#[derive(Debug)]
pub(super) enum Piece {
    /// The next so many bytes of the arena: pieces leave in the order they came, so their places follow from their lengths.
    Arena(usize),
    Shared(Bytes),
    Static(&'static [u8]),
    /// Where a file is mapped into memory.
    #[cfg(feature = "kernel")]
    Mapped(Bytes),
    /// The front of a file region, read by the driver.
    #[cfg(feature = "std")]
    Read(Bytes),
    #[cfg(feature = "std")]
    File(FileRegion),
}

impl Piece {
    pub(super) const fn len(&self) -> u64 {
        match self {
            Self::Arena(len) => *len as u64,
            Self::Shared(bytes) => bytes.len() as u64,
            Self::Static(bytes) => bytes.len() as u64,
            #[cfg(feature = "kernel")]
            Self::Mapped(bytes) => bytes.len() as u64,
            #[cfg(feature = "std")]
            Self::Read(bytes) => bytes.len() as u64,
            #[cfg(feature = "std")]
            Self::File(region) => region.len(),
        }
    }

    /// Takes up to `max` bytes off the front and says how many.
    pub(super) fn take(&mut self, max: usize) -> usize {
        let took = self.len().min(max as u64) as usize;
        match self {
            Self::Arena(len) => *len -= took,
            Self::Shared(bytes) => bytes.advance(took),
            Self::Static(bytes) => *bytes = &bytes[took..],
            #[cfg(feature = "kernel")]
            Self::Mapped(bytes) => bytes.advance(took),
            #[cfg(feature = "std")]
            Self::Read(bytes) => bytes.advance(took),
            #[cfg(feature = "std")]
            Self::File(region) => region.advance(took as u64),
        }
        took
    }

    /// The column of the ledger its bytes are booked in when they are sent.
    pub(super) const fn column<'a>(&self, ledger: &'a mut Ledger) -> &'a mut u64 {
        match self {
            Self::Arena(_) => &mut ledger.copied_out,
            Self::Shared(_) | Self::Static(_) => &mut ledger.shared_out,
            #[cfg(feature = "kernel")]
            Self::Mapped(_) => &mut ledger.mapped_out,
            #[cfg(feature = "std")]
            Self::Read(_) => &mut ledger.copied_out,
            #[cfg(feature = "std")]
            Self::File(_) => &mut ledger.file_out,
        }
    }
}
