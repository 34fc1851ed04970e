//! What is counted.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use wireview::kernel::Passed;

/// Connections of clients, by what became of them.
#[derive(Default)]
pub(super) struct Stats {
    accepted: AtomicU64,
    ended: [AtomicU64; Ended::COUNT],
}

/// Why a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Both sides had said their last.
    Done,
    /// A side was reset, and so was the other.
    Reset,
    /// Nothing moved for too long.
    Idle,
    /// It did not begin with a PROXY header, or not in time.
    BadHeader,
    /// No server accepted.
    Unserved,
}

impl Ended {
    const COUNT: usize = 5;
}

impl Stats {
    pub(super) fn accepted(&self) {
        self.accepted.fetch_add(1, Relaxed);
    }

    pub(super) fn ended(&self, ended: Ended) {
        self.ended[ended as usize].fetch_add(1, Relaxed);
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |ended: Ended| self.ended[ended as usize].load(Relaxed);
        let (done, reset, idle) = (of(Ended::Done), of(Ended::Reset), of(Ended::Idle));
        let (bad, unserved) = (of(Ended::BadHeader), of(Ended::Unserved));
        write!(f, "accepted={} done={done} reset={reset} idle={idle}", self.accepted.load(Relaxed))?;
        write!(f, " bad-header={bad} unserved={unserved}")
    }
}

/// Bytes that went by, in both directions together, by the way they took.
#[derive(Default)]
pub(super) struct Moved {
    copied: AtomicU64,
    spliced: AtomicU64,
}

impl Moved {
    /// Counts what came between `before` and `now`.
    pub(super) fn add(&self, before: Passed, now: Passed) {
        if now.copied != before.copied {
            self.copied.fetch_add(now.copied - before.copied, Relaxed);
        }
        if now.spliced != before.spliced {
            self.spliced.fetch_add(now.spliced - before.spliced, Relaxed);
        }
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copied={} spliced={}", self.copied.load(Relaxed), self.spliced.load(Relaxed))
    }
}
