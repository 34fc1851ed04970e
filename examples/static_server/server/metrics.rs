//! What the server has done, as Prometheus reads it.

use std::fmt::{Display, Write as _};

use super::Site;
use super::desk::Tally;

/// The page of metrics.
pub(super) fn page(site: &Site) -> String {
    let mut all = Tally::default();
    let (mut cached, mut hits, mut misses, mut dropped) = (0, 0, 0, 0);
    for desk in &site.desks {
        let desk = desk.lock();
        let tally = &desk.tally;
        all.accepted += tally.accepted;
        all.open += tally.open;
        all.idle += tally.idle;
        all.slow += tally.slow;
        all.stuck += tally.stuck;
        all.shrunk += tally.shrunk;
        #[cfg(feature = "tls")]
        {
            all.tls.kernel += tally.tls.kernel;
            all.tls.rustls += tally.tls.rustls;
            all.tls.failed += tally.tls.failed;
        }
        all.ledger = all.ledger + tally.ledger;
        for (status, count) in &tally.answers {
            *all.answers.entry(*status).or_default() += count;
        }
        cached += desk.cache.len();
        hits += desk.cache.hits;
        misses += desk.cache.misses;
        dropped += desk.log.as_ref().map_or(0, |log| log.dropped);
    }
    let mut page = Page(String::new());
    page.counter("http_connections_total", "Connections that were accepted", [("", all.accepted)]);
    page.gauge("http_connections_open", "Connections that are open", all.open);
    let answers: Vec<_> = all.answers.iter().map(|(status, count)| (format!("status=\"{status}\""), *count)).collect();
    page.counter("http_answers_total", "Answers that were queued", answers);
    page.counter(
        "http_deadlines_total",
        "Connections that were closed because the peer took too long",
        [
            ("waited_for=\"request\"", all.idle),
            ("waited_for=\"end_of_head\"", all.slow),
            ("waited_for=\"reader\"", all.stuck),
        ],
    );
    page.counter("http_files_shrunk_total", "Files that became shorter while they were sent", [("", all.shrunk)]);
    #[cfg(feature = "tls")]
    page.counter(
        "tls_connections_total",
        "Handshakes, by who encrypts what follows",
        [("path=\"kernel\"", all.tls.kernel), ("path=\"rustls\"", all.tls.rustls), ("path=\"none\"", all.tls.failed)],
    );
    page.gauge("cache_pages", "Pages in the cache of open files", cached as u64);
    page.counter(
        "cache_lookups_total",
        "Lookups in the cache of open files",
        [("found=\"1\"", hits), ("found=\"0\"", misses)],
    );
    page.counter(
        "log_lines_dropped_total",
        "Lines of the access log that could not be written in time",
        [("", dropped)],
    );
    let ledger = all.ledger;
    page.counter(
        "sent_bytes_total",
        "Bytes that were sent, by their way; of open connections up to 64 answers late",
        [
            ("path=\"copied\"", ledger.copied_out),
            ("path=\"shared\"", ledger.shared_out),
            ("path=\"sendfile\"", ledger.file_out),
        ],
    );
    page.counter(
        "cold_files_total",
        "Times that a part of a file was not in memory, and was waited for",
        [("", ledger.cold_files)],
    );
    page.counter("sent_writes_total", "Writes that took bytes", [("", ledger.writes)]);
    page.counter("received_bytes_total", "Bytes that were received", [("", ledger.received)]);
    page.counter("received_reads_total", "Reads that brought bytes", [("", ledger.reads)]);
    page.counter("received_moved_bytes_total", "Bytes of partial requests that were moved", [("", ledger.moved)]);
    page.counter(
        "received_skipped_bytes_total",
        "Bytes of bodies that were dropped as they came",
        [("", ledger.skipped)],
    );
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
                "" => writeln!(self.0, "wireview_{name} {value}"),
                label => writeln!(self.0, "wireview_{name}{{{label}}} {value}"),
            };
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "gauge");
        let _ = writeln!(self.0, "wireview_{name} {value}");
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP wireview_{name} {help}\n# TYPE wireview_{name} {kind}");
    }
}
