//! Opening: what the files say, and where a log ends whose server died.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use wireview::{Deframer, Limits};
use wireview_codecs::kafka::records::{BatchHeader, Batches};

use super::producers::Producers;
use super::seal::Seal;
use super::segment::{Index, Segment};
use super::{Config, Log, Visible};

/// The longest batch that is looked for: what a producer may send, and more than any topic allows.
const MAX_BATCH: usize = 1 << 30;

/// How much is read at once.
const READ: usize = 1 << 20;

impl Log {
    /// Opens the log in `dir`, or makes one there. What is not whole at its end is cut off. With `durable`, readers are given what
    /// is on the disk, and no more.
    ///
    /// Blocks.
    pub(crate) fn open(dir: &Path, config: Arc<Config>, durable: bool) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut log = Self {
            dir: dir.to_path_buf(),
            config,
            segments: Vec::new(),
            end: 0,
            visible: Visible::default(),
            durable,
            syncing: false,
            rolled: Vec::new(),
            directory: false,
            synced: 0,
            failed: false,
            producers: Producers::default(),
            scratch: Vec::new(),
        };
        let bases = bases(dir)?;
        for (at, &base) in bases.iter().enumerate() {
            let (segment, whole) = log.open_segment(base)?;
            log.segments.push(segment);
            if !whole {
                // Between this end and what follows records are missing: nobody was told that they are there.
                for &behind in &bases[at + 1..] {
                    remove(dir, behind)?;
                }
                break;
            }
        }
        if log.segments.is_empty() {
            log.segments.push(Segment::create(dir, 0)?);
            File::open(dir)?.sync_all()?;
        }
        // It will grow.
        let active = log.active().base;
        remove_if_there(&Self::path(dir, active, "index"))?;
        log.active().file.sync_data()?;
        log.synced = log.end;
        log.show();
        Ok(log)
    }

    /// A segment, and whether it is whole.
    fn open_segment(&mut self, base: i64) -> io::Result<(Segment, bool)> {
        let path = Self::path(&self.dir, base, "log");
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let meta = file.metadata()?;
        let begun = meta.modified().unwrap_or_else(|_| SystemTime::now());
        let sealed = Seal::read(&Self::path(&self.dir, base, "index")).filter(|seal| seal.len == meta.len());
        if let Some(Seal { len, end, max_timestamp, index, producers }) = sealed {
            self.end = end;
            self.producers.all = producers;
            return Ok((Segment { base, file: Arc::new(file), len, index, max_timestamp, begun }, true));
        }
        self.end = base;
        let file = Arc::new(file);
        let mut segment =
            Segment { base, file: file.clone(), len: 0, index: Index::default(), max_timestamp: -1, begun };
        self.walk(&mut segment)?;
        let whole = segment.len == meta.len();
        if !whole {
            eprintln!("{}: {} bytes at the end are no batch", self.dir.display(), meta.len() - segment.len);
            file.set_len(segment.len)?;
            file.sync_data()?;
        }
        Ok((segment, whole))
    }

    /// Reads the batches of a segment, each with its checksum, up to the first that is not whole.
    fn walk(&mut self, segment: &mut Segment) -> io::Result<()> {
        let limits = Limits::new().max_frame(MAX_BATCH).reads(READ, READ);
        let mut deframer = Deframer::with_limits(Batches::new().max_batch(MAX_BATCH), limits);
        let file = segment.file.clone();
        let mut block = vec![0; READ];
        loop {
            loop {
                let lent = match deframer.next() {
                    Ok(Some(lent)) => lent,
                    Ok(None) => break,
                    // That is where the log ends: nothing behind it can be found.
                    Err(_) => return Ok(()),
                };
                let Ok(batch) = lent.view() else { return Ok(()) };
                let header = *BatchHeader::read(lent.bytes()).map_err(io::Error::other)?;
                if batch.base_offset < self.end {
                    return Ok(());
                }
                self.producers.note(&batch, header.max_timestamp.get());
                self.end = batch.last_offset() + 1;
                segment.note(&header);
            }
            match (&*file).read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(read) => deframer.feed(&block[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The first offsets of the segments.
fn bases(dir: &Path) -> io::Result<Vec<i64>> {
    let mut bases = Vec::new();
    for file in fs::read_dir(dir)? {
        let name = file?.file_name();
        let base: Option<i64> = name.to_str().and_then(|name| name.strip_suffix(".log")?.parse().ok());
        bases.extend(base);
    }
    bases.sort_unstable();
    Ok(bases)
}

/// Deletes a segment.
pub(super) fn remove(dir: &Path, base: i64) -> io::Result<()> {
    remove_if_there(&Log::path(dir, base, "index"))?;
    remove_if_there(&Log::path(dir, base, "log"))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
