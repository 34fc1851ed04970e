use nom::combinator::{all_consuming, map_res, verify};
use nom::multi::{length_data, many0};
use nom::number::complete::{be_u16, u8};
use nom::{IResult, Parser};

use super::{Item, MAX, text};

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
        1 => map_res(bytes, |value| text(value).map(Item::Name)).parse(input),
        2 => map_res(bytes, |value| value.try_into().map(|port| Item::Port(u16::from_be_bytes(port)))).parse(input),
        3 => bytes.map(Item::Key).parse(input),
        _ => bytes.map(|value| Item::Other(tag, value)).parse(input),
    }
}
