//! File regions in the send queue.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wireview::kernel::{SENDFILE_CHUNK, SENDFILE_FROM};
use wireview::send::Shrunk;
use wireview::tokio::Connection;
use wireview::{Fault, FileRegion, Gather, Ledger};

use crate::support::{IN_KERNEL, codec, file, kernel, pattern, region, sockets, tight};

/// All that comes until the peer closes.
async fn drain(mut peer: TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    peer.read_to_end(&mut got).await.expect("received");
    got
}

/// Queues memory and regions of all sizes, and says what they are on the wire.
fn fill(out: &mut Gather) -> Vec<u8> {
    let file = file(3 << 20);
    let mut expected = Vec::new();
    let mut at = 0;
    for (turn, len) in [1, 100, SENDFILE_FROM - 1, SENDFILE_FROM, 50_000, 0, 1 << 20, 3].into_iter().enumerate() {
        let head = format!("[{turn}: {len}]").into_bytes();
        out.copy(&head);
        out.file(region(&file, at, len));
        expected.extend_from_slice(&head);
        expected.extend_from_slice(&pattern(at, len as usize));
        at += len + 1;
    }
    // Two regions without memory between them, and memory that is shared.
    out.file(region(&file, 7, 20_000));
    out.file(region(&file, 7, 20_000));
    out.share(pattern(99, 9000).into());
    expected.extend([pattern(7, 20_000), pattern(7, 20_000), pattern(99, 9000)].concat());
    expected
}

/// What of [`fill`] is long enough for `sendfile`.
const LONG: u64 = SENDFILE_FROM + 50_000 + (1 << 20) + 40_000;

fn check_ledger(ledger: Ledger, total: usize) {
    assert_eq!(ledger.sent(), total as u64);
    assert_eq!(ledger.shared_out, 9000);
    assert_eq!(ledger.file_out, if IN_KERNEL { LONG } else { 0 });
    assert_eq!(ledger.copied_out, total as u64 - 9000 - ledger.file_out);
}

#[tokio::test]
async fn memory_and_files_leave_in_their_order() {
    let (mut conn, peer) = kernel(sockets().await);
    let expected = fill(&mut conn.out());
    let peer = tokio::spawn(drain(peer));
    conn.flush().await.expect("sent");
    check_ledger(conn.ledger(), expected.len());
    drop(conn);
    assert!(peer.await.expect("no panic") == expected);
}

#[tokio::test]
async fn a_connection_that_was_not_asked_does_what_it_did() {
    let (near, peer) = sockets().await;
    let mut conn = Connection::new(near, codec());
    let expected = fill(&mut conn.out());
    let peer = tokio::spawn(drain(peer));
    conn.flush().await.expect("sent");
    assert_eq!(conn.ledger().file_out, 0);
    drop(conn);
    assert!(peer.await.expect("no panic") == expected);
}

#[tokio::test]
async fn a_half_is_asked_on_its_own() {
    let (conn, peer) = kernel(sockets().await);
    let (receiver, mut sender) = conn.into_split_with(TcpStream::into_split);
    let file = file(100_000);
    sender.out().file(region(&file, 0, 50_000));
    let peer = tokio::spawn(drain(peer));
    sender.flush().await.expect("sent");
    assert_eq!(sender.ledger().file_out, 0, "the half was not asked");
    let mut sender = sender.kernel();
    sender.out().file(region(&file, 50_000, 50_000));
    sender.shutdown().await.expect("sent");
    assert_eq!(sender.ledger().file_out, if IN_KERNEL { 50_000 } else { 0 });
    drop((receiver, sender));
    assert!(peer.await.expect("no panic") == pattern(0, 100_000));
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_one_too() {
    let (near, mut far) = tokio::net::UnixStream::pair().expect("two sockets");
    let mut conn = Connection::new(near, codec()).kernel();
    let expected = fill(&mut conn.out());
    let peer = tokio::spawn(async move {
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.expect("received");
        got
    });
    conn.flush().await.expect("sent");
    check_ledger(conn.ledger(), expected.len());
    drop(conn);
    assert!(peer.await.expect("no panic") == expected);
}

#[tokio::test]
async fn what_is_queued_goes_out_while_the_connection_waits() {
    let (mut conn, mut peer) = kernel(sockets().await);
    conn.out().file(region(&file(100_000), 0, 100_000));
    let peer = tokio::spawn(async move {
        let mut got = vec![0; 100_000];
        peer.read_exact(&mut got).await.expect("sent without a flush");
        peer.write_all(b"\0\0\0\x02ok").await.expect("taken");
        got
    });
    let received = conn.next().await.expect("no fault").expect("an answer");
    assert_eq!(received.frame.view().expect("a frame"), b"ok");
    assert!(peer.await.expect("no panic") == pattern(0, 100_000));
}

/// Polls a flush, drops it, and reads what there is, in turn: the peer is slow, and every future is cancelled.
#[tokio::test]
async fn flushes_that_are_dropped_lose_nothing() {
    for seed in 1..=8u64 {
        let (mut conn, mut peer) = kernel(tight().await);
        let expected = fill(&mut conn.out());
        let mut got = Vec::new();
        let mut state = seed;
        let mut cancelled = 0;
        while !conn.out().is_empty() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if conn.flush().now_or_never().is_none() {
                cancelled += 1;
            }
            if conn.out().is_empty() {
                break;
            }
            let mut block = vec![0; 1 + (state >> 33) as usize % 100_000];
            // Something is on its way: a flush that is not ready has filled the socket, or waits for a page.
            tokio::select! {
                read = peer.read(&mut block) => got.extend_from_slice(&block[..read.expect("received")]),
                flushed = conn.flush() => flushed.expect("sent"),
            }
        }
        check_ledger(conn.ledger(), expected.len());
        drop(conn);
        got.extend(drain(peer).await);
        assert!(got == expected, "seed {seed}");
        assert!(cancelled > 0, "no flush was dropped");
    }
}

#[tokio::test]
async fn a_slow_reader_gets_everything() {
    let (mut conn, mut peer) = kernel(tight().await);
    let file = file(300_000);
    conn.out().copy(b"head");
    conn.out().file(region(&file, 0, 300_000));
    conn.out().copy(b"tail");
    let peer = tokio::spawn(async move {
        let mut got = Vec::new();
        let mut block = [0; 777];
        while let Ok(read @ 1..) = peer.read(&mut block).await {
            got.extend_from_slice(&block[..read]);
            tokio::task::yield_now().await;
        }
        got
    });
    conn.shutdown().await.expect("sent");
    drop(conn);
    assert!(peer.await.expect("no panic") == [b"head", &pattern(0, 300_000)[..], b"tail"].concat());
}

#[tokio::test]
async fn a_peer_that_resets_in_mid_file_is_a_fault() {
    let (mut conn, mut peer) = kernel(tight().await);
    let file = file(8 << 20);
    conn.out().file(region(&file, 0, 8 << 20));
    let mut begun = [0; 1000];
    tokio::select! {
        biased;
        _ = conn.flush() => panic!("8 MiB do not fit"),
        read = peer.read_exact(&mut begun) => assert!(read.is_ok(), "it began"),
    }
    // Closed with input unread: a reset.
    drop(peer);
    let fault = conn.flush().await.expect_err("the peer is gone");
    let Fault::Io(error) = fault else { panic!("{fault}") };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    assert!(conn.out().torn().is_none(), "the file is as it was");
}

/// Sends the first bytes of a file of 8 MiB, has `change` happen to it, and sends the rest.
async fn changed(change: impl FnOnce(&std::fs::File)) -> (Result<(), Fault>, Vec<u8>, Option<Shrunk>) {
    const LEN: usize = 8 << 20;
    let (mut conn, mut peer) = kernel(tight().await);
    let file = file(LEN);
    conn.out().copy(b"head");
    conn.out().file(region(&file, 0, LEN as u64));
    conn.out().copy(b"the next message");
    assert!(conn.flush().now_or_never().is_none(), "8 MiB do not fit");
    let mut got = vec![0; 100_000];
    tokio::select! {
        biased;
        _ = conn.flush() => panic!("8 MiB do not fit"),
        read = peer.read_exact(&mut got) => assert!(read.is_ok(), "it began"),
    }
    change(&file);
    let rest = tokio::spawn(async move {
        let mut rest = Vec::new();
        _ = peer.read_to_end(&mut rest).await;
        rest
    });
    let sent = conn.flush().await;
    let torn = conn.out().torn();
    drop(conn);
    got.extend(rest.await.expect("no panic"));
    (sent, got, torn)
}

#[tokio::test]
async fn a_file_that_is_truncated_in_mid_send_tears_the_queue() {
    let (sent, got, torn) = changed(|file| file.set_len(5 << 20).expect("cut")).await;
    let fault = sent.expect_err("three mebibytes are missing");
    let Fault::Io(error) = fault else { panic!("{fault}") };
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let shrunk = torn.expect("nothing may follow");
    assert_eq!(error.get_ref().and_then(|inner| inner.downcast_ref()), Some(&shrunk));
    assert_eq!(shrunk.length, 5 << 20);
    assert!(got[4..] == pattern(0, got.len() - 4), "and nothing did");
    assert_eq!(got.len() as u64, shrunk.offset + 4);
    if IN_KERNEL {
        assert_eq!((shrunk.offset, shrunk.wanted), (5 << 20, 3 << 20), "all that there was has gone");
    }
}

#[tokio::test]
async fn a_file_that_is_replaced_or_deleted_in_mid_send_is_sent_as_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("served");
    for delete in [false, true] {
        std::fs::write(&path, pattern(0, 4 << 20)).expect("room");
        let file = Arc::new(std::fs::File::open(&path).expect("it is there"));
        let (mut conn, peer) = kernel(tight().await);
        conn.out().file(FileRegion::whole(file).expect("its length"));
        conn.out().copy(b"tail");
        assert!(conn.flush().now_or_never().is_none(), "4 MiB do not fit");
        if delete {
            std::fs::remove_file(&path).expect("deleted");
        } else {
            let new = folder.path().join("new");
            std::fs::write(&new, b"another").expect("room");
            std::fs::rename(new, &path).expect("replaced");
        }
        let peer = tokio::spawn(drain(peer));
        conn.flush().await.expect("sent");
        drop(conn);
        assert!(peer.await.expect("no panic") == [&pattern(0, 4 << 20)[..], b"tail"].concat());
    }
}

/// The length was true when it was noted, and the caller vouches for it.
#[tokio::test]
async fn a_region_beyond_the_end_is_found_out_when_it_is_sent() {
    for known in [SENDFILE_FROM - 1, 100_000] {
        let (mut conn, peer) = kernel(sockets().await);
        let file = file(5000);
        conn.out().copy(b"head");
        conn.out().file(FileRegion::known(file, 0, known));
        conn.out().copy(b"tail");
        let fault = conn.flush().await.expect_err("it is shorter");
        assert!(matches!(fault, Fault::Io(error) if error.kind() == ErrorKind::UnexpectedEof));
        assert_eq!(conn.out().torn().map(|shrunk| shrunk.length), Some(5000));
        // The head does not wait for what will not come.
        let got = tokio::spawn(drain(peer));
        drop(conn);
        assert!(got.await.expect("no panic").starts_with(b"head"));
    }
}

/// A file of a kind that `sendfile` refuses is read.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_the_kernel_refuses_is_read() {
    // Such a file says that it has no length, and answers `sendfile` with EINVAL.
    const LEN: usize = 20_000;
    const FILE: &str = "/proc/kallsyms";
    let expected = std::fs::read(FILE).unwrap_or_default();
    if expected.len() < LEN {
        eprintln!("skipped: no {FILE}");
        return;
    }
    let file = Arc::new(std::fs::File::open(FILE).expect("it was read"));
    let (mut conn, peer) = kernel(sockets().await);
    conn.out().copy(b"head");
    conn.out().file(FileRegion::known(file, 0, LEN as u64));
    conn.out().copy(b"tail");
    conn.shutdown().await.expect("sent");
    assert_eq!(conn.ledger().file_out, 0);
    drop(conn);
    assert!(drain(peer).await == [b"head", &expected[..LEN], b"tail"].concat());
}

#[test]
fn a_blocking_connection_sends_files_too() {
    use wireview::blocking;

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = std::net::TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let (mut peer, _) = listener.accept().expect("somebody connects");
    let peer = std::thread::spawn(move || {
        let mut got = Vec::new();
        peer.read_to_end(&mut got).expect("received");
        got
    });
    let mut conn = blocking::Connection::new(stream, codec()).kernel();
    let expected = fill(&mut conn.out());
    conn.flush().expect("sent");
    check_ledger(conn.ledger(), expected.len());

    let short = file(100_000);
    conn.out().file(region(&short, 0, 100_000));
    conn.out().copy(b"the next message");
    short.set_len(60_000).expect("cut");
    let fault = conn.flush().expect_err("40,000 bytes are missing");
    assert!(matches!(fault, Fault::Io(error) if error.kind() == ErrorKind::UnexpectedEof));
    conn.out().clear();
    conn.out().copy(b"the next message");
    conn.flush().expect_err("nothing may follow");
    drop(conn);
    let got = peer.join().expect("no panic");
    let all = if IN_KERNEL { [expected, pattern(0, 60_000)].concat() } else { expected };
    assert!(got == all);
}

/// A queue that is cleared while a region is read for it does not send what was read in the place of another region.
#[tokio::test]
async fn what_was_read_for_a_queue_that_was_cleared_is_forgotten() {
    let (near, peer) = sockets().await;
    let mut conn = Connection::new(near, codec());
    let file = file(2 * SENDFILE_CHUNK);
    conn.out().file(region(&file, 0, 1000));
    assert!(conn.flush().now_or_never().is_none(), "it is read in the pool");
    conn.out().clear();
    conn.out().file(region(&file, 5000, 1000));
    conn.shutdown().await.expect("sent");
    drop(conn);
    assert!(drain(peer).await == pattern(5000, 1000));
}

/// What is not in memory is fetched in the pool, and gets there.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn cold_files_are_sent() {
    use rustix::fs::{Advice, fadvise};

    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cold");
    let mut file = std::fs::File::create(&path).expect("a file");
    file.write_all(&pattern(0, 3 << 20)).expect("room");
    file.sync_all().expect("on its disk");
    let file = Arc::new(std::fs::File::open(&path).expect("it is there"));
    // Such a file system has its files nowhere but in memory.
    let in_memory = rustix::fs::fstatfs(&*file).is_ok_and(|system| system.f_type == 0x0102_1994);
    for len in [1000, 3 << 20] {
        fadvise(&*file, 0, None, Advice::DontNeed).expect("dropped from memory");
        let (mut conn, peer) = kernel(sockets().await);
        conn.out().copy(b"head");
        conn.out().file(region(&file, 0, len));
        let peer = tokio::spawn(drain(peer));
        conn.shutdown().await.expect("sent");
        let cold = conn.ledger().cold_files;
        drop(conn);
        assert!(peer.await.expect("no panic") == [b"head", &pattern(0, len as usize)[..]].concat());
        if IN_KERNEL && len > 1000 {
            assert!(cold > 0 || in_memory, "it was dropped from memory, and nobody asked for it");
        }
        assert!(cold <= 1 + len / SENDFILE_CHUNK as u64);
    }
}
