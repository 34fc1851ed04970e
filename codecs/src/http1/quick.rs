//! Whole, plain heads: most of all that come. What is not one, be it cut, at fault or only strange, is left to `scan`, which starts
//! anew and has all rules.

use super::facts::See;
use super::headers::{Entry, INDEXED};
use super::line::Bounds;
use super::mask::{Stops, blank, plain_name};
use super::scan::{RequestLine, long_name, trim};

/// The request line, where the fields start, and the stops behind it.
#[inline(always)]
pub(super) fn request_line(input: &[u8], bounds: &Bounds) -> Option<(RequestLine, usize, Stops)> {
    let mut stops = Stops::start(input);
    let line_end = stops.next(input);
    let target_end = line_end.checked_sub(9)?;
    let version = input.get(target_end..)?.first_chunk::<11>()?;
    let minor = version[8].wrapping_sub(b'0');
    if version[..8] != *b" HTTP/1." || minor > 1 || version[9..] != *b"\r\n" || line_end + 2 > bounds.line {
        return None;
    }
    stops.skip_lf();
    let method_end = if input.starts_with(b"GET ") { 3 } else { long_name(input, 0) };
    // Up to the stop all is visible ASCII or a blank.
    let target = method_end + 1;
    if method_end == 0 || target >= target_end || input[method_end] != b' ' || blank(input, target) != target_end {
        return None;
    }
    Some((RequestLine { method_end, target_end, minor }, line_end + 2, stops))
}

/// The fields from `at` on: where they end, the empty line included, and how many there are.
#[inline(always)]
pub(super) fn fields(
    input: &[u8],
    mut at: usize,
    mut stops: Stops,
    bounds: &Bounds,
    index: &mut [Entry; INDEXED],
    see: &mut impl See,
) -> Option<(usize, u32)> {
    let mut count = 0;
    loop {
        let line_end = stops.next_from(input, at);
        if input.get(line_end..)?.first_chunk()? != b"\r\n" {
            return None;
        }
        stops.skip_lf();
        if line_end == at {
            break;
        }
        // From here on to the end of the input: what is looked at stops at the CR, which is no part of anything.
        let start = input.get(at..)?;
        let len = line_end - at;
        let mut name = start.first_chunk().map_or(0, plain_name);
        let mut colon = start.get(name..)?.first_chunk()?;
        if colon[0] != b':' {
            name += long_name(start, name);
            colon = start.get(name..)?.first_chunk()?;
        }
        let [b':', blank, first] = *colon else { return None };
        if name == 0 || len + 2 > bounds.line {
            return None;
        }
        let entry = if blank == b' ' && first > b' ' && input[line_end - 1] > b' ' && len < 0xfffe && name <= 0xff {
            see.see(start, name, name + 2..len, at).ok()?;
            Entry::plain(len + 2, name)
        } else {
            let (from, to) = trim(&start[..len], name + 1, len);
            see.see(start, name, from..to, at).ok()?;
            Entry::new(len + 2, name, from - name - 1, len - to)
        };
        if let Some(place) = index.get_mut(count) {
            *place = entry;
        }
        count += 1;
        at = line_end + 2;
    }
    let fits = at + 2 <= bounds.head && count <= bounds.fields as usize;
    fits.then_some((at + 2, count as u32))
}
