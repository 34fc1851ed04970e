use core::fmt;

use bytes::Bytes;

use super::{Deframer, Frame, Report};
#[cfg(feature = "rkyv")]
use crate::Ledger;
use crate::codec::{Codec, View};
use crate::trace::{Hook, Trace};
use crate::wire::Message;
use crate::{Error, Result};

/// One frame, lent by a [`Deframer`]: look at it, or keep it.
///
/// The frame is consumed already. An error of [`view`](Self::view) concerns this frame alone, and the next one can be asked for.
pub struct Lent<'d, C: Codec> {
    deframer: &'d mut Deframer<C>,
}

impl<'d, C: Codec> Lent<'d, C> {
    #[inline(always)]
    pub(super) const fn new(deframer: &'d mut Deframer<C>) -> Self {
        Self { deframer }
    }

    /// The message as borrowed views into the receive block.
    ///
    /// # Errors
    /// If the frame is not a message of the codec; the frames behind it are not affected.
    ///
    /// # Cost
    /// Nothing is copied, counted or allocated.
    #[inline(always)]
    pub fn view(&self) -> Result<View<'_, C>> {
        self.deframer.codec.parse(self.bytes())
    }

    /// The same for as long as the deframer is borrowed, without the frame to hold on to.
    ///
    /// # Errors
    /// As for [`view`](Self::view).
    #[inline(always)]
    pub fn into_view(self) -> Result<View<'d, C>> {
        let deframer: &'d Deframer<C> = self.deframer;
        deframer.codec.parse(deframer.lent_bytes())
    }

    /// The bytes of the frame, opened: head, body and tail.
    #[inline(always)]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.deframer.lent_bytes()
    }

    /// The frame's offset in the stream.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.deframer.lent_offset()
    }

    /// The frame as owned: it shares the block it arrived in.
    ///
    /// # Errors
    /// As for [`view`](Self::view).
    ///
    /// # Cost
    /// One refcount, no copy, in the steady state no allocation. While more than
    /// [`Limits::max_pinned`](crate::Limits::max_pinned) bytes are kept alive, small frames are copied instead.
    #[inline]
    pub fn into_frame(self) -> Result<Frame<C::Message>> {
        let message = self.message()?;
        let pressed = self.deframer.is_pressed();
        Ok(Frame::new(if pressed { self.copy_out() } else { self.deframer.split_lent() }, message))
    }

    /// The frame as owned, for long: copied if it is at most [`Limits::copy_up_to`](crate::Limits::copy_up_to) bytes, so that
    /// a small frame does not keep a block alive; else shared.
    ///
    /// # Errors
    /// As for [`view`](Self::view).
    ///
    /// # Cost
    /// One allocation and a copy, or one refcount.
    pub fn keep(self) -> Result<Frame<C::Message>> {
        if self.bytes().len() <= self.deframer.limits().copy_up_to { self.detach() } else { self.into_frame() }
    }

    /// The frame as owned, in memory of its own. Copies.
    ///
    /// # Errors
    /// As for [`view`](Self::view).
    pub fn detach(self) -> Result<Frame<C::Message>> {
        let message = self.message()?;
        Ok(Frame::new(self.copy_out(), message))
    }

    /// Where the fields lie in the frame.
    ///
    /// # Errors
    /// As for [`view`](Self::view), and [`Kind::Contract`](crate::Kind::Contract) if a field lies outside the frame.
    #[inline]
    pub fn message(&self) -> Result<C::Message> {
        C::Message::point(self.view()?, self.bytes()).ok_or(Error::contract(&"field outside the frame", 0))
    }

    /// Tells `hook` what lies where in the frame.
    ///
    /// # Errors
    /// As for [`view`](Self::view).
    #[cold]
    pub fn trace(&self, hook: &mut dyn Hook) -> Result<()>
    where
        C: Trace,
    {
        self.deframer.codec.trace(self.bytes(), hook)
    }

    /// The long story of an error in this frame.
    #[must_use]
    pub fn report(&self, error: Error) -> Report {
        Report::new(error, self.offset(), self.bytes(), None)
    }

    /// The codec, the frame, and where is booked what becomes of it.
    #[cfg(feature = "rkyv")]
    pub(crate) fn parts(&mut self) -> (&mut C, &[u8], &mut Ledger) {
        let Deframer { codec, input, lent, .. } = &mut *self.deframer;
        (codec, &input.block[lent.start..lent.end], &mut input.ledger)
    }

    /// Whether small frames should be copied out.
    #[cfg(feature = "rkyv")]
    pub(crate) fn is_pressed(&self) -> bool {
        self.deframer.is_pressed()
    }

    /// The bytes of the frame as shared, and the codec.
    #[cfg(feature = "rkyv")]
    pub(crate) fn into_shared(self) -> (Bytes, &'d mut C) {
        (self.deframer.split_lent(), &mut self.deframer.codec)
    }

    #[cfg(feature = "rkyv")]
    pub(crate) fn into_codec(self) -> &'d mut C {
        &mut self.deframer.codec
    }

    fn copy_out(self) -> Bytes {
        let copy = Bytes::copy_from_slice(self.bytes());
        self.deframer.ledger_mut().copied_in += copy.len() as u64;
        copy
    }
}

impl<C: Codec> fmt::Debug for Lent<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").field("offset", &self.offset()).field("bytes", &self.bytes()).finish()
    }
}
