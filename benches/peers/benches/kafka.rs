//! The races of `benches/kafka.rs` that read and write records, with contenders that the library is not built with:
//! `cargo bench --manifest-path benches/peers/Cargo.toml --bench kafka`, and for krabka-protocol, which asks for Rust 1.98 and is content
//! with less, `--ignore-rust-version --features krabka`.

#[path = "../../kafka/records.rs"]
mod records;
#[path = "../../support/mod.rs"]
mod support;

use std::hint::black_box;
use std::io::Cursor;

use bytes::Bytes;
use rskafka::protocol::record::{
    ControlBatchOrRecords, Record, RecordBatch, RecordBatchCompression, RecordBatchTimestampType,
};
use rskafka::protocol::traits::{ReadType, WriteType};

fn main() {
    let bench = support::Bench::from_args("kafka, with peers");
    let mut goals = Vec::new();
    for count in [100, 1000] {
        records::iterate(&bench, count, &mut goals, |race, input| {
            race.add("rskafka, CRC, copies", move || {
                let batch = RecordBatch::read(&mut Cursor::new(&input[..])).expect("lawful");
                let ControlBatchOrRecords::Records(records) = &batch.records else { unreachable!("no control batch") };
                for record in records {
                    let offset = batch.base_offset + i64::from(record.offset_delta);
                    black_box((&record.key, &record.value, offset, batch.first_timestamp + record.timestamp_delta));
                }
                assert_eq!(records.len(), count);
            });
            krabka(race, input, count);
        });
    }
    for value in [100, 10 << 10] {
        records::produce(&bench, 100, value, &mut goals, |race, records| {
            let time = records[0].timestamp;
            let owned = |part: &Option<Bytes>| part.as_ref().map(|part| part.to_vec());
            let record = |(at, record): (usize, &kafka_protocol::records::Record)| Record {
                timestamp_delta: record.timestamp - time,
                offset_delta: at as i32,
                key: owned(&record.key),
                value: owned(&record.value),
                headers: Vec::new(),
            };
            let batch = RecordBatch {
                base_offset: 0,
                partition_leader_epoch: -1,
                last_offset_delta: records.len() as i32 - 1,
                first_timestamp: time,
                max_timestamp: records[records.len() - 1].timestamp,
                producer_id: 4000,
                producer_epoch: 1,
                base_sequence: 0,
                records: ControlBatchOrRecords::Records(records.iter().enumerate().map(record).collect()),
                compression: RecordBatchCompression::NoCompression,
                is_transactional: false,
                timestamp_type: RecordBatchTimestampType::CreateTime,
            };
            let mut out = Vec::new();
            race.add("rskafka", move || {
                out.clear();
                batch.write(&mut out).expect("written");
                black_box(out.len())
            });
        });
    }
    support::print_goals(&goals);
}

/// Borrowed records, too, and a list of headers each, empty here.
#[cfg(feature = "krabka")]
fn krabka<'a>(race: &mut support::Race<'a>, input: &'a Bytes, count: usize) {
    use krabka_protocol::DecodeBorrow;
    use krabka_protocol::records::RecordBatchBorrowed;
    race.add("krabka-protocol, CRC, borrowed", move || {
        let batch = RecordBatchBorrowed::decode_borrow(&mut &input[..], 2).expect("lawful");
        let (base_offset, base_timestamp) = (batch.header().base_offset.get(), batch.header().base_timestamp.get());
        let mut seen = 0;
        for record in &batch {
            let record = record.expect("lawful");
            let offset = base_offset + i64::from(record.offset_delta);
            black_box((record.key, record.value, offset, base_timestamp + record.timestamp_delta));
            seen += 1;
        }
        assert_eq!(seen, count);
    });
}

#[cfg(not(feature = "krabka"))]
fn krabka<'a>(_: &mut support::Race<'a>, _: &'a Bytes, _: usize) {}
