//! What the server knows of its replicas, and tells them.
//!
//! ```text
//!  PSYNC ──▶ Snapshot of the store at an offset ──▶ pool: rdb::write ──▶ FileRegion ─┐
//!  SET … ──▶ effect ──▶ Log from that offset on ─────────────────────────────────────┴─▶ replica::follow
//! ```

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;
use wireview::{FileRegion, Gather};

use super::log::{BACKLOG, Log, Word};
use super::rdb;
use super::store::Store;

/// How much of the log a replica's send queue takes at a time. What it has not read yet waits in the log, once for all.
const TURN: u64 = 1 << 20;

/// How long a replica may be silent: Redis' `repl-timeout`.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

/// How long the log goes on without a replica: Redis' `repl-backlog-ttl`.
const LOG_WITHOUT_REPLICA: Duration = Duration::from_secs(3600);

/// One moment of the store, in a file or on the way there.
pub(super) struct Snapshot {
    /// Where the stream goes on behind it.
    pub(super) offset: u64,
    file: watch::Receiver<Option<Option<FileRegion>>>,
}

impl Snapshot {
    fn take(store: &Store, id: &str, offset: u64) -> Self {
        let queue = rdb::encode(store, id, offset);
        let (done, file) = watch::channel(None);
        spawn_blocking(move || {
            let region = rdb::write(queue, || !done.is_closed());
            if let Err(error) = &region
                && !done.is_closed()
            {
                eprintln!("no snapshot could be written: {error}");
            }
            // If nobody waits any more the file goes with the value.
            drop(done.send(Some(region.ok())));
        });
        Self { offset, file }
    }

    /// The file, once it is written; nothing if that failed.
    pub(super) async fn file(&self) -> Option<FileRegion> {
        let mut file = self.file.clone();
        file.wait_for(Option::is_some).await.ok()?.clone()?
    }

    fn is_written(&self) -> bool {
        self.file.borrow().is_some()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    WaitsForSnapshot,
    TakesSnapshot,
    Online,
}

/// A connected replica.
pub(super) struct Replica {
    pub(super) addr: SocketAddr,
    /// Where it listens, as it says.
    pub(super) port: u16,
    pub(super) phase: Cell<Phase>,
    /// It came by `SYNC`, or wants the snapshot alone, and acknowledges nothing.
    pub(super) silent: bool,
    /// The end of what it was sent, or has in its send queue.
    next: Cell<u64>,
    acknowledged: Cell<u64>,
    heard: Cell<Instant>,
    news: Notify,
    dropped: Notify,
}

impl Replica {
    pub(super) fn new(addr: SocketAddr, port: u16, silent: bool, phase: Phase, next: u64) -> Self {
        Self {
            addr,
            port,
            phase: Cell::new(phase),
            silent,
            next: Cell::new(next),
            acknowledged: Cell::new(0),
            heard: Cell::new(Instant::now()),
            news: Notify::new(),
            dropped: Notify::new(),
        }
    }

    pub(super) fn acknowledge(&self, offset: u64) {
        self.acknowledged.set(offset);
        self.heard();
    }

    pub(super) fn heard(&self) {
        self.heard.set(Instant::now());
    }

    /// Ready when the log has grown since the last time.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Ready when the server gives it up.
    pub(super) async fn dropped(&self) {
        self.dropped.notified().await;
    }
}

/// What [`Replication::info`] counts.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) full: Cell<u64>,
    /// Snapshots that were taken: replicas may share one.
    pub(super) snapshots: Cell<u64>,
    pub(super) partial: Cell<u64>,
    pub(super) partial_refused: Cell<u64>,
    pub(super) dropped: Cell<u64>,
    /// Bytes of snapshots that were queued as file regions.
    pub(super) region_bytes: Cell<u64>,
    /// Bytes that were sent to replicas which are gone: from files, from where they were shared, copied.
    pub(super) sent: Cell<[u64; 3]>,
}

pub(super) struct Replication {
    /// Whether the log is written: from the first replica on.
    on: Cell<bool>,
    /// How many bytes may wait in the log for one replica.
    limit: u64,
    pub(super) counts: Counts,
    inner: RefCell<Inner>,
}

struct Inner {
    id: String,
    log: Log,
    /// The next command has to be preceded by the choice of the database.
    select: bool,
    replicas: Vec<Rc<Replica>>,
    snapshot: Weak<Snapshot>,
    /// Since when there is no replica.
    alone: Instant,
}

impl Replication {
    pub(super) fn new(limit: u64) -> Self {
        let inner = Inner {
            id: new_id(),
            log: Log::default(),
            select: true,
            replicas: Vec::new(),
            snapshot: Weak::new(),
            alone: Instant::now(),
        };
        Self { on: Cell::new(false), limit, counts: Counts::default(), inner: RefCell::new(inner) }
    }

    /// Tells the replicas what has become of the store.
    #[inline]
    pub(super) fn effect<'w>(&self, words: impl FnOnce() -> Vec<Word<'w>>) {
        if self.on.get() {
            self.tell(words());
        }
    }

    fn tell(&self, words: Vec<Word<'_>>) {
        let Inner { log, select, replicas, .. } = &mut *self.inner.borrow_mut();
        if std::mem::take(select) {
            log.command(vec![Word::Copy(b"SELECT"), Word::Copy(b"0")]);
        }
        log.command(words);
        replicas.retain(|replica| {
            let waits = log.end() - replica.next.get() <= self.limit;
            if waits { &replica.news } else { &replica.dropped }.notify_one();
            self.counts.dropped.set(self.counts.dropped.get() + u64::from(!waits));
            waits
        });
        let slowest = replicas.iter().map(|replica| replica.next.get()).min().unwrap_or(u64::MAX);
        log.forget(slowest.min(log.end().saturating_sub(BACKLOG)));
    }

    /// The snapshot for a replica that has nothing: one that is being written, or a new one.
    pub(super) fn snapshot(&self, store: &Store) -> Rc<Snapshot> {
        let inner = &mut *self.inner.borrow_mut();
        self.on.set(true);
        // What is being written serves a second replica, too, and so does what is written as long as nothing has changed.
        if let Some(snapshot) = inner.snapshot.upgrade()
            && (!snapshot.is_written() || snapshot.offset == inner.log.end())
            && snapshot.offset >= inner.log.start()
        {
            return snapshot;
        }
        self.counts.snapshots.set(self.counts.snapshots.get() + 1);
        let snapshot = Rc::new(Snapshot::take(store, &inner.id, inner.log.end()));
        inner.select = true;
        inner.snapshot = Rc::downgrade(&snapshot);
        snapshot
    }

    /// Where a replica goes on that has everything of `id` in front of byte number `first`, the first being number 1.
    pub(super) fn resume(&self, id: &[u8], first: i64) -> Option<u64> {
        let inner = self.inner.borrow();
        let place = u64::try_from(first).ok()?.checked_sub(1)?;
        let kept = self.on.get() && id == inner.id.as_bytes() && (inner.log.start()..=inner.log.end()).contains(&place);
        kept.then_some(place)
    }

    pub(super) fn join(&self, replica: &Rc<Replica>) {
        self.inner.borrow_mut().replicas.push(replica.clone());
    }

    pub(super) fn leave(&self, replica: &Rc<Replica>) {
        let inner = &mut *self.inner.borrow_mut();
        inner.replicas.retain(|other| !Rc::ptr_eq(other, replica));
        inner.alone = Instant::now();
    }

    /// Moves what a replica has not got yet to its send queue, a turn of it. False if there was nothing.
    pub(super) fn pull(&self, replica: &Replica, out: &mut Gather) -> bool {
        let next = replica.next.get();
        replica.next.set(self.inner.borrow().log.read(next, out, TURN));
        replica.next.get() > next
    }

    pub(super) fn id(&self) -> String {
        self.inner.borrow().id.clone()
    }

    /// Lets the replicas know that the server lives, and lets those go that have died.
    pub(super) fn beat(&self) {
        let silent = {
            let inner = &mut *self.inner.borrow_mut();
            let silent = |replica: &Replica| !replica.silent && replica.heard.get().elapsed() > SILENCE;
            for replica in
                inner.replicas.iter().filter(|replica| replica.phase.get() == Phase::Online && silent(replica))
            {
                replica.dropped.notify_one();
            }
            if inner.replicas.is_empty() && self.on.get() && inner.alone.elapsed() > LOG_WITHOUT_REPLICA {
                // What comes from now on is in no log, so nobody can resume.
                self.on.set(false);
                inner.log.clear();
                inner.snapshot = Weak::new();
                inner.id = new_id();
            }
            inner.replicas.is_empty()
        };
        if !silent {
            self.effect(|| vec![Word::Copy(b"PING")]);
        }
    }

    /// A part of Redis' section `stats`, and how the bytes of replicas that are gone went out.
    pub(super) fn stats(&self) -> String {
        let Counts { full, snapshots, partial, partial_refused, dropped, region_bytes, sent } = &self.counts;
        let ([full, partial, refused], [file, shared, copied]) =
            ([full, partial, partial_refused].map(Cell::get), sent.get());
        format!(
            "# Stats\r\nsync_full:{full}\r\nsync_partial_ok:{partial}\r\nsync_partial_err:{refused}\r\n\
             slow_replicas_dropped:{}\r\nsnapshots:{}\r\nsnapshot_region_bytes:{}\r\nreplica_output:file={file},shared={shared},copied={copied}\r\n",
            dropped.get(),
            snapshots.get(),
            region_bytes.get(),
        )
    }

    /// The offset, and each replica's address, port and what it has acknowledged, as `ROLE` tells them.
    pub(super) fn role(&self) -> (u64, Vec<(SocketAddr, u16, u64)>) {
        let inner = self.inner.borrow();
        let online = inner.replicas.iter().filter(|replica| replica.phase.get() == Phase::Online);
        let told = online.map(|replica| (replica.addr, replica.port, replica.acknowledged.get()));
        (inner.log.end(), told.collect())
    }

    /// Redis' section `replication`.
    pub(super) fn info(&self) -> String {
        let inner = self.inner.borrow();
        let mut text = format!("# Replication\r\nrole:master\r\nconnected_slaves:{}\r\n", inner.replicas.len());
        for (i, replica) in inner.replicas.iter().enumerate() {
            let state = match replica.phase.get() {
                Phase::WaitsForSnapshot => "wait_bgsave",
                Phase::TakesSnapshot => "send_bulk",
                Phase::Online => "online",
            };
            let (ip, port) = (replica.addr.ip(), replica.port);
            let (offset, lag) = (replica.acknowledged.get(), replica.heard.get().elapsed().as_secs());
            let _ = write!(text, "slave{i}:ip={ip},port={port},state={state},offset={offset},lag={lag}\r\n");
        }
        let (start, end) = (inner.log.start(), inner.log.end());
        let _ = write!(
            text,
            "master_failover_state:no-failover\r\nmaster_replid:{}\r\nmaster_replid2:{:0>40}\r\n\
             master_repl_offset:{end}\r\nsecond_repl_offset:-1\r\nrepl_backlog_active:{}\r\nrepl_backlog_size:{BACKLOG}\r\n\
             repl_backlog_first_byte_offset:{}\r\nrepl_backlog_histlen:{}\r\n",
            inner.id,
            0,
            u8::from(self.on.get()),
            start + 1,
            end - start,
        );
        text
    }
}

/// 40 hexadecimal digits that no other server has.
fn new_id() -> String {
    // The standard library's only randomness: the keys of its hash maps.
    let mut id: String = (0..3).map(|_| format!("{:016x}", RandomState::new().build_hasher().finish())).collect();
    id.truncate(40);
    id
}
