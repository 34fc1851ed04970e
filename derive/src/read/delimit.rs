//! Where a frame ends.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::*;

impl Reader<'_> {
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
