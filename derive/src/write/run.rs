//! Fields of a fixed size, which are written from one array.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::*;

impl Writer<'_> {
    pub(super) fn run(&self, run: &Run<'_>, list: &[Field], marks: &Marks, lead: Option<&Lead>) -> TokenStream {
        let run = &run.behind(lead.map_or(0, |lead| lead.bytes));
        let bytes = run.bytes;
        let cells: Vec<TokenStream> = run.cells.iter().map(|cell| self.cell(cell, list)).collect();
        let mut noted = TokenStream::new();
        for cell in &run.cells {
            let (from, to) = (cell.at as u64, (cell.at + cell.bytes) as u64);
            let from = quote!(__run_at + #from);
            let to = quote!(__run_at + #to);
            match &cell.what {
                What::Field(at) => {
                    if list[*at].prefix().is_none() {
                        noted.extend(marks.start(*at, &list[*at].local, &from));
                    }
                    noted.extend(marks.end(*at, &list[*at].local, &to));
                }
                What::Prefix(at, _) => noted.extend(marks.start(*at, &list[*at].local, &from)),
                What::Group(group) => {
                    for (at, _) in group {
                        noted.extend(marks.start(*at, &list[*at].local, &from));
                        noted.extend(marks.end(*at, &list[*at].local, &to));
                    }
                }
            }
        }
        let skipped = lead.map(|_| quote!(.wrapping_sub(__skip as u64)));
        let place = (!noted.is_empty()).then(|| quote!(let __run_at = __generated::place(__out).size #skipped;));
        let store = lead.map(|lead| &lead.store);
        let part = lead.map(|_| quote!([__skip..]));
        quote! {
            #place
            #noted
            let mut __run = [0_u8; #bytes];
            #store
            #(#cells)*
            __out.copy(&__run #part);
        }
    }

    pub(super) fn cell(&self, cell: &Cell<'_>, list: &[Field]) -> TokenStream {
        let run = format_ident!("__run");
        let (start, end) = (cell.at, cell.at + cell.bytes);
        match &cell.what {
            What::Prefix(at, number) => {
                let field = &list[*at];
                let size = self.extent_value(field, &quote!(&));
                let value = checked(field.prefix().map(|(_, max, _)| max), number, &size, &field.prefix_name());
                number.store(&run, start, &quote!((#value)))
            }
            What::Group(group) => self.group(cell, group, list),
            What::Field(at) => {
                let field = &list[*at];
                let (local, name) = (&field.local, &field.name);
                match &field.kind {
                    Kind::Number { number, map } => {
                        let value = mapped(field, map.as_ref());
                        let check = overflow(number, name);
                        let store = number.store(&run, start, &quote!(__value));
                        let ty = &number.ty;
                        quote!({ let __value: ::core::primitive::#ty = #value; #check #store })
                    }
                    Kind::Computed { number, role } => {
                        let value = match role {
                            Role::Frame { all: true, max } => checked(Some(max), number, &quote!(__total), name),
                            Role::Frame { all: false, max } => {
                                let head = bytes_before(list, *at) + cell.bytes as u64;
                                checked(Some(max), number, &quote!((__total - #head)), name)
                            }
                            _ => checked(max_of(role, list), number, &self.role_value(role, list, &quote!(&)), name),
                        };
                        number.store(&run, start, &quote!((#value)))
                    }
                    Kind::Bool => quote!(__run[#start] = #local as u8;),
                    Kind::Array(_) => quote!(__run[#start..#end].copy_from_slice(&#local);),
                    Kind::Constant(constant) => quote!(__run[#start..#end].copy_from_slice(&[#(#constant),*]);),
                    Kind::Pad { .. } => quote!(),
                    _ => unreachable!("no cell of a run"),
                }
            }
        }
    }

    pub(super) fn group(&self, cell: &Cell<'_>, group: &[(usize, usize)], list: &[Field]) -> TokenStream {
        let total = cell.bytes * 8;
        let number = group_number(cell.bytes, self.of.big);
        let ty = &number.ty;
        let mut below = 0;
        let parts = group.iter().map(|(at, bits)| {
            let field = &list[*at];
            let (local, name) = (&field.local, &field.name);
            let shift = if self.of.lsb { below } else { total - below - bits };
            below += bits;
            let Kind::Bits { value, .. } = &field.kind else { unreachable!("only bits are grouped") };
            let (value, width) = match value {
                Bits::Number { ty, map } => (mapped(field, map.as_ref()), crate::number::bits_of(ty).unwrap_or(64)),
                Bits::Bool => (quote!(#local), 1),
                Bits::Computed { role, .. } => {
                    let value = self.role_value(role, list, &quote!(&));
                    let value = match max_of(role, list) {
                        Some(max) => {
                            let max = wide(max);
                            quote!(__generated::checked_len(#value, #max, &#name, __out)?)
                        }
                        None => value,
                    };
                    (value, 64)
                }
                Bits::Constant(value) => (quote!(#value), *bits),
                Bits::Ignored => return quote!(),
            };
            let check = (width > *bits).then(|| {
                quote! {
                    if __value >> #bits != 0 {
                        return ::core::result::Result::Err(__generated::too_long(&#name, __out));
                    }
                }
            });
            quote!({ let __value = #value; #check __bits |= (__value as ::core::primitive::#ty) << #shift; })
        });
        let parts: Vec<TokenStream> = parts.collect();
        let store = number.store(&format_ident!("__run"), cell.at, &quote!(__bits));
        quote!({ let mut __bits: ::core::primitive::#ty = 0; #(#parts)* #store })
    }
}
