//! What the format says, byte by byte.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use bytes::Bytes;
use wireview::{Boundary, Codec, Element, Encode, Gather, Kind, Outgoing, Result, Span};

use super::crc::{Crc, crc32c, joined, replaced};
use super::*;

/// The batch in the documentation of the crate `kafka-protocol`: key `hello`, value `world`.
const DOCUMENTED: &[u8] = b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00C\x00\x00\x00\x00\x02sm){\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x22\x01\xd0\x0f\x02\x0ahello\x0aworld\x00";

/// A batch of `body`, its length and CRC right unless `spoil` makes it otherwise.
fn batch(count: i32, body: &[u8]) -> Vec<u8> {
    batch_with(0, count - 1, count, body)
}

fn batch_with(attributes: i16, last: i32, count: i32, body: &[u8]) -> Vec<u8> {
    let mut batch = vec![0; 8];
    batch.extend((49 + body.len() as i32).to_be_bytes());
    batch.extend((-1_i32).to_be_bytes());
    batch.extend([2, 0, 0, 0, 0]);
    batch.extend(attributes.to_be_bytes());
    batch.extend(last.to_be_bytes());
    batch.extend(1000_i64.to_be_bytes());
    batch.extend(2000_i64.to_be_bytes());
    batch.extend((-1_i64).to_be_bytes());
    batch.extend((-1_i16).to_be_bytes());
    batch.extend((-1_i32).to_be_bytes());
    batch.extend(count.to_be_bytes());
    batch.extend(body);
    seal(&mut batch);
    batch
}

fn seal(batch: &mut [u8]) {
    let crc = slow_crc(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
}

/// Bit by bit, as RFC 3720 has it.
fn slow_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 })
    })
}

fn read(bytes: &[u8]) -> Result<Batch<&[u8]>> {
    let mut codec = Batches::new();
    match codec.delimit_last(bytes)? {
        Boundary::Frame { head, body, .. } if head + body as usize == bytes.len() => codec.parse(bytes),
        other => panic!("{other:?} of {} bytes", bytes.len()),
    }
}

fn records<'a>(batch: &Batch<&'a [u8]>) -> Result<Vec<Record<&'a [u8]>>> {
    batch.records()?.collect()
}

fn encoded<B: Outgoing>(batch: Batch<B>) -> Result<Vec<u8>> {
    let mut out = Gather::new();
    out.message(|out| Batches::new().encode(batch, out))?;
    Ok(out.chunks().flatten().copied().collect())
}

fn built(builder: &mut Builder, fill: impl FnOnce(&mut Push<'_>) -> Result<()>) -> Result<Vec<u8>> {
    let mut out = Gather::new();
    builder.write(&mut out, fill)?;
    Ok(out.chunks().flatten().copied().collect())
}

#[track_caller]
fn refused<T: core::fmt::Debug>(result: Result<T>, kind: Kind, field: &str, offset: usize) {
    let error = result.expect_err("refused");
    assert_eq!((error.kind(), error.field(), error.offset()), (kind, field, offset));
}

#[test]
fn a_documented_batch() {
    let batch = read(DOCUMENTED).expect("lawful");
    assert_eq!((batch.base_offset, batch.last_offset(), batch.count), (0, 3, 1));
    assert_eq!((batch.base_timestamp, batch.max_timestamp), (0, 1 << 40));
    let records = records(&batch).expect("one record");
    let [record] = records[..] else { panic!("{records:?}") };
    assert_eq!((record.key, record.value, record.headers.len()), (Some(&b"hello"[..]), Some(&b"world"[..]), 0));
    assert_eq!((record.timestamp_delta, record.offset_delta), (1000, 1));
    assert_eq!(batch.timestamp(&record), 1000);
    assert_eq!(encoded(batch).expect("written"), DOCUMENTED);
    assert_eq!(batch.to_string(), "batch 0..=3, 1 record in 18 bytes, producer 0 epoch 0 from 0");
    assert_eq!(record.to_string(), "+1 \"hello\": \"world\"");
}

#[test]
fn checksums_are_those_of_the_rfc() {
    // RFC 3720, appendix B.4, and the check value of the catalogue.
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    let noise: Vec<u8> = (0..3000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (len, cut) in [(1, 0), (22, 22), (100, 3), (511, 256), (3000, 1), (3000, 61), (3000, 2999)] {
        let (front, behind) = noise[..len].split_at(cut);
        let whole = crc32c(&noise[..len]);
        assert_eq!(whole, slow_crc(&noise[..len]), "{len}");
        let mut pieces = Crc::new();
        pieces.update(front);
        pieces.update(behind);
        assert_eq!(
            (pieces.value(), joined(front, crc32c(behind), behind.len())),
            (whole, whole),
            "{len} in two at {cut}"
        );
        let other = vec![0x5a; cut];
        let changed = [&other[..], behind].concat();
        assert_eq!(replaced(whole, front, &other, behind.len()), crc32c(&changed), "{len}, {cut} changed");
    }
}

#[test]
fn null_is_not_empty() {
    let body = b"\x0c\0\0\0\x01\x01\0\x0c\0\0\x02\x01\0\0\x0c\0\0\x04\0\x01\0\x0c\0\0\x06\0\0\0";
    let bytes = batch(4, body);
    let batch = read(&bytes).expect("lawful");
    let records = records(&batch).expect("four records");
    let told: Vec<_> = records.iter().map(|record| (record.key, record.value)).collect();
    let empty = Some(&b""[..]);
    assert_eq!(told, [(None, None), (None, empty), (empty, None), (empty, empty)]);
    // Through every holder.
    let spans: Vec<Record<Span>> = records
        .iter()
        .map(|record| <Record<Span> as wireview::wire::Message>::point(*record, &bytes).expect("inside"))
        .collect();
    let shared = wireview::wire::Message::share(&spans[2], &Bytes::from(bytes.clone()));
    assert_eq!((shared.key, shared.value), (Some(Bytes::new()), None));
}

#[test]
fn headers_keep_their_order_and_may_come_again() {
    let record = b"\x36\0\0\0\x02k\x02v\x08\x02a\x021\x02a\x01\x02a\0\0\x04\xc3\x28";
    let mut record = record.to_vec();
    record[0] = 2 * (record.len() as u8 - 1);
    let bytes = batch(1, &record);
    let batch = read(&bytes).expect("lawful");
    let record = records(&batch).expect("a record")[0];
    let headers: Vec<_> = record.headers.iter().collect::<Result<_>>().expect("checked");
    let header = |key, value| Header { key, value };
    let (a, one, empty) = (&b"a"[..], &b"1"[..], &b""[..]);
    // Keys are UTF-8 by convention alone.
    assert_eq!(
        headers,
        [header(a, Some(one)), header(a, None), header(a, Some(empty)), header(empty, Some(b"\xc3\x28"))]
    );
    assert_eq!(record.to_string(), "+0 \"k\": \"v\" and 4 headers");
    assert_eq!(headers[1].to_string(), "\"a\": null");
    assert_eq!(encoded(batch).expect("written"), bytes);
}

#[test]
fn every_field_of_a_header_counts() {
    use Kind::{Checksum, Eof, Limit, Malformed, Overflow, Truncated, Unsupported};
    let good = batch(1, b"\x0c\0\0\0\0\0\0");
    assert!(read(&good).is_ok());
    let with = |at: usize, bytes: &[u8]| {
        let mut other = good.clone();
        other[at..at + bytes.len()].copy_from_slice(bytes);
        seal(&mut other);
        other
    };
    refused(read(&with(16, &[0])), Unsupported, "message set of version 0 or 1", 16);
    refused(read(&with(16, &[1])), Unsupported, "message set of version 0 or 1", 16);
    refused(read(&with(16, &[3])), Unsupported, "magic", 16);
    refused(read(&with(16, &[0xff])), Unsupported, "magic", 16);
    for length in [48_i32, 0, -1, i32::MIN] {
        refused(read(&with(8, &length.to_be_bytes())), Malformed, "batch length", 8);
        refused(BatchHeader::read(&with(8, &length.to_be_bytes())).copied(), Malformed, "batch length", 8);
        refused(Batches::new().delimit(&with(8, &length.to_be_bytes())[..17]), Malformed, "batch length", 8);
    }
    refused(Batches::new().max_batch(67).delimit(&good), Limit, "batch length", 8);
    assert_eq!(Batches::new().max_batch(68).delimit(&good), Ok(Boundary::Frame { head: 61, body: 7, tail: 0 }));
    refused(read(&with(22, &[5])), Unsupported, "compression", 21);
    refused(read(&with(22, &[7])), Unsupported, "compression", 21);
    refused(read(&with(23, &(-1_i32).to_be_bytes())), Malformed, "last offset delta", 23);
    let mut beyond = with(0, &i64::MAX.to_be_bytes());
    assert_eq!(read(&beyond).expect("the last offset of all").last_offset(), i64::MAX);
    beyond[26] = 1;
    seal(&mut beyond);
    refused(read(&beyond), Overflow, "base offset", 0);
    refused(read(&with(57, &(-1_i32).to_be_bytes())), Malformed, "record count", 57);
    refused(read(&with(57, &2_i32.to_be_bytes())), Malformed, "record count", 57);
    refused(read(&with(57, &i32::MAX.to_be_bytes())), Malformed, "record count", 57);
    let mut wrong = good.clone();
    for at in 17..wrong.len() {
        // Whatever is wrong besides is told first.
        wrong[at] ^= 0x40;
        let kind = Batches::new().parse(&wrong).expect_err("one bit is wrong").kind();
        assert!(kind == Checksum || at < 61, "{at}: {kind:?}");
        assert_eq!(kind == Checksum, Batches::new().unverified().parse(&wrong).is_ok(), "{at}");
        wrong[at] ^= 0x40;
    }
    // What is not under the CRC.
    for at in [0, 7, 12, 15] {
        wrong[at] ^= 0x40;
        assert!(read(&wrong).is_ok(), "{at}");
        wrong[at] ^= 0x40;
    }
    refused(Batches::new().parse(&good[..60]), Truncated, "batch length", 60);
    refused(Batches::new().parse(&good[..67]), Truncated, "batch length", 8);
    for len in 0..61 {
        let need = if len < 17 { 17 } else { 61 };
        assert_eq!(len_of(&good[..len]), Ok(Boundary::Need(need)), "{len}");
    }
    let end = wireview::recv::views_in(&mut Batches::new(), &good[..67]).next().expect("an item");
    refused(end, Eof, "frame", 67);
}

#[test]
fn every_field_of_a_record_counts() {
    use Kind::{Malformed, Overflow, Truncated};
    #[track_caller]
    fn record(bytes: &[u8], kind: Kind, field: &str, offset: usize) {
        refused(Record::<Span>::read(&mut &bytes[..]), kind, field, offset);
        // The same in a batch, behind a good one, at its place there.
        let body = [&b"\x0c\0\0\0\x01\x01\0"[..], bytes].concat();
        let bytes = batch_with(0, 1, 1, &body);
        let batch = read(&bytes).expect("lawful in front");
        let mut records = Records::new(batch.body, 2, 61);
        assert!(records.next().expect("an item").is_ok());
        refused(records.next().expect("an item"), kind, field, 68 + offset);
        assert!(records.next().is_none());
    }
    record(b"", Truncated, "record length", 0);
    record(b"\x80", Truncated, "record length", 0);
    record(b"\x80\x80\x80\x80\x10", Overflow, "record length", 0);
    record(b"\x80\x80\x80\x80\x80", Overflow, "record length", 0);
    record(b"\x01", Malformed, "record length", 0);
    record(b"\x0c\0\0\0\x01\x01", Truncated, "record", 1);

    // Behind a length that fits.
    #[track_caller]
    fn body(body: &[u8], kind: Kind, field: &str, offset: usize) {
        record(&[&[2 * body.len() as u8], body].concat(), kind, field, offset);
    }
    body(b"", Truncated, "record attributes", 1);
    body(b"\0", Truncated, "timestamp delta", 2);
    body(b"\0\x80\x80\x80\x80\x80\x80\x80\x80\x80", Truncated, "timestamp delta", 2);
    body(b"\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", Overflow, "timestamp delta", 2);
    body(b"\0\0", Truncated, "offset delta", 3);
    body(b"\0\0\xff\xff\xff\xff\x1f", Overflow, "offset delta", 3);
    body(b"\0\0\0", Truncated, "key length", 4);
    body(b"\0\0\0\x03\x01\0", Malformed, "key length", 4);
    body(b"\0\0\0\x08\x01\0", Truncated, "key", 5);
    body(b"\0\0\0\x01", Truncated, "value length", 5);
    body(b"\0\0\0\x01\x03\0", Malformed, "value length", 5);
    body(b"\0\0\0\x01\x04\0", Truncated, "value", 6);
    body(b"\0\0\0\x01\x01", Truncated, "header count", 6);
    body(b"\0\0\0\x01\x01\x01", Malformed, "header count", 6);
    body(b"\0\0\0\x01\x01\0\0", Malformed, "record length", 0);
    body(b"\0\0\0\x01\x01\x02", Truncated, "header key length", 7);
    body(b"\0\0\0\x01\x01\x02\x01", Malformed, "header key length", 7);
    body(b"\0\0\0\x01\x01\x02\x02", Truncated, "header key", 8);
    body(b"\0\0\0\x01\x01\x02\0", Truncated, "header value length", 8);
    body(b"\0\0\0\x01\x01\x02\0\x03", Malformed, "header value length", 8);
    body(b"\0\0\0\x01\x01\x02\0\x02", Truncated, "header value", 9);
    body(b"\0\0\0\x01\x01\xfe\xff\xff\xff\x0f\0\x01", Truncated, "header key length", 13);
    body(b"\0\0\0\x01\x01\x02\0\x01\0", Malformed, "record length", 0);
}

#[test]
fn there_are_as_many_records_as_the_batch_says() {
    let one = b"\x0c\0\0\0\x01\x01\0";
    let two = [&one[..], one].concat();
    let walk = |count, body: &[u8]| {
        let bytes = batch_with(0, 9, count, body);
        let batch = read(&bytes).expect("lawful in front");
        let walked: Vec<_> =
            batch.records().expect("plain").map(|record| record.map(|record| record.offset_delta)).collect();
        walked
    };
    assert_eq!(walk(2, &two), [Ok(0), Ok(0)]);
    assert_eq!(walk(0, b""), []);
    let behind = walk(1, &two);
    assert_eq!(behind.len(), 2);
    refused(behind[1], Kind::Malformed, "records", 68);
    refused(walk(0, one)[0], Kind::Malformed, "records", 61);
    // Two records in the room of three.
    let long = [&one[..], b"\x1a\0\0\0\x01\x0e.......\0"].concat();
    let few = walk(3, &long);
    assert_eq!((few.len(), few[1]), (3, Ok(0)));
    refused(few[2], Kind::Truncated, "record length", 61 + long.len());
}

#[test]
fn numbers_of_all_widths() {
    for bits in 0..63 {
        for number in [(1_i64 << bits) - 1, 1 << bits, -(1 << bits), -(1 << bits) - 1] {
            let mut bytes = [0; varint::MAX_64];
            let len = varint::write(varint::folded(number), &mut bytes);
            let bytes = &bytes[..len];
            assert_eq!(bytes.len(), varint::len(number));
            let mut rest = bytes;
            assert_eq!((varint::long_int(&mut rest), rest), (Some(number), &b""[..]));
            let mut rest = bytes;
            assert_eq!(varint::int(&mut rest), i32::try_from(number).ok(), "{number}");
            assert!((0..bytes.len()).all(|cut| varint::long_int(&mut &bytes[..cut]).is_none()));
        }
    }
    // Longer than need be, as other readers take it.
    assert_eq!(varint::int(&mut &b"\x81\x80\x80\x80\0"[..]), Some(-1));
    assert_eq!(varint::long_int(&mut &b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"[..]), Some(i64::MIN));
}

#[test]
fn what_a_producer_may_not_send() {
    let one = b"\x0c\0\0\0\x01\x01\0";
    let check = |attributes, last, count, producer: i64, epoch, sequence| {
        let bytes = batch_with(attributes, last, count, &one.repeat(count as usize));
        let mut batch = read(&bytes).expect("lawful");
        (batch.producer_id, batch.producer_epoch, batch.base_sequence) = (producer, epoch, sequence);
        batch.check_produced()
    };
    assert_eq!(check(0, 1, 2, -1, -1, -1), Ok(()));
    assert_eq!(check(0x10, 1, 2, 5, 0, 0), Ok(()));
    refused(check(0, 0, 0, -1, -1, -1), Kind::Malformed, "record count", 57);
    refused(check(0, 2, 2, -1, -1, -1), Kind::Malformed, "last offset delta", 23);
    refused(check(0, 0, 2, -1, -1, -1), Kind::Malformed, "last offset delta", 23);
    refused(check(0x20, 0, 1, -1, -1, -1), Kind::Unsupported, "control batch", 21);
    refused(check(0, 0, 1, 5, 0, -1), Kind::Malformed, "base sequence", 53);
    refused(check(0, 0, 1, 5, -1, 0), Kind::Malformed, "base sequence", 53);
    refused(check(0x10, 0, 1, -1, -1, -1), Kind::Malformed, "base sequence", 53);
}

#[test]
fn a_log_is_cut_off_where_it_is_torn() {
    let mut log = Vec::new();
    let mut ends = Vec::new();
    for offset in [10, 11, 20] {
        let mut builder = Builder::new().base_offset(offset);
        log.extend(built(&mut builder, |batch| batch.push(7, None, Some(&b"value"[..]), &[])).expect("written"));
        ends.push(log.len());
    }
    let next = [None, Some(11), Some(12), Some(21)];
    for len in 0..=log.len() {
        let whole = ends.iter().filter(|end| **end <= len).count();
        let expected = Sound {
            len: if whole == 0 { 0 } else { ends[whole - 1] },
            batches: whole,
            next_offset: next[whole],
            fault: None,
        };
        assert_eq!(sound(&log[..len]), expected);
        let mut walk = batches(&log[..len]);
        assert_eq!((walk.by_ref().count(), walk.position()), (whole, expected.len));
        assert_eq!(walk.rest(), &log[expected.len..len]);
    }
    // One bit, anywhere but where nobody looks, ends it.
    for at in ends[0]..ends[1] {
        let mut torn = log.clone();
        torn[at] ^= 1;
        let told = sound(&torn);
        match at - ends[0] {
            // The offset is not under the CRC; but that of the next batch, or its own, goes back.
            0..8 => assert!(told.fault.is_some_and(|fault| fault.field() == "base offset"), "{at}"),
            12..16 => assert_eq!((told.len, told.fault), (log.len(), None), "{at}"),
            field => {
                assert_eq!((told.len, told.batches), (ends[0], 1), "{at}");
                // A batch that is too long may go on behind the end.
                assert!(told.fault.is_some() || (8..12).contains(&field), "{at}");
            }
        }
    }
    // Zeros behind, as a file system leaves them.
    let zeros = [&log[..], &[0; 100]].concat();
    assert_eq!((sound(&zeros).len, sound(&zeros).next_offset), (log.len(), Some(21)));
    refused(Err::<(), _>(sound(&zeros).fault.expect("told")), Kind::Unsupported, "message set of version 0 or 1", 16);
    // Offsets that go back.
    let back = [&log[ends[0]..], &log[..ends[0]]].concat();
    refused(Err::<(), _>(sound(&back).fault.expect("told")), Kind::Malformed, "base offset", 0);
}

#[test]
fn a_broker_stamps_a_batch() {
    for len in [0, 1, 100, 5000, 100_000] {
        let value = vec![b'v'; len];
        let mut bytes =
            built(&mut Builder::new(), |batch| batch.push(7, None, Some(&value[..]), &[])).expect("written");
        patch::base_offset(&mut bytes[..61], 1 << 40).expect("a header");
        patch::leader_epoch(&mut bytes[..61], 3).expect("a header");
        patch::append_time(&mut bytes[..61], 1_700_000_000_000).expect("a header");
        assert_eq!(bytes[17..21], slow_crc(&bytes[21..]).to_be_bytes());
        let batch = read(&bytes).expect("the CRC fits");
        assert_eq!((batch.base_offset, batch.leader_epoch, batch.max_timestamp), (1 << 40, 3, 1_700_000_000_000));
        assert_eq!(batch.attributes.timestamp_type(), TimestampType::LogAppend);
        let record = records(&batch).expect("a record")[0];
        assert_eq!((batch.timestamp(&record), batch.offset(&record)), (1_700_000_000_000, 1 << 40));
        // What did not fit does not fit afterwards.
        bytes[60 + usize::from(len > 0)] ^= 1;
        patch::append_time(&mut bytes, 5).expect("a header");
        assert!(read(&bytes).is_err());
    }
    let mut bytes = batch(2, &b"\x0c\0\0\0\x01\x01\0".repeat(2));
    refused(patch::base_offset(&mut bytes, i64::MAX), Kind::Overflow, "base offset", 0);
    refused(patch::base_offset(&mut bytes[..60], 0), Kind::Truncated, "batch length", 60);
    bytes[16] = 1;
    refused(patch::append_time(&mut bytes, 0), Kind::Unsupported, "message set of version 0 or 1", 16);
}

#[test]
fn markers_end_transactions() {
    let mut builder = Builder::new().producer(9, 2, 40);
    for (is_commit, text) in [(true, "commit of coordinator epoch 7"), (false, "abort of coordinator epoch 7")] {
        let marker = Marker { is_commit, coordinator_epoch: 7 };
        let mut out = Gather::new();
        builder.write_marker(&mut out, 5, marker).expect("written");
        let bytes: Vec<u8> = out.chunks().flatten().copied().collect();
        let batch = read(&bytes).expect("lawful");
        assert!(batch.attributes.is_control() && batch.attributes.is_transactional());
        assert_eq!((batch.producer_id, batch.producer_epoch, batch.base_sequence), (9, 2, -1));
        let record = records(&batch).expect("a record")[0];
        assert_eq!(record.marker(), Ok(Some(marker)));
        assert_eq!(marker.to_string(), text);
        // ControlRecordType and EndTxnMarker, version 0.
        assert_eq!(record.key, Some(&[0, 0, 0, u8::from(is_commit)][..]));
        assert_eq!(record.value, Some(&b"\0\0\0\0\0\x07"[..]));
    }
    assert_eq!(builder.next_sequence(), 40, "a marker is no record of the producer");
    let record = |key: Option<&'static [u8]>, value| Record {
        attributes: 0,
        timestamp_delta: 0,
        offset_delta: 0,
        key,
        value,
        headers: wireview::Seq::new(&b""[..], 0),
    };
    assert_eq!(
        record(Some(b"\0\x01\0\x01more"), Some(b"\0\x01\0\0\0\x02more")).marker().map(|marker| marker.is_some()),
        Ok(true)
    );
    assert_eq!(record(Some(b"\0\0\0\x02"), None).control_kind(), Ok(ControlKind::LeaderChange));
    assert_eq!(record(Some(b"\0\0\0\x02"), None).marker(), Ok(None));
    assert_eq!(record(Some(b"\0\0\x12\x34"), None).control_kind().map(ControlKind::number), Ok(0x1234));
    refused(record(None, None).control_kind(), Kind::Truncated, "control record key", 0);
    refused(record(Some(b"\xff\xff\0\0"), None).control_kind(), Kind::Malformed, "control record key", 0);
    refused(record(Some(b"\0\0\0\0"), Some(b"\0\0")).marker(), Kind::Truncated, "control record value", 2);
    refused(record(Some(b"\0\0\0\0"), Some(b"\x80\0\0\0\0\0")).marker(), Kind::Malformed, "control record value", 0);
}

#[test]
fn what_is_long_is_shared_and_still_under_the_crc() {
    let long = Bytes::from(vec![b'l'; 10_000]);
    let short = Bytes::from_static(b"short");
    let headers =
        [Header { key: short.clone(), value: Some(long.clone()) }, Header { key: short.clone(), value: None }];
    type Fill<'a> = (Option<&'a Bytes>, Option<&'a Bytes>, &'a [Header<Bytes>]);
    let fills: [(usize, &[Fill<'_>]); 5] = [
        (0, &[(Some(&short), Some(&short), &[]), (None, None, &[])]),
        (1, &[(Some(&short), Some(&long), &[])]),
        (1, &[(None, Some(&short), &[]), (Some(&long), None, &[]), (None, Some(&short), &[])]),
        (2, &[(Some(&long), Some(&long), &[]), (Some(&short), Some(&short), &[])]),
        (2, &[(Some(&short), Some(&short), &headers), (Some(&short), Some(&long), &[])]),
    ];
    for (shared, fill) in fills {
        let mut out = Gather::new();
        out.copy(b"in front");
        let count = Builder::new().write(&mut out, |batch| {
            fill.iter().try_for_each(|(key, value, headers)| batch.push(3, key.cloned(), value.cloned(), headers))
        });
        assert_eq!(count, Ok(fill.len() as u32));
        let found = out.chunks().filter(|chunk| chunk.as_ptr() == long.as_ptr()).count();
        assert_eq!(found, shared);
        let bytes: Vec<u8> = out.chunks().flatten().copied().skip(8).collect();
        let batch = read(&bytes).expect("the CRC fits");
        let records = records(&batch).expect("lawful");
        for (record, (key, value, headers)) in records.iter().zip(fill) {
            assert_eq!((record.key, record.value), (key.map(|key| &key[..]), value.map(|value| &value[..])));
            let told: Vec<_> = record.headers.iter().collect::<Result<_>>().expect("checked");
            assert_eq!(told.len(), headers.len());
            assert!(
                told.iter()
                    .zip(*headers)
                    .all(|(told, header)| told.key == header.key && told.value == header.value.as_deref())
            );
        }
        assert_eq!(batch.check_produced(), Ok(()));
    }
}

/// A length is as short as it can be, whichever way it was found.
#[test]
fn lengths_are_minimal() {
    let header = [Header { key: &b"h"[..], value: None }];
    for len in (0..130).chain(2020..2060).chain(8170..8200) {
        for (key, time, headers) in
            [(None, 0, &header[..0]), (Some(&b"key"[..]), i64::MIN + 1, &[]), (None, 77, &header)]
        {
            let value = vec![b'v'; len];
            let bytes = built(&mut Builder::new(), |batch| {
                batch.push(0, None, Some(&b""[..]), &[])?;
                batch.push(time, key, Some(&value[..]), headers)
            });
            let bytes = bytes.expect("written");
            let batch = read(&bytes).expect("lawful");
            let told = records(&batch).expect("two")[1];
            assert_eq!((told.key, told.value, batch.timestamp(&told)), (key, Some(&value[..]), time));
            let mut rest = &batch.body[7..];
            let stated = varint::int(&mut rest).expect("a length");
            assert_eq!(rest.len(), stated as usize);
            assert_eq!(batch.body.len() - 7 - rest.len(), varint::len(stated.into()), "{len}");
        }
    }
}

#[test]
fn sequences_move_on_and_come_round() {
    let mut builder = Builder::new().producer(1, 0, i32::MAX - 1).transactional(true).leader_epoch(4);
    let bytes = built(&mut builder, |batch| {
        (0..3).try_for_each(|_| batch.push(0, None, Some(&b""[..]), &[]))?;
        assert_eq!((batch.len(), batch.is_empty()), (3, false));
        Ok(())
    });
    let bytes = bytes.expect("written");
    let batch = read(&bytes).expect("lawful");
    let sequences: Vec<_> = records(&batch).expect("three").iter().map(|record| batch.sequence(record)).collect();
    assert_eq!(sequences, [i32::MAX - 1, i32::MAX, 0]);
    assert_eq!((builder.next_sequence(), batch.leader_epoch), (1, 4));
    assert!(batch.attributes.is_transactional());

    // What fails leaves nothing, and takes no number.
    let mut out = Gather::new();
    refused(builder.write(&mut out, |_| Ok(())), Kind::Malformed, "record count", 57);
    let far = builder.write(&mut out, |batch| {
        batch.push(i64::MIN, None, Some(&b""[..]), &[])?;
        batch.push(i64::MAX, None, Some(&b""[..]), &[])
    });
    refused(far, Kind::Overflow, "timestamp delta", 0);
    assert!(out.is_empty());
    assert_eq!(builder.next_sequence(), 1);
}

#[test]
fn timestamps_may_go_back() {
    let bytes = built(&mut Builder::new(), |batch| {
        [50, 20, 90, -5].into_iter().try_for_each(|time| batch.push(time, None, Some(&b""[..]), &[]))
    });
    let bytes = bytes.expect("written");
    let batch = read(&bytes).expect("lawful");
    assert_eq!((batch.base_timestamp, batch.max_timestamp), (50, 90));
    let times: Vec<_> = records(&batch).expect("four").iter().map(|record| batch.timestamp(record)).collect();
    assert_eq!(times, [50, 20, 90, -5]);
}

#[test]
fn what_would_not_be_read_is_not_written() {
    let good = read(DOCUMENTED).expect("lawful");
    refused(encoded(Batch { last_offset_delta: -1, ..good }), Kind::Malformed, "last offset delta", 23);
    refused(encoded(Batch { count: 3, ..good }), Kind::Malformed, "record count", 57);
    refused(encoded(Batch { count: u32::MAX, ..good }), Kind::Malformed, "record count", 57);
    refused(encoded(Batch { base_offset: i64::MAX, ..good }), Kind::Overflow, "base offset", 0);
    refused(encoded(Batch { attributes: Attributes(5), ..good }), Kind::Unsupported, "compression", 21);
    let mut out = Gather::new();
    refused(Batches::new().max_batch(78).encode(good, &mut out), Kind::Limit, "batch length", 8);
    assert_eq!(Batches::new().max_batch(79).encode(good, &mut out), Ok(()));
}

#[test]
fn attributes_are_bits() {
    let all = Attributes(0)
        .with_compression(Compression::Zstd)
        .with_timestamp_type(TimestampType::LogAppend)
        .with_transactional(true)
        .with_control(true);
    assert_eq!(all, Attributes(0x3c));
    assert_eq!(all.with_compression(Compression::Gzip).compression(), Ok(Compression::Gzip));
    let none = all.with_compression(Compression::None).with_timestamp_type(TimestampType::Create);
    assert_eq!(none.with_transactional(false).with_control(false), Attributes(0));
    assert!(Attributes(0x40).has_delete_horizon() && !all.has_delete_horizon());
    for (number, compression) in Compression::ALL.into_iter().enumerate() {
        assert_eq!(Attributes(number as i16).compression(), Ok(compression));
        let compressed = batch_with(number as i16, 0, 1, b"12345678");
        let batch = read(&compressed).expect("lawful in front");
        assert_eq!(batch.records().is_ok(), compression == Compression::None);
        assert_eq!(batch.into_seq().is_ok(), compression == Compression::None);
        let text = batch.to_string();
        assert_eq!(text.contains(&compression.to_string()), compression != Compression::None, "{text}");
    }
}

/// What a hook was told, a line each.
#[derive(Default)]
struct Told(Vec<alloc::string::String>, Vec<usize>);

impl wireview::trace::Hook for Told {
    fn enter(&mut self, name: wireview::trace::Name, kind: &'static str, at: usize) {
        self.0.push(alloc::format!("{name} {kind} {at}"));
    }

    fn field(&mut self, field: wireview::trace::Field<'_>) {
        self.0.push(alloc::format!("{} {:?} {}", field.name, field.at, field.value));
        if field.bits.is_none() {
            self.1.extend(field.at);
        }
    }

    fn leave(&mut self, end: usize) {
        self.0.push(alloc::format!("{end}"));
    }
}

#[test]
fn a_trace_tells_of_every_byte_once() {
    use wireview::trace::Trace;
    let headers = [Header { key: &b"h"[..], value: None }, Header { key: b"", value: Some(&b"v"[..]) }];
    let bytes = built(&mut Builder::new(), |batch| {
        batch.push(5, Some(&b"key"[..]), None, &headers)?;
        batch.push(900, None, Some(&[b'v'; 300][..]), &[])
    });
    let bytes = bytes.expect("written");
    let mut told = Told::default();
    Batches::new().trace(&bytes, &mut told).expect("lawful");
    let but_attributes: Vec<usize> = (0..bytes.len()).filter(|at| !(21..23).contains(at)).collect();
    assert_eq!(told.1, but_attributes);
    for line in [
        "crc 17..21 ",
        "compression 21..23 none",
        "max_timestamp 35..43 900",
        "[0] Record 61",
        "key 66..69 \"key\"",
        "value 70..70 absent",
        "[1] Header 74",
        "timestamp_delta 80..82 895",
    ] {
        assert!(told.0.iter().any(|told| told.starts_with(line)), "{line} in {:#?}", told.0);
    }
    // As far as it goes.
    let mut told = Told::default();
    let mut wrong = bytes.clone();
    wrong[18] ^= 1;
    refused(Batches::new().trace(&wrong, &mut told), Kind::Checksum, "CRC", 17);
    assert!(told.0.last().is_some_and(|last| last == "record_count 57..61 2"), "{:?}", told.0);
    let mut told = Told::default();
    wrong[61] = 0x7f;
    assert_eq!(Batches::new().unverified().trace(&wrong, &mut told), Ok(()));
    assert!(!told.0.iter().any(|line| line.contains("Record")));
}
