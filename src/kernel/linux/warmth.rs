//! What is known of the file region at the front of a send queue.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::{JoinHandle, spawn_blocking};

use super::probe::{Heat, heat, warm_up};
use crate::FileRegion;
use crate::kernel::SENDFILE_CHUNK;

/// Which part of which file is in memory, or on its way there, and which file the kernel does not send.
///
/// A page that has to come from a disk blocks whoever asks for it, so the reactor asks first whether it is there. Only what
/// is not goes to the pool for blocking calls, and is then sent as if it had always been there: there is no second question,
/// so a machine short of memory gets on, too.
#[derive(Debug)]
pub(crate) struct Warmth {
    /// A file, and where it was found in memory.
    warm: Option<(usize, Range<u64>)>,
    warming: Option<JoinHandle<()>>,
    refused: Option<usize>,
    /// How often something was cold.
    pub(crate) misses: u64,
    /// What was sent from files since others had their turn.
    pub(crate) burst: u64,
}

impl Warmth {
    pub(crate) const fn new() -> Self {
        Self { warm: None, warming: None, refused: None, misses: 0, burst: 0 }
    }

    /// Whether the first bytes of `region` are in memory. If they are not, they are on their way from now on.
    pub(crate) fn is_warm(&mut self, region: &FileRegion) -> bool {
        let known = |(file, range): &(usize, Range<u64>)| *file == name(region) && range.contains(&region.offset());
        if !self.warm.as_ref().is_some_and(known) {
            let len = region.len().min(SENDFILE_CHUNK as u64);
            self.warm = Some((name(region), region.offset()..region.offset() + len));
            self.warming = (heat(region, len) == Heat::Cold).then(|| {
                self.misses += 1;
                let region = region.clone();
                spawn_blocking(move || warm_up(&region, len))
            });
        }
        self.warming.is_none()
    }

    /// Ready when the first bytes of `region` are in memory, with how many of them are.
    pub(crate) fn poll_warm(&mut self, region: &FileRegion, cx: &mut Context<'_>) -> Poll<usize> {
        if !self.is_warm(region)
            && let Some(warming) = &mut self.warming
        {
            // That it panicked, or that there is no pool any more, is as good: the call that sends waits then.
            let _ = ready!(Pin::new(warming).poll(cx));
            self.warming = None;
        }
        let end = self.warm.as_ref().map_or(u64::MAX, |(_, range)| range.end);
        Poll::Ready((end - region.offset()).min(SENDFILE_CHUNK as u64) as usize)
    }

    /// Notes that the kernel does not send the file of `region`.
    pub(crate) fn refuse(&mut self, region: &FileRegion) {
        self.refused = Some(name(region));
    }

    /// Whether the kernel was found not to send the file of `region`.
    pub(crate) fn is_refused(&self, region: &FileRegion) -> bool {
        self.refused == Some(name(region))
    }
}

/// Tells one open file from another, as long as it is open; a file that comes to lie where another has lain is taken for it,
/// which costs time and nothing else.
fn name(region: &FileRegion) -> usize {
    Arc::as_ptr(region.file()).addr()
}
