//! A load balancer for TCP: connections are spread over servers and joined by splice.
//!
//! `cargo run --release --features kernel --example proxy -- --listen 127.0.0.1:8080 --to 127.0.0.1:9001 127.0.0.1:9002`

mod server;

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tokio::net::TcpSocket;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use wireview_codecs::proxy::{Headers, Version};

use self::server::{Balance, Checks, Config, Told};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 4096;

/// A load balancer for TCP, on wireview: connections are joined by splice.
///
/// SIGTERM and SIGINT end it once its connections have ended, a second one at once; SIGUSR1 prints its counters.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 lets the system choose one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The servers
    #[arg(long, value_name = "ADDR:PORT", required = true, num_args = 1..)]
    to: Vec<SocketAddr>,
    /// Which server gets the next connection
    #[arg(long, value_enum, default_value = "round-robin")]
    balance: By,
    /// How long a server may take to accept
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    connect_timeout: Duration,
    /// How many other servers are tried when one does not accept
    #[arg(long, value_name = "COUNT", default_value = "3")]
    retries: usize,
    /// Close connections on which nothing has moved for so long, up to a quarter longer; 0 never does
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    idle: Duration,
    /// How many connections there may be at a time; more wait to be accepted
    #[arg(long, value_name = "COUNT", default_value = "100000")]
    max: NonZero<usize>,
    /// How often each server is asked whether it accepts; 0 never does
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    check: Duration,
    /// How many checks in a row must succeed before a server is up again
    #[arg(long, value_name = "COUNT", default_value = "2")]
    rise: NonZero<u32>,
    /// How many checks or connections in a row must fail before a server is down
    #[arg(long, value_name = "COUNT", default_value = "3")]
    fall: NonZero<u32>,
    /// Which PROXY header clients begin with. All must: bytes are never taken for one by guess
    #[arg(long, value_enum, default_value = "off")]
    proxy_in: Accepted,
    /// How long a client may take to send it
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    proxy_timeout: Duration,
    /// Which PROXY header servers are sent
    #[arg(long, value_enum, default_value = "off")]
    proxy_out: Sent,
    /// How long connections may go on once the proxy is told to end
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    drain: Duration,
    /// Print the counters so often
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    stats: Option<Duration>,
    /// How many threads do the work
    #[arg(long, value_name = "COUNT", default_value = "1")]
    threads: NonZero<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    /// One after the other
    RoundRobin,
    /// The one that has the fewest
    LeastConnections,
}

#[derive(Clone, Copy, ValueEnum)]
enum Accepted {
    /// None
    Off,
    /// Version 1
    V1,
    /// Version 2
    V2,
    /// Either version
    Auto,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sent {
    /// None
    Off,
    /// Version 1
    V1,
    /// Version 2
    V2,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    #[cfg(unix)]
    take_all_descriptors();
    let mut runtime = if args.threads.get() == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    let runtime = runtime.worker_threads(args.threads.get()).enable_all().build()?;
    runtime.block_on(run(&args))
}

/// Has as many descriptors as the system lets a process have: a connection takes two.
#[cfg(unix)]
fn take_all_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // What is refused is missed when there are many connections, and not before.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

async fn run(args: &Args) -> io::Result<()> {
    let config = Config {
        balance: match args.balance {
            By::RoundRobin => Balance::RoundRobin,
            By::LeastConnections => Balance::LeastConnections,
        },
        connect_timeout: args.connect_timeout,
        retries: args.retries,
        idle: Some(args.idle).filter(|idle| !idle.is_zero()),
        max: args.max.get(),
        checks: (!args.check.is_zero()).then_some(Checks {
            interval: args.check,
            rise: args.rise.get(),
            fall: args.fall.get(),
        }),
        header_in: match args.proxy_in {
            Accepted::Off => None,
            Accepted::V1 => Some(Headers::only(Version::V1)),
            Accepted::V2 => Some(Headers::only(Version::V2)),
            Accepted::Auto => Some(Headers::new()),
        },
        header_timeout: args.proxy_timeout,
        header_out: match args.proxy_out {
            Sent::Off => None,
            Sent::V1 => Some(Version::V1),
            Sent::V2 => Some(Version::V2),
        },
        drain: args.drain,
        stats: args.stats.filter(|every| !every.is_zero()),
    };
    let told = signals()?;
    let socket = if args.listen.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(args.listen)?;
    let listener = socket.listen(BACKLOG)?;
    println!("listening on {}", listener.local_addr()?);
    server::serve(listener, &args.to, config, told).await;
    Ok(())
}

/// What the process is told from outside, as long as it lives.
#[cfg(unix)]
fn signals() -> io::Result<mpsc::UnboundedReceiver<Told>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (tell, told) = mpsc::unbounded_channel();
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut user = signal(SignalKind::user_defined1())?;
    tokio::spawn(async move {
        loop {
            let told = tokio::select! {
                _ = term.recv() => Told::End,
                _ = interrupt.recv() => Told::End,
                _ = user.recv() => Told::Report,
            };
            if tell.send(told).is_err() {
                return;
            }
        }
    });
    Ok(told)
}

#[cfg(not(unix))]
fn signals() -> io::Result<mpsc::UnboundedReceiver<Told>> {
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && tell.send(Told::End).is_ok() {} });
    Ok(told)
}
