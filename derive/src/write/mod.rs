//! The way out: how long a message is, and its bytes in the order of the wire.

mod len;
mod run;
mod union;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Expr;

use crate::field::{Bits, Extent, Field, Kind, Map, Presence, Role};
use crate::layout::{Cell, Node, Run, What, nodes};
use crate::marks::Marks;
use crate::model::{Declaration, Fields, Frame, Union};
use crate::number::{Number, Wide, eval, int, wide};
use crate::read::{Reader, group_number};

/// What stands in front of the fields of a variant and is written with the first of them: its tag, and its length.
struct Lead {
    bytes: usize,
    store: TokenStream,
}

/// Writes the writing half of a declaration.
pub(crate) struct Writer<'a> {
    pub(crate) of: &'a Declaration,
}

impl Writer<'_> {
    pub(crate) fn given(&self) -> TokenStream {
        if self.of.given.is_empty() {
            return quote!();
        }
        let names = self.of.given.iter().map(|(name, _)| name);
        quote!(let (#(#names,)*) = __given;)
    }

    /// The members of a struct or variant, bound to the variables that stand for them.
    fn pattern(fields: &Fields) -> TokenStream {
        let members = fields.list.iter().filter_map(Field::binding);
        quote!({ #(#members),* })
    }

    /// What expressions name, as values, with the bits of optional fields set.
    fn values(fields: &Fields, by_reference: bool) -> TokenStream {
        let list = &fields.list;
        let named = by_reference.then(|| {
            list.iter().filter(|field| is_named(list, field)).map(|field| {
                let local = &field.local;
                quote!(let #local = *#local;)
            })
        });
        let named = named.into_iter().flatten();
        let bits = list.iter().enumerate().filter_map(|(at, field)| match &field.presence {
            Some(Presence::Bit { field: flags, mask }) if bit_of(list, at).sets => {
                let local = &field.local;
                // Of several bits, those that are set say enough: what was read is written as it was.
                Some(quote! {
                    let #flags = if #local.is_none() {
                        #flags & !(#mask)
                    } else if #flags & (#mask) == 0 {
                        #flags | (#mask)
                    } else {
                        #flags
                    };
                })
            }
            _ => None,
        });
        quote!(#(#named)* #(#bits)*)
    }

    /// The body of `Put::put`, or what is done for a variant, that was taken apart.
    fn put(&self, fields: &Fields, asserts: &[Expr], name: &str, lead: Option<&Lead>) -> TokenStream {
        let list = &fields.list;
        let values = Self::values(fields, false);
        let asserts = Self::asserts(asserts, name);
        let field_asserts = list.iter().filter(|field| !field.asserts.is_empty()).map(|field| {
            let (local, asserts) = (&field.local, Self::asserts(&field.asserts, &field.name));
            match field.presence {
                None => asserts,
                Some(_) if field.is_plain() => {
                    quote!(if let ::core::option::Option::Some(#local) = #local { #asserts })
                }
                Some(_) => quote!(if let ::core::option::Option::Some(#local) = &#local { #asserts }),
            }
        });
        let conditions = list.iter().enumerate().filter_map(|(at, field)| match &field.presence {
            Some(Presence::If(condition)) => {
                let (local, name) = (&field.local, &field.name);
                Some(quote!(__generated::absent(#condition, #local.is_some(), &#name, __out)?;))
            }
            // A bit of what was given, and not of a field, cannot be set here; one that says something of several fields was.
            Some(Presence::Bit { field: flags, mask }) if bit_of(list, at).checks => {
                let (local, name) = (&field.local, &field.name);
                Some(quote!(__generated::absent((#flags & (#mask)) != 0, #local.is_some(), &#name, __out)?;))
            }
            _ => None,
        });
        // What follows something that is not there would be read as that.
        let mores = list.windows(2).filter(|pair| pair[0].is_more() && pair[1].is_more()).map(|pair| {
            let (before, local, name) = (&pair[0].local, &pair[1].local, &pair[1].name);
            quote!(__generated::absent(#before.is_some() || #local.is_none(), true, &#name, __out)?;)
        });
        let marks = Marks::of(list);
        let start = marks.start.then(|| match lead {
            None => quote!(let __start = __generated::place(__out).size;),
            Some(Lead { bytes, .. }) => {
                quote!(let __start = __generated::place(__out).size + (#bytes - __skip) as u64;)
            }
        });
        let nodes = nodes(list);
        let mut nodes = &nodes[..];
        let mut steps = Vec::new();
        if let Some(lead) = lead {
            let none = Run { bytes: 0, cells: Vec::new() };
            let run = match nodes.split_first() {
                Some((Node::Run(run), rest)) => {
                    nodes = rest;
                    run
                }
                _ => &none,
            };
            steps.push(self.run(run, list, &marks, Some(lead)));
        }
        steps.extend(nodes.iter().map(|node| self.node(node, list, &marks)));
        let checks = list.iter().filter_map(|field| Self::check(field, list));
        quote! {
            #values
            #asserts
            #(#field_asserts)*
            #(#conditions)*
            #(#mores)*
            #start
            #(#steps)*
            #(#checks)*
            ::core::result::Result::Ok(())
        }
    }

    pub(crate) fn asserts(asserts: &[Expr], name: &str) -> TokenStream {
        quote! {
            #(if !(#asserts) {
                return ::core::result::Result::Err(__generated::malformed(&#name, __out));
            })*
        }
    }

    fn check(field: &Field, list: &[Field]) -> Option<TokenStream> {
        let Kind::Check { algorithm, range, big } = &field.kind else { return None };
        let place = format_ident!("__{}_place", field.local);
        let mark = |name: &Ident, of: fn(usize, &Ident) -> Ident| {
            let index = list.iter().position(|other| other.local == *name)?;
            Some(of(index, name))
        };
        let from = match &range.from {
            None => quote!(__start),
            Some(name) => {
                let mark = mark(name, Marks::start_of)?;
                quote!(#mark)
            }
        };
        let to = match &range.to {
            None => quote!(#place.size),
            Some(name) => {
                let mark = mark(name, Marks::end_of)?;
                quote!(#mark)
            }
        };
        let (zeroed, name) = (range.zeroed, &field.name);
        Some(quote!(__generated::check::<#algorithm>(__out, (#from, #to), #place, #big, #zeroed, &#name)?;))
    }

    fn node(&self, node: &Node<'_>, list: &[Field], marks: &Marks) -> TokenStream {
        let here = quote!(__generated::place(__out).size);
        match node {
            Node::Run(run) => self.run(run, list, marks, None),
            Node::Bound { .. } => quote!(),
            Node::Prefix { at, number } => {
                let field = &list[*at];
                let size = self.extent_value(field, &quote!(&));
                let name = field.prefix_name();
                let checked = checked(field.prefix().map(|(_, max, _)| max), number, &size, &name);
                let mark = marks.start(*at, &field.local, &here);
                quote!(#mark __generated::varint(#checked, __out);)
            }
            Node::Varint { at } => {
                let field = &list[*at];
                let (local, name) = (&field.local, &field.name);
                let start = marks.start(*at, local, &here);
                let end = marks.end(*at, local, &here);
                let write = match &field.kind {
                    Kind::Computed { role: Role::Frame { all, max }, number } => {
                        let value = if *all {
                            quote!(__total)
                        } else {
                            let before = bytes_before(list, *at);
                            quote!(__generated::after_varint(__total - #before))
                        };
                        let checked = checked(Some(max), number, &value, name);
                        quote!(__generated::varint(#checked, __out);)
                    }
                    Kind::Computed { role, number } => {
                        let value = self.role_value(role, list, &quote!(&));
                        let checked = checked(max_of(role, list), number, &value, name);
                        quote!(__generated::varint(#checked, __out);)
                    }
                    Kind::Number { number, map } => {
                        let value = mapped(field, map.as_ref());
                        let check = overflow(number, name);
                        let leb = leb(number, &quote!(__value));
                        quote!({ let __value = #value; #check __generated::varint(#leb, __out); })
                    }
                    _ => unreachable!("only numbers are varints"),
                };
                quote!(#start #write #end)
            }
            Node::Optional { at, nodes } => {
                let field = &list[*at];
                let local = &field.local;
                let none = Marks::none();
                let steps = nodes.iter().map(|node| self.node(node, list, &none));
                let start = marks.start(*at, local, &here);
                let end = marks.end(*at, local, &here);
                quote!(#start if let ::core::option::Option::Some(#local) = #local { #(#steps)* } #end)
            }
            Node::Body { at } => {
                let field = &list[*at];
                let (local, name) = (&field.local, &field.name);
                let start = if field.prefix().is_some() { quote!() } else { marks.start(*at, local, &here) };
                let end = marks.end(*at, local, &here);
                let write = self.body(field, name);
                quote!(#start #write #end)
            }
        }
    }

    fn body(&self, field: &Field, name: &str) -> TokenStream {
        let local = &field.local;
        let exact = |len: usize| {
            let len = len as u64;
            let size = self.size(field, &quote!(&));
            quote! {
                if #size != #len {
                    return ::core::result::Result::Err(__generated::malformed(&#name, __out));
                }
            }
        };
        let each = match &field.kind {
            Kind::Bytes { each: Some(each), .. } => quote!(__generated::each(&#local, #each, &#name, __out)?;),
            _ => quote!(),
        };
        match &field.kind {
            Kind::Bytes { extent: Extent::Nul { max }, .. } => quote! {
                #each
                __generated::checked_len(__wireview::Outgoing::size(&#local), (#max) as u64, &#name, __out)?;
                __generated::no_nul(&#local, &#name, __out)?;
                __wireview::Outgoing::put(#local, __out);
                __out.copy(&[0]);
            },
            Kind::Bytes { extent: Extent::Fixed(len), .. } => {
                let exact = exact(*len);
                quote!(#exact #each __wireview::Outgoing::put(#local, __out);)
            }
            Kind::Bytes { .. } => quote!(#each __wireview::Outgoing::put(#local, __out);),
            Kind::Seq { extent, max, .. } => {
                let exact = if let Extent::Fixed(len) = extent { exact(*len) } else { quote!() };
                let most = max
                    .as_ref()
                    .map(|max| quote!(__generated::checked_len(#local.len() as u64, (#max) as u64, &#name, __out)?;));
                quote!(#exact #most __wireview::Outgoing::put(#local.into_region(), __out);)
            }
            Kind::Nested { extent, tag, give } => {
                let exact = if let Some(Extent::Fixed(len)) = extent { exact(*len) } else { quote!() };
                let give = Reader::give(give);
                if tag.is_some() {
                    quote!(#exact __declare::PutTagged::put_tagged(#local, __out, #give)?;)
                } else {
                    quote!(#exact __declare::Put::put(#local, __out, #give)?;)
                }
            }
            Kind::Check { algorithm, .. } => {
                let place = format_ident!("__{}_place", local);
                quote! {
                    let #place = __generated::place(__out);
                    __out.copy(&[0; 8][..<#algorithm as __declare::Checksum>::WIDTH]);
                }
            }
            Kind::Align { to, .. } => {
                let to = *to as u64;
                quote! {
                    for _ in (__generated::place(__out).size - __start)..(__generated::place(__out).size - __start).next_multiple_of(#to) {
                        __out.copy(&[0]);
                    }
                }
            }
            Kind::Array(_) => quote!(__out.copy(&#local);),
            _ => unreachable!("a body"),
        }
    }

    /// The body of `Put::wire_len` of a struct.
    pub(crate) fn struct_len(&self, fields: &Fields) -> TokenStream {
        let (given, pattern, len) = (self.given(), Self::pattern(fields), self.wire_len(fields));
        quote!(#given let Self #pattern = self; #len)
    }

    /// The body of `Put::put` of a struct.
    pub(crate) fn struct_put(&self, fields: &Fields) -> TokenStream {
        let (given, pattern) = (self.given(), Self::pattern(fields));
        let total =
            fields.list.iter().any(|field| matches!(field.kind, Kind::Computed { role: Role::Frame { .. }, .. }));
        let total = total.then(|| quote!(let __total = __declare::Put::wire_len(&self, __given);));
        let put = self.put(fields, &self.of.asserts, &self.of.ident.to_string(), None);
        let longest = self.longest();
        quote!(#given #longest #total let Self #pattern = self; #put)
    }

    /// A frame that says nowhere how long it is can be too long all the same.
    pub(crate) fn longest(&self) -> Option<TokenStream> {
        let Some(Frame::Scan(max)) = &self.of.frame else { return None };
        let name = self.of.ident.to_string();
        Some(quote! {
            __generated::checked_len(__declare::Put::wire_len(&self, __given), (#max) as u64, &#name, __out)?;
        })
    }
}

fn write_number(number: &Number, value: &TokenStream) -> TokenStream {
    match number.bytes() {
        Some(bytes) => {
            let store = number.store(&format_ident!("__run"), 0, &quote!(__value));
            quote!({ let __value = #value; let mut __run = [0_u8; #bytes]; #store __out.copy(&__run); })
        }
        None => quote!(__generated::varint(#value, __out);),
    }
}

/// What is done about the bit of an optional field when the message is written.
struct Bit {
    /// It is set or cleared.
    sets: bool,
    /// It is held against whether the field is there.
    checks: bool,
}

/// The bit that says whether field `at` is there. The first field that a bit is of decides; the others have to agree.
fn bit_of(list: &[Field], at: usize) -> Bit {
    let Some(Presence::Bit { field: flags, mask }) = &list[at].presence else {
        return Bit { sets: false, checks: false };
    };
    if !list.iter().any(|other| other.local == *flags) {
        return Bit { sets: false, checks: true };
    }
    let others = list.iter().enumerate().filter_map(|(index, other)| match &other.presence {
        Some(Presence::Bit { field, mask }) if index != at && field == flags => Some((index, mask)),
        _ => None,
    });
    let apart = |other: &Expr| eval(mask).zip(eval(other)).is_some_and(|(one, other)| one & other == 0);
    let mut bit = Bit { sets: true, checks: false };
    for (index, other) in others {
        bit.checks |= !apart(other);
        bit.sets &= index > at || other != mask;
    }
    bit
}

/// Whether an expression names `field`.
fn is_named(list: &[Field], field: &Field) -> bool {
    fn words(tokens: TokenStream, name: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == *name,
            proc_macro2::TokenTree::Group(group) => words(group.stream(), name),
            _ => false,
        })
    }
    if field.member.is_none() || !field.is_plain() || field.presence.is_some() {
        return false;
    }
    let name = &field.local;
    list.iter().any(|other| {
        let condition = match &other.presence {
            Some(Presence::If(condition)) => words(quote!(#condition), name),
            Some(Presence::Bit { field, mask }) => field == name || words(quote!(#mask), name),
            Some(Presence::More) | None => false,
        };
        let given = match &other.kind {
            Kind::Nested { give, .. } | Kind::Seq { give, .. } => give.iter().any(|given| given == name),
            _ => false,
        };
        condition || given || other.asserts.iter().any(|condition| words(quote!(#condition), name))
    })
}

/// The maximum of what a computed field counts.
fn max_of<'f>(role: &Role, list: &'f [Field]) -> Option<&'f Expr> {
    match role {
        Role::Length(of) | Role::Count(of) => match list[*of].extent()? {
            Extent::Named { max, .. } => Some(max),
            _ => None,
        },
        _ => None,
    }
}

/// `value`, which is neither above `max` nor above what the number can hold.
fn checked(max: Option<&Expr>, number: &Number, value: &TokenStream, name: &str) -> TokenStream {
    let largest = number.largest();
    match max {
        Some(max) if int(max).is_some_and(|max| max as u64 <= largest) => {
            let max = wide(max);
            quote!(__generated::checked_len(#value, #max, &#name, __out)?)
        }
        Some(max) => {
            quote!(__generated::checked_len(#value, ::core::cmp::Ord::min((#max) as u64, #largest), &#name, __out)?)
        }
        None if largest == u64::MAX => value.clone(),
        None => quote!(__generated::checked_len(#value, #largest, &#name, __out)?),
    }
}

/// The number that a field is on the wire.
fn mapped(field: &Field, map: Option<&Map>) -> TokenStream {
    let local = &field.local;
    match map {
        Some(Map { write, .. }) => quote!((#write)(&#local)),
        None => quote!(#local),
    }
}

fn overflow(number: &Number, name: &str) -> Option<TokenStream> {
    overflow_of(number, &quote!(__value), name)
}

fn overflow_of(number: &Number, value: &TokenStream, name: &str) -> Option<TokenStream> {
    let condition = number.overflows(value)?;
    Some(quote! {
        if #condition {
            return ::core::result::Result::Err(__generated::too_long(&#name, __out));
        }
    })
}

/// A number as LEB128 has it.
fn leb(number: &Number, value: &TokenStream) -> TokenStream {
    match number.wide {
        Wide::Zigzag { .. } => quote!({ let __z = (#value) as i64; ((__z << 1) ^ (__z >> 63)) as u64 }),
        _ => quote!((#value) as u64),
    }
}

/// How many bytes stand in front of the length of a frame.
fn bytes_before(list: &[Field], at: usize) -> u64 {
    nodes(&list[..at]).iter().map(|node| if let Node::Run(run) = node { run.bytes as u64 } else { 0 }).sum()
}
