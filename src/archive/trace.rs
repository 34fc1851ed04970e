//! What lies where in a frame with an archive, for inspectors. The archive itself is bytes: where its values lie, only its type knows.

use super::codec::body_of;
use super::head::{self, HEAD};
use super::{AnyArchive, Archivable, Archive};
use crate::trace::{Field, Hook, Name, Trace, Value};
use crate::{Error, Result};

const NAME: Name = Name::Field("archive");
const KIND: &str = "Archive";

fn trace(frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
    hook.enter(NAME, KIND, 0);
    if let Some(head) = frame.first_chunk() {
        head::trace(head, HEAD, hook);
        // Of an archive that is streamed, there is the head.
        if frame.len() == HEAD && head::length_of(head) > 0 {
            hook.leave(HEAD);
            return Ok(());
        }
    }
    let body = body_of(frame)?;
    let end = HEAD + body.len();
    let (name, value) = (Name::Field("body"), Value::Bytes(body));
    hook.field(Field { name, at: HEAD..end, bits: None, value, note: "" });
    if end < frame.len() {
        hook.gap("padding", end..frame.len());
    }
    hook.leave(frame.len());
    Ok(())
}

/// The head in front of the fault, so far as it has come.
fn refused(input: &[u8], error: Error, hook: &mut dyn Hook) {
    hook.enter(NAME, KIND, 0);
    let end = error.offset().min(input.len()).min(HEAD);
    let mut head = [0; HEAD];
    head[..end].copy_from_slice(&input[..end]);
    head::trace(&head, end, hook);
}

impl<T: Archivable> Trace for Archive<T> {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        trace(frame, hook)
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        refused(input, error, hook);
    }
}

impl Trace for AnyArchive {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        trace(frame, hook)
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        refused(input, error, hook);
    }
}
