//! What a worker has for all its connections.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::SystemTime;

use wireview::Ledger;
use wireview_codecs::http1::Request;

use super::Settings;
use super::answer::Answered;
use super::cache::Cache;
use super::clock::Clock;
use super::log::Log;

/// The state of one worker. Only its own thread wants it, but for the moment in which the metrics are read or the log is taken.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) cache: Cache,
    pub(super) clock: Clock,
    pub(super) log: Option<Log>,
    pub(super) tally: Tally,
    /// Begins boundaries, and differs from start to start.
    seed: u64,
    boundaries: Cell<u64>,
}

/// What has happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) accepted: u64,
    pub(super) open: u64,
    /// By status.
    pub(super) answers: BTreeMap<u16, u64>,
    /// Connections that were closed because nothing came, a request took too long, or the peer read nothing.
    pub(super) idle: u64,
    pub(super) slow: u64,
    pub(super) stuck: u64,
    /// Files that became shorter while they were sent.
    pub(super) shrunk: u64,
    /// Handshakes.
    #[cfg(feature = "tls")]
    pub(super) tls: super::tls::Tally,
    pub(super) ledger: Ledger,
}

impl Desk {
    pub(super) fn new(settings: &Settings) -> Self {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            cache: Cache::new(settings.cached, settings.valid),
            clock: Clock::new(),
            log: settings.log.is_some().then(Log::default),
            tally: Tally::default(),
            seed: start.as_nanos() as u64,
            boundaries: Cell::new(0),
        }
    }

    pub(super) fn count(&mut self, status: u16) {
        *self.tally.answers.entry(status).or_default() += 1;
    }

    pub(super) fn note(&mut self, peer: IpAddr, request: &Request<&[u8]>, answered: &Answered) {
        if let Some(log) = &mut self.log {
            log.note(peer, &self.clock.stamp, request, answered.status, answered.len);
        }
    }

    /// What stands between the parts of a body. That it is in none of them is likely, not certain, as everywhere.
    pub(super) fn boundary(&self) -> String {
        self.boundaries.set(self.boundaries.get() + 1);
        format!("{:016x}{:08x}", self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), self.boundaries.get())
    }
}
