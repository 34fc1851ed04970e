//! Writing: responses and requests field by field, bodies from where they lie, and whole messages as they were read.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use wireview::{Encode, Error, Gather, Kind, Outgoing, Result};

use super::field;
use super::head::{Request, Response};
use super::headers::Headers;
use super::line::{TARGET, TEXT, TOKEN, is};
use super::part::{Chunk, Part, Trailers};
use super::{Calls, Requests, Responses};

/// What has to be known of a request to write its response: [`Request::reply`].
///
/// ```
/// use wireview::{Codec, Gather};
/// use wireview_codecs::http1::Requests;
///
/// let input = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
/// let mut codec = Requests::new();
/// codec.delimit(input)?;
/// let request = codec.parse(input)?.head().expect("a head");
/// let mut out = Gather::new();
/// request.reply().send(&mut out, 200, |fields| fields.add("Content-Type", "text/plain"), &b"hello"[..])?;
/// assert_eq!(
///     out.chunks().collect::<Vec<_>>().concat(),
///     b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
/// );
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// The answer to `HEAD` has the fields of that to `GET` and no body; `204`, `304` and what is below `200` have neither body nor
/// length. `connection` is written where it does not go without saying. `date`, which a server with a clock has to send, and all
/// others are the caller's.
///
/// # Cost
/// The head is copied into the queue. The body goes as its holder goes: `Bytes` are shared, a file region is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    is_head: bool,
    is_connect: bool,
    minor: u8,
    keep_alive: bool,
}

/// What stands in front of the empty line to say how the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Length(u64),
    Chunked,
    Close,
}

impl Reply {
    pub(super) const fn to(is_head: bool, is_connect: bool, minor: u8, keep_alive: bool) -> Self {
        Self { is_head, is_connect, minor, keep_alive }
    }

    /// The last words behind an error of the stream, where no request is: the connection closes.
    ///
    /// ```
    /// use wireview::{Codec, Gather};
    /// use wireview_codecs::http1::{Reply, Requests, refusal};
    ///
    /// let error = Requests::new().delimit(b"GET /\r\n").unwrap_err();
    /// let mut out = Gather::new();
    /// Reply::last().send(&mut out, refusal(&error), |_| {}, &b""[..])?;
    /// let sent = out.chunks().collect::<Vec<_>>().concat();
    /// assert!(sent.starts_with(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n"));
    /// # Ok::<(), wireview::Error>(())
    /// ```
    #[must_use]
    pub const fn last() -> Self {
        Self::to(false, false, 1, false)
    }

    /// The same, with the connection closed behind it.
    #[must_use]
    pub const fn closing(mut self) -> Self {
        self.keep_alive = false;
        self
    }

    /// Whether the connection goes on behind the response. If not, the caller closes it when all is sent.
    #[must_use]
    pub const fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the response is that to `HEAD`.
    #[must_use]
    pub const fn is_head(&self) -> bool {
        self.is_head
    }

    /// Queues a response whose body is there: copied, shared, or a region of a file.
    ///
    /// # Errors
    /// If the status is not one, a field is not lawful, or a body is given where there may be none. Nothing is queued then.
    pub fn send(
        &self,
        out: &mut Gather,
        status: u16,
        fields: impl FnOnce(&mut Fields<'_>),
        body: impl Outgoing,
    ) -> Result<()> {
        out.message(|out| {
            if self.head(out, status, fields, body.size())? {
                body.put(out);
            } else if body.size() > 0 && self.is_bare(status) {
                return Err(Error::unsupported(&field::BODY, 0));
            }
            Ok(())
        })
    }

    /// Queues the head of a response whose body the caller queues behind it. Answers whether one has to follow, of exactly
    /// `length` bytes.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn head(
        &self,
        out: &mut Gather,
        status: u16,
        fields: impl FnOnce(&mut Fields<'_>),
        length: u64,
    ) -> Result<bool> {
        out.message(|out| self.put_head(out, status, fields, Ending::Length(length), self.keep_alive))?;
        Ok(!self.is_head && !self.is_bare(status))
    }

    /// Queues the head of a response whose body comes piece by piece, and gives the writer of the pieces. A client of HTTP/1.0
    /// gets them without frames, and the connection must be closed behind them: ask [`Chunks::keep_alive`].
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn chunked(&self, out: &mut Gather, status: u16, fields: impl FnOnce(&mut Fields<'_>)) -> Result<Chunks> {
        if self.is_bare(status) {
            return Err(Error::unsupported(&field::BODY, 0));
        }
        let (ending, keep_alive) =
            if self.minor > 0 { (Ending::Chunked, self.keep_alive) } else { (Ending::Close, false) };
        out.message(|out| self.put_head(out, status, fields, ending, keep_alive))?;
        let mode = match ending {
            _ if self.is_head => Mode::Silent,
            Ending::Chunked => Mode::Chunks,
            _ => Mode::Raw,
        };
        Ok(Chunks { mode, keep_alive })
    }

    /// Whether neither a body nor its length may be sent.
    const fn is_bare(&self, status: u16) -> bool {
        status < 200 || status == 204 || status == 304 || (self.is_connect && status / 100 == 2)
    }

    fn put_head(
        &self,
        out: &mut Gather,
        status: u16,
        fields: impl FnOnce(&mut Fields<'_>),
        ending: Ending,
        keep_alive: bool,
    ) -> Result<()> {
        // RFC 9110, 15.2: a client of HTTP/1.0 does not know interim responses.
        if !(100..1000).contains(&status) || (status < 200 && self.minor == 0) {
            return Err(Error::unsupported(&field::STATUS, 0));
        }
        out.head(|head| {
            head.extend_from_slice(b"HTTP/1.1 ");
            number(head, status.into());
            head.push(b' ');
            head.extend_from_slice(reason(status).as_bytes());
            head.extend_from_slice(b"\r\n");
            Fields::write(head, fields)?;
            if !self.is_bare(status) {
                ending.put(head);
            }
            match (keep_alive, self.minor) {
                _ if status < 200 || (self.is_connect && status / 100 == 2) => {}
                (false, _) => head.extend_from_slice(b"Connection: close\r\n"),
                (true, 0) => head.extend_from_slice(b"Connection: keep-alive\r\n"),
                _ => {}
            }
            head.extend_from_slice(b"\r\n");
            Ok(())
        })
    }
}

impl Ending {
    fn put(self, head: &mut Vec<u8>) {
        match self {
            Self::Length(length) => {
                head.extend_from_slice(b"Content-Length: ");
                number(head, length);
                head.extend_from_slice(b"\r\n");
            }
            Self::Chunked => head.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Self::Close => {}
        }
    }
}

/// Header fields on their way into the queue.
#[derive(Debug)]
pub struct Fields<'a> {
    head: &'a mut Vec<u8>,
    host: bool,
    /// The first field that was refused.
    error: Option<Error>,
}

impl<'a> Fields<'a> {
    /// Writes what `fields` adds. Answers whether a host was among it.
    fn write(head: &'a mut Vec<u8>, fields: impl FnOnce(&mut Fields<'_>)) -> Result<bool> {
        let mut writer = Fields { head, host: false, error: None };
        fields(&mut writer);
        writer.error.map_or(Ok(writer.host), Err)
    }

    /// Adds a field. One that is not lawful (a name that is no token, a value with control characters), or one that says how
    /// the message ends, which is written by the codec, makes the whole message fail.
    #[inline]
    pub fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.add_name(name);
        let value = value.as_ref();
        if !value.iter().all(|byte| is(*byte, TEXT)) {
            self.refuse(Error::malformed(&field::VALUE, 0));
        }
        self.head.extend_from_slice(value);
        self.head.extend_from_slice(b"\r\n");
    }

    /// Adds a field whose value is written by `Display`: `format_args!` and numbers.
    pub fn add_display(&mut self, name: &str, value: impl fmt::Display) {
        self.add_name(name);
        let start = self.head.len();
        if write!(Text(self.head), "{value}").is_err() || !self.head[start..].iter().all(|byte| is(*byte, TEXT)) {
            self.refuse(Error::malformed(&field::VALUE, 0));
        }
        self.head.extend_from_slice(b"\r\n");
    }

    #[inline]
    fn add_name(&mut self, name: &str) {
        if name.is_empty() || !name.bytes().all(|byte| is(byte, TOKEN)) {
            self.refuse(Error::malformed(&field::NAME, 0));
        }
        match name.len() {
            4 => self.host |= name.eq_ignore_ascii_case("host"),
            14 if name.eq_ignore_ascii_case("content-length") => self.refuse(Error::unsupported(&field::LENGTH, 0)),
            17 if name.eq_ignore_ascii_case("transfer-encoding") => self.refuse(Error::unsupported(&field::CODING, 0)),
            _ => {}
        }
        self.head.extend_from_slice(name.as_bytes());
        self.head.extend_from_slice(b": ");
    }

    #[cold]
    fn refuse(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Writes a body piece by piece. It has to be [ended](Self::end).
#[derive(Debug)]
#[must_use = "a body in chunks that is not ended leaves the peer waiting"]
pub struct Chunks {
    mode: Mode,
    keep_alive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Chunks,
    /// The end of the connection ends the body.
    Raw,
    /// The response is that to `HEAD`.
    Silent,
}

impl Chunks {
    /// Whether the connection goes on behind the body. If not, the caller closes it when all is sent.
    #[must_use]
    pub const fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Queues a piece as one chunk. An empty one is passed over: it would end the body.
    pub fn write(&mut self, out: &mut Gather, data: impl Outgoing) {
        let size = data.size();
        match self.mode {
            _ if size == 0 => {}
            Mode::Silent => {}
            Mode::Raw => data.put(out),
            Mode::Chunks => put_chunk(out, size, |_| {}, data),
        }
    }

    /// Ends the body.
    pub fn end(self, out: &mut Gather) {
        if self.mode == Mode::Chunks {
            out.copy(b"0\r\n\r\n");
        }
    }

    /// Ends the body with trailer fields, which a peer of HTTP/1.0 does not get.
    ///
    /// # Errors
    /// If a field is not lawful. Nothing is queued then, and the body has not ended.
    pub fn end_with(self, out: &mut Gather, fields: impl FnOnce(&mut Fields<'_>)) -> Result<()> {
        if self.mode != Mode::Chunks {
            return Ok(());
        }
        out.message(|out| {
            out.head(|head| {
                head.extend_from_slice(b"0\r\n");
                Fields::write(head, fields)?;
                head.extend_from_slice(b"\r\n");
                Ok(())
            })
        })
    }
}

fn put_chunk<B: Outgoing>(out: &mut Gather, size: u64, extensions: impl FnOnce(&mut Gather), data: B) {
    let mut digits = [0; 16];
    let start = hex(size, &mut digits);
    out.copy(&digits[start..]);
    extensions(out);
    out.copy(b"\r\n");
    data.put(out);
    out.copy(b"\r\n");
}

/// Writes `number` to the end of `digits`, and answers where it starts.
fn hex(mut number: u64, digits: &mut [u8; 16]) -> usize {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
        if number == 0 {
            return at;
        }
    }
}

/// Writes `number` in decimal.
fn number(head: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    head.extend_from_slice(&digits[at..]);
}

impl Calls {
    /// Queues a request whose body is there, and remembers it for its response. A length is written if there is a body, or if
    /// the method is one that has one (`POST`, `PUT`, `PATCH`). The caller names the host.
    ///
    /// # Errors
    /// If method, target or a field is not lawful, no `host` is among the fields, or too many requests are under way. Nothing is
    /// queued then.
    pub fn send(
        &mut self,
        out: &mut Gather,
        method: &str,
        target: &str,
        fields: impl FnOnce(&mut Fields<'_>),
        body: impl Outgoing,
    ) -> Result<()> {
        let has_body = body.size() > 0 || matches!(method, "POST" | "PUT" | "PATCH");
        let ending = has_body.then(|| Ending::Length(body.size()));
        out.message(|out| {
            self.put_head(out, method, target, fields, ending)?;
            body.put(out);
            Ok(())
        })
    }

    /// Queues the head of a request whose body comes piece by piece, and gives the writer of the pieces.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn chunked(
        &mut self,
        out: &mut Gather,
        method: &str,
        target: &str,
        fields: impl FnOnce(&mut Fields<'_>),
    ) -> Result<Chunks> {
        out.message(|out| self.put_head(out, method, target, fields, Some(Ending::Chunked)))?;
        Ok(Chunks { mode: Mode::Chunks, keep_alive: true })
    }

    fn put_head(
        &mut self,
        out: &mut Gather,
        method: &str,
        target: &str,
        fields: impl FnOnce(&mut Fields<'_>),
        ending: Option<Ending>,
    ) -> Result<()> {
        if method.is_empty() || !method.bytes().all(|byte| is(byte, TOKEN)) {
            return Err(Error::malformed(&field::METHOD, 0));
        }
        if target.is_empty() || !target.bytes().all(|byte| is(byte, TARGET)) {
            return Err(Error::malformed(&field::TARGET, 0));
        }
        let host = out.head(|head| {
            for part in [method, " ", target, " HTTP/1.1\r\n"] {
                head.extend_from_slice(part.as_bytes());
            }
            let host = Fields::write(head, fields)?;
            if let Some(ending) = ending {
                ending.put(head);
            }
            head.extend_from_slice(b"\r\n");
            Ok(host)
        })?;
        if !host {
            return Err(Error::malformed(&field::HOST, 0));
        }
        self.asked(method.as_bytes())
    }
}

/// A request to be sent by a connection whose encoder is [`Calls`], as by [`Calls::send`].
///
/// ```
/// use wireview::{Encode, Gather};
/// use wireview_codecs::http1::{self, Call};
///
/// let (_, mut calls) = http1::client();
/// let mut out = Gather::new();
/// calls.encode(Call::new("GET", "/", |fields| fields.add("Host", "a.example"), &b""[..]), &mut out)?;
/// assert_eq!(out.chunks().collect::<Vec<_>>().concat(), b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Call<'a, F, B> {
    method: &'a str,
    target: &'a str,
    fields: F,
    body: B,
}

impl<'a, F: FnOnce(&mut Fields<'_>), B: Outgoing> Call<'a, F, B> {
    /// A request with header fields that `fields` adds, and a body.
    #[must_use]
    pub const fn new(method: &'a str, target: &'a str, fields: F, body: B) -> Self {
        Self { method, target, fields, body }
    }
}

impl<F: FnOnce(&mut Fields<'_>), B: Outgoing> Encode<Call<'_, F, B>> for Calls {
    fn encode(&mut self, call: Call<'_, F, B>, out: &mut Gather) -> Result<()> {
        self.send(out, call.method, call.target, call.fields, call.body)
    }
}

/// Writes a part as it was read, apart from its head, and the digits of chunk sizes.
fn put_part<H, B: Outgoing>(part: Part<H, B>, out: &mut Gather, head: impl FnOnce(H, &mut Gather)) -> Result<()> {
    match part {
        Part::Head(h) => head(h, out),
        Part::Body(data) => data.put(out),
        Part::Chunk(Chunk { extensions, data }) => match data.size() {
            // It would end the body.
            0 => return Err(Error::unsupported(&field::CHUNK_SIZE, 0)),
            size => put_chunk(out, size, |out| extensions.put(out), data),
        },
        Part::End(Trailers { extensions, headers }) => {
            out.copy(b"0");
            extensions.put(out);
            out.copy(b"\r\n");
            put_fields(headers, out);
        }
        // What ends it is no byte.
        Part::Rest(_) => return Err(Error::unsupported(&field::BODY, 0)),
    }
    Ok(())
}

fn put_fields<B: Outgoing>(headers: Headers<B>, out: &mut Gather) {
    headers.region.put(out);
    out.copy(b"\r\n");
}

fn put_request<B: Outgoing>(request: Request<B>, out: &mut Gather) {
    request.method.put(out);
    out.copy(b" ");
    request.target.put(out);
    out.copy(if request.traits.minor == 0 { b" HTTP/1.0\r\n" } else { b" HTTP/1.1\r\n" });
    put_fields(request.headers, out);
}

fn put_response<B: Outgoing>(response: Response<B>, out: &mut Gather) {
    out.head(|head| {
        head.extend_from_slice(if response.traits.minor == 0 { b"HTTP/1.0 " } else { b"HTTP/1.1 " });
        number(head, response.status.into());
        head.push(b' ');
    });
    response.reason.put(out);
    out.copy(b"\r\n");
    put_fields(response.headers, out);
}

/// Relays a request, part by part. That its fields still fit its body is not checked.
impl<B: Outgoing + AsRef<[u8]>> Encode<Part<Request<B>, B>> for Calls {
    fn encode(&mut self, part: Part<Request<B>, B>, out: &mut Gather) -> Result<()> {
        if let Part::Head(request) = &part {
            self.asked(request.method.as_ref())?;
        }
        put_part(part, out, put_request)
    }
}

/// The same where nobody waits for a response.
impl<B: Outgoing> Encode<Part<Request<B>, B>> for Requests {
    fn encode(&mut self, part: Part<Request<B>, B>, out: &mut Gather) -> Result<()> {
        put_part(part, out, put_request)
    }
}

/// Relays a response, part by part. [`Part::Rest`] is refused: it ends with the connection, so put its bytes into the queue and
/// close.
impl<B: Outgoing> Encode<Part<Response<B>, B>> for Requests {
    fn encode(&mut self, part: Part<Response<B>, B>, out: &mut Gather) -> Result<()> {
        put_part(part, out, put_response)
    }
}

/// As for [`Requests`].
impl<B: Outgoing> Encode<Part<Response<B>, B>> for Responses {
    fn encode(&mut self, part: Part<Response<B>, B>, out: &mut Gather) -> Result<()> {
        put_part(part, out, put_response)
    }
}

/// The status that tells a client why its request was refused, before the connection is closed.
#[must_use]
pub fn refusal(error: &Error) -> u16 {
    match (error.field(), error.kind()) {
        (field::VERSION, Kind::Unsupported) => 505,
        (field::CODING, Kind::Unsupported) => 501,
        (field::LINE | field::HEAD | field::HEADERS, Kind::Limit) => 431,
        ("frame", Kind::Limit) => 413,
        _ => 400,
    }
}

/// The words for a status. Clients do not read them.
const fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
