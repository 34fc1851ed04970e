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
            map = "|bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| DekuError::Parse(\"name\"))",
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
                Tlv::Name { name, .. } => Item::Name(name.as_bytes()),
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
