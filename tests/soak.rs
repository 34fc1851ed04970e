//! The soak finds nothing wrong, and finds what is planted. Run with the example built: `cargo test` builds it,
//! `cargo test --test soak` alone does not.
#![cfg(all(feature = "tokio", target_os = "linux"))]

use std::env;
use std::process::Command;

/// Runs the soak; its exit code, what it printed, and its errors. `None`, and a line that says so, if it is not built.
fn soak(args: &[&str]) -> Option<(Option<i32>, String, String)> {
    let test = env::current_exe().expect("the test's own path");
    let soak = test.with_file_name("../examples/soak");
    if !soak.exists() {
        eprintln!("SKIPPED: {} is not built", soak.display());
        return None;
    }
    let output = Command::new(&soak).args(args).output().expect("the soak starts");
    let [shown, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Some((output.status.code(), shown, errors))
}

#[test]
fn nothing_is_wrong_and_everything_is_shown() {
    let Some((code, shown, errors)) = soak(&["--quick", "--seed", "1"]) else { return };
    assert_eq!(code, Some(0), "{shown}\n{errors}");
    for promised in [
        "16 clients, seed 1;",
        "answers and messages checked",
        "reset by the client",
        "half-closed by the client",
        "futures dropped while they waited",
        "times that a client stopped reading",
        "messages published",
        " MiB ┤",
        ", all of them right",
        "every key is as its clients say",
        "too short a run to judge",
        "on SIGTERM the server ended with exit status: 0",
    ] {
        assert!(shown.contains(promised), "{promised:?} is not shown:\n{shown}");
    }
    assert!(!shown.contains("FAULT"), "{shown}");
    assert_eq!(errors, "", "without a terminal, there is no progress bar");
}

/// Runs the soak with a planted fault, which must be the first that it names.
fn planted(fault: &str, minutes: &str, named: &str) {
    let args = ["--plant", fault, "--minutes", minutes, "--connections", "8", "--seed", "1"];
    let Some((code, shown, errors)) = soak(&args) else { return };
    assert_eq!(code, Some(1), "{shown}\n{errors}");
    let faults: Vec<&str> = shown.lines().filter_map(|line| line.trim_start().strip_prefix("FAULT ")).collect();
    assert!(faults.first().is_some_and(|first| first.starts_with(named)), "{shown}");
}

// Where a wrong answer ends the run, it may take its time.

#[test]
fn a_wrong_answer_is_noticed() {
    planted("wrong-answer", "2", "answers   client ");
}

#[test]
fn a_lost_answer_is_noticed() {
    planted("lost-answer", "2", "answers   ");
}

#[test]
fn a_leak_of_descriptors_is_noticed() {
    planted("leak-descriptors", "0.02", "handles   ");
}

#[test]
fn a_leak_of_memory_is_noticed() {
    planted("leak-memory", "0.02", "heap      ");
}

#[test]
fn a_server_that_ends_badly_is_noticed() {
    planted("bad-exit", "0.02", "end       ");
}
