//! The scan of a head or a trailer section: each line is looked at once, and what it is made of is noted.

use wireview::{Error, Result};

use super::facts::See;
use super::field;
use super::headers::{Entry, INDEXED};
use super::line::{Bounds, FieldLine, Line, State, TOKEN, dissect, is};
use super::mask::{Stops, plain_name};

/// Where a scan stands, and what it noted.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    /// The line that is on its way.
    line: Line,
    pub(super) count: u32,
    pub(super) index: [Entry; INDEXED],
}

/// The parts of a request line, from the start of the input.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestLine {
    pub(super) method_end: usize,
    pub(super) target_end: usize,
    pub(super) minor: u8,
}

/// The parts of a status line, from the start of the input.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatusLine {
    pub(super) minor: u8,
    pub(super) status: u16,
    pub(super) reason: (usize, usize),
}

impl RequestLine {
    pub(super) const NONE: Self = Self { method_end: 0, target_end: 0, minor: 1 };
}

impl StatusLine {
    pub(super) const NONE: Self = Self { minor: 1, status: 0, reason: (0, 0) };
}

impl Scan {
    pub(super) const fn new(state: State) -> Self {
        Self { line: Line::new(0, state), count: 0, index: [Entry::NONE; INDEXED] }
    }

    /// From the start of a head, or of a line behind which fields follow.
    #[inline(always)]
    pub(super) const fn restart(&mut self, at: usize, state: State) {
        self.line = Line::new(at, state);
        self.count = 0;
        self.index = [Entry::NONE; INDEXED];
    }

    /// Forgets what the last scan noted.
    #[inline(always)]
    pub(super) const fn clear(&mut self) {
        self.count = 0;
        self.index = [Entry::NONE; INDEXED];
    }

    /// All is scanned. What was noted stays until the next scan starts.
    #[inline(always)]
    pub(super) const fn finish(&mut self) {
        self.line = Line::new(0, State::Field);
    }

    /// How far the line has been looked at that is on its way.
    #[cfg(test)]
    pub(super) const fn seen(&self) -> usize {
        self.line.seen
    }

    /// Whether bytes have been scanned already.
    #[inline(always)]
    pub(super) const fn is_resumed(&self) -> bool {
        self.line.seen > 0
    }

    /// Whether the line that is on its way is a field line.
    pub(super) const fn is_in_fields(&self) -> bool {
        self.line.at > 0
    }

    /// The request line. `None` until it is whole.
    pub(super) fn request_line(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<(RequestLine, usize)>> {
        let Some(end) = self.line.run(input, bounds)? else { return Ok(None) };
        let method_end = long_name(input, 0);
        Ok(Some((RequestLine { method_end, target_end: end - 11, minor: input[end - 3] - b'0' }, end)))
    }

    /// The status line. `None` until it is whole.
    pub(super) fn status_line(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<(StatusLine, usize)>> {
        let Some(end) = self.line.run(input, bounds)? else { return Ok(None) };
        let status = input[9..12].iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
        // The blank in front of an empty phrase is often left out.
        let reason = (13.min(end - 2), end - 2);
        Ok(Some((StatusLine { minor: input[7] - b'0', status, reason }, end)))
    }

    /// The first field line starts at `at`.
    #[inline(always)]
    pub(super) const fn begin_fields(&mut self, at: usize) {
        self.line = Line::new(at, State::Field);
    }

    /// The field lines, and the empty line behind them. `None` until that has come, else where it ends.
    pub(super) fn fields(&mut self, input: &[u8], bounds: &Bounds, see: &mut impl See) -> Result<Option<usize>> {
        let mut at = self.line.at;
        let mut stops = Stops::new(input, at);
        // A line that has been begun is gone on with where it was cut.
        let mut resumed = self.line.seen > at;
        loop {
            let plain = if resumed { None } else { field_line(input, at, &mut stops) };
            let line = match plain {
                Some(line) if self.fits(&line, at, bounds) => line,
                _ => {
                    if !resumed {
                        if input.get(at..at + 2) == Some(b"\r\n") && at + 2 <= bounds.head {
                            return Ok(Some(at + 2));
                        }
                        self.begin_fields(at);
                    }
                    resumed = false;
                    match self.slow_field(input, bounds)? {
                        Slow::Field(line) => {
                            stops = Stops::new(input, line.end);
                            line
                        }
                        Slow::End(end) => return Ok(Some(end)),
                        Slow::Part => return Ok(None),
                    }
                }
            };
            let (from, to) = line.value;
            see.see(&input[at..], line.name_end - at, from - at..to - at, at)?;
            if let Some(entry) = self.index.get_mut(self.count as usize) {
                *entry = Entry::new(
                    line.end - at,
                    line.name_end - at,
                    line.value.0 - line.name_end - 1,
                    line.end - 2 - line.value.1,
                );
            }
            self.count += 1;
            at = line.end;
        }
    }

    const fn fits(&self, line: &FieldLine, at: usize, bounds: &Bounds) -> bool {
        line.end - at <= bounds.line && line.end <= bounds.head && self.count < bounds.fields
    }

    #[cold]
    fn slow_field(&mut self, input: &[u8], bounds: &Bounds) -> Result<Slow> {
        let at = self.line.at;
        if self.count >= bounds.fields && input.get(at).is_some_and(|byte| *byte != b'\r') {
            return Err(Error::limit(&field::HEADERS, at));
        }
        let Some(end) = self.line.run(input, bounds)? else { return Ok(Slow::Part) };
        if end == at + 2 {
            return Ok(Slow::End(end));
        }
        dissect(input, at, end).map(Slow::Field).ok_or(Error::malformed(&field::NAME, at))
    }
}

/// What came of a line that was not plain.
enum Slow {
    Field(FieldLine),
    /// The empty line, which ends here.
    End(usize),
    /// It is not whole.
    Part,
}

/// How long the token is that goes on at `at`.
#[inline(never)]
pub(super) fn long_name(input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    rest.iter().position(|byte| !is(*byte, TOKEN)).unwrap_or(rest.len())
}

/// What a line at `at` is, if it is whole and lawful. `Err` if it is the empty line.
fn field_line(input: &[u8], at: usize, stops: &mut Stops) -> Option<FieldLine> {
    let mut line_end = stops.next_from(input, at);
    if input.get(line_end..line_end + 2)? != b"\r\n" {
        line_end = later_stop(input, line_end, stops)?;
    }
    stops.skip_lf();
    let line = &input[..line_end + 2];
    let mut name_end = at + input.get(at..).and_then(<[u8]>::first_chunk).map_or(0, plain_name);
    if *line.get(name_end)? != b':' {
        name_end += long_name(line, name_end);
        if *line.get(name_end)? != b':' {
            return None;
        }
    }
    if name_end == at {
        return None;
    }
    let mut start = name_end + 1;
    if *line.get(start)? == b' ' {
        start += 1;
    }
    let mut end = line_end;
    if *line.get(start)? <= b' ' || line[line_end - 1] <= b' ' {
        (start, end) = trim(line, start, line_end);
    }
    Some(FieldLine { name_end, value: (start, end), end: line_end + 2 })
}

/// Passes over the tabs and the bytes beyond ASCII of a value, to the end of the line.
#[cold]
fn later_stop(input: &[u8], at: usize, stops: &mut Stops) -> Option<usize> {
    let mut at = at;
    while let b'\t' | 0x80.. = *input.get(at)? {
        at = stops.next(input);
    }
    (input.get(at..at + 2)? == b"\r\n").then_some(at)
}

/// The value between `start` and `end`, without the blanks around it.
#[inline(never)]
pub(super) fn trim(line: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    while let Some(b' ' | b'\t') = line.get(start) {
        start += 1;
    }
    while end > start && matches!(line[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    (start, end)
}
