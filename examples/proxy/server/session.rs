//! One connection, from its first byte to its last.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};
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

// Reading a header is boxed, since it is large, and a connection that is joined keeps nothing of it. The rest takes turns in
// the same memory.
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
    let Some((mut server, lease)) = connect(proxy).await else {
        abort(&client);
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
    let sleep = pin!(idle.map(|idle| sleep(idle / PARTS)));
    let mut quiet = Quiet { part: idle.unwrap_or_default() / PARTS, sleep, is_set: false, seen: 0, parts: 0 };
    let mut seen = forwarding.to_b() + forwarding.to_a();
    let ended = poll_fn(|cx| {
        let ended = forwarding.poll(client, server, cx);
        let now = forwarding.to_b() + forwarding.to_a();
        backend.moved.add(seen, now);
        seen = now;
        match ended {
            Poll::Ready(Ok(())) => Poll::Ready(Ended::Done),
            Poll::Ready(Err(_)) => Poll::Ready(Ended::Reset),
            Poll::Pending => quiet.poll(now.total(), cx).map(|()| Ended::Idle),
        }
    })
    .await;
    if ended == Ended::Reset {
        // Whoever is still there must not take it for an end that was meant, unless that was told before.
        if !forwarding.is_b_done() {
            abort(client);
        }
        if !forwarding.is_a_done() {
            abort(server);
        }
    }
    ended
}

/// Has a socket reset when it is closed.
fn abort(stream: &TcpStream) {
    // What is closed already needs no more.
    let _ = stream.set_zero_linger();
}

/// Notices that nothing has moved for long. The clock is looked at a few times in that while, not each time something moves.
struct Quiet<'a> {
    part: Duration,
    /// None if it does not matter.
    sleep: Pin<&'a mut Option<Sleep>>,
    is_set: bool,
    seen: u64,
    parts: u32,
}

impl Quiet<'_> {
    /// Ready when `moved` has been the same for the idle time.
    fn poll(&mut self, moved: u64, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut sleep) = self.sleep.as_mut().as_pin_mut() else { return Poll::Pending };
        while !self.is_set || sleep.is_elapsed() {
            if sleep.as_mut().poll(cx).is_pending() {
                self.is_set = true;
                break;
            }
            self.parts = if moved == self.seen { self.parts + 1 } else { 0 };
            self.seen = moved;
            if self.parts == PARTS {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(Instant::now() + self.part);
            self.is_set = false;
        }
        Poll::Pending
    }
}
