//! The codec of a server.

use wireview::{Boundary, Codec, Error, Result, Span};

use super::facts::{Coding, Facts, HOST, UPGRADE, UPGRADE_OPTION};
use super::field;
use super::flow::{Flow, Kind, Notes, Stage};
use super::head::{Framing, Request, Traits};
use super::line::State;
use super::part::Part;
use super::quick;
use super::scan::RequestLine;

/// Reads requests: the codec of a server.
///
/// ```
/// use wireview::{Boundary, Codec};
/// use wireview_codecs::http1::{Part, Requests};
///
/// let mut codec = Requests::new();
/// let input = b"GET /index.html HTTP/1.1\r\nHost: a.example\r\n\r\n";
/// assert_eq!(codec.delimit(input)?, Boundary::whole(input.len()));
/// let Part::Head(request) = codec.parse(input)? else { unreachable!() };
/// assert!(request.is("GET"));
/// assert_eq!(request.path(), b"/index.html");
/// assert_eq!(request.header("host"), Some(&b"a.example"[..]));
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// Each byte of a head is looked at once, however it is cut; bytes of bodies never.
#[derive(Clone, Debug)]
pub struct Requests {
    flow: Flow,
    facts: Facts,
    line: RequestLine,
    needs_host: bool,
}

impl Requests {
    /// A codec that takes heads of 64 KiB, lines of 32 KiB, 128 header fields.
    #[must_use]
    pub const fn new() -> Self {
        Self { flow: Flow::new(State::Method), facts: Facts::NONE, line: RequestLine::NONE, needs_host: true }
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

    /// Sets how long a line may be, line end included: request line, header field, or what stands in front of a chunk.
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

    /// Sets whether a request of HTTP/1.1 must name its host, as RFC 9112, 3.2, has it. Two of them are never taken.
    #[must_use]
    pub const fn needs_host(mut self, needs: bool) -> Self {
        self.needs_host = needs;
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
        if !flow.scan.is_resumed() {
            let mut facts = Facts::NONE;
            flow.scan.clear();
            if let Some((line, at, stops)) = quick::request_line(input, &flow.bounds)
                && let Some((end, count)) =
                    quick::fields(input, at, stops, &flow.bounds, &mut flow.scan.index, &mut facts)
            {
                flow.scan.count = count;
                // Most have a host, and nothing that says how it goes on.
                if line.minor == 1 && facts.is_plain() && line.method_end != b"CONNECT".len() {
                    let traits = Traits { minor: 1, flags: facts.flags, keep_alive: true, tunnel: false };
                    return Ok(flow.begin(line.notes(end, Framing::None, traits), false));
                }
                (self.facts, self.line) = (facts, line);
                return self.whole(input, end);
            }
        }
        self.resume(input)
    }

    /// A head that is not plain, not whole, or was not when its first bytes came.
    #[inline(never)]
    fn resume(&mut self, input: &[u8]) -> Result<Boundary> {
        let flow = &mut self.flow;
        if !flow.scan.is_in_fields() {
            if !flow.scan.is_resumed() {
                flow.scan.restart(0, State::Method);
                self.facts = Facts::NONE;
            }
            let Some((line, end)) = flow.scan.request_line(input, &flow.bounds)? else {
                return Ok(Boundary::Need(input.len() + 1));
            };
            self.line = line;
            flow.scan.begin_fields(end);
        }
        match flow.scan.fields(input, &flow.bounds, &mut self.facts)? {
            None => Ok(Boundary::Need(input.len() + 1)),
            Some(end) => self.whole(input, end),
        }
    }

    /// The head ends at `end`.
    #[inline(never)]
    fn whole(&mut self, input: &[u8], end: usize) -> Result<Boundary> {
        let RequestLine { method_end, minor, .. } = self.line;
        let facts = &mut self.facts;
        // RFC 9112, 6.1 and 6.3: chunked comes last, and there is none of it in HTTP/1.0.
        if facts.coding == Coding::Other || (facts.coding == Coding::Chunked && minor == 0) {
            return Err(Error::malformed(&field::CODING, facts.coding_at as usize));
        }
        if minor > 0 && self.needs_host && !facts.has(HOST) {
            return Err(Error::malformed(&field::HOST, end - 2));
        }
        // RFC 9110, 7.8: one without the other, or in HTTP/1.0, asks for nothing.
        if !(facts.has(UPGRADE) && facts.has(UPGRADE_OPTION) && minor > 0) {
            facts.flags &= !UPGRADE;
        }
        let mut framing = match (facts.coding, facts.length) {
            (Coding::Chunked, _) => Framing::Chunked,
            (_, Some(length @ 1..)) => Framing::Length(length),
            _ => Framing::None,
        };
        let mut keep_alive = facts.keep_alive(minor);
        let tunnel = &input[..method_end] == b"CONNECT";
        // RFC 9110, 9.3.6: there is no content. Where some was announced, nobody knows what follows if there is no tunnel.
        if tunnel && framing != Framing::None {
            (framing, keep_alive) = (Framing::None, false);
        }
        let switches = tunnel || facts.has(UPGRADE);
        self.flow.scan.finish();
        let traits = Traits { minor, flags: facts.flags, keep_alive, tunnel };
        let notes = self.line.notes(end, framing, traits);
        Ok(self.flow.begin(notes, switches))
    }
}

impl RequestLine {
    /// The notes of a head that begins with the line and ends at `end`.
    #[inline(always)]
    const fn notes(self, end: usize, framing: Framing, traits: Traits) -> Notes {
        let (one, two) = (self.method_end as u32, self.target_end as u32);
        Notes {
            kind: Kind::Head,
            framing,
            traits,
            status: 0,
            one,
            two,
            fields: (two + 11, end as u32 - 2),
            end: end as u32,
        }
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec for Requests {
    type Message = Part<Request<Span>, Span>;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        if self.flow.stage == Stage::Head { self.head(input) } else { self.flow.body(input) }
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Part<Request<&'a [u8]>, &'a [u8]>> {
        let notes = &self.flow.notes;
        if notes.kind != Kind::Head {
            return self.flow.parse(frame);
        }
        if frame.len() != notes.end as usize {
            return Err(Error::truncated(&field::HEAD, frame.len()));
        }
        let (one, two) = (notes.one as usize, notes.two as usize);
        Ok(Part::Head(Request {
            method: &frame[..one],
            target: &frame[one + 1..two],
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

    fn parse_head<'a>(&self, head: &'a [u8], _: u64) -> Result<Part<Request<&'a [u8]>, &'a [u8]>> {
        self.flow.parse(head)
    }
}
