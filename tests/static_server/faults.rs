//! Peers and files that do not do what they should.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use crate::server::Settings;
use crate::support::{Peer, Server, pattern};

/// More than the buffers of both sockets hold.
const LARGE: usize = 64 << 20;

const SHORT: Duration = Duration::from_millis(50);

/// A file of [`LARGE`] zeroes, marked at both ends.
fn large(server: &Server, name: &str) {
    let file = File::create(server.path(name)).expect("made");
    file.set_len(LARGE as u64).expect("room");
    file.write_all_at(b"begin", 0).expect("written");
    file.write_all_at(b"end", LARGE as u64 - 3).expect("written");
}

/// A peer that has asked for the file, has seen the head of the answer, and reads no further.
fn begin(server: &Server, name: &str) -> Peer {
    let mut peer = server.connect();
    peer.send(format!("GET /{name} HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(peer.head().contains(&format!("Content-Length: {LARGE}\r\n")));
    peer
}

fn check_whole(mut peer: Peer) {
    let body = peer.read(LARGE);
    assert_eq!(body.len(), LARGE);
    assert!(body.starts_with(b"begin\0") && body.ends_with(b"\0end"));
}

#[test]
fn heads_that_trickle_are_given_up() {
    let server = Server::with(Settings { head: SHORT, ..Settings::default() });
    server.put("a.txt", "hello");
    let mut peer = server.connect();
    assert_eq!(peer.get("/a.txt", "").text(), "hello");
    peer.send("GET /a.txt HTTP/1.1\r\nHos");
    let answer = peer.answer(false);
    assert_eq!((answer.status, answer.field("connection")), (408, "close"));
    assert_eq!(peer.rest(), "");
    // Bytes that come are no excuse.
    let mut peer = server.connect();
    let trickled = std::iter::repeat_n(b'x', 100_000).try_for_each(|byte| {
        std::thread::sleep(Duration::from_millis(1));
        std::io::Write::write_all(&mut peer.stream, &[byte])
    });
    assert!(trickled.is_err(), "the server still listens");
    server.await_metric("wireview_http_deadlines_total{waited_for=\"end_of_head\"}", 2);
}

#[test]
fn idle_connections_are_closed() {
    let server = Server::with(Settings { idle: SHORT, ..Settings::default() });
    assert_eq!(server.connect().rest(), "");
    server.await_metric("wireview_http_deadlines_total{waited_for=\"request\"}", 1);
}

#[test]
fn a_peer_that_reads_nothing_is_left() {
    let server = Server::with(Settings { write: SHORT, ..Settings::default() });
    large(&server, "large.bin");
    let mut peer = begin(&server, "large.bin");
    server.await_metric("wireview_http_deadlines_total{waited_for=\"reader\"}", 1);
    server.await_metric("wireview_http_connections_open", 0);
    assert!(peer.read(LARGE).len() < LARGE);
}

#[test]
fn a_slow_reader_gets_everything() {
    let server = Server::start();
    let content = pattern(8 << 20);
    server.put("a.bin", &content);
    let mut peer = server.connect();
    peer.send("GET /a.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    peer.head();
    let mut got = peer.take_ahead();
    let mut some = [0; 777];
    while let read @ 1.. = peer.stream.read(&mut some).expect("not reset") {
        got.extend_from_slice(&some[..read]);
    }
    assert!(got == content);
}

#[test]
fn a_file_that_shrinks_ends_the_connection() {
    let server = Server::start();
    server.put("other.txt", "hello");
    large(&server, "large.bin");
    let mut peer = begin(&server, "large.bin");
    peer.send("GET /other.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    let file = File::options().write(true).open(server.path("large.bin")).expect("there");
    file.set_len(1000).expect("cut");
    let body = peer.read(LARGE + 1000);
    assert!(body.len() < LARGE, "nothing stands in for what is missing");
    assert!(!body.windows(4).any(|four| four == b"HTTP"), "no answer is sent as the end of a file");
    server.await_metric("wireview_http_files_shrunk_total", 1);
    assert_eq!(server.get("/large.bin", "").body.len(), 1000);
    assert_eq!(server.get("/other.txt", "").text(), "hello");
}

#[test]
fn a_file_that_is_replaced_or_deleted_is_sent_as_it_was() {
    let server = Server::start();
    large(&server, "large.bin");
    let peer = begin(&server, "large.bin");
    server.put("new.bin", "new");
    fs::rename(server.path("new.bin"), server.path("large.bin")).expect("replaced");
    assert_eq!(server.get("/large.bin", "").text(), "new");
    check_whole(peer);

    large(&server, "gone.bin");
    let peer = begin(&server, "gone.bin");
    fs::remove_file(server.path("gone.bin")).expect("there");
    assert_eq!(server.get("/gone.bin", "").status, 404);
    check_whole(peer);
}

#[test]
fn a_client_that_resets_costs_only_itself() {
    let server = Server::start();
    server.put("a.txt", "hello");
    large(&server, "large.bin");
    let kept = begin(&server, "large.bin");
    for _ in 0..20 {
        // With bytes unread, closing is a reset.
        drop(begin(&server, "large.bin"));
    }
    server.await_metric("wireview_http_connections_open", 1);
    assert_eq!(server.get("/a.txt", "").text(), "hello");
    check_whole(kept);
}

#[test]
fn answers_under_way_are_finished_when_the_server_stops() {
    let mut server = Server::start();
    large(&server, "large.bin");
    let peer = begin(&server, "large.bin");
    let idle = server.connect();
    server.await_metric("wireview_http_connections_open", 2);
    server.begin_to_stop();
    assert_eq!(idle.rest(), "");
    check_whole(peer);
    server.stop();
}

#[test]
fn five_thousand_bad_heads_are_five_thousand_refusals() {
    let server = Server::start();
    server.put("a.txt", "hello");
    let lawful = b"GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nIf-None-Match: \"x\"\r\n\r\n";
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for _ in 0..5000 {
        let mut head = lawful.to_vec();
        for _ in 0..1 + random(3) {
            let at = random(head.len());
            head[at] = random(256) as u8;
        }
        let mut peer = server.connect();
        peer.send(&head);
        peer.stream.shutdown(std::net::Shutdown::Write).expect("open");
        let mut answer = Vec::new();
        // What was sent behind a request that closes may reset.
        let _ = peer.stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "), "{}", answer.escape_ascii());
        refused += usize::from(answer.starts_with(b"HTTP/1.1 400"));
    }
    assert!(refused > 1000, "{refused} were refused");
    assert_eq!(server.get("/a.txt", "").text(), "hello");
    server.await_metric("wireview_http_connections_open", 0);
}
