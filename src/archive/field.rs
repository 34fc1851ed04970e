//! Archives as fields of other formats.

use bytes::Bytes;
use rkyv::Archived;

use super::{Archivable, ArchivedFrame, Unopened};
use crate::Result;

/// Bytes that hold an archive: a field of a message, whatever its format.
///
/// A format with a head of four bytes puts its payload where no archive can be read in place: [`Realigner`](super::Realigner)
/// takes it from any address. One whose heads and padded bodies are multiples of 16 bytes says so by
/// [`Codec::ALIGN`](crate::Codec::ALIGN), and its fields are read where they are.
///
/// ```
/// use wireview::archive::{ArchivedBytes, Realigner, Writer};
/// use wireview::formats::LengthPrefixed;
/// use wireview::length::U32Be;
/// use wireview::{Deframer, Error, Gather};
///
/// let mut out = Gather::new();
/// out.length::<U32Be>(|out| Writer::new().put(&vec![1_u64, 2, 3], out).map(drop))?;
/// let mut deframer = Deframer::new(LengthPrefixed::<U32Be>::new(1000));
/// out.chunks().for_each(|piece| deframer.feed(piece));
///
/// let mut realigner = Realigner::new();
/// let lent = deframer.next()?.expect("whole");
/// let numbers = realigner.open(lent.view()?.unopened::<Vec<u64>>())?;
/// assert_eq!(numbers.len(), 3);
/// assert_eq!(realigner.realigned(), 32); // counted
/// let kept = lent.into_frame()?.into_message().archived_frame::<Vec<u64>>()?;
/// assert_eq!(kept[2], 3);
/// # Ok::<(), Error>(())
/// ```
pub trait ArchivedBytes {
    /// The archive of a `T` that these bytes are said to be, to be [opened](Unopened::open).
    fn unopened<T: Archivable>(&self) -> Unopened<T, &[u8]>;

    /// The archived `T` that these bytes are: checked, in place.
    ///
    /// # Errors
    /// If they are not, or do not lie at a multiple of 16.
    fn archived<T: Archivable>(&self) -> Result<&Archived<T>> {
        self.unopened::<T>().open()
    }

    /// The same as owned: checked here and never again.
    ///
    /// # Errors
    /// If the bytes are no archive of `T`.
    ///
    /// # Cost
    /// As for [`Unopened::open`] of `Bytes`; a slice is copied.
    fn archived_frame<T: Archivable>(&self) -> Result<ArchivedFrame<T>>;
}

impl ArchivedBytes for [u8] {
    fn unopened<T: Archivable>(&self) -> Unopened<T, &[u8]> {
        Unopened::new(self)
    }

    fn archived_frame<T: Archivable>(&self) -> Result<ArchivedFrame<T>> {
        ArchivedFrame::new(super::frame::realigned(self), super::DEPTH)
    }
}

impl ArchivedBytes for Bytes {
    fn unopened<T: Archivable>(&self) -> Unopened<T, &[u8]> {
        Unopened::new(self)
    }

    fn archived_frame<T: Archivable>(&self) -> Result<ArchivedFrame<T>> {
        ArchivedFrame::new(self.clone(), super::DEPTH)
    }
}
