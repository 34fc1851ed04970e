//! A list of TLVs, eight of them: of three kinds that are known, and of others, which are kept.
//!
//! ```text
//!  0      1        3
//!  ┌──────┬────────┬──────┬────────┬───────┬──────┬────────┬───────┬ …
//!  │ kind │ length │ tag  │ length │ value │ tag  │ length │ value │
//!  └──────┴────────┴──────┴────────┴───────┴──────┴────────┴───────┴ …
//!   u8     u16      u8     u16              1 name: text, 2 port: u16, 3 key: bytes
//! ```

use crate::fair::{Cases, mixed};
use crate::support::Bench;

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
    Name(&'a str),
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
            Self::Name(name) => Item::Name(name),
            Self::Port(port) => Item::Port(*port),
            Self::Key(key) => Item::Key(key),
            Self::Other(tag, value) => Item::Other(*tag, value),
        }
    }
}

/// Adds a contender: `$read` hands the kind and each element to a closure, or refuses.
macro_rules! walks {
    ($race:ident, $name:literal, $cases:expr, $read:path) => {{
        let cases = $cases;
        for (frame, content) in &cases.lawful {
            let mut items = Vec::new();
            let mut see = |kind: u8, item: Item<'_>| items.push(format!("{kind} {item:?}"));
            $read(frame, &mut see).unwrap_or_else(|_| panic!("{} refuses a lawful message", $name));
            let expected: Vec<String> =
                content.seen().iter().map(|item| format!("{} {item:?}", content.kind)).collect();
            assert_eq!(items, expected, "{} reads otherwise", $name);
        }
        for frame in &cases.unlawful {
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
    let not_text: &dyn Fn(&mut Vec<u8>) = &|frame| frame[6] = 0xFF;
    let value_too_long: &dyn Fn(&mut Vec<u8>) = &|frame| frame[4] = 3;
    let port_too_long: &dyn Fn(&mut Vec<u8>) = &|frame| frame[3] = 2;
    let list_too_long: &dyn Fn(&mut Vec<u8>) = &|frame| {
        frame.extend_from_slice(&[9, (MAX >> 8) as u8, MAX as u8]);
        frame.resize(frame.len() + usize::from(MAX), 0);
        let len = (frame.len() - 3) as u16;
        frame[1..3].copy_from_slice(&len.to_be_bytes());
    };
    let cases = Cases::new(contents, by_hand::write, &[not_text, value_too_long, port_too_long, list_too_long]);

    let title = "list of 8 TLVs";
    let mut race = bench.race(title, "message", cases.len());
    walks!(race, "by hand, checked, then walked", &cases, by_hand::read);
    walks!(race, "zerocopy, checked, then walked", &cases, zero_copy::read);
    walks!(race, "nom, into a Vec", &cases, nom8::read);
    walks!(race, "winnow, into a Vec", &cases, winnow1::read);
    walks!(race, "binrw, into a Vec", &cases, bin_rw::read);
    walks!(race, "deku, into a Vec", &cases, deku20::read);
    walks!(race, "by hand, into a Vec", &cases, by_hand::read_vec);
    walks!(race, "by hand, one walk", &cases, by_hand::read_once);
    crate::goals(goals, title, &race.run(), 5.0);

    let title = "list of 8 TLVs, written";
    let mut race = bench.race(title, "message", cases.len());
    writes!(race, "by hand, to a Vec", &cases, Content::clone, by_hand::write, Vec::new());
    writes!(race, "by hand, to a Gather", &cases, Content::clone, by_hand::send, wireview::Gather::new());
    writes!(race, "binrw", &cases, bin_rw::message, bin_rw::write, std::io::Cursor::new(Vec::new()));
    writes!(race, "deku", &cases, deku20::message, deku20::write, std::io::Cursor::new(Vec::new()));
    crate::written(goals, title, &race.run());
}

mod by_hand {
    use wireview::length::U16Be;
    use wireview::{Error, Gather, Result};

    use super::{Content, Item, MAX, Owned};

    /// One element from the front of `rest`, which is the end of a frame of `len` bytes.
    #[inline]
    fn item<'a>(rest: &mut &'a [u8], len: usize) -> Result<Item<'a>> {
        let at = len - rest.len();
        let Some((&[tag, l0, l1], behind)) = rest.split_first_chunk() else {
            return Err(Error::truncated(&"tag", at));
        };
        let size = u16::from_be_bytes([l0, l1]);
        if size > MAX {
            return Err(Error::limit(&"length", at + 1));
        }
        let Some((value, behind)) = behind.split_at_checked(size.into()) else {
            return Err(Error::truncated(&"value", at + 3));
        };
        *rest = behind;
        Ok(match tag {
            1 => Item::Name(str::from_utf8(value).map_err(|_| Error::malformed(&"name", at + 3))?),
            2 => Item::Port(u16::from_be_bytes(value.try_into().map_err(|_| Error::malformed(&"port", at + 3))?)),
            3 => Item::Key(value),
            tag => Item::Other(tag, value),
        })
    }

    #[inline]
    fn head(frame: &[u8]) -> Result<(u8, &[u8])> {
        let Some((&[kind, l0, l1], list)) = frame.split_first_chunk() else {
            return Err(Error::truncated(&"head", frame.len()));
        };
        let len = u16::from_be_bytes([l0, l1]);
        if len > MAX {
            return Err(Error::limit(&"items", 1));
        }
        if list.len() != usize::from(len) {
            return Err(Error::malformed(&"items", 3));
        }
        Ok((kind, list))
    }

    #[inline]
    fn parse(frame: &[u8]) -> Result<(u8, &[u8])> {
        let (kind, list) = head(frame)?;
        let mut rest = list;
        while !rest.is_empty() {
            item(&mut rest, frame.len())?;
        }
        Ok((kind, list))
    }

    #[inline]
    pub(super) fn read(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<()> {
        let (kind, mut rest) = parse(frame)?;
        while !rest.is_empty() {
            see(kind, item(&mut rest, frame.len())?);
        }
        Ok(())
    }

    #[inline]
    pub(super) fn read_once(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<()> {
        let (kind, mut rest) = head(frame)?;
        while !rest.is_empty() {
            see(kind, item(&mut rest, frame.len())?);
        }
        Ok(())
    }

    #[inline]
    pub(super) fn read_vec(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<()> {
        let (kind, mut rest) = head(frame)?;
        let mut items = Vec::new();
        while !rest.is_empty() {
            items.push(item(&mut rest, frame.len())?);
        }
        items.into_iter().for_each(|item| see(kind, item));
        Ok(())
    }

    #[inline(always)]
    fn parts(item: &Owned, mut put: impl FnMut(&[u8])) {
        let mut long = |tag: u8, value: &[u8]| {
            let len = u16::try_from(value.len()).ok().filter(|&len| len <= MAX).expect("short");
            let [l0, l1] = len.to_be_bytes();
            put(&[tag, l0, l1]);
            put(value);
        };
        match item {
            Owned::Name(name) => long(1, name.as_bytes()),
            Owned::Port(port) => {
                let [p0, p1] = port.to_be_bytes();
                put(&[2, 0, 2, p0, p1]);
            }
            Owned::Key(key) => long(3, key),
            Owned::Other(tag, value) => long(*tag, value),
        }
    }

    #[inline]
    pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
        out.extend_from_slice(&[message.kind, 0, 0]);
        let at = out.len();
        for item in &message.items {
            parts(item, |bytes| out.extend_from_slice(bytes));
        }
        let len = u16::try_from(out.len() - at).expect("short");
        out[at - 2..at].copy_from_slice(&len.to_be_bytes());
    }

    #[inline]
    pub(super) fn send(message: &Content, out: &mut Gather) {
        out.copy(&[message.kind]);
        let list = out.length::<U16Be>(|out| {
            message.items.iter().for_each(|item| parts(item, |bytes| out.copy(bytes)));
            Ok(())
        });
        list.expect("short");
    }
}

mod zero_copy {
    use zerocopy::byteorder::big_endian::U16;
    use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

    use super::{Item, MAX};

    #[derive(FromBytes, KnownLayout, Immutable, Unaligned)]
    #[repr(C)]
    struct Head {
        tag: u8,
        len: U16,
    }

    #[inline]
    fn item<'a>(rest: &mut &'a [u8]) -> Result<Item<'a>, ()> {
        let (head, behind) = Head::ref_from_prefix(rest).map_err(drop)?;
        if head.len.get() > MAX {
            return Err(());
        }
        let (value, behind) = behind.split_at_checked(head.len.get().into()).ok_or(())?;
        *rest = behind;
        Ok(match head.tag {
            1 => Item::Name(str::from_utf8(value).map_err(drop)?),
            2 => Item::Port(U16::ref_from_bytes(value).map_err(drop)?.get()),
            3 => Item::Key(value),
            tag => Item::Other(tag, value),
        })
    }

    #[inline]
    fn parse(frame: &[u8]) -> Result<(u8, &[u8]), ()> {
        let (head, list) = Head::ref_from_prefix(frame).map_err(drop)?;
        if head.len.get() > MAX || list.len() != usize::from(head.len.get()) {
            return Err(());
        }
        let mut rest = list;
        while !rest.is_empty() {
            item(&mut rest)?;
        }
        Ok((head.tag, list))
    }

    #[inline]
    pub(super) fn read(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<(), ()> {
        let (kind, mut rest) = parse(frame)?;
        while !rest.is_empty() {
            see(kind, item(&mut rest)?);
        }
        Ok(())
    }
}

mod nom8 {
    use nom::combinator::{all_consuming, map_res, verify};
    use nom::multi::{length_data, many0};
    use nom::number::complete::{be_u16, u8};
    use nom::{IResult, Parser};

    use super::{Item, MAX};

    type Error<'a> = nom::Err<nom::error::Error<&'a [u8]>>;

    #[inline]
    pub(super) fn read<'a>(frame: &'a [u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<(), Error<'a>> {
        let (_, (kind, list)) = all_consuming((u8, bytes)).parse(frame)?;
        let (_, items) = all_consuming(many0(item)).parse(list)?;
        items.into_iter().for_each(|item| see(kind, item));
        Ok(())
    }

    #[inline]
    fn bytes(input: &[u8]) -> IResult<&[u8], &[u8]> {
        length_data(verify(be_u16, |&len| len <= MAX)).parse(input)
    }

    #[inline]
    fn item(input: &[u8]) -> IResult<&[u8], Item<'_>> {
        let (input, tag) = u8(input)?;
        match tag {
            1 => map_res(bytes, |value| str::from_utf8(value).map(Item::Name)).parse(input),
            2 => map_res(bytes, |value| value.try_into().map(|port| Item::Port(u16::from_be_bytes(port)))).parse(input),
            3 => bytes.map(Item::Key).parse(input),
            _ => bytes.map(|value| Item::Other(tag, value)).parse(input),
        }
    }
}

mod winnow1 {
    use winnow::Parser;
    use winnow::binary::{be_u16, length_take, u8};
    use winnow::combinator::{eof, repeat, terminated};
    use winnow::error::InputError;

    use super::{Item, MAX};

    type Error<'a> = InputError<&'a [u8]>;

    #[inline]
    pub(super) fn read<'a>(mut frame: &'a [u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<(), Error<'a>> {
        let (kind, mut list, _) = (u8, bytes, eof).parse_next(&mut frame)?;
        let items: Vec<Item<'_>> = terminated(repeat(0.., item), eof).parse_next(&mut list)?;
        items.into_iter().for_each(|item| see(kind, item));
        Ok(())
    }

    #[inline]
    fn bytes<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Error<'a>> {
        length_take(be_u16.verify(|&len: &u16| len <= MAX)).parse_next(input)
    }

    #[inline]
    fn item<'a>(input: &mut &'a [u8]) -> Result<Item<'a>, Error<'a>> {
        match u8.parse_next(input)? {
            1 => bytes.try_map(|value| str::from_utf8(value).map(Item::Name)).parse_next(input),
            2 => bytes
                .try_map(|value: &[u8]| value.try_into().map(|port| Item::Port(u16::from_be_bytes(port))))
                .parse_next(input),
            3 => bytes.map(Item::Key).parse_next(input),
            tag => bytes.map(|value| Item::Other(tag, value)).parse_next(input),
        }
    }
}

mod bin_rw {
    use std::io::Cursor;

    use binrw::{BinRead, BinWrite, binrw, helpers::until_eof};

    use super::{Content, Item, MAX, Owned};

    #[binrw]
    #[brw(big)]
    pub(super) struct Message {
        kind: u8,
        #[br(temp, assert(len <= MAX))]
        #[bw(calc = items.iter().map(Tlv::size).sum())]
        len: u16,
        #[br(map_stream = |reader| binrw::io::TakeSeekExt::take_seek(reader, len.into()), parse_with = until_eof)]
        // `until_eof` takes an element that is cut for the end.
        #[br(assert(items.iter().map(Tlv::size).sum::<u16>() == len))]
        items: Vec<Tlv>,
    }

    #[binrw]
    #[brw(big)]
    enum Tlv {
        #[brw(magic = 1_u8)]
        Name {
            #[br(temp, assert(len <= MAX))]
            #[bw(try_calc = u16::try_from(name.len()))]
            len: u16,
            #[br(count = len, try_map = String::from_utf8)]
            #[bw(map = |name| name.as_bytes(), assert(name.len() <= usize::from(MAX)))]
            name: String,
        },
        #[brw(magic = 2_u8)]
        Port {
            #[br(temp, assert(len == 2))]
            #[bw(calc = 2)]
            len: u16,
            port: u16,
        },
        #[brw(magic = 3_u8)]
        Key {
            #[br(temp, assert(len <= MAX))]
            #[bw(try_calc = u16::try_from(key.len()))]
            len: u16,
            #[br(count = len)]
            #[bw(assert(key.len() <= usize::from(MAX)))]
            key: Vec<u8>,
        },
        Other {
            #[br(assert(!(1..=3).contains(&tag)))]
            tag: u8,
            #[br(temp, assert(len <= MAX))]
            #[bw(try_calc = u16::try_from(value.len()))]
            len: u16,
            #[br(count = len)]
            #[bw(assert(value.len() <= usize::from(MAX)))]
            value: Vec<u8>,
        },
    }

    impl Tlv {
        fn size(&self) -> u16 {
            3 + match self {
                Self::Name { name } => name.len() as u16,
                Self::Port { .. } => 2,
                Self::Key { key } => key.len() as u16,
                Self::Other { value, .. } => value.len() as u16,
            }
        }
    }

    #[inline]
    pub(super) fn read(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<(), ()> {
        let mut cursor = Cursor::new(frame);
        let Ok(message) = Message::read(&mut cursor) else { return Err(()) };
        if cursor.position() != frame.len() as u64 {
            return Err(());
        }
        for item in &message.items {
            see(
                message.kind,
                match item {
                    Tlv::Name { name } => Item::Name(name),
                    Tlv::Port { port } => Item::Port(*port),
                    Tlv::Key { key } => Item::Key(key),
                    Tlv::Other { tag, value } => Item::Other(*tag, value),
                },
            );
        }
        Ok(())
    }

    pub(super) fn message(content: &Content) -> Message {
        let items = content.items.iter().cloned().map(|item| match item {
            Owned::Name(name) => Tlv::Name { name },
            Owned::Port(port) => Tlv::Port { port },
            Owned::Key(key) => Tlv::Key { key },
            Owned::Other(tag, value) => Tlv::Other { tag, value },
        });
        Message { kind: content.kind, items: items.collect() }
    }

    #[inline]
    pub(super) fn write(message: &Message, out: &mut Cursor<Vec<u8>>) {
        message.write(out).expect("memory");
    }
}

mod deku20 {
    use deku::prelude::*;

    use super::{Content, Item, MAX, Owned};

    #[derive(DekuRead, DekuWrite)]
    #[deku(endian = "big")]
    pub(super) struct Message {
        kind: u8,
        #[deku(assert = "*len <= MAX")]
        len: u16,
        #[deku(bytes_read = "len")]
        items: Vec<Tlv>,
    }

    #[derive(DekuRead, DekuWrite)]
    #[deku(id_type = "u8", endian = "endian", ctx = "endian: deku::ctx::Endian")]
    enum Tlv {
        #[deku(id = 1)]
        Name {
            #[deku(assert = "*len <= MAX")]
            len: u16,
            #[deku(
                count = "len",
                map = "|bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| DekuError::Parse(\"name\".into()))",
                writer = "name.as_bytes().to_writer(deku::writer, ())"
            )]
            name: String,
        },
        #[deku(id = 2)]
        Port {
            #[deku(assert_eq = "2")]
            len: u16,
            port: u16,
        },
        #[deku(id = 3)]
        Key {
            #[deku(assert = "*len <= MAX")]
            len: u16,
            #[deku(count = "len")]
            key: Vec<u8>,
        },
        #[deku(id_pat = "_")]
        Other {
            tag: u8,
            #[deku(assert = "*len <= MAX")]
            len: u16,
            #[deku(count = "len")]
            value: Vec<u8>,
        },
    }

    #[inline]
    pub(super) fn read(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<(), DekuError> {
        let message = Message::try_from(frame)?;
        for item in &message.items {
            see(
                message.kind,
                match item {
                    Tlv::Name { name, .. } => Item::Name(name),
                    Tlv::Port { port, .. } => Item::Port(*port),
                    Tlv::Key { key, .. } => Item::Key(key),
                    Tlv::Other { tag, value, .. } => Item::Other(*tag, value),
                },
            );
        }
        Ok(())
    }

    pub(super) fn message(content: &Content) -> Message {
        let items: Vec<Tlv> = content
            .items
            .iter()
            .cloned()
            .map(|item| match item {
                Owned::Name(name) => Tlv::Name { len: name.len() as u16, name },
                Owned::Port(port) => Tlv::Port { len: 2, port },
                Owned::Key(key) => Tlv::Key { len: key.len() as u16, key },
                Owned::Other(tag, value) => Tlv::Other { tag, len: value.len() as u16, value },
            })
            .collect();
        let len = items.iter().map(|item| match item {
            Tlv::Name { len, .. } | Tlv::Port { len, .. } | Tlv::Key { len, .. } | Tlv::Other { len, .. } => len + 3,
        });
        Message { kind: content.kind, len: len.sum(), items }
    }

    #[inline]
    pub(super) fn write(message: &Message, out: &mut std::io::Cursor<Vec<u8>>) {
        let mut writer = Writer::new(out);
        message.to_writer(&mut writer, ()).expect("memory");
        writer.finalize().expect("memory");
    }
}
