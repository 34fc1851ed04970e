//! Files whose bytes tell their place, and pairs of sockets.

use std::fs::File;
use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use wireview::FileRegion;
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::tokio::Connection;

/// Whether the kernel moves bytes here, or the portable half does.
pub(crate) const IN_KERNEL: bool = cfg!(all(target_os = "linux", not(wireview_portable)));

pub(crate) type Codec = LengthPrefixed<U32Be>;
pub(crate) type Conn = Connection<TcpStream, Codec>;

pub(crate) fn codec() -> Codec {
    LengthPrefixed::new(1 << 30)
}

/// `len` bytes from `at` on of a stream in which no two places close to each other look the same.
pub(crate) fn pattern(at: u64, len: usize) -> Vec<u8> {
    (at..at + len as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// A temporary file of `len` bytes of the pattern, without a name.
pub(crate) fn file(len: usize) -> Arc<File> {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&pattern(0, len)).expect("room");
    Arc::new(file)
}

pub(crate) fn region(file: &Arc<File>, offset: u64, len: u64) -> FileRegion {
    FileRegion::new(file.clone(), offset, len).expect("inside the file")
}

/// Two ends of one TCP connection.
pub(crate) async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.expect("it listens"), far.expect("somebody connects").0)
}

/// The same with a send buffer on the first end that holds next to nothing.
pub(crate) async fn tight() -> (TcpStream, TcpStream) {
    let (near, far) = sockets().await;
    #[cfg(unix)]
    rustix::net::sockopt::set_socket_send_buffer_size(&near, 4096).expect("a socket option");
    (near, far)
}

/// A connection that was asked to use the kernel, and its peer.
pub(crate) fn kernel((near, far): (TcpStream, TcpStream)) -> (Conn, TcpStream) {
    (Connection::new(near, codec()).kernel(), far)
}
