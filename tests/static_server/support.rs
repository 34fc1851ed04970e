//! A server in a thread, a directory for it to serve, and a client that writes bytes.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::server::{self, Root, Settings, Site};

/// A server in a thread of its own, stopped when dropped, and what it serves.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    metrics: SocketAddr,
    pub(crate) site: Arc<Site>,
    dir: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a directory that is empty yet, and believes nothing that it has seen before.
    pub(crate) fn start() -> Self {
        Self::with(Settings { valid: Duration::ZERO, ..Settings::default() })
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::with_root(settings, |root| root)
    }

    pub(crate) fn with_root(settings: Settings, change: impl FnOnce(Root) -> Root) -> Self {
        Self::with_site(settings, change, |site| site)
    }

    pub(crate) fn with_site(
        settings: Settings,
        change: impl FnOnce(Root) -> Root,
        finish: impl FnOnce(Site) -> Site,
    ) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let served = dir.path().join("served");
        fs::create_dir(&served).expect("made");
        let root = change(Root::new(&served, settings.hidden).expect("a directory"));
        let site = Arc::new(finish(Site::new(root, settings, 1)));
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, addrs) = mpsc::channel();
        let serving = site.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let metrics = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let addrs = (listener.local_addr().expect("bound"), metrics.local_addr().expect("bound"));
                told.send(addrs).expect("waited for");
                tokio::spawn(server::report(serving.clone(), metrics));
                server::serve(serving, 0, listener, async { drop(stopped.await) }).await.expect("stopped, not failed");
            });
        });
        let (addr, metrics) = addrs.recv().expect("listening");
        Self { addr, metrics, site, dir, stop: Some(stop), thread: Some(thread) }
    }

    /// A path that is served.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join("served").join(name)
    }

    /// A path beside what is served.
    pub(crate) fn outside(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("in a directory")).expect("made");
        fs::write(path, content).expect("written");
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub(crate) fn connect(&self) -> Peer {
        Peer::connect(self.addr)
    }

    /// The answer to one `GET`, on a connection of its own.
    pub(crate) fn get(&self, target: &str, fields: &str) -> Answer {
        self.connect().get(target, fields)
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let page = Peer::connect(self.metrics).get("/metrics", "");
        assert_eq!(page.status, 200);
        let page = String::from_utf8(page.body).expect("text");
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().expect("a number"))
    }

    /// Waits until a metric has come to `value`.
    #[track_caller]
    pub(crate) fn await_metric(&self, name: &str, value: u64) {
        for _ in 0..3000 {
            if self.metric(name) == value {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("{name} is {}, not {value}", self.metric(name));
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) {
        self.begin_to_stop();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic");
        }
    }

    pub(crate) fn begin_to_stop(&mut self) {
        drop(self.stop.take());
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
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    /// Read, and not yet asked for.
    ahead: Vec<u8>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        self.body.escape_ascii().to_string()
    }
}

impl Peer {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("not zero");
        stream.set_nodelay(true).expect("a TCP stream");
        Self { stream, ahead: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the server reads");
    }

    pub(crate) fn get(&mut self, target: &str, fields: &str) -> Answer {
        self.ask("GET", target, fields)
    }

    pub(crate) fn ask(&mut self, method: &str, target: &str, fields: &str) -> Answer {
        self.send(format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        self.answer(method == "HEAD")
    }

    /// The next answer.
    #[track_caller]
    pub(crate) fn answer(&mut self, to_head: bool) -> Answer {
        let head = self.head();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let mut answer = Answer { status, head, body: Vec::new() };
        if !to_head && status != 304 && status != 204 {
            let len: usize = answer.field("content-length").parse().expect("a number");
            answer.body = self.read(len);
            assert_eq!(answer.body.len(), len, "the server closed in mid-body");
        }
        answer
    }

    /// The head of the next answer.
    #[track_caller]
    pub(crate) fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.ahead.drain(..end + 4).collect();
                return String::from_utf8(head).expect("text");
            }
            let mut bytes = [0; 1024];
            let read = self.stream.read(&mut bytes).expect("an answer");
            assert!(read > 0, "closed in mid-head: {}", self.ahead.escape_ascii());
            self.ahead.extend_from_slice(&bytes[..read]);
        }
    }

    /// What was read with the last head, and belongs to what follows it.
    pub(crate) fn take_ahead(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.ahead)
    }

    /// The next `len` bytes, or fewer if the server closes.
    pub(crate) fn read(&mut self, len: usize) -> Vec<u8> {
        let from_ahead = len.min(self.ahead.len());
        let mut bytes: Vec<u8> = self.ahead.drain(..from_ahead).collect();
        // A reset is an end, too.
        let _ = (&mut self.stream).take((len - from_ahead) as u64).read_to_end(&mut bytes);
        bytes
    }

    /// Everything until the server closes, which it must do in an orderly way.
    #[track_caller]
    pub(crate) fn rest(mut self) -> String {
        let mut rest = std::mem::take(&mut self.ahead);
        self.stream.read_to_end(&mut rest).expect("closed, not reset");
        rest.escape_ascii().to_string()
    }
}

/// Bytes that are different everywhere.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// Runs a program that must succeed, and what it has printed; `None`, and a line that says so, if it is not installed.
#[track_caller]
pub(crate) fn run(program: &str, args: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let Ok(output) = output else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}
