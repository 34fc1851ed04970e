//! Instructions instead of time: the same on a loaded machine as on a quiet one.
//!
//! `cargo bench --bench NAME -- --instructions` lets the program run itself under callgrind, a contender at a time: `--count
//! TITLE INDEX CALLS` calls one contender so many times. What two runs differ by is what the calls between them took.

use std::process::Command;

/// How often the contender is called in the longer run, besides the calls of the shorter one.
const CALLS: u64 = 20;

/// One contender, and how often it is called.
pub(super) struct Count {
    pub(super) title: String,
    pub(super) contender: usize,
    pub(super) calls: u64,
}

impl Count {
    /// What the command line of such a run says.
    pub(super) fn from_args(args: &[String]) -> Option<Self> {
        let at = args.iter().position(|arg| arg == "--count")?;
        let [title, contender, calls] = args.get(at + 1..at + 4)? else { return None };
        Some(Self { title: title.clone(), contender: contender.parse().ok()?, calls: calls.parse().ok()? })
    }
}

/// Instructions that one call of a contender takes, once it is warm.
pub(super) fn instructions(title: &str, contender: usize) -> f64 {
    let run = |calls: u64| {
        let ran = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().expect("the program runs"))
            .args(["--count", title, &contender.to_string(), &calls.to_string()])
            .output()
            .expect("valgrind runs");
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{title}: {told}");
        let collected = told.lines().find_map(|line| line.split_once("Collected : ")).expect("callgrind tells").1;
        collected.trim().parse::<u64>().expect("a number")
    };
    // The first call makes room.
    (run(1 + CALLS) - run(1)) as f64 / CALLS as f64
}
