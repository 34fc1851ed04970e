//! A declaration as it is understood: what each field is on the wire. Whatever cannot be is refused here, at the word that is wrong.

use proc_macro2::{Ident, Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, GenericParam, Lit, Meta, Path, Result, Type};

use crate::attrs::{Arg, Attrs};
use crate::field::{Field, Kind, Role};
use crate::number::{Number, eval};
use crate::resolve;
use crate::{frame, kind, said};

/// What `#[derive(Wire)]` stands on.
pub(crate) struct Declaration {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    /// The type parameter that holds bytes.
    pub(crate) holder: Option<Ident>,
    /// Where wireview is.
    pub(crate) krate: Path,
    pub(crate) big: bool,
    pub(crate) lsb: bool,
    /// `Display` is written by hand.
    pub(crate) no_display: bool,
    pub(crate) frame: Option<Frame>,
    pub(crate) given: Vec<(Ident, Type)>,
    pub(crate) asserts: Vec<Expr>,
    pub(crate) body: Body,
}

/// How the end of a frame is found.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Frame {
    /// By the field of that index, among those of the struct.
    Length(usize),
    /// By reading all of it, up to so many bytes.
    Scan(Expr),
}

pub(crate) enum Body {
    Struct(Fields),
    Enum(Union),
}

/// The fields of a struct or of a variant.
pub(crate) struct Fields {
    /// In the order of the wire. Those without a member are constants and lengths that were said of the type.
    pub(crate) list: Vec<Field>,
}

pub(crate) struct Union {
    pub(crate) tag: Number,
    /// A length behind the tag.
    pub(crate) len: Option<(Number, Expr)>,
    pub(crate) variants: Vec<Variant>,
}

pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    /// `None`: all that have no variant of their own.
    pub(crate) tag: Option<Expr>,
    pub(crate) asserts: Vec<Expr>,
    pub(crate) fields: Fields,
}

/// What a declaration says of its fields as a whole.
pub(crate) struct Scope<'a> {
    pub(crate) holder: Option<&'a Ident>,
    pub(crate) big: bool,
    pub(crate) given: &'a [(Ident, Type)],
}

impl Declaration {
    pub(crate) fn read(input: &DeriveInput) -> Result<Self> {
        let mut attrs = Attrs::read(&input.attrs, input.ident.span())?;
        let holder = holder(input)?;
        let big = said::order(&mut attrs)?.unwrap_or(true);
        let lsb = attrs.flag("lsb")?.is_some();
        let no_display = attrs.flag("no_display")?.is_some();
        let krate = match attrs.value("crate", "crate = path")? {
            Some((_, Expr::Path(path))) => path.path,
            Some((_, value)) => {
                return Err(Error::new_spanned(value, "where wireview is: write `crate = path::to::wireview`"));
            }
            None => syn::parse_quote!(::wireview),
        };
        let given = match attrs.list("given", "given(version: u16)", said::given)? {
            Some((_, given)) => given,
            None => Vec::new(),
        };
        let scope = Scope { holder: holder.as_ref(), big, given: &given };
        let asserts = said::asserts(&mut attrs)?;
        let (body, frame) = match &input.data {
            Data::Struct(data) => {
                let mut list = Vec::new();
                let mut scan = None;
                front(&mut attrs, &scope, &mut list, &mut scan)?;
                let fields = Fields::read(&data.fields, list, &scope, None)?;
                resolve::before_fields(&asserts, &fields.list)?;
                attrs.finish("a struct", "big, little, lsb, frame(…), magic, given(…), assert, no_display, crate")?;
                let frame = frame_of(&fields, scan)?;
                (Body::Struct(fields), frame)
            }
            Data::Enum(data) => {
                let union = Union::read(data, &mut attrs, &scope)?;
                let (mut list, mut scan) = (Vec::new(), None);
                front(&mut attrs, &scope, &mut list, &mut scan)?;
                if let Some(field) = list.first() {
                    return Err(Error::new(
                        field.span,
                        "in front of the tag there is nothing: write it on a struct around the enum; an enum can have `frame(scan, max = …)`",
                    ));
                }
                if let (Some((span, _)), true) = (&scan, union.len.is_none()) {
                    let lists = union.variants.iter().map(|variant| &variant.fields.list);
                    no_rest(*span, lists.flatten())?;
                }
                attrs.finish(
                    "an enum",
                    "tag, len, max, big, little, lsb, frame(…), given(…), assert, no_display, crate",
                )?;
                (Body::Enum(union), scan.map(|(_, max)| Frame::Scan(max)))
            }
            Data::Union(data) => {
                return Err(Error::new(
                    data.union_token.span(),
                    "a union cannot be declared; an enum with `#[wire(tag = …)]` can",
                ));
            }
        };
        let docs = docs(&input.attrs);
        Ok(Self { ident: input.ident.clone(), docs, holder, krate, big, lsb, no_display, frame, given, asserts, body })
    }
}

/// What stands in front of all fields, in the order in which it is written.
fn front(attrs: &mut Attrs, scope: &Scope<'_>, list: &mut Vec<Field>, scan: &mut Option<(Span, Expr)>) -> Result<()> {
    let names: Vec<Ident> = attrs.names().filter(|name| *name == "frame" || *name == "magic").cloned().collect();
    for name in names {
        let is_frame = name == "frame";
        let Some((name, arg)) = attrs.next(&name.to_string()) else { continue };
        if is_frame {
            const EXAMPLE: &str = "frame(length = u32, counts = after, max = 1 << 20)";
            let Arg::List(tokens) = arg else { return Err(Error::new(name.span(), format!("write `{EXAMPLE}`"))) };
            match frame::frame(&name, tokens.clone(), scope.big)? {
                frame::Said::Length(number, role) => {
                    list.push(Field::synthetic("length", name.span(), Kind::Computed { number, role }));
                }
                frame::Said::Scan(max) => *scan = Some((name.span(), max)),
            }
        } else {
            let Arg::Value(value) = arg else {
                return Err(Error::new(name.span(), "write `magic = 0xCAFE_u16` or `magic = b\"WV\"`"));
            };
            let bytes = frame::constant(value, scope.big)?;
            list.push(Field::synthetic("magic", name.span(), Kind::Constant(bytes)));
        }
    }
    Ok(())
}

fn frame_of(fields: &Fields, scan: Option<(Span, Expr)>) -> Result<Option<Frame>> {
    let mut found = None;
    let mut settled = true;
    for (index, field) in fields.list.iter().enumerate() {
        if let Kind::Computed { role: Role::Frame { .. }, .. } = field.kind {
            if found.is_some() || scan.is_some() {
                return Err(Error::new(field.span, "a frame has one length: `frame(…)` stands somewhere else, too"));
            }
            if !settled {
                return Err(Error::new(
                    field.span,
                    "in front of a frame's length there can only be fields of a fixed size: it has to be found when only the head is there",
                ));
            }
            found = Some(index);
        }
        settled &= field.is_fixed();
    }
    if let Some((span, _)) = &scan {
        no_rest(*span, &fields.list)?;
    }
    Ok(found.map(Frame::Length).or(scan.map(|(_, max)| Frame::Scan(max))))
}

/// What is scanned for its end has one.
fn no_rest<'f>(span: Span, fields: impl IntoIterator<Item = &'f Field>) -> Result<()> {
    match fields.into_iter().find(|field| field.is_rest() || field.is_more()) {
        Some(field) if field.is_more() => Err(Error::new(
            span,
            format!(
                "`{}` is there if anything is left, but the end is to be found: write `frame(length = …, counts = after, max = …)`",
                field.name
            ),
        )),
        Some(field) => Err(Error::new(
            span,
            format!(
                "`{}` takes the `rest`, which has no end to be found: write `frame(length = …, counts = after, max = …)`",
                field.name
            ),
        )),
        None => Ok(()),
    }
}

impl Fields {
    /// Reads the fields of a struct or variant behind those in `list`. `tag` is the number that an unknown variant keeps.
    fn read(fields: &syn::Fields, mut list: Vec<Field>, scope: &Scope<'_>, tag: Option<&Number>) -> Result<Self> {
        for (index, field) in fields.iter().enumerate() {
            let read = Field::read(index, field, fields.len() == 1, &list, scope, tag)?;
            list.push(read);
        }
        resolve::resolve(&mut list, scope)?;
        Ok(Self { list })
    }
}

impl Union {
    fn read(data: &syn::DataEnum, attrs: &mut Attrs, scope: &Scope<'_>) -> Result<Self> {
        let Some((_, value)) = attrs.value("tag", "tag = u8")? else {
            return Err(Error::new(attrs.span, "the tag of an enum has a type: write `#[wire(tag = u8)]`"));
        };
        let Some(tag) = Number::prefix(&value, scope.big) else {
            return Err(Error::new_spanned(
                value,
                "the type of the tag is wanted here, and each variant has its own tag: write `tag = u8`, `tag = u16`, … or `tag = varint`",
            ));
        };
        if data.variants.is_empty() {
            return Err(Error::new(attrs.span, "an enum without variants has no value that could be read"));
        }
        let len = match attrs.value("len", "len = u16")? {
            None => None,
            Some((name, value)) => {
                let Some(number) = Number::prefix(&value, scope.big) else {
                    return Err(Error::new_spanned(value, "the type of the length: write `len = u16, max = 1000`"));
                };
                let max = kind::max(attrs, &name, &number)?;
                Some((number, max))
            }
        };
        let mut variants: Vec<Variant> = Vec::new();
        for variant in &data.variants {
            let read = Variant::read(variant, &tag, scope)?;
            if let Some(tag) = &read.tag {
                let again = |other: &&Variant| other.tag.as_ref().is_some_and(|other| same(other, tag));
                if let Some(other) = variants.iter().find(again) {
                    return Err(Error::new_spanned(tag, format!("this is the tag of `{}` already", other.ident)));
                }
            }
            if read.tag.is_none() && variants.iter().any(|other| other.tag.is_none()) {
                return Err(Error::new(read.ident.span(), "only one variant is `unknown`"));
            }
            variants.push(read);
        }
        Ok(Self { tag, len, variants })
    }
}

fn same(one: &Expr, other: &Expr) -> bool {
    match (eval(one), eval(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

impl Variant {
    fn read(variant: &syn::Variant, tag: &Number, scope: &Scope<'_>) -> Result<Self> {
        let mut attrs = Attrs::read(&variant.attrs, variant.ident.span())?;
        let unknown = attrs.flag("unknown")?;
        let value = attrs.value("tag", "tag = 1")?;
        let asserts = said::asserts(&mut attrs)?;
        attrs.finish("a variant", "tag, unknown, assert")?;
        if let (Some(name), Some(_)) = (&unknown, &value) {
            return Err(Error::new(name.span(), "an unknown variant has no tag of its own"));
        }
        if unknown.is_none() && value.is_none() {
            return Err(Error::new(
                variant.ident.span(),
                format!(
                    "which tag has it? Write `#[wire(tag = 1)]`, or `#[wire(unknown)]` if `{}` keeps all others",
                    variant.ident
                ),
            ));
        }
        if let Some((_, value)) = &value {
            tag_fits(value, tag)?;
        }
        let keeps = unknown.is_some();
        let mut fields = Fields::read(&variant.fields, Vec::new(), scope, keeps.then_some(tag))?;
        // What is alone in its variant has its name.
        if let (syn::Fields::Unnamed(_), [only]) = (&variant.fields, &mut fields.list[..]) {
            only.name = variant.ident.to_string();
        }
        if keeps && !fields.list.iter().any(|field| matches!(field.kind, Kind::Tag)) {
            return Err(Error::new(
                variant.ident.span(),
                format!("it has to keep the tag: write `{} {{ #[wire(tag)] kind: {}, … }}`", variant.ident, tag.ty),
            ));
        }
        resolve::before_fields(&asserts, &fields.list)?;
        if let Some(field) =
            fields.list.iter().find(|field| matches!(field.kind, Kind::Computed { role: Role::Frame { .. }, .. }))
        {
            return Err(Error::new(field.span, "the length of a frame stands in a struct, around the enum"));
        }
        let docs = docs(&variant.attrs);
        Ok(Self { ident: variant.ident.clone(), docs, tag: value.map(|(_, tag)| tag), asserts, fields })
    }
}

/// A variant has one tag, which is a pattern and a value.
fn tag_fits(value: &Expr, tag: &Number) -> Result<()> {
    match value {
        Expr::Lit(_) => match eval(value) {
            Some(number) if number <= tag.largest() => Ok(()),
            Some(_) => {
                Err(Error::new_spanned(value, format!("the tag is at most {}: the enum says its type", tag.largest())))
            }
            None => Err(Error::new_spanned(value, "a tag is a number: write `tag = 1`")),
        },
        Expr::Path(_) => Ok(()),
        _ => Err(Error::new_spanned(
            value,
            "a variant has one tag: write a number, `tag = 1`, or the name of a constant; `#[wire(unknown)]` is for all others",
        )),
    }
}

/// The one type parameter.
fn holder(input: &DeriveInput) -> Result<Option<Ident>> {
    let mut holder = None;
    for param in &input.generics.params {
        let GenericParam::Type(param) = param else {
            return Err(Error::new_spanned(
                param,
                "a declared message is generic over the holder of its bytes alone: write `struct Name<B>`",
            ));
        };
        if holder.is_some() {
            return Err(Error::new_spanned(
                param,
                "a second type parameter: a message has one holder for all its bytes",
            ));
        }
        if !param.bounds.is_empty() {
            return Err(Error::new_spanned(&param.bounds, "no bounds: whatever holds bytes can stand here"));
        }
        holder = Some(param.ident.clone());
    }
    if let Some(clause) = &input.generics.where_clause {
        return Err(Error::new_spanned(clause, "no bounds: whatever holds bytes can stand here"));
    }
    Ok(holder)
}

/// The documentation of an item, as it was written.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute
            .meta
        {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// The type with `with` in the place of the holder.
pub(crate) fn with_holder(ty: &Type, holder: Option<&Ident>, with: &TokenStream) -> TokenStream {
    use quote::ToTokens;
    let Some(holder) = holder else { return ty.to_token_stream() };
    replace(ty.to_token_stream(), holder, with)
}

fn replace(tokens: TokenStream, holder: &Ident, with: &TokenStream) -> TokenStream {
    use proc_macro2::{Group, TokenTree};
    let mut out = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == *holder => out.extend(with.clone()),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace(group.stream(), holder, with));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            other => out.extend([other]),
        }
    }
    out
}

/// Whether the holder stands somewhere in `ty`.
pub(crate) fn holds(ty: &Type, holder: Option<&Ident>) -> bool {
    fn find(tokens: TokenStream, holder: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == *holder,
            proc_macro2::TokenTree::Group(group) => find(group.stream(), holder),
            _ => false,
        })
    }
    use quote::ToTokens;
    holder.is_some_and(|holder| find(ty.to_token_stream(), holder))
}
