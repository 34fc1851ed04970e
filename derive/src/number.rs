//! Numbers as they stand on the wire.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{BinOp, Error, Expr, Lit, Result, Type};

use crate::attrs::Attrs;

/// How a number stands on the wire.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Wide {
    /// So many bytes.
    Bytes(usize),
    /// LEB128 of at most so many bytes.
    Varint { width: usize, minimal: bool },
    /// The same of a number with a sign, zigzagged.
    Zigzag { width: usize, minimal: bool },
}

/// A number.
#[derive(Clone)]
pub(crate) struct Number {
    /// The primitive type it is in the program.
    pub(crate) ty: Ident,
    pub(crate) wide: Wide,
    pub(crate) big: bool,
}

/// The bits of the primitive types that are numbers; `None` for other types.
pub(crate) fn bits_of(ty: &Ident) -> Option<usize> {
    Some(match ty.to_string().as_str() {
        "u8" | "i8" => 8,
        "u16" | "i16" => 16,
        "u32" | "i32" | "f32" => 32,
        "u64" | "i64" | "f64" => 64,
        "u128" | "i128" => 128,
        _ => return None,
    })
}

impl Number {
    pub(crate) fn is_float(&self) -> bool {
        self.ty == "f32" || self.ty == "f64"
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.ty.to_string().starts_with('i')
    }

    /// `len = TYPE` and the like: an unsigned number of its own.
    pub(crate) fn prefix(value: &Expr, big: bool) -> Option<Self> {
        let (name, args) = match value {
            Expr::Path(path) => (path.path.get_ident()?, None),
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => (path.path.get_ident()?, Some(&call.args)),
                _ => return None,
            },
            _ => return None,
        };
        let plain = |ty: &str, bytes| Self { ty: Ident::new(ty, name.span()), wide: Wide::Bytes(bytes), big };
        Some(match (name.to_string().as_str(), args) {
            ("u8", None) => plain("u8", 1),
            ("u16", None) => plain("u16", 2),
            ("u24", None) => plain("u32", 3),
            ("u32", None) => plain("u32", 4),
            ("u40", None) => plain("u64", 5),
            ("u48", None) => plain("u64", 6),
            ("u56", None) => plain("u64", 7),
            ("u64", None) => plain("u64", 8),
            ("varint", args) => {
                let mut args = args.into_iter().flatten();
                let width = args.next().map_or(Some(10), int).filter(|width| (1..=10).contains(width))?;
                let minimal = match args.next() {
                    None => false,
                    Some(Expr::Path(path)) if path.path.is_ident("minimal") => true,
                    Some(_) => return None,
                };
                if args.next().is_some() {
                    return None;
                }
                let wide = Wide::Varint { width, minimal };
                Self { ty: Ident::new("u64", name.span()), wide, big }
            }
            _ => return None,
        })
    }

    /// A field of the primitive type `ty`.
    pub(crate) fn field(ty: &Ident, attrs: &mut Attrs, big: bool) -> Result<Self> {
        let bits = bits_of(ty).unwrap_or(8);
        let float = ty == "f32" || ty == "f64";
        let signed = ty.to_string().starts_with('i');
        let varint = attrs.flag("varint")?;
        let zigzag = attrs.flag("zigzag")?;
        let minimal = attrs.flag("minimal")?;
        let width = attrs.value("width", "width = 3")?;
        let count = match &width {
            Some((name, value)) => Some((
                name.span(),
                int(value)
                    .ok_or_else(|| Error::new_spanned(value, "`width` is a number of bytes: write `width = 3`"))?,
            )),
            None => None,
        };
        if let (Some(name), true) = (varint.as_ref().or(zigzag.as_ref()), float || bits > 64) {
            return Err(Error::new(name.span(), format!("`{ty}` cannot be LEB128; it takes {} bytes", bits / 8)));
        }
        let wide = match (varint, zigzag) {
            (Some(_), Some(name)) => return Err(Error::new(name.span(), "either `varint` or `zigzag`")),
            (Some(name), None) if signed => {
                return Err(Error::new(name.span(), "a number with a sign: write `zigzag`"));
            }
            (None, Some(name)) if !signed => {
                return Err(Error::new(name.span(), "a number without a sign: write `varint`"));
            }
            (Some(_), None) => Wide::Varint { width: leb(count, bits)?, minimal: minimal.is_some() },
            (None, Some(_)) => Wide::Zigzag { width: leb(count, bits)?, minimal: minimal.is_some() },
            (None, None) => {
                if let Some(name) = minimal {
                    return Err(Error::new(name.span(), "`minimal` is said of a `varint`"));
                }
                match count {
                    None => Wide::Bytes(bits / 8),
                    Some((span, _)) if float => {
                        return Err(Error::new(span, "a float has the width of its type: leave `width` out"));
                    }
                    Some((_, bytes)) if (1..=bits / 8).contains(&bytes) => Wide::Bytes(bytes),
                    Some((span, _)) => {
                        return Err(Error::new(span, format!("`{ty}` takes 1 to {} bytes", bits / 8)));
                    }
                }
            }
        };
        Ok(Self { ty: ty.clone(), wide, big })
    }

    /// How many bytes it takes, if that is always the same.
    pub(crate) fn bytes(&self) -> Option<usize> {
        match self.wide {
            Wide::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it needs no `max`: it cannot be large.
    pub(crate) fn is_small(&self) -> bool {
        self.wide == Wide::Bytes(1)
    }

    /// The largest number it can hold, as an expression of type `u64`.
    pub(crate) fn largest(&self) -> u64 {
        match self.wide {
            Wide::Bytes(bytes) if bytes < 8 => (1 << (8 * bytes)) - 1,
            Wide::Varint { width, .. } if width < 10 => (1 << (7 * width)) - 1,
            _ => u64::MAX,
        }
    }

    /// Its value, from the bytes of `run` from `at` on.
    pub(crate) fn load(&self, run: &Ident, at: usize) -> TokenStream {
        let Wide::Bytes(bytes) = self.wide else { unreachable!("only numbers of a fixed width lie in a run") };
        let ty = &self.ty;
        let full = bits_of(ty).unwrap_or(8) / 8;
        let place = |index: usize| quote!(#run[#index]);
        let mut cells: Vec<TokenStream> = (at..at + bytes).map(place).collect();
        let zeros = std::iter::repeat_n(quote!(0), full - bytes);
        let from = if self.big {
            // Signed numbers are put at the top, to be shifted down with their sign.
            if self.is_signed() {
                cells.extend(zeros);
            } else {
                cells = zeros.chain(cells).collect();
            }
            quote!(from_be_bytes)
        } else {
            if self.is_signed() {
                cells = zeros.chain(cells).collect();
            } else {
                cells.extend(zeros);
            }
            quote!(from_le_bytes)
        };
        let shift = 8 * (full - bytes);
        if full == 1 {
            let only = place(at);
            return if self.is_signed() { quote!(#only as i8) } else { only };
        }
        let value = quote!(::core::primitive::#ty::#from([#(#cells),*]));
        if self.is_signed() && shift > 0 { quote!((#value >> #shift)) } else { value }
    }

    /// Statements that put `value`, which fits, into `run` from `at` on.
    pub(crate) fn store(&self, run: &Ident, at: usize, value: &TokenStream) -> TokenStream {
        let Wide::Bytes(bytes) = self.wide else { unreachable!("only numbers of a fixed width lie in a run") };
        let ty = &self.ty;
        let full = bits_of(ty).unwrap_or(8) / 8;
        let end = at + bytes;
        let (to, part) = if self.big {
            let skip = full - bytes;
            (quote!(to_be_bytes), quote!([#skip..]))
        } else {
            (quote!(to_le_bytes), quote!([..#bytes]))
        };
        let part = if full == bytes { quote!() } else { part };
        let value = if self.is_float() { quote!(#value) } else { quote!((#value as ::core::primitive::#ty)) };
        quote!(#run[#at..#end].copy_from_slice(&#value.#to()#part);)
    }

    /// Whether `value` of its own type does not fit on the wire; `None` if all do.
    pub(crate) fn overflows(&self, value: &TokenStream) -> Option<TokenStream> {
        let bits = bits_of(&self.ty).unwrap_or(8);
        let held = match self.wide {
            Wide::Bytes(bytes) => 8 * bytes,
            Wide::Varint { width, .. } | Wide::Zigzag { width, .. } => 7 * width,
        };
        if held >= bits {
            return None;
        }
        let free = bits - held;
        Some(match self.wide {
            Wide::Zigzag { .. } | Wide::Bytes(_) if self.is_signed() => quote!((#value << #free) >> #free != #value),
            _ => quote!(#value >> #held != 0),
        })
    }
}

/// How many bytes a number in LEB128 may take.
fn leb(width: Option<(Span, usize)>, bits: usize) -> Result<usize> {
    let most = bits.div_ceil(7);
    match width {
        None => Ok(most),
        Some((_, width)) if (1..=most).contains(&width) => Ok(width),
        Some((span, _)) => Err(Error::new(span, format!("this number takes 1 to {most} bytes in LEB128"))),
    }
}

/// A number that is written out.
pub(crate) fn int(value: &Expr) -> Option<usize> {
    match value {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            Lit::Byte(byte) => Some(byte.value().into()),
            _ => None,
        },
        Expr::Paren(inner) => int(&inner.expr),
        _ => None,
    }
}

/// What numbers that are written out, and operators between them, come to: `1 << 20`.
pub(crate) fn eval(value: &Expr) -> Option<u64> {
    match value {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            Lit::Byte(byte) => Some(byte.value().into()),
            _ => None,
        },
        Expr::Paren(inner) => eval(&inner.expr),
        Expr::Group(inner) => eval(&inner.expr),
        Expr::Binary(binary) => {
            let (left, right) = (eval(&binary.left)?, eval(&binary.right)?);
            match binary.op {
                BinOp::Add(_) => left.checked_add(right),
                BinOp::Sub(_) => left.checked_sub(right),
                BinOp::Mul(_) => left.checked_mul(right),
                BinOp::BitOr(_) => Some(left | right),
                BinOp::Shl(_) => left.checked_mul(u32::try_from(right).ok().and_then(|bits| 1_u64.checked_shl(bits))?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A limit as a number, if it can be known here: `1 << 32` by itself would overflow, being an `i32`.
pub(crate) fn limit(value: Expr) -> Expr {
    let Some(number) = eval(&value) else { return value };
    let mut literal = Literal::u64_unsuffixed(number);
    literal.set_span(value.span());
    syn::parse_quote!(#literal)
}

/// A limit as a number of 64 bits.
pub(crate) fn wide(max: &Expr) -> TokenStream {
    match int(max) {
        Some(max) => {
            let max = Literal::usize_unsuffixed(max);
            quote!(#max)
        }
        None => quote!((#max) as u64),
    }
}

/// The type that a fragment of `macro_rules!` stands for.
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        other => other,
    }
}

/// The name of a type that is one word.
pub(crate) fn word(ty: &Type) -> Option<&Ident> {
    match ungrouped(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}
