//! Files that cannot change, and files that leave no trace in memory.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::path::Path;

use rustix::fs::{Advice, MemfdFlags, Mode, OFlags, SealFlags, fadvise, fcntl_add_seals, memfd_create, open, sendfile};
use rustix::io::Errno;

use crate::FileRegion;

/// A copy of `region` that only exists in memory, and that nobody can change.
pub(crate) fn seal(region: &FileRegion) -> io::Result<File> {
    const NAME: &CStr = c"wireview";
    let sealed = match memfd_create(NAME, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL) {
        // Before Linux 6.3.
        Err(Errno::INVAL) => memfd_create(NAME, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?,
        sealed => sealed?,
    };
    let sealed = File::from(sealed);
    let mut rest = region.clone();
    while !rest.is_empty() {
        let mut offset = rest.offset();
        match sendfile(&sealed, rest.file(), Some(&mut offset), rest.len().min(1 << 30) as usize) {
            Ok(0) => return Err(rest.shrunk().into()),
            Ok(copied) => rest.advance(copied as u64),
            Err(Errno::INTR) => {}
            Err(error) if super::refuses(&error.into()) => {
                let bytes = rest.read_front(1 << 20)?;
                io::Write::write_all(&mut &sealed, &bytes)?;
                rest.advance(bytes.len() as u64);
            }
            Err(error) => return Err(error.into()),
        }
    }
    fcntl_add_seals(&sealed, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(sealed)
}

/// Opens a file so that reads go around the page cache, and says whether they do.
pub(crate) fn open_direct(path: &Path) -> io::Result<(File, bool)> {
    match open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECT, Mode::empty()) {
        Ok(file) => Ok((file.into(), true)),
        // The file system has no such reads.
        Err(Errno::INVAL) => Ok((File::open(path)?, false)),
        Err(error) => Err(error.into()),
    }
}

/// Has the pages of the first `len` bytes of `region` leave the memory.
pub(crate) fn drop_pages(region: &FileRegion, len: u64) {
    // It is advice.
    let _ = fadvise(region.file(), region.offset(), NonZeroU64::new(len), Advice::DontNeed);
}
