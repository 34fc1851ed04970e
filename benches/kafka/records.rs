//! Races of record batches, for `benches/kafka.rs` and for the peers that are not built with the library.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::records as peer;
use wireview::{Deframer, Gather};
use wireview_codecs::kafka::records::{Batches, Builder, Compression, Decompressor, batches};

use crate::support::{Bench, Race, size};

/// The length of a value.
const VALUE: usize = 100;

/// When the first record was made, and how many milliseconds after it the others.
const TIME: i64 = 1_700_000_000_000;

/// The records of a batch: keys of 10 bytes, values of `value` bytes, no headers, a millisecond for ten of them.
pub(crate) fn made(count: usize, value: usize) -> Vec<peer::Record> {
    (0..count)
        .map(|at| peer::Record {
            transactional: false,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id: 4000,
            producer_epoch: 1,
            timestamp_type: peer::TimestampType::Creation,
            offset: at as i64,
            sequence: at as i32,
            timestamp: TIME + at as i64 / 10,
            key: Some(format!("key:{at:06}").into_bytes().into()),
            value: Some(vec![b'a' + (at % 23) as u8; value].into()),
            headers: IndexMap::new(),
        })
        .collect()
}

/// As the peer writes them.
fn written(records: &[peer::Record], compression: peer::Compression) -> Bytes {
    let mut bytes = BytesMut::new();
    let options = peer::RecordEncodeOptions { version: 2, compression };
    peer::RecordBatchEncoder::encode(&mut bytes, records, &options).expect("written");
    bytes.freeze()
}

/// By the processor time of this thread: that others want the processor does not count.
fn race<'a>(bench: &'a Bench, title: &'a str, count: usize) -> Race<'a> {
    let race = bench.race(title, "record", count as u64);
    #[cfg(unix)]
    let race = race.timed_by(crate::support::thread_time);
    race
}

fn goal(goals: &mut Vec<String>, ratio: f64, most: f64, what: &str) {
    let verdict = if ratio <= most { "met" } else { "MISSED" };
    goals.push(format!("{verdict:>7}  {what}: {ratio:.2}"));
}

/// A batch in memory, and all its records.
pub(crate) fn iterate(
    bench: &Bench,
    count: usize,
    goals: &mut Vec<String>,
    more: impl for<'a> FnOnce(&mut Race<'a>, &'a Bytes),
) {
    let input = written(&made(count, VALUE), peer::Compression::None);
    let title = format!("records {count} x {VALUE} B");
    let mut race = race(bench, &title, count);
    race.add("hand-written walk, no CRC", || walk(&input).expect("whole"));
    race.add("wireview, no CRC", || {
        let mut seen = 0;
        for batch in batches(&input).unverified() {
            let batch = batch.expect("lawful");
            for record in batch.records().expect("plain") {
                let record = record.expect("lawful");
                black_box((record.key, record.value, batch.offset(&record), batch.timestamp(&record)));
                seen += 1;
            }
        }
        assert_eq!(seen, count);
    });
    race.add("hand-written walk, CRC by crc-fast", || {
        let told = u32::from_be_bytes([input[17], input[18], input[19], input[20]]);
        assert_eq!(crc_fast::crc32_iscsi(&input[21..]), told);
        walk(&input).expect("whole")
    });
    race.add("wireview, CRC", || {
        let mut seen = 0;
        for batch in batches(&input) {
            let batch = batch.expect("lawful");
            for record in batch.records().expect("plain") {
                let record = record.expect("lawful");
                black_box((record.key, record.value, batch.offset(&record), batch.timestamp(&record)));
                seen += 1;
            }
        }
        assert_eq!(seen, count);
    });
    let mut deframer = Deframer::new(Batches::new());
    let read_from = &input[..];
    race.add("wireview, CRC, from 16 KiB reads (Deframer)", move || {
        let mut seen = 0;
        for read in read_from.chunks(16 * 1024) {
            deframer.feed(read);
            while let Some(lent) = deframer.next().expect("lawful") {
                let batch = lent.view().expect("lawful");
                for record in batch.records().expect("plain") {
                    let record = record.expect("lawful");
                    black_box((record.key, record.value, batch.offset(&record), batch.timestamp(&record)));
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, count);
    });
    race.add("kafka-protocol, CRC, shared slices", || {
        let set = peer::RecordBatchDecoder::decode(&mut input.clone()).expect("lawful");
        assert_eq!(set.records.len(), count);
        for record in &set.records {
            black_box((&record.key, &record.value, record.offset, record.timestamp));
        }
    });
    more(&mut race, &input);
    if let [walk, unchecked, _, checked, _, protocol, ..] = race.run()[..] {
        goal(goals, unchecked / walk, 1.5, &format!("{title} without CRC, at most 1.50 x the walk"));
        goal(goals, checked, 10.0, &format!("{title} with CRC, at most 10.00 ns a record"));
        goal(goals, checked / protocol, 0.128, &format!("{title} with CRC, at most 0.13 x kafka-protocol"));
    }
}

/// One batch of records that are in memory, as a producer sends it.
pub(crate) fn produce(
    bench: &Bench,
    count: usize,
    value: usize,
    goals: &mut Vec<String>,
    more: impl for<'a> FnOnce(&mut Race<'a>, &'a [peer::Record]),
) {
    let records = made(count, value);
    let expected = written(&records, peer::Compression::None);
    let title = format!("produce {count} x {}", size(value));
    let mut race = race(bench, &title, count);
    let mut out = Vec::new();
    let (fields, reference) = (&records, &expected);
    race.add("hand-written, into a Vec", move || {
        out.clear();
        write(fields, &mut out);
        assert_eq!(out.len(), reference.len());
    });
    let mut out = Gather::new();
    race.add("wireview, from slices", move || {
        let mut builder = Builder::new().producer(4000, 1, 0);
        let written = builder.write(&mut out, |batch| {
            fields.iter().try_for_each(|record| {
                batch.push(record.timestamp, record.key.as_deref(), record.value.as_deref(), &[])
            })
        });
        written.expect("written");
        assert_eq!(out.size(), reference.len() as u64);
        black_box(out.chunks().next());
        out.advance(out.size() as usize);
    });
    let mut out = Gather::new();
    race.add("wireview, from Bytes", move || {
        let mut builder = Builder::new().producer(4000, 1, 0);
        let written = builder.write(&mut out, |batch| {
            fields
                .iter()
                .try_for_each(|record| batch.push(record.timestamp, record.key.as_ref(), record.value.as_ref(), &[]))
        });
        written.expect("written");
        assert_eq!(out.size(), reference.len() as u64);
        black_box(out.chunks().next());
        out.advance(out.size() as usize);
    });
    let mut out = BytesMut::new();
    race.add("kafka-protocol", move || {
        out.clear();
        let options = peer::RecordEncodeOptions { version: 2, compression: peer::Compression::None };
        peer::RecordBatchEncoder::encode(&mut out, fields, &options).expect("written");
        assert_eq!(out.len(), reference.len());
    });
    more(&mut race, &records);
    if let [_, _, shared, protocol, ..] = race.run()[..] {
        goal(goals, shared / protocol, 1.0 / 3.0, &format!("{title} from Bytes, at most 0.33 x kafka-protocol"));
    }
}

/// The same records, decompressed first.
pub(crate) fn compressed(bench: &Bench, count: usize) {
    let records = made(count, VALUE);
    for (compression, name) in [
        (peer::Compression::Gzip, "gzip"),
        (peer::Compression::Snappy, "snappy"),
        (peer::Compression::Lz4, "lz4"),
        (peer::Compression::Zstd, "zstd"),
    ] {
        let input = written(&records, compression);
        let title = format!("records {count} x {VALUE} B, {name}");
        let mut race = race(bench, &title, count);
        let mut decompressor = Decompressor::new();
        let log = &input[..];
        race.add("wireview, CRC", move || {
            let mut seen = 0;
            for batch in batches(log) {
                let batch = decompressor.open(batch.expect("lawful")).expect("lawful");
                for record in batch.records().expect("plain") {
                    let record = record.expect("lawful");
                    black_box((record.key, record.value, batch.offset(&record), batch.timestamp(&record)));
                    seen += 1;
                }
            }
            assert_eq!(seen, count);
        });
        race.add("kafka-protocol, CRC, shared slices", || {
            let set = peer::RecordBatchDecoder::decode(&mut input.clone()).expect("lawful");
            assert_eq!(set.records.len(), count);
            for record in &set.records {
                black_box((&record.key, &record.value, record.offset, record.timestamp));
            }
        });
        race.run();
    }
    // What both make of the same records is not as long, so they are told apart by name alone.
    for (compression, theirs) in
        [(Compression::Lz4, peer::Compression::Lz4), (Compression::Zstd, peer::Compression::Zstd)]
    {
        let title = format!("produce {count} x {VALUE} B, {compression}");
        let mut race = race(bench, &title, count);
        let mut out = Gather::new();
        let mut builder = Some(Builder::new().compression(compression));
        let fields = &records;
        race.add("wireview, from slices", move || {
            let mut used = builder.take().expect("put back").producer(4000, 1, 0);
            let written = used.write(&mut out, |batch| {
                fields.iter().try_for_each(|record| {
                    batch.push(record.timestamp, record.key.as_deref(), record.value.as_deref(), &[])
                })
            });
            written.expect("written");
            builder = Some(used);
            black_box(out.chunks().next());
            out.advance(out.size() as usize);
        });
        let mut out = BytesMut::new();
        race.add("kafka-protocol", move || {
            out.clear();
            let options = peer::RecordEncodeOptions { version: 2, compression: theirs };
            peer::RecordBatchEncoder::encode(&mut out, fields, &options).expect("written");
            black_box(out.len());
        });
        race.run();
    }
}

/// What a careful programmer writes who knows the format: every length is checked, none is trusted, and nothing else is done.
fn walk(input: &[u8]) -> Option<()> {
    let header = input.first_chunk::<61>()?;
    let length = i32::from_be_bytes(header[8..12].try_into().ok()?);
    if header[16] != 2 || header[22] & 7 != 0 || input.len() != usize::try_from(length).ok()? + 12 {
        return None;
    }
    let base_offset = i64::from_be_bytes(header[..8].try_into().ok()?);
    let base_timestamp = i64::from_be_bytes(header[27..35].try_into().ok()?);
    let count = u32::from_be_bytes(header[57..61].try_into().ok()?);
    let mut at = 61;
    for _ in 0..count {
        let (len, start) = varint(input, at)?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        let record = input.get(..end)?;
        // Attributes, of which none is defined.
        let (timestamp, at_offset) = varint(record, start + 1)?;
        let (offset, at_key) = varint(record, at_offset)?;
        let (key, at_value) = bytes(record, at_key)?;
        let (value, at_headers) = bytes(record, at_value)?;
        let (headers, mut rest) = varint(record, at_headers)?;
        for _ in 0..headers {
            let (key, at_value) = bytes(record, rest)?;
            key?;
            rest = bytes(record, at_value)?.1;
        }
        if rest != end {
            return None;
        }
        black_box((key, value, base_offset + offset, base_timestamp + timestamp));
        at = end;
    }
    (at == input.len()).then_some(())
}

#[inline(always)]
fn varint(input: &[u8], mut at: usize) -> Option<(i64, usize)> {
    let mut raw = 0_u64;
    let mut shift = 0;
    loop {
        let byte = *input.get(at)?;
        at += 1;
        raw |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(((raw >> 1) as i64 ^ -((raw & 1) as i64), at));
        }
        shift += 7;
        if shift > 63 {
            return None;
        }
    }
}

#[inline(always)]
fn bytes(input: &[u8], at: usize) -> Option<(Option<&[u8]>, usize)> {
    let (len, start) = varint(input, at)?;
    if len < 0 {
        return Some((None, start));
    }
    let end = start.checked_add(len as usize)?;
    Some((Some(input.get(start..end)?), end))
}

/// The same of writing: one pass into room that is there, and the header behind it.
fn write(records: &[peer::Record], out: &mut Vec<u8>) {
    out.resize(61, 0);
    let first = &records[0];
    let mut max = first.timestamp;
    for (at, record) in records.iter().enumerate() {
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let delta = record.timestamp - first.timestamp;
        max = max.max(record.timestamp);
        let len = 2 + width(delta) + width(at as i64) + room(key) + room(value);
        out.reserve(len + 5);
        put(out, len as i64);
        out.push(0);
        put(out, delta);
        put(out, at as i64);
        for part in [key, value] {
            put(out, part.map_or(-1, |part| part.len() as i64));
            out.extend_from_slice(part.unwrap_or_default());
        }
        out.push(0);
    }
    let length = (out.len() - 12) as i32;
    out[8..12].copy_from_slice(&length.to_be_bytes());
    out[12..16].copy_from_slice(&(-1_i32).to_be_bytes());
    out[16] = 2;
    out[23..27].copy_from_slice(&(records.len() as i32 - 1).to_be_bytes());
    out[27..35].copy_from_slice(&first.timestamp.to_be_bytes());
    out[35..43].copy_from_slice(&max.to_be_bytes());
    out[43..51].copy_from_slice(&first.producer_id.to_be_bytes());
    out[51..53].copy_from_slice(&first.producer_epoch.to_be_bytes());
    out[53..57].copy_from_slice(&first.sequence.to_be_bytes());
    out[57..61].copy_from_slice(&(records.len() as i32).to_be_bytes());
    let crc = crc_fast::crc32_iscsi(&out[21..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
}

fn put(out: &mut Vec<u8>, number: i64) {
    let mut raw = (number << 1 ^ number >> 63) as u64;
    while raw >= 0x80 {
        out.push(raw as u8 | 0x80);
        raw >>= 7;
    }
    out.push(raw as u8);
}

fn width(number: i64) -> usize {
    let raw = (number << 1 ^ number >> 63) as u64 | 1;
    (70 - raw.leading_zeros() as usize) / 7
}

fn room(part: Option<&[u8]>) -> usize {
    let len = part.map_or(0, <[u8]>::len);
    len + width(part.map_or(-1, |part| part.len() as i64))
}
