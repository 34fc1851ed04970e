//! The server without its command line.
//!
//! ```text
//!  worker (a thread) ──▶ accept ──▶ a task per connection ──▶ answer ──▶ head, and a Bytes or a FileRegion, in the queue
//!                                   │ lends head and queue    │ Desk: cache of open files, clock, log, tally
//!                                   └ next() sends what is queued: one send, or sendmsg + sendfile
//! ```
//!
//! Files are opened on the worker's thread: a directory that has to come from a disk holds up its other connections. What is
//! sent by `sendfile` does not: see [`wireview::kernel`].

mod answer;
mod cache;
mod clock;
mod coding;
mod condition;
mod connection;
mod desk;
mod listing;
mod log;
mod metrics;
mod page;
mod range;
mod resolve;
#[cfg(feature = "tls")]
mod tls;
/// There is none.
#[cfg(not(feature = "tls"))]
mod tls {
    #[derive(Debug)]
    pub(crate) enum Tls {}
}

use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use desk::Desk;
pub(crate) use resolve::Root;
pub(crate) use tls::Tls;

/// How a site is served.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The file that stands for its directory.
    pub(crate) index: String,
    /// Whether directories without one are listed.
    pub(crate) listing: bool,
    /// Whether files whose names begin with a dot are served.
    pub(crate) hidden: bool,
    pub(crate) cache_control: Option<String>,
    /// How many pages each worker keeps open, and how long they are believed.
    pub(crate) cached: usize,
    pub(crate) valid: Duration,
    /// How long to wait: for a request, for the rest of its head, for a peer that reads nothing.
    pub(crate) idle: Duration,
    pub(crate) head: Duration,
    pub(crate) write: Duration,
    /// How many connections each worker holds. More wait to be accepted.
    pub(crate) connections: usize,
    /// How long answers under way may take once the server stops.
    pub(crate) grace: Duration,
    /// The access log; `-` is standard error.
    pub(crate) log: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            index: "index.html".into(),
            listing: false,
            hidden: false,
            cache_control: None,
            cached: 1000,
            valid: Duration::from_secs(1),
            idle: Duration::from_secs(75),
            head: Duration::from_secs(15),
            write: Duration::from_secs(60),
            connections: 10_000,
            grace: Duration::from_secs(10),
            log: None,
        }
    }
}

/// A directory that is served, and what its workers know.
#[derive(Debug)]
pub(crate) struct Site {
    root: Root,
    settings: Settings,
    desks: Vec<Lock<Desk>>,
    /// What connections begin with, if they are encrypted.
    tls: Option<Tls>,
}

/// A lock whose holder may have panicked: what is behind it is whole between any two statements.
#[derive(Debug)]
struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site {
    pub(crate) fn new(root: Root, settings: Settings, workers: usize) -> Self {
        let desks = (0..workers).map(|_| Lock(Mutex::new(Desk::new(&settings)))).collect();
        Self { root, settings, desks, tls: None }
    }

    /// The same, encrypted.
    #[cfg(feature = "tls")]
    pub(crate) fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }
}

/// Serves what `listener` accepts, as one of the workers, until `stop` is ready; then sends what was queued, closes all
/// connections and returns.
pub(crate) async fn serve(
    site: Arc<Site>,
    worker: usize,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stopping, stopped) = watch::channel(());
    let mut clients = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept(), if clients.len() < site.settings.connections => break Some(accepted),
                Some(_) = clients.join_next() => {}
                () = &mut stop => break None,
            }
        };
        match accepted {
            Some(Ok((stream, peer))) => {
                let _ = stream.set_nodelay(true);
                clients.spawn(connection::serve(stream, peer.ip(), site.clone(), worker, stopped.clone()));
            }
            // Out of descriptors, mostly: some will be closed.
            Some(Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            None => break,
        }
    }
    drop((listener, stopping));
    let _ = timeout(site.settings.grace, async { while clients.join_next().await.is_some() {} }).await;
    Ok(())
}

/// Answers `/metrics` to what `listener` accepts.
pub(crate) async fn report(site: Arc<Site>, listener: TcpListener) -> io::Result<()> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection::report(stream, site.clone()))),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Writes the access log every half second, and once more when `stopped` says so. Meant for a thread of its own.
pub(crate) fn write_log(
    site: &Site,
    file: &mut (impl Write + ?Sized),
    stopped: &std::sync::mpsc::Receiver<()>,
) -> io::Result<()> {
    let mut lines = Vec::new();
    loop {
        let waited = stopped.recv_timeout(Duration::from_millis(500));
        for desk in &site.desks {
            if let Some(log) = &mut desk.lock().log {
                lines = log.take(lines);
            }
            log::write(file, &mut lines)?;
        }
        if waited != Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            return Ok(());
        }
    }
}
