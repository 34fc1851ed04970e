use core::ops::Range;

use crate::Error;
use crate::trace::{Field, Hook, Name};

/// Passes on what lies in front of a fault, and is silent from there on: inside of what was entered by then.
pub(super) struct InFront<'h> {
    hook: &'h mut dyn Hook,
    fault: usize,
    reached: bool,
}

impl<'h> InFront<'h> {
    pub(super) const fn of(fault: Error, hook: &'h mut dyn Hook) -> Self {
        Self { hook, fault: fault.offset(), reached: false }
    }

    fn is_behind(&mut self, at: &Range<usize>) -> bool {
        self.reached |= at.end > self.fault;
        self.reached
    }
}

impl Hook for InFront<'_> {
    fn enter(&mut self, name: Name, kind: &'static str, at: usize) {
        if !self.is_behind(&(at..at)) {
            self.hook.enter(name, kind, at);
        }
    }

    fn field(&mut self, field: Field<'_>) {
        if !self.is_behind(&field.at) {
            self.hook.field(field);
        }
    }

    fn gap(&mut self, what: &'static str, at: Range<usize>) {
        if !self.is_behind(&at) {
            self.hook.gap(what, at);
        }
    }

    fn leave(&mut self, end: usize) {
        if !self.is_behind(&(end..end)) {
            self.hook.leave(end);
        }
    }
}
