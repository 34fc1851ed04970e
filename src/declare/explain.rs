//! The long story of an error in a declared message.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::refused::InFront;
use super::{Declare, Traced};
use crate::trace::{Field, Hook, Name};
use crate::{Error, Kind};

/// Where in a declared message something is wrong, what stands there, and which field set the limit.
///
/// ```
/// use wireview::declare::{Declared, Text};
/// use wireview::{Codec, Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// #[wire(frame(length = u16, counts = after, max = 1000))]
/// struct Note<B> {
///     #[wire(len = u8)]
///     title: Text<B>,
///     #[wire(len = u16, max = 100)]
///     body: B,
/// }
///
/// let codec = Declared::<Note<Span>>::new();
/// let frame = b"\0\x07\x02hi\0\x09ab";
/// let error = codec.parse(frame).expect_err("nine bytes are claimed");
/// let story = codec.explain(frame, error);
/// assert_eq!(story.path(), "Note.body");
/// assert_eq!(story.to_string(), "`Note.body` is cut short, at byte 7 of the frame: 2 bytes are there; `Note.length` says that it ends at byte 9");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    error: Error,
    path: String,
    found: String,
    region: Option<(String, usize)>,
}

impl Explanation {
    /// The error.
    #[must_use]
    pub const fn error(&self) -> Error {
        self.error
    }

    /// The field, with all that it is part of: `publish.headers[3].name`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands there.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// The field that set the limit of the region it lies in, and where that ends, counted from the start of the frame; `None` if the
    /// frame itself ends there.
    #[must_use]
    pub fn limited_by(&self) -> Option<(&str, usize)> {
        self.region.as_ref().map(|(by, end)| (by.as_str(), *end))
    }

    pub(super) fn of<M: Declare>(frame: &[u8], error: Error, given: M::Context) -> Self {
        let mut trail = Trail::new(M::NAME);
        let mut source = Traced::new(frame, &mut trail);
        let again = M::walk(&mut source, given).err();
        let region = source.regions().last().map(|&(by, end)| ((*by).to_string(), end));
        // Another error than that of the walk is one of the boundary.
        let (known, region) = if again == Some(error) { (true, region) } else { (false, None) };
        if !known {
            trail = Trail::new(M::NAME);
            let mut hook = InFront::of(error, &mut trail);
            let _ = M::walk(&mut Traced::new(frame, &mut hook).refused_with(error), given);
        }
        let names = &trail.path;
        let mut path = String::new();
        for name in names {
            push(&mut path, *name);
        }
        if error.field() != *M::NAME {
            push(&mut path, Name::Field(error.field()));
        }
        let found = match trail.last {
            Some((name, value)) if known && name == error.field() && error.kind() != Kind::Truncated => value,
            _ => bytes_at(frame, error, region.as_ref().map(|(_, end)| *end)),
        };
        let region = region.map(|(by, end)| (alloc::format!("{}.{by}", M::NAME), end));
        Self { error, path, found, region }
    }
}

fn bytes_at(frame: &[u8], error: Error, end: Option<usize>) -> String {
    let end = end.unwrap_or(frame.len()).min(frame.len());
    let there = frame.get(error.offset().min(end)..end).unwrap_or(&[]);
    if error.kind() == Kind::Truncated {
        return match there.len() {
            0 => "nothing is there".into(),
            1 => "1 byte is there".into(),
            len => alloc::format!("{len} bytes are there"),
        };
    }
    let mut text = String::new();
    for byte in there.iter().take(8) {
        let _ = write!(text, "{}{byte:02x}", if text.is_empty() { "" } else { " " });
    }
    if there.len() > 8 {
        text.push_str(" …");
    }
    if text.is_empty() { "nothing is there".into() } else { alloc::format!("found {text}") }
}

fn push(path: &mut String, name: Name) {
    let _ = match name {
        Name::Field(name) if path.is_empty() => write!(path, "{name}"),
        Name::Field(name) => write!(path, ".{name}"),
        Name::Index(index) => write!(path, "[{index}]"),
    };
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` {}, at byte {} of the frame: {}",
            self.path,
            self.error.kind().describe(),
            self.error.offset(),
            self.found
        )?;
        match &self.region {
            Some((by, end)) => write!(f, "; `{by}` says that it ends at byte {end}"),
            None => Ok(()),
        }
    }
}

/// Remembers where a walk is.
struct Trail {
    path: Vec<Name>,
    last: Option<(&'static str, String)>,
}

impl Trail {
    fn new(message: &'static str) -> Self {
        Self { path: Vec::from([Name::Field(message)]), last: None }
    }
}

impl Hook for Trail {
    fn enter(&mut self, name: Name, _: &'static str, _: usize) {
        self.path.push(name);
    }

    fn field(&mut self, field: Field<'_>) {
        if let Name::Field(name) = field.name {
            self.last = Some((name, alloc::format!("found {}", field.value)));
        }
    }

    fn leave(&mut self, _: usize) {
        self.path.pop();
    }
}
