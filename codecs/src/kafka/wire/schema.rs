//! Messages, declared as their schemas have them: a line a field.
//!
//! ```text
//! name: kind [versions] = default;
//! ```
//!
//! | kind | what stands in the message |
//! | --- | --- |
//! | `bool`, `i8`, `i16`, `i32`, `i64`, `ErrorCode`, `uuid` | the number; the sixteen bytes |
//! | `string`, `bytes` | `B` |
//! | `[Struct]`, `[i32]`, `[i64]`, `[string]` | `Array<B, …>` |
//! | `(null kind)`, `(null kind 5)` | an `Option`; null only from version 5 on |
//!
//! Without versions a field is in all of them. The default stands where the version has no such field. Every struct ends with its
//! tagged fields.

/// The type of a field of a kind, over the holder `$b`.
macro_rules! message_type {
    ($b:ident string) => { $b };
    ($b:ident bytes) => { $b };
    ($b:ident uuid) => { [u8; 16] };
    ($b:ident [i32]) => { $crate::kafka::wire::Array<$b, $crate::kafka::wire::Int32> };
    ($b:ident [i64]) => { $crate::kafka::wire::Array<$b, $crate::kafka::wire::Int64> };
    ($b:ident [string]) => { $crate::kafka::wire::Array<$b, $crate::kafka::wire::Name<::wireview::Span>> };
    ($b:ident [$entry:ident]) => { $crate::kafka::wire::Array<$b, $entry<::wireview::Span>> };
    ($b:ident (null $kind:tt $($since:literal)?)) => { Option<$crate::kafka::wire::message_type!($b $kind)> };
    ($b:ident $plain:ty) => { $plain };
}

/// The [`Kind`](super::Kind) of a field.
macro_rules! message_field {
    (string) => { $crate::kafka::wire::Str };
    (bytes) => { $crate::kafka::wire::Raw };
    (uuid) => { [u8; 16] };
    ([i32]) => { $crate::kafka::wire::Items<$crate::kafka::wire::Int32> };
    ([i64]) => { $crate::kafka::wire::Items<$crate::kafka::wire::Int64> };
    ([string]) => { $crate::kafka::wire::Items<$crate::kafka::wire::Name<::wireview::Span>> };
    ([$entry:ident]) => { $crate::kafka::wire::Items<$entry<::wireview::Span>> };
    ((null $kind:tt)) => { $crate::kafka::wire::Null<$crate::kafka::wire::message_field!($kind), 0> };
    ((null $kind:tt $since:literal)) => { $crate::kafka::wire::Null<$crate::kafka::wire::message_field!($kind), $since> };
    ($plain:ty) => { $plain };
}

/// Declares messages: see the module.
macro_rules! message {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $kind:tt $([$($versions:tt)+])? $(= $default:expr)?;)*
        }
    )*) => {$(
        $(#[$doc])*
        pub struct $name<B> {
            $($(#[$field_doc])* pub $field: $crate::kafka::wire::message_type!(B $kind),)*
            /// Tagged fields, of flexible versions.
            pub tags: $crate::kafka::wire::Tags<B>,
        }

        // Derives cannot see through a macro that stands for a type.
        impl<B: Clone> Clone for $name<B> {
            #[inline]
            fn clone(&self) -> Self {
                $name { $($field: self.$field.clone(),)* tags: self.tags.clone() }
            }
        }

        impl<B: Copy> Copy for $name<B> {}

        impl<B: PartialEq> PartialEq for $name<B> {
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field &&)* self.tags == other.tags
            }
        }

        impl<B: ::core::fmt::Debug> ::core::fmt::Debug for $name<B> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }

        impl ::wireview::Wire for $name<::wireview::Span> {
            type Of<B: ::wireview::Holder> = $name<B>;

            #[inline(always)]
            fn map<X: ::wireview::Holder, Y: ::wireview::Holder>(
                message: $name<X>,
                f: &mut impl FnMut(X) -> Y,
            ) -> $name<Y> {
                $(let $field = <$crate::kafka::wire::message_field!($kind) as $crate::kafka::wire::Kind>::map(
                    message.$field, f,
                );)*
                let tags = $crate::kafka::wire::Tags::<::wireview::Span>::map(message.tags, f);
                $name { $($field,)* tags }
            }
        }

        impl $crate::kafka::wire::Entry for $name<::wireview::Span> {
            #[inline(always)]
            fn read<'a>(from: &mut $crate::kafka::wire::Reader<'a>) -> ::wireview::Result<$name<&'a [u8]>> {
                $(let $field = message!(@read $kind, from, $field, [$($($versions)+)?], [$($default)?]);)*
                let tags = $crate::kafka::wire::Tags::<::wireview::Span>::read(from)?;
                Ok($name { $($field,)* tags })
            }

            #[inline(always)]
            fn skip(from: &mut $crate::kafka::wire::Reader<'_>) -> ::wireview::Result<()> {
                let mut fixed = 0;
                $($crate::kafka::wire::skip_in::<$crate::kafka::wire::message_field!($kind)>(
                    from, &mut fixed, &message!(@versions $($($versions)+)?), &stringify!($field),
                )?;)*
                from.bytes(fixed, &stringify!($name))?;
                $crate::kafka::wire::Tags::<::wireview::Span>::read(from).map(drop)
            }

            fn trace(
                from: &mut $crate::kafka::wire::Reader<'_>,
                name: ::wireview::trace::Name,
                hook: &mut dyn ::wireview::trace::Hook,
            ) -> ::wireview::Result<()> {
                hook.enter(name, stringify!($name), from.offset());
                $($crate::kafka::wire::trace_in::<$crate::kafka::wire::message_field!($kind)>(
                    from,
                    &message!(@versions $($($versions)+)?),
                    $crate::kafka::wire::Told {
                        name: &stringify!($field),
                        length: message!(@length $kind $field),
                    },
                    hook,
                )?;)*
                $crate::kafka::wire::Tags::<::wireview::Span>::trace(from, hook)?;
                hook.leave(from.offset());
                Ok(())
            }

            fn write<B: ::wireview::Outgoing, S: $crate::kafka::wire::Sink<B>>(
                message: $name<B>,
                to: &mut $crate::kafka::wire::Writer<'_, S>,
            ) -> ::wireview::Result<()> {
                $($crate::kafka::wire::write_in::<$crate::kafka::wire::message_field!($kind), B, S>(
                    message.$field, to, &message!(@versions $($($versions)+)?), &stringify!($field),
                )?;)*
                $crate::kafka::wire::Tags::<::wireview::Span>::write(message.tags, to)
            }

            #[cfg(test)]
            fn generate(
                draw: &mut ::wireview::laws::Draw<'_>,
                version: $crate::kafka::wire::Version,
                to: &mut ::alloc::vec::Vec<u8>,
            ) {
                $(if $crate::kafka::wire::is_in(version, &message!(@versions $($($versions)+)?)) {
                    <$crate::kafka::wire::message_field!($kind) as $crate::kafka::wire::Kind>::generate(draw, version, to);
                })*
                $crate::kafka::wire::Tags::<::wireview::Span>::generate(draw, version, to);
            }
        }
    )*};

    (@length [$entry:ident] $field:ident) => { concat!(stringify!($field), ".count") };
    (@length (null [$($entry:tt)+] $($since:literal)?) $field:ident) => { concat!(stringify!($field), ".count") };
    (@length $kind:tt $field:ident) => { concat!(stringify!($field), ".length") };
    (@versions) => { .. };
    (@versions $($versions:tt)+) => { $($versions)+ };
    (@read $kind:tt, $from:ident, $field:ident, [], []) => {
        <$crate::kafka::wire::message_field!($kind) as $crate::kafka::wire::Kind>::read($from, &stringify!($field))?
    };
    (@read $kind:tt, $from:ident, $field:ident, [$($versions:tt)+], []) => {
        $crate::kafka::wire::read_in::<$crate::kafka::wire::message_field!($kind)>(
            $from, &($($versions)+), &stringify!($field),
            <$crate::kafka::wire::message_field!($kind) as $crate::kafka::wire::Kind>::absent(&[]),
        )?
    };
    (@read $kind:tt, $from:ident, $field:ident, [$($versions:tt)+], [$default:expr]) => {
        $crate::kafka::wire::read_in::<$crate::kafka::wire::message_field!($kind)>(
            $from, &($($versions)+), &stringify!($field), $default,
        )?
    };
}

pub(in crate::kafka) use {message, message_field, message_type};
