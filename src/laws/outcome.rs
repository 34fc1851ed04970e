use std::fmt;

use crate::{Error, Message, Result};

/// What a stream came to, however it was cut: its messages, and how it ended.
///
/// Printed, it is a golden outcome to be kept beside a seed: a mistake that encoder and decoder share shows only there.
///
/// ```
/// use wireview::formats::LengthPrefixed;
/// use wireview::laws;
/// use wireview::length::U8;
///
/// let outcome = laws::check(|| LengthPrefixed::<U8>::new(100), b"\x02hi\0\x09oh");
/// assert_eq!(
///     outcome.to_string(),
///     "0..3 1..3\n\
///      3..4 0..0\n\
///      `frame` was not complete when the stream ended, at byte 3 of the frame (stream offset 7)\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<M> {
    /// The frames, in order.
    pub frames: Vec<Seen<M>>,
    /// How many bytes belonged to no frame.
    pub skipped: u64,
    /// How many bytes were disposed of: all, or those in front of the frame that ended the stream.
    pub consumed: u64,
    /// Why the stream ended, if not with its last byte.
    pub end: Option<Error>,
    /// How many frames came before the end of the stream was announced.
    pub(super) prompt: usize,
}

/// One frame of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<M> {
    /// Where it starts in the stream.
    pub at: u64,
    /// Its bytes, opened.
    pub bytes: Vec<u8>,
    /// Its message, as spans of its bytes.
    pub message: Result<M>,
}

impl<M> Outcome<M> {
    pub(super) const fn new() -> Self {
        Self { frames: Vec::new(), skipped: 0, consumed: 0, end: None, prompt: 0 }
    }

    /// Where in the stream the error at its end was found.
    #[must_use]
    pub fn end_offset(&self) -> Option<u64> {
        self.end.map(|error| self.consumed + error.offset() as u64)
    }
}

impl<M: Message> Outcome<M> {
    /// The messages that could be read, as borrowed views.
    pub fn views(&self) -> impl Iterator<Item = M::Of<&[u8]>> {
        self.frames.iter().filter_map(|seen| Some(seen.message.ok()?.view(&seen.bytes)))
    }
}

impl<M> Seen<M> {
    pub(super) fn end(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }
}

/// A line a frame, with its place and its message as spans; then what was skipped, and how the stream ended.
impl<M: fmt::Debug> fmt::Display for Outcome<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for seen in &self.frames {
            write!(f, "{}..{} ", seen.at, seen.end())?;
            match &seen.message {
                Ok(message) => writeln!(f, "{message:?}")?,
                Err(error) => writeln!(f, "{error}")?,
            }
        }
        if self.skipped > 0 {
            writeln!(f, "{} bytes skipped", self.skipped)?;
        }
        match (self.end, self.end_offset()) {
            (Some(error), Some(at)) => writeln!(f, "{error} (stream offset {at})"),
            _ => Ok(()),
        }
    }
}
