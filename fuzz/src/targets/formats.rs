use wireview::formats::nom::{Nom, NomError};
use wireview::formats::{Delimited, Fixed, Headed, Header, LengthPrefixed, Lines};
use wireview::laws::{Law, Laws, Shared, check_trace};
use wireview::length::{U8, U16Be, U16Le, U24Be, U24Le, U32Be, U64Be, U64Le, Varint};
use wireview::trace::Trace;
use wireview::{Encode, Error, Result, View};
use zerocopy::byteorder::big_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// One small codec and all laws: what a user's target is, and the one to measure executions with.
pub fn length_prefixed(bytes: &[u8]) {
    run(&Laws::all().canonical(), || LengthPrefixed::<U16Be>::new(1000), bytes);
}

/// The first byte chooses the format, the rest is the stream.
pub fn formats(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let canonical = Laws::all().canonical();
    match choice % 16 {
        0 => run(&canonical, || LengthPrefixed::<U8>::new(200), bytes),
        1 => run(&canonical, || LengthPrefixed::<U16Be>::new(300), bytes),
        2 => run(&canonical, || LengthPrefixed::<U24Le>::new(u64::MAX).adjust(1), bytes),
        3 => run(&canonical, || LengthPrefixed::<U32Be>::new(1 << 20).counts_header(), bytes),
        4 => run(&canonical, || LengthPrefixed::<U64Le>::new(u64::MAX).adjust(-3), bytes),
        5 => run(&Laws::all(), || LengthPrefixed::<Varint>::new(1000), bytes),
        6 => run(&canonical, || LengthPrefixed::<U16Le>::new(100).offset(3).trailer(2).adjust(-2).parts(), bytes),
        7 => run(&canonical, || LengthPrefixed::<U64Be>::new(100).offset(1).counts_header().parts(), bytes),
        8 => {
            run(
                &Laws::all(),
                || LengthPrefixed::<Varint>::new(100).offset(1).counts_header().trailer(1).parts(),
                bytes,
            );
        }
        9 => run(&canonical, || Fixed::new(7), bytes),
        10 => run(&canonical, || Delimited::new(b"\0", 30), bytes),
        11 => run(&canonical, || Delimited::new(b"aab", 30), bytes),
        12 => run(&lines(), || Lines::new(30), bytes),
        13 => run(&lines(), || Lines::new(0).crlf(), bytes),
        14 => run(&canonical, || Headed::<Head>::new(1000), bytes),
        _ => drop(Laws::all().check(|| Nom::<_, Pair, _>::new(LengthPrefixed::<U24Be>::new(100), pair), bytes)),
    }
}

fn lines() -> Laws {
    Laws::all()
        .without(Law::RoundTrip, "a last line that the end of the stream ends may end in CR, which is not written")
}

fn run<C>(laws: &Laws, codec: impl Fn() -> C, bytes: &[u8])
where
    C: Trace + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
{
    laws.check(&codec, bytes);
    laws.check_round_trip(&codec, bytes);
    check_trace(&codec, bytes);
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Head {
    version: u8,
    kind: U16,
    len: U32,
}

impl Header for Head {
    const LENGTH_AT: usize = 3;

    fn payload_len(&self) -> u64 {
        self.len.get().into()
    }

    fn set_payload_len(&mut self, len: u64) {
        self.len.set(len as u32);
    }

    fn check(&self) -> Result<()> {
        if self.version == 1 { Ok(()) } else { Err(Error::unsupported(&"version", 0)) }
    }
}

type Pair = (wireview::Span, Option<wireview::Span>);

type Views<'a> = nom::IResult<&'a [u8], (&'a [u8], Option<&'a [u8]>), NomError<'a>>;

/// A key with its length, then `=` and a value, or nothing.
fn pair(input: &[u8]) -> Views<'_> {
    use nom::Parser as _;
    use nom::bytes::complete::tag;
    use nom::combinator::{opt, rest};
    use nom::error::context;
    use nom::multi::length_data;
    use nom::number::complete::be_u8;
    use nom::sequence::preceded;

    (context("key", length_data(be_u8)), opt(context("value", preceded(tag("="), rest)))).parse_complete(input)
}
