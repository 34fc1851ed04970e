//! The servers: which of them is next, and how they do.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::Checks;
use super::stats::Moved;

/// Which server gets the next connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Balance {
    RoundRobin,
    LeastConnections,
}

/// All of them.
pub(super) struct Backends {
    all: Vec<Backend>,
    balance: Balance,
    checks: Option<Checks>,
    turn: AtomicUsize,
}

/// One server.
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    up: AtomicBool,
    /// How often in a row it did not do what it is said to do: accept, if it is up, else not.
    against: Mutex<u32>,
    active: AtomicUsize,
    total: AtomicU64,
    failed: AtomicU64,
    pub(super) moved: Moved,
}

impl Backends {
    /// All are up until they prove not to be.
    pub(super) fn new(addresses: &[SocketAddr], balance: Balance, checks: Option<Checks>) -> Self {
        let backend = |address: &SocketAddr| Backend {
            address: *address,
            up: AtomicBool::new(true),
            against: Mutex::new(0),
            active: AtomicUsize::new(0),
            total: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            moved: Moved::default(),
        };
        Self { all: addresses.iter().map(backend).collect(), balance, checks, turn: AtomicUsize::new(0) }
    }

    pub(super) fn get(&self, index: usize) -> &Backend {
        &self.all[index]
    }

    /// The next one, of those that are up and not in `tried`. It is counted as having one more, until it is
    /// [left](Self::leave).
    pub(super) fn enter(&self, tried: &[usize]) -> Option<usize> {
        // A second try takes nobody's turn.
        let turn = if tried.is_empty() { self.turn.fetch_add(1, Relaxed) } else { self.turn.load(Relaxed) };
        let eligible = || (0..self.all.len()).filter(|index| self.all[*index].is_up() && !tried.contains(index));
        let count = eligible().count();
        let mut from = eligible().cycle().skip(turn.checked_rem(count)?).take(count);
        let index = match self.balance {
            Balance::RoundRobin => from.next(),
            // Of equals the first, and each time another one is first.
            Balance::LeastConnections => from.min_by_key(|index| self.all[*index].active.load(Relaxed)),
        }?;
        self.all[index].active.fetch_add(1, Relaxed);
        Some(index)
    }

    pub(super) fn leave(&self, index: usize) {
        self.all[index].active.fetch_sub(1, Relaxed);
    }

    /// A connection for a client was accepted by it.
    pub(super) fn connected(&self, index: usize) {
        let backend = &self.all[index];
        backend.total.fetch_add(1, Relaxed);
        if backend.is_up() {
            *backend.against() = 0;
        }
    }

    /// A connection for a client was not. Without checks nothing would say that it is up again, so it stays up.
    pub(super) fn failed(&self, index: usize) {
        self.all[index].failed.fetch_add(1, Relaxed);
        if self.all[index].is_up() {
            self.checked(index, false);
        }
    }

    /// It was asked whether it accepts.
    pub(super) fn checked(&self, index: usize, accepts: bool) {
        let (Some(checks), backend) = (self.checks, &self.all[index]) else { return };
        let mut against = backend.against();
        let up = backend.is_up();
        if accepts == up {
            *against = 0;
            return;
        }
        *against += 1;
        if *against >= if up { checks.fall } else { checks.rise } {
            *against = 0;
            backend.up.store(!up, Relaxed);
            eprintln!("{} is {}", backend.address, state(!up));
        }
    }
}

impl Backend {
    fn is_up(&self) -> bool {
        self.up.load(Relaxed)
    }

    fn against(&self) -> std::sync::MutexGuard<'_, u32> {
        self.against.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

const fn state(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

impl fmt::Display for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for backend in &self.all {
            let Backend { address, active, total, failed, moved, .. } = backend;
            let up = state(backend.is_up());
            let (active, total, failed) = (active.load(Relaxed), total.load(Relaxed), failed.load(Relaxed));
            write!(f, " | {address} {up} active={active} total={total} failed={failed} {moved}")?;
        }
        Ok(())
    }
}
