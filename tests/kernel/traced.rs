//! That `sendfile` and `splice` ran, and that no payload came into the process, as `strace` has seen it.
#![cfg(all(target_os = "linux", not(wireview_portable)))]

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream as Blocking};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::TcpStream;
use wireview::kernel::Forwarding;
use wireview::tokio::Connection;
use wireview::{Arrival, FileRegion, Limits};

use crate::child::{command, told};
use crate::support::{codec, pattern};

const PAYLOAD: usize = 4 << 20;

/// What a process reads and writes besides: its own libraries, `/proc`, what the test harness prints, the head of a frame and
/// what comes with it in one read.
const BESIDES: u64 = 200_000;

const CALLS: &str = "trace=read,readv,pread64,preadv,preadv2,recvfrom,recvmsg,\
                     write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendfile,splice";

/// Runs the test `name` under strace, and says how many bytes each kind of call has moved; `None` without strace.
fn trace(name: &str, tell: &str) -> Option<HashMap<String, u64>> {
    let log = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = log.path().to_str().expect("a plain path");
    let run = command(&["strace", "-f", "-qq", "-o", path, "-e", CALLS], name, tell).output();
    let Ok(output) = run else {
        eprintln!("skipped: no strace");
        return None;
    };
    let trace = std::fs::read_to_string(path).expect("strace wrote it");
    if !output.status.success() && trace.is_empty() {
        eprintln!("skipped: strace may not trace: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut moved = HashMap::new();
    for line in trace.lines() {
        // `123 sendfile(7, 8, …) = 65536`, or `123 <... sendfile resumed> …) = 65536` if another thread came between.
        let Some((call, result)) = line.rsplit_once(" = ") else { continue };
        let Ok(count) = result.split(' ').next().unwrap_or_default().parse::<u64>() else { continue };
        let call = call.split_once(' ').map_or(call, |(_, call)| call.trim_start());
        let name = match call.strip_prefix("<... ") {
            Some(resumed) => resumed.split(' ').next(),
            None => call.split('(').next(),
        };
        *moved.entry(name.unwrap_or_default().to_owned()).or_default() += count;
    }
    Some(moved)
}

/// What came into the process, and what it wrote, but for `sendfile` and `splice`.
fn through(moved: &HashMap<String, u64>) -> (u64, u64) {
    let sum = |names: &[&str]| names.iter().filter_map(|name| moved.get(*name)).sum();
    (
        sum(&["read", "readv", "pread64", "preadv", "preadv2", "recvfrom", "recvmsg"]),
        sum(&["write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg"]),
    )
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    (listener, address)
}

/// Accepts one connection and reads it to its end.
fn sink(listener: TcpListener) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("somebody connects");
        let mut got = Vec::new();
        peer.read_to_end(&mut got).expect("received");
        got
    })
}

/// Accepts one connection and writes `bytes`.
fn source(listener: TcpListener, bytes: Vec<u8>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("somebody connects");
        peer.write_all(&bytes).expect("taken");
        peer.shutdown(std::net::Shutdown::Write).expect("half closed");
        // Until the other end is done.
        let _ = peer.read(&mut [0]);
    })
}

/// Ends a listener that nobody may have connected to.
fn release(address: &str) {
    drop(Blocking::connect(address));
}

#[test]
fn a_file_is_sent_without_being_read() {
    let (listener, address) = listen();
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&pattern(0, PAYLOAD)).expect("room");
    let got = sink(listener);
    let path = file.path().to_str().expect("a plain path");
    let moved = trace("traced::child_sends_a_file", &format!("{address} {path}"));
    release(&address);
    let got = got.join().expect("no panic");
    let Some(moved) = moved else { return };
    assert!(got == [b"head", &pattern(0, PAYLOAD)[..]].concat());
    assert_eq!(moved.get("sendfile"), Some(&(PAYLOAD as u64)), "{moved:?}");
    let (read, written) = through(&moved);
    assert!(read < BESIDES && written < BESIDES, "{moved:?}");
}

#[tokio::test]
#[ignore = "run by a_file_is_sent_without_being_read"]
async fn child_sends_a_file() {
    let told = told().expect("run by a_file_is_sent_without_being_read");
    let (address, path) = told.split_once(' ').expect("both");
    let stream = TcpStream::connect(address).await.expect("it listens");
    let mut conn = Connection::new(stream, codec()).kernel();
    conn.out().copy(b"head");
    conn.out().file(FileRegion::whole(Arc::new(File::open(path).expect("it is there"))).expect("its length"));
    conn.shutdown().await.expect("sent");
    assert_eq!(conn.ledger().file_out, PAYLOAD as u64);
}

#[test]
fn a_connection_is_forwarded_without_being_read() {
    let ((from, from_address), (to, to_address)) = (listen(), listen());
    let (said, got) = (source(from, pattern(0, PAYLOAD)), sink(to));
    let moved = trace("traced::child_forwards", &format!("{from_address} {to_address}"));
    release(&from_address);
    release(&to_address);
    let got = got.join().expect("no panic");
    said.join().expect("no panic");
    let Some(moved) = moved else { return };
    assert!(got == pattern(0, PAYLOAD));
    check_spliced(&moved);
}

fn check_spliced(moved: &HashMap<String, u64>) {
    // Once into a pipe, once out of it.
    let spliced = moved.get("splice").copied().unwrap_or(0) / 2;
    assert!(spliced + BESIDES > PAYLOAD as u64, "{moved:?}");
    let (read, written) = through(moved);
    assert!(read < BESIDES && written < BESIDES, "{moved:?}");
}

#[tokio::test]
#[ignore = "run by a_connection_is_forwarded_without_being_read"]
async fn child_forwards() {
    let told = told().expect("run by a_connection_is_forwarded_without_being_read");
    let (a, b) = told.split_once(' ').expect("both");
    let mut a = TcpStream::connect(a).await.expect("it listens");
    let mut b = TcpStream::connect(b).await.expect("it listens");
    let mut forwarding = Forwarding::new();
    forwarding.run(&mut a, &mut b).await.expect("both were done");
    assert_eq!(forwarding.to_b().total(), PAYLOAD as u64);
}

#[test]
fn a_body_is_passed_on_without_being_read() {
    let ((from, from_address), (to, to_address)) = (listen(), listen());
    let frame = [&(PAYLOAD as u32).to_be_bytes()[..], &pattern(0, PAYLOAD)].concat();
    let (said, got) = (source(from, frame), sink(to));
    let moved = trace("traced::child_passes_a_body_on", &format!("{from_address} {to_address}"));
    release(&from_address);
    release(&to_address);
    let got = got.join().expect("no panic");
    said.join().expect("no panic");
    let Some(moved) = moved else { return };
    assert!(got == pattern(0, PAYLOAD));
    check_spliced(&moved);
}

#[tokio::test]
#[ignore = "run by a_body_is_passed_on_without_being_read"]
async fn child_passes_a_body_on() {
    let told = told().expect("run by a_body_is_passed_on_without_being_read");
    let (from, to) = told.split_once(' ').expect("both");
    let from = TcpStream::connect(from).await.expect("it listens");
    let mut from = Connection::with_limits(from, codec(), Limits::new().stream_above(1000));
    let mut to = Connection::new(TcpStream::connect(to).await.expect("it listens"), codec());
    assert!(matches!(from.next_or_body().await, Ok(Some(Arrival::Body { .. }))));
    from.body_to(&mut to).await.expect("passed on");
    to.shutdown().await.expect("sent");
}
