//! Races of the envelope of a Fetch response: its partitions, not their records.

use std::hint::black_box;

use bytes::{Buf, Bytes};
use kafka_protocol::messages::FetchResponse as PeerResponse;
use kafka_protocol::protocol::Decodable;
use wireview::{Codec, Encode, Gather, Payload};
use wireview_codecs::kafka::{
    Api, ErrorCode, FetchResponse, FetchedPartition, FetchedTopic, List, Response, ResponseBody, Responses, Tags,
};

use crate::support::Bench;

const PARTITIONS: usize = 100;

/// Bytes of records in each partition, at which nobody looks.
const RECORDS: usize = 100;

/// A response of `topics` topics that have a hundred partitions between them.
fn made(version: i16, topics: usize) -> Bytes {
    let records = [7; RECORDS];
    let versioned = Api::Fetch.version(version).expect("supported");
    let partition = |partition: usize| FetchedPartition {
        partition: partition as i32,
        error_code: ErrorCode::NONE,
        high_watermark: 1000,
        last_stable_offset: 1000,
        log_start_offset: 10,
        aborted_transactions: None,
        preferred_read_replica: -1,
        records: Some(Payload::Copy(&records)),
        tags: Tags::none(),
    };
    let topic = |at: usize| FetchedTopic {
        topic: Payload::Static(b"a-topic"),
        topic_id: [at as u8; 16],
        partitions: List::of(versioned, (0..PARTITIONS / topics).map(partition)).expect("lawful"),
        tags: Tags::none(),
    };
    let body = FetchResponse {
        throttle_time_ms: 0,
        error_code: ErrorCode::NONE,
        session_id: 0,
        topics: List::of(versioned, (0..topics).map(topic)).expect("lawful"),
        tags: Tags::none(),
    };
    let mut out = Gather::new();
    let mut codec = Responses::of(Api::Fetch, version, 1 << 20).expect("supported");
    codec.encode(Response::new(version, 1, body), &mut out).expect("lawful");
    out.chunks().collect::<Vec<_>>().concat().into()
}

/// The races: each contender hands number, error, watermark, start and records of every partition to `black_box`.
pub(crate) fn envelope(bench: &Bench, goals: &mut Vec<String>) {
    for (version, topics) in [(11, 1), (12, 1), (11, 20), (12, 20)] {
        let frame = made(version, topics);
        let title = format!("fetch v{version}, {topics} topics, {PARTITIONS} partitions");
        let mut race = bench.race(&title, "partition", PARTITIONS as u64);
        #[cfg(unix)]
        {
            race = race.timed_by(crate::support::thread_time);
        }
        race.add("hand-written walk", || {
            let seen = if version < 12 { walk(&frame) } else { walk_flexible(&frame) };
            assert_eq!(seen, Some(PARTITIONS));
        });
        let codec = Responses::of(Api::Fetch, version, 1 << 20).expect("supported");
        let read_from = &frame[..];
        race.add("wireview", move || {
            let ResponseBody::Fetch(told) = codec.parse(read_from).expect("lawful").body else { panic!("not Fetch") };
            let mut seen = 0;
            for topic in told.topics.iter() {
                for told in topic.expect("lawful").partitions.iter() {
                    let told = told.expect("lawful");
                    black_box((
                        told.partition,
                        told.error_code,
                        told.high_watermark,
                        told.log_start_offset,
                        told.records,
                    ));
                    seen += 1;
                }
            }
            assert_eq!(seen, PARTITIONS);
        });
        let codec = Responses::of(Api::Fetch, version, 1 << 20).expect("supported");
        race.add("wireview, in one pass", move || {
            let mut seen = 0;
            codec.fetched(read_from).expect("lawful").for_each(|told| {
                let (_, told) = told.expect("lawful");
                black_box((told.partition, told.error_code, told.high_watermark, told.log_start_offset, told.records));
                seen += 1;
            });
            assert_eq!(seen, PARTITIONS);
        });
        race.add("kafka-protocol", || {
            let mut rest = frame.clone();
            rest.advance(if version < 12 { 8 } else { 9 });
            let told = PeerResponse::decode(&mut rest, version).expect("lawful");
            let mut seen = 0;
            for topic in &told.responses {
                for told in &topic.partitions {
                    let records = told.records.as_deref();
                    black_box((
                        told.partition_index,
                        told.error_code,
                        told.high_watermark,
                        told.log_start_offset,
                        records,
                    ));
                    seen += 1;
                }
            }
            assert_eq!(seen, PARTITIONS);
        });
        if let [walk, _, ours, ..] = race.run()[..] {
            let verdict = if ours <= 1.5 * walk { "met" } else { "MISSED" };
            goals.push(format!("{verdict:>7}  {title}, in one pass: at most 1.50 x the walk: {:.2}", ours / walk));
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}

fn bytes<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<i32> {
    take(rest).map(i32::from_be_bytes)
}

/// Versions before 12.
fn walk(frame: &[u8]) -> Option<usize> {
    let rest = &mut &frame[8..];
    take::<10>(rest)?;
    let mut seen = 0;
    for _ in 0..number(rest)? {
        let len = i16::from_be_bytes(take(rest)?);
        bytes(rest, len as usize)?;
        for _ in 0..number(rest)? {
            let partition = number(rest)?;
            let error = i16::from_be_bytes(take(rest)?);
            let watermark = i64::from_be_bytes(take(rest)?);
            take::<8>(rest)?;
            let start = i64::from_be_bytes(take(rest)?);
            let aborted = number(rest)?;
            if aborted > 0 {
                bytes(rest, aborted as usize * 16)?;
            }
            take::<4>(rest)?;
            let len = number(rest)?;
            let records = if len < 0 { None } else { Some(bytes(rest, len as usize)?) };
            black_box((partition, error, watermark, start, records));
            seen += 1;
        }
    }
    rest.is_empty().then_some(seen)
}

fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for place in 0..5 {
        let [byte] = take(rest)?;
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn tags(rest: &mut &[u8]) -> Option<()> {
    for _ in 0..varint(rest)? {
        varint(rest)?;
        let len = varint(rest)?;
        bytes(rest, len)?;
    }
    Some(())
}

/// Version 12.
fn walk_flexible(frame: &[u8]) -> Option<usize> {
    let rest = &mut &frame[8..];
    tags(rest)?;
    take::<10>(rest)?;
    let mut seen = 0;
    for _ in 0..varint(rest)?.checked_sub(1)? {
        let len = varint(rest)?.checked_sub(1)?;
        bytes(rest, len)?;
        for _ in 0..varint(rest)?.checked_sub(1)? {
            let partition = number(rest)?;
            let error = i16::from_be_bytes(take(rest)?);
            let watermark = i64::from_be_bytes(take(rest)?);
            take::<8>(rest)?;
            let start = i64::from_be_bytes(take(rest)?);
            for _ in 0..varint(rest)?.saturating_sub(1) {
                take::<16>(rest)?;
                tags(rest)?;
            }
            take::<4>(rest)?;
            let records = match varint(rest)? {
                0 => None,
                len => Some(bytes(rest, len - 1)?),
            };
            tags(rest)?;
            black_box((partition, error, watermark, start, records));
            seen += 1;
        }
        tags(rest)?;
    }
    tags(rest)?;
    rest.is_empty().then_some(seen)
}
