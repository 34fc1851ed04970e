//! Requests and responses: what stands in front of a body.

use core::fmt;

use wireview::{Holder, Span, Wire};

use super::facts::{CLOSE, CONTINUE, UPGRADE};
use super::headers::Headers;
use super::reply::Reply;

/// How the end of a message is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Framing {
    /// There is no body.
    #[default]
    None,
    /// So many bytes follow, at least one.
    Length(u64),
    /// Chunks follow, and trailers.
    Chunked,
    /// All that comes until the connection ends.
    UntilClose,
}

/// The head of a request.
///
/// The accessors of a borrowed request return views that live as long as the frame; for other holders, see
/// [`by_ref`](Self::by_ref).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request<B> {
    pub(super) method: B,
    pub(super) target: B,
    pub(super) headers: Headers<B>,
    pub(super) framing: Framing,
    pub(super) traits: Traits,
}

/// The head of a response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response<B> {
    pub(super) status: u16,
    pub(super) reason: B,
    pub(super) headers: Headers<B>,
    pub(super) framing: Framing,
    pub(super) traits: Traits,
}

/// What was read off a head, in four bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) minor: u8,
    pub(super) flags: u8,
    pub(super) keep_alive: bool,
    pub(super) tunnel: bool,
}

macro_rules! shared_by_heads {
    ($head:ident) => {
        impl<B> $head<B> {
            /// The minor version: 1 for HTTP/1.1, 0 for HTTP/1.0.
            #[inline]
            #[must_use]
            pub const fn minor(&self) -> u8 {
                self.traits.minor
            }

            /// The header fields.
            #[inline]
            pub const fn headers(&self) -> &Headers<B> {
                &self.headers
            }

            /// How the end of the message is found.
            #[inline]
            #[must_use]
            pub const fn framing(&self) -> Framing {
                self.framing
            }

            /// How many bytes the body has, if that is known: not if it is chunked, or ends with the connection.
            #[inline]
            #[must_use]
            pub const fn content_length(&self) -> Option<u64> {
                match self.framing {
                    Framing::None => Some(0),
                    Framing::Length(length) => Some(length),
                    Framing::Chunked | Framing::UntilClose => None,
                }
            }

            /// Whether the connection goes on behind this message (RFC 9112, 9.3). If not, the codec refuses what comes
            /// behind it.
            #[inline]
            #[must_use]
            pub const fn keep_alive(&self) -> bool {
                self.traits.keep_alive
            }

            /// Whether the option `close` was sent.
            #[inline]
            #[must_use]
            pub const fn has_close(&self) -> bool {
                self.traits.flags & CLOSE != 0
            }
        }
    };
}

shared_by_heads!(Request);
shared_by_heads!(Response);

impl<B> Request<B> {
    /// Whether the client asks for another protocol by `Upgrade`, whose names are in that field.
    #[inline]
    #[must_use]
    pub const fn wants_upgrade(&self) -> bool {
        self.traits.flags & UPGRADE != 0
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    #[inline]
    #[must_use]
    pub const fn expects_continue(&self) -> bool {
        self.traits.flags & CONTINUE != 0 && self.traits.minor > 0
    }
}

impl<'a> Request<&'a [u8]> {
    /// The method: a token, in capitals if it is one that everybody knows.
    #[inline]
    #[must_use]
    pub const fn method(&self) -> &'a [u8] {
        self.method
    }

    /// Whether the method is `method`. Methods are told apart by case.
    #[inline]
    #[must_use]
    pub fn is(&self, method: &str) -> bool {
        self.method == method.as_bytes()
    }

    /// What the request is about, as it was sent: visible ASCII, nothing decoded.
    #[inline]
    #[must_use]
    pub const fn target(&self) -> &'a [u8] {
        self.target
    }

    /// The path: of `/path?query` and of `http://host/path?query`, still encoded; `*`, or `host:port` behind `CONNECT`, as they are.
    /// Empty only for a target that begins with `?` or `#`, which none of the four forms does.
    #[must_use]
    pub fn path(&self) -> &'a [u8] {
        let end = self.target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(self.target.len());
        let path = &self.target[..end];
        if path.first() == Some(&b'/') {
            return path;
        }
        let Some(scheme) = path.windows(3).position(|three| three == b"://") else { return path };
        let authority = &path[scheme + 3..];
        authority.iter().position(|byte| *byte == b'/').map_or(b"/", |slash| &authority[slash..])
    }

    /// What follows the first question mark of the target, without a fragment.
    #[must_use]
    pub fn query(&self) -> Option<&'a [u8]> {
        let end = self.target.iter().position(|byte| *byte == b'#').unwrap_or(self.target.len());
        let target = &self.target[..end];
        let start = target.iter().position(|byte| *byte == b'?')?;
        Some(&target[start + 1..])
    }

    /// The value of the first header field called `name`, in letters of either case.
    #[inline]
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.get(name)
    }

    /// What has to be known of the request to write its response, without the request.
    #[inline]
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply::to(self.is("HEAD"), self.is("CONNECT"), self.traits.minor, self.traits.keep_alive)
    }
}

impl<B: AsRef<[u8]>> Request<B> {
    /// The same request as views into its holders.
    #[inline]
    #[must_use]
    pub fn by_ref(&self) -> Request<&[u8]> {
        Request {
            method: self.method.as_ref(),
            target: self.target.as_ref(),
            headers: self.headers.by_ref(),
            framing: self.framing,
            traits: self.traits,
        }
    }
}

impl<B> Response<B> {
    /// The status: three digits, the first of which is not 0.
    #[inline]
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Whether the final response is still to come: a status below 200 other than 101.
    #[inline]
    #[must_use]
    pub const fn is_interim(&self) -> bool {
        self.status < 200 && self.status != 101
    }

    /// Whether what follows is no longer HTTP: behind `101`, or behind a success that answers `CONNECT`.
    #[inline]
    #[must_use]
    pub const fn is_tunnel(&self) -> bool {
        self.traits.tunnel
    }
}

impl<'a> Response<&'a [u8]> {
    /// The words behind the status, which mean nothing. May be empty.
    #[inline]
    #[must_use]
    pub const fn reason(&self) -> &'a [u8] {
        self.reason
    }

    /// The value of the first header field called `name`, in letters of either case.
    #[inline]
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.get(name)
    }
}

impl<B: AsRef<[u8]>> Response<B> {
    /// The same response as views into its holders.
    #[inline]
    #[must_use]
    pub fn by_ref(&self) -> Response<&[u8]> {
        Response {
            status: self.status,
            reason: self.reason.as_ref(),
            headers: self.headers.by_ref(),
            framing: self.framing,
            traits: self.traits,
        }
    }
}

impl Wire for Request<Span> {
    type Of<B: Holder> = Request<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(request: Request<A>, f: &mut impl FnMut(A) -> B) -> Request<B> {
        Request {
            method: f(request.method),
            target: f(request.target),
            headers: Headers::map(request.headers, f),
            framing: request.framing,
            traits: request.traits,
        }
    }
}

impl Wire for Response<Span> {
    type Of<B: Holder> = Response<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(response: Response<A>, f: &mut impl FnMut(A) -> B) -> Response<B> {
        Response {
            status: response.status,
            reason: f(response.reason),
            headers: Headers::map(response.headers, f),
            framing: response.framing,
            traits: response.traits,
        }
    }
}

/// As it is sent, without the empty line.
impl<B: AsRef<[u8]>> fmt::Display for Request<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.by_ref();
        let (method, target) = (request.method.escape_ascii(), request.target.escape_ascii());
        writeln!(f, "{method} {target} HTTP/1.{}", self.traits.minor)?;
        request.headers.fmt(f)
    }
}

/// As it is sent, without the empty line.
impl<B: AsRef<[u8]>> fmt::Display for Response<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let response = self.by_ref();
        writeln!(f, "HTTP/1.{} {} {}", self.traits.minor, self.status, response.reason.escape_ascii())?;
        response.headers.fmt(f)
    }
}
