//! The way out: messages become a gather list, the gather list becomes one `writev`.

mod drain;
mod gather;
#[cfg(feature = "derive")]
mod look_back;
mod memory;
mod outgoing;
mod piece;
#[cfg(feature = "std")]
mod region;
#[cfg(feature = "std")]
mod write;

pub use gather::{DEFAULT_COPY_UP_TO, Gather};
pub use memory::Memory;
pub use outgoing::{Outgoing, Payload};
#[cfg(feature = "kernel")]
pub(crate) use region::read_at;
#[cfg(feature = "std")]
pub use region::{FileRegion, Owed, Shrunk};
#[cfg(any(feature = "tokio", feature = "kernel"))]
pub(crate) use write::FILE_CHUNK;
