//! Many RESP inputs through all laws and beside redis-protocol, faster than under a fuzzer and without its search.
//!
//! `cargo run --release --example differential -- --inputs 10000000`
//!
//! Half are requests, half replies. Most are seeds, regressions, collected corpora and captured streams, spoiled in one to
//! three ways; the rest is drawn from the letters of RESP. What is not on the list of justified differences
//! (`src/targets/peer.rs`) is a panic with the input.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use wireview::laws;
use wireview_fuzz::targets::{Compared, compare_replies, compare_requests};

/// Compares what wireview reads of RESP with what redis-protocol reads.
#[derive(Parser)]
struct Args {
    /// How many inputs
    #[arg(long, default_value_t = 100_000)]
    inputs: u64,
    /// How long an input may be, in bytes
    #[arg(long, default_value_t = 96)]
    max_len: usize,
    /// Where the numbers begin from which inputs are made
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Inputs between two looks at the bar.
const STRIDE: u64 = 1024;

/// One input in so many is drawn from `LETTERS` alone.
const RANDOM: u64 = 8;
const LETTERS: &[u8] = b"*$+-:_#,(=!%~>|?;.\r\n\r\n\r\n00112345ab";

fn main() {
    let Args { inputs, max_len, seed } = Args::parse();
    let (requests, replies) = (sources("requests", "client"), sources("replies", "server"));
    println!(
        "{inputs} inputs of at most {max_len} bytes, made from {} requests and {} replies",
        requests.len(),
        replies.len()
    );
    let bar = ProgressBar::new(inputs).with_style(
        ProgressStyle::with_template("{bar:40} {percent}% {per_sec}, {eta} left").expect("a lawful template"),
    );
    let started = Instant::now();
    let next = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let total = thread::scope(|scope| {
        let work = || {
            let mut sums = [Compared::default(); 2];
            loop {
                let from = next.fetch_add(STRIDE, Ordering::Relaxed);
                if from >= inputs {
                    return sums;
                }
                let to = (from + STRIDE).min(inputs);
                for number in from..to {
                    let number = seed.wrapping_add(number);
                    let which = (number % 2) as usize;
                    let input = input([&requests, &replies][which], max_len, number);
                    let compared = [compare_requests, compare_replies][which](&input);
                    sums[which] = sum(sums[which], compared);
                }
                bar.inc(to - from);
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().fold([Compared::default(); 2], |total, thread| {
            let [requests, replies] = thread.join().expect("an input on which the two differ: see above");
            [sum(total[0], requests), sum(total[1], replies)]
        })
    });
    bar.finish_and_clear();
    println!("{:>28} {:>12} {:>12}", "", "requests", "replies");
    let row = |name: &str, of: fn(&Compared) -> u64| println!("{name:>28} {:>12} {:>12}", of(&total[0]), of(&total[1]));
    row("read as the same", |compared| compared.same);
    row("not asked of the peer", |compared| compared.ours_alone);
    row("only the peer: lenient", |compared| compared.lenient);
    row("only the peer: a limit", |compared| compared.above_a_limit);
    let seconds = started.elapsed().as_secs_f64();
    println!("no other difference; {seconds:.0} s, {:.0} inputs a second", inputs as f64 / seconds);
}

const fn sum(one: Compared, two: Compared) -> Compared {
    Compared {
        same: one.same + two.same,
        ours_alone: one.ours_alone + two.ours_alone,
        lenient: one.lenient + two.lenient,
        above_a_limit: one.above_a_limit + two.above_a_limit,
    }
}

/// The input that belongs to a number.
fn input(sources: &[Vec<u8>], max_len: usize, number: u64) -> Vec<u8> {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let pick = |shift: u32| &sources[(mixed.rotate_left(shift) % sources.len() as u64) as usize];
    let mut bytes = if number / 2 % RANDOM == 0 {
        let mut state = mixed;
        let len = (mixed >> 48) as usize % (max_len + 1);
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            LETTERS[(state >> 33) as usize % LETTERS.len()]
        })
        .take(len)
        .collect()
    } else {
        pick(7).clone()
    };
    laws::mutate(&mut bytes, pick(23), max_len, mixed);
    bytes
}

/// What there is to start from: seeds, regressions, corpora; and captured streams, from each line on that can begin a message.
fn sources(target: &str, side: &str) -> Vec<Vec<u8>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in ["seeds", "regressions", "corpus"] {
        sources.extend(files(&fuzz.join(folder).join(format!("resp_{target}")), ""));
    }
    for stream in files(&fuzz.join("../../shared/corpora/resp"), &format!("{side}.bin")) {
        let starts = stream.windows(2).enumerate().filter(|(_, pair)| pair == b"\r\n").map(|(at, _)| at + 2);
        let starts = [0].into_iter().chain(starts).filter(|at| b"*$+-:".contains(stream.get(*at).unwrap_or(&0)));
        sources.extend(starts.take(200).map(|at| stream[at..].iter().take(256).copied().collect()));
    }
    sources
}

fn files(folder: &Path, ending: &str) -> Vec<Vec<u8>> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("readable")).collect()
}
