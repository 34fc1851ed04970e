//! The blocking connection: over sockets, over streams that fail in every way, with time-outs.
#![cfg(feature = "std")]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use wireview::blocking::Connection;
use wireview::formats::{LengthPrefixed, Lines};
use wireview::length::U16Be;
use wireview::{Fault, Kind, Limits};

type Prefixed = LengthPrefixed<U16Be>;

fn frame(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&len[..], payload].concat()
}

/// Reads from a script: bytes, or errors that pass.
struct Scripted {
    reads: Vec<Result<Vec<u8>, ErrorKind>>,
    written: Vec<u8>,
    writes: usize,
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.reads.is_empty() {
            return Ok(0);
        }
        let bytes = self.reads.remove(0)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn scripted(reads: Vec<Result<Vec<u8>, ErrorKind>>) -> Connection<Scripted, Prefixed> {
    Connection::new(Scripted { reads, written: Vec::new(), writes: 0 }, Prefixed::new(1000))
}

#[test]
fn a_time_out_loses_nothing() {
    let bytes = [frame(b"one"), frame(b"two")].concat();
    let mut conn = scripted(vec![
        Ok(bytes[..4].to_vec()),
        Err(ErrorKind::WouldBlock),
        Err(ErrorKind::Interrupted),
        Ok(bytes[4..7].to_vec()),
        Err(ErrorKind::TimedOut),
        Ok(bytes[7..].to_vec()),
    ]);
    let would_block = conn.next().map(|_| ()).expect_err("nothing yet");
    assert!(matches!(would_block, Fault::Io(error) if error.kind() == ErrorKind::WouldBlock));
    let received = conn.next().expect("the interruption is not told").expect("the first");
    assert_eq!(received.frame.view(), Ok(&b"one"[..]));
    let timed_out = conn.next().map(|_| ()).expect_err("half a frame");
    assert!(matches!(timed_out, Fault::Io(error) if error.kind() == ErrorKind::TimedOut));
    assert_eq!(conn.next().expect("sound").expect("the second").frame.view(), Ok(&b"two"[..]));
    assert!(conn.next().expect("the end").is_none());
}

#[test]
fn answers_are_written_together_before_the_next_read() {
    let requests: Vec<u8> = (0..20u8).flat_map(|index| frame(&[index; 9])).collect();
    let mut conn = scripted(vec![Ok(requests.clone())]);
    while let Some(mut received) = conn.next().expect("sound") {
        received.out.send(received.frame.view().expect("a message")).expect("fits");
    }
    assert_eq!((conn.stream().writes, &conn.stream().written), (1, &requests));
}

#[test]
fn a_stream_that_ends_inside_a_frame_says_so() {
    let mut conn = scripted(vec![Ok(frame(b"half")[..3].to_vec())]);
    let fault = conn.next().map(|_| ()).expect_err("three bytes are missing");
    let report = fault.report().expect("the stream's fault");
    assert_eq!((report.kind(), report.missing()), (Kind::Eof, Some(3)));
    assert_eq!(io::Error::from(fault).kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn large_bodies_arrive_in_chunks_and_shared_payloads_leave_as_they_are() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let payload = Bytes::from(vec![7; 60_000]);
    let expected = payload.clone();
    let server = std::thread::spawn(move || {
        let stream = listener.accept().expect("a client").0;
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        let limits = Limits::new().max_frame(1000);
        let mut conn = Connection::with_encoder(stream, LengthPrefixed::<U16Be>::new(65_000), Lines::new(100), limits);
        let Some(wireview::Arrival::Body { len, .. }) = conn.next_or_body().expect("sound") else {
            panic!("a large body comes first")
        };
        let mut got = Vec::new();
        while let Some(chunk) = conn.chunk().expect("sound") {
            got.extend_from_slice(&chunk);
        }
        assert_eq!((got.len() as u64, &got[..]), (len, &expected[..]));
        conn.send(&b"got it"[..]).expect("fits");
        conn.flush().expect("sent");
        assert!(conn.next().expect("the end").is_none());
    });
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let encoder = LengthPrefixed::<U16Be>::new(65_000);
    let mut conn = Connection::with_encoder(stream, Lines::new(100), encoder, Limits::new());
    conn.send(payload).expect("fits");
    assert_eq!(conn.next().expect("sound").expect("an answer").frame.view(), Ok(&b"got it"[..]));
    assert_eq!((conn.ledger().shared_out, conn.ledger().copied_out), (60_000, 2));
    drop(conn);
    server.join().expect("the server's assertions");
}
