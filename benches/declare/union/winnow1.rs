use winnow::Parser;
use winnow::binary::{be_u16, be_u32, be_u64, length_take, u8};
use winnow::combinator::{dispatch, eof, fail, seq, terminated};
use winnow::error::InputError;

use super::MAX;
use super::by_hand::Message;

#[inline]
pub(super) fn parse<'a>(mut frame: &'a [u8]) -> Result<Message<'a>, InputError<&'a [u8]>> {
    let message = dispatch! { u8;
        1 => seq!(Message::Ping { nonce: be_u64 }),
        2 => seq!(Message::Ack { stream: be_u32, number: be_u64 }),
        3 => seq!(Message::Data { stream: be_u32, payload: length_take(be_u16.verify(|&len: &u16| len <= MAX)) }),
        4 => seq!(Message::Reset { stream: be_u32, code: be_u16 }),
        _ => fail,
    };
    terminated(message, eof).parse_next(&mut frame)
}
