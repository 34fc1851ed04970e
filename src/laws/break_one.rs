//! Frames that are right but for one field.

use super::covered::{Leaf, What, leaves};
use super::cuts::Rng;
use crate::trace::Trace;

/// What is wrong with a frame that [`broken`] made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// A number at which something ends, or one beside the right one.
    Number,
    /// A bit of a constant.
    Constant,
    /// A bit of a checksum.
    Checksum,
    /// A byte in text that no UTF-8 has.
    Text,
    /// A bit of bytes.
    Bytes,
    /// The frame ends in front of a field.
    Cut,
    /// A byte is missing from a field, so that a length is wrong by one.
    Shorter,
    /// A byte is one too many in a field.
    Longer,
    /// A byte behind the end.
    Trailing,
}

/// A frame that is right but for one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenFrame {
    /// The frame.
    pub bytes: Vec<u8>,
    /// What is wrong with it.
    pub fault: Fault,
    /// The field, by its path.
    pub field: String,
}

/// Breaks one field of `frame`, of which the trace of `codec` says where it lies: drawn from `seed`. The bytes always differ.
///
/// Unlike what [`mutate`](super::mutate) makes, which knows nothing of the format, this gets behind each check but one.
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use wireview::declare::{Declared, Text};
/// use wireview::laws::{Fault, broken};
/// use wireview::{Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// #[wire(magic = b"N", frame(length = u8, counts = after, max = 100))]
/// struct Note<B> {
///     #[wire(rest)]
///     text: Text<B>,
/// }
///
/// let note = (0..99).map(|seed| broken(&Declared::<Note<Span>>::new(), b"N\x02hi", seed));
/// let text = note.into_iter().find(|note| note.fault == Fault::Text).expect("one of four fields");
/// assert_eq!((&text.field[..], &text.bytes[..2]), ("Note.text", &b"N\x02"[..]));
/// # }
/// ```
#[must_use]
pub fn broken<C: Trace>(codec: &C, frame: &[u8], seed: u64) -> BrokenFrame {
    let mut rng = Rng::new(seed);
    let leaves = leaves(codec, frame);
    let told: Vec<&Leaf> = leaves.iter().filter(|leaf| !leaf.at.is_empty() && leaf.at.end <= frame.len()).collect();
    let mut bytes = frame.to_vec();
    let (field, fault) = if told.is_empty() {
        bytes.push(rng.next() as u8);
        (String::new(), Fault::Trailing)
    } else {
        let leaf = told[rng.below(told.len())];
        (leaf.name.clone(), one(&mut bytes, leaf, &mut rng))
    };
    if bytes == frame {
        bytes.push(0);
        return BrokenFrame { bytes, fault: Fault::Trailing, field };
    }
    BrokenFrame { bytes, fault, field }
}

fn one(bytes: &mut Vec<u8>, leaf: &Leaf, rng: &mut Rng) -> Fault {
    let at = leaf.at.clone();
    let place = at.start + rng.below(at.len());
    match rng.below(8) {
        0 => {
            bytes.truncate(at.start);
            return Fault::Cut;
        }
        1 => {
            bytes.push(rng.next() as u8);
            return Fault::Trailing;
        }
        2 if leaf.bits.is_none() => {
            bytes.remove(place);
            return Fault::Shorter;
        }
        3 if leaf.bits.is_none() => {
            bytes.insert(place, bytes[place]);
            return Fault::Longer;
        }
        _ => {}
    }
    if let Some(bits) = &leaf.bits {
        // Of several bytes, as they are on most wires: the most significant one first.
        let bit = usize::from(bits.start) + rng.below(usize::from(bits.end - bits.start));
        bytes[at.end - 1 - bit / 8] ^= 1 << (bit % 8);
        return if leaf.what == What::Constant && at.len() == 1 { Fault::Constant } else { Fault::Number };
    }
    match leaf.what {
        What::Constant | What::Checksum | What::Bytes | What::Text(0) => {
            bytes[place] ^= 1 << rng.below(8);
            match leaf.what {
                What::Constant => Fault::Constant,
                What::Checksum => Fault::Checksum,
                _ => Fault::Bytes,
            }
        }
        What::Text(len) => {
            bytes[at.start + rng.below(len)] = [0xc0, 0xf5, 0xff][rng.below(3)];
            Fault::Text
        }
        What::Number => {
            let edge: u64 = match rng.below(5) {
                0 => 0,
                1 => u64::MAX,
                2 => 1 << rng.below(64),
                3 => u64::MAX >> rng.below(64),
                _ => {
                    // One more or one less, whichever byte is the least significant.
                    let end = if rng.below(2) == 0 { at.start } else { at.end - 1 };
                    bytes[end] =
                        if rng.below(2) == 0 { bytes[end].wrapping_add(1) } else { bytes[end].wrapping_sub(1) };
                    return Fault::Number;
                }
            };
            let wide = edge.to_le_bytes();
            let big = rng.below(2) == 0;
            for (index, at) in at.clone().enumerate() {
                let index = if big { leaf.at.len() - 1 - index } else { index };
                bytes[at] = wide.get(index).copied().unwrap_or(if edge == u64::MAX { 0xff } else { 0 });
            }
            Fault::Number
        }
    }
}
