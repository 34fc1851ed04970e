//! Messages for people, for machines, and for browsers.

mod html;
mod json;
mod text;

pub(crate) use html::Html;
pub(crate) use json::Json;
pub(crate) use text::Text;

use std::io;

use super::message::Message;
use super::stream::{End, Label};

/// Where messages are shown.
pub(crate) trait Show {
    /// Messages of this file follow.
    fn file(&mut self, name: &str) -> io::Result<()>;

    /// A message.
    fn message(&mut self, label: &Label, message: &Message<'_>) -> io::Result<()>;

    /// A stream has ended badly.
    fn end(&mut self, label: &Label, end: &End<'_>) -> io::Result<()>;

    /// No more messages follow.
    fn finish(&mut self, not_shown: u64) -> io::Result<()>;
}

/// Shows nothing.
pub(crate) struct Nothing;

impl Show for Nothing {
    fn file(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn message(&mut self, _: &Label, _: &Message<'_>) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, _: &Label, _: &End<'_>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}
