//! llhttp's fixtures, as data: blocks of bytes, each with the events it causes.

#![allow(unreachable_pub)] // Seen by the test that it is a module of.

use std::fs;
use std::path::Path;

use wireview::Deframer;
use wireview_codecs::http1::{Framing, Part, Request, Requests};

/// One block.
#[derive(Debug)]
pub struct Fixture {
    /// File, title, and the block's number among those of the same title.
    pub name: String,
    kind: String,
    pub bytes: Vec<u8>,
    pub events: Vec<Event>,
    pub error: Option<usize>,
    /// Whether the stream may end here, where that is asked.
    pub finish: Option<bool>,
}

/// What happens at an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Begin(usize),
    /// A part of a head, a trailer or a chunk line. Blanks around values are no part of them.
    Span(&'static str, usize, Vec<u8>),
    /// Version, length if there is one, whether in chunks, whether `close` was sent.
    Head(usize, (u8, u8), u64, bool, bool),
    Body(usize, Vec<u8>),
    ChunkHeader(usize, u64),
    ChunkComplete(usize),
    Complete(usize),
    /// The bytes behind belong to another protocol.
    Switch(usize),
}

impl Event {
    pub fn at(&self) -> usize {
        match self {
            Self::Begin(at)
            | Self::Span(_, at, _)
            | Self::Head(at, ..)
            | Self::Body(at, _)
            | Self::ChunkHeader(at, _)
            | Self::ChunkComplete(at)
            | Self::Complete(at)
            | Self::Switch(at) => *at,
        }
    }

    /// Whether it may stand for a frame that has not wholly come.
    pub fn is_partial(&self) -> bool {
        matches!(self, Self::Begin(_) | Self::Span(..) | Self::Body(..) | Self::ChunkHeader(..))
    }
}

impl Fixture {
    pub fn is_lenient(&self) -> bool {
        self.kind.contains("lenient")
    }

    fn finishes(&self) -> bool {
        self.kind.contains("finish")
    }
}

/// All blocks, or a line on standard error that there are none.
pub fn fixtures() -> Option<Vec<Fixture>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/http/request");
    let Ok(files) = fs::read_dir(&folder) else {
        eprintln!("skipped: there are no corpora at {}", folder.display());
        return None;
    };
    let mut files: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    files.sort();
    let mut fixtures = Vec::new();
    for file in files {
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        read(&stem, &fs::read_to_string(&file).expect("text"), &mut fixtures);
    }
    assert_eq!(fixtures.len(), 156, "blocks");
    Some(fixtures)
}

fn read(stem: &str, text: &str, fixtures: &mut Vec<Fixture>) {
    let (mut title, mut kind) = (String::new(), String::new());
    let mut input = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix('#') {
            title = heading.trim_start_matches('#').trim().replace('`', "");
        } else if let Some(meta) = line.strip_prefix("<!-- meta=") {
            let (_, rest) = meta.split_once("\"type\":").expect("a type");
            kind = rest.split('"').nth(1).expect("a type in quotes").to_owned();
            if meta.contains("skipBody") {
                kind.push_str("-skip-body");
            }
        } else if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            match language {
                "http" => input = Some(unescape(&block.join("\n"))),
                "log" => {
                    let number =
                        fixtures.iter().filter(|f: &&Fixture| f.name.starts_with(&format!("{stem}: {title}"))).count();
                    let name =
                        if number == 0 { format!("{stem}: {title}") } else { format!("{stem}: {title} ({number})") };
                    let bytes = input.take().expect("a block in front of its log");
                    let mut fixture =
                        Fixture { name, kind: kind.clone(), bytes, events: Vec::new(), error: None, finish: None };
                    fixture.log(&block);
                    fixtures.push(fixture);
                }
                _ => {}
            }
        }
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let text = text.replace("\\\n", "").replace('\n', "\r\n");
    let text = text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\f", "\x0c");
    text.replace("\\xff", "\u{ff}").into_bytes()
}

const SPANS: [&str; 9] = [
    "method",
    "url",
    "protocol",
    "version",
    "header_field",
    "header_value",
    "chunk_extension_name",
    "chunk_extension_value",
    "body",
];

impl Fixture {
    /// Takes the events of a log, and where its error is.
    fn log(&mut self, lines: &[&str]) {
        for line in lines {
            let (off, what) = line.strip_prefix("off=").and_then(|line| line.split_once(' ')).expect("an offset");
            if off == "NULL" {
                self.finish = Some(what == "finish=0");
                continue;
            }
            let at: usize = off.parse().expect("an offset");
            if let Some(span) = what.strip_prefix("len=") {
                let (len, rest) = span.split_once(' ').expect("a length");
                let end = at + len.parse::<usize>().expect("a length");
                let kind = SPANS.iter().find(|kind| rest.starts_with(&format!("span[{kind}]"))).expect("a span");
                let mut text = self.bytes[at..end].to_vec();
                if *kind == "body" {
                    self.events.push(Event::Body(at, text));
                    continue;
                }
                if *kind == "header_value" {
                    text.truncate(text.trim_ascii_end().len());
                }
                // Where nothing is, is no matter.
                let at = if text.is_empty() { 0 } else { at };
                self.events.push(Event::Span(kind, at, text));
            } else if let Some(head) = what.strip_prefix("headers complete ") {
                let value = |name: &str| {
                    let (_, rest) = head.split_once(&format!("{name}=")).expect("a value");
                    rest.split(' ').next().expect("a value")
                };
                let (major, minor) = value("v").split_once('/').expect("a version");
                let flags = u16::from_str_radix(value("flags"), 16).expect("flags");
                self.events.push(Event::Head(
                    at,
                    (major.parse().expect("a number"), minor.parse().expect("a number")),
                    value("content_length").parse().expect("a number"),
                    flags & 8 != 0,
                    flags & 2 != 0,
                ));
            } else if let Some(len) = what.strip_prefix("chunk header len=") {
                self.events.push(Event::ChunkHeader(at, len.parse().expect("a number")));
            } else if what.starts_with("error code=22 ") {
                self.events.push(Event::Switch(at));
            } else if what.starts_with("error ") {
                self.error = Some(at);
            } else {
                match what {
                    "message begin" => self.events.push(Event::Begin(at)),
                    "message complete" => self.events.push(Event::Complete(at)),
                    "chunk complete" => self.events.push(Event::ChunkComplete(at)),
                    _ => {}
                }
            }
        }
    }
}

/// What the codec makes of a block.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub events: Vec<Event>,
    /// Field and offset in the stream.
    pub error: Option<(&'static str, usize)>,
    /// Where the frame starts that is not whole, or at fault.
    pub consumed: usize,
    pub finish: Option<bool>,
    len: usize,
    /// Where a chunk ends whose line end has not been seen.
    chunk: Option<usize>,
}

/// The block uncut.
pub fn run(fixture: &Fixture) -> Run {
    Run::new(fixture, &[])
}

impl Run {
    pub fn new(fixture: &Fixture, cuts: &[usize]) -> Self {
        // Most of the blocks name no host.
        let mut deframer = Deframer::new(Requests::new().needs_host(false));
        let mut run =
            Self { events: Vec::new(), error: None, consumed: 0, finish: None, len: fixture.bytes.len(), chunk: None };
        let mut start = 0;
        for end in cuts.iter().copied().chain([fixture.bytes.len()]) {
            deframer.feed(&fixture.bytes[start..end]);
            start = end;
            if !run.drain(&mut deframer) {
                return run;
            }
        }
        if fixture.finishes() {
            deframer.finish();
            run.finish = Some(run.drain(&mut deframer));
            run.error = None;
        }
        run
    }

    /// What came of it, in words.
    pub fn end(&self) -> String {
        match (self.error, self.events.last()) {
            (Some((field, at)), _) => format!("{field} at {at}"),
            (None, Some(Event::Switch(at))) => format!("a switch at {at}"),
            _ => format!("{} of {} bytes", self.consumed, self.len),
        }
    }

    /// Takes what has come. Whether the stream goes on.
    fn drain(&mut self, deframer: &mut Deframer<Requests>) -> bool {
        loop {
            let lent = match deframer.next() {
                Ok(Some(lent)) => lent,
                ended => {
                    let error = ended.err();
                    // What is skipped is no frame: empty lines, and the line end behind a chunk.
                    self.reached((deframer.ledger().received - deframer.pending() as u64) as usize);
                    self.error = error.map(|error| (error.field(), self.consumed + error.offset()));
                    return error.is_none();
                }
            };
            self.reached(lent.offset() as usize);
            let (at, bytes) = (lent.offset() as usize, lent.bytes());
            let end = at + bytes.len();
            // A codec has to say the same of a frame that it is given alone.
            let part = lent.view().expect("a part");
            let mut part_ends = false;
            match part {
                Part::Head(request) => {
                    self.head(&request, bytes, at);
                    part_ends = request.framing() == Framing::None;
                }
                Part::Body(data) => {
                    self.events.push(Event::Body(at, data.to_vec()));
                    part_ends = true;
                }
                Part::Chunk(chunk) => {
                    self.extensions(chunk.extensions(), bytes, at);
                    let data = *chunk.data();
                    self.events.push(Event::ChunkHeader(end - data.len(), data.len() as u64));
                    self.events.push(Event::Body(end - data.len(), data.to_vec()));
                    self.chunk = Some(end + 2);
                }
                Part::End(trailers) => {
                    self.extensions(trailers.extensions(), bytes, at);
                    let fields = *trailers.fields().region();
                    self.events.push(Event::ChunkHeader(end - 2 - fields.len(), 0));
                    for field in trailers.fields() {
                        self.span("header_field", field.name, bytes, at);
                        self.span("header_value", field.value, bytes, at);
                    }
                    self.events.push(Event::ChunkComplete(end));
                    part_ends = true;
                }
                Part::Rest(_) => panic!("a request that ends with the connection"),
            }
            self.consumed = end;
            if part_ends {
                self.events.push(Event::Complete(end));
            }
            if wireview::Codec::barrier(deframer.codec()) {
                self.events.push(Event::Switch(end));
                return false;
            }
        }
    }

    fn reached(&mut self, at: usize) {
        self.consumed = at;
        if let Some(end) = self.chunk.take_if(|end| at >= *end) {
            self.events.push(Event::ChunkComplete(end));
        }
    }

    fn head(&mut self, request: &Request<&[u8]>, bytes: &[u8], at: usize) {
        self.events.push(Event::Begin(at));
        self.span("method", request.method(), bytes, at);
        self.span("url", request.target(), bytes, at);
        let version = request.method().len() + request.target().len() + 2;
        self.span("protocol", &bytes[version..version + 4], bytes, at);
        self.span("version", &bytes[version + 5..version + 8], bytes, at);
        for field in request.headers() {
            self.span("header_field", field.name, bytes, at);
            self.span("header_value", field.value, bytes, at);
        }
        self.events.push(Event::Head(
            at + bytes.len(),
            (1, request.minor()),
            request.content_length().unwrap_or(0),
            request.framing() == Framing::Chunked,
            request.has_close(),
        ));
    }

    fn extensions(&mut self, extensions: wireview_codecs::http1::Extensions<'_>, bytes: &[u8], at: usize) {
        for extension in extensions {
            self.span("chunk_extension_name", extension.name, bytes, at);
            if let Some(value) = extension.value {
                self.span("chunk_extension_value", value, bytes, at);
            }
        }
    }

    fn span(&mut self, kind: &'static str, part: &[u8], bytes: &[u8], at: usize) {
        let start = wireview::Span::of(bytes, part).expect("a part of its frame").at();
        let at = if part.is_empty() { 0 } else { at + start };
        self.events.push(Event::Span(kind, at, part.to_vec()));
    }
}
