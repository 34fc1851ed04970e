//! What lies where: the fields of a frame one by one, with their spans. For inspectors and long error messages; hot code
//! carries none of it.
//!
//! ```text
//! enter(publish, "Publish", 0)
//!   field(version, bytes 0..1, bits 4..8, 2)
//!   field(topic.len, bytes 5..6, 4)
//!   field(topic, bytes 6..10, "news")
//!   gap("padding", bytes 10..12)
//!   enter(headers, "Seq", 12)
//!     enter(0, "Header", 12) … leave(19)
//!   leave(19)
//! leave(19)
//! ```
//!
//! ```
//! use wireview::formats::LengthPrefixed;
//! use wireview::length::U16Be;
//! use wireview::trace::{Field, Hook, Name};
//! use wireview::{Deframer, Error};
//!
//! #[derive(Default)]
//! struct Lines(Vec<String>);
//!
//! impl Hook for Lines {
//!     fn enter(&mut self, _: Name, kind: &'static str, at: usize) {
//!         self.0.push(format!("{kind} from {at}"));
//!     }
//!
//!     fn field(&mut self, field: Field<'_>) {
//!         self.0.push(format!("{} at {:?}: {}", field.name, field.at, field.value));
//!     }
//!
//!     fn leave(&mut self, end: usize) {
//!         self.0.push(format!("to {end}"));
//!     }
//! }
//!
//! let mut deframer = Deframer::new(LengthPrefixed::<U16Be>::new(100));
//! deframer.feed(b"\0\x02hi");
//! let mut lines = Lines::default();
//! deframer.next()?.expect("a frame").trace(&mut lines)?;
//! assert_eq!(lines.0, ["LengthPrefixed from 0", "length at 0..2: 2", "payload at 2..4: \"hi\"", "to 4"]);
//! # Ok::<(), Error>(())
//! ```

use core::fmt;
use core::ops::Range;

use crate::{Codec, Error, Result};

/// A codec that can tell where each field of a frame lies.
pub trait Trace: Codec {
    /// Walks one whole opened frame, as [`parse`](Codec::parse) reads it, and tells `hook` of each field in the order of the wire.
    /// Fields and gaps cover the frame from its first byte to its last: only bit fields share bytes.
    ///
    /// Called between the `delimit` that answered with this frame and the next, as `parse` is. For the head of a frame whose body is
    /// streamed, `frame` ends behind the head.
    ///
    /// # Errors
    /// As `parse`; the hook has been told of every field in front of the fault.
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()>;

    /// Walks the start of a frame that [`delimit`](Codec::delimit) has refused with `error`: tells of the fields in front of the
    /// fault, so far as they are known, and stops there, inside what was entered. For long error messages; by default nothing is
    /// told.
    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        let _ = (input, error, hook);
    }
}

/// Is told of the fields of a frame. Offsets count from the start of the frame.
pub trait Hook {
    /// A message, element, variant or sequence begins at byte `at`; `kind` is the name of its type.
    fn enter(&mut self, name: Name, kind: &'static str, at: usize);

    /// A field.
    fn field(&mut self, field: Field<'_>);

    /// Bytes that hold no value of their own, such as a line end, a separator or padding: `what` they are. Never empty.
    fn gap(&mut self, what: &'static str, at: Range<usize>) {
        let _ = (what, at);
    }

    /// What was entered last ends in front of byte `end`.
    fn leave(&mut self, end: usize);
}

/// What a field is called by its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// By name.
    Field(&'static str),
    /// By place in a sequence.
    Index(usize),
}

/// One field of a frame.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// What its parent calls it.
    pub name: Name,
    /// The bytes it lies in. Empty for what is not on the wire.
    pub at: Range<usize>,
    /// The bits of those bytes that are its own, if it does not have them all: counted from the least significant bit of the
    /// number that the bytes are.
    pub bits: Option<Range<u8>>,
    /// What was read there.
    pub value: Value<'a>,
    /// What else there is to know, such as `length of topic`. Empty if nothing.
    pub note: &'a str,
}

/// What was read from a field.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing: the field is absent.
    Absent,
    /// A truth value.
    Bool(bool),
    /// A number without a sign.
    Unsigned(u64),
    /// A number with a sign.
    Signed(i64),
    /// A floating-point number.
    Float(f64),
    /// Bytes that are UTF-8.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Anything else, as it shows itself.
    Shown(&'a dyn fmt::Display),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            other => fmt::Display::fmt(other, f),
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Bool(value) => fmt::Display::fmt(value, f),
            Self::Unsigned(value) => fmt::Display::fmt(value, f),
            Self::Signed(value) => fmt::Display::fmt(value, f),
            Self::Float(value) => fmt::Display::fmt(value, f),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Self::Shown(value) => value.fmt(f),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}
