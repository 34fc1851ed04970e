//! Where archives lie when they have come, and what keeping them costs.

use std::thread;

use bytes::{BufMut, Bytes};
use wireview::archive::{Archive, ArchivedFrame};
use wireview::formats::Lines;
use wireview::recv::{frames_in, views_in};
use wireview::{Chunk, Deframer, Incoming, Kind, Limits};

use super::{Record, codec, head, record, stream};

/// Feeds `stream` in pieces of `by` bytes, and hands every whole frame to `take`.
fn feed(
    deframer: &mut Deframer<Archive<Record>>,
    stream: &[u8],
    by: usize,
    mut take: impl FnMut(&mut Deframer<Archive<Record>>),
) {
    for piece in stream.chunks(by) {
        deframer.feed(piece);
        take(deframer);
    }
}

#[test]
fn bodies_are_read_where_they_landed() {
    let records: Vec<Record> = (0..60).map(record).collect();
    let stream = stream(&records);
    assert!(stream.len().is_multiple_of(16));
    for by in [1, 7, 16, 100, 1000, 4096, stream.len()] {
        let mut deframer = Deframer::with_limits(codec(), Limits::new().reads(64, 2048));
        let mut seen = 0;
        feed(&mut deframer, &stream, by, |deframer| {
            while let Some(mut lent) = deframer.next().expect("sound") {
                assert!(lent.bytes().as_ptr().addr().is_multiple_of(16));
                let range = lent.bytes().as_ptr_range();
                let archive = lent.archive().expect("an archive");
                assert_eq!(archive.id.to_native(), seen);
                assert_eq!(&*archive.payload, &records[seen as usize].payload[..]);
                assert!(range.contains(&archive.text.as_bytes().as_ptr()) || archive.text.is_empty());
                seen += 1;
            }
        });
        assert_eq!(seen, 60);
        let ledger = deframer.ledger();
        assert_eq!((ledger.realigned, ledger.copied_in, ledger.shared_in), (0, 0, 0), "{ledger}");
    }
}

#[test]
fn views_and_batches_open_in_place() {
    let records: Vec<Record> = (0..60).map(record).collect();
    let stream = stream(&records);
    let mut deframer = Deframer::new(codec());
    deframer.feed(&stream);
    let ids: Vec<u128> = deframer
        .views()
        .expect("sound")
        .map(|view| view.expect("a frame").open().expect("an archive").id.to_native())
        .collect();
    assert_eq!(ids, (0..60).collect::<Vec<_>>());
    deframer.feed(&stream);
    let batch = deframer.batch().expect("sound").expect("frames");
    for (view, record) in batch.iter().zip(&records) {
        assert_eq!(view.expect("a frame").open().expect("an archive").id.to_native(), record.id);
    }
    let frame = batch.frame(7).expect("there").expect("a frame");
    assert_eq!(frame.into_message().open().expect("an archive").id.to_native(), 7);
}

#[test]
fn what_is_kept_is_checked_once_and_goes_anywhere() {
    let mut deframer = Deframer::new(codec());
    deframer.feed(&stream(&[record(9)]));
    let lent = deframer.next().expect("sound").expect("whole");
    let block = lent.bytes().as_ptr_range();
    let kept = lent.into_archive().expect("an archive");
    assert!(block.contains(&kept.bytes().as_ptr()), "shares the block");
    let payload = kept.share(&kept.payload).expect("a part of it");
    assert_eq!(payload.as_ptr(), kept.payload.as_ptr());
    assert_eq!(kept.share(b"from elsewhere"), None);
    let twin = kept.clone();
    assert!(std::ptr::eq(twin.get(), kept.get()));
    drop((kept, deframer));
    let twin: ArchivedFrame<Record> = thread::spawn(move || twin).join().expect("it goes to a thread");
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(twin.text.as_str(), record(9).text));
        scope.spawn(|| assert_eq!(payload, record(9).payload));
    });
    assert!(format!("{twin:?}").contains("tag number"));
}

#[test]
fn under_pressure_archives_are_copied_to_where_they_are_aligned() {
    let limits = Limits::new().reads(1024, 1024).max_pinned(0);
    let mut deframer = Deframer::with_limits(codec(), limits);
    let records: Vec<Record> = (1..200).map(record).collect();
    let mut kept = Vec::new();
    feed(&mut deframer, &stream(&records), 1000, |deframer| {
        while let Some(lent) = deframer.next().expect("sound") {
            kept.push(lent.into_archive().expect("an archive"));
        }
    });
    assert!(kept.iter().zip(&records).all(|(kept, record)| kept.id.to_native() == record.id));
    let ledger = deframer.ledger();
    assert!(ledger.copied_in > 0 && ledger.shared_in > 0 && ledger.realigned == 0, "{ledger}");
}

/// A protocol that starts with a line of any length, and goes on with archives.
#[test]
fn archives_behind_another_protocol_are_aligned_as_well() {
    for len in 0..40 {
        let mut stream_of_two = "x".repeat(len).into_bytes();
        stream_of_two.push(b'\n');
        stream_of_two.extend(stream(&[record(9), record(10), record(11)]));
        for by in [stream_of_two.len(), len + 20, 3] {
            let mut deframer = Deframer::new(Lines::new(100));
            let mut pieces = stream_of_two.chunks(by);
            while deframer.next().expect("sound").is_none() {
                deframer.feed(pieces.next().expect("a line"));
            }
            let (mut deframer, _) = deframer.switch(codec());
            let mut ids = Vec::new();
            loop {
                while let Some(mut lent) = deframer.next().expect("sound") {
                    assert!(lent.bytes().as_ptr().addr().is_multiple_of(16));
                    ids.push(lent.archive().expect("an archive").id.to_native());
                }
                let Some(piece) = pieces.next() else { break };
                deframer.feed(piece);
            }
            assert_eq!(ids, [9, 10, 11]);
            assert_eq!(deframer.ledger().realigned, 0);
            // And back: nothing is asked of a format that wants nothing.
            let (mut deframer, _) = deframer.switch(Lines::new(100));
            deframer.feed(b"bye\n");
            assert_eq!(deframer.next().expect("sound").expect("whole").view().expect("a line"), b"bye");
        }
    }
}

/// A reader that hands in memory of its own choice takes the alignment away, and the ledger tells.
#[test]
fn a_block_that_was_moved_by_its_reader_is_realigned() {
    let stream = stream(&[record(9), record(10)]);
    let mut deframer = Deframer::new(codec());
    deframer.read_with(|block| {
        let block = block.get_mut();
        let mut other = bytes::BytesMut::with_capacity(block.capacity() + 100);
        let odd = (17 - other.as_ptr().addr() % 16) % 16;
        other.put_bytes(0, odd);
        bytes::Buf::advance(&mut other, odd);
        other.put_slice(&stream);
        **block = other;
    });
    let mut lent = deframer.next().expect("sound").expect("whole");
    assert!(!lent.bytes().as_ptr().addr().is_multiple_of(16));
    assert!(lent.view().expect("a frame").open().is_err(), "in place or not at all");
    let len = lent.view().expect("a frame").bytes().len() as u64;
    assert_eq!(lent.archive().expect("an archive").id.to_native(), 9);
    let second = deframer.next().expect("sound").expect("whole");
    let more = second.view().expect("a frame").bytes().len() as u64;
    assert_eq!(second.into_archive().expect("an archive").id.to_native(), 10);
    assert_eq!(deframer.ledger().realigned, len + more);
}

#[test]
fn large_bodies_are_streamed() {
    let stream = stream(&[record(9), record(100)]);
    let mut deframer = Deframer::with_limits(codec(), Limits::new().stream_above(64));
    deframer.feed(&stream);
    let mut ids = Vec::new();
    while let Some(incoming) = deframer.next_or_body().expect("sound") {
        let Incoming::Body { head, len } = incoming else { panic!("all are long") };
        assert!(head.view().bytes().is_empty());
        let mut body = rkyv::util::AlignedVec::<16>::new();
        while let Chunk::Bytes(bytes) = deframer.chunk().expect("sound") {
            body.extend_from_slice(&bytes);
        }
        assert_eq!(body.len() as u64, len);
        let archive = rkyv::access::<rkyv::Archived<Record>, rkyv::rancor::Error>(&body).expect("an archive");
        ids.push(archive.id.to_native());
    }
    assert_eq!(ids, [9, 100]);

    let mut deframer = Deframer::with_limits(codec(), Limits::new().stream_above(0));
    deframer.feed(&[&head(1)[..], &[7; 16]].concat());
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { len: 1, .. }))));
    assert!(matches!(deframer.chunk(), Ok(Chunk::Bytes(bytes)) if bytes.len() == 1));
    assert_eq!(deframer.chunk().expect_err("padding is zeros").field(), "archive padding");
}

#[test]
fn archives_in_bytes_that_are_all_there() {
    let stream = stream(&[record(9), record(10)]);
    let mut aligned = rkyv::util::AlignedVec::<16>::new();
    aligned.extend_from_slice(&stream);
    let mut codec = codec();
    let opened =
        views_in(&mut codec, &aligned).map(|view| view.expect("a frame").open().expect("an archive").id.to_native());
    assert_eq!(opened.collect::<Vec<_>>(), [9, 10]);
    let shifted = Bytes::from([&[0][..], &stream].concat()).slice(1..);
    for (frame, id) in frames_in(&mut codec, &shifted).zip(9..) {
        let archive = frame.expect("a frame").into_message().open().expect("copied where that is needed");
        assert_eq!(archive.id.to_native(), id);
    }
}

#[test]
fn an_archive_of_nothing() {
    let mut deframer = Deframer::new(Archive::<()>::new(0));
    let mut out = wireview::Gather::new();
    wireview::Encode::encode(&mut Archive::<()>::new(0), &(), &mut out).expect("nothing");
    out.chunks().for_each(|piece| deframer.feed(piece));
    let lent = deframer.next().expect("sound").expect("whole");
    assert_eq!(lent.bytes().len(), 16);
    let () = *lent.into_archive().expect("nothing, too");
    deframer.finish();
    assert!(deframer.next().expect("sound").is_none());
    deframer.feed(&[0; 16]);
    assert_eq!(deframer.next().expect_err("no head").kind(), Kind::Malformed);
}
