//! HTTP/1.1, with httparse beside it.
//!
//! Of each head that we accept httparse must find the same: where it ends, and every part of it. What it accepts we must accept,
//! but for this:
//!
//! | input | we | httparse 1.10 |
//! | --- | --- | --- |
//! | lines that end with LF alone (RFC 9112, 2.2: a recipient may take them) | refuse | accepts |
//! | bytes beyond ASCII in a target (RFC 3986 has none) | refuse | accepts |
//! | a status of 0xx (RFC 9110, 15: from 100 to 599) | refuse | accepts |
//! | `Host`, `Content-Length`, `Transfer-Encoding` that are missing, repeated, or not what they have to be | refuse | does not look |
//! | heads above our limits; a head behind one that closes | refuse | does not know |
//! | a reason phrase with bytes beyond ASCII | shows it | shows none |

use wireview::laws::{Laws, Outcome, check_trace};
use wireview::{Message, View};
use wireview_codecs::http1::{Headers, Part, Request, Requests, Response, Responses};

/// What a client may send.
pub fn http1_requests(bytes: &[u8]) {
    let laws = Laws::all();
    let inspect = |part: View<'_, Requests>| match part {
        Part::Head(request) => {
            assert!(!request.to_string().is_empty());
            assert_eq!(request.path().is_empty(), matches!(request.target()[0], b'?' | b'#'));
            fields(request.headers());
        }
        part => body(part),
    };
    let outcome = laws.verify_with(Requests::new, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    for seen in &outcome.frames {
        let Ok(Part::Head(head)) = seen.message.map(|message| message.view(&seen.bytes)) else { continue };
        let (theirs, end) = request(&seen.bytes).unwrap_or_else(|| panic!("httparse refuses {head}"));
        assert_eq!((theirs, end), (ours(&head), seen.bytes.len()));
    }
    if let Some((rest, field)) = refused(bytes, &outcome)
        && let Some((theirs, _)) = request(rest)
    {
        let known = match field {
            "target" => !theirs.target.is_ascii(),
            field => LINE_ENDS.contains(&field) && bare_lf(rest) || BEYOND_HEADS.contains(&field),
        };
        assert!(known, "httparse accepts what we refuse, `{field}`: {theirs:?}");
    }
    laws.check_round_trip(Requests::new, bytes);
    check_trace(Requests::new, bytes);
}

/// What a server may answer.
pub fn http1_responses(bytes: &[u8]) {
    let laws = Laws::all();
    let inspect = |part: View<'_, Responses>| match part {
        Part::Head(response) => {
            assert!(!response.to_string().is_empty());
            fields(response.headers());
        }
        part => body(part),
    };
    let outcome = laws.verify_with(Responses::new, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    for seen in &outcome.frames {
        let Ok(Part::Head(head)) = seen.message.map(|message| message.view(&seen.bytes)) else { continue };
        let (theirs, end) = response(&seen.bytes).unwrap_or_else(|| panic!("httparse refuses {head}"));
        assert_eq!((theirs, end), (answer(&head), seen.bytes.len()));
    }
    if let Some((rest, field)) = refused(bytes, &outcome)
        && let Some((theirs, _)) = response(rest)
    {
        let known = match field {
            "status" => theirs.status < 100,
            field => LINE_ENDS.contains(&field) && bare_lf(rest) || BEYOND_HEADS.contains(&field),
        };
        assert!(known, "httparse accepts what we refuse, `{field}`: {theirs:?}");
    }
    laws.check_round_trip(Responses::new, bytes);
    check_trace(Responses::new, bytes);
}

/// What we call a fault that LF alone makes.
const LINE_ENDS: [&str; 7] =
    ["line end", "method", "version", "status", "reason phrase", "header name", "header value"];

/// Faults that are none of a head's grammar.
const BEYOND_HEADS: [&str; 9] = [
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "head",
    "line",
    "headers",
    "data after close",
    "chunk end",
    "chunk size",
];

/// Whether there is a LF without a CR in front of it.
fn bare_lf(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'\n') || bytes.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r')
}

/// What the stream was refused at, and the field, if it was.
fn refused<'b, M>(bytes: &'b [u8], outcome: &Outcome<M>) -> Option<(&'b [u8], &'static str)> {
    let error = outcome.end?;
    let inside = matches!(error.field(), "frame" | "chunk extension");
    (!inside).then(|| (&bytes[outcome.consumed as usize..], error.field()))
}

fn fields(headers: &Headers<&[u8]>) {
    assert_eq!(headers.iter().count(), headers.len());
    for field in headers {
        let name = str::from_utf8(field.name).expect("a token");
        assert!(headers.get_all(&name.to_uppercase()).any(|value| value == field.value));
        assert_eq!(headers.get(name), headers.get_all(name).next());
    }
}

fn body<H>(part: Part<H, &[u8]>) {
    match part {
        Part::Head(_) => {}
        Part::Chunk(chunk) => {
            assert!(!chunk.data().is_empty());
            chunk.extensions().for_each(|extension| assert!(!extension.name.is_empty()));
        }
        Part::End(end) => {
            fields(end.fields());
            end.extensions().for_each(|extension| assert!(!extension.name.is_empty()));
        }
        Part::Body(data) | Part::Rest(data) => assert!(!data.is_empty()),
    }
}

/// What both can tell of a head.
#[derive(Debug, Default, PartialEq)]
struct Told {
    method: Vec<u8>,
    target: Vec<u8>,
    status: u16,
    reason: Vec<u8>,
    minor: u8,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

fn pairs(headers: &Headers<&[u8]>) -> Vec<(Vec<u8>, Vec<u8>)> {
    headers.iter().map(|field| (field.name.to_vec(), field.value.to_vec())).collect()
}

fn ours(head: &Request<&[u8]>) -> Told {
    Told {
        method: head.method().to_vec(),
        target: head.target().to_vec(),
        minor: head.minor(),
        fields: pairs(head.headers()),
        ..Told::default()
    }
}

fn answer(head: &Response<&[u8]>) -> Told {
    let reason = if head.reason().is_ascii() { head.reason() } else { b"" };
    Told {
        status: head.status(),
        reason: reason.to_vec(),
        minor: head.minor(),
        fields: pairs(head.headers()),
        ..Told::default()
    }
}

fn theirs(headers: &[httparse::Header<'_>]) -> Vec<(Vec<u8>, Vec<u8>)> {
    headers.iter().map(|header| (header.name.as_bytes().to_vec(), header.value.to_vec())).collect()
}

/// The head at the front as httparse reads it, and where it ends.
fn request(bytes: &[u8]) -> Option<(Told, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 256];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(end)) = request.parse(bytes) else { return None };
    let told = Told {
        method: request.method?.as_bytes().to_vec(),
        target: request.path?.as_bytes().to_vec(),
        minor: request.version?,
        fields: theirs(request.headers),
        ..Told::default()
    };
    Some((told, end))
}

fn response(bytes: &[u8]) -> Option<(Told, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 256];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(end)) = response.parse(bytes) else { return None };
    let told = Told {
        status: response.code?,
        reason: response.reason?.as_bytes().to_vec(),
        minor: response.version?,
        fields: theirs(response.headers),
        ..Told::default()
    };
    Some((told, end))
}
