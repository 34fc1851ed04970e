use std::fmt;
use std::ops::Range;

use super::{Law, Way};

/// How many bytes a row of the hexdump has, and how many rows in front of and behind the frame are shown.
const ROW: usize = 16;
const AROUND: usize = 2;
const MOST_ROWS: usize = 24;

/// A law that was broken: which, by what, and the smallest cutting that shows it.
///
/// ```
/// use wireview::laws::{self, Law};
/// use wireview::{Boundary, Codec, Result};
///
/// /// Asks for one byte too many.
/// struct Greedy;
///
/// impl Codec for Greedy {
///     type Message = wireview::Span;
///
///     fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
///         Ok(if input.len() < 3 { Boundary::Need(4) } else { Boundary::whole(3) })
///     }
///
///     fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
///         Ok(frame)
///     }
/// }
///
/// let violation = laws::verify(|| Greedy, b"onetwo").expect_err("it breaks a law");
/// assert_eq!(violation.law(), Law::NeedOverstated);
/// assert!(violation.to_string().contains("Need(4) was asked, then 3 bytes were enough"));
/// ```
#[derive(Clone, Debug)]
pub struct Violation {
    pub(super) law: Law,
    pub(super) codec: &'static str,
    pub(super) input: Vec<u8>,
    pub(super) cuts: Vec<usize>,
    pub(super) way: Option<Way>,
    pub(super) frame: Range<usize>,
    pub(super) what: String,
}

impl Violation {
    /// The law that was broken.
    #[must_use]
    pub const fn law(&self) -> Law {
        self.law
    }

    /// Where the stream was cut.
    #[must_use]
    pub fn cuts(&self) -> &[usize] {
        &self.cuts
    }

    /// What happened, in words.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Where the frame lies in the input, as far as it is there.
    #[must_use]
    pub fn frame(&self) -> Range<usize> {
        self.frame.clone()
    }

    fn dump(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.input.len().div_ceil(ROW);
        let first = (self.frame.start / ROW).saturating_sub(AROUND);
        let last = (self.frame.end.div_ceil(ROW) + AROUND).min(rows).min(first + MOST_ROWS);
        if first > 0 {
            writeln!(f, "          … {} bytes in front", first * ROW)?;
        }
        for row in first..last {
            let start = row * ROW;
            let bytes = &self.input[start..self.input.len().min(start + ROW)];
            write!(f, "{start:>8}  ")?;
            for (column, byte) in bytes.iter().enumerate() {
                // A cut stands in front of the byte that came later.
                let gap = if self.cuts.binary_search(&(start + column)).is_ok() { '|' } else { ' ' };
                write!(f, "{gap}{byte:02x}")?;
            }
            write!(f, "{:width$}  ", "", width = 3 * (ROW - bytes.len()))?;
            for byte in bytes {
                write!(f, "{}", if byte.is_ascii_graphic() { char::from(*byte) } else { '.' })?;
            }
            writeln!(f)?;
            let marked = |at: usize| self.frame.contains(&at);
            if (start..start + bytes.len()).any(marked) {
                write!(f, "{:10}", "")?;
                for at in start..start + bytes.len() {
                    let joined = marked(at) && at > start && marked(at - 1);
                    write!(f, "{}{}", if joined { '~' } else { ' ' }, if marked(at) { "~~" } else { "  " })?;
                }
                writeln!(f)?;
            }
        }
        if last < rows {
            writeln!(f, "          … {} bytes behind", self.input.len() - last * ROW)?;
        }
        Ok(())
    }
}

/// The story: the law, what broke it, and the input with its cuts (`|`) and the frame (`~`) marked.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is broken by {}", self.law, self.codec)?;
        writeln!(f, "   law: {}", self.law.sentence())?;
        writeln!(f, "  here: {}", self.what)?;
        write!(f, " input: {} bytes", self.input.len())?;
        match &self.cuts[..] {
            [] => write!(f, ", not cut")?,
            [cut] => write!(f, ", cut in front of byte {cut}")?,
            cuts if cuts.len() <= 8 => write!(f, ", cut in front of bytes {cuts:?}")?,
            cuts => write!(f, ", cut at {} places", cuts.len())?,
        }
        match self.way {
            Some(way) => writeln!(f, ", frames taken by {way}")?,
            None => writeln!(f)?,
        }
        self.dump(f)
    }
}

impl std::error::Error for Violation {}
