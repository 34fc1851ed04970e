//! What is answered.

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::server::{self, Settings};
use crate::support::{Peer, Server, pattern};

#[test]
fn files_small_and_large_come_whole() {
    let server = Server::start();
    let mut peer = server.connect();
    for len in [0, 1, 1000, 16 << 10, (16 << 10) + 1, 100_000, 3 << 20] {
        let content = pattern(len);
        server.put("file.bin", &content);
        let answer = peer.get("/file.bin?query", "");
        assert_eq!((answer.status, answer.field("content-type")), (200, "application/octet-stream"));
        assert_eq!(answer.field("accept-ranges"), "bytes");
        assert!(answer.body == content, "{len} bytes");
        let head = peer.ask("HEAD", "/file.bin", "");
        assert_eq!(head.field("content-length"), len.to_string());
        assert_eq!(head.field("etag"), answer.field("etag"));
    }
}

#[test]
fn large_files_go_by_sendfile_alone() {
    let server = Server::start();
    server.put("file.bin", pattern(5 << 20));
    assert_eq!(server.get("/file.bin", "").body.len(), 5 << 20);
    server.await_metric("wireview_http_connections_open", 0);
    assert_eq!(server.metric("wireview_sent_bytes_total{path=\"sendfile\"}"), 5 << 20);
    assert_eq!(server.metric("wireview_sent_bytes_total{path=\"shared\"}"), 0);
    assert!(server.metric("wireview_sent_bytes_total{path=\"copied\"}") < 500, "the head alone was copied");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::start();
    server.put("a.txt", "one");
    server.put("b.html", pattern(50_000));
    let mut peer = server.connect();
    let ask = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    peer.send([ask("/a.txt"), ask("/b.html"), ask("/nothing"), ask("/a.txt")].concat());
    let first = peer.answer(false);
    assert_eq!((first.field("content-type"), first.text()), ("text/plain; charset=utf-8", "one".into()));
    let second = peer.answer(false);
    assert_eq!(second.field("content-type"), "text/html; charset=utf-8");
    assert!(second.body == pattern(50_000));
    assert_eq!(peer.answer(false).status, 404);
    assert_eq!(peer.answer(false).text(), "one");
    peer.send("GET /a.txt HTTP/1.0\r\n\r\n");
    assert!(peer.rest().ends_with("Connection: close\\r\\n\\r\\none"));
}

#[test]
fn ranges_are_parts_of_the_file() {
    let server = Server::start();
    let content = pattern(300_000);
    server.put("large.bin", &content);
    server.put("small.txt", "0123456789");
    let mut peer = server.connect();
    for (range, placed, part) in [
        ("bytes=0-0", "bytes 0-0/300000", 0..1),
        ("bytes=100000-250000", "bytes 100000-250000/300000", 100_000..250_001),
        ("bytes=299999-", "bytes 299999-299999/300000", 299_999..300_000),
        ("bytes=-5", "bytes 299995-299999/300000", 299_995..300_000),
    ] {
        let answer = peer.get("/large.bin", &format!("Range: {range}\r\n"));
        assert_eq!((answer.status, answer.field("content-range")), (206, placed));
        assert!(answer.body == content[part], "{range}");
    }
    assert_eq!(peer.get("/small.txt", "Range: bytes=2-4\r\n").text(), "234");

    let beyond = peer.get("/small.txt", "Range: bytes=10-\r\n");
    assert_eq!((beyond.status, beyond.field("content-range")), (416, "bytes */10"));
    // For `GET` alone, and if it is understood.
    assert_eq!(peer.ask("HEAD", "/small.txt", "Range: bytes=2-4\r\n").field("content-length"), "10");
    assert_eq!(peer.get("/small.txt", "Range: lines=2-4\r\n").status, 200);
    // Of the same file only.
    let tag = peer.ask("HEAD", "/small.txt", "").field("etag").to_owned();
    assert_eq!(peer.get("/small.txt", &format!("Range: bytes=1-1\r\nIf-Range: {tag}\r\n")).text(), "1");
    assert_eq!(peer.get("/small.txt", "Range: bytes=1-1\r\nIf-Range: \"other\"\r\n").text(), "0123456789");
}

#[test]
fn several_ranges_are_parts_of_one_body() {
    let server = Server::start();
    let content = pattern(300_000);
    server.put("large.png", &content);
    let answer = server.get("/large.png", "Range: bytes=10-19,200000-299999\r\n");
    assert_eq!(answer.status, 206);
    let boundary = answer.field("content-type").strip_prefix("multipart/byteranges; boundary=").expect("parts");
    let mut expected = Vec::new();
    for (placed, part) in [("10-19", 10..20), ("200000-299999", 200_000..300_000)] {
        let head =
            format!("\r\n--{boundary}\r\nContent-Type: image/png\r\nContent-Range: bytes {placed}/300000\r\n\r\n");
        expected.extend_from_slice(head.as_bytes());
        expected.extend_from_slice(&content[part]);
    }
    expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert!(answer.body == expected);
    assert_eq!(answer.find("content-range"), None);
}

#[test]
fn conditions_are_kept() {
    let server = Server::start();
    server.put("a.txt", "hello");
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    File::options().append(true).open(server.path("a.txt")).expect("there").set_modified(modified).expect("set");
    let mut peer = server.connect();
    let first = peer.get("/a.txt", "");
    let (tag, date) = (first.field("etag").to_owned(), first.field("last-modified").to_owned());
    assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    for (fields, status) in [
        (format!("If-None-Match: {tag}\r\n"), 304),
        (format!("If-Modified-Since: {date}\r\n"), 304),
        ("If-None-Match: \"other\"\r\n".into(), 200),
        ("If-Match: \"other\"\r\n".into(), 412),
        ("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n".into(), 412),
    ] {
        let answer = peer.get("/a.txt", &fields);
        assert_eq!(answer.status, status, "{fields}");
        if status == 304 {
            assert_eq!((answer.field("etag"), answer.find("content-length")), (&tag[..], None));
        }
    }
    server.put("a.txt", "changed");
    let changed = peer.get("/a.txt", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((changed.status, changed.text()), (200, "changed".into()));
    assert_ne!(changed.field("etag"), tag);
}

#[test]
fn the_encoding_is_what_the_client_wants_most() {
    let server = Server::start();
    server.put("a.js", "plain");
    // Made of the file, so not older.
    server.put("a.js.br", "brotli");
    server.put("a.js.gz", "gzip");
    server.put("lonely.js", "plain");
    let mut peer = server.connect();
    let mut tags = Vec::new();
    for (accepted, coding, body) in [
        ("", None, "plain"),
        ("Accept-Encoding: gzip, br\r\n", Some("br"), "brotli"),
        ("Accept-Encoding: gzip;q=1.0, br;q=0.5\r\n", Some("gzip"), "gzip"),
        ("Accept-Encoding: br;q=0, gzip;q=0\r\n", None, "plain"),
        ("Accept-Encoding: gzip;q=0.2, identity;q=0.5\r\n", None, "plain"),
        ("Accept-Encoding: zstd, deflate\r\n", None, "plain"),
        ("Accept-Encoding: deflate\r\nAccept-Encoding: gzip\r\n", Some("gzip"), "gzip"),
    ] {
        let answer = peer.get("/a.js", accepted);
        assert_eq!((answer.find("content-encoding"), &answer.text()[..]), (coding, body), "{accepted}");
        assert_eq!(answer.field("vary"), "Accept-Encoding");
        assert_eq!(answer.field("content-type"), "text/javascript; charset=utf-8");
        tags.push(answer.field("etag").to_owned());
    }
    assert_ne!(tags[0], tags[1]);
    assert_ne!(tags[1], tags[2]);
    assert_eq!(peer.get("/a.js", "Accept-Encoding: gzip\r\nRange: bytes=1-2\r\n").text(), "zi");
    let refused = peer.get("/a.js", "Accept-Encoding: zstd, identity;q=0\r\n");
    assert_eq!((refused.status, refused.field("vary")), (406, "Accept-Encoding"));
    assert_eq!(peer.get("/lonely.js", "Accept-Encoding: br\r\n").find("vary"), None);

    // One that is older than its file was made of another.
    server.put("a.js", "newer");
    let past = SystemTime::now() - Duration::from_secs(100);
    for name in ["a.js.br", "a.js.gz"] {
        File::options().append(true).open(server.path(name)).expect("there").set_modified(past).expect("set");
    }
    assert_eq!(peer.get("/a.js", "Accept-Encoding: br\r\n").text(), "newer");
}

#[test]
fn directories_have_an_index_or_a_list() {
    let listing = Settings { listing: true, valid: Duration::ZERO, ..Settings::default() };
    let server = Server::with(listing);
    server.put("with/index.html", "<p>");
    server.put("\\with/index.html", "");
    server.put("without/<b>.txt", "");
    let mut peer = server.connect();
    for (target, location) in [
        ("/with", "/with/"),
        ("/with?a=b", "/with/?a=b"),
        // Not another host.
        ("//with", "/with/"),
        ("/\\with", "/%5Cwith/"),
        ("http://a/with", "/with/"),
    ] {
        let answer = peer.get(target, "");
        assert_eq!((answer.status, answer.field("location")), (301, location), "{target}");
    }
    assert_eq!(peer.get("/with/", "").text(), "<p>");
    let list = peer.get("/without/", "");
    assert_eq!(list.field("content-type"), "text/html; charset=utf-8");
    assert!(list.text().contains("href=\\\"./%3Cb%3E.txt\\\">&lt;b&gt;.txt</a>"), "{}", list.text());
    assert_eq!(peer.get("/", "").status, 200);
    assert_eq!(peer.get("/with/index.html/", "").status, 404);

    let server = Server::start();
    server.put("without/a", "");
    assert_eq!(server.get("/without/", "").status, 403);
    assert_eq!(server.get("/", "").status, 403);
}

#[test]
fn requests_that_are_none_are_refused() {
    let server = Server::start();
    server.put("a.txt", "hello");
    for (request, status) in [
        ("GET /a.txt HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /a.txt HTTP/2.0\r\nHost: a\r\n\r\n".into(), 505),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n".into(), 400),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(20_000)), 431),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(1000)), 431),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n".into(), 405),
    ] {
        let mut peer = server.connect();
        peer.send(&request);
        let answer = peer.answer(false);
        assert_eq!(answer.status, status, "{request:.60}");
        assert_eq!(answer.field("connection"), "close");
        assert_eq!(peer.rest(), "");
    }
    let mut peer = server.connect();
    assert_eq!(peer.ask("DELETE", "/a.txt", "").field("allow"), "GET, HEAD, OPTIONS");
    assert_eq!(peer.ask("OPTIONS", "*", "").status, 204);
    assert_eq!(peer.get("*", "").status, 400);
    assert_eq!(peer.get("/a.txt", "").text(), "hello");
    server.await_metric("wireview_http_answers_total{status=\"405\"}", 2);
}

#[test]
fn bodies_of_requests_are_passed_over() {
    let server = Server::start();
    server.put("a.txt", "hello");
    let mut peer = server.connect();
    let chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
    for (fields, body) in [("Content-Length: 5\r\n", "12345"), (chunks, "")] {
        peer.send(format!("GET /a.txt HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}"));
        assert_eq!(peer.answer(false).text(), "hello");
    }
    // More than is ever in memory.
    let long = 500_000;
    peer.send(format!("POST /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: {long}\r\n\r\n"));
    peer.send(vec![b'x'; long]);
    assert_eq!(peer.answer(false).status, 405);
    assert_eq!(peer.get("/a.txt", "").text(), "hello");
    // Whether it is sent nobody knows.
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    let answer = peer.answer(false);
    assert_eq!((answer.status, answer.field("connection")), (405, "close"));
    assert_eq!(peer.rest(), "");
    // More than is waited for.
    let mut peer = server.connect();
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
    assert_eq!(peer.answer(false).field("connection"), "close");
}

#[test]
fn what_is_believed_is_looked_at_again() {
    let hour = Duration::from_secs(3600);
    let server = Server::with(Settings { valid: hour, cached: 4, ..Settings::default() });
    server.put("a.txt", "old");
    assert_eq!(server.get("/a.txt", "").text(), "old");
    std::fs::remove_file(server.path("a.txt")).expect("there");
    assert_eq!(server.get("/a.txt", "").text(), "old", "it is believed for an hour");
    // Others take its place.
    for name in ["b", "c", "d", "e"] {
        server.put(name, name);
        assert_eq!(server.get(&format!("/{name}"), "").text(), name);
        assert_eq!(server.get(&format!("/{name}"), "").text(), name);
    }
    assert_eq!(server.get("/a.txt", "").status, 404);
    assert!(server.metric("wireview_cache_pages") <= 4);
    assert_eq!(server.metric("wireview_cache_lookups_total{found=\"1\"}"), 5);
}

#[test]
fn what_was_asked_is_logged() {
    let server = Server::with(Settings { log: Some("-".into()), ..Settings::default() });
    server.put("a.txt", "hello");
    let mut peer = server.connect();
    peer.get("/a.txt?x=\"y\"", "User-Agent: me \"and\" \\ \u{e4}\r\nReferer: there\r\n");
    peer.ask("HEAD", "/nothing", "");
    let (stop, stopped) = std::sync::mpsc::channel();
    drop(stop);
    let mut log = Vec::new();
    server::write_log(&server.site, &mut log, &stopped).expect("written");
    let log = String::from_utf8(log).expect("text");
    let lines: Vec<&str> = log.lines().map(|line| line.split_once("] ").expect("a time").1).collect();
    assert_eq!(
        lines,
        [
            r#""GET /a.txt?x=\x22y\x22 HTTP/1.1" 200 5 "there" "me \x22and\x22 \x5C \xC3\xA4""#,
            r#""HEAD /nothing HTTP/1.1" 404 0 "-" "-""#
        ]
    );
}

#[test]
fn connections_are_bounded() {
    let server = Server::with(Settings { connections: 1, ..Settings::default() });
    server.put("a.txt", "hello");
    let mut first = server.connect();
    assert_eq!(first.get("/a.txt", "").text(), "hello");
    let mut second = server.connect();
    second.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(first.get("/a.txt", "").text(), "hello");
    assert_eq!(server.metric("wireview_http_connections_total"), 1);
    drop::<Peer>(first);
    assert_eq!(second.answer(false).text(), "hello");
}
