//! A server in a thread, and a directory for it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::client::Client;
use crate::server::{self, Broker, Settings};

/// A server in a thread of its own, stopped when dropped.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    metrics: SocketAddr,
    dir: Option<TempDir>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::over(tempfile::tempdir().expect("a directory"), settings)
    }

    /// Serves what is in a directory already.
    pub(crate) fn over(dir: TempDir, settings: Settings) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, addrs) = mpsc::channel();
        let path = dir.path().to_path_buf();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut broker = Broker::open(&path, settings).expect("opened");
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let metrics = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let addr = listener.local_addr().expect("bound");
                broker.advertise(addr.ip().to_string(), addr);
                let broker = Arc::new(broker);
                told.send((addr, metrics.local_addr().expect("bound"))).expect("waited for");
                tokio::spawn(server::report(broker.clone(), metrics));
                server::serve(broker, listener, async { drop(stopped.await) }).await.expect("stopped, not failed");
            });
        });
        let (addr, metrics) = addrs.recv().expect("listening");
        Self { addr, metrics, dir: Some(dir), stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.as_ref().expect("not taken").path()
    }

    /// The files of a partition that end so, by name.
    pub(crate) fn files(&self, topic: &str, partition: i32, end: &str) -> Vec<PathBuf> {
        files(&self.dir().join(topic).join(partition.to_string()), end)
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(self.metrics).expect("it listens");
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("asked");
        let mut page = String::new();
        stream.read_to_string(&mut page).expect("text");
        let value =
            page.lines().find_map(|line| line.strip_prefix("wireview_log_")?.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().expect("a number"))
    }

    /// Stops it in an orderly way, and gives what it has left.
    pub(crate) fn stop(mut self) -> TempDir {
        self.end();
        self.dir.take().expect("not taken")
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// The files of a directory that end so, by name.
pub(crate) fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir).expect("a directory").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    files
}

/// Runs a program that must succeed, and what it has printed; `None`, and a line that says so, if it is not installed.
#[track_caller]
pub(crate) fn run(program: &str, args: &[&str], input: Option<&[u8]>) -> Option<Vec<u8>> {
    use std::io::Write;
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let spawned = Command::new(program).args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    let writer = input.map(|input| {
        let (mut stdin, input) = (child.stdin.take().expect("piped"), input.to_vec());
        thread::spawn(move || {
            let _ = stdin.write_all(&input);
        })
    });
    let output = child.wait_with_output().expect("it ends");
    writer.map(JoinHandle::join).transpose().expect("no panic");
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Bytes that differ with `seed`.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}
