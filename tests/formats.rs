//! The ready-made formats through the deframer: streamed bodies, skipped frames, batches.

use wireview::formats::{Delimited, LengthPrefixed, Lines, Parts};
use wireview::length::{U8, U16Be};
use wireview::{Chunk, Codec, Deframer, Error, Frame, Incoming, Kind, Limits, Oversize};

/// Streams the body of the one large frame in `stream`, which arrives `size` bytes at a time: its head, its body, and the small
/// frame behind it.
fn streamed<C: Codec>(codec: C, stream: &[u8], size: usize) -> (Frame<C::Message>, Vec<u8>, Frame<C::Message>) {
    let mut deframer = Deframer::with_limits(codec, Limits::new().max_frame(32));
    let (mut head, mut body, mut behind) = (None, Vec::new(), None);
    for read in stream.chunks(size) {
        deframer.feed(read);
        loop {
            match deframer.chunk().expect("the body") {
                Chunk::Bytes(bytes) => {
                    body.extend_from_slice(&bytes);
                    continue;
                }
                Chunk::Pending => break,
                Chunk::End => {}
            }
            match deframer.next_or_body().expect("sound") {
                Some(Incoming::Body { head: found, .. }) => head = Some(found),
                Some(Incoming::Frame(frame)) => behind = Some(frame.into_frame().expect("a message")),
                None => break,
            }
        }
    }
    (head.expect("a large frame"), body, behind.expect("a small frame"))
}

#[test]
fn bodies_are_streamed() {
    for size in [1, 2, 3, 4, 5, 50, 1000] {
        let stream = [b"\0\x64", &[b'x'; 100][..], b"\0\x02hi"].concat();
        let (head, body, behind) = streamed(LengthPrefixed::<U16Be>::new(1000), &stream, size);
        assert_eq!((head.view(), &body[..], behind.view()), (&b""[..], &[b'x'; 100][..], &b"hi"[..]));

        let stream = [b"A\x67", &[b'x'; 100][..], b"!B\x05hi!"].concat();
        let codec = LengthPrefixed::<U8>::new(1000).offset(1).trailer(1).adjust(-1).counts_header().parts();
        let (head, body, behind) = streamed(codec, &stream, size);
        assert_eq!(head.view(), Parts { prefix: &b"A"[..], payload: b"", trailer: b"" });
        assert_eq!(body, [b'x'; 100]);
        assert_eq!(behind.view(), Parts { prefix: &b"B"[..], payload: b"hi", trailer: b"!" });
    }
}

#[cfg(feature = "zerocopy")]
#[test]
fn bodies_behind_header_structs_are_streamed() {
    use wireview::formats::{Headed, Header};
    use zerocopy::byteorder::little_endian::U16;
    use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

    #[derive(FromBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Head {
        kind: u8,
        len: U16,
    }

    impl Header for Head {
        fn payload_len(&self) -> u64 {
            self.len.get().into()
        }

        fn set_payload_len(&mut self, len: u64) {
            self.len.set(len as u16);
        }
    }

    let stream = [b"A\x64\0", &[b'x'; 100][..], b"B\x02\0hi"].concat();
    for size in [1, 2, 3, 4, 50, 1000] {
        let (head, body, behind) = streamed(Headed::<Head>::new(1000), &stream, size);
        assert_eq!((head.view().header.kind, head.view().payload), (b'A', &b""[..]));
        assert_eq!(body, [b'x'; 100]);
        assert_eq!((behind.view().header.kind, behind.view().payload), (b'B', &b"hi"[..]));
    }
}

#[test]
fn long_frames_are_dropped_if_the_limits_say_so() {
    let stream = [b"\0\x64", &[b'x'; 100][..], b"\0\x02hi"].concat();
    let limits = Limits::new().max_frame(32).oversize(Oversize::Skip);
    let mut deframer = Deframer::with_limits(LengthPrefixed::<U16Be>::new(u64::MAX), limits);
    deframer.feed(&stream);
    assert_eq!(deframer.next().expect("sound").expect("the second frame").view(), Ok(&b"hi"[..]));
    assert_eq!(deframer.ledger().skipped, 102);

    let mut deframer = Deframer::with_limits(LengthPrefixed::<U16Be>::new(30), limits);
    deframer.feed(&stream);
    assert_eq!(deframer.next().expect_err("the format's own limit"), Error::limit(&"length", 0));
}

#[test]
fn a_batch_of_lines() {
    let mut deframer = Deframer::new(Lines::new(80));
    deframer.feed(b"one\ntwo\r\n\nfo");
    let batch = deframer.batch().expect("sound").expect("three lines");
    let lines: Vec<&[u8]> = batch.iter().map(|line| line.expect("a line")).collect();
    assert_eq!(lines, [&b"one"[..], b"two", b""]);
    deframer.feed(b"ur");
    deframer.finish();
    assert_eq!(deframer.next().expect("sound").expect("the last line").view(), Ok(&b"four"[..]));
    assert!(deframer.next().expect("a clean end").is_none());
}

#[test]
fn the_last_payload_needs_its_delimiter() {
    let mut deframer = Deframer::new(Delimited::new(b"\r\n.\r\n", 80));
    deframer.feed(b"one\r\n.\r\ntwo\r\n.\r");
    deframer.finish();
    assert_eq!(deframer.next().expect("sound").expect("whole").view(), Ok(&b"one"[..]));
    assert_eq!(deframer.next().expect_err("cut short").kind(), Kind::Eof);
}
