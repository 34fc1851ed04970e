//! Peers with other formats, and archives that are none.

use wireview::archive::{Archive, ArchivedBytes, Fingerprint, Format, Unopened};
use wireview::{Deframer, Encode, Gather, Kind, Limits};

use super::{Record, codec, head, record, stream};

/// The error of the stream, its field and offset, and what is to have been asked of the peer by then.
fn refused(stream: &[u8]) -> (Kind, &'static str, usize) {
    let mut deframer = Deframer::new(codec());
    deframer.feed(stream);
    let error = deframer.next().expect_err("refused");
    assert_eq!(deframer.next().expect_err("for ever"), error);
    (error.kind(), error.field(), error.offset())
}

#[test]
fn heads() {
    let good = head(32);
    let with = |at: usize, byte: u8| {
        let mut head = good;
        head[at] = byte;
        head
    };
    assert_eq!(refused(&with(0, b'W')), (Kind::Malformed, "archive magic", 0));
    assert_eq!(refused(&with(1, 0)), (Kind::Malformed, "archive magic", 0));
    assert_eq!(refused(&with(2, 1)), (Kind::Unsupported, "archive flags", 2));
    assert_eq!(refused(&with(3, 0x80)), (Kind::Unsupported, "archive flags", 2));
    for (at, byte) in (4..).zip(&good[4..8]) {
        assert_eq!(refused(&with(at, !byte)), (Kind::Unsupported, "archive format fingerprint", 4));
    }
    assert_eq!(refused(&head((1 << 20) + 1)), (Kind::Limit, "archive length", 8));
    assert_eq!(refused(&head(u64::MAX)), (Kind::Limit, "archive length", 8));
    let error = wireview::Error::unsupported(&"archive format fingerprint", 4);
    assert_eq!(error.to_string(), "`archive format fingerprint` is not supported, at byte 4 of the frame");
}

#[test]
fn padding_is_zeros() {
    let archive = [&head(3)[..], b"abc", &[0; 13]].concat();
    for at in 3..16 {
        let mut spoiled = archive.clone();
        spoiled[16 + at] = 1;
        let mut deframer = Deframer::new(codec());
        deframer.feed(&spoiled);
        let error = deframer.next().expect("a boundary").expect("whole").view().expect_err("padding");
        assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Malformed, "archive padding", 16 + at));
    }
}

mod same {
    wireview::archive_format! {
        #[derive(rkyv::Archive)]
        pub(crate) struct First { pub(crate) id: u32, pub(crate) name: String }

        #[derive(rkyv::Archive)]
        /// Another name for a type is no other format.
        pub(crate) struct Second { pub(crate) id: u32, pub(crate) name: String }
    }
}

mod other {
    wireview::archive_format! {
        #[derive(rkyv::Archive)]
        pub(crate) struct Renamed { pub(crate) key: u32, pub(crate) name: String }

        #[derive(rkyv::Archive)]
        pub(crate) struct Swapped { pub(crate) name: String, pub(crate) id: u32 }

        #[derive(rkyv::Archive)]
        pub(crate) struct Signed { pub(crate) id: i32, pub(crate) name: String }

        #[derive(rkyv::Archive)]
        pub(crate) struct Wider { pub(crate) id: u64, pub(crate) name: String }

        #[derive(rkyv::Archive)]
        pub(crate) struct More { pub(crate) id: u32, pub(crate) name: String, pub(crate) more: () }

        #[derive(rkyv::Archive)]
        pub(crate) struct Nested { pub(crate) id: u32, pub(crate) name: Vec<String> }

        #[derive(rkyv::Archive)]
        pub(crate) struct Deeper { pub(crate) id: u32, pub(crate) name: Vec<Option<String>> }

        #[derive(rkyv::Archive)]
        pub(crate) enum One { A, B(u32) }

        #[derive(rkyv::Archive)]
        pub(crate) enum Two { B(u32), A }

        #[derive(rkyv::Archive)]
        pub(crate) enum Three { A, B { part: i32 } }

        #[derive(rkyv::Archive)]
        pub(crate) enum Four { A, B { part: u32 } , C}
    }
}

#[test]
fn fingerprints_tell_formats_apart() {
    assert_eq!(same::First::FORMAT, same::Second::FORMAT);
    let all = [
        same::First::FORMAT,
        other::Renamed::FORMAT,
        other::Swapped::FORMAT,
        other::Signed::FORMAT,
        other::Wider::FORMAT,
        other::More::FORMAT,
        other::Nested::FORMAT,
        other::Deeper::FORMAT,
        other::One::FORMAT,
        other::Two::FORMAT,
        other::Three::FORMAT,
        other::Four::FORMAT,
        u32::FORMAT,
        i32::FORMAT,
        <[u32; 2]>::FORMAT,
        <[u32; 3]>::FORMAT,
        <(u32, u32)>::FORMAT,
        <()>::FORMAT,
        String::FORMAT,
        <Box<str>>::FORMAT,
        <Vec<u8>>::FORMAT,
        <Box<[u8]>>::FORMAT,
        <Option<u8>>::FORMAT,
        <std::collections::BTreeMap<u8, u16>>::FORMAT,
        <std::collections::BTreeMap<u16, u8>>::FORMAT,
        <std::collections::HashMap<u8, u16>>::FORMAT,
        Record::FORMAT,
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(all[..at].iter().all(|other| other.get() != one.get()), "number {at} is like another");
    }
    // What programs that were built long ago send.
    assert_eq!(same::First::FORMAT.to_string(), GOLDEN, "{:?}", same::First::FORMAT);
    assert_eq!(Archive::<Record>::fingerprint(), Record::FORMAT);
    let by_hand = Fingerprint::of::<same::First>().field::<u32>("id", 0).field::<String>("name", 4);
    assert_eq!(by_hand, same::First::FORMAT);
    assert_ne!(by_hand.described("name", "text", 4), by_hand);
}

const GOLDEN: &str = "a52a0eac";

/// The head is enough to refuse a peer: nothing of the body has come, let alone been looked at.
#[test]
fn a_peer_with_another_format_is_refused_by_its_head() {
    let mut out = Gather::new();
    Archive::<Vec<u32>>::new(100).encode(&vec![1_u32, 2], &mut out).expect("an archive");
    let bytes: Vec<u8> = out.chunks().collect::<Vec<_>>().concat();
    let mut deframer = Deframer::new(Archive::<Vec<i32>>::new(100));
    deframer.feed(&bytes[..16]);
    let error = deframer.next().expect_err("another format");
    assert_eq!((error.kind(), error.field()), (Kind::Unsupported, "archive format fingerprint"));
}

#[test]
fn a_pointer_that_leads_out() {
    let mut bytes = stream(&[record(5)]);
    // `text` is the second field of the root, which is the last thing in the body: its relative pointer, spoiled.
    let len = u64::from_le_bytes(*bytes[8..].first_chunk().expect("a length")) as usize;
    let root = 16 + len - size_of::<rkyv::Archived<Record>>();
    let tags = root + std::mem::offset_of!(rkyv::Archived<Record>, tags);
    bytes[tags..tags + 4].copy_from_slice(&0x7000_0000_i32.to_le_bytes());
    let mut deframer = Deframer::new(codec());
    deframer.feed(&bytes);
    deframer.feed(&stream(&[record(6)]));
    let mut lent = deframer.next().expect("sound").expect("whole");
    let error = lent.archive().map(|_| ()).expect_err("a wild pointer");
    assert_eq!((error.kind(), error.field()), (Kind::Malformed, "archive"));
    assert!(lent.report(error).to_string().contains("`archive` is malformed, at byte "));
    let why = lent.view().expect("a frame").why().expect("refused");
    assert!(why.type_name().ends_with("Record"));
    let told = why.to_string();
    assert!(told.contains("Record") && told.contains("'tags'") && told.contains("byte "), "{told}");
    assert!(!told.contains("0x"), "addresses mean nothing to anyone: {told}");
    assert!(lent.into_archive().is_err());
    // The next frame is not affected.
    assert_eq!(deframer.next().expect("sound").expect("whole").archive().expect("an archive").id.to_native(), 6);
}

#[test]
fn text_that_is_none_is_told_with_its_place() {
    let mut bytes = stream(&[Record { text: "a text of which a byte is wrong".into(), ..record(0) }]);
    let at = bytes.windows(7).position(|part| part == b"a text ").expect("the text");
    bytes[at + 3] = 0xff;
    let mut deframer = Deframer::new(codec());
    deframer.feed(&bytes);
    let mut lent = deframer.next().expect("sound").expect("whole");
    assert_eq!(lent.archive().map(|_| ()).expect_err("no text").kind(), Kind::Malformed);
    let told = lent.view().expect("a frame").why().expect("refused").to_string();
    assert!(told.contains("'text'"), "{told}");
}

#[derive(rkyv::Archive, rkyv::Serialize)]
#[rkyv(serialize_bounds(__S: rkyv::ser::Writer + rkyv::ser::Allocator, __S::Error: rkyv::rancor::Source))]
#[rkyv(bytecheck(bounds(__C: rkyv::validation::ArchiveContext, __C::Error: rkyv::rancor::Source)))]
pub(crate) struct Tree {
    #[rkyv(omit_bounds)]
    children: Vec<Tree>,
}

impl Format for Tree {
    const FORMAT: Fingerprint = Fingerprint::of::<Self>().described("children", "trees", 0);
}

#[test]
fn depth_is_limited() {
    let tree = (0..10).fold(Tree { children: Vec::new() }, |tree, _| Tree { children: vec![tree] });
    let mut out = Gather::new();
    Archive::<Tree>::new(1 << 20).encode(&tree, &mut out).expect("an archive");
    let bytes: Vec<u8> = out.chunks().collect::<Vec<_>>().concat();
    for (depth, fits) in [(0, false), (1, false), (10, false), (11, true), (12, true), (u32::MAX, true)] {
        let mut deframer = Deframer::new(Archive::<Tree>::new(1 << 20).max_depth(depth));
        deframer.feed(&bytes);
        let mut lent = deframer.next().expect("sound").expect("whole");
        match lent.archive() {
            Ok(_) => assert!(fits, "{depth}"),
            Err(error) => {
                assert!(!fits, "{depth}: {error}");
                assert_eq!((error.kind(), error.field()), (Kind::Limit, "archive depth"), "{depth}");
            }
        }
    }
}

#[test]
fn limits_hold_for_what_is_sent() {
    let mut out = Gather::new();
    let mut small = Archive::<Record>::new(64);
    let error = out.message(|out| small.encode(&record(100), out)).expect_err("too long");
    assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Limit, "archive length", 8));
    let error = out.message(|out| small.encode(Unopened::new(&[0; 65]), out)).expect_err("too long");
    assert_eq!((error.kind(), error.field()), (Kind::Limit, "archive length"));
    assert!(out.is_empty(), "nothing of it stays");
}

#[test]
fn frames_above_the_limit_of_the_connection() {
    let mut deframer = Deframer::with_limits(codec(), Limits::new().max_frame(63));
    deframer.feed(&head(48));
    assert_eq!(deframer.next().expect_err("above the limit").kind(), Kind::Limit);
}

#[test]
fn what_is_not_aligned_is_refused_in_place() {
    let bytes = rkyv::to_bytes::<rkyv::rancor::Error>(&record(5)).expect("an archive");
    let mut buffer = rkyv::util::AlignedVec::<16>::new();
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&bytes);
    let error = buffer[4..].archived::<Record>().map(|_| ()).expect_err("at 4 mod 16");
    assert_eq!((error.kind(), error.field()), (Kind::Unsupported, "archive that is not aligned"));
    assert_eq!(bytes[..].archived::<Record>().expect("in place").id.to_native(), 5);
}
