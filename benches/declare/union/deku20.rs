use deku::prelude::*;

use super::{Content, MAX, Seen};

#[derive(DekuRead, DekuWrite)]
#[deku(id_type = "u8", endian = "big")]
pub(super) enum Message {
    #[deku(id = 1)]
    Ping { nonce: u64 },
    #[deku(id = 2)]
    Ack { stream: u32, number: u64 },
    #[deku(id = 3)]
    Data {
        stream: u32,
        #[deku(assert = "*len <= MAX")]
        len: u16,
        #[deku(count = "len")]
        payload: Vec<u8>,
    },
    #[deku(id = 4)]
    Reset { stream: u32, code: u16 },
}

#[inline]
pub(super) fn parse(frame: &[u8]) -> Result<Message, DekuError> {
    Message::try_from(frame)
}

pub(super) fn seen(message: &Message) -> Seen<'_> {
    match *message {
        Message::Ping { nonce } => Seen::Ping { nonce },
        Message::Ack { stream, number } => Seen::Ack { stream, number },
        Message::Data { stream, ref payload, .. } => Seen::Data { stream, payload },
        Message::Reset { stream, code } => Seen::Reset { stream, code },
    }
}

pub(super) fn message(content: &Content) -> Message {
    match content.clone() {
        Content::Ping { nonce } => Message::Ping { nonce },
        Content::Ack { stream, number } => Message::Ack { stream, number },
        Content::Data { stream, payload } => Message::Data { stream, len: payload.len() as u16, payload },
        Content::Reset { stream, code } => Message::Reset { stream, code },
    }
}

#[inline]
pub(super) fn write(message: &Message, out: &mut std::io::Cursor<Vec<u8>>) {
    let mut writer = Writer::new(out);
    message.to_writer(&mut writer, ()).expect("memory");
    writer.finalize().expect("memory");
}
