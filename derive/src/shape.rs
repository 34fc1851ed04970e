//! A declaration as data.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{BinOp, Expr, Lit, UnOp};

use crate::field::{Extent, Field, Kind, Presence, Role};
use crate::model::{Body, Declaration, Fields, Frame, with_holder};
use crate::number::{Number, Wide};

/// The value of `Declare::shape`.
pub(crate) fn shape(of: &Declaration) -> TokenStream {
    let (name, docs) = (of.ident.to_string(), &of.docs);
    let given = of.given.iter().map(|(name, _)| name.to_string());
    let lsb = of.lsb;
    let scan = matches!(of.frame, Some(Frame::Scan(_)));
    let body = match &of.body {
        Body::Struct(fields) => {
            let fields = list(of, fields);
            quote!(__declare::Body::Struct(&[#(#fields),*]))
        }
        Body::Enum(union) => {
            let tag = number(&union.tag);
            let len = match &union.len {
                Some((len, _)) => {
                    let len = number(len);
                    quote!(::core::option::Option::Some(#len))
                }
                None => quote!(::core::option::Option::None),
            };
            let variants = union.variants.iter().map(|variant| {
                let (name, docs) = (variant.ident.to_string(), &variant.docs);
                let ty = &union.tag.ty;
                let tag = match &variant.tag {
                    Some(tag) => {
                        quote!(::core::option::Option::Some({ const TAG: ::core::primitive::#ty = #tag; TAG as u64 }))
                    }
                    None => quote!(::core::option::Option::None),
                };
                let fields = list(of, &variant.fields);
                quote!(__declare::VariantShape { name: #name, doc: #docs, tag: #tag, fields: &[#(#fields),*] })
            });
            quote!(__declare::Body::Enum { tag: #tag, len: #len, variants: &[#(#variants),*] })
        }
    };
    let big = of.big;
    quote! {
        __declare::Shape { name: #name, doc: #docs, given: &[#(#given),*], big: #big, lsb: #lsb, scan: #scan, body: #body }
    }
}

/// The fields of the struct, as `FIELDS` has them.
pub(crate) fn fields(of: &Declaration) -> Vec<TokenStream> {
    match &of.body {
        Body::Struct(fields) => list(of, fields),
        Body::Enum(_) => Vec::new(),
    }
}

fn list(of: &Declaration, fields: &Fields) -> Vec<TokenStream> {
    fields.list.iter().map(|field| one(of, field, &fields.list)).collect()
}

fn one(of: &Declaration, field: &Field, all: &[Field]) -> TokenStream {
    let (name, docs) = (&field.name, &field.docs);
    let ty = with_holder(&field.ty, None, &quote!()).to_string().replace(' ', "");
    let ty = if field.member.is_none() { String::new() } else { ty };
    let kind = kind(of, field, all);
    let condition = match &field.presence {
        None => quote!(::core::option::Option::None),
        Some(presence) => {
            let (rust, lua) = match presence {
                Presence::More => ("more".to_owned(), Some("v.__more".to_owned())),
                Presence::If(condition) => (condition.to_token_stream().to_string(), lua(condition)),
                Presence::Bit { field, mask } => {
                    let mask_lua = lua(mask);
                    let rust = quote!(#field & #mask != 0).to_string();
                    (rust, mask_lua.map(|mask| format!("bit32.band(v.{field}, {mask}) ~= 0")))
                }
            };
            let lua = lua.unwrap_or_default();
            quote!(::core::option::Option::Some(__declare::Condition { rust: #rust, lua: #lua }))
        }
    };
    quote!(__declare::FieldShape { name: #name, ty: #ty, doc: #docs, kind: #kind, condition: #condition })
}

fn kind(of: &Declaration, field: &Field, all: &[Field]) -> TokenStream {
    let span = quote!(__wireview::Span);
    match &field.kind {
        Kind::Number { number: held, .. } => {
            let number = number(held);
            quote!(__declare::FieldKind::Number(#number))
        }
        Kind::Computed { number: held, role } => {
            let number = number(held);
            match role {
                Role::Frame { all, .. } => quote!(__declare::FieldKind::Frame { number: #number, all: #all }),
                _ => quote!(__declare::FieldKind::Number(#number)),
            }
        }
        Kind::Bool => quote!(__declare::FieldKind::Bool),
        Kind::Bits { bits, .. } => {
            let bits = *bits as u8;
            quote!(__declare::FieldKind::Bits(#bits))
        }
        Kind::Array(len) => quote!(__declare::FieldKind::Bytes { extent: __declare::Extent::Fixed(#len), text: false }),
        Kind::Constant(constant) => quote!(__declare::FieldKind::Constant(&[#(#constant),*])),
        Kind::Pad { bytes, .. } => quote!(__declare::FieldKind::Pad(#bytes)),
        Kind::Align { to, .. } => quote!(__declare::FieldKind::Align(#to)),
        Kind::Tag => quote!(__declare::FieldKind::Tag),
        Kind::Check { algorithm, big, .. } => {
            quote!(__declare::FieldKind::Check { bytes: <#algorithm as __declare::Checksum>::WIDTH, big: #big })
        }
        Kind::Bytes { text, extent: ends, .. } => {
            let extent = extent(Some(ends));
            quote!(__declare::FieldKind::Bytes { extent: #extent, text: #text })
        }
        Kind::Seq { element, extent: ends, give, .. } => {
            let (extent, give) = (extent(Some(ends)), names(give));
            quote!(__declare::FieldKind::Seq {
                element: <#element as __declare::Declare>::shape, extent: #extent, give: #give
            })
        }
        Kind::Nested { extent: ends, tag, give } => {
            let ty = with_holder(&field.ty, of.holder.as_ref(), &span);
            let (extent, give) = (extent(ends.as_ref()), names(give));
            let tag = match tag.as_ref().and_then(|tag| all.iter().find(|other| other.local == *tag)) {
                Some(tag) => {
                    let name = &tag.name;
                    quote!(::core::option::Option::Some(#name))
                }
                None => quote!(::core::option::Option::None),
            };
            quote!(__declare::FieldKind::Nested {
                shape: <#ty as __declare::Declare>::shape, extent: #extent, tag: #tag, give: #give
            })
        }
    }
}

fn names(give: &[proc_macro2::Ident]) -> TokenStream {
    let give = give.iter().map(ToString::to_string);
    quote!(&[#(#give),*])
}

fn extent(extent: Option<&Extent>) -> TokenStream {
    match extent {
        None => quote!(__declare::Extent::Own),
        Some(Extent::Prefix { number: held, counts, .. }) => {
            let number = number(held);
            if *counts { quote!(__declare::Extent::Count(#number)) } else { quote!(__declare::Extent::Len(#number)) }
        }
        Some(Extent::Named { field, counts, .. }) => {
            let name = field.to_string();
            if *counts { quote!(__declare::Extent::CountOf(#name)) } else { quote!(__declare::Extent::LenOf(#name)) }
        }
        Some(Extent::Fixed(len)) => quote!(__declare::Extent::Fixed(#len)),
        Some(Extent::Nul { .. }) => quote!(__declare::Extent::Nul),
        Some(Extent::Rest) => quote!(__declare::Extent::Rest),
        Some(Extent::Last(_)) => quote!(__declare::Extent::Last),
    }
}

fn number(number: &Number) -> TokenStream {
    let (signed, float, big) = (number.is_signed(), number.is_float(), number.big);
    let width = match number.wide {
        Wide::Bytes(bytes) => {
            let bytes = bytes as u8;
            quote!(__declare::Width::Bytes(#bytes))
        }
        Wide::Varint { .. } => quote!(__declare::Width::Varint),
        Wide::Zigzag { .. } => quote!(__declare::Width::Zigzag),
    };
    quote!(__declare::NumberShape { width: #width, signed: #signed, float: #float, big: #big })
}

/// A condition in Lua 5.2, where `v` holds what has been read and what was given; `None` if it says more than that can.
fn lua(condition: &Expr) -> Option<String> {
    Some(match condition {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_parse::<u64>().ok()?.to_string(),
            Lit::Bool(bool) => bool.value.to_string(),
            Lit::Byte(byte) => byte.value().to_string(),
            _ => return None,
        },
        Expr::Path(path) => format!("v.{}", path.path.get_ident()?),
        Expr::Paren(inner) => format!("({})", lua(&inner.expr)?),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => format!("not ({})", lua(&unary.expr)?),
        Expr::Binary(binary) => {
            let (left, right) = (lua(&binary.left)?, lua(&binary.right)?);
            match binary.op {
                BinOp::BitAnd(_) => format!("bit32.band({left}, {right})"),
                BinOp::BitOr(_) => format!("bit32.bor({left}, {right})"),
                BinOp::Shr(_) => format!("bit32.rshift({left}, {right})"),
                BinOp::Shl(_) => format!("bit32.lshift({left}, {right})"),
                BinOp::And(_) => format!("({left}) and ({right})"),
                BinOp::Or(_) => format!("({left}) or ({right})"),
                BinOp::Eq(_) => format!("({left}) == ({right})"),
                BinOp::Ne(_) => format!("({left}) ~= ({right})"),
                BinOp::Lt(_) => format!("({left}) < ({right})"),
                BinOp::Le(_) => format!("({left}) <= ({right})"),
                BinOp::Gt(_) => format!("({left}) > ({right})"),
                BinOp::Ge(_) => format!("({left}) >= ({right})"),
                BinOp::Add(_) => format!("({left}) + ({right})"),
                BinOp::Sub(_) => format!("({left}) - ({right})"),
                _ => return None,
            }
        }
        _ => return None,
    })
}
