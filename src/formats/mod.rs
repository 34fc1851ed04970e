//! Ready-made formats: most protocols are one of these with a message in it.
//!
//! | format | its frame | checked | limits |
//! | --- | --- | --- | --- |
//! | [`LengthPrefixed`] | `[prefix] length payload [trailer]` | the length, also when adjusted | the payload |
//! | [`LengthPrefixedParts`] | the same, prefix and trailer shown | the same | the payload |
//! | [`Fixed`] | `n` bytes | nothing: there is nothing to be wrong | `n` |
//! | [`Delimited`] | `payload delimiter` | written payloads do not hold the delimiter | the payload |
//! | [`Lines`] | `line LF`, `line CR LF`, or `line` and the end of the stream | written lines are lines | the line |
//! | [`Headed`] (feature `zerocopy`) | `header payload`, the header a struct | the header's own `check`, the length | the payload |
//! | [`Nom`](nom::Nom) (feature `nom`) | that of another format, read by a nom parser | what the parser checks, all bytes used | that format's |
//!
//! Every limit is the largest payload that is accepted, in both directions; a payload above it is told with the offset at which
//! that became certain, the same however the stream is cut. It is an error of the boundary and ends the stream: to drop long
//! frames and go on ([`Oversize::Skip`](crate::Oversize::Skip)), leave the format's limit high and set that of
//! [`Limits`](crate::Limits).
//!
//! A payload that has a structure is read by a codec around one of these, which hands `delimit` on and writes its own `parse`:
//!
//! ```
//! use wireview::formats::LengthPrefixed;
//! use wireview::length::U16Be;
//! use wireview::{Boundary, Codec, Deframer, Encode, Error, Gather, Outgoing, Result, Span, View};
//!
//! /// A topic that ends in NUL, then the text, behind a `u16` that says how long both are.
//! struct Chat(LengthPrefixed<U16Be>);
//!
//! impl Codec for Chat {
//!     type Message = (Span, Span);
//!
//!     fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
//!         self.0.delimit(input)
//!     }
//!
//!     fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
//!         let both = self.0.parse(frame)?;
//!         let nul = both.iter().position(|&byte| byte == 0).ok_or_else(|| Error::malformed(&"topic", 2))?;
//!         Ok((&both[..nul], &both[nul + 1..]))
//!     }
//! }
//!
//! impl<B: Outgoing> Encode<(&[u8], B)> for Chat {
//!     fn encode(&mut self, (topic, text): (&[u8], B), out: &mut Gather) -> Result<()> {
//!         out.length::<U16Be>(|out| {
//!             out.copy(topic);
//!             out.copy(b"\0");
//!             text.put(out);
//!             Ok(())
//!         })
//!     }
//! }
//!
//! let mut out = Gather::new();
//! Chat(LengthPrefixed::new(1000)).encode((b"news", &b"hello"[..]), &mut out)?;
//! let mut deframer = Deframer::new(Chat(LengthPrefixed::new(1000)));
//! out.chunks().for_each(|chunk| deframer.feed(chunk));
//! let frame = deframer.next()?.expect("a whole frame");
//! assert_eq!(frame.view()?, (&b"news"[..], &b"hello"[..]));
//! # Ok::<(), Error>(())
//! ```

mod delimited;
mod fixed;
#[cfg(feature = "zerocopy")]
mod headed;
mod length_prefixed;
#[cfg(feature = "nom")]
pub mod nom;
mod trace;

pub use delimited::{Delimited, Lines};
pub use fixed::Fixed;
#[cfg(feature = "zerocopy")]
pub use headed::{Headed, Header, WithHeader};
pub use length_prefixed::{Bare, LengthPrefixed, LengthPrefixedParts, Parts, Shape, Shaped};

/// What the tests of all formats ask.
#[cfg(all(test, feature = "std"))]
mod testing {
    use crate::laws::Laws;
    use crate::{Codec, Encode, Error, Gather, Result, Span};

    /// What came out of a stream.
    #[derive(Debug, PartialEq)]
    pub(super) struct Run<M> {
        pub(super) frames: Vec<Vec<u8>>,
        pub(super) messages: Vec<Result<M>>,
        pub(super) end: Result<()>,
    }

    impl Run<Span> {
        /// The payloads of a stream that was read to its end.
        pub(super) fn whole(self) -> Vec<Vec<u8>> {
            assert_eq!(self.end, Ok(()));
            let view = |(frame, message): (&Vec<u8>, &Result<Span>)| message.expect("a message").view(frame).to_vec();
            self.frames.iter().zip(&self.messages).map(view).collect()
        }
    }

    /// What comes out of the stream, however it is cut.
    pub(super) fn every_cut<C: Codec + Clone>(codec: &C, stream: &[u8]) -> Run<C::Message> {
        let outcome = Laws::all().every_cut_up_to(1024).check(|| codec.clone(), stream);
        let end = outcome.end.map_or(Ok(()), Err);
        let (frames, messages) = outcome.frames.into_iter().map(|seen| (seen.bytes, seen.message)).unzip();
        Run { frames, messages, end }
    }

    /// The message as bytes.
    pub(super) fn encoded<C: Encode<M> + Clone, M>(codec: &C, message: M) -> Vec<u8> {
        let mut out = Gather::new();
        out.message(|out| codec.clone().encode(message, out)).expect("encoded");
        out.chunks().flatten().copied().collect()
    }

    /// Why the message is not encoded.
    pub(super) fn refused<C: Encode<M> + Clone, M>(codec: &C, message: M) -> Error {
        let mut out = Gather::new();
        let refused = out.message(|out| codec.clone().encode(message, out)).expect_err("refused");
        assert!(out.is_empty());
        refused
    }
}
