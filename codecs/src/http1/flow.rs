//! From the head to the end of a message: which part comes next, and where it ends.
//!
//! ```text
//!           ┌────────────────────────── keep-alive ─────────────────────────┐
//!           ▼                                                               │
//!         Head ──▶ Length ──────────────────────────────────────────────▶ ended ──▶ Closed
//!           ├────▶ ChunkLine ◀─▶ ChunkEnd                                   ▲
//!           │          └──────▶ Trailers ───────────────────────────────────┤
//!           ├────▶ Rest                                                     │
//!           └───────────────────────────────────────────────────────────────┘
//! ```

use wireview::{Boundary, Error, Result};

use super::chunk::ChunkLine;
use super::field;
use super::head::{Framing, Traits};
use super::headers::Headers;
use super::line::{Bounds, State};
use super::mask::Stops;
use super::part::{Chunk, Part, Trailers};
use super::scan::Scan;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Head,
    Length(u64),
    ChunkLine,
    /// The fields behind the last chunk, in the frame that its line began.
    Trailers,
    /// CR LF behind the data of a chunk.
    ChunkEnd,
    Rest,
    /// Nothing may.
    Closed,
}

/// Which part the last frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Head,
    Body,
    Chunk,
    End,
    Rest,
}

/// What `delimit` found out of a frame, for `parse`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notes {
    pub(super) kind: Kind,
    pub(super) framing: Framing,
    pub(super) traits: Traits,
    pub(super) status: u16,
    /// The ends of method and target, the bounds of the reason phrase, or those of the chunk extensions.
    pub(super) one: u32,
    pub(super) two: u32,
    /// Where the field lines are.
    pub(super) fields: (u32, u32),
    /// The end of all that is in the input when the frame is found: the head of the frame.
    pub(super) end: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) stage: Stage,
    pub(super) bounds: Bounds,
    pub(super) scan: Scan,
    chunk: ChunkLine,
    pub(super) notes: Notes,
    keep_alive: bool,
    /// The message asks for another protocol, or switches to it.
    switches: bool,
    /// The last frame ends such a message.
    pub(super) barrier: bool,
}

impl Flow {
    pub(super) const fn new(state: State) -> Self {
        Self {
            stage: Stage::Head,
            bounds: Bounds { head: 64 * 1024, line: 32 * 1024, fields: 128 },
            scan: Scan::new(state),
            chunk: ChunkLine::NONE,
            notes: Notes {
                kind: Kind::Head,
                framing: Framing::None,
                traits: Traits { minor: 1, flags: 0, keep_alive: true, tunnel: false },
                status: 0,
                one: 0,
                two: 0,
                fields: (0, 0),
                end: 0,
            },
            keep_alive: true,
            switches: false,
            barrier: false,
        }
    }

    /// The head that ends at `notes.end` is whole.
    #[inline(always)]
    pub(super) fn begin(&mut self, notes: Notes, switches: bool) -> Boundary {
        self.notes = notes;
        self.keep_alive = notes.traits.keep_alive;
        self.switches = switches;
        self.barrier = false;
        match notes.framing {
            Framing::None => self.end(),
            Framing::Length(length) => self.stage = Stage::Length(length),
            Framing::Chunked => self.stage = Stage::ChunkLine,
            Framing::UntilClose => self.stage = Stage::Rest,
        }
        Boundary::whole(notes.end as usize)
    }

    #[inline(always)]
    fn end(&mut self) {
        self.stage = if self.keep_alive { Stage::Head } else { Stage::Closed };
        self.barrier = self.switches;
    }

    /// Whether the stream may not end here.
    pub(super) const fn is_inside(&self) -> bool {
        matches!(self.stage, Stage::Length(_) | Stage::ChunkLine | Stage::ChunkEnd | Stage::Trailers)
    }

    /// An empty line in front of a head, which starts with CR (RFC 9112, 2.2).
    #[cold]
    pub(super) fn empty_line(input: &[u8]) -> Result<Boundary> {
        match input.get(1) {
            Some(b'\n') => Ok(Boundary::Skip(2)),
            Some(_) => Err(Error::malformed(&field::LINE_END, 1)),
            None => Ok(Boundary::Need(2)),
        }
    }

    /// What follows a head.
    pub(super) fn body(&mut self, input: &[u8]) -> Result<Boundary> {
        self.barrier = false;
        match (self.stage, input.first()) {
            (_, None) => Ok(Boundary::Need(1)),
            (Stage::Length(length), _) => {
                self.note(Kind::Body, 0);
                self.end();
                Ok(Boundary::Frame { head: 0, body: length, tail: 0 })
            }
            (Stage::ChunkLine, _) => self.chunk_line(input),
            (Stage::Trailers, _) => self.trailers(input),
            (Stage::ChunkEnd, _) => match (input[0], input.get(1)) {
                (b'\r', None) => Ok(Boundary::Need(2)),
                (b'\r', Some(b'\n')) => {
                    self.stage = Stage::ChunkLine;
                    Ok(Boundary::Skip(2))
                }
                (b'\r', Some(_)) => Err(Error::malformed(&field::CHUNK_END, 1)),
                _ => Err(Error::malformed(&field::CHUNK_END, 0)),
            },
            (Stage::Rest, _) => Ok(Boundary::Need(input.len() + 1)),
            (_, Some(b'\r')) => Self::empty_line(input),
            _ => Err(Error::malformed(&field::CLOSED, 0)),
        }
    }

    /// The rest of a stream, of which no more will come.
    pub(super) fn last(&mut self, rest: &[u8]) -> Option<Boundary> {
        if self.stage != Stage::Rest {
            return None;
        }
        self.note(Kind::Rest, 0);
        self.end();
        Some(Boundary::Frame { head: 0, body: rest.len() as u64, tail: 0 })
    }

    fn chunk_line(&mut self, input: &[u8]) -> Result<Boundary> {
        let Some(line) = self.chunk.run(input, &self.bounds)? else { return Ok(Boundary::Need(input.len() + 1)) };
        self.chunk = ChunkLine::NONE;
        (self.notes.one, self.notes.two) = (line.size_end as u32, line.end as u32 - 2);
        if line.size == 0 {
            self.stage = Stage::Trailers;
            self.scan.restart(line.end, State::Field);
            self.notes.fields.0 = line.end as u32;
            return self.trailers(input);
        }
        self.note(Kind::Chunk, line.end);
        self.stage = Stage::ChunkEnd;
        Ok(Boundary::Frame { head: line.end, body: line.size, tail: 0 })
    }

    fn trailers(&mut self, input: &[u8]) -> Result<Boundary> {
        let stops = Stops::new(input, self.scan.at());
        let Some(end) = self.scan.fields(input, &self.bounds, stops, &mut ())? else {
            return Ok(Boundary::Need(input.len() + 1));
        };
        self.notes.fields.1 = end as u32 - 2;
        self.note(Kind::End, end);
        self.scan.finish();
        self.end();
        Ok(Boundary::whole(end))
    }

    fn note(&mut self, kind: Kind, end: usize) {
        (self.notes.kind, self.notes.end) = (kind, end as u32);
    }

    /// The header fields that the last scan found in `frame`.
    #[inline(always)]
    pub(super) fn headers<'a>(&self, frame: &'a [u8]) -> Headers<&'a [u8]> {
        let (start, end) = self.notes.fields;
        Headers { region: &frame[start as usize..end as usize], count: self.scan.count, index: self.scan.index }
    }

    /// A part that is no head.
    pub(super) fn parse<'a, H>(&self, frame: &'a [u8]) -> Result<Part<H, &'a [u8]>> {
        let end = self.notes.end as usize;
        let extensions = || &frame[self.notes.one as usize..self.notes.two as usize];
        match self.notes.kind {
            _ if frame.len() < end => Err(Error::truncated(&field::BODY, frame.len())),
            Kind::Body => Ok(Part::Body(frame)),
            Kind::Rest => Ok(Part::Rest(frame)),
            Kind::Chunk => Ok(Part::Chunk(Chunk { extensions: extensions(), data: &frame[end..] })),
            Kind::End | Kind::Head => {
                Ok(Part::End(Trailers { extensions: extensions(), headers: self.headers(frame) }))
            }
        }
    }
}
