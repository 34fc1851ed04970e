//! `frame(…)` and constants.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Lit, Result, Token};

use crate::attrs::{self, inside};
use crate::field::*;
use crate::number::{Number, limit};

/// `name = value` inside of `frame(…)`.
pub(crate) struct Pair(Ident, Option<Expr>);

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        let value =
            if input.parse::<Option<Token![=]>>()?.is_some() { Some(attrs::ungrouped(input.parse()?)) } else { None };
        Ok(Self(name, value))
    }
}

/// What `frame(…)` says on a type.
pub(crate) enum Said {
    Length(Number, Role),
    Scan(Expr),
}

/// Reads `frame(…)` of a type.
pub(crate) fn frame(name: &Ident, tokens: TokenStream, big: bool) -> Result<Said> {
    const EXAMPLE: &str = "frame(length = u32, counts = after, max = 1 << 20)";
    let pairs = inside(name, tokens, EXAMPLE, Punctuated::<Pair, Token![,]>::parse_terminated)?;
    let (role, length, scan) = frame_role(name, pairs, EXAMPLE, true)?;
    if scan {
        let Role::Frame { max, .. } = role else { unreachable!("always a frame") };
        return Ok(Said::Scan(max));
    }
    let Some(length) = length else {
        return Err(Error::new(name.span(), format!("which type has the length? Write `{EXAMPLE}`")));
    };
    let Some(number) = Number::prefix(&length, big) else {
        return Err(Error::new_spanned(length, "a length is a number: write `length = u32` or `length = varint`"));
    };
    Ok(Said::Length(number, role))
}

/// Reads `frame(…)`, which stands `on_type` or on the field that is the length.
pub(crate) fn frame_role(
    name: &Ident,
    pairs: Punctuated<Pair, Token![,]>,
    example: &str,
    on_type: bool,
) -> Result<(Role, Option<Expr>, bool)> {
    let (mut all, mut max, mut length, mut scan) = (None, None, None, false);
    let mut seen: Vec<Ident> = Vec::new();
    for Pair(key, value) in pairs {
        if seen.contains(&key) {
            return Err(Error::new(key.span(), format!("`{key}` stands here twice")));
        }
        seen.push(key.clone());
        match (key.to_string().as_str(), value) {
            ("scan", None) if on_type => scan = true,
            ("length", Some(value)) if on_type => length = Some(value),
            ("scan" | "length", _) if !on_type => {
                return Err(Error::new(key.span(), format!("this field is the length; write `{example}`")));
            }
            ("max", Some(value)) => max = Some(limit(value)),
            ("counts", Some(Expr::Path(path))) if path.path.is_ident("after") => all = Some(false),
            ("counts", Some(Expr::Path(path))) if path.path.is_ident("all") => all = Some(true),
            ("counts", _) => return Err(Error::new(key.span(), "write `counts = after` or `counts = all`")),
            _ => return Err(Error::new(key.span(), format!("no part of a frame; write `{example}`"))),
        }
    }
    let Some(max) = max else {
        return Err(Error::new(
            name.span(),
            "a peer may claim anything: write `max` in `frame(…)`, such as `max = 1 << 20`",
        ));
    };
    if let (true, Some(other)) = (scan, seen.iter().find(|key| *key == "length" || *key == "counts")) {
        return Err(Error::new(
            other.span(),
            "what is scanned has no length: write `frame(scan, max = 1 << 20)`, or leave `scan` out",
        ));
    }
    let Some(all) = all.or(scan.then_some(true)) else {
        return Err(Error::new(name.span(), "what does the length count? Write `counts = after` or `counts = all`"));
    };
    Ok((Role::Frame { all, max }, length, scan))
}

/// The bytes of a constant.
pub(crate) fn constant(value: &Expr, big: bool) -> Result<Vec<u8>> {
    if let Expr::Lit(lit) = value {
        match &lit.lit {
            Lit::ByteStr(bytes) if !bytes.value().is_empty() => return Ok(bytes.value()),
            Lit::Byte(byte) => return Ok(vec![byte.value()]),
            Lit::Int(int) => {
                let bytes = match int.suffix() {
                    "u8" => 1,
                    "u16" => 2,
                    "u24" => 3,
                    "u32" => 4,
                    "u48" => 6,
                    "u64" => 8,
                    _ => {
                        return Err(Error::new_spanned(
                            value,
                            format!("how wide is it? Write `{int}_u16` or another type"),
                        ));
                    }
                };
                let number: u64 = int.base10_parse()?;
                if bytes < 8 && number >> (8 * bytes) != 0 {
                    return Err(Error::new_spanned(value, format!("more than a `{}` holds", int.suffix())));
                }
                let wide = number.to_be_bytes();
                let mut held = wide[8 - bytes..].to_vec();
                if !big {
                    held.reverse();
                }
                return Ok(held);
            }
            _ => {}
        }
    }
    Err(Error::new_spanned(value, "a constant is written out: `0xCAFE_u16` or `b\"WV\"`"))
}
