//! RESP2 and RESP3, the protocol of Redis.
//!
//! ```text
//!  client                                         server
//!  ┌─────────┐  *2 $3 GET $3 key               ┌──────────┐
//!  │ Replies │ ──────────── Request ─────────▶ │ Requests │
//!  │         │ ◀─────────── Value ──────────── │          │
//!  └─────────┘                        $5 hello └──────────┘
//!     reads values                    reads requests
//! ```
//!
//! [`Requests`] is the codec of a server, [`Replies`] that of a client. Both write either: a message through
//! [`Encode`](wireview::Encode), or piece by piece through the functions of this module, which a server wants.
//!
//! ```
//! use wireview::{Codec, Gather};
//! use wireview_codecs::resp::{self, Requests, Version};
//!
//! let mut codec = Requests::new();
//! let mut out = Gather::new();
//! let input = b"*3\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n";
//! codec.delimit(input)?;
//! let request = codec.parse(input)?;
//! if request.is("mget") {
//!     resp::array(&mut out, request.len() - 1);
//!     for key in request.args().skip(1) {
//!         match key {
//!             b"a" => resp::bulk(&mut out, b"1"),
//!             _ => resp::null(&mut out, Version::Resp2),
//!         }
//!     }
//! }
//! assert_eq!(out.chunks().collect::<Vec<_>>().concat(), b"*2\r\n$1\r\n1\r\n$-1\r\n");
//! # Ok::<(), wireview::Error>(())
//! ```
//!
//! | | checked | left to the handler |
//! | --- | --- | --- |
//! | request | line ends, lengths and counts and their limits, quotes and escapes of inline commands | what the command is, how many arguments it takes |
//! | value | line ends, types and where they may stand, lengths, counts and depth and their limits, the form of numbers, pairs of maps | UTF-8, unique keys of maps and sets, what an attribute or a push means, which reply answers what |
//! | writing | CR and LF in lines, an even number of parts of a map | that the parts which follow a head are as many as it says, the form of numbers that are text |
//!
//! Numbers are as strict as Redis': no leading zeros, no `-0`, no blanks; a plus only in integers, doubles and big numbers.
//! Other than Redis, which looks for CR and skips what follows, the codecs insist on CRLF, except behind an inline command,
//! where LF will do.

mod events;
mod inline;
mod number;
mod replies;
mod request;
mod requests;
mod scan;
mod show;
mod trace;
mod value;
mod walk;
mod write;

#[cfg(test)]
mod tests;

pub use events::{Aggregate, Event, Events};
pub use replies::Replies;
pub use request::{Arg, Args, FIRST, Form, Request};
pub use requests::Requests;
pub use value::{Chunk, Null, Pair, Value};
pub use walk::MAX_DEPTH;
pub use write::{
    Version, array, boolean, bulk, command, double, error, integer, map, null, null_array, push, set, simple, verbatim,
};

use core::fmt;

use wireview::{Error, Kind};

/// The longest bulk string of Redis, `proto-max-bulk-len`.
const MAX_BULK: usize = 512 * 1024 * 1024;

/// The longest that could be held in memory: no sum of an offset and a length overflows.
const MAX_HELD: usize = isize::MAX as usize;

/// What errors call the parts of a frame.
mod field {
    pub(super) const INLINE: &str = "inline request";
    pub(super) const QUOTES: &str = "quotes";
    pub(super) const REQUEST: &str = "request";
    pub(super) const COUNT: &str = "multibulk length";
    pub(super) const LENGTH: &str = "bulk length";
    pub(super) const DOLLAR: &str = "bulk header";
    pub(super) const LINE_END: &str = "line end";
    pub(super) const LINE: &str = "line";
    pub(super) const VALUE: &str = "value";
    pub(super) const TYPE: &str = "type";
    pub(super) const INTEGER: &str = "integer";
    pub(super) const BOOLEAN: &str = "boolean";
    pub(super) const DOUBLE: &str = "double";
    pub(super) const BIG_NUMBER: &str = "big number";
    pub(super) const VERBATIM: &str = "verbatim string";
    pub(super) const CHUNK: &str = "chunk length";
    pub(super) const PAIR: &str = "pair";
    pub(super) const DEPTH: &str = "depth";
}

/// What Redis tells a client about a fault in its request before it closes the connection, for [`error()`].
///
/// ```
/// use wireview::Codec;
/// use wireview_codecs::resp::{Requests, protocol_error};
///
/// let error = Requests::new().delimit(b"*1\r\n$-5\r\n").unwrap_err();
/// assert_eq!(protocol_error(&error), "ERR Protocol error: invalid bulk length");
/// assert_eq!(error.offset(), 5);
/// ```
#[must_use]
pub fn protocol_error(error: &Error) -> &'static str {
    match (error.field(), error.kind()) {
        (field::INLINE, Kind::Limit) => "ERR Protocol error: too big inline request",
        (field::INLINE, _) => "ERR Protocol error: invalid inline request",
        (field::QUOTES, _) => "ERR Protocol error: unbalanced quotes in request",
        (field::COUNT, _) => "ERR Protocol error: invalid multibulk length",
        (field::LENGTH, _) => "ERR Protocol error: invalid bulk length",
        (field::DOLLAR, _) => "ERR Protocol error: expected '$'",
        (field::LINE_END, _) => "ERR Protocol error: expected CRLF",
        (_, Kind::Limit) => "ERR Protocol error: too big request",
        _ => "ERR Protocol error",
    }
}

/// Bytes in quotes, cut if long.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 64;
        let shown = &self.0[..self.0.len().min(SHOWN)];
        write!(f, "\"{}\"", shown.escape_ascii())?;
        match self.0.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, "… and {more} bytes more"),
        }
    }
}
