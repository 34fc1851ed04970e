//! The deframer: hints, cuts, limits, ends of streams, streamed bodies, recycling.

use bytes::Bytes;
use wireview::{Boundary, Chunk, Codec, Deframer, Error, Frame, Incoming, Kind, Limits, Oversize, Result, Span};

/// `#` and a big-endian `u16` of body bytes, then the body, then `!`. `.` between frames is noise.
/// A body starting with `?` is no message; opening turns `@` into `a`.
#[derive(Clone, Debug, Default)]
struct Toy {
    opened: usize,
    body: Vec<u8>,
    closed: usize,
}

impl Codec for Toy {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        match *input {
            [b'.', ..] => Ok(Boundary::Skip(input.iter().take_while(|&&byte| byte == b'.').count() as u64)),
            [b'#', high, low, ..] => {
                Ok(Boundary::Frame { head: 3, body: u64::from(u16::from_be_bytes([high, low])), tail: 1 })
            }
            [] => Ok(Boundary::Need(1)),
            [b'#', ..] => Ok(Boundary::Need(3)),
            _ => Err(Error::malformed(&"mark", 0)),
        }
    }

    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        self.opened += 1;
        frame.iter_mut().filter(|byte| **byte == b'@').for_each(|byte| *byte = b'a');
        Ok(())
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        match frame[3] {
            b'?' => Err(Error::malformed(&"body", 3)),
            _ => Ok(&frame[3..frame.len() - 1]),
        }
    }

    fn parse_head<'a>(&self, _: &'a [u8], _: u64) -> Result<&'a [u8]> {
        Ok(&[])
    }

    fn open_body(&mut self, at: u64, chunk: &mut [u8]) -> Result<()> {
        if at == 0 {
            self.body.clear();
        }
        assert_eq!(at, self.body.len() as u64, "chunks come in order");
        self.body.extend_from_slice(chunk);
        Ok(())
    }

    fn close_body(&mut self, tail: &[u8]) -> Result<()> {
        self.closed += 1;
        if tail == b"!" { Ok(()) } else { Err(Error::malformed(&"end", 0)) }
    }
}

fn toy(body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).expect("a toy body").to_be_bytes();
    [b"#", &len[..], body, b"!"].concat()
}

type Seen = (Vec<Result<Vec<u8>>>, Option<Error>, u64);

/// Everything that comes out when `pieces` go in one after the other.
fn run<'a>(limits: Limits, pieces: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let mut deframer = Deframer::with_limits(Toy::default(), limits);
    let mut seen = Vec::new();
    for piece in pieces {
        deframer.feed(piece);
        loop {
            match deframer.next() {
                Ok(Some(lent)) => seen.push(lent.view().map(<[u8]>::to_vec)),
                Ok(None) => break,
                Err(error) => return (seen, Some(error), deframer.ledger().skipped),
            }
        }
    }
    deframer.finish();
    let end = loop {
        match deframer.next() {
            Ok(Some(lent)) => seen.push(lent.view().map(<[u8]>::to_vec)),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert_eq!(deframer.next().map(|lent| lent.is_some()), end.map_or(Ok(false), Err), "an end stays an end");
    (seen, end, deframer.ledger().skipped)
}

fn cuts_agree(limits: Limits, stream: &[u8]) -> Seen {
    let whole = run(limits, [stream]);
    for cut in 0..=stream.len() {
        assert_eq!(run(limits, [&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
    }
    assert_eq!(run(limits, stream.chunks(1)), whole, "byte by byte");
    whole
}

#[test]
fn every_cut_gives_the_same_frames() {
    let stream = [&toy(b"one")[..], b"...", &toy(b"?bad"), &toy(b""), &toy(&[b'@'; 40]), b"."].concat();
    let (seen, end, skipped) = cuts_agree(Limits::new(), &stream);
    assert_eq!(
        seen,
        [Ok(b"one".to_vec()), Err(Error::malformed(&"body", 3)), Ok(vec![]), Ok(vec![b'a'; 40])],
        "a bad frame in a sound boundary does not hurt the next"
    );
    assert_eq!((end, skipped), (None, 4));
}

#[test]
fn what_was_valid_comes_before_the_error() {
    let stream = [&toy(b"one")[..], &toy(b"two"), b"x", &toy(b"three")].concat();
    let (seen, end, _) = cuts_agree(Limits::new(), &stream);
    assert_eq!(seen.len(), 2);
    assert_eq!(end, Some(Error::malformed(&"mark", 0)));

    let mut deframer = Deframer::new(Toy::default());
    deframer.feed(&stream);
    let batch = deframer.batch().expect("two frames stand before the error").expect("and are whole");
    assert_eq!(batch.len(), 2);
    let error = deframer.batch().expect_err("then comes the error");
    assert_eq!(deframer.report(error).stream_offset(), 14);
}

#[test]
fn the_end_inside_a_frame_says_what_is_missing() {
    for (cut, missing) in [(1, 2), (2, 1), (3, 6), (8, 1)] {
        let mut deframer = Deframer::new(Toy::default());
        deframer.feed(&toy(b"one"));
        deframer.feed(&toy(b"three")[..cut]);
        deframer.finish();
        assert!(deframer.next().expect("the first is whole").is_some());
        let error = deframer.next().expect_err("the second is not");
        assert_eq!((error.kind(), error.offset()), (Kind::Eof, cut));
        let report = deframer.report(error);
        assert_eq!((report.missing(), report.frame_at()), (Some(missing), 7), "{report}");
    }
}

#[test]
fn oversize_frames_are_refused_or_skipped() {
    let limits = Limits::new().max_frame(12);
    let stream = [&toy(b"12345678")[..], &toy(b"123456789"), &toy(b"ok")].concat();
    let (seen, end, _) = cuts_agree(limits, &stream);
    assert_eq!((seen.len(), end), (1, Some(Error::limit(&"frame", 0))));

    let (seen, end, skipped) = cuts_agree(limits.oversize(Oversize::Skip), &stream);
    assert_eq!(seen, [Ok(b"12345678".to_vec()), Ok(b"ok".to_vec())]);
    assert_eq!((end, skipped), (None, 13));
}

/// Answers whatever it is told to.
struct Liar(Boundary);

impl Codec for Liar {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        Ok(if input.is_empty() { Boundary::Need(1) } else { self.0 })
    }

    fn parse<'a>(&self, _: &'a [u8]) -> Result<&'a [u8]> {
        Ok(b"elsewhere")
    }
}

#[test]
fn a_codec_that_breaks_its_contract_is_named() {
    for lie in [
        Boundary::Need(0),
        Boundary::Need(4),
        Boundary::Skip(0),
        Boundary::whole(0),
        Boundary::whole(5),
        Boundary::Frame { head: 5, body: 0, tail: 0 },
    ] {
        let mut deframer = Deframer::new(Liar(lie));
        deframer.feed(b"four");
        let error = deframer.next().expect_err("a lie");
        assert_eq!(error.kind(), Kind::Contract, "{lie:?}");
        assert_eq!(deframer.next().expect_err("and stays one"), error);
    }
    let mut deframer = Deframer::new(Liar(Boundary::whole(4)));
    deframer.feed(b"fourfour");
    let lent = deframer.next().expect("the boundary is sound").expect("and the frame whole");
    assert_eq!(lent.into_frame().expect_err("the field lies elsewhere").kind(), Kind::Contract);
    let batch = deframer.batch().expect("sound").expect("whole");
    assert_eq!(batch.iter().next().expect("one").expect_err("elsewhere").kind(), Kind::Contract);
}

#[test]
fn huge_lengths_are_errors_and_allocate_nothing() {
    for huge in [
        Boundary::Frame { head: 4, body: u64::MAX, tail: usize::MAX },
        Boundary::Frame { head: 4, body: u64::MAX, tail: 0 },
        Boundary::Need(usize::MAX),
    ] {
        let mut deframer = Deframer::with_limits(Liar(huge), Limits::new().oversize(Oversize::Skip));
        deframer.feed(b"four");
        assert_eq!(deframer.next().expect_err("above every limit"), Error::limit(&"frame", 0), "{huge:?}");
    }
    // Declared, within the limits, and never sent: the block grows no faster than the stream.
    let mut deframer = Deframer::new(Liar(Boundary::Frame { head: 1, body: 15 << 20, tail: 0 }));
    for _ in 0..64 {
        deframer.feed(&[1; 1024]);
        assert!(deframer.next().expect("no error").is_none());
        let room = deframer.read_with(|block| block.get_ref().capacity());
        let received = deframer.ledger().received as usize;
        assert!(room <= 2 * received + 64 * 1024, "{room} bytes reserved for {received}");
    }
}

#[test]
fn behind_a_whole_frame_there_is_room_to_read() {
    // A length is known, its frame comes, nobody asks; reads are so small that a quarter of one is nothing.
    let mut deframer = Deframer::with_limits(Toy::default(), Limits::new().reads(2, 2));
    deframer.feed(&toy(b"three")[..4]);
    assert!(deframer.next().expect("sound").is_none());
    deframer.feed(&toy(b"three")[4..]);
    assert!(deframer.read_with(|block| bytes::BufMut::remaining_mut(block)) > 0);
    assert!(deframer.next().expect("sound").is_some());
}

#[test]
fn a_need_that_is_met_is_none() {
    let mut deframer = Deframer::new(Toy::default());
    deframer.feed(b"#");
    assert!(deframer.next().expect("sound").is_none());
    assert_eq!(deframer.need(), 3);
    deframer.feed(&[0, 1]);
    assert_eq!(deframer.need(), 0, "nobody has asked again");
    assert!(deframer.next().expect("sound").is_none());
    assert_eq!(deframer.need(), 5);
}

#[test]
fn reads_of_one_byte_have_somewhere_to_go() {
    let mut deframer = Deframer::with_limits(Toy::default(), Limits::new().reads(1, 1));
    deframer.feed(&toy(b"more than a block of four reads"));
    assert!(deframer.read_with(|block| bytes::BufMut::remaining_mut(block)) > 0, "a full block is no place to read to");
    assert!(deframer.next().expect("sound").is_some());
}

#[test]
fn owned_frames_share_the_block_and_batches_give_them_too() {
    let mut deframer = Deframer::new(Toy::default());
    deframer.feed(&[toy(b"first"), toy(b"second"), toy(b"?"), toy(b"third")].concat());
    let lent = deframer.next().expect("sound").expect("whole");
    let address = lent.bytes().as_ptr();
    let first: Frame<Span> = lent.into_frame().expect("a message");
    assert_eq!(first.bytes().as_ptr(), address, "not copied");
    assert_eq!((first.view(), &first.clone().into_message()[..]), (&b"first"[..], &b"first"[..]));
    assert_ne!(first.detach().bytes().as_ptr(), address, "copied");
    assert_eq!(first.detach(), first);

    let batch = deframer.batch().expect("sound").expect("whole");
    let other = std::thread::spawn(move || {
        let views: Vec<_> = batch.iter().collect();
        assert_eq!(views, [Ok(&b"second"[..]), Err(Error::malformed(&"body", 3)), Ok(&b"third"[..])]);
        let third = batch.frame(2).expect("three frames").expect("a message");
        assert_eq!((batch.bytes(2), batch.bytes(3)), (Some(&toy(b"third")[..]), None));
        third
    });
    let third = other.join().expect("the other thread's assertions");
    assert_eq!((third.view(), third.bytes()), (&b"third"[..], &Bytes::from(toy(b"third"))));
    assert_eq!(deframer.ledger().shared_frames, 2);
}

#[test]
fn small_keeps_are_copied_and_large_ones_shared() {
    let mut deframer = Deframer::new(Toy::default());
    deframer.feed(&[toy(b"small"), toy(&[b'x'; 600])].concat());
    let small = deframer.next().expect("sound").expect("whole").keep().expect("a message");
    assert_eq!((small.view(), deframer.ledger().copied_in), (&b"small"[..], 9));
    let large = deframer.next().expect("sound").expect("whole").keep().expect("a message");
    assert_eq!(deframer.ledger().shared_in, 604);
    assert_eq!(large.keep(large.view()).as_ptr(), large.view().as_ptr(), "600 bytes are shared");
    assert_ne!(large.keep(&large.view()[..512]).as_ptr(), large.view().as_ptr(), "512 bytes are copied");
    assert_eq!(large.keep(&[7; 1000]), vec![7; 1000], "and so is what lies elsewhere");
}

#[test]
fn above_max_pinned_small_frames_are_copied() {
    let mut deframer = Deframer::with_limits(Toy::default(), Limits::new().max_pinned(100_000));
    let mut kept = Vec::new();
    for _ in 0..2_000 {
        deframer.feed(&toy(&[b'x'; 996]));
        kept.push(deframer.next().expect("sound").expect("whole").into_frame().expect("a message"));
    }
    let ledger = *deframer.ledger();
    assert!(ledger.pinned < 100_000 + 2 * 256 * 1024, "{ledger}");
    assert!(ledger.copied_in > 1_000_000, "{ledger}");
    assert!(kept.iter().all(|frame| frame.view() == [b'x'; 996]));
}

#[test]
fn large_bodies_are_streamed_or_dropped() {
    let limits = Limits::new().max_frame(16).max_body(1000);
    let large = [b'x'; 500];
    let stream = [toy(b"a"), toy(&large), toy(b"b"), toy(&large), toy(b"c")].concat();
    for size in [1, 2, 3, 7, 100, 5000] {
        let mut deframer = Deframer::with_limits(Toy::default(), limits);
        let (mut whole, mut bodies) = (Vec::new(), Vec::new());
        let mut drop_next = false;
        for piece in stream.chunks(size) {
            deframer.feed(piece);
            loop {
                match deframer.chunk().expect("sound") {
                    Chunk::Bytes(bytes) => {
                        bodies.extend_from_slice(&bytes);
                        continue;
                    }
                    Chunk::Pending => break,
                    Chunk::End => {}
                }
                match deframer.next_or_body().expect("sound") {
                    Some(Incoming::Frame(lent)) => whole.push(lent.view().expect("a message").to_vec()),
                    Some(Incoming::Body { head, len }) => {
                        assert_eq!((head.view(), len), (&b""[..], 500));
                        assert_eq!(head.bytes(), &b"#\x01\xf4"[..]);
                        // The second one is dropped half-way.
                        if drop_next {
                            let _ = deframer.chunk().expect("sound");
                            deframer.skip_body();
                        }
                        drop_next = true;
                    }
                    None => break,
                }
            }
        }
        assert_eq!(whole, [b"a", b"b", b"c"], "pieces of {size}");
        assert_eq!(bodies, large, "pieces of {size}");
        assert_eq!(deframer.codec().closed, 1);
    }
    // Too long even to be streamed; and `next` streams nothing.
    let mut deframer = Deframer::with_limits(Toy::default(), limits.max_body(499));
    deframer.feed(&toy(&large));
    assert_eq!(deframer.next_or_body().expect_err("too long"), Error::limit(&"frame", 0));
}

#[test]
fn a_body_cut_short_is_an_error() {
    let mut deframer = Deframer::with_limits(Toy::default(), Limits::new().max_frame(16));
    deframer.feed(&toy(&[b'x'; 500])[..300]);
    deframer.finish();
    assert!(matches!(deframer.next_or_body(), Ok(Some(Incoming::Body { .. }))));
    assert!(matches!(deframer.chunk(), Ok(Chunk::Bytes(bytes)) if bytes.len() == 297));
    assert_eq!(deframer.chunk().expect_err("204 bytes are missing").kind(), Kind::Eof);
    assert_eq!(deframer.chunk().expect_err("still").kind(), Kind::Eof);
}

#[test]
fn switching_codecs_carries_what_is_left() {
    let mut deframer = Deframer::new(Toy::default());
    deframer.feed(&[&toy(b"upgrade")[..], b"\0\0\0\x03new"].concat());
    assert!(deframer.next().expect("sound").is_some());
    deframer.finish();

    struct Tail;
    impl Codec for Tail {
        type Message = Span;
        fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
            Ok(match input {
                [_, _, _, len, ..] => Boundary::Frame { head: 4, body: u64::from(*len), tail: 0 },
                _ => Boundary::Need(4),
            })
        }
        fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
            Ok(&frame[4..])
        }
    }
    let (mut deframer, old) = deframer.switch(Tail);
    assert_eq!(old.opened, 1);
    assert_eq!(deframer.next().expect("sound").expect("whole").view(), Ok(&b"new"[..]));
    assert!(deframer.next().expect("the end came along").is_none());
    let (_, rest) = deframer.into_parts();
    assert!(rest.is_empty());
}

#[test]
fn what_was_pinned_and_is_free_again_does_not_count() {
    let mut deframer = Deframer::with_limits(Toy::default(), Limits::new().max_pinned(300_000));
    let mut kept = Vec::new();
    for round in 0..20 {
        let copied = deframer.ledger().copied_in;
        for _ in 0..250 {
            deframer.feed(&toy(&[b'x'; 996]));
            kept.push(deframer.next().expect("sound").expect("whole").into_frame().expect("a message"));
        }
        assert_eq!(deframer.ledger().copied_in, copied, "round {round}: a quarter of a megabyte was kept at a time");
        kept.clear();
    }
}

#[test]
fn the_memory_of_a_rare_long_frame_is_given_back() {
    let mut deframer = Deframer::new(Liar(Boundary::Frame { head: 1, body: 7, tail: 0 }));
    let mut long = Deframer::new(Liar(Boundary::Frame { head: 1, body: (4 << 20) - 1, tail: 0 }));
    long.feed(&[1; 4 << 20]);
    assert!(long.next().expect("sound").is_some());
    let capacity = |deframer: &mut Deframer<Liar>| deframer.read_with(|block| block.get_ref().capacity());
    assert!(capacity(&mut long) >= 4 << 20);
    // From here on the frames are short, as in the other one that never saw a long one.
    let (mut after, _) = long.switch(Liar(Boundary::Frame { head: 1, body: 7, tail: 0 }));
    for _ in 0..1000 {
        for deframer in [&mut deframer, &mut after] {
            deframer.feed(&[1; 8]);
            assert!(deframer.next().expect("sound").is_some());
        }
    }
    // Within the factor that is worth a new block.
    assert!(capacity(&mut after) <= 8 * capacity(&mut deframer));
}

#[test]
fn a_report_shows_the_frame_and_the_place() {
    let mut deframer = Deframer::new(Toy::default());
    deframer.feed(&[toy(b"fine"), toy(b"?bad")].concat());
    assert!(deframer.next().expect("sound").is_some());
    let lent = deframer.next().expect("sound").expect("whole");
    let error = lent.view().expect_err("no message");
    let report = lent.report(error);
    assert_eq!((report.frame_at(), report.stream_offset()), (8, 11));
    assert_eq!(deframer.report_last(error), report);
    assert!(report.to_string().ends_with("here: 23 00 04 | 3f 62 61 64 21"), "{report}");
}

#[test]
fn what_is_wanted_at_the_end_is_held_against_the_limit() {
    /// Wants five bytes, and at the end so many.
    #[derive(Debug)]
    struct Wants(usize);
    impl Codec for Wants {
        type Message = Span;
        fn delimit(&mut self, _: &[u8]) -> Result<Boundary> {
            Ok(Boundary::Need(5))
        }
        fn delimit_last(&mut self, _: &[u8]) -> Result<Boundary> {
            Ok(Boundary::Need(self.0))
        }
        fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
            Ok(frame)
        }
    }
    for (wants, expected) in [(6, Kind::Eof), (7, Kind::Limit), (8, Kind::Limit)] {
        let mut deframer = Deframer::with_limits(Wants(wants), Limits::new().max_frame(6));
        deframer.feed(b"abc");
        assert!(deframer.next().expect("two are missing").is_none());
        deframer.finish();
        assert_eq!(deframer.next().expect_err("no frame").kind(), expected, "{wants}");
    }
}
