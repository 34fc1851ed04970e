//! Batches of bytes that are all there.

use core::iter::FusedIterator;

use wireview::{Boundary, Error, Result};

use super::codec::{len_of, parse};
use super::{Batch, field};

/// The batches of `bytes`, such as the records of a Fetch response, each held against its CRC.
///
/// A batch at the end that is not whole is left over: a broker cuts its answer where the client's limit is, and a log ends so
/// when its writer died. [`Walk::rest`] holds it.
///
/// # Errors
/// As items. An error of one batch concerns it alone; where its end cannot be told, it is the last item.
#[must_use]
pub const fn batches(bytes: &[u8]) -> Walk<'_> {
    Walk { rest: bytes, len: bytes.len(), verify: true, ended: false }
}

/// The iterator of [`batches()`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    rest: &'a [u8],
    len: usize,
    verify: bool,
    ended: bool,
}

impl<'a> Walk<'a> {
    /// Leaves the CRC alone, for bytes that were verified before.
    #[must_use]
    pub const fn unverified(mut self) -> Self {
        self.verify = false;
        self
    }

    /// What has not been walked: at the end, a batch that is not whole, or behind which none can be found.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Where the next batch begins.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.len - self.rest.len()
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Batch<&'a [u8]>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let boundary = match len_of(self.rest) {
            Ok(boundary) => boundary,
            Err(error) => {
                self.ended = true;
                return Some(Err(error));
            }
        };
        let Boundary::Frame { head, body, .. } = boundary else { return None };
        let (frame, rest) = self.rest.split_at_checked(head + body as usize)?;
        self.rest = rest;
        Some(parse(frame, self.verify))
    }
}

impl FusedIterator for Walk<'_> {}

/// How much of a log is whole: see [`sound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// How many bytes, from the start: where the log is to be cut off.
    pub len: usize,
    /// How many batches these are.
    pub batches: usize,
    /// The offset behind the last of them; `None` if there is none.
    pub next_offset: Option<i64>,
    /// What is wrong behind them, and where in the batch that begins there; `None` if there is nothing, or a part of a batch
    /// that was not written to its end.
    pub fault: Option<Error>,
}

/// How much of `log` is whole: batches one behind the other whose CRC fits and whose offsets grow. What follows was torn when its
/// writer died, and is to be cut off.
///
/// ```
/// use wireview::Gather;
/// use wireview_codecs::kafka::records::{Builder, sound};
///
/// let mut out = Gather::new();
/// Builder::new().write(&mut out, |batch| batch.push(0, None, Some(&b"value"[..]), &[]))?;
/// let mut log: Vec<u8> = out.chunks().flatten().copied().collect();
/// let whole = log.len();
/// log.extend_from_within(..whole - 1);
/// let told = sound(&log);
/// assert_eq!((told.len, told.batches, told.next_offset, told.fault), (whole, 1, Some(1), None));
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Complexity
/// Every byte is read once.
#[must_use]
pub fn sound(log: &[u8]) -> Sound {
    let mut told = Sound { len: 0, batches: 0, next_offset: None, fault: None };
    let mut walk = batches(log);
    while let Some(batch) = walk.next() {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return Sound { fault: Some(error), ..told },
        };
        if told.next_offset.is_some_and(|next| batch.base_offset < next) {
            return Sound { fault: Some(Error::malformed(&field::BASE_OFFSET, 0)), ..told };
        }
        told.len = walk.position();
        told.batches += 1;
        told.next_offset = batch.last_offset().checked_add(1);
    }
    told
}
