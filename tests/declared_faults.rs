//! Faults planted into a declared message, each found by its law: one half of a codec is that of another declaration, which differs
//! in one word, as faulty generated code would.

use bytes::Bytes;
use wireview::declare::{Check, Computed, Crc32c, Declare, Declared, Framed, Put, Text};
use wireview::laws::{Law, Laws, Shared, Violation};
use wireview::trace::{Hook, Trace};
use wireview::{Boundary, Codec, Encode, Gather, Outgoing, Result, Seq, Span, View, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Pair {
    key: u8,
    value: u16,
}

/// A note, with the words in which it may differ.
macro_rules! note {
    ($name:ident, $order:ident, $count:ident, $magic:literal, $kinds:literal, $mask:literal, $max:literal, $pairs:literal, $first:ident, $bits:literal, $rest:literal) => {
        #[derive(Clone, Copy, Debug, PartialEq, Wire)]
        #[wire($order, frame(length = u16, counts = after, max = 600), no_display)]
        struct $name<B> {
            #[wire(magic = $magic)]
            magic: (),
            #[wire(bits = $bits, assert = kind < $kinds)]
            kind: u8,
            #[wire(bits = $rest)]
            low: u8,
            flags: u8,
            stream: u32,
            #[wire(if = flags & $mask != 0)]
            deadline: Option<u16>,
            #[wire(len = u8, max = $max)]
            topic: Text<B>,
            $count: Computed<u16>,
            #[wire(count = $count, max = $pairs)]
            pairs: Seq<B, Pair>,
            #[wire(check($first..=pairs))]
            sum: Check<Crc32c>,
        }

        impl<B> $name<B> {
            #[allow(dead_code)]
            fn into_note(self) -> Note<B> {
                let Self { kind, low, flags, stream, deadline, topic, pairs, .. } = self;
                let (magic, count, sum) = ((), Computed::new(), Check::new());
                Note { magic, kind, low, flags, stream, deadline, topic, count, pairs, sum }
            }

            #[allow(dead_code)]
            fn of_note(note: Note<B>) -> Self {
                let Note { kind, low, flags, stream, deadline, topic, pairs, .. } = note;
                Self {
                    magic: (),
                    kind,
                    low,
                    flags,
                    stream,
                    deadline,
                    topic,
                    $count: Computed::new(),
                    pairs,
                    sum: Check::new(),
                }
            }
        }
    };
}

note!(Note, big, count, b"N", 5, 1, 20, 9, flags, 4, 4);
note!(OtherOrder, little, count, b"N", 5, 1, 20, 9, flags, 4, 4);
note!(OtherMagic, big, count, b"M", 5, 1, 20, 9, flags, 4, 4);
note!(LooserAssert, big, count, b"N", 6, 1, 20, 9, flags, 4, 4);
note!(TighterAssert, big, count, b"N", 4, 1, 20, 9, flags, 4, 4);
note!(OtherFlag, big, count, b"N", 5, 2, 20, 9, flags, 4, 4);
note!(LongerTopic, big, count, b"N", 5, 1, 21, 9, flags, 4, 4);
note!(ShorterTopic, big, count, b"N", 5, 1, 19, 9, flags, 4, 4);
note!(MorePairs, big, count, b"N", 5, 1, 20, 10, flags, 4, 4);
note!(FewerPairs, big, count, b"N", 5, 1, 20, 8, flags, 4, 4);
note!(LaterCheck, big, count, b"N", 5, 1, 20, 9, stream, 4, 4);
note!(OtherBits, big, count, b"N", 5, 1, 20, 9, flags, 5, 3);

/// What a faulty half does.
trait Half: Framed<Context = ()> {
    fn read<'a>(view: Self::Of<&'a [u8]>) -> Note<&'a [u8]>;
    fn write<B: Outgoing>(note: Note<B>, out: &mut Gather) -> Result<()>;
}

macro_rules! halves {
    ($($name:ident),*) => { $(
        impl Half for $name<Span> {
            fn read<'a>(view: <Self as Wire>::Of<&'a [u8]>) -> Note<&'a [u8]> {
                view.into_note()
            }

            fn write<B: Outgoing>(note: Note<B>, out: &mut Gather) -> Result<()> {
                $name::of_note(note).put(out, ())
            }
        }
    )* };
}

halves!(
    Note,
    OtherOrder,
    OtherMagic,
    LooserAssert,
    TighterAssert,
    OtherFlag,
    LongerTopic,
    ShorterTopic,
    MorePairs,
    FewerPairs,
    LaterCheck,
    OtherBits
);

/// Reads as `R` and writes as `W`.
struct Crossed<R, W>(std::marker::PhantomData<fn() -> (R, W)>);

impl<R: Half, W: Half> Codec for Crossed<R, W> {
    type Message = Note<Span>;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        R::delimit(input, ())
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Note<&'a [u8]>> {
        wireview::declare::parse::<R>(frame, ()).map(R::read)
    }
}

impl<R: Half, W: Half, B: Outgoing> Encode<Note<B>> for Crossed<R, W> {
    fn encode(&mut self, note: Note<B>, out: &mut Gather) -> Result<()> {
        W::write(note, out)
    }
}

impl<R: Half, W: Half> Trace for Crossed<R, W> {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        Declared::<R>::new().trace(frame, hook)
    }
}

fn find<C>(codec: impl Fn() -> C) -> Option<Law>
where
    C: Trace<Message = Note<Span>> + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
{
    let draw = |draw: &mut wireview::laws::Draw<'_>| Note::<Span>::draw(draw, ());
    let len = |note: &Note<Bytes>| note.wire_len(());
    let told = |violation: Box<Violation>| {
        println!("{violation}");
        violation.law()
    };
    Laws::all().canonical().verify_drawn(codec, 200, draw, len).err().map(told)
}

fn crossed<R: Half, W: Half>() -> Option<Law> {
    find(|| Crossed::<R, W>(std::marker::PhantomData))
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(crossed::<Note<Span>, Note<Span>>(), None);
}

#[test]
fn faults_of_reading() {
    type Right = Note<Span>;
    assert_eq!(crossed::<OtherOrder<Span>, Right>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<OtherMagic<Span>, Right>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<LooserAssert<Span>, Right>(), Some(Law::RoundTrip), "what is read cannot be written");
    assert_eq!(crossed::<TighterAssert<Span>, Right>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<OtherFlag<Span>, Right>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<ShorterTopic<Span>, Right>(), Some(Law::RoundTrip), "one of just its limit is drawn");
    assert_eq!(crossed::<FewerPairs<Span>, Right>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<LaterCheck<Span>, Right>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<OtherBits<Span>, Right>(), Some(Law::RoundTrip));
    // What is too long is not written, so that nobody sees that it would be read: frames written by hand do.
    assert_eq!(crossed::<LongerTopic<Span>, Right>(), None);
    assert_eq!(crossed::<MorePairs<Span>, Right>(), None);
}

#[test]
fn faults_of_writing() {
    type Right = Note<Span>;
    assert_eq!(crossed::<Right, OtherOrder<Span>>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<Right, OtherMagic<Span>>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<Right, TighterAssert<Span>>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<Right, OtherFlag<Span>>(), Some(Law::Computed));
    assert_eq!(crossed::<Right, LongerTopic<Span>>(), Some(Law::Refused), "one byte too many is written");
    assert_eq!(crossed::<Right, ShorterTopic<Span>>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<Right, MorePairs<Span>>(), Some(Law::Refused));
    assert_eq!(crossed::<Right, FewerPairs<Span>>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<Right, LaterCheck<Span>>(), Some(Law::RoundTrip));
    assert_eq!(crossed::<Right, OtherBits<Span>>(), Some(Law::RoundTrip));
}
