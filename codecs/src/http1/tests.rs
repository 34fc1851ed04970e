use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wireview::{Codec, Deframer, Encode, Gather, Kind, Outgoing, Result};

use super::line::{Bounds, State};
use super::scan::Scan;
use super::*;

/// The parts of a stream and its end, each in a few words.
fn tell<C: Codec>(codec: C, input: &[u8], part: impl for<'a> Fn(wireview::View<'a, C>) -> String) -> Vec<String> {
    let mut deframer = Deframer::new(codec);
    deframer.feed(input);
    let mut told = Vec::new();
    for round in 0..2 {
        loop {
            match deframer.next() {
                Ok(Some(lent)) => told.push(part(lent.view().expect("a part"))),
                Ok(None) => break,
                Err(error) => {
                    told.push(format!("{} {:?} {}", error.field(), error.kind(), error.offset()));
                    return told;
                }
            }
        }
        if round == 0 {
            deframer.finish();
        }
    }
    told
}

fn request(part: Part<Request<&[u8]>, &[u8]>) -> String {
    match part {
        Part::Head(head) => format!(
            "{} {} {:?}{}{}",
            head.method().escape_ascii(),
            head.target().escape_ascii(),
            head.framing(),
            if head.keep_alive() { "" } else { " close" },
            if head.wants_upgrade() { " upgrade" } else { "" },
        ),
        other => body(other),
    }
}

fn response(part: Part<Response<&[u8]>, &[u8]>) -> String {
    match part {
        Part::Head(head) => format!(
            "{} {} {:?}{}{}",
            head.status(),
            head.reason().escape_ascii(),
            head.framing(),
            if head.keep_alive() { "" } else { " close" },
            if head.is_tunnel() { " tunnel" } else { "" },
        ),
        other => body(other),
    }
}

fn body<H>(part: Part<H, &[u8]>) -> String {
    match part {
        Part::Head(_) => unreachable!(),
        Part::Body(data) => format!("body {}", data.escape_ascii()),
        Part::Chunk(chunk) => format!("chunk {} {:?}", chunk.data().escape_ascii(), chunk.extensions().count()),
        Part::End(end) => format!("end {} {}", end.fields().len(), end.extensions().count()),
        Part::Rest(data) => format!("rest {}", data.escape_ascii()),
    }
}

fn requests(input: &[u8]) -> Vec<String> {
    tell(Requests::new(), input, request)
}

fn responses(input: &[u8]) -> Vec<String> {
    tell(Responses::new(), input, response)
}

/// A request with `fields` behind its host.
fn with(fields: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes()
}

/// The host line ends here.
const FIELDS: usize = 26;

#[test]
fn what_is_refused_and_where() {
    // Offsets count from the start of the stream, which is that of the frame.
    for (input, end) in [
        // RFC 9112, 3: method SP request-target SP HTTP-version CRLF
        ("GET\r\n\r\n", "method Malformed 3"),
        (" GET / HTTP/1.1\r\n\r\n", "method Malformed 0"),
        ("GE(T / HTTP/1.1\r\n\r\n", "method Malformed 2"),
        ("\u{16}\u{3}\u{1}", "method Malformed 0"),
        ("GET  / HTTP/1.1\r\n\r\n", "target Malformed 4"),
        ("GET /\u{e9} HTTP/1.1\r\n\r\n", "target Malformed 5"),
        ("GET /\t HTTP/1.1\r\n\r\n", "target Malformed 5"),
        ("GET /\r\n", "target Malformed 5"),
        ("GET / a HTTP/1.1\r\n\r\n", "version Malformed 6"),
        ("GET /  HTTP/1.1\r\n\r\n", "version Malformed 6"),
        ("GET / http/1.1\r\n\r\n", "version Malformed 6"),
        ("GET / HTTP/2.0\r\n\r\n", "version Unsupported 11"),
        ("GET / HTTP/1.2\r\n\r\n", "version Unsupported 13"),
        ("GET / HTTP/1x1\r\n\r\n", "version Malformed 12"),
        ("GET / HTTP/1.1 \r\n\r\n", "line end Malformed 14"),
        ("GET / HTTP/1.1\n\n", "line end Malformed 14"),
        ("GET / HTTP/1.1\rX", "line end Malformed 15"),
        ("\n", "method Malformed 0"),
        ("\rG", "line end Malformed 1"),
        // RFC 9112, 5: field-name ":" OWS field-value OWS
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "line folding Malformed 16"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "header name Malformed 20"),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", "header name Malformed 20"),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", "header name Malformed 16"),
        ("GET / HTTP/1.1\r\nH\u{e4}: a\r\n\r\n", "header name Malformed 17"),
        ("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", "header value Malformed 20"),
        ("GET / HTTP/1.1\r\nA: b\x7fc\r\n\r\n", "header value Malformed 20"),
        ("GET / HTTP/1.1\r\nA: b\n\r\n", "line end Malformed 20"),
        ("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "line end Malformed 21"),
        ("GET / HTTP/1.1\r\n\rX", "line end Malformed 17"),
        // RFC 9112, 3.2
        ("GET / HTTP/1.1\r\n\r\n", "Host Malformed 16"),
        ("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "Host Malformed 31"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "Host Malformed 23"),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "Host Malformed 23"),
        ("GET / HTTP/1.1\r\nHost: abcdefghijklmnopqrst@b\r\n\r\n", "Host Malformed 42"),
    ] {
        let input: Vec<u8> = input.chars().map(|c| c as u8).collect();
        assert_eq!(requests(&input), [end], "{}", input.escape_ascii());
    }
}

/// RFC 9112, 6: what would let two readers see two messages.
#[test]
fn no_two_readers_see_two_messages() {
    for (fields, end) in [
        ("Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length Malformed 61"),
        ("Content-Length: 1, 1\r\n", "Content-Length Malformed 43"),
        ("Content-Length: +1\r\n", "Content-Length Malformed 42"),
        ("Content-Length: -1\r\n", "Content-Length Malformed 42"),
        ("Content-Length: 0x1\r\n", "Content-Length Malformed 43"),
        ("Content-Length: 1 1\r\n", "Content-Length Malformed 43"),
        ("Content-Length: \r\n", "Content-Length Malformed 42"),
        ("Content-Length: 18446744073709551616\r\n", "Content-Length Overflow 61"),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding Malformed 64"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "Content-Length Malformed 70"),
        ("Transfer-Encoding: identity\r\n", "Transfer-Encoding Malformed 45"),
        ("Transfer-Encoding: gzip\r\n", "Transfer-Encoding Malformed 45"),
        ("Transfer-Encoding: xchunked\r\n", "Transfer-Encoding Malformed 45"),
        ("Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding Malformed 53"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding Malformed 73"),
        ("Transfer-Encoding: chunked;q=1\r\n", "Transfer-Encoding Malformed 45"),
        ("Transfer-Encoding: x;a=\"b,chunked\r\n", "Transfer-Encoding Unsupported 45"),
        ("Transfer-Encoding: ,\r\n", "Transfer-Encoding Malformed 45"),
        ("Transfer-Encoding:\r\n", "Transfer-Encoding Malformed 44"),
        ("Transfer-Encoding:\x0bchunked\r\n", "header value Malformed 44"),
        ("Transfer-Encoding : chunked\r\n", "header name Malformed 43"),
    ] {
        let input = with(fields);
        assert_eq!(FIELDS - 1, "POST / HTTP/1.1\r\nHost: a\r".len());
        assert_eq!(requests(&input), [end], "{fields:?}");
    }
    let old = b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(requests(old), ["Transfer-Encoding Malformed 36"]);
    assert_eq!(requests(&with("Transfer-Encoding: gzip, ,\tCHUNKED ,\r\n"))[0], "POST / Chunked");
    assert_eq!(requests(&with("Content-Length: 00\r\n")), ["POST / None"]);
}

/// Names are compared by words: each letter counts, in either case, and nothing else is taken for it.
#[test]
fn known_names_are_known_by_every_letter() {
    let head = |name: &str, value: &str| format!("GET / HTTP/1.1\r\n{name}: {value}\r\nHost: b\r\n\r\n").into_bytes();
    let plain = requests(&head("X", "y"));
    assert_eq!(plain, ["GET / None"]);
    for (name, value) in [
        ("Host", "a"),
        ("Expect", "100-continue"),
        ("Connection", "close"),
        ("Connection", "keep-alivf, close"),
        ("Content-Length", "0x"),
        ("Transfer-Encoding", "x"),
    ] {
        let told = |input: &[u8]| {
            tell(Requests::new(), input, |part| {
                let waits = part.head().is_some_and(|head| head.expects_continue());
                format!("{}{}", request(part), if waits { " expects" } else { "" })
            })
        };
        let known = told(&head(name, value));
        assert_ne!(known, plain, "{name}");
        assert_eq!(told(&head(&name.to_uppercase(), value)), known);
        assert_eq!(told(&head(&name.to_lowercase(), value)), known);
        for at in 0..name.len() {
            for other in ['x', '_', '-', '.', '0', '~'] {
                let mut near = String::from(&name[..at]);
                near.push(other);
                near.push_str(&name[at + 1..]);
                if !near.eq_ignore_ascii_case(name) {
                    assert_eq!(told(&head(&near, value)), plain, "{near} is not {name}");
                }
            }
        }
    }
    for near in ["keep-alivE", "Keep-Alive", "keep_alive", "keep-alive-", "keep.alive"] {
        let input = format!("GET / HTTP/1.0\r\nConnection: {near}\r\n\r\n");
        let keeps = near.eq_ignore_ascii_case("keep-alive");
        assert_eq!(requests(input.as_bytes())[0], if keeps { "GET / None" } else { "GET / None close" }, "{near}");
    }
}

#[test]
fn bodies_follow_their_heads() {
    let mut input = with("Content-Length: 5\r\n");
    input.extend_from_slice(b"helloGET / HTTP/1.0\r\n\r\n");
    assert_eq!(requests(&input), ["POST / Length(5)", "body hello", "GET / None close"]);

    let mut input = with("Transfer-Encoding: chunked\r\n");
    input.extend_from_slice(
        b"5\r\nhello\r\n0a ;x=\"\\\"\" ; y = z\r\n0123456789\r\n000;q\r\nA: b\r\nContent-Length: 9\r\n\r\n\r\n",
    );
    assert_eq!(requests(&input), ["POST / Chunked", "chunk hello 0", "chunk 0123456789 2", "end 2 1"]);
    let rest = |rest: &[u8]| {
        let mut input = with("Transfer-Encoding: chunked\r\n");
        input.extend_from_slice(rest);
        requests(&input).split_off(1)
    };
    for (input, end) in [
        (&b"\r\n"[..], "chunk size Malformed 0"),
        (b"x\r\n", "chunk size Malformed 0"),
        (b"-1\r\n", "chunk size Malformed 0"),
        (b"0x1\r\n", "chunk size Malformed 1"),
        (b"1 \r\n", "chunk size Malformed 2"),
        (b"1\n", "chunk size Malformed 1"),
        (b"1\rx", "line end Malformed 2"),
        (b"ffffffffffffffff1\r\n", "chunk size Overflow 16"),
        (b"10000000000000000\r\n", "chunk size Overflow 16"),
        (b"0000000000000000000000fffffffffffffffg", "chunk size Malformed 37"),
        (b"1;\r\n", "chunk extension Malformed 2"),
        (b"1;a=\r\n", "chunk extension Malformed 4"),
        (b"1;a=\"b\r\n", "chunk extension Malformed 6"),
        (b"1;a b\r\n", "chunk extension Malformed 4"),
        (b"1;a\n", "chunk extension Malformed 3"),
        (b"0\r\n A: b\r\n\r\n", "line folding Malformed 3"),
        (b"0\r\nA\r\n\r\n", "header name Malformed 4"),
        (b"0\r\nA: b\r\n", "frame Eof 9"),
    ] {
        assert_eq!(rest(input), [end], "{}", input.escape_ascii());
    }
    assert_eq!(rest(b"1\r\nab"), ["chunk a 0", "chunk end Malformed 0"]);
    assert_eq!(rest(b"1\r\na\rb"), ["chunk a 0", "chunk end Malformed 1"]);
    assert_eq!(rest(b"1\r\na"), ["chunk a 0", "frame Eof 0"]);
    assert_eq!(rest(b"1\r\na\r\n"), ["chunk a 0", "frame Eof 0"]);
    assert_eq!(rest(b"4\r\nabc"), ["frame Eof 6"]);
}

#[test]
fn a_connection_goes_on_or_does_not() {
    let line = |minor: u8, fields: &str| format!("GET / HTTP/1.{minor}\r\nHost: a\r\n{fields}\r\nX").into_bytes();
    for (minor, fields, head, end) in [
        (1, "", "GET / None", "frame Eof 1"),
        (1, "Connection: x, Close\r\n", "GET / None close", "data after close Malformed 0"),
        (1, "Connection: keep-alive, close\r\n", "GET / None close", "data after close Malformed 0"),
        (1, "Connection: closed\r\n", "GET / None", "frame Eof 1"),
        (0, "", "GET / None close", "data after close Malformed 0"),
        (0, "Connection: Keep-Alive\r\n", "GET / None", "frame Eof 1"),
        (0, "Connection:a,keep-alive\r\n", "GET / None", "frame Eof 1"),
        (1, "Connection: upgrade\r\nUpgrade: h2c\r\n", "GET / None upgrade", "frame Eof 1"),
        (1, "Upgrade: h2c\r\n", "GET / None", "frame Eof 1"),
        (0, "Connection: upgrade, keep-alive\r\nUpgrade: h2c\r\n", "GET / None", "frame Eof 1"),
    ] {
        assert_eq!(requests(&line(minor, fields)), [head, end], "{minor} {fields:?}");
    }
    assert_eq!(requests(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), ["CONNECT a:1 None"]);
    let content = b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
    assert_eq!(requests(content), ["CONNECT a:1 None close"], "what follows is the tunnel's, or nobody's");
}

#[test]
fn a_batch_stops_where_the_protocol_may_change() {
    let upgrade = "Connection: upgrade\r\nUpgrade: x\r\n";
    for (first, frames) in [
        (with(upgrade), 1),
        (with(&format!("{upgrade}Content-Length: 1\r\n")), 2),
        (with(&format!("{upgrade}Transfer-Encoding: chunked\r\n")), 3),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 1),
    ] {
        let mut input = first.clone();
        input.extend_from_slice(match frames {
            2 => b"x",
            3 => b"1\r\nx\r\n0\r\n\r\n",
            _ => b"",
        });
        input.extend_from_slice(&with(""));
        let mut deframer = Deframer::new(Requests::new());
        deframer.feed(&input);
        assert_eq!(deframer.views().expect("lawful").count(), frames, "{}", first.escape_ascii());
        assert!(deframer.codec().barrier());
        assert_eq!(deframer.views().expect("lawful").count(), 1, "if it does not change, HTTP goes on");
        assert!(!deframer.codec().barrier());
    }
}

#[test]
fn responses_end_as_their_requests_and_statuses_say() {
    let (mut codec, mut calls) = client();
    for method in [&b"GET"[..], b"HEAD", b"CONNECT", b"CONNECT", b"GET", b"GET"] {
        calls.asked(method).expect("not so many");
    }
    assert_eq!(calls.under_way(), 6);
    let input = b"HTTP/1.1 103 \r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno\
        HTTP/1.1 200\r\nContent-Length: 9\r\n\r\n\
        HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n\
        HTTP/1.1 200 OK\r\n\r\nall of it";
    let told = tell(codec.clone(), input, response);
    assert_eq!(
        told,
        [
            "103  None",
            "200 OK Length(1)",
            "body x",
            "200 OK None",
            "403 Forbidden Length(2)",
            "body no",
            "200  None tunnel",
            "304 Not Modified None",
            "200 OK UntilClose close",
            "rest all of it",
        ]
    );
    assert_eq!(calls.under_way(), 0);
    let error = codec.delimit(b"HTTP/1.1 200 OK\r\n\r\n").expect_err("nobody asked");
    assert_eq!((error.field(), error.offset()), ("unasked response", 0));
    for _ in 0..256 {
        calls.asked(b"GET").expect("not so many");
    }
    assert_eq!(calls.asked(b"GET").map_err(|error| error.kind()), Err(Kind::Limit));
}

#[test]
fn status_lines() {
    assert_eq!(responses(b"HTTP/1.1 200 \xe9 t\to\r\nContent-Length: 0\r\n\r\n"), ["200 \\xe9 t\\to None"]);
    for (input, end) in [
        (&b"HTTP/1.1  200 OK\r\n"[..], "status Malformed 9"),
        (b"HTTP/1.1 20 OK\r\n", "status Malformed 11"),
        (b"HTTP/1.1 2000 OK\r\n", "status Malformed 12"),
        (b"HTTP/1.1 099 OK\r\n", "status Malformed 9"),
        (b"HTTP/1.1 200\n", "line end Malformed 12"),
        (b"HTTP/1.1\r\n", "version Malformed 8"),
        (b"HTTP/1.1 200 O\x01\r\n", "reason phrase Malformed 14"),
        (b"HTTP/1.1 200 O\n", "line end Malformed 14"),
        (b"HTTP/3.1 200 OK\r\n", "version Unsupported 5"),
        (b"ICY 200 OK\r\n", "version Malformed 0"),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding Malformed 36"),
    ] {
        assert_eq!(responses(input), [end], "{}", input.escape_ascii());
    }
    // A coding that is not understood ends with the connection; two hosts mean nothing here.
    assert_eq!(
        responses(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nHost: a\r\nHost: /\r\n\r\nx"),
        ["200 OK UntilClose close", "rest x"]
    );
    assert_eq!(
        responses(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nxy"),
        ["200 OK Length(1) close", "body x", "data after close Malformed 0"]
    );
}

#[test]
fn limits_are_told_where_they_are_passed() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
    for len in 1..head.len() {
        let told = tell(Requests::new().max_head(len), head, request);
        assert_eq!(told, [format!("head Limit {len}")]);
        let mut codec = Requests::new().max_head(len);
        let errors: Vec<_> = (1..=head.len()).filter_map(|end| codec.delimit(&head[..end]).err()).take(1).collect();
        assert_eq!(errors[0].offset(), len, "byte by byte");
    }
    assert_eq!(tell(Requests::new().max_head(head.len()), head, request), ["GET / None"]);
    assert_eq!(tell(Requests::new().max_line(15), head, request), ["line Limit 15"]);
    assert_eq!(tell(Requests::new().max_line(16), head, request), ["GET / None"]);
    assert_eq!(tell(Requests::new().max_headers(1), head, request), ["headers Limit 25"]);
    assert_eq!(tell(Requests::new().max_headers(2), head, request), ["GET / None"]);
    let chunked = with("Transfer-Encoding: chunked\r\n");
    let chunk = |bytes: &[u8]| [&chunked, bytes].concat();
    let codec = Requests::new().max_line(40).max_headers(2);
    let long = [b"1;", &[b'a'; 50][..]].concat();
    assert_eq!(tell(codec.clone(), &chunk(&long), request)[1..], ["line Limit 40"]);
    assert_eq!(tell(codec, &chunk(b"0\r\na:b\r\nc:d\r\ne:f\r\n\r\n"), request)[1..], ["headers Limit 13"]);
}

/// Each byte of a head that comes byte by byte is looked at once.
#[test]
fn a_head_in_pieces_is_resumed_where_it_was_cut() {
    let long = format!("X: {}\r\n", "y".repeat(5000));
    let head = with(&long);
    let mut scan = Scan::new(State::Method);
    let bounds = Bounds { head: 1 << 16, line: 1 << 16, fields: 9 };
    let mut at = 0;
    for end in 1..head.len() {
        if !scan.is_in_fields()
            && let Some((_, start)) = scan.request_line(&head[..end], &bounds).expect("lawful")
        {
            scan.begin_fields(start);
        }
        if scan.is_in_fields() {
            assert_eq!(scan.fields(&head[..end], &bounds, &mut ()), Ok(None));
        }
        assert!(scan.seen() >= at && scan.seen() == end, "{} of {end}", scan.seen());
        at = scan.seen();
        // What has been seen of a line may be gone: it is not looked at again before the line is whole.
        if end > FIELDS && end + 4 < head.len() {
            let mut gone = alloc::vec![0; end];
            gone.push(head[end]);
            assert_eq!(scan.clone().fields(&gone, &bounds, &mut ()), Ok(None), "byte {end}");
        }
    }
}

/// What is plain takes the quick way, wherever its lines end in the blocks of 64 bytes.
#[test]
fn plain_heads_are_quick() {
    for len in 1..200 {
        for behind in [&b""[..], b"GET / HTTP/1.1\r\n", &[b'x'; 70]] {
            let head = format!(
                "GET /{} HTTP/1.1\r\nHost: a.example\r\nX-A-Name-Of-More-Than-16: {}\r\nA:b\r\nC: \r\nD:  d \r\n\r\n",
                "p".repeat(len),
                "v".repeat(len / 3)
            );
            let input = [head.as_bytes(), behind].concat();
            let bounds = Bounds { head: 1 << 16, line: 1 << 16, fields: 9 };
            let (line, at, stops) = quick::request_line(&input, &bounds).expect("plain");
            assert_eq!((line.method_end, line.target_end, line.minor), (3, 5 + len, 1));
            let mut index = Default::default();
            let found = quick::fields(&input, at, stops, &bounds, &mut index, &mut ());
            assert_eq!(found, Some((head.len(), 5)), "{len}");
        }
    }
}

#[test]
fn fields_are_found_in_and_behind_the_index() {
    let mut fields = String::from("A: 1\r\na:2\r\n");
    for i in 0..30 {
        fields.push_str(&format!("Field-{i}:   {i}\t\r\n"));
    }
    fields.push_str(&format!("Wide:{}x\r\n{}: long\r\n", " ".repeat(40), "n".repeat(300)));
    let head = with(&fields);
    let mut codec = Requests::new();
    codec.delimit(&head).expect("lawful");
    let request = codec.parse(&head).expect("a part").head().expect("a head");
    assert_eq!((request.headers().len(), request.headers().iter().count()), (35, 35));
    assert_eq!(request.headers().get_all("A").collect::<Vec<_>>(), [b"1", b"2"]);
    for i in 0..30 {
        assert_eq!(request.header(&format!("FIELD-{i}")), Some(format!("{i}").as_bytes()));
    }
    assert_eq!((request.header("wide"), request.header("field-"), request.header("")), (Some(&b"x"[..]), None, None));
    assert_eq!(request.header(&"N".repeat(300)), Some(&b"long"[..]));
    assert_eq!(request.headers().region().len(), fields.len() + 9);
    // Mapped to other bytes, the walk ends.
    let mapped = Headers { region: &b"no"[..], ..*request.headers() };
    assert_eq!((mapped.iter().count(), mapped.get("a"), mapped.get("Field-29")), (0, None, None));
}

#[test]
fn targets_have_paths_and_queries() {
    for (target, path, query) in [
        ("/", "/", None),
        ("/a/b?c?d=e#f", "/a/b", Some("c?d=e")),
        ("/a#b?c", "/a", None),
        ("http://h:1/a?b", "/a", Some("b")),
        ("http://h", "/", None),
        ("http://h?a=/b", "/", Some("a=/b")),
        ("*", "*", None),
        ("?a", "", Some("a")),
        ("h:443", "h:443", None),
        ("/x://y/z", "/x://y/z", None),
    ] {
        let head = format!("GET {target} HTTP/1.0\r\n\r\n");
        let mut codec = Requests::new();
        codec.delimit(head.as_bytes()).expect("lawful");
        let request = codec.parse(head.as_bytes()).expect("a part").head().expect("a head");
        assert_eq!((request.path(), request.query()), (path.as_bytes(), query.map(str::as_bytes)), "{target}");
    }
}

fn flat(out: &Gather) -> String {
    out.chunks().map(|piece| core::str::from_utf8(piece).expect("text")).collect()
}

fn reply(head: &str) -> Reply {
    let mut codec = Requests::new();
    codec.delimit(head.as_bytes()).expect("lawful");
    codec.parse(head.as_bytes()).expect("a part").head().expect("a head").reply()
}

#[test]
fn replies_are_what_their_requests_allow() {
    let get = reply("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let sent = |reply: Reply, status, body: &'static [u8]| -> Result<String> {
        let mut out = Gather::new();
        reply.send(&mut out, status, |_| {}, body).map(|()| flat(&out))
    };
    assert_eq!(sent(get, 200, b"hi").as_deref(), Ok("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
    assert_eq!(sent(get, 299, b"").as_deref(), Ok("HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"));
    assert_eq!(sent(get, 204, b"").as_deref(), Ok("HTTP/1.1 204 No Content\r\n\r\n"));
    assert_eq!(sent(get, 101, b"").as_deref(), Ok("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    assert_eq!(sent(get, 304, b"x").map_err(|error| error.field()), Err("body"));
    assert_eq!(sent(get, 99, b"").map_err(|error| error.field()), Err("status"));
    assert_eq!(sent(get, 1000, b"").map_err(|error| error.field()), Err("status"));
    let closing = sent(get.closing(), 200, b"");
    assert_eq!(closing.as_deref(), Ok("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    let head = reply("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert!(head.is_head());
    assert_eq!(
        sent(head, 200, b"hello").as_deref(),
        Ok("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n")
    );
    assert_eq!(sent(head, 100, b"").map_err(|error| error.field()), Err("status"), "HTTP/1.0 knows no such response");
    let connect = reply("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(sent(connect, 200, b"").as_deref(), Ok("HTTP/1.1 200 OK\r\n\r\n"));
    assert_eq!(sent(connect, 502, b"").as_deref(), Ok("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));

    let mut out = Gather::new();
    assert_eq!(
        get.head(&mut out, 206, |fields| fields.add_display("Content-Range", format_args!("bytes {}-{}/9", 1, 2)), 2),
        Ok(true)
    );
    assert_eq!(flat(&out), "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/9\r\nContent-Length: 2\r\n\r\n");
    assert_eq!(head.head(&mut out, 200, |_| {}, 2), Ok(false));
}

#[test]
fn nothing_is_queued_of_what_is_refused() {
    let get = reply("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (name, value, field) in [
        ("a b", "c", "header name"),
        ("", "c", "header name"),
        ("a\r\nb", "c", "header name"),
        ("a", "b\r\nc: d", "header value"),
        ("a", "b\0", "header value"),
        ("Content-LENGTH", "1", "Content-Length"),
        ("transfer-encoding", "chunked", "Transfer-Encoding"),
    ] {
        let mut out = Gather::new();
        let told = get.send(&mut out, 200, |fields| fields.add(name, value), &b"x"[..]);
        assert_eq!((told.map_err(|error| error.field()), out.size()), (Err(field), 0));
        let told = get.chunked(&mut out, 200, |fields| fields.add_display(name, value));
        assert_eq!((told.map(drop).map_err(|error| error.field()), out.size()), (Err(field), 0));
    }
    let (_, mut calls) = client();
    let host: fn(&mut Fields<'_>) = |fields| fields.add("Host", "a");
    for (method, target, fields, field) in [
        ("G T", "/", host, "method"),
        ("", "/", host, "method"),
        ("GET", "", host, "target"),
        ("GET", "/ HTTP/1.1\r\nX: y", host, "target"),
        ("GET", "/", |_| {}, "Host"),
    ] {
        let mut out = Gather::new();
        let told = calls.send(&mut out, method, target, fields, &b""[..]);
        assert_eq!((told.map_err(|error| error.field()), out.size(), calls.under_way()), (Err(field), 0, 0));
    }
}

#[test]
fn bodies_are_written_in_pieces() {
    for (head, answer, keeps) in [
        (
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n12\r\nbbbbbbbbbbbbbbbbbb\r\n0\r\nT: u\r\n\r\n",
            true,
        ),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: close\r\n\r\nabbbbbbbbbbbbbbbbbb", false),
        ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", true),
    ] {
        let mut out = Gather::new();
        let mut chunks = reply(head).chunked(&mut out, 200, |_| {}).expect("lawful");
        chunks.write(&mut out, &b"a"[..]);
        chunks.write(&mut out, &b""[..]);
        chunks.write(&mut out, &[b'b'; 18]);
        assert_eq!(chunks.keep_alive(), keeps);
        chunks.end_with(&mut out, |fields| fields.add("T", "u")).expect("lawful");
        assert_eq!(flat(&out), format!("HTTP/1.1 200 OK\r\n{answer}"));
    }
    let get = reply("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(get.chunked(&mut Gather::new(), 204, |_| {}).is_err());
    let (_, mut calls) = client();
    let mut out = Gather::new();
    let mut chunks = calls.chunked(&mut out, "PUT", "/", |fields| fields.add("Host", "")).expect("lawful");
    chunks.write(&mut out, &b"x"[..]);
    chunks.end(&mut out);
    let sent = "PUT / HTTP/1.1\r\nHost: \r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    assert_eq!((flat(&out).as_str(), calls.under_way()), (sent, 1));
}

/// A proxy: what comes in goes out, without a copy of what is large.
#[test]
fn parts_are_relayed() {
    let mut input = with("Transfer-Encoding: chunked\r\n");
    input.extend_from_slice(b"bb8;x\r\n");
    input.extend_from_slice(&[b'y'; 3000]);
    input.extend_from_slice(b"\r\n0;z\r\nT: u\r\n\r\n");
    let (_, mut calls) = client();
    let mut out = Gather::new();
    let mut deframer = Deframer::new(Requests::new());
    deframer.feed(&input);
    let mut data = core::ptr::null();
    while let Some(lent) = deframer.next().expect("lawful") {
        let part = lent.into_frame().expect("a part").into_message();
        if let Part::Chunk(chunk) = &part {
            data = chunk.data().as_ptr();
            assert_eq!(chunk.data().size(), 3000);
        }
        out.message(|out| calls.encode(part, out)).expect("lawful");
    }
    assert!(out.chunks().any(|piece| piece.as_ptr() == data), "the chunk was copied");
    assert_eq!(out.chunks().flatten().copied().collect::<Vec<_>>(), input);
    assert_eq!(calls.under_way(), 1);
    // What ends with the connection has no end that could be written.
    let rest: Part<Response<&[u8]>, &[u8]> = Part::Rest(b"x");
    assert_eq!(Responses::new().encode(rest, &mut out).map_err(|error| error.kind()), Err(Kind::Unsupported));
    let empty: Part<Response<&[u8]>, &[u8]> = Part::Chunk(Chunk { extensions: b"", data: b"" });
    assert_eq!(Requests::new().encode(empty, &mut out).map_err(|error| error.kind()), Err(Kind::Unsupported));
}

#[test]
fn refusals_name_the_fault() {
    for (input, status) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: a;b=\"c\"\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a\r\nB: c\r\nD: e\r\n\r\n", 431),
    ] {
        let error = Requests::new().max_headers(2).delimit(input).expect_err("refused");
        assert_eq!(refusal(&error), status, "{}", input.escape_ascii());
    }
}

#[test]
fn parts_can_be_printed() {
    let head = with("A: b\r\n");
    let mut codec = Requests::new();
    codec.delimit(&head).expect("lawful");
    let part = codec.parse(&head).expect("a part");
    assert_eq!(format!("{}", part.head().expect("a head")), "POST / HTTP/1.1\nHost: a\nA: b\n");
    assert_eq!(
        format!("{part:?}"),
        "Head(Request { method: [80, 79, 83, 84], target: [47], headers: Headers(2 in [72, 111, 115, 116, 58, 32, 97, 13, \
         10, 65, 58, 32, 98, 13, 10]), framing: None, traits: Traits { minor: 1, flags: 16, keep_alive: true, tunnel: false } })"
    );
}
