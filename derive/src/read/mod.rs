//! The walk: one function a type, over any source.

mod body;
mod delimit;
mod run;

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
