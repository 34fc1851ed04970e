//! A log server that Kafka's clients talk to: one node, durable logs, records from the disk to the socket by `sendfile`.
//!
//! `cargo run --release --features kernel --example log_server -- --dir DIR`, and then
//! `kcat -b 127.0.0.1:9092 -P -t news` and `kcat -b 127.0.0.1:9092 -C -t news`.

mod server;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use server::{Broker, Config, Fsync, Settings, Way};
use tokio::net::TcpListener;

/// A single-node log that speaks Kafka's protocol, on wireview.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 lets the system choose one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9092")]
    listen: SocketAddr,
    /// What clients are told to connect to, if it is not the address above
    #[arg(long, value_name = "HOST")]
    advertise: Option<String>,
    /// The directory of the logs
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// When to bring batches to the disk: `batch` before they are acknowledged, `none`, or every so many milliseconds
    #[arg(long, value_name = "batch|none|MS", default_value = "batch", value_parser = fsync)]
    fsync: Fsync,
    /// Where to answer /metrics
    #[arg(long, value_name = "ADDR:PORT")]
    metrics: Option<SocketAddr>,
    /// Do not make topics that are produced to
    #[arg(long)]
    no_auto_create: bool,
    /// How many partitions a topic has that does not say it
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    partitions: i32,
    /// Delete the oldest segments of partitions that are larger
    #[arg(long, value_name = "BYTES", default_value_t = -1, allow_hyphen_values = true)]
    retention_bytes: i64,
    /// Delete segments whose records are older
    #[arg(long, value_name = "MS", default_value_t = 7 * 24 * 3600 * 1000, allow_hyphen_values = true)]
    retention_ms: i64,
    /// How often to look
    #[arg(long, value_name = "MS", default_value_t = 30_000)]
    retention_check: u64,
    /// How long a segment is
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30, value_parser = clap::value_parser!(u64).range(1024..))]
    segment_bytes: u64,
    /// The longest batch
    #[arg(long, value_name = "BYTES", default_value_t = 1_048_588)]
    max_message_bytes: usize,
    /// Records have the time at which they were appended
    #[arg(long)]
    append_time: bool,
    /// The longest request
    #[arg(long, value_name = "BYTES", default_value_t = 100 << 20, value_parser = clap::value_parser!(u32).range(1024..=1 << 30))]
    max_request: u32,
    /// How long requests under way may take once the server is told to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u64,
    /// How records leave: `sendfile`, or `mapped`, `write` and `read` to compare
    #[arg(long, value_name = "WAY", default_value = "sendfile", value_parser = way, hide = true)]
    way: Way,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let args = Args::parse();
    let settings = Settings {
        fsync: args.fsync,
        auto_create: !args.no_auto_create,
        partitions: args.partitions,
        config: Config {
            retention_bytes: args.retention_bytes,
            retention_ms: args.retention_ms,
            segment_bytes: args.segment_bytes,
            max_message_bytes: args.max_message_bytes,
            append_time: args.append_time,
        },
        max_request: args.max_request,
        retention_check: Duration::from_millis(args.retention_check.max(1)),
        grace: Duration::from_secs(args.grace),
        way: args.way,
        ..Settings::default()
    };
    raise_open_files();
    let stop = stop()?;
    let mut broker = Broker::open(&args.dir, settings)?;
    let listener = TcpListener::bind(args.listen).await?;
    let addr = listener.local_addr()?;
    broker.advertise(args.advertise.unwrap_or_else(|| addr.ip().to_string()), addr);
    let broker = Arc::new(broker);
    println!("listening on {addr}");
    if let Some(metrics) = args.metrics {
        let metrics = TcpListener::bind(metrics).await?;
        println!("metrics on http://{}/metrics", metrics.local_addr()?);
        tokio::spawn(server::report(broker.clone(), metrics));
    }
    server::serve(broker, listener, stop).await
}

fn fsync(text: &str) -> Result<Fsync, String> {
    match text {
        "batch" => Ok(Fsync::Batch),
        "none" => Ok(Fsync::None),
        ms => match ms.parse() {
            Ok(ms) if ms > 0 => Ok(Fsync::Interval(Duration::from_millis(ms))),
            _ => Err("neither batch nor none nor a number of milliseconds".into()),
        },
    }
}

fn way(text: &str) -> Result<Way, String> {
    match text {
        "sendfile" => Ok(Way::Sendfile),
        "mapped" => Ok(Way::Mapped),
        "write" => Ok(Way::Write),
        "read" => Ok(Way::Read),
        _ => Err("none of sendfile, mapped, write, read".into()),
    }
}

/// As many open files as the system allows. Fewer will do.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Waits for SIGTERM or SIGINT, which are caught from now on.
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
