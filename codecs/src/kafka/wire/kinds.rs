use core::marker::PhantomData;
use core::ops::RangeBounds;

use wireview::trace::{self, Hook, Value};
use wireview::{Error, Holder, Outgoing, Result, Span, Wire};

#[cfg(test)]
use {super::writer::put_varint, alloc::vec::Vec, wireview::laws::Draw};

use super::{Array, Entry, FieldName, Reader, Sink, Told, Version, Writer};
use crate::kafka::ErrorCode;

/// A kind of field: a type for each line of the table in [`wire`](super).
pub(crate) trait Kind {
    /// What stands in the message.
    type Of<B>;

    /// How many bytes it has, whatever they are.
    const FIXED: Option<usize> = None;

    /// What stands in the message if the version has no such field.
    fn absent(nothing: &[u8]) -> Self::Of<&[u8]>;

    fn read<'a>(from: &mut Reader<'a>, name: FieldName) -> Result<Self::Of<&'a [u8]>>;

    /// Goes behind it, if it can be read.
    #[inline(always)]
    fn skip(from: &mut Reader<'_>, name: FieldName) -> Result<()> {
        Self::read(from, name).map(drop)
    }

    /// Reads it, and tells of it.
    fn trace(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<()>;

    fn write<B: Outgoing, S: Sink<B>>(value: Self::Of<B>, to: &mut Writer<'_, S>, name: FieldName) -> Result<()>;

    fn map<A: Holder, B: Holder>(value: Self::Of<A>, f: &mut impl FnMut(A) -> B) -> Self::Of<B>;

    #[cfg(test)]
    fn generate(draw: &mut Draw<'_>, version: Version, to: &mut Vec<u8>);
}

/// Whether the version is one of those.
#[inline(always)]
pub(crate) fn is_in(version: Version, versions: &impl RangeBounds<i16>) -> bool {
    versions.contains(&version.number)
}

/// Goes behind the field, if the version has it. `fixed` bytes have been left standing in front of it, so that fields of a fixed
/// length are gone over together.
#[inline(always)]
pub(crate) fn skip_in<K: Kind>(
    from: &mut Reader<'_>,
    fixed: &mut usize,
    versions: &impl RangeBounds<i16>,
    name: FieldName,
) -> Result<()> {
    if is_in(from.version(), versions) {
        match K::FIXED {
            Some(len) => *fixed += len,
            None => {
                from.bytes(core::mem::take(fixed), name)?;
                K::skip(from, name)?;
            }
        }
    }
    Ok(())
}

/// The field, if the version has it.
#[inline(always)]
pub(crate) fn read_in<'a, K: Kind>(
    from: &mut Reader<'a>,
    versions: &impl RangeBounds<i16>,
    name: FieldName,
    absent: K::Of<&'a [u8]>,
) -> Result<K::Of<&'a [u8]>> {
    if is_in(from.version(), versions) { K::read(from, name) } else { Ok(absent) }
}

/// Tells of the field, if the version has it.
pub(crate) fn trace_in<K: Kind>(
    from: &mut Reader<'_>,
    versions: &impl RangeBounds<i16>,
    told: Told,
    hook: &mut dyn Hook,
) -> Result<()> {
    if is_in(from.version(), versions) { K::trace(from, told, hook) } else { Ok(()) }
}

/// The field, if the version has it.
#[inline(always)]
pub(crate) fn write_in<K: Kind, B: Outgoing, S: Sink<B>>(
    value: K::Of<B>,
    to: &mut Writer<'_, S>,
    versions: &impl RangeBounds<i16>,
    name: FieldName,
) -> Result<()> {
    if is_in(to.version(), versions) { K::write(value, to, name) } else { Ok(()) }
}

macro_rules! fixed {
    ($($kind:ty: $bytes:ident => $from:expr, $value:ident => $to:expr, $shown:expr;)*) => {$(
        impl Kind for $kind {
            type Of<B> = Self;

            const FIXED: Option<usize> = Some(size_of::<Self>());

            #[inline(always)]
            fn absent(_: &[u8]) -> Self {
                Self::default()
            }

            #[inline(always)]
            fn read(from: &mut Reader<'_>, name: FieldName) -> Result<Self> {
                let $bytes = from.fixed(name)?;
                Ok($from)
            }

            fn trace(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<()> {
                let at = from.offset();
                let $value = <Self as Kind>::read(from, told.name)?;
                told.field(at..from.offset(), $shown, hook);
                Ok(())
            }

            #[inline(always)]
            fn write<B: Outgoing, S: Sink<B>>($value: Self, to: &mut Writer<'_, S>, _: FieldName) -> Result<()> {
                to.fixed(&$to);
                Ok(())
            }

            #[inline(always)]
            fn map<A: Holder, B: Holder>(value: Self, _: &mut impl FnMut(A) -> B) -> Self {
                value
            }

            #[cfg(test)]
            fn generate(draw: &mut Draw<'_>, _: Version, to: &mut Vec<u8>) {
                let number = u128::from(draw.number());
                let $bytes = number.to_le_bytes()[..size_of::<Self>()].try_into().expect("sixteen are enough");
                let $value: Self = $from;
                to.extend_from_slice(&$to);
            }
        }
    )*};
}

fixed! {
    // What is not 0 is true.
    bool: bytes => u8::from_be_bytes(bytes) != 0, value => [u8::from(value)], Value::Bool(value);
    i8: bytes => Self::from_be_bytes(bytes), value => value.to_be_bytes(), Value::Signed(value.into());
    i16: bytes => Self::from_be_bytes(bytes), value => value.to_be_bytes(), Value::Signed(value.into());
    i32: bytes => Self::from_be_bytes(bytes), value => value.to_be_bytes(), Value::Signed(value.into());
    i64: bytes => Self::from_be_bytes(bytes), value => value.to_be_bytes(), Value::Signed(value);
    ErrorCode: bytes => Self(i16::from_be_bytes(bytes)), value => value.0.to_be_bytes(), Value::Shown(&value);
    // A topic's id.
    [u8; 16]: bytes => bytes, value => value, Value::Bytes(&value);
}

/// A string, of at most 32,767 bytes. That it is UTF-8 is for the handler.
#[derive(Debug)]
pub(crate) struct Str;

/// Bytes.
#[derive(Debug)]
pub(crate) struct Raw;

/// Either of them, or an array, or null from version `SINCE` on.
#[derive(Debug)]
pub(crate) struct Null<K, const SINCE: i16>(PhantomData<K>);

/// An array.
#[derive(Debug)]
pub(crate) struct Items<E>(PhantomData<E>);

/// A kind that has a null.
pub(crate) trait Nullable: Kind {
    fn read_or_null<'a>(from: &mut Reader<'a>, name: FieldName) -> Result<Option<Self::Of<&'a [u8]>>>;

    /// Reads it, and tells of it; `None` if it is null.
    fn trace_or_null(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<Option<()>>;

    fn write_null<B: Outgoing, S: Sink<B>>(to: &mut Writer<'_, S>, name: FieldName) -> Result<()>;

    #[cfg(test)]
    fn generate_null(version: Version, to: &mut Vec<u8>);
}

/// What is not null.
#[inline(always)]
fn present<T>(value: Option<T>, at: usize, name: FieldName) -> Result<T> {
    value.ok_or(Error::malformed(name, at))
}

macro_rules! bytes {
    ($kind:ty, $length:ident, $null:expr, $max:expr) => {
        impl Kind for $kind {
            type Of<B> = B;

            #[inline(always)]
            fn absent(nothing: &[u8]) -> &[u8] {
                nothing
            }

            #[inline(always)]
            fn read<'a>(from: &mut Reader<'a>, name: FieldName) -> Result<&'a [u8]> {
                let at = from.offset();
                present(Self::read_or_null(from, name)?, at, name)
            }

            fn trace(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<()> {
                let at = from.offset();
                present(Self::trace_or_null(from, told, hook)?, at, told.name)
            }

            #[inline]
            fn write<B: Outgoing, S: Sink<B>>(value: B, to: &mut Writer<'_, S>, name: FieldName) -> Result<()> {
                to.$length(Some(value.size()), name)?;
                to.sink.put(value);
                Ok(())
            }

            #[inline(always)]
            fn map<A: Holder, B: Holder>(value: A, f: &mut impl FnMut(A) -> B) -> B {
                f(value)
            }

            #[cfg(test)]
            fn generate(draw: &mut Draw<'_>, version: Version, to: &mut Vec<u8>) {
                let value = draw.text($max, b"abcXYZ-_.019");
                if version.flexible {
                    put_varint(to, value.len() as u32 + 1);
                } else {
                    let wide = (value.len() as u32).to_be_bytes();
                    to.extend_from_slice(&wide[4 - $null.len()..]);
                }
                to.extend_from_slice(&value);
            }
        }

        impl Nullable for $kind {
            #[inline(always)]
            fn read_or_null<'a>(from: &mut Reader<'a>, name: FieldName) -> Result<Option<&'a [u8]>> {
                Ok(match from.$length(name)? {
                    Some(length) => Some(from.bytes(length, name)?),
                    None => None,
                })
            }

            fn trace_or_null(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<Option<()>> {
                let at = from.offset();
                let length = from.$length(told.name)?;
                told.length(at..from.offset(), length, hook);
                let Some(length) = length else { return Ok(None) };
                let at = from.offset();
                let bytes = from.bytes(length, told.name)?;
                told.field(at..from.offset(), Value::Bytes(bytes), hook);
                Ok(Some(()))
            }

            #[inline]
            fn write_null<B: Outgoing, S: Sink<B>>(to: &mut Writer<'_, S>, name: FieldName) -> Result<()> {
                to.$length(None, name)
            }

            #[cfg(test)]
            fn generate_null(version: Version, to: &mut Vec<u8>) {
                to.extend_from_slice(if version.flexible { &[0] } else { &$null[..] });
            }
        }
    };
}

bytes!(Str, string_length, [0xff_u8; 2], 40);
bytes!(Raw, length, [0xff_u8; 4], 300);

impl<E: Entry> Kind for Items<E> {
    type Of<B> = Array<B, E>;

    #[inline(always)]
    fn absent(_: &[u8]) -> Array<&[u8], E> {
        Array::none()
    }

    #[inline(always)]
    fn read<'a>(from: &mut Reader<'a>, name: FieldName) -> Result<Array<&'a [u8], E>> {
        let at = from.offset();
        present(Self::read_or_null(from, name)?, at, name)
    }

    fn trace(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<()> {
        let at = from.offset();
        present(Self::trace_or_null(from, told, hook)?, at, told.name)
    }

    fn write<B: Outgoing, S: Sink<B>>(array: Array<B, E>, to: &mut Writer<'_, S>, name: FieldName) -> Result<()> {
        Array::write(Some(array), to, name)
    }

    #[inline(always)]
    fn map<A: Holder, B: Holder>(array: Array<A, E>, f: &mut impl FnMut(A) -> B) -> Array<B, E> {
        Array::<Span, E>::map(array, f)
    }

    #[cfg(test)]
    fn generate(draw: &mut Draw<'_>, version: Version, to: &mut Vec<u8>) {
        let count = *draw.pick(&[0, 1, 1, 2, 3]);
        if version.flexible {
            put_varint(to, count + 1);
        } else {
            to.extend_from_slice(&count.to_be_bytes());
        }
        for _ in 0..count {
            E::generate(draw, version, to);
        }
    }
}

impl<E: Entry> Nullable for Items<E> {
    #[inline(always)]
    fn read_or_null<'a>(from: &mut Reader<'a>, name: FieldName) -> Result<Option<Array<&'a [u8], E>>> {
        Ok(match from.length(name)? {
            Some(count) => Some(Array::read(from, count)?),
            None => None,
        })
    }

    fn trace_or_null(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<Option<()>> {
        let at = from.offset();
        let count = from.length(told.name)?;
        told.length(at..from.offset(), count, hook);
        let Some(count) = count else { return Ok(None) };
        hook.enter(trace::Name::Field(told.name), "Array", from.offset());
        for index in 0..count {
            E::trace(from, trace::Name::Index(index), hook)?;
        }
        hook.leave(from.offset());
        Ok(Some(()))
    }

    fn write_null<B: Outgoing, S: Sink<B>>(to: &mut Writer<'_, S>, name: FieldName) -> Result<()> {
        Array::<Span, E>::write::<B, S>(None, to, name)
    }

    #[cfg(test)]
    fn generate_null(version: Version, to: &mut Vec<u8>) {
        to.extend_from_slice(if version.flexible { &[0] } else { &[0xff; 4][..] });
    }
}

impl<K: Nullable, const SINCE: i16> Kind for Null<K, SINCE> {
    type Of<B> = Option<K::Of<B>>;

    #[inline(always)]
    fn absent(_: &[u8]) -> Option<K::Of<&[u8]>> {
        None
    }

    #[inline(always)]
    fn read<'a>(from: &mut Reader<'a>, name: FieldName) -> Result<Option<K::Of<&'a [u8]>>> {
        let at = from.offset();
        let value = K::read_or_null(from, name)?;
        if value.is_none() && from.version().number() < SINCE {
            return Err(Error::malformed(name, at));
        }
        Ok(value)
    }

    fn trace(from: &mut Reader<'_>, told: Told, hook: &mut dyn Hook) -> Result<()> {
        let at = from.offset();
        let present = K::trace_or_null(from, told, hook)?.is_some();
        if present || from.version().number() >= SINCE { Ok(()) } else { Err(Error::malformed(told.name, at)) }
    }

    fn write<B: Outgoing, S: Sink<B>>(value: Option<K::Of<B>>, to: &mut Writer<'_, S>, name: FieldName) -> Result<()> {
        match value {
            Some(value) => K::write(value, to, name),
            None if to.version().number() < SINCE => Err(Error::unsupported(name, 0)),
            None => K::write_null(to, name),
        }
    }

    #[inline(always)]
    fn map<A: Holder, B: Holder>(value: Option<K::Of<A>>, f: &mut impl FnMut(A) -> B) -> Option<K::Of<B>> {
        value.map(|value| K::map(value, f))
    }

    #[cfg(test)]
    fn generate(draw: &mut Draw<'_>, version: Version, to: &mut Vec<u8>) {
        if version.number >= SINCE && draw.below(3) == 0 {
            K::generate_null(version, to);
        } else {
            K::generate(draw, version, to);
        }
    }
}
