//! HTTP/1.1 and HTTP/1.0, in both directions.
//!
//! ```text
//!  client                                                              server
//!  ┌───────────┐  GET /a HTTP/1.1 CRLF Host: b CRLF CRLF            ┌──────────┐
//!  │ Calls     │ ───────────────────── Request ───────────────────▶ │ Requests │
//!  │ Responses │ ◀──────────────────── Response ─────────────────── │ Reply    │
//!  └───────────┘     HTTP/1.1 200 OK CRLF Content-Length: 5 CRLF    └──────────┘
//!                    CRLF hello
//! ```
//!
//! Spec: RFC 9112 (messages, framing, connections) and RFC 9110 (what fields mean).
//!
//! [`Requests`] is the codec of a server, which answers with the [`Reply`] to a request. [`client`] makes the two halves of a client:
//! [`Responses`] reads, [`Calls`] writes, and they share what was asked, since the answer to `HEAD` has no body whatever it says.
//!
//! ```
//! use bytes::Bytes;
//! use wireview::{Deframer, Gather};
//! use wireview_codecs::http1::{Part, Requests};
//!
//! let page = Bytes::from(vec![b'x'; 5000]);
//! let mut out = Gather::new();
//! let mut deframer = Deframer::new(Requests::new());
//! deframer.feed(b"GET /page HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
//! while let Some(lent) = deframer.next()? {
//!     // Bodies are frames of their own: who does not want them goes on to the next head.
//!     let Part::Head(request) = lent.view()? else { continue };
//!     let reply = request.reply();
//!     match request.path() {
//!         b"/page" => reply.send(&mut out, 200, |fields| fields.add("Content-Type", "text/html"), &page)?,
//!         _ => reply.send(&mut out, 404, |_| {}, &b"no such page"[..])?,
//!     }
//! }
//! let pieces: Vec<&[u8]> = out.chunks().collect();
//! assert!(pieces[0].starts_with(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n"));
//! assert_eq!(pieces[1].as_ptr(), page.as_ptr()); // not copied
//! # Ok::<(), wireview::Error>(())
//! ```
//!
//! # Messages come in parts
//!
//! ```text
//!  Head                              no body
//!  Head  Body                        Content-Length
//!  Head  Chunk  Chunk  …  End        Transfer-Encoding: chunked; End has the trailers
//!  Head  Rest                        a response that ends with the connection
//! ```
//!
//! A head is a frame, and so is each thing that follows it, for four reasons. A head must be acted on before its body is here: it is
//! refused, or answered by `100 Continue`. A chunk's data is a view only if no other chunk has to be joined to it. All framings look
//! the same to those who skip bodies or pass them on. And every one of these frames knows its length when it begins, so it is buffered
//! or streamed by the framework's own rules:
//!
//! - `next` hands out a part whole, up to [`Limits::max_frame`](wireview::Limits::max_frame). What is larger ends the stream, or is
//!   dropped as it comes with [`Oversize::Skip`](wireview::Oversize::Skip), which is what a server wants that takes no uploads.
//! - `next_or_body` streams the data of parts above [`Limits::stream_above`](wireview::Limits::stream_above): to chunks, a file, another
//!   socket. A `Rest` is always streamed there, since nobody knows its length.
//!
//! CR LF behind a chunk is looked at in front of the next one, so that a chunk is handed out before it has come, and it is checked
//! even if the data was skipped or spliced past. A stream that ends behind a head whose body was to come, or between two chunks, ends
//! with an error: [`Codec::is_inside`](wireview::Codec::is_inside).
//!
//! # What is checked
//!
//! | | checked | left to the handler |
//! | --- | --- | --- |
//! | lines | CR LF at each end; lengths; no bare CR or LF, no control characters, no folding, no blank in front of a colon | |
//! | request line | a token, visible ASCII, HTTP/1.0 or 1.1, single blanks | which method it is; the form of the target, percent-encoding, dot segments |
//! | status line | HTTP/1.0 or 1.1, three digits from 100 on, text | what the status means |
//! | `Host` | one in HTTP/1.1, not two, characters of a host and port | whose it is |
//! | `Content-Length` | once, digits, below 2^64, not beside a `Transfer-Encoding` | |
//! | `Transfer-Encoding` | `chunked` once and last; in a response another may be last, and ends with the connection; none in HTTP/1.0 | undoing codings other than `chunked` |
//! | chunks | sizes, extensions, line ends, trailers | what extensions and trailers mean |
//! | `Connection`, `Upgrade`, `Expect` | read, for [`keep_alive`](Request::keep_alive), [`wants_upgrade`](Request::wants_upgrade), [`expects_continue`](Request::expects_continue) | upgrading: a batch stops where the protocol may change |
//! | bytes behind a message that closes | refused | |
//! | other fields | grammar | everything else |
//!
//! Where RFC 9112 lets a recipient choose, this is what is chosen: lines that end with LF alone are refused; so is a list of equal
//! lengths, a version from 1.2 on, and a parameter in quotes in a `Transfer-Encoding`. Empty lines in front of a head are skipped. The
//! blank behind a status may be missing if there is no phrase. Every fault of a head or of framing ends the stream: if it is not known
//! what one reader saw, it is not known what the next sees. [`refusal`] is the status to say so with.
//!
//! # How it is scanned
//!
//! A head that is whole is scanned by `quick`, in one pass: 64 bytes make a mask of all that is not printable ASCII, whose bits are
//! the ends of lines; the name in front of each colon is checked by 16 bytes at once. What is noted on the way (where each field's
//! name and value lie, what the fields say of the framing) is all that `parse` and the walk through the fields read. A head that is not
//! whole, not lawful, or not plain is left to `scan` and `line`, which have all rules, say where a fault lies, and go on where a head
//! was cut. Vectors are those of the target (SSE2, NEON) through the crate `wide`; compiled for AVX2, the same code is 7 % faster,
//! which a choice at run time would mostly take back.

mod calls;
mod chunk;
mod facts;
mod fields;
mod flow;
mod head;
mod headers;
mod line;
mod mask;
mod part;
mod pieces;
mod quick;
mod relay;
mod reply;
mod requests;
mod responses;
mod scan;
mod status;
mod trace;

#[cfg(test)]
mod tests;

pub use calls::Call;
pub use chunk::{Extension, Extensions};
pub use fields::Fields;
pub use head::{Framing, Request, Response};
pub use headers::{Field, Headers, Iter};
pub use part::{Chunk, Part, Trailers};
pub use pieces::Chunks;
pub use reply::Reply;
pub use requests::Requests;
pub use responses::{Calls, Responses, client};
pub use status::refusal;

/// What errors call the parts of a message.
mod field {
    pub(super) const METHOD: &str = "method";
    pub(super) const TARGET: &str = "target";
    pub(super) const VERSION: &str = "version";
    pub(super) const STATUS: &str = "status";
    pub(super) const REASON: &str = "reason phrase";
    pub(super) const NAME: &str = "header name";
    pub(super) const VALUE: &str = "header value";
    pub(super) const FOLD: &str = "line folding";
    pub(super) const LINE_END: &str = "line end";
    pub(super) const LINE: &str = "line";
    pub(super) const HEAD: &str = "head";
    pub(super) const HEADERS: &str = "headers";
    pub(super) const HOST: &str = "Host";
    pub(super) const LENGTH: &str = "Content-Length";
    pub(super) const CODING: &str = "Transfer-Encoding";
    pub(super) const CHUNK_SIZE: &str = "chunk size";
    pub(super) const EXTENSION: &str = "chunk extension";
    pub(super) const CHUNK_END: &str = "chunk end";
    pub(super) const CLOSED: &str = "data after close";
    pub(super) const UNASKED: &str = "unasked response";
    pub(super) const ASKED: &str = "requests under way";
    pub(super) const BODY: &str = "body";
}
