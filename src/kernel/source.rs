//! Files, to be decoded: mapped, or read in blocks.

use std::fs::File;
use std::io;
use std::ops::RangeBounds;
use std::sync::Arc;

use bytes::Bytes;
use memmap2::{Mmap, MmapOptions};

use crate::{Codec, Deframer, FileRegion, Gather, Outgoing};

/// A file in memory, without its bytes having been read: decoded in place by [`views_in`](crate::recv::views_in) and
/// [`frames_in`](crate::recv::frames_in), sliced like [`Bytes`], sent from where it is.
///
/// A mapping is only as safe as its file: a program dies of `SIGBUS` when it looks at a part that was cut off since, and bytes
/// that change below a `&[u8]` are undefined behaviour. So only what can never change is mapped here: see [`map`](Self::map)
/// and [`copy`](Self::copy). Whoever knows more about a file maps it himself, with the `unsafe` of
/// [`Mmap::map`](memmap2::Mmap::map), and hands it to [`from`](Self::from).
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use std::io::Write;
/// use std::sync::Arc;
/// use wireview::FileRegion;
/// use wireview::formats::Lines;
/// use wireview::kernel::Mapped;
/// use wireview::recv::views_in;
///
/// let mut file = tempfile::tempfile()?;
/// file.write_all(b"one\ntwo\n")?;
/// assert!(Mapped::map(&file).is_err(), "anybody may cut it off");
/// let mapped = Mapped::copy(&FileRegion::whole(Arc::new(file))?)?;
/// let second = views_in(&mut Lines::new(100), mapped.bytes()).nth(1).expect("a line")?;
/// assert_eq!(second, b"two");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    bytes: Bytes,
}

impl Mapped {
    /// Maps the whole of a file that can be proven never to change: a memory file that is sealed against writing and
    /// shrinking, or a file with fs-verity.
    ///
    /// # Errors
    /// If it can change, or the system maps nothing.
    pub fn map(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self { bytes: Bytes::new() });
        }
        Ok(MmapOptions::new().map_if_safe(file)?.into())
    }

    /// Copies a region into memory that no file is behind, and that nobody can change: on Linux the kernel does so, into a
    /// file that is sealed and then mapped, and nothing is read; elsewhere it is read.
    ///
    /// # Errors
    /// If that fails, or the file is shorter than its region.
    ///
    /// # Cost
    /// One copy. Blocks.
    pub fn copy(region: &FileRegion) -> io::Result<Self> {
        #[cfg(all(target_os = "linux", not(wireview_portable)))]
        {
            Self::map(&super::linux::seal(region)?)
        }
        #[cfg(not(all(target_os = "linux", not(wireview_portable))))]
        {
            let len = usize::try_from(region.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
            Ok(Self { bytes: region.read_front(len)? })
        }
    }

    /// The bytes. Slices of them keep the mapping.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// A part of it, which keeps all of it mapped.
    ///
    /// # Panics
    /// If it has not so many bytes.
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        Self { bytes: self.bytes.slice(range) }
    }
}

/// A mapping that the caller made, and answers for.
impl From<Mmap> for Mapped {
    fn from(map: Mmap) -> Self {
        Self { bytes: Bytes::from_owner(map) }
    }
}

/// Sent from where it is mapped, or copied if small; booked as [`mapped_out`](crate::Ledger::mapped_out).
impl Outgoing for Mapped {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn put(self, out: &mut Gather) {
        out.share_mapped(self.bytes);
    }

    fn look(&self, see: &mut impl FnMut(&[u8])) -> bool {
        see(&self.bytes);
        true
    }
}

/// How much of a file is read at a time.
const BLOCK: usize = 1024 * 1024;

/// What positions and lengths must be multiples of where the page cache is not asked.
const ALIGNMENT: usize = 4096;

/// A part of a file that is fed to a [`Deframer`], block by block. Blocking: for tools, replays and scans.
///
/// ```
/// use std::io::Write;
/// use std::sync::Arc;
/// use wireview::formats::Lines;
/// use wireview::kernel::FileSource;
/// use wireview::{Deframer, FileRegion};
///
/// let mut file = tempfile::tempfile()?;
/// file.write_all(b"one\ntwo\n")?;
/// let mut source = FileSource::new(FileRegion::whole(Arc::new(file))?);
/// let mut deframer = Deframer::new(Lines::new(100));
/// let mut lines = 0;
/// while source.feed(&mut deframer)? {
///     while let Some(_line) = deframer.next()? {
///         lines += 1;
///     }
/// }
/// assert_eq!(lines, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cost
/// Each byte is copied twice: into a block of this, and into one of the deframer.
#[derive(Debug)]
pub struct FileSource {
    region: FileRegion,
    /// Aligned from `start` on.
    block: Vec<u8>,
    start: usize,
    direct: bool,
    /// Pages that were read are dropped.
    #[cfg_attr(not(all(target_os = "linux", not(wireview_portable))), expect(dead_code, reason = "nobody drops them"))]
    drops: bool,
    ended: bool,
}

impl FileSource {
    /// Reads `region` by `pread`, through the page cache.
    #[must_use]
    pub fn new(region: FileRegion) -> Self {
        Self::with(region, false, false)
    }

    fn with(region: FileRegion, direct: bool, drops: bool) -> Self {
        let block = vec![0; BLOCK + ALIGNMENT];
        let start = block.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { region, block, start, direct, drops, ended: false }
    }

    /// Reads the whole file at `path` without its pages staying in memory, for scans that should not push out what others
    /// need: with `O_DIRECT` where the file system has it, otherwise the pages are dropped once they were read.
    ///
    /// # Errors
    /// If the file cannot be opened.
    #[cfg(all(target_os = "linux", not(wireview_portable)))]
    pub fn direct(path: impl AsRef<std::path::Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let (file, direct) = super::linux::open_direct(path)?;
        Ok(Self::with(FileRegion::whole(Arc::new(file))?, direct, !direct))
    }

    /// The same through the page cache: there is no way around it here.
    ///
    /// # Errors
    /// If the file cannot be opened.
    #[cfg(not(all(target_os = "linux", not(wireview_portable))))]
    pub fn direct(path: impl AsRef<std::path::Path>) -> io::Result<Self> {
        Ok(Self::with(FileRegion::whole(Arc::new(File::open(path)?))?, false, false))
    }

    /// Whether the page cache is not asked.
    #[must_use]
    pub const fn is_direct(&self) -> bool {
        self.direct
    }

    /// How many bytes are still to be read.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.region.len()
    }

    /// Reads a block and feeds it; at the end, says so to the deframer, once. False when that was done before.
    ///
    /// # Errors
    /// What reading fails with; a file that has become shorter is [`Shrunk`](crate::send::Shrunk).
    pub fn feed<C: Codec>(&mut self, deframer: &mut Deframer<C>) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let block = self.next_block()?;
        match block {
            Some(len) => deframer.feed(&self.block[self.start..][..len]),
            None => {
                deframer.finish();
                self.ended = true;
            }
        }
        Ok(true)
    }

    fn next_block(&mut self) -> io::Result<Option<usize>> {
        if self.region.is_empty() {
            return Ok(None);
        }
        let block = &mut self.block[self.start..][..BLOCK];
        // A direct read asks for whole blocks, and gets less of the last.
        let max = if self.direct { BLOCK } else { self.region.len().min(BLOCK as u64) as usize };
        let read = crate::send::read_at(self.region.file(), &mut block[..max], self.region.offset())?;
        if read == 0 {
            return Err(self.region.shrunk().into());
        }
        let read = (read as u64).min(self.region.len());
        #[cfg(all(target_os = "linux", not(wireview_portable)))]
        if self.drops {
            super::linux::drop_pages(&self.region, read);
        }
        self.region.advance(read);
        Ok(Some(read as usize))
    }
}
