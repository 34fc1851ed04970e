//! The types of fields, and of declarations.

use wireview::declare::Text;
use wireview::{Seq, Span, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Item {
    a: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Named<B> {
    #[wire(len = u8)]
    name: B,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Flags;

/// Bytes are held by the type parameter.
#[derive(Wire)]
struct TypeReference {
    name: &'static str,
}

/// Not by a `Vec`.
#[derive(Wire)]
struct TypeVecBytes {
    #[wire(len = u8)]
    name: Vec<u8>,
}

/// What repeats is a `Seq`.
#[derive(Wire)]
struct TypeVec {
    #[wire(count = u8)]
    list: Vec<u32>,
}

/// A tuple is several fields.
#[derive(Wire)]
struct TypeTuple {
    pair: (u8, u8),
}

/// An array is of bytes.
#[derive(Wire)]
struct TypeArray {
    words: [u16; 4],
}

/// Text is held as bytes are.
#[derive(Wire)]
struct TypeTextElsewhere<B> {
    #[wire(len = u8)]
    name: Text<Span>,
    #[wire(len = u8)]
    a: B,
}

/// An element is named by its `Span` instance.
#[derive(Wire)]
struct TypeSeqElement<B> {
    #[wire(count = u8)]
    list: Seq<B, Named<B>>,
}

/// A nested message is held as this one is.
#[derive(Wire)]
struct TypeNestedHolder<B> {
    item: Named<Span>,
    #[wire(len = u8)]
    a: B,
}

/// Numbers are mapped.
#[derive(Wire)]
struct MapOfBytes {
    #[wire(map(Item, Flags::read, Flags::write))]
    flags: Flags,
}

/// In both directions.
#[derive(Wire)]
struct MapArguments {
    #[wire(map(u8, Flags::read))]
    flags: Flags,
}

/// Names of generated code are not for fields.
#[derive(Wire)]
struct NameOfGeneratedCode {
    __source: u8,
}

/// There is one holder.
#[derive(Wire)]
struct GenericsTwo<A, B> {
    #[wire(len = u8)]
    a: A,
    #[wire(len = u8)]
    b: B,
}

/// And no lifetime.
#[derive(Wire)]
struct GenericsLifetime<'a> {
    a: &'a str,
}

/// And no bound.
#[derive(Wire)]
struct GenericsBound<B: AsRef<[u8]>> {
    #[wire(len = u8)]
    b: B,
}

/// A struct has no tag.
#[derive(Wire)]
#[wire(tag = u8)]
struct StructTag {
    a: u8,
}

/// A field alone keeps no tag.
#[derive(Wire)]
struct TagOnField {
    #[wire(tag)]
    kind: u8,
}

/// A tag that stands elsewhere is computed.
#[derive(Wire)]
struct TagNotComputed {
    kind: u8,
    #[wire(tag = kind)]
    body: Item,
}

fn main() {}
