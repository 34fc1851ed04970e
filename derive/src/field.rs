//! One field: what it is on the wire.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{BinOp, Error, Expr, GenericArgument, Lit, Member, PathArguments, Result, Token, Type};

use crate::attrs::{self, Attrs, inside};
use crate::model::{Scope, docs, holds};
use crate::number::{Number, bits_of, eval, int, limit, ungrouped, word};

/// A field of a message, or a constant or length that was said of the type.
pub(crate) struct Field {
    /// What it is called in the program; `None` if it is only on the wire.
    pub(crate) member: Option<Member>,
    /// The variable that holds it in generated code.
    pub(crate) local: Ident,
    /// What it is called in errors.
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) span: Span,
    /// Its type; of an `Option`, what is in it.
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
    pub(crate) presence: Option<Presence>,
    pub(crate) asserts: Vec<Expr>,
}

pub(crate) enum Kind {
    Number {
        number: Number,
        map: Option<Map>,
    },
    Bool,
    /// Bits of a group that is made of whole bytes.
    Bits {
        bits: usize,
        value: Bits,
    },
    /// `[u8; N]`.
    Array(Expr),
    Bytes {
        text: bool,
        extent: Extent,
        /// What is true of each byte.
        each: Option<Expr>,
    },
    Seq {
        element: Type,
        extent: Extent,
        max: Option<Expr>,
        give: Vec<Ident>,
    },
    Check {
        algorithm: Type,
        range: Cover,
        big: bool,
    },
    Computed {
        number: Number,
        role: Role,
    },
    Constant(Vec<u8>),
    Pad {
        bytes: usize,
        ignore: bool,
    },
    Align {
        to: usize,
        ignore: bool,
    },
    Nested {
        extent: Option<Extent>,
        tag: Option<Ident>,
        give: Vec<Ident>,
    },
    /// The tag that an unknown variant keeps.
    Tag,
}

impl Kind {
    /// What it is called in errors, and the attributes that mean something for it.
    fn known(&self) -> (&'static str, &'static str) {
        match self {
            Self::Number { .. } => {
                ("a number", "big, little, width, varint, zigzag, minimal, bits, map(…), try_map(…), ")
            }
            Self::Bool => ("a `bool`", "bits, "),
            Self::Bits { value: Bits::Number { .. }, .. } => ("a bit field", "bits, map(…), try_map(…), "),
            Self::Bits { value: Bits::Constant(_) | Bits::Ignored, .. } => ("bits of `()`", "bits, magic, ignore, "),
            Self::Bits { .. } => ("a bit field", "bits, "),
            Self::Array(_) => ("an array", ""),
            Self::Bytes { text: false, .. } => ("bytes", "len, max, nul, rest, each, big, little, "),
            Self::Bytes { .. } => ("text", "len, max, nul, rest, each, big, little, "),
            Self::Seq { .. } => ("a `Seq`", "count, len, max, rest, last, give(…), big, little, "),
            Self::Check { .. } => {
                ("a checksum", "check(…), crc32c(…), crc32(…), internet(…), adler32(…), big, little, ")
            }
            Self::Computed { .. } => ("a computed number", "big, little, width, varint, minimal, bits, frame(…), "),
            Self::Constant(_) | Self::Pad { .. } | Self::Align { .. } => {
                ("`()`", "magic, bits, pad, align, ignore, big, little, ")
            }
            Self::Nested { .. } => ("a nested message", "len, max, rest, tag, give(…), "),
            Self::Tag => ("the tag", ""),
        }
    }

    /// Whether a number of several bytes stands in it or in front of it, whose order can be said.
    fn has_order(&self) -> bool {
        match self {
            Self::Number { number, .. } | Self::Computed { number, .. } => number.bytes().is_some(),
            Self::Check { .. } | Self::Constant(_) => true,
            Self::Bytes { extent, .. } | Self::Seq { extent, .. } | Self::Nested { extent: Some(extent), .. } => {
                matches!(extent, Extent::Prefix { number, .. } if number.bytes().is_some())
            }
            _ => false,
        }
    }

    /// Whether the program sees a value that can be something else.
    fn has_value(&self) -> bool {
        !matches!(
            self,
            Self::Check { .. }
                | Self::Computed { .. }
                | Self::Constant(_)
                | Self::Pad { .. }
                | Self::Align { .. }
                | Self::Bits { value: Bits::Computed { .. } | Bits::Constant(_) | Bits::Ignored, .. }
        )
    }
}

/// What the bits of a bit field are.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Bits {
    Number { ty: Ident, map: Option<Map> },
    Bool,
    Computed { role: Role },
    Constant(u64),
    Ignored,
}

/// Where a field of bytes, or a region, ends.
#[derive(Clone)]
pub(crate) enum Extent {
    /// A number in front of it.
    Prefix { number: Number, max: Expr, counts: bool },
    /// An earlier field.
    Named { field: Ident, max: Expr, counts: bool },
    /// So many bytes.
    Fixed(usize),
    /// A NUL behind it.
    Nul { max: Expr },
    /// The end of the region.
    Rest,
    /// The first element of which this is true.
    Last(Expr),
}

/// What a computed field says.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Role {
    /// Not known yet: the field that names it comes later.
    Open,
    /// The length of that field, in bytes.
    Length(usize),
    /// The number of elements of that field.
    Count(usize),
    /// The tag of that field.
    Tag(usize),
    /// The length of the frame: of all of it, or of what stands behind.
    Frame { all: bool, max: Expr },
}

/// When an optional field is there.
pub(crate) enum Presence {
    /// If a bit of an earlier field is set: it is set when the message is written.
    Bit {
        field: Ident,
        mask: Expr,
    },
    If(Expr),
    /// If anything is left.
    More,
}

/// A domain type over a number.
#[derive(Clone)]
pub(crate) struct Map {
    pub(crate) read: Expr,
    pub(crate) write: Expr,
    pub(crate) fallible: bool,
}

/// What a checksum is of.
pub(crate) struct Cover {
    pub(crate) from: Option<Ident>,
    pub(crate) to: Option<Ident>,
    pub(crate) zeroed: bool,
}

impl Field {
    /// A field that is not in the program.
    pub(crate) fn synthetic(name: &str, span: Span, kind: Kind) -> Self {
        let local = format_ident!("__{}", name, span = span);
        let ty = syn::parse_quote!(());
        Self {
            member: None,
            local,
            name: name.to_owned(),
            docs: String::new(),
            span,
            ty,
            kind,
            presence: None,
            asserts: Vec::new(),
        }
    }

    pub(crate) fn read(
        index: usize,
        field: &syn::Field,
        alone: bool,
        before: &[Self],
        scope: &Scope<'_>,
        tag: Option<&Number>,
    ) -> Result<Self> {
        let (member, local, name) = match &field.ident {
            Some(ident) => {
                (Member::Named(ident.clone()), ident.clone(), ident.to_string().trim_start_matches("r#").to_owned())
            }
            // Alone, it is called by what it is.
            None if alone => {
                (Member::Unnamed(index.into()), format_ident!("value", span = field.ty.span()), "value".to_owned())
            }
            None => (
                Member::Unnamed(index.into()),
                format_ident!("field_{index}", span = field.ty.span()),
                index.to_string(),
            ),
        };
        if name.starts_with("__") {
            return Err(Error::new(
                local.span(),
                "names with `__` in front are those of generated code: write one, as in `_reserved`",
            ));
        }
        if let Some((given, _)) = scope.given.iter().find(|(given, _)| *given == local) {
            return Err(Error::new(
                local.span(),
                format!("`{given}` is what is given to the type: the field needs another name"),
            ));
        }
        let mut attrs = Attrs::read(&field.attrs, local.span())?;
        let order = attrs.named("big").or(attrs.named("little")).cloned();
        let asserted = attrs.named("assert").cloned();
        let asserts = asserts(&mut attrs)?;
        let presence = presence(&mut attrs, scope)?;
        let optional = inner(&field.ty, "Option");
        let ty = match (&presence, optional) {
            (Some(_), Some(inner)) => inner.clone(),
            (None, Some(_)) => {
                return Err(Error::new_spanned(
                    &field.ty,
                    "when is it there? Write `#[wire(if = flags & 1 != 0)]`, `since = 3`, `until = 5` or `more`",
                ));
            }
            (Some(_), None) => {
                let ty = &field.ty;
                let shown = quote::quote!(#ty).to_string().replace(' ', "");
                return Err(Error::new_spanned(
                    ty,
                    format!("what is not always there is an `Option`: write `Option<{shown}>`"),
                ));
            }
            (None, None) => field.ty.clone(),
        };
        let ty = ungrouped(&ty).clone();
        let kind = kind(&ty, &mut attrs, scope, tag, local.span())?;
        let (what, known) = kind.known();
        attrs.finish(what, &format!("{known}if, since, until, more, assert"))?;
        if let Some(order) = order.filter(|_| !kind.has_order()) {
            let why = match kind {
                Kind::Bits { .. } => "bit fields lie in the byte order of the type: write it there",
                Kind::Nested { .. } => "a nested type says itself in which byte order it is",
                _ => "nothing here has a byte order",
            };
            return Err(Error::new(order.span(), why));
        }
        if let Some(asserted) = asserted.filter(|_| !kind.has_value()) {
            return Err(Error::new(
                asserted.span(),
                "nothing is stored here that could be asserted: write it on the field that it is about",
            ));
        }
        let span = local.span();
        let read =
            Self { member: Some(member), local, name, docs: docs(&field.attrs), span, ty, kind, presence, asserts };
        read.check_place(before)?;
        Ok(read)
    }

    /// What no field of its kind may be where it stands.
    fn check_place(&self, before: &[Self]) -> Result<()> {
        if let Some(rest) = before.iter().find(|field| field.is_rest()) {
            return Err(Error::new(
                rest.span,
                format!("`{}` takes the `rest`, which leaves nothing for `{}`: write `len = …`", rest.name, self.name),
            ));
        }
        if self.presence.is_some()
            && matches!(self.kind, Kind::Bits { .. } | Kind::Computed { .. } | Kind::Check { .. } | Kind::Tag)
        {
            return Err(Error::new(self.span, "bit fields, computed fields and checksums are always there"));
        }
        if let Some(more) = before.iter().find(|field| field.is_more() && !self.is_more()) {
            return Err(Error::new(
                self.span,
                format!("`{}` may be where the message ends: what follows it is `more`, too", more.name),
            ));
        }
        Ok(())
    }

    /// The member bound to its variable, as in a pattern; or made of it, as in an expression.
    pub(crate) fn binding(&self) -> Option<TokenStream> {
        let (member, local) = (self.member.as_ref()?, &self.local);
        Some(match member {
            Member::Named(name) if name == local => quote::quote!(#local),
            _ => quote::quote!(#member: #local),
        })
    }

    /// Whether it takes all there is.
    pub(crate) fn is_rest(&self) -> bool {
        match &self.kind {
            Kind::Bytes { extent, .. } | Kind::Seq { extent, .. } => matches!(extent, Extent::Rest),
            Kind::Nested { extent, .. } => matches!(extent, Some(Extent::Rest)),
            _ => false,
        }
    }

    /// Whether it is there only if anything is left.
    pub(crate) fn is_more(&self) -> bool {
        matches!(self.presence, Some(Presence::More))
    }

    /// Whether it takes as many bytes in each message.
    pub(crate) fn is_fixed(&self) -> bool {
        self.presence.is_none()
            && match &self.kind {
                Kind::Number { number, .. } | Kind::Computed { number, .. } => number.bytes().is_some(),
                Kind::Bool | Kind::Bits { .. } | Kind::Constant(_) | Kind::Pad { .. } => true,
                Kind::Array(len) => int(len).is_some(),
                _ => false,
            }
    }

    /// Whether it can be named in expressions: it is read, holds no bytes, and is a plain value.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(
            self.kind,
            Kind::Number { .. }
                | Kind::Bool
                | Kind::Array(_)
                | Kind::Tag
                | Kind::Bits { value: Bits::Number { .. } | Bits::Bool, .. }
        )
    }
}

/// What a field of type `ty` is.
fn kind(ty: &Type, attrs: &mut Attrs, scope: &Scope<'_>, tag: Option<&Number>, span: Span) -> Result<Kind> {
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

fn computed(number: &Type, attrs: &mut Attrs, big: bool) -> Result<Kind> {
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

fn unit(attrs: &mut Attrs, big: bool, span: Span) -> Result<Kind> {
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

fn seq(ty: &Type, args: &[&Type], attrs: &mut Attrs, scope: &Scope<'_>, big: bool, span: Span) -> Result<Kind> {
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
fn elements(attrs: &mut Attrs) -> Result<Option<Expr>> {
    let Some((_, max)) = attrs.value("max", "max = 64")? else { return Ok(None) };
    let max = limit(max);
    countable(&max)?;
    Ok(Some(max))
}

/// Elements are counted in 32 bits.
fn countable(max: &Expr) -> Result<()> {
    match eval(max) {
        Some(number) if number > u32::MAX.into() => {
            Err(Error::new_spanned(max, "elements are counted in 32 bits: write at most `max = 0xffff_ffff`"))
        }
        _ => Ok(()),
    }
}

fn nested(ty: &Type, attrs: &mut Attrs, scope: &Scope<'_>, big: bool) -> Result<Kind> {
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
fn names_a_message(ty: &Type, scope: &Scope<'_>) -> Result<()> {
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

fn bytes_extent(attrs: &mut Attrs, big: bool, span: Span) -> Result<Extent> {
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
fn each(attrs: &mut Attrs) -> Result<Option<Expr>> {
    Ok(attrs.value("each", "each = u8::is_ascii")?.map(|(_, each)| each))
}

/// `len = …` or `count = …`, with its `max`.
fn extent(attrs: &mut Attrs, what: &str, big: bool) -> Result<Option<Extent>> {
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

fn no_prefix(what: &str) -> String {
    let number = if what == "len" { ", a number" } else { "" };
    format!(
        "write a type (`{what} = u16`; there are `u8`, `u16`, `u24`, `u32`, `u40`, `u48`, `u56`, `u64`, `varint` and `varint(4)`, of 1 to 10 bytes){number} or the name of an earlier field"
    )
}

/// Whether it is the name of a primitive type, or looks like one.
fn is_primitive(word: &Ident) -> bool {
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

/// The byte order, if it is said.
pub(crate) fn order(attrs: &mut Attrs) -> Result<Option<bool>> {
    match (attrs.flag("big")?, attrs.flag("little")?) {
        (Some(_), Some(name)) => Err(Error::new(name.span(), "either `big` or `little`")),
        (big, little) => Ok(big.map(|_| true).or(little.map(|_| false))),
    }
}

fn bits(attrs: &mut Attrs) -> Result<Option<(Span, usize)>> {
    match attrs.value("bits", "bits = 4")? {
        None => Ok(None),
        Some((_, value)) => match int(&value) {
            Some(bits) if bits > 0 => Ok(Some((value.span(), bits))),
            _ => Err(Error::new_spanned(value, "a number of bits, written out: `bits = 4`")),
        },
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

fn presence(attrs: &mut Attrs, scope: &Scope<'_>) -> Result<Option<Presence>> {
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
fn bit(condition: &Expr) -> Option<(Ident, Expr)> {
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

fn give(attrs: &mut Attrs) -> Result<Vec<Ident>> {
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

fn map(attrs: &mut Attrs) -> Result<Option<(Type, Map)>> {
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
const CHECKS: [&str; 5] = ["check", "crc32c", "crc32", "internet", "adler32"];

/// `check(first..=last, zeroed)`, or one that is called after its algorithm.
fn cover(attrs: &mut Attrs) -> Result<Option<(Ident, Cover)>> {
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

/// `name = value` inside of `frame(…)`.
struct Pair(Ident, Option<Expr>);

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
fn frame_role(
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

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The argument of `name<T>`.
fn inner<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    arguments(ty, name)?.first().copied()
}

fn arguments<'t>(ty: &'t Type, name: &str) -> Option<Vec<&'t Type>> {
    let Type::Path(path) = ungrouped(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(args) = &last.arguments else { return None };
    Some(args.args.iter().filter_map(|arg| if let GenericArgument::Type(ty) = arg { Some(ty) } else { None }).collect())
}
