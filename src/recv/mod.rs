//! The way in: bytes become frames, frames are lent, owned or batched.
//!
//! ```text
//!            read_with / feed
//!                  │
//!                  ▼
//!  ┌─ block ───────────────────────────────────────────────┐
//!  │ consumed │ frame │ frame │ frame │ part of a │  spare │
//!  └──────────┴───────┴───────┴───────┴───────────┴────────┘
//!             at ▲                          len ▲
//!
//!  next()   ─▶ Lent     one frame, borrowed: nothing copied, nothing counted
//!  into_frame ▶ Frame   one frame, owned: one refcount on the block
//!  views()  ─▶ Views    every whole frame, borrowed
//!  batch()  ─▶ Batch    every whole frame, owned: one refcount for all of them
//! ```
//!
//! A block whose frames are all dropped is used again, so a steady stream allocates nothing, even while the last frames
//! are kept.

mod batch;
mod body;
mod deframer;
mod frame;
mod gate;
mod in_place;
mod input;
mod layer;
mod lent;
mod limits;
mod report;
mod views;

pub use batch::{Batch, BatchIter};
pub use body::{Chunk, Incoming};
pub use deframer::Deframer;
#[cfg(feature = "std")]
pub(crate) use deframer::Found;
#[cfg(feature = "tokio")]
pub(crate) use deframer::whole;
pub use frame::Frame;
#[cfg(feature = "tokio")]
pub(crate) use gate::{Gate, State};
pub use in_place::{FramesIn, ViewsIn, frames_in, views_in};
pub use layer::{Layer, Unwrapped};
pub use lent::Lent;
pub use limits::{Limits, Oversize};
pub use report::Report;
pub use views::Views;
