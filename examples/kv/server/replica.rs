//! A connection that has become a replica's: `REPLCONF`, `PSYNC`, and what follows them.

use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, interval_at, sleep, timeout};
use wireview::Fault;
use wireview::tokio::{Connection, Deadlines, Receiver, Sender};
use wireview_codecs::resp::{self, Requests};

use super::State;
use super::commands::{Call, Outcome, SYNTAX};
use super::replication::{Phase, Replica, SILENCE, Snapshot};

/// How often a replica that waits for its snapshot is told that the server lives, and how often it is looked whether it does.
const BEAT: Duration = Duration::from_secs(10);

/// What a client has said about itself as a replica.
#[derive(Default)]
pub(super) struct Intent {
    /// Where it listens.
    port: u16,
    /// It goes once it has the snapshot: `redis-cli --rdb`.
    snapshot_alone: bool,
    /// It has asked to be one.
    pub(super) wish: Option<Wish>,
}

pub(super) enum Wish {
    /// `SYNC`, from before there were offsets.
    Sync,
    /// `PSYNC` with nothing to go on from.
    Full,
    /// `PSYNC` from this place on.
    Resume(u64),
}

/// `REPLCONF option value …`
pub(super) fn replconf(call: &mut Call<'_>) -> Outcome {
    let mut args = call.args(1);
    if args.left() % 2 == 1 {
        return Err(SYNTAX);
    }
    while let (Some(option), Some(value)) = (args.next(), args.next()) {
        match &option.to_ascii_lowercase()[..] {
            b"listening-port" => {
                let port = super::commands::integer(value)?;
                call.client.intent.port = u16::try_from(port).map_err(|_| super::commands::NO_INTEGER)?;
            }
            b"rdb-only" => call.client.intent.snapshot_alone = value == b"1",
            b"ip-address" | b"capa" | b"version" => {}
            // Between a master and a replica, neither of which this connection is: no answer, as from Redis.
            b"ack" | b"getack" => return Ok(()),
            option => {
                let option = String::from_utf8_lossy(&option[..option.len().min(128)]).into_owned();
                call.fail(format!("ERR Unrecognized REPLCONF option: {option}"));
                return Ok(());
            }
        }
    }
    call.ok()
}

/// `PSYNC id offset`: what it is answered is queued once the replica has its place in the log.
pub(super) fn psync(call: &mut Call<'_>) -> Outcome {
    let first = call.integer(2)?;
    let (id, replication) = (call.arg(1), &call.state.replication);
    let resumed = replication.resume(id, first).filter(|_| !call.client.intent.snapshot_alone);
    let refused = resumed.is_none() && id != b"?";
    replication.counts.partial_refused.set(replication.counts.partial_refused.get() + u64::from(refused));
    call.client.intent.wish = Some(resumed.map_or(Wish::Full, Wish::Resume));
    Ok(())
}

pub(super) fn sync(call: &mut Call<'_>) -> Outcome {
    call.client.intent.wish = Some(Wish::Sync);
    Ok(())
}

pub(super) fn role(call: &mut Call<'_>) -> Outcome {
    let (offset, replicas) = call.state.replication.role();
    resp::array(call.out, 3);
    resp::bulk(call.out, b"master");
    resp::integer(call.out, offset as i64);
    resp::array(call.out, replicas.len());
    for (addr, port, acknowledged) in replicas {
        resp::array(call.out, 3);
        for text in [addr.ip().to_string(), port.to_string(), acknowledged.to_string()] {
            resp::bulk(call.out, text.as_bytes());
        }
    }
    Ok(())
}

/// Lets the replicas know every now and then that the server lives.
pub(super) async fn beat(state: &State, every: Duration) {
    // Not at once: whoever comes first would be told, or not, by chance.
    let mut beat = interval_at(Instant::now() + every, every);
    loop {
        beat.tick().await;
        state.replication.beat();
    }
}

/// Gives a replica the snapshot, if it needs one, and the stream, until it goes, is too slow, or says nothing for too long.
pub(super) async fn follow(conn: Connection<TcpStream, Requests>, intent: Intent, state: &State) -> Result<(), Fault> {
    let addr = conn.io().peer_addr().map_err(Fault::Io)?;
    // A replica that loads a snapshot is silent for long.
    let (mut receiver, mut sender) = conn.deadlines(Deadlines::default()).into_split_with(TcpStream::into_split);
    // The snapshot goes out by sendfile.
    #[cfg(feature = "kernel")]
    {
        sender = sender.kernel();
    }

    let replication = &state.replication;
    let (wish, counts) = (intent.wish.unwrap_or(Wish::Full), &replication.counts);
    // From here to `join` nothing is waited for, so no write comes between the snapshot and the replica's place in the log.
    let (snapshot, place) = if let Wish::Resume(place) = wish {
        counts.partial.set(counts.partial.get() + 1);
        (None, place)
    } else {
        counts.full.set(counts.full.get() + 1);
        let snapshot = replication.snapshot(&state.store.borrow());
        let place = snapshot.offset;
        (Some(snapshot), place)
    };
    let (id, mut out) = (replication.id(), sender.out());
    match wish {
        Wish::Sync => {}
        Wish::Full => resp::simple(&mut out, format!("FULLRESYNC {id} {place}")),
        Wish::Resume(_) => resp::simple(&mut out, format!("CONTINUE {id}")),
    }
    let silent = matches!(wish, Wish::Sync) || intent.snapshot_alone;
    let phase = if snapshot.is_some() { Phase::WaitsForSnapshot } else { Phase::Online };
    let replica = Rc::new(Replica::new(addr, intent.port, silent, phase, place));
    if !intent.snapshot_alone {
        replication.join(&replica);
    }
    let ended = tokio::select! {
        // First: the log may have forgotten what a replica that is given up would ask for.
        biased;
        () = replica.dropped() => Ok(()),
        ended = listen(&mut receiver, &replica) => ended,
        ended = feed(&mut sender, &replica, snapshot, intent.snapshot_alone, state) => ended,
    };
    replication.leave(&replica);
    let (ledger, [file, shared, copied]) = (sender.ledger(), counts.sent.get());
    counts.sent.set([file + ledger.file_out, shared + ledger.shared_out, copied + ledger.copied_out]);
    ended
}

/// Hears what the replica acknowledges. All else it says is passed over.
async fn listen(receiver: &mut Receiver<OwnedReadHalf, Requests>, replica: &Replica) -> Result<(), Fault> {
    let mut heard = 0;
    loop {
        let Ok(next) = timeout(BEAT, receiver.next()).await else {
            // While it loads a snapshot it sends empty lines, which are no requests.
            if receiver.ledger().received != heard {
                heard = receiver.ledger().received;
                replica.heard();
            }
            continue;
        };
        let Some(frame) = next? else { return Ok(()) };
        let request = frame.view()?;
        if request.is("replconf") && request.arg(1).is_some_and(|option| option.eq_ignore_ascii_case(b"ack")) {
            let offset = request.arg(2).and_then(|offset| super::commands::integer(offset).ok());
            replica.acknowledge(offset.and_then(|offset| u64::try_from(offset).ok()).unwrap_or(0));
        }
    }
}

async fn feed(
    sender: &mut Sender<OwnedWriteHalf, Requests>,
    replica: &Replica,
    snapshot: Option<Rc<Snapshot>>,
    snapshot_alone: bool,
    state: &State,
) -> Result<(), Fault> {
    sender.flush().await?;
    if let Some(snapshot) = snapshot {
        let region = loop {
            tokio::select! {
                region = snapshot.file() => break region,
                // An empty line, which the replica passes over.
                () = sleep(BEAT) => {}
            }
            sender.out().copy(b"\n");
            sender.flush().await?;
        };
        let Some(region) = region else { return Ok(()) };
        replica.phase.set(Phase::TakesSnapshot);
        let counts = &state.replication.counts;
        counts.region_bytes.set(counts.region_bytes.get() + region.len());
        // A bulk string, but for the CRLF at its end.
        let mut out = sender.out();
        out.head(|head| head.extend_from_slice(format!("${}\r\n", region.len()).as_bytes()));
        out.file(region);
        // It writes what it gets to a file, and has no reason to stop.
        let mut left = u64::MAX;
        loop {
            match timeout(SILENCE, sender.flush()).await {
                Ok(flushed) => break flushed?,
                Err(slow) if sender.out().size() == left => return Err(Fault::Io(slow.into())),
                Err(_) => left = sender.out().size(),
            }
        }
    }
    replica.heard();
    replica.phase.set(Phase::Online);
    if snapshot_alone {
        // It closes the connection when it has read everything.
        sleep(SILENCE).await;
        return Ok(());
    }
    loop {
        while state.replication.pull(replica, &mut sender.out()) {
            sender.flush().await?;
        }
        replica.news().await;
    }
}
