//! A client on a bare socket: writes in random pieces, reads in random pieces, compares bytes. No part of wireview is in it.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::yield_now;

use super::client::Plan;
use super::model::Words;
use super::script::Batch;
use super::tally::{NO_ANSWER, Outcome, Tally, Wrong, patient};

pub(crate) struct Raw {
    stream: TcpStream,
    resp3: bool,
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr, resp3: bool) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut raw = Self { stream, resp3 };
        if resp3 {
            raw.hello().await?;
        }
        Ok(raw)
    }

    /// Asks for RESP3. All of the answer is known, except for the number of the client.
    async fn hello(&mut self) -> Outcome {
        self.stream.write_all(b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n").await?;
        let (mut got, last) = (Vec::new(), b"$7\r\nmodules\r\n*0\r\n");
        while !got.ends_with(last) {
            if self.stream.read_buf(&mut got).await? == 0 || got.len() > 1000 {
                return Err(Wrong(format!("no greeting, but {}", got.escape_ascii())));
            }
        }
        let first = b"%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n";
        if !got.starts_with(first) {
            return Err(Wrong(format!("no greeting, but {}", got.escape_ascii())));
        }
        Ok(())
    }

    /// Sends a batch and checks the answers, both at once. Says how many were answered, and how many were sent whole.
    pub(crate) async fn exchange(
        &mut self,
        batch: &Batch,
        plan: &Plan,
        whims: &mut Rng,
        tally: &Tally,
    ) -> Outcome<(usize, usize)> {
        let mut ends = Vec::new();
        let mut wire = Vec::new();
        for words in &batch.asked {
            write(words, &mut wire);
            ends.push(wire.len());
        }
        let mut expected = Expected::default();
        for answer in &batch.answers {
            answer.write(self.resp3, &mut expected.pieces);
            expected.ends.push(expected.pieces.iter().map(Bytes::len).sum());
        }
        let total: usize = expected.pieces.iter().map(Bytes::len).sum();
        // Where to leave: after some of the bytes of the one, or some of the other, whichever comes first.
        let (to_write, to_read) =
            plan.leaves.map_or((wire.len(), total), |leaves| (leaves.of(wire.len()), leaves.of(total)));

        // How much was begun to be written: some of it may have gone out, even if writing is dropped.
        let sent = Cell::new(0);
        let (mut read, mut write) = self.stream.split();
        let mut cuts = whims.fork();
        let writing = async {
            while sent.get() < to_write {
                let piece = &wire[sent.get()..to_write];
                let piece = &piece[..piece.len().min(cut(&mut cuts, wire.len()))];
                sent.set(sent.get() + piece.len());
                write.write_all(piece).await?;
                match cuts.u32(..40) {
                    0..4 => yield_now().await,
                    4 => tokio::time::sleep(Duration::from_millis(1)).await,
                    _ => {}
                }
            }
            if plan.half_closes {
                write.shutdown().await?;
            }
            Ok::<_, Wrong>(())
        };
        let expected = &mut expected;
        let reading = async {
            // Byte by byte only if there are few.
            let mut block = vec![0; cut(whims, 64 << 10).max(total / 4096)];
            let mut pause = plan.pause;
            while expected.got < to_read {
                if let Some(pause) = pause.take_if(|_| whims.u32(..4) == 0) {
                    tally.pauses.add(1);
                    tokio::time::sleep(pause).await;
                }
                let reading = async { Ok(read.read(&mut block).await?) };
                let read =
                    patient(reading, NO_ANSWER).await.map_err(|wrong| batch.wrong(expected.answered(), &wrong.0))?;
                if read == 0 {
                    return Err(batch.wrong(expected.answered(), "closed with answers to come"));
                }
                tally.received.add(read);
                expected.take(&block[..read]).map_err(|wrong| batch.wrong(expected.answered(), &wrong.0))?;
            }
            Ok(())
        };
        if plan.leaves.is_some() {
            tokio::select! {
                biased;
                left = writing => left?,
                left = reading => left?,
            }
        } else {
            tokio::try_join!(writing, reading)?;
        }
        tally.sent.add(sent.get());
        let (answered, sent) = (expected.answered(), ends.partition_point(|&end| end <= sent.get()));
        tally.answers.add(answered);
        Ok((answered, sent))
    }

    /// Writes a part of a request.
    pub(crate) async fn write_part(&mut self, words: &Words, whims: &mut Rng) -> Outcome {
        let mut wire = Vec::new();
        write(words, &mut wire);
        wire.truncate(whims.usize(1..wire.len()));
        Ok(self.stream.write_all(&wire).await?)
    }

    pub(crate) async fn shutdown(&mut self) -> Outcome {
        Ok(self.stream.shutdown().await?)
    }

    /// Waits for the end of the stream.
    pub(crate) async fn ends(&mut self) -> Outcome {
        match self.stream.read_u8().await {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
            Err(error) => Err(error.into()),
            Ok(byte) => Err(Wrong(format!("{:?} at the end", char::from(byte)))),
        }
    }

    pub(crate) fn reset(self) -> Outcome {
        Ok(self.stream.set_zero_linger()?)
    }
}

/// A request, written without the help of the codec that it is to test.
fn write(words: &Words, wire: &mut Vec<u8>) {
    wire.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        wire.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        wire.extend_from_slice(word);
        wire.extend_from_slice(b"\r\n");
    }
}

/// How long a piece is: often a single byte, unless so many pieces would take too long.
fn cut(rng: &mut Rng, total: usize) -> usize {
    let most = (total / 8).max(16);
    match rng.u32(..8) {
        0 | 1 if total < 4 << 10 => 1,
        0..4 => rng.usize(1..=most.min(40) + total / 256),
        4..6 => rng.usize(1..=most),
        _ => total.max(1),
    }
}

/// The bytes of the answers.
#[derive(Default)]
struct Expected {
    pieces: Vec<Bytes>,
    /// Where each answer ends.
    ends: Vec<usize>,
    /// How many bytes have come, how many pieces, and how many bytes of the next one.
    got: usize,
    next: usize,
    inside: usize,
}

impl Expected {
    fn answered(&self) -> usize {
        self.ends.partition_point(|&end| end <= self.got)
    }

    fn take(&mut self, mut bytes: &[u8]) -> Outcome {
        while !bytes.is_empty() {
            let Some(piece) = self.pieces.get(self.next) else {
                return Err(Wrong(format!("{} bytes that answer nothing", bytes.len())));
            };
            let piece = &piece[self.inside..];
            let len = piece.len().min(bytes.len());
            let (now, later) = bytes.split_at(len);
            if now != &piece[..len] {
                let same = now.iter().zip(piece).take_while(|(got, expected)| got == expected).count();
                let around = |bytes: &[u8]| bytes[same..bytes.len().min(same + 16)].escape_ascii().to_string();
                return Err(Wrong(format!(
                    "wrong answer, at byte {} of what was asked for together: {} in place of {}",
                    self.got + same,
                    around(now),
                    around(piece)
                )));
            }
            self.got += len;
            self.inside += len;
            bytes = later;
            if len == piece.len() {
                (self.next, self.inside) = (self.next + 1, 0);
            }
        }
        Ok(())
    }
}
