//! The tokio connection: pipelining, deadlocks, cancellation, deadlines, halves, switching, `Framed`.
#![cfg(feature = "tokio")]

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::Framed;
use wireview::formats::{Delimited, LengthPrefixed};
use wireview::length::U16Be;
use wireview::tokio::{Compat, Connection, Deadlines};
use wireview::{Arrival, Fault, FileRegion, Kind, Limits, Received, Timeout};

type Prefixed = LengthPrefixed<U16Be>;

fn codec() -> Prefixed {
    LengthPrefixed::new(60_000)
}

fn pair(buffer: usize) -> (Connection<DuplexStream, Prefixed>, DuplexStream) {
    let (near, far) = duplex(buffer);
    (Connection::new(near, codec()), far)
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&len[..], payload].concat()
}

/// Answers every frame with itself until the peer is done.
async fn echo<T: AsyncRead + AsyncWrite + Unpin>(mut conn: Connection<T, Prefixed>) -> Result<(), Fault> {
    while let Some(Received { frame, mut out }) = conn.next().await? {
        out.send(frame.view()?)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_peer_that_writes_everything_before_it_reads_is_served() {
    // 100 times what the pipe holds: whoever flushes and then reads, or reads and then flushes, hangs.
    let (conn, mut peer) = pair(64);
    let server = tokio::spawn(echo(conn));
    let sent: Vec<u8> = (0..100u8).flat_map(|index| frame(&[index; 62])).collect();
    peer.write_all(&sent).await.expect("the server reads on");
    peer.shutdown().await.expect("half closed");
    let mut got = Vec::new();
    peer.read_to_end(&mut got).await.expect("answered");
    assert_eq!(got, sent);
    server.await.expect("no panic").expect("no fault");
}

/// Asks an echo under a low high mark for more than that, all at once, and only then takes the answers. True if they come.
async fn is_answered_under(limits: Limits) -> bool {
    let (near, far) = duplex(64);
    tokio::spawn(echo(Connection::with_limits(far, codec(), Limits::new().queued(1000, 500))));
    let mut conn = Connection::with_limits(near, codec(), limits);
    for index in 0..100 {
        conn.out().send(&[index; 62][..]).expect("short");
    }
    for index in 0..100 {
        // The clock stands still while anyone has something to do: this is not a matter of speed.
        let Ok(next) = tokio::time::timeout(Duration::from_secs(1), conn.next()).await else { return false };
        let answer = next.expect("no fault").expect("not the end");
        assert_eq!(answer.frame.view(), Ok(&[index; 62][..]));
    }
    true
}

#[tokio::test(start_paused = true)]
async fn who_asks_must_not_stop_reading() {
    assert!(is_answered_under(Limits::new().queued(u64::MAX, u64::MAX)).await);
    assert!(
        !is_answered_under(Limits::new().queued(1000, 500)).await,
        "each waits for the other to read, as documented"
    );
}

/// Counts writes, takes any size.
struct Counting {
    input: Vec<u8>,
    writes: Vec<usize>,
}

impl AsyncRead for Counting {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let len = buf.remaining().min(self.input.len());
        buf.put_slice(&self.input[..len]);
        self.input.drain(..len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.push(buf.len());
        Poll::Ready(Ok(buf.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_by_one_write() {
    let input: Vec<u8> = (0..50u8).flat_map(|index| frame(&[index; 10])).collect();
    let mut conn = Connection::new(Counting { input: input.clone(), writes: Vec::new() }, codec());
    while let Some(Received { frame, mut out }) = conn.next().await.expect("sound") {
        out.send(frame.view().expect("a message")).expect("fits");
    }
    assert_eq!(conn.io().writes, [input.len()]);
}

#[tokio::test]
async fn a_writer_that_is_not_vectored_gets_small_pieces_together() {
    let mut conn = Connection::new(Counting { input: Vec::new(), writes: Vec::new() }, codec());
    conn.out().set_copy_up_to(0);
    for _ in 0..10 {
        conn.send(Bytes::from_static(b"payload")).await.expect("fits");
    }
    conn.flush().await.expect("written");
    assert_eq!(conn.io().writes, [90], "twenty pieces, one write");
    assert_eq!(conn.ledger().copied_out, 90, "and the ledger says that they were copied for it");
}

#[tokio::test]
async fn shared_payloads_are_not_copied_on_their_way_to_writev() {
    let (near, mut far) = duplex(1 << 20);
    let mut conn = Connection::new(near, codec());
    let stored = Bytes::from(vec![7; 50_000]);
    for _ in 0..3 {
        conn.send(stored.clone()).await.expect("fits");
    }
    conn.shutdown().await.expect("sent");
    let ledger = conn.ledger();
    assert_eq!((ledger.copied_out, ledger.shared_out), (6, 150_000));
    let mut got = Vec::new();
    far.read_to_end(&mut got).await.expect("received");
    assert_eq!(got, frame(&stored).repeat(3));
}

#[tokio::test]
async fn dropped_futures_lose_nothing() {
    // Every poll of every future is dropped and made again.
    let (mut conn, mut peer) = pair(7);
    let sent: Vec<u8> = (0..40u8).flat_map(|index| frame(&[index; 23])).collect();
    let expected = sent.clone();
    let client = tokio::spawn(async move {
        peer.write_all(&sent).await.expect("the server reads on");
        peer.shutdown().await.expect("half closed");
        let mut got = Vec::new();
        peer.read_to_end(&mut got).await.expect("answered");
        got
    });
    let mut frames = 0;
    loop {
        match conn.next().now_or_never() {
            None => tokio::task::yield_now().await,
            Some(received) => {
                let Some(Received { frame, mut out }) = received.expect("sound") else { break };
                out.send(frame.view().expect("a message")).expect("fits");
                frames += 1;
            }
        }
    }
    while conn.flush().now_or_never().is_none() {
        tokio::task::yield_now().await;
    }
    drop(conn);
    assert_eq!((frames, client.await.expect("no panic")), (40, expected));
}

#[tokio::test]
async fn backpressure_stops_reading_above_the_high_mark() {
    let (near, mut peer) = duplex(1 << 16);
    let limits = Limits::new().queued(1000, 500);
    let conn = Connection::with_limits(near, codec(), limits);
    let server = tokio::spawn(echo(conn));
    // The peer reads nothing: its 64 KiB of answers fill up, then the queue, then the requests stay where they are.
    let request = frame(&[1; 998]);
    let mut sent = 0;
    while let Ok(wrote) = tokio::time::timeout(Duration::from_millis(50), peer.write_all(&request)).await {
        wrote.expect("written");
        sent += 1;
        assert!(sent < 1000, "the server takes everything and queues it");
    }
    server.abort();
    assert!(sent * 1000 < 400_000, "{sent} requests were taken");
}

#[tokio::test]
async fn a_bad_frame_is_told_apart_from_a_bad_stream() {
    let (near, mut peer) = duplex(1024);
    let mut conn = Connection::with_limits(near, Prefixed::new(10), Limits::new());
    peer.write_all(&[frame(b"fine"), frame(&[0; 11])].concat()).await.expect("written");
    assert_eq!(conn.next().await.expect("sound").expect("one").frame.view(), Ok(&b"fine"[..]));
    let fault = conn.next().await.expect_err("too long");
    assert!(!fault.is_recoverable());
    let report = fault.report().expect("the peer's bytes are at fault");
    assert_eq!((report.kind(), report.stream_offset()), (Kind::Limit, 6));
    assert_eq!(io::Error::from(fault).kind(), io::ErrorKind::InvalidData);
    // What is to be told to the peer still goes out.
    conn.send(&b"too long"[..]).await.expect("queued");
    conn.shutdown().await.expect("sent");
    let mut got = Vec::new();
    peer.read_to_end(&mut got).await.expect("told");
    assert_eq!(got, frame(b"too long"));
}

#[tokio::test]
async fn last_words_are_heard_by_a_peer_that_goes_on_sending() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let client = tokio::spawn(async move {
        let mut peer = TcpStream::connect(address).await.expect("it listens");
        peer.write_all(&frame(&[0; 11])).await.expect("written");
        let mut words = vec![0; 10];
        // A megabyte that nobody wants; unread, it would have the socket reset and the words lost.
        peer.write_all(&vec![0; 1 << 20]).await.expect("read on");
        peer.read_exact(&mut words).await.expect("the last words");
        words
    });
    let mut conn = Connection::new(listener.accept().await.expect("a client").0, Prefixed::new(10));
    assert!(conn.next().await.is_err());
    conn.send(&b"too long"[..]).await.expect("queued");
    conn.close().await.expect("heard");
    assert_eq!(client.await.expect("no panic"), frame(b"too long"));
}

#[tokio::test(start_paused = true)]
async fn deadlines() {
    let minute = Some(Duration::from_secs(60));
    let fault = |fault: Fault| match fault {
        Fault::Timeout(timeout) => timeout,
        other => panic!("{other}"),
    };

    let (conn, _peer) = pair(64);
    let mut conn = conn.deadlines(Deadlines { idle: minute, ..Deadlines::default() });
    assert_eq!(fault(conn.next().await.expect_err("silence")), Timeout::Idle);

    // A frame that comes byte by byte is not idle, but late.
    let (conn, mut peer) = pair(64);
    let mut conn = conn.deadlines(Deadlines { idle: minute, frame: minute, write: None });
    let drip = tokio::spawn(async move {
        for byte in frame(&[1; 50]) {
            peer.write_all(&[byte]).await.expect("written");
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        peer
    });
    assert_eq!(fault(conn.next().await.expect_err("too slow")), Timeout::Frame);
    drip.abort();

    let (conn, _peer) = pair(64);
    let mut conn = conn.deadlines(Deadlines { write: minute, ..Deadlines::default() });
    conn.send(&[1; 100][..]).await.expect("queued");
    assert_eq!(fault(conn.flush().await.expect_err("nobody reads")), Timeout::Write);

    // Frames in time reset the wait.
    let (conn, mut peer) = pair(64);
    let mut conn = conn.deadlines(Deadlines { idle: minute, frame: minute, write: minute });
    tokio::spawn(async move {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(50)).await;
            peer.write_all(&frame(b"x")).await.expect("written");
        }
    });
    for _ in 0..5 {
        assert!(conn.next().await.expect("in time").is_some());
    }
    assert!(conn.next().await.expect("the end").is_none());
}

#[tokio::test]
async fn halves_in_two_tasks() {
    let (conn, mut peer) = pair(64);
    let (mut receiver, mut sender) = conn.into_split();
    let reading = tokio::spawn(async move {
        let mut seen = 0;
        while let Some(frame) = receiver.next().await.expect("sound") {
            seen += frame.view().expect("a message").len();
        }
        (seen, receiver.ledger().received)
    });
    let writing = tokio::spawn(async move {
        for _ in 0..100 {
            sender.send(&b"ping"[..]).await.expect("fits");
        }
        sender.shutdown().await.expect("sent");
        sender.ledger().sent()
    });
    let mut got = vec![0; 600];
    peer.read_exact(&mut got).await.expect("a hundred pings");
    peer.write_all(&frame(b"pong").repeat(50)).await.expect("written");
    drop(peer);
    assert_eq!(reading.await.expect("no panic"), (200, 300));
    assert_eq!(writing.await.expect("no panic"), 600);
}

#[tokio::test]
async fn stream_and_sink() {
    let (mut conn, mut peer) = pair(1024);
    peer.write_all(&[frame(b"one"), frame(b"two")].concat()).await.expect("written");
    peer.shutdown().await.expect("half closed");
    let frames: Vec<_> = conn.frames().map(|frame| frame.expect("sound")).collect().await;
    assert_eq!(frames.iter().map(wireview::Frame::view).collect::<Vec<_>>(), [b"one", b"two"]);
    SinkExt::send(&mut conn, &b"three"[..]).await.expect("sent");
    SinkExt::<&[u8]>::close(&mut conn).await.expect("closed");
    let mut got = Vec::new();
    peer.read_to_end(&mut got).await.expect("received");
    assert_eq!(got, frame(b"three"));
}

#[tokio::test]
async fn batches_cross_threads() {
    let (mut conn, mut peer) = pair(1 << 16);
    let sent: Vec<u8> = (0..100u8).flat_map(|index| frame(&[index; 10])).collect();
    peer.write_all(&sent).await.expect("written");
    peer.shutdown().await.expect("half closed");
    let mut seen = Vec::new();
    while let Some((batch, mut out)) = conn.next_batch().await.expect("sound") {
        out.send(&b"got it"[..]).expect("fits");
        let batch = tokio::task::spawn_blocking(move || {
            batch.iter().map(|view| view.expect("a message")[0]).collect::<Vec<_>>()
        });
        seen.extend(batch.await.expect("no panic"));
    }
    assert_eq!(seen, (0..100).collect::<Vec<u8>>());
    assert_eq!(conn.ledger().shared_frames, 1, "one refcount for a hundred frames");
}

#[tokio::test]
async fn views_of_all_that_has_come() {
    let (mut conn, mut peer) = pair(1 << 16);
    let sent: Vec<u8> = (0..100u8).flat_map(|index| frame(&[index; 10])).collect();
    peer.write_all(&sent).await.expect("written");
    let before = conn.ledger();
    let (mut views, mut out) = conn.next_views().await.expect("sound").expect("a hundred");
    // Some are taken now; the others stay.
    for index in 0..30u8 {
        let view = views.next().expect("there are more").expect("a message");
        assert_eq!(view, [index; 10]);
        out.send(view).expect("fits");
    }
    drop(views);
    let next = conn.next().await.expect("sound").expect("the next one");
    assert_eq!(next.frame.view(), Ok(&[30; 10][..]));
    let (views, _) = conn.next_views().await.expect("sound").expect("the others");
    assert_eq!(views.map(|view| view.expect("a message")[0]).collect::<Vec<_>>(), (31..100).collect::<Vec<u8>>());
    let since = conn.ledger() - before;
    assert_eq!((since.received, since.shared_frames, since.copied_in), (1200, 0, 0));
    let mut got = vec![0; 360];
    conn.flush().await.expect("sent");
    peer.read_exact(&mut got).await.expect("thirty answers");
    assert_eq!(got, sent[..360]);
}

#[tokio::test]
async fn a_receiver_gives_views_and_batches() {
    let (conn, mut peer) = pair(1 << 16);
    let (mut receiver, _sender) = conn.into_split();
    peer.write_all(&frame(b"x").repeat(5)).await.expect("written");
    let mut views = receiver.next_views().await.expect("sound").expect("five");
    assert_eq!(views.next(), Some(Ok(&b"x"[..])));
    drop(views);
    assert_eq!(receiver.next_batch().await.expect("sound").expect("four").len(), 4);
    drop((peer, _sender));
    assert!(receiver.next_batch().await.expect("the end").is_none());
}

#[tokio::test]
async fn large_bodies_in_chunks() {
    let (near, mut peer) = duplex(64);
    let limits = Limits::new().max_frame(100);
    let mut conn = Connection::with_limits(near, codec(), limits);
    let body: Vec<u8> = (0..50_000u32).map(|index| index as u8).collect();
    let sent = [frame(b"a"), frame(&body), frame(b"b"), frame(&body), frame(b"c")].concat();
    tokio::spawn(async move { peer.write_all(&sent).await.expect("written") });
    let (mut small, mut large) = (Vec::new(), Vec::new());
    loop {
        match conn.next_or_body().await.expect("sound") {
            Some(Arrival::Frame(received)) => small.extend_from_slice(received.frame.view().expect("a message")),
            Some(Arrival::Body { len, .. }) => {
                assert_eq!(len, 50_000);
                // The second body is dropped by asking for what follows it.
                if large.is_empty() {
                    while let Some(chunk) = conn.chunk().await.expect("sound") {
                        large.extend_from_slice(&chunk);
                    }
                }
            }
            None => break,
        }
    }
    assert_eq!((&small[..], large), (&b"abc"[..], body));
}

#[tokio::test]
async fn switching_carries_what_is_under_way() {
    let (mut conn, mut peer) = pair(1024);
    conn.out().send(&b"switch"[..]).expect("fits");
    peer.write_all(&[&frame(b"switch")[..], b"line one\nline two\n"].concat()).await.expect("written");
    peer.shutdown().await.expect("half closed");
    assert!(conn.next().await.expect("sound").is_some());
    let mut conn = conn.switch(Delimited::new(b"\n", 100), Delimited::new(b"\n", 100));
    conn.out().send(&b"hello"[..]).expect("fits");
    let mut lines = Vec::new();
    while let Some(received) = conn.next().await.expect("sound") {
        lines.push(received.frame.view().expect("a line").to_vec());
    }
    assert_eq!(lines, [b"line one", b"line two"]);
    let parts = conn.into_parts();
    assert!(parts.received.is_empty() && parts.queue.is_empty());
    drop(parts);
    let mut got = Vec::new();
    peer.read_to_end(&mut got).await.expect("received");
    assert_eq!(got, [&frame(b"switch")[..], b"hello\n"].concat());
}

#[tokio::test]
async fn file_regions_are_sent_in_their_place() {
    let path = std::env::temp_dir().join(format!("wireview-connection-{}", std::process::id()));
    let content: Vec<u8> = (0..600_000u32).map(|index| (index / 7) as u8).collect();
    std::fs::write(&path, &content).expect("a temporary file");
    let file = std::sync::Arc::new(std::fs::File::open(&path).expect("it is there"));
    std::fs::remove_file(&path).expect("open files live on");
    let (mut conn, mut peer) = pair(1 << 10);
    {
        let mut out = conn.out();
        out.copy(b"before");
        out.file(FileRegion::new(file, 1000, 500_000).expect("inside the file"));
        out.copy(b"after");
    }
    let got = tokio::spawn(async move {
        let mut got = Vec::new();
        peer.read_to_end(&mut got).await.expect("received");
        got
    });
    conn.shutdown().await.expect("sent");
    assert_eq!(got.await.expect("no panic"), [b"before", &content[1000..501_000], b"after"].concat());
}

#[tokio::test]
async fn framed_takes_a_codec_as_it_is() {
    let (near, mut peer) = duplex(64);
    let mut framed = Framed::new(near, Compat::new(codec()));
    let sent: Vec<u8> = (0..100u8).flat_map(|index| frame(&[index; 50])).collect();
    let expected = sent.clone();
    let writing = tokio::spawn(async move {
        peer.write_all(&sent).await.expect("written");
        let mut got = vec![0; 5200];
        peer.read_exact(&mut got).await.expect("answered");
        peer.write_all(b"\0\x09half").await.expect("written");
        (got, peer)
    });
    for index in 0..100u8 {
        let frame = framed.next().await.expect("a frame").expect("sound").expect("a message");
        assert_eq!(frame.view(), [index; 50]);
        framed.feed(frame.into_message()).await.expect("fits");
    }
    SinkExt::<Bytes>::flush(&mut framed).await.expect("sent");
    let (got, peer) = writing.await.expect("no panic");
    assert_eq!(got, expected);
    drop(peer);
    let fault = framed.next().await.expect("the end").expect_err("inside a frame");
    let report = fault.report().expect("the stream's fault");
    assert_eq!((report.kind(), report.missing(), report.frame_at()), (Kind::Eof, Some(5), 5200));
}

#[test]
fn futures_are_send() {
    fn send<T: Send>(_: &T) {}
    fn check<F: Future + Send>(future: F) {
        send(&future);
    }
    let (near, _) = duplex(64);
    check(echo(Connection::new(near, codec())));
}
