//! One JSON object a line.

use std::io::{self, Write};

use serde_json::{Value as Object, json};

use super::super::dissect::Refused;
use super::super::message::{Fault, Message, Node, Value};
use super::super::stream::{End, Label};
use super::Show;

/// A message, or the bad end of a stream, a line.
pub(crate) struct Json<W> {
    out: W,
    file: String,
}

impl<W: Write> Json<W> {
    pub(crate) const fn new(out: W) -> Self {
        Self { out, file: String::new() }
    }
}

impl<W: Write> Show for Json<W> {
    fn file(&mut self, name: &str) -> io::Result<()> {
        name.clone_into(&mut self.file);
        Ok(())
    }

    fn message(&mut self, label: &Label, message: &Message<'_>) -> io::Result<()> {
        let mut object = object(message);
        object["file"] = json!(self.file);
        object["stream"] = json!(label.id);
        object["from"] = json!(label.name);
        writeln!(self.out, "{object}")
    }

    fn end(&mut self, label: &Label, end: &End<'_>) -> io::Result<()> {
        let mut object = ended(end);
        object["file"] = json!(self.file);
        object["stream"] = json!(label.id);
        object["from"] = json!(label.name);
        writeln!(self.out, "{object}")
    }

    fn finish(&mut self, _: u64) -> io::Result<()> {
        self.out.flush()
    }
}

/// A message.
pub(super) fn object(message: &Message<'_>) -> Object {
    let mut object = json!({
        "index": message.index,
        "offset": message.offset,
        "length": message.bytes.len(),
        "kind": message.walk.kind(),
        "fields": nodes(&message.walk.nodes),
    });
    if let Some(len) = message.streamed {
        // The end of the stream ends it: nobody knows its length.
        object["streamed"] = if len == u64::MAX { json!(null) } else { json!(len) };
    }
    if message.walk.more() > 0 {
        object["more"] = json!(message.walk.more());
    }
    if let Some(error) = &message.fault {
        object["error"] = fault(error);
    }
    object
}

/// The bad end of a stream.
pub(super) fn ended(end: &End<'_>) -> Object {
    let lost = end.lost.map(|lost| json!({ "bytes": lost.bytes, "behind": lost.behind }));
    let error = end.refused.map(|refused| fault(&refused.fault));
    let mut object = json!({ "left_over": end.left_over, "error": error, "lost": lost });
    if let Some(Refused { fault, walk, .. }) = end.refused
        && !walk.nodes.is_empty()
    {
        object["offset"] = json!(fault.frame_at);
        // Not `kind`, which only messages have.
        object["refused"] = json!(walk.kind());
        object["fields"] = nodes(&walk.nodes);
    }
    object
}

fn fault(fault: &Fault) -> Object {
    json!({
        "kind": format!("{:?}", fault.error.kind()),
        "field": fault.error.field(),
        "path": fault.path,
        "offset": fault.error.offset(),
        "stream_offset": fault.stream_offset(),
        "found": fault.found(),
        "missing": fault.missing,
        "before": hex(&fault.before),
        "after": hex(&fault.after),
        "text": fault.line(),
    })
}

fn nodes(list: &[Node]) -> Object {
    list.iter().map(node).collect()
}

fn node(node: &Node) -> Object {
    match node {
        Node::Group { name, kind, at, nodes: inner } => {
            json!({ "name": name.to_string(), "kind": kind, "at": [at.start, at.end], "fields": nodes(inner) })
        }
        Node::Leaf { name, at, bits, value: read, note } => {
            let mut object = json!({ "name": name.to_string(), "at": [at.start, at.end], "value": value(read) });
            if let Some(bits) = bits {
                object["bits"] = json!([bits.start, bits.end]);
            }
            if let Value::Bytes(front, len) = read
                && front.len() < *len
            {
                object["cut_from"] = json!(len);
            }
            if !note.is_empty() {
                object["note"] = json!(note);
            }
            object
        }
        Node::Gap { what, at } => json!({ "gap": what, "at": [at.start, at.end] }),
    }
}

/// Text where it is text, else `{"hex": …}`.
fn value(value: &Value) -> Object {
    match value {
        Value::Absent => Object::Null,
        Value::Bool(value) => json!(value),
        Value::Unsigned(value) => json!(value),
        Value::Signed(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Bytes(front, _) => match std::str::from_utf8(front) {
            Ok(text) => json!(text),
            Err(_) => json!({ "hex": hex(front) }),
        },
        Value::Shown(text) => json!(text),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
