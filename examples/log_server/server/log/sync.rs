//! To the disk: what was appended, then the indexes of the segments that have ended.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::seal::Seal;
use super::{Log, Visible};

/// What is to be brought to the disk: done without the log, which goes on growing meanwhile.
#[derive(Debug)]
pub(crate) struct Pass {
    files: Vec<Arc<File>>,
    directory: Option<PathBuf>,
    seals: Vec<(PathBuf, Seal)>,
    reached: Visible,
}

impl Pass {
    /// Brings it to the disk. Blocks.
    pub(crate) fn run(&self) -> io::Result<()> {
        for file in &self.files {
            file.sync_data()?;
        }
        for (path, seal) in &self.seals {
            seal.write(path)?;
        }
        match &self.directory {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Log {
    /// What is to be done, unless somebody does it or there is nothing. Without `active` only for segments that have ended.
    pub(crate) fn begin_sync(&mut self, active: bool) -> Option<Pass> {
        let behind = active && self.synced < self.end;
        if self.syncing || self.failed || !behind && self.rolled.is_empty() && !self.directory {
            return None;
        }
        self.syncing = true;
        let bases = std::mem::take(&mut self.rolled);
        let mut pass = Pass {
            files: Vec::new(),
            directory: std::mem::take(&mut self.directory).then(|| self.dir.clone()),
            seals: Vec::new(),
            reached: self.reached(),
        };
        for base in bases {
            let Some(at) = self.segments.iter().position(|segment| segment.base == base) else { continue };
            let end = self.segments.get(at + 1).map_or(self.end, |next| next.base);
            let producers = self.producers.take_snapshot();
            let segment = &self.segments[at];
            let seal = Seal {
                len: segment.len,
                end,
                max_timestamp: segment.max_timestamp,
                index: segment.index.clone(),
                producers,
            };
            pass.files.push(segment.file.clone());
            pass.seals.push((Self::path(&self.dir, base, "index"), seal));
        }
        if behind {
            pass.files.push(self.active().file.clone());
        } else {
            // Only what had ended is there.
            pass.reached.offset = self.synced.max(pass.seals.last().map_or(0, |(_, seal)| seal.end));
        }
        Some(pass)
    }

    /// It is on the disk, or the disk has failed.
    pub(crate) fn end_sync(&mut self, pass: &Pass, done: io::Result<()>) {
        self.syncing = false;
        match done {
            Ok(()) => {
                self.synced = self.synced.max(pass.reached.offset);
                if self.durable && pass.reached.offset > self.visible.offset {
                    self.visible = pass.reached;
                }
            }
            Err(error) => {
                eprintln!("{}: {error}", self.dir.display());
                self.failed = true;
            }
        }
    }

    /// Brings all of it to the disk and seals every segment: opening it again reads no batch. Blocks.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        let active = self.active().base;
        if !self.failed && self.segments.last().is_some_and(|segment| segment.len > 0) {
            self.rolled.push(active);
            self.producers.keep_snapshot();
        }
        self.syncing = false;
        match self.begin_sync(true) {
            Some(pass) => pass.run(),
            None => Ok(()),
        }
    }
}
