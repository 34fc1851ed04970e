//! A file that is served, and what it can be sent as.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use wireview::FileRegion;

use super::coding::{CODINGS, Coding, Wishes};
use super::condition::Validators;
use super::range::Part;
use super::resolve::Root;

/// Files up to this size are kept in memory: copying so much costs less than `sendfile` does.
pub(crate) const KEPT_UP_TO: u64 = 16 * 1024;

/// What a path stands for.
pub(super) enum Found {
    Page(Page),
    /// A directory, named without a slash at the end.
    Bare,
    /// A directory without an index.
    Directory(File),
}

/// A file, and the encoded files beside it.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) kind: Arc<str>,
    plain: Arc<Representation>,
    encoded: Vec<Arc<Representation>>,
}

/// One of the files that a page can be sent as.
#[derive(Debug)]
pub(super) struct Representation {
    pub(super) coding: Option<Coding>,
    pub(super) len: u64,
    pub(super) tag: String,
    pub(super) modified: SystemTime,
    /// The same in words.
    pub(super) modified_text: String,
    content: Content,
    stamp: Stamp,
}

#[derive(Debug)]
enum Content {
    Memory(Bytes),
    File(Arc<File>),
}

/// Bytes of a representation, to be sent.
pub(super) enum Piece {
    Memory(Bytes),
    File(FileRegion),
}

/// What changes with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            len: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

impl Page {
    /// Looks up what `path`, decoded, stands for. What has not changed since `old` is taken from there.
    pub(super) fn find(root: &Root, path: &[u8], index: &str, old: Option<&Self>) -> Result<Found, u16> {
        let file = root.open(path)?;
        let meta = file.metadata().map_err(|_| 500u16)?;
        if !meta.is_dir() {
            return Self::load(root, path, file, &meta, old).map(Found::Page);
        }
        if !path.ends_with(b"/") && path != b"." {
            return Ok(Found::Bare);
        }
        let path = [path, b"/", index.as_bytes()].concat();
        match root.open(&path) {
            Ok(page) => {
                let meta = page.metadata().map_err(|_| 500u16)?;
                Self::load(root, &path, page, &meta, old).map(Found::Page)
            }
            Err(404) => Ok(Found::Directory(file)),
            Err(status) => Err(status),
        }
    }

    fn load(root: &Root, path: &[u8], file: File, meta: &Metadata, old: Option<&Self>) -> Result<Self, u16> {
        if !meta.is_file() {
            return Err(403);
        }
        let stamp = Stamp::of(meta);
        let plain = match old {
            Some(old) if old.plain.stamp == stamp => old.plain.clone(),
            _ => Arc::new(Representation::new(None, file, stamp)),
        };
        let mut encoded = Vec::new();
        for coding in CODINGS {
            let Ok(file) = root.open(&[path, coding.suffix].concat()) else { continue };
            // One that is older than what it was made of was made of something else.
            let Ok(meta) = file.metadata() else { continue };
            let stamp = Stamp::of(&meta);
            if !meta.is_file() || stamp.modified < plain.stamp.modified {
                continue;
            }
            let old =
                old.and_then(|old| old.encoded.iter().find(|one| one.stamp == stamp && one.coding == Some(coding)));
            encoded.push(old.map_or_else(|| Arc::new(Representation::new(Some(coding), file, stamp)), Arc::clone));
        }
        let kind = match old {
            Some(old) => old.kind.clone(),
            None => kind_of(path).into(),
        };
        Ok(Self { kind, plain, encoded })
    }

    /// Whether what is sent depends on `Accept-Encoding`.
    pub(super) fn varies(&self) -> bool {
        !self.encoded.is_empty()
    }

    /// What a client with these wishes gets; nothing if there is nothing that it takes.
    pub(super) fn choose(&self, wishes: impl FnOnce() -> Wishes) -> Option<&Representation> {
        if !self.varies() {
            return Some(&self.plain);
        }
        let wishes = wishes();
        let weight = |one: &Representation| {
            let at = CODINGS.iter().position(|coding| Some(*coding) == one.coding);
            at.map_or(0, |at| wishes.codings[at])
        };
        // The first of those that are wanted most.
        let best = self.encoded.iter().rev().max_by_key(|one| weight(one))?;
        match weight(best) {
            0 if wishes.identity == 0 => None,
            weight if weight >= wishes.identity => Some(best),
            _ => Some(&self.plain),
        }
    }
}

impl Representation {
    fn new(coding: Option<Coding>, file: File, stamp: Stamp) -> Self {
        let content = match read(&file, stamp.len) {
            Some(bytes) => Content::Memory(bytes),
            None => Content::File(file.into()),
        };
        let (seconds, nanos) = stamp.modified;
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.max(0).cast_unsigned());
        let suffix = coding.map_or("", |coding| coding.name);
        Self {
            coding,
            len: stamp.len,
            // A file that was changed in place within one tick of the file system's clock, to the same length, has the same.
            tag: format!("\"{:x}-{:x}-{:x}{suffix}\"", seconds, nanos, stamp.len),
            modified,
            modified_text: httpdate::fmt_http_date(modified),
            content,
            stamp,
        }
    }

    pub(super) fn validators(&self) -> Validators<'_> {
        Validators { tag: self.tag.as_bytes(), modified: self.modified }
    }

    /// All of it.
    #[inline]
    pub(super) fn whole(&self) -> Piece {
        self.piece((0, self.len))
    }

    /// `part` of it, which must be inside.
    #[inline]
    pub(super) fn piece(&self, (start, len): Part) -> Piece {
        match &self.content {
            Content::Memory(bytes) => Piece::Memory(bytes.slice(start as usize..(start + len) as usize)),
            Content::File(file) => Piece::File(FileRegion::known(file.clone(), start, len)),
        }
    }
}

/// All of a small file, if it is as long as it was said to be.
fn read(file: &File, len: u64) -> Option<Bytes> {
    if len > KEPT_UP_TO {
        return None;
    }
    // A byte more, to see the end.
    let mut bytes = vec![0; len as usize + 1];
    let mut at = 0;
    while at < bytes.len() {
        match file.read_at(&mut bytes[at..], at as u64).ok()? {
            0 => break,
            read => at += read,
        }
    }
    bytes.truncate(len as usize);
    (at as u64 == len).then(|| bytes.into())
}

/// The type of content that a name tells.
fn kind_of(path: &[u8]) -> String {
    let name = String::from_utf8_lossy(path);
    let kind = mime_guess::from_path(Path::new(&*name)).first_or_octet_stream();
    let text = kind.type_() == "text" || matches!(kind.subtype().as_str(), "javascript" | "json");
    if text { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}
