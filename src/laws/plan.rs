//! How the fields of a declared message are drawn: bounded in depth, in bytes and in tries.

use super::Draw;

/// How often it is tried, in all, to draw what a declaration asks for.
const TRIES: u32 = 20_000;

/// How many bytes of payload a message has at most.
const ROOM: usize = 2048;

/// Deeper than this no sequence has elements that may be left out.
const FLAT: u32 = 3;

/// Deeper than this nothing is drawn.
const DEEPEST: u32 = 12;

/// What is left of the bounds of one message.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    depth: u32,
    tries: u32,
    room: usize,
    pub(super) careless: bool,
    /// Which limit is to be exceeded by one, of those that come up outside of sequences.
    pub(super) beyond: Option<u32>,
    /// How many come in front of it.
    left: Option<u32>,
    pub(super) exceeded: bool,
}

impl Plan {
    pub(super) const fn new() -> Self {
        Self { depth: 0, tries: TRIES, room: ROOM, careless: false, beyond: None, left: None, exceeded: false }
    }
}

impl Draw<'_> {
    /// Draws a message with `one`, which is tried up to `tries` times: within bounds if it is the outermost.
    pub(crate) fn within<T>(&mut self, tries: u32, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<T> {
        if self.plan.depth == 0 {
            self.plan = Plan { careless: self.plan.careless, beyond: self.plan.beyond, ..Plan::new() };
        }
        if self.plan.depth >= DEEPEST {
            return None;
        }
        self.plan.depth += 1;
        let mut found = None;
        for _ in 0..tries {
            if self.spend().is_none() {
                break;
            }
            if self.plan.depth == 1 {
                self.plan.left = self.plan.beyond;
                self.plan.exceeded = false;
            }
            let limits = (self.plan.left, self.plan.exceeded);
            found = one(self);
            if found.is_some() {
                break;
            }
            (self.plan.left, self.plan.exceeded) = limits;
        }
        self.plan.depth -= 1;
        found
    }

    /// One try; `None` if there is none left.
    pub(crate) fn spend(&mut self) -> Option<()> {
        self.spend_many(1)
    }

    /// So many tries; `None` if there are not as many left.
    pub(crate) fn spend_many(&mut self, tries: u32) -> Option<()> {
        self.plan.tries = self.plan.tries.checked_sub(tries)?;
        Some(())
    }

    /// Whether what is computed on encode is to be wrong in the message: bits that say which optional fields are there.
    pub(crate) const fn is_careless(&self) -> bool {
        self.plan.careless
    }

    /// Whether the limit `most` that has come up is the one to be exceeded by one.
    pub(crate) fn exceeds(&mut self, most: u64) -> bool {
        if most > 4096 {
            return false;
        }
        match self.plan.left {
            Some(0) => {
                self.plan.left = None;
                self.plan.exceeded = true;
                true
            }
            left => {
                self.plan.left = left.map(|left| left - 1);
                false
            }
        }
    }

    /// Draws what is written by itself, in which no limit can be exceeded.
    pub(crate) fn apart<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> T {
        let left = self.plan.left.take();
        let found = one(self);
        self.plan.left = left;
        found
    }

    /// It was not possible to exceed it.
    pub(crate) const fn falls_short(&mut self) {
        self.plan.exceeded = false;
    }

    /// A number of `bits` bits, at most 128, from where something ends more often than not, and one of `hints` now and then.
    pub(crate) fn bits(&mut self, bits: u32, hints: &[u128]) -> u128 {
        let all = u128::MAX >> (128 - bits.clamp(1, 128));
        let near = (self.below(3) as u128).wrapping_sub(1);
        let drawn = match self.below(if hints.is_empty() { 5 } else { 7 }) {
            0 => self.below(16) as u128,
            1 => (1_u128 << self.below(bits as usize)).wrapping_add(near),
            2 => all.wrapping_sub(self.below(3) as u128),
            3 => all / 2 + self.below(2) as u128,
            4 => (0..16).fold(0, |number, _| number << 8 | self.below(256) as u128),
            _ => self.pick(hints).wrapping_add(if self.below(4) == 0 { near } else { 0 }),
        };
        drawn & all
    }

    /// A length of up to `most` bytes, within what the message may still take: often none, few, or as many as a length of one byte
    /// can say, seldom the most of all.
    pub(crate) fn length(&mut self, most: u64) -> usize {
        if self.exceeds(most) {
            return most as usize + 1;
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(self.plan.room);
        let few = most.min(12);
        let len = match self.below(16) {
            0..=2 => 0,
            3 => few.min(1),
            4 => most.min(300),
            5 => *self.pick(&[127, 128, 255, 256]),
            6 if self.plan.depth == 1 => most,
            _ => self.below(few + 1),
        };
        let len = len.min(most);
        self.plan.room -= len;
        len
    }

    /// How many elements a sequence has, of at most `most`.
    pub(crate) fn count(&mut self, most: u64) -> usize {
        let few = if self.plan.depth > FLAT { 0 } else { 4 };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        match self.below(8) {
            0 | 1 => 0,
            // As many as there may be, where that is no large number.
            2 if most <= 64 && self.plan.depth == 1 => most,
            _ => self.below(most.min(few) + 1),
        }
    }

    /// UTF-8 of at most `most` bytes, with characters of one to four, and without NUL if it is not `with_nul`; of just so many if it
    /// is to be `exact`.
    pub(crate) fn utf8(&mut self, most: usize, with_nul: bool, exact: bool) -> String {
        const LETTERS: [char; 14] =
            ['\0', 'a', 'Z', '0', ' ', '\n', '"', '\u{7f}', '\u{80}', 'é', '\u{7ff}', '€', '\u{fffd}', '\u{10ffff}'];
        let mut text = String::new();
        while text.len() < most {
            let letter = *self.pick(if with_nul { &LETTERS } else { &LETTERS[1..] });
            if text.len() + letter.len_utf8() <= most {
                text.push(letter);
            } else if exact {
                text.push('.');
            } else {
                break;
            }
        }
        text
    }

    /// `len` bytes, without NUL if it is not `with_nul`.
    pub(crate) fn filled(&mut self, len: usize, with_nul: bool) -> Vec<u8> {
        const BYTES: [u8; 14] = *b"\0\x01\x02 09AZaz\x7f\x80\xfe\xff";
        (0..len).map(|_| *self.pick(if with_nul { &BYTES } else { &BYTES[1..] })).collect()
    }
}
