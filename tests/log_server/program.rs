//! The program itself, where it was built (`cargo test` builds examples, `cargo test --test log_server` does not).

use std::env;
use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use wireview_codecs::kafka::ErrorCode;

use crate::client::{Client, one};

/// A server that can be killed.
pub(crate) struct Program {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    pub(crate) addr: SocketAddr,
}

/// `None`, and a line that says so, if it was not built.
pub(crate) fn path() -> Option<PathBuf> {
    let mut path = env::current_exe().expect("a program");
    path.pop();
    path.pop();
    path.push("examples/log_server");
    if !path.exists() {
        eprintln!("skipped: {} was not built", path.display());
        return None;
    }
    Some(path)
}

impl Program {
    pub(crate) fn start(program: &Path, dir: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--dir"])
            .arg(dir)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut said = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = said.next().expect("it runs").expect("text");
        let addr = line.strip_prefix("listening on ").and_then(|addr| addr.parse().ok()).expect("the first line");
        Self { child, said, addr }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Waits until it has ended.
    pub(crate) fn end(mut self) -> Option<i32> {
        assert!(self.said.next().is_none(), "it has no last words");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_program_stops_on_signals() {
    let Some(program) = path() else { return };
    let dir = tempfile::tempdir().expect("a directory");
    for (at, signal) in [Signal::TERM, Signal::INT].into_iter().enumerate() {
        let server = Program::start(&program, dir.path(), &["--partitions", "3", "--fsync", "20"]);
        let mut client = Client::connect(server.addr);
        assert_eq!(client.topic("t").expect("made").1, 3);
        assert_eq!(client.produce("t", 1, &one(b"a")).offset, at as i64);
        server.signal(signal);
        assert_eq!(server.end(), Some(0));
        assert!(client.receive().is_err(), "closed");
    }
    let server = Program::start(&program, dir.path(), &[]);
    let mut client = Client::connect(server.addr);
    assert_eq!(client.take_all("t", 1, 0).len(), 2);
    assert_eq!(client.fetch("t", 3, 0).error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}
