//! The laws hold for record batches.

use bytes::Bytes;
use wireview::laws::{Draw, Laws};
use wireview::{Gather, codec_laws};
use wireview_codecs::kafka::records::{Attributes, Batch, Batches, Builder, Compression, Header};

codec_laws!(
    verified,
    Batches::new(),
    round_trip,
    [
        // Of the documentation of the crate `kafka-protocol`.
        b"\0\0\0\0\0\0\0\0\0\0\0\x43\0\0\0\0\x02\x73\x6d\x29\x7b\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x22\x01\xd0\x0f\x02\x0ahello\x0aworld\0",
        &two(),
        b"\0\0\0\0\0\0\0\0\0\0\0\x43\0\0\0\0\x01\x73\x6d\x29\x7b\0",
    ],
    Laws::all().canonical()
);

codec_laws!(
    unverified,
    Batches::new().unverified().max_batch(200),
    round_trip,
    [
        b"\0\0\0\0\0\0\0\x05\0\0\0\x31\0\0\0\x01\x02\0\0\0\0\0\x01\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0",
        &two(),
    ],
    Laws::all()
);

/// Two batches, one behind the other.
fn two() -> Vec<u8> {
    let mut out = Gather::new();
    let mut builder = Builder::new().producer(1, 2, 3);
    let headers = [Header { key: &b"h"[..], value: Some(&b"v"[..]) }, Header { key: b"n", value: None }];
    let first = builder.write(&mut out, |batch| {
        batch.push(1000, Some(&b"key"[..]), Some(&b"value"[..]), &headers)?;
        batch.push(999, None, Some(&b""[..]), &[])
    });
    let second = builder.write(&mut out, |batch| batch.push(5, None, None::<&[u8]>, &[]));
    assert_eq!((first, second), (Ok(2), Ok(1)));
    out.chunks().flatten().copied().collect()
}

/// A batch of anything: what is in it is left to whoever walks it.
fn draw_batch(draw: &mut Draw<'_>) -> Batch<Bytes> {
    Batch {
        base_offset: draw.number() as i64,
        leader_epoch: draw.number() as i32,
        attributes: Attributes(draw.number() as i16),
        last_offset_delta: draw.number() as i32,
        base_timestamp: draw.number() as i64,
        max_timestamp: draw.number() as i64,
        producer_id: draw.number() as i64,
        producer_epoch: draw.number() as i16,
        base_sequence: draw.number() as i32,
        count: draw.below(20) as u32,
        body: draw.bytes(200).into(),
    }
}

#[test]
fn batches_that_are_made_come_back() {
    let made = Laws::all().canonical().check_generated(Batches::new, 1000, draw_batch);
    assert!(made.messages > 200 && made.spoiled > 100, "{made:?}");
}

#[test]
fn batches_that_are_made_come_back_unverified() {
    let made = Laws::all().check_generated(
        || Batches::new().unverified(),
        300,
        |draw| {
            let batch = draw_batch(draw);
            let attributes = batch.attributes.with_compression(*draw.pick(&Compression::ALL));
            Batch {
                base_offset: batch.base_offset & i64::MAX >> 1,
                last_offset_delta: batch.last_offset_delta & 0xff,
                attributes,
                ..batch
            }
        },
    );
    assert!(made.messages > 200 && made.spoiled > 100, "{made:?}");
}
