//! What lies where in a head, and in the parts of a body.

use core::fmt::Debug;
use core::ops::Range;

use wireview::trace::{Field, Hook, Name, Trace, Value};
use wireview::{Codec, Error, Result, Span};

use super::chunk::Extension;
use super::head::{Request, Response};
use super::headers::Headers;
use super::line::dissect;
use super::part::{Chunk, Part, Trailers};
use super::requests::Requests;
use super::responses::Responses;
use super::{Framing, field};

const LINE_END: &str = "line end";
const BLANK: &str = "blank";

fn put(name: &'static str, at: Range<usize>, value: Value<'_>, note: &str, hook: &mut dyn Hook) {
    hook.field(Field { name: Name::Field(name), at, bits: None, value, note });
}

fn bytes(frame: &[u8], name: &'static str, at: Range<usize>, hook: &mut dyn Hook) {
    put(name, at.clone(), Value::Bytes(&frame[at]), "", hook);
}

fn gap(what: &'static str, at: Range<usize>, hook: &mut dyn Hook) {
    if !at.is_empty() {
        hook.gap(what, at);
    }
}

impl Trace for Requests {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        match self.parse(frame)? {
            Part::Head(request) => head(frame, "request", "Request", hook, |hook| request_line(frame, &request, hook)),
            part => other(frame, &part, hook),
        }
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        if self.is_at_head() {
            hook.enter(Name::Field("request"), "Request", 0);
            refused(input, error, ["method", "target", "version"], hook);
        }
    }
}

impl Trace for Responses {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        match self.parse(frame)? {
            Part::Head(response) => {
                head(frame, "response", "Response", hook, |hook| status_line(frame, &response, hook))
            }
            part => other(frame, &part, hook),
        }
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        if self.is_at_head() {
            hook.enter(Name::Field("response"), "Response", 0);
            refused(input, error, ["version", "status", "reason"], hook);
        }
    }
}

/// What stands in front of a fault in a head whose first line has three parts.
fn refused(input: &[u8], error: Error, names: [&'static str; 3], hook: &mut dyn Hook) {
    let sound = &input[..error.offset().min(input.len())];
    let mut at = 0;
    for (index, name) in names.into_iter().enumerate() {
        let ends = |byte: &u8| if index < 2 { *byte == b' ' } else { *byte == b'\r' };
        let Some(end) = sound[at..].iter().position(ends).map(|len| at + len) else { return };
        // All of what ends the part is in front of the fault, too.
        let behind = if index < 2 { end + 1 } else { end + 2 };
        if behind > sound.len() {
            return;
        }
        bytes(input, name, at..end, hook);
        hook.gap(if index < 2 { BLANK } else { LINE_END }, end..behind);
        at = behind;
    }
    // Lines that are whole.
    let lines = sound[at..].windows(2).rposition(|pair| pair == b"\r\n").map_or(at, |found| at + found + 2);
    // A fault of the whole head is told behind all of its lines.
    let lines = if sound[at..lines].ends_with(b"\r\n\r\n") { lines - 2 } else { lines };
    let _ = field_lines(input, "headers", at..lines, hook);
}

/// A head: `line` tells of its first line, and where that ends.
fn head(
    frame: &[u8],
    name: &'static str,
    kind: &'static str,
    hook: &mut dyn Hook,
    line: impl FnOnce(&mut dyn Hook) -> (usize, Framing),
) -> Result<()> {
    hook.enter(Name::Field(name), kind, 0);
    let (end, framing) = line(hook);
    fields(frame, "headers", end..frame.len() - 2, hook)?;
    hook.gap("empty line", frame.len() - 2..frame.len());
    let at = frame.len()..frame.len();
    match framing {
        Framing::None => {}
        Framing::Length(length) => put("body length", at, Value::Unsigned(length), "bytes follow", hook),
        framing => put("body", at, Value::Shown(&Shown(framing)), "follows", hook),
    }
    hook.leave(frame.len());
    Ok(())
}

struct Shown<T>(T);

impl<T: Debug> core::fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

fn request_line(frame: &[u8], request: &Request<&[u8]>, hook: &mut dyn Hook) -> (usize, Framing) {
    let method = request.method().len();
    let target = method + 1 + request.target().len();
    bytes(frame, "method", 0..method, hook);
    hook.gap(BLANK, method..method + 1);
    bytes(frame, "target", method + 1..target, hook);
    hook.gap(BLANK, target..target + 1);
    bytes(frame, "version", target + 1..target + 9, hook);
    hook.gap(LINE_END, target + 9..target + 11);
    (target + 11, request.framing())
}

fn status_line(frame: &[u8], response: &Response<&[u8]>, hook: &mut dyn Hook) -> (usize, Framing) {
    bytes(frame, "version", 0..8, hook);
    hook.gap(BLANK, 8..9);
    put("status", 9..12, Value::Unsigned(response.status().into()), "", hook);
    let end = match Span::of(frame, response.reason()) {
        Some(reason) if !reason.is_empty() => {
            hook.gap(BLANK, 12..13);
            bytes(frame, "reason", reason.range(), hook);
            reason.range().end
        }
        // The blank in front of no phrase is often left out.
        _ => {
            let end = if frame.get(12) == Some(&b' ') { 13 } else { 12 };
            gap(BLANK, 12..end, hook);
            end
        }
    };
    hook.gap(LINE_END, end..end + 2);
    (end + 2, response.framing())
}

/// The lines of header or trailer fields.
fn fields(frame: &[u8], name: &'static str, region: Range<usize>, hook: &mut dyn Hook) -> Result<()> {
    let end = field_lines(frame, name, region, hook)?;
    hook.leave(end);
    Ok(())
}

/// The same without an end.
fn field_lines(frame: &[u8], name: &'static str, region: Range<usize>, hook: &mut dyn Hook) -> Result<usize> {
    let mut at = region.start;
    hook.enter(Name::Field(name), "Headers", at);
    for index in 0.. {
        if at == region.end {
            break;
        }
        let lines = &frame[at..region.end];
        let end = lines.windows(2).position(|pair| pair == b"\r\n").map(|found| at + found + 2);
        let line = end.and_then(|end| dissect(frame, at, end)).ok_or(Error::malformed(&field::LINE_END, at))?;
        hook.enter(Name::Index(index), "Field", at);
        bytes(frame, "name", at..line.name_end, hook);
        // Blanks that are all there is stand in front of the value.
        let value = if line.value.0 < line.value.1 { line.value.0..line.value.1 } else { line.end - 2..line.end - 2 };
        hook.gap("colon", line.name_end..value.start);
        bytes(frame, "value", value.clone(), hook);
        gap("blanks", value.end..line.end - 2, hook);
        hook.gap(LINE_END, line.end - 2..line.end);
        hook.leave(line.end);
        at = line.end;
    }
    Ok(at)
}

/// A part of a body.
fn other<H>(frame: &[u8], part: &Part<H, &[u8]>, hook: &mut dyn Hook) -> Result<()> {
    let (name, kind) = match part {
        Part::Head(_) | Part::Body(_) => ("body", "Body"),
        Part::Rest(_) => ("rest", "Rest"),
        Part::Chunk(_) => ("chunk", "Chunk"),
        Part::End(_) => ("end", "Trailers"),
    };
    hook.enter(Name::Field(name), kind, 0);
    match part {
        Part::Head(_) => {}
        Part::Body(body) | Part::Rest(body) => data(frame, frame.len() - body.len(), hook),
        Part::Chunk(chunk) => {
            let at = size(frame, chunk, hook)?;
            data(frame, at, hook);
        }
        Part::End(end) => trailers(frame, end, hook)?,
    }
    hook.leave(frame.len());
    Ok(())
}

/// Bytes of a body, none if they are streamed.
fn data(frame: &[u8], at: usize, hook: &mut dyn Hook) {
    if at < frame.len() {
        bytes(frame, "data", at..frame.len(), hook);
    } else {
        put("data", at..at, Value::Absent, "streamed", hook);
    }
}

/// The line in front of a chunk. Answers with its end.
fn size(frame: &[u8], chunk: &Chunk<&[u8]>, hook: &mut dyn Hook) -> Result<usize> {
    chunk_line(frame, chunk.extensions, chunk.extensions(), "length of data", hook)
}

/// The last chunk, which is empty, and what follows it.
fn trailers(frame: &[u8], end: &Trailers<&[u8]>, hook: &mut dyn Hook) -> Result<()> {
    let at = chunk_line(frame, end.extensions, end.extensions(), "no more chunks", hook)?;
    let Headers { region, .. } = end.fields();
    fields(frame, "trailers", at..at + region.len(), hook)?;
    hook.gap("empty line", frame.len() - 2..frame.len());
    Ok(())
}

/// `1F;name=value CR LF`
fn chunk_line<'a>(
    frame: &'a [u8],
    region: &[u8],
    extensions: impl Iterator<Item = Extension<&'a [u8]>>,
    note: &str,
    hook: &mut dyn Hook,
) -> Result<usize> {
    let digits = frame.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let digit = |size: u64, byte: &u8| size << 4 | u64::from((*byte as char).to_digit(16).unwrap_or(0));
    put("size", 0..digits, Value::Unsigned(frame[..digits].iter().fold(0, digit)), note, hook);
    let end = digits + region.len();
    let mut at = digits;
    let mut part = |name: &'static str, part: &[u8], hook: &mut dyn Hook| {
        let place = Span::of(frame, part).ok_or(Error::malformed(&field::EXTENSION, at))?.range();
        gap("separator", at..place.start, hook);
        at = place.end;
        bytes(frame, name, place, hook);
        Ok::<(), Error>(())
    };
    for Extension { name, value } in extensions {
        part("extension", name, hook)?;
        if let Some(value) = value {
            part("value", value, hook)?;
        }
    }
    gap("blanks", at..end, hook);
    hook.gap(LINE_END, end..end + 2);
    Ok(end + 2)
}
