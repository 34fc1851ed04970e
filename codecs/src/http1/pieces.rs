//! Bodies that are written piece by piece.

use wireview::{Gather, Outgoing, Result};

use super::fields::Fields;

/// Writes a body piece by piece. It has to be [ended](Self::end).
#[derive(Debug)]
#[must_use = "a body in chunks that is not ended leaves the peer waiting"]
pub struct Chunks {
    pub(super) mode: Mode,
    pub(super) keep_alive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Chunks,
    /// The end of the connection ends the body.
    Raw,
    /// The response is that to `HEAD`.
    Silent,
}

impl Chunks {
    /// Whether the connection goes on behind the body. If not, the caller closes it when all is sent.
    #[must_use]
    pub const fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Queues a piece as one chunk. An empty one is passed over: it would end the body.
    pub fn write(&mut self, out: &mut Gather, data: impl Outgoing) {
        let size = data.size();
        match self.mode {
            _ if size == 0 => {}
            Mode::Silent => {}
            Mode::Raw => data.put(out),
            Mode::Chunks => put_chunk(out, size, |_| {}, data),
        }
    }

    /// Ends the body.
    pub fn end(self, out: &mut Gather) {
        if self.mode == Mode::Chunks {
            out.copy(b"0\r\n\r\n");
        }
    }

    /// Ends the body with trailer fields, which a peer of HTTP/1.0 does not get.
    ///
    /// # Errors
    /// If a field is not lawful. Nothing is queued then, and the body has not ended.
    pub fn end_with(self, out: &mut Gather, fields: impl FnOnce(&mut Fields<'_>)) -> Result<()> {
        if self.mode != Mode::Chunks {
            return Ok(());
        }
        out.message(|out| {
            out.head(|head| {
                head.extend_from_slice(b"0\r\n");
                Fields::write(head, fields)?;
                head.extend_from_slice(b"\r\n");
                Ok(())
            })
        })
    }
}

/// Queues a chunk of `size` bytes.
pub(super) fn put_chunk<B: Outgoing>(out: &mut Gather, size: u64, extensions: impl FnOnce(&mut Gather), data: B) {
    let mut digits = [0; 16];
    let start = hex(size, &mut digits);
    out.copy(&digits[start..]);
    extensions(out);
    out.copy(b"\r\n");
    data.put(out);
    out.copy(b"\r\n");
}

/// Writes `number` to the end of `digits`, and answers where it starts.
fn hex(mut number: u64, digits: &mut [u8; 16]) -> usize {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
        if number == 0 {
            return at;
        }
    }
}
