//! What users read: errors, faults, reports, ledgers, and what `{:?}` shows of everything that is handed out.
#![cfg(feature = "std")]

use std::error::Error as _;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use wireview::formats::{LengthPrefixed, Lines};
use wireview::length::U8;
use wireview::{
    Deframer, Error, Fault, Gather, Kind, Ledger, Limits, Outbox, Payload, Report, Span, Timeout, blocking,
};

type Prefixed = LengthPrefixed<U8>;

fn prefixed() -> Prefixed {
    LengthPrefixed::new(100)
}

/// The report of a stream that ends inside its second frame.
fn report() -> Report {
    let mut deframer = Deframer::new(prefixed());
    deframer.feed(b"\x02hi\x09half");
    deframer.finish();
    assert!(deframer.next().expect("sound").is_some());
    let error = deframer.next().expect_err("cut short");
    deframer.report(error)
}

#[test]
fn every_kind_of_error_has_its_words() {
    for (error, words) in [
        (Error::truncated(&"x", 1), "`x` is cut short, at byte 1 of the frame"),
        (Error::malformed(&"x", 2), "`x` is malformed, at byte 2 of the frame"),
        (Error::overflow(&"x", 3), "`x` is too large to count with, at byte 3 of the frame"),
        (Error::limit(&"x", 4), "`x` exceeds its limit, at byte 4 of the frame"),
        (Error::unsupported(&"x", 5), "`x` is not supported, at byte 5 of the frame"),
        (Error::new(Kind::Checksum, &"x", 6), "`x` does not match its checksum, at byte 6 of the frame"),
        (Error::new(Kind::Eof, &"x", 7), "`x` was not complete when the stream ended, at byte 7 of the frame"),
        (Error::new(Kind::Contract, &"x", 8), "`x` breaks the contract of the codec, at byte 8 of the frame"),
    ] {
        assert_eq!(error.to_string(), words);
    }
    assert_eq!(format!("{:?}", Error::limit(&"topic", 4)), r#"Error(Limit, "topic", 4)"#);
    let error = Error::limit(&"topic", 4);
    assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Limit, "topic", 4));
}

#[test]
fn a_report_knows_where_and_what_is_missing() {
    let report = report();
    assert_eq!(report.error(), Error::new(Kind::Eof, &"frame", 5));
    assert_eq!((report.kind(), report.frame_at(), report.stream_offset()), (Kind::Eof, 3, 8));
    assert_eq!(report.missing(), Some(5));
    assert_eq!(
        report.to_string(),
        "`frame` was not complete when the stream ended, at byte 5 of the frame (stream offset 8), 5 bytes missing\n\
         here: 09 68 61 6c 66 |"
    );
    assert_eq!(report.source().expect("the error").to_string(), report.error().to_string());

    // Sixteen bytes on each side of the offending one, no more; an offset beyond the frame is told at its end.
    let mut deframer = Deframer::new(prefixed());
    let frame: Vec<u8> = [60].into_iter().chain(1..=60).collect();
    deframer.feed(&frame);
    let lent = deframer.next().expect("sound").expect("whole");
    let words = lent.report(Error::malformed(&"x", 30)).to_string();
    let (before, after) = words.split_once("here: ").expect("bytes are shown").1.split_once(" | ").expect("a bar");
    assert_eq!((before.split(' ').count(), after.split(' ').count()), (16, 16));
    assert!(before.ends_with("1d") && after.starts_with("1e"), "{words}");
    let words = lent.report(Error::malformed(&"x", 1000)).to_string();
    assert!(words.contains("byte 1000 ") && words.ends_with(" 3c |"), "{words}");
}

#[test]
fn faults_tell_their_cause_and_whether_to_go_on() {
    let broken = || Fault::from(io::Error::from(io::ErrorKind::BrokenPipe));
    let refused = || Fault::from(Error::limit(&"payload", 0));
    let stream = || Fault::Stream(Box::new(report()));
    let malformed = || {
        let mut deframer = Deframer::new(prefixed());
        deframer.feed(b"\x02hi");
        Box::new(deframer.next().expect("sound").expect("whole").report(Error::malformed(&"greeting", 1)))
    };
    let frame = || Fault::Frame(malformed());

    for (fault, goes_on, has_report, words, kind) in [
        (broken(), false, false, io::Error::from(io::ErrorKind::BrokenPipe).to_string(), io::ErrorKind::BrokenPipe),
        (stream(), false, true, report().to_string(), io::ErrorKind::UnexpectedEof),
        (Fault::Stream(malformed()), false, true, malformed().to_string(), io::ErrorKind::InvalidData),
        (frame(), true, true, malformed().to_string(), io::ErrorKind::InvalidData),
        (refused(), true, false, Error::limit(&"payload", 0).to_string(), io::ErrorKind::InvalidInput),
    ] {
        assert_eq!((fault.is_recoverable(), fault.report().is_some()), (goes_on, has_report), "{fault}");
        assert_eq!(fault.to_string(), words);
        assert_eq!(fault.source().expect("what it is made of").to_string(), words);
        let error = io::Error::from(fault);
        assert_eq!((error.kind(), error.to_string()), (kind, words));
    }
    for (timeout, words) in [
        (Timeout::Idle, "nothing came for too long"),
        (Timeout::Frame, "a frame took too long to arrive"),
        (Timeout::Write, "the peer took nothing for too long"),
    ] {
        let fault = Fault::Timeout(timeout);
        assert_eq!(fault.to_string(), words);
        assert!(!fault.is_recoverable() && fault.report().is_none() && fault.source().is_none());
        assert_eq!(io::Error::from(fault).kind(), io::ErrorKind::TimedOut);
    }
}

#[test]
fn ledgers_add_up_and_print_every_column() {
    let mut one = Ledger::default();
    one.received = 1;
    one.reads = 2;
    one.shared_frames = 3;
    one.shared_in = 4;
    one.copied_in = 5;
    one.moved = 6;
    one.allocated_blocks = 7;
    one.recycled_blocks = 8;
    one.pinned = 9;
    one.skipped = 10;
    let mut other = Ledger::default();
    other.copied_out = 11;
    other.shared_out = 12;
    other.file_out = 13;
    other.writes = 14;
    one.spliced_in = 15;
    other.mapped_out = 16;
    other.spliced_out = 17;
    other.cold_files = 18;
    one.realigned = 19;
    let both = one + other;
    assert_eq!(both.sent(), 69);
    assert_eq!(
        (both + both).to_string(),
        "in:  2 bytes in 4 reads; shared 8 in 6 frames, copied 10, moved 12, realigned 38, skipped 20, spliced 30; blocks: \
         14 allocated, 16 recycled, 18 bytes pinned\n\
         out: 138 bytes in 28 writes; copied 22, shared 24, from files 26, mapped 32, spliced 34; 36 cold"
    );
}

#[test]
fn what_is_handed_out_can_be_printed() {
    let mut deframer = Deframer::new(prefixed());
    deframer.feed(b"\x02hi\x03you\x01");
    let words = format!("{deframer:?}");
    assert!(words.starts_with("Deframer { codec: LengthPrefixed") && words.contains("pending: 8"), "{words}");
    let views = deframer.views().expect("sound");
    assert_eq!(format!("{views:?}"), "Views { rest: 8, .. }");
    drop(views);
    assert!(deframer.next().expect("sound").is_some());
    let lent = deframer.next().expect("sound").expect("whole");
    assert_eq!(format!("{lent:?}"), "Lent { offset: 3, bytes: [3, 121, 111, 117] }");
    let frame = lent.into_frame().expect("a message");
    assert_eq!(format!("{frame:?}"), r#"Frame { bytes: b"\x03you", message: 1..4 }"#);

    deframer.feed(b"a\x01b");
    let batch = deframer.batch().expect("sound").expect("two frames");
    assert_eq!(
        format!("{batch:?}"),
        "Batch { bytes: 4, entries: [Entry { frame: 0..2, message: Ok(1..2) }, Entry { frame: 2..4, message: Ok(3..4) }] }"
    );
    assert_eq!(format!("{:?}", Span::new(3, 4).expect("short")), "3..7");

    let mut queue = Gather::default();
    queue.copy(b"abc");
    let mut encoder = prefixed();
    let mut out = Outbox::new(&mut queue, &mut encoder);
    assert_eq!(format!("{:?}", out.encoder()), format!("{:?}", prefixed()));
    assert_eq!(out.size(), 3, "an outbox is a send queue");
    assert!(format!("{out:?}").starts_with("Outbox { queue: Gather {"));

    let mut conn = blocking::Connection::new(io::Cursor::new(Vec::<u8>::new()), Lines::new(10));
    assert_eq!(conn.stream().position(), 0);
    assert_eq!(format!("{:?}", conn.codec_mut()), format!("{:?}", Lines::new(10)));
    let words = format!("{conn:?}");
    for part in ["Connection { stream: Cursor", "deframer: Deframer {", "queue: Gather {", "encoder: "] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn limits_are_what_they_were_set_to() {
    let limits = Limits::new();
    assert_eq!(Limits::default(), limits);
    let changed = limits
        .max_frame(1)
        .max_body(2)
        .stream_above(3)
        .oversize(wireview::Oversize::Skip)
        .max_pinned(4)
        .copy_up_to(5)
        .reads(6, 7)
        .queued(9, 8);
    assert_eq!(
        format!("{changed:?}"),
        "Limits { max_frame: 1, max_body: 2, stream_above: 3, oversize: Skip, max_pinned: 4, copy_up_to: 5, min_read: 6, \
         max_read: 7, high: 9, low: 8 }"
    );
    assert_eq!(limits.max_frame(usize::MAX), limits.max_frame(u32::MAX as usize), "spans are 32 bits wide");
    assert_ne!(limits.max_frame(u32::MAX as usize), limits.max_frame(u32::MAX as usize - 1));
    // What the documentation of `new` says.
    let said = limits
        .max_frame(16 << 20)
        .max_body(1 << 40)
        .max_pinned(64 << 20)
        .copy_up_to(512)
        .reads(16 << 10, 256 << 10)
        .queued(1 << 20, 512 << 10);
    assert_eq!(said, limits);
    let same = limits.reads(5, 5).queued(5, 5);
    assert_ne!(same, limits, "a minimum may be the maximum");
}

#[test]
#[should_panic(expected = "at least 1 byte")]
fn reads_of_nothing_are_refused() {
    let _ = Limits::new().reads(0, 1);
}

#[test]
#[should_panic(expected = "up to the maximum")]
fn a_smallest_read_above_the_largest_is_refused() {
    let _ = Limits::new().reads(2, 1);
}

#[test]
#[should_panic(expected = "the low mark is above the high mark")]
fn a_low_mark_above_the_high_mark_is_refused() {
    let _ = Limits::new().queued(1, 2);
}

#[test]
#[should_panic(expected = "the low mark is above the high mark")]
fn nor_does_the_queue_take_it() {
    Gather::new().set_marks(1, 2);
}

#[test]
fn payloads_know_their_size_show_their_bytes_and_come_from_every_holder() {
    use std::io::Write;
    use std::sync::Arc;
    use wireview::{FileRegion, Outgoing};

    fn check(payload: impl Outgoing, expected: &[u8], in_memory: bool) {
        assert_eq!(payload.size(), expected.len() as u64);
        let mut seen = Vec::new();
        assert_eq!(payload.look(&mut |part| seen.extend_from_slice(part)), in_memory);
        assert_eq!(in_memory, seen == expected);
        let (mut out, mut sent) = (Gather::new(), Vec::new());
        out.set_copy_up_to(4);
        payload.put(&mut out);
        out.write_to(&mut sent).expect("a vector takes all");
        assert_eq!(sent, expected);
    }
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(b"in a file").expect("room");
    let file = Arc::new(file);
    let region = FileRegion::new(file.clone(), 3, 6).expect("inside");
    assert_eq!((region.offset(), region.len(), region.is_empty()), (3, 6, false));
    assert!(Arc::ptr_eq(region.file(), &file));
    assert_eq!(region, region.clone());
    assert_ne!(region, FileRegion::new(file.clone(), 2, 6).expect("inside"));
    assert_ne!(region, FileRegion::new(file.clone(), 3, 5).expect("inside"));
    assert_ne!(region, FileRegion::whole(Arc::new(file.try_clone().expect("cloned"))).expect("its length"));
    let nothing = FileRegion::new(file.clone(), 9, 0).expect("the end is inside");
    assert!(nothing.is_empty());

    for bytes in [&b""[..], b"four", b"more than four"] {
        check(bytes, bytes, true);
        check(Bytes::copy_from_slice(bytes), bytes, true);
        check(Bytes::copy_from_slice(bytes), bytes, true);
        check(bytes.to_vec(), bytes, true);
        check(Payload::from(bytes), bytes, true);
        check(Payload::from(Bytes::copy_from_slice(bytes)), bytes, true);
        check(Payload::from(bytes.to_vec()), bytes, true);
    }
    check(b"an array", b"an array", true);
    check(Payload::Static(b"for ever"), b"for ever", true);
    check(region.clone(), b"a file", false);
    check(nothing.clone(), b"", true);
    check(Payload::from(region.clone()), b"a file", false);
    check(Payload::from(nothing), b"", true);
    check(Payload::Rope(vec![Payload::Copy(b"one "), Payload::Static(b"and another")]), b"one and another", true);
    check(Payload::Rope(vec![Payload::Copy(b"with "), Payload::File(region)]), b"with a file", false);
}

#[test]
fn a_blocking_connection_is_taken_apart_with_all_that_is_under_way() {
    let stream = io::Cursor::new(b"one\ntwo\nthr".to_vec());
    let mut conn = blocking::Connection::new(stream, Lines::new(10));
    {
        let wireview::Arrival::Frame(received) = conn.next_or_body().expect("sound").expect("a line") else {
            panic!("lines are not streamed")
        };
        assert_eq!(received.frame.view(), Ok(&b"one"[..]));
    }
    assert_eq!(conn.ledger().received, 11);
    conn.out().send(&b"answer"[..]).expect("fits");
    let (stream, _, _, received, queue) = conn.into_parts();
    assert_eq!((stream.position(), &received[..]), (11, &b"two\nthr"[..]));
    assert_eq!(queue.chunks().collect::<Vec<_>>(), [b"answer\n"]);

    // Above the high mark, sending writes.
    let limits = Limits::new().queued(10, 5);
    let mut conn =
        blocking::Connection::with_encoder(io::Cursor::new(Vec::new()), Lines::new(100), Lines::new(100), limits);
    conn.send(&b"123456789"[..]).expect("fits");
    assert_eq!(conn.stream().position(), 0);
    conn.send(&b""[..]).expect("fits");
    assert_eq!(conn.stream().get_ref(), b"123456789\n\n");
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn connections_can_be_printed_and_asked() {
    use wireview::tokio::{Connection, Deadlines};

    let (near, _far) = tokio::io::duplex(64);
    let mut conn = Connection::new(near, prefixed());
    assert_eq!(format!("{:?}", conn.codec_mut()), format!("{:?}", prefixed()));
    let words = format!("{conn:?}");
    for part in ["Connection { io: DuplexStream", "deframer: Deframer {", "queue: Gather {", "encoder: "] {
        assert!(words.contains(part), "{words}");
    }
    assert!(format!("{:?}", conn.frames()).starts_with("Frames { connection: Connection {"));
    let deadlines = Deadlines { idle: Some(Duration::from_secs(1)), ..Deadlines::default() };
    let (mut receiver, mut sender) = conn.deadlines(deadlines).into_split();
    assert_eq!(format!("{:?}", receiver.codec_mut()), format!("{:?}", prefixed()));
    assert!(format!("{receiver:?}").starts_with("Receiver { io: "));
    assert!(format!("{sender:?}").starts_with("Sender { io: "));
    assert_eq!(format!("{:?}", sender.out().encoder()), format!("{:?}", prefixed()));
}

#[cfg(feature = "testing")]
#[test]
fn a_broken_law_is_a_story_and_an_outcome_a_table() {
    use wireview::laws::{Law, Laws};
    use wireview::{Boundary, Codec};

    /// Lengths of one byte. The notes that `delimit` takes of a frame depend on how it came.
    #[derive(Default)]
    struct Forgetful {
        asked: usize,
    }
    impl Codec for Forgetful {
        type Message = Span;
        fn delimit(&mut self, input: &[u8]) -> wireview::Result<Boundary> {
            self.asked += 1;
            match input.first() {
                None => Ok(Boundary::Need(1)),
                Some(b'.') => Ok(Boundary::Skip(1)),
                Some(0xff) => Err(Error::malformed(&"length", 0)),
                Some(&len) => Ok(Boundary::Frame { head: 1, body: len.into(), tail: 0 }),
            }
        }
        fn parse<'a>(&self, frame: &'a [u8]) -> wireview::Result<&'a [u8]> {
            match frame.get(1) {
                Some(b'?') => Err(Error::malformed(&"payload", 1)),
                Some(b'n') if self.asked > 400 => Ok(&frame[2..]),
                _ => Ok(&frame[1..]),
            }
        }
    }

    let outcome = Laws::all().check(Forgetful::default, b"\x02hi..\x02?!\xff");
    assert_eq!(
        outcome.to_string(),
        "0..3 1..3\n5..8 `payload` is malformed, at byte 1 of the frame\n2 bytes skipped\n\
         `length` is malformed, at byte 0 of the frame (stream offset 8)\n"
    );
    assert_eq!((outcome.end_offset(), outcome.views().collect::<Vec<_>>()), (Some(8), vec![&b"hi"[..]]));

    let laws = Laws::default().without(Law::Canonical, "it is not written").shared_from(7);
    assert_eq!(laws.to_string(), format!("all laws, without {} (it is not written)", Law::Canonical));

    // Four hundred empty frames, and one that reads differently once as many questions were asked: byte by byte, say.
    let stream = [&[0; 398][..], b"\x03new", &[0; 60]].concat();
    let violation = Laws::all().verify(Forgetful::default, &stream).expect_err("split-dependent state");
    let story = violation.to_string();
    assert_eq!(violation.frame(), 398..402, "{story}");
    assert!(story.starts_with(&format!("{} is broken by told::", violation.law())), "{story}");
    for part in [
        "   law: ",
        "  here: ",
        " input: 462 bytes",
        " bytes in front\n",
        " bytes behind\n",
        "00 03 6e  ",
        "  65 77 00",
    ] {
        assert!(story.contains(part), "{part:?} is missing in\n{story}");
    }
    assert!(story.contains(violation.what()) && story.contains(violation.law().sentence()));
}
