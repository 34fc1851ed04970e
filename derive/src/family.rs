//! The message over every holder, and what is known of its size.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::field::{Bits, Extent, Field, Kind};
use crate::model::{Body, Declaration, Fields, Frame, with_holder};

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
        let from = named.iter().map(|field| field.binding());
        let to = named.iter().map(|field| {
            let (member, local) = (&field.member, &field.local);
            let value = self.map_field(field);
            let binding = field.binding();
            if field.presence.is_some() && needs_map(field) {
                quote!(#member: match #local {
                    ::core::option::Option::Some(#local) => ::core::option::Option::Some(#value),
                    ::core::option::Option::None => ::core::option::Option::None,
                })
            } else if !needs_map(field) {
                quote!(#binding)
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

/// What is only known of other types when they are compiled.
impl Declaration {
    fn lists(&self) -> Vec<&[Field]> {
        match &self.body {
            Body::Struct(fields) => vec![&fields.list],
            Body::Enum(union) => union.variants.iter().map(|variant| &*variant.fields.list).collect(),
        }
    }

    /// The declared type that `field` is, or whose elements it has.
    fn declared(&self, field: &Field) -> Option<TokenStream> {
        match &field.kind {
            Kind::Nested { .. } => Some(with_holder(&field.ty, self.holder.as_ref(), &quote!(__wireview::Span))),
            Kind::Seq { element, .. } => Some(element.to_token_stream()),
            _ => None,
        }
    }

    /// `Declare::OPEN`.
    pub(crate) fn open(&self) -> TokenStream {
        let bounded = match &self.body {
            Body::Struct(_) => matches!(self.frame, Some(Frame::Length(_))),
            Body::Enum(union) => union.len.is_some(),
        };
        if !bounded && self.lists().into_iter().flatten().any(Field::is_more) {
            return quote!(true);
        }
        let lasts: Vec<&Field> = self.lists().into_iter().filter_map(<[Field]>::last).collect();
        if bounded || lasts.iter().all(|last| !last.is_rest() && !is_unbound(last)) {
            return quote!(false);
        }
        let nested = lasts.iter().filter(|last| is_unbound(last) && !last.is_rest()).filter_map(|last| {
            let ty = self.declared(last)?;
            Some(quote!(<#ty as __declare::Declare>::OPEN))
        });
        if lasts.iter().any(|last| last.is_rest()) { quote!(true) } else { quote!(#(#nested)||*) }
    }

    /// Errors of the compiler for what cannot be read.
    pub(crate) fn refused(&self) -> TokenStream {
        let mut refused = TokenStream::new();
        for list in self.lists() {
            for (at, field) in list.iter().enumerate() {
                let Some(ty) = self.declared(field) else { continue };
                let name = &field.name;
                let why = match field.kind {
                    Kind::Seq { .. } => format!(
                        "the first element of `{name}` takes all the rest: give the element's last field, or the element, a length"
                    ),
                    _ if at + 1 < list.len() && is_unbound(field) => format!(
                        "`{name}` takes all the rest, which leaves nothing for `{}`: write `#[wire(len = u16, max = 1000)]` on it",
                        list[at + 1].name
                    ),
                    _ => continue,
                };
                refused.extend(quote_spanned!(field.ty.span()=>
                    const _: () = ::core::assert!(!<#ty as __declare::Declare>::OPEN, #why);
                ));
            }
        }
        if let Some(Frame::Scan(_)) = self.frame {
            const WHY: &str = "the last field takes all the rest, which has no end to be found: write `frame(length = u32, counts = after, max = …)`";
            let own = self.over(&quote!(__wireview::Span));
            refused.extend(quote_spanned!(self.ident.span()=>
                const _: () = ::core::assert!(!<#own as __declare::Declare>::OPEN, #WHY);
            ));
        }
        refused
    }
}

/// Whether it is a declared message whose end nothing says but itself.
fn is_unbound(field: &Field) -> bool {
    matches!(field.kind, Kind::Nested { extent: None | Some(Extent::Rest), .. })
}

/// Whether a field has to be mapped from one holder to another.
fn needs_map(field: &Field) -> bool {
    matches!(field.kind, Kind::Bytes { .. } | Kind::Seq { .. } | Kind::Nested { .. })
}
