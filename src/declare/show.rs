use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use bytes::Bytes;

use crate::{Outgoing, Payload, Span};

/// How many bytes of a field are shown.
const SHOWN: usize = 32;

/// A holder of bytes that can be shown in a line: what `Display` of a declared message asks of it.
pub trait Show {
    /// Shows the bytes, or what is known of them.
    ///
    /// # Errors
    /// Those of the formatter.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

fn bytes(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (shown, rest) = bytes.split_at(bytes.len().min(SHOWN));
    match core::str::from_utf8(shown) {
        Ok(text) if !text.chars().any(char::is_control) => write!(f, "{text:?}")?,
        _ => write!(f, "b\"{}\"", shown.escape_ascii())?,
    }
    if !rest.is_empty() {
        write!(f, "… ({} bytes)", bytes.len())?;
    }
    Ok(())
}

impl Show for &[u8] {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bytes(self, f)
    }
}

impl<const N: usize> Show for &[u8; N] {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bytes(*self, f)
    }
}

impl Show for Bytes {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bytes(self, f)
    }
}

impl Show for &Bytes {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bytes(self, f)
    }
}

impl Show for Vec<u8> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bytes(self, f)
    }
}

/// Where they are: a span does not know more.
impl Show for Span {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = self.range();
        write!(f, "{}..{}", range.start, range.end)
    }
}

impl Show for Payload<'_> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let all = self.look(&mut |part| {
            if core::mem::take(&mut first) {
                let _ = bytes(part, f);
            } else {
                let _ = f.write_char('…');
            }
        });
        if all { Ok(()) } else { write!(f, "{} bytes of a file", self.size()) }
    }
}
