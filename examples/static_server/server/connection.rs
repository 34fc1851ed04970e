//! One connection, from its first request to the last answer.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use wireview::tokio::{Connection, Deadlines};
use wireview::{Fault, Ledger, Limits, Oversize, Received, Timeout};
use wireview_codecs::http1::{Part, Reply, Requests, refusal};

use super::{Site, answer, metrics};

/// The longest head of a request.
const MAX_HEAD: usize = 16 * 1024;

/// How much of a body is ever in memory. Longer ones are dropped as they come.
const MAX_FRAME: usize = 32 * 1024;

/// A peer that sends more chunks of a body behind one head is left.
const MAX_CHUNKS: u32 = 10_000;

/// How long a peer may take to read the last answer.
const FAREWELL: Duration = Duration::from_secs(1);

/// After so many answers what a connection has sent is booked, so that long ones are seen while they last.
const BOOKED_EVERY: u32 = 64;

/// A connection over any stream: what can be asked of the kernel, the caller asks.
fn open<T>(stream: T, deadlines: Deadlines) -> Connection<T, Requests> {
    // Reads are small: requests are.
    let limits = Limits::new().max_frame(MAX_FRAME).oversize(Oversize::Skip).reads(4 << 10, 32 << 10);
    Connection::with_limits(stream, Requests::new().max_head(MAX_HEAD), limits).deadlines(deadlines)
}

/// Serves one connection.
pub(super) async fn serve(
    stream: TcpStream,
    peer: IpAddr,
    site: Arc<Site>,
    worker: usize,
    stopped: watch::Receiver<()>,
) {
    let settings = &site.settings;
    let deadlines = Deadlines { idle: Some(settings.idle), frame: Some(settings.head), write: Some(settings.write) };
    let caller = Caller { peer, site: &site, worker, stopped };
    {
        let tally = &mut site.desks[worker].lock().tally;
        tally.accepted += 1;
        tally.open += 1;
    }
    match &site.tls {
        None => speak(open(stream, deadlines).kernel(), caller).await,
        #[cfg(not(feature = "tls"))]
        Some(none) => match *none {},
        #[cfg(feature = "tls")]
        Some(tls) => {
            let accepted = tls.accept(stream, settings.head).await;
            site.desks[worker].lock().tally.tls.book(accepted.as_ref());
            match accepted {
                Some(Ok(stream)) => speak(open(stream, deadlines).kernel(), caller).await,
                Some(Err(stream)) => speak(open(stream, deadlines), caller).await,
                None => {}
            }
        }
    }
    site.desks[worker].lock().tally.open -= 1;
}

/// Who is served, by whom.
struct Caller<'s> {
    peer: IpAddr,
    site: &'s Site,
    worker: usize,
    stopped: watch::Receiver<()>,
}

async fn speak<T: AsyncRead + AsyncWrite + Unpin>(mut conn: Connection<T, Requests>, caller: Caller<'_>) {
    let Caller { peer, site, worker, stopped } = caller;
    let mut booked = Ledger::default();
    let ended = converse(&mut conn, peer, site, worker, stopped, &mut booked).await;
    let says_goodbye = part(&mut conn, ended, site, worker);
    // Sends what is left, and says that it was all.
    let told = says_goodbye && conn.shutdown().await.is_ok();
    {
        let tally = &mut site.desks[worker].lock().tally;
        tally.ledger = tally.ledger + (conn.ledger() - booked);
    }
    if told {
        let _ = timeout(FAREWELL, conn.close()).await;
    }
}

/// Why no more requests are answered.
enum End {
    /// The peer has closed, and everything was sent.
    Closed,
    /// The last answer was given, or the server stops.
    Last,
    Fault(Fault),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<wireview::Error> for End {
    fn from(error: wireview::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// Books why a connection ends, and queues the last words, if there are any. Answers whether the peer may still hear them.
fn part<T>(conn: &mut Connection<T, Requests>, ended: Result<(), End>, site: &Site, worker: usize) -> bool {
    let mut desk = site.desks[worker].lock();
    let fault = match ended {
        Ok(()) | Err(End::Last) => return true,
        Err(End::Closed) => return false,
        Err(End::Fault(fault)) => fault,
    };
    let status = match &fault {
        Fault::Stream(report) if report.kind() == wireview::Kind::Eof => return false,
        Fault::Stream(report) => refusal(&report.error()),
        Fault::Timeout(Timeout::Frame) => {
            desk.tally.slow += 1;
            408
        }
        Fault::Timeout(Timeout::Idle) => {
            desk.tally.idle += 1;
            return true;
        }
        Fault::Timeout(Timeout::Write) => {
            desk.tally.stuck += 1;
            return false;
        }
        _ => {
            desk.tally.shrunk += u64::from(conn.out().torn().is_some());
            return false;
        }
    };
    answer::farewell(&mut desk, &mut conn.out(), status).is_ok()
}

async fn converse<T: AsyncRead + AsyncWrite + Unpin>(
    conn: &mut Connection<T, Requests>,
    peer: IpAddr,
    site: &Site,
    worker: usize,
    mut stopped: watch::Receiver<()>,
    booked: &mut Ledger,
) -> Result<(), End> {
    let mut stopped = pin!(stopped.changed());
    let (mut answers, mut chunks) = (0, 0);
    loop {
        let received = tokio::select! {
            biased;
            received = conn.next() => received?,
            _ = &mut stopped => return Err(End::Last),
        };
        let Some(Received { frame, mut out }) = received else { return Err(End::Closed) };
        let Part::Head(request) = frame.view()? else {
            chunks += 1;
            if chunks > MAX_CHUNKS {
                return Err(End::Last);
            }
            continue;
        };
        chunks = 0;
        let keep_alive = {
            let mut desk = site.desks[worker].lock();
            let answered = answer::answer(site, &mut desk, &request, &mut out)?;
            desk.note(peer, &request, &answered);
            answered.reply.keep_alive()
        };
        answers += 1;
        if answers % BOOKED_EVERY == 0 {
            let ledger = conn.ledger();
            let tally = &mut site.desks[worker].lock().tally;
            tally.ledger = tally.ledger + (ledger - *booked);
            *booked = ledger;
        }
        if !keep_alive {
            return Err(End::Last);
        }
    }
}

/// Answers `/metrics`.
pub(super) async fn report(stream: TcpStream, site: Arc<Site>) -> Result<(), Fault> {
    let patience = Some(Duration::from_secs(10));
    let mut conn = open(stream, Deadlines { idle: patience, frame: patience, write: patience }).kernel();
    while let Some(Received { frame, mut out }) = conn.next().await? {
        let Part::Head(request) = frame.view()? else { continue };
        let reply: Reply = request.reply();
        let kind = "text/plain; version=0.0.4";
        match request.path() {
            b"/metrics" if request.is("GET") || request.is("HEAD") => {
                let page = metrics::page(&site).into_bytes();
                reply.send(&mut out, 200, |fields| fields.add("Content-Type", kind), page)?;
            }
            _ => reply.send(&mut out, 404, |_| {}, &b"only GET /metrics\n"[..])?,
        }
        if !reply.keep_alive() {
            break;
        }
    }
    let _ = timeout(FAREWELL, conn.close()).await;
    Ok(())
}
