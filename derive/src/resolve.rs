//! Fields as a whole: those that others name are there, in front of them, and of the kind that they have to be.

use proc_macro2::{Ident, Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, Result};

use crate::field::{Bits, Extent, Field, Kind, Presence, Role};
use crate::model::Scope;
use crate::number::{Wide, eval};

/// Finds the fields that others name, and sees that they are where they have to be.
pub(crate) fn resolve(list: &mut [Field], scope: &Scope<'_>) -> Result<()> {
    for at in 0..list.len() {
        let named: Option<(Ident, Role, Option<Span>)> = match &list[at].kind {
            Kind::Bytes { extent: Extent::Named { field, max, counts }, .. }
            | Kind::Seq { extent: Extent::Named { field, max, counts }, .. }
            | Kind::Nested { extent: Some(Extent::Named { field, max, counts }), .. } => {
                let role = if *counts { Role::Count(at) } else { Role::Length(at) };
                Some((field.clone(), role, is_missing(max).then(|| max.span())))
            }
            _ => None,
        };
        let tag = match &list[at].kind {
            Kind::Nested { tag: Some(tag), .. } => Some((tag.clone(), Role::Tag(at), None)),
            _ => None,
        };
        for (name, role, missing) in named.into_iter().chain(tag) {
            let optional = list[at].presence.is_some();
            let Some(found) = list.iter().position(|field| field.local == name && field.member.is_some()) else {
                return Err(Error::new(name.span(), format!("there is no field `{name}` in front of this one")));
            };
            if found >= at {
                return Err(Error::new(
                    name.span(),
                    format!("`{name}` has to stand in front of what it says something of"),
                ));
            }
            if optional {
                return Err(Error::new(
                    name.span(),
                    "of a field that may be absent, the length stands in front of it: write a type",
                ));
            }
            let (open, small) = match &mut list[found].kind {
                Kind::Computed { role, number } => (role, number.is_small()),
                Kind::Bits { value: Bits::Computed { role, .. }, bits } => (role, *bits <= 8),
                _ => {
                    return Err(Error::new(
                        name.span(),
                        format!("`{name}` is computed from this field: declare it as `Computed<u16>`"),
                    ));
                }
            };
            if !matches!(open, Role::Open) {
                return Err(Error::new(
                    name.span(),
                    format!("`{name}` says something of another field already: each has a number of its own"),
                ));
            }
            *open = role;
            match missing {
                Some(span) if !small => {
                    return Err(Error::new(
                        span,
                        "a peer may claim anything: write `max` beside it, such as `max = 1000`",
                    ));
                }
                Some(_) => set_max(&mut list[at].kind, syn::parse_quote!(255)),
                None => {}
            }
        }
    }
    for field in &*list {
        match &field.kind {
            Kind::Computed { role: Role::Open, .. }
            | Kind::Bits { value: Bits::Computed { role: Role::Open, .. }, .. } => {
                let name = &field.name;
                return Err(Error::new(
                    field.span,
                    format!(
                        "computed from what? Name it in a later field: `len = {name}`, `count = {name}` or `tag = {name}`; the length of the frame is `frame(counts = …, max = …)`"
                    ),
                ));
            }
            _ => {}
        }
    }
    covers(list)?;
    groups(list)?;
    aligned(list)?;
    gives(list, scope)?;
    expressions(list, scope)
}

fn is_missing(max: &Expr) -> bool {
    matches!(max, Expr::Path(path) if path.path.is_ident("__missing"))
}

fn set_max(kind: &mut Kind, value: Expr) {
    if let Kind::Bytes { extent: Extent::Named { max, .. }, .. }
    | Kind::Seq { extent: Extent::Named { max, .. }, .. }
    | Kind::Nested { extent: Some(Extent::Named { max, .. }), .. } = kind
    {
        *max = value;
    }
}

/// Checksums cover fields that are there, and not themselves.
fn covers(list: &[Field]) -> Result<()> {
    for (at, field) in list.iter().enumerate() {
        let Kind::Check { range, .. } = &field.kind else { continue };
        let find = |name: &Ident| match list.iter().position(|field| field.local == *name && field.member.is_some()) {
            Some(found) => Ok(found),
            None => Err(Error::new(name.span(), format!("there is no field `{name}`"))),
        };
        let find = |name: &Ident| match find(name)? {
            found if matches!(list[found].kind, Kind::Tag) => Err(Error::new(
                name.span(),
                "the tag stands in front of the variant, where its checksum does not reach",
            )),
            found => Ok(found),
        };
        let from = range.from.as_ref().map(find).transpose()?.unwrap_or(0);
        let to = match &range.to {
            Some(to) => Some(find(to)?),
            None => at.checked_sub(1),
        };
        let Some(to) = to.filter(|to| *to >= from) else {
            return Err(Error::new(
                field.span,
                "the checksum is of no field: write `check(first..=last)`, with the last one not in front of the first",
            ));
        };
        if (from..=to).contains(&at) && !range.zeroed {
            return Err(Error::new(field.span, "the checksum is of itself, too: add `zeroed` if it counts as zeros"));
        }
        if !starts_or_ends(list, from, to) {
            return Err(Error::new(
                field.span,
                format!(
                    "a checksum is of whole bytes: `{}..={}` begins or ends within one",
                    list[from].name, list[to].name
                ),
            ));
        }
    }
    Ok(())
}

/// Whether a range of fields begins and ends with whole bytes.
fn starts_or_ends(list: &[Field], from: usize, to: usize) -> bool {
    let mut filled = 0;
    let mut at_start = vec![true];
    for field in list {
        if let Kind::Bits { bits, .. } = field.kind {
            filled += bits;
        } else {
            filled = 0;
        }
        at_start.push(filled % 8 == 0);
    }
    at_start[from] && at_start[to + 1]
}

/// Bit fields in a row make whole bytes.
fn groups(list: &[Field]) -> Result<()> {
    let mut filled = 0;
    for (at, field) in list.iter().enumerate() {
        let Kind::Bits { bits, .. } = field.kind else { continue };
        filled += bits;
        let ends = !matches!(list.get(at + 1), Some(Field { kind: Kind::Bits { .. }, .. }));
        if filled > 64 {
            return Err(Error::new(
                field.span,
                "more than 64 bits in a row, without the end of a byte among them: split a field in two",
            ));
        }
        if ends && !filled.is_multiple_of(8) {
            let missing = 8 - filled % 8;
            return Err(Error::new(
                field.span,
                format!(
                    "{filled} bits in a row, which are no whole bytes: {missing} are missing, such as `#[wire(bits = {missing})] _reserved: ()`"
                ),
            ));
        }
        if ends || filled.is_multiple_of(8) {
            filled = 0;
        }
    }
    Ok(())
}

/// Where padding ends is known when the message is measured.
fn aligned(list: &[Field]) -> Result<()> {
    let varint = |field: &&Field| match &field.kind {
        Kind::Computed { number, role: Role::Frame { .. } } => number.bytes().is_none(),
        _ => false,
    };
    let Some(at) = list.iter().position(|field| varint(&field)) else { return Ok(()) };
    match list[at..].iter().find(|field| matches!(field.kind, Kind::Align { .. })) {
        Some(field) => Err(Error::new(
            field.span,
            "how long the padding is depends on the frame's length in front of it, and that on the padding: write a length of fixed size, such as `length = u32`",
        )),
        None => Ok(()),
    }
}

/// What nested messages are given is there.
fn gives(list: &[Field], scope: &Scope<'_>) -> Result<()> {
    for (at, field) in list.iter().enumerate() {
        let (Kind::Nested { give, .. } | Kind::Seq { give, .. }) = &field.kind else { continue };
        for name in give {
            match list.iter().position(|other| other.local == *name && other.member.is_some()) {
                Some(found) if found >= at => return Err(not_read(name)),
                Some(found) if !list[found].is_plain() || list[found].presence.is_some() => {
                    return Err(no_bytes(name));
                }
                Some(_) => {}
                None if scope.given.iter().any(|(given, _)| given == name) => {}
                None => {
                    return Err(Error::new(
                        name.span(),
                        format!("no field in front of this one is called `{name}`, and it is not `given` to the type"),
                    ));
                }
            }
        }
    }
    Ok(())
}

/// Expressions name what has been read, and no bytes.
fn expressions(list: &[Field], scope: &Scope<'_>) -> Result<()> {
    for (at, field) in list.iter().enumerate() {
        match &field.presence {
            Some(Presence::If(condition)) => names(condition, list, at)?,
            Some(Presence::Bit { field: flags, mask }) => {
                names(mask, list, at)?;
                match list.iter().position(|other| other.local == *flags && other.member.is_some()) {
                    Some(found) if found >= at => return Err(not_read(flags)),
                    Some(found) => has_bits(&list[found], flags, mask)?,
                    None if scope.given.iter().any(|(given, _)| given == flags) => {}
                    None => {
                        return Err(Error::new(
                            flags.span(),
                            format!(
                                "no field in front of this one is called `{flags}`, and it is not `given` to the type"
                            ),
                        ));
                    }
                }
            }
            Some(Presence::More) | None => {}
        }
        for condition in &field.asserts {
            // An assertion may be of the field itself.
            names(condition, list, at + 1)?;
        }
    }
    Ok(())
}

/// What `condition`, which is looked at when the first `read` fields are known, names among them are numbers.
fn names(condition: &Expr, list: &[Field], read: usize) -> Result<()> {
    for name in idents(quote::quote!(#condition)) {
        let Some(found) = list.iter().position(|other| other.local == name && other.member.is_some()) else {
            continue;
        };
        if found >= read {
            return Err(not_read(&name));
        }
        // Of itself, an optional field says what holds if it is there.
        let own = found + 1 == read && list[found].asserts.iter().any(|own| std::ptr::eq(own, condition));
        // How many elements there are is known of any holder.
        let known = list[found].is_plain() || matches!(list[found].kind, Kind::Seq { .. });
        if !known || (list[found].presence.is_some() && !own) {
            return Err(no_bytes(&name));
        }
    }
    Ok(())
}

/// The conditions of a type or a variant are of what was given: no field has been read.
pub(crate) fn before_fields(asserts: &[Expr], list: &[Field]) -> Result<()> {
    for name in asserts.iter().flat_map(|condition| idents(quote::quote!(#condition))) {
        if list.iter().any(|field| field.member.is_some() && field.local == name) {
            return Err(Error::new(
                name.span(),
                format!("no field has been read here: write the assertion on `{name}` or behind it"),
            ));
        }
    }
    Ok(())
}

/// The bits of `mask` can be set in the field `flags` when the message is written.
fn has_bits(field: &Field, flags: &Ident, mask: &Expr) -> Result<()> {
    let bits = match &field.kind {
        _ if field.presence.is_some() => return Err(no_bytes(flags)),
        Kind::Number { number, map: None } if !number.is_float() && !number.is_signed() => match number.wide {
            Wide::Bytes(bytes) => 8 * bytes,
            Wide::Varint { width, .. } | Wide::Zigzag { width, .. } => 7 * width,
        },
        Kind::Bits { bits, value: Bits::Number { map: None, .. } } => *bits,
        Kind::Tag => return Err(Error::new(flags.span(), "a tag has no bits that are set for a field")),
        _ => {
            return Err(Error::new(
                flags.span(),
                format!(
                    "the bit is set in `{flags}` when the message is written: that has to be a number without a sign, as it stands on the wire"
                ),
            ));
        }
    };
    match eval(mask) {
        Some(mask_bits) if mask_bits == 0 || (bits < 64 && mask_bits >> bits != 0) => {
            Err(Error::new_spanned(mask, format!("no bit of `{flags}`, which has {bits}")))
        }
        _ => Ok(()),
    }
}

fn not_read(name: &Ident) -> Error {
    Error::new(name.span(), format!("`{name}` has not been read here: it has to stand in front"))
}

fn no_bytes(name: &Ident) -> Error {
    Error::new(
        name.span(),
        format!("an expression names fields that are numbers; `{name}` is not, or not always there"),
    )
}

/// All words in an expression that can be variables: no members, methods or parts of paths.
fn idents(tokens: TokenStream) -> Vec<Ident> {
    use proc_macro2::{Spacing, TokenTree};
    let mut found = Vec::new();
    let mut part = false;
    let mut joint = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let behind = std::mem::take(&mut part);
        let was_joint = std::mem::take(&mut joint);
        match token {
            TokenTree::Ident(ident) => {
                let path = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
                if !behind && !path {
                    found.push(ident);
                }
            }
            TokenTree::Group(group) => found.extend(idents(group.stream())),
            TokenTree::Punct(punct) => {
                joint = punct.spacing() == Spacing::Joint;
                // The second dot of a range is followed by an end, not a member.
                part = match punct.as_char() {
                    '.' => !was_joint && !joint,
                    ':' => was_joint,
                    _ => false,
                };
            }
            TokenTree::Literal(_) => {}
        }
    }
    found
}
