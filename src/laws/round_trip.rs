//! What was read is written, and read again.

use bytes::Bytes;

use super::cuts::Rng;
use super::drive::{Broken, Verdict, Witness, same};
use super::{Law, Laws, Shared};
use crate::torture::{Script, Torture};
use crate::{Codec, Deframer, Encode, Gather, Kind, Message, View, Wire};

/// What [`Laws::verify_round_trip`] has seen. Laws that saw nothing hold, too: a test that wants them to mean something asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Messages that were written and read again.
    pub messages: usize,
    /// Bytes of fields whose way out was watched.
    pub shared: u64,
}

/// Writes every message twice, from views and from shared fields, and reads it again.
pub(super) struct RoundTrip<'s, C: Codec> {
    laws: &'s Laws,
    input: &'s [u8],
    // One for each holder: an encoder may have a state that its messages move on.
    viewing: C,
    sharing: C,
    again: Deframer<C>,
    rng: Rng,
    pub(super) written: Written,
}

impl<'s, C: Codec> RoundTrip<'s, C> {
    pub(super) fn new(laws: &'s Laws, factory: &impl Fn() -> C, input: &'s [u8]) -> Self {
        Self {
            laws,
            input,
            viewing: factory(),
            sharing: factory(),
            again: Deframer::with_limits(factory(), laws.limits),
            rng: Rng::of(input),
            written: Written::default(),
        }
    }
}

/// The message in memory of its own, to be compared with one of another frame.
fn owned<M: Message>(view: M::Of<&[u8]>) -> M::Of<Vec<u8>> {
    M::map::<&[u8], Vec<u8>>(view, &mut <[u8]>::to_vec)
}

impl<C> Witness<C::Message> for RoundTrip<'_, C>
where
    C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
{
    fn see(&mut self, view: View<'_, C>, frame: &[u8], message: C::Message, at: u64) -> Verdict {
        let place = at..at + frame.len() as u64;
        let broken = |law, what: String| Broken::new(law, what, place.clone());

        let mut out = Gather::new();
        match out.message(|out| self.viewing.encode(view.clone(), out)) {
            Ok(()) => {}
            // The codec says so: it reads what it does not write.
            Err(error) if error.kind() == Kind::Unsupported || !self.laws.is_on(Law::RoundTrip) => return Ok(()),
            Err(error) => return Err(broken(Law::RoundTrip, format!("{view:?} cannot be written: {error}"))),
        }
        let flat: Vec<u8> = out.chunks().flatten().copied().collect();
        self.written.messages += 1;

        if self.laws.is_on(Law::RoundTrip) {
            self.again.feed(&flat);
            let came = match self.again.next() {
                Ok(Some(lent)) => lent.view().map(|view| Some(owned::<C::Message>(view))),
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            };
            let wanted = owned::<C::Message>(view.clone());
            if !matches!(&came, Ok(Some(came)) if same(came, &wanted)) {
                let what = format!("{view:?} is written as \"{}\", which reads {came:?}", flat.escape_ascii());
                return Err(broken(Law::RoundTrip, what));
            }
            if !matches!(self.again.next(), Ok(None)) || self.again.pending() > 0 {
                let what = format!("{view:?} is written as \"{}\", with something behind it", flat.escape_ascii());
                return Err(broken(Law::RoundTrip, what));
            }
        }
        if self.laws.canonical && self.laws.is_on(Law::Canonical) {
            let was = &self.input[place.start as usize..(place.end as usize).min(self.input.len())];
            if was != flat {
                let what = format!("\"{}\" is written as \"{}\"", was.escape_ascii(), flat.escape_ascii());
                return Err(broken(Law::Canonical, what));
            }
        }

        let block = Bytes::copy_from_slice(frame);
        let mut fields = Vec::new();
        let shared = C::Message::map::<Bytes, Bytes>(message.share(&block), &mut |field| {
            fields.push((field.as_ptr() as usize, field.len()));
            field
        });
        let mut out = Gather::new();
        out.set_copy_up_to(0);
        if let Err(error) = out.message(|out| self.sharing.encode(shared, out)) {
            return Err(broken(Law::EncodeHolders, format!("from `Bytes` it cannot be written: {error}")));
        }
        if self.laws.is_on(Law::EncodeHolders) && !out.chunks().flatten().eq(&flat) {
            let other: Vec<u8> = out.chunks().flatten().copied().collect();
            let what = format!("&[u8] \"{}\", Bytes \"{}\"", flat.escape_ascii(), other.escape_ascii());
            return Err(broken(Law::EncodeHolders, what));
        }
        if self.laws.is_on(Law::ZeroCopyOut) {
            for (field, len) in fields.into_iter().filter(|(_, len)| *len >= self.laws.shared_from.max(1)) {
                let inside = |chunk: &[u8]| {
                    let start = (chunk.as_ptr() as usize).max(field);
                    (chunk.as_ptr() as usize + chunk.len()).min(field + len).saturating_sub(start)
                };
                let sent: usize = out.chunks().map(inside).sum();
                if sent < len {
                    let what = format!("of a field of {len} bytes, {} were copied: {view:?}", len - sent);
                    return Err(broken(Law::ZeroCopyOut, what));
                }
                self.written.shared += len as u64;
            }
        }
        if self.laws.is_on(Law::Once) {
            let mut writer = Torture::new(Vec::new(), Script::from_seed(self.rng.next(), 8));
            let mut turns = 0;
            while out.write_to(&mut writer).is_err() && turns < 64 {
                turns += 1;
            }
            if writer.get_ref() != &flat {
                let what = format!("\"{}\" left as \"{}\"", flat.escape_ascii(), writer.get_ref().escape_ascii());
                return Err(broken(Law::Once, what));
            }
        }
        Ok(())
    }
}
