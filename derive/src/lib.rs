//! `#[derive(Wire)]` for wireview. Not to be used by itself: wireview has it behind its feature `derive`.

// There is one of each for a field: their sizes do not matter.
#![allow(clippy::large_enum_variant)]

mod attrs;
mod diagram;
mod display;
mod draw;
mod expand;
mod family;
mod field;
mod frame;
mod kind;
mod layout;
mod marks;
mod model;
mod number;
mod read;
mod resolve;
mod said;
mod shape;
mod write;

#[cfg(test)]
mod snapshots;

use proc_macro::TokenStream;

#[doc = include_str!("grammar.md")]
#[proc_macro_derive(Wire, attributes(wire))]
pub fn wire(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    match model::Declaration::read(&input) {
        Ok(declaration) => expand::expand(&declaration).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// What only the compiler can see, since it is a matter of two types. In each case there is a pair that works.
///
/// Elements that take all the rest:
///
/// ```compile_fail,E0080
/// use wireview::{Seq, Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Line<B> {
///     #[wire(rest)]
///     text: B,
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Lines<B> {
///     #[wire(count = u8)]
///     lines: Seq<B, Line<Span>>,
/// }
/// ```
///
/// ```
/// use wireview::{Seq, Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Line<B> {
///     #[wire(len = u8)]
///     text: B,
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Lines<B> {
///     #[wire(count = u8)]
///     lines: Seq<B, Line<Span>>,
/// }
/// ```
///
/// A nested message that takes all the rest, in front of another field:
///
/// ```compile_fail,E0080
/// use wireview::Wire;
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Line<B> {
///     #[wire(rest)]
///     text: B,
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Two<B> {
///     line: Line<B>,
///     end: u8,
/// }
/// ```
///
/// ```
/// use wireview::Wire;
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Line<B> {
///     #[wire(rest)]
///     text: B,
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Two<B> {
///     #[wire(len = u8)]
///     line: Line<B>,
///     end: u8,
/// }
/// ```
///
/// The same in what is scanned for its end:
///
/// ```compile_fail,E0080
/// use wireview::Wire;
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Line<B> {
///     #[wire(rest)]
///     text: B,
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// #[wire(frame(scan, max = 100))]
/// struct One<B> {
///     line: Line<B>,
/// }
/// ```
///
/// A message that does not say where its frame ends has no codec:
///
/// ```compile_fail,E0277
/// use wireview::declare::Declared;
/// use wireview::{Codec, Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Line<B> {
///     #[wire(rest)]
///     text: B,
/// }
///
/// Declared::<Line<Span>>::new().delimit(b"");
/// ```
///
/// Types that are not declared have no place in one that is:
///
/// ```compile_fail,E0277
/// use wireview::Wire;
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// struct Point(u8);
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Line {
///     from: Point,
/// }
/// ```
///
/// A checksum of nine bytes:
///
/// ```compile_fail,E0080
/// use wireview::declare::{Check, Checksum, Declared, parse};
/// use wireview::{Span, Wire};
///
/// #[derive(Clone, Copy, Debug)]
/// struct Nine;
///
/// impl Checksum for Nine {
///     const WIDTH: usize = 9;
///     fn new() -> Self {
///         Nine
///     }
///     fn update(&mut self, _: &[u8]) {}
///     fn finish(self) -> u64 {
///         0
///     }
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Summed {
///     a: u8,
///     #[wire(check(..))]
///     sum: Check<Nine>,
/// }
///
/// let _ = parse::<Summed>(b"", ());
/// ```
#[cfg(doctest)]
struct Refused;
