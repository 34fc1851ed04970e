//! The codec of a client.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use wireview::{Boundary, Codec, Error, Result, Span};

use super::facts::{Coding, Facts};
use super::field;
use super::flow::{Flow, Kind, Notes, Stage};
use super::head::{Framing, Response, Traits};
use super::line::State;
use super::part::Part;
use super::scan::StatusLine;

/// How many requests may be under way.
const UNDER_WAY: usize = 256;

/// What was asked, so far as it matters to how the answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Asked {
    Other,
    Head,
    Connect,
}

/// The requests under way, oldest first: one side writes, the other reads.
#[derive(Debug)]
struct Ring {
    slots: [AtomicU8; UNDER_WAY],
    /// How many were asked, and how many answered.
    asked: AtomicUsize,
    answered: AtomicUsize,
}

/// The two halves of a client: the codec that reads responses, and the encoder that writes requests. They share which
/// requests are under way, since it depends on the request how its response ends.
///
/// ```
/// use wireview::{Codec, Encode, Gather};
/// use wireview_codecs::http1;
///
/// let (mut responses, mut calls) = http1::client();
/// let mut out = Gather::new();
/// calls.send(&mut out, "HEAD", "/", |fields| fields.add("host", "a.example"), &b""[..])?;
/// let input = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
/// responses.delimit(input)?;
/// let head = responses.parse(input)?.head().expect("a head");
/// assert_eq!(head.content_length(), Some(0)); // nothing follows
/// # Ok::<(), wireview::Error>(())
/// ```
#[must_use]
pub fn client() -> (Responses, Calls) {
    let ring = Arc::new(Ring {
        slots: [const { AtomicU8::new(0) }; UNDER_WAY],
        asked: AtomicUsize::new(0),
        answered: AtomicUsize::new(0),
    });
    let responses = Responses { ring: Some(Arc::clone(&ring)), ..Responses::new() };
    (responses, Calls { ring })
}

/// Writes requests: the encoder of a client. See [`client`].
#[derive(Debug)]
pub struct Calls {
    ring: Arc<Ring>,
}

impl Calls {
    /// Remembers that a request by `method` was sent, for those who write requests by hand.
    ///
    /// # Errors
    /// [`Kind::Limit`](wireview::Kind::Limit) if 256 requests are under way.
    pub fn asked(&mut self, method: &[u8]) -> Result<()> {
        let asked = self.ring.asked.load(Ordering::Relaxed);
        if asked.wrapping_sub(self.ring.answered.load(Ordering::Acquire)) >= UNDER_WAY {
            return Err(Error::limit(&field::ASKED, 0));
        }
        let what = match method {
            b"HEAD" => Asked::Head,
            b"CONNECT" => Asked::Connect,
            _ => Asked::Other,
        };
        self.ring.slots[asked % UNDER_WAY].store(what as u8, Ordering::Relaxed);
        self.ring.asked.store(asked.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// How many requests wait for their response.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.ring.asked.load(Ordering::Relaxed).wrapping_sub(self.ring.answered.load(Ordering::Acquire))
    }
}

impl Ring {
    /// The oldest request that waits.
    fn answer(&self) -> Option<Asked> {
        let answered = self.answered.load(Ordering::Relaxed);
        if answered == self.asked.load(Ordering::Acquire) {
            return None;
        }
        let what = self.slots[answered % UNDER_WAY].load(Ordering::Relaxed);
        self.answered.store(answered.wrapping_add(1), Ordering::Release);
        Some(match what {
            1 => Asked::Head,
            2 => Asked::Connect,
            _ => Asked::Other,
        })
    }
}

/// Reads responses: the codec of a client.
///
/// How a response ends depends on its request: [`client`] makes a codec that knows. One that was made by [`new`](Self::new)
/// takes each response for the answer to a `GET`.
///
/// ```
/// use wireview::{Boundary, Codec};
/// use wireview_codecs::http1::{Framing, Responses};
///
/// let mut codec = Responses::new();
/// let input = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
/// assert_eq!(codec.delimit(input)?, Boundary::whole(38));
/// let response = codec.parse(&input[..38])?.head().expect("a head");
/// assert_eq!((response.status(), response.framing()), (200, Framing::Length(5)));
/// assert_eq!(codec.delimit(&input[38..])?, Boundary::Frame { head: 0, body: 5, tail: 0 });
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Responses {
    flow: Flow,
    facts: Facts,
    line: StatusLine,
    ring: Option<Arc<Ring>>,
}

impl Responses {
    /// A codec that takes heads of 64 KiB, lines of 32 KiB, 128 header fields, and each response for that to a `GET`.
    #[must_use]
    pub const fn new() -> Self {
        Self { flow: Flow::new(State::StatusVersion(0)), facts: Facts::NONE, line: StatusLine::NONE, ring: None }
    }

    /// Whether a head is next.
    pub(super) fn is_at_head(&self) -> bool {
        self.flow.stage == Stage::Head
    }

    /// Sets how long a head may be, empty line included, and a trailer section; at most 1 GiB.
    #[must_use]
    pub const fn max_head(mut self, bytes: usize) -> Self {
        self.flow.bounds.head = if bytes < 1 << 30 { bytes } else { 1 << 30 };
        self
    }

    /// Sets how long a line may be, line end included: status line, header field, or what stands in front of a chunk.
    #[must_use]
    pub const fn max_line(mut self, bytes: usize) -> Self {
        self.flow.bounds.line = bytes;
        self
    }

    /// Sets how many header fields a head may have, and how many trailers.
    #[must_use]
    pub const fn max_headers(mut self, count: u32) -> Self {
        self.flow.bounds.fields = count;
        self
    }

    #[inline(always)]
    fn head(&mut self, input: &[u8]) -> Result<Boundary> {
        match input.first() {
            None => return Ok(Boundary::Need(1)),
            Some(b'\r') => return Flow::empty_line(input),
            Some(_) => {}
        }
        let flow = &mut self.flow;
        if !flow.scan.is_in_fields() {
            if !flow.scan.is_resumed() {
                flow.scan.restart(0, State::StatusVersion(0));
                self.facts = Facts::RESPONSE;
            }
            let Some((line, end)) = flow.scan.status_line(input, &flow.bounds)? else {
                return Ok(Boundary::Need(input.len() + 1));
            };
            self.line = line;
            flow.scan.begin_fields(end);
        }
        match flow.scan.fields(input, &flow.bounds, &mut self.facts)? {
            None => Ok(Boundary::Need(input.len() + 1)),
            Some(end) => self.whole(end),
        }
    }

    /// The head ends at `end`. RFC 9112, 6.3.
    fn whole(&mut self, end: usize) -> Result<Boundary> {
        let StatusLine { minor, status, reason } = self.line;
        let facts = &self.facts;
        if facts.coding != Coding::None && minor == 0 {
            return Err(Error::malformed(&field::CODING, facts.coding_at as usize));
        }
        let interim = status < 200 && status != 101;
        let asked = match &self.ring {
            Some(ring) if !interim => ring.answer().ok_or(Error::malformed(&field::UNASKED, 0))?,
            _ => Asked::Other,
        };
        let tunnel = status == 101 || (asked == Asked::Connect && status / 100 == 2);
        let framing = match (facts.coding, facts.length) {
            _ if tunnel || asked == Asked::Head || matches!(status, 100..200 | 204 | 304) => Framing::None,
            (Coding::Chunked, _) => Framing::Chunked,
            (Coding::None, Some(0)) => Framing::None,
            (Coding::None, Some(length)) => Framing::Length(length),
            _ => Framing::UntilClose,
        };
        let keep_alive = interim || (facts.keep_alive(minor) && framing != Framing::UntilClose);
        self.flow.scan.finish();
        let notes = Notes {
            kind: Kind::Head,
            framing,
            traits: Traits { minor, flags: facts.flags, keep_alive, tunnel },
            status,
            one: reason.0 as u32,
            two: reason.1 as u32,
            fields: (reason.1 as u32 + 2, end as u32 - 2),
            end: end as u32,
        };
        Ok(self.flow.begin(notes, tunnel))
    }
}

impl Default for Responses {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec for Responses {
    type Message = Part<Response<Span>, Span>;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        if self.flow.stage == Stage::Head { self.head(input) } else { self.flow.body(input) }
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Part<Response<&'a [u8]>, &'a [u8]>> {
        let notes = &self.flow.notes;
        if notes.kind != Kind::Head {
            return self.flow.parse(frame);
        }
        if frame.len() != notes.end as usize {
            return Err(Error::truncated(&field::HEAD, frame.len()));
        }
        Ok(Part::Head(Response {
            status: notes.status,
            reason: &frame[notes.one as usize..notes.two as usize],
            headers: self.flow.headers(frame),
            framing: notes.framing,
            traits: notes.traits,
        }))
    }

    #[inline(always)]
    fn barrier(&self) -> bool {
        self.flow.barrier
    }

    fn is_inside(&self) -> bool {
        self.flow.is_inside()
    }

    fn is_raw(&self) -> bool {
        true
    }

    fn body_is_raw(&self) -> bool {
        true
    }

    fn parse_head<'a>(&self, head: &'a [u8], _: u64) -> Result<Part<Response<&'a [u8]>, &'a [u8]>> {
        self.flow.parse(head)
    }
}
