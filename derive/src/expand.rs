//! A declaration as code.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::draw::Drawer;
use crate::model::{Body, Declaration};
use crate::read::Reader;
use crate::write::Writer;
use crate::{diagram, display, shape};

/// Everything that is emitted for a declaration.
pub(crate) fn expand(of: &Declaration) -> TokenStream {
    let krate = of.krate.to_token_stream();
    let reader = Reader { of };
    let writer = Writer { of };
    let drawn = Drawer { of }.items();
    let span = of.over(&quote!(#krate::Span));
    let over_a = of.over(&quote!(__A));
    let over_b = of.over(&quote!(__B));
    let view = of.over(&quote!(&'__a [u8]));
    let holder = quote!(__B);
    let name = of.ident.to_string();
    let context = of.given.iter().map(|(_, ty)| ty);
    let context = quote!((#(#context,)*));
    let map = of.map();
    let (size, any) = of.size();
    let open = of.open();
    let refused = of.refused();
    let walk = reader.walk();
    let framed = reader.delimit().map(|delimit| {
        quote! {
            impl __declare::Framed for #span {
                #[inline]
                fn delimit(__input: &[u8], __given: #context) -> __wireview::Result<__wireview::Boundary> {
                    #delimit
                }
            }
        }
    });
    let element = of.given.is_empty().then(|| {
        quote! {
            impl __wireview::Element for #span {
                #[inline]
                fn read<'__a>(__input: &mut &'__a [u8]) -> __wireview::Result<#view> {
                    let mut __source = __declare::Plain::new(*__input);
                    let __message = <Self as __declare::Declare>::walk(&mut __source, ())?;
                    *__input = __declare::Source::rest(&__source);
                    ::core::result::Result::Ok(__message)
                }
            }
        }
    });
    let shape = shape::shape(of);
    let plain = plain(of, &span);
    let put_generics = of.holder.is_some().then(|| quote!(<#holder: __wireview::Outgoing>));
    let halves = match &of.body {
        Body::Struct(fields) => {
            let (len, put) = (writer.struct_len(fields), writer.struct_put(fields));
            quote! {
                impl #put_generics __declare::Put for #over_b {
                    type Family = #span;

                    #[inline]
                    fn wire_len(&self, __given: #context) -> u64 {
                        #len
                    }

                    #[inline]
                    fn put(self, __out: &mut __wireview::Gather, __given: #context) -> __wireview::Result<()> {
                        #put
                    }
                }
            }
        }
        Body::Enum(union) => {
            let walk_tagged = reader.walk_tagged(union);
            let walk_variant = reader.walk_variant(union);
            let given = writer.given();
            let longest = writer.longest();
            let tags = writer.tags(union);
            let lens = writer.tagged_lens(union);
            let put = writer.union_put(union);
            let skip = Writer::skipped(union);
            let tag_len = Writer::number_len(&union.tag, &quote!(__declare::PutTagged::tag(self)));
            let inner_len = union.len.as_ref().map(|(number, _)| {
                let own = Writer::number_len(number, &quote!(__inner));
                quote!(let __inner = __inner + #own;)
            });
            let asserts = Writer::asserts(&of.asserts, &name);
            let inherent = of.holder.is_some().then(|| quote!(<#holder: __wireview::Outgoing>));
            quote! {
                impl __declare::Tagged for #span {
                    #[inline]
                    fn walk_tagged<'__a, __S: __declare::Source<'__a>>(
                        __source: &mut __S,
                        __tag: u64,
                        __tag_at: usize,
                        __given: #context,
                    ) -> __wireview::Result<#view> {
                        #walk_tagged
                    }
                }

                impl #span {
                    /// Reads the variant that the tag says, behind its length.
                    #[inline(always)]
                    fn __walk<'__a, __S: __declare::Source<'__a>>(
                        __source: &mut __S,
                        __tag: u64,
                        __tag_at: usize,
                        __len: u64,
                        __len_at: usize,
                        __given: #context,
                    ) -> __wireview::Result<#view> {
                        #walk_variant
                    }
                }

                impl #inherent #over_b {
                    /// How many bytes the variant takes behind its tag and its length.
                    fn __inner_len(&self, __given: #context) -> u64 {
                        #given
                        match self {
                            #(#lens)*
                        }
                    }

                    /// Writes it without the first `__skip` bytes of its tag: all of them, or none.
                    #[inline(always)]
                    fn __put(self, __skip: usize, __out: &mut __wireview::Gather, __given: #context) -> __wireview::Result<()> {
                        #given
                        #asserts
                        #put
                    }
                }

                impl #put_generics __declare::Put for #over_b {
                    type Family = #span;

                    #[inline]
                    fn wire_len(&self, __given: #context) -> u64 {
                        #tag_len + __declare::PutTagged::tagged_len(self, __given)
                    }

                    #[inline]
                    fn put(self, __out: &mut __wireview::Gather, __given: #context) -> __wireview::Result<()> {
                        #longest
                        self.__put(0, __out, __given)
                    }
                }

                impl #put_generics __declare::PutTagged for #over_b {
                    #[inline]
                    fn tag(&self) -> u64 {
                        match self {
                            #(#tags,)*
                        }
                    }

                    #[inline]
                    fn tagged_len(&self, __given: #context) -> u64 {
                        let __inner = self.__inner_len(__given);
                        #inner_len
                        __inner
                    }

                    #[inline]
                    fn put_tagged(self, __out: &mut __wireview::Gather, __given: #context) -> __wireview::Result<()> {
                        self.__put(#skip, __out, __given)
                    }
                }
            }
        }
    };
    quote! {
        #[allow(non_shorthand_field_patterns, unused_variables, unused_mut, unused_assignments, unused_parens, unused_qualifications)]
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            use #krate as __wireview;
            use #krate::declare as __declare;
            use #krate::declare::generated as __generated;
            use #krate::trace as __trace;

            impl __wireview::Wire for #span {
                type Of<__B: __wireview::Holder> = #over_b;

                #[inline]
                fn map<__A: __wireview::Holder, __B: __wireview::Holder>(
                    __message: #over_a,
                    __f: &mut impl ::core::ops::FnMut(__A) -> __B,
                ) -> #over_b {
                    #map
                }
            }

            impl __declare::Declare for #span {
                type Context = #context;

                const NAME: __declare::FieldName = &#name;
                const SIZE: ::core::option::Option<usize> = #size;
                const ANY: bool = #any;
                const OPEN: bool = #open;

                fn shape() -> &'static __declare::Shape {
                    const { &#shape }
                }

                #[inline(always)]
                fn walk<'__a, __S: __declare::Source<'__a>>(
                    __source: &mut __S,
                    __given: #context,
                ) -> __wireview::Result<#view> {
                    #walk
                }

                #drawn
            }

            #framed
            #element
            #halves
            #refused
            #plain
        };
    }
}

/// What is not needed to read and write: the picture, the fields, the dissector, a line to print.
fn plain(of: &Declaration, span: &TokenStream) -> TokenStream {
    let own = of.over(&quote!(__B));
    let generics = of.holder.is_some().then(|| quote!(<__B>));
    let show = of.holder.is_some().then(|| quote!(<__B: __declare::Show>));
    let picture = diagram::diagram(of);
    let doc = format!("# On the wire\n```text\n{picture}\n```");
    let fields = shape::fields(of);
    let list = (!fields.is_empty()).then(|| {
        quote! {
            /// Each field: name, type, documentation, and what it is on the wire.
            pub const FIELDS: &'static [__declare::FieldShape] = &[#(#fields),*];
        }
    });
    let display = (!of.no_display).then(|| {
        let display = display::display(of);
        quote! {
            /// The message in one line.
            impl #show ::core::fmt::Display for #own {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    #display
                }
            }
        }
    });
    quote! {
        #[doc = #doc]
        impl #generics #own {
            #list

            /// The format as RFCs draw it: 32 bits a row.
            #[must_use]
            pub const fn diagram() -> &'static str {
                #picture
            }

            /// A dissector for Wireshark, in Lua: see [`wireshark_lua`](__declare::wireshark_lua).
            #[must_use]
            pub fn wireshark_lua() -> __generated::String {
                __declare::wireshark_lua::<#span>()
            }
        }

        #display
    }
}
