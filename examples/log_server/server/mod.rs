//! The server without its command line.
//!
//! ```text
//!  accept ──▶ a task per connection ──▶ Request<&[u8]> ──▶ handler ──▶ Response<Payload> ──▶ send queue
//!                                           │                  ▲                                 │
//!                   Produce: a gathered write of views         │ Fetch: a region of a segment    │ sendfile
//!                                           ▼                  │                                 ▼
//!                                      Partition: Log: segments on the disk                    socket
//! ```
//!
//! One thread serves all; a pool brings to the disk.

mod admin;
mod connection;
mod fetch;
mod log;
mod metadata;
mod metrics;
mod offsets;
mod partition;
mod produce;
mod producer_ids;
mod topics;

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

pub(crate) use log::Config;
use metrics::Tally;
use producer_ids::ProducerIds;
use topics::Topics;

/// When what was appended is brought to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fsync {
    /// Before it is acknowledged, and before anybody reads it.
    Batch,
    /// Every now and then.
    Interval(Duration),
    /// When the system likes.
    None,
}

/// How fetched records go to the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the file.
    Sendfile,
    /// From a mapping of a sealed copy of the segment: for comparison.
    Mapped,
    /// Read and written, 64 KiB at a time: for comparison.
    Write,
    /// Read in blocks of 64 KiB, and written together: for comparison.
    Read,
}

/// How the server serves.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What clients are told to connect to.
    pub(crate) advertised: (String, u16),
    pub(crate) fsync: Fsync,
    /// Whether a topic that is produced to, or asked for, is made.
    pub(crate) auto_create: bool,
    /// With how many partitions.
    pub(crate) partitions: i32,
    /// How topics are kept that do not say it.
    pub(crate) config: Config,
    /// The longest request.
    pub(crate) max_request: u32,
    /// How often segments are looked at.
    pub(crate) retention_check: Duration,
    /// How long requests under way may take once the server stops.
    pub(crate) grace: Duration,
    pub(crate) way: Way,
}

impl Settings {
    /// Whether what is acknowledged is on the disk.
    fn durable(&self) -> bool {
        self.fsync == Fsync::Batch
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            advertised: ("127.0.0.1".into(), 9092),
            fsync: Fsync::Batch,
            auto_create: true,
            partitions: 1,
            config: Config {
                retention_bytes: -1,
                retention_ms: -1,
                segment_bytes: 1 << 30,
                max_message_bytes: 1_048_588,
                append_time: false,
            },
            max_request: 100 << 20,
            retention_check: Duration::from_secs(30),
            grace: Duration::from_secs(10),
            way: Way::Sendfile,
        }
    }
}

/// The one node.
#[derive(Debug)]
pub(crate) struct Broker {
    settings: Settings,
    topics: Lock<Topics>,
    producer_ids: Lock<ProducerIds>,
    tally: Lock<Tally>,
    /// Counts whenever there is something to be fetched.
    news: watch::Sender<u64>,
    mapped: Lock<fetch::Mappings>,
    blocks: Lock<fetch::Blocks>,
    /// Holds the directory: no other server is to write in it.
    _lock: File,
}

/// A lock whose holder may have panicked: what is behind it is whole between any two statements.
#[derive(Debug, Default)]
struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// Opens the logs in `dir`. Blocks.
    pub(crate) fn open(dir: &Path, settings: Settings) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let lock = File::options().create(true).append(true).open(dir.join(".lock"))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| io::Error::new(error.kind(), format!("{} is served already", dir.display())))?;
        let topics = Topics::open(dir, &settings.config, settings.durable())?;
        Ok(Self {
            settings,
            topics: Lock(Mutex::new(topics)),
            producer_ids: Lock(Mutex::new(ProducerIds::open(&producer_ids_file(dir))?)),
            tally: Lock::default(),
            news: watch::Sender::new(0),
            mapped: Lock::default(),
            blocks: Lock::default(),
            _lock: lock,
        })
    }

    /// What clients are told to connect to.
    pub(crate) fn advertise(&mut self, host: String, addr: SocketAddr) {
        self.settings.advertised = (host, addr.port());
    }
}

fn producer_ids_file(dir: &Path) -> PathBuf {
    dir.join(".producer-ids")
}

/// Serves what `listener` accepts until `stop` is ready; then answers what is under way, closes all connections, brings
/// everything to the disk and returns.
pub(crate) async fn serve(
    broker: Arc<Broker>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stopping, stopped) = watch::channel(());
    let mut clients = JoinSet::new();
    let mut stop = pin!(stop);
    let chores = tokio::spawn(chores(broker.clone()));
    loop {
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break Some(accepted),
                Some(_) = clients.join_next() => {}
                () = &mut stop => break None,
            }
        };
        match accepted {
            Some(Ok((stream, _))) => {
                let _ = stream.set_nodelay(true);
                clients.spawn(connection::serve(stream, broker.clone(), stopped.clone()));
            }
            // Out of descriptors, mostly: some will be closed.
            Some(Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            None => break,
        }
    }
    drop((listener, stopping));
    let _ = timeout(broker.settings.grace, async { while clients.join_next().await.is_some() {} }).await;
    clients.shutdown().await;
    chores.abort();
    let closed = tokio::task::spawn_blocking(move || close(&broker)).await;
    closed.map_err(io::Error::other)?
}

/// Brings everything to the disk.
fn close(broker: &Broker) -> io::Result<()> {
    for topic in broker.topics.lock().all() {
        for partition in &topic.partitions {
            partition.log.lock().close()?;
        }
    }
    Ok(())
}

/// Retention, and what is to be brought to the disk every now and then.
async fn chores(broker: Arc<Broker>) {
    let every = |period: Duration| {
        let mut ticks = interval(period.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let sync = if let Fsync::Interval(period) = broker.settings.fsync { Some(period) } else { None };
    let mut retention = every(broker.settings.retention_check);
    let mut syncs = every(sync.unwrap_or(broker.settings.retention_check));
    loop {
        tokio::select! {
            _ = retention.tick() => for_each(&broker, |partition| {
                let deleted = partition.retain();
                broker.tally.lock().deleted += deleted;
            }),
            // Segments that have ended are sealed in any case.
            _ = syncs.tick() => for_each(&broker, |partition| partition.bring(&broker, sync.is_some())),
        }
    }
}

fn for_each(broker: &Broker, mut f: impl FnMut(&Arc<partition::Partition>)) {
    let topics = broker.topics.lock().all();
    topics.iter().flat_map(|topic| &topic.partitions).for_each(&mut f);
}

pub(crate) use metrics::report;
