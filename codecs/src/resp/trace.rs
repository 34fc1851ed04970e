//! What lies where in a request and in a reply.

use core::ops::Range;

use wireview::trace::{Field, Hook, Name, Trace, Value};
use wireview::{Codec, Element, Error, Result, Span};

use super::number::{plain, plain_bulk};
use super::replies::Replies;
use super::request::{Arg, FIRST, Form};
use super::requests::Requests;
use super::scan::{Bounds, Item, Notes, chunk, head, item};
use super::walk::MAX_DEPTH;
use super::{field, inline};

const LINE_END: &str = "line end";

fn leaf(name: Name, at: Range<usize>, value: Value<'_>, note: &str, hook: &mut dyn Hook) {
    hook.field(Field { name, at, bits: None, value, note });
}

fn named(name: &'static str, at: Range<usize>, value: Value<'_>, note: &str, hook: &mut dyn Hook) {
    leaf(Name::Field(name), at, value, note, hook);
}

/// A number behind a type byte, and its line end. Answers with the end of the line.
fn count(name: &'static str, at: usize, end: usize, number: u64, note: &str, hook: &mut dyn Hook) -> usize {
    named(name, at..end - 2, Value::Unsigned(number), note, hook);
    hook.gap(LINE_END, end - 2..end);
    end
}

/// The head of a bulk string at `at`, its `bytes`, and their line end.
fn bulk(frame: &[u8], at: usize, bytes: Range<usize>, hook: &mut dyn Hook) {
    count("length", at, bytes.start, bytes.len() as u64, "length of bytes", hook);
    named("bytes", bytes.clone(), Value::Bytes(&frame[bytes.clone()]), "", hook);
    hook.gap(LINE_END, bytes.end..bytes.end + 2);
}

impl Trace for Requests {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let request = self.parse(frame)?;
        hook.enter(Name::Field("request"), "Request", 0);
        match request.form() {
            Form::Array => {
                let (args, mut at) = plain(frame, 1).ok_or(Error::malformed(&field::COUNT, 1))?;
                count("count", 0, at, args, "how many arguments", hook);
                for (index, arg) in request.args().enumerate() {
                    hook.enter(Name::Index(index), "Arg", at);
                    let (_, start) = plain(frame, at + 1).ok_or(Error::malformed(&field::LENGTH, at + 1))?;
                    bulk(frame, at, start..start + arg.len(), hook);
                    at = start + arg.len() + 2;
                    hook.leave(at);
                }
            }
            Form::Inline => self.words(frame, hook)?,
        }
        hook.leave(frame.len());
        Ok(())
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        hook.enter(Name::Field("request"), "Request", 0);
        if input.first() != Some(&b'*') {
            return words_refused(input, error, hook);
        }
        let Some((args, mut at)) = plain(input, 1).filter(|(_, end)| *end <= error.offset()) else { return };
        count("count", 0, at, args, "how many arguments", hook);
        for index in (0..args).map(|index| index as usize) {
            hook.enter(Name::Index(index), "Arg", at);
            if let Some((start, end)) =
                plain_bulk(input, at, error.offset()).filter(|(_, end)| end + 2 <= error.offset())
            {
                bulk(input, at, start..end, hook);
                at = end + 2;
                hook.leave(at);
            } else {
                let line = plain(input, at + 1).filter(|(_, end)| *end <= error.offset());
                if let (Some(b'$'), Some((length, end))) = (input.get(at), line) {
                    count("length", at, end, length, "length of bytes", hook);
                }
                return;
            }
        }
    }
}

/// The words in front of a fault, with their quotes.
fn words_refused(line: &[u8], error: Error, hook: &mut dyn Hook) {
    let mut at = 0;
    for index in 0.. {
        let Ok(Some(word)) = inline::word(line, at) else { return };
        if word.raw.end > error.offset() {
            return;
        }
        if word.raw.start > at {
            hook.gap("blanks", at..word.raw.start);
        }
        at = word.raw.end;
        leaf(Name::Index(index), word.raw.clone(), Value::Bytes(&line[word.raw]), "", hook);
    }
}

impl Requests {
    /// A line of words, rewritten in place if there are quotes in it, or many words: see `inline`.
    fn words(&self, line: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let (first, rest) = self.noted();
        let mut at = 0;
        let mut word = |index: usize, word: Range<usize>, hook: &mut dyn Hook| {
            if word.start > at {
                hook.gap(between(&line[at..word.start]), at..word.start);
            }
            at = word.end;
            leaf(Name::Index(index), word.clone(), Value::Bytes(&line[word]), "", hook);
        };
        for (index, place) in first.enumerate() {
            word(index, place, hook);
        }
        let mut left = &line[rest.clone()];
        let mut index = FIRST;
        while !left.is_empty() {
            let Arg(arg) = <Arg<Span> as Element>::read(&mut left)?;
            let end = rest.end - left.len();
            word(index, end - arg.len()..end, hook);
            index += 1;
        }
        if at < line.len() {
            hook.gap(between(&line[at..]), at..line.len());
        }
        Ok(())
    }
}

/// What stands between two words, or behind the last one.
fn between(bytes: &[u8]) -> &'static str {
    match bytes {
        b"\n" | b"\r\n" => LINE_END,
        _ if bytes.trim_ascii().is_empty() => "blanks",
        _ => "quotes and blanks",
    }
}

impl Trace for Replies {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        self.parse(frame)?;
        match value(frame, 0, Name::Field("reply"), 0, hook)? {
            end if end == frame.len() => Ok(()),
            end => Err(Error::malformed(&field::VALUE, end)),
        }
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        // What is behind the fault is not looked at, so that the walk stops in front of it.
        let _ = value(&input[..error.offset().min(input.len())], 0, Name::Field("reply"), 0, hook);
    }
}

/// The value at `at`, which ends where this answers.
fn value(frame: &[u8], at: usize, name: Name, depth: usize, hook: &mut dyn Hook) -> Result<usize> {
    let found = item(frame, at, &Bounds::NONE, &mut 0);
    if let (Err(_) | Ok(Item::Need(_)), Some(tag)) = (&found, frame.get(at)) {
        hook.enter(name, kind(*tag, &Notes::default()), at);
    }
    match found? {
        Item::Whole(notes) => {
            hook.enter(name, kind(frame[at], &notes), at);
            single(frame, at, &notes, hook);
            hook.leave(notes.end);
            Ok(notes.end)
        }
        Item::Need(_) => Err(Error::truncated(&field::VALUE, frame.len())),
        Item::Nested if frame[at] == b'$' => streamed(frame, at, name, hook),
        Item::Nested => aggregate(frame, at, name, depth, hook),
    }
}

fn kind(tag: u8, notes: &Notes) -> &'static str {
    match tag {
        b'$' | b'*' if notes.number < 0 => "Null",
        b'$' => "Bulk",
        b'+' => "Simple",
        b'-' => "Error",
        b':' => "Integer",
        b'_' => "Null",
        b',' => "Double",
        b'#' => "Boolean",
        b'(' => "BigNumber",
        b'!' => "BulkError",
        b'=' => "Verbatim",
        b'*' => "Array",
        b'%' => "Map",
        b'|' => "Attribute",
        b'~' => "Set",
        b'>' => "Push",
        _ => "Value",
    }
}

/// A value without parts.
fn single(frame: &[u8], at: usize, notes: &Notes, hook: &mut dyn Hook) {
    let Notes { head, end, number, .. } = *notes;
    let text = at + 1..end - 2;
    let line = Value::Bytes(&frame[text.clone()]);
    match frame[at] {
        b'$' | b'*' if number < 0 => {
            hook.gap("type", at..at + 1);
            named("length", text, Value::Signed(number), "null", hook);
        }
        b'$' | b'!' => return bulk(frame, at, head..end - 2, hook),
        b'=' => {
            count("length", at, head, number as u64, "length of format and text", hook);
            named("format", head..head + 3, Value::Bytes(&frame[head..head + 3]), "", hook);
            hook.gap("colon", head + 3..head + 4);
            named("text", head + 4..end - 2, Value::Bytes(&frame[head + 4..end - 2]), "", hook);
        }
        b'_' => named("value", at..at + 1, Value::Absent, "null", hook),
        b':' => {
            hook.gap("type", at..at + 1);
            named("value", text, Value::Signed(number), "", hook);
        }
        b'#' => {
            hook.gap("type", at..at + 1);
            named("value", text, Value::Bool(frame[at + 1] == b't'), "", hook);
        }
        _ => {
            hook.gap("type", at..at + 1);
            named("value", text, line, "", hook);
        }
    }
    hook.gap(LINE_END, end - 2..end);
}

/// A bulk string in pieces.
fn streamed(frame: &[u8], at: usize, name: Name, hook: &mut dyn Hook) -> Result<usize> {
    hook.enter(name, "Streamed", at);
    let mut place = at + 4;
    if frame.get(at + 2..place) != Some(b"\r\n") {
        return Err(Error::malformed(&field::LINE_END, at + 2));
    }
    named("length", at..at + 2, Value::Absent, "not known before the end", hook);
    hook.gap(LINE_END, at + 2..place);
    for index in 0.. {
        if frame.get(place) != Some(&b';') {
            return Err(Error::malformed(&field::TYPE, place));
        }
        let Item::Whole(notes) = chunk(frame, place, &Bounds::NONE)? else {
            return Err(Error::truncated(&field::CHUNK, frame.len()));
        };
        if notes.number == 0 {
            hook.gap("end mark", place..notes.end);
            place = notes.end;
            break;
        }
        hook.enter(Name::Index(index), "Chunk", place);
        bulk(frame, place, notes.head..notes.end - 2, hook);
        hook.leave(notes.end);
        place = notes.end;
    }
    hook.leave(place);
    Ok(place)
}

/// A value that has parts.
fn aggregate(frame: &[u8], at: usize, name: Name, depth: usize, hook: &mut dyn Hook) -> Result<usize> {
    let tag = frame[at];
    if !matches!(tag, b'*' | b'%' | b'|' | b'~' | b'>') {
        return Err(Error::malformed(&field::TYPE, at));
    }
    let Ok((parts, mut place)) = head(frame, at, &Bounds::NONE)? else {
        return Err(Error::truncated(&field::COUNT, frame.len()));
    };
    if depth >= MAX_DEPTH && parts != Some(0) {
        return Err(Error::limit(&field::DEPTH, at));
    }
    hook.enter(name, kind(tag, &Notes::default()), at);
    let pairs = matches!(tag, b'%' | b'|');
    match parts {
        Some(parts) if pairs => count("count", at, place, u64::from(parts / 2), "how many pairs", hook),
        Some(parts) => count("count", at, place, parts.into(), "how many parts", hook),
        None => {
            named("count", at..place - 2, Value::Absent, "not known before the end", hook);
            hook.gap(LINE_END, place - 2..place);
            place
        }
    };
    let mut seen = 0;
    let mut index = 0;
    loop {
        if parts.is_none() && frame.get(place) == Some(&b'.') {
            if frame.get(place..place + 3) != Some(b".\r\n") {
                return Err(Error::malformed(&field::LINE_END, place + 1));
            }
            hook.gap("end mark", place..place + 3);
            place += 3;
            break;
        }
        if parts == Some(seen) {
            break;
        }
        // What is said about a part stands in front of it, and is not counted.
        let attribute = frame.get(place) == Some(&b'|');
        let name = match (attribute, pairs, seen % 2) {
            (true, ..) => Name::Field("attribute"),
            (_, true, 0) => Name::Field("key"),
            (_, true, _) => Name::Field("value"),
            _ => Name::Index(index),
        };
        place = value(frame, place, name, depth + 1, hook)?;
        if !attribute {
            seen += 1;
            index += 1;
        }
    }
    hook.leave(place);
    Ok(place)
}
