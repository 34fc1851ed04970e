//! `#[derive(Wire)]` for wireview. Not to be used by itself: wireview has it behind its feature `derive`.

mod attrs;
mod diagram;
mod display;
mod draw;
mod expand;
mod family;
mod field;
mod layout;
mod marks;
mod model;
mod number;
mod read;
mod shape;
mod write;

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
