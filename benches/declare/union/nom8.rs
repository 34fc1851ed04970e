use nom::combinator::{all_consuming, fail, map, verify};
use nom::multi::length_data;
use nom::number::complete::{be_u16, be_u32, be_u64, u8};
use nom::{IResult, Parser};

use super::MAX;
use super::by_hand::Message;

#[inline]
pub(super) fn parse(frame: &[u8]) -> Result<Message<'_>, nom::Err<nom::error::Error<&[u8]>>> {
    all_consuming(message).parse(frame).map(|(_, message)| message)
}

#[inline]
fn message(input: &[u8]) -> IResult<&[u8], Message<'_>> {
    let (input, tag) = u8(input)?;
    match tag {
        1 => map(be_u64, |nonce| Message::Ping { nonce }).parse(input),
        2 => map((be_u32, be_u64), |(stream, number)| Message::Ack { stream, number }).parse(input),
        3 => map((be_u32, length_data(verify(be_u16, |&len| len <= MAX))), |(stream, payload)| Message::Data {
            stream,
            payload,
        })
        .parse(input),
        4 => map((be_u32, be_u16), |(stream, code)| Message::Reset { stream, code }).parse(input),
        _ => fail().parse(input),
    }
}
