use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

/// A part of a file that is to be sent: file, offset and length.
///
/// The queue never reads it. When its turn comes a driver reads it piece by piece, or hands it to the kernel where it has
/// a way to. The file must not change while it waits: serve files that are replaced by a rename.
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
    /// What reading fails with, and [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the file has become shorter than the
    /// region: what follows it in the queue must then never be sent as if it were the region's end.
    pub fn read_front(&self, max: usize) -> io::Result<Bytes> {
        let len = self.len.min(max as u64) as usize;
        let mut bytes = vec![0; len];
        read_exact_at(&self.file, &mut bytes, self.offset)?;
        Ok(bytes.into())
    }

    pub(super) fn advance(&mut self, by: u64) {
        assert!(by <= self.len, "advanced beyond the end of a file region");
        self.offset += by;
        self.len -= by;
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_read(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                bytes = &mut bytes[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The same part of the same open file.
impl PartialEq for FileRegion {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && self.offset == other.offset && self.len == other.len
    }
}
