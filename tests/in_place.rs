//! Frames of bytes that are all there, decoded where they are.

use bytes::Bytes;
use wireview::formats::{Delimited, Fixed, LengthPrefixed, Lines};
use wireview::length::U16Be;
use wireview::recv::{frames_in, views_in};
use wireview::{Boundary, Codec, Deframer, Error, Kind, Result, Span};
use wireview_codecs::resp::Requests;

/// What a deframer says of the same bytes, to which it may write.
fn expected<C: Codec<Message = Span>>(codec: C, stream: &[u8]) -> (Vec<Vec<u8>>, Option<Kind>) {
    let mut deframer = Deframer::new(codec);
    deframer.feed(stream);
    deframer.finish();
    let mut frames = Vec::new();
    loop {
        match deframer.next() {
            Ok(Some(lent)) => frames.push(lent.view().expect("sound").to_vec()),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error.kind())),
        }
    }
}

fn check<C: Codec<Message = Span> + Clone>(codec: C, stream: &[u8]) {
    let expected = expected(codec.clone(), stream);
    let mut fault = None;
    let mut views = Vec::new();
    let mut walk = codec.clone();
    for view in views_in(&mut walk, stream) {
        match view {
            Ok(view) => {
                assert!(view.is_empty() || stream.as_ptr_range().contains(&view.as_ptr()), "borrowed");
                views.push(view.to_vec());
            }
            Err(error) => fault = Some(error.kind()),
        }
    }
    assert_eq!((views, fault), expected);

    let bytes = Bytes::copy_from_slice(stream);
    let mut walk = codec;
    let mut frames = frames_in(&mut walk, &bytes);
    let mut owned = Vec::new();
    let mut fault = None;
    for frame in &mut frames {
        match frame {
            Ok(frame) => {
                assert!(bytes.as_ptr_range().contains(&frame.bytes().as_ptr()), "shared");
                owned.push(frame.view().to_vec());
            }
            Err(error) => fault = Some(error.kind()),
        }
    }
    assert!(frames.next().is_none(), "fused");
    assert_eq!((owned, fault), expected);
}

#[test]
fn they_are_those_of_a_deframer() {
    let prefixed = LengthPrefixed::<U16Be>::new(100);
    for stream in [&b""[..], b"\0\x03one\0\0\0\x02hi", b"\0\x03one\0\x05tru", b"\0", b"\0\x65too long"] {
        check(prefixed, stream);
    }
    for stream in [&b"one\ntwo\r\n\nlast"[..], b"one\n"] {
        check(Lines::new(100), stream);
        check(Delimited::new(b"\n", 100), stream);
    }
    check(Fixed::new(3), b"onetwothr");
    check(Fixed::new(3), b"onetw");
}

/// Frames of one length byte, that begin with noise, and are masked if so asked.
#[derive(Clone)]
struct Noisy {
    mask: u8,
    opened: usize,
}

impl Codec for Noisy {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        match *input {
            [] => Ok(Boundary::Need(1)),
            [b'!', ..] => Ok(Boundary::Skip(2)),
            [b'0', ..] => Ok(Boundary::Skip(0)),
            [b'#', ..] => Err(Error::new(Kind::Malformed, &"length", 0)),
            [b'?', ..] => Ok(Boundary::Need(1)),
            [len, ..] => Ok(Boundary::Frame { head: 1, body: len.into(), tail: 0 }),
        }
    }

    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        self.opened += 1;
        frame[1..].iter_mut().for_each(|byte| *byte ^= self.mask);
        if frame.ends_with(b"closed") { Err(Error::new(Kind::Malformed, &"key", 1)) } else { Ok(()) }
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        if frame.ends_with(b"bad") { Err(Error::new(Kind::Malformed, &"payload", 1)) } else { Ok(&frame[1..]) }
    }
}

#[test]
fn noise_is_skipped_and_faults_are_told() {
    let plain = Noisy { mask: 0, opened: 0 };
    for stream in [&b"\x02ab!?\x01c"[..], b"\x01a!", b"\x01a0", b"\x01a#\x01b", b"\x01a?", b"\x01a\x06closed\x01b"] {
        check(plain.clone(), stream);
    }
    // A frame that is bad concerns itself alone.
    let mut codec = plain;
    let views: Vec<_> = views_in(&mut codec, b"\x03bad\x02ok").collect();
    assert_eq!(views.len(), 2);
    assert_eq!(views[0].map_err(|error| (error.kind(), error.field())), Err((Kind::Malformed, "payload")));
    assert_eq!(views[1], Ok(&b"ok"[..]));
    assert_eq!(codec.opened, 2, "each was opened once");
}

#[test]
fn frames_that_opening_changes_are_copied_or_refused() {
    let mut codec = Noisy { mask: 1, opened: 0 };
    let bytes = Bytes::from_static(b"\x02ab\x00\x02cd");
    let frames: Vec<_> = frames_in(&mut codec, &bytes).map(|frame| frame.expect("sound").view().to_vec()).collect();
    assert_eq!(frames, [&b"`c"[..], b"", b"be"]);
    let views: Vec<_> = views_in(&mut codec, &bytes).map(|view| view.map_err(|error| error.kind())).collect();
    assert_eq!(views, [Err(Kind::Unsupported), Ok(&b""[..]), Err(Kind::Unsupported)]);
    let mut walk = views_in(&mut codec, &bytes);
    assert!(walk.next().is_some());
    assert_eq!(walk.position(), 3);
}

#[test]
fn a_protocol_is_read_out_of_a_capture() {
    let capture = Bytes::from_static(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n");
    let mut codec = Requests::new();
    let commands: Vec<Vec<u8>> = frames_in(&mut codec, &capture)
        .map(|frame| frame.expect("sound").view().args().next().expect("a name").to_vec())
        .collect();
    assert_eq!(commands, [&b"GET"[..], b"PING"]);
}
