//! `#[wire(…)]` as a list of names, each with a value, an argument list, or nothing.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Result, Token};

/// One entry of `#[wire(…)]`.
pub(crate) struct Attr {
    pub(crate) name: Ident,
    pub(crate) arg: Arg,
    /// Whether it was asked for: what nobody asks for does not belong there.
    used: bool,
}

/// What stands behind its name.
pub(crate) enum Arg {
    None,
    Value(Box<Expr>),
    List(TokenStream),
}

impl Parse for Attr {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = Ident::parse_any(input)?;
        let arg = if input.parse::<Option<Token![=]>>()?.is_some() {
            Arg::Value(Box::new(ungrouped(input.parse()?)))
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Arg::List(content.parse()?)
        } else {
            Arg::None
        };
        Ok(Self { name, arg, used: false })
    }
}

/// Parses what stands in the parentheses behind `name`.
pub(crate) fn inside<T>(
    name: &Ident,
    list: TokenStream,
    example: &str,
    parse: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    let mut ended = false;
    let parsed = |input: ParseStream<'_>| {
        let parsed = parse(input);
        ended = input.is_empty();
        parsed
    };
    parsed.parse2(list).map_err(|error| {
        // Where nothing is left there is no word to point at.
        let span = if ended && error.to_string().contains("expected") { name.span() } else { error.span() };
        Error::new(span, format!("{error}; write `{example}`"))
    })
}

/// What a fragment of `macro_rules!` stands for.
pub(crate) fn ungrouped(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => ungrouped(*group.expr),
        other => other,
    }
}

/// All entries on one item, in order.
pub(crate) struct Attrs {
    list: Vec<Attr>,
    /// Where to point if something is missing.
    pub(crate) span: Span,
}

impl Attrs {
    /// Reads the attributes of an item that stands at `span`.
    pub(crate) fn read(attributes: &[Attribute], span: Span) -> Result<Self> {
        let mut list: Vec<Attr> = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("wire")) {
            let entries = attribute.parse_args_with(Punctuated::<Attr, Token![,]>::parse_terminated)?;
            for entry in entries {
                // Constants and assertions may stand several times.
                let again = entry.name != "magic" && entry.name != "assert";
                if again && list.iter().any(|other| other.name == entry.name) {
                    return Err(Error::new(entry.name.span(), format!("`{}` stands here twice", entry.name)));
                }
                list.push(entry);
            }
        }
        Ok(Self { list, span })
    }

    /// The names of all entries.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Ident> {
        self.list.iter().map(|entry| &entry.name)
    }

    fn find(&mut self, name: &str) -> Option<&mut Attr> {
        let entry = self.list.iter_mut().find(|entry| entry.name == name && !entry.used)?;
        entry.used = true;
        Some(entry)
    }

    /// `name`, alone.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<Ident>> {
        match self.find(name) {
            None => Ok(None),
            Some(Attr { name, arg: Arg::None, .. }) => Ok(Some(name.clone())),
            Some(entry) => Err(Error::new(entry.name.span(), format!("write `{name}` alone, without a value"))),
        }
    }

    /// Whether `name` stands here alone.
    pub(crate) fn is_flag(&self, name: &str) -> bool {
        self.list.iter().any(|entry| entry.name == name && matches!(entry.arg, Arg::None))
    }

    /// `name = value`.
    pub(crate) fn value(&mut self, name: &str, example: &str) -> Result<Option<(Ident, Expr)>> {
        match self.find(name) {
            None => Ok(None),
            Some(Attr { name, arg: Arg::Value(value), .. }) => Ok(Some((name.clone(), (**value).clone()))),
            Some(entry) => Err(Error::new(entry.name.span(), format!("write `{example}`"))),
        }
    }

    /// `name(list)`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        example: &str,
        parse: impl FnOnce(ParseStream<'_>) -> Result<T>,
    ) -> Result<Option<(Ident, T)>> {
        match self.find(name) {
            None => Ok(None),
            Some(Attr { name, arg: Arg::List(list), .. }) => {
                let name = name.clone();
                let list = list.clone();
                let parsed = inside(&name, list, example, parse)?;
                Ok(Some((name, parsed)))
            }
            Some(entry) => Err(Error::new(entry.name.span(), format!("write `{example}`"))),
        }
    }

    /// The next entry called `name`, with what stands behind it.
    pub(crate) fn next(&mut self, name: &str) -> Option<(Ident, &Arg)> {
        self.find(name).map(|entry| (entry.name.clone(), &entry.arg))
    }

    /// The entry called `name`, if it is there, whether or not it was asked for.
    pub(crate) fn named(&self, name: &str) -> Option<&Ident> {
        self.names().find(|other| *other == name)
    }

    /// Everything was asked for; if not, it means nothing for `what`.
    pub(crate) fn finish(&self, what: &str, known: &str) -> Result<()> {
        match self.list.iter().find(|entry| !entry.used) {
            None => Ok(()),
            Some(entry) => Err(Error::new(
                entry.name.span(),
                format!("`{}` means nothing for {what}; what can stand here: {known}", entry.name),
            )),
        }
    }
}
