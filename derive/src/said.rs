//! Attributes that any field can have.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{BinOp, Error, Expr, Result, Token, Type};

use crate::attrs::Attrs;
use crate::field::*;
use crate::model::Scope;
use crate::number::int;

/// The byte order, if it is said.
pub(crate) fn order(attrs: &mut Attrs) -> Result<Option<bool>> {
    match (attrs.flag("big")?, attrs.flag("little")?) {
        (Some(_), Some(name)) => Err(Error::new(name.span(), "either `big` or `little`")),
        (big, little) => Ok(big.map(|_| true).or(little.map(|_| false))),
    }
}

/// The assertions of an item.
pub(crate) fn asserts(attrs: &mut Attrs) -> Result<Vec<Expr>> {
    let mut list = Vec::new();
    while let Some((_, condition)) = attrs.value("assert", "assert = version == 4")? {
        list.push(condition);
    }
    Ok(list)
}

pub(crate) fn presence(attrs: &mut Attrs, scope: &Scope<'_>) -> Result<Option<Presence>> {
    let condition = attrs.value("if", "if = flags & 1 != 0")?;
    let since = attrs.value("since", "since = 3")?;
    let until = attrs.value("until", "until = 5")?;
    if let Some(name) = attrs.flag("more")? {
        return if condition.is_none() && since.is_none() && until.is_none() {
            Ok(Some(Presence::More))
        } else {
            Err(Error::new(name.span(), "either `more`, or a condition"))
        };
    }
    if let Some((name, _)) = since.as_ref().or(until.as_ref()) {
        if !scope.given.iter().any(|(given, _)| given == "version") {
            return Err(Error::new(name.span(), "of which version? Write `#[wire(given(version: u16))]` on the type"));
        }
        if let Some((name, _)) = &condition {
            return Err(Error::new(
                name.span(),
                "either `if`, or `since` and `until`; `if = version >= 3 && …` says both",
            ));
        }
    }
    Ok(match (condition, since, until) {
        (None, None, None) => None,
        (Some((_, condition)), _, _) => Some(match bit(&condition) {
            Some((field, mask)) => Presence::Bit { field, mask },
            None => Presence::If(condition),
        }),
        (None, Some((_, since)), None) => Some(Presence::If(syn::parse_quote!(version >= #since))),
        (None, None, Some((_, until))) => Some(Presence::If(syn::parse_quote!(version < #until))),
        (None, Some((_, since)), Some((_, until))) => {
            Some(Presence::If(syn::parse_quote!(version >= #since && version < #until)))
        }
    })
}

/// `field & MASK != 0`.
pub(crate) fn bit(condition: &Expr) -> Option<(Ident, Expr)> {
    let Expr::Binary(outer) = condition else { return None };
    let (BinOp::Ne(_), Some(0)) = (outer.op, int(&outer.right)) else { return None };
    let mut left = &*outer.left;
    if let Expr::Paren(inner) = left {
        left = &inner.expr;
    }
    let Expr::Binary(inner) = left else { return None };
    let (BinOp::BitAnd(_), Expr::Path(path)) = (inner.op, &*inner.left) else { return None };
    Some((path.path.get_ident()?.clone(), (*inner.right).clone()))
}

pub(crate) fn give(attrs: &mut Attrs) -> Result<Vec<Ident>> {
    let list = attrs.list("give", "give(flags, version)", |input: ParseStream<'_>| {
        Punctuated::<Ident, Token![,]>::parse_terminated(input)
    })?;
    Ok(list.map(|(_, list)| list.into_iter().collect()).unwrap_or_default())
}

/// `version: u16, …`.
pub(crate) fn given(input: ParseStream<'_>) -> Result<Vec<(Ident, Type)>> {
    struct One(Ident, Type);
    impl Parse for One {
        fn parse(input: ParseStream<'_>) -> Result<Self> {
            let name = input.parse()?;
            input.parse::<Token![:]>()?;
            Ok(Self(name, input.parse()?))
        }
    }
    let mut list: Vec<(Ident, Type)> = Vec::new();
    for One(name, ty) in Punctuated::<One, Token![,]>::parse_terminated(input)? {
        if list.iter().any(|(other, _)| *other == name) {
            return Err(Error::new(name.span(), format!("`{name}` is given twice")));
        }
        list.push((name, ty));
    }
    Ok(list)
}

pub(crate) fn map(attrs: &mut Attrs) -> Result<Option<(Type, Map)>> {
    struct Three(Type, Expr, Expr);
    impl Parse for Three {
        fn parse(input: ParseStream<'_>) -> Result<Self> {
            let wire = input.parse()?;
            input.parse::<Token![,]>()?;
            let read = input.parse()?;
            input.parse::<Token![,]>()?;
            let write = input.parse()?;
            input.parse::<Option<Token![,]>>()?;
            Ok(Self(wire, read, write))
        }
    }
    for (name, fallible) in [("map", false), ("try_map", true)] {
        let example = format!("{name}(u32, read, write)");
        if let Some((_, Three(wire, read, write))) = attrs.list(name, &example, Three::parse)? {
            return Ok(Some((wire, Map { read, write, fallible })));
        }
    }
    Ok(None)
}

/// How the range of a checksum may be called: `check`, or as its algorithm.
pub(crate) const CHECKS: [&str; 5] = ["check", "crc32c", "crc32", "internet", "adler32"];

/// `check(first..=last, zeroed)`, or one that is called after its algorithm.
pub(crate) fn cover(attrs: &mut Attrs) -> Result<Option<(Ident, Cover)>> {
    fn parse(input: ParseStream<'_>) -> Result<Cover> {
        let range: Expr = input.parse()?;
        let mut zeroed = false;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let word: Ident = input.parse()?;
            if word != "zeroed" {
                return Err(Error::new(word.span(), "only `zeroed` can stand here"));
            }
            zeroed = true;
        }
        let Expr::Range(range) = &range else { return Err(Error::new_spanned(range, "no range of fields")) };
        let end = |end: &Option<Box<Expr>>| match end.as_deref() {
            None => Ok(None),
            Some(Expr::Path(path)) if path.path.get_ident().is_some() => Ok(path.path.get_ident().cloned()),
            Some(other) => Err(Error::new_spanned(other, "not the name of a field")),
        };
        if let (Some(end), syn::RangeLimits::HalfOpen(_)) = (&range.end, range.limits) {
            return Err(Error::new_spanned(end, "the last field is covered, too"));
        }
        Ok(Cover { from: end(&range.start)?, to: end(&range.end)?, zeroed })
    }
    let mut found: Option<(Ident, Cover)> = None;
    for name in CHECKS {
        let example = format!("{name}(first..=last)");
        if let Some((name, cover)) = attrs.list(name, &example, parse)? {
            if let Some((other, _)) = &found {
                return Err(Error::new(name.span(), format!("the checksum is `{other}` already")));
            }
            found = Some((name, cover));
        }
    }
    Ok(found)
}
