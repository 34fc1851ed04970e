#[allow(
    non_shorthand_field_patterns,
    unused_variables,
    unused_mut,
    unused_assignments,
    unused_parens,
    unused_qualifications
)]
#[allow(clippy::all, clippy::pedantic)]
const _: () = {
    use ::wireview as __wireview;
    use ::wireview::declare as __declare;
    use ::wireview::declare::generated as __generated;
    use ::wireview::trace as __trace;
    impl __wireview::Wire for Option<::wireview::Span> {
        type Of<__B: __wireview::Holder> = Option<__B>;
        #[inline]
        fn map<__A: __wireview::Holder, __B: __wireview::Holder>(
            __message: Option<__A>,
            __f: &mut impl ::core::ops::FnMut(__A) -> __B,
        ) -> Option<__B> {
            match __message {
                Option::Name { name } => {
                    Option::Name {
                        name: <Text<
                            __wireview::Span,
                        > as __wireview::Wire>::map(name, __f),
                    }
                }
                Option::Size { 0: value } => Option::Size { 0: value },
                Option::Nothing {} => Option::Nothing {},
                Option::Other { kind, value } => {
                    Option::Other {
                        kind,
                        value: __f(value),
                    }
                }
            }
        }
    }
    impl __declare::Declare for Option<::wireview::Span> {
        type Context = ();
        const NAME: __declare::FieldName = &"Option";
        const SIZE: ::core::option::Option<usize> = ::core::option::Option::None;
        const ANY: bool = false;
        const OPEN: bool = false;
        fn shape() -> &'static __declare::Shape {
            const {
                &__declare::Shape {
                    name: "Option",
                    doc: "",
                    given: &[],
                    big: true,
                    lsb: false,
                    scan: false,
                    body: __declare::Body::Enum {
                        tag: __declare::NumberShape {
                            width: __declare::Width::Bytes(1u8),
                            signed: false,
                            float: false,
                            big: true,
                        },
                        len: ::core::option::Option::Some(__declare::NumberShape {
                            width: __declare::Width::Bytes(2u8),
                            signed: false,
                            float: false,
                            big: true,
                        }),
                        variants: &[
                            __declare::VariantShape {
                                name: "Name",
                                doc: "",
                                tag: ::core::option::Option::Some({
                                    const TAG: ::core::primitive::u8 = 1;
                                    TAG as u64
                                }),
                                fields: &[
                                    __declare::FieldShape {
                                        name: "name",
                                        ty: "Text<B>",
                                        doc: "",
                                        kind: __declare::FieldKind::Bytes {
                                            extent: __declare::Extent::Rest,
                                            text: true,
                                        },
                                        condition: ::core::option::Option::None,
                                    },
                                ],
                            },
                            __declare::VariantShape {
                                name: "Size",
                                doc: "",
                                tag: ::core::option::Option::Some({
                                    const TAG: ::core::primitive::u8 = 2;
                                    TAG as u64
                                }),
                                fields: &[
                                    __declare::FieldShape {
                                        name: "Size",
                                        ty: "u32",
                                        doc: "",
                                        kind: __declare::FieldKind::Number(__declare::NumberShape {
                                            width: __declare::Width::Bytes(4u8),
                                            signed: false,
                                            float: false,
                                            big: true,
                                        }),
                                        condition: ::core::option::Option::None,
                                    },
                                ],
                            },
                            __declare::VariantShape {
                                name: "Nothing",
                                doc: "",
                                tag: ::core::option::Option::Some({
                                    const TAG: ::core::primitive::u8 = 3;
                                    TAG as u64
                                }),
                                fields: &[],
                            },
                            __declare::VariantShape {
                                name: "Other",
                                doc: "",
                                tag: ::core::option::Option::None,
                                fields: &[
                                    __declare::FieldShape {
                                        name: "kind",
                                        ty: "u8",
                                        doc: "",
                                        kind: __declare::FieldKind::Tag,
                                        condition: ::core::option::Option::None,
                                    },
                                    __declare::FieldShape {
                                        name: "value",
                                        ty: "B",
                                        doc: "",
                                        kind: __declare::FieldKind::Bytes {
                                            extent: __declare::Extent::Rest,
                                            text: false,
                                        },
                                        condition: ::core::option::Option::None,
                                    },
                                ],
                            },
                        ],
                    },
                }
            }
        }
        #[inline(always)]
        fn walk<'__a, __S: __declare::Source<'__a>>(
            __source: &mut __S,
            __given: (),
        ) -> __wireview::Result<Option<&'__a [u8]>> {
            let __tag_at = __source.offset();
            let __run = __source.take::<3usize>(&[(&"tag", 1usize), (&"len", 3usize)])?;
            let __tag = __run[0usize] as u64;
            if __S::TRACES {
                let __end = __tag_at + 1usize;
                __source
                    .field(
                        "tag",
                        __tag_at..__end,
                        ::core::option::Option::None,
                        __trace::Value::Unsigned(__tag),
                        "",
                    );
            }
            Self::__walk(
                __source,
                __tag,
                __tag_at,
                ::core::primitive::u16::from_be_bytes([__run[1usize], __run[2usize]])
                    as u64,
                __tag_at + 1usize,
                __given,
            )
        }
        __wireview::__if_testing! {
            const CANONICAL : bool = true; const MAPPED : bool = false; fn draw(__draw :
            & mut __wireview::laws::Draw < '_ >, __given : < Self as __declare::Declare >
            ::Context,) -> ::core::option::Option << Self as __wireview::Wire > ::Of <
            __declare::sample::Bytes >> { use __declare::sample as __sample; let () =
            __given; __sample::message(__draw, | __draw | { let __message = match
            __sample::variant(__draw, 4usize) { 0usize => { { let name =
            __sample::text(__draw, u64::MAX, false, true); Option::Name { name : name } }
            } 1usize => { { let value = __sample::number(__draw, 32u32, & [], | __raw :
            u128 | { let value = __raw as ::core::primitive::u32;
            ::core::option::Option::Some(value) }) ?; Option::Size { 0 : value } } }
            2usize => { { Option::Nothing {} } } 3usize => { let kind =
            __sample::number(__draw, 8u32, & [2u128, 3u128, 4u128], | __raw | { let __tag
            = __raw as ::core::primitive::u8; if ::core::matches!(__tag, 1 | 2 | 3) {
            return ::core::option::Option::None; } ::core::option::Option::Some(__tag) })
            ?; { let value = __sample::bytes(__draw, u64::MAX, false, true);
            Option::Other { kind : kind, value : value } } } _ => return
            ::core::option::Option::None, }; if __message.__inner_len(__given) >
            ::core::cmp::Ord::min((1000) as u64, 65535u64) { return
            ::core::option::Option::None; } ::core::option::Option::Some(__message) }) }
            fn draw_written(__draw : & mut __wireview::laws::Draw < '_ >, __given : <
            Self as __declare::Declare > ::Context,) -> ::core::option::Option <
            __declare::sample::Vec < u8 >> { let __message = < Self as __declare::Declare
            > ::draw(__draw, __given) ?; __declare::sample::written(__message, __given) }
        }
    }
    impl __wireview::Element for Option<::wireview::Span> {
        #[inline]
        fn read<'__a>(
            __input: &mut &'__a [u8],
        ) -> __wireview::Result<Option<&'__a [u8]>> {
            let mut __source = __declare::Plain::new(*__input);
            let __message = <Self as __declare::Declare>::walk(&mut __source, ())?;
            *__input = __declare::Source::rest(&__source);
            ::core::result::Result::Ok(__message)
        }
    }
    impl __declare::Tagged for Option<::wireview::Span> {
        #[inline]
        fn walk_tagged<'__a, __S: __declare::Source<'__a>>(
            __source: &mut __S,
            __tag: u64,
            __tag_at: usize,
            __given: (),
        ) -> __wireview::Result<Option<&'__a [u8]>> {
            let __len_at = __source.offset();
            let __len: u64 = {
                let __run = __source.take::<2usize>(&[(&"len", 2usize)])?;
                ::core::primitive::u16::from_be_bytes([__run[0usize], __run[1usize]])
                    as u64
            };
            Self::__walk(__source, __tag, __tag_at, __len, __len_at, __given)
        }
    }
    impl Option<::wireview::Span> {
        /// Reads the variant that the tag says, behind its length.
        #[inline(always)]
        fn __walk<'__a, __S: __declare::Source<'__a>>(
            __source: &mut __S,
            __tag: u64,
            __tag_at: usize,
            __len: u64,
            __len_at: usize,
            __given: (),
        ) -> __wireview::Result<Option<&'__a [u8]>> {
            if __len > 1000 {
                return ::core::result::Result::Err(
                    __wireview::Error::limit(&"len", __len_at),
                );
            }
            if __S::TRACES {
                let __end = __source.offset();
                __source
                    .field(
                        "len",
                        __len_at..__end,
                        ::core::option::Option::None,
                        __trace::Value::Unsigned(__len),
                        "length of the variant",
                    );
            }
            let __after = __source.bound(__len as usize, &"len")?;
            let ::core::result::Result::Ok(__tag) = <::core::primitive::u8 as ::core::convert::TryFrom<
                u64,
            >>::try_from(__tag) else {
                return ::core::result::Result::Err(
                    __wireview::Error::unsupported(&"tag", __tag_at),
                );
            };
            let __read = match __tag {
                1 => {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field("Name"), "Name");
                    }
                    let __read: ::core::result::Result<_, __wireview::Error> = {
                        let name = __source.all();
                        if __S::TRACES {
                            let __end = __source.offset();
                            __source
                                .field(
                                    "name",
                                    __end - name.len() - 0usize..__end,
                                    ::core::option::Option::None,
                                    match ::core::str::from_utf8(name) {
                                        ::core::result::Result::Ok(__text) => {
                                            __trace::Value::Text(__text)
                                        }
                                        ::core::result::Result::Err(_) => {
                                            __trace::Value::Bytes(name)
                                        }
                                    },
                                    "",
                                );
                        }
                        let name = __source.text(name, 0usize, &"name")?;
                        ::core::result::Result::Ok(Option::Name { name })
                    };
                    let __read = __read?;
                    if __S::TRACES {
                        __source.leave();
                    }
                    __read
                }
                2 => {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field("Size"), "Size");
                    }
                    let __read: ::core::result::Result<_, __wireview::Error> = {
                        let __run = __source.take::<4usize>(&[(&"Size", 4usize)])?;
                        let value = ::core::primitive::u32::from_be_bytes([
                            __run[0usize],
                            __run[1usize],
                            __run[2usize],
                            __run[3usize],
                        ]);
                        if __S::TRACES {
                            let __at = (__source.offset() - 4usize);
                            __source
                                .field(
                                    "Size",
                                    __at..__at + 4usize,
                                    ::core::option::Option::None,
                                    __trace::Value::Unsigned(value as u64),
                                    "",
                                );
                        }
                        ::core::result::Result::Ok(Option::Size { 0: value })
                    };
                    let __read = __read?;
                    if __S::TRACES {
                        __source.leave();
                    }
                    __read
                }
                3 => {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field("Nothing"), "Nothing");
                    }
                    let __read: ::core::result::Result<_, __wireview::Error> = {
                        ::core::result::Result::Ok(Option::Nothing {})
                    };
                    let __read = __read?;
                    if __S::TRACES {
                        __source.leave();
                    }
                    __read
                }
                _ => {
                    if __S::TRACES {
                        __source.enter(__trace::Name::Field("Other"), "Other");
                    }
                    let __read: ::core::result::Result<_, __wireview::Error> = {
                        let kind = __tag;
                        let value = __source.all();
                        if __S::TRACES {
                            let __end = __source.offset();
                            __source
                                .field(
                                    "value",
                                    __end - value.len() - 0usize..__end,
                                    ::core::option::Option::None,
                                    __trace::Value::Bytes(value),
                                    "",
                                );
                        }
                        ::core::result::Result::Ok(Option::Other { kind, value })
                    };
                    let __read = __read?;
                    if __S::TRACES {
                        __source.leave();
                    }
                    __read
                }
            };
            __source.unbound(__after, <Self as __declare::Declare>::NAME)?;
            ::core::result::Result::Ok(__read)
        }
    }
    impl<__B: __wireview::Outgoing> Option<__B> {
        /// How many bytes the variant takes behind its tag and its length.
        fn __inner_len(&self, __given: ()) -> u64 {
            match self {
                Option::Name { name } => {
                    let mut __len = 0_u64;
                    __len += __wireview::Outgoing::size(name);
                    __len
                }
                Option::Size { 0: value } => {
                    let mut __len = 0_u64;
                    __len += 4u64;
                    __len
                }
                Option::Nothing {} => {
                    let mut __len = 0_u64;
                    __len
                }
                Option::Other { kind, value } => {
                    let mut __len = 0_u64;
                    __len += __wireview::Outgoing::size(value);
                    __len
                }
            }
        }
        /// Writes it without the first `__skip` bytes of its tag: all of them, or none.
        #[inline(always)]
        fn __put(
            self,
            __skip: usize,
            __out: &mut __wireview::Gather,
            __given: (),
        ) -> __wireview::Result<()> {
            match self {
                Option::Name { name } => {
                    let __inner = {
                        let name = &name;
                        let mut __len = 0_u64;
                        __len += __wireview::Outgoing::size(name);
                        __len
                    };
                    let mut __run = [0_u8; 3usize];
                    {
                        let __tag: ::core::primitive::u8 = 1;
                        __run[0usize..1usize]
                            .copy_from_slice(
                                &(__tag as ::core::primitive::u8).to_be_bytes(),
                            );
                    }
                    __run[1usize..3usize]
                        .copy_from_slice(
                            &((__generated::checked_len(__inner, 1000, &"len", __out)?)
                                as ::core::primitive::u16)
                                .to_be_bytes(),
                        );
                    __out.copy(&__run[__skip..]);
                    __wireview::Outgoing::put(name, __out);
                    ::core::result::Result::Ok(())
                }
                Option::Size { 0: value } => {
                    let __inner = {
                        let value = &value;
                        let mut __len = 0_u64;
                        __len += 4u64;
                        __len
                    };
                    let mut __run = [0_u8; 7usize];
                    {
                        let __tag: ::core::primitive::u8 = 2;
                        __run[0usize..1usize]
                            .copy_from_slice(
                                &(__tag as ::core::primitive::u8).to_be_bytes(),
                            );
                    }
                    __run[1usize..3usize]
                        .copy_from_slice(
                            &((__generated::checked_len(__inner, 1000, &"len", __out)?)
                                as ::core::primitive::u16)
                                .to_be_bytes(),
                        );
                    {
                        let __value: ::core::primitive::u32 = value;
                        __run[3usize..7usize]
                            .copy_from_slice(
                                &(__value as ::core::primitive::u32).to_be_bytes(),
                            );
                    }
                    __out.copy(&__run[__skip..]);
                    ::core::result::Result::Ok(())
                }
                Option::Nothing {} => {
                    let __inner = {
                        let mut __len = 0_u64;
                        __len
                    };
                    let mut __run = [0_u8; 3usize];
                    {
                        let __tag: ::core::primitive::u8 = 3;
                        __run[0usize..1usize]
                            .copy_from_slice(
                                &(__tag as ::core::primitive::u8).to_be_bytes(),
                            );
                    }
                    __run[1usize..3usize]
                        .copy_from_slice(
                            &((__generated::checked_len(__inner, 1000, &"len", __out)?)
                                as ::core::primitive::u16)
                                .to_be_bytes(),
                        );
                    __out.copy(&__run[__skip..]);
                    ::core::result::Result::Ok(())
                }
                Option::Other { kind, value } => {
                    if ::core::matches!(kind, 1 | 2 | 3) {
                        return ::core::result::Result::Err(
                            __generated::malformed(&"tag", __out),
                        );
                    }
                    let __inner = {
                        let kind = &kind;
                        let value = &value;
                        let mut __len = 0_u64;
                        __len += __wireview::Outgoing::size(value);
                        __len
                    };
                    let mut __run = [0_u8; 3usize];
                    {
                        let __tag: ::core::primitive::u8 = kind;
                        __run[0usize..1usize]
                            .copy_from_slice(
                                &(__tag as ::core::primitive::u8).to_be_bytes(),
                            );
                    }
                    __run[1usize..3usize]
                        .copy_from_slice(
                            &((__generated::checked_len(__inner, 1000, &"len", __out)?)
                                as ::core::primitive::u16)
                                .to_be_bytes(),
                        );
                    __out.copy(&__run[__skip..]);
                    __wireview::Outgoing::put(value, __out);
                    ::core::result::Result::Ok(())
                }
            }
        }
    }
    impl<__B: __wireview::Outgoing> __declare::Put for Option<__B> {
        type Family = Option<::wireview::Span>;
        #[inline]
        fn wire_len(&self, __given: ()) -> u64 {
            1u64 + __declare::PutTagged::tagged_len(self, __given)
        }
        #[inline]
        fn put(
            self,
            __out: &mut __wireview::Gather,
            __given: (),
        ) -> __wireview::Result<()> {
            self.__put(0, __out, __given)
        }
    }
    impl<__B: __wireview::Outgoing> __declare::PutTagged for Option<__B> {
        #[inline]
        fn tag(&self) -> u64 {
            match self {
                Option::Name { .. } => {
                    let __tag: ::core::primitive::u8 = 1;
                    __tag as u64
                }
                Option::Size { .. } => {
                    let __tag: ::core::primitive::u8 = 2;
                    __tag as u64
                }
                Option::Nothing { .. } => {
                    let __tag: ::core::primitive::u8 = 3;
                    __tag as u64
                }
                Option::Other { kind: __tag, .. } => *__tag as u64,
            }
        }
        #[inline]
        fn tagged_len(&self, __given: ()) -> u64 {
            let __inner = self.__inner_len(__given);
            let __inner = __inner + 2u64;
            __inner
        }
        #[inline]
        fn put_tagged(
            self,
            __out: &mut __wireview::Gather,
            __given: (),
        ) -> __wireview::Result<()> {
            self.__put(1usize, __out, __given)
        }
    }
    /**# On the wire
```text
 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|      tag      |              len              |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

1: Name
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                name (bytes of text, the rest)                 /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

2: Size
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                             Size                              |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

3: Nothing

any other: Other
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                    value (bytes, the rest)                    /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
```*/
    impl<__B> Option<__B> {
        /// The format as RFCs draw it: 32 bits a row.
        #[must_use]
        pub const fn diagram() -> &'static str {
            " 0                   1                   2                   3\n 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n|      tag      |              len              |\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n\n1: Name\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n/                name (bytes of text, the rest)                 /\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n\n2: Size\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n|                             Size                              |\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n\n3: Nothing\n\nany other: Other\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n/                    value (bytes, the rest)                    /\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+"
        }
        /// A dissector for Wireshark, in Lua: see [`wireshark_lua`](__declare::wireshark_lua).
        #[must_use]
        pub fn wireshark_lua() -> __generated::String {
            __declare::wireshark_lua::<Option<::wireview::Span>>()
        }
    }
    /// The message in one line.
    impl<__B: __declare::Show> ::core::fmt::Display for Option<__B> {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self {
                Self::Name { name, .. } => {
                    __f.write_str("Name")?;
                    __f.write_str(" name=")?;
                    __declare::Show::show(name.bytes(), __f)?;
                    ::core::result::Result::Ok(())
                }
                Self::Size { 0: value, .. } => {
                    __f.write_str("Size")?;
                    __f.write_str(" ")?;
                    ::core::write!(__f, "{:?}", value)?;
                    ::core::result::Result::Ok(())
                }
                Self::Nothing { .. } => {
                    __f.write_str("Nothing")?;
                    ::core::result::Result::Ok(())
                }
                Self::Other { kind, value, .. } => {
                    __f.write_str("Other")?;
                    __f.write_str(" kind=")?;
                    ::core::write!(__f, "{:?}", kind)?;
                    __f.write_str(" value=")?;
                    __declare::Show::show(value, __f)?;
                    ::core::result::Result::Ok(())
                }
            }
        }
    }
};
