//! The deframer's rare paths: fatal errors from every method of a codec, ends of streams, bodies left alone, what `views` leaves
//! behind, how reads grow, and which blocks are kept.

use bytes::{BufMut, Bytes};
use wireview::formats::{Fixed, LengthPrefixed};
use wireview::length::{U8, U32Be};
use wireview::recv::Layer;
use wireview::{Boundary, Chunk, Codec, Deframer, Error, Incoming, Kind, Limits, Oversize, Result, Span};

/// A byte of length, the body, `!`. `0xff` and a byte `n` drop the `n` bytes behind them, too. A body that begins with `X` cannot
/// be opened, one with `?` is no message, one with `B` is a barrier. Opening turns `@` into `a`.
#[derive(Debug, Default)]
struct Odd {
    opened: usize,
    barrier: bool,
}

impl Codec for Odd {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        Ok(match *input {
            [] => Boundary::Need(1),
            [0xff] => Boundary::Need(2),
            [0xff, more, ..] => Boundary::Skip(2 + u64::from(more)),
            [0xfe, ..] => return Err(Error::malformed(&"length", 0)),
            [len, ..] => Boundary::Frame { head: 1, body: len.into(), tail: 1 },
        })
    }

    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        self.opened += 1;
        self.barrier = frame[1] == b'B';
        frame.iter_mut().filter(|byte| **byte == b'@').for_each(|byte| *byte = b'a');
        if frame[1] == b'X' { Err(Error::new(Kind::Checksum, &"body", 1)) } else { Ok(()) }
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        if frame[1] == b'?' { Err(Error::malformed(&"body", 1)) } else { Ok(&frame[1..frame.len() - 1]) }
    }

    fn barrier(&self) -> bool {
        self.barrier
    }

    fn parse_head<'a>(&self, head: &'a [u8], body: u64) -> Result<&'a [u8]> {
        match body {
            90 => Err(Error::limit(&"body", 0)),
            91 => Ok(b"elsewhere"),
            _ => Ok(&head[1..]),
        }
    }

    fn open_body(&mut self, at: u64, chunk: &mut [u8]) -> Result<()> {
        if chunk[0] == b'X' {
            return Err(Error::new(Kind::Checksum, &"body", at as usize));
        }
        chunk.iter_mut().filter(|byte| **byte == b'@').for_each(|byte| *byte = b'a');
        Ok(())
    }

    fn close_body(&mut self, tail: &[u8]) -> Result<()> {
        if tail == b"!" { Ok(()) } else { Err(Error::malformed(&"end", 0)) }
    }
}

fn odd(body: &[u8]) -> Vec<u8> {
    [&[body.len() as u8], body, b"!"].concat()
}

fn fed(bytes: &[u8]) -> Deframer<Odd> {
    let mut deframer = Deframer::new(Odd::default());
    deframer.feed(bytes);
    deframer
}

/// Bodies above eight bytes are streamed.
fn streaming(bytes: &[u8]) -> Deframer<Odd> {
    let mut deframer = Deframer::with_limits(Odd::default(), Limits::new().stream_above(8));
    deframer.feed(bytes);
    deframer
}

fn take<C: Codec<Message = Span>>(deframer: &mut Deframer<C>) -> Vec<u8> {
    deframer.next().expect("sound").expect("whole").view().expect("a message").to_vec()
}

#[test]
fn a_stream_may_end_in_front_of_a_frame_whose_length_is_known_beforehand() {
    /// Frames of four bytes, which need no head to be known.
    #[derive(Debug)]
    struct Four;
    impl Codec for Four {
        type Message = Span;
        fn delimit(&mut self, _: &[u8]) -> Result<Boundary> {
            Ok(Boundary::Frame { head: 0, body: 4, tail: 0 })
        }
        fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
            Ok(frame)
        }
        fn parse_head<'a>(&self, head: &'a [u8], _: u64) -> Result<&'a [u8]> {
            Ok(head)
        }
    }
    for stream in [&b""[..], b"four"] {
        let mut deframer = Deframer::new(Four);
        assert!(deframer.next().expect("sound").is_none(), "nothing has come");
        deframer.feed(stream);
        deframer.finish();
        if !stream.is_empty() {
            assert_eq!(take(&mut deframer), stream);
        }
        assert!(deframer.next().expect("the end, between two frames").is_none());
        assert!(deframer.views().expect("still").next().is_none());
    }
    let mut deframer = Deframer::new(Four);
    deframer.feed(b"fourth");
    deframer.finish();
    assert_eq!(take(&mut deframer), b"four");
    let error = deframer.next().expect_err("two bytes are missing");
    assert_eq!((error.kind(), error.offset(), deframer.report(error).missing()), (Kind::Eof, 2, Some(2)));

    // A body that is streamed has begun when its first byte is there, too.
    let mut deframer = Deframer::with_limits(Four, Limits::new().stream_above(3));
    assert!(deframer.next_or_body().expect("nothing has come").is_none());
    deframer.feed(b"f");
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { len: 4, .. }))));
    deframer.feed(b"our");
    while deframer.chunk().expect("sound") != Chunk::End {}
    deframer.finish();
    assert!(deframer.next_or_body().expect("the end").is_none());
}

#[test]
fn a_codec_that_streams_nothing_says_so() {
    #[derive(Debug)]
    struct Plain;
    impl Codec for Plain {
        type Message = Span;
        fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
            Ok(if input.len() < 2 { Boundary::Need(2) } else { Boundary::Frame { head: 2, body: 50, tail: 0 } })
        }
        fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
            Ok(frame)
        }
    }
    let mut deframer = Deframer::with_limits(Plain, Limits::new().max_frame(10));
    deframer.feed(b"head");
    let error = deframer.next_or_body().expect_err("refused by default");
    assert_eq!(error, Error::unsupported(&"streamed body", 2));
    assert_eq!(deframer.next_or_body().expect_err("for good"), error);

    // The other defaults: nothing is opened, no tail is refused, nothing is a barrier.
    let mut plain = Plain;
    assert_eq!((plain.open(&mut []), plain.open_body(0, &mut []), plain.close_body(b"!")), (Ok(()), Ok(()), Ok(())));
    assert!(!plain.barrier());
    assert_eq!(plain.delimit_last(b"abc"), Ok(Boundary::Need(4)));
}

#[test]
fn what_cannot_be_opened_ends_the_stream_in_front_of_it() {
    let stream = [odd(b"one"), odd(b"X"), odd(b"two")].concat();
    let expected = Error::new(Kind::Checksum, &"body", 1);

    let mut deframer = fed(&stream);
    assert_eq!(take(&mut deframer), b"one");
    assert_eq!(deframer.next().expect_err("it cannot be opened"), expected);
    assert_eq!(deframer.report(expected).stream_offset(), 6);
    assert_eq!(deframer.views().expect_err("fatal").kind(), Kind::Checksum);
    assert_eq!(deframer.batch().expect_err("fatal").kind(), Kind::Checksum);
    assert_eq!((deframer.codec().opened, deframer.pending()), (2, 8));

    let mut deframer = fed(&stream);
    assert_eq!(deframer.views().expect("sound").collect::<Vec<_>>(), [Ok(&b"one"[..])]);
    assert_eq!(deframer.next().expect_err("the walk stopped in front of it"), expected);
    assert_eq!(deframer.codec().opened, 2, "and did not open it twice");

    // The same when it came in two pieces.
    let mut deframer = fed(&stream[..6]);
    assert_eq!(take(&mut deframer), b"one");
    assert!(deframer.next().expect("half").is_none());
    deframer.feed(&stream[6..]);
    assert_eq!(deframer.views().expect_err("it cannot be opened"), expected);
}

#[test]
fn views_leave_what_was_not_asked_for() {
    let mut deframer = fed(&[odd(b"one"), odd(b"@two"), odd(b"three"), vec![5]].concat());
    assert_eq!(deframer.views().expect("sound").next(), Some(Ok(&b"one"[..])));
    assert_eq!(deframer.report_last(Error::malformed(&"x", 0)).frame_at(), 0);
    let mut views = deframer.views().expect("sound");
    assert_eq!(views.next(), Some(Ok(&b"atwo"[..])));
    drop(views);
    assert_eq!(deframer.report_last(Error::malformed(&"x", 0)).frame_at(), 5);
    assert_eq!(take(&mut deframer), b"three");
    assert_eq!(deframer.codec().opened, 3, "each once");

    // A frame that was waited for is opened before the walk begins, and not again by the next one.
    assert!(deframer.next().expect("one byte of it").is_none());
    deframer.feed(b"@four!");
    drop(deframer.views().expect("sound"));
    assert_eq!((deframer.codec().opened, deframer.pending()), (4, 7));
    assert_eq!(deframer.need(), 0);
    drop(deframer.views().expect("sound"));
    assert_eq!((deframer.codec().opened, deframer.pending()), (4, 7));
    let mut views = deframer.views().expect("sound");
    assert_eq!((views.next(), views.next()), (Some(Ok(&b"afour"[..])), None));
    drop(views);
    assert_eq!((deframer.codec().opened, deframer.pending()), (4, 0));

    // And so is one that `next` then takes.
    deframer.feed(&odd(b"@five")[..3]);
    assert!(deframer.next().expect("three bytes of it").is_none());
    deframer.feed(&odd(b"@five")[3..]);
    drop(deframer.views().expect("sound"));
    let lent = deframer.next().expect("sound").expect("whole");
    assert_eq!((lent.view(), lent.offset()), (Ok(&b"afive"[..]), 25));
    assert_eq!((deframer.codec().opened, deframer.pending()), (5, 0));
}

#[test]
fn views_stop_at_a_barrier_and_skip_noise() {
    let stream = [&odd(b"one")[..], b"\xff\x02..", &odd(b"Bar"), b"\xff\x00", &odd(b"two"), b"\xff\x04..."].concat();
    let mut deframer = fed(&stream);
    assert_eq!(deframer.views().expect("sound").collect::<Vec<_>>(), [Ok(&b"one"[..]), Ok(b"Bar")]);
    assert_eq!(deframer.ledger().skipped, 4);
    assert_eq!(deframer.views().expect("sound").collect::<Vec<_>>(), [Ok(&b"two"[..])]);
    assert_eq!(
        (deframer.ledger().skipped, deframer.pending()),
        (6, 5),
        "what has not wholly come is dropped as it comes"
    );
    assert!(deframer.views().expect("sound").next().is_none());
    assert_eq!((deframer.ledger().skipped, deframer.pending()), (11, 0));
    deframer.feed(&[b".", &odd(b"three")[..]].concat());
    assert_eq!(deframer.views().expect("sound").collect::<Vec<_>>(), [Ok(&b"three"[..])]);
    assert_eq!(deframer.ledger().skipped, 12);

    let mut deframer = fed(&stream);
    let batch = deframer.batch().expect("sound").expect("two frames");
    assert_eq!(batch.len(), 2);
    assert_eq!((batch.bytes(0), batch.bytes(1)), (Some(&odd(b"one")[..]), Some(&odd(b"Bar")[..])));
    assert_eq!(deframer.batch().expect("sound").expect("one frame").iter().next(), Some(Ok(&b"two"[..])));
    assert!(deframer.batch().expect("sound").is_none());
}

#[test]
fn a_stream_that_ends_in_what_is_dropped_is_cut_short() {
    let mut deframer = fed(b"\xff\x09...");
    deframer.finish();
    assert!(deframer.is_finished());
    let error = deframer.next().expect_err("six more were announced");
    assert_eq!((error.kind(), error.offset(), deframer.report(error).missing()), (Kind::Eof, 0, Some(6)));
    assert_eq!(deframer.ledger().skipped, 5);
    let mut deframer = fed(b"\xff\x03...");
    deframer.finish();
    assert!(deframer.next().expect("all of it came").is_none());

    // A frame above the limit that is dropped, likewise.
    let limits = Limits::new().max_frame(8).oversize(Oversize::Skip);
    let mut deframer = Deframer::with_limits(Odd::default(), limits);
    deframer.feed(&odd(b"0123456")[..5]);
    assert!(deframer.views().expect("sound").next().is_none());
    deframer.finish();
    let error = deframer.views().expect_err("cut short");
    assert_eq!((error.kind(), deframer.report(error).missing()), (Kind::Eof, Some(4)));
}

#[test]
fn limits_hold_to_the_byte() {
    // Need and frame: at the limit, and one above it.
    for (body, fits) in [(6, true), (7, false)] {
        let stream = odd(&vec![b'x'; body]);
        for cut in 1..=stream.len() {
            let mut deframer = Deframer::with_limits(Odd::default(), Limits::new().max_frame(8));
            deframer.feed(&stream[..cut]);
            let found = deframer.next().map(|lent| lent.is_some());
            assert_eq!(found, if fits { Ok(cut == 8) } else { Err(Error::limit(&"frame", 0)) }, "{body} cut at {cut}");
        }
    }
    let mut two = Deframer::with_limits(LengthPrefixed::<U32Be>::new(100), Limits::new().max_frame(4));
    assert!(two.next().expect("four bytes are within the limit").is_none());
    assert_eq!(two.need(), 4);
    let mut one = Deframer::with_limits(LengthPrefixed::<U32Be>::new(100), Limits::new().max_frame(3));
    assert_eq!(one.next().expect_err("four bytes are above it"), Error::limit(&"frame", 0));

    // Bodies: streamed above one limit, up to and including the other.
    for (body, found) in [(8, "frame"), (9, "body"), (20, "body"), (21, "nothing")] {
        let limits = Limits::new().stream_above(8).max_body(20);
        let mut deframer = Deframer::with_limits(Odd::default(), limits);
        deframer.feed(&odd(&vec![b'x'; body])[..1 + body]);
        let what = match deframer.next_or_body().expect("sound") {
            Some(Incoming::Body { len, .. }) if len == body as u64 => "body",
            None => "nothing",
            other => panic!("{other:?}"),
        };
        let expected = if found == "body" { "body" } else { "nothing" };
        assert_eq!(what, expected, "{body}");
        deframer.feed(b"!");
        if found != "body" {
            // Not streamed for its length: it comes whole, being within the limit of frames.
            assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Frame(_)))), "{body}");
        }
    }
}

#[test]
fn bodies_are_opened_closed_and_refused() {
    let head = |deframer: &mut Deframer<Odd>| match deframer.next_or_body() {
        Ok(Some(Incoming::Body { head, len })) => (head, len),
        other => panic!("no body: {other:?}"),
    };
    let mut deframer = streaming(b"\x09@bcdef");
    assert!(!deframer.is_in_body());
    let (frame, len) = head(&mut deframer);
    assert_eq!((frame.bytes(), frame.view(), len), (&Bytes::from_static(b"\x09"), &b""[..], 9));
    assert!(deframer.is_in_body());
    assert_eq!(deframer.need(), 0, "six bytes have come");
    assert_eq!(deframer.chunk(), Ok(Chunk::Bytes(Bytes::from_static(b"abcdef"))));
    assert_eq!(deframer.chunk(), Ok(Chunk::Pending));
    deframer.feed(b"ghi");
    assert_eq!(deframer.chunk(), Ok(Chunk::Bytes(Bytes::from_static(b"ghi"))));
    assert_eq!((deframer.chunk(), deframer.need()), (Ok(Chunk::Pending), 1), "the tail");
    assert!(deframer.is_in_body());
    deframer.feed(b"!\x01x!");
    assert_eq!(deframer.chunk(), Ok(Chunk::End));
    assert!(!deframer.is_in_body());
    assert_eq!(deframer.chunk(), Ok(Chunk::End), "none is on its way");
    deframer.skip_body();
    assert_eq!(take(&mut deframer), b"x", "and none was skipped");

    // A tail is waited for whole.
    let limits = Limits::new().stream_above(8);
    let mut deframer = Deframer::with_limits(LengthPrefixed::<U8>::new(100).trailer(3), limits);
    deframer.feed(b"\x09abcdefghi;");
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { len: 9, .. }))));
    assert!(matches!(deframer.chunk(), Ok(Chunk::Bytes(bytes)) if bytes.len() == 9));
    assert_eq!((deframer.chunk(), deframer.need()), (Ok(Chunk::Pending), 3));
    deframer.feed(b";;");
    assert_eq!((deframer.chunk(), deframer.pending()), (Ok(Chunk::End), 0));

    let mut deframer = Deframer::with_limits(LengthPrefixed::<U8>::new(100).trailer(3), limits);
    deframer.feed(b"\x09abcdefghi;");
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { .. }))));
    assert!(matches!(deframer.chunk(), Ok(Chunk::Bytes(_))));
    deframer.finish();
    let error = deframer.chunk().expect_err("two bytes of the tail are missing");
    assert_eq!((error.kind(), error.offset(), deframer.report(error).missing()), (Kind::Eof, 1, Some(2)));

    // A chunk that cannot be opened, and a tail that does not fit.
    let mut deframer = streaming(b"\x09abc");
    head(&mut deframer);
    assert_eq!(deframer.chunk(), Ok(Chunk::Bytes(Bytes::from_static(b"abc"))));
    deframer.feed(b"X");
    let error = Error::new(Kind::Checksum, &"body", 3);
    assert_eq!((deframer.chunk(), deframer.chunk()), (Err(error), Err(error)));
    assert_eq!(deframer.next().expect_err("fatal"), error);
    let mut deframer = streaming(b"\x09abcdefghi?");
    head(&mut deframer);
    assert!(matches!(deframer.chunk(), Ok(Chunk::Bytes(_))));
    let error = Error::malformed(&"end", 0);
    assert_eq!((deframer.chunk(), deframer.chunk()), (Err(error), Err(error)));

    // The end inside the body, and in front of the tail.
    for (stream, missing) in [(&b"\x09abc"[..], 7), (b"\x09abcdefghi", 1)] {
        let mut deframer = streaming(stream);
        head(&mut deframer);
        assert!(matches!(deframer.chunk(), Ok(Chunk::Bytes(_))));
        deframer.finish();
        let error = deframer.chunk().expect_err("cut short");
        assert_eq!((error.kind(), deframer.report(error).missing()), (Kind::Eof, Some(missing)));
    }

    // Heads that are none, or lie about their fields.
    assert_eq!(streaming(&[90]).next_or_body().expect_err("refused"), Error::limit(&"body", 0));
    assert_eq!(streaming(&[91]).next_or_body().expect_err("a lie").kind(), Kind::Contract);
    assert_eq!(streaming(&[0xfe]).next_or_body().expect_err("no frame"), Error::malformed(&"length", 0));
    assert!(matches!(streaming(&odd(b"short")).next_or_body(), Ok(Some(Incoming::Frame(_)))));
    // Asked for a frame and not for a body, the same one comes whole.
    assert_eq!(take(&mut streaming(&odd(&[b'x'; 9]))), [b'x'; 9]);
}

#[test]
fn a_body_that_is_left_alone_is_dropped_with_its_tail() {
    let stream = [odd(&[b'x'; 100]), odd(b"behind")].concat();
    let leave: [fn(Deframer<Odd>) -> Deframer<Odd>; 3] = [
        |deframer| deframer,
        |mut deframer| {
            deframer.skip_body();
            deframer
        },
        |deframer| deframer.switch(Odd::default()).0,
    ];
    for leave in leave {
        for (chunks, came) in [(0, 1), (0, 50), (1, 50), (1, 101), (1, 102), (1, stream.len())] {
            let mut deframer = streaming(&stream[..came]);
            assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { .. }))));
            for _ in 0..chunks {
                assert!(matches!(deframer.chunk(), Ok(Chunk::Bytes(_))));
            }
            let mut deframer = leave(deframer);
            deframer.feed(&stream[came..]);
            assert_eq!(take(&mut deframer), b"behind", "{chunks} chunks, {came} bytes");
            let taken = if chunks == 0 { 0 } else { came.min(101) - 1 };
            assert_eq!(deframer.ledger().skipped, 101 - taken as u64);
        }
    }
}

#[test]
fn switching_forgets_hints_and_keeps_failures_and_skips() {
    // The old codec waits for 200 bytes; the new one reads two of them.
    let mut deframer = fed(b"\xc8\x01a");
    assert!(deframer.next().expect("sound").is_none());
    assert_eq!(deframer.need(), 202);
    let (mut deframer, _) = deframer.switch(LengthPrefixed::<U8>::new(200));
    assert_eq!((deframer.need(), deframer.pending()), (0, 3));
    deframer.feed(&[b'x'; 198]);
    assert_eq!(take(&mut deframer).len(), 200);

    let mut deframer = fed(b"\xff\x04.");
    assert!(deframer.next().expect("sound").is_none());
    let (mut deframer, _) = deframer.switch(LengthPrefixed::<U8>::new(200));
    deframer.feed(b"...\x02hi");
    assert_eq!(take(&mut deframer), b"hi");

    let mut deframer = fed(b"\xfe");
    assert!(deframer.next().is_err());
    let (mut deframer, _) = deframer.switch(LengthPrefixed::<U8>::new(200));
    assert_eq!(deframer.next().expect_err("it failed before"), Error::malformed(&"length", 0));

    let mut deframer = fed(&[odd(b"one"), b"rest".to_vec()].concat());
    deframer.codec_mut().opened = 7;
    assert_eq!(take(&mut deframer), b"one");
    let (codec, rest) = deframer.into_parts();
    assert_eq!((codec.opened, &rest[..]), (8, &b"rest"[..]));
}

#[test]
fn lent_frames_are_looked_at_kept_and_copied() {
    let mut deframer = Deframer::with_limits(Odd::default(), Limits::new().copy_up_to(7));
    deframer.feed(&[odd(b"one"), odd(b"?"), odd(b"12345"), odd(b"123456"), odd(b"last")].concat());
    let lent = deframer.next().expect("sound").expect("whole");
    assert_eq!(lent.message(), Ok(Span::new(1, 3).expect("short")));
    assert_eq!((lent.offset(), lent.bytes()), (0, &odd(b"one")[..]));
    assert_eq!(lent.into_view(), Ok(&b"one"[..]));
    let lent = deframer.next().expect("sound").expect("whole");
    let error = Error::malformed(&"body", 1);
    assert_eq!((lent.view(), lent.message()), (Err(error), Err(error)));
    assert_eq!(lent.into_view(), Err(error));

    let ledger = |deframer: &Deframer<Odd>| (deframer.ledger().copied_in, deframer.ledger().shared_in);
    assert_eq!(deframer.next().expect("sound").expect("whole").keep().expect("a message").view(), b"12345");
    assert_eq!(ledger(&deframer), (7, 0), "seven bytes are copied");
    let lent = deframer.next().expect("sound").expect("whole");
    let address = lent.bytes().as_ptr();
    let kept = lent.keep().expect("a message");
    assert_eq!((ledger(&deframer), kept.bytes().as_ptr()), ((7, 8), address), "eight are shared");
    let lent = deframer.next().expect("sound").expect("whole");
    let address = lent.bytes().as_ptr();
    let detached = lent.detach().expect("a message");
    assert_ne!(detached.bytes().as_ptr(), address);
    assert_eq!((detached.view(), ledger(&deframer)), (&b"last"[..], (13, 8)));
    assert_eq!(detached.message(), &Span::new(1, 4).expect("short"));
}

#[test]
fn batches_are_cloned_counted_and_walked() {
    let mut deframer = fed(&[odd(b"one"), odd(b"?"), odd(b"three")].concat());
    let batch = deframer.batch().expect("sound").expect("three frames");
    let mut walk = (&batch).into_iter();
    assert_eq!((batch.len(), walk.len(), walk.size_hint()), (3, 3, (3, Some(3))));
    assert_eq!(walk.next(), Some(Ok(&b"one"[..])));
    assert_eq!(walk.len(), 2);
    let clone = batch.clone();
    drop(batch);
    assert_eq!(clone.iter().collect::<Vec<_>>(), [Ok(&b"one"[..]), Err(Error::malformed(&"body", 1)), Ok(b"three")]);
    assert_eq!(clone.frame(1).expect("there are three"), Err(Error::malformed(&"body", 1)));
    let third = clone.frame(2).expect("there are three").expect("a message");
    assert_eq!((&third.bytes()[..], third.view()), (&odd(b"three")[..], &b"three"[..]));
    assert!(clone.frame(3).is_none());

    // More of them at once than there are indexes kept: none is written while it is read.
    let mut batches = Vec::new();
    for number in 0..40 {
        deframer.feed(&[odd(&[number]), odd(b"and")].concat());
        batches.push(deframer.batch().expect("sound").expect("two frames"));
    }
    for (number, batch) in batches.iter().enumerate() {
        let views: Vec<_> = batch.iter().map(|view| view.expect("a message")).collect();
        assert_eq!(views, [&[number as u8][..], b"and"]);
    }
}

#[test]
fn reads_grow_when_they_are_filled_and_shrink_after_two_small_ones() {
    let mut deframer = Deframer::with_limits(LengthPrefixed::<U8>::new(255), Limits::new().reads(64, 256));
    // Reads `len` bytes of empty frames, takes them, and says what was offered.
    let mut offered = |len: usize| {
        let offered = deframer.read_with(|block| {
            let offered = block.remaining_mut();
            block.put_bytes(0, len.min(offered));
            offered
        });
        assert_eq!(deframer.views().expect("sound").count(), len.min(offered));
        offered
    };
    assert_eq!([offered(63), offered(64), offered(64)], [64, 64, 128], "a read that is filled doubles the next");
    assert_eq!([offered(128), offered(256), offered(256)], [128, 256, 256], "up to the largest");
    assert_eq!([offered(127), offered(128), offered(127), offered(127)], [256; 4], "two small ones in a row, not one");
    assert_eq!([offered(63), offered(63), offered(1), offered(1), offered(0)], [128, 128, 64, 64, 64]);
    let ledger = deframer.ledger();
    assert_eq!((ledger.reads, ledger.received), (14, 63 + 64 + 64 + 128 + 512 + 127 + 128 + 254 + 126 + 2));
}

#[test]
fn a_read_ends_with_a_long_frame_whose_end_is_known() {
    let limits = Limits::new().reads(1024, 1024);
    // Lets `len` bytes come behind a frame that is taken, and says how many more are offered then.
    fn offered<C: Codec>(mut deframer: Deframer<C>, in_front: &[u8], head: &[u8], len: usize) -> usize {
        deframer.feed(&[in_front, head].concat());
        if !in_front.is_empty() {
            assert_eq!(deframer.next().expect("sound").expect("whole").bytes(), in_front);
        }
        let mut left = len - head.len();
        while left > 0 {
            assert!(deframer.next().expect("sound").is_none());
            left -= deframer.read_with(|block| {
                let len = left.min(block.remaining_mut());
                block.put_bytes(7, len);
                len
            });
        }
        assert!(deframer.next().expect("sound").is_none());
        deframer.read_with(|block| block.remaining_mut())
    }
    let long = || Deframer::with_limits(LengthPrefixed::<U32Be>::new(5000), limits);
    assert_eq!(
        offered(long(), b"", &4996_u32.to_be_bytes(), 2000),
        3000,
        "up to its end, though that is more than a read"
    );
    assert_eq!(offered(long(), b"", &4996_u32.to_be_bytes(), 4744), 256);
    assert_eq!(
        offered(long(), b"", &4996_u32.to_be_bytes(), 4745),
        1024,
        "255 bytes are too short for a read of their own"
    );
    assert_eq!(offered(long(), b"", &1000_u32.to_be_bytes(), 504), 1024, "a short frame may bring the next along");
    assert_eq!(offered(long(), b"\0\0\0\x01x", &4996_u32.to_be_bytes(), 2000), 3000, "wherever it begins");
    assert_eq!(offered(long(), b"\0\0\0\x01x", &3000_u32.to_be_bytes(), 1504), 1500, "in a block that has room for it");
    // What is needed to know more is not where the frame ends.
    assert_eq!(offered(Deframer::with_limits(Fixed::new(5000), limits), b"", b"", 2000), 1024);
}

#[test]
fn the_last_word_on_what_is_left_must_be_true_too() {
    /// Wants five bytes, and at the end so many more or fewer than there are.
    #[derive(Debug)]
    struct Last(isize);
    impl Codec for Last {
        type Message = Span;
        fn delimit(&mut self, _: &[u8]) -> Result<Boundary> {
            Ok(Boundary::Need(5))
        }
        fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
            Ok(Boundary::Need(rest.len().saturating_add_signed(self.0)))
        }
        fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
            Ok(frame)
        }
    }
    for (more, kind, missing) in [
        (-1, Kind::Contract, None),
        (0, Kind::Contract, None),
        (1, Kind::Eof, Some(2)),
        (2, Kind::Eof, Some(2)),
        (7, Kind::Eof, Some(7)),
    ] {
        let mut deframer = Deframer::new(Last(more));
        deframer.feed(b"abc");
        assert!(deframer.next().expect("two are missing").is_none());
        deframer.finish();
        let error = deframer.next().expect_err("no frame");
        assert_eq!((error.kind(), error.offset(), deframer.report(error).missing()), (kind, 3, missing), "{more}");
    }
}

#[test]
#[should_panic(expected = "a read took away what had arrived before")]
fn a_read_cannot_take_away_what_had_arrived() {
    let mut deframer = Deframer::new(LengthPrefixed::<U8>::new(255));
    deframer.feed(b"\x05hell");
    deframer.read_with(|block| block.get_mut().clear());
}

#[test]
fn what_is_no_longer_pinned_is_given_back_under_pressure() {
    let limits = Limits::new().reads(1024, 1024).max_pinned(5 * 4096);
    let mut deframer = Deframer::with_limits(LengthPrefixed::<U8>::new(255), limits);
    let mut keep = |kept: &mut Vec<_>| {
        deframer.feed(&[&[200][..], &[7; 200]].concat());
        kept.push(deframer.next().expect("sound").expect("whole").into_frame().expect("a message"));
        *deframer.ledger()
    };
    let mut kept = Vec::new();
    let mut ledger = keep(&mut kept);
    for _ in 0..300 {
        ledger = keep(&mut kept);
    }
    assert_eq!(ledger.pinned, 6 * 4096, "not at the limit, but above it");
    assert!(ledger.copied_in > 0, "{ledger}");
    assert!(kept.iter().all(|frame| frame.view() == [7; 200]));
    // Of each block something is left.
    let pinned = ledger.pinned;
    for index in (0..kept.len()).rev().step_by(2) {
        kept.remove(index);
    }
    assert_eq!(keep(&mut kept).pinned, pinned);
    // Then nothing is: it takes a read to notice, whether or not a block is wanted.
    kept.clear();
    assert_eq!(keep(&mut kept).pinned, 0);
    let copied = keep(&mut kept).copied_in;
    for _ in 0..30 {
        ledger = keep(&mut kept);
    }
    assert_eq!(ledger.copied_in, copied, "what is kept is shared again");
}

#[test]
fn under_pressure_frames_of_half_a_block_are_shared() {
    let limits = Limits::new().reads(1024, 1024).max_pinned(5 * 4096);
    for (len, copied) in [(2048, false), (2047, true)] {
        let mut deframer = Deframer::with_limits(Fixed::new(len), limits);
        let kept: Vec<_> = (0..40)
            .map(|_| {
                deframer.feed(&vec![7; len]);
                deframer.next().expect("sound").expect("whole").into_frame().expect("a message")
            })
            .collect();
        assert_eq!((kept.len(), deframer.ledger().copied_in > 0), (40, copied), "{}", deframer.ledger());
    }
}

#[test]
fn blocks_that_a_burst_took_are_given_back_in_time() {
    let limits = Limits::new().reads(1024, 1024);
    let mut deframer = Deframer::with_limits(LengthPrefixed::<U8>::new(255), limits);
    let mut keep = || {
        deframer.feed(&[&[200][..], &[7; 200]].concat());
        (deframer.next().expect("sound").expect("whole").into_frame().expect("a message"), *deframer.ledger())
    };
    let burst: Vec<_> = (0..1000).map(|_| keep()).collect();
    let after = &burst[999].1.clone();
    let allocated = after.allocated_blocks;
    assert!((40..=60).contains(&allocated), "{after}");
    drop(burst);
    // From here on the last thirty frames are kept: two blocks would do.
    let mut kept = std::collections::VecDeque::new();
    let mut last = *after;
    for _ in 0..30_000 {
        let (frame, ledger) = keep();
        kept.push_back(frame);
        if kept.len() > 30 {
            kept.pop_front();
        }
        last = ledger;
    }
    assert_eq!(last.allocated_blocks, allocated, "none was allocated again");
    assert_eq!(last.recycled_blocks / 1024, 1, "{last}");
    assert_eq!(allocated - 1 - last.pinned / 4096, 1, "one block was released, and not all at once: {last}");
}

#[test]
fn layers_hold_nothing_back_and_end_between_records_unless_they_say_otherwise() {
    struct Plain;
    impl Layer for Plain {
        fn unwrap(&mut self, _: &[u8], _: &mut [u8]) -> Result<wireview::recv::Unwrapped> {
            Ok(wireview::recv::Unwrapped::Need(1))
        }
        fn wrap(&mut self, plain: &[u8], raw: &mut Vec<u8>) -> Result<()> {
            raw.extend_from_slice(plain);
            Ok(())
        }
    }
    struct Held;
    impl Layer for Held {
        fn unwrap(&mut self, _: &[u8], _: &mut [u8]) -> Result<wireview::recv::Unwrapped> {
            Ok(wireview::recv::Unwrapped::Need(1))
        }
        fn wrap(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<()> {
            Ok(())
        }
        fn flush(&mut self, raw: &mut Vec<u8>) -> Result<()> {
            raw.push(b'f');
            Ok(())
        }
    }
    let mut raw = Vec::new();
    assert_eq!((Plain.wrap(b"abc", &mut raw), Plain.flush(&mut raw), Plain.finish(&mut raw)), (Ok(()), Ok(()), Ok(())));
    assert_eq!(Held.finish(&mut raw), Ok(()));
    assert_eq!(raw, b"abcf", "to finish is to flush");
    assert_eq!(Plain.end(b""), Ok(()));
    assert_eq!(Plain.end(b"abc"), Err(Error::new(Kind::Eof, &"record", 3)));
}

#[test]
fn a_body_may_go_by_elsewhere() {
    use wireview::formats::LengthPrefixed;
    use wireview::length::U16Be;
    use wireview::recv::{Chunk, Incoming};

    let codec = LengthPrefixed::<U16Be>::new(1000);
    assert!(codec.body_is_raw() && codec.is_raw());
    let mut deframer = Deframer::with_limits(codec, Limits::new().stream_above(8));
    assert_eq!(deframer.body_left(), 0);
    deframer.pass_body(0, 0);
    deframer.feed(b"\0\x64first");
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { len: 100, .. }))));
    assert_eq!(deframer.body_left(), 100);
    assert_eq!(deframer.chunk(), Ok(Chunk::Bytes(b"first"[..].into())));
    deframer.pass_body(60, 50);
    assert_eq!((deframer.body_left(), deframer.chunk()), (35, Ok(Chunk::Pending)));
    deframer.pass_body(35, 35);
    assert_eq!((deframer.body_left(), deframer.chunk()), (0, Ok(Chunk::End)));
    assert_eq!((deframer.ledger().received, deframer.ledger().spliced_in), (102, 85));
    deframer.feed(b"\0\x02ok\0");
    assert_eq!(take(&mut deframer), b"ok");
    // Offsets count what has gone by: the frame begins at 106, and ends one byte later.
    deframer.finish();
    let error = deframer.next().expect_err("a half length");
    assert_eq!(deframer.report(error).stream_offset(), 107);
}

#[test]
#[should_panic(expected = "bytes have passed others")]
fn no_body_passes_bytes_that_are_pending() {
    let mut deframer = Deframer::new(wireview::formats::Lines::new(100));
    deframer.feed(b"x");
    deframer.pass_body(1, 0);
}

#[test]
#[should_panic(expected = "more bytes have passed than the body has")]
fn no_body_goes_by_that_there_is_not() {
    Deframer::new(wireview::formats::Lines::new(100)).pass_body(1, 0);
}
