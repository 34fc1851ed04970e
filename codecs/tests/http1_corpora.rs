//! The request fixtures of llhttp: the same events at the same offsets, and errors where they have errors, however the bytes are
//! cut. What differs by choice is listed below with the sentence that it follows, and the lists are exact.
//!
//! The fixtures lie beside the repository; without them the tests say so and pass.

mod llhttp;

use std::collections::BTreeMap;

use llhttp::{Event, Fixture, Run, run};

/// What strict reading does with a block that llhttp reads with a leniency, or reads to another end.
///
/// Fixture, what becomes of it, and why.
type Known = (&'static str, &'static str, &'static str);

/// Blocks that are read strictly by llhttp and otherwise here.
const BY_CHOICE: &[Known] = &[
    (
        "content-length: Content-Length reset when no body is received",
        "Complete(42) there, 42 of 85 bytes here",
        "a callback of llhttp skips the body; here the caller does, as it comes (RFC 9112, 6.3: the length defines the body)",
    ),
    (
        "content-length: Empty Content-Length",
        "error at Some(34) there, Content-Length at 32 here",
        "the same fault, told where the value is missing",
    ),
    (
        "content-length: Error on simultaneous Content-Length and Transfer-Encoding: identity",
        "error at Some(56) there, Transfer-Encoding at 57 here",
        "the same fault, told at the value",
    ),
    (
        "invalid: HTTP protocol and ANNOUNCE method",
        "Span(\"version\", 33, [49, 46, 48]) here",
        "RFC 9110, 9.1: methods are an open set of tokens",
    ),
    (
        "invalid: ICE protocol and GET method",
        "error at Some(26) there, version at 23 here",
        "the same fault, told at its first byte",
    ),
    (
        "invalid: Invalid HTTP version",
        "error at Some(14) there, version at 11 here",
        "the same fault, told at its first byte",
    ),
    (
        "invalid: Invalid method",
        "Span(\"method\", 0, [77, 75, 67, 79, 76]) there, Span(\"method\", 0, [77, 75, 67, 79, 76, 65]) here",
        "RFC 9110, 9.1: methods are an open set of tokens",
    ),
    (
        "invalid: RTSP protocol and PUT method",
        "error at Some(27) there, version at 23 here",
        "the same fault, told at its first byte",
    ),
    (
        "method: ANNOUNCE request with RTSP",
        "Span(\"version\", 33, [49, 46, 48]) there, version at 28 here",
        "RFC 9112, 2.3: HTTP-name is \"HTTP\"",
    ),
    (
        "method: CONNECT with body",
        "Head(127, (1, 0), 10, false, false) there, Head(127, (1, 0), 0, false, false) here",
        "RFC 9110, 9.3.6: a CONNECT request does not have content; llhttp passes the length on, and skips it",
    ),
    (
        "method: OPTIONS request with RTSP",
        "Span(\"version\", 32, [49, 46, 48]) there, version at 27 here",
        "RFC 9112, 2.3: HTTP-name is \"HTTP\"",
    ),
    (
        "method: PRI request HTTP2",
        "Head(18, (1, 1), 0, false, false) here",
        "the preface of HTTP/2 says HTTP/2.0, which is refused; with HTTP/1.1 PRI is a method as any",
    ),
    (
        "method: SOURCE request with ICE",
        "Span(\"version\", 30, [49, 46, 48]) there, version at 26 here",
        "RFC 9112, 2.3: HTTP-name is \"HTTP\"",
    ),
    (
        "sample: No HTTP version",
        "Head(9, (0, 9), 0, false, false) there, target at 5 here",
        "RFC 9112, 3: a request line has a version; HTTP/0.9 has no place in it",
    ),
    (
        "transfer-encoding: Ignoring pigeons",
        "Head(49, (1, 1), 0, false, false) there, Transfer-Encoding at 38 here",
        "the same fault; a head that is refused is no event here",
    ),
    (
        "transfer-encoding: POST with Transfer-Encoding and Content-Length",
        "error at Some(111) there, Content-Length at 112 here",
        "the same fault, told at the value",
    ),
    (
        "transfer-encoding: POST with chunkedchunked as transfer-encoding",
        "Head(104, (1, 1), 0, false, false) there, Transfer-Encoding at 86 here",
        "the same fault; a head that is refused is no event here",
    ),
];

/// Blocks for the lenient modes of llhttp. There are none of them here: each fault is told where it stands.
const LENIENT: &[Known] = &[
    (
        "connection: CRLF between requests, explicit close (lenient)",
        "data after close at 137",
        "RFC 9112, 9.6: the server must not process any further requests",
    ),
    (
        "connection: Invalid whitespace token with Connection header field (lenient)",
        "header name at 29",
        "RFC 9112, 5.1: no whitespace is allowed between the field name and colon; 400",
    ),
    (
        "connection: Multiple tokens with folding",
        "line folding at 63",
        "RFC 9112, 5.2: a server that receives an obs-fold must reject the message",
    ),
    (
        "connection: Multiple tokens with folding, LWS, and CRLF",
        "line folding at 46",
        "RFC 9112, 5.2: a server that receives an obs-fold must reject the message",
    ),
    (
        "connection: Resetting flags when keep-alive is off (1.0, lenient)",
        "data after close at 40",
        "RFC 9112, 9.6: the server must not process any further requests",
    ),
    (
        "content-length: Invalid whitespace token with Content-Length header field (lenient)",
        "header name at 54",
        "RFC 9112, 5.1: no whitespace is allowed between the field name and colon; 400",
    ),
    (
        "content-length: Missing CRLF-CRLF before body (lenient)",
        "line end at 39",
        "RFC 9112, 2.2: a bare CR is invalid",
    ),
    (
        "content-length: No error on simultaneous Content-Length and Transfer-Encoding: identity (lenient)",
        "Transfer-Encoding at 57",
        "RFC 9112, 6.3: Transfer-Encoding and Content-Length ought to be handled as an error",
    ),
    (
        "invalid: Headers separated by dummy characters (lenient)",
        "line end at 45",
        "RFC 9112, 2.2: a bare CR is invalid",
    ),
    (
        "invalid: Only LFs present (lenient)",
        "line end at 15",
        "RFC 9112, 2.2: the line terminator is CRLF; that a recipient may take LF alone is not made use of",
    ),
    (
        "invalid: Spaces before headers (lenient)",
        "line folding at 49",
        "RFC 9112, 5.2: a server that receives an obs-fold must reject the message",
    ),
    (
        "sample: Line folding in header value with CRLF",
        "line folding at 30",
        "RFC 9112, 5.2: a server that receives an obs-fold must reject the message",
    ),
    ("sample: No LF after CR (lenient)", "line end at 15", "RFC 9112, 2.2: a bare CR is invalid"),
    (
        "sample: X-SSL-Nonsense",
        "line folding at 63",
        "RFC 9112, 5.2: a server that receives an obs-fold must reject the message",
    ),
    (
        "transfer-encoding: Chunk data not terminated by CRLF (lenient)",
        "chunk end at 84",
        "RFC 9112, 7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF",
    ),
    (
        "transfer-encoding: Chunk header not terminated by CRLF (lenient)",
        "line end at 78",
        "RFC 9112, 2.2: a bare CR is invalid",
    ),
    (
        "transfer-encoding: Invalid OBS fold after chunked value",
        "line folding at 47",
        "RFC 9112, 5.2: a server that receives an obs-fold must reject the message",
    ),
    (
        "transfer-encoding: POST with Transfer-Encoding and Content-Length (lenient)",
        "Content-Length at 112",
        "RFC 9112, 6.3: Transfer-Encoding and Content-Length ought to be handled as an error",
    ),
    (
        "transfer-encoding: POST with chunked and duplicate transfer-encoding (lenient)",
        "Transfer-Encoding at 114",
        "RFC 9112, 6.3: chunked is not the final coding; 400, and close",
    ),
    (
        "transfer-encoding: POST with chunked before other transfer-coding (lenient)",
        "Transfer-Encoding at 94",
        "RFC 9112, 6.3: chunked is not the final coding; 400, and close",
    ),
    (
        "transfer-encoding: Space after chunk header (lenient)",
        "chunk size at 51",
        "RFC 9112, 7.1.1: blanks may only stand in front of a semicolon",
    ),
];

#[test]
fn strict_blocks_are_read_as_llhttp_reads_them() {
    let Some(fixtures) = llhttp::fixtures() else { return };
    let (mut same, mut differ) = (0, BTreeMap::new());
    for fixture in fixtures.iter().filter(|fixture| !fixture.is_lenient()) {
        match compare(fixture) {
            Ok(()) => same += 1,
            Err(told) => assert!(differ.insert(fixture.name.clone(), told).is_none(), "{} twice", fixture.name),
        }
    }
    exactly(&differ, BY_CHOICE);
    assert_eq!(same, 118, "blocks that are read the same");
}

#[test]
fn leniencies_are_refused() {
    let Some(fixtures) = llhttp::fixtures() else { return };
    let lenient = fixtures.iter().filter(|fixture| fixture.is_lenient());
    let found: BTreeMap<String, String> = lenient.map(|fixture| (fixture.name.clone(), run(fixture).end())).collect();
    exactly(&found, LENIENT);
}

#[test]
fn cuts_change_nothing() {
    let Some(fixtures) = llhttp::fixtures() else { return };
    for fixture in &fixtures {
        let whole = run(fixture);
        for cut in 1..fixture.bytes.len() {
            assert_eq!(Run::new(fixture, &[cut]), whole, "{} cut at {cut}", fixture.name);
        }
        let every: Vec<usize> = (1..fixture.bytes.len()).collect();
        assert_eq!(Run::new(fixture, &every), whole, "{} byte by byte", fixture.name);
    }
}

fn exactly(found: &BTreeMap<String, String>, listed: &[Known]) {
    let listed: BTreeMap<String, String> =
        listed.iter().map(|(name, what, _)| ((*name).to_owned(), (*what).to_owned())).collect();
    for (name, what) in found {
        if listed.get(name) != Some(what) {
            println!("    ({name:?}, {what:?}, \"\"),");
        }
    }
    for name in listed.keys().filter(|name| !found.contains_key(*name)) {
        println!("listed, but not found: {name}");
    }
    assert!(*found == listed, "the list is not exact");
}

/// Whether both read the same. If not, in what they differ.
fn compare(fixture: &Fixture) -> Result<(), String> {
    let ours = run(fixture);
    let mut theirs = fixture.events.iter();
    for (event, mine) in theirs.by_ref().zip(&ours.events) {
        if event != mine {
            return Err(format!("{event:?} there, {mine:?} here"));
        }
    }
    if ours.events.len() > fixture.events.len() {
        return Err(format!("{:?} here", ours.events[fixture.events.len()]));
    }
    // Of a head that is cut, or refused, they tell what came before; here it is no frame yet.
    let rest: Vec<&Event> = fixture.events.iter().skip(ours.events.len()).collect();
    let limit = ours.error.map_or(fixture.bytes.len(), |(_, at)| at);
    if let Some(event) =
        rest.iter().find(|event| !event.is_partial() || event.at() < ours.consumed || event.at() > limit)
    {
        return Err(format!("{event:?} there, {} here", ours.end()));
    }
    if fixture.finish != ours.finish {
        return Err(format!("finish {:?} there, {:?} here", fixture.finish, ours.finish));
    }
    match (fixture.error, ours.error) {
        (None, None) => Ok(()),
        // Theirs count the byte at fault, or the one behind it.
        (Some(there), Some((_, here))) if here == there || here + 1 == there => Ok(()),
        (there, _) => Err(format!("error at {there:?} there, {} here", ours.end())),
    }
}
