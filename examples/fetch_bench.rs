//! What it costs `log_server` that a consumer reads its log: processor time by `sendfile`, by mapping + `writev`, by reading +
//! writing.
//!
//! `cargo run --release --features kernel --example fetch_bench`, `-- --quick` for a short run.
//!
//! One log, in the page cache. Servers that differ in nothing but the way of the bytes are asked in turn, round by round, by the same
//! consumer, which takes 1 MB a Fetch and discards it; it is another process, and not counted. All threads of a server are.
//!
//! `mapped` sends from sealed copies of the segments in memory, which are made before it is counted: a file that can be written to
//! cannot be mapped safely. `write` reads 64 KiB and writes it, again and again, into the same memory. `read` is the best that
//! can be made of that: blocks of 64 KiB that are used again, and as many as are wanted gathered into one `writev`.

#[allow(dead_code, unused_imports)] // Not everything that the server can do is wanted here.
#[path = "log_server/server/mod.rs"]
mod server;

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use server::{Broker, Fsync, Settings, Way};
use tokio::net::TcpListener;
use wireview::blocking::Connection;
use wireview::{Fault, Gather, Limits, Payload};
use wireview_codecs::kafka::records::{BatchHeader, Builder};
use wireview_codecs::kafka::{
    Api, Array, Calls, ErrorCode, FetchPartition, FetchRequest, FetchTopic, List, MetadataRequest,
    MetadataRequestTopic, ProduceRequest, ProducedPartition, ProducedTopic, Request, RequestBody, ResponseBody,
    Responses, Tags, client,
};

/// Processor time of a log server by the way that its records leave.
#[derive(Parser)]
struct Args {
    /// How long the log is
    #[arg(long, value_name = "MB", default_value_t = 4000)]
    megabytes: u64,
    /// How often it is read in each way
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    rounds: usize,
    /// 200 MB, once
    #[arg(long)]
    quick: bool,
    /// Where the log is made; a temporary directory otherwise
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Of this program itself: serve in that way
    #[arg(long, hide = true)]
    serve: Option<String>,
}

/// Records of 1,000 bytes, 100 of them in a batch.
const RECORD: usize = 1000;
const RECORDS: usize = 100;

/// What is wanted at once.
const FETCH: i32 = 1_000_000;

const WAYS: [(&str, Way); 4] =
    [("sendfile", Way::Sendfile), ("write", Way::Write), ("read", Way::Read), ("mapped", Way::Mapped)];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    if let (Some(way), Some(dir)) = (&args.serve, &args.dir) {
        let (_, way) = WAYS.into_iter().find(|(name, _)| name == way).ok_or("no such way")?;
        return Ok(serve(dir, way)?);
    }
    let (bytes, rounds) = if args.quick { (200 << 20, 1) } else { (args.megabytes * 1_000_000, args.rounds.max(1)) };
    let temporary = tempfile::tempdir()?;
    let dir = args.dir.as_deref().unwrap_or(temporary.path());
    let written = fill(dir, bytes)?;
    let gigabytes = written as f64 / 1e9;
    println!("a log of {gigabytes:.2} GB, {rounds} rounds, {FETCH} bytes a Fetch");

    let mut told = WAYS.map(|_| Vec::new());
    let mut memory = WAYS.map(|_| (0, 0));
    for round in 0..=rounds {
        for (at, (name, _)) in WAYS.iter().enumerate() {
            // Only one has the log at a time.
            let server = Server::start(dir, name)?;
            let mut consumer = Consumer::connect(server.addr)?;
            // Everything is in memory then: pages, mappings, blocks.
            consumer.read_all(written)?;
            let (before, memory_before) = (server.time()?, server.memory()?);
            let begun = Instant::now();
            consumer.read_all(written)?;
            let took = begun.elapsed().as_secs_f64();
            let cost = (server.time()? - before) / gigabytes;
            memory[at] = (memory_before, server.memory()?);
            // The first round is to warm up.
            if round > 0 {
                told[at].push((cost, gigabytes / took));
            }
            print!("\rround {round} of {rounds}: {name}          ");
            io::stdout().flush()?;
        }
    }
    println!("\r{:<10} {:>12} {:>8} {:>12} {:>16}", "", "CPU s/GB", "times", "GB/s", "memory, MB");
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let costs: Vec<f64> = told.iter().map(|told| middle(told.iter().map(|told| told.0).collect())).collect();
    for (at, (name, _)) in WAYS.iter().enumerate() {
        let rate = middle(told[at].iter().map(|told| told.1).collect());
        let (before, after) = memory[at];
        println!(
            "{name:<10} {:>12.3} {:>8.2} {rate:>12.2} {:>16}",
            costs[at],
            costs[at] / costs[0],
            format!("{:.1} -> {:.1}", before as f64 / 1e3, after as f64 / 1e3)
        );
    }
    let verdict = if costs[1] >= 2.0 * costs[0] { "met" } else { "MISSED" };
    println!("{verdict}: read + write at least 2.00 x sendfile: {:.2}", costs[1] / costs[0]);
    Ok(())
}

/// Serves until its standard input ends.
fn serve(dir: &Path, way: Way) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut broker = Broker::open(dir, Settings { fsync: Fsync::None, way, ..Settings::default() })?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        broker.advertise(addr.ip().to_string(), addr);
        println!("{addr}");
        let ended = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
        server::serve(Arc::new(broker), listener, async { drop(ended.await) }).await
    })
}

/// A server in a process of its own.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    fn start(dir: &Path, way: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", way, "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("piped")?).read_line(&mut line)?;
        Ok(Self { child, addr: line.trim().parse()? })
    }

    /// Processor time of all its threads so far, in seconds.
    fn time(&self) -> io::Result<f64> {
        let mut all = 0.0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let told = fs::read_to_string(thread?.path().join("schedstat"))?;
            all += told.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0.0) / 1e9;
        }
        Ok(all)
    }

    /// What it has in memory of its own, in kB: without what is mapped of files.
    fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Ok(value("RssAnon:").unwrap_or(0))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input is the end of it; if it does not hear, it is killed.
        drop(self.child.stdin.take());
        let patience = Instant::now();
        while patience.elapsed().as_secs() < 30 {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(std::time::Duration::from_millis(5)),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client on the codec's client half.
struct Consumer {
    conn: Connection<TcpStream, Responses, Calls>,
    next: i32,
}

impl Consumer {
    fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        let (responses, calls) = client(64 << 20);
        let limits = Limits::new().max_frame(65 << 20).queued(u64::MAX, u64::MAX);
        Ok(Self { conn: Connection::with_encoder(stream, responses, calls, limits), next: 0 })
    }

    fn send<'a>(&mut self, version: i16, body: impl Into<RequestBody<Payload<'a>>>) -> Result<(), Fault> {
        self.next += 1;
        self.conn.send(Request::new(version, self.next, body))?;
        self.conn.flush()
    }

    /// Reads the log from its beginning to its end.
    fn read_all(&mut self, written: u64) -> Result<(), Box<dyn std::error::Error>> {
        let (mut offset, mut taken) = (0, 0);
        while taken < written {
            self.send(12, wanted(offset)?)?;
            let received = self.conn.next()?.ok_or("closed")?;
            let ResponseBody::Fetch(told) = received.frame.view()?.body else {
                return Err("not what was asked".into());
            };
            let topic = told.topics.iter().next().ok_or("no topic")??;
            let told = topic.partitions.iter().next().ok_or("no partition")??;
            let records = told.records.unwrap_or(&[]);
            let header = BatchHeader::read(records)?;
            if told.error_code != ErrorCode::NONE
                || header.base_offset.get() != offset
                || records.len() % header.len() > 0
            {
                return Err(format!("{} at {offset}, {} bytes", told.error_code, records.len()).into());
            }
            taken += records.len() as u64;
            offset += (records.len() / header.len() * RECORDS) as i64;
        }
        Ok(())
    }
}

fn wanted(fetch_offset: i64) -> wireview::Result<FetchRequest<Payload<'static>>> {
    let version = Api::Fetch.version(12).unwrap_or_default();
    let partition = FetchPartition {
        partition: 0,
        current_leader_epoch: -1,
        fetch_offset,
        last_fetched_epoch: -1,
        log_start_offset: -1,
        partition_max_bytes: FETCH,
        tags: Tags::none(),
    };
    let partitions = List::of(version, [partition])?;
    let topic = FetchTopic { topic: Payload::Static(b"log"), topic_id: [0; 16], partitions, tags: Tags::none() };
    Ok(FetchRequest {
        replica_id: -1,
        max_wait_ms: 500,
        min_bytes: 1,
        max_bytes: FETCH,
        isolation_level: 0,
        session_id: 0,
        session_epoch: -1,
        topics: List::of(version, [topic])?,
        forgotten_topics: Array::none(),
        rack_id: Payload::Static(b""),
        tags: Tags::none(),
    })
}

/// Makes the log: the same batch again and again, by Produce. Answers how long it is.
fn fill(dir: &Path, bytes: u64) -> Result<u64, Box<dyn std::error::Error>> {
    let server = Server::start(dir, "sendfile")?;
    let mut producer = Consumer::connect(server.addr)?;
    let version = Api::Metadata.version(9).unwrap_or_default();
    let topic = MetadataRequestTopic { topic_id: [0; 16], name: Some(Payload::Static(b"log")), tags: Tags::none() };
    let topics = Some(List::of(version, [topic])?);
    producer.send(
        9,
        MetadataRequest {
            topics,
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
            tags: Tags::none(),
        },
    )?;
    producer.conn.next()?.ok_or("closed")?;
    let value = [7; RECORD];
    let mut out = Gather::new();
    Builder::new()
        .write(&mut out, |batch| (0..RECORDS).try_for_each(|_| batch.push(0, None, Some(&value[..]), &[])))?;
    let batch = out.chunks().collect::<Vec<_>>().concat();
    let version = Api::Produce.version(9).unwrap_or_default();
    let mut written = 0;
    while written < bytes {
        let partition = ProducedPartition { index: 0, records: Some(Payload::Copy(&batch)), tags: Tags::none() };
        let partitions = List::of(version, [partition])?;
        let topic = ProducedTopic { name: Payload::Static(b"log"), partitions, tags: Tags::none() };
        let topics = List::of(version, [topic])?;
        producer.send(
            9,
            ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 1000, topics, tags: Tags::none() },
        )?;
        let received = producer.conn.next()?.ok_or("closed")?;
        let ResponseBody::Produce(_) = received.frame.view()?.body else { return Err("not what was asked".into()) };
        written += batch.len() as u64;
    }
    Ok(written)
}
