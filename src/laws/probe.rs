//! A codec that watches another.

use std::cell::Cell;
use std::fmt;

use super::Law;
use crate::{Boundary, Codec, Result, View};

/// How many bytes a call may allocate for each byte it is given, and besides.
pub(super) const ALLOWED: (usize, usize) = (8, 4096);

/// Passes every call on to `codec` and remembers the first answer that breaks a law.
#[derive(Debug)]
pub(super) struct Probe<C> {
    codec: C,
    /// The most that `Need` has asked for in this frame.
    asked: usize,
    allocated: Option<fn() -> usize>,
    slip: Cell<Option<Slip>>,
}

/// An answer that breaks a law, whatever the cutting.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slip {
    Understated { need: usize, arrived: usize },
    Overstated { asked: usize, len: u64 },
    EmptyFrame,
    EmptySkip,
    LongHead { head: usize, arrived: usize },
    Allocated { bytes: usize, given: usize },
}

impl Slip {
    pub(super) const fn law(self) -> Law {
        match self {
            Self::Understated { .. } => Law::NeedUnderstated,
            Self::Overstated { .. } => Law::NeedOverstated,
            Self::EmptyFrame | Self::EmptySkip | Self::LongHead { .. } => Law::Progress,
            Self::Allocated { .. } => Law::Allocation,
        }
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Understated { need, arrived } => write!(f, "Need({need}) with {arrived} bytes there"),
            Self::Overstated { asked, len } => write!(f, "Need({asked}) was asked, then {len} bytes were enough"),
            Self::EmptyFrame => write!(f, "a frame of 0 bytes"),
            Self::EmptySkip => write!(f, "Skip(0)"),
            Self::LongHead { head, arrived } => write!(f, "a head of {head} bytes with {arrived} bytes there"),
            Self::Allocated { bytes, given } => write!(f, "{bytes} bytes allocated in a call that was given {given}"),
        }
    }
}

impl<C> Probe<C> {
    pub(super) const fn new(codec: C, allocated: Option<fn() -> usize>) -> Self {
        Self { codec, asked: 0, allocated, slip: Cell::new(None) }
    }

    pub(super) const fn slip(&self) -> Option<Slip> {
        self.slip.get()
    }

    fn slipped(&self, slip: Slip) {
        if self.slip.get().is_none() {
            self.slip.set(Some(slip));
        }
    }

    fn since(&self, before: Option<usize>, given: usize) {
        if let (Some(count), Some(before)) = (self.allocated, before) {
            let bytes = count().saturating_sub(before);
            if bytes > given.saturating_mul(ALLOWED.0).saturating_add(ALLOWED.1) {
                self.slipped(Slip::Allocated { bytes, given });
            }
        }
    }

    fn ended(&mut self, len: u64) {
        if self.asked as u64 > len {
            self.slipped(Slip::Overstated { asked: self.asked, len });
        }
        self.asked = 0;
    }
}

impl<C: Codec> Codec for Probe<C> {
    type Message = C::Message;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let before = self.allocated.map(|count| count());
        let answer = self.codec.delimit(input);
        self.since(before, input.len());
        match answer {
            Ok(Boundary::Need(need)) if need <= input.len() => {
                self.slipped(Slip::Understated { need, arrived: input.len() });
            }
            Ok(Boundary::Need(need)) => self.asked = self.asked.max(need),
            Ok(Boundary::Frame { head: 0, body: 0, tail: 0 }) => self.slipped(Slip::EmptyFrame),
            Ok(Boundary::Frame { head, .. }) if head > input.len() => {
                self.slipped(Slip::LongHead { head, arrived: input.len() });
            }
            Ok(Boundary::Frame { head, body, tail }) => {
                self.ended((head as u64).saturating_add(body).saturating_add(tail as u64));
            }
            Ok(Boundary::Rest { head }) if head > input.len() => {
                self.slipped(Slip::LongHead { head, arrived: input.len() });
            }
            Ok(Boundary::Rest { .. }) => self.asked = 0,
            Ok(Boundary::Skip(0)) => self.slipped(Slip::EmptySkip),
            Ok(Boundary::Skip(len)) => self.ended(len),
            Err(_) => self.asked = 0,
        }
        answer
    }

    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        let answer = self.codec.delimit_last(rest);
        match answer {
            Ok(Boundary::Need(need)) if need <= rest.len() => {
                self.slipped(Slip::Understated { need, arrived: rest.len() });
            }
            Ok(Boundary::Frame { head: 0, body: 0, tail: 0 }) => self.slipped(Slip::EmptyFrame),
            Ok(Boundary::Skip(0)) => self.slipped(Slip::EmptySkip),
            _ => {}
        }
        self.asked = 0;
        answer
    }

    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        let before = self.allocated.map(|count| count());
        let answer = self.codec.open(frame);
        self.since(before, frame.len());
        answer
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        let before = self.allocated.map(|count| count());
        let answer = self.codec.parse(frame);
        self.since(before, frame.len());
        answer
    }

    fn barrier(&self) -> bool {
        self.codec.barrier()
    }

    fn parse_head<'a>(&self, head: &'a [u8], body: u64) -> Result<View<'a, Self>> {
        let before = self.allocated.map(|count| count());
        let answer = self.codec.parse_head(head, body);
        self.since(before, head.len());
        answer
    }

    fn open_body(&mut self, at: u64, chunk: &mut [u8]) -> Result<()> {
        let before = self.allocated.map(|count| count());
        let answer = self.codec.open_body(at, chunk);
        self.since(before, chunk.len());
        answer
    }

    fn close_body(&mut self, tail: &[u8]) -> Result<()> {
        self.codec.close_body(tail)
    }

    fn is_inside(&self) -> bool {
        self.codec.is_inside()
    }

    fn is_raw(&self) -> bool {
        self.codec.is_raw()
    }

    fn body_is_raw(&self) -> bool {
        self.codec.body_is_raw()
    }
}
