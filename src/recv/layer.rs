use alloc::vec::Vec;

use crate::{Error, Result};

/// Compression, encryption, records: what lies between the socket and the frames.
///
/// ```text
///  messages     │ frame │ frame    │ frame │ frame        │
///                                unwrap ▲ │ wrap
///  raw bytes   │ record    │ record │ record     │ record │
/// ```
///
/// Records know nothing of messages, so this is no [`Codec`](crate::Codec): a message may cross records, and a record may
/// hold many. A layer turns bytes into bytes, straight into the buffer of the codec above it. With feature `tokio`,
/// `wireview::tokio::Layered` puts one around a stream.
pub trait Layer {
    /// Takes raw bytes off the front of `raw` and writes what they hold to the front of `plain`.
    ///
    /// Called again and again while it moves something, also with an empty `raw`, in case the layer still holds plain bytes
    /// back. What it has not consumed is there again in the next call, with more behind it.
    ///
    /// # Errors
    /// If the bytes are none of this layer's. The stream ends there; what was unwrapped before is delivered.
    fn unwrap(&mut self, raw: &[u8], plain: &mut [u8]) -> Result<Unwrapped>;

    /// Appends to `raw` what carries all of `plain`. It may hold bytes back until [`flush`](Self::flush).
    ///
    /// # Errors
    /// If they cannot be carried. The stream ends there.
    fn wrap(&mut self, plain: &[u8], raw: &mut Vec<u8>) -> Result<()>;

    /// Appends what was held back, so that the other end can read all that was wrapped.
    ///
    /// # Errors
    /// As for [`wrap`](Self::wrap).
    fn flush(&mut self, raw: &mut Vec<u8>) -> Result<()> {
        let _ = raw;
        Ok(())
    }

    /// Appends what was held back and the mark of the end, if there is one. Nothing is wrapped after it.
    ///
    /// # Errors
    /// As for [`wrap`](Self::wrap).
    fn finish(&mut self, raw: &mut Vec<u8>) -> Result<()> {
        self.flush(raw)
    }

    /// Called when the raw stream has ended and [`unwrap`](Self::unwrap) can make nothing more of `rest`.
    ///
    /// # Errors
    /// If the stream may not end here. The default wants it to end between two records, where nothing is left; a layer
    /// with a mark of the end refuses to do without.
    fn end(&mut self, rest: &[u8]) -> Result<()> {
        if rest.is_empty() { Ok(()) } else { Err(Error::new(crate::Kind::Eof, &"record", rest.len())) }
    }
}

/// What [`Layer::unwrap`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwrapped {
    /// It moved something.
    Moved {
        /// Raw bytes that are done with.
        consumed: usize,
        /// Plain bytes that were written.
        produced: usize,
    },
    /// At least so many raw bytes must be there: more than there are.
    Need(usize),
    /// There must be room for at least so many plain bytes: more than there is.
    Room(usize),
    /// The layer's mark of the end was read, and the raw bytes behind it are not the layer's.
    End {
        /// Raw bytes that are done with.
        consumed: usize,
    },
}
