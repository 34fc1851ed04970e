//! What sending files costs the sender: processor time of its process for each kilobyte over loopback TCP (ns/kB is ms/GB).
//!
//! Every contender answers the same: a head of 120 bytes and a region of a file that is in the page cache, flushed, answer
//! by answer. Another process reads and discards, and says so after each round. All threads of this process are counted,
//! so those of the pool for blocking calls are, too.
//!
//! `mmap + writev` is given a mapping of a sealed copy in memory, since a mapping of a file that others can write to is not
//! safe, and it is mapped once, not for each answer.
//!
//! The last table is about forwarding from one socket to another: this process is in the middle.
//!
//! `cargo bench --bench send_file --features kernel`, `-- --test` for a short run, `-- forward` for the last table alone.

mod support;
use support::{process_time, size};

use std::cell::RefCell;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, BufRead, BufReader, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream as Blocking};
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use wireview::FileRegion;
use wireview::formats::LengthPrefixed;
use wireview::kernel::{Forwarding, KernelSink, Mapped, Socket};
use wireview::length::U32Be;
use wireview::tokio::Connection;

const HEAD: &[u8; 120] = &[b'h'; 120];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("sink") => return sink(args[2].parse().expect("bytes of a round")),
        Some("source") => return source(&args[2], args[3].parse().expect("bytes of a round")),
        _ => {}
    }
    let bench = support::Bench::from_args("send_file");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let mut goals = Vec::new();
    for len in [1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20, 64 << 20] {
        let medians = files(&bench, &runtime, len);
        if let [ours, read, _, by_hand, ..] = medians[..]
            && len >= 64 << 10
        {
            let verdict = if ours <= 0.5 * read { "met" } else { "MISSED" };
            let (ours, by_hand) = (ours / read, by_hand / read);
            goals.push(format!(
                "{verdict:>7}  {:<8} at most 0.50 x read + write: {ours:.2} (by hand {by_hand:.2})",
                size(len)
            ));
        }
    }
    forwarding(&bench, &runtime);
    support::print_goals(&goals);
}

fn files(bench: &support::Bench, runtime: &Runtime, len: usize) -> Vec<f64> {
    let title = format!("file of {}", size(len));
    if !bench.wants(&title) {
        return Vec::new();
    }
    let answers = if bench.is_test() { 1 } else { ((4 << 20) / (len + HEAD.len())).max(1) };
    let round = answers * (len + HEAD.len());
    let mut race = bench.race(&title, "kB", (round / 1000).max(1) as u64).timed_by(process_time);

    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&vec![7; len]).expect("room");
    let file = Arc::new(file);
    let region = FileRegion::whole(file.clone()).expect("its length");
    let mapped = Mapped::copy(&region).expect("memory");

    // One connection for all of them: buffers and windows of two can differ by a factor of two.
    let mut peer = Peer::sink(runtime, round);
    let line = Line(Arc::new(peer.take()));

    let mut conn = Connection::new(line.clone(), LengthPrefixed::<U32Be>::new(1)).kernel();
    let whole = region.clone();
    race.add("wireview, file region: sendfile", move || runtime.block_on(ours(&mut conn, &whole, answers)));

    let (mut stream, from) = (line.clone(), file.clone());
    race.add("pread of 64 KiB + write, on the reactor", move || {
        runtime.block_on(read_write(&mut stream, &from, len, answers));
    });

    let mut stream = line.clone();
    race.add("mmap + writev", move || runtime.block_on(map_write(&mut stream, &mapped, answers)));

    // What the kernel takes while the socket has room; behind that each retry is given little.
    let (mut stream, from) = (line.clone(), file.clone());
    race.add("send with MSG_MORE + sendfile by hand", move || {
        runtime.block_on(async {
            by_hand(&stream.0, &from, len, answers);
            stream.read_u8().await.expect("everything was read");
            settle();
        });
    });

    let (mut stream, from) = (line.clone(), file.clone());
    race.add("sendfile in spawn_blocking", move || {
        runtime.block_on(blocking_sendfile(&mut stream, &from, len, answers));
    });

    let mut conn = Connection::new(line.clone(), LengthPrefixed::<U32Be>::new(1));
    race.add("wireview, not asked: read in the pool, written", move || {
        runtime.block_on(ours(&mut conn, &region, answers));
    });

    let mut stream = line;
    race.add("tokio::io::copy of tokio::fs::File", move || {
        runtime.block_on(async {
            for _ in 0..answers {
                stream.write_all(HEAD).await.expect("the reader reads");
                let mut from = tokio::fs::File::from_std(file.try_clone().expect("a descriptor"));
                tokio::io::AsyncSeekExt::rewind(&mut from).await.expect("a file");
                tokio::io::copy(&mut from, &mut stream).await.expect("the reader reads");
            }
            stream.read_u8().await.expect("everything was read");
            settle();
        });
    });
    let medians = race.run();
    drop(peer);
    medians
}

/// A socket that several contenders use in turn.
#[derive(Clone)]
struct Line(Arc<TcpStream>);

impl KernelSink for Line {
    fn socket(&self) -> Socket<'_> {
        (&*self.0).into()
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(buf.initialize_unfilled()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|read| buf.advance(read))),
            }
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write_vectored(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                wrote => return Poll::Ready(wrote),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

async fn ours(conn: &mut Connection<Line, LengthPrefixed<U32Be>>, region: &FileRegion, answers: usize) {
    for _ in 0..answers {
        conn.out().copy(HEAD);
        conn.out().file(region.clone());
        conn.flush().await.expect("the reader reads");
    }
    conn.io_mut().read_u8().await.expect("everything was read");
    settle();
}

async fn read_write(stream: &mut Line, from: &File, len: usize, answers: usize) {
    let mut block = vec![0; HEAD.len() + (64 << 10)];
    block[..HEAD.len()].copy_from_slice(HEAD);
    for _ in 0..answers {
        let (mut at, mut start) = (0, 0);
        while at < len {
            let max = (len - at).min(64 << 10);
            let read = from.read_at(&mut block[HEAD.len()..][..max], at as u64).expect("read");
            // The head goes with the first block.
            stream.write_all(&block[start..HEAD.len() + read]).await.expect("the reader reads");
            start = HEAD.len();
            at += read;
        }
    }
    stream.read_u8().await.expect("everything was read");
    settle();
}

async fn map_write(stream: &mut Line, mapped: &Mapped, answers: usize) {
    for _ in 0..answers {
        let mut slices = [IoSlice::new(HEAD), IoSlice::new(mapped.bytes())];
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let sent = stream.write_vectored(rest).await.expect("the reader reads");
            IoSlice::advance_slices(&mut rest, sent);
        }
    }
    stream.read_u8().await.expect("everything was read");
    settle();
}

/// The two system calls, and `poll` where the socket is full: no runtime, no queue.
fn by_hand(stream: &TcpStream, from: &File, len: usize, answers: usize) {
    let retried = |call: &mut dyn FnMut() -> rustix::io::Result<usize>| loop {
        match call() {
            Err(rustix::io::Errno::AGAIN) => {
                let mut wait = [rustix::event::PollFd::new(stream, rustix::event::PollFlags::OUT)];
                rustix::event::poll(&mut wait, None).expect("a socket");
            }
            sent => break sent.expect("the reader reads"),
        }
    };
    for _ in 0..answers {
        let mut head = &HEAD[..];
        while !head.is_empty() {
            let sent = retried(&mut || rustix::net::send(stream, head, rustix::net::SendFlags::MORE));
            head = &head[sent..];
        }
        let mut at = 0;
        while at < len as u64 {
            let left = (len - at as usize).min(1 << 20);
            assert_ne!(
                retried(&mut || rustix::fs::sendfile(stream, from, Some(&mut at), left)),
                0,
                "a file of its length"
            );
        }
    }
}

async fn blocking_sendfile(stream: &mut Line, from: &Arc<File>, len: usize, answers: usize) {
    for _ in 0..answers {
        stream.write_all(HEAD).await.expect("the reader reads");
        let mut at = 0;
        while at < len as u64 {
            stream.0.writable().await.expect("the reader reads");
            let (to, from) = (stream.0.clone(), from.clone());
            at = tokio::task::spawn_blocking(move || {
                let mut at = at;
                let sent = to.try_io(tokio::io::Interest::WRITABLE, || {
                    while at < len as u64 {
                        let left = len - at as usize;
                        if rustix::fs::sendfile(&*to, &*from, Some(&mut at), left)? == 0 {
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                    }
                    Ok(())
                });
                match sent {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => panic!("{error}"),
                    _ => at,
                }
            })
            .await
            .expect("no panic");
        }
    }
    stream.read_u8().await.expect("everything was read");
    settle();
}

/// From a source through this process to a sink.
fn forwarding(bench: &support::Bench, runtime: &Runtime) {
    let title = "forward, 256 KiB messages";
    if !bench.wants(title) {
        return;
    }
    let round = if bench.is_test() { 1 << 20 } else { 16 << 20 };

    let pair = RefCell::new(Pair::new(runtime, round));
    let mut race = bench.race(title, "kB", (round / 1000) as u64).timed_by(process_time);
    race.add("wireview Forwarding: splice", || {
        let Pair { a, b, .. } = &mut *pair.borrow_mut();
        runtime.block_on(async {
            a.write_all(BEGIN).await.expect("the source listens");
            let mut forwarding = Forwarding::new();
            // The sink says that it has everything, which is forwarded to the source, and told here.
            poll_fn(|cx| {
                let polled = forwarding.poll(a, b, cx);
                if forwarding.to_a().total() == 1 { Poll::Ready(Ok(())) } else { polled }
            })
            .await
            .expect("both go on");
        });
    });
    for (name, size) in
        [("copied through 64 KiB", 64 << 10), ("copied through 8 KiB, as tokio::io::copy does", 8 << 10)]
    {
        let (pair, mut block) = (&pair, vec![0; size]);
        race.add(name, move || {
            let Pair { a, b, .. } = &mut *pair.borrow_mut();
            runtime.block_on(async {
                a.write_all(BEGIN).await.expect("the source listens");
                let mut left = round;
                while left > 0 {
                    let read = a.read(&mut block).await.expect("the source says it all");
                    b.write_all(&block[..read]).await.expect("the sink reads");
                    left -= read;
                }
                b.read_u8().await.expect("everything was read");
            });
        });
    }
    race.run();
}

/// What a source is told to say a round.
const BEGIN: &[u8; 1] = b"!";

struct Pair {
    a: TcpStream,
    b: TcpStream,
    _ends: [Peer; 2],
}

impl Pair {
    fn new(runtime: &Runtime, round: usize) -> Self {
        let (mut source, mut sink) = (Peer::source(runtime, round), Peer::sink(runtime, round));
        Self { a: source.take(), b: sink.take(), _ends: [source, sink] }
    }
}

/// A process at the other end of a connection. It ends with the connection, and is waited for.
struct Peer {
    child: Child,
    stream: Option<TcpStream>,
}

impl Peer {
    /// One that reads, and says so after every `round` bytes.
    fn sink(runtime: &Runtime, round: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["sink", &round.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut port = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut port).expect("its port");
        let address = ("127.0.0.1", port.trim().parse().expect("a number"));
        let stream = runtime.block_on(TcpStream::connect(address)).expect("it listens");
        stream.set_nodelay(true).expect("a TCP option");
        Self { child, stream: Some(stream) }
    }

    /// One that writes `round` bytes for each byte it is told.
    fn source(runtime: &Runtime, round: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args(["source", &address, &round.to_string()])
            .spawn()
            .expect("a process");
        let (stream, _) = listener.accept().expect("it connects");
        stream.set_nonblocking(true).expect("a socket option");
        let _inside = runtime.enter();
        Self { child, stream: Some(TcpStream::from_std(stream).expect("a reactor")) }
    }

    fn take(&mut self) -> TcpStream {
        self.stream.take().expect("it is taken once")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads until the other end is closed. It looks again at once when nothing is there: a reader asleep in its `read` would
/// have every write pay for waking it, which on a virtual machine costs more than the write.
fn sink(round: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("it is bound").port());
    let (mut stream, _) = listener.accept().expect("somebody connects");
    stream.set_nonblocking(true).expect("a socket option");
    let mut block = vec![0; 256 << 10];
    let mut got = 0;
    loop {
        match stream.read(&mut block) {
            Ok(0) => return,
            Ok(read) => got += read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::hint::spin_loop(),
            Err(_) => return,
        }
        while got >= round {
            got -= round;
            if stream.write_all(b".").is_err() {
                return;
            }
        }
    }
}

fn source(address: &str, round: usize) {
    let mut stream = Blocking::connect(address).expect("it listens");
    let message = vec![7; 256 << 10];
    let mut told = [0];
    // What the sink says comes back here, too.
    while stream.read_exact(&mut told).is_ok() {
        if told != *BEGIN {
            continue;
        }
        let mut left = round;
        while left > 0 {
            let len = left.min(message.len());
            if stream.write_all(&message[..len]).is_err() {
                return;
            }
            left -= len;
        }
    }
}

/// Sleeps until the threads of the pool do, so that no contender is charged with what another has left. Sleep costs no
/// processor time.
fn settle() {
    std::thread::sleep(Duration::from_micros(500));
}
