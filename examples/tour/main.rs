//! The tour: a Redis client and server on wireview talk over loopback TCP, and everything they say is checked.
//!
//! `cargo run --release --example tour`
//!
//! ```text
//!  arrived   a few messages as views, and where the kernel wrote them
//!  traffic   pipelined Redis commands, every answer checked
//!  race      length-prefixed frames, beside tokio_util, on the same bytes
//!  ledger    what was copied, shared, moved and allocated on the way
//! ```

mod arrived;
#[path = "../../benches/support/machine.rs"]
mod machine;
mod print;
mod race;
mod receive;
#[path = "../kv/server/mod.rs"]
mod server;
mod traffic;

use std::alloc::System;
use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::thread::{self, JoinHandle};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Counts what is allocated, by whichever contender.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Starts a Redis-compatible server on wireview, talks to it over loopback TCP, checks every answer, and shows what
/// arrived, how fast it did beside tokio_util, and what was copied on the way.
///
/// Takes less than ten seconds. The exit code is 0 if every answer was right.
#[derive(Parser)]
#[command(about, long_about)]
struct Args {
    /// A few rounds only, to see that everything is right; the figures mean little then
    #[arg(long)]
    quick: bool,
}

/// What is handed from one part of the tour to the next.
struct Tour {
    runtime: Runtime,
    rounds: usize,
    bar: ProgressBar,
    checks: Checks,
    /// The contenders of each part that had a connection, for the ledger.
    books: Vec<(String, Vec<print::Row>)>,
}

/// The answers that were checked.
#[derive(Default)]
struct Checks {
    right: u64,
    wrong: u64,
}

impl Checks {
    #[inline]
    fn check(&mut self, is_right: bool, what: impl FnOnce() -> String) {
        if is_right {
            self.right += 1;
            return;
        }
        self.wrong += 1;
        if self.wrong <= 10 {
            eprintln!("WRONG: {}", what());
        }
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let rounds = if Args::parse().quick { 3 } else { 31 };
    println!("wireview tour: medians of {rounds} interleaved rounds; {}", machine::line());
    let server = Server::start()?;
    let mut tour = Tour {
        runtime: Builder::new_current_thread().enable_all().build()?,
        rounds,
        // Drawn on a terminal only.
        bar: ProgressBar::new((rounds as u64 + 1) * 4)
            .with_style(ProgressStyle::with_template("{msg:>10} {bar:50} {percent:>3} %, {eta} left")?),
        checks: Checks::default(),
        books: Vec::new(),
    };
    arrived::show(&mut tour, server.address)?;
    traffic::drive(&mut tour, server.address)?;
    race::run(&mut tour)?;
    tour.bar.finish_and_clear();
    print::ledger(&tour.books);
    server.stop()?;

    let Checks { right, wrong } = tour.checks;
    println!("\n{} answers and sums checked: {right} right, {wrong} wrong", right + wrong);
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The server of `examples/kv`, in a thread of its own.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Server {
    fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            Builder::new_current_thread().enable_all().build()?.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                server::serve(listener, server::Options::default(), async { drop(stopped.await) }).await
            })
        });
        Ok(Self { address, stop, thread })
    }

    fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.thread.join().map_err(|_| io::Error::other("the server panicked"))?
    }
}
