use wireview::declare::{self, Put};
use wireview::{Gather, Result, Span, Wire};

use super::{Content, MAX, Seen};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(big, tag = u8)]
pub(super) enum Message<B> {
    #[wire(tag = 1)]
    Ping { nonce: u64 },
    #[wire(tag = 2)]
    Ack { stream: u32, number: u64 },
    #[wire(tag = 3)]
    Data {
        stream: u32,
        #[wire(len = u16, max = MAX)]
        payload: B,
    },
    #[wire(tag = 4)]
    Reset { stream: u32, code: u16 },
}

#[inline]
pub(super) fn parse(frame: &[u8]) -> Result<Message<&[u8]>> {
    declare::parse::<Message<Span>>(frame, ())
}

pub(super) fn seen<'a>(message: &Message<&'a [u8]>) -> Seen<'a> {
    match *message {
        Message::Ping { nonce } => Seen::Ping { nonce },
        Message::Ack { stream, number } => Seen::Ack { stream, number },
        Message::Data { stream, payload } => Seen::Data { stream, payload },
        Message::Reset { stream, code } => Seen::Reset { stream, code },
    }
}

#[inline]
pub(super) fn write(content: &Content, out: &mut Gather) {
    let message = match *content {
        Content::Ping { nonce } => Message::Ping { nonce },
        Content::Ack { stream, number } => Message::Ack { stream, number },
        Content::Data { stream, ref payload } => Message::Data { stream, payload: &payload[..] },
        Content::Reset { stream, code } => Message::Reset { stream, code },
    };
    message.put(out, ()).expect("lawful");
}
