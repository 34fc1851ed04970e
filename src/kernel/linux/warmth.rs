//! What is known of the file region at the front of a send queue.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::{JoinHandle, spawn_blocking};

use super::found::{found, was_found};
use super::probe::{Heat, heat, warm_up};
use crate::FileRegion;
use crate::kernel::SENDFILE_CHUNK;

/// How much is asked for at a time.
const CHUNK: u64 = SENDFILE_CHUNK as u64;

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
            let file = name(region);
            let block = region.offset() / CHUNK;
            // What is longer than a block ends where one does, so that whoever sends it asks for the same blocks.
            let len = if region.len() > CHUNK { (block + 1) * CHUNK - region.offset() } else { region.len() };
            let bytes = region.offset()..region.offset() + len;
            self.warming = None;
            if !was_found(file, block, &bytes) {
                match heat(region, len) {
                    Heat::Warm => found(file, block, bytes.clone()),
                    Heat::Cold => {
                        self.misses += 1;
                        let region = region.clone();
                        self.warming = Some(spawn_blocking(move || warm_up(&region, len)));
                    }
                }
            }
            self.warm = Some((file, bytes));
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
            if let Some((file, bytes)) = &self.warm {
                found(*file, bytes.start / CHUNK, bytes.clone());
            }
        }
        let end = self.warm.as_ref().map_or(u64::MAX, |(_, range)| range.end);
        Poll::Ready((end - region.offset()).min(CHUNK) as usize)
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
