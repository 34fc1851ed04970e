//! A server for a client: the next one, and the next but one if it does not accept.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Proxy;
use super::backends::Backend;

/// One connection of a server, which is counted as long as this lives.
pub(super) struct Lease {
    proxy: Arc<Proxy>,
    index: usize,
}

impl Lease {
    pub(super) fn backend(&self) -> &Backend {
        self.proxy.backends.get(self.index)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.proxy.backends.leave(self.index);
    }
}

/// Connects to the server whose turn it is, or to another one if that fails; `None` if all have failed that are tried.
pub(super) async fn connect(proxy: &Arc<Proxy>) -> Option<(TcpStream, Lease)> {
    let backends = &proxy.backends;
    let mut tried = Vec::new();
    while let Some(index) = backends.enter(&tried) {
        let lease = Lease { proxy: proxy.clone(), index };
        match within(proxy.config.connect_timeout, backends.get(index).address).await {
            Ok(server) => {
                backends.connected(index);
                return Some((server, lease));
            }
            Err(_) => backends.failed(index),
        }
        if tried.len() == proxy.config.retries {
            return None;
        }
        tried.push(index);
    }
    None
}

/// A connection to `address` that was accepted in time, and tells small messages at once.
pub(super) async fn within(time: Duration, address: SocketAddr) -> io::Result<TcpStream> {
    let server = timeout(time, TcpStream::connect(address)).await.map_err(|_| io::ErrorKind::TimedOut)??;
    server.set_nodelay(true)?;
    Ok(server)
}
