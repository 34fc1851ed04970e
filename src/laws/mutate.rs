//! Inputs that are almost right.

use super::cuts::Rng;

/// Numbers at which something ends: signs, widths, sums that wrap.
const EDGES: [u64; 18] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_fff0,
    u64::MAX,
];

/// Spoils `bytes` in one to three ways, drawn from `seed`: a flipped bit, an edge number in binary or decimal where there may
/// have been a length, a part cut off, taken out, repeated, or taken from `other`. Never longer than `max`.
///
/// For tests on stable, and as libFuzzer's custom mutator: what is nearly lawful gets further into a decoder than noise.
///
/// ```
/// use wireview::laws::mutate;
///
/// let mut bytes = b"*1\r\n$4\r\nPING\r\n".to_vec();
/// mutate(&mut bytes, b"+OK\r\n", 4096, 7);
/// assert_ne!(bytes, b"*1\r\n$4\r\nPING\r\n");
/// ```
pub fn mutate(bytes: &mut Vec<u8>, other: &[u8], max: usize, seed: u64) {
    let mut rng = Rng::new(seed);
    for _ in 0..=rng.below(3) {
        one(bytes, other, &mut rng);
    }
    bytes.truncate(max);
}

fn one(bytes: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let at = rng.below(bytes.len() + 1);
    let len = 1 + rng.below((bytes.len() - at).clamp(1, 24));
    let end = (at + len).min(bytes.len());
    match rng.below(9) {
        0 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
        1 if at < bytes.len() => bytes[at] = rng.next() as u8,
        2 => {
            let edge = EDGES[rng.below(EDGES.len())].wrapping_add(rng.below(3) as u64).wrapping_sub(1);
            let width = [1, 2, 3, 4, 8][rng.below(5)];
            let wide = edge.to_be_bytes();
            let mut field = wide[8 - width..].to_vec();
            if rng.below(2) == 0 {
                field.reverse();
            }
            let end = (at + width).min(bytes.len());
            bytes.splice(at..end, field);
        }
        3 => {
            // A decimal number, if one stands at or behind `at`.
            let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|found| at + found) else { return };
            let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let edge = EDGES[rng.below(EDGES.len())].wrapping_add(rng.below(3) as u64).wrapping_sub(1);
            let sign = if rng.below(6) == 0 { "-" } else { "" };
            bytes.splice(start..start + digits, format!("{sign}{edge}").into_bytes());
        }
        4 => bytes.truncate(at),
        5 => drop(bytes.drain(at..end)),
        6 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        7 => {
            let from = rng.below(other.len() + 1);
            bytes.splice(at.., other[from..].iter().copied());
        }
        _ => {
            let from = rng.below(other.len() + 1);
            let to = (from + len).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
    }
}

/// `count` inputs made from `seeds` by [`mutate`], the same each time.
///
/// ```
/// use wireview::laws;
///
/// let mutants: Vec<_> = laws::mutants(&[b"\x02hi", b"\x03you"], 100).collect();
/// assert!(mutants.iter().filter(|mutant| mutant.starts_with(b"\x02")).count() > 10);
/// ```
pub fn mutants<'a>(seeds: &'a [&'a [u8]], count: usize) -> impl Iterator<Item = Vec<u8>> + 'a {
    let mut rng = Rng::new(seeds.len() as u64);
    let count = if seeds.is_empty() { 0 } else { count };
    (0..count).map(move |_| {
        let mut bytes = seeds[rng.below(seeds.len())].to_vec();
        // Two frames in a row often enough: a fault of one may show in the next.
        if rng.below(2) == 0 {
            bytes.extend_from_slice(seeds[rng.below(seeds.len())]);
        }
        let other = seeds[rng.below(seeds.len())];
        mutate(&mut bytes, other, usize::MAX, rng.next());
        bytes
    })
}
