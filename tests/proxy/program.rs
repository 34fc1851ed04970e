//! The program itself, where it was built (`cargo test` builds examples, `cargo test --test proxy` does not).

use std::env;
use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{ask, count, echo, rest};

struct Program {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// `None`, and a line that says so, if it was not built.
    fn start(args: &[&str]) -> Option<Self> {
        let mut path = env::current_exe().expect("a program");
        path.pop();
        path.pop();
        path.push("examples/proxy");
        if !path.exists() {
            eprintln!("skipped: {} was not built", path.display());
            return None;
        }
        let mut child = Command::new(path)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let said = BufReader::new(child.stdout.take().expect("piped")).lines();
        Some(Self { child, said })
    }

    fn line(&mut self) -> String {
        self.said.next().expect("it runs").expect("text")
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// Of two threads: the test waits for the program's lines, while the server of the test answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_are_heard() {
    for (threads, twice) in [("1", false), ("2", true)] {
        let server = echo().await.to_string();
        let args = [
            "--listen",
            "127.0.0.1:0",
            "--to",
            &server,
            &server,
            "--balance",
            "least-connections",
            "--threads",
            threads,
        ];
        let Some(mut program) = Program::start(&args) else { return };
        let line = program.line();
        let address = line.strip_prefix("listening on ").expect("the first line");
        let mut client = TcpStream::connect(address).await.expect("it listens");
        ask(&mut client, b"hello", b"hello").await;
        // What has been forwarded is counted a moment later.
        let mut line = String::new();
        for _ in 0..1000 {
            program.signal(Signal::USR1);
            line = program.line();
            if count(&line, "copied") >= 10 {
                break;
            }
        }
        assert_eq!((count(&line, "accepted"), count(&line, "active"), count(&line, "copied")), (1, 1, 10), "{line}");
        program.signal(Signal::TERM);
        while TcpStream::connect(address).await.is_ok() {}
        ask(&mut client, b"still", b"still").await;
        if twice {
            program.signal(Signal::INT);
        } else {
            client.shutdown().await.expect("half closed");
        }
        assert_eq!(rest(&mut client).await, b"");
        assert_eq!(count(&program.line(), "active"), 0);
        assert!(program.child.wait().expect("it ends").success());
    }
}

#[test]
fn what_cannot_be_meant_is_told() {
    for args in [&["--listen", "127.0.0.1:0"][..], &["--to", "nowhere"], &["--to", "127.0.0.1:1", "--max", "0"]] {
        let Some(mut program) = Program::start(args) else { return };
        let mut told = String::new();
        program.child.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
        assert!(told.contains("error:"), "{told}");
        assert_eq!(program.child.wait().expect("it ends").code(), Some(2));
    }
}
