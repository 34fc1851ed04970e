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
        #[bw(map = String::as_bytes, assert(name.len() <= usize::from(MAX)))]
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
                Tlv::Name { name } => Item::Name(name.as_bytes()),
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
