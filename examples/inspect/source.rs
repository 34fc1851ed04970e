//! Where bytes come from.
//!
//! A file is read from front to back in blocks, so that memory stays flat however long it is. It is not mapped: bytes that somebody
//! may change, or cut off, below a `&[u8]` are no safe thing (see `wireview::kernel::Mapped`). What can never change, a sealed
//! memory file or a file with fs-verity, is mapped where the feature `kernel` is on.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

/// How much is read at a time.
pub(crate) const BLOCK: usize = 256 * 1024;

/// Files below this size need no bar.
const LONG: u64 = 8 << 20;

/// Bytes on their way, and how many have passed.
pub(crate) struct Source {
    bytes: Box<dyn Read + Send>,
    bar: ProgressBar,
}

impl Source {
    /// Opens a file; `-` is standard input. `bar` says whether there is room for one on the terminal.
    pub(crate) fn open(path: &Path, bar: bool) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self { bytes: Box::new(io::stdin()), bar: ProgressBar::hidden() });
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let bar = if bar && metadata.len() > LONG && io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:50} {bytes} of {total_bytes}, {eta} left");
            ProgressBar::new(metadata.len()).with_style(style.map_err(io::Error::other)?)
        } else {
            ProgressBar::hidden()
        };
        Ok(Self { bytes: mapped(file), bar })
    }
}

#[cfg(feature = "kernel")]
fn mapped(file: File) -> Box<dyn Read + Send> {
    match wireview::kernel::Mapped::map(&file) {
        Ok(mapped) => Box::new(io::Cursor::new(mapped.bytes().clone())),
        Err(_) => Box::new(file),
    }
}

#[cfg(not(feature = "kernel"))]
fn mapped(file: File) -> Box<dyn Read + Send> {
    Box::new(file)
}

impl Read for Source {
    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let len = self.bytes.read(block)?;
        self.bar.inc(len as u64);
        Ok(len)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether a file that begins so is a capture: pcap of either byte order and either resolution, or pcapng.
pub(crate) fn is_capture(front: &[u8]) -> bool {
    const PCAP: [[u8; 4]; 4] =
        [[0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0xc3, 0xd4], [0x4d, 0x3c, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d]];
    const SECTION: &[u8] = b"\n\r\r\n";
    const ORDER: [&[u8]; 2] = [&[0x1a, 0x2b, 0x3c, 0x4d], &[0x4d, 0x3c, 0x2b, 0x1a]];
    PCAP.iter().any(|magic| front.starts_with(magic))
        || (front.starts_with(SECTION) && front.get(8..12).is_some_and(|order| ORDER.contains(&order)))
}
