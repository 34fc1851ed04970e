use wireview::length::U16Be;
use wireview::{Error, Gather, Result};

use super::{Content, Item, MAX, Owned, text};

/// One element from the front of `rest`, which is the end of a frame of `len` bytes.
#[inline]
fn item<'a>(rest: &mut &'a [u8], len: usize) -> Result<Item<'a>> {
    let at = len - rest.len();
    let Some((&[tag, l0, l1], behind)) = rest.split_first_chunk() else {
        return Err(Error::truncated(&"tag", at));
    };
    let size = u16::from_be_bytes([l0, l1]);
    if size > MAX {
        return Err(Error::limit(&"length", at + 1));
    }
    let Some((value, behind)) = behind.split_at_checked(size.into()) else {
        return Err(Error::truncated(&"value", at + 3));
    };
    *rest = behind;
    Ok(match tag {
        1 => Item::Name(text(value).map_err(|_| Error::malformed(&"name", at + 3))?),
        2 => Item::Port(u16::from_be_bytes(value.try_into().map_err(|_| Error::malformed(&"port", at + 3))?)),
        3 => Item::Key(value),
        tag => Item::Other(tag, value),
    })
}

#[inline]
fn head(frame: &[u8]) -> Result<(u8, &[u8])> {
    let Some((&[kind, l0, l1], list)) = frame.split_first_chunk() else {
        return Err(Error::truncated(&"head", frame.len()));
    };
    let len = u16::from_be_bytes([l0, l1]);
    if len > MAX {
        return Err(Error::limit(&"items", 1));
    }
    if list.len() != usize::from(len) {
        return Err(Error::malformed(&"items", 3));
    }
    Ok((kind, list))
}

#[inline]
fn parse(frame: &[u8]) -> Result<(u8, &[u8])> {
    let (kind, list) = head(frame)?;
    let mut rest = list;
    while !rest.is_empty() {
        item(&mut rest, frame.len())?;
    }
    Ok((kind, list))
}

#[inline]
pub(super) fn read(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<()> {
    let (kind, mut rest) = parse(frame)?;
    while !rest.is_empty() {
        see(kind, item(&mut rest, frame.len())?);
    }
    Ok(())
}

#[inline]
pub(super) fn read_once(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<()> {
    let (kind, mut rest) = head(frame)?;
    while !rest.is_empty() {
        see(kind, item(&mut rest, frame.len())?);
    }
    Ok(())
}

#[inline]
pub(super) fn read_vec(frame: &[u8], see: &mut impl FnMut(u8, Item<'_>)) -> Result<()> {
    let (kind, mut rest) = head(frame)?;
    let mut items = Vec::new();
    while !rest.is_empty() {
        items.push(item(&mut rest, frame.len())?);
    }
    items.into_iter().for_each(|item| see(kind, item));
    Ok(())
}

#[inline(always)]
fn parts(item: &Owned, mut put: impl FnMut(&[u8])) {
    let mut long = |tag: u8, value: &[u8]| {
        let len = u16::try_from(value.len()).ok().filter(|&len| len <= MAX).expect("short");
        let [l0, l1] = len.to_be_bytes();
        put(&[tag, l0, l1]);
        put(value);
    };
    match item {
        Owned::Name(name) => long(1, name.as_bytes()),
        Owned::Port(port) => {
            let [p0, p1] = port.to_be_bytes();
            put(&[2, 0, 2, p0, p1]);
        }
        Owned::Key(key) => long(3, key),
        Owned::Other(tag, value) => long(*tag, value),
    }
}

#[inline]
pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
    out.extend_from_slice(&[message.kind, 0, 0]);
    let at = out.len();
    for item in &message.items {
        parts(item, |bytes| out.extend_from_slice(bytes));
    }
    let len = u16::try_from(out.len() - at).expect("short");
    out[at - 2..at].copy_from_slice(&len.to_be_bytes());
}

#[inline]
pub(super) fn send(message: &Content, out: &mut Gather) {
    out.copy(&[message.kind]);
    let list = out.length::<U16Be>(|out| {
        message.items.iter().for_each(|item| parts(item, |bytes| out.copy(bytes)));
        Ok(())
    });
    list.expect("short");
}
