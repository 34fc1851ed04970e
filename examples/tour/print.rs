//! Rows and figures.

use std::time::Instant;

use stats_alloc::Region;
use wireview::Ledger;

use super::ALLOCATOR;

/// One contender, and what its rounds came to.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What its connection booked; tokio_util keeps no books.
    pub(crate) ledger: Option<Ledger>,
    /// How many frames it has seen in all.
    pub(crate) seen: usize,
    /// Frames a round.
    count: usize,
    /// Nanoseconds a frame, one for each round.
    samples: Vec<f64>,
    allocations: usize,
}

impl Row {
    pub(crate) fn new(name: &'static str, count: usize) -> Self {
        Self { name, ledger: None, seen: 0, count, samples: Vec::with_capacity(100), allocations: 0 }
    }

    pub(crate) fn with_ledger(mut self, ledger: Ledger) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// Runs a round. Round 0 warms up and is not counted.
    pub(crate) fn time<R>(&mut self, round: usize, run: impl FnOnce() -> R) -> R {
        let (start, region) = (Instant::now(), Region::new(ALLOCATOR));
        let result = run();
        let (took, change) = (start.elapsed(), region.change());
        self.seen += self.count;
        if round > 0 {
            self.samples.push(took.as_nanos() as f64 / self.count as f64);
            self.allocations += change.allocations + change.reallocations;
        }
        result
    }

    /// The median of the rounds, in frames a second.
    pub(crate) fn rate(&self) -> f64 {
        let mut samples = self.samples.clone();
        samples.sort_by(f64::total_cmp);
        1e9 / samples[samples.len() / 2]
    }

    /// How often something was allocated, for each frame.
    fn allocations(&self) -> f64 {
        self.allocations as f64 / (self.count * self.samples.len()) as f64
    }
}

/// The last part: what was done to the bytes of each connection.
pub(crate) fn ledger(books: &[(String, Vec<Row>)]) {
    println!("\nThe ledger: what became of the bytes that arrived, and what was allocated\n");
    println!(
        "  {:10}{:24}{:>11}{:>11}{:>11}{:>11}  allocations/frame",
        "", "", "received", "shared", "copied", "moved"
    );
    let mut sent = Ledger::default();
    for (title, rows) in books {
        for (index, row) in rows.iter().enumerate() {
            print!("  {:10}{:24}", if index == 0 { title } else { "" }, row.name);
            let figures = row.ledger.map(|Ledger { received, shared_in, copied_in, moved, .. }| {
                [received, shared_in, copied_in, moved].map(|figure| bytes(figure as f64))
            });
            figures
                .unwrap_or_default()
                .iter()
                .for_each(|figure| print!("{:>11}", if figure.is_empty() { "?" } else { figure }));
            println!("{:>19.4}", row.allocations());
            sent = sent + row.ledger.unwrap_or_default();
        }
    }
    let [copied, shared] = [sent.copied_out, sent.shared_out].map(|figure| bytes(figure as f64));
    println!("\n  shared    handed out as owned, under a refcount, where the kernel put it");
    println!("  copied    copied out by wireview: what is large is shared, and nothing here was kept for long");
    println!("  moved     partial frames at the end of a block, carried over to the next one");
    println!("  commands  {copied} of requests were copied into the send queue, {shared} sent from where they were;");
    println!(
        "            the server runs in this process, so what its store allocates for SET and INCR is counted too"
    );
}

/// `16 KiB`
pub(crate) fn size(bytes: usize) -> String {
    if bytes < 1024 { format!("{bytes} B") } else { format!("{} KiB", bytes >> 10) }
}

/// `12.3 M`
pub(crate) fn count(number: f64) -> String {
    match number {
        1e9.. => format!("{:.2} G", number / 1e9),
        1e6.. => format!("{:.2} M", number / 1e6),
        1e3.. => format!("{:.1} k", number / 1e3),
        _ => format!("{number:.0}"),
    }
}

/// `12.3 MB`
pub(crate) fn bytes(number: f64) -> String {
    match count(number).split_once(' ') {
        Some((number, unit)) => format!("{number} {unit}B"),
        None => format!("{number:.0} B"),
    }
}
