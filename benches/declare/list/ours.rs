use wireview::declare::{self, Put, Scratch, Text};
use wireview::{Gather, Result, Seq, Span, Wire};

use super::{Content, Item, MAX, Owned};
use crate::fair::Out;

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big)]
struct Message<B> {
    kind: u8,
    #[wire(len = u16, max = MAX)]
    items: Seq<B, Tlv<Span>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big, tag = u8, len = u16, max = MAX)]
enum Tlv<B> {
    #[wire(tag = 1)]
    Name {
        #[wire(rest)]
        name: Text<B>,
    },
    #[wire(tag = 2)]
    Port { port: u16 },
    #[wire(tag = 3)]
    Key {
        #[wire(rest)]
        key: B,
    },
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        tag: u8,
        #[wire(rest)]
        value: B,
    },
}

#[inline]
pub(super) fn read(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<()> {
    let message = declare::parse::<Message<Span>>(frame, ())?;
    for item in message.items {
        see(
            message.kind,
            match item? {
                Tlv::Name { name } => Item::Name(name.into_bytes()),
                Tlv::Port { port } => Item::Port(port),
                Tlv::Key { key } => Item::Key(key),
                Tlv::Other { tag, value } => Item::Other(tag, value),
            },
        );
    }
    Ok(())
}

/// A queue, and where the elements are written first.
#[derive(Default)]
pub(super) struct Queue {
    out: Gather,
    scratch: Scratch,
}

impl Out for Queue {
    fn reset(&mut self) {
        self.out.reset();
    }

    fn take(&mut self) -> Vec<u8> {
        self.out.take()
    }
}

#[inline]
pub(super) fn write(content: &Content, queue: &mut Queue) {
    let items = content.items.iter().map(|item| match item {
        Owned::Name(name) => Tlv::Name { name: Text::from(&**name) },
        Owned::Port(port) => Tlv::Port { port: *port },
        Owned::Key(key) => Tlv::Key { key: &key[..] },
        Owned::Other(tag, value) => Tlv::Other { tag: *tag, value: &value[..] },
    });
    let message = Message { kind: content.kind, items: queue.scratch.seq(items, ()).expect("lawful") };
    message.put(&mut queue.out, ()).expect("lawful");
}
