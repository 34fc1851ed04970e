//! What is stored, under which key, and until when.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hashbrown::hash_map::EntryRef;
use hashbrown::{HashMap, HashSet};

use super::log::Word;
use super::replication::Replication;

/// Keys are always copies: a slice of a receive block would keep the block alive.
pub(super) type Key = Box<[u8]>;
pub(super) type List = VecDeque<Bytes>;
pub(super) type Fields = HashMap<Key, Bytes>;
pub(super) type Members = HashSet<Key>;

/// What a key that holds something else answers.
pub(super) const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// A value of any of the four kinds.
pub(super) enum Value {
    Text(Bytes),
    List(List),
    Fields(Fields),
    Members(Members),
}

/// One of the kinds of [`Value`].
pub(super) trait Kind: Default + Into<Value> {
    fn of(value: &mut Value) -> Option<&mut Self>;
}

macro_rules! kinds {
    ($($name:ident: $kind:ty),*) => {$(
        impl From<$kind> for Value {
            fn from(value: $kind) -> Self {
                Self::$name(value)
            }
        }

        impl Kind for $kind {
            fn of(value: &mut Value) -> Option<&mut Self> {
                if let Value::$name(value) = value { Some(value) } else { None }
            }
        }
    )*};
}

kinds!(Text: Bytes, List: List, Fields: Fields, Members: Members);

pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) expires: Option<Instant>,
}

impl Entry {
    fn is_over(&self, now: Instant) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }
}

/// All keys. What has expired is removed, and the replicas are told, when it is next looked at.
pub(super) struct Store {
    entries: HashMap<Key, Entry>,
    replication: Rc<Replication>,
}

impl Store {
    pub(super) fn new(replication: Rc<Replication>) -> Self {
        Self { entries: HashMap::new(), replication }
    }

    pub(super) fn entry(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let EntryRef::Occupied(entry) = self.entries.entry_ref(key) else { return None };
        if entry.get().expires.is_some() && entry.get().is_over(Instant::now()) {
            entry.remove();
            self.replication.effect(|| vec![Word::Copy(b"DEL"), Word::Copy(key)]);
            return None;
        }
        Some(entry.into_mut())
    }

    /// What is stored under `key`, if it is a `T`.
    pub(super) fn get<T: Kind>(&mut self, key: &[u8]) -> Result<Option<&mut T>, &'static str> {
        self.entry(key).map(|entry| T::of(&mut entry.value).ok_or(WRONG_TYPE)).transpose()
    }

    /// The `T` that is stored under `key`, an empty one if there was nothing.
    pub(super) fn get_or_default<T: Kind>(&mut self, key: &[u8]) -> Result<&mut T, &'static str> {
        if self.entry(key).is_none() {
            self.set(key, T::default(), None);
        }
        Ok(self.get(key)?.expect("it is there"))
    }

    pub(super) fn set(&mut self, key: &[u8], value: impl Into<Value>, expires: Option<Instant>) {
        self.entries.entry_ref(key).insert(Entry { value: value.into(), expires });
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        self.entry(key).is_some() && self.entries.remove(key).is_some()
    }

    pub(super) fn clear(&mut self) {
        self.entries = HashMap::new();
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What has not expired.
    pub(super) fn alive(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        let now = Instant::now();
        self.entries.iter().filter(move |(_, entry)| !entry.is_over(now))
    }
}

/// Milliseconds since 1970, by the clock as it goes now: replicas have no other clock in common.
pub(super) fn unix_millis(at: Instant) -> u64 {
    let (now, clock) = (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
    let at = match at.checked_duration_since(now) {
        Some(left) => clock.saturating_add(left),
        None => clock.saturating_sub(now - at),
    };
    at.as_millis() as u64
}
