use zerocopy::byteorder::big_endian::U16;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::{Item, MAX, text};

#[derive(FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Head {
    tag: u8,
    len: U16,
}

#[inline]
fn item<'a>(rest: &mut &'a [u8]) -> Result<Item<'a>, ()> {
    let (head, behind) = Head::ref_from_prefix(rest).map_err(drop)?;
    if head.len.get() > MAX {
        return Err(());
    }
    let (value, behind) = behind.split_at_checked(head.len.get().into()).ok_or(())?;
    *rest = behind;
    Ok(match head.tag {
        1 => Item::Name(text(value).map_err(drop)?),
        2 => Item::Port(U16::ref_from_bytes(value).map_err(drop)?.get()),
        3 => Item::Key(value),
        tag => Item::Other(tag, value),
    })
}

#[inline]
fn parse(frame: &[u8]) -> Result<(u8, &[u8]), ()> {
    let (head, list) = Head::ref_from_prefix(frame).map_err(drop)?;
    if head.len.get() > MAX || list.len() != usize::from(head.len.get()) {
        return Err(());
    }
    let mut rest = list;
    while !rest.is_empty() {
        item(&mut rest)?;
    }
    Ok((head.tag, list))
}

#[inline]
pub(super) fn read(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<(), ()> {
    let (kind, mut rest) = parse(frame)?;
    while !rest.is_empty() {
        see(kind, item(&mut rest)?);
    }
    Ok(())
}
