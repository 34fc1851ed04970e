//! Drivers for tokio.
//!
//! | type | what it is |
//! | --- | --- |
//! | [`Connection`] | a stream with a deframer and a send queue: lends frames and queue together |
//! | [`Receiver`], [`Sender`] | its halves, for two tasks |
//! | [`Frames`] | a connection as a `Stream` of owned frames |
//! | [`Compat`] | a codec as `tokio_util::codec::{Decoder, Encoder}`, for services built on `Framed` |
//! | [`Layered`] | a stream above a record or compression layer |
//!
//! All of them keep their progress in themselves: a future that is dropped loses no received frame and tears no sent one.

mod compat;
mod connection;
mod half;
mod inflow;
mod layered;
mod outflow;
mod stream;
mod timer;
mod trace;

pub use compat::Compat;
pub use connection::{Connection, Parts};
pub use half::{Receiver, Sender};
pub use layered::Layered;
#[cfg(all(feature = "kernel", target_os = "linux", not(wireview_portable)))]
pub(crate) use outflow::Outflow;
pub use stream::Frames;
pub use timer::Deadlines;
