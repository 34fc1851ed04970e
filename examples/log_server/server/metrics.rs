//! What the server has done, as Prometheus reads it.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use wireview::tokio::{Connection, Deadlines};
use wireview::{Fault, Ledger, Limits, Received};
use wireview_codecs::http1::{Part, Reply, Requests};
use wireview_codecs::kafka::Api;

use super::Broker;

/// What has happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    accepted: u64,
    open: u64,
    /// By API.
    requests: BTreeMap<Api, u64>,
    /// Requests that were not understood.
    pub(super) refused: u64,
    /// Batches, and their bytes; those that were there already; those that were not taken.
    pub(super) batches: u64,
    pub(super) appended: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    /// Fetches that had to wait.
    pub(super) waited: u64,
    /// How often something was brought to the disk.
    pub(super) syncs: u64,
    /// Bytes that were too old, or too much.
    pub(super) deleted: u64,
    pub(super) ledger: Ledger,
}

impl Tally {
    /// A connection comes, or goes.
    pub(super) const fn open(&mut self, by: i64) {
        self.open = self.open.wrapping_add_signed(by);
        self.accepted += (by > 0) as u64;
    }

    pub(super) fn count(&mut self, api: Api) {
        *self.requests.entry(api).or_default() += 1;
    }
}

/// The page of metrics.
fn page(broker: &Broker) -> String {
    let tally = broker.tally.lock().clone();
    let (mut size, mut partitions) = (0, 0);
    for topic in broker.topics.lock().all() {
        partitions += topic.partitions.len() as u64;
        size += topic.partitions.iter().map(|partition| partition.log.lock().size()).sum::<u64>();
    }
    let mut page = Page(String::new());
    page.counter("connections_total", "Connections that were accepted", [("", tally.accepted)]);
    page.gauge("connections_open", "Connections that are open", tally.open);
    let requests: Vec<_> = tally.requests.iter().map(|(api, count)| (format!("api=\"{api}\""), *count)).collect();
    page.counter("requests_total", "Requests that were read", requests);
    page.counter("requests_refused_total", "Requests that were not understood", [("", tally.refused)]);
    page.gauge("partitions", "Partitions", partitions);
    page.gauge("log_bytes", "Bytes of all logs", size);
    page.counter("appended_bytes_total", "Bytes of batches that were appended", [("", tally.appended)]);
    page.counter(
        "batches_total",
        "Batches that were produced",
        [
            ("result=\"appended\"", tally.batches),
            ("result=\"duplicate\"", tally.duplicates),
            ("result=\"refused\"", tally.rejected),
        ],
    );
    page.counter("syncs_total", "How often something was brought to the disk", [("", tally.syncs)]);
    page.counter("deleted_bytes_total", "Bytes that were too old, or too much", [("", tally.deleted)]);
    page.counter("fetches_waited_total", "Fetches that had to wait", [("", tally.waited)]);
    let ledger = tally.ledger;
    page.counter(
        "sent_bytes_total",
        "Bytes that were sent, by their way; of open connections up to 64 answers late",
        [
            ("path=\"copied\"", ledger.copied_out),
            ("path=\"shared\"", ledger.shared_out),
            ("path=\"sendfile\"", ledger.file_out),
        ],
    );
    page.counter("sent_writes_total", "Writes that took bytes", [("", ledger.writes)]);
    page.counter("received_bytes_total", "Bytes that were received", [("", ledger.received)]);
    page.counter("received_reads_total", "Reads that brought bytes", [("", ledger.reads)]);
    page.counter("received_moved_bytes_total", "Bytes of partial requests that were moved", [("", ledger.moved)]);
    page.counter(
        "receive_blocks_total",
        "Blocks for what is received",
        [("made=\"new\"", ledger.allocated_blocks), ("made=\"again\"", ledger.recycled_blocks)],
    );
    page.0
}

struct Page(String);

impl Page {
    fn counter<L: Display>(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (L, u64)>) {
        self.head(name, help, "counter");
        for (label, value) in values {
            let label = label.to_string();
            // Writing to a string does not fail.
            let _ = match &label[..] {
                "" => writeln!(self.0, "wireview_log_{name} {value}"),
                label => writeln!(self.0, "wireview_log_{name}{{{label}}} {value}"),
            };
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "gauge");
        let _ = writeln!(self.0, "wireview_log_{name} {value}");
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP wireview_log_{name} {help}\n# TYPE wireview_log_{name} {kind}");
    }
}

/// Answers `/metrics` to what `listener` accepts.
pub(crate) async fn report(broker: Arc<Broker>, listener: TcpListener) -> io::Result<()> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, broker.clone()))),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn answer(stream: TcpStream, broker: Arc<Broker>) -> Result<(), Fault> {
    let patience = Some(Duration::from_secs(10));
    let limits = Limits::new().max_frame(32 << 10).reads(4 << 10, 32 << 10);
    let mut conn = Connection::with_limits(stream, Requests::new().max_head(16 << 10), limits).deadlines(Deadlines {
        idle: patience,
        frame: patience,
        write: patience,
    });
    while let Some(Received { frame, mut out }) = conn.next().await? {
        let Part::Head(request) = frame.view()? else { continue };
        let reply: Reply = request.reply();
        let kind = "text/plain; version=0.0.4";
        match request.path() {
            b"/metrics" if request.is("GET") || request.is("HEAD") => {
                reply.send(&mut out, 200, |fields| fields.add("Content-Type", kind), page(&broker).into_bytes())?;
            }
            _ => reply.send(&mut out, 404, |_| {}, &b"only GET /metrics\n"[..])?,
        }
        if !reply.keep_alive() {
            break;
        }
    }
    let _ = timeout(Duration::from_secs(1), conn.close()).await;
    Ok(())
}
