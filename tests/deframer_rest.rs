//! Frames that the end of the stream ends, and messages that it must not end.

use bytes::BytesMut;
use wireview::laws::{self, Laws};
use wireview::recv::Chunk;
use wireview::{Boundary, Codec, Deframer, Error, Incoming, Kind, Limits, Oversize, Result, Span};

/// `.` is a frame; `(` is one with which a message begins that `)` completes; behind `*` and one byte more, all is one frame.
#[derive(Clone, Default)]
struct Marks {
    inside: bool,
}

impl Codec for Marks {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        match input {
            [] => Ok(Boundary::Need(1)),
            [b'*'] => Ok(Boundary::Need(2)),
            [b'*', ..] => {
                self.inside = false;
                Ok(Boundary::Rest { head: 2 })
            }
            [b'.', ..] => Ok(Boundary::whole(1)),
            [mark @ (b'(' | b')'), ..] => {
                self.inside = *mark == b'(';
                Ok(Boundary::whole(1))
            }
            _ => Err(Error::malformed(&"mark", 0)),
        }
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        Ok(frame)
    }

    fn parse_head<'a>(&self, head: &'a [u8], body: u64) -> Result<&'a [u8]> {
        assert_eq!(body, u64::MAX);
        Ok(head)
    }

    fn is_inside(&self) -> bool {
        self.inside
    }
}

wireview::codec_laws!(marks, Marks::default(), [b"..(.)*1 and all the rest", b"(.", b".*", b"*1"]);

fn deframer(limits: Limits, input: &[u8]) -> Deframer<Marks> {
    let mut deframer = Deframer::with_limits(Marks::default(), limits);
    deframer.feed(input);
    deframer
}

#[test]
fn the_rest_is_one_frame_when_it_has_come() {
    let mut deframer = deframer(Limits::new(), b".*1re");
    assert_eq!(deframer.next().expect("lawful").expect("a frame").bytes(), b".");
    assert!(deframer.next().expect("lawful").is_none());
    deframer.feed(b"st");
    assert_eq!(deframer.views().expect("lawful").count(), 0);
    deframer.finish();
    assert_eq!(deframer.next().expect("lawful").expect("a frame").bytes(), b"*1rest");
    assert!(deframer.next().expect("lawful").is_none());
}

#[test]
fn the_rest_is_streamed_as_it_comes() {
    let mut deframer = deframer(Limits::new(), b"*1re");
    let Some(Incoming::Body { head, len }) = deframer.next_or_body().expect("lawful") else { panic!("no body") };
    assert_eq!((head.view(), len), (&b"*1"[..], u64::MAX));
    assert!(deframer.is_in_body());
    assert_eq!(deframer.chunk(), Ok(Chunk::Bytes("re".into())));
    assert_eq!(deframer.chunk(), Ok(Chunk::Pending));
    deframer.feed(b"st");
    deframer.finish();
    assert_eq!(deframer.chunk(), Ok(Chunk::Bytes("st".into())));
    assert_eq!(deframer.chunk(), Ok(Chunk::End));
    assert!(!deframer.is_in_body());
    assert!(deframer.next().expect("lawful").is_none());
}

#[test]
fn a_rest_that_was_asked_for_whole_can_be_streamed_after_all() {
    let mut deframer = deframer(Limits::new(), b"*1re");
    assert!(deframer.next().expect("lawful").is_none());
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { .. }))));
    assert_eq!(deframer.chunk(), Ok(Chunk::Bytes("re".into())));
}

#[test]
fn a_rest_that_is_dropped_is_counted() {
    for skip in [true, false] {
        let mut deframer = deframer(Limits::new(), b"*1re");
        assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { .. }))));
        if skip {
            deframer.skip_body();
            assert_eq!(deframer.chunk(), Ok(Chunk::End));
        }
        assert!(deframer.next().expect("lawful").is_none());
        deframer.feed(b"st");
        deframer.finish();
        assert!(deframer.next().expect("lawful").is_none());
        assert_eq!((deframer.ledger().skipped, deframer.pending()), (4, 0));
    }
}

#[test]
fn limits_hold_for_the_rest() {
    let limits = Limits::new().max_frame(5);
    let mut refused = deframer(limits, b"*1345");
    assert!(refused.next().expect("lawful").is_none());
    refused.feed(b"6");
    assert_eq!(refused.next().err(), Some(Error::limit(&"frame", 0)));

    let mut skipped = deframer(limits.oversize(Oversize::Skip), b".*1345");
    assert!(skipped.next().expect("lawful").is_some());
    assert!(skipped.next().expect("lawful").is_none());
    skipped.feed(b"6789");
    skipped.finish();
    assert!(skipped.next().expect("lawful").is_none());
    assert_eq!(skipped.ledger().skipped, 9);

    let mut streamed = deframer(Limits::new().max_body(3), b"*1123");
    assert!(matches!(streamed.next_or_body(), Ok(Some(Incoming::Body { .. }))));
    assert_eq!(streamed.chunk(), Ok(Chunk::Bytes("123".into())));
    streamed.feed(b"4");
    assert_eq!(streamed.chunk(), Err(Error::limit(&"body", 0)));
}

#[test]
fn a_message_that_is_not_complete_must_not_end() {
    for (input, end) in [(&b"(.)"[..], None), (b"(.", Some(0)), (b"(", Some(0)), (b"(.?", Some(0)), (b"", None)] {
        let outcome = laws::check(Marks::default, input);
        assert_eq!(outcome.end.map(|error| error.offset()), end, "{}", input.escape_ascii());
        let mut deframer = deframer(Limits::new(), b"(");
        deframer.finish();
        assert!(deframer.next().expect("lawful").is_some());
        let error = deframer.next().expect_err("more was to come");
        assert_eq!((error.kind(), error.offset()), (Kind::Eof, 0));
        assert_eq!(deframer.report(error).frame_at(), 1);
    }
}

#[test]
fn a_switch_drops_what_is_left_of_the_rest() {
    let mut deframer = deframer(Limits::new(), b"*1re");
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { .. }))));
    let (mut deframer, _) = deframer.switch(Marks::default());
    deframer.feed(b"..");
    assert!(deframer.next().expect("lawful").is_none());
    assert_eq!(deframer.pending(), 0);

    let mut waiting = self::deframer(Limits::new(), b"*1re");
    assert!(waiting.next().expect("lawful").is_none());
    let (codec, rest): (Marks, BytesMut) = waiting.into_parts();
    assert!(!codec.inside);
    assert_eq!(rest, "*1re");
}

#[test]
fn a_head_that_is_not_there_is_the_codecs_fault() {
    #[derive(Clone)]
    struct Beyond;
    impl Codec for Beyond {
        type Message = Span;
        fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
            Ok(Boundary::Rest { head: input.len() + 1 })
        }
        fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
            Ok(frame)
        }
    }
    let mut deframer = Deframer::new(Beyond);
    deframer.feed(b"x");
    assert_eq!(deframer.next().expect_err("a fault").kind(), Kind::Contract);
    let violation = Laws::all().verify(|| Beyond, b"x").expect_err("a broken law");
    assert_eq!(violation.law(), laws::Law::Progress);
}
