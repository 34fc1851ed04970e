//! Layers below a codec: a record protocol and compression, over streams that do everything a stream may do.
#![cfg(all(feature = "testing", feature = "tokio"))]

use std::io::ErrorKind;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use wireview::formats::LengthPrefixed;
use wireview::length::U16Be;
use wireview::recv::{Layer, Unwrapped};
use wireview::tokio::{Connection, Layered};
use wireview::torture::{Script, Torture};
use wireview::{Boundary, Codec, Deframer, Error, Kind, Received, Result};

/// Records of two bytes of length and at most 1000 bytes, whose key moves on with every byte: one lost, doubled or swapped
/// makes garbage of the rest. A record of length 0 is the end.
#[derive(Default)]
struct Xor {
    read_key: u8,
    write_key: u8,
    ended: bool,
}

fn mask(key: &mut u8, byte: u8) -> u8 {
    *key = key.wrapping_mul(5).wrapping_add(17);
    byte ^ *key
}

impl Layer for Xor {
    fn unwrap(&mut self, raw: &[u8], plain: &mut [u8]) -> Result<Unwrapped> {
        let Some((head, body)) = raw.split_first_chunk::<2>() else { return Ok(Unwrapped::Need(2)) };
        let len = usize::from(u16::from_be_bytes(*head));
        if len > 1000 {
            return Err(Error::limit(&"record length", 0));
        }
        if len == 0 {
            self.ended = true;
            return Ok(Unwrapped::End { consumed: 2 });
        }
        if body.len() < len {
            return Ok(Unwrapped::Need(2 + len));
        }
        if plain.len() < len {
            return Ok(Unwrapped::Room(len));
        }
        for (to, from) in plain.iter_mut().zip(&body[..len]) {
            *to = mask(&mut self.read_key, *from);
        }
        Ok(Unwrapped::Moved { consumed: 2 + len, produced: len })
    }

    fn wrap(&mut self, plain: &[u8], raw: &mut Vec<u8>) -> Result<()> {
        for record in plain.chunks(1000) {
            raw.extend_from_slice(&(record.len() as u16).to_be_bytes());
            raw.extend(record.iter().map(|&byte| mask(&mut self.write_key, byte)));
        }
        Ok(())
    }

    fn finish(&mut self, raw: &mut Vec<u8>) -> Result<()> {
        raw.extend_from_slice(&[0, 0]);
        Ok(())
    }

    fn end(&mut self, rest: &[u8]) -> Result<()> {
        if self.ended { Ok(()) } else { Err(Error::new(Kind::Eof, &"record", rest.len())) }
    }
}

struct Deflate {
    reader: Decompress,
    writer: Compress,
    ended: bool,
}

impl Default for Deflate {
    fn default() -> Self {
        Self { reader: Decompress::new(true), writer: Compress::new(Compression::fast(), true), ended: false }
    }
}

impl Deflate {
    fn compress(&mut self, mut plain: &[u8], raw: &mut Vec<u8>, how: FlushCompress) -> Result<()> {
        loop {
            raw.reserve(1024);
            let before = self.writer.total_in();
            let status = self
                .writer
                .compress_vec(plain, raw, how)
                .map_err(|_| Error::new(Kind::Malformed, &"deflate stream", 0))?;
            plain = &plain[(self.writer.total_in() - before) as usize..];
            // Room that is left over says that nothing is held back.
            if plain.is_empty() && (raw.len() < raw.capacity() || status == Status::StreamEnd) {
                return Ok(());
            }
        }
    }
}

impl Layer for Deflate {
    fn unwrap(&mut self, raw: &[u8], plain: &mut [u8]) -> Result<Unwrapped> {
        if self.ended {
            return Ok(Unwrapped::End { consumed: 0 });
        }
        let (before_in, before_out) = (self.reader.total_in(), self.reader.total_out());
        let status = self
            .reader
            .decompress(raw, plain, FlushDecompress::None)
            .map_err(|_| Error::malformed(&"deflate stream", 0))?;
        let consumed = (self.reader.total_in() - before_in) as usize;
        let produced = (self.reader.total_out() - before_out) as usize;
        self.ended = status == Status::StreamEnd;
        Ok(match (consumed, produced) {
            (0, 0) => Unwrapped::Need(raw.len() + 1),
            _ => Unwrapped::Moved { consumed, produced },
        })
    }

    fn wrap(&mut self, plain: &[u8], raw: &mut Vec<u8>) -> Result<()> {
        self.compress(plain, raw, FlushCompress::None)
    }

    fn flush(&mut self, raw: &mut Vec<u8>) -> Result<()> {
        self.compress(&[], raw, FlushCompress::Sync)
    }

    fn finish(&mut self, raw: &mut Vec<u8>) -> Result<()> {
        self.compress(&[], raw, FlushCompress::Finish)
    }
}

/// Two bytes of length, then the message.
struct Long;

impl Codec for Long {
    type Message = wireview::Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        Ok(match input.first_chunk::<2>() {
            None => Boundary::Need(2),
            Some(len) => Boundary::Frame { head: 2, body: u16::from_be_bytes(*len).into(), tail: 0 },
        })
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        Ok(&frame[2..])
    }
}

/// A message whose length and bytes follow from its number.
fn message(number: usize) -> Vec<u8> {
    (0..number * 37 % 3001).map(|at| (at * (number + 1) / 3) as u8).collect()
}

/// Sends messages through the layer, both streams under torture, and reads them with a deframer at the other end.
async fn crosses<L: Layer + Default + Unpin>(seed: u64, pipe: usize, room: usize) {
    const MESSAGES: usize = 120;
    let (near, far) = duplex(pipe);
    let near = Torture::new(near, Script::from_seed(seed, 2000)).without_errors();
    let far = Torture::new(far, Script::from_seed(!seed, 2000)).without_errors();
    let (mut near, mut far) = (Layered::new(near, L::default()), Layered::new(far, L::default()));

    let send = async {
        for number in 0..MESSAGES {
            let message = message(number);
            near.write_all(&(message.len() as u16).to_be_bytes()).await?;
            near.write_all(&message).await?;
            if number % 7 == 0 {
                near.flush().await?;
                near.flush().await?;
            }
        }
        near.shutdown().await
    };
    let receive = async {
        let mut deframer = Deframer::new(Long);
        let mut block = vec![0; room];
        let mut count = 0;
        loop {
            let read = far.read(&mut block).await.expect("nothing fails");
            if read == 0 {
                break;
            }
            deframer.feed(&block[..read]);
            while let Some(frame) = deframer.next().expect("sound") {
                assert!(frame.view().expect("sound") == message(count), "message {count}, seed {seed}");
                count += 1;
            }
        }
        assert_eq!(deframer.pending(), 0);
        assert_eq!(far.read(&mut block).await.expect("it stays at its end"), 0);
        count
    };
    let (sent, received) = tokio::join!(send, receive);
    sent.expect("nothing fails");
    assert_eq!(received, MESSAGES);
    let error = near.write(b"more").await.expect_err("it is finished");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn records_carry_messages_that_cross_them() {
    for seed in 0..20 {
        crosses::<Xor>(seed, 700, 4096).await;
        crosses::<Xor>(seed, 100_000, 100_000).await;
        // No record fits what the reader offers.
        crosses::<Xor>(seed, 700, 13).await;
    }
}

#[tokio::test]
async fn compression_carries_messages() {
    for seed in 0..20 {
        crosses::<Deflate>(seed, 700, 4096).await;
        crosses::<Deflate>(seed, 100_000, 13).await;
    }
}

/// A connection over a layer over a stream that tears everything apart: the answers come back in order, once.
async fn served<L: Layer + Default + Unpin + Send + 'static>(seed: u64) {
    let (near, far) = duplex(256);
    let script = |salt| Script::from_seed(seed * 2 + salt, 2000);
    let near = Layered::new(Torture::new(near, script(0)).without_errors(), L::default());
    let far = Layered::new(Torture::new(far, script(1)).without_errors(), L::default());
    let codec = LengthPrefixed::<U16Be>::new(5000);
    let mut server = Connection::new(far, codec);
    let serving = tokio::spawn(async move {
        while let Some(Received { frame, mut out }) = server.next().await? {
            out.send(frame.view().expect("a message"))?;
        }
        server.shutdown().await
    });
    let mut client = Connection::new(near, codec);
    for number in 0..20 {
        client.send(message(number)).await.expect("queued");
    }
    for number in 0..20 {
        let answer = client.next().await.expect("sound").expect("an answer");
        assert_eq!(answer.frame.view().expect("a message"), message(number), "seed {seed}");
    }
    client.shutdown().await.expect("sent");
    assert!(client.next().await.expect("a proper end").is_none());
    serving.await.expect("no panic").expect("no fault");
}

#[tokio::test]
async fn a_connection_runs_above_a_layer() {
    for seed in 0..20 {
        served::<Xor>(seed).await;
        served::<Deflate>(seed).await;
    }
}

#[tokio::test]
async fn a_flush_brings_everything_and_only_once() {
    let (near, mut far) = duplex(1 << 20);
    let mut near = Layered::new(near, Deflate::default());
    near.write_all(b"held back until the flush").await.expect("there is room");
    near.flush().await.expect("there is room");
    let mut block = [0; 1000];
    let read = far.read(&mut block).await.expect("it is there");
    let mut plain = [0; 100];
    let unwrapped = Deflate::default().unwrap(&block[..read], &mut plain).expect("sound");
    assert_eq!(unwrapped, Unwrapped::Moved { consumed: read, produced: 25 });
    assert_eq!(&plain[..25], b"held back until the flush");
    near.flush().await.expect("there is room");
    near.flush().await.expect("there is room");
    drop(near);
    assert_eq!(far.read(&mut block).await.expect("the end"), 0, "an empty flush writes nothing");
}

#[tokio::test]
async fn cancelled_reads_and_writes_lose_and_double_nothing() {
    let (near, far) = duplex(64);
    let mut near = Layered::new(near, Xor::default());
    let mut far = Layered::new(far, Xor::default());
    let bytes: Vec<u8> = (0..200_000_u32).map(|at| (at / 11) as u8).collect();
    let (mut taken, mut read) = (0, Vec::new());
    let mut block = [0; 5000];
    while taken < bytes.len() {
        // The one that is not ready is dropped.
        tokio::select! {
            biased;
            wrote = near.write(&bytes[taken..]) => taken += wrote.expect("it is open"),
            got = far.read(&mut block) => read.extend_from_slice(&block[..got.expect("sound")]),
        }
    }
    let (shut, rest) = tokio::join!(near.shutdown(), far.read_to_end(&mut read));
    shut.expect("it is read");
    rest.expect("sound");
    assert!(read == bytes);
}

#[tokio::test]
async fn what_lies_behind_the_end_is_given_back() {
    let mut raw = Vec::new();
    let mut layer = Xor::default();
    layer.wrap(b"plain", &mut raw).expect("it wraps");
    layer.finish(&mut raw).expect("it ends");
    raw.extend_from_slice(b"another protocol");
    let mut stream = Layered::new(&raw[..], Xor::default());
    let mut plain = Vec::new();
    stream.read_to_end(&mut plain).await.expect("sound");
    assert_eq!(plain, b"plain");
    let (_, layer, rest) = stream.into_parts();
    assert!(layer.ended);
    assert_eq!(&rest[..], b"another protocol");
}

#[tokio::test]
async fn faults_are_told_after_what_was_sound() {
    let mut sound = Vec::new();
    Xor::default().wrap(b"sound", &mut sound).expect("it wraps");
    for (behind, kind, of) in [
        (&[][..], ErrorKind::UnexpectedEof, Kind::Eof),
        (&[0][..], ErrorKind::UnexpectedEof, Kind::Eof),
        (&[0, 9, 1, 2][..], ErrorKind::UnexpectedEof, Kind::Eof),
        (&[255, 255, 1][..], ErrorKind::InvalidData, Kind::Limit),
    ] {
        let raw = [&sound[..], behind].concat();
        let mut stream = Layered::new(&raw[..], Xor::default());
        let mut plain = [0; 100];
        assert_eq!(stream.read(&mut plain).await.expect("that much is sound"), 5);
        assert_eq!(&plain[..5], b"sound");
        for _ in 0..2 {
            let error = stream.read(&mut plain).await.expect_err("that is not");
            assert_eq!(error.kind(), kind, "{behind:?}");
            let source = error.get_ref().and_then(|source| source.downcast_ref::<Error>());
            assert_eq!(source.map(Error::kind), Some(of), "{behind:?}");
        }
    }
}

/// Answers what it is told to.
struct Told(Unwrapped);

impl Layer for Told {
    fn unwrap(&mut self, _: &[u8], _: &mut [u8]) -> Result<Unwrapped> {
        Ok(self.0)
    }

    fn wrap(&mut self, _: &[u8], raw: &mut Vec<u8>) -> Result<()> {
        raw.push(0);
        Err(Error::unsupported(&"everything", 0))
    }
}

#[tokio::test]
async fn a_layer_that_breaks_its_contract_is_told_so() {
    for (answer, kind) in [
        (Unwrapped::Moved { consumed: 0, produced: 0 }, Kind::Contract),
        (Unwrapped::Moved { consumed: 1000, produced: 0 }, Kind::Contract),
        (Unwrapped::Moved { consumed: 0, produced: 1000 }, Kind::Contract),
        (Unwrapped::Need(0), Kind::Contract),
        (Unwrapped::Need(usize::MAX), Kind::Limit),
        (Unwrapped::Room(0), Kind::Contract),
        (Unwrapped::Room(usize::MAX), Kind::Limit),
        (Unwrapped::End { consumed: 1000 }, Kind::Contract),
    ] {
        let mut stream = Layered::new(&b"raw"[..], Told(answer));
        let error = stream.read(&mut [0; 100]).await.expect_err("no such answer");
        let source = error.get_ref().and_then(|source| source.downcast_ref::<Error>());
        assert_eq!(source.map(Error::kind), Some(kind), "{answer:?}");
    }

    let mut stream = Layered::new(Vec::new(), Told(Unwrapped::Need(1)));
    assert_eq!(stream.write(b"x").await.expect_err("unsupported").kind(), ErrorKind::InvalidData);
    assert!(stream.flush().await.is_ok(), "nothing waits");
    assert!(stream.write(b"x").await.is_err() && stream.shutdown().await.is_err());
    assert!(stream.get_ref().is_empty(), "nothing of a failed record is written");
}
