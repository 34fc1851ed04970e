//! How the fields of Kafka's messages stand on the wire, in each version.
//!
//! ```text
//!              before the flexible versions               from then on, "compact"
//!  string      length i16 (-1 is null), bytes             length + 1 as a varint (0 is null), bytes
//!  bytes       length i32 (-1 is null), bytes             length + 1 as a varint (0 is null), bytes
//!  array       count i32 (-1 is null), elements           count + 1 as a varint (0 is null), elements
//!  struct      fields                                     fields, tagged fields
//!  tagged                                                 count as a varint, and of each: tag, length, bytes
//! ```

mod array;
mod elements;
mod kinds;
mod reader;
mod schema;
mod tags;
mod told;
mod writer;

pub use array::{Array, Entries, List, SharedEntries};
pub use elements::{Int32, Int64, Name};
pub use reader::Reader;
pub(super) use schema::{message, message_field, message_type};
pub use tags::{Tag, TagList, Tagged, Tags};
pub(super) use told::Told;
pub use writer::{Sink, Writer};

use writer::Parts;

#[cfg(test)]
pub(super) use kinds::is_in;
pub(super) use kinds::{Items, Kind, Null, Raw, Str, read_in, skip_in, trace_in, write_in};

use wireview::trace::Hook;
use wireview::{Message, Outgoing, Result, Wire};

/// A version of a message, and whether it is one of the flexible ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Version {
    pub(super) number: i16,
    pub(super) flexible: bool,
}

impl Version {
    /// Its number.
    #[inline]
    #[must_use]
    pub const fn number(self) -> i16 {
        self.number
    }

    /// Whether lengths are compact, and fields may be tagged.
    #[inline]
    #[must_use]
    pub const fn is_flexible(self) -> bool {
        self.flexible
    }
}

/// What errors call a field.
pub(crate) type FieldName = &'static &'static str;

/// A message of the protocol, or a part of one that can repeat: it reads and writes itself in every version.
pub trait Entry: Message {
    /// Reads one from the front of `from`.
    ///
    /// # Errors
    /// If there is no whole one.
    fn read<'a>(from: &mut Reader<'a>) -> Result<<Self as Wire>::Of<&'a [u8]>>;

    /// Goes behind one, if it can be read; what is wrong with it otherwise, [`read`](Self::read) says.
    ///
    /// # Errors
    /// If there is no whole one.
    fn skip(from: &mut Reader<'_>) -> Result<()>;

    /// Reads one as [`read`](Self::read) does, and tells `hook` of it: it is entered by this name.
    ///
    /// # Errors
    /// As [`read`](Self::read); the hook has been told of every field in front of the fault.
    fn trace(from: &mut Reader<'_>, name: wireview::trace::Name, hook: &mut dyn Hook) -> Result<()>;

    /// Writes one. A field that the version does not have is left out.
    ///
    /// # Errors
    /// If the version cannot say it: a null, a length.
    fn write<B: Outgoing, S: Sink<B>>(entry: <Self as Wire>::Of<B>, to: &mut Writer<'_, S>) -> Result<()>;

    /// Writes one at random, for tests: without what an encoder would write it with.
    #[cfg(test)]
    fn generate(draw: &mut wireview::laws::Draw<'_>, version: Version, to: &mut alloc::vec::Vec<u8>);
}
