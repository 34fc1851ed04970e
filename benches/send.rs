//! What sending costs the sender: processor time of its thread for each kilobyte over loopback TCP (ns/kB is ms/GB).
//!
//! Every contender sends the same: batches of 32 messages, a length of four bytes and one of 32 payloads that are stored
//! in `Bytes` and stay stored. A batch is written out before the next begins; another thread reads and discards. The
//! kernel's share is in the figures and is the same for all, but for the number of calls and pieces.
//!
//! How much the kernel takes for a small write differs threefold from one hour to the next on a virtual machine, whoever
//! writes: the floor tells which hour it is.
//!
//! `FramedWrite` (what `Framed` writes with) has tokio-util's `LengthDelimitedCodec`. The last tables show from what size
//! on sharing a payload is cheaper than copying it.
//!
//! `cargo bench --bench send`, `-- --test` for a short run, `-- share` for the last tables alone.

mod support;
use support::{size, thread_time};

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice, Read};
use std::net::TcpListener;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter, Empty, Join, empty, join};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_util::codec::{FramedWrite, LengthDelimitedCodec};
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::send::DEFAULT_COPY_UP_TO;
use wireview::tokio::Connection;

const BATCH: usize = 32;

fn main() {
    let bench = support::Bench::from_args("send");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let mut goals = Vec::new();
    for len in [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20] {
        let medians = peers(&bench, &runtime, len);
        goals.extend(verdicts(len, &medians));
    }
    for len in [256, 512, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10] {
        copy_or_share(&bench, &runtime, len);
    }
    support::print_goals(&goals);
}

/// The queue against what else a tokio service would write with.
fn peers(bench: &support::Bench, runtime: &Runtime, len: usize) -> Vec<f64> {
    let title = format!("{} of payload", size(len));
    if !bench.wants(&title) {
        return Vec::new();
    }
    let payloads = &payloads(len);
    let batches = batches(bench, len);
    let sent = (batches * BATCH * (len + 4)) as u64;
    let mut race = bench.race(&title, "kB", (sent / 1000).max(1)).timed_by(thread_time);

    let line = Line::new(runtime);

    let mut conn = connection(&line);
    race.add("wireview Connection: send 32, flush", move || {
        runtime.block_on(ours(&mut conn, payloads, batches));
        conn.io().writer().settle();
    });

    for (name, boundary) in
        [("FramedWrite: feed 32, flush", 8 << 10), ("  the same with a boundary of 64 KiB", 64 << 10)]
    {
        let mut framed = FramedWrite::new(line.clone(), LengthDelimitedCodec::new());
        framed.set_backpressure_boundary(boundary);
        race.add(name, move || {
            runtime.block_on(feed(&mut framed, payloads, batches));
            framed.get_ref().settle();
        });
    }

    let mut stream = BufWriter::with_capacity(64 << 10, line.clone());
    race.add("BufWriter of 64 KiB", move || {
        runtime.block_on(buffer(&mut stream, payloads, batches));
        stream.get_ref().settle();
    });

    let mut stream = line.clone();
    race.add("write_vectored of 32 heads and payloads", move || {
        runtime.block_on(vector(&mut stream, payloads, batches));
        stream.settle();
    });
    let flat: Vec<u8> = payloads
        .iter()
        .flat_map(|payload| (payload.len() as u32).to_be_bytes().into_iter().chain(payload.iter().copied()))
        .collect();
    let mut stream = line.clone();
    race.add("kernel floor: the batch ready in one buffer", move || {
        runtime.block_on(async {
            for _ in 0..batches {
                stream.write_all(&flat).await.expect("the reader reads");
            }
        });
        stream.settle();
    });
    race.run()
}

/// What the project wants to be true, and whether it was.
fn verdicts(len: usize, medians: &[f64]) -> Vec<String> {
    let [ours, framed, _, buffered, ..] = medians else { return Vec::new() };
    let wanted = match len {
        64 => Some(1.7),
        0x4000 => Some(1.4),
        0x4_0000.. => Some(1.25),
        _ => None,
    };
    let against_framed = wanted.map(|wanted| ("FramedWrite", framed / ours, wanted));
    // A tenth is what two runs differ by.
    let all = against_framed.into_iter().chain([("BufWriter", buffered / ours, 0.9)]);
    let line = |(peer, ratio, wanted)| {
        let verdict = if ratio >= wanted { "met" } else { "MISSED" };
        format!("{verdict:>7}  {:<8} {peer} takes at least {wanted:.2} x as long: {ratio:.2}", size(len))
    };
    all.map(line).collect()
}

/// Where the two meet is where [`DEFAULT_COPY_UP_TO`] belongs.
fn copy_or_share(bench: &support::Bench, runtime: &Runtime, len: usize) {
    let taken = if len <= DEFAULT_COPY_UP_TO { "copies" } else { "shares" };
    let title = format!("copy or share {} (the default {taken})", size(len));
    if !bench.wants(&title) {
        return;
    }
    let payloads = &payloads(len);
    let batches = batches(bench, len);
    let sent = (batches * BATCH * (len + 4)) as u64;
    let mut race = bench.race(&title, "kB", (sent / 1000).max(1)).timed_by(thread_time);
    let line = Line::new(runtime);
    for (name, copy_up_to) in [("copied", usize::MAX), ("shared", 0)] {
        let mut conn = connection(&line);
        conn.out().set_copy_up_to(copy_up_to);
        race.add(name, move || {
            runtime.block_on(ours(&mut conn, payloads, batches));
            conn.io().writer().settle();
        });
    }
    race.run();
}

type Ours = Connection<Join<Empty, Line>, LengthPrefixed<U32Be>>;

fn connection(line: &Line) -> Ours {
    Connection::new(join(empty(), line.clone()), LengthPrefixed::new(1 << 30))
}

async fn ours(conn: &mut Ours, payloads: &[Bytes], batches: usize) {
    for _ in 0..batches {
        for payload in payloads {
            conn.send(payload).await.expect("the reader reads");
        }
        conn.flush().await.expect("the reader reads");
    }
}

async fn feed(framed: &mut FramedWrite<Line, LengthDelimitedCodec>, payloads: &[Bytes], batches: usize) {
    for _ in 0..batches {
        for payload in payloads {
            framed.feed(payload.clone()).await.expect("the reader reads");
        }
        SinkExt::<Bytes>::flush(framed).await.expect("the reader reads");
    }
}

async fn buffer(stream: &mut BufWriter<Line>, payloads: &[Bytes], batches: usize) {
    for _ in 0..batches {
        for payload in payloads {
            stream.write_all(&(payload.len() as u32).to_be_bytes()).await.expect("the reader reads");
            stream.write_all(payload).await.expect("the reader reads");
        }
        stream.flush().await.expect("the reader reads");
    }
}

async fn vector(stream: &mut Line, payloads: &[Bytes], batches: usize) {
    for _ in 0..batches {
        let mut heads = [[0; 4]; BATCH];
        for (head, payload) in heads.iter_mut().zip(payloads) {
            *head = (payload.len() as u32).to_be_bytes();
        }
        let mut slices = [IoSlice::new(&[]); 2 * BATCH];
        for ((pair, head), payload) in slices.chunks_exact_mut(2).zip(&heads).zip(payloads) {
            pair.copy_from_slice(&[IoSlice::new(head), IoSlice::new(payload)]);
        }
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let sent = stream.write_vectored(rest).await.expect("the reader reads");
            IoSlice::advance_slices(&mut rest, sent);
        }
    }
}

/// As many batches to a call as make four mebibytes.
fn batches(bench: &support::Bench, len: usize) -> usize {
    if bench.is_test() { 1 } else { ((4 << 20) / (BATCH * len)).max(1) }
}

fn payloads(len: usize) -> Vec<Bytes> {
    (0..BATCH).map(|number| vec![number as u8; len].into()).collect()
}

/// One connection for all contenders of a race: buffers and windows of two connections can differ by a factor of two.
#[derive(Clone)]
struct Line {
    stream: Rc<RefCell<TcpStream>>,
    sent: Rc<Cell<u64>>,
    read: Arc<AtomicU64>,
}

impl Line {
    fn new(runtime: &Runtime) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let read = Arc::new(AtomicU64::new(0));
        let count = read.clone();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().expect("somebody connects");
            discard(stream, &count)
        });
        let stream = runtime.block_on(TcpStream::connect(address)).expect("it listens");
        stream.set_nodelay(true).expect("a TCP option");
        Self { stream: Rc::new(RefCell::new(stream)), sent: Rc::default(), read }
    }

    /// Sleeps until everything has been read, so that no contender is charged with what another has left.
    fn settle(&self) {
        while self.read.load(Ordering::Acquire) < self.sent.get() {
            std::thread::sleep(Duration::from_micros(20));
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut *self.stream.borrow_mut()).poll_write(cx, bytes))?;
        self.sent.set(self.sent.get() + sent as u64);
        Poll::Ready(Ok(sent))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut *self.stream.borrow_mut()).poll_write_vectored(cx, slices))?;
        self.sent.set(self.sent.get() + sent as u64);
        Poll::Ready(Ok(sent))
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

/// Reads until the other end is closed. It looks again at once when nothing is there: a reader asleep in its `read` would
/// have every write pay for waking it, which on a virtual machine costs more than the write.
fn discard(mut stream: std::net::TcpStream, count: &AtomicU64) -> io::Result<()> {
    let mut block = vec![0; 256 << 10];
    stream.set_nonblocking(true)?;
    loop {
        match stream.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(read) => _ = count.fetch_add(read as u64, Ordering::Release),
            Err(_) => std::hint::spin_loop(),
        }
    }
}
