//! Streamed bodies: to another connection, to a file.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use wireview::kernel::{BodyFault, BodyFile};
use wireview::send::Owed;
use wireview::tokio::{Connection, Deadlines};
use wireview::{Arrival, Boundary, Codec, Fault, Limits, Result, Span, Timeout};

use crate::support::{Conn, IN_KERNEL, codec, pattern, sockets, tight};

const BODY: usize = 3_000_000;

/// A connection that streams bodies above 1000 bytes, and its peer.
async fn streaming() -> (Conn, TcpStream) {
    let (near, far) = sockets().await;
    (Connection::with_limits(near, codec(), Limits::new().stream_above(1000)), far)
}

fn frame(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32).to_be_bytes()[..], payload].concat()
}

/// Sends a long frame and a short one, in writes of all sizes.
fn say(mut peer: TcpStream) -> JoinHandle<TcpStream> {
    tokio::spawn(async move {
        let stream = [frame(&pattern(0, BODY)), frame(b"next")].concat();
        let mut rest = &stream[..];
        let mut size = 1;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            peer.write_all(now).await.expect("taken");
            rest = later;
            size = size * 3 % 100_003;
        }
        peer
    })
}

async fn head(conn: &mut Conn) -> u64 {
    match conn.next_or_body().await.expect("no fault").expect("a frame") {
        Arrival::Body { len, .. } => len,
        Arrival::Frame(_) => panic!("the body is long"),
    }
}

async fn check_next(conn: &mut Conn) {
    let next = conn.next().await.expect("no fault").expect("a frame");
    assert_eq!(next.frame.view().expect("sound"), b"next");
}

fn drain(mut peer: TcpStream) -> JoinHandle<Vec<u8>> {
    tokio::spawn(async move {
        let mut got = Vec::new();
        _ = peer.read_to_end(&mut got).await;
        got
    })
}

#[tokio::test]
async fn a_body_goes_to_another_connection_in_its_place() {
    let ((mut from, peer), (to, far)) = (streaming().await, sockets().await);
    let mut to = Connection::new(to, codec());
    let (peer, got) = (say(peer), drain(far));
    assert_eq!(head(&mut from).await, BODY as u64);
    to.out().copy(b"before");
    assert_eq!(from.body_to(&mut to).await.expect("passed on"), BODY as u64);
    to.out().copy(b"behind");
    check_next(&mut from).await;
    to.shutdown().await.expect("sent");
    let (received, sent) = (from.ledger(), to.ledger());
    assert_eq!(received.received, BODY as u64 + 12);
    assert_eq!(sent.sent(), BODY as u64 + 12);
    assert_eq!(received.spliced_in, sent.spliced_out);
    if IN_KERNEL {
        // What was read with the head is at most one read.
        assert!(sent.spliced_out > BODY as u64 / 2, "{sent}");
    } else {
        assert_eq!(sent.spliced_out, 0);
    }
    drop((from, to, peer.await.expect("no panic")));
    assert!(got.await.expect("no panic") == [b"before", &pattern(0, BODY)[..], b"behind"].concat());
}

#[tokio::test]
async fn a_body_that_is_passed_on_by_futures_that_are_dropped_is_whole() {
    let ((mut from, peer), (to, far)) = (streaming().await, tight().await);
    let mut to = Connection::new(to, codec());
    let (peer, got) = (say(peer), drain(far));
    head(&mut from).await;
    let mut dropped = 0;
    let passed = loop {
        if let Some(passed) = from.body_to(&mut to).now_or_never() {
            break passed.expect("passed on");
        }
        // It may be queued now; it may not leave.
        if dropped == 1 {
            to.out().copy(b"behind");
            let refused = to.flush().await.expect_err("it would be taken for the body");
            let Fault::Io(error) = refused else { panic!("{refused}") };
            let owed = error.get_ref().and_then(|inner| inner.downcast_ref::<Owed>());
            assert!(owed.is_some(), "{error}");
        }
        dropped += 1;
        tokio::task::yield_now().await;
    };
    assert_eq!(passed, BODY as u64);
    assert!(dropped > 2);
    check_next(&mut from).await;
    to.shutdown().await.expect("sent");
    drop((from, to, peer.await.expect("no panic")));
    assert!(got.await.expect("no panic") == [&pattern(0, BODY)[..], b"behind"].concat());
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_its_target_unusable() {
    let ((mut from, mut peer), (to, far)) = (streaming().await, sockets().await);
    let mut to = Connection::new(to, codec());
    let got = drain(far);
    tokio::spawn(async move { peer.write_all(&frame(&pattern(0, BODY))[..1_000_000]).await });
    head(&mut from).await;
    let fault = from.body_to(&mut to).await.expect_err("two thirds are missing");
    assert!(matches!(&fault, BodyFault::From(Fault::Stream(_))), "{fault}");
    let fault = to.send(&b"another message"[..]).await.and(to.flush().await).expect_err("it would be the rest");
    let Fault::Io(error) = fault else { panic!("{fault}") };
    let owed = error.get_ref().and_then(|inner| inner.downcast_ref::<Owed>()).expect("told");
    assert_eq!(owed.missing as usize, BODY + 4 - 1_000_000);
    drop((from, to));
    assert!(got.await.expect("no panic") == pattern(0, 1_000_000 - 4));
}

#[tokio::test]
async fn a_target_that_is_gone_costs_nothing_but_the_body() {
    let ((mut from, peer), (to, mut far)) = (streaming().await, tight().await);
    let mut to = Connection::new(to, codec());
    let peer = say(peer);
    head(&mut from).await;
    assert!(from.body_to(&mut to).now_or_never().is_none());
    let mut begun = [0; 100_000];
    tokio::select! {
        biased;
        _ = from.body_to(&mut to) => panic!("it does not fit"),
        read = far.read_exact(&mut begun) => assert!(read.is_ok(), "it began"),
    }
    // Closed with input unread: a reset.
    drop(far);
    let fault = from.body_to(&mut to).await.expect_err("nobody is there");
    let BodyFault::To(Fault::Io(error)) = fault else { panic!("{fault}") };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    check_next(&mut from).await;
    drop(peer.await.expect("no panic"));
}

#[tokio::test]
async fn a_body_goes_on_to_the_connection_where_it_began() {
    let ((mut from, peer), (to, _far)) = (streaming().await, tight().await);
    let mut to = Connection::new(to, codec());
    let peer = say(peer);
    head(&mut from).await;
    assert!(from.body_to(&mut to).now_or_never().is_none());
    let (other, _other) = sockets().await;
    let fault = from.body_to(&mut Connection::new(other, codec())).await.expect_err("another one");
    assert!(matches!(&fault, BodyFault::To(Fault::Io(error)) if error.kind() == ErrorKind::InvalidInput), "{fault}");
    check_next(&mut from).await;
    drop(peer.await.expect("no panic"));
}

/// A u32 length and a body that is masked.
#[derive(Clone)]
struct Masked;

impl Codec for Masked {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let Some(length) = input.first_chunk() else { return Ok(Boundary::Need(4)) };
        Ok(Boundary::Frame { head: 4, body: u32::from_be_bytes(*length).into(), tail: 0 })
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        Ok(&frame[4..])
    }

    fn parse_head<'a>(&self, _: &'a [u8], _: u64) -> Result<&'a [u8]> {
        Ok(&[])
    }

    fn open_body(&mut self, _: u64, chunk: &mut [u8]) -> Result<()> {
        chunk.iter_mut().for_each(|byte| *byte ^= 0x55);
        Ok(())
    }
}

#[tokio::test]
async fn a_body_that_has_to_be_opened_is_opened() {
    let ((from, peer), (to, far)) = (sockets().await, sockets().await);
    let mut from = Connection::with_limits(from, Masked, Limits::new().stream_above(1000));
    let mut to = Connection::new(to, codec());
    let (peer, got) = (say(peer), drain(far));
    assert!(matches!(from.next_or_body().await, Ok(Some(Arrival::Body { .. }))));
    from.body_to(&mut to).await.expect("passed on");
    assert_eq!(to.ledger().spliced_out, 0);
    drop((from, to, peer.await.expect("no panic")));
    let opened: Vec<u8> = pattern(0, BODY).iter().map(|byte| byte ^ 0x55).collect();
    assert!(got.await.expect("no panic") == opened);
}

async fn store(splice: bool, file: File, offset: u64) -> std::result::Result<u64, BodyFault> {
    let (mut conn, peer) = streaming().await;
    let peer = say(peer);
    head(&mut conn).await;
    let mut to = BodyFile::new(Arc::new(file), offset);
    // Dropped a few times on its way.
    for _ in 0..5 {
        let poll = if splice {
            conn.splice_body_to_file(&mut to).now_or_never()
        } else {
            conn.body_to_file(&mut to).now_or_never()
        };
        if let Some(Err(fault)) = poll {
            check_next(&mut conn).await;
            return Err(fault);
        }
        tokio::task::yield_now().await;
    }
    let stored = if splice { conn.splice_body_to_file(&mut to).await } else { conn.body_to_file(&mut to).await };
    check_next(&mut conn).await;
    if stored.is_ok() {
        assert_eq!(conn.ledger().spliced_in > 0, splice && IN_KERNEL);
    }
    drop(peer.await.expect("no panic"));
    stored
}

#[tokio::test]
async fn a_body_goes_to_a_file() {
    for splice in [false, true] {
        for offset in [0, 12_345, 1 << 20] {
            let file = tempfile::tempfile().expect("a temporary file");
            let stored = store(splice, file.try_clone().expect("cloned"), offset).await.expect("room");
            assert_eq!(stored, BODY as u64);
            let mut got = vec![0; BODY];
            file.read_exact_at(&mut got, offset).expect("it is there");
            assert!(got == pattern(0, BODY), "splice: {splice}, offset {offset}");
            assert_eq!(file.metadata().expect("its length").len(), BODY as u64 + offset);
        }
    }
}

/// `splice` refuses files that are appended to.
#[tokio::test]
async fn a_body_is_appended_to_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for splice in [false, true] {
        let path = folder.path().join(splice.to_string());
        std::fs::write(&path, b"before").expect("room");
        let file = File::options().append(true).open(&path).expect("it is there");
        store(splice, file, 0).await.expect("room");
        assert!(std::fs::read(&path).expect("it is there") == [b"before", &pattern(0, BODY)[..]].concat());
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_costs_nothing_but_the_body() {
    for splice in [false, true] {
        let full = File::options().write(true).open("/dev/full").expect("a device that is always full");
        let fault = store(splice, full, 0).await.expect_err("there is no room");
        let BodyFault::To(Fault::Io(error)) = fault else { panic!("{fault}") };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

// Time stands still, and goes to the next deadline when nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_runs_into_its_deadline() {
    let (from, mut peer) = sockets().await;
    let deadlines = Deadlines { frame: Some(Duration::from_secs(5)), ..Deadlines::default() };
    let mut from = Connection::with_limits(from, codec(), Limits::new().stream_above(1000)).deadlines(deadlines);
    peer.write_all(&frame(&pattern(0, BODY))[..5000]).await.expect("taken");
    from.io().readable().await.expect("something has come");
    head(&mut from).await;
    let (to, _far) = sockets().await;
    let fault = from.body_to(&mut Connection::new(to, codec())).await.expect_err("nothing follows");
    assert!(matches!(fault, BodyFault::From(Fault::Timeout(Timeout::Frame))), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_takes_runs_into_its_deadline() {
    let (mut from, peer) = streaming().await;
    let _peer = say(peer);
    head(&mut from).await;
    let (to, _far) = tight().await;
    let deadlines = Deadlines { write: Some(Duration::from_secs(5)), ..Deadlines::default() };
    let mut to = Connection::new(to, codec()).deadlines(deadlines);
    let fault = from.body_to(&mut to).await.expect_err("nobody reads");
    assert!(matches!(fault, BodyFault::To(Fault::Timeout(Timeout::Write))), "{fault}");
}
