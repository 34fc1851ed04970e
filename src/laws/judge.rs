//! Whether two runs of one stream came to the same.

use std::fmt;

use super::drive::{Broken, Verdict, same};
use super::outcome::Seen;
use super::{Law, Laws, Outcome, Way};
use crate::{Codec, Deframer, Error, Kind, Message, Result};

/// Holds what comes out of a run against what came out of the first.
pub(super) struct Judge<'o, M> {
    pub(super) laws: &'o Laws,
    pub(super) expected: &'o Outcome<M>,
    pub(super) next: usize,
    pub(super) arrived: u64,
    /// A limit that the first run did not have.
    pub(super) max: Option<usize>,
    pub(super) len: u64,
}

impl<'o, M: Message> Judge<'o, M> {
    /// The end of the last frame that came.
    pub(super) fn at(&self) -> u64 {
        self.next.checked_sub(1).and_then(|last| self.expected.frames.get(last)).map_or(0, Seen::end)
    }

    /// Whether all frames came, and the stream was found to end in the next.
    pub(super) fn is_over(&self) -> bool {
        self.next >= self.expected.frames.len() && self.expected.end.is_some()
    }

    pub(super) fn drain<C: Codec<Message = M>>(
        &mut self,
        deframer: &mut Deframer<C>,
        way: Way,
    ) -> Verdict<Option<Error>> {
        let mut turn = 0;
        loop {
            let now = match way {
                Way::Mixed => [Way::Next, Way::Views, Way::Batch][(turn + self.next) % 3],
                way => way,
            };
            turn += 1;
            let took = match now {
                Way::Views => {
                    let mut took = false;
                    match deframer.views() {
                        Err(error) => return Ok(Some(error)),
                        // Mixed with the others, some are left.
                        Ok(views) => {
                            for view in views.take(if way == Way::Mixed { 2 } else { usize::MAX }) {
                                took = true;
                                self.view(view)?;
                            }
                        }
                    }
                    took
                }
                Way::Batch => match deframer.batch() {
                    Err(error) => return Ok(Some(error)),
                    Ok(None) => false,
                    Ok(Some(batch)) => {
                        for index in 0..batch.len() {
                            match batch.frame(index).expect("there are so many") {
                                Ok(frame) => self.frame(None, frame.bytes(), Ok(*frame.message()))?,
                                Err(error) => self.error(error)?,
                            }
                        }
                        true
                    }
                },
                _ => match deframer.next() {
                    Err(error) => return Ok(Some(error)),
                    Ok(None) => false,
                    Ok(Some(lent)) => {
                        self.frame(Some(lent.offset()), lent.bytes(), lent.message())?;
                        true
                    }
                },
            };
            if !took {
                return Ok(None);
            }
        }
    }

    #[cold]
    pub(super) fn differs(&self, law: Law, what: fmt::Arguments<'_>) -> Verdict {
        if !self.laws.is_on(law) {
            return Ok(());
        }
        let frame = self.expected.frames.get(self.next);
        let place = frame.map_or(self.expected.consumed..self.len, |seen| seen.at..seen.end());
        Err(Broken::new(law, what, place))
    }

    /// The next expected frame, and whether it may come.
    fn expect(&self, came: &dyn fmt::Debug) -> Verdict<Option<&'o Seen<M>>> {
        let Some(seen) = self.expected.frames.get(self.next) else {
            let (law, told) = match self.expected.end {
                Some(end) => (Law::ErrorPlace, end.to_string()),
                None => (Law::SplitInvariance, format!("{} frames", self.expected.frames.len())),
            };
            self.differs(law, format_args!("uncut {told}, here another frame: {came:?}"))?;
            return Ok(None);
        };
        if self.max.is_some_and(|max| seen.bytes.len() > max) {
            self.differs(Law::Limits, format_args!("max_frame {:?}, a frame of {}", self.max, seen.bytes.len()))?;
        }
        Ok(Some(seen))
    }

    pub(super) fn frame(&mut self, at: Option<u64>, bytes: &[u8], message: Result<M>) -> Verdict {
        if let Some(seen) = self.expect(&message)? {
            let alike = match (&seen.message, &message) {
                (Ok(one), Ok(two)) => same(one, two),
                (one, two) => one == two,
            };
            if at.is_some_and(|at| at != seen.at) || bytes != seen.bytes || !alike {
                let index = self.next;
                self.differs(
                    Law::SplitInvariance,
                    format_args!(
                        "frame {index} was, uncut, {:?} at {}: \"{}\"; here {message:?} at {at:?}: \"{}\"",
                        seen.message,
                        seen.at,
                        seen.bytes.escape_ascii(),
                        bytes.escape_ascii()
                    ),
                )?;
            }
        }
        self.next += 1;
        Ok(())
    }

    fn view<'v>(&mut self, view: Result<M::Of<&'v [u8]>>) -> Verdict
    where
        'o: 'v,
    {
        let index = self.next;
        if let Some(seen) = self.expect(&view)? {
            let expected = seen.message.map(|message| message.view(&seen.bytes));
            let alike = match (&expected, &view) {
                (Ok(one), Ok(two)) => same(one, two),
                (Err(one), Err(two)) => one == two,
                _ => false,
            };
            if !alike {
                self.differs(
                    Law::SplitInvariance,
                    format_args!("frame {index} was, uncut, {expected:?}; here {view:?}"),
                )?;
            }
        }
        self.next += 1;
        Ok(())
    }

    pub(super) fn error(&mut self, error: Error) -> Verdict {
        self.view(Err(error))
    }

    /// What has wholly come has been handed out.
    pub(super) fn prompt(&self) -> Verdict {
        match self.expected.frames[..self.expected.prompt].get(self.next) {
            Some(seen) if seen.end() <= self.arrived && self.max.is_none() => self.differs(
                Law::NeedOverstated,
                format_args!("frame {} ends at {}, {} bytes are there", self.next, seen.end(), self.arrived),
            ),
            _ => Ok(()),
        }
    }

    pub(super) fn end(&self, end: Option<Error>, consumed: u64, skipped: Option<u64>) -> Verdict {
        if let (Some(max), Some(error)) = (self.max, end)
            && error.kind() == Kind::Limit
        {
            return self.limited(max, error, consumed);
        }
        let expected = self.expected;
        if let (Some(seen), Some(max)) = (expected.frames.get(self.next), self.max)
            && seen.bytes.len() > max
        {
            return match end {
                None => self.differs(Law::Limits, format_args!("max_frame {max}, a longer frame was passed over")),
                Some(_) => Ok(()),
            };
        }
        if end != expected.end {
            let told = |error: Option<Error>| error.map_or("no error".to_owned(), |error| error.to_string());
            return self.differs(Law::ErrorPlace, format_args!("uncut {}, here {}", told(expected.end), told(end)));
        }
        if self.next != expected.frames.len() {
            let (all, came) = (expected.frames.len(), self.next);
            return self.differs(Law::SplitInvariance, format_args!("uncut {all} frames, here {came}"));
        }
        if consumed != expected.consumed {
            let law = if end.is_some() { Law::ErrorPlace } else { Law::SplitInvariance };
            return self.differs(law, format_args!("uncut {} bytes consumed, here {consumed}", expected.consumed));
        }
        match skipped {
            Some(skipped) if skipped != expected.skipped => self.differs(
                Law::SplitInvariance,
                format_args!("uncut {} bytes skipped, here {skipped}", expected.skipped),
            ),
            _ => Ok(()),
        }
    }

    /// The stream ended at a limit: rightly, if what comes next is longer, or cannot be known to be shorter.
    fn limited(&self, max: usize, error: Error, consumed: u64) -> Verdict {
        let expected = self.expected;
        let (at, right) = match expected.frames.get(self.next) {
            // One that only the end of the stream ends asks for a byte more.
            Some(seen) => (seen.at, seen.bytes.len() > max || self.next >= expected.prompt),
            None => (expected.consumed, expected.end.is_some()),
        };
        if consumed + max as u64 >= at && !(consumed == at && right) {
            return self.differs(Law::Limits, format_args!("max_frame {max}, at offset {consumed}: {error}"));
        }
        Ok(())
    }
}
