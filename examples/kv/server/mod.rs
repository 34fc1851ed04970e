//! The server without its command line: `serve` is all that the test and the tour need.
//!
//! ```text
//!  serve ──▶ a task per connection ──▶ commands::run ──▶ Store, Hub
//!            │ lends frame and queue   │ answers into the queue
//!            │                         └ tells what it changed: Replication, Log
//!            └ PSYNC makes it a replica's: a snapshot as a file region, then the log
//! ```
//!
//! All in one thread, so no lock anywhere; only the file of a snapshot is written elsewhere.
//!
//! | module | |
//! | --- | --- |
//! | `commands` | the table of commands, one request with all it may touch |
//! | `connection`, `data` | commands on the connection and the server; on what is stored |
//! | `store` | keys, values, when they expire |
//! | `pubsub` | channels, and what waits for those who listen |
//! | `replica` | a replica's connection: `REPLCONF`, `PSYNC`, feeding it, hearing what it acknowledges |
//! | `replication` | all replicas: snapshots, limits, `INFO` |
//! | `log` | the stream of changes, kept once for all of them |
//! | `rdb` | the snapshot's file |

mod commands;
mod connection;
mod data;
mod log;
mod pubsub;
mod rdb;
mod replica;
mod replication;
mod store;

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;
use wireview::tokio::{Connection, Deadlines};
use wireview::{Fault, Limits, Received};
use wireview_codecs::resp::{self, Requests};

use self::commands::{Call, Client};
use self::pubsub::Hub;
use self::replication::Replication;
use self::store::Store;

/// A value of 512 MiB, as Redis has it, and what stands around it.
const MAX_REQUEST: usize = (512 << 20) + (64 << 10);

/// What a request above this size stores is a part of the block it came in; what a smaller one stores is copied. Redis'
/// `PROTO_MBULK_BIG_ARG`, above which it does without a copy, too.
const SHARE_ABOVE: usize = 32 << 10;

/// One value keeps its whole block alive. A connection may have so many bytes of blocks pinned before what it stores is
/// copied after all, unless it fills most of a block; and blocks are small, being four reads long.
const MAX_PINNED: usize = 1 << 20;
const MAX_READ: usize = 64 << 10;

/// How many bytes of messages may wait for a client that does not read before it is dropped: Redis'
/// `client-output-buffer-limit pubsub`.
const MAX_UNREAD: u64 = 32 << 20;

/// How long connections may go on once the server stops, for peers that send without a pause.
const GRACE: Duration = Duration::from_secs(2);

/// How long a peer may take to read the last answers.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the command line sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How long to wait for clients.
    pub(crate) deadlines: Deadlines,
    /// How many bytes may wait for a replica before it is dropped.
    pub(crate) replica_limit: u64,
    /// How often replicas are told that the server lives.
    pub(crate) replica_beat: Duration,
}

/// No deadlines, and for replicas what Redis has: the hard `client-output-buffer-limit` and `repl-ping-replica-period`.
impl Default for Options {
    fn default() -> Self {
        Self { deadlines: Deadlines::default(), replica_limit: 256 << 20, replica_beat: Duration::from_secs(10) }
    }
}

struct State {
    store: RefCell<Store>,
    hub: RefCell<Hub>,
    connected: Cell<usize>,
    replication: Rc<Replication>,
}

impl State {
    fn new(options: &Options) -> Self {
        let replication = Rc::new(Replication::new(options.replica_limit));
        let store = RefCell::new(Store::new(replication.clone()));
        Self { store, hub: RefCell::default(), connected: Cell::new(0), replication }
    }
}

/// Serves until `stop` is ready; then answers what has come, closes all connections and returns.
pub(crate) async fn serve(listener: TcpListener, options: Options, stop: impl Future<Output = ()>) -> io::Result<()> {
    LocalSet::new().run_until(accept(listener, options, stop)).await
}

async fn accept(listener: TcpListener, options: Options, stop: impl Future<Output = ()>) -> io::Result<()> {
    let limits = Limits::new().max_frame(MAX_REQUEST).max_pinned(MAX_PINNED).reads(16 << 10, MAX_READ);
    let state = Rc::new(State::new(&options));
    let mut beat = pin!(replica::beat(&state, options.replica_beat));
    let (stopping, stopped) = watch::channel(());
    let mut clients = JoinSet::new();
    let mut stop = pin!(stop);
    for id in 1.. {
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break Some(accepted),
                Some(_) = clients.join_next() => {}
                () = &mut stop => break None,
                () = &mut beat => {}
            }
        };
        match accepted {
            Some(Ok((stream, _))) => {
                let _ = stream.set_nodelay(true);
                let conn = Connection::with_limits(stream, Requests::new(), limits);
                clients.spawn_local(client(
                    conn.deadlines(options.deadlines),
                    Client::new(id),
                    state.clone(),
                    stopped.clone(),
                ));
            }
            // Out of descriptors, mostly: some will be closed.
            Some(Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            None => break,
        }
    }
    drop((listener, stopping));
    let _ = timeout(GRACE, async { while clients.join_next().await.is_some() {} }).await;
    Ok(())
}

/// One connection, from its first request to the last answer.
async fn client(
    mut conn: Connection<TcpStream, Requests>,
    mut client: Client,
    state: Rc<State>,
    mut stopped: watch::Receiver<()>,
) {
    state.connected.update(|count| count + 1);
    let ended = converse(&mut conn, &mut client, &state, stopped.clone()).await;
    state.hub.borrow_mut().leave(&client.mailbox);
    if ended.is_ok() && client.intent.wish.is_some() {
        tokio::select! {
            // Why a replica has gone it knows, or can be seen in INFO.
            _ = replica::follow(conn, client.intent, &state) => {}
            _ = stopped.changed() => {}
        }
    } else {
        part(conn, ended).await;
    }
    state.connected.update(|count| count - 1);
}

/// The last answer, if the stream was at fault, and the end.
async fn part(mut conn: Connection<TcpStream, Requests>, ended: Result<(), Fault>) {
    match ended {
        Err(Fault::Io(_)) => return,
        Err(Fault::Stream(report)) if report.kind() != wireview::Kind::Eof => {
            resp::error(&mut conn.out(), resp::protocol_error(&report.error()));
        }
        _ => {}
    }
    let _ = timeout(FAREWELL, conn.close()).await;
}

async fn converse(
    conn: &mut Connection<TcpStream, Requests>,
    client: &mut Client,
    state: &State,
    mut stopped: watch::Receiver<()>,
) -> Result<(), Fault> {
    let mut stopped = pin!(stopped.changed());
    while !client.quits && client.intent.wish.is_none() {
        let received = tokio::select! {
            biased;
            () = client.mailbox.news(), if client.mailbox.listens() => {
                client.mailbox.deliver(&mut conn.out(), client.version);
                client.quits = conn.out().size() > MAX_UNREAD;
                continue;
            }
            received = conn.next() => received?,
            _ = &mut stopped => return Ok(()),
        };
        let Some(Received { frame, mut out }) = received else { return Ok(()) };
        if frame.bytes().len() > SHARE_ABOVE {
            let frame = frame.into_frame()?;
            Call { request: frame.view(), frame: Some(&frame), state, client, out: &mut out }.run();
        } else {
            Call { request: frame.view()?, frame: None, state, client, out: &mut out }.run();
        }
    }
    Ok(())
}
