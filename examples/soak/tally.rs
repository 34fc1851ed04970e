//! What the clients did, and what went wrong.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinError;
use wireview::Fault;

/// What takes longer has been lost.
const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const NO_ANSWER: &str = "no answer for a minute";

/// Waits, but not for ever.
pub(crate) async fn patient<T>(future: impl Future<Output = Outcome<T>>, otherwise: &str) -> Outcome<T> {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| Err(Wrong(otherwise.into())))
}

/// An answer that is wrong, or none.
#[derive(Debug)]
pub(crate) struct Wrong(pub(crate) String);

pub(crate) type Outcome<T = ()> = Result<T, Wrong>;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self(format!("the connection failed: {error}"))
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self(format!("the connection failed: {fault}"))
    }
}

impl From<wireview::Error> for Wrong {
    fn from(error: wireview::Error) -> Self {
        Self(error.to_string())
    }
}

/// A count that all clients, being in one thread, share.
#[derive(Debug, Default)]
pub(crate) struct Count(Cell<u64>);

impl Count {
    pub(crate) fn add(&self, more: usize) {
        self.0.set(self.0.get() + more as u64);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.get()
    }
}

/// Counts of everything.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Answers and published messages that were checked, and were right.
    pub(crate) answers: Count,
    pub(crate) sent: Count,
    pub(crate) received: Count,
    pub(crate) connections: Count,
    /// Connections that the client reset: between two requests, inside one, or inside an answer.
    pub(crate) resets: Count,
    /// Resets with changes under way, after which what is stored was held against all that may have been run.
    pub(crate) settled: Count,
    pub(crate) half_closes: Count,
    /// Futures of a connection that were dropped while they waited.
    pub(crate) cancelled: Count,
    /// Times that a client stopped reading for a while.
    pub(crate) pauses: Count,
    pub(crate) published: Count,
}

/// What all clients share.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) pool: Bytes,
    pub(crate) tally: Tally,
    /// What went wrong first.
    pub(crate) wrong: RefCell<Option<String>>,
    /// Set when no new connection is to be made.
    pub(crate) over: Cell<bool>,
}

impl World {
    pub(crate) fn new(address: SocketAddr, pool: Bytes) -> Self {
        Self { address, pool, tally: Tally::default(), wrong: RefCell::default(), over: Cell::default() }
    }

    /// Takes down what went wrong with `who`, and ends the run.
    pub(crate) fn failed(&self, who: &str, wrong: &Wrong) {
        self.over.set(true);
        self.wrong.borrow_mut().get_or_insert_with(|| format!("{who}: {wrong}"));
    }

    /// Takes down that a client panicked. One that was aborted is none of its own fault.
    pub(crate) fn lost<T: Default>(&self, error: &JoinError) -> T {
        if error.is_panic() {
            self.failed("a client", &Wrong(error.to_string()));
        }
        T::default()
    }
}
