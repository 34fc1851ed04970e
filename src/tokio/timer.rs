use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How long a connection waits for its peer. `None`, the default, is for ever.
///
/// They need a tokio runtime with time enabled. A clock is only looked at when there is something to wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// Between two frames, without a byte.
    pub idle: Option<Duration>,
    /// From the first byte of a frame that did not arrive at once to its last; of a streamed body, between two chunks.
    pub frame: Option<Duration>,
    /// While bytes wait to be sent and the peer takes none of them.
    pub write: Option<Duration>,
}

/// A wait that is being timed. Set when it begins, cleared when what was waited for comes.
#[derive(Debug)]
pub(super) struct Timer {
    since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    pub(super) const fn new() -> Self {
        Self { since: None, sleep: None }
    }

    #[inline]
    pub(super) const fn clear(&mut self) {
        self.since = None;
    }

    /// Ready once the wait has taken `limit`.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, limit: Option<Duration>) -> Poll<()> {
        let Some(limit) = limit else { return Poll::Pending };
        let deadline = *self.since.get_or_insert_with(Instant::now) + limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx)
    }
}
