//! What stands between the codec and the pending bytes.

use super::body::Body;
use super::{Limits, Oversize};
use crate::codec::Boundary;
use crate::{Error, Kind, Result};

/// One flag to look at for each frame, and what is behind it when it is down.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// Whether the codec may be asked for the next boundary at once: `state` is [`State::Calm`].
    pub(crate) calm: bool,
    pub(crate) state: State,
    /// Whether no more bytes will come.
    pub(crate) eof: bool,
    /// How many bytes the last frame was known to lack when the stream ended.
    pub(crate) missing: Option<u64>,
    pub(crate) limits: Limits,
}

/// Why the codec is not asked for the next boundary.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State {
    Calm,
    /// So many bytes from the frame's start must have come before it is asked again.
    Need(usize),
    /// The frame is known to be so long. Its bytes may have come.
    Whole(usize),
    /// The frame is so long, whole and opened, but was not taken.
    Opened(usize),
    /// So many more bytes are to be dropped.
    Skip(u64),
    /// A frame that is to be streamed, if the caller asks for that.
    Large {
        head: usize,
        body: u64,
        tail: usize,
    },
    /// A streamed body is on its way.
    Body(Body),
    /// A frame that the end of the stream ends is waited for.
    UntilEnd {
        head: usize,
    },
    /// One that is to be streamed.
    Endless {
        head: usize,
    },
    /// Its body is on its way, of which so many bytes were handed out.
    Draining(u64),
    /// All that comes is to be dropped.
    Drop,
    Failed(Error),
}

impl Gate {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { calm: true, state: State::Calm, eof: false, missing: None, limits }
    }

    /// How many bytes from the frame's start are known to be needed, or 0.
    pub(crate) fn need(&self) -> usize {
        match self.state {
            State::Need(need) | State::Whole(need) => need,
            State::Body(body) => body.need(),
            _ => 0,
        }
    }

    /// Whether that is where the frame ends.
    pub(crate) const fn is_whole(&self) -> bool {
        matches!(self.state, State::Whole(_))
    }

    pub(crate) const fn raise(&mut self) {
        self.state = State::Calm;
        self.calm = true;
    }

    #[cold]
    pub(crate) const fn set(&mut self, state: State) {
        self.state = state;
        self.calm = false;
    }

    #[cold]
    pub(crate) const fn fail(&mut self, error: Error) -> Error {
        self.set(State::Failed(error));
        error
    }

    /// How many bytes are to be dropped, if that is what is next and they have all come.
    #[cold]
    pub(crate) const fn skip_whole(&mut self, pending: usize) -> Option<usize> {
        match self.state {
            State::Skip(left) if left <= pending as u64 => {
                self.raise();
                Some(left as usize)
            }
            _ => None,
        }
    }

    /// The stream ended inside a frame of which `pending` bytes have come.
    #[cold]
    pub(crate) const fn fail_at_eof(&mut self, pending: usize, missing: u64) -> Error {
        self.missing = Some(missing);
        self.fail(Error::new(Kind::Eof, &"frame", pending))
    }

    /// The error that ended the stream.
    #[cold]
    pub(crate) const fn failure(&self) -> Error {
        match self.state {
            State::Failed(error) => error,
            _ => Error::contract(&"failure without an error", 0),
        }
    }

    /// Takes any answer of a codec that is not a frame to be handed out at once. `pending` bytes were there.
    // One function for each answer: an enum handed over whole would be written to memory for each frame, hot or not.
    pub(crate) fn settle(&mut self, answer: Result<Boundary>, pending: usize) {
        match answer {
            Ok(Boundary::Need(need)) => self.settle_need(need, pending),
            Ok(Boundary::Frame { head, body, tail }) => self.settle_frame(head, body, tail, pending, false),
            Ok(Boundary::Rest { head }) => self.settle_rest(head, pending, false),
            Ok(Boundary::Skip(left)) => self.settle_skip(left),
            Err(error) => {
                self.fail(error);
            }
        }
    }

    /// Takes the codec's answer about `pending` bytes behind which no more will come, after it had asked for `need`.
    #[cold]
    pub(crate) fn settle_last(&mut self, answer: Result<Boundary>, pending: usize, need: usize) {
        match answer {
            // Asked earlier, with as many bytes, it would have been a limit: it is one now.
            Ok(Boundary::Need(last)) if last > pending && last > self.limits.max_frame => {
                self.fail(Error::limit(&"frame", 0));
            }
            // Which of the two knows of more?
            Ok(Boundary::Need(last)) if last > pending => {
                self.fail_at_eof(pending, (need.max(last) - pending) as u64);
            }
            Ok(Boundary::Need(_)) => {
                self.fail(Error::contract(&"need of what is there", pending));
            }
            answer => self.settle(answer, pending),
        }
    }

    #[cold]
    pub(crate) const fn settle_need(&mut self, need: usize, pending: usize) {
        if need <= pending {
            self.fail(Error::contract(&"need of what is there", pending));
        } else if need > self.limits.max_frame {
            self.fail(Error::limit(&"frame", 0));
        } else {
            self.set(State::Need(need));
        }
    }

    #[cold]
    pub(crate) const fn settle_skip(&mut self, left: u64) {
        if left == 0 {
            self.fail(Error::contract(&"skip of nothing", 0));
        } else {
            self.set(State::Skip(left));
        }
    }

    /// Takes a frame that the end of the stream ends.
    #[cold]
    pub(crate) const fn settle_rest(&mut self, head: usize, pending: usize, streaming: bool) {
        if head > pending {
            self.fail(Error::contract(&"head beyond the input", pending));
        } else if pending == 0 {
            self.set(State::Need(1));
        } else if streaming {
            self.set(State::Endless { head });
        } else {
            self.set(State::UntilEnd { head });
        }
    }

    /// How long a frame is that the end of the stream ends, if it has. One that is too long already fails, or is dropped.
    #[cold]
    pub(crate) const fn until_end(&mut self, pending: usize) -> Option<usize> {
        if pending > self.limits.max_frame {
            match self.limits.oversize {
                Oversize::Refuse => {
                    self.fail(Error::limit(&"frame", 0));
                }
                Oversize::Skip => self.set(State::Drop),
            }
        } else if self.eof {
            self.raise();
            return Some(pending);
        }
        None
    }

    /// Takes a frame that has not wholly come, is too long, or is no frame at all.
    #[cold]
    pub(crate) const fn settle_frame(&mut self, head: usize, body: u64, tail: usize, pending: usize, streaming: bool) {
        let len = (head as u64).saturating_add(tail as u64).saturating_add(body);
        // What cannot be counted is refused under every policy.
        let countable = len != u64::MAX;
        if len == 0 {
            self.fail(Error::contract(&"empty frame", 0));
        } else if head > pending {
            self.fail(Error::contract(&"head beyond the input", pending));
        } else if pending == 0 {
            // A frame without a head is announced before it has begun, and the stream may end there.
            self.set(State::Need(1));
        } else if streaming && body > self.limits.stream_above && body <= self.limits.max_body && countable {
            self.set(State::Large { head, body, tail });
        } else if len <= self.limits.max_frame as u64 {
            self.set(State::Whole(len as usize));
        } else if matches!(self.limits.oversize, Oversize::Skip) && countable {
            self.set(State::Skip(len));
        } else {
            self.fail(Error::limit(&"frame", 0));
        }
    }
}
