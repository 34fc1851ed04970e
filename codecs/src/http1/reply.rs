//! Answers: the writing half of a server.

use wireview::{Error, Gather, Outgoing, Result};

use super::field;
use super::fields::{Ending, Fields, number};
use super::pieces::{Chunks, Mode};
use super::status::reason;

/// What has to be known of a request to write its response: [`Request::reply`](super::Request::reply).
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
