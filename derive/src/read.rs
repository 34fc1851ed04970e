//! The walk: one function a type, over any source.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Expr;

use crate::field::{Bits, Extent, Field, Kind, Map, Presence, Role};
use crate::layout::{Cell, Node, Run, What, nodes};
use crate::marks::Marks;
use crate::model::{Body, Declaration, Fields, Frame, Union, with_holder};
use crate::number::{Number, Wide, int, wide};

/// Writes the reading half of a declaration.
pub(crate) struct Reader<'a> {
    pub(crate) of: &'a Declaration,
}

impl Reader<'_> {
    /// The body of `Declare::walk`.
    pub(crate) fn walk(&self) -> TokenStream {
        let given = self.given();
        let asserts = self.asserts(&self.of.asserts, &self.of.ident.to_string(), &quote!(__source.offset()));
        match &self.of.body {
            Body::Struct(fields) => {
                let name = &self.of.ident;
                let body = self.fields(fields, &quote!(#name));
                quote!(#given #asserts #body)
            }
            Body::Enum(union) => self.tag_in_front(union),
        }
    }

    fn given(&self) -> TokenStream {
        if self.of.given.is_empty() {
            return quote!();
        }
        let names = self.of.given.iter().map(|(name, _)| name);
        quote!(let (#(#names,)*) = __given;)
    }

    /// Reads the tag, with the length behind it in one piece if both have a fixed size, and then the variant.
    fn tag_in_front(&self, union: &Union) -> TokenStream {
        let tag = &union.tag;
        let run = format_ident!("__run");
        let trace = |end: TokenStream| {
            quote! {
                if __S::TRACES {
                    let __end = #end;
                    __source.field("tag", __tag_at..__end, ::core::option::Option::None, __trace::Value::Unsigned(__tag), "");
                }
            }
        };
        let len = union.len.as_ref().and_then(|(number, _)| Some((number, number.bytes()?)));
        let read = match (tag.bytes(), len) {
            (Some(bytes), Some((number, more))) => {
                let (load, both, trace) = (tag.load(&run, 0), bytes + more, trace(quote!(__tag_at + #bytes)));
                let len = number.load(&run, bytes);
                return quote! {
                    let __tag_at = __source.offset();
                    let __run = __source.take::<#both>(&[(&"tag", #bytes), (&"len", #both)])?;
                    let __tag = #load as u64;
                    #trace
                    Self::__walk(__source, __tag, __tag_at, #len as u64, __tag_at + #bytes, __given)
                };
            }
            (Some(bytes), None) => {
                let load = tag.load(&run, 0);
                quote!(let __run = __source.take::<#bytes>(&[(&"tag", #bytes)])?; let __tag = #load as u64;)
            }
            (None, _) => {
                let read = varint(tag, "tag");
                quote!(let __tag: u64 = #read;)
            }
        };
        let trace = trace(quote!(__source.offset()));
        quote! {
            let __tag_at = __source.offset();
            #read
            #trace
            <Self as __declare::Tagged>::walk_tagged(__source, __tag, __tag_at, __given)
        }
    }

    /// The body of `Tagged::walk_tagged`: reads the length, and then the variant.
    pub(crate) fn walk_tagged(&self, union: &Union) -> TokenStream {
        let Some((number, _)) = &union.len else {
            return quote!(Self::__walk(__source, __tag, __tag_at, 0, __tag_at, __given));
        };
        let read = match number.bytes() {
            Some(bytes) => {
                let load = number.load(&format_ident!("__run"), 0);
                quote!({
                    let __run = __source.take::<#bytes>(&[(&"len", #bytes)])?;
                    #load as u64
                })
            }
            None => varint(number, "len"),
        };
        quote! {
            let __len_at = __source.offset();
            let __len: u64 = #read;
            Self::__walk(__source, __tag, __tag_at, __len, __len_at, __given)
        }
    }

    /// The body of `__walk`: reads the variant that the tag says, behind its length.
    pub(crate) fn walk_variant(&self, union: &Union) -> TokenStream {
        let given = self.given();
        let asserts = self.asserts(&self.of.asserts, &self.of.ident.to_string(), &quote!(__source.offset()));
        let name = &self.of.ident;
        let (bound, unbound) = match &union.len {
            None => (quote!(), quote!()),
            Some((number, max)) => {
                let limit = limit(number, max, &quote!(__len), "len", &quote!(__len_at));
                (
                    quote! {
                        #limit
                        if __S::TRACES {
                            let __end = __source.offset();
                            __source.field("len", __len_at..__end, ::core::option::Option::None, __trace::Value::Unsigned(__len), "length of the variant");
                        }
                        let __after = __source.bound(__len as usize, &"len")?;
                    },
                    quote!(__source.unbound(__after, <Self as __declare::Declare>::NAME)?;),
                )
            }
        };
        let ty = &union.tag.ty;
        let mut unknown =
            quote!(_ => return ::core::result::Result::Err(__wireview::Error::unsupported(&"tag", __tag_at)));
        let mut arms = Vec::new();
        for variant in &union.variants {
            let ident = &variant.ident;
            let shown = ident.to_string();
            let asserts = self.asserts(&variant.asserts, &shown, &quote!(__tag_at));
            let fields = self.fields(&variant.fields, &quote!(#name::#ident));
            let body = quote! {{
                #asserts
                if __S::TRACES {
                    __source.enter(__trace::Name::Field(#shown), #shown);
                }
                let __read: ::core::result::Result<_, __wireview::Error> = { #fields };
                let __read = __read?;
                if __S::TRACES {
                    __source.leave();
                }
                __read
            }};
            match &variant.tag {
                Some(tag) => arms.push(quote!(#tag => #body)),
                None => unknown = quote!(_ => #body),
            }
        }
        quote! {
            #given
            #asserts
            #bound
            let ::core::result::Result::Ok(__tag) = <::core::primitive::#ty as ::core::convert::TryFrom<u64>>::try_from(__tag) else {
                return ::core::result::Result::Err(__wireview::Error::unsupported(&"tag", __tag_at));
            };
            let __read = match __tag {
                #(#arms,)*
                #unknown,
            };
            #unbound
            ::core::result::Result::Ok(__read)
        }
    }

    /// Reads `fields`, and makes `name` of them.
    fn fields(&self, fields: &Fields, name: &TokenStream) -> TokenStream {
        let list = &fields.list;
        let marks = Marks::of(list);
        let start = marks.start.then(|| quote!(let __start = __source.offset();));
        let tags = list.iter().filter_map(|field| match field.kind {
            Kind::Tag => {
                let local = &field.local;
                let asserts = self.asserts(&field.asserts, &field.name, &quote!(__tag_at));
                Some(quote!(let #local = __tag; #asserts))
            }
            _ => None,
        });
        let steps: Vec<TokenStream> = nodes(list).iter().map(|node| self.node(node, list, &marks)).collect();
        let unbound = list.iter().find_map(|field| match field.kind {
            Kind::Computed { role: Role::Frame { .. }, .. } => {
                Some(quote!(__source.unbound(__after_frame, <Self as __declare::Declare>::NAME)?;))
            }
            _ => None,
        });
        let checks = list.iter().enumerate().filter_map(|(at, field)| self.verify(at, field, list));
        let members = list.iter().filter_map(Field::binding);
        quote! {
            #start
            #(#tags)*
            #(#steps)*
            #unbound
            #(#checks)*
            ::core::result::Result::Ok(#name { #(#members),* })
        }
    }

    fn verify(&self, at: usize, field: &Field, list: &[Field]) -> Option<TokenStream> {
        let Kind::Check { algorithm, range, big } = &field.kind else { return None };
        let place = Marks::start_of(at, &field.local);
        let from = match &range.from {
            None => quote!(__start),
            Some(name) => {
                let index = list.iter().position(|other| other.local == *name)?;
                let mark = Marks::start_of(index, name);
                quote!(#mark)
            }
        };
        let to = match &range.to {
            None => quote!(#place),
            Some(name) => {
                let index = list.iter().position(|other| other.local == *name)?;
                let mark = Marks::end_of(index, name);
                quote!(#mark)
            }
        };
        let (zeroed, name) = (range.zeroed, &field.name);
        Some(quote!(__generated::verify::<#algorithm, __S>(__source, #from..#to, #place, #big, #zeroed, &#name)?;))
    }

    fn node(&self, node: &Node<'_>, list: &[Field], marks: &Marks) -> TokenStream {
        match node {
            Node::Run(run) => self.run(run, list, marks),
            Node::Prefix { at, number } => {
                let field = &list[*at];
                let (local, name) = (field.extent_local(list), field.prefix_name());
                let read = varint(number, &name);
                let trace = trace_rest(
                    &name,
                    &quote!(__prefix_at),
                    &quote!(__trace::Value::Unsigned(#local)),
                    &format!("of {}", field.name),
                );
                let limit = self.limit(field, &quote!(#local), &name, &quote!(__prefix_at));
                let mark = marks.start(*at, &field.local, &quote!(__source.offset()));
                quote! {
                    #mark
                    let __prefix_at = __source.offset();
                    let #local: u64 = #read;
                    #trace
                    #limit
                }
            }
            Node::Varint { at } => {
                let field = &list[*at];
                let name = &field.name;
                let start = marks.start(*at, &field.local, &quote!(__varint_at));
                let end = marks.end(*at, &field.local, &quote!(__source.offset()));
                let (number, local) = match &field.kind {
                    Kind::Number { number, .. } => (number, field.local.clone()),
                    Kind::Computed { number, .. } => (number, field.computed_local()),
                    _ => unreachable!("only numbers are varints"),
                };
                let read = varint(number, name);
                let value = value(&number.ty, &quote!(#local));
                let trace = trace_rest(name, &quote!(__varint_at), &value, "");
                let rest = match &field.kind {
                    Kind::Number { map, .. } => {
                        let map = self.map(field, map.as_ref(), &quote!(__varint_at));
                        let asserts = self.asserts(&field.asserts, name, &quote!(__varint_at));
                        quote!(#map #asserts)
                    }
                    _ => self.computed(field, list, &quote!(__varint_at)),
                };
                let ty = &number.ty;
                let read = if let Kind::Computed { .. } = field.kind {
                    let wide = Number { ty: format_ident!("u64"), ..number.clone() };
                    let read = varint(&wide, name);
                    quote!(let #local: u64 = #read;)
                } else {
                    quote!(let #local: ::core::primitive::#ty = #read;)
                };
                quote! {
                    let __varint_at = __source.offset();
                    #start
                    #read
                    #end
                    #trace
                    #rest
                }
            }
            Node::Bound { at } => {
                let field = &list[*at];
                let Kind::Computed { role: Role::Frame { all, max }, number } = &field.kind else {
                    unreachable!("only a frame's length bounds")
                };
                let (local, name) = (field.computed_local(), &field.name);
                let limit = limit(number, max, &quote!(#local), name, &quote!(__source.offset()));
                let len = if *all {
                    quote! {{
                        let __head = (__source.offset() - __start) as u64;
                        let ::core::option::Option::Some(__rest) = #local.checked_sub(__head) else {
                            return ::core::result::Result::Err(__wireview::Error::malformed(&#name, __source.offset()));
                        };
                        __rest
                    }}
                } else {
                    quote!(#local)
                };
                quote!(#limit let __after_frame = __source.bound((#len) as usize, &#name)?;)
            }
            Node::Body { at } => self.body(*at, list, marks),
            Node::Optional { at, nodes } => {
                let field = &list[*at];
                let local = &field.local;
                let condition = match &field.presence {
                    Some(Presence::If(condition)) => quote!(#condition),
                    Some(Presence::Bit { field, mask }) => quote!((#field & (#mask)) != 0),
                    Some(Presence::More) => quote!(!__source.rest().is_empty()),
                    None => unreachable!("an optional field has a condition"),
                };
                let none = Marks::none();
                let steps = nodes.iter().map(|node| self.node(node, list, &none));
                let start = marks.start(*at, local, &quote!(__source.offset()));
                let end = marks.end(*at, local, &quote!(__source.offset()));
                let name = &field.name;
                quote! {
                    #start
                    let #local = if #condition {
                        #(#steps)*
                        ::core::option::Option::Some(#local)
                    } else {
                        if __S::TRACES {
                            let __at = __source.offset();
                            __source.field(#name, __at..__at, ::core::option::Option::None, __trace::Value::Absent, "");
                        }
                        ::core::option::Option::None
                    };
                    #end
                }
            }
        }
    }

    fn run(&self, run: &Run<'_>, list: &[Field], marks: &Marks) -> TokenStream {
        let bytes = run.bytes;
        let names = run.cells.iter().map(|cell| {
            let end = cell.at + cell.bytes;
            let name = match &cell.what {
                What::Field(at) => list[*at].name.clone(),
                What::Prefix(at, _) => list[*at].prefix_name(),
                What::Group(group) => list[group[0].0].name.clone(),
            };
            quote!((&#name, #end))
        });
        let cells = run.cells.iter().map(|cell| {
            let behind = bytes - cell.at;
            let at = quote!((__source.offset() - #behind));
            let end = bytes - cell.at - cell.bytes;
            let end = quote!((__source.offset() - #end));
            let (first, last) = match &cell.what {
                What::Field(index) => {
                    let has_prefix = list[*index].prefix().is_some();
                    (
                        if has_prefix { quote!() } else { marks.start(*index, &list[*index].local, &at) },
                        marks.end(*index, &list[*index].local, &end),
                    )
                }
                What::Prefix(index, _) => {
                    let whole = list[*index].fixed_bytes().is_some();
                    let _ = whole;
                    (marks.start(*index, &list[*index].local, &at), quote!())
                }
                What::Group(group) => {
                    let starts = group.iter().map(|(index, _)| marks.start(*index, &list[*index].local, &at));
                    let ends = group.iter().map(|(index, _)| marks.end(*index, &list[*index].local, &end));
                    (quote!(#(#starts)*), quote!(#(#ends)*))
                }
            };
            let read = self.cell(cell, list, &at);
            quote!(#first #read #last)
        });
        quote!(let __run = __source.take::<#bytes>(&[#(#names),*])?; #(#cells)*)
    }

    fn cell(&self, cell: &Cell<'_>, list: &[Field], at: &TokenStream) -> TokenStream {
        let run = format_ident!("__run");
        let (start, end) = (cell.at, cell.at + cell.bytes);
        let bytes = cell.bytes;
        let trace = |name: &str, value: &TokenStream, note: &str| {
            quote! {
                if __S::TRACES {
                    let __at = #at;
                    __source.field(#name, __at..__at + #bytes, ::core::option::Option::None, #value, #note);
                }
            }
        };
        match &cell.what {
            What::Prefix(index, number) => {
                let field = &list[*index];
                let (local, name, load) = (field.extent_local(list), field.prefix_name(), number.load(&run, start));
                let trace = trace(&name, &quote!(__trace::Value::Unsigned(#local)), &format!("of {}", field.name));
                let limit = self.limit(field, &quote!(#local), &name, at);
                quote!(let #local = #load as u64; #trace #limit)
            }
            What::Group(group) => self.group(cell, group, list, at),
            What::Field(index) => {
                let field = &list[*index];
                let (local, name) = (&field.local, &field.name);
                let asserts = self.asserts(&field.asserts, name, at);
                match &field.kind {
                    Kind::Number { number, map } => {
                        let load = number.load(&run, start);
                        let trace = trace(name, &value(&number.ty, &quote!(#local)), "");
                        let map = self.map(field, map.as_ref(), at);
                        quote!(let #local = #load; #trace #map #asserts)
                    }
                    Kind::Computed { number, .. } => {
                        let (read, load) = (field.computed_local(), number.load(&run, start));
                        let trace = trace(name, &quote!(__trace::Value::Unsigned(#read)), "computed");
                        let rest = self.computed(field, list, at);
                        quote!(let #read = #load as u64; #trace #rest)
                    }
                    Kind::Bool => {
                        let trace = trace(name, &quote!(__trace::Value::Bool(#local)), "");
                        quote! {
                            let #local = match __run[#start] {
                                0 => false,
                                1 => true,
                                _ => return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #at)),
                            };
                            #trace
                            #asserts
                        }
                    }
                    Kind::Array(_) => {
                        let trace = trace(name, &quote!(__trace::Value::Bytes(&#local)), "");
                        quote! {
                            let mut #local = [0_u8; #bytes];
                            #local.copy_from_slice(&__run[#start..#end]);
                            let #local = #local;
                            #trace
                            #asserts
                        }
                    }
                    Kind::Constant(constant) => {
                        let trace = trace(name, &quote!(__trace::Value::Bytes(&__run[#start..#end])), "constant");
                        quote! {
                            #trace
                            if __run[#start..#end] != [#(#constant),*] {
                                return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #at));
                            }
                            let #local = ();
                        }
                    }
                    Kind::Pad { ignore, .. } => {
                        let note = if *ignore { "ignored" } else { "padding" };
                        let trace = trace(name, &quote!(__trace::Value::Bytes(&__run[#start..#end])), note);
                        let check = (!ignore).then(|| {
                            quote! {
                                if __run[#start..#end] != [0_u8; #bytes] {
                                    return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #at));
                                }
                            }
                        });
                        quote!(#trace #check let #local = ();)
                    }
                    _ => unreachable!("no cell of a run"),
                }
            }
        }
    }

    fn group(&self, cell: &Cell<'_>, group: &[(usize, usize)], list: &[Field], at: &TokenStream) -> TokenStream {
        let total = cell.bytes * 8;
        let number = group_number(cell.bytes, self.of.big);
        let load = number.load(&format_ident!("__run"), cell.at);
        let bytes = cell.bytes;
        let mut below = 0;
        let fields = group.iter().map(|(index, bits)| {
            let field = &list[*index];
            let (local, name) = (&field.local, &field.name);
            let shift = if self.of.lsb { below } else { total - below - bits };
            below += bits;
            let (low, high) = (shift as u8, (shift + bits) as u8);
            let raw = if *bits == total { quote!(__bits) } else { mask(&quote!(__bits), shift, *bits, total, &number.ty) };
            let trace = |value: &TokenStream, note: &str| {
                quote! {
                    if __S::TRACES {
                        let __at = #at;
                        __source.field(#name, __at..__at + #bytes, ::core::option::Option::Some(#low..#high), #value, #note);
                    }
                }
            };
            let asserts = self.asserts(&field.asserts, name, at);
            let Kind::Bits { value: kind, .. } = &field.kind else { unreachable!("only bits are grouped") };
            match kind {
                Bits::Number { ty, map } => {
                    let trace = trace(&value(ty, &quote!(#local)), "");
                    let map = self.map(field, map.as_ref(), at);
                    quote!(let #local = (#raw) as ::core::primitive::#ty; #trace #map #asserts)
                }
                Bits::Bool => {
                    let trace = trace(&quote!(__trace::Value::Bool(#local)), "");
                    quote!(let #local = (#raw) != 0; #trace #asserts)
                }
                Bits::Computed { .. } => {
                    let read = field.computed_local();
                    let trace = trace(&quote!(__trace::Value::Unsigned(#read)), "computed");
                    let rest = self.computed(field, list, at);
                    quote!(let #read = (#raw) as u64; #trace #rest)
                }
                Bits::Constant(constant) => {
                    let trace = trace(&quote!(__trace::Value::Unsigned((#raw) as u64)), "constant");
                    quote! {
                        #trace
                        if (#raw) as u64 != #constant {
                            return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #at));
                        }
                        let #local = ();
                    }
                }
                Bits::Ignored => {
                    let trace = trace(&quote!(__trace::Value::Unsigned((#raw) as u64)), "ignored");
                    quote!(#trace let #local = ();)
                }
            }
        });
        quote!(let __bits = #load; #(#fields)*)
    }

    /// Checks a number that says something of another field, and binds the field that stands for it.
    fn computed(&self, field: &Field, list: &[Field], at: &TokenStream) -> TokenStream {
        let (local, read, name) = (&field.local, field.computed_local(), &field.name);
        let role = match &field.kind {
            Kind::Computed { role, .. } | Kind::Bits { value: Bits::Computed { role, .. }, .. } => role,
            _ => unreachable!("a computed field"),
        };
        let rest = match role {
            Role::Length(of) | Role::Count(of) => self.limit(&list[*of], &quote!(#read), name, at),
            Role::Tag(_) => {
                let place = format_ident!("__{}_at", field.local);
                quote!(let #place = #at;)
            }
            _ => quote!(),
        };
        let member = field.member.as_ref().map(|_| quote!(let #local = __declare::Computed::new();));
        quote!(#rest #member)
    }

    /// The number that says how long `field` is, is not above its maximum.
    fn limit(&self, field: &Field, local: &TokenStream, name: &str, at: &TokenStream) -> TokenStream {
        let max = match field.extent() {
            Some(Extent::Prefix { max, .. } | Extent::Named { max, .. }) => max,
            _ => return quote!(),
        };
        let written = int(max);
        // Elements are counted in 32 bits.
        let max = match field.extent() {
            Some(Extent::Prefix { counts: true, .. } | Extent::Named { counts: true, .. }) if int(max).is_none() => {
                quote!(::core::cmp::Ord::min((#max) as u64, u32::MAX as u64))
            }
            _ => wide(max),
        };
        let small = matches!(field.extent(), Some(Extent::Prefix { number, .. }) if number.is_small());
        if small && written.is_some_and(|max| max >= 255) {
            return quote!();
        }
        quote! {
            if #local > #max {
                return ::core::result::Result::Err(__wireview::Error::limit(&#name, #at));
            }
        }
    }

    fn map(&self, field: &Field, map: Option<&Map>, at: &TokenStream) -> TokenStream {
        let (local, name) = (&field.local, &field.name);
        match map {
            None => quote!(),
            Some(Map { read, fallible: false, .. }) => quote!(let #local = (#read)(#local);),
            Some(Map { read, fallible: true, .. }) => quote! {
                let ::core::option::Option::Some(#local) = (#read)(#local) else {
                    return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #at));
                };
            },
        }
    }

    fn asserts(&self, asserts: &[Expr], name: &str, at: &TokenStream) -> TokenStream {
        let checks = asserts.iter().map(|condition| {
            quote! {
                if !(#condition) {
                    return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #at));
                }
            }
        });
        quote!(#(#checks)*)
    }

    /// The tuple that a nested type is given.
    pub(crate) fn give(give: &[Ident]) -> TokenStream {
        quote!((#(#give,)*))
    }

    fn body(&self, at: usize, list: &[Field], marks: &Marks) -> TokenStream {
        let field = &list[at];
        let (local, name) = (&field.local, &field.name);
        let start =
            if field.prefix().is_some() { quote!() } else { marks.start(at, local, &quote!(__source.offset())) };
        let end = marks.end(at, local, &quote!(__source.offset()));
        let len = field.extent_local(list);
        let read = match &field.kind {
            Kind::Bytes { text, extent, each } => {
                let (slice, behind) = match extent {
                    Extent::Prefix { .. } | Extent::Named { .. } => {
                        (quote!(__source.slice(#len as usize, &#name)?), 0_usize)
                    }
                    Extent::Fixed(len) => (quote!(__source.slice(#len, &#name)?), 0),
                    Extent::Nul { max } => (quote!(__source.until_nul((#max) as usize, &#name)?), 1),
                    _ => (quote!(__source.all()), 0),
                };
                let (text, value) = if *text {
                    (
                        quote!(let #local = __source.text(#local, #behind, &#name)?;),
                        quote!(__trace::Value::Text(::core::str::from_utf8(#local).unwrap_or(""))),
                    )
                } else {
                    (quote!(), quote!(__trace::Value::Bytes(#local)))
                };
                let value = if text.is_empty() {
                    value
                } else {
                    quote!(match ::core::str::from_utf8(#local) {
                        ::core::result::Result::Ok(__text) => __trace::Value::Text(__text),
                        ::core::result::Result::Err(_) => __trace::Value::Bytes(#local),
                    })
                };
                let each = each.as_ref().map(|each| {
                    quote! {
                        if let ::core::option::Option::Some(__bad) = ::core::iter::Iterator::position(&mut #local.iter(), |__byte| !(#each)(__byte)) {
                            let __start = __source.offset() - #behind - #local.len();
                            return ::core::result::Result::Err(__wireview::Error::malformed(&#name, __start + __bad));
                        }
                    }
                });
                quote! {
                    let #local = #slice;
                    if __S::TRACES {
                        let __end = __source.offset();
                        __source.field(#name, __end - #local.len() - #behind..__end, ::core::option::Option::None, #value, "");
                    }
                    #each
                    #text
                }
            }
            Kind::Seq { element, extent, max, give } => {
                let give = Self::give(give);
                let most = match max {
                    Some(max) => quote!((#max) as u32),
                    None => quote!(u32::MAX),
                };
                let read = match extent {
                    Extent::Prefix { counts: true, .. } | Extent::Named { counts: true, .. } => {
                        quote!(__generated::counted::<#element, __S>(__source, #len as u32, &#name, #give)?)
                    }
                    Extent::Prefix { .. } | Extent::Named { .. } => {
                        let by = field.prefix_name();
                        quote! {{
                            let __after = __source.bound(#len as usize, &#by)?;
                            let __seq = __generated::within::<#element, __S>(__source, #most, &#name, #give)?;
                            __source.unbound(__after, &#name)?;
                            __seq
                        }}
                    }
                    Extent::Fixed(len) => quote! {{
                        let __after = __source.bound(#len, &#name)?;
                        let __seq = __generated::within::<#element, __S>(__source, #most, &#name, #give)?;
                        __source.unbound(__after, &#name)?;
                        __seq
                    }},
                    Extent::Last(is_last) => {
                        quote!(__generated::last::<#element, __S>(__source, #most, &#name, #give, #is_last)?)
                    }
                    _ => quote!(__generated::within::<#element, __S>(__source, #most, &#name, #give)?),
                };
                quote! {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field(#name), "Seq");
                    }
                    let #local = #read;
                    if __S::TRACES {
                        __source.leave();
                    }
                }
            }
            Kind::Check { algorithm, .. } => {
                let place = Marks::start_of(at, local);
                quote! {
                    let #place = __source.offset();
                    let __sum = __source.slice(<#algorithm as __declare::Checksum>::WIDTH, &#name)?;
                    if __S::TRACES {
                        let __end = __source.offset();
                        __source.field(#name, #place..__end, ::core::option::Option::None, __trace::Value::Bytes(__sum), "checksum");
                    }
                    let #local = __declare::Check::new();
                }
            }
            Kind::Align { to, ignore } => {
                let note = if *ignore { "ignored" } else { "padding" };
                quote! {
                    let __align_at = __source.offset();
                    __source.align(__start, #to, #ignore, &#name)?;
                    if __S::TRACES {
                        let __end = __source.offset();
                        let __bytes = &__source.frame()[__align_at..__end];
                        __source.field(#name, __align_at..__end, ::core::option::Option::None, __trace::Value::Bytes(__bytes), #note);
                    }
                    let #local = ();
                }
            }
            Kind::Array(len) => quote! {
                let mut #local = [0_u8; #len];
                let __bytes = __source.slice(#len, &#name)?;
                #local.copy_from_slice(__bytes);
                let #local = #local;
                if __S::TRACES {
                    let __end = __source.offset();
                    __source.field(#name, __end - __bytes.len()..__end, ::core::option::Option::None, __trace::Value::Bytes(__bytes), "");
                }
            },
            Kind::Nested { extent, tag, give } => {
                let ty = with_holder(&field.ty, self.of.holder.as_ref(), &quote!(__wireview::Span));
                let give = Self::give(give);
                let walk = match tag {
                    None => quote!(<#ty as __declare::Declare>::walk(__source, #give)?),
                    Some(tag) => {
                        let computed = list.iter().find(|other| other.local == *tag).map(Field::computed_local);
                        let place = format_ident!("__{}_at", tag);
                        quote!(<#ty as __declare::Tagged>::walk_tagged(__source, #computed, #place, #give)?)
                    }
                };
                let by = field.prefix_name();
                let read = match extent {
                    Some(Extent::Prefix { .. } | Extent::Named { .. }) => quote! {
                        let __after = __source.bound(#len as usize, &#by)?;
                        let #local = #walk;
                        __source.unbound(__after, &#name)?;
                    },
                    Some(Extent::Fixed(len)) => quote! {
                        let __after = __source.bound(#len, &#name)?;
                        let #local = #walk;
                        __source.unbound(__after, &#name)?;
                    },
                    _ => quote!(let #local = #walk;),
                };
                let kind = kind_name(&field.ty);
                quote! {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field(#name), #kind);
                    }
                    #read
                    if __S::TRACES {
                        __source.leave();
                    }
                }
            }
            _ => unreachable!("a body"),
        };
        let asserts = self.asserts(&field.asserts, name, &quote!(__source.offset()));
        quote!(#start #read #end #asserts)
    }

    /// The body of `Framed::delimit`; `None` if nothing says where a frame ends.
    pub(crate) fn delimit(&self) -> Option<TokenStream> {
        match (&self.of.frame, &self.of.body) {
            (Some(Frame::Length(index)), Body::Struct(fields)) => Some(self.delimit_length(*index, &fields.list)),
            (Some(Frame::Scan(max)), _) => Some(quote! {
                let __max = (#max) as usize;
                let __seen = &__input[..::core::cmp::Ord::min(__input.len(), __max)];
                let mut __scan = __declare::Scan::new(__seen);
                match <Self as __declare::Declare>::walk(&mut __scan, __given) {
                    ::core::result::Result::Ok(_) => {
                        ::core::result::Result::Ok(__wireview::Boundary::whole(__declare::Source::offset(&__scan)))
                    }
                    ::core::result::Result::Err(_) if __scan.needs() > __max => {
                        ::core::result::Result::Err(__wireview::Error::limit(<Self as __declare::Declare>::NAME, 0))
                    }
                    ::core::result::Result::Err(_) if __scan.needs() > 0 => {
                        ::core::result::Result::Ok(__wireview::Boundary::Need(__scan.needs()))
                    }
                    ::core::result::Result::Err(__error) => ::core::result::Result::Err(__error),
                }
            }),
            (None, Body::Struct(fields)) if !fields.list.is_empty() && fields.list.iter().all(Field::is_fixed) => {
                let bytes: usize =
                    nodes(&fields.list).iter().map(|node| if let Node::Run(run) = node { run.bytes } else { 0 }).sum();
                Some(quote! {
                    ::core::result::Result::Ok(if __input.len() < #bytes {
                        __wireview::Boundary::Need(#bytes)
                    } else {
                        __wireview::Boundary::whole(#bytes)
                    })
                })
            }
            _ => None,
        }
    }

    /// Checks the constants among the bit fields of `group`.
    fn constant_bits(&self, cell: &Cell<'_>, group: &[(usize, usize)], list: &[Field]) -> Option<TokenStream> {
        let total = cell.bytes * 8;
        let number = group_number(cell.bytes, self.of.big);
        let mut below = 0;
        let checks: Vec<TokenStream> = group
            .iter()
            .filter_map(|(index, bits)| {
                let shift = if self.of.lsb { below } else { total - below - bits };
                below += bits;
                let Kind::Bits { value: Bits::Constant(constant), .. } = list[*index].kind else { return None };
                let (name, at) = (&list[*index].name, cell.at);
                let raw = if *bits == total {
                    quote!(__bits)
                } else {
                    mask(&quote!(__bits), shift, *bits, total, &number.ty)
                };
                Some(quote! {
                    if (#raw) as u64 != #constant {
                        return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #at));
                    }
                })
            })
            .collect();
        let load = number.load(&format_ident!("__run"), cell.at);
        (!checks.is_empty()).then(|| quote!(let __bits = #load; #(#checks)*))
    }

    fn delimit_length(&self, index: usize, list: &[Field]) -> TokenStream {
        let Kind::Computed { number, role: Role::Frame { all, max } } = &list[index].kind else {
            unreachable!("the length of a frame")
        };
        let name = &list[index].name;
        let plan = nodes(&list[..index]);
        let before: usize = plan.iter().map(|node| if let Node::Run(run) = node { run.bytes } else { 0 }).sum();
        let constants: Vec<TokenStream> = plan
            .iter()
            .filter_map(|node| if let Node::Run(run) = node { Some(run) } else { None })
            .flat_map(|run| &run.cells)
            .filter_map(|cell| match &cell.what {
                What::Field(at) => match &list[*at].kind {
                    Kind::Constant(constant) => {
                        let (start, end, name) = (cell.at, cell.at + cell.bytes, &list[*at].name);
                        Some(quote! {
                            if __run[#start..#end] != [#(#constant),*] {
                                return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #start));
                            }
                        })
                    }
                    _ => None,
                },
                What::Group(group) => self.constant_bits(cell, group, list),
                What::Prefix(..) => None,
            })
            .collect();
        let limit = limit(number, max, &quote!(__length), name, &quote!(#before));
        let body = if *all {
            quote! {
                let ::core::option::Option::Some(__body) = __length.checked_sub(__head as u64) else {
                    return ::core::result::Result::Err(__wireview::Error::malformed(&#name, #before));
                };
            }
        } else {
            quote!(let __body = __length;)
        };
        let read = match number.bytes() {
            Some(bytes) => {
                let head = before + bytes;
                let load = number.load(&format_ident!("__run"), before);
                quote! {
                    let ::core::option::Option::Some(__run) = __input.first_chunk::<#head>() else {
                        return ::core::result::Result::Ok(__wireview::Boundary::Need(#head));
                    };
                    #(#constants)*
                    let __length = #load as u64;
                    let __head = #head;
                }
            }
            // What stands in front of the length is looked at as soon as it is there: nothing more may be asked for before.
            None => {
                let (width, minimal) = match number.wide {
                    Wide::Varint { width, minimal } | Wide::Zigzag { width, minimal } => (width, minimal),
                    Wide::Bytes(_) => unreachable!("a varint"),
                };
                quote! {
                    let ::core::option::Option::Some((__run, __behind)) = __input.split_first_chunk::<#before>() else {
                        return ::core::result::Result::Ok(__wireview::Boundary::Need(#before));
                    };
                    #(#constants)*
                    let mut __scan = __declare::Scan::new(__behind);
                    let __length = match __declare::Source::varint(&mut __scan, #width, #minimal, &#name) {
                        ::core::result::Result::Ok(__length) => __length,
                        ::core::result::Result::Err(_) if __scan.needs() > 0 => {
                            return ::core::result::Result::Ok(__wireview::Boundary::Need(#before + __scan.needs()));
                        }
                        ::core::result::Result::Err(__error) => {
                            return ::core::result::Result::Err(__error.shifted(#before));
                        }
                    };
                    let __head = #before + __declare::Source::offset(&__scan);
                }
            }
        };
        quote! {
            #read
            #limit
            #body
            ::core::result::Result::Ok(__wireview::Boundary::Frame { head: __head, body: __body, tail: 0 })
        }
    }
}

/// The number that the bytes of a group of bit fields make.
pub(crate) fn group_number(bytes: usize, big: bool) -> Number {
    let ty = match bytes {
        1 => "u8",
        2 => "u16",
        3 | 4 => "u32",
        5..=8 => "u64",
        _ => "u128",
    };
    Number { ty: format_ident!("{ty}"), wide: Wide::Bytes(bytes), big }
}

/// Bits `shift..shift + bits` of `from`, which has `total`.
fn mask(from: &TokenStream, shift: usize, bits: usize, total: usize, ty: &Ident) -> TokenStream {
    let shifted = if shift == 0 { from.clone() } else { quote!((#from >> #shift)) };
    if shift + bits == total && total == crate::number::bits_of(ty).unwrap_or(0) {
        return shifted;
    }
    let mask = proc_macro2::Literal::u64_unsuffixed((1_u64 << bits) - 1);
    quote!(#shifted & #mask)
}

/// Reads a number in LEB128.
fn varint(number: &Number, name: &str) -> TokenStream {
    let ty = &number.ty;
    let (width, minimal, zigzag) = match number.wide {
        Wide::Varint { width, minimal } => (width, minimal, false),
        Wide::Zigzag { width, minimal } => (width, minimal, true),
        Wide::Bytes(_) => unreachable!("a varint"),
    };
    let read = quote!(__source.varint(#width, #minimal, &#name)?);
    let read = if zigzag { quote!({ let __z = #read; ((__z >> 1) as i64) ^ -((__z & 1) as i64) }) } else { read };
    if ty == "u64" || ty == "i64" {
        return read;
    }
    quote! {{
        let __varint_start = __source.offset();
        match <::core::primitive::#ty as ::core::convert::TryFrom<_>>::try_from(#read) {
            ::core::result::Result::Ok(__value) => __value,
            ::core::result::Result::Err(_) => {
                return ::core::result::Result::Err(__wireview::Error::overflow(&#name, __varint_start));
            }
        }
    }}
}

/// `local`, which `number` holds, is not above `max`.
fn limit(number: &Number, max: &Expr, local: &TokenStream, name: &str, at: &TokenStream) -> TokenStream {
    if int(max).is_some_and(|max| max as u64 >= number.largest()) {
        return quote!();
    }
    let max = wide(max);
    quote! {
        if #local > #max {
            return ::core::result::Result::Err(__wireview::Error::limit(&#name, #at));
        }
    }
}

/// A number for a hook.
fn value(ty: &Ident, local: &TokenStream) -> TokenStream {
    match ty.to_string().as_str() {
        "u64" => quote!(__trace::Value::Unsigned(#local)),
        "u8" | "u16" | "u32" => quote!(__trace::Value::Unsigned(#local as u64)),
        "i64" => quote!(__trace::Value::Signed(#local)),
        "i8" | "i16" | "i32" => quote!(__trace::Value::Signed(#local as i64)),
        "f64" => quote!(__trace::Value::Float(#local)),
        "f32" => quote!(__trace::Value::Float(#local as f64)),
        _ => quote!(__trace::Value::Shown(&#local)),
    }
}

fn trace_rest(name: &str, at: &TokenStream, value: &TokenStream, note: &str) -> TokenStream {
    quote! {
        if __S::TRACES {
            let __end = __source.offset();
            __source.field(#name, #at..__end, ::core::option::Option::None, #value, #note);
        }
    }
}

/// The last word of a type's path.
pub(crate) fn kind_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}
