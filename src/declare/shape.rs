//! A declaration as data: for pictures, dissectors, and whatever else wants to know a format without reading a message.

/// A declared type.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// What it has to be given, by name.
    pub given: &'static [&'static str],
    /// Most significant byte first, if a field does not say otherwise.
    pub big: bool,
    /// Bit fields in a row begin with the least significant bits.
    pub lsb: bool,
    /// A frame of it ends where its last field ends.
    pub scan: bool,
    /// What it is made of.
    pub body: Body,
}

impl Shape {
    pub(super) const fn by_hand(name: &'static str) -> Self {
        Self { name, doc: "", given: &[], big: true, lsb: false, scan: false, body: Body::ByHand }
    }
}

/// What a declared type is made of.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Fields, in the order of the wire. Constants and lengths that were said of the type stand among them.
    Struct(&'static [FieldShape]),
    /// It was written by hand, and says no more.
    ByHand,
    /// A tag, and what it says.
    Enum {
        /// The tag.
        tag: NumberShape,
        /// A length behind the tag.
        len: Option<NumberShape>,
        /// The variants.
        variants: &'static [VariantShape],
    },
}

/// A variant of a declared enum.
#[derive(Clone, Copy, Debug)]
pub struct VariantShape {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its tag; `None` for what has no other variant.
    pub tag: Option<u64>,
    /// Its fields.
    pub fields: &'static [FieldShape],
}

/// A field of a declared type.
#[derive(Clone, Copy, Debug)]
pub struct FieldShape {
    /// Its name.
    pub name: &'static str,
    /// Its type as it was written; of an `Option`, what is in it. Empty for what is only on the wire.
    pub ty: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// What it is on the wire.
    pub kind: FieldKind,
    /// When it is there, if it is not always.
    pub condition: Option<Condition>,
}

/// When a field is there.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// As it was written.
    pub rust: &'static str,
    /// In Lua 5.2, where `v` holds what was read; empty if it could not be said there.
    pub lua: &'static str,
}

/// What a field is on the wire.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum FieldKind {
    /// A number.
    Number(NumberShape),
    /// A byte that is 0 or 1.
    Bool,
    /// So many bits; fields of bits in a row make whole bytes.
    Bits(u8),
    /// The length of the frame: of all of it, or of what stands behind.
    Frame {
        /// The number.
        number: NumberShape,
        /// Whether it counts all of the frame.
        all: bool,
    },
    /// These bytes.
    Constant(&'static [u8]),
    /// So many bytes that say nothing.
    Pad(usize),
    /// Bytes that say nothing, up to a multiple of this.
    Align(usize),
    /// The tag of a variant that has none of its own: not on the wire here.
    Tag,
    /// A checksum of so many bytes.
    Check {
        /// Its width.
        bytes: usize,
        /// Most significant byte first.
        big: bool,
    },
    /// Bytes.
    Bytes {
        /// Where they end.
        extent: Extent,
        /// Whether they are text.
        text: bool,
    },
    /// Elements.
    Seq {
        /// What they are.
        element: fn() -> &'static Shape,
        /// Where they end.
        extent: Extent,
        /// What each is given.
        give: &'static [&'static str],
    },
    /// Another declared type.
    Nested {
        /// What it is.
        shape: fn() -> &'static Shape,
        /// Where it ends.
        extent: Extent,
        /// The field that has its tag.
        tag: Option<&'static str>,
        /// What it is given.
        give: &'static [&'static str],
    },
}

/// Where a field ends.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Extent {
    /// Where it says itself.
    Own,
    /// A length in front of it.
    Len(NumberShape),
    /// A count in front of it.
    Count(NumberShape),
    /// An earlier field has its length.
    LenOf(&'static str),
    /// An earlier field has its count.
    CountOf(&'static str),
    /// So many bytes.
    Fixed(usize),
    /// A NUL behind it.
    Nul,
    /// The end of the region.
    Rest,
    /// An element that is the last.
    Last,
}

/// How a number stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberShape {
    /// How wide it is.
    pub width: Width,
    /// Whether it has a sign.
    pub signed: bool,
    /// Whether it is a float.
    pub float: bool,
    /// Most significant byte first.
    pub big: bool,
}

/// How wide a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// So many bytes.
    Bytes(u8),
    /// LEB128.
    Varint,
    /// LEB128, zigzagged.
    Zigzag,
}
