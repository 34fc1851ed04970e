//! A message as it is shown: where each of its fields lies, and what was wrong.

use std::ops::Range;

use wireview::trace::{self, Field, Hook, Name};
use wireview::{Error, Kind};

use super::dissect::Options;

/// A field, a gap, or what is made of them.
#[derive(Debug)]
pub(crate) enum Node {
    Group { name: Name, kind: &'static str, at: Range<usize>, nodes: Vec<Node> },
    Leaf { name: Name, at: Range<usize>, bits: Option<Range<u8>>, value: Value, note: String },
    Gap { what: &'static str, at: Range<usize> },
}

impl Node {
    /// The bytes it lies in.
    pub(crate) const fn at(&self) -> &Range<usize> {
        match self {
            Self::Group { at, .. } | Self::Leaf { at, .. } | Self::Gap { at, .. } => at,
        }
    }
}

/// What was read from a field. Of bytes and text the front, and how many there are.
#[derive(Debug)]
pub(crate) enum Value {
    Absent,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bytes(Vec<u8>, usize),
    Shown(String),
}

/// One message.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// Its number in the stream.
    pub(crate) index: u64,
    /// Where it starts in the stream.
    pub(crate) offset: u64,
    /// The frame, opened; its head, if the body is streamed.
    pub(crate) bytes: &'a [u8],
    /// How long a body follows that is not kept; `u64::MAX` if the end of the stream ends it.
    pub(crate) streamed: Option<u64>,
    pub(crate) walk: Walk,
    pub(crate) fault: Option<Fault>,
}

/// What is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) error: Error,
    /// The names of all that the field stands in, and its own.
    pub(crate) path: String,
    /// Where the frame starts in the stream.
    pub(crate) frame_at: u64,
    /// The bytes in front of the place, and from there on.
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    /// How many bytes are known to be missing.
    pub(crate) missing: Option<u64>,
}

impl<'a> Message<'a> {
    /// The same message, in a stream whose first `base` bytes were read by another codec.
    pub(crate) fn moved(self, base: u64, index: u64) -> Self {
        let fault = self.fault.map(|fault| Fault { frame_at: fault.frame_at + base, ..fault });
        Self { index, offset: self.offset + base, fault, ..self }
    }
}

impl Fault {
    pub(crate) const fn stream_offset(&self) -> u64 {
        self.frame_at.saturating_add(self.error.offset() as u64)
    }

    /// `found 0x78 'x'`
    pub(crate) fn found(&self) -> String {
        match self.after.first() {
            _ if self.error.kind() == Kind::Eof => "the end of the stream".into(),
            Some(byte @ b' '..=b'~') => format!("{byte:#04x} '{}'", char::from(*byte)),
            Some(byte) => format!("{byte:#04x}"),
            None => "the end of the frame".into(),
        }
    }

    /// In one line.
    pub(crate) fn line(&self) -> String {
        let missing = self.missing.map_or(String::new(), |missing| format!(", {missing} bytes missing"));
        let path = if self.path == self.error.field() { String::new() } else { format!("{}: ", self.path) };
        format!("{path}{} (stream offset {}), found {}{missing}", self.error, self.stream_offset(), self.found())
    }
}

/// What a codec tells of a frame.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) nodes: Vec<Node>,
    /// What was entered and not left: the name and kind, where it begins, and how many nodes there were in front.
    open: Vec<(Name, &'static str, usize, Vec<Node>)>,
    told: usize,
    /// How many bytes of a value are kept, and how many fields and gaps.
    cut: usize,
    most: usize,
}

impl Walk {
    pub(crate) fn new(options: Options) -> Self {
        Self { cut: options.cut, most: options.most, ..Self::default() }
    }

    /// The name of the type of the whole message.
    pub(crate) fn kind(&self) -> &'static str {
        match self.nodes.first() {
            Some(Node::Group { kind, .. }) => kind,
            _ => "message",
        }
    }

    /// How many fields and gaps there were beyond those that are remembered.
    pub(crate) const fn more(&self) -> usize {
        self.told.saturating_sub(self.most)
    }

    /// Leaves all that was entered, as at a fault in byte `end`, and answers with the path to `field` there.
    pub(crate) fn stop(&mut self, field: &str, end: usize) -> String {
        let mut path = String::new();
        for (name, ..) in &self.open {
            push(&mut path, *name);
        }
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(field);
        while !self.open.is_empty() {
            self.leave(end);
        }
        path
    }

    fn add(&mut self, node: impl FnOnce(usize) -> Node) {
        self.told += 1;
        if self.told <= self.most {
            let node = node(self.cut);
            self.nodes.push(node);
        }
    }
}

fn push(path: &mut String, name: Name) {
    if !path.is_empty() && matches!(name, Name::Field(_)) {
        path.push('.');
    }
    path.push_str(&name.to_string());
}

impl Hook for Walk {
    fn enter(&mut self, name: Name, kind: &'static str, at: usize) {
        let before = std::mem::take(&mut self.nodes);
        self.open.push((name, kind, at, before));
    }

    fn field(&mut self, field: Field<'_>) {
        let Field { name, at, bits, value, note } = field;
        self.add(|cut| Node::Leaf { name, at, bits, value: Value::of(&value, cut), note: note.into() });
    }

    fn gap(&mut self, what: &'static str, at: Range<usize>) {
        self.add(|_| Node::Gap { what, at });
    }

    fn leave(&mut self, end: usize) {
        let Some((name, kind, start, before)) = self.open.pop() else { return };
        let nodes = std::mem::replace(&mut self.nodes, before);
        self.nodes.push(Node::Group { name, kind, at: start..end, nodes });
    }
}

impl Value {
    fn of(value: &trace::Value<'_>, cut: usize) -> Self {
        let front = |bytes: &[u8]| Self::Bytes(bytes[..bytes.len().min(cut)].to_vec(), bytes.len());
        match *value {
            trace::Value::Absent => Self::Absent,
            trace::Value::Bool(value) => Self::Bool(value),
            trace::Value::Unsigned(value) => Self::Unsigned(value),
            trace::Value::Signed(value) => Self::Signed(value),
            trace::Value::Float(value) => Self::Float(value),
            trace::Value::Text(text) => front(text.as_bytes()),
            trace::Value::Bytes(bytes) => front(bytes),
            ref other => Self::Shown(other.to_string()),
        }
    }
}

/// In one line, as Rust would write it; text as it is.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Signed(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Bytes(front, len) => {
                match std::str::from_utf8(front) {
                    Ok(text) => write!(f, "{text:?}")?,
                    Err(_) => write!(f, "\"{}\"", front.escape_ascii())?,
                }
                match len - front.len() {
                    0 => Ok(()),
                    more => write!(f, " … and {more} bytes more"),
                }
            }
            Self::Shown(text) => f.write_str(text),
        }
    }
}
