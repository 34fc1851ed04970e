//! The message over every holder, and what is known of its size.

use proc_macro2::TokenStream;
use quote::quote;

use crate::field::{Bits, Extent, Field, Kind};
use crate::model::{Body, Declaration, Fields, with_holder};

impl Declaration {
    /// The type over `with`.
    pub(crate) fn over(&self, with: &TokenStream) -> TokenStream {
        let ident = &self.ident;
        if self.holder.is_some() { quote!(#ident<#with>) } else { quote!(#ident) }
    }

    /// The body of `Wire::map`.
    pub(crate) fn map(&self) -> TokenStream {
        let name = &self.ident;
        match &self.body {
            Body::Struct(fields) => {
                let map = self.map_fields(fields, &quote!(#name));
                quote!(match __message { #map })
            }
            Body::Enum(union) => {
                let arms = union.variants.iter().map(|variant| {
                    let ident = &variant.ident;
                    self.map_fields(&variant.fields, &quote!(#name::#ident))
                });
                quote!(match __message { #(#arms,)* })
            }
        }
    }

    fn map_fields(&self, fields: &Fields, name: &TokenStream) -> TokenStream {
        let named: Vec<&Field> = fields.list.iter().filter(|field| field.member.is_some()).collect();
        let from = named.iter().map(|field| {
            let (member, local) = (&field.member, &field.local);
            quote!(#member: #local)
        });
        let to = named.iter().map(|field| {
            let (member, local) = (&field.member, &field.local);
            let value = self.map_field(field);
            if field.presence.is_some() && needs_map(field) {
                quote!(#member: match #local {
                    ::core::option::Option::Some(#local) => ::core::option::Option::Some(#value),
                    ::core::option::Option::None => ::core::option::Option::None,
                })
            } else {
                quote!(#member: #value)
            }
        });
        quote!(#name { #(#from),* } => #name { #(#to),* })
    }

    fn map_field(&self, field: &Field) -> TokenStream {
        let local = &field.local;
        match &field.kind {
            Kind::Bytes { text: false, .. } => quote!(__f(#local)),
            Kind::Bytes { .. } | Kind::Seq { .. } | Kind::Nested { .. } => {
                let ty = with_holder(&field.ty, self.holder.as_ref(), &quote!(__wireview::Span));
                quote!(<#ty as __wireview::Wire>::map(#local, __f))
            }
            _ => quote!(#local),
        }
    }

    /// `Declare::SIZE` and `Declare::ANY`.
    pub(crate) fn size(&self) -> (TokenStream, TokenStream) {
        let Body::Struct(fields) = &self.body else { return (quote!(::core::option::Option::None), quote!(false)) };
        let mut any = !fields.list.is_empty() && self.asserts.is_empty();
        let mut sizes = Vec::new();
        let mut nested_any = Vec::new();
        let mut bits = 0;
        for field in &fields.list {
            any &= field.asserts.is_empty();
            if field.presence.is_some() {
                return (quote!(::core::option::Option::None), quote!(false));
            }
            match &field.kind {
                Kind::Number { number, map } => {
                    any &= map.as_ref().is_none_or(|map| !map.fallible);
                    let Some(bytes) = number.bytes() else {
                        return (quote!(::core::option::Option::None), quote!(false));
                    };
                    sizes.push(quote!(::core::option::Option::Some(#bytes)));
                }
                Kind::Bits { bits: own, value } => {
                    bits += own;
                    any &= match value {
                        Bits::Number { map, .. } => map.as_ref().is_none_or(|map| !map.fallible),
                        Bits::Bool | Bits::Ignored => true,
                        Bits::Computed { .. } | Bits::Constant(_) => false,
                    };
                }
                Kind::Array(len) => {
                    sizes.push(quote!(::core::option::Option::Some(#len)));
                }
                Kind::Pad { bytes, ignore } => {
                    any &= ignore;
                    sizes.push(quote!(::core::option::Option::Some(#bytes)));
                }
                Kind::Bool => {
                    any = false;
                    sizes.push(quote!(::core::option::Option::Some(1)));
                }
                Kind::Constant(constant) => {
                    any = false;
                    let bytes = constant.len();
                    sizes.push(quote!(::core::option::Option::Some(#bytes)));
                }
                Kind::Bytes { extent: Extent::Fixed(len), text, each: None } => {
                    any &= !text;
                    sizes.push(quote!(::core::option::Option::Some(#len)));
                }
                Kind::Nested { extent: None, tag: None, .. } => {
                    let ty = with_holder(&field.ty, self.holder.as_ref(), &quote!(__wireview::Span));
                    sizes.push(quote!(<#ty as __declare::Declare>::SIZE));
                    nested_any.push(quote!(<#ty as __declare::Declare>::ANY));
                }
                _ => return (quote!(::core::option::Option::None), quote!(false)),
            }
        }
        let bits = bits / 8;
        if bits > 0 {
            sizes.push(quote!(::core::option::Option::Some(#bits)));
        }
        (quote!(__generated::sum(&[#(#sizes),*])), quote!(#any #(&& #nested_any)*))
    }
}

/// Whether a field has to be mapped from one holder to another.
fn needs_map(field: &Field) -> bool {
    matches!(field.kind, Kind::Bytes { .. } | Kind::Seq { .. } | Kind::Nested { .. })
}
