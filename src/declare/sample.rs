//! What generated code draws messages with: see [`Declare::draw`].

pub use std::vec::Vec;

pub use bytes::Bytes;

use super::{Declare, Put, Text};
use crate::Gather;
use crate::laws::Draw;
use crate::wire::Seq;

/// How often a message is drawn anew because what was drawn does not fit together.
const MESSAGES: u32 = 24;

/// How often a part of one is.
const PARTS: u32 = 12;

/// How often a number is, before all of them are tried, up to 16 bits.
const NUMBERS: u32 = 24;

/// For how many tries it counts to try all of them.
const ALL_NUMBERS: u32 = 4000;

/// How many elements there are to choose from where one has to be the last.
const POOL: usize = 12;

/// A message, which `one` draws.
pub fn message<T>(draw: &mut Draw<'_>, one: impl FnMut(&mut Draw<'_>) -> Option<T>) -> Option<T> {
    draw.within(MESSAGES, one)
}

/// A nested message that fits where it is to stand.
pub fn part<T>(draw: &mut Draw<'_>, one: impl FnMut(&mut Draw<'_>) -> Option<T>) -> Option<T> {
    draw.within(PARTS, one)
}

/// A number of `bits` bits that `accept` makes something of; `hints` are numbers that stand in the declaration.
pub fn number<T>(
    draw: &mut Draw<'_>,
    bits: u32,
    hints: &[u128],
    mut accept: impl FnMut(u128) -> Option<T>,
) -> Option<T> {
    for _ in 0..NUMBERS {
        draw.spend()?;
        if let Some(found) = accept(draw.bits(bits, hints)) {
            return Some(found);
        }
    }
    draw.spend_many(ALL_NUMBERS)?;
    let all = u128::MAX >> (128 - bits);
    let start = u128::from(draw.number());
    let every = 1_u128 << bits.min(16);
    hints
        .iter()
        .copied()
        .chain((0..every).map(|number| start.wrapping_add(number) % every))
        .find_map(|number| accept(number & all))
}

/// An array that `accept` makes something of.
pub fn array<T, const N: usize>(
    draw: &mut Draw<'_>,
    hints: &[&[u8]],
    mut accept: impl FnMut([u8; N]) -> Option<T>,
) -> Option<T> {
    let hints: Vec<[u8; N]> = hints.iter().filter_map(|hint| (*hint).try_into().ok()).collect();
    for _ in 0..NUMBERS {
        draw.spend()?;
        let mut array = [0; N];
        array.copy_from_slice(&draw.filled(N, true));
        if let Some(found) = accept(array) {
            return Some(found);
        }
    }
    hints.into_iter().find_map(accept)
}

/// One of `variants`.
#[must_use]
pub fn variant(draw: &mut Draw<'_>, variants: usize) -> usize {
    draw.below(variants)
}

/// Whether bits that are computed on encode are to be wrong in the message.
#[must_use]
pub const fn is_careless(draw: &Draw<'_>) -> bool {
    draw.is_careless()
}

/// Bytes: at most `most`, or just so many.
#[must_use]
pub fn bytes(draw: &mut Draw<'_>, most: u64, exact: bool, with_nul: bool) -> Bytes {
    if !with_nul && draw.exceeds(most) {
        return Bytes::from_static(b"\0");
    }
    let len = len(draw, most, exact);
    draw.filled(len, with_nul).into()
}

/// Text of at most `most` bytes, or of just so many.
#[must_use]
pub fn text(draw: &mut Draw<'_>, most: u64, exact: bool, with_nul: bool) -> Text<Bytes> {
    if !with_nul && draw.exceeds(most) {
        return "\0".into();
    }
    let len = len(draw, most, exact);
    draw.utf8(len, with_nul, exact || len as u64 > most).into()
}

fn len(draw: &mut Draw<'_>, most: u64, exact: bool) -> usize {
    if exact { most as usize + usize::from(draw.exceeds(most)) } else { draw.length(most) }
}

/// The bytes of which `holds` is true; if there have to be as many as there were, one of them in the place of each other.
///
/// `None` if no byte will do.
#[must_use]
pub fn each(draw: &mut Draw<'_>, bytes: Bytes, exact: bool, holds: impl Fn(&u8) -> bool) -> Option<Bytes> {
    if !exact {
        let kept: Bytes = bytes.iter().copied().filter(|byte| holds(byte)).collect();
        if kept.len() < bytes.len() {
            // It may have been one too many before.
            draw.falls_short();
        }
        return Some(kept);
    }
    let other = (0..=u8::MAX).find(|byte| holds(byte));
    bytes.iter().map(|byte| if holds(byte) { Some(*byte) } else { other }).collect()
}

/// The same of text, whose characters are kept whole.
#[must_use]
pub fn each_of_text(
    draw: &mut Draw<'_>,
    text: Text<Bytes>,
    exact: bool,
    holds: impl Fn(&u8) -> bool,
) -> Option<Text<Bytes>> {
    let mut buffer = [0; 4];
    let mut fits = |letter: &char| letter.encode_utf8(&mut buffer).as_bytes().iter().all(&holds);
    let mut kept = String::new();
    for letter in text.to_str().ok()?.chars() {
        if fits(&letter) {
            kept.push(letter);
        } else if exact {
            let other = (0..0x80_u8).map(char::from).find(&mut fits)?;
            kept.extend(core::iter::repeat_n(other, letter.len_utf8()));
        }
    }
    if kept.len() < text.bytes().len() {
        draw.falls_short();
    }
    Some(kept.into())
}

/// Up to `most` elements.
#[must_use]
pub fn counted<E: Declare>(draw: &mut Draw<'_>, most: u64, given: E::Context) -> Seq<Bytes, E> {
    within(draw, u64::MAX, most, given)
}

/// Up to `elements` elements, in at most `most` bytes.
#[must_use]
pub fn within<E: Declare>(draw: &mut Draw<'_>, most: u64, elements: u64, given: E::Context) -> Seq<Bytes, E> {
    let elements = elements.min(u32::MAX.into());
    let (too_many, too_long) = (draw.exceeds(elements), draw.exceeds(most));
    let wanted = match (too_many, too_long) {
        (true, _) => elements as usize + 1,
        (_, true) => most as usize + 1,
        _ => draw.count(elements),
    };
    let mut region = Vec::new();
    let mut count = 0_u32;
    for _ in 0..wanted {
        let ends = too_long && region.len() as u64 > most;
        match element::<E>(draw, given) {
            Some(element) if !ends && (too_long || (region.len() + element.len()) as u64 <= most) => {
                region.extend_from_slice(&element);
                count += 1;
            }
            _ => break,
        }
    }
    if (too_many && u64::from(count) <= elements) || (too_long && region.len() as u64 <= most) {
        draw.falls_short();
    }
    Seq::new(region.into(), count)
}

/// Elements that take just `len` bytes.
#[must_use]
pub fn exactly<E: Declare>(draw: &mut Draw<'_>, len: usize, given: E::Context) -> Option<Seq<Bytes, E>> {
    let mut region = Vec::new();
    let mut count = 0;
    let mut misses = 0;
    while region.len() < len {
        match element::<E>(draw, given) {
            Some(element) if region.len() + element.len() <= len => {
                region.extend_from_slice(&element);
                count += 1;
            }
            // The last one does not fit: from the start again.
            _ => {
                misses += 1;
                if misses == NUMBERS {
                    return None;
                }
                if misses % 6 == 0 {
                    region.clear();
                    count = 0;
                }
            }
        }
    }
    Some(Seq::new(region.into(), count))
}

/// Elements for [`last`] to choose from.
#[must_use]
pub fn pool<E: Declare>(draw: &mut Draw<'_>, given: E::Context) -> Vec<Vec<u8>> {
    (0..POOL).map_while(|_| element::<E>(draw, given)).collect()
}

/// Up to `most` elements, of which just the last one `is_last`.
#[must_use]
pub fn last<'a, E: Declare>(
    draw: &mut Draw<'_>,
    pool: &'a [Vec<u8>],
    most: u64,
    given: E::Context,
    is_last: impl Fn(&E::Of<&'a [u8]>) -> bool,
) -> Option<Seq<Bytes, E>> {
    let ends = |element: &'a [u8]| super::parse::<E>(element, given).is_ok_and(|element| is_last(&element));
    let (lasts, others): (Vec<&'a [u8]>, Vec<&'a [u8]>) =
        pool.iter().map(|element| &element[..]).partition(|element| ends(element));
    if lasts.is_empty() || most == 0 {
        return None;
    }
    let mut chosen: Vec<&[u8]> = Vec::new();
    if !others.is_empty() {
        let others_wanted = if draw.exceeds(most) { most as usize } else { draw.count(most - 1) };
        for _ in 0..others_wanted {
            chosen.push(others[draw.below(others.len())]);
        }
    }
    chosen.push(lasts[draw.below(lasts.len())]);
    Some(Seq::new(chosen.concat().into(), chosen.len() as u32))
}

fn element<E: Declare>(draw: &mut Draw<'_>, given: E::Context) -> Option<Vec<u8>> {
    draw.apart(|draw| draw.within(PARTS, |draw| E::draw_written(draw, given).filter(|element| !element.is_empty())))
}

/// A message as it is on the wire.
#[must_use]
pub fn written<P: Put>(message: P, given: <P::Family as Declare>::Context) -> Option<Vec<u8>> {
    let mut out = Gather::new();
    message.put(&mut out, given).ok()?;
    Some(out.chunks().flatten().copied().collect())
}
