//! HTTP/1.1 and HTTP/1.0, both directions.

mod chunk;
mod facts;
mod flow;
mod head;
mod headers;
mod line;
mod mask;
mod part;
mod requests;
mod responses;
mod scan;
mod write;

pub use chunk::{Extension, Extensions};
pub use head::{Framing, Request, Response};
pub use headers::{Field, Headers, Iter};
pub use part::{Chunk, Part, Trailers};
pub use requests::Requests;
pub use responses::{Calls, Responses, client};
pub use write::{Call, Chunks, Fields, Reply, refusal};

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
