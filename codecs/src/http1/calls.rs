//! Requests: the writing half of a client.

use wireview::{Encode, Error, Gather, Outgoing, Result};

use super::field;
use super::fields::{Ending, Fields};
use super::line::{TARGET, TOKEN, is};
use super::pieces::{Chunks, Mode};
use super::responses::Calls;

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
