//! What a trace tells, held against the frame.

use std::fmt;
use std::ops::Range;

use super::drive::{Broken, Verdict};
use super::{Law, Laws, Violation};
use crate::trace::{Field, Hook, Name, Trace, Value};
use crate::{Boundary, Codec};

/// A field that has no others in it.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) name: String,
    pub(super) at: Range<usize>,
    pub(super) bits: Option<Range<u8>>,
    pub(super) what: What,
    /// What it says, unless that follows from others, or is ignored.
    #[cfg_attr(not(feature = "derive"), allow(dead_code, reason = "the laws of declared messages alone ask"))]
    pub(super) says: Option<String>,
}

/// What a leaf is, as far as breaking it needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Number,
    /// So many bytes of UTF-8 at the front.
    Text(usize),
    Bytes,
    Constant,
    Checksum,
}

/// Follows a trace. Every byte belongs to one leaf, or to bit fields that share it.
#[derive(Default)]
pub(super) struct Cover {
    path: Vec<Name>,
    pub(super) leaves: Vec<Leaf>,
    /// All in front of it was told of.
    end: usize,
    /// Bits that lie in the same bytes, and which of them were told of.
    group: Option<(Range<usize>, u128)>,
    /// The first thing that is wrong.
    wrong: Option<String>,
}

impl Cover {
    fn wrong(&mut self, what: impl FnOnce(&str) -> String) {
        if self.wrong.is_none() {
            let path: String = self.path.iter().map(|name| format!("{name} ")).collect();
            self.wrong = Some(what(path.trim_end()));
        }
    }

    /// The bits of the last group were all told of.
    fn close(&mut self) {
        if let Some((at, told)) = self.group.take() {
            let all = u128::MAX.checked_shr(128 - 8 * at.len() as u32).unwrap_or(0);
            if told != all {
                self.wrong(|path| format!("of the bits of {at:?}, behind {path}, {:#b} were not told of", all & !told));
            }
        }
    }

    fn at(&mut self, at: usize, what: &dyn fmt::Display) {
        let end = self.end;
        if at != end {
            self.wrong(|path| format!("{what} in {path} is at {at}, but {end} comes next"));
        }
    }

    /// All of a frame of `len` bytes was told of.
    fn finish(mut self, len: usize) -> Result<Vec<Leaf>, String> {
        self.close();
        if !self.path.is_empty() {
            self.wrong(|path| format!("{path} was not left"));
        }
        self.at(len, &"the end");
        match self.wrong {
            None => Ok(self.leaves),
            Some(wrong) => Err(wrong),
        }
    }
}

impl Hook for Cover {
    fn enter(&mut self, name: Name, kind: &'static str, at: usize) {
        self.close();
        self.at(at, &kind);
        self.path.push(name);
    }

    fn field(&mut self, field: Field<'_>) {
        let Field { name, at, bits, value, note } = field;
        let what = match (note, &value) {
            ("constant", _) => What::Constant,
            ("checksum", _) => What::Checksum,
            (_, Value::Text(text)) => What::Text(text.len()),
            (_, Value::Bytes(_)) => What::Bytes,
            _ => What::Number,
        };
        let mask = bits.as_ref().map(|bits| {
            let ones = u128::MAX.checked_shr(128 - u32::from(bits.end - bits.start)).unwrap_or(0);
            ones << bits.start
        });
        match (&mut self.group, mask) {
            (Some((group, told)), Some(mask)) if *group == at => {
                if *told & mask != 0 {
                    self.wrong(|path| format!("bits {bits:?} of {name} in {path} were told of before"));
                } else {
                    *told |= mask;
                }
            }
            (_, mask) => {
                self.close();
                self.at(at.start, &name);
                self.end = at.end;
                self.group = mask.map(|mask| (at.clone(), mask));
            }
        }
        let says = matches!(note, "" | "constant" | "padding") && !matches!(value, Value::Absent);
        // Of zeros that fill up, how many follows from what stands in front of them.
        let zeros = note == "padding" && matches!(value, Value::Bytes(bytes) if bytes.iter().all(|&byte| byte == 0));
        let says = says.then(|| if zeros { "zeros".to_owned() } else { value.to_string() });
        let name = self.path.iter().chain([&name]).map(ToString::to_string).collect::<Vec<_>>().join(".");
        self.leaves.push(Leaf { name, at, bits, what, says });
    }

    fn leave(&mut self, end: usize) {
        self.close();
        self.at(end, &"its end");
        if self.path.pop().is_none() {
            self.wrong(|_| format!("nothing was entered that could be left at {end}"));
        }
    }
}

/// The leaves of a frame that was opened, in the order of the wire; none behind a fault.
pub(super) fn leaves<C: Trace>(codec: &C, frame: &[u8]) -> Vec<Leaf> {
    let mut cover = Cover::default();
    // What was told of in front of a fault counts.
    let _ = codec.trace(frame, &mut cover);
    cover.leaves
}

/// What a trace of `frame` tells is what `parse` reads.
pub(super) fn verify<C: Trace>(codec: &C, frame: &[u8], at: u64) -> Verdict {
    let mut cover = Cover::default();
    let traced = codec.trace(frame, &mut cover);
    let parsed = codec.parse(frame).map(drop);
    let place = at..at + frame.len() as u64;
    if traced != parsed {
        return Err(Broken::new(
            Law::Traced,
            format_args!("the trace ends with {traced:?}, `parse` with {parsed:?}"),
            place,
        ));
    }
    match (parsed, cover.finish(frame.len())) {
        (Ok(()), Err(wrong)) => Err(Broken::new(Law::Traced, wrong, place)),
        _ => Ok(()),
    }
}

impl Laws {
    /// [`verify_trace`](Self::verify_trace), or a panic that tells the story.
    ///
    /// # Panics
    /// If the law is broken.
    #[track_caller]
    pub fn check_trace<C: Trace>(&self, factory: impl Fn() -> C, bytes: &[u8]) -> usize {
        self.verify_trace(factory, bytes).unwrap_or_else(|violation| panic!("{violation}"))
    }

    /// Holds the traces of all frames at the front of `bytes` against the law [`Traced`](Law::Traced). Answers with how many there
    /// were.
    ///
    /// # Errors
    /// The first trace that breaks it.
    pub fn verify_trace<C: Trace>(&self, factory: impl Fn() -> C, bytes: &[u8]) -> Result<usize, Box<Violation>> {
        let mut codec = factory();
        let mut rest = bytes;
        let mut frames = 0;
        while let Some((skip, len)) = whole(&mut codec, rest) {
            let at = bytes.len() - rest.len();
            if skip {
                rest = &rest[len..];
                continue;
            }
            let mut frame = rest[..len].to_vec();
            rest = &rest[len..];
            if codec.open(&mut frame).is_err() {
                break;
            }
            verify(&codec, &frame, at as u64).map_err(|broken| self.violation::<C>(broken, bytes, &[], None))?;
            frames += 1;
        }
        Ok(frames)
    }
}

/// How long what stands at the front of `input` is, if it is all there; and whether it is no frame.
pub(super) fn whole<C: Codec>(codec: &mut C, input: &[u8]) -> Option<(bool, usize)> {
    if input.is_empty() {
        return None;
    }
    let (skip, len) = match codec.delimit(input).ok()? {
        Boundary::Need(_) => return None,
        Boundary::Frame { head, body, tail } => (false, body.saturating_add((head as u64).saturating_add(tail as u64))),
        Boundary::Rest { .. } => (false, input.len() as u64),
        Boundary::Skip(len) => (true, len),
    };
    let len = usize::try_from(len).ok().filter(|len| (1..=input.len()).contains(len))?;
    Some((skip, len))
}
