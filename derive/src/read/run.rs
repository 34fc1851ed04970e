//! Fields of a fixed size, which are read from one array.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::*;

impl Reader<'_> {
    pub(super) fn run(&self, run: &Run<'_>, list: &[Field], marks: &Marks) -> TokenStream {
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
                What::Prefix(index, _) => (marks.start(*index, &list[*index].local, &at), quote!()),
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

    pub(super) fn cell(&self, cell: &Cell<'_>, list: &[Field], at: &TokenStream) -> TokenStream {
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

    pub(super) fn group(
        &self,
        cell: &Cell<'_>,
        group: &[(usize, usize)],
        list: &[Field],
        at: &TokenStream,
    ) -> TokenStream {
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
    pub(super) fn computed(&self, field: &Field, list: &[Field], at: &TokenStream) -> TokenStream {
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

    pub(super) fn map(&self, field: &Field, map: Option<&Map>, at: &TokenStream) -> TokenStream {
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

    /// The number that says how long `field` is, is not above its maximum.
    pub(super) fn limit(&self, field: &Field, local: &TokenStream, name: &str, at: &TokenStream) -> TokenStream {
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
}
