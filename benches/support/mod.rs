//! Contenders side by side: every round runs each of them once, and what is compared is the median of the rounds.
//!
//! ```text
//!  round 1   floor  ours  peer  peer        a slow second of the machine hits all of them,
//!  round 2   floor  ours  peer  peer        and the median forgets it
//!  …
//! ```
//!
//! ```ignore
//! mod support;
//!
//! fn main() {
//!     let bench = support::Bench::from_args("resp");
//!     let mut race = bench.race("SET 16 B", "command", 1000); // a call of a contender handles 1000 commands
//!     race.add("hand walk", || walk(&input)); // the first one is what the others are compared with
//!     race.add("wireview", || ours(&input));
//!     let medians = race.run(); // ns a command, in the order of `add`
//! }
//! ```
//!
//! `cargo bench --bench resp` measures, `-- --test` calls each contender once, `-- WORD` runs the races with `WORD` in
//! their title, `-- --instructions` counts instructions under valgrind instead of time. A contender's result must go through
//! `black_box` in its closure.

#![allow(dead_code, unreachable_pub)] // Each bench uses a part of it.

mod count;
mod machine;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::time::{ClockId, clock_gettime};

use count::Count;

/// How long one timed sample of a contender should take.
const SAMPLE: Duration = Duration::from_millis(2);

/// How many samples each contender gives.
const ROUNDS: usize = 41;

/// What the command line asked for.
pub struct Bench {
    test: bool,
    instructions: bool,
    count: Option<Count>,
    filter: Option<String>,
}

impl Bench {
    /// Reads the command line and prints where this runs.
    pub fn from_args(name: &str) -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let has = |flag: &str| args.iter().any(|arg| arg == flag);
        let (test, instructions, count) = (has("--test"), has("--instructions"), Count::from_args(&args));
        if instructions {
            println!("{name}: instructions; {}", machine::line());
        } else if !test && count.is_none() {
            println!("{name}: medians of {ROUNDS} interleaved rounds; {}", machine::line());
        }
        let filter = args.into_iter().find(|arg| !arg.starts_with('-'));
        Self { test, instructions, count, filter }
    }

    /// Whether everything is to run once, without measuring.
    pub const fn is_test(&self) -> bool {
        self.test
    }

    /// Whether contenders are to be held against each other before they run: not if their instructions are counted.
    pub const fn is_checked(&self) -> bool {
        self.count.is_none()
    }

    /// Whether the command line asked for races called so.
    pub fn wants(&self, title: &str) -> bool {
        if let Some(count) = &self.count {
            return count.title == title;
        }
        self.filter.as_ref().is_none_or(|word| title.contains(word.as_str()))
    }

    /// A race in which one call of a contender handles `units` things called `unit`.
    pub fn race<'a>(&'a self, title: &'a str, unit: &'a str, units: u64) -> Race<'a> {
        Race { bench: self, title, unit, units, clock: wall, contenders: Vec::new() }
    }
}

/// Contenders that do the same work.
pub struct Race<'a> {
    bench: &'a Bench,
    title: &'a str,
    unit: &'a str,
    units: u64,
    clock: fn() -> Duration,
    contenders: Vec<Contender<'a>>,
}

struct Contender<'a> {
    name: String,
    call: Box<dyn FnMut() + 'a>,
    samples: Vec<f64>,
}

impl<'a> Race<'a> {
    /// As [`Bench::is_checked`].
    pub const fn is_checked(&self) -> bool {
        self.bench.is_checked()
    }

    /// Adds a contender. The first is the one that the ratios refer to.
    pub fn add<R>(&mut self, name: impl Into<String>, mut call: impl FnMut() -> R + 'a) {
        let call = Box::new(move || drop(std::hint::black_box(call())));
        self.contenders.push(Contender { name: name.into(), call, samples: Vec::new() });
    }

    /// Measures with `clock` instead of wall time, such as the processor time of this thread.
    pub fn timed_by(mut self, clock: fn() -> Duration) -> Self {
        self.clock = clock;
        self
    }

    /// Runs the race, prints its table, and returns the medians in ns a unit, in the order of [`add`](Self::add); nothing
    /// if the race was not asked for, or nothing is measured.
    pub fn run(mut self) -> Vec<f64> {
        if !self.bench.wants(self.title) {
            return Vec::new();
        }
        if let Some(count) = &self.bench.count {
            (0..count.calls).for_each(|_| (self.contenders[count.contender].call)());
            return Vec::new();
        }
        if self.bench.instructions {
            let each = (0..self.contenders.len()).map(|at| count::instructions(self.title, at) / self.units as f64);
            let counts: Vec<f64> = each.collect();
            self.print("instr", &counts);
            return counts;
        }
        if self.bench.test {
            self.contenders.iter_mut().for_each(|contender| (contender.call)());
            println!("{}: {} contenders ran", self.title, self.contenders.len());
            return Vec::new();
        }
        let calls: Vec<u32> = self.contenders.iter_mut().map(|contender| contender.calibrate(self.clock)).collect();
        for _ in 0..ROUNDS {
            for (contender, &calls) in self.contenders.iter_mut().zip(&calls) {
                let took = contender.time(calls, self.clock).as_nanos() as f64;
                contender.samples.push(took / f64::from(calls) / self.units as f64);
            }
        }
        let medians: Vec<f64> = self.contenders.iter_mut().map(Contender::median).collect();
        self.print("ns", &medians);
        medians
    }

    fn print(&self, what: &str, values: &[f64]) {
        println!("\n{:<44} {:>14} {:>8}", self.title, format!("{what}/{}", self.unit), "ratio");
        for (contender, value) in self.contenders.iter().zip(values) {
            println!("  {:<42} {:>14.2} {:>7.2}x", contender.name, value, value / values[0]);
        }
    }
}

impl Contender<'_> {
    fn time(&mut self, calls: u32, clock: fn() -> Duration) -> Duration {
        let start = clock();
        for _ in 0..calls {
            (self.call)();
        }
        clock() - start
    }

    /// Warms up, and finds how many calls make a sample.
    fn calibrate(&mut self, clock: fn() -> Duration) -> u32 {
        let mut calls = 1;
        loop {
            let took = self.time(calls, clock);
            if took >= SAMPLE / 2 || calls > 1 << 24 {
                let scale = SAMPLE.as_secs_f64() / took.as_secs_f64().max(1e-9);
                return ((f64::from(calls) * scale) as u32).max(1);
            }
            calls *= 2;
        }
    }

    fn median(&mut self) -> f64 {
        self.samples.sort_by(f64::total_cmp);
        self.samples[self.samples.len() / 2]
    }
}

/// What this thread has used of its processor, in user and kernel mode: that others want the processor does not count.
#[cfg(unix)]
pub fn thread_time() -> Duration {
    used(ClockId::ThreadCPUTime)
}

/// The same of all threads of this process.
#[cfg(unix)]
pub fn process_time() -> Duration {
    used(ClockId::ProcessCPUTime)
}

#[cfg(unix)]
fn used(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A size as it stands in titles.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

/// What was aimed at, a line each, and what came of it.
pub fn print_goals(goals: &[String]) {
    if !goals.is_empty() {
        println!("\ngoals, as ratios of what stands above");
    }
    goals.iter().for_each(|line| println!("{line}"));
}

/// Time since the first call.
fn wall() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
