//! How archives leave.

use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use rkyv::rancor::{Fallible, Source};
use rkyv::string::{ArchivedString, StringResolver};
use rkyv::with::{ArchiveWith, SerializeWith};
use rkyv::{Place, SerializeUnsized};
use wireview::archive::{Archive, Unopened};
use wireview::{Deframer, Encode, FileRegion, Gather, Ledger};

use super::{Record, codec, record};

wireview::archive_format! {
    #[derive(rkyv::Archive, rkyv::Serialize)]
    pub(crate) struct Line { number: u32, text: String }
}

/// The same archive, made of what lies elsewhere.
#[derive(rkyv::Archive, rkyv::Serialize)]
#[rkyv(as = ArchivedLine, serialize_bounds(__S: rkyv::ser::Writer, __S::Error: Source))]
struct BorrowedLine<'a> {
    number: u32,
    #[rkyv(with = Text, omit_bounds)]
    text: &'a str,
}

/// A slice archived as a `String` is.
struct Text;

impl ArchiveWith<&str> for Text {
    type Archived = ArchivedString;
    type Resolver = StringResolver;

    fn resolve_with(field: &&str, resolver: StringResolver, out: Place<ArchivedString>) {
        ArchivedString::resolve_from_str(field, resolver, out);
    }
}

impl<S: Fallible<Error: Source> + ?Sized> SerializeWith<&str, S> for Text
where
    str: SerializeUnsized<S>,
{
    fn serialize_with(field: &&str, serializer: &mut S) -> Result<StringResolver, S::Error> {
        ArchivedString::serialize_from_str(field, serializer)
    }
}

fn bytes(out: &Gather) -> Vec<u8> {
    out.chunks().collect::<Vec<_>>().concat()
}

#[test]
fn straight_into_the_arena() {
    let mut out = Gather::new();
    let mut codec = codec();
    out.copy(b"a byte of another kind");
    for id in 0..50 {
        let before = out.size() as usize;
        codec.encode(&record(id), &mut out).expect("an archive");
        let frame = bytes(&out)[before..].to_vec();
        let theirs = rkyv::to_bytes::<rkyv::rancor::Error>(&record(id)).expect("an archive");
        assert_eq!(frame[16..16 + theirs.len()], theirs[..], "as rkyv makes it, wherever it stands in the queue");
        assert!(frame.len().is_multiple_of(16) && frame.len() - 16 - theirs.len() < 16);
    }
    assert_eq!(out.chunks().count(), 1, "one piece: nothing was shared, nothing made aside");
}

#[test]
fn archives_that_are_there_are_shared() {
    let archive = rkyv::to_bytes::<rkyv::rancor::Error>(&Record { payload: vec![7; 5003], ..record(5) });
    let archive = Bytes::from_owner(archive.expect("an archive"));
    let mut out = Gather::new();
    codec().encode(Unopened::new(archive.clone()), &mut out).expect("it fits");
    assert!(out.chunks().any(|piece| piece.as_ptr() == archive.as_ptr() && piece.len() == archive.len()));
    let mut deframer = Deframer::new(codec());
    out.chunks().for_each(|piece| deframer.feed(piece));
    let kept = deframer.next().expect("sound").expect("whole").into_archive().expect("an archive");
    assert_eq!(kept.payload.len(), 5003);
    // What was received is passed on as it is, and comes from where it landed.
    let mut on = Gather::new();
    codec().encode(Unopened::new(kept.bytes().clone()), &mut on).expect("it fits");
    assert!(on.chunks().any(|piece| piece.as_ptr() == kept.bytes().as_ptr()));
    assert_eq!(bytes(&on), bytes(&out));
}

#[test]
fn archives_in_files() {
    let archive = rkyv::to_bytes::<rkyv::rancor::Error>(&record(5)).expect("an archive");
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&archive).expect("written");
    let region = FileRegion::new(Arc::new(file), 0, archive.len() as u64).expect("a file");
    let mut out = Gather::new();
    codec().encode(Unopened::new(region), &mut out).expect("it fits");
    assert!(out.has_files());
    let mut sent = Vec::new();
    out.write_to(&mut sent).expect("written");
    let mut deframer = Deframer::new(codec());
    deframer.feed(&sent);
    assert_eq!(deframer.next().expect("sound").expect("whole").archive().expect("an archive").id.to_native(), 5);
}

#[test]
fn the_steady_state_of_a_queue_keeps_its_arena() {
    let mut out = Gather::new();
    let mut codec = codec();
    let before: Ledger = *out.ledger();
    for id in 0..1000 {
        codec.encode(&record(id % 50), &mut out).expect("an archive");
        out.write_to(&mut std::io::sink()).expect("nowhere");
    }
    let sent = *out.ledger() - before;
    assert_eq!(sent.shared_out, 0);
    assert_eq!(sent.writes, 1000);
}

#[test]
fn what_borrows_is_the_same_archive() {
    let line = Line { number: 7, text: "a line that is not short".into() };
    let borrowed = BorrowedLine { number: 7, text: &line.text };
    let (mut out, mut from_borrowed) = (Gather::new(), Gather::new());
    let mut codec = Archive::<Line>::new(1000);
    codec.encode(&line, &mut out).expect("an archive");
    codec.encode(&borrowed, &mut from_borrowed).expect("an archive");
    assert_eq!(bytes(&out), bytes(&from_borrowed));
    let mut deframer = Deframer::new(codec);
    deframer.feed(&bytes(&from_borrowed));
    assert_eq!(deframer.next().expect("sound").expect("whole").archive().expect("an archive").text, line.text);
}
