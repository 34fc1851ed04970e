//! Kafka: `cargo bench --bench kafka`.
//!
//! | races | contenders do |
//! | --- | --- |
//! | `records …`, in `kafka/records.rs` | find every record of a batch and hand its key, value, offset and timestamp to `black_box`; with a CRC where the name says so |
//! | `produce …`, there too | write one batch of records that are held in memory, with a CRC, into a buffer that is used again |
//! | `fetch …`, in `kafka/fetch.rs` | read a Fetch response and hand what it says of every partition to `black_box` |
//!
//! Beside rskafka and krabka-protocol, too: `benches/peers/benches/kafka.rs`.

#[path = "kafka/fetch.rs"]
mod fetch;
#[path = "kafka/records.rs"]
mod records;
mod support;

fn main() {
    let bench = support::Bench::from_args("kafka");
    let mut goals = Vec::new();
    for count in [100, 1000] {
        records::iterate(&bench, count, &mut goals, |_, _| {});
    }
    for value in [100, 10 << 10] {
        records::produce(&bench, 100, value, &mut goals, |_, _| {});
    }
    records::compressed(&bench, 1000);
    fetch::envelope(&bench, &mut goals);
    support::print_goals(&goals);
}
