//! Fields of any size.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::*;

impl Reader<'_> {
    pub(super) fn body(&self, at: usize, list: &[Field], marks: &Marks) -> TokenStream {
        let field = &list[at];
        let (local, name) = (&field.local, &field.name);
        let start =
            if field.prefix().is_some() { quote!() } else { marks.start(at, local, &quote!(__source.offset())) };
        let end = marks.end(at, local, &quote!(__source.offset()));
        let len = field.extent_local(list);
        let read = match &field.kind {
            Kind::Bytes { text, extent, each } => {
                let (slice, behind) = match extent {
                    Extent::Prefix { .. } | Extent::Named { .. } => {
                        (quote!(__source.slice(#len as usize, &#name)?), 0_usize)
                    }
                    Extent::Fixed(len) => (quote!(__source.slice(#len, &#name)?), 0),
                    Extent::Nul { max } => (quote!(__source.until_nul((#max) as usize, &#name)?), 1),
                    _ => (quote!(__source.all()), 0),
                };
                let (text, value) = if *text {
                    (
                        quote!(let #local = __source.text(#local, #behind, &#name)?;),
                        quote!(__trace::Value::Text(::core::str::from_utf8(#local).unwrap_or(""))),
                    )
                } else {
                    (quote!(), quote!(__trace::Value::Bytes(#local)))
                };
                let value = if text.is_empty() {
                    value
                } else {
                    quote!(match ::core::str::from_utf8(#local) {
                        ::core::result::Result::Ok(__text) => __trace::Value::Text(__text),
                        ::core::result::Result::Err(_) => __trace::Value::Bytes(#local),
                    })
                };
                let each = each.as_ref().map(|each| {
                    quote! {
                        if let ::core::option::Option::Some(__bad) = ::core::iter::Iterator::position(&mut #local.iter(), |__byte| !(#each)(__byte)) {
                            let __start = __source.offset() - #behind - #local.len();
                            return ::core::result::Result::Err(__wireview::Error::malformed(&#name, __start + __bad));
                        }
                    }
                });
                quote! {
                    let #local = #slice;
                    if __S::TRACES {
                        let __end = __source.offset();
                        __source.field(#name, __end - #local.len() - #behind..__end, ::core::option::Option::None, #value, "");
                    }
                    #each
                    #text
                }
            }
            Kind::Seq { element, extent, max, give } => {
                let give = Self::give(give);
                let most = match max {
                    Some(max) => quote!((#max) as u32),
                    None => quote!(u32::MAX),
                };
                let read = match extent {
                    Extent::Prefix { counts: true, .. } | Extent::Named { counts: true, .. } => {
                        quote!(__generated::counted::<#element, __S>(__source, #len as u32, &#name, #give)?)
                    }
                    Extent::Prefix { .. } | Extent::Named { .. } => {
                        let by = field.prefix_name();
                        quote! {{
                            let __after = __source.bound(#len as usize, &#by)?;
                            let __seq = __generated::within::<#element, __S>(__source, #most, &#name, #give)?;
                            __source.unbound(__after, &#name)?;
                            __seq
                        }}
                    }
                    Extent::Fixed(len) => quote! {{
                        let __after = __source.bound(#len, &#name)?;
                        let __seq = __generated::within::<#element, __S>(__source, #most, &#name, #give)?;
                        __source.unbound(__after, &#name)?;
                        __seq
                    }},
                    Extent::Last(is_last) => {
                        quote!(__generated::last::<#element, __S>(__source, #most, &#name, #give, #is_last)?)
                    }
                    _ => quote!(__generated::within::<#element, __S>(__source, #most, &#name, #give)?),
                };
                quote! {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field(#name), "Seq");
                    }
                    let #local = #read;
                    if __S::TRACES {
                        __source.leave();
                    }
                }
            }
            Kind::Check { algorithm, .. } => {
                let place = Marks::start_of(at, local);
                quote! {
                    let #place = __source.offset();
                    let __sum = __source.slice(<#algorithm as __declare::Checksum>::WIDTH, &#name)?;
                    if __S::TRACES {
                        let __end = __source.offset();
                        __source.field(#name, #place..__end, ::core::option::Option::None, __trace::Value::Bytes(__sum), "checksum");
                    }
                    let #local = __declare::Check::new();
                }
            }
            Kind::Align { to, ignore } => {
                let note = if *ignore { "ignored" } else { "padding" };
                quote! {
                    let __align_at = __source.offset();
                    __source.align(__start, #to, #ignore, &#name)?;
                    if __S::TRACES {
                        let __end = __source.offset();
                        let __bytes = &__source.frame()[__align_at..__end];
                        __source.field(#name, __align_at..__end, ::core::option::Option::None, __trace::Value::Bytes(__bytes), #note);
                    }
                    let #local = ();
                }
            }
            Kind::Array(len) => quote! {
                let mut #local = [0_u8; #len];
                let __bytes = __source.slice(#len, &#name)?;
                #local.copy_from_slice(__bytes);
                let #local = #local;
                if __S::TRACES {
                    let __end = __source.offset();
                    __source.field(#name, __end - __bytes.len()..__end, ::core::option::Option::None, __trace::Value::Bytes(__bytes), "");
                }
            },
            Kind::Nested { extent, tag, give } => {
                let ty = with_holder(&field.ty, self.of.holder.as_ref(), &quote!(__wireview::Span));
                let give = Self::give(give);
                let walk = match tag {
                    None => quote!(<#ty as __declare::Declare>::walk(__source, #give)?),
                    Some(tag) => {
                        let computed = list.iter().find(|other| other.local == *tag).map(Field::computed_local);
                        let place = format_ident!("__{}_at", tag);
                        quote!(<#ty as __declare::Tagged>::walk_tagged(__source, #computed, #place, #give)?)
                    }
                };
                let by = field.prefix_name();
                let read = match extent {
                    Some(Extent::Prefix { .. } | Extent::Named { .. }) => quote! {
                        let __after = __source.bound(#len as usize, &#by)?;
                        let #local = #walk;
                        __source.unbound(__after, &#name)?;
                    },
                    Some(Extent::Fixed(len)) => quote! {
                        let __after = __source.bound(#len, &#name)?;
                        let #local = #walk;
                        __source.unbound(__after, &#name)?;
                    },
                    _ => quote!(let #local = #walk;),
                };
                let kind = kind_name(&field.ty);
                quote! {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field(#name), #kind);
                    }
                    #read
                    if __S::TRACES {
                        __source.leave();
                    }
                }
            }
            _ => unreachable!("a body"),
        };
        let asserts = self.asserts(&field.asserts, name, &quote!(__source.offset()));
        quote!(#start #read #end #asserts)
    }
}
