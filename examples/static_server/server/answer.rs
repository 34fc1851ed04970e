//! From a request to what answers it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use wireview::{Gather, Outgoing, Payload, Result};
use wireview_codecs::http1::{Fields, Framing, Reply, Request};

use super::Site;
use super::coding::Wishes;
use super::condition::{Verdict, honours_range, judge};
use super::desk::Desk;
use super::listing;
use super::page::{Found, Page, Piece, Representation};
use super::range::{Part, Ranges};

/// Bodies of requests above this are not waited for: the connection is closed behind the answer.
const MAX_SKIPPED: u64 = 1 << 20;

const ALLOW: &str = "GET, HEAD, OPTIONS";

/// What became of a request.
pub(super) struct Answered {
    pub(super) status: u16,
    /// Bytes of body that were queued.
    pub(super) len: u64,
    pub(super) reply: Reply,
}

/// Queues the answer to `request`.
///
/// # Errors
/// Never, as long as the server writes lawful fields.
pub(super) fn answer(site: &Site, desk: &mut Desk, request: &Request<&[u8]>, out: &mut Gather) -> Result<Answered> {
    let now = desk.clock.look();
    let mut reply = request.reply();
    // A client that was answered before it sent its body may send it or not: nobody knows what comes next.
    let waits = request.expects_continue() && request.framing() != Framing::None;
    if waits || request.content_length().is_some_and(|length| length > MAX_SKIPPED) {
        reply = reply.closing();
    }
    let (status, len) = match request.method() {
        b"GET" | b"HEAD" => match find(site, desk, request, now) {
            Ok(Target::Page(page)) => serve(site, desk, request, &page, reply, out, now)?,
            Ok(Target::Listing(page)) => {
                let kind = "text/html; charset=utf-8";
                say(reply, out, 200, |fields| told(desk, kind, fields), Bytes::from(page))?
            }
            Ok(Target::Elsewhere(location)) => {
                let fields = |fields: &mut Fields<'_>| {
                    fields.add("Location", &location);
                    told(desk, "text/plain", fields);
                };
                say(reply, out, 301, fields, words(301))?
            }
            Err(status) => refuse(desk, reply, out, status)?,
        },
        b"OPTIONS" => {
            let fields = |fields: &mut Fields<'_>| {
                fields.add("Date", &desk.clock.date);
                fields.add("Allow", ALLOW);
            };
            say(reply, out, 204, fields, &b""[..])?
        }
        method => {
            // What follows would not be HTTP.
            if method == b"CONNECT" {
                reply = reply.closing();
            }
            refuse(desk, reply, out, 405)?
        }
    };
    desk.count(status);
    Ok(Answered { status, len, reply })
}

/// The status of an answer that was queued, and how many bytes of body it has.
type Said = (u16, u64);

fn say(
    reply: Reply,
    out: &mut Gather,
    status: u16,
    fields: impl FnOnce(&mut Fields<'_>),
    body: impl Outgoing,
) -> Result<Said> {
    let len = if reply.is_head() { 0 } else { body.size() };
    reply.send(out, status, fields, body)?;
    Ok((status, len))
}

/// Queues an answer that says no.
fn refuse(desk: &Desk, reply: Reply, out: &mut Gather, status: u16) -> Result<Said> {
    let fields = |fields: &mut Fields<'_>| {
        if status == 405 {
            fields.add("Allow", ALLOW);
        }
        told(desk, "text/plain", fields);
    };
    say(reply, out, status, fields, words(status))
}

fn told(desk: &Desk, kind: &str, fields: &mut Fields<'_>) {
    fields.add("Date", &desk.clock.date);
    fields.add("Content-Type", kind);
}

/// The last words on a connection whose peer broke the protocol, or took too long.
pub(super) fn farewell(desk: &mut Desk, out: &mut Gather, status: u16) -> Result<()> {
    desk.clock.look();
    desk.count(status);
    refuse(desk, Reply::last(), out, status).map(drop)
}

/// What the target of a request leads to.
enum Target {
    Page(Arc<Page>),
    Listing(String),
    Elsewhere(String),
}

fn find(site: &Site, desk: &mut Desk, request: &Request<&[u8]>, now: SystemTime) -> std::result::Result<Target, u16> {
    let path = request.path();
    if let Some(page) = desk.cache.fresh(path, now) {
        return Ok(Target::Page(page));
    }
    // `*`
    if !path.starts_with(b"/") {
        return Err(400);
    }
    let old = desk.cache.stale(path);
    let decoded = site.root.decode(path)?;
    match Page::find(&site.root, &decoded, &site.settings.index, old.as_deref()) {
        Ok(Found::Page(page)) => {
            let page = Arc::new(page);
            desk.cache.put(path, page.clone(), now);
            Ok(Target::Page(page))
        }
        Ok(Found::Bare) => Ok(Target::Elsewhere(with_slash(request))),
        Ok(Found::Directory(dir)) if site.settings.listing => {
            // Decoded, for people to read.
            let shown = if decoded == b"." { b"/".to_vec() } else { [b"/", &decoded[..]].concat() };
            listing::page(&dir, &shown, site.settings.hidden).map(Target::Listing)
        }
        Ok(Found::Directory(_)) => {
            desk.cache.forget(path);
            Err(403)
        }
        Err(status) => {
            desk.cache.forget(path);
            Err(status)
        }
    }
}

/// Where a directory is that was named without its slash. One slash is at the front: with two, or a backslash behind it, which
/// browsers take for one, it would name another host.
fn with_slash(request: &Request<&[u8]>) -> String {
    let path = String::from_utf8_lossy(request.path()).replace('\\', "%5C");
    let mut location = format!("/{}/", path.trim_start_matches('/'));
    if let Some(query) = request.query() {
        location.push('?');
        location.push_str(&String::from_utf8_lossy(query));
    }
    location
}

/// Queues a page, a part of it, or why not.
fn serve(
    site: &Site,
    desk: &mut Desk,
    request: &Request<&[u8]>,
    page: &Page,
    reply: Reply,
    out: &mut Gather,
    now: SystemTime,
) -> Result<Said> {
    let Some(file) = page.choose(|| Wishes::read(request.headers().get_all("accept-encoding"))) else {
        let fields = |fields: &mut Fields<'_>| {
            fields.add("Vary", "Accept-Encoding");
            told(desk, "text/plain", fields);
        };
        return say(reply, out, 406, fields, words(406));
    };
    let validators = file.validators();
    // What belongs to every answer about the file, in whatever form.
    let about = |fields: &mut Fields<'_>| {
        fields.add("Date", &desk.clock.date);
        fields.add("ETag", &file.tag);
        fields.add("Last-Modified", &file.modified_text);
        if page.varies() {
            fields.add("Vary", "Accept-Encoding");
        }
        if let Some(value) = &site.settings.cache_control {
            fields.add("Cache-Control", value);
        }
    };
    let whole = |fields: &mut Fields<'_>| {
        about(fields);
        fields.add("Content-Type", &*page.kind);
        fields.add("Accept-Ranges", "bytes");
        if let Some(coding) = file.coding {
            fields.add("Content-Encoding", coding.name);
        }
    };
    match judge(request, validators) {
        Verdict::Serve => {}
        Verdict::NotModified => return say(reply, out, 304, about, &b""[..]),
        Verdict::Failed => return refuse(desk, reply, out, 412),
    }
    // RFC 9110, 14.2: for `GET` alone.
    let ranges = match request.header("range") {
        Some(field) if !reply.is_head() && honours_range(request, validators, now) => Ranges::read(field, file.len),
        _ => Ranges::Whole,
    };
    match ranges {
        Ranges::Whole => send(reply, out, 200, whole, file.whole()),
        Ranges::One(part) => {
            let fields = |fields: &mut Fields<'_>| {
                whole(fields);
                fields.add_display("Content-Range", Placed(part, file.len));
            };
            send(reply, out, 206, fields, file.piece(part))
        }
        Ranges::Many(parts) => {
            let boundary = desk.boundary();
            let fields = |fields: &mut Fields<'_>| {
                about(fields);
                fields.add_display("Content-Type", format_args!("multipart/byteranges; boundary={boundary}"));
                if let Some(coding) = file.coding {
                    fields.add("Content-Encoding", coding.name);
                }
            };
            say(reply, out, 206, fields, multipart(page, file, &parts, &boundary))
        }
        Ranges::Beyond => {
            let fields = |fields: &mut Fields<'_>| {
                fields.add_display("Content-Range", format_args!("bytes */{}", file.len));
                told(desk, "text/plain", fields);
            };
            say(reply, out, 416, fields, words(416))
        }
    }
}

fn send(
    reply: Reply,
    out: &mut Gather,
    status: u16,
    fields: impl FnOnce(&mut Fields<'_>),
    body: Piece,
) -> Result<Said> {
    match body {
        Piece::Memory(bytes) => say(reply, out, status, fields, bytes),
        Piece::File(region) => say(reply, out, status, fields, region),
    }
}

/// Parts of a file, each behind a head of its own (RFC 9110, 14.6): a rope of memory and regions of the file.
fn multipart(page: &Page, file: &Representation, parts: &[Part], boundary: &str) -> Payload<'static> {
    let mut rope = Vec::with_capacity(2 * parts.len() + 1);
    for &part in parts {
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
            page.kind,
            Placed(part, file.len)
        );
        rope.push(Payload::from(head.into_bytes()));
        rope.push(match file.piece(part) {
            Piece::Memory(bytes) => bytes.into(),
            Piece::File(region) => region.into(),
        });
    }
    rope.push(Payload::from(format!("\r\n--{boundary}--\r\n").into_bytes()));
    Payload::Rope(rope)
}

/// A part of a file, as `Content-Range` has it.
struct Placed(Part, u64);

impl std::fmt::Display for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self((start, len), of) = self;
        f.write_str("bytes ")?;
        start.fmt(f)?;
        f.write_char('-')?;
        (start + len - 1).fmt(f)?;
        f.write_char('/')?;
        of.fmt(f)
    }
}

/// What people read who look at an answer that is none.
fn words(status: u16) -> &'static [u8] {
    match status {
        301 => b"301: it is a directory, and has a slash at the end\n",
        400 => b"400: no lawful request\n",
        403 => b"403: not for you\n",
        404 => b"404: there is no such file\n",
        405 => b"405: files are only read\n",
        406 => b"406: not in an encoding that you take\n",
        408 => b"408: the request took too long\n",
        412 => b"412: the file is not the one you mean\n",
        413 => b"413: the request is too large\n",
        416 => b"416: the file is shorter\n",
        431 => b"431: the head of the request is too large\n",
        501 => b"501: unknown transfer coding\n",
        503 => b"503: too busy\n",
        505 => b"505: only HTTP/1.0 and HTTP/1.1\n",
        _ => b"500: the file cannot be read\n",
    }
}
