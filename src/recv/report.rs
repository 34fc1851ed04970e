use alloc::vec::Vec;
use core::fmt;

use crate::{Error, Kind};

/// How many bytes are shown around the offending one.
const AROUND: usize = 16;

/// The long story of an [`Error`]: where in the stream, what was there, what is missing. Built on the cold path.
///
/// ```
/// use wireview::formats::LengthPrefixed;
/// use wireview::length::U16Be;
/// use wireview::Deframer;
///
/// let mut deframer = Deframer::new(LengthPrefixed::<U16Be>::new(1000));
/// deframer.feed(b"\0\x02hi\0\x09half");
/// deframer.finish();
/// assert_eq!(deframer.next()?.expect("whole").view()?, b"hi");
/// let error = deframer.next().expect_err("the second frame is cut short");
/// assert_eq!(
///     deframer.report(error).to_string(),
///     "`frame` was not complete when the stream ended, at byte 6 of the frame (stream offset 10), 5 bytes missing\n\
///      here: 00 09 68 61 6c 66 |"
/// );
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    error: Error,
    frame_at: u64,
    missing: Option<u64>,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Report {
    #[cold]
    pub(crate) fn new(error: Error, frame_at: u64, frame: &[u8], missing: Option<u64>) -> Self {
        let offset = error.offset().min(frame.len());
        let (before, after) = frame.split_at(offset);
        Self {
            error,
            frame_at,
            missing,
            before: before[before.len().saturating_sub(AROUND)..].to_vec(),
            after: after[..after.len().min(AROUND)].to_vec(),
        }
    }

    /// The error itself.
    #[must_use]
    pub const fn error(&self) -> Error {
        self.error
    }

    /// Its class.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.error.kind()
    }

    /// Where the frame starts in the stream.
    #[must_use]
    pub const fn frame_at(&self) -> u64 {
        self.frame_at
    }

    /// Where the error was found in the stream.
    #[must_use]
    pub const fn stream_offset(&self) -> u64 {
        self.frame_at.saturating_add(self.error.offset() as u64)
    }

    /// Up to 16 bytes in front of the place of the error, and up to 16 from there on.
    #[must_use]
    pub fn around(&self) -> (&[u8], &[u8]) {
        (&self.before, &self.after)
    }

    /// How many bytes the frame was known to lack when the stream ended.
    #[must_use]
    pub const fn missing(&self) -> Option<u64> {
        self.missing
    }
}

/// The error, its stream offset, what is missing, and the bytes around it: a bar stands in front of the offending one.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (stream offset {})", self.error, self.stream_offset())?;
        if let Some(missing) = self.missing {
            write!(f, ", {missing} bytes missing")?;
        }
        write!(f, "\nhere:")?;
        self.before.iter().try_for_each(|byte| write!(f, " {byte:02x}"))?;
        write!(f, " |")?;
        self.after.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
    }
}

impl core::error::Error for Report {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
