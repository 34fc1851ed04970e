//! What stands in arrays beside structs.

use wireview::trace::{self, Hook};
use wireview::{Holder, Outgoing, Result, Span, Wire};

#[cfg(test)]
use {super::Version, alloc::vec::Vec, wireview::laws::Draw};

use super::{Entry, Kind, Reader, Sink, Str, Told, Writer};

macro_rules! elements {
    ($($(#[$doc:meta])* $name:ident($($b:ident)?) $field:ty => $kind:ty, $what:literal;)*) => {$(
        impl Wire for $name$(<$b>)? {
            type Of<B: Holder> = elements!(@of $name B $($b)?);

            #[inline(always)]
            fn map<A: Holder, B: Holder>(element: Self::Of<A>, f: &mut impl FnMut(A) -> B) -> Self::Of<B> {
                $name(<$kind as Kind>::map(element.0, f))
            }
        }

        impl Entry for $name$(<$b>)? {
            #[inline(always)]
            fn read<'a>(from: &mut Reader<'a>) -> Result<Self::Of<&'a [u8]>> {
                Ok($name(<$kind as Kind>::read(from, &$what)?))
            }

            #[inline(always)]
            fn skip(from: &mut Reader<'_>) -> Result<()> {
                <$kind as Kind>::skip(from, &$what)
            }

            fn trace(from: &mut Reader<'_>, name: trace::Name, hook: &mut dyn Hook) -> Result<()> {
                hook.enter(name, stringify!($name), from.offset());
                <$kind as Kind>::trace(from, Told { name: &$what, length: concat!($what, ".length") }, hook)?;
                hook.leave(from.offset());
                Ok(())
            }

            #[inline]
            fn write<B: Outgoing, S: Sink<B>>(element: Self::Of<B>, to: &mut Writer<'_, S>) -> Result<()> {
                <$kind as Kind>::write::<B, S>(element.0, to, &$what)
            }

            #[cfg(test)]
            fn generate(draw: &mut Draw<'_>, version: Version, to: &mut Vec<u8>) {
                <$kind as Kind>::generate(draw, version, to);
            }
        }
    )*};
    (@of $name:ident $b:ident) => { $name };
    (@of $name:ident $b:ident $span:ident) => { $name<$b> };
}

/// An element of an array of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int32(pub i32);

/// An element of an array of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int64(pub i64);

/// An element of an array of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<B>(pub B);

elements! {
    Int32() i32 => i32, "element";
    Int64() i64 => i64, "element";
    Name(Span) B => Str, "element";
}
