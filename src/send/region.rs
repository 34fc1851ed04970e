use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

/// A part of a file that is to be sent: file, offset and length.
///
/// The queue never reads it. When its turn comes a driver reads it piece by piece, or hands it to the kernel, if it was
/// asked to (feature `kernel`). The file must not change while it waits, and not be written to until the peer has received
/// everything: serve files that are replaced by a rename.
#[derive(Clone, Debug)]
pub struct FileRegion {
    file: Arc<File>,
    offset: u64,
    len: u64,
}

impl FileRegion {
    /// `len` bytes of `file` from `offset`.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if the file is shorter than that, now.
    pub fn new(file: Arc<File>, offset: u64, len: u64) -> io::Result<Self> {
        let inside = offset.checked_add(len).is_some_and(|end| file.metadata().is_ok_and(|meta| end <= meta.len()));
        if !inside {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the region reaches beyond the end of the file"));
        }
        Ok(Self { file, offset, len })
    }

    /// The whole of `file`, as long as it is now.
    ///
    /// # Errors
    /// If the file's length cannot be had.
    pub fn whole(file: Arc<File>) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, offset: 0, len })
    }

    /// The same without asking for the file's length: for one that is known from a cache, and for devices, whose metadata
    /// has none. Costs no system call.
    ///
    /// That the file is shorter is found out when it is sent: [`Shrunk`].
    #[must_use]
    pub const fn known(file: Arc<File>, offset: u64, len: u64) -> Self {
        // An end that cannot be counted is no end of a file: such a region fails as one of a short file does.
        let len = if offset.checked_add(len).is_some() { len } else { u64::MAX - offset };
        Self { file, offset, len }
    }

    /// The file.
    #[must_use]
    pub const fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Where the region begins.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads the first bytes of the region, at most `max` of them, into fresh memory. Blocks.
    ///
    /// # Errors
    /// What reading fails with, and [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) with a [`Shrunk`] inside if the file has
    /// become shorter than the region: what follows it in the queue must then never be sent as if it were the region's end.
    pub fn read_front(&self, max: usize) -> io::Result<Bytes> {
        let len = self.len.min(max as u64) as usize;
        let mut bytes = vec![0; len];
        match read_exact_at(&self.file, &mut bytes, self.offset) {
            Ok(()) => Ok(bytes.into()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.shrunk().into()),
            Err(error) => Err(error),
        }
    }

    /// What is to be said when the file ends before the region does.
    #[cold]
    pub(crate) fn shrunk(&self) -> Shrunk {
        let length = self.file.metadata().map_or(self.offset, |meta| meta.len());
        Shrunk { offset: self.offset, wanted: self.len, length }
    }

    pub(crate) fn advance(&mut self, by: u64) {
        assert!(by <= self.len, "advanced beyond the end of a file region");
        self.offset += by;
        self.len -= by;
    }
}

/// A message is to be sent behind a body of which not all was moved to the peer, who would take it for the rest.
///
/// It is inside of an [`io::Error`] of kind `InvalidInput`. The body can still be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// How many bytes of the body have not been sent.
    pub missing: u64,
}

impl fmt::Display for Owed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of a body are still to be sent before anything else", self.missing)
    }
}

impl std::error::Error for Owed {}

impl From<Owed> for io::Error {
    fn from(owed: Owed) -> Self {
        Self::new(io::ErrorKind::InvalidInput, owed)
    }
}

/// A file has become shorter than a region of it that was to be sent.
///
/// The peer waits for bytes that do not exist, so nothing that is queued behind them can be sent: the queue is
/// [torn](super::Gather::torn). It is inside of the [`io::Error`] of kind `UnexpectedEof` that a driver returns.
///
/// ```
/// use std::io;
/// use wireview::send::Shrunk;
///
/// fn shrunk(error: &io::Error) -> Option<&Shrunk> {
///     error.get_ref()?.downcast_ref()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The first byte of the file that was not sent.
    pub offset: u64,
    /// How many bytes of the region were not sent.
    pub wanted: u64,
    /// How long the file is now.
    pub length: u64,
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, wanted, length } = self;
        write!(f, "the file has shrunk to {length} bytes: {wanted} from offset {offset} on were still to be sent")
    }
}

impl std::error::Error for Shrunk {}

impl From<Shrunk> for io::Error {
    fn from(shrunk: Shrunk) -> Self {
        Self::new(io::ErrorKind::UnexpectedEof, shrunk)
    }
}

impl Shrunk {
    /// The one that is inside of `error`.
    pub(crate) fn inside(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match read_at(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = &mut bytes[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}

/// Reads what there is at `offset`.
pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, bytes, offset);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset);
        match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// The same part of the same open file.
impl PartialEq for FileRegion {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && self.offset == other.offset && self.len == other.len
    }
}
