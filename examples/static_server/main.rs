//! A file server: ranges, conditions, precompressed files, an open-file cache, metrics; by `sendfile`.
//!
//! `cargo run --release --features kernel --example static_server -- --root DIR`, and then `curl http://127.0.0.1:8080/`.

mod server;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use clap::Parser;
use server::{Root, Settings, Site};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// Serves the files of a directory over HTTP/1.1, on wireview.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 lets the system choose one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The directory to serve
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// How many threads serve, each with connections and a cache of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// Where to answer /metrics
    #[arg(long, value_name = "ADDR:PORT")]
    metrics: Option<SocketAddr>,
    /// The file that stands for its directory
    #[arg(long, value_name = "NAME", default_value = "index.html")]
    index: String,
    /// List directories that have no such file
    #[arg(long)]
    listing: bool,
    /// Serve files whose names begin with a dot, too
    #[arg(long)]
    hidden: bool,
    /// The Cache-Control of files
    #[arg(long, value_name = "VALUE")]
    cache_control: Option<String>,
    /// How many files each thread keeps open; 0 keeps none
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    cached: usize,
    /// How long an open file is believed to be the one under its name
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    valid: f64,
    /// Close connections that ask for nothing for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 75.0)]
    idle: f64,
    /// Close connections that take longer for the head of a request
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    head: f64,
    /// Close connections that take no byte of an answer for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    write: f64,
    /// How many connections each thread holds
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    connections: usize,
    /// How long answers under way may take once the server is told to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    grace: f64,
    /// Serve by TLS, with this chain of certificates (PEM); the kernel encrypts where it can
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The key of the certificate (PEM)
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Write an access log; - is standard error
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let settings = settings(&args)?;
    let Args { listen, root, threads, metrics, log, .. } = &args;
    let root = Root::new(root, settings.hidden)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", root.display())))?;
    let site = Site::new(root, settings, (*threads).into());
    #[cfg(feature = "tls")]
    let site = match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => site.with_tls(server::Tls::new(cert, key)?),
        _ => site,
    };
    let site = Arc::new(site);
    raise_open_files();

    let runtime = new_runtime()?;
    let stop = runtime.block_on(async { stop() })?;
    let listeners = listen_often(&runtime, *listen, (*threads).into())?;
    let metrics = match metrics {
        Some(addr) => Some(runtime.block_on(TcpListener::bind(addr))?),
        None => None,
    };
    println!("listening on {}", listeners[0].local_addr()?);
    #[cfg(feature = "tls")]
    if args.cert.is_some() {
        use wireview::tls::{TlsPath, kernel_support};
        println!(
            "encrypted by {}",
            kernel_support().map_or_else(|reason| TlsPath::Rustls { reason }, |_| TlsPath::Kernel)
        );
    }
    if let Some(metrics) = &metrics {
        println!("metrics on http://{}/metrics", metrics.local_addr()?);
    }

    let logger = log.as_deref().map(|file| start_log(site.clone(), file)).transpose()?;
    let (stopping, stopped) = watch::channel(());
    let workers: Vec<_> = listeners
        .into_iter()
        .enumerate()
        .map(|(worker, listener)| {
            let (site, mut stopped) = (site.clone(), stopped.clone());
            thread::spawn(move || {
                new_runtime()?.block_on(async {
                    let listener = TcpListener::from_std(listener)?;
                    server::serve(site, worker, listener, async { drop(stopped.changed().await) }).await
                })
            })
        })
        .collect();
    runtime.block_on(async {
        if let Some(metrics) = metrics {
            tokio::spawn(server::report(site, metrics));
        }
        stop.await;
    });
    drop(stopping);
    for worker in workers {
        worker.join().map_err(|_| io::Error::other("a worker panicked"))??;
    }
    if let Some((stop_log, logger)) = logger {
        drop(stop_log);
        logger.join().map_err(|_| io::Error::other("the log panicked"))??;
    }
    Ok(())
}

fn settings(args: &Args) -> io::Result<Settings> {
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).map_err(io::Error::other);
    Ok(Settings {
        index: args.index.clone(),
        listing: args.listing,
        hidden: args.hidden,
        cache_control: args.cache_control.clone(),
        cached: args.cached,
        valid: seconds(args.valid)?,
        idle: seconds(args.idle)?,
        head: seconds(args.head)?,
        write: seconds(args.write)?,
        connections: args.connections,
        grace: seconds(args.grace)?,
        log: args.log.clone(),
    })
}

fn new_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// A listener for each thread, all at one address: the kernel deals the connections out.
fn listen_often(runtime: &Runtime, addr: SocketAddr, count: usize) -> io::Result<Vec<std::net::TcpListener>> {
    let _guard = runtime.enter();
    let mut addr = addr;
    let mut listeners = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // Only where it is needed: it would let a second server share the port unnoticed.
        socket.set_reuseport(count > 1)?;
        socket.bind(addr)?;
        let listener = socket.listen(4096)?.into_std()?;
        addr = listener.local_addr()?;
        listeners.push(listener);
    }
    Ok(listeners)
}

type Logger = (mpsc::Sender<()>, thread::JoinHandle<io::Result<()>>);

fn start_log(site: Arc<Site>, file: &Path) -> io::Result<Logger> {
    let mut file: Box<dyn Write + Send> = if file == Path::new("-") {
        Box::new(io::stderr())
    } else {
        Box::new(OpenOptions::new().append(true).create(true).open(file)?)
    };
    let (stop, stopped) = mpsc::channel();
    Ok((stop, thread::spawn(move || server::write_log(&site, &mut *file, &stopped))))
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
