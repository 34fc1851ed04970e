use std::io::Cursor;

use binrw::{BinRead, BinWrite, binrw};

use super::{Content, MAX, Seen};

#[binrw]
#[brw(big)]
pub(super) enum Message {
    #[brw(magic = 1_u8)]
    Ping { nonce: u64 },
    #[brw(magic = 2_u8)]
    Ack { stream: u32, number: u64 },
    #[brw(magic = 3_u8)]
    Data {
        stream: u32,
        #[br(temp, assert(len <= MAX))]
        #[bw(try_calc = u16::try_from(payload.len()))]
        len: u16,
        #[br(count = len)]
        #[bw(assert(payload.len() <= usize::from(MAX)))]
        payload: Vec<u8>,
    },
    #[brw(magic = 4_u8)]
    Reset { stream: u32, code: u16 },
}

#[inline]
pub(super) fn parse(frame: &[u8]) -> Result<Message, ()> {
    let mut cursor = Cursor::new(frame);
    match Message::read(&mut cursor) {
        Ok(message) if cursor.position() == frame.len() as u64 => Ok(message),
        _ => Err(()),
    }
}

pub(super) fn seen(message: &Message) -> Seen<'_> {
    match *message {
        Message::Ping { nonce } => Seen::Ping { nonce },
        Message::Ack { stream, number } => Seen::Ack { stream, number },
        Message::Data { stream, ref payload } => Seen::Data { stream, payload },
        Message::Reset { stream, code } => Seen::Reset { stream, code },
    }
}

pub(super) fn message(content: &Content) -> Message {
    match content.clone() {
        Content::Ping { nonce } => Message::Ping { nonce },
        Content::Ack { stream, number } => Message::Ack { stream, number },
        Content::Data { stream, payload } => Message::Data { stream, payload },
        Content::Reset { stream, code } => Message::Reset { stream, code },
    }
}

#[inline]
pub(super) fn write(message: &Message, out: &mut Cursor<Vec<u8>>) {
    message.write(out).expect("memory");
}
