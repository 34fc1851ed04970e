//! rkyv archives: valid ones, then spoiled where it hurts.
//!
//! The input is a script: a value is made from its first part and archived; then bits are flipped, and words of the body, which
//! are relative pointers, lengths and discriminants, are overwritten with what leads far, out, back, or elsewhere inside. Whatever the
//! check accepts is walked to its last byte, and every part of it must lie in the archive.

use std::collections::BTreeMap;
use std::rc::Rc;

use rkyv::Archived;
use rkyv::option::ArchivedOption;
use rkyv::util::AlignedVec;
use wireview::archive::{AnyArchive, Archive, Unopened};
use wireview::laws::{Laws, check_trace};
use wireview::{Deframer, Encode, Gather, Limits, Span};

use super::Cursor;

wireview::archive_format! {
    #[derive(rkyv::Archive, rkyv::Serialize)]
    #[rkyv(derive(Debug))]
    pub struct Everything {
        pub id: u128,
        pub flag: bool,
        pub letter: char,
        pub name: String,
        pub raw: Vec<u8>,
        pub words: Vec<String>,
        pub pairs: Vec<(u16, Box<str>)>,
        pub maybe: Option<Box<u64>>,
        pub shape: Shape,
        pub map: BTreeMap<u16, String>,
        pub shared: (Rc<u32>, Rc<u32>),
    }

    #[derive(rkyv::Archive, rkyv::Serialize)]
    #[rkyv(derive(Debug))]
    pub enum Shape {
        Nothing,
        Circle { radius: f32 },
        Path(Vec<(i16, i16)>, Option<String>),
    }
}

const MAX: u64 = 1 << 16;

/// A script, or (if its first byte is odd) a stream as it is.
pub fn archive(input: &[u8]) {
    let mut cursor = Cursor(input);
    if cursor.byte() % 2 == 1 {
        let laws = Laws::all().canonical();
        laws.check(|| Archive::<Everything>::new(MAX), cursor.0);
        laws.check_round_trip(|| Archive::<Everything>::new(MAX), cursor.0);
        check_trace(|| Archive::<Everything>::new(MAX), cursor.0);
        check_trace(|| AnyArchive::new(MAX), cursor.0);
        return;
    }
    let mut stream = frame(&value(&mut cursor));
    let end = stream.len();
    stream.extend(frame(&value(&mut Cursor(&[]))));
    for _ in 0..cursor.byte() % 8 {
        spoil(&mut stream[..end], &mut cursor);
    }
    read(&stream, usize::from(cursor.byte()) + 1);
}

fn frame(value: &Everything) -> Vec<u8> {
    let mut out = Gather::new();
    Archive::<Everything>::new(MAX).encode(value, &mut out).expect("it fits");
    out.chunks().collect::<Vec<_>>().concat()
}

fn text(cursor: &mut Cursor<'_>) -> String {
    let len = usize::from(cursor.byte() % 24);
    let letter = char::from(b'a' + cursor.byte() % 26);
    (0..len).map(|at| if at % 5 == 4 { 'ß' } else { letter }).collect()
}

fn value(cursor: &mut Cursor<'_>) -> Everything {
    let few = |cursor: &mut Cursor<'_>| 0..cursor.byte() % 5;
    let shared = Rc::new(u32::from(cursor.number()));
    Everything {
        id: u128::from(cursor.number()) << 100,
        flag: cursor.byte() % 2 == 1,
        letter: char::from(cursor.byte()),
        name: text(cursor),
        raw: few(cursor).map(|_| cursor.byte()).collect(),
        words: few(cursor).map(|_| text(cursor)).collect(),
        pairs: few(cursor).map(|_| (cursor.number(), text(cursor).into())).collect(),
        maybe: (cursor.byte() % 2 == 1).then(|| Box::new(7)),
        shape: match cursor.byte() % 3 {
            0 => Shape::Nothing,
            1 => Shape::Circle { radius: 1.5 },
            _ => Shape::Path(few(cursor).map(|_| (1, -1)).collect(), Some(text(cursor))),
        },
        map: few(cursor).map(|key| (u16::from(key), text(cursor))).collect(),
        shared: if cursor.byte() % 2 == 1 { (Rc::clone(&shared), shared) } else { (Rc::clone(&shared), Rc::new(1)) },
    }
}

/// Spoils one place behind the head; now and then in it.
fn spoil(frame: &mut [u8], cursor: &mut Cursor<'_>) {
    let kind = cursor.byte() % 8;
    let at = usize::from(cursor.number());
    let word = 16 + at * 4 % (frame.len() - 16);
    let words = frame.len() / 4;
    let old = i32::from_le_bytes(*frame[word..].first_chunk().expect("frames are multiples of 16"));
    let new = match kind {
        0 => return frame[at % 16] ^= 1 << (cursor.byte() % 8),
        1 => return frame[16 + at % (frame.len() - 16)] ^= 1 << (cursor.byte() % 8),
        // A pointer or length that is a little off, by bytes or by words.
        2 => old.wrapping_add(i32::from(cursor.byte() as i8)),
        3 => old.wrapping_add(i32::from(cursor.byte() as i8) * 4),
        // One that leads anywhere in the archive.
        4 => (usize::from(cursor.number()) % words * 4) as i32 - word as i32,
        5 => -i32::from(cursor.number()),
        6 => i32::from(cursor.number()),
        _ => [0, 1, -1, i32::MAX, i32::MIN, 0x7fff_fff0, 1 << 30, -8][usize::from(cursor.byte() % 8)],
    };
    frame[word..word + 4].copy_from_slice(&new.to_le_bytes());
}

fn read(stream: &[u8], by: usize) {
    let mut deframer = Deframer::with_limits(Archive::<Everything>::new(MAX), Limits::new().reads(16, 512));
    let mut kept = Vec::new();
    for piece in stream.chunks(by) {
        deframer.feed(piece);
        while let Ok(Some(mut lent)) = deframer.next() {
            assert!((lent.bytes().as_ptr() as usize).is_multiple_of(16));
            let Ok(view) = lent.view() else { continue };
            // In memory of exactly its size, so that AddressSanitizer sees a step beyond.
            let mut exact = AlignedVec::<16>::with_capacity(view.bytes().len());
            exact.extend_from_slice(view.bytes());
            let aside = Unopened::<Everything, _>::new(&exact[..]).open().map(|everything| walk(everything, &exact));
            let why = view.why();
            let place = lent.archive().map(|everything| everything.name.len());
            assert_eq!(aside.is_ok(), place.is_ok());
            match why {
                None => assert!(aside.is_ok()),
                Some(why) => {
                    assert!(why.to_string().contains("Everything"));
                    assert_eq!(Some(why.error().shifted(16)), place.err());
                }
            }
            if let Ok(sum) = aside {
                kept.push((lent.into_archive().expect("it was opened before"), sum));
            }
        }
    }
    assert_eq!(deframer.ledger().realigned, 0);
    // What is kept is what it was, whatever came behind it.
    for (everything, sum) in kept {
        assert_eq!(walk(&everything, everything.bytes()), sum);
    }
}

/// Looks at every byte that the value leads to.
fn walk(everything: &Archived<Everything>, body: &[u8]) -> u64 {
    let mut sum = 0_u64;
    let mut see = |part: &[u8]| {
        assert!(Span::of(body, part).is_some(), "a part outside of its archive");
        part.iter().for_each(|byte| sum = sum.rotate_left(5) ^ u64::from(*byte));
    };
    see(everything.name.as_bytes());
    see(&everything.raw);
    everything.words.iter().for_each(|word| see(word.as_bytes()));
    everything.pairs.iter().for_each(|pair| see(pair.1.as_bytes()));
    everything.map.iter().for_each(|(_, text)| see(text.as_bytes()));
    if let ArchivedShape::Path(points, ArchivedOption::Some(text)) = &everything.shape {
        see(text.as_bytes());
        assert!(points.len() < 1 << 16);
    }
    assert!(format!("{everything:?}").contains("id"));
    sum
}
