//! Declared formats: what [`#[derive(Wire)]`](derive@crate::Wire) stands on, and what is done with a message that was declared.
//!
//! ```text
//!                 #[derive(Wire)] struct Publish<B> { … }
//!                               │
//!      ┌─────────────┬──────────┴───────┬─────────────────┐
//!   Framed        Declare::walk        Put             SHAPE
//!   where it      over a Source:       into a          as data: diagram,
//!   ends          Plain ─ parse        Gather          dissector, fields
//!                 Scan ── delimit
//!                 Traced ─ Trace, explain
//! ```
//!
//! [`Declared<M>`](Declared) is the codec of a declared message. One walk is generated for each type; what it runs over decides
//! what it is: [`Plain`] reads, [`Scan`] finds the end, [`Traced`] tells a hook of every field. Hot code carries nothing of the
//! others.

mod check;
mod computed;
mod declared;
mod explain;
mod lua;
mod refused;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod sample;
mod scratch;
mod seq;
mod shape;
mod show;
mod source;
mod text;
mod traced;
mod write;

pub use check::{Adler32, Check, Checksum, Crc32, Crc32c, Internet};
pub use computed::Computed;
pub use declared::Declared;
pub use explain::Explanation;
pub use lua::wireshark_lua;
pub use scratch::Scratch;
pub use seq::GivenIter;
pub use shape::{Body, Condition, Extent, FieldKind, FieldShape, NumberShape, Shape, VariantShape, Width};
pub use show::Show;
pub use source::{FieldName, MAX_DEPTH, Plain, Scan, Source};
pub use text::Text;
pub use traced::Traced;

use core::fmt::Debug;

use crate::{Boundary, Gather, Message, Result};

/// A message that was declared: [`#[derive(Wire)]`](derive@crate::Wire) implements it for the [`Span`](crate::Span) instance.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no declared place on the wire",
    note = "add `#[derive(Clone, Copy, Debug, PartialEq, Wire)]` to it, or `#[wire(map(u8, read, write))]` to the field if it stands for a number"
)]
pub trait Declare: Message {
    /// What whoever reads or writes it must know: the types of `#[wire(given(…))]`, in a tuple. `()` if nothing.
    type Context: Copy + Debug + PartialEq + Send + Sync + 'static;

    /// The name of the type.
    const NAME: FieldName;

    /// How many bytes it has, if that is the same for each message.
    const SIZE: Option<usize>;

    /// Whether any bytes of that size are a message: nothing is checked.
    const ANY: bool;

    /// Whether it takes all that there is: nothing can stand behind it, unless its length is told.
    const OPEN: bool = false;

    /// The declaration as data; of a type that was written by hand, its name.
    fn shape() -> &'static Shape {
        const { &Shape::by_hand(Self::NAME) }
    }

    /// Reads one message from the front of `source` and moves it behind it.
    ///
    /// # Errors
    /// If there is no whole message. Offsets count from the start of the frame.
    fn walk<'a, S: Source<'a>>(source: &mut S, given: Self::Context) -> Result<Self::Of<&'a [u8]>>;

    /// Whether every message is written as it was read: nothing that is read has two forms, such as padding that is ignored or a
    /// number in LEB128 that may be longer than it need be.
    #[cfg(feature = "testing")]
    const CANONICAL: bool = false;

    /// Whether a number is mapped to a domain type, so that two of them may mean the same.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    const MAPPED: bool = true;

    /// Draws a message that is valid in each of its fields, from where something ends more often than not; `None` if none was found
    /// within some thousand tries, or if the message was declared by hand and does not say how.
    ///
    /// ```
    /// use wireview::declare::{Declare, Text};
    /// use wireview::laws::Draw;
    /// use wireview::{Span, Wire};
    ///
    /// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    /// struct Name<B> {
    ///     #[wire(assert = kind == 3 || kind == 5)]
    ///     kind: u16,
    ///     #[wire(len = u8, max = 20)]
    ///     name: Text<B>,
    /// }
    ///
    /// let name = Name::<Span>::draw(&mut Draw::new(7), ()).expect("there are many"); // Name<Bytes>
    /// assert!(matches!(name.kind, 3 | 5) && name.name.bytes().len() <= 20);
    /// ```
    #[cfg(feature = "testing")]
    #[must_use]
    fn draw(draw: &mut crate::laws::Draw<'_>, given: Self::Context) -> Option<Self::Of<bytes::Bytes>> {
        let _ = (draw, given);
        None
    }

    /// The same, as it is on the wire: an element of a [`Seq`](crate::Seq).
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    #[must_use]
    fn draw_written(draw: &mut crate::laws::Draw<'_>, given: Self::Context) -> Option<Vec<u8>> {
        let _ = (draw, given);
        None
    }
}

/// A declared message that is a frame: its declaration says where it ends.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say where a frame ends",
    note = "add `#[wire(frame(length = u32, counts = after, max = …))]`, or `#[wire(frame(scan, max = …))]`"
)]
pub trait Framed: Declare {
    /// Where the message at the front of `input` ends.
    ///
    /// # Errors
    /// If what stands in front of the length, or the length, cannot be.
    fn delimit(input: &[u8], given: Self::Context) -> Result<Boundary>;
}

/// A declared message that can be sent: implemented for every holder that is [`Outgoing`](crate::Outgoing).
pub trait Put {
    /// The message as it is declared.
    type Family: Declare;

    /// How many bytes it takes on the wire.
    fn wire_len(&self, given: <Self::Family as Declare>::Context) -> u64;

    /// Writes it at the end of `out`; lengths, counts, tags, flag bits of optional fields and checksums are computed.
    ///
    /// # Errors
    /// If a field exceeds its limit, or an assertion does not hold: [`Gather::message`] takes back what was written.
    fn put(self, out: &mut Gather, given: <Self::Family as Declare>::Context) -> Result<()>;
}

/// A declared enum, whose tag may stand elsewhere. Implemented for the [`Span`](crate::Span) instance.
pub trait Tagged: Declare {
    /// Reads what stands behind the tag.
    ///
    /// # Errors
    /// As [`Declare::walk`], and if `tag` is that of no variant: the error is at `tag_at`.
    fn walk_tagged<'a, S: Source<'a>>(
        source: &mut S,
        tag: u64,
        tag_at: usize,
        given: Self::Context,
    ) -> Result<Self::Of<&'a [u8]>>;
}

/// A declared enum that can be sent, whose tag may stand elsewhere.
pub trait PutTagged: Put {
    /// The tag of the variant.
    fn tag(&self) -> u64;

    /// How many bytes it takes on the wire without its tag.
    fn tagged_len(&self, given: <Self::Family as Declare>::Context) -> u64;

    /// Writes what stands behind the tag.
    ///
    /// # Errors
    /// As [`Put::put`].
    fn put_tagged(self, out: &mut Gather, given: <Self::Family as Declare>::Context) -> Result<()>;
}

/// Reads a message that fills `bytes`, such as the payload of another codec's frame.
///
/// # Errors
/// If `bytes` are not just one message. Offsets count from their start.
#[inline]
pub fn parse<M: Declare>(bytes: &[u8], given: M::Context) -> Result<M::Of<&[u8]>> {
    let mut source = Plain::new(bytes);
    let message = M::walk(&mut source, given)?;
    source.end(M::NAME)?;
    Ok(message)
}

/// Generated code that is there for tests alone, and not at all without the feature `testing`, which the crate it is generated for
/// cannot see.
#[cfg(feature = "testing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_testing {
    ($($item:tt)*) => { $($item)* };
}

/// Nothing.
#[cfg(not(feature = "testing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_testing {
    ($($item:tt)*) => {};
}

/// What generated code calls. No part of what is promised to stay.
#[doc(hidden)]
pub mod generated {
    pub use alloc::string::String;

    pub use super::seq::{counted, last, within};
    pub use super::source::{sum, verify};
    pub use super::write::{
        Place, absent, after_varint, check, checked_len, each, frame_varint, malformed, no_nul, place, too_long,
        varint, varint_len,
    };
}
