//! wireview
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "std")]
pub mod blocking;
pub mod codec;
pub mod error;
#[cfg(feature = "std")]
pub mod fault;
pub mod formats;
pub mod ledger;
pub mod length;
mod received;
pub mod recv;
pub mod send;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "testing")]
pub mod torture;
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

/// The result of reading or writing a message.
pub type Result<T, E = Error> = core::result::Result<T, E>;
