//! A message in one line.

use proc_macro2::TokenStream;
use quote::quote;

use crate::field::{Bits, Field, Kind};
use crate::model::{Body, Declaration, Fields};

/// The body of `Display::fmt`.
pub(crate) fn display(of: &Declaration) -> TokenStream {
    let name = of.ident.to_string();
    match &of.body {
        Body::Struct(fields) => {
            let (pattern, show) = show(fields, &name);
            quote!(let Self #pattern = self; #show)
        }
        Body::Enum(union) => {
            let arms = union.variants.iter().map(|variant| {
                let ident = &variant.ident;
                let (pattern, show) = show(&variant.fields, &ident.to_string());
                quote!(Self::#ident #pattern => { #show })
            });
            if union.variants.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms)* }) }
        }
    }
}

fn show(fields: &Fields, name: &str) -> (TokenStream, TokenStream) {
    let shown: Vec<&Field> = fields.list.iter().filter(|field| field.member.is_some() && is_shown(field)).collect();
    let pattern = shown.iter().map(|field| {
        let binding = field.binding();
        quote!(#binding,)
    });
    let parts = shown.iter().map(|field| {
        let (local, name) = (&field.local, &field.name);
        // What has no name in the program needs none here.
        let unnamed = matches!(field.member, Some(syn::Member::Unnamed(_)));
        let label = if unnamed { " ".to_owned() } else { format!(" {name}=") };
        let value = value(field);
        if field.presence.is_some() {
            quote! {
                if let ::core::option::Option::Some(#local) = #local {
                    __f.write_str(#label)?;
                    #value
                }
            }
        } else {
            quote!(__f.write_str(#label)?; #value)
        }
    });
    (quote!({ #(#pattern)* .. }), quote!(__f.write_str(#name)?; #(#parts)* ::core::result::Result::Ok(())))
}

fn value(field: &Field) -> TokenStream {
    let local = &field.local;
    match &field.kind {
        Kind::Bytes { text, .. } => {
            let bytes = if *text { quote!(#local.bytes()) } else { quote!(#local) };
            quote!(__declare::Show::show(#bytes, __f)?;)
        }
        Kind::Seq { .. } => quote!(::core::write!(__f, "[{}]", #local.len())?;),
        Kind::Nested { .. } => quote!(::core::write!(__f, "({})", #local)?;),
        Kind::Array(_) => quote!(__declare::Show::show(&&#local[..], __f)?;),
        _ => quote!(::core::write!(__f, "{:?}", #local)?;),
    }
}

/// Whether a field says anything.
fn is_shown(field: &Field) -> bool {
    !matches!(
        field.kind,
        Kind::Check { .. }
            | Kind::Computed { .. }
            | Kind::Constant(_)
            | Kind::Pad { .. }
            | Kind::Align { .. }
            | Kind::Bits { value: Bits::Computed { .. } | Bits::Constant(_) | Bits::Ignored, .. }
    )
}
