//! The scan of a head or a trailer section: each line is looked at once, and what it is made of is noted.

use wireview::{Error, Result};

use super::facts::See;
use super::field;
use super::headers::{Entry, INDEXED};
use super::line::{Bounds, FieldLine, Line, State, TOKEN, dissect, is};
use super::mask::{Stops, blank, plain_name};

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

    /// All is scanned. What was noted stays until the next scan starts.
    #[inline(always)]
    pub(super) const fn finish(&mut self) {
        self.line = Line::new(0, State::Field);
    }

    /// Whether bytes have been scanned already.
    #[inline(always)]
    pub(super) const fn is_resumed(&self) -> bool {
        self.line.seen > 0
    }

    /// Where the line starts that is on its way.
    #[inline(always)]
    pub(super) const fn at(&self) -> usize {
        self.line.at
    }

    /// Whether the line that is on its way is a field line.
    pub(super) const fn is_in_fields(&self) -> bool {
        self.line.at > 0
    }

    /// The request line. `None` until it is whole.
    #[inline(always)]
    pub(super) fn request_line(
        &mut self,
        input: &[u8],
        bounds: &Bounds,
        stops: &mut Stops,
    ) -> Result<Option<(RequestLine, usize)>> {
        if !self.is_resumed()
            && let Some((line, end)) = request_line(input, stops)
            && end <= bounds.line
            && end <= bounds.head
        {
            return Ok(Some((line, end)));
        }
        let found = self.slow_request_line(input, bounds)?;
        if let Some((_, end)) = found {
            *stops = Stops::new(input, end);
        }
        Ok(found)
    }

    #[cold]
    fn slow_request_line(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<(RequestLine, usize)>> {
        let Some(end) = self.line.run(input, bounds)? else { return Ok(None) };
        let method_end = position(input, 0, b' ');
        let target_end = position(input, method_end + 1, b' ');
        Ok(Some((RequestLine { method_end, target_end, minor: input[end - 3] - b'0' }, end)))
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
    #[inline(always)]
    pub(super) fn fields(
        &mut self,
        input: &[u8],
        bounds: &Bounds,
        mut stops: Stops,
        see: &mut impl See,
    ) -> Result<Option<usize>> {
        let mut at = self.line.at;
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
            see.see(&input[at..line.name_end], &input[line.value.0..line.value.1], line.value.0)?;
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

    #[inline(always)]
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

/// The position of `byte` from `at` on, or the end.
fn position(input: &[u8], at: usize, byte: u8) -> usize {
    input[at..].iter().position(|b| *b == byte).map_or(input.len(), |found| at + found)
}

/// A plain request line, up to the first stop.
#[inline(always)]
fn request_line(input: &[u8], stops: &mut Stops) -> Option<(RequestLine, usize)> {
    let line_end = stops.next(input);
    let minor = match input.get(line_end.checked_sub(9)?..line_end + 2)? {
        b" HTTP/1.1\r\n" => 1,
        b" HTTP/1.0\r\n" => 0,
        _ => return None,
    };
    stops.next(input);
    let target_end = line_end - 9;
    let method_end = name_end(input, 0);
    // Up to the stop all is visible ASCII or a blank.
    if method_end == 0
        || method_end + 1 >= target_end
        || input[method_end] != b' '
        || blank(input, method_end + 1) != target_end
    {
        return None;
    }
    Some((RequestLine { method_end, target_end, minor }, line_end + 2))
}

/// Where the token at `at` ends, if it is not cut.
#[inline(always)]
fn name_end(input: &[u8], at: usize) -> usize {
    let mut end = at + input.get(at..).and_then(<[u8]>::first_chunk).map_or(0, plain_name);
    while input.get(end).is_some_and(|byte| is(*byte, TOKEN)) {
        end += 1;
    }
    end
}

/// What a line at `at` is, if it is whole and lawful.
#[inline(always)]
fn field_line(input: &[u8], at: usize, stops: &mut Stops) -> Option<FieldLine> {
    let mut line_end = stops.next(input);
    while let Some(b'\t' | 0x80..) = input.get(line_end) {
        line_end = stops.next(input);
    }
    if input.get(line_end..line_end + 2)? != b"\r\n" {
        return None;
    }
    stops.next(input);
    let line = &input[..line_end];
    let name_end = name_end(input, at);
    if name_end == at || *line.get(name_end)? != b':' {
        return None;
    }
    let mut start = name_end + 1;
    while let Some(b' ' | b'\t') = line.get(start) {
        start += 1;
    }
    let mut end = line_end;
    while end > start && matches!(line[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    Some(FieldLine { name_end, value: (start, end), end: line_end + 2 })
}
