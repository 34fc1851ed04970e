//! `examples/kv` in a thread of the test, and what the tests of it have in common.

// Each test uses a part of it.
#![allow(dead_code)]

#[path = "../../examples/kv/server/mod.rs"]
mod server;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) use self::server::Options;

/// A server in a thread of its own, stopped when dropped.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, addr) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                told.send(listener.local_addr().expect("bound")).expect("waited for");
                server::serve(listener, options, async { drop(stopped.await) }).await.expect("stopped, not failed");
            });
        });
        Self { addr: addr.recv().expect("listening"), stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn port(&self) -> String {
        self.addr.port().to_string()
    }

    pub(crate) fn connect(&self) -> Peer {
        Peer::connect(self.addr)
    }

    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

/// A client that writes bytes. What does not come within half a minute never does.
pub(crate) struct Peer(pub(crate) TcpStream);

impl Peer {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("not zero");
        stream.set_nodelay(true).expect("a TCP stream");
        Self(stream)
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).expect("the server reads");
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, answer: impl AsRef<[u8]>) {
        let answer = answer.as_ref();
        let mut got = vec![0; answer.len()];
        self.0.read_exact(&mut got).expect("an answer");
        assert_eq!(got.escape_ascii().to_string(), answer.escape_ascii().to_string());
    }

    #[track_caller]
    pub(crate) fn ask(&mut self, request: &str, answer: &str) {
        self.send(format!("{request}\r\n"));
        self.expect(answer);
    }

    /// Everything until the server closes, which it must do in an orderly way.
    pub(crate) fn rest(mut self) -> String {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).expect("closed, not reset");
        rest.escape_ascii().to_string()
    }
}

pub(crate) fn request(args: &[&[u8]]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        request.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        request.extend_from_slice(arg);
        request.extend_from_slice(b"\r\n");
    }
    request
}

/// Runs a program with `input`; `None`, and a line that says so, if it is not installed.
pub(crate) fn run(program: &str, args: &[&str], input: Vec<u8>) -> Option<Output> {
    let child =
        Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().expect("piped");
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it was started");
    writer.join().expect("no panic").expect("it reads its input");
    Some(output)
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
