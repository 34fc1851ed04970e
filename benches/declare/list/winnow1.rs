use winnow::Parser;
use winnow::binary::{be_u16, length_take, u8};
use winnow::combinator::{eof, repeat, terminated};
use winnow::error::InputError;

use super::{Item, MAX, text};

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
        1 => bytes.try_map(|value| text(value).map(Item::Name)).parse_next(input),
        2 => bytes
            .try_map(|value: &[u8]| value.try_into().map(|port| Item::Port(u16::from_be_bytes(port))))
            .parse_next(input),
        3 => bytes.map(Item::Key).parse_next(input),
        tag => bytes.map(|value| Item::Other(tag, value)).parse_next(input),
    }
}
