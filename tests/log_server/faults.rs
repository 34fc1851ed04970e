//! Clients that send what they should not: the error that a client of Kafka expects, and the connection kept where Kafka keeps it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use wireview_codecs::kafka::records::{Builder, Compression};
use wireview_codecs::kafka::{ErrorCode, FetchRequest};

use crate::client::{Client, batch, one};
use crate::server::{Config, Settings};
use crate::support::{Server, noise};

/// A connection that writes bytes.
struct Raw(TcpStream);

impl Raw {
    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.addr).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("not zero");
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("it reads");
    }

    /// The next response, behind its length.
    fn frame(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).expect("an answer");
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut frame).expect("all of it");
        frame
    }

    /// Whether the server has closed without a word.
    fn ends(mut self) -> bool {
        // It may have closed with something unread.
        !matches!(self.0.read(&mut [0; 1]), Ok(1..))
    }
}

#[test]
fn a_client_that_knows_newer_versions_is_told_in_the_oldest() {
    let server = Server::start();
    let mut raw = Raw::connect(&server);
    // ApiVersions 99, with a header and a body of which nothing can be known.
    raw.send(b"\0\0\0\x0e\0\x12\0\x63\0\0\0\x07\xff\xffwhat");
    let frame = raw.frame();
    assert_eq!(frame[..6], *b"\0\0\0\x07\0\x23", "UNSUPPORTED_VERSION, in version 0");
    let count = u32::from_be_bytes(frame[6..10].try_into().expect("four"));
    assert_eq!(frame.len(), 10 + 6 * count as usize, "keys with their versions, and nothing else");
    // And asks again.
    raw.send(b"\0\0\0\x0a\0\x12\0\0\0\0\0\x08\xff\xff");
    assert_eq!(raw.frame()[..6], *b"\0\0\0\x08\0\0");
}

#[test]
fn what_is_not_understood_closes_the_connection_and_nothing_else() {
    let server = Server::start();
    let mut witness = server.connect();
    witness.topic("t").expect("made");
    for bytes in [
        // An API that there is not; one that is not served; a version that is not served, or supported.
        &b"\0\0\0\x0a\x03\xe7\0\0\0\0\0\x01\xff\xff"[..],
        b"\0\0\0\x0a\0\x0b\0\0\0\0\0\x01\xff\xff",
        b"\0\0\0\x0a\0\x01\0\0\0\0\0\x01\xff\xff",
        b"\0\0\0\x0a\0\x03\0\x7f\0\0\0\x01\xff\xff",
        // A length that is negative, too short, too long.
        b"\xff\xff\xff\xff",
        b"\0\0\0\x07",
        b"\x7f\xff\xff\xff",
        // Metadata 4 of a topic that ends early.
        b"\0\0\0\x10\0\x03\0\x04\0\0\0\x01\xff\xff\0\0\0\x01\0\x09",
        // Something else altogether.
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut raw = Raw::connect(&server);
        raw.send(bytes);
        assert!(raw.ends(), "{}", bytes.escape_ascii());
    }
    // What is cut short is waited for, until the client goes.
    let mut raw = Raw::connect(&server);
    raw.send(b"\0\0\0\x10\0\x03\0\x04\0\0");
    raw.0.shutdown(std::net::Shutdown::Write).expect("connected");
    assert!(raw.ends());
    assert_eq!(witness.produce("t", 0, &one(b"a")).error, ErrorCode::NONE);
}

#[test]
fn batches_that_are_not_taken_are_told_why() {
    let config = Config { max_message_bytes: 1000, ..Settings::default().config };
    let server = Server::with(Settings { config, ..Settings::default() });
    let mut client = server.connect();
    client.topic("t").expect("made");
    let good = one(b"value");
    let spoiled = |at: usize, by: u8| {
        let mut bytes = good.clone();
        bytes[at] ^= by;
        bytes
    };
    let mut numbered = Builder::new();
    let two = [&good[..], &good[..]].concat();
    let refused = [
        ("a checksum", spoiled(good.len() - 1, 1), ErrorCode::CORRUPT_MESSAGE),
        ("the checksum itself", spoiled(17, 1), ErrorCode::CORRUPT_MESSAGE),
        ("a length that is too long", spoiled(11, 0x40), ErrorCode::CORRUPT_MESSAGE),
        ("a length that is too short", spoiled(11, 0x08), ErrorCode::CORRUPT_MESSAGE),
        ("a batch in part", good[..good.len() - 1].to_vec(), ErrorCode::CORRUPT_MESSAGE),
        ("a header in part", good[..30].to_vec(), ErrorCode::CORRUPT_MESSAGE),
        ("an old format", spoiled(16, 3), ErrorCode::UNSUPPORTED_FOR_MESSAGE_FORMAT),
        ("a format that there is not", spoiled(16, 9), ErrorCode::CORRUPT_MESSAGE),
        ("too much", one(&noise(0, 1000)), ErrorCode::MESSAGE_TOO_LARGE),
        ("two batches", two, ErrorCode::INVALID_RECORD),
        ("something behind", [&good[..], b"!"].concat(), ErrorCode::INVALID_RECORD),
        ("nothing", Vec::new(), ErrorCode::INVALID_RECORD),
        (
            "a transaction",
            batch(&mut Builder::new().producer(1, 0, 0).transactional(true), 0, &[b"a"]),
            ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        ),
    ];
    for (what, bytes, error) in &refused {
        assert_eq!(client.produce("t", 0, bytes).error, *error, "{what}");
    }
    client.produce = 6;
    let zstd = batch(&mut Builder::new().compression(Compression::Zstd), 0, &[b"a"]);
    assert_eq!(client.produce("t", 0, &zstd).error, ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
    client.produce = 9;
    assert_eq!(client.produce("u", 0, &good).error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(client.produce("t", -1, &good).error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    client.send_batch("t", 0, &good, 7).expect("sent");
    assert_eq!(client.batch_told().expect("an answer").error, ErrorCode::INVALID_REQUIRED_ACKS);
    // All that on one connection, and nothing of it is in the log.
    assert_eq!(client.produce("t", 0, &batch(&mut numbered, 0, &[b"a"])).offset, 0);
    assert_eq!(client.take_all("t", 0, 0).len(), 1);
    assert_eq!(server.metric("batches_total{result=\"refused\"}"), refused.len() as u64 - 1);
}

#[test]
fn fetches_that_cannot_be_answered_are_told_why() {
    let server = Server::start();
    let mut client = server.connect();
    let (id, _) = client.topic("t").expect("made");
    client.produce("t", 0, &one(b"a"));
    assert_eq!(client.fetch("t", 0, -1).error, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(client.fetch("t", 0, 2).error, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(client.fetch("t", 0, i64::MAX).error, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(client.fetch("t", 1, 0).error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(client.fetch("u", 0, 0).error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let wanted = FetchRequest { session_id: 5, session_epoch: 1, ..client.wanted("t", 0, 0) };
    assert_eq!(client.fetch_as(wanted).error, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    client.fetch = 13;
    let wanted = client.wanted_by("", [9; 16], 0, 0);
    assert_eq!(client.fetch_as(wanted).error, ErrorCode::UNKNOWN_TOPIC_ID);
    let wanted = client.wanted_by("", id, 0, 0);
    assert_eq!(client.fetch_as(wanted).error, ErrorCode::NONE);
    let fetched = {
        client.fetch = 12;
        client.fetch("t", 0, 1)
    };
    assert_eq!((fetched.error, fetched.start, fetched.visible), (ErrorCode::NONE, 0, 1));
}

#[test]
fn who_wants_no_answer_gets_none() {
    let server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    client.send_batch("t", 0, &one(b"a"), 0).expect("sent");
    client.send_batch("t", 0, &one(b"b"), 1).expect("sent");
    assert_eq!(client.batch_told().expect("an answer").offset, 1);
    // There is no other way to tell such a client.
    client.send_batch("t", 0, b"no batch", 0).expect("sent");
    assert!(client.receive().is_err());
}

/// A batch that would be a gigabyte: it is stored as it came, and not opened but to find a time in it.
#[test]
fn a_bomb_is_not_opened() {
    let server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    let zeros = vec![0; 100 << 20];
    let bomb = batch(&mut Builder::new().compression(Compression::Zstd), 1000, &[&zeros]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    assert_eq!(client.produce("t", 0, &bomb).error, ErrorCode::NONE);
    // More would come out than is allowed, so the batch alone says when it is.
    assert_eq!(client.offset_at("t", 0, 500), (ErrorCode::NONE, 0, 1000));
    assert_eq!(client.fetch("t", 0, 0).records.len(), bomb.len());
}

#[test]
fn a_client_that_goes_in_mid_answer_does_no_harm() {
    let server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    for at in 0..20 {
        client.produce("t", 0, &one(&noise(at, 1_000_000)));
    }
    for _ in 0..5 {
        let mut hasty = server.connect();
        let wanted = hasty.wanted("t", 0, 0);
        hasty.send(12, wanted).expect("sent");
        drop(hasty);
    }
    let mut patient: Client = server.connect();
    assert_eq!(patient.take_all("t", 0, 0).len(), 20);
}
