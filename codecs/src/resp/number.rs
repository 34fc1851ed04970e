//! Decimal numbers as Redis reads them: no leading zeros, no blanks, a sign only where one may be.

use wireview::{Error, Result};

use super::field;

/// The most digits that always fit in an `i64`.
const SAFE_DIGITS: usize = 18;

/// A line that holds a number: its value, and where the next line starts. `None` if the line is not whole.
type Line = Option<(i64, usize)>;

/// The plain number at `at` and where the next line starts; `None` if it is anything but that: signed, long, cut or wrong.
#[inline(always)]
pub(super) fn plain(input: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *input.get(at)?;
    let mut value = u64::from(first.wrapping_sub(b'0'));
    let mut end = at + 1;
    loop {
        let byte = *input.get(end)?;
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            let plain = byte == b'\r' && first.is_ascii_digit() && end - at <= SAFE_DIGITS;
            let zero = first == b'0' && end > at + 1;
            return (plain && !zero && *input.get(end + 1)? == b'\n').then_some((value, end + 2));
        }
        value = value.wrapping_mul(10).wrapping_add(digit.into());
        end += 1;
    }
}

/// The bulk string at `at`: where its bytes are, with their line end behind them. `None` if it is not whole, or unusual.
#[inline(always)]
pub(super) fn plain_bulk(input: &[u8], at: usize, max: usize) -> Option<(usize, usize)> {
    if *input.get(at)? != b'$' {
        return None;
    }
    let (len, start) = plain(input, at + 1)?;
    if len > max as u64 {
        return None;
    }
    let end = start + len as usize;
    (input.get(end..end + 2)? == b"\r\n").then_some((start, end))
}

/// Where there should be CRLF at `end`, there is something else.
#[cold]
pub(super) fn no_line_end(input: &[u8], end: usize) -> Error {
    Error::malformed(&field::LINE_END, end + usize::from(input[end] == b'\r'))
}

/// Reads the length or count that starts at `at`, and its line end.
#[inline(always)]
pub(super) fn length(input: &[u8], at: usize, name: &'static &'static str) -> Result<Line> {
    match plain(input, at) {
        Some((value, next)) => Ok(Some((value as i64, next))),
        None => signed(input, at, false, name),
    }
}

/// Reads the integer that starts at `at`, and its line end. It may have a plus.
#[inline]
pub(super) fn integer(input: &[u8], at: usize) -> Result<Line> {
    if input.get(at) == Some(&b'+') {
        signed(input, at, true, &field::INTEGER)
    } else {
        length(input, at, &field::INTEGER)
    }
}

/// The same with everything that is rare: signs, long numbers, numbers cut short, faults.
#[cold]
fn signed(input: &[u8], at: usize, plus: bool, name: &'static &'static str) -> Result<Line> {
    let negative = input.get(at) == Some(&b'-');
    let first = at + usize::from(negative || plus);
    let mut end = first;
    // Downwards, since the least number has no positive counterpart.
    let mut value = Some(0_i64);
    loop {
        match input.get(end) {
            None => return Ok(None),
            Some(digit @ b'0'..=b'9') => {
                // A leading zero, or a signed one.
                if end > first && input[first] == b'0' || negative && end == first && *digit == b'0' {
                    return Err(Error::malformed(name, first));
                }
                value = value.and_then(|value| value.checked_mul(10)?.checked_sub((digit - b'0').into()));
                if value.is_none() {
                    return Err(Error::overflow(name, at));
                }
                end += 1;
            }
            Some(b'\r') if end > first => break,
            Some(_) => return Err(Error::malformed(name, end)),
        }
    }
    let value = if negative { value } else { value.and_then(i64::checked_neg) };
    let value = value.ok_or(Error::overflow(name, at))?;
    match input.get(end + 1) {
        None => Ok(None),
        Some(b'\n') => Ok(Some((value, end + 2))),
        Some(_) => Err(Error::malformed(&field::LINE_END, end + 1)),
    }
}

/// Whether `text` is a RESP3 double: `[+-]digits[.digits][e[+-]digits]`, or `inf` or `nan`, with a sign or without.
pub(super) fn is_double(text: &[u8]) -> bool {
    let text = unsigned(text);
    if matches!(text, b"inf" | b"nan") {
        return true;
    }
    let (whole, text) = digits(text);
    let (fraction, text) = match text {
        [b'.', text @ ..] => digits(text),
        _ => (0, text),
    };
    let exponent = match text {
        [] => true,
        [b'e' | b'E', text @ ..] => is_digits(unsigned(text)),
        _ => false,
    };
    whole + fraction > 0 && exponent
}

/// Whether `text` is a RESP3 big number: `[+-]digits`.
pub(super) fn is_big_number(text: &[u8]) -> bool {
    is_digits(unsigned(text))
}

fn unsigned(text: &[u8]) -> &[u8] {
    match text {
        [b'+' | b'-', text @ ..] => text,
        _ => text,
    }
}

/// How many digits lead `text`, and what is behind them.
fn digits(text: &[u8]) -> (usize, &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count, &text[count..])
}

fn is_digits(text: &[u8]) -> bool {
    let (count, rest) = digits(text);
    count > 0 && rest.is_empty()
}

/// Enough for any `i64` with a type byte and a line end.
const WIDEST: usize = 23;

/// A type byte, a number and a line end.
pub(super) struct Header {
    bytes: [u8; WIDEST],
    start: usize,
}

impl Header {
    #[inline]
    pub(super) fn new(tag: u8, number: i64) -> Self {
        let mut bytes = [0; WIDEST];
        [bytes[WIDEST - 2], bytes[WIDEST - 1]] = *b"\r\n";
        let mut start = WIDEST - 2;
        let mut left = number.unsigned_abs();
        loop {
            start -= 1;
            bytes[start] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        if number < 0 {
            start -= 1;
            bytes[start] = b'-';
        }
        start -= 1;
        bytes[start] = tag;
        Self { bytes, start }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use wireview::Kind;

    use super::*;

    #[test]
    fn every_number_that_fits_is_read_and_written() {
        for value in
            [0, 1, -1, 9, 10, 1234, -99, 999_999_999_999_999_999, i64::MAX - 1, i64::MAX, i64::MIN, i64::MIN + 1]
        {
            let line = format!("{value}\r\n");
            assert_eq!(length(line.as_bytes(), 0, &"n"), Ok(Some((value, line.len()))), "{value}");
            assert_eq!(Header::new(b'x', value).as_slice(), format!("x{line}").as_bytes());
            for cut in 0..line.len() {
                assert_eq!(length(&line.as_bytes()[..cut], 0, &"n"), Ok(None), "{value} cut at {cut}");
            }
        }
        assert_eq!(integer(b"+7\r\n", 0), Ok(Some((7, 4))));
    }

    #[test]
    fn what_redis_refuses_is_refused_where_it_stands() {
        let cases: &[(&str, Kind, usize)] = &[
            ("\r\n", Kind::Malformed, 0),
            (" 1\r\n", Kind::Malformed, 0),
            ("+1\r\n", Kind::Malformed, 0),
            ("-\r\n", Kind::Malformed, 1),
            ("--1\r\n", Kind::Malformed, 1),
            ("-0\r\n", Kind::Malformed, 1),
            ("01\r\n", Kind::Malformed, 0),
            ("-01\r\n", Kind::Malformed, 1),
            ("00\r\n", Kind::Malformed, 0),
            ("12a\r\n", Kind::Malformed, 2),
            ("12\n", Kind::Malformed, 2),
            ("12\rx", Kind::Malformed, 3),
            ("9223372036854775808\r\n", Kind::Overflow, 0),
            ("-9223372036854775809\r\n", Kind::Overflow, 0),
            ("99999999999999999999999999\r\n", Kind::Overflow, 0),
        ];
        for (line, kind, offset) in cases {
            let error = length(line.as_bytes(), 0, &"n").expect_err(line);
            assert_eq!((error.kind(), error.offset()), (*kind, *offset), "{line:?}");
        }
        assert!(integer(b"++1\r\n", 0).is_err());
    }

    #[test]
    fn doubles_and_big_numbers() {
        for good in ["1", "1.5", "-1.5e10", "+0.1E-7", "10.", ".5", "inf", "-inf", "nan"] {
            assert!(is_double(good.as_bytes()), "{good}");
            assert!(good.parse::<f64>().is_ok(), "{good}");
        }
        for bad in ["", ".", "e5", "1e", "1.5.2", "0x10", " 1", "1 ", "infinity", "--1", "1e+"] {
            assert!(!is_double(bad.as_bytes()), "{bad}");
        }
        assert!(is_big_number(b"-3492890328409238509324850943850943825024385"));
        assert!(!is_big_number(b"") && !is_big_number(b"-") && !is_big_number(b"1.5"));
    }
}
