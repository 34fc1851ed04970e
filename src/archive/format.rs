//! What two peers must agree on before one reads what the other archived.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rkyv::rend::unaligned::{u16_ube, u16_ule};
use rkyv::rend::{u16_be, u16_le};
use rkyv::{Archive, Archived};

/// A hash of how a type is archived: names and places of fields, sizes, alignments, byte order, width of pointers.
///
/// Computed while compiling. 32 bits: it tells accidents, not attacks; what a peer sends is checked in any case.
///
/// [`archive_format!`](crate::archive_format) makes those of structs and enums. By hand, and for types that contain themselves:
///
/// ```
/// use std::mem::offset_of;
/// use wireview::archive::{Fingerprint, Format};
///
/// #[derive(rkyv::Archive, rkyv::Serialize)]
/// #[rkyv(serialize_bounds(__S: rkyv::ser::Writer + rkyv::ser::Allocator, __S::Error: rkyv::rancor::Source))]
/// #[rkyv(bytecheck(bounds(__C: rkyv::validation::ArchiveContext, __C::Error: rkyv::rancor::Source)))]
/// struct Tree {
///     name: String,
///     #[rkyv(omit_bounds)]
///     children: Vec<Tree>,
/// }
///
/// impl Format for Tree {
///     const FORMAT: Fingerprint = Fingerprint::of::<Self>()
///         .field::<String>("name", offset_of!(ArchivedTree, name))
///         .described("children", "a vector of the type itself", offset_of!(ArchivedTree, children));
/// }
/// # let _ = Tree::FORMAT;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

/// A type whose archives have a known [`Fingerprint`].
///
/// To be made by [`archive_format!`](crate::archive_format). A wrong one makes no access unsound, since archives are checked; it lets
/// peers misread each other.
pub trait Format: Archive {
    /// How it is archived.
    const FORMAT: Fingerprint;
}

impl Fingerprint {
    /// The start of the fingerprint of `T`: size and alignment of its archived form, and rkyv's format features.
    #[must_use]
    pub const fn of<T: Archive>() -> Self {
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        Self(BASIS)
            // What this function does may change one day.
            .number(1)
            .number(<Archived<u16> as Order>::ORDER)
            .number(size_of::<Archived<isize>>() as u64)
            .number(align_of::<Archived<u64>>() as u64)
            .number(size_of::<T::Archived>() as u64)
            .number(align_of::<T::Archived>() as u64)
    }

    /// With a field of type `F` that lies `offset` bytes behind the start of the archived struct.
    #[must_use]
    pub const fn field<F: Format>(self, name: &str, offset: usize) -> Self {
        self.text(name).number(offset as u64).number(F::FORMAT.0)
    }

    /// With a field whose type has no [`Format`]: `what` says how it is archived.
    #[must_use]
    pub const fn described(self, name: &str, what: &str, offset: usize) -> Self {
        self.text(name).number(offset as u64).text(what)
    }

    /// With the next variant of an enum. Its fields are its [parts](Self::part).
    #[must_use]
    pub const fn variant(self, name: &str) -> Self {
        self.text("variant").text(name)
    }

    /// With a part whose place follows from what comes before it: a field of a variant, an element.
    #[must_use]
    pub const fn part<F: Format>(self, name: &str) -> Self {
        self.text(name).number(F::FORMAT.0)
    }

    /// With the kind of a type that is not made of fields.
    #[must_use]
    pub const fn kind(self, kind: &str) -> Self {
        self.text(kind)
    }

    /// As it stands in a head.
    #[must_use]
    pub const fn get(self) -> u32 {
        (self.0 ^ self.0 >> 32) as u32
    }

    /// The one that stands so in a head.
    pub(super) const fn stated(number: u32) -> Self {
        Self(number as u64)
    }

    // FNV-1a.
    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0100_0000_01b3))
    }

    const fn number(mut self, number: u64) -> Self {
        let bytes = number.to_le_bytes();
        let mut at = 0;
        while at < bytes.len() {
            self = self.byte(bytes[at]);
            at += 1;
        }
        self
    }

    const fn text(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            self = self.byte(bytes[at]);
            at += 1;
        }
        // Two names are not one.
        self.number(bytes.len() as u64)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({:08x})", self.get())
    }
}

/// As it is shown to people: eight hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.get())
    }
}

/// Which byte order rkyv was built for, asked of the type that it archives a `u16` as.
trait Order {
    const ORDER: u64;
}

macro_rules! orders {
    ($($int:ty = $order:literal),*) => { $(impl Order for $int { const ORDER: u64 = $order; })* };
}

orders!(u16_le = 1, u16_ule = 2, u16_be = 3, u16_ube = 4);

macro_rules! plain {
    ($($int:ty)*) => {
        $(impl Format for $int { const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind(stringify!($int)); })*
    };
}

plain!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char);

impl Format for () {
    const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind("unit");
}

impl Format for String {
    const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind("str");
}

impl Format for Box<str> {
    const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind("boxed str");
}

macro_rules! made_of_one {
    ($($kind:literal: $holder:ty),* $(,)?) => {
        $(impl<T: Format> Format for $holder
        where
            Self: Archive,
        {
            const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind($kind).part::<T>("element");
        })*
    };
}

made_of_one! {
    "vector": Vec<T>,
    "option": Option<T>,
    "box": Box<T>,
    "boxed slice": Box<[T]>,
    "shared": Rc<T>,
    // The same archive as of `Rc`.
    "shared": Arc<T>,
    "ordered set": BTreeSet<T>,
}

impl<T: Format, const N: usize> Format for [T; N] {
    const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind("array").number(N as u64).part::<T>("element");
}

impl<K: Format, V: Format> Format for BTreeMap<K, V>
where
    Self: Archive,
{
    const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind("ordered map").part::<K>("key").part::<V>("value");
}

#[cfg(feature = "std")]
impl<K: Format, V: Format, S> Format for std::collections::HashMap<K, V, S>
where
    Self: Archive,
{
    const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind("map").part::<K>("key").part::<V>("value");
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {
        $(impl<$($name: Format),+> Format for ($($name,)+) {
            const FORMAT: Fingerprint = Fingerprint::of::<Self>().kind("tuple")$(.part::<$name>("element"))+;
        })*
    };
}

tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F));

/// Declares structs and enums as they are, and how they are archived: their [`Format`](crate::archive::Format).
///
/// ```
/// wireview::archive_format! {
///     #[derive(rkyv::Archive, rkyv::Serialize)]
///     pub struct Point {
///         pub x: f32,
///         pub y: f32,
///     }
///
///     #[derive(rkyv::Archive, rkyv::Serialize)]
///     pub enum Shape {
///         Empty,
///         Circle { at: Point, radius: f32 },
///         Path(Vec<Point>, String),
///     }
/// }
/// ```
///
/// Of a field under one of rkyv's wrappers (`#[rkyv(with = …)]`) the type that is written is looked at, not the wrapper. Types with
/// parameters, and types that contain themselves, have their [`Fingerprint`](crate::archive::Fingerprint) made by hand.
#[macro_export]
macro_rules! archive_format {
    () => {};
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)?
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type),*
        }

        impl $crate::archive::Format for $name {
            const FORMAT: $crate::archive::Fingerprint = $crate::archive::Fingerprint::of::<Self>()
                $(.field::<$type>(
                    stringify!($field),
                    ::core::mem::offset_of!($crate::archive::rkyv::Archived<$name>, $field),
                ))*;
        }

        $crate::archive_format! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident
                $(( $($part:ty),* $(,)? ))?
                $({ $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })?
            ),* $(,)?
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $(
                $(#[$variant_meta])*
                $variant $(( $($part),* ))? $({ $($(#[$field_meta])* $field: $type),* })?
            ),*
        }

        impl $crate::archive::Format for $name {
            const FORMAT: $crate::archive::Fingerprint = $crate::archive::Fingerprint::of::<Self>()
                $(
                    .variant(stringify!($variant))
                    $($(.part::<$part>("part"))*)?
                    $($(.part::<$type>(stringify!($field)))*)?
                )*;
        }

        $crate::archive_format! { $($rest)* }
    };
}
