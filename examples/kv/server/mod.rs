//! The server without its command line: `serve` is all that the test and the tour need.
//!
//! ```text
//!  serve ──▶ a task per connection ──▶ commands::run ──▶ Store, Hub
//!            │ lends frame and queue   │ answers into the queue
//!            └ all in one thread: no lock anywhere
//! ```

mod commands;
mod connection;
mod data;
mod pubsub;
mod store;

use std::cell::RefCell;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;
use wireview::tokio::{Connection, Deadlines, Parts};
use wireview::{Fault, Limits, Received};
use wireview_codecs::resp::{self, Requests};

use self::commands::{Call, Client};
use self::pubsub::Hub;
use self::store::Store;

/// A value of 512 MiB, as Redis has it, and what stands around it.
const MAX_REQUEST: usize = (512 << 20) + (64 << 10);

/// A request above this size is taken out of the receive block whole, and what it stores is a part of it; what a smaller
/// one stores is copied.
const SHARE_ABOVE: usize = 16 << 10;

/// How many bytes of messages may wait for a client that does not read before it is dropped: Redis'
/// `client-output-buffer-limit pubsub`.
const MAX_UNREAD: u64 = 32 << 20;

/// How long a peer may take to read the last answers.
const FAREWELL: Duration = Duration::from_secs(2);

#[derive(Default)]
struct State {
    store: RefCell<Store>,
    hub: RefCell<Hub>,
}

/// Serves until `stop` is ready; then answers what has come, closes all connections and returns.
pub(crate) async fn serve(
    listener: TcpListener,
    deadlines: Deadlines,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    LocalSet::new().run_until(accept(listener, deadlines, stop)).await
}

async fn accept(listener: TcpListener, deadlines: Deadlines, stop: impl Future<Output = ()>) -> io::Result<()> {
    let state = Rc::new(State::default());
    let (stopping, stopped) = watch::channel(());
    let mut clients = JoinSet::new();
    let mut stop = pin!(stop);
    for id in 1.. {
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break Some(accepted),
                Some(_) = clients.join_next() => {}
                () = &mut stop => break None,
            }
        };
        match accepted {
            Some(Ok((stream, _))) => {
                stream.set_nodelay(true)?;
                let conn = Connection::with_limits(stream, Requests::new(), Limits::new().max_frame(MAX_REQUEST));
                clients.spawn_local(client(conn.deadlines(deadlines), Client::new(id), state.clone(), stopped.clone()));
            }
            // Out of descriptors, mostly: some will be closed.
            Some(Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            None => break,
        }
    }
    drop((listener, stopping));
    // Every one of them bounds its own farewell.
    while clients.join_next().await.is_some() {}
    Ok(())
}

/// One connection, from its first request to the last answer.
async fn client(
    mut conn: Connection<TcpStream, Requests>,
    mut client: Client,
    state: Rc<State>,
    stopped: watch::Receiver<()>,
) {
    let ended = converse(&mut conn, &mut client, &state, stopped).await;
    state.hub.borrow_mut().leave(&client.mailbox);
    match ended {
        Err(Fault::Io(_)) => return,
        Err(Fault::Stream(report)) if report.kind() != wireview::Kind::Eof => {
            resp::error(&mut conn.out(), resp::protocol_error(&report.error()));
        }
        _ => {}
    }
    let _ = timeout(FAREWELL, farewell(conn)).await;
}

async fn converse(
    conn: &mut Connection<TcpStream, Requests>,
    client: &mut Client,
    state: &State,
    mut stopped: watch::Receiver<()>,
) -> Result<(), Fault> {
    let mut stopped = pin!(stopped.changed());
    while !client.quits {
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

/// Sends what is queued and closes, reading on meanwhile: a socket that is closed with input unread resets the connection,
/// and the peer may never see what it was told.
async fn farewell(conn: Connection<TcpStream, Requests>) -> io::Result<()> {
    let Parts { io, mut queue, .. } = conn.into_parts();
    let (mut read, mut write) = io.into_split();
    let tell = async {
        write.write_all_buf(&mut queue.memory()).await?;
        write.shutdown().await
    };
    let ignore = async { copy(&mut read, &mut sink()).await };
    tokio::try_join!(tell, ignore).map(drop)
}
