//! The tokio drivers' rare paths: bodies across a split and under deadlines, sockets that fail, `Compat` off its hot path.
#![cfg(all(feature = "testing", feature = "tokio"))]

use std::io::{self, ErrorKind, IoSlice, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio_util::codec::{Decoder, Encoder};
use wireview::formats::{LengthPrefixed, Lines};
use wireview::length::{U8, U16Be};
use wireview::recv::{Layer, Unwrapped};
use wireview::send::Shrunk;
use wireview::tokio::{Compat, Connection, Deadlines, Layered};
use wireview::torture::{Script, Torture};
use wireview::{Arrival, Boundary, Codec, Error, Fault, FileRegion, Kind, Limits, Oversize, Result, Span, Timeout};

type Prefixed = LengthPrefixed<U16Be>;

fn frame(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&len[..], payload].concat()
}

/// A connection that streams what is above 100 bytes.
fn streaming(buffer: usize) -> (Connection<DuplexStream, Prefixed>, DuplexStream) {
    let (near, far) = duplex(buffer);
    (Connection::with_limits(near, Prefixed::new(60_000), Limits::new().max_frame(100)), far)
}

async fn body(conn: &mut Connection<DuplexStream, Prefixed>) -> u64 {
    match conn.next_or_body().await.expect("sound").expect("a frame") {
        Arrival::Body { len, .. } => len,
        Arrival::Frame(received) => panic!("{received:?}"),
    }
}

fn kind(fault: Fault) -> ErrorKind {
    match fault {
        Fault::Io(error) => error.kind(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_body_goes_on_in_the_receiver_of_a_connection_that_was_split() {
    let (mut conn, mut peer) = streaming(64);
    let expected: Vec<u8> = (0..1000_u32).map(|at| at as u8).collect();
    let sent = [frame(&expected), frame(b"behind"), frame(&expected)[..500].to_vec()].concat();
    tokio::spawn(async move { peer.write_all(&sent).await.expect("written") });
    assert_eq!(body(&mut conn).await, 1000);
    let (mut receiver, _sender) = conn.into_split();
    let mut got = Vec::new();
    while let Some(chunk) = receiver.chunk().await.expect("sound") {
        got.extend_from_slice(&chunk);
    }
    assert_eq!(got, expected);
    assert_eq!(receiver.next().await.expect("sound").expect("a frame").view(), Ok(&b"behind"[..]));
    assert!(receiver.chunk().await.expect("no body is on its way").is_none());
    // A receiver takes whole frames only.
    let fault = receiver.next().await.expect_err("1000 bytes are above the limit of frames");
    assert_eq!(fault.report().expect("the stream's fault").error(), Error::limit(&"frame", 0));
    let fault = receiver.chunk().await.expect_err("for good");
    assert_eq!(fault.report().expect("the stream's fault").kind(), Kind::Limit);
}

#[tokio::test]
async fn a_connection_switched_or_asked_inside_a_body_drops_what_is_left_of_it() {
    for switch in [false, true] {
        let (mut conn, mut peer) = streaming(64);
        let sent = [frame(&[7; 1000]), frame(b"behind")].concat();
        tokio::spawn(async move { peer.write_all(&sent).await.expect("written") });
        assert_eq!(body(&mut conn).await, 1000);
        let first = conn.chunk().await.expect("sound").expect("the first bytes").len() as u64;
        if switch {
            conn = conn.switch(Prefixed::new(10), Prefixed::new(10));
        }
        assert_eq!(conn.next().await.expect("sound").expect("a frame").frame.view(), Ok(&b"behind"[..]));
        assert_eq!(conn.ledger().skipped, 1000 - first);
        assert!(conn.next().await.expect("the end").is_none());
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_a_fault_of_the_stream() {
    let (mut conn, mut peer) = streaming(2000);
    peer.write_all(&frame(&[7; 1000])[..300]).await.expect("written");
    assert_eq!(body(&mut conn).await, 1000);
    assert_eq!(conn.chunk().await.expect("sound").map(|chunk| chunk.len()), Some(298));
    drop(peer);
    let fault = conn.chunk().await.expect_err("cut short");
    let report = fault.report().expect("the stream's fault");
    assert_eq!((report.kind(), report.missing()), (Kind::Eof, Some(702)));
    assert!(conn.next_or_body().await.is_err() && conn.next_batch().await.is_err(), "for good");
}

#[tokio::test(start_paused = true)]
async fn deadlines_while_a_body_is_on_its_way() {
    let minute = Some(Duration::from_secs(60));
    let (conn, mut peer) = streaming(2000);
    let mut conn = conn.deadlines(Deadlines { idle: None, frame: minute, write: None });
    let slow = tokio::spawn(async move {
        // A chunk in time begins the wait anew, though the whole takes longer.
        for part in frame(&[7; 200]).chunks(51) {
            peer.write_all(part).await.expect("written");
            tokio::time::sleep(Duration::from_secs(50)).await;
        }
        peer.write_all(&frame(&[7; 200])[..51]).await.expect("written");
        peer
    });
    assert_eq!(body(&mut conn).await, 200);
    let mut got = 0;
    while let Some(chunk) = conn.chunk().await.expect("in time") {
        got += chunk.len();
    }
    assert_eq!(got, 200);
    // Silence between two frames has no deadline here; inside a body it has, although nothing of a frame is pending.
    assert_eq!(body(&mut conn).await, 200);
    assert_eq!(conn.chunk().await.expect("sound").map(|chunk| chunk.len()), Some(49));
    let fault = conn.chunk().await.expect_err("silence");
    assert!(matches!(fault, Fault::Timeout(Timeout::Frame)), "{fault}");
    // The connection can be asked again: what comes after all is not lost.
    let mut peer = slow.await.expect("no panic");
    peer.write_all(&frame(&[7; 200])[51..]).await.expect("written");
    assert_eq!(conn.chunk().await.expect("late, but there").map(|chunk| chunk.len()), Some(151));
}

#[tokio::test]
async fn batches_hold_what_a_frame_was_waited_for_with() {
    let (mut conn, mut peer) = streaming(1000);
    let stream = [frame(b"one"), frame(b"two"), frame(b"three")].concat();
    peer.write_all(&stream[..7]).await.expect("written");
    let (batch, _) = conn.next_batch().await.expect("sound").expect("one is whole");
    assert_eq!(batch.iter().collect::<Vec<_>>(), [Ok(&b"one"[..])]);
    assert!(conn.next_batch().now_or_never().is_none(), "two bytes of the next");
    peer.write_all(&stream[7..]).await.expect("written");
    let (batch, _) = conn.next_batch().await.expect("sound").expect("two are whole");
    assert_eq!(batch.iter().collect::<Vec<_>>(), [Ok(&b"two"[..]), Ok(b"three")]);
    // Behind a frame that was only looked at.
    peer.write_all(&stream).await.expect("written");
    assert_eq!(conn.next().await.expect("sound").expect("a frame").frame.view(), Ok(&b"one"[..]));
    let (batch, _) = conn.next_batch().await.expect("sound").expect("two are whole");
    assert_eq!(batch.iter().collect::<Vec<_>>(), [Ok(&b"two"[..]), Ok(b"three")]);
    drop(peer);
    assert!(conn.next_batch().await.expect("the end").is_none());
    assert_eq!(conn.into_parts().received.len(), 0);
}

/// A frame that begins with `?` is no message.
#[derive(Clone, Debug)]
struct Picky(LengthPrefixed<U8>);

impl Codec for Picky {
    type Message = Span;
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        self.0.delimit(input)
    }
    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        if frame.get(1) == Some(&b'X') { Err(Error::new(Kind::Checksum, &"payload", 1)) } else { Ok(()) }
    }
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        match frame.get(1) {
            Some(b'?') => Err(Error::malformed(&"payload", 1)),
            Some(b'E') => Ok(b"elsewhere"),
            _ => self.0.parse(frame),
        }
    }
}

fn picky() -> Picky {
    Picky(LengthPrefixed::new(100))
}

#[tokio::test]
async fn a_stream_of_frames_goes_on_behind_a_bad_one_and_ends_with_a_bad_stream() {
    let (near, mut peer) = duplex(1000);
    let mut conn = Connection::new(near, picky());
    peer.write_all(b"\x03one\x02?!\x03two\x02X!\x03end").await.expect("written");
    let mut frames = conn.frames();
    assert_eq!(frames.next().await.expect("an item").expect("a message").view(), b"one");
    let fault = frames.next().await.expect("an item").expect_err("no message");
    assert!(fault.is_recoverable());
    let report = fault.report().expect("the peer's fault");
    assert_eq!((report.error(), report.stream_offset()), (Error::malformed(&"payload", 1), 5));
    assert!(report.to_string().ends_with("here: 02 | 3f 21"), "{report}");
    assert_eq!(frames.next().await.expect("an item").expect("a message").view(), b"two");
    let fault = frames.next().await.expect("an item").expect_err("it cannot be opened");
    assert!(!fault.is_recoverable());
    assert!(frames.next().await.is_none());
}

/// A stream whose next calls fail or move nothing.
#[derive(Debug, Default)]
struct Broken {
    read: Option<ErrorKind>,
    write: Option<ErrorKind>,
    flush: Option<ErrorKind>,
    shutdown: Option<ErrorKind>,
}

fn act(kind: Option<ErrorKind>) -> io::Result<()> {
    kind.map_or(Ok(()), |kind| Err(kind.into()))
}

impl AsyncRead for Broken {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(act(self.read))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(match self.write {
            Some(ErrorKind::WriteZero) => Ok(0),
            kind => act(kind).map(|()| buf.len()),
        })
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.flush {
            Some(ErrorKind::WouldBlock) => Poll::Pending,
            kind => Poll::Ready(act(kind)),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(act(self.shutdown))
    }
}

#[tokio::test(start_paused = true)]
async fn sockets_that_fail_are_told_and_what_was_not_sent_stays_queued() {
    let broken = |broken: Broken| Connection::new(broken, Prefixed::new(100));
    let reset = Some(ErrorKind::ConnectionReset);

    let mut conn = broken(Broken { read: reset, ..Broken::default() });
    assert_eq!(conn.next().await.map(|_| ()).map_err(kind), Err(ErrorKind::ConnectionReset));
    conn.io_mut().read = None;
    assert!(conn.next().await.expect("the end").is_none());

    for (write, told) in [(reset, ErrorKind::ConnectionReset), (Some(ErrorKind::WriteZero), ErrorKind::WriteZero)] {
        let mut conn = broken(Broken { write, ..Broken::default() });
        conn.send(&b"hello"[..]).await.expect("queued");
        assert_eq!(conn.flush().await.map_err(kind), Err(told));
        assert_eq!((conn.out().size(), conn.ledger().writes), (7, 0));
        assert_eq!(conn.next().await.map(|_| ()).map_err(kind), Err(told), "writing fails where it waits, too");
        conn.io_mut().write = None;
        conn.flush().await.expect("now it goes out");
        assert_eq!((conn.out().size(), conn.ledger().writes), (0, 1));
    }

    let mut conn = broken(Broken { flush: reset, ..Broken::default() });
    conn.flush().await.expect("nothing was written, so nothing is flushed");
    conn.send(&b"hello"[..]).await.expect("queued");
    assert_eq!(conn.flush().await.map_err(kind), Err(ErrorKind::ConnectionReset));
    assert_eq!(conn.flush().await.map_err(kind), Err(ErrorKind::ConnectionReset), "it is still to be flushed");
    conn.io_mut().flush = None;
    conn.flush().await.expect("flushed");

    // A flush that hangs is a peer that takes nothing.
    let hangs = Broken { flush: Some(ErrorKind::WouldBlock), ..Broken::default() };
    let mut conn = broken(hangs).deadlines(Deadlines { write: Some(Duration::from_secs(1)), ..Deadlines::default() });
    conn.send(&b"hello"[..]).await.expect("queued");
    assert!(matches!(conn.flush().await, Err(Fault::Timeout(Timeout::Write))));

    let mut conn = broken(Broken { shutdown: reset, ..Broken::default() });
    assert_eq!(conn.shutdown().await.map_err(kind), Err(ErrorKind::ConnectionReset));
    // Everything was said; that the peer was rude about it is no matter.
    let conn = broken(Broken { read: reset, ..Broken::default() });
    conn.close().await.expect("said");

    let mut conn = broken(Broken::default());
    let error = conn.send(&[0; 101][..]).await.expect_err("above the codec's limit");
    assert!(matches!(error, Fault::Encode(error) if error.kind() == Kind::Limit), "{error}");
    assert!(conn.out().is_empty());
    assert!(SinkExt::<&[u8]>::feed(&mut conn, &[0; 101]).await.is_err());
}

#[tokio::test]
async fn a_file_that_shrank_stops_the_queue_in_its_place() {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&[7; 1000]).expect("room");
    let file = Arc::new(file);
    let (mut conn, mut peer) = streaming(5000);
    conn.out().copy(b"before");
    conn.out().file(FileRegion::whole(file.clone()).expect("its length"));
    conn.out().copy(b"behind");
    file.set_len(600).expect("cut");
    assert_eq!(conn.flush().await.map_err(kind), Err(ErrorKind::UnexpectedEof));
    assert_eq!(conn.out().torn(), Some(Shrunk { offset: 0, wanted: 1000, length: 600 }));
    // Neither a file that has grown again nor another message may take the place of what is missing.
    file.set_len(1000).expect("long again");
    assert_eq!(conn.flush().await.map_err(kind), Err(ErrorKind::UnexpectedEof));
    conn.out().clear();
    conn.flush().await.expect("nothing is queued");
    assert_eq!(conn.send(&[1; 10][..]).await.map_err(kind), Ok(()), "it waits");
    assert_eq!(conn.flush().await.map_err(kind), Err(ErrorKind::UnexpectedEof));
    drop(conn);
    let mut got = Vec::new();
    peer.read_to_end(&mut got).await.expect("received");
    assert_eq!(got, b"before");
}

#[tokio::test(start_paused = true)]
async fn halves_send_under_backpressure_and_deadlines() {
    let (near, mut peer) = duplex(64);
    let limits = Limits::new().queued(100, 50);
    let conn = Connection::with_limits(near, Prefixed::new(1000), limits)
        .deadlines(Deadlines { write: Some(Duration::from_secs(1)), ..Deadlines::default() });
    let (_receiver, mut sender) = conn.into_split();
    sender.send(&[1; 90][..]).await.expect("92 bytes are below the high mark");
    assert_eq!(sender.ledger().writes, 0, "and wait");
    assert!(sender.send(&[2; 90][..]).now_or_never().is_none(), "184 are above it");
    assert_eq!(sender.out().size(), 184 - 64, "the pipe took what it holds");
    assert!(matches!(sender.flush().await, Err(Fault::Timeout(Timeout::Write))));
    let mut got = vec![0; 64];
    peer.read_exact(&mut got).await.expect("sent");
    assert!(sender.send(&[][..]).now_or_never().is_none(), "once above the high mark, down to the low one");
    assert_eq!(sender.out().size(), 186 - 128);
    peer.read_exact(&mut got).await.expect("sent");
    sender.send(&[][..]).now_or_never().expect("the rest leaves").expect("sent");
    assert_eq!(sender.out().size(), 0);
}

/// Records of one byte of length, at most 100 of them; nothing is changed.
#[derive(Debug, Default)]
struct Records;

impl Layer for Records {
    fn unwrap(&mut self, raw: &[u8], plain: &mut [u8]) -> Result<Unwrapped> {
        let Some((&len, body)) = raw.split_first() else { return Ok(Unwrapped::Need(1)) };
        let len = usize::from(len);
        match body.get(..len) {
            None => Ok(Unwrapped::Need(1 + len)),
            Some(_) if plain.len() < len => Ok(Unwrapped::Room(len)),
            Some(body) => {
                plain[..len].copy_from_slice(body);
                Ok(Unwrapped::Moved { consumed: 1 + len, produced: len })
            }
        }
    }
    fn wrap(&mut self, plain: &[u8], raw: &mut Vec<u8>) -> Result<()> {
        for record in plain.chunks(100) {
            raw.push(record.len() as u8);
            raw.extend_from_slice(record);
        }
        Ok(())
    }
}

#[tokio::test]
async fn records_are_bounded_and_what_is_not_consumed_is_given_back() {
    let (near, mut peer) = duplex(1000);
    let mut layered = Layered::new(near, Records).with_max_record(11);
    assert_eq!(format!("{:?}", layered.layer()), "Records");
    peer.write_all(b"\x05hello\x0aten bytes!\x0b").await.expect("written");
    let mut got = [0; 15];
    layered.read_exact(&mut got).await.expect("two records");
    assert_eq!(&got, b"helloten bytes!");
    let error = layered.read_u8().await.expect_err("twelve bytes are one too many");
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let source = error.get_ref().and_then(|source| source.downcast_ref::<Error>());
    assert_eq!(source, Some(&Error::limit(&"record", 0)));
    // Room for a record counts, too, where the reader has less.
    let (near, mut peer) = duplex(1000);
    let mut layered = Layered::new(near, Records).with_max_record(11);
    peer.write_all(b"\x0aten bytes!").await.expect("written");
    for byte in *b"ten bytes!" {
        assert_eq!(layered.read_u8().await.expect("byte by byte"), byte);
    }
    layered.write_all(b"hello").await.expect("wrapped");
    layered.flush().await.expect("written");
    let mut got = [0; 6];
    peer.read_exact(&mut got).await.expect("a record");
    assert_eq!(&got, b"\x05hello");
    layered.get_mut().write_all(b"raw").await.expect("past the layer");
    peer.write_all(b"\x01x\x09half").await.expect("written");
    assert_eq!(layered.read_u8().await.expect("a record"), b'x');
    drop(peer);
    assert_eq!(layered.read_u8().await.expect_err("cut short").kind(), ErrorKind::UnexpectedEof);
    assert!(format!("{:?}", layered.get_ref()).starts_with("DuplexStream"));
    let (_, _, rest) = layered.into_parts();
    assert_eq!(rest, b"\x09half"[..]);

    let mut layered = Layered::new(Broken { write: Some(ErrorKind::WriteZero), ..Broken::default() }, Records);
    layered.write_all(b"hello").await.expect("it waits to be written");
    assert_eq!(layered.flush().await.expect_err("nothing is taken").kind(), ErrorKind::WriteZero);
    assert_eq!(layered.shutdown().await.expect_err("nothing is taken").kind(), ErrorKind::WriteZero);
    assert_eq!(layered.write(b"more").await.expect_err("it was closed").kind(), ErrorKind::BrokenPipe);
}

fn decoded(compat: &mut Compat<Picky>, src: &mut BytesMut) -> Vec<Result<Vec<u8>>> {
    let mut items = Vec::new();
    while let Some(item) = compat.decode(src).expect("sound") {
        items.push(item.map(|frame| frame.view().to_vec()));
    }
    items
}

#[test]
fn compat_tells_bad_frames_from_bad_streams() {
    let mut compat = Compat::new(picky());
    let mut src = BytesMut::from(&b"\x03one\x02?!\x01E\x03two\x02X!"[..]);
    for expected in [Ok(&b"one"[..]), Err(Kind::Malformed), Err(Kind::Contract), Ok(b"two")] {
        let item = compat.decode(&mut src).expect("sound").expect("whole");
        assert_eq!(item.as_ref().map(wireview::Frame::view).map_err(Error::kind), expected);
    }
    for _ in 0..2 {
        let fault = compat.decode(&mut src).expect_err("it cannot be opened");
        let report = fault.report().expect("the stream's fault");
        assert_eq!((report.kind(), report.frame_at(), report.stream_offset()), (Kind::Checksum, 13, 14));
    }
    assert_eq!(format!("{:?}", compat.codec_mut()), format!("{:?}", picky()));
    assert_eq!(format!("{:?}", compat.encoder_mut()), format!("{:?}", picky()));
}

#[test]
fn compat_drops_what_is_oversize_and_knows_the_end() {
    let limits = Limits::new().max_frame(10).oversize(Oversize::Skip);
    let stream = [&b"\x03one\x14"[..], &[b'x'; 20], b"\x03two"].concat();
    for size in 1..=stream.len() {
        let mut compat = Compat::with_encoder(picky(), picky(), limits);
        let mut src = BytesMut::new();
        let mut items = Vec::new();
        for piece in stream.chunks(size) {
            src.extend_from_slice(piece);
            items.extend(decoded(&mut compat, &mut src));
        }
        assert_eq!(items, [Ok(b"one".to_vec()), Ok(b"two".to_vec())], "pieces of {size}");
        assert!(compat.decode_eof(&mut src).expect("the end").is_none());
    }
    // The end inside what is dropped, and inside a frame.
    for (cut, missing) in [(stream.len() - 5, 1), (10, 15), (stream.len() - 1, 1)] {
        let mut compat = Compat::with_encoder(picky(), picky(), limits);
        let mut src = BytesMut::from(&stream[..cut]);
        assert!(!decoded(&mut compat, &mut src).is_empty());
        for _ in 0..2 {
            let fault = compat.decode_eof(&mut src).expect_err("cut short");
            let report = fault.report().expect("the stream's fault");
            assert_eq!((report.kind(), report.missing()), (Kind::Eof, Some(missing)), "cut at {cut}");
        }
    }
    let mut compat = Compat::with_encoder(picky(), picky(), limits.oversize(Oversize::Refuse));
    let fault = compat.decode(&mut BytesMut::from(&b"\x14"[..])).expect_err("refused");
    assert_eq!(fault.report().expect("the stream's fault").error(), Error::limit(&"frame", 0));
}

#[test]
fn compat_asks_about_the_last_line_and_sends_what_it_is_given() {
    let mut compat = Compat::new(Lines::new(100));
    let mut src = BytesMut::from(&b"one\ntwo"[..]);
    assert_eq!(compat.decode(&mut src).expect("sound").expect("a line").expect("a message").view(), b"one");
    assert!(compat.decode(&mut src).expect("sound").is_none());
    assert_eq!(compat.decode_eof(&mut src).expect("sound").expect("a line").expect("a message").view(), b"two");
    assert!(compat.decode_eof(&mut src).expect("the end").is_none());

    let mut compat = Compat::new(Prefixed::new(100));
    let mut dst = BytesMut::new();
    compat.encode(&b"hello"[..], &mut dst).expect("fits");
    compat.encode(Bytes::from(vec![7; 50]), &mut dst).expect("fits");
    assert_eq!(dst, [frame(b"hello"), frame(&[7; 50])].concat());
    let error = compat.encode(&[0; 101][..], &mut dst).expect_err("above the limit");
    assert!(matches!(error, Fault::Encode(_)) && dst.len() == 59);
    // Reserves no more than has been earned.
    let mut src = BytesMut::from(&b"\xff\xff"[..]);
    let mut compat = Compat::with_encoder(LengthPrefixed::<U16Be>::new(65_535), (), Limits::new());
    assert!(compat.decode(&mut src).expect("sound").is_none());
    assert!(src.capacity() <= 2 * 8 * 1024, "{} bytes for two", src.capacity());
}

#[tokio::test]
async fn tortured_streams_tell_their_script_and_treat_every_call() {
    let mut torture = Torture::new(io::Cursor::new(Vec::new()), Script::new([1, 200, 240, 0, 255]));
    assert_eq!((torture.script().used(), torture.script().is_spent()), (0, false));
    let hello = [IoSlice::new(b""), IoSlice::new(b"hel"), IoSlice::new(b"lo")];
    assert_eq!(Write::write_vectored(&mut torture, &hello).expect("two bytes"), 2);
    assert_eq!(Write::flush(&mut torture).expect_err("interrupted").kind(), ErrorKind::Interrupted);
    assert_eq!(Write::flush(&mut torture).expect_err("told").kind(), ErrorKind::ConnectionReset);
    let mut torture = torture.flat();
    assert_eq!(Write::write_vectored(&mut torture, &hello).expect("one byte"), 1);
    let mut torture = torture.without_errors();
    Write::flush(&mut torture).expect("errors pass now");
    assert!(torture.script().is_spent());
    assert_eq!(Write::write_vectored(&mut torture, &hello).expect("one slice"), 3);
    assert_eq!(torture.get_ref().get_ref(), b"hehhel");
    torture.get_mut().set_position(0);
    assert_eq!(torture.into_inner().position(), 0);

    for (flat, expected) in [(false, &b"he"[..]), (true, b"h")] {
        let (near, mut far) = duplex(100);
        let script = if flat { Script::new([216, 0]) } else { Script::new([216, 1]) };
        let mut near = Torture::new(near, script);
        if flat {
            near = near.flat();
        }
        assert_eq!(near.is_write_vectored(), !flat);
        // Pending once, and woken.
        assert_eq!(near.write_vectored(&hello).await.expect("written"), expected.len());
        near.shutdown().await.expect("closed");
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.expect("received");
        assert_eq!(got, expected);
    }
}
