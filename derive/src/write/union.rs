//! Variants: tag, length and first fields in one piece.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Expr;

use super::*;

impl Writer<'_> {
    /// The arms of `PutTagged::tag`.
    pub(crate) fn tags(&self, union: &Union) -> Vec<TokenStream> {
        let name = &self.of.ident;
        union
            .variants
            .iter()
            .map(|variant| {
                let ident = &variant.ident;
                match &variant.tag {
                    Some(tag) => {
                        let ty = &union.tag.ty;
                        quote!(#name::#ident { .. } => { let __tag: ::core::primitive::#ty = #tag; __tag as u64 })
                    }
                    None => {
                        let field = variant.fields.list.iter().find(|field| matches!(field.kind, Kind::Tag));
                        let member = field.and_then(|field| field.member.as_ref());
                        quote!(#name::#ident { #member: __tag, .. } => *__tag as u64)
                    }
                }
            })
            .collect()
    }

    /// The arms of `PutTagged::tagged_len`.
    pub(crate) fn tagged_lens(&self, union: &Union) -> Vec<TokenStream> {
        let name = &self.of.ident;
        union
            .variants
            .iter()
            .map(|variant| {
                let (ident, pattern, len) =
                    (&variant.ident, Self::pattern(&variant.fields), self.wire_len(&variant.fields));
                quote!(#name::#ident #pattern => { #len })
            })
            .collect()
    }

    /// How many bytes in front of a variant the tag takes that may stand elsewhere, if it is written with the first field.
    pub(crate) fn skipped(union: &Union) -> usize {
        union.tag.bytes().unwrap_or(1)
    }

    /// The body of `__put`: a variant, and in front of it its tag but for `__skip` bytes, and its length.
    pub(crate) fn union_put(&self, union: &Union) -> TokenStream {
        let name = &self.of.ident;
        let arms = union.variants.iter().map(|variant| {
            let ident = &variant.ident;
            let pattern = Self::pattern(&variant.fields);
            let own =
                variant.fields.list.iter().find(|field| matches!(field.kind, Kind::Tag)).map(|field| &field.local);
            // An unknown variant that has the tag of a known one would be read as that.
            let tags: Vec<&Expr> = union.variants.iter().filter_map(|variant| variant.tag.as_ref()).collect();
            let known = (variant.tag.is_none() && !tags.is_empty()).then(|| {
                quote! {
                    if ::core::matches!(#own, #(#tags)|*) {
                        return ::core::result::Result::Err(__generated::malformed(&"tag", __out));
                    }
                }
            });
            let tag = match &variant.tag {
                Some(tag) => quote!(#tag),
                None => quote!(#own),
            };
            let inner = union.len.is_some().then(|| self.inner_len(&variant.fields));
            let lead = lead(union, &tag);
            let apart = lead.is_none().then(|| apart(union, &tag));
            let put = self.put(&variant.fields, &variant.asserts, &ident.to_string(), lead.as_ref());
            quote!(#name::#ident #pattern => { #known #inner #apart #put })
        });
        quote!(match self { #(#arms)* })
    }

    /// How long a variant is that was taken apart and is held by value.
    pub(super) fn inner_len(&self, fields: &Fields) -> TokenStream {
        let borrowed = fields.list.iter().filter(|field| field.member.is_some()).map(|field| &field.local);
        let len = self.wire_len(fields);
        quote!(let __inner = { #(let #borrowed = &#borrowed;)* #len };)
    }

    /// How many bytes the tag, or the length, of a variant takes.
    pub(crate) fn number_len(number: &Number, value: &TokenStream) -> TokenStream {
        match number.bytes() {
            Some(bytes) => {
                let bytes = bytes as u64;
                quote!(#bytes)
            }
            None => quote!(__generated::varint_len(#value)),
        }
    }
}

/// The tag and the length of a variant, if they are of a fixed size.
fn lead(union: &Union, tag: &TokenStream) -> Option<Lead> {
    let run = format_ident!("__run");
    let ty = &union.tag.ty;
    let mut bytes = union.tag.bytes()?;
    let store = union.tag.store(&run, 0, &quote!(__tag));
    let fits = tag_fits(union);
    let mut store = quote!({ let __tag: ::core::primitive::#ty = #tag; #fits #store });
    if let Some((number, max)) = &union.len {
        let value = checked(Some(max), number, &quote!(__inner), "len");
        let len = number.store(&run, bytes, &quote!((#value)));
        bytes += number.bytes()?;
        store.extend(len);
    }
    Some(Lead { bytes, store })
}

/// Refuses a tag that its bytes do not hold: one of three bytes is kept in four.
fn tag_fits(union: &Union) -> Option<TokenStream> {
    overflow_of(&union.tag, &quote!(__tag), "tag")
}

/// The same one after the other, whatever their size.
fn apart(union: &Union, tag: &TokenStream) -> TokenStream {
    let ty = &union.tag.ty;
    let fits = tag_fits(union);
    let tag = write_number(&union.tag, &quote!({ let __tag: ::core::primitive::#ty = #tag; #fits __tag as u64 }));
    let len = union
        .len
        .as_ref()
        .map(|(number, max)| write_number(number, &checked(Some(max), number, &quote!(__inner), "len")));
    quote!(if __skip == 0 { #tag } #len)
}
