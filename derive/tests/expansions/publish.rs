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
    impl __wireview::Wire for Publish<::wireview::Span> {
        type Of<__B: __wireview::Holder> = Publish<__B>;
        #[inline]
        fn map<__A: __wireview::Holder, __B: __wireview::Holder>(
            __message: Publish<__A>,
            __f: &mut impl ::core::ops::FnMut(__A) -> __B,
        ) -> Publish<__B> {
            match __message {
                Publish {
                    version,
                    flags,
                    stream,
                    topic,
                    deadline,
                    payload,
                    checksum,
                } => {
                    Publish {
                        version,
                        flags,
                        stream,
                        topic: <Text<
                            __wireview::Span,
                        > as __wireview::Wire>::map(topic, __f),
                        deadline,
                        payload: __f(payload),
                        checksum,
                    }
                }
            }
        }
    }
    impl __declare::Declare for Publish<::wireview::Span> {
        type Context = ();
        const NAME: __declare::FieldName = &"Publish";
        const SIZE: ::core::option::Option<usize> = ::core::option::Option::None;
        const ANY: bool = false;
        const OPEN: bool = false;
        fn shape() -> &'static __declare::Shape {
            const {
                &__declare::Shape {
                    name: "Publish",
                    doc: "A message for all who subscribed.",
                    given: &[],
                    big: true,
                    lsb: false,
                    scan: false,
                    body: __declare::Body::Struct(
                        &[
                            __declare::FieldShape {
                                name: "length",
                                ty: "",
                                doc: "",
                                kind: __declare::FieldKind::Frame {
                                    number: __declare::NumberShape {
                                        width: __declare::Width::Bytes(4u8),
                                        signed: false,
                                        float: false,
                                        big: true,
                                    },
                                    all: false,
                                },
                                condition: ::core::option::Option::None,
                            },
                            __declare::FieldShape {
                                name: "magic",
                                ty: "",
                                doc: "",
                                kind: __declare::FieldKind::Constant(&[202u8, 254u8]),
                                condition: ::core::option::Option::None,
                            },
                            __declare::FieldShape {
                                name: "version",
                                ty: "u8",
                                doc: "",
                                kind: __declare::FieldKind::Bits(4u8),
                                condition: ::core::option::Option::None,
                            },
                            __declare::FieldShape {
                                name: "flags",
                                ty: "u8",
                                doc: "",
                                kind: __declare::FieldKind::Bits(4u8),
                                condition: ::core::option::Option::None,
                            },
                            __declare::FieldShape {
                                name: "stream",
                                ty: "u32",
                                doc: "Where it belongs.",
                                kind: __declare::FieldKind::Number(__declare::NumberShape {
                                    width: __declare::Width::Bytes(4u8),
                                    signed: false,
                                    float: false,
                                    big: true,
                                }),
                                condition: ::core::option::Option::None,
                            },
                            __declare::FieldShape {
                                name: "topic",
                                ty: "Text<B>",
                                doc: "",
                                kind: __declare::FieldKind::Bytes {
                                    extent: __declare::Extent::Len(__declare::NumberShape {
                                        width: __declare::Width::Bytes(1u8),
                                        signed: false,
                                        float: false,
                                        big: true,
                                    }),
                                    text: true,
                                },
                                condition: ::core::option::Option::None,
                            },
                            __declare::FieldShape {
                                name: "deadline",
                                ty: "u64",
                                doc: "",
                                kind: __declare::FieldKind::Number(__declare::NumberShape {
                                    width: __declare::Width::Bytes(8u8),
                                    signed: false,
                                    float: false,
                                    big: true,
                                }),
                                condition: ::core::option::Option::Some(__declare::Condition {
                                    rust: "flags & 1 != 0",
                                    lua: "bit32.band(v.flags, 1) ~= 0",
                                }),
                            },
                            __declare::FieldShape {
                                name: "payload",
                                ty: "B",
                                doc: "",
                                kind: __declare::FieldKind::Bytes {
                                    extent: __declare::Extent::Len(__declare::NumberShape {
                                        width: __declare::Width::Varint,
                                        signed: false,
                                        float: false,
                                        big: true,
                                    }),
                                    text: false,
                                },
                                condition: ::core::option::Option::None,
                            },
                            __declare::FieldShape {
                                name: "checksum",
                                ty: "Check<Crc32c>",
                                doc: "",
                                kind: __declare::FieldKind::Check {
                                    bytes: <Crc32c as __declare::Checksum>::WIDTH,
                                    big: true,
                                },
                                condition: ::core::option::Option::None,
                            },
                        ],
                    ),
                }
            }
        }
        #[inline(always)]
        fn walk<'__a, __S: __declare::Source<'__a>>(
            __source: &mut __S,
            __given: (),
        ) -> __wireview::Result<Publish<&'__a [u8]>> {
            let __run = __source.take::<4usize>(&[(&"length", 4usize)])?;
            let __length_read = ::core::primitive::u32::from_be_bytes([
                __run[0usize],
                __run[1usize],
                __run[2usize],
                __run[3usize],
            ]) as u64;
            if __S::TRACES {
                let __at = (__source.offset() - 4usize);
                __source
                    .field(
                        "length",
                        __at..__at + 4usize,
                        ::core::option::Option::None,
                        __trace::Value::Unsigned(__length_read),
                        "computed",
                    );
            }
            if __length_read > 1048576 {
                return ::core::result::Result::Err(
                    __wireview::Error::limit(&"length", __source.offset()),
                );
            }
            let __after_frame = __source.bound((__length_read) as usize, &"length")?;
            let __run = __source
                .take::<
                    8usize,
                >(
                    &[
                        (&"magic", 2usize),
                        (&"version", 3usize),
                        (&"stream", 7usize),
                        (&"topic.len", 8usize),
                    ],
                )?;
            if __S::TRACES {
                let __at = (__source.offset() - 8usize);
                __source
                    .field(
                        "magic",
                        __at..__at + 2usize,
                        ::core::option::Option::None,
                        __trace::Value::Bytes(&__run[0usize..2usize]),
                        "constant",
                    );
            }
            if __run[0usize..2usize] != [202u8, 254u8] {
                return ::core::result::Result::Err(
                    __wireview::Error::malformed(&"magic", (__source.offset() - 8usize)),
                );
            }
            let __magic = ();
            let __version_2_start = (__source.offset() - 6usize);
            let __bits = __run[2usize];
            let version = ((__bits >> 4usize)) as ::core::primitive::u8;
            if __S::TRACES {
                let __at = (__source.offset() - 6usize);
                __source
                    .field(
                        "version",
                        __at..__at + 1usize,
                        ::core::option::Option::Some(4u8..8u8),
                        __trace::Value::Unsigned(version as u64),
                        "",
                    );
            }
            let flags = (__bits & 15) as ::core::primitive::u8;
            if __S::TRACES {
                let __at = (__source.offset() - 6usize);
                __source
                    .field(
                        "flags",
                        __at..__at + 1usize,
                        ::core::option::Option::Some(0u8..4u8),
                        __trace::Value::Unsigned(flags as u64),
                        "",
                    );
            }
            let stream = ::core::primitive::u32::from_be_bytes([
                __run[3usize],
                __run[4usize],
                __run[5usize],
                __run[6usize],
            ]);
            if __S::TRACES {
                let __at = (__source.offset() - 5usize);
                __source
                    .field(
                        "stream",
                        __at..__at + 4usize,
                        ::core::option::Option::None,
                        __trace::Value::Unsigned(stream as u64),
                        "",
                    );
            }
            let __topic_len = __run[7usize] as u64;
            if __S::TRACES {
                let __at = (__source.offset() - 1usize);
                __source
                    .field(
                        "topic.len",
                        __at..__at + 1usize,
                        ::core::option::Option::None,
                        __trace::Value::Unsigned(__topic_len),
                        "of topic",
                    );
            }
            let topic = __source.slice(__topic_len as usize, &"topic")?;
            if __S::TRACES {
                let __end = __source.offset();
                __source
                    .field(
                        "topic",
                        __end - topic.len() - 0usize..__end,
                        ::core::option::Option::None,
                        match ::core::str::from_utf8(topic) {
                            ::core::result::Result::Ok(__text) => {
                                __trace::Value::Text(__text)
                            }
                            ::core::result::Result::Err(_) => {
                                __trace::Value::Bytes(topic)
                            }
                        },
                        "",
                    );
            }
            let topic = __source.text(topic, 0usize, &"topic")?;
            let deadline = if (flags & (1)) != 0 {
                let __run = __source.take::<8usize>(&[(&"deadline", 8usize)])?;
                let deadline = ::core::primitive::u64::from_be_bytes([
                    __run[0usize],
                    __run[1usize],
                    __run[2usize],
                    __run[3usize],
                    __run[4usize],
                    __run[5usize],
                    __run[6usize],
                    __run[7usize],
                ]);
                if __S::TRACES {
                    let __at = (__source.offset() - 8usize);
                    __source
                        .field(
                            "deadline",
                            __at..__at + 8usize,
                            ::core::option::Option::None,
                            __trace::Value::Unsigned(deadline),
                            "",
                        );
                }
                ::core::option::Option::Some(deadline)
            } else {
                if __S::TRACES {
                    let __at = __source.offset();
                    __source
                        .field(
                            "deadline",
                            __at..__at,
                            ::core::option::Option::None,
                            __trace::Value::Absent,
                            "",
                        );
                }
                ::core::option::Option::None
            };
            let __prefix_at = __source.offset();
            let __payload_len: u64 = __source.varint(10usize, false, &"payload.len")?;
            if __S::TRACES {
                let __end = __source.offset();
                __source
                    .field(
                        "payload.len",
                        __prefix_at..__end,
                        ::core::option::Option::None,
                        __trace::Value::Unsigned(__payload_len),
                        "of payload",
                    );
            }
            if __payload_len > 1048576 {
                return ::core::result::Result::Err(
                    __wireview::Error::limit(&"payload.len", __prefix_at),
                );
            }
            let payload = __source.slice(__payload_len as usize, &"payload")?;
            if __S::TRACES {
                let __end = __source.offset();
                __source
                    .field(
                        "payload",
                        __end - payload.len() - 0usize..__end,
                        ::core::option::Option::None,
                        __trace::Value::Bytes(payload),
                        "",
                    );
            }
            let __payload_7_end = __source.offset();
            let __checksum_8_start = __source.offset();
            let __sum = __source
                .slice(<Crc32c as __declare::Checksum>::WIDTH, &"checksum")?;
            if __S::TRACES {
                let __end = __source.offset();
                __source
                    .field(
                        "checksum",
                        __checksum_8_start..__end,
                        ::core::option::Option::None,
                        __trace::Value::Bytes(__sum),
                        "checksum",
                    );
            }
            let checksum = __declare::Check::new();
            __source.unbound(__after_frame, <Self as __declare::Declare>::NAME)?;
            __generated::verify::<
                Crc32c,
                __S,
            >(
                __source,
                __version_2_start..__payload_7_end,
                __checksum_8_start,
                true,
                false,
                &"checksum",
            )?;
            ::core::result::Result::Ok(Publish {
                version,
                flags,
                stream,
                topic,
                deadline,
                payload,
                checksum,
            })
        }
        __wireview::__if_testing! {
            const CANONICAL : bool = false; const MAPPED : bool = false; fn draw(__draw :
            & mut __wireview::laws::Draw < '_ >, __given : < Self as __declare::Declare >
            ::Context,) -> ::core::option::Option << Self as __wireview::Wire > ::Of <
            __declare::sample::Bytes >> { use __declare::sample as __sample; let () =
            __given; __sample::message(__draw, | __draw | { let __message = { let version
            = __sample::number(__draw, 4u32, & [], | __raw : u128 | { let version = __raw
            as ::core::primitive::u8; ::core::option::Option::Some(version) }) ?; let
            flags = __sample::number(__draw, 4u32, & [1u128], | __raw : u128 | { let
            flags = __raw as ::core::primitive::u8; ::core::option::Option::Some(flags)
            }) ?; let stream = __sample::number(__draw, 32u32, & [], | __raw : u128 | {
            let stream = __raw as ::core::primitive::u32;
            ::core::option::Option::Some(stream) }) ?; let topic = __sample::text(__draw,
            ::core::cmp::Ord::min((255) as u64, 255u64), false, true); let deadline = if
            (flags & (1)) != 0 { let deadline = __sample::number(__draw, 64u32, & [], |
            __raw : u128 | { let deadline = __raw as ::core::primitive::u64;
            ::core::option::Option::Some(deadline) }) ?;
            ::core::option::Option::Some(deadline) } else { ::core::option::Option::None
            }; let payload = __sample::bytes(__draw, ::core::cmp::Ord::min((1048576) as
            u64, 18446744073709551615u64), false, true); let checksum =
            __declare::Check::new(); let flags = if ! __sample::is_careless(__draw) {
            flags } else if deadline.is_some() && flags & (1) == (1) { flags & ! (1) }
            else if deadline.is_some() { flags } else { flags | (1) }; Publish { version
            : version, flags : flags, stream : stream, topic : topic, deadline :
            deadline, payload : payload, checksum : checksum } }; if
            __declare::Put::wire_len(& __message, __given) - 4u64 >
            ::core::cmp::Ord::min((1048576) as u64, 4294967295u64) { return
            ::core::option::Option::None; } ::core::option::Option::Some(__message) }) }
            fn draw_written(__draw : & mut __wireview::laws::Draw < '_ >, __given : <
            Self as __declare::Declare > ::Context,) -> ::core::option::Option <
            __declare::sample::Vec < u8 >> { let __message = < Self as __declare::Declare
            > ::draw(__draw, __given) ?; __declare::sample::written(__message, __given) }
        }
    }
    impl __declare::Framed for Publish<::wireview::Span> {
        #[inline]
        fn delimit(
            __input: &[u8],
            __given: (),
        ) -> __wireview::Result<__wireview::Boundary> {
            let ::core::option::Option::Some(__run) = __input.first_chunk::<4usize>()
            else {
                return ::core::result::Result::Ok(__wireview::Boundary::Need(4usize));
            };
            let __length = ::core::primitive::u32::from_be_bytes([
                __run[0usize],
                __run[1usize],
                __run[2usize],
                __run[3usize],
            ]) as u64;
            let __head = 4usize;
            if __length > 1048576 {
                return ::core::result::Result::Err(
                    __wireview::Error::limit(&"length", 0usize),
                );
            }
            let __body = __length;
            ::core::result::Result::Ok(__wireview::Boundary::Frame {
                head: __head,
                body: __body,
                tail: 0,
            })
        }
    }
    impl __wireview::Element for Publish<::wireview::Span> {
        #[inline]
        fn read<'__a>(
            __input: &mut &'__a [u8],
        ) -> __wireview::Result<Publish<&'__a [u8]>> {
            let mut __source = __declare::Plain::new(*__input);
            let __message = <Self as __declare::Declare>::walk(&mut __source, ())?;
            *__input = __declare::Source::rest(&__source);
            ::core::result::Result::Ok(__message)
        }
    }
    impl<__B: __wireview::Outgoing> __declare::Put for Publish<__B> {
        type Family = Publish<::wireview::Span>;
        #[inline]
        fn wire_len(&self, __given: ()) -> u64 {
            let Self { version, flags, stream, topic, deadline, payload, checksum } = self;
            let flags = *flags;
            let flags = if deadline.is_none() {
                flags & !(1)
            } else if flags & (1) == 0 {
                flags | (1)
            } else {
                flags
            };
            let mut __len = 0_u64;
            __len += 4u64;
            __len += 8u64;
            __len += __wireview::Outgoing::size(topic);
            if let ::core::option::Option::Some(deadline) = deadline {
                __len += 8u64;
            }
            __len += __generated::varint_len(__wireview::Outgoing::size(payload));
            __len += __wireview::Outgoing::size(payload);
            __len += <Crc32c as __declare::Checksum>::WIDTH as u64;
            __len
        }
        #[inline]
        fn put(
            self,
            __out: &mut __wireview::Gather,
            __given: (),
        ) -> __wireview::Result<()> {
            let __total = __declare::Put::wire_len(&self, __given);
            let Self { version, flags, stream, topic, deadline, payload, checksum } = self;
            let flags = if deadline.is_none() {
                flags & !(1)
            } else if flags & (1) == 0 {
                flags | (1)
            } else {
                flags
            };
            let mut __run = [0_u8; 4usize];
            __run[0usize..4usize]
                .copy_from_slice(
                    &((__generated::checked_len(
                        (__total - 4u64),
                        1048576,
                        &"length",
                        __out,
                    )?) as ::core::primitive::u32)
                        .to_be_bytes(),
                );
            __out.copy(&__run);
            let __run_at = __generated::place(__out).size;
            let __version_2_start = __run_at + 2u64;
            let mut __run = [0_u8; 8usize];
            __run[0usize..2usize].copy_from_slice(&[202u8, 254u8]);
            {
                let mut __bits: ::core::primitive::u8 = 0;
                {
                    let __value = version;
                    if __value >> 4usize != 0 {
                        return ::core::result::Result::Err(
                            __generated::too_long(&"version", __out),
                        );
                    }
                    __bits |= (__value as ::core::primitive::u8) << 4usize;
                }
                {
                    let __value = flags;
                    if __value >> 4usize != 0 {
                        return ::core::result::Result::Err(
                            __generated::too_long(&"flags", __out),
                        );
                    }
                    __bits |= (__value as ::core::primitive::u8) << 0usize;
                }
                __run[2usize..3usize]
                    .copy_from_slice(&(__bits as ::core::primitive::u8).to_be_bytes());
            }
            {
                let __value: ::core::primitive::u32 = stream;
                __run[3usize..7usize]
                    .copy_from_slice(&(__value as ::core::primitive::u32).to_be_bytes());
            }
            __run[7usize..8usize]
                .copy_from_slice(
                    &((__generated::checked_len(
                        __wireview::Outgoing::size(&topic),
                        255,
                        &"topic.len",
                        __out,
                    )?) as ::core::primitive::u8)
                        .to_be_bytes(),
                );
            __out.copy(&__run);
            __wireview::Outgoing::put(topic, __out);
            if let ::core::option::Option::Some(deadline) = deadline {
                let mut __run = [0_u8; 8usize];
                {
                    let __value: ::core::primitive::u64 = deadline;
                    __run[0usize..8usize]
                        .copy_from_slice(
                            &(__value as ::core::primitive::u64).to_be_bytes(),
                        );
                }
                __out.copy(&__run);
            }
            __generated::varint(
                __generated::checked_len(
                    __wireview::Outgoing::size(&payload),
                    1048576,
                    &"payload.len",
                    __out,
                )?,
                __out,
            );
            __wireview::Outgoing::put(payload, __out);
            let __payload_7_end = __generated::place(__out).size;
            let __checksum_place = __generated::place(__out);
            __out.copy(&[0; 8][..<Crc32c as __declare::Checksum>::WIDTH]);
            __generated::check::<
                Crc32c,
            >(
                __out,
                (__version_2_start, __payload_7_end),
                __checksum_place,
                true,
                false,
                &"checksum",
            )?;
            ::core::result::Result::Ok(())
        }
    }
    /**# On the wire
```text
 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                            length                             |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|            0xcafe             |version| flags |               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                    stream                     |   topic.len   |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                topic (topic.len bytes of text)                /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
if flags & 1 != 0:
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                           deadline                            |
+                                                               +
|                                                               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/              payload.len (LEB128, 1 to 10 bytes)              /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                  payload (payload.len bytes)                  /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                       checksum (Crc32c)                       /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
```*/
    impl<__B> Publish<__B> {
        /// Each field: name, type, documentation, and what it is on the wire.
        pub const FIELDS: &'static [__declare::FieldShape] = &[
            __declare::FieldShape {
                name: "length",
                ty: "",
                doc: "",
                kind: __declare::FieldKind::Frame {
                    number: __declare::NumberShape {
                        width: __declare::Width::Bytes(4u8),
                        signed: false,
                        float: false,
                        big: true,
                    },
                    all: false,
                },
                condition: ::core::option::Option::None,
            },
            __declare::FieldShape {
                name: "magic",
                ty: "",
                doc: "",
                kind: __declare::FieldKind::Constant(&[202u8, 254u8]),
                condition: ::core::option::Option::None,
            },
            __declare::FieldShape {
                name: "version",
                ty: "u8",
                doc: "",
                kind: __declare::FieldKind::Bits(4u8),
                condition: ::core::option::Option::None,
            },
            __declare::FieldShape {
                name: "flags",
                ty: "u8",
                doc: "",
                kind: __declare::FieldKind::Bits(4u8),
                condition: ::core::option::Option::None,
            },
            __declare::FieldShape {
                name: "stream",
                ty: "u32",
                doc: "Where it belongs.",
                kind: __declare::FieldKind::Number(__declare::NumberShape {
                    width: __declare::Width::Bytes(4u8),
                    signed: false,
                    float: false,
                    big: true,
                }),
                condition: ::core::option::Option::None,
            },
            __declare::FieldShape {
                name: "topic",
                ty: "Text<B>",
                doc: "",
                kind: __declare::FieldKind::Bytes {
                    extent: __declare::Extent::Len(__declare::NumberShape {
                        width: __declare::Width::Bytes(1u8),
                        signed: false,
                        float: false,
                        big: true,
                    }),
                    text: true,
                },
                condition: ::core::option::Option::None,
            },
            __declare::FieldShape {
                name: "deadline",
                ty: "u64",
                doc: "",
                kind: __declare::FieldKind::Number(__declare::NumberShape {
                    width: __declare::Width::Bytes(8u8),
                    signed: false,
                    float: false,
                    big: true,
                }),
                condition: ::core::option::Option::Some(__declare::Condition {
                    rust: "flags & 1 != 0",
                    lua: "bit32.band(v.flags, 1) ~= 0",
                }),
            },
            __declare::FieldShape {
                name: "payload",
                ty: "B",
                doc: "",
                kind: __declare::FieldKind::Bytes {
                    extent: __declare::Extent::Len(__declare::NumberShape {
                        width: __declare::Width::Varint,
                        signed: false,
                        float: false,
                        big: true,
                    }),
                    text: false,
                },
                condition: ::core::option::Option::None,
            },
            __declare::FieldShape {
                name: "checksum",
                ty: "Check<Crc32c>",
                doc: "",
                kind: __declare::FieldKind::Check {
                    bytes: <Crc32c as __declare::Checksum>::WIDTH,
                    big: true,
                },
                condition: ::core::option::Option::None,
            },
        ];
        /// The format as RFCs draw it: 32 bits a row.
        #[must_use]
        pub const fn diagram() -> &'static str {
            " 0                   1                   2                   3\n 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n|                            length                             |\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n|            0xcafe             |version| flags |               |\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n|                    stream                     |   topic.len   |\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n/                topic (topic.len bytes of text)                /\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\nif flags & 1 != 0:\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n|                           deadline                            |\n+                                                               +\n|                                                               |\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n/              payload.len (LEB128, 1 to 10 bytes)              /\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n/                  payload (payload.len bytes)                  /\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n/                       checksum (Crc32c)                       /\n+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+"
        }
        /// A dissector for Wireshark, in Lua: see [`wireshark_lua`](__declare::wireshark_lua).
        #[must_use]
        pub fn wireshark_lua() -> __generated::String {
            __declare::wireshark_lua::<Publish<::wireview::Span>>()
        }
    }
    /// The message in one line.
    impl<__B: __declare::Show> ::core::fmt::Display for Publish<__B> {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let Self { version, flags, stream, topic, deadline, payload, .. } = self;
            __f.write_str("Publish")?;
            __f.write_str(" version=")?;
            ::core::write!(__f, "{:?}", version)?;
            __f.write_str(" flags=")?;
            ::core::write!(__f, "{:?}", flags)?;
            __f.write_str(" stream=")?;
            ::core::write!(__f, "{:?}", stream)?;
            __f.write_str(" topic=")?;
            __declare::Show::show(topic.bytes(), __f)?;
            if let ::core::option::Option::Some(deadline) = deadline {
                __f.write_str(" deadline=")?;
                ::core::write!(__f, "{:?}", deadline)?;
            }
            __f.write_str(" payload=")?;
            __declare::Show::show(payload, __f)?;
            ::core::result::Result::Ok(())
        }
    }
};
