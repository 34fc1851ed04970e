//! rkyv archives as frames.

mod any;
mod fields;
mod frames;
mod refused;
mod sending;

use bytes::Bytes;
use wireview::archive::{Archive, Unopened};
use wireview::laws::{Draw, Laws};
use wireview::{Encode, Gather, codec_laws};

wireview::archive_format! {
    #[derive(rkyv::Archive, rkyv::Serialize, Clone, Debug, PartialEq)]
    #[rkyv(derive(Debug))]
    pub(crate) struct Record {
        pub(crate) id: u128,
        pub(crate) text: String,
        pub(crate) payload: Vec<u8>,
        pub(crate) tags: Vec<String>,
        pub(crate) shape: Shape,
    }

    #[derive(rkyv::Archive, rkyv::Serialize, Clone, Debug, PartialEq)]
    #[rkyv(derive(Debug))]
    pub(crate) enum Shape {
        Point,
        Circle { radius: f32 },
        Path(Vec<(i16, i16)>, Option<Box<u64>>),
    }
}

pub(crate) fn record(id: usize) -> Record {
    let shape = match id % 3 {
        0 => Shape::Point,
        1 => Shape::Circle { radius: id as f32 },
        _ => Shape::Path(vec![(id as i16, -1); id % 7], Some(Box::new(id as u64))),
    };
    Record {
        id: id as u128,
        text: "text ".repeat(id % 5),
        payload: (0..id * 7 % 900).map(|at| at as u8).collect(),
        tags: (0..id % 4).map(|tag| format!("tag number {tag}")).collect(),
        shape,
    }
}

pub(crate) fn codec() -> Archive<Record> {
    Archive::new(1 << 20)
}

/// The frames of `records`, as they go over the wire.
pub(crate) fn stream<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<u8> {
    let mut out = Gather::new();
    let mut codec = codec();
    records.into_iter().for_each(|record| codec.encode(record, &mut out).expect("an archive"));
    out.chunks().collect::<Vec<_>>().concat()
}

codec_laws!(
    archives,
    codec(),
    round_trip,
    [
        stream(&[record(0), record(1), record(2)]),
        stream(&[record(8)]),
        [&stream(&[record(1)])[..], &head(3)[..], b"abc", &[0; 13]].concat(),
        head(0)
    ],
    Laws::all().canonical()
);

/// A head for a body of `len` bytes.
pub(crate) fn head(len: u64) -> [u8; 16] {
    let mut head = *stream(&[record(0)]).first_chunk().expect("a head");
    head[8..].copy_from_slice(&len.to_le_bytes());
    head
}

#[test]
fn what_is_made_comes_back() {
    let made = Laws::all()
        .canonical()
        .check_generated(codec, 200, |draw: &mut Draw<'_>| Unopened::<Record, _>::new(Bytes::from(draw.bytes(300))));
    assert!(made.messages > 200 && made.spoiled > 100, "{made:?}");
}

/// Opening what a spoiled stream holds never fails in another way than by saying so.
#[test]
fn spoiled_archives_are_opened_or_refused() {
    let seeds = [stream(&[record(8), record(5)]), stream(&[record(11)])];
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let (mut opened, mut refused) = (0, 0);
    for mutant in wireview::laws::mutants(&seeds, 4000) {
        let mut deframer = wireview::Deframer::new(codec());
        deframer.feed(&mutant);
        while let Ok(Some(mut lent)) = deframer.next() {
            match lent.archive() {
                Ok(record) => {
                    opened += 1;
                    assert!(!format!("{record:?}").is_empty());
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.offset() >= 16 && error.offset() <= lent.bytes().len(), "{error}");
                    let view = lent.view();
                    if let Ok(view) = view {
                        assert_eq!(view.why().expect("refused").error().shifted(16), error);
                    }
                }
            }
        }
    }
    assert!(opened > 1000 && refused > 500, "{opened} opened, {refused} refused");
}
