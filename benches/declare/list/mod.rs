//! A list of TLVs, eight of them: of three kinds that are known, and of others, which are kept.
//!
//! ```text
//!  0      1        3
//!  ┌──────┬────────┬──────┬────────┬───────┬──────┬────────┬───────┬ …
//!  │ kind │ length │ tag  │ length │ value │ tag  │ length │ value │
//!  └──────┴────────┴──────┴────────┴───────┴──────┴────────┴───────┴ …
//!   u8     u16      u8     u16              1 name: text, 2 port: u16, 3 key: bytes
//! ```

mod bin_rw;
mod by_hand;
mod deku20;
mod nom8;
mod ours;
mod winnow1;
mod zero_copy;

use std::str::Utf8Error;

use crate::fair::{Cases, Spoil, mixed};
use crate::support::{Bench, thread_time};

/// The longest list, and the longest value, in bytes.
const MAX: u16 = 1000;

/// What is in a message.
#[derive(Clone)]
pub(crate) struct Content {
    kind: u8,
    items: Vec<Owned>,
}

/// One element.
#[derive(Clone)]
pub(crate) enum Owned {
    Name(String),
    Port(u16),
    Key(Vec<u8>),
    Other(u8, Vec<u8>),
}

/// The same, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item<'a> {
    /// Text that was seen to be UTF-8, and is handed on as its bytes.
    Name(&'a [u8]),
    Port(u16),
    Key(&'a [u8]),
    Other(u8, &'a [u8]),
}

impl Content {
    fn new(i: usize) -> Self {
        let n = mixed(i);
        let name = |n: usize| Owned::Name(format!("node-{n}.local"));
        let items = vec![
            name(i),
            Owned::Port(n as u16),
            Owned::Key(vec![n as u8; 16]),
            Owned::Other(200, vec![1; 5]),
            name(i + 100),
            Owned::Key(vec![n as u8; 32]),
            Owned::Port((n >> 16) as u16),
            Owned::Other(7, Vec::new()),
        ];
        Self { kind: (n >> 32) as u8, items }
    }

    fn seen(&self) -> Vec<Item<'_>> {
        self.items.iter().map(Owned::seen).collect()
    }
}

impl Owned {
    #[inline]
    fn seen(&self) -> Item<'_> {
        match self {
            Self::Name(name) => Item::Name(name.as_bytes()),
            Self::Port(port) => Item::Port(*port),
            Self::Key(key) => Item::Key(key),
            Self::Other(tag, value) => Item::Other(*tag, value),
        }
    }
}

/// `value`, if it is UTF-8.
#[inline]
fn text(value: &[u8]) -> Result<&[u8], Utf8Error> {
    str::from_utf8(value).map(str::as_bytes)
}

/// Adds a contender: `$read` hands the kind and each element to a closure, or refuses.
macro_rules! walks {
    ($race:ident, $name:literal, $cases:expr, $read:path) => {{
        let cases = $cases;
        for (frame, content) in cases.checked(&$race) {
            let mut items = Vec::new();
            let mut see = |kind: u8, item: Item<'_>| items.push(format!("{kind} {item:?}"));
            $read(frame, &mut see).unwrap_or_else(|_| panic!("{} refuses a lawful message", $name));
            let expected: Vec<String> =
                content.seen().iter().map(|item| format!("{} {item:?}", content.kind)).collect();
            assert_eq!(items, expected, "{} reads otherwise", $name);
        }
        for frame in cases.refused(&$race) {
            assert!($read(frame, &mut |_, _| ()).is_err(), "{} takes {frame:?}", $name);
        }
        $race.add($name, || {
            for (frame, _) in &cases.lawful {
                let read = $read(std::hint::black_box(&frame[..]), &mut |kind, item| {
                    std::hint::black_box((kind, item));
                });
                let Ok(()) = read else { unreachable!("seen to be read") };
            }
        });
    }};
}

pub(crate) fn race(bench: &Bench, goals: &mut Vec<String>) {
    let contents: Vec<Content> = (0..16).map(Content::new).collect();
    let not_text: Spoil<'_> = &|frame| frame[6] = 0xFF;
    let value_too_long: Spoil<'_> = &|frame| frame[4] = 3;
    let port_too_long: Spoil<'_> = &|frame| frame[3] = 2;
    let list_too_long: Spoil<'_> = &|frame| {
        frame.extend_from_slice(&[9, (MAX >> 8) as u8, MAX as u8]);
        frame.resize(frame.len() + usize::from(MAX), 0);
        let len = (frame.len() - 3) as u16;
        frame[1..3].copy_from_slice(&len.to_be_bytes());
    };
    let cases = Cases::new(contents, by_hand::write, &[not_text, value_too_long, port_too_long, list_too_long]);

    let title = "list of 8 TLVs";
    let mut race = bench.race(title, "message", cases.len()).timed_by(thread_time);
    walks!(race, "by hand, checked, then walked", &cases, by_hand::read);
    walks!(race, "wireview, checked, then walked", &cases, ours::read);
    walks!(race, "zerocopy, checked, then walked", &cases, zero_copy::read);
    walks!(race, "nom, into a Vec", &cases, nom8::read);
    walks!(race, "winnow, into a Vec", &cases, winnow1::read);
    walks!(race, "binrw, into a Vec", &cases, bin_rw::read);
    walks!(race, "deku, into a Vec", &cases, deku20::read);
    walks!(race, "by hand, into a Vec", &cases, by_hand::read_vec);
    walks!(race, "by hand, one walk", &cases, by_hand::read_once);
    crate::goals(goals, title, &race.run(), 5.0);

    let title = "list of 8 TLVs, written";
    let mut race = bench.race(title, "message", cases.len()).timed_by(thread_time);
    writes!(race, "by hand, to a Vec", &cases, Content::clone, by_hand::write, Vec::new());
    writes!(race, "by hand, to a Gather", &cases, Content::clone, by_hand::send, wireview::Gather::new());
    writes!(race, "wireview, by a Scratch", &cases, Content::clone, ours::write, ours::Queue::default());
    writes!(race, "binrw", &cases, bin_rw::message, bin_rw::write, std::io::Cursor::new(Vec::new()));
    writes!(race, "deku", &cases, deku20::message, deku20::write, std::io::Cursor::new(Vec::new()));
    crate::written(goals, title, &race.run());
}
