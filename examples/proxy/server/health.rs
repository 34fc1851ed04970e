//! Is a server up?

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::time::sleep;
use wireview_codecs::proxy::{Header, Version};

use super::preface::{between, written};
use super::{Checks, Proxy, connect};

/// Asks server `index` again and again whether it accepts.
pub(super) async fn watch(proxy: Arc<Proxy>, index: usize, checks: Checks) {
    let address = proxy.backends.get(index).address;
    loop {
        sleep(checks.interval).await;
        proxy.backends.checked(index, ask(&proxy, address).await.is_ok());
    }
}

/// Connects, and says who does if a header is expected: the proxy itself.
async fn ask(proxy: &Proxy, address: SocketAddr) -> io::Result<()> {
    let mut server = connect::within(proxy.config.connect_timeout, address).await?;
    match proxy.config.header_out {
        None => Ok(()),
        Some(Version::V2) => server.write_all(&written(Header::local())).await,
        // There is no way to say it; the true addresses are right.
        Some(version) => server.write_all(&written(between(version, server.local_addr()?, address))).await,
    }
}
