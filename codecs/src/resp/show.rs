//! Values in one line, for people.

use core::fmt;

use super::Escaped;
use super::value::Value;

/// How many parts of an aggregate are printed, and how deep.
const SHOWN: usize = 16;
const SHOWN_DEPTH: usize = 4;

/// In one line, as JSON would have it: strings in quotes, long ones and long lists cut.
impl<B: AsRef<[u8]>> fmt::Display for Value<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.by_ref().show(f, 0)
    }
}

impl Value<&[u8]> {
    fn show(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Simple(text) => write!(f, "{}", text.escape_ascii()),
            Self::Error(text) | Self::BulkError(text) => write!(f, "(error) {}", text.escape_ascii()),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bulk(bytes) => write!(f, "{}", Escaped(bytes)),
            Self::Null(_) => f.write_str("(nil)"),
            Self::Double(text) | Self::BigNumber(text) => write!(f, "{}", text.escape_ascii()),
            Self::Boolean(yes) => write!(f, "{yes}"),
            Self::Verbatim { format, text } => write!(f, "{}:{}", format.escape_ascii(), Escaped(text)),
            Self::Array(_) => self.show_parts(f, depth, "[", "]"),
            Self::Map(_) => self.show_parts(f, depth, "{", "}"),
            Self::Attribute(_) => self.show_parts(f, depth, "(attribute) {", "}"),
            Self::Set(_) => self.show_parts(f, depth, "~[", "]"),
            Self::Push(_) => self.show_parts(f, depth, "(push) [", "]"),
            Self::Streamed(chunks) => {
                for chunk in chunks.iter().map_while(Result::ok).take(SHOWN) {
                    write!(f, "{}", Escaped(chunk.0))?;
                }
                Ok(())
            }
        }
    }

    fn show_parts(&self, f: &mut fmt::Formatter<'_>, depth: usize, open: &str, close: &str) -> fmt::Result {
        let pairs = matches!(self, Self::Map(_) | Self::Attribute(_));
        f.write_str(open)?;
        let mut counted = 0;
        for (i, part) in self.iter().enumerate() {
            // Depth times length is the cost of nested walks, so a tree is cut soon.
            if i == SHOWN || depth == SHOWN_DEPTH {
                f.write_str(if i == 0 { "…" } else { ", …" })?;
                break;
            }
            if i > 0 {
                f.write_str(if pairs && counted % 2 == 1 { ": " } else { ", " })?;
            }
            match part {
                Ok(part) => {
                    counted += usize::from(!matches!(part, Value::Attribute(_)));
                    part.show(f, depth + 1)?;
                }
                Err(error) => write!(f, "({error})")?,
            }
        }
        f.write_str(close)
    }
}
