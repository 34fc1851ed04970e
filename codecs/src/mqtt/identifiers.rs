//! Packet identifiers, section 2.2.1.

use alloc::collections::BTreeSet;

/// The identifiers of what one side has sent and the other has not acknowledged yet.
///
/// # Cost
/// An entry for each of them, at most 65,535.
#[derive(Clone, Debug, Default)]
pub struct Identifiers {
    used: BTreeSet<u16>,
    last: u16,
}

impl Identifiers {
    /// None are used.
    #[must_use]
    pub const fn new() -> Self {
        Self { used: BTreeSet::new(), last: 0 }
    }

    /// How many are used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.len()
    }

    /// Whether none is used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// One that is not used, and now is; `None` if all are.
    pub fn take(&mut self) -> Option<u16> {
        if self.used.len() == usize::from(u16::MAX) {
            return None;
        }
        loop {
            // 0 is none.
            self.last = self.last.wrapping_add(1).max(1);
            if self.used.insert(self.last) {
                return Some(self.last);
            }
        }
    }

    /// `identifier` is free again. Answers whether it was used.
    pub fn free(&mut self, identifier: u16) -> bool {
        self.used.remove(&identifier)
    }
}
