use std::io::{self, ErrorKind, IoSlice, Write};

use super::{Gather, Owed, Shrunk};

/// How much of a file region is read at a time where the kernel is not asked to send it.
pub(crate) const FILE_CHUNK: usize = 256 * 1024;

/// The most entries `writev` takes (`UIO_MAXIOV` on Linux, `IOV_MAX` on the BSDs and macOS).
const MAX_SLICES: usize = 1024;

/// The most bytes one call is given. A call that fills the socket to the brim ends in waiting for it to run low
/// again: batches of 32 MiB cost a sixth more when they were offered whole (`cargo bench --bench send`).
const MAX_BYTES: usize = 2 << 20;

impl Gather {
    /// Writes everything that waits, file regions included.
    ///
    /// A writer that is not vectored is given piece by piece: put a [`BufWriter`](io::BufWriter) in between, and flush it.
    ///
    /// # Errors
    /// What the writer fails with. All progress is in the queue: after `WouldBlock`, or any other error that passes, the
    /// call can be made again and goes on where it stopped.
    /// A file that has become shorter than its region is an error that does not pass: [`torn`](Self::torn).
    pub fn write_to(&mut self, writer: &mut (impl Write + ?Sized)) -> io::Result<()> {
        while !self.is_empty() {
            self.check()?;
            self.read_front_file()?;
            let wrote = self.with_slices(|slices| match slices {
                [one] => writer.write(one),
                many => writer.write_vectored(many),
            });
            match wrote {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => {
                    self.advance(sent);
                    self.ledger_mut().writes += 1;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads of the file region at the front, if one is there, so that memory is at the front.
    pub(crate) fn read_front_file(&mut self) -> io::Result<()> {
        if let Some(region) = self.front_file() {
            let bytes = region.read_front(FILE_CHUNK).map_err(|error| self.failed(error))?;
            self.substitute_front(bytes);
        }
        Ok(())
    }

    /// Fails if nothing may leave any more.
    #[inline]
    pub(crate) fn check(&self) -> io::Result<()> {
        match (self.torn(), self.owed()) {
            (Some(shrunk), _) => Err(shrunk.into()),
            (None, 0) => Ok(()),
            (None, missing) => Err(Owed { missing }.into()),
        }
    }

    /// Notes what an error means for the queue, and hands it on.
    #[cold]
    pub(crate) fn failed(&mut self, error: io::Error) -> io::Error {
        if let Some(shrunk) = Shrunk::inside(&error) {
            self.tear(shrunk);
        }
        error
    }

    /// Calls `write` with the gather list of one `writev`: up to 1024 entries, and no more bytes than a socket takes well.
    ///
    /// For drivers; what `write` has sent is then taken off by [`advance`](Self::advance). The list is empty if a file
    /// region is at the front.
    pub fn with_slices<R>(&self, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        // The array is cleared on each call, so it is only made long when it will be filled.
        match self.len_slices(MAX_SLICES) {
            0..=16 => self.with_array::<16, _>(write),
            17..=128 => self.with_array::<128, _>(write),
            _ => self.with_array::<MAX_SLICES, _>(write),
        }
    }

    #[inline]
    fn with_array<const N: usize, R>(&self, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        let mut slices = [IoSlice::new(&[]); N];
        let mut room = MAX_BYTES;
        let mut filled = 0;
        for (slot, chunk) in slices.iter_mut().zip(self.chunks()) {
            let part = &chunk[..chunk.len().min(room)];
            *slot = IoSlice::new(part);
            filled += 1;
            room -= part.len();
            if room == 0 {
                break;
            }
        }
        write(&slices[..filled])
    }
}
