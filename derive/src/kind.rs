//! What a field is, by its type and its attributes.

use proc_macro2::{Ident, Span};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, GenericArgument, PathArguments, Result, Token, Type};

use crate::attrs::Attrs;
use crate::field::*;
use crate::frame::{Pair, constant, frame_role};
use crate::model::{Scope, holds};
use crate::number::{Number, bits_of, eval, int, limit, ungrouped, word};

use crate::said::*;

/// What a field of type `ty` is.
pub(crate) fn kind(ty: &Type, attrs: &mut Attrs, scope: &Scope<'_>, tag: Option<&Number>, span: Span) -> Result<Kind> {
    let big = order(attrs)?.unwrap_or(scope.big);
    if attrs.is_flag("tag") {
        let Some(name) = attrs.flag("tag")? else { unreachable!("just seen") };
        let Some(tag) = tag else {
            return Err(Error::new(
                name.span(),
                "`tag` alone is for the variant that is `unknown`: here, `tag = name` of an earlier field",
            ));
        };
        if word(ty).is_none_or(|word| *word != tag.ty) {
            return Err(Error::new_spanned(ty, format!("the tag is a `{0}`: write `{0}`", tag.ty)));
        }
        return Ok(Kind::Tag);
    }
    if let Some((name, range)) = cover(attrs)? {
        let Some(algorithm) = inner(ty, "Check") else {
            return Err(Error::new_spanned(ty, "a checksum is a `Check<Crc32c>`, or of another `Checksum`"));
        };
        let said = word(algorithm).map(|word| word.to_string().to_lowercase());
        if name != "check" && said.is_some_and(|said| name != said) {
            return Err(Error::new(name.span(), "the algorithm is another one here: write `check(…)`"));
        }
        return Ok(Kind::Check { algorithm: algorithm.clone(), range, big });
    }
    if inner(ty, "Check").is_some() {
        return Err(Error::new_spanned(
            ty,
            "which bytes is it of? Write `#[wire(check(first..=last))]` or `check(..)`",
        ));
    }
    if let Some(number) = inner(ty, "Computed") {
        return computed(number, attrs, big);
    }
    if is_unit(ty) {
        return unit(attrs, big, span);
    }
    if let Type::Array(array) = ty {
        if word(&array.elem).is_some_and(|word| word == "u8") {
            return Ok(Kind::Array(array.len.clone()));
        }
        return Err(Error::new_spanned(
            ty,
            "an array is of bytes: `[u8; 16]`; of anything else, `Seq<B, Element<Span>>`",
        ));
    }
    if scope.holder.is_some() && word(ty) == scope.holder {
        return Ok(Kind::Bytes { text: false, extent: bytes_extent(attrs, big, span)?, each: each(attrs)? });
    }
    if let Some(held) = inner(ty, "Text") {
        if word(held) != scope.holder {
            return Err(Error::new_spanned(held, "text is held as all bytes of the message are: `Text<B>`"));
        }
        return Ok(Kind::Bytes { text: true, extent: bytes_extent(attrs, big, span)?, each: each(attrs)? });
    }
    if let Some(args) = arguments(ty, "Seq") {
        return seq(ty, &args, attrs, scope, big, span);
    }
    let map = map(attrs)?;
    let wire = match &map {
        Some((wire, _)) => wire.clone(),
        None => ty.clone(),
    };
    let map = map.map(|(_, map)| map);
    let bits = bits(attrs)?;
    match (word(&wire), bits) {
        (Some(word), Some(bits)) if word == "bool" && map.is_none() => {
            if bits.1 != 1 {
                return Err(Error::new(bits.0, "a `bool` has one bit"));
            }
            Ok(Kind::Bits { bits: 1, value: Bits::Bool })
        }
        (Some(word), Some((at, bits))) if bits_of(word).is_some() => {
            let has = bits_of(word).unwrap_or(0);
            if word.to_string().starts_with(['f', 'i']) {
                return Err(Error::new_spanned(wire, "a bit field is a number without a sign, or a `bool`"));
            }
            if bits > has {
                return Err(Error::new(at, format!("`{word}` has {has} bits: write at most so many, or a wider type")));
            }
            if bits > 64 {
                return Err(Error::new(at, "a bit field has at most 64 bits"));
            }
            Ok(Kind::Bits { bits, value: Bits::Number { ty: word.clone(), map } })
        }
        (_, Some((at, _))) => Err(Error::new(at, "a bit field is a number without a sign, or a `bool`")),
        (Some(word), None) if word == "bool" && map.is_none() => Ok(Kind::Bool),
        (Some(word), None) if bits_of(word).is_some() => {
            Ok(Kind::Number { number: Number::field(word, attrs, big)?, map })
        }
        (Some(word), None) if word == "usize" || word == "isize" || word == "char" || word == "String" => {
            Err(Error::new_spanned(
                &wire,
                format!("`{word}` has no size on the wire: write `u32`, `Text<B>` or another type of the format"),
            ))
        }
        _ if map.is_some() => Err(Error::new_spanned(wire, "a number is mapped: write `map(u32, read, write)`")),
        (None, None) | (Some(_), None) => nested(ty, attrs, scope, big),
    }
}

pub(crate) fn computed(number: &Type, attrs: &mut Attrs, big: bool) -> Result<Kind> {
    let Some(word) = word(number).filter(|word| bits_of(word).is_some() && word.to_string().starts_with('u')) else {
        return Err(Error::new_spanned(number, "a length, count or tag is a number without a sign: `Computed<u16>`"));
    };
    if let Some((at, bits)) = bits(attrs)? {
        let has = bits_of(word).unwrap_or(0).min(64);
        if bits > has {
            return Err(Error::new(at, format!("`{word}` has {has} bits: write at most so many, or a wider type")));
        }
        if let Some(frame) = attrs.named("frame") {
            return Err(Error::new(frame.span(), "the length of a frame has bytes of its own: leave `bits` out"));
        }
        return Ok(Kind::Bits { bits, value: Bits::Computed { role: Role::Open } });
    }
    if word == "u128" {
        return Err(Error::new_spanned(number, "a length, count or tag has at most 64 bits"));
    }
    let number = Number::field(word, attrs, big)?;
    const EXAMPLE: &str = "frame(counts = after, max = 1 << 20)";
    let role = match attrs
        .list("frame", EXAMPLE, |input: ParseStream<'_>| Punctuated::<Pair, Token![,]>::parse_terminated(input))?
    {
        None => Role::Open,
        Some((name, pairs)) => frame_role(&name, pairs, EXAMPLE, false)?.0,
    };
    Ok(Kind::Computed { number, role })
}

pub(crate) fn unit(attrs: &mut Attrs, big: bool, span: Span) -> Result<Kind> {
    let ignore = attrs.flag("ignore")?;
    let magic = attrs.value("magic", "magic = 7_u8")?;
    if let (Some(ignore), Some(_)) = (&ignore, &magic) {
        return Err(Error::new(ignore.span(), "a constant is checked: leave out `ignore`, or `magic`"));
    }
    let ignore = ignore.is_some();
    if let Some((at, bits)) = bits(attrs)? {
        if bits > 64 {
            return Err(Error::new(at, "a bit field has at most 64 bits"));
        }
        let value = match &magic {
            None if ignore => Bits::Ignored,
            None => Bits::Constant(0),
            Some((_, value)) => match int(value) {
                Some(value) if bits >= 64 || value >> bits == 0 => Bits::Constant(value as u64),
                _ => {
                    return Err(Error::new_spanned(
                        value,
                        format!(
                            "a constant of {bits} bits is a number below 2 to the {bits}, written out: `magic = 1`"
                        ),
                    ));
                }
            },
        };
        return Ok(Kind::Bits { bits, value });
    }
    if let Some((_, value)) = magic {
        return Ok(Kind::Constant(constant(&value, big)?));
    }
    let number = |name: &Ident, value: &Expr| {
        int(value).filter(|&value| (1..=1 << 16).contains(&value)).ok_or_else(|| {
            Error::new_spanned(value, format!("a number of bytes, 1 to 65536, written out: `{name} = 4`"))
        })
    };
    if let Some((name, value)) = attrs.value("pad", "pad = 3")? {
        return Ok(Kind::Pad { bytes: number(&name, &value)?, ignore });
    }
    if let Some((name, value)) = attrs.value("align", "align = 4")? {
        return Ok(Kind::Align { to: number(&name, &value)?, ignore });
    }
    Err(Error::new(span, "what stands there? Write `magic = …`, `bits = 3`, `pad = 3` or `align = 4`"))
}

pub(crate) fn seq(
    ty: &Type,
    args: &[&Type],
    attrs: &mut Attrs,
    scope: &Scope<'_>,
    big: bool,
    span: Span,
) -> Result<Kind> {
    let (Some(&held), Some(&element)) = (args.first(), args.get(1)) else {
        return Err(Error::new_spanned(ty, "write `Seq<B, Element<Span>>`"));
    };
    if scope.holder.is_none() || word(held) != scope.holder {
        return Err(Error::new_spanned(
            held,
            "the elements are held as all bytes of the message are: `Seq<B, Element<Span>>`",
        ));
    }
    if holds(element, scope.holder) {
        return Err(Error::new_spanned(
            element,
            "the element is named by its `Span` instance: `Seq<B, Element<Span>>`",
        ));
    }
    let give = give(attrs)?;
    let (extent, max) = if let Some((_, path)) = attrs.value("last", "last = Label::is_last")? {
        let Some(max) = elements(attrs)? else {
            return Err(Error::new_spanned(path, "how many are there at most? Write `last = …, max = 128`"));
        };
        (Extent::Last(path), Some(max))
    } else if let Some(extent) = extent(attrs, "count", big)? {
        if let Extent::Prefix { max, .. } | Extent::Named { max, .. } = &extent {
            countable(max)?;
        }
        (extent, None)
    } else if let Some(extent) = extent(attrs, "len", big)? {
        (extent, None)
    } else if attrs.flag("rest")?.is_some() {
        (Extent::Rest, elements(attrs)?)
    } else {
        return Err(Error::new(
            span,
            "how many are there? Write `count = u16, max = 64`, `len = u16, max = 1000` (bytes), `rest` or `last = …`",
        ));
    };
    Ok(Kind::Seq { element: element.clone(), extent, max, give })
}

/// The `max` of a number of elements.
pub(crate) fn elements(attrs: &mut Attrs) -> Result<Option<Expr>> {
    let Some((_, max)) = attrs.value("max", "max = 64")? else { return Ok(None) };
    let max = limit(max);
    countable(&max)?;
    Ok(Some(max))
}

/// Elements are counted in 32 bits.
pub(crate) fn countable(max: &Expr) -> Result<()> {
    match eval(max) {
        Some(number) if number > u32::MAX.into() => {
            Err(Error::new_spanned(max, "elements are counted in 32 bits: write at most `max = 0xffff_ffff`"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn nested(ty: &Type, attrs: &mut Attrs, scope: &Scope<'_>, big: bool) -> Result<Kind> {
    names_a_message(ty, scope)?;
    let tag = match attrs.value("tag", "tag = name")? {
        None => None,
        Some((_, Expr::Path(path))) if path.path.get_ident().is_some() => path.path.get_ident().cloned(),
        Some((_, value)) => return Err(Error::new_spanned(value, "the name of an earlier field: `tag = kind`")),
    };
    let give = give(attrs)?;
    let extent = match extent(attrs, "len", big)? {
        Some(extent) => Some(extent),
        None => attrs.flag("rest")?.map(|_| Extent::Rest),
    };
    Ok(Kind::Nested { extent, tag, give })
}

/// What a type that is no number, bytes or `Seq` has to look like.
pub(crate) fn names_a_message(ty: &Type, scope: &Scope<'_>) -> Result<()> {
    const BYTES: &str =
        "bytes are held by the type parameter: write `struct Name<B>` and a field of type `B`, or `Text<B>`";
    let Type::Path(path) = ty else {
        return Err(Error::new_spanned(
            ty,
            match ty {
                Type::Reference(_) | Type::Slice(_) | Type::Ptr(_) => BYTES,
                Type::Tuple(_) => "a tuple has no place on the wire: write a field for each part",
                _ => {
                    "the type of a field is a number, `bool`, `[u8; N]`, `B`, `Text<B>`, `Seq<B, E<Span>>`, `Option<T>`, `Check<A>`, `Computed<u16>`, `()` or another declared type"
                }
            },
        ));
    };
    let Some(last) = path.path.segments.last() else { return Ok(()) };
    if ["Bytes", "BytesMut", "Span", "Vec", "Box", "Payload", "Cow", "Arc", "Rc"].iter().any(|name| last.ident == name)
    {
        let list = last.ident == "Vec"
            && arguments(ty, "Vec").is_some_and(|args| word(args[0]).is_none_or(|word| word != "u8"));
        return Err(Error::new_spanned(
            ty,
            if list { "what repeats is a `Seq`: write `Seq<B, Element<Span>>`" } else { BYTES },
        ));
    }
    if last.ident == "Text" {
        return Err(Error::new_spanned(ty, "text says what holds it: write `Text<B>`"));
    }
    if last.ident == "Seq" {
        return Err(Error::new_spanned(ty, "write `Seq<B, Element<Span>>`"));
    }
    match &last.arguments {
        PathArguments::AngleBracketed(args) if !args.args.is_empty() && !holds(ty, scope.holder) => Err(
            Error::new_spanned(&args.args, "a nested message is held as this one is: write the type parameter, `B`"),
        ),
        _ => Ok(()),
    }
}

pub(crate) fn bytes_extent(attrs: &mut Attrs, big: bool, span: Span) -> Result<Extent> {
    if let Some(name) = attrs.flag("nul")? {
        let Some((_, max)) = attrs.value("max", "max = 255")? else {
            return Err(Error::new(name.span(), "how long is it at most? Write `nul, max = 255`"));
        };
        return Ok(Extent::Nul { max: limit(max) });
    }
    if attrs.flag("rest")?.is_some() {
        return Ok(Extent::Rest);
    }
    if let Some((name, _)) = attrs.value("count", "count = u16")? {
        return Err(Error::new(name.span(), "bytes have a `len`; elements of a `Seq` have a `count`"));
    }
    extent(attrs, "len", big)?.ok_or_else(|| {
        Error::new(span, "where does it end? Write `#[wire(len = u16, max = 1000)]`, `len = 16`, `nul` or `rest`")
    })
}

/// What is true of each byte of a field.
pub(crate) fn each(attrs: &mut Attrs) -> Result<Option<Expr>> {
    Ok(attrs.value("each", "each = u8::is_ascii")?.map(|(_, each)| each))
}

/// `len = …` or `count = …`, with its `max`.
pub(crate) fn extent(attrs: &mut Attrs, what: &str, big: bool) -> Result<Option<Extent>> {
    let counts = what == "count";
    let Some((name, value)) = attrs.value(what, &format!("{what} = u16"))? else { return Ok(None) };
    if let Some(len) = int(&value) {
        if counts {
            return Err(Error::new_spanned(
                value,
                "a count that is always the same is no count: write so many fields, or `len = …` in bytes",
            ));
        }
        if let Some(max) = attrs.named("max") {
            return Err(Error::new(max.span(), format!("it always has {len} bytes: leave `max` out")));
        }
        return Ok(Some(Extent::Fixed(len)));
    }
    if let Some(number) = Number::prefix(&value, big) {
        let max = max(attrs, &name, &number)?;
        return Ok(Some(Extent::Prefix { number, max, counts }));
    }
    match &value {
        Expr::Path(path) if path.path.get_ident().is_some_and(is_primitive) => {
            Err(Error::new_spanned(&value, no_prefix(what)))
        }
        Expr::Path(path) if path.path.get_ident().is_some() => {
            let Some(field) = path.path.get_ident().cloned() else { unreachable!("just seen") };
            let max = match attrs.value("max", "max = 1000")? {
                Some((_, max)) => limit(max),
                // Whether it needs one is known when the field is.
                None => syn::parse_quote_spanned!(name.span()=> __missing),
            };
            Ok(Some(Extent::Named { field, max, counts }))
        }
        _ => Err(Error::new_spanned(value, no_prefix(what))),
    }
}

pub(crate) fn no_prefix(what: &str) -> String {
    let number = if what == "len" { ", a number" } else { "" };
    format!(
        "write a type (`{what} = u16`; there are `u8`, `u16`, `u24`, `u32`, `u40`, `u48`, `u56`, `u64`, `varint` and `varint(4)`, of 1 to 10 bytes){number} or the name of an earlier field"
    )
}

/// Whether it is the name of a primitive type, or looks like one.
pub(crate) fn is_primitive(word: &Ident) -> bool {
    let text = word.to_string();
    let digits = text.strip_prefix(['u', 'i', 'f']).unwrap_or("");
    let sized = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    sized || ["usize", "isize", "bool", "char", "str", "varint"].iter().any(|other| word == other)
}

/// The `max` of what `number` counts.
pub(crate) fn max(attrs: &mut Attrs, name: &Ident, number: &Number) -> Result<Expr> {
    match attrs.value("max", "max = 1000")? {
        Some((_, max)) => Ok(limit(max)),
        None if number.is_small() => Ok(syn::parse_quote!(255)),
        None => Err(Error::new(
            name.span(),
            format!("a peer may claim anything: write `max` beside `{name}`, such as `{name} = …, max = 1000`"),
        )),
    }
}

pub(crate) fn bits(attrs: &mut Attrs) -> Result<Option<(Span, usize)>> {
    match attrs.value("bits", "bits = 4")? {
        None => Ok(None),
        Some((_, value)) => match int(&value) {
            Some(bits) if bits > 0 => Ok(Some((value.span(), bits))),
            _ => Err(Error::new_spanned(value, "a number of bits, written out: `bits = 4`")),
        },
    }
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The argument of `name<T>`.
pub(crate) fn inner<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    arguments(ty, name)?.first().copied()
}

pub(crate) fn arguments<'t>(ty: &'t Type, name: &str) -> Option<Vec<&'t Type>> {
    let Type::Path(path) = ungrouped(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(args) = &last.arguments else { return None };
    Some(args.args.iter().filter_map(|arg| if let GenericArgument::Type(ty) = arg { Some(ty) } else { None }).collect())
}
