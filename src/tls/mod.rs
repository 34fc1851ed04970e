//! TLS below a [`Connection`](crate::tokio::Connection): by the kernel where it can, by rustls where it cannot, and which is told.
//!
//! ```text
//!                     ┌── kernel ── TCP_ULP, TLS_TX, TLS_RX ──▶ KernelTls: writev and sendfile, plain, on the socket
//! accept / connect ───┤
//!   (rustls)          └── otherwise, with a Reason ───────────▶ tokio-rustls, which copies
//! ```
//!
//! An [`Acceptor`] or [`Connector`] makes a [`TlsStream`], whose [`path`](TlsStream::path) says who encrypts it, and whose
//! [`session`](TlsStream::session) what was agreed. The handshake is always that of rustls. It is read record by record, so that
//! not a byte behind it is in rustls's hands when the kernel goes on. The guide tells which path is taken when, what the
//! kernel's path lacks, and on which crates it stands: [TLS below a connection](crate::guide::tls).
//!
//! | type | what it is |
//! | --- | --- |
//! | [`Acceptor`], [`Connector`] | make streams, of a server's or a client's configuration |
//! | [`TlsStream`] | a stream of either path |
//! | [`KernelTls`] | one of the kernel's path, whose socket takes plain bytes |
//! | [`TlsPath`], [`Reason`] | who encrypts, and why not the kernel |
//! | [`kernel_support`] | what the kernel can do, asked once |
//! | [`KernelFault`] | why a connection of the kernel's path cannot go on |

mod accept;
mod kernel;
mod path;
mod records;
mod stream;

pub use accept::{Acceptor, Connector};
pub use kernel::{KernelFault, KernelTls, Support, kernel_support};
pub use path::{Reason, Session, TlsPath};
pub use stream::TlsStream;
/// The version of rustls that configurations are made with.
pub use tokio_rustls::rustls;
