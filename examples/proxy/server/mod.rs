//! The proxy without its command line.
//!
//! ```text
//!  serve ──▶ a task per connection ──▶ header in ──▶ Backends::connect ──▶ header out ──▶ Forwarding
//!    │                                                  │ picks, retries, counts
//!    └─────▶ a task per server: is it up? ──────────────┘
//! ```

mod backends;
mod connect;
mod health;
mod preface;
mod session;
mod stats;

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use wireview_codecs::proxy::{Headers, Version};

use self::backends::Backends;
pub(crate) use self::backends::Balance;
use self::stats::Stats;

/// How long to wait when no connection can be accepted: some will have to be closed first.
const NO_DESCRIPTORS: Duration = Duration::from_millis(10);

/// What the command line says.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) balance: Balance,
    pub(crate) connect_timeout: Duration,
    pub(crate) retries: usize,
    pub(crate) idle: Option<Duration>,
    pub(crate) max: usize,
    pub(crate) checks: Option<Checks>,
    pub(crate) header_in: Option<Headers>,
    pub(crate) header_timeout: Duration,
    pub(crate) header_out: Option<Version>,
    pub(crate) drain: Duration,
    pub(crate) stats: Option<Duration>,
}

/// When a server is asked whether it accepts, and how often it must say the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checks {
    pub(crate) interval: Duration,
    pub(crate) rise: u32,
    pub(crate) fall: u32,
}

/// What the proxy is told while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// To accept no more, and to end with the last connection; the second time, to end at once.
    End,
    /// To print its counters.
    Report,
}

/// What all connections share.
struct Proxy {
    config: Config,
    backends: Backends,
    stats: Stats,
}

/// Serves until it is told to end, and its connections have ended or had their time. Prints the counters, and returns them.
pub(crate) async fn serve(
    listener: TcpListener,
    to: &[SocketAddr],
    config: Config,
    mut told: UnboundedReceiver<Told>,
) -> String {
    let backends = Backends::new(to, config.balance, config.checks);
    let proxy = Arc::new(Proxy { config, backends, stats: Stats::default() });
    let mut others = JoinSet::new();
    if let Some(checks) = proxy.config.checks {
        (0..to.len()).for_each(|index| drop(others.spawn(health::watch(proxy.clone(), index, checks))));
    }
    if let Some(every) = proxy.config.stats {
        others.spawn(report(proxy.clone(), every));
    }
    let mut sessions = JoinSet::new();
    accept(listener, &proxy, &mut sessions, &mut told).await;
    end(&proxy, &mut sessions, &mut told).await;
    // What is left is closed.
    sessions.shutdown().await;
    let line = proxy.line();
    println!("{line}");
    line
}

/// Until the first time it is told to end.
async fn accept(
    listener: TcpListener,
    proxy: &Arc<Proxy>,
    sessions: &mut JoinSet<()>,
    told: &mut UnboundedReceiver<Told>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept(), if sessions.len() < proxy.config.max => accepted,
            Some(_) = sessions.join_next() => continue,
            told = next(told) => match told {
                Told::End => return,
                Told::Report => {
                    println!("{}", proxy.line());
                    continue;
                }
            },
        };
        match accepted {
            Ok((client, peer)) => {
                proxy.stats.accepted();
                sessions.spawn(session::run(client, peer, proxy.clone()));
            }
            Err(_) => sleep(NO_DESCRIPTORS).await,
        }
    }
}

/// Until the last connection has ended, or time is over, or it is told again.
async fn end(proxy: &Proxy, sessions: &mut JoinSet<()>, told: &mut UnboundedReceiver<Told>) {
    let over = Instant::now() + proxy.config.drain;
    while !sessions.is_empty() {
        tokio::select! {
            _ = sessions.join_next() => {}
            () = sleep_until(over) => return,
            told = next(told) => match told {
                Told::End => return,
                Told::Report => println!("{}", proxy.line()),
            },
        }
    }
}

/// Who can tell no more, tells nothing.
async fn next(told: &mut UnboundedReceiver<Told>) -> Told {
    match told.recv().await {
        Some(told) => told,
        None => pending().await,
    }
}

async fn report(proxy: Arc<Proxy>, every: Duration) {
    loop {
        sleep(every).await;
        println!("{}", proxy.line());
    }
}

impl Proxy {
    /// All counters in a line.
    fn line(&self) -> String {
        format!("{}{}", self.stats, self.backends)
    }
}
