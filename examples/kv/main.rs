//! A server that Redis clients take for one of theirs.
//!
//! `cargo run --release --example kv -- --listen 127.0.0.1:6380`, and then `redis-cli -p 6380`.

mod server;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use wireview::tokio::Deadlines;

/// A Redis-compatible key-value server in one thread, on wireview.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 lets the system choose one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:6380")]
    listen: SocketAddr,
    /// Close connections that send nothing for so long
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// Close connections that take longer to send one command
    #[arg(long, value_name = "SECONDS")]
    frame: Option<u64>,
    /// Drop a replica for which more than this waits
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    replica_limit: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let Args { listen, idle, frame, replica_limit } = Args::parse();
    let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
    let deadlines = Deadlines { idle: seconds(idle), frame: seconds(frame), write: None };
    let replica_limit = u64::from(replica_limit) << 20;
    let options = server::Options { deadlines, replica_limit, ..server::Options::default() };
    let stop = stop()?;
    let listener = TcpListener::bind(listen).await?;
    println!("listening on {}", listener.local_addr()?);
    server::serve(listener, options, stop).await
}

/// Waits for SIGTERM or SIGINT, which are caught from now on.
#[cfg(unix)]
fn stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
