//! Bytes that never pass through user space.
//!
//! | what | goes from | to | by |
//! | --- | --- | --- | --- |
//! | a [`FileRegion`](crate::FileRegion) in the send queue of a connection | a file | a socket | `sendfile` |
//! | a streamed body: [`body_to`](crate::tokio::Connection::body_to) | a socket | a socket | `splice` |
//! | a streamed body: [`body_to_file`](crate::tokio::Connection::body_to_file) | a socket | a file | aligned copies, or `splice` |
//! | two whole connections: [`Forwarding`] | a socket | a socket | `splice` |
//! | [`Mapped`] | a file | a codec, or a socket | the memory it is mapped to |
//!
//! The guide says which way a byte takes, and what it costs: [bytes that stay in the kernel](crate::guide::kernel_zero_copy).
//!
//! A connection is asked for it once, where its stream is known to be a socket:
//!
//! ```no_run
//! # #[cfg(feature = "tokio")] {
//! use wireview::FileRegion;
//! use wireview::formats::Lines;
//! use wireview::tokio::Connection;
//!
//! # async fn serve(stream: tokio::net::TcpStream) -> Result<(), wireview::Fault> {
//! let mut conn = Connection::new(stream, Lines::new(1000)).kernel();
//! let file = std::fs::File::open("movie.mp4")?.into();
//! conn.out().copy(b"here it comes:\n");
//! conn.out().file(FileRegion::whole(file)?);
//! conn.flush().await?; // one `sendmsg`, then `sendfile`
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! A connection that was not asked does what it always did: regions are read in the pool for blocking calls, and written.
//!
//! # Where
//! Linux, through [rustix](https://docs.rs/rustix). Everywhere else the same types copy. `--cfg wireview_portable` builds
//! that half on Linux.

#[cfg(feature = "tokio")]
mod body;
#[cfg(feature = "tokio")]
mod body_file;
#[cfg(feature = "tokio")]
mod flow;
#[cfg(feature = "tokio")]
mod forward;
#[cfg(all(target_os = "linux", not(wireview_portable)))]
mod linux;
#[cfg(all(feature = "tokio", target_os = "linux", not(wireview_portable)))]
mod outflow;
mod socket;
mod source;
#[cfg(all(target_os = "linux", not(wireview_portable)))]
mod write;

#[cfg(feature = "tokio")]
pub use body::BodyFault;
#[cfg(feature = "tokio")]
pub use body_file::BodyFile;
#[cfg(feature = "tokio")]
pub(crate) use flow::Flow;
#[cfg(feature = "tokio")]
pub use forward::{Broken, Forwarding, Passed, Side, forward};
#[cfg(all(feature = "tokio", target_os = "linux", not(wireview_portable)))]
pub(crate) use linux::Warmth;
pub use socket::{KernelSink, KernelStream, Socket};
pub use source::{FileSource, Mapped};

/// File regions shorter than this are read, and leave with the memory around them: `sendfile` would cost more.
pub const SENDFILE_FROM: u64 = 8 * 1024;

/// How much of a region one call hands to the kernel. A call with more would keep the reactor from other work; four with a
/// quarter of it each cost a third more processor time, because the last packet of each is a short one.
pub const SENDFILE_CHUNK: usize = 1024 * 1024;

/// How much the kernel moves for one task before others have their turn: a peer that takes everything at once would
/// otherwise have the thread for itself.
#[cfg(feature = "tokio")]
const BURST: u64 = 2 * 1024 * 1024;
