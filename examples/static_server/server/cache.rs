//! Open files, by the path under which they are asked for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::page::Page;

/// Pages that were asked for lately, and when each was last compared with the file.
///
/// Bounded: two generations, of which the older is forgotten when the younger is full. What is asked for moves to the younger.
#[derive(Debug)]
pub(super) struct Cache {
    young: HashMap<Box<[u8]>, Entry>,
    old: HashMap<Box<[u8]>, Entry>,
    half: usize,
    valid: Duration,
    pub(super) hits: u64,
    pub(super) misses: u64,
}

#[derive(Debug)]
struct Entry {
    page: Arc<Page>,
    checked: SystemTime,
}

impl Cache {
    /// A cache of up to `capacity` pages, which are compared with their files when they are asked for and `valid` has passed.
    pub(super) fn new(capacity: usize, valid: Duration) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: capacity.div_ceil(2), valid, hits: 0, misses: 0 }
    }

    /// The page under `path`, if it is as good as new at `now`.
    #[inline]
    pub(super) fn fresh(&mut self, path: &[u8], now: SystemTime) -> Option<Arc<Page>> {
        if !self.young.contains_key(path)
            && let Some((path, entry)) = self.old.remove_entry(path)
        {
            self.keep(path, entry);
        }
        let entry = self.young.get(path)?;
        // A clock that was set back makes everything old.
        if !now.duration_since(entry.checked).is_ok_and(|age| age < self.valid) {
            return None;
        }
        self.hits += 1;
        Some(entry.page.clone())
    }

    /// The page under `path`, however old.
    pub(super) fn stale(&self, path: &[u8]) -> Option<Arc<Page>> {
        self.young.get(path).or_else(|| self.old.get(path)).map(|entry| entry.page.clone())
    }

    /// Keeps `page`, which was compared with its file at `now`.
    pub(super) fn put(&mut self, path: &[u8], page: Arc<Page>, now: SystemTime) {
        self.misses += 1;
        if self.half > 0 {
            self.keep(path.into(), Entry { page, checked: now });
        }
    }

    /// Forgets what was under `path`.
    pub(super) fn forget(&mut self, path: &[u8]) {
        self.misses += 1;
        if self.young.remove(path).is_none() {
            self.old.remove(path);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn keep(&mut self, path: Box<[u8]>, entry: Entry) {
        if self.young.len() >= self.half && !self.young.contains_key(&path) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&path);
        self.young.insert(path, entry);
    }
}
