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

pub use delimited::{Delimited, Lines};
pub use fixed::Fixed;
#[cfg(feature = "zerocopy")]
pub use headed::{Headed, Header, WithHeader};
pub use length_prefixed::{Bare, LengthPrefixed, LengthPrefixedParts, Parts, Shape, Shaped};

/// Drives a codec by hand, as the framework would, and checks what it answers on the way.
#[cfg(test)]
mod testing {
    use alloc::vec::Vec;

    use crate::{Boundary, Codec, Encode, Error, Gather, Kind, Message, Result, Span};

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

    /// The stream uncut; it is the same cut in two at every place, and byte by byte.
    pub(super) fn every_cut<C: Codec + Clone>(codec: &C, stream: &[u8]) -> Run<C::Message> {
        let uncut = drive(codec.clone(), &[stream.len()], stream);
        for cut in 0..stream.len() {
            assert_eq!(drive(codec.clone(), &[cut, stream.len()], stream), uncut, "cut at {cut}");
        }
        let each: Vec<_> = (1..=stream.len()).collect();
        assert_eq!(drive(codec.clone(), &each, stream), uncut, "byte by byte");
        uncut
    }

    /// `arrived` says up to where the stream is there, from read to read.
    fn drive<C: Codec>(mut codec: C, arrived: &[usize], stream: &[u8]) -> Run<C::Message> {
        let mut run = Run { frames: Vec::new(), messages: Vec::new(), end: Ok(()) };
        let (mut at, mut asked) = (0, 0);
        let ends = arrived.iter().map(|&end| (end, false)).chain([(stream.len(), true)]);
        for (end, last) in ends {
            while at < end || !last {
                let input = &stream[at..end];
                if !last && input.len() < asked {
                    break;
                }
                let boundary = match if last { codec.delimit_last(input) } else { codec.delimit(input) } {
                    Ok(boundary) => boundary,
                    Err(error) => {
                        run.end = Err(error);
                        return run;
                    }
                };
                match boundary {
                    Boundary::Need(need) => {
                        assert!(need > input.len(), "need of {need} with {} there", input.len());
                        asked = need;
                        if last {
                            run.end = Err(Error::new(Kind::Eof, &"frame", input.len()));
                            return run;
                        }
                        break;
                    }
                    Boundary::Frame { head, body, tail } => {
                        assert!(head <= input.len());
                        let len = head + body as usize + tail;
                        assert!(len > 0 && (asked <= len || last), "need of {asked} in a frame of {len}");
                        if len > input.len() {
                            if last || end == stream.len() {
                                run.end = Err(Error::new(Kind::Eof, &"frame", input.len()));
                                return run;
                            }
                            asked = len;
                            break;
                        }
                        let mut frame = input[..len].to_vec();
                        codec.open(&mut frame).expect("opened");
                        let point = |view| C::Message::point(view, &frame).expect("all fields in the frame");
                        run.messages.push(codec.parse(&frame).map(point));
                        run.frames.push(frame);
                        at += len;
                        asked = 0;
                    }
                    Boundary::Skip(len) => {
                        at += len as usize;
                        asked = 0;
                    }
                }
            }
        }
        run
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
