//! Record batches beside implementations that share no code with ours: kafka-python's, as bytes that it has written, and the
//! crate kafka-protocol 0.18, both ways, compressed and not.

#[path = "kafka/vectors.rs"]
mod vectors;

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records as peer;
use wireview::laws::Draw;
use wireview::{Gather, Kind, Result};
use wireview_codecs::kafka::records::{
    Attributes, Batch, Builder, Compression, Decompressor, HEADER_LEN, Header, Record, batches,
};

const VECTORS: [(&[u8], Compression); 5] = [
    (vectors::NONE, Compression::None),
    (vectors::GZIP, Compression::Gzip),
    (vectors::SNAPPY, Compression::Snappy),
    (vectors::LZ4, Compression::Lz4),
    (vectors::ZSTD, Compression::Zstd),
];

fn only(log: &[u8]) -> Batch<&[u8]> {
    let mut walk = batches(log);
    let batch = walk.next().expect("a batch").expect("lawful");
    assert!(walk.next().is_none() && walk.rest().is_empty());
    batch
}

fn headers(record: &Record<&[u8]>) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let header = |header: Result<Header<&[u8]>>| {
        let header = header.expect("checked");
        (header.key.to_vec(), header.value.map(<[u8]>::to_vec))
    };
    record.headers.iter().map(header).collect()
}

#[test]
fn what_kafka_python_writes_is_read() {
    let mut decompressor = Decompressor::new();
    for (vector, compression) in VECTORS {
        let batch = only(vector);
        assert_eq!(batch.attributes.compression(), Ok(compression));
        assert_eq!((batch.base_offset, batch.last_offset_delta, batch.count), (0, 3, 4));
        assert_eq!((batch.base_timestamp, batch.max_timestamp), (1_700_000_000_000, 1_700_000_100_000));
        assert_eq!((batch.producer_id, batch.producer_epoch, batch.base_sequence), (4242, 7, 100));
        assert!(batch.attributes.is_transactional() && !batch.attributes.is_control());
        assert_eq!(batch.check_produced(), Ok(()));
        let batch = decompressor.open(batch).expect("compressed as it says");
        let records: Vec<_> = batch.records().expect("plain").collect::<Result<_>>().expect("lawful");
        let told: Vec<_> =
            records.iter().map(|record| (batch.timestamp(record) - 1_700_000_000_000, record.key)).collect();
        let key = "schlüssel".as_bytes();
        assert_eq!(told, [(0, None), (5, Some(&b"key"[..])), (-3, Some(b"")), (100_000, Some(key))]);
        let values: Vec<_> = records.iter().map(|record| record.value.map(<[u8]>::to_vec)).collect();
        assert_eq!(values, [Some(vec![]), Some(b"value".repeat(20)), None, Some(vec![b'x'; 200])]);
        let told = headers(&records[1]);
        let expected = [(b"trace".to_vec(), Some(vec![0, 1])), (b"none".to_vec(), None), (vec![], Some(vec![]))];
        assert_eq!(told, expected);
        assert!(records.iter().enumerate().all(|(at, record)| batch.offset(record) == at as i64));
    }
    let batch = only(vectors::PLAIN);
    assert_eq!((batch.producer_id, batch.producer_epoch, batch.base_sequence), (-1, -1, -1));
}

/// Not compressed there is one way to write a batch.
#[test]
fn what_is_built_is_what_kafka_python_writes() {
    for vector in [vectors::NONE, vectors::PLAIN] {
        let batch = only(vector);
        let mut builder = Builder::new()
            .producer(batch.producer_id, batch.producer_epoch, batch.base_sequence)
            .transactional(batch.attributes.is_transactional())
            .leader_epoch(batch.leader_epoch);
        let mut out = Gather::new();
        let written = builder.write(&mut out, |push| {
            batch.records()?.try_for_each(|record| {
                let record = record?;
                let headers = record.headers.iter().collect::<Result<Vec<_>>>()?;
                push.push(batch.timestamp(&record), record.key, record.value, &headers)
            })
        });
        assert_eq!(written, Ok(batch.count));
        assert_eq!(out.chunks().collect::<Vec<_>>().concat(), vector);
    }
}

fn of_peer(compression: Compression) -> peer::Compression {
    match compression {
        Compression::None => peer::Compression::None,
        Compression::Gzip => peer::Compression::Gzip,
        Compression::Snappy => peer::Compression::Snappy,
        Compression::Lz4 => peer::Compression::Lz4,
        Compression::Zstd => peer::Compression::Zstd,
    }
}

/// Records of one batch, as the peer holds them. It keeps headers in a map, so none has the same key as another.
fn draw_records(draw: &mut Draw<'_>) -> Vec<peer::Record> {
    let (producer_id, producer_epoch, sequence) =
        if draw.flag() { (77, 3, draw.below(1 << 30) as i32) } else { (-1, -1, -1) };
    let most = *draw.pick(&[8, 8, 8, 8, 8, 3000]);
    let count = 1 + draw.below(most);
    let transactional = producer_id > 0 && draw.flag();
    let max = *draw.pick(&[20, 200, 20_000]);
    let max = if count > 100 { 30 } else { max };
    (0..count)
        .map(|at| peer::Record {
            transactional,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id,
            producer_epoch,
            timestamp_type: peer::TimestampType::Creation,
            offset: at as i64,
            // The peer counts on from the first one, with or without a producer.
            sequence: sequence + at as i32,
            // It counts from the smallest, we from the first.
            timestamp: 1_700_000_000_000 + if at == 0 { 0 } else { draw.below(100_000) as i64 },
            key: draw.flag().then(|| draw.bytes(max).into()),
            value: (draw.below(5) > 0).then(|| draw.bytes(max).into()),
            headers: (0..draw.below(3) * draw.below(3))
                .map(|at| {
                    let key = StrBytes::from_string(format!("{at}{}", "k".repeat(draw.below(100))));
                    (key, draw.flag().then(|| draw.bytes(100).into()))
                })
                .collect(),
        })
        .collect()
}

fn of_ours(batch: &Batch<&[u8]>) -> Vec<peer::Record> {
    let record = |record: Record<&[u8]>| peer::Record {
        transactional: batch.attributes.is_transactional(),
        control: batch.attributes.is_control(),
        delete_horizon: batch.attributes.has_delete_horizon(),
        partition_leader_epoch: batch.leader_epoch,
        producer_id: batch.producer_id,
        producer_epoch: batch.producer_epoch,
        timestamp_type: peer::TimestampType::Creation,
        offset: batch.offset(&record),
        sequence: batch.base_sequence.wrapping_add(record.offset_delta),
        timestamp: batch.timestamp(&record),
        key: record.key.map(Bytes::copy_from_slice),
        value: record.value.map(Bytes::copy_from_slice),
        headers: headers(&record)
            .into_iter()
            .map(|(key, value)| (StrBytes::from_string(String::from_utf8(key).expect("text")), value.map(Bytes::from)))
            .collect::<IndexMap<_, _>>(),
    };
    let walked = batch.records().expect("plain").map(|item| record(item.expect("lawful")));
    walked.collect()
}

#[test]
fn what_the_peer_writes_is_read() {
    let mut decompressor = Decompressor::new();
    for seed in 0..400 {
        let compression = Compression::ALL[seed as usize % 5];
        let records = draw_records(&mut Draw::new(seed));
        let mut bytes = BytesMut::new();
        let options = peer::RecordEncodeOptions { version: 2, compression: of_peer(compression) };
        peer::RecordBatchEncoder::encode(&mut bytes, &records, &options).expect("written");
        let batch = only(&bytes);
        assert_eq!(batch.attributes.compression(), Ok(compression), "{seed}");
        assert_eq!(batch.count as usize, records.len(), "{seed}");
        let batch = decompressor.open(batch).expect("compressed as it says");
        assert_eq!(of_ours(&batch), records, "{seed}");
    }
}

#[test]
fn what_we_write_is_read_by_the_peer() {
    let mut builders = Compression::ALL.map(|compression| Builder::new().compression(compression));
    for seed in 0..400 {
        let compression = Compression::ALL[seed as usize % 5];
        let records = draw_records(&mut Draw::new(seed));
        let first = &records[0];
        let mut builder = std::mem::take(&mut builders[seed as usize % 5])
            .producer(first.producer_id, first.producer_epoch, first.sequence)
            .transactional(first.transactional);
        let mut out = Gather::new();
        // Some of it by whatever way is for what is long.
        let written = builder.write(&mut out, |push| {
            records.iter().try_for_each(|record| {
                let header = |(key, value): (&StrBytes, &Option<Bytes>)| Header {
                    key: Bytes::copy_from_slice(key.as_bytes()),
                    value: value.clone(),
                };
                let headers: Vec<_> = record.headers.iter().map(header).collect();
                push.push(record.timestamp, record.key.clone(), record.value.clone(), &headers)
            })
        });
        assert_eq!(written, Ok(records.len() as u32), "{seed}");
        builders[seed as usize % 5] = builder;
        let mut bytes = Bytes::from(out.chunks().collect::<Vec<_>>().concat());
        assert_eq!(only(&bytes).attributes.compression(), Ok(compression));
        let told = peer::RecordBatchDecoder::decode(&mut bytes).expect("lawful");
        assert_eq!(told.compression, of_peer(compression));
        assert_eq!(told.records, records, "{seed}");
    }
}

/// A batch of `count` records that are `body` when it is decompressed.
fn compressed(compression: Compression, count: u32, body: Vec<u8>) -> Batch<Bytes> {
    let plain = only(vectors::PLAIN);
    let attributes = Attributes(0).with_compression(compression);
    Batch {
        base_offset: plain.base_offset,
        leader_epoch: plain.leader_epoch,
        attributes,
        last_offset_delta: count as i32 - 1,
        base_timestamp: 0,
        max_timestamp: 0,
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        count,
        body: body.into(),
    }
}

fn borrowed(batch: &Batch<Bytes>) -> Batch<&[u8]> {
    let Batch { base_offset, leader_epoch, attributes, last_offset_delta, count, .. } = *batch;
    Batch {
        base_offset,
        leader_epoch,
        attributes,
        last_offset_delta,
        count,
        body: &batch.body[..],
        ..only(vectors::PLAIN)
    }
}

/// What each compression makes of `bytes`, in every form that Kafka's clients write.
fn forms(bytes: &[u8]) -> Vec<(Compression, Vec<u8>)> {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).expect("written");
    let raw = snap::raw::Encoder::new().compress_vec(bytes).expect("written");
    let mut blocks = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
    for block in bytes.chunks(32 * 1024) {
        let block = snap::raw::Encoder::new().compress_vec(block).expect("written");
        blocks.extend((block.len() as u32).to_be_bytes());
        blocks.extend(block);
    }
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(bytes).expect("written");
    // Once with the length in front, once as a stream that does not know it.
    let zstd = zstd::bulk::compress(bytes, 3).expect("written");
    let streamed = zstd::stream::encode_all(bytes, 3).expect("written");
    vec![
        (Compression::Gzip, gzip.finish().expect("written")),
        (Compression::Snappy, raw),
        (Compression::Snappy, blocks),
        (Compression::Lz4, lz4.finish().expect("written")),
        (Compression::Zstd, zstd),
        (Compression::Zstd, streamed),
    ]
}

#[test]
fn a_bomb_stops_at_the_limit() {
    const MAX: usize = 1 << 20;
    let zeros = vec![0; 16 << 20];
    for (compression, body) in forms(&zeros) {
        assert!(body.len() < 1 << 20, "{compression}: {} bytes", body.len());
        let batch = compressed(compression, 1, body);
        let mut decompressor = Decompressor::new().max_records(MAX);
        let error = decompressor.open(borrowed(&batch)).expect_err("too much");
        assert_eq!(
            (error.kind(), error.field(), error.offset()),
            (Kind::Limit, "decompressed records", HEADER_LEN),
            "{compression}"
        );
        let error = decompressor.open_shared(batch.clone()).expect_err("too much");
        assert_eq!(error.kind(), Kind::Limit, "{compression}");
        // What it holds says that no more than the limit was ever there.
        let held = format!("{decompressor:?}");
        let block = held.split("block: ").nth(1).and_then(|rest| rest.split(',').next());
        let block: usize = block.and_then(|len| len.parse().ok()).expect("a length");
        assert!(block <= MAX, "{compression}: {held}");
    }
    // To the byte.
    let record = |len: usize| {
        let mut out = Gather::new();
        Builder::new().write(&mut out, |push| push.push(0, None, Some(&vec![7; len][..]), &[])).expect("written");
        out.chunks().flatten().copied().skip(HEADER_LEN).collect::<Vec<u8>>()
    };
    for len in [10, 5000, 100_000] {
        let plain = record(len);
        for (compression, body) in forms(&plain) {
            let batch = compressed(compression, 1, body);
            let opened =
                |max| Decompressor::new().max_records(max).open(borrowed(&batch)).map(|batch| batch.body == plain);
            assert_eq!(opened(plain.len()), Ok(true), "{compression} of {len}");
            assert_eq!(
                opened(plain.len() - 1).map_err(|error| error.kind()),
                Err(Kind::Limit),
                "{compression} of {len}"
            );
        }
    }
}

#[test]
fn what_is_spoiled_is_refused_or_other_bytes() {
    let mut out = Gather::new();
    let value: Vec<u8> = (0..3000_u32).map(|at| ((at * at) >> 7) as u8).collect();
    Builder::new().write(&mut out, |push| push.push(0, None, Some(&value[..]), &[])).expect("written");
    let plain: Vec<u8> = out.chunks().flatten().copied().skip(HEADER_LEN).collect();
    let mut decompressor = Decompressor::new().max_records(1 << 16);
    let mut refused = 0;
    for (compression, body) in forms(&plain) {
        for len in 0..body.len() {
            let batch = compressed(compression, 1, body[..len].to_vec());
            let whole = decompressor
                .open(borrowed(&batch))
                .and_then(|batch| batch.records()?.try_for_each(|record| record.map(drop)));
            // Of gzip and LZ4 the end is but a checksum, or a mark.
            assert!(whole.is_err() || body.len() - len <= 8, "{compression} cut at {len} of {}", body.len());
        }
        for at in 0..body.len() {
            for bit in [0x01, 0x10, 0x80] {
                let mut spoiled = body.clone();
                spoiled[at] ^= bit;
                let batch = compressed(compression, 1, spoiled);
                match decompressor.open(borrowed(&batch)) {
                    Ok(batch) => batch.records().expect("plain").for_each(drop),
                    Err(error) => {
                        assert!(matches!(error.kind(), Kind::Malformed | Kind::Limit), "{compression}: {error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn blocks_are_used_again_when_nobody_holds_them() {
    let mut out = Gather::new();
    let mut builder = Builder::new().compression(Compression::Lz4);
    builder.write(&mut out, |push| push.push(0, None, Some(&vec![b'v'; 50_000][..]), &[])).expect("written");
    let bytes: Vec<u8> = out.chunks().flatten().copied().collect();
    let body = Bytes::copy_from_slice(only(&bytes).body);
    let batch = compressed(Compression::Lz4, 1, body.to_vec());

    let mut decompressor = Decompressor::new();
    let first = decompressor.open_shared(batch.clone()).expect("lawful");
    let second = decompressor.open_shared(batch.clone()).expect("lawful");
    assert_ne!(first.body.as_ptr(), second.body.as_ptr());
    let place = first.body.as_ptr();
    let kept = first.into_seq().expect("plain").iter_shared().next().expect("a record").expect("lawful");
    let third = decompressor.open_shared(batch.clone()).expect("lawful");
    assert_ne!(third.body.as_ptr(), place, "a value is still held");
    assert_eq!(kept.value.as_deref(), Some(&vec![b'v'; 50_000][..]));
    drop(kept);
    let fourth = decompressor.open_shared(batch.clone()).expect("lawful");
    assert_eq!(fourth.body.as_ptr(), place);

    // Borrowed, it is always the same.
    let place = decompressor.open(borrowed(&batch)).expect("lawful").body.as_ptr();
    assert_eq!(decompressor.open(borrowed(&batch)).expect("lawful").body.as_ptr(), place);
}

/// As a producer writes them that compresses as it goes along.
#[test]
fn what_is_compressed_in_parts_is_read_whole() {
    let mut out = Gather::new();
    let value: Vec<u8> = (0..9000_u32).map(|at| (at / 7) as u8).collect();
    Builder::new().write(&mut out, |push| push.push(0, None, Some(&value[..]), &[])).expect("written");
    let plain: Vec<u8> = out.chunks().flatten().copied().skip(HEADER_LEN).collect();
    let (front, behind) = plain.split_at(4096);
    let mut decompressor = Decompressor::new();
    for ((compression, mut body), (_, rest)) in forms(front).into_iter().zip(forms(behind)) {
        match body.strip_prefix(b"\x82SNAPPY\0") {
            // Blocks go on without another header.
            Some(_) => body.extend(&rest[16..]),
            // One block, or one frame, is all there is of these.
            None if matches!(compression, Compression::Snappy | Compression::Lz4) => {
                let batch = compressed(compression, 1, [&body[..], &rest].concat());
                let error = decompressor.open(borrowed(&batch)).expect_err("one too many");
                assert_eq!(error.kind(), Kind::Malformed, "{compression}");
                continue;
            }
            None => body.extend(&rest),
        }
        let batch = compressed(compression, 1, body);
        let opened = decompressor.open(borrowed(&batch)).expect("lawful");
        assert_eq!(opened.body, plain, "{compression}");
        // What follows is no such thing.
        let spoiled = compressed(compression, 1, [&batch.body[..], b"garbage"].concat());
        let error = decompressor.open(borrowed(&spoiled)).expect_err("garbage");
        assert_eq!(error.kind(), Kind::Malformed, "{compression}");
    }
}

#[test]
fn nothing_comes_of_nothing() {
    for compression in &Compression::ALL[1..] {
        for body in [&b""[..], b"\0", b"\x82SNAPPY\0", b"\x1f\x8b", b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"] {
            let batch = compressed(*compression, 1, body.to_vec());
            let opened = Decompressor::new()
                .open(borrowed(&batch))
                .and_then(|batch| batch.records()?.try_for_each(|record| record.map(drop)));
            assert!(opened.is_err(), "{compression} of {body:?}");
        }
    }
}
