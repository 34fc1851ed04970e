//! Archives that are kept.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use bytes::Bytes;
use rkyv::Archived;
use rkyv::util::AlignedVec;
use yoke::Yoke;

use super::Archivable;
use super::check::{check, is_aligned};
use crate::{Result, Span};

/// One archive, owned and checked: reading it again costs a load.
///
/// `'static + Send + Sync`. It keeps the block it arrived in alive, which is larger than the archive.
///
/// ```
/// use wireview::archive::ArchivedBytes;
///
/// let bytes = rkyv::to_bytes::<rkyv::rancor::Error>(&String::from("a text that is not short")).expect("an archive");
/// let kept = bytes::Bytes::from_owner(bytes).archived_frame::<String>()?;
/// let part = kept.share(kept[2..6].as_bytes()).expect("a part of the archive");
/// std::thread::spawn(move || assert_eq!(kept.as_str(), "a text that is not short")).join().expect("equal");
/// assert_eq!(part, "text");
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// 16 bytes. Cloning is one refcount.
pub struct ArchivedFrame<T: Archivable> {
    yoke: Yoke<&'static Archived<T>, Arc<Bytes>>,
}

impl<T: Archivable> ArchivedFrame<T> {
    pub(super) fn new(body: Bytes, depth: u32) -> Result<Self> {
        let body = if is_aligned::<T>(&body) { body } else { realigned(&body) };
        Self::in_cart(Arc::new(body), depth)
    }

    pub(super) fn in_cart(cart: Arc<Bytes>, depth: u32) -> Result<Self> {
        Ok(Self { yoke: Yoke::try_attach_to_cart(cart, |body: &Bytes| check::<T>(body, depth))? })
    }

    /// The archived value. Also by dereferencing.
    #[inline(always)]
    #[must_use]
    pub fn get(&self) -> &Archived<T> {
        self.yoke.get()
    }

    /// The bytes of the archive.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        self.yoke.backing_cart()
    }

    /// A part of the archive, such as the bytes of a string or an `ArchivedVec<u8>`, as a slice that shares its memory: one refcount.
    /// `None` if `part` does not lie in the archive.
    #[must_use]
    pub fn share(&self, part: &[u8]) -> Option<Bytes> {
        Span::of(self.bytes(), part).map(|span| span.share(self.bytes()))
    }
}

/// The bytes in memory where they are aligned.
pub(super) fn realigned(body: &[u8]) -> Bytes {
    let mut copy = AlignedVec::<{ super::ALIGN }>::with_capacity(body.len());
    copy.extend_from_slice(body);
    Bytes::from_owner(copy)
}

impl<T: Archivable> Deref for ArchivedFrame<T> {
    type Target = Archived<T>;

    #[inline(always)]
    fn deref(&self) -> &Archived<T> {
        self.get()
    }
}

impl<T: Archivable> Clone for ArchivedFrame<T> {
    fn clone(&self) -> Self {
        Self { yoke: self.yoke.clone() }
    }
}

impl<T: Archivable> fmt::Debug for ArchivedFrame<T>
where
    Archived<T>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArchivedFrame").field(self.get()).finish()
    }
}

/// How many carts that are still in use are looked at for each one that is wanted.
const LOOKS: usize = 4;

/// How many are remembered.
const REMEMBERED: usize = 4096;

/// What the bytes of kept archives lie in, so that a reference into them can be held beside them: used again once the archive has gone.
#[derive(Debug, Default)]
pub(super) struct Carts {
    /// Oldest first.
    used: VecDeque<Arc<Bytes>>,
    /// Without bytes.
    free: Vec<Arc<Bytes>>,
}

impl Carts {
    /// `body` in a cart. Carts that were left since give back their bytes.
    pub(super) fn load(&mut self, body: Bytes) -> Arc<Bytes> {
        self.sweep();
        let mut cart = self.free.pop().unwrap_or_default();
        match Arc::get_mut(&mut cart) {
            Some(empty) => *empty = body,
            None => cart = Arc::new(body),
        }
        if self.used.len() < REMEMBERED {
            self.used.push_back(Arc::clone(&cart));
        }
        cart
    }

    fn sweep(&mut self) {
        for _ in 0..self.used.len().min(LOOKS) {
            let Some(mut cart) = self.used.pop_front() else { return };
            match Arc::get_mut(&mut cart) {
                Some(body) => {
                    *body = Bytes::new();
                    self.free.push(cart);
                }
                None => self.used.push_back(cart),
            }
        }
    }
}
