//! What lies where in the frames of the formats.

use core::ops::Range;

use super::{Delimited, Fixed, LengthPrefixed, LengthPrefixedParts, Lines, Shape};
#[cfg(feature = "zerocopy")]
use super::{Headed, Header};
use crate::length::{LengthField, Read};
use crate::trace::{Field, Hook, Name, Trace, Value};
use crate::{Codec, Error, Result};

const NAME: Name = Name::Field("frame");

fn bytes(frame: &[u8], name: &'static str, at: Range<usize>, hook: &mut dyn Hook) {
    let value = Value::Bytes(&frame[at.clone()]);
    hook.field(Field { name: Name::Field(name), at, bits: None, value, note: "" });
}

fn gap(what: &'static str, at: Range<usize>, hook: &mut dyn Hook) {
    if !at.is_empty() {
        hook.gap(what, at);
    }
}

fn length_prefixed<L: LengthField, S: Shape>(
    format: &LengthPrefixed<L, S>,
    kind: &'static str,
    frame: &[u8],
    hook: &mut dyn Hook,
) -> Result<()> {
    let (offset, trailer) = format.around();
    let head = format.head(frame)?;
    let raw = match frame.get(offset..).map(L::read) {
        Some(Read::Value(raw, _)) => raw,
        _ => return Err(Error::truncated(&"payload", frame.len())),
    };
    // Of a streamed body neither payload nor trailer is here.
    let is_head = frame.len() == head && format.payload_len(raw, head - offset)?.saturating_add(trailer as u64) > 0;
    let payload = if is_head { head..head } else { head..head + format.payload(frame)?.len() };
    hook.enter(NAME, kind, 0);
    if offset > 0 {
        bytes(frame, "prefix", 0..offset, hook);
    }
    let note = "length of payload";
    let value = Value::Unsigned(raw);
    hook.field(Field { name: Name::Field("length"), at: offset..head, bits: None, value, note });
    if is_head {
        let value = Value::Absent;
        hook.field(Field { name: Name::Field("payload"), at: payload, bits: None, value, note: "streamed" });
    } else {
        let end = payload.end;
        bytes(frame, "payload", payload, hook);
        if trailer > 0 {
            bytes(frame, "trailer", end..frame.len(), hook);
        }
    }
    hook.leave(frame.len());
    Ok(())
}

impl<L: LengthField, S: Shape> Trace for LengthPrefixed<L, S> {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        length_prefixed(self, "LengthPrefixed", frame, hook)
    }
}

impl<L: LengthField> Trace for LengthPrefixedParts<L> {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        length_prefixed(self.whole(), "Parts", frame, hook)
    }
}

impl Trace for Fixed {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        hook.enter(NAME, "Fixed", 0);
        bytes(frame, "payload", 0..frame.len(), hook);
        hook.leave(frame.len());
        Ok(())
    }
}

impl Trace for Delimited {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let payload = self.parse(frame)?;
        hook.enter(NAME, "Delimited", 0);
        bytes(frame, "payload", 0..payload.len(), hook);
        gap("delimiter", payload.len()..frame.len(), hook);
        hook.leave(frame.len());
        Ok(())
    }
}

impl Trace for Lines {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let line = self.parse(frame)?;
        hook.enter(NAME, "Line", 0);
        bytes(frame, "line", 0..line.len(), hook);
        gap("line end", line.len()..frame.len(), hook);
        hook.leave(frame.len());
        Ok(())
    }
}

/// The header is shown as one field: of its parts only the struct itself knows.
#[cfg(feature = "zerocopy")]
impl<H: Header> Trace for Headed<H> {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let message = self.parse(frame)?;
        let head = frame.len() - message.payload.len();
        hook.enter(NAME, "WithHeader", 0);
        let shown = format_args!("{:?}", message.header);
        let header =
            Field { name: Name::Field("header"), at: 0..head, bits: None, value: Value::Shown(&shown), note: "" };
        hook.field(header);
        if head == frame.len() && message.header.payload_len() > 0 {
            let value = Value::Absent;
            hook.field(Field { name: Name::Field("payload"), at: head..head, bits: None, value, note: "streamed" });
        } else {
            bytes(frame, "payload", head..frame.len(), hook);
        }
        hook.leave(frame.len());
        Ok(())
    }
}
