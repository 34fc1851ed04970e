//! How long a message is.

use proc_macro2::TokenStream;
use quote::quote;

use super::*;

impl Writer<'_> {
    /// The body of `Put::wire_len` and of `PutTagged::tagged_len`, for a struct or variant that was taken apart.
    pub(crate) fn wire_len(&self, fields: &Fields) -> TokenStream {
        let values = Self::values(fields, true);
        let steps: Vec<TokenStream> =
            nodes(&fields.list).iter().map(|node| self.node_len(node, &fields.list, &quote!())).collect();
        let frame = fields.list.iter().find_map(|field| match &field.kind {
            Kind::Computed { role: Role::Frame { all, .. }, number } if number.bytes().is_none() => Some(if *all {
                quote!(let __len = __generated::frame_varint(__before, __len);)
            } else {
                quote!(let __len = __before + __generated::varint_len(__len) + __len;)
            }),
            _ => None,
        });
        quote! {
            #values
            let mut __len = 0_u64;
            #(#steps)*
            #frame
            __len
        }
    }

    pub(super) fn node_len(&self, node: &Node<'_>, list: &[Field], by: &TokenStream) -> TokenStream {
        match node {
            Node::Run(run) => {
                let bytes = run.bytes as u64;
                quote!(__len += #bytes;)
            }
            Node::Bound { .. } => quote!(),
            Node::Prefix { at, .. } => {
                let size = self.extent_value(&list[*at], by);
                quote!(__len += __generated::varint_len(#size);)
            }
            Node::Varint { at } => match &list[*at].kind {
                Kind::Computed { role: Role::Frame { .. }, .. } => quote!(let __before = __len; __len = 0;),
                Kind::Computed { role, .. } => {
                    let value = self.role_value(role, list, by);
                    quote!(__len += __generated::varint_len(#value);)
                }
                Kind::Number { number, map } => {
                    let local = &list[*at].local;
                    let value = if is_named(list, &list[*at]) { quote!(#local) } else { quote!((*#local)) };
                    let value = match map {
                        Some(Map { write, .. }) if is_named(list, &list[*at]) => quote!((#write)(&#local)),
                        Some(Map { write, .. }) => quote!((#write)(#local)),
                        None => value,
                    };
                    let value = leb(number, &value);
                    quote!(__len += __generated::varint_len(#value);)
                }
                _ => unreachable!("only numbers are varints"),
            },
            Node::Optional { at, nodes } => {
                let local = &list[*at].local;
                let steps = nodes.iter().map(|node| self.node_len(node, list, by));
                quote!(if let ::core::option::Option::Some(#local) = #local { #(#steps)* })
            }
            Node::Body { at } => {
                let field = &list[*at];
                match &field.kind {
                    Kind::Bytes { extent, .. } => {
                        let size = self.size(field, by);
                        let nul = matches!(extent, Extent::Nul { .. }).then(|| quote!(+ 1));
                        quote!(__len += #size #nul;)
                    }
                    Kind::Seq { .. } => {
                        let size = self.size(field, by);
                        quote!(__len += #size;)
                    }
                    Kind::Nested { .. } => {
                        let size = self.size(field, by);
                        quote!(__len += #size;)
                    }
                    Kind::Check { algorithm, .. } => {
                        quote!(__len += <#algorithm as __declare::Checksum>::WIDTH as u64;)
                    }
                    Kind::Align { to, .. } => {
                        let to = *to as u64;
                        quote!(__len = __len.next_multiple_of(#to);)
                    }
                    Kind::Array(len) => quote!(__len += (#len) as u64;),
                    _ => unreachable!("a body"),
                }
            }
        }
    }

    /// How many bytes field `field` takes without its prefix; `by` is `&` where it is held by value.
    pub(super) fn size(&self, field: &Field, by: &TokenStream) -> TokenStream {
        let local = &field.local;
        match &field.kind {
            Kind::Bytes { .. } => quote!(__wireview::Outgoing::size(#by #local)),
            Kind::Seq { .. } => quote!(__wireview::Outgoing::size(#local.region())),
            Kind::Nested { tag, give, .. } => {
                let give = Reader::give(give);
                if tag.is_some() {
                    quote!(__declare::PutTagged::tagged_len(#by #local, #give))
                } else {
                    quote!(__declare::Put::wire_len(#by #local, #give))
                }
            }
            _ => unreachable!("what has a length"),
        }
    }

    /// The number in front of `field`: its length, or its count.
    pub(super) fn extent_value(&self, field: &Field, by: &TokenStream) -> TokenStream {
        let local = &field.local;
        match field.extent() {
            Some(Extent::Prefix { counts: true, .. } | Extent::Named { counts: true, .. }) => {
                quote!((#local.len() as u64))
            }
            _ => self.size(field, by),
        }
    }

    pub(super) fn role_value(&self, role: &Role, list: &[Field], by: &TokenStream) -> TokenStream {
        match role {
            Role::Length(of) | Role::Count(of) => self.extent_value(&list[*of], by),
            Role::Tag(of) => {
                let local = &list[*of].local;
                quote!(__declare::PutTagged::tag(#by #local))
            }
            Role::Open | Role::Frame { .. } => unreachable!("written apart"),
        }
    }
}
