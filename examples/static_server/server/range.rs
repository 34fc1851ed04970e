//! Ranges of bytes (RFC 9110, 14).

/// More ranges than this are not worth what they cost, and are not honoured (RFC 9110, 14.2).
const MAX_RANGES: usize = 64;

/// First byte, and how many.
pub(super) type Part = (u64, u64);

/// What a `Range` field comes to for a file of a certain length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ranges {
    /// It asks for nothing that is understood: the whole file is sent.
    Whole,
    /// Of what it asks for nothing is there.
    Beyond,
    One(Part),
    /// At least two; they do not overlap.
    Many(Vec<Part>),
}

impl Ranges {
    /// Reads a `Range` field for a file of `len` bytes.
    pub(super) fn read(field: &[u8], len: u64) -> Self {
        let Some(set) = field.split_at_checked(6).filter(|(unit, _)| unit.eq_ignore_ascii_case(b"bytes=")) else {
            return Self::Whole;
        };
        // No range of nothing can be told in a `Content-Range`.
        if len == 0 {
            return Self::Whole;
        }
        let mut parts = Vec::new();
        let mut count = 0;
        for spec in set.1.split(|byte| *byte == b',') {
            let spec = spec.trim_ascii();
            if spec.is_empty() {
                continue;
            }
            count += 1;
            match part(spec, len) {
                Some(Some(part)) if count <= MAX_RANGES => parts.push(part),
                Some(None) => {}
                _ => return Self::Whole,
            }
        }
        match (count, parts.len()) {
            (0, _) => return Self::Whole,
            (_, 0) => return Self::Beyond,
            _ => {}
        }
        // Those that overlap are sent as one, so that nobody gets more than the file. Others stay in the order asked for.
        let mut sorted = parts.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|two| two[0].0 + two[0].1 > two[1].0) {
            parts.clear();
            for (start, len) in sorted {
                match parts.last_mut() {
                    Some((first, had)) if *first + *had > start => *had = (*had).max(start + len - *first),
                    _ => parts.push((start, len)),
                }
            }
        }
        match parts[..] {
            [one] => Self::One(one),
            _ => Self::Many(parts),
        }
    }
}

/// One range: nothing if it is not understood, nothing in it if it lies beyond the end.
fn part(spec: &[u8], len: u64) -> Option<Option<Part>> {
    let dash = spec.iter().position(|byte| *byte == b'-')?;
    let (first, last) = (&spec[..dash], &spec[dash + 1..]);
    if first.is_empty() {
        let suffix = number(last)?.min(len);
        return Some((suffix > 0).then_some((len - suffix, suffix)));
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some((first < len).then(|| (first, last.min(len - 1) - first + 1)))
}

/// Digits. A number that is too large to count is as good as the largest.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| match digit {
        b'0'..=b'9' => Some(number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        use Ranges::{Beyond, Many, One, Whole};
        for (field, ranges) in [
            ("bytes=0-0", One((0, 1))),
            ("bytes=2-", One((2, 8))),
            ("bytes=2-100", One((2, 8))),
            ("bytes=-3", One((7, 3))),
            ("bytes=-30", One((0, 10))),
            ("Bytes=1-99999999999999999999", One((1, 9))),
            ("bytes=10-", Beyond),
            ("bytes=-0", Beyond),
            ("bytes=99999999999999999999-", Beyond),
            ("bytes=12-, 0-1", One((0, 2))),
            ("bytes=8-9,, 0-1 ,", Many(vec![(8, 2), (0, 2)])),
            ("bytes=0-1,2-3", Many(vec![(0, 2), (2, 2)])),
            ("bytes=5-6,0-5", One((0, 7))),
            ("bytes=0-9,0-9,3-4", One((0, 10))),
            ("bytes=0-1,8-9,1-2", Many(vec![(0, 3), (8, 2)])),
            ("bytes=3-2", Whole),
            ("bytes=3-2,0-1", Whole),
            ("bytes=", Whole),
            ("bytes=a-b", Whole),
            ("bytes=-", Whole),
            ("bytes", Whole),
            ("lines=0-1", Whole),
        ] {
            assert_eq!(Ranges::read(field.as_bytes(), 10), ranges, "{field}");
        }
        assert_eq!(Ranges::read(b"bytes=0-", 0), Whole);
        let many = |count| format!("bytes={}", vec!["0-1"; count].join(","));
        assert_eq!(Ranges::read(many(MAX_RANGES).as_bytes(), 10), One((0, 2)));
        assert_eq!(Ranges::read(many(MAX_RANGES + 1).as_bytes(), 10), Whole);
    }
}
