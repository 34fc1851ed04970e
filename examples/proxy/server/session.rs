//! One connection, from its first byte to its last.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};
use wireview::kernel::Forwarding;
use wireview_codecs::proxy::Header;

use super::Proxy;
use super::backends::Backend;
use super::connect::connect;
use super::preface;
use super::stats::Ended;

/// Into so many parts an idle time is cut: a connection is closed when nothing has moved in so many of them.
const PARTS: u32 = 4;

/// Serves one client, and counts how that has ended.
pub(super) async fn run(client: TcpStream, peer: SocketAddr, proxy: Arc<Proxy>) {
    let ended = converse(client, peer, &proxy).await;
    proxy.stats.ended(ended);
}

// What is only needed to begin is boxed: a connection that is joined keeps none of it.
async fn converse(client: TcpStream, peer: SocketAddr, proxy: &Arc<Proxy>) -> Ended {
    // It may be gone already; that is found when it is read.
    let _ = client.set_nodelay(true);
    let (mut client, header, rest) = match proxy.config.header_in {
        None => (client, None, Bytes::new()),
        Some(_) => match Box::pin(read_header(client, proxy)).await {
            Ok((client, header, rest)) => (client, Some(header), rest),
            Err(_) => return Ended::BadHeader,
        },
    };
    let Some((mut server, lease)) = Box::pin(connect(proxy)).await else {
        abort(&[&client]);
        return Ended::Unserved;
    };
    let ahead = match ahead(&client, peer, proxy, header, rest) {
        Ok(ahead) => ahead,
        Err(_) => return Ended::Reset,
    };
    join(&mut client, &mut server, ahead, proxy.config.idle, lease.backend()).await
}

async fn read_header(client: TcpStream, proxy: &Proxy) -> io::Result<(TcpStream, Header<Bytes>, Bytes)> {
    let codec = proxy.config.header_in.unwrap_or_default();
    timeout(proxy.config.header_timeout, preface::read(client, codec)).await.map_err(|_| io::ErrorKind::TimedOut)?
}

/// What the server is told before anything else: the header, and behind it what the client has said already.
fn ahead(
    client: &TcpStream,
    peer: SocketAddr,
    proxy: &Proxy,
    header: Option<Header<Bytes>>,
    rest: Bytes,
) -> io::Result<Bytes> {
    let Some(version) = proxy.config.header_out else { return Ok(rest) };
    let told = preface::forwarded(version, header, peer, client.local_addr()?);
    Ok(if rest.is_empty() { told } else { [told, rest].concat().into() })
}

/// Joins both until they have said their last.
async fn join(
    client: &mut TcpStream,
    server: &mut TcpStream,
    ahead: Bytes,
    idle: Option<Duration>,
    backend: &Backend,
) -> Ended {
    let mut forwarding = Forwarding::new().ahead_to_b(ahead);
    let mut quiet = idle.map(Quiet::new);
    let mut seen = forwarding.to_b() + forwarding.to_a();
    let ended = poll_fn(|cx| {
        let ended = forwarding.poll(client, server, cx);
        let now = forwarding.to_b() + forwarding.to_a();
        backend.moved.add(seen, now);
        seen = now;
        match (ended, &mut quiet) {
            (Poll::Ready(Ok(())), _) => Poll::Ready(Ended::Done),
            (Poll::Ready(Err(_)), _) => Poll::Ready(Ended::Reset),
            (Poll::Pending, Some(quiet)) => quiet.poll(now.total(), cx).map(|()| Ended::Idle),
            (Poll::Pending, None) => Poll::Pending,
        }
    })
    .await;
    if ended == Ended::Reset {
        // Whoever is still there must not take it for an end that was meant.
        abort(&[client, server]);
    }
    ended
}

/// Has sockets reset when they are closed.
fn abort(streams: &[&TcpStream]) {
    for stream in streams {
        // What is closed already needs no more.
        let _ = stream.set_zero_linger();
    }
}

/// Notices that nothing has moved for long. The clock is looked at a few times in that while, not each time something moves.
struct Quiet {
    part: Duration,
    sleep: Pin<Box<Sleep>>,
    is_set: bool,
    seen: u64,
    parts: u32,
}

impl Quiet {
    fn new(idle: Duration) -> Self {
        let part = idle / PARTS;
        Self { part, sleep: Box::pin(sleep(part)), is_set: false, seen: 0, parts: 0 }
    }

    /// Ready when `moved` has been the same for the idle time.
    fn poll(&mut self, moved: u64, cx: &mut std::task::Context<'_>) -> Poll<()> {
        while !self.is_set || self.sleep.is_elapsed() {
            if self.sleep.as_mut().poll(cx).is_pending() {
                self.is_set = true;
                break;
            }
            self.parts = if moved == self.seen { self.parts + 1 } else { 0 };
            self.seen = moved;
            if self.parts == PARTS {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(tokio::time::Instant::now() + self.part);
            self.is_set = false;
        }
        Poll::Pending
    }
}
