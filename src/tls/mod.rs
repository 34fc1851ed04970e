//! TLS below a [`Connection`](crate::tokio::Connection), by the kernel where it can, and by rustls where it cannot.

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
