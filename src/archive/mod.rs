//! rkyv archives as frames: aligned where they landed, checked once, read in place.
//!
//! ```text
//!   stream offset: a multiple of 16                              a multiple of 16
//!   │ 0       2       4             8                16          │
//!   ┌─────────┬───────┬─────────────┬────────────────┬───────────┴──────────┬─────────┐
//!   │ "wA"    │ flags │ fingerprint │ length: u64    │ body: length bytes   │ padding │ the next head …
//!   └─────────┴───────┴─────────────┴────────────────┴──────────────────────┴─────────┘
//!   └────────────────── head: 16 bytes ──────────────┘ the archive, root last  zeros,
//!                                                                              up to a multiple of 16
//! ```
//!
//! Every field of the head is little-endian; flags are 0. Heads and padded bodies are multiples of 16 bytes, so every body in
//! the stream begins at a multiple of 16, and the [`Deframer`](crate::Deframer) keeps its blocks where such a place in the stream
//! is such an address. Nothing is copied for it but, at most, the partial frame at the end of a block.
//!
//! Checked: magic, flags, fingerprint, length, padding; and by [`open`](Unopened::open) all of the archive, once, within a depth.
//! Left to the handler: what the values mean. Access without a check is not offered.
//!
//! ```
//! use rkyv::{Archive as _, Deserialize, Serialize};
//! use wireview::archive::Archive;
//! use wireview::{Deframer, Encode, Error, Gather};
//!
//! wireview::archive_format! {
//!     #[derive(rkyv::Archive, Serialize, Deserialize)]
//!     pub struct Log {
//!         pub id: u64,
//!         pub text: String,
//!         pub tags: Vec<String>,
//!     }
//! }
//!
//! let mut out = Gather::new();
//! let log = Log { id: 7, text: "hello".into(), tags: vec!["a".into()] };
//! Archive::<Log>::new(1 << 20).encode(&log, &mut out)?; // straight into the queue's arena
//!
//! let mut deframer = Deframer::new(Archive::<Log>::new(1 << 20));
//! out.chunks().for_each(|piece| deframer.feed(piece)); // or read from a socket
//! let mut lent = deframer.next()?.expect("a whole frame");
//! let seen = lent.archive()?; // &ArchivedLog: in the receive block, checked
//! assert_eq!((seen.id.to_native(), &*seen.text), (7, "hello"));
//! let kept = lent.into_archive()?; // 'static + Send + Sync, shares the receive block
//! assert_eq!(kept.tags[0], "a");
//! # Ok::<(), Error>(())
//! ```
//!
//! # What both sides must share
//!
//! The layout of an archive follows from the type and from rkyv's format features: byte order (`little_endian`, the default, or
//! `big_endian`), width of relative pointers (`pointer_width_16`, `_32`, the default, `_64`), and `aligned` (the default) or
//! `unaligned`. They are chosen by the program, for its whole dependency graph; this crate sets none. All of it, with the names, places
//! and sizes of the fields, goes into the [`Fingerprint`] in each head: a peer with another one is refused before anything is read.
//!
//! # Cost
//! | verb | copies | counts | allocates | checks |
//! | --- | --- | --- | --- | --- |
//! | [`Lent::archive`](crate::Lent::archive), [`Unopened::open`] | nothing | nothing | nothing | the archive |
//! | [`Lent::into_archive`](crate::Lent::into_archive) | nothing | two refcounts | nothing, once what was kept goes round | the archive |
//! | [`ArchivedFrame::get`] | nothing | nothing | nothing | nothing |
//! | encoding `&T` | the archive is made in the arena | | nothing, once the arena has its size | |
//! | encoding an [`Unopened`] | what its holder copies | | | nothing |
//!
//! Archives elsewhere, such as in a field of another format, are read by [`ArchivedBytes`], and by [`Realigner`] where that format puts
//! them at any address.

mod any;
mod check;
mod codec;
mod field;
mod format;
mod frame;
mod head;
mod realign;
mod trace;
mod unopened;
mod write;

pub use any::AnyArchive;
pub use check::{Archivable, Invalid};
pub use codec::Archive;
pub use field::ArchivedBytes;
pub use format::{Fingerprint, Format};
pub use frame::ArchivedFrame;
pub use head::HEAD;
pub use realign::Realigner;
/// The crate whose archives these are.
pub use rkyv;
pub use unopened::Unopened;
pub use write::{ArenaWriter, Serializable, Writer};

/// What bodies are aligned to: all that rkyv's own types ever ask for, and a common unit of vector loads.
pub const ALIGN: usize = 16;

/// Up to which depth archives are followed unless it is set: a `Vec` in a `Box` in a root has depth 2.
pub const DEPTH: u32 = 128;
