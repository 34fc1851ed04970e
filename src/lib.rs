//! Reads wire formats where they landed, and answers without flattening.
//!
//! A [`Codec`] says where a frame ends and what is in it. The framework gives that frame as a view into the receive buffer,
//! and sends the answer as a gather list for one `writev`. Nothing is copied on the way in; on the way out, only what is
//! cheaper to copy than to point at.
//!
//! ```text
//!  socket ─▶ block ─▶ delimit ─▶ open ─▶ parse ─▶ your handler ─▶ encode ─▶ Gather ─▶ writev ─▶ socket
//!            └───────────── Deframer ───────────┘                 └──── send queue ────┘
//! ```
//!
//! # A protocol in twenty lines
//!
//! A message is written once, generic over what holds its bytes; the codec reads it, one `impl` writes it, whatever holds
//! the payload.
//!
//! ```
//! use wireview::{Boundary, Codec, Deframer, Encode, Error, Gather, Holder, Outgoing, Result, Span, Wire};
//!
//! /// stream: u32, topic length: u8, payload length: u16, topic, payload
//! #[derive(Clone, Copy, Debug, PartialEq)]
//! struct Publish<B> { stream: u32, topic: B, payload: B }
//!
//! impl Wire for Publish<Span> {
//!     type Of<B: Holder> = Publish<B>;
//!     fn map<A: Holder, B: Holder>(m: Publish<A>, f: &mut impl FnMut(A) -> B) -> Publish<B> {
//!         Publish { stream: m.stream, topic: f(m.topic), payload: f(m.payload) }
//!     }
//! }
//!
//! #[derive(Clone)]
//! struct Pub;
//!
//! impl Codec for Pub {
//!     type Message = Publish<Span>;
//!
//!     fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
//!         let &[_, _, _, _, topic, high, low, ..] = input else { return Ok(Boundary::Need(7)) };
//!         let payload = u64::from(u16::from_be_bytes([high, low]));
//!         Ok(Boundary::Frame { head: 7, body: u64::from(topic) + payload, tail: 0 })
//!     }
//!
//!     fn parse<'a>(&self, frame: &'a [u8]) -> Result<Publish<&'a [u8]>> {
//!         let (stream, rest) = frame.split_first_chunk().ok_or(Error::truncated(&"stream", 0))?;
//!         let (topic, payload) = rest[3..].split_at_checked(rest[0].into()).ok_or(Error::truncated(&"topic", 7))?;
//!         Ok(Publish { stream: u32::from_be_bytes(*stream), topic, payload })
//!     }
//! }
//!
//! impl<B: Outgoing> Encode<Publish<B>> for Pub {
//!     fn encode(&mut self, m: Publish<B>, out: &mut Gather) -> Result<()> {
//!         let topic = u8::try_from(m.topic.size()).map_err(|_| Error::overflow(&"topic", 4))?;
//!         let payload = u16::try_from(m.payload.size()).map_err(|_| Error::overflow(&"payload", 5))?;
//!         out.copy(&m.stream.to_be_bytes());
//!         out.copy(&[topic]);
//!         out.copy(&payload.to_be_bytes());
//!         m.topic.put(out);
//!         m.payload.put(out);
//!         Ok(())
//!     }
//! }
//!
//! let mut out = Gather::new();
//! Pub.encode(Publish { stream: 7, topic: &b"news"[..], payload: &b"hello"[..] }, &mut out)?;
//!
//! let mut deframer = Deframer::new(Pub);
//! out.chunks().for_each(|piece| deframer.feed(piece)); // or read from a socket: see below
//! let lent = deframer.next()?.expect("a whole frame");
//! let seen = lent.view()?; // Publish<&[u8]>: nothing copied, nothing counted
//! assert_eq!((seen.stream, seen.topic, seen.payload), (7, &b"news"[..], &b"hello"[..]));
//! let kept = lent.into_frame()?.into_message(); // Publish<Bytes>: 'static, shares the receive block
//! assert_eq!(kept.payload, "hello");
//! # Ok::<(), Error>(())
//! ```
//!
//! Most protocols need less: [`formats`] has the frames that are everywhere, and what they leave to you is `parse`. The
//! guide walks through it: [declare your protocol](guide::declare_your_protocol).
//!
//! # What copies, what allocates, what stays alive
//!
//! | you write | copies | counts | allocates | keeps alive |
//! | --- | --- | --- | --- | --- |
//! | [`Lent::view`], [`Deframer::views`] | nothing | nothing | nothing | nothing: it borrows |
//! | [`Lent::into_frame`] | nothing | one refcount | nothing, once blocks go round | the block the frame arrived in |
//! | [`Frame::into_message`] | nothing | one a field | nothing | that block |
//! | [`Deframer::batch`] | nothing | one for all frames | nothing, once indexes go round | that block |
//! | [`Lent::keep`], [`Frame::keep`] | what is small | one for what is large | for what is small | what is large, its block |
//! | [`Lent::detach`], [`Frame::detach`] | the frame | | once | itself |
//! | [`Gather::copy`], [`Gather::head`] | the bytes | | nothing, once the arena has its size | |
//! | [`Gather::share`] | up to 2 KiB | a reference taken over | nothing | the caller's buffer, until sent |
//! | [`Gather::file`] | as the driver must; nothing with [`kernel`] | | | the open file, until sent |
//!
//! A [`Ledger`] counts all of it, for each connection.
//!
//! # Driving it
//!
//! The core does no I/O. Thin drivers stand around the same two halves, [`Deframer`] and [`Gather`]:
//!
//! - [`tokio::Connection`], for any `AsyncRead + AsyncWrite`: lends a frame together with the send queue, and
//!   writes what is queued while it waits for input;
//! - [`tokio::Compat`], a codec as `tokio_util::codec::{Decoder, Encoder}`, for a `Framed` that exists already;
//! - [`blocking::Connection`], for any `Read + Write`;
//! - your own: [`Deframer::read_with`] and [`Gather::slices`] are all there is to it.
//!
//! # Features
//!
//! | feature | adds | needs |
//! | --- | --- | --- |
//! | `tokio` (default) | [`mod@tokio`] | tokio, tokio-util |
//! | `std` | `writev`, file regions, the blocking driver | |
//! | `tls` | [`mod@tls`]: rustls below a [`tokio::Connection`] | tokio-rustls |
//! | `ktls` | the same by the kernel where it can, Linux | nix, socket2, zeroize |
//! | `derive` | [`#[derive(Wire)]`](derive@Wire), [`declare`]: formats that are declared | syn; crc-fast, adler2 for checksums |
//! | `nom` | nom 8 parsers as codecs: [`formats::nom`] | nom |
//! | `zerocopy` | header structs read in place: [`formats::Headed`] | zerocopy |
//! | `rkyv` | rkyv archives as frames, read where they landed: [`archive`] | rkyv, yoke |
//! | `tracing` | a span for each connection, an event for each fault | tracing |
//! | `kernel` | [`kernel`]: `sendfile`, `splice`, files mapped; the same by copying where there is no Linux | rustix, memmap2 |
//! | `testing` | [`torture`] streams, and the [`laws`] a codec must keep | |
//!
//! Without any, the crate is `no_std` with `alloc`, on `bytes` and `memchr` alone. Features add and never alter.
//!
//! # Errors
//!
//! Bad input never panics, never allocates by a length it declares, and loses nothing that was valid before it. [`Error`] is
//! sixteen bytes (kind, field, offset); [`Report`] tells the long story. An error of `next` ends the stream, an error of
//! `view` concerns one frame.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "rkyv")]
pub mod archive;
#[cfg(feature = "std")]
pub mod blocking;
pub mod codec;
#[cfg(feature = "derive")]
pub mod declare;
pub mod error;
#[cfg(feature = "std")]
pub mod fault;
pub mod formats;
#[cfg(feature = "kernel")]
pub mod kernel;
#[cfg(any(feature = "testing", all(test, feature = "std")))]
pub mod laws;
pub mod ledger;
pub mod length;
mod received;
pub mod recv;
#[cfg(feature = "std")]
mod route;
pub mod send;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(any(feature = "testing", all(test, feature = "std")))]
pub mod torture;
pub mod trace;
pub mod wire;

pub use codec::{Boundary, Codec, Encode, View};
pub use error::{Error, Kind};
#[cfg(feature = "std")]
pub use fault::{Fault, Timeout};
pub use ledger::Ledger;
pub use received::{Arrival, Outbox, Received};
pub use recv::{Batch, Chunk, Deframer, Frame, Incoming, Layer, Lent, Limits, Oversize, Report, Views};
#[cfg(feature = "std")]
pub use send::FileRegion;
pub use send::{Gather, Outgoing, Payload};
pub use wire::{Element, Holder, Message, Seq, Span, Wire};
#[cfg(feature = "derive")]
pub use wireview_derive::Wire;

/// The guide: chapters to be read in order, every example of which is run as a test.
#[cfg(any(doc, doctest))]
pub mod guide {
    #[cfg(all(feature = "derive", feature = "testing", feature = "tokio"))]
    #[doc = include_str!("../docs/declare-your-protocol.md")]
    pub mod declare_your_protocol {}
    #[doc = include_str!("../docs/write-a-codec-by-hand.md")]
    pub mod write_a_codec_by_hand {}
    #[cfg(feature = "tls")]
    #[doc = include_str!("../docs/tls.md")]
    pub mod tls {}
    #[cfg(all(feature = "derive", feature = "testing"))]
    #[doc = include_str!("../docs/fuzz-your-codec.md")]
    pub mod fuzz_your_codec {}
    #[cfg(all(feature = "rkyv", feature = "kernel", feature = "tokio"))]
    #[doc = include_str!("../docs/rkyv-archives.md")]
    pub mod rkyv_archives {}
    #[cfg(feature = "kernel")]
    #[doc = include_str!("../docs/kernel-zero-copy.md")]
    pub mod kernel_zero_copy {}
}

#[cfg(all(doctest, feature = "derive", feature = "tokio"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The result of reading or writing a message.
pub type Result<T, E = Error> = core::result::Result<T, E>;
