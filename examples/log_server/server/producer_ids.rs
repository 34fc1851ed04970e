//! Numbers for producers, none of which is given twice.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many are taken at once: those that are left when the server dies are given to nobody.
const BLOCK: i64 = 1000;

/// The numbers that are left.
#[derive(Debug)]
pub(super) struct ProducerIds {
    file: PathBuf,
    next: i64,
    /// The file says that those below are given.
    end: i64,
}

impl ProducerIds {
    pub(super) fn open(file: &Path) -> io::Result<Self> {
        let next = match fs::read_to_string(file) {
            Ok(text) => text.trim().parse().map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { file: file.to_path_buf(), next, end: next })
    }

    /// A number that nobody has.
    pub(super) fn give(&mut self) -> io::Result<i64> {
        if self.next == self.end {
            let end = self.end + BLOCK;
            let fresh = self.file.with_extension("new");
            let mut file = File::create(&fresh)?;
            writeln!(file, "{end}")?;
            file.sync_data()?;
            fs::rename(fresh, &self.file)?;
            self.end = end;
        }
        self.next += 1;
        Ok(self.next - 1)
    }
}
