//! Archives in other formats, and under other drivers.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_util::codec::Framed;
use wireview::archive::{ArchivedBytes, Realigner, Unopened, Writer};
use wireview::formats::LengthPrefixed;
use wireview::length::{U32Be, Varint};
use wireview::tokio::{Compat, Connection};
use wireview::{Deframer, Gather};

use super::{Record, codec, record};

#[test]
fn behind_a_length() {
    let mut out = Gather::new();
    let mut writer = Writer::new();
    for id in 0..30 {
        out.length::<Varint>(|out| writer.put(&record(id), out).map(drop)).expect("an archive");
    }
    let mut deframer = Deframer::new(LengthPrefixed::<Varint>::new(1 << 20));
    out.chunks().for_each(|piece| deframer.feed(piece));
    let mut realigner = Realigner::new();
    let (mut id, mut all) = (0, 0);
    while let Some(lent) = deframer.next().expect("sound") {
        let payload = lent.view().expect("a payload");
        let aligned = payload.unopened::<Record>().is_aligned();
        let before = realigner.realigned();
        assert_eq!(realigner.open(payload.unopened::<Record>()).expect("an archive").id.to_native(), id);
        let copied = realigner.realigned() - before;
        assert_eq!(copied, if aligned { 0 } else { payload.len() as u64 }, "counted");
        all += copied;
        assert_eq!(payload.archived_frame::<Record>().expect("an archive").id.to_native(), id);
        let shared: Bytes = lent.into_frame().expect("a payload").into_message();
        let kept = shared.archived_frame::<Record>().expect("an archive");
        assert_eq!(kept.bytes().as_ptr() == shared.as_ptr(), aligned, "copied only where it must be");
        assert_eq!(kept.id.to_native(), id);
        id += 1;
    }
    assert!(id == 30 && all > 0);
}

#[test]
fn a_realigner_gives_back_what_a_rare_large_archive_took() {
    let mut realigner = Realigner::new();
    for len in [3 << 20, 100] {
        let text = "x".repeat(len);
        let archive = rkyv::to_bytes::<rkyv::rancor::Error>(&text).expect("an archive");
        let mut shifted = vec![0; 1];
        shifted.extend_from_slice(&archive);
        let shifted = if shifted.as_ptr().addr() % 16 == 15 { [&[0][..], &shifted].concat() } else { shifted };
        let from = shifted.len() - archive.len();
        assert_eq!(realigner.open(Unopened::<String, _>::new(&shifted[from..])).expect("an archive").len(), len);
    }
}

#[tokio::test]
async fn under_framed() {
    let (near, far) = tokio::io::duplex(100);
    let mut near = Framed::new(near, Compat::new(codec()));
    let mut far = Framed::new(far, Compat::new(codec()));
    let sender = tokio::spawn(async move {
        for id in 0..50 {
            near.send(&record(id)).await.expect("sent");
        }
    });
    for id in 0..50 {
        let frame = far.next().await.expect("a frame").expect("a sound stream").expect("a frame");
        let archive = frame.into_message().open().expect("an archive");
        assert_eq!(archive.id.to_native(), id);
        assert_eq!(archive.text.as_str(), record(id as usize).text);
    }
    sender.await.expect("sent");
}

#[tokio::test]
async fn over_a_connection() {
    let (near, far) = tokio::io::duplex(100);
    let server = tokio::spawn(async move {
        let mut connection = Connection::new(far, codec());
        while let Some(mut received) = connection.next().await.expect("sound") {
            let asked = received.frame.archive().expect("an archive");
            let id = asked.id.to_native() as usize;
            received.out.send(&record(id + 1)).expect("an archive");
        }
    });
    let mut client = Connection::new(near, codec());
    for id in 0..50 {
        client.send(&record(id)).await.expect("an archive");
        let received = client.next().await.expect("sound").expect("an answer");
        assert_eq!(received.frame.into_archive().expect("an archive").id.to_native(), id as u128 + 1);
    }
    let ledger = client.ledger();
    assert_eq!((ledger.realigned, ledger.copied_in), (0, 0), "{ledger}");
    drop(client);
    server.await.expect("it ends");
}

#[test]
fn four_bytes_in_front_of_it() {
    let mut out = Gather::new();
    out.length::<U32Be>(|out| Writer::new().put(&record(7), out).map(drop)).expect("an archive");
    let bytes = Bytes::from(out.chunks().collect::<Vec<_>>().concat());
    assert_eq!(bytes.slice(4..).archived_frame::<Record>().expect("an archive").id.to_native(), 7);
}
