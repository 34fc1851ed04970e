//! One field: what it is on the wire.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::spanned::Spanned;
use syn::{Error, Expr, Member, Result, Type};

use crate::attrs::Attrs;
use crate::kind::{inner, kind};
use crate::model::{Scope, docs};
use crate::number::{Number, int, ungrouped};
use crate::said::{asserts, presence};

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
