//! A soak: many clients that behave badly talk to the server of `examples/kv` for as long as you like, every answer is
//! checked, and the server's process is watched for what it keeps.
//!
//! `cargo run --release --example soak -- --minutes 10`
//!
//! ```text
//!  soak (this process)                                      serve (this program again, with --serve)
//!    client ── raw: random pieces, bytes compared ──┐
//!    client ── framed: Connection, cancelled ───────┼──▶  the server of examples/kv
//!    pair   ── publisher and listener ──────────────┘        ▲
//!      │ asks by script, answers by model                    │ memory, heap, descriptors, threads
//!      └─ verdict ◀──────────────── process ─────────────────┘
//! ```

mod client;
mod framed;
mod listen;
#[path = "../../benches/support/machine.rs"]
mod machine;
mod model;
mod plant;
mod plot;
mod process;
mod raw;
mod script;
mod serve;
#[path = "../kv/server/mod.rs"]
mod server;
mod tally;
mod verdict;

use std::alloc::System;
use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{MissedTickBehavior, interval};

use self::client::Client;
use self::listen::Pair;
use self::plant::Plant;
use self::process::Process;
use self::tally::World;
use self::verdict::Run;

/// Counts what the server holds.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Where there is no terminal for a bar, a line is printed so often.
const EVERY: Duration = Duration::from_secs(10);

/// Starts the server of examples/kv in a process of its own and lets many clients at it: requests in random pieces, slow
/// readers, resets in the middle of requests and answers, half-closed streams, futures dropped while they wait.
///
/// The exit code is 0 if every answer was right and nothing leaked.
#[derive(Parser)]
#[command(about, long_about)]
struct Args {
    /// How long the clients go on
    #[arg(long, value_name = "MINUTES", default_value_t = 1.0, value_parser = minutes)]
    minutes: f64,
    /// How many clients there are at a time
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// What the clients do follows from it; drawn and printed, if not given
    #[arg(long)]
    seed: Option<u64>,
    /// Three seconds of 16 clients
    #[arg(long, conflicts_with_all = ["minutes", "connections"])]
    quick: bool,
    /// A fault that must be noticed
    #[arg(long, hide = true)]
    plant: Option<Plant>,
    #[arg(long, hide = true)]
    serve: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.01..=100_000.0).contains(&minutes) { Ok(minutes) } else { Err("not between 0.01 and 100000".into()) }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = Args::parse();
    if args.serve {
        return Ok(serve::serve(args.plant)?);
    }
    if args.quick {
        (args.minutes, args.connections) = (0.05, 16);
    }
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("wireview soak: {} clients, seed {seed}; {}", args.connections, machine::line());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (run, process) = LocalSet::new().block_on(&runtime, soak(&args, seed))?;
    Ok(if run.judge(process) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the clients, and looks at what they leave behind.
async fn soak(args: &Args, seed: u64) -> io::Result<(Run, Process)> {
    let plant = args.plant.and_then(|plant| plant.to_possible_value());
    let planted: Vec<&str> = plant.iter().flat_map(|plant| ["--plant", plant.get_name()]).collect();
    let mut process = Process::start(&planted)?;
    let pool = script::pool(&mut Rng::with_seed(seed));
    let world = Rc::new(World::new(process.address, pool));
    let mut run = Run::begin(&mut process, world.clone()).await?;

    let mut clients = JoinSet::new();
    for id in 0..usize::from(args.connections) {
        clients.spawn_local(Client::new(id, seed, world.clone()).live());
    }
    let mut pairs = JoinSet::new();
    for id in 0..usize::from(args.connections).div_ceil(16) {
        pairs.spawn_local(Pair::new(id, seed, world.clone()).live());
    }
    watch(&mut run, &mut process, Duration::from_secs_f64(args.minutes * 60.0)).await;
    world.over.set(true);
    if world.wrong.borrow().is_some() {
        // Others may wait for what never comes.
        clients.abort_all();
        pairs.abort_all();
    }
    let mut left: Vec<Client> = Vec::new();
    while let Some(ended) = clients.join_next().await {
        left.extend(ended.unwrap_or_else(|error| world.lost(&error)));
    }
    while let Some(ended) = pairs.join_next().await {
        ended.unwrap_or_else(|error| world.lost(&error));
    }
    run.end(&mut process, &mut left).await?;
    Ok((run, process))
}

/// Samples the server until the time is over, something went wrong, or Ctrl-C is pressed.
async fn watch(run: &mut Run, process: &mut Process, length: Duration) {
    let mut ticks = interval((length / 240).clamp(Duration::from_millis(50), Duration::from_secs(5)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let template = "{bar:30} {elapsed} of {len} s, {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(length.as_secs()).with_style(style);
    let (started, mut printed) = (Instant::now(), Instant::now());
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    while started.elapsed() < length && !run.world.over.get() {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut interrupted => {
                bar.suspend(|| eprintln!("interrupted"));
                break;
            }
        }
        run.sample(process);
        bar.set_position(started.elapsed().as_secs());
        bar.set_message(run.line());
        if bar.is_hidden() && printed.elapsed() >= EVERY {
            printed = Instant::now();
            eprintln!("{:>6.0} s  {}", started.elapsed().as_secs_f64(), run.line());
        }
    }
    bar.finish_and_clear();
    run.length = started.elapsed();
}
