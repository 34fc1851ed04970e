//! The race: frames of a length and a payload, taken by tokio_util and by wireview.
//!
//! Equal work: the same bytes in the same order, room for reads of the same size, and of each payload the length and the
//! first byte are summed up. The sum must be right.
//!
//! ```text
//!  over TCP      a thread for each contender writes the stream into its socket, when it is told to
//!  from memory   the same stream in pieces of the same size, no socket and no runtime: what framing alone costs
//! ```

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::iter::repeat_n;
use std::net::{self, TcpListener};
use std::sync::Arc;
use std::thread;

use bytes::{BufMut, BytesMut};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_util::codec::{Decoder, FramedRead, LengthDelimitedCodec};
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::tokio::Connection;
use wireview::{Deframer, Ledger, Limits};

use super::Tour;
use super::print::{self, Row};
use super::receive::{Verb, receive};

/// How large a read may be, for everyone.
const READ: usize = 64 << 10;
const LIMITS: Limits = Limits::new().reads(READ, READ);

/// The longest payload that is accepted.
const MAX: u64 = 1 << 20;

/// How often the stream is sent a round: it is short, to stay in the cache as the bytes of a socket do.
const LAPS: usize = 32;

type Prefixed = LengthPrefixed<U32Be>;
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Takes all frames of a round.
type Contender<'a> = Box<dyn FnMut() -> Outcome<Took> + 'a>;

struct Took {
    /// What the frames sum up to, if they were looked at.
    sum: Option<u64>,
    ledger: Option<Ledger>,
}

const NAMES: [&str; 5] =
    ["no framing at all", "tokio_util", Verb::Borrowed.name(), Verb::Batched.name(), Verb::Owned.name()];

pub(crate) fn run(tour: &mut Tour) -> Outcome {
    tour.bar.suspend(|| {
        println!("\nThe race: a length and a payload, the same frames for everyone, summed up and checked\n");
        println!(
            "  over TCP      FramedRead<LengthDelimitedCodec> and Connection, in reads of up to {} KiB;",
            READ >> 10
        );
        println!(
            "                sending and the kernel's copying take their part of the time, so the ratios are smaller"
        );
        println!("  from memory   LengthDelimitedCodec::decode and Deframer, fed {} KiB at a time", READ >> 10);
    });
    [64, 1024, 16 << 10].into_iter().try_for_each(|payload| heat(tour, payload))
}

/// One size of payload.
fn heat(tour: &mut Tour, payload: usize) -> Outcome {
    let Tour { runtime, checks, rounds, bar, .. } = tour;
    let stream: Arc<[u8]> = stream(payload).into();
    let lap = stream.chunks(payload + 4);
    let frames = LAPS * lap.len();
    let sum: u64 = lap.map(|frame| see(&frame[4..])).sum::<u64>() * LAPS as u64;

    let contenders = over_tcp(runtime, &stream, frames)?.into_iter().chain(from_memory(&stream));
    let mut contenders: Vec<_> = NAMES.iter().cycle().map(|name| Row::new(name, frames)).zip(contenders).collect();
    bar.set_message(format!("{} frames", print::size(payload)));
    for round in 0..=*rounds {
        for (row, contender) in &mut contenders {
            let took = row.time(round, contender)?;
            if let Some(seen) = took.sum {
                checks.check(seen == sum, || format!("{}: the frames sum up to {seen}, not {sum}", row.name));
            }
            row.ledger = took.ledger;
        }
        bar.inc(1);
    }

    let mut rows: Vec<Row> = contenders.into_iter().map(|(row, _)| row).collect();
    tour.bar.suspend(|| table(payload, &rows));
    // The sockets' books, without those of the contender that does nothing.
    rows.truncate(NAMES.len());
    rows.remove(0);
    tour.books.push((print::size(payload), rows));
    Ok(())
}

fn table(payload: usize, rows: &[Row]) {
    let (tcp, memory) = rows.split_at(NAMES.len());
    let title = format!("{} payloads", print::size(payload));
    println!("\n  {:24}{:>36}{:>38}", "", "over loopback TCP", "from memory");
    print!("  {title:24}");
    println!("{0:>12}{1:>14}{2:>10}  {0:>12}{1:>14}{2:>10}", "frames/s", "payload/s", "ratio");
    for (index, name) in NAMES.iter().enumerate() {
        let [tcp, memory] = [tcp, memory].map(|half| {
            let (rate, peer) = (half[index].rate(), half[1].rate());
            let payload = print::bytes(rate * payload as f64);
            format!("{:>12}{payload:>14}{:>8.2} x", print::count(rate), rate / peer)
        });
        println!("  {name:24}{tcp}  {memory}");
    }
}

fn over_tcp<'a>(runtime: &'a Runtime, stream: &Arc<[u8]>, frames: usize) -> io::Result<Vec<Contender<'a>>> {
    let total = LAPS * stream.len();
    let (mut io, mut go) = source(runtime, stream)?;
    let mut block = vec![0; READ];
    let alone = move || {
        go.write_all(b"!")?;
        runtime.block_on(async {
            let mut left = total;
            while left > 0 {
                match io.read(&mut block).await? {
                    0 => return Err("the stream ended".into()),
                    len => left -= len,
                }
            }
            Ok(Took { sum: None, ledger: None })
        })
    };

    let (io, mut go) = source(runtime, stream)?;
    let mut framed = FramedRead::with_capacity(io, LengthDelimitedCodec::new(), READ);
    let tokio_util = move || {
        go.write_all(b"!")?;
        runtime.block_on(async {
            let mut sum = 0;
            for _ in 0..frames {
                sum += see(&framed.next().await.ok_or("the stream ended")??);
            }
            Ok(Took { sum: Some(sum), ledger: None })
        })
    };

    let mut contenders: Vec<Contender<'a>> = vec![Box::new(alone), Box::new(tokio_util)];
    for verb in Verb::ALL {
        let (io, mut go) = source(runtime, stream)?;
        let mut conn = Connection::with_limits(io, Prefixed::new(MAX), LIMITS);
        contenders.push(Box::new(move || {
            go.write_all(b"!")?;
            let mut sum = 0;
            runtime.block_on(receive(&mut conn, verb, frames, |payload, _| sum += see(payload)))?;
            Ok(Took { sum: Some(sum), ledger: Some(conn.ledger()) })
        }));
    }
    Ok(contenders)
}

fn from_memory(stream: &[u8]) -> [Contender<'_>; 5] {
    let reads = move || repeat_n(stream, LAPS).flat_map(|lap| lap.chunks(READ));
    let took = |sum| Ok(Took { sum, ledger: None });

    let mut block = vec![0; READ];
    let alone = move || {
        reads().for_each(|read| black_box(&mut block)[..read.len()].copy_from_slice(read));
        took(None)
    };

    let (mut codec, mut buffer) = (LengthDelimitedCodec::new(), BytesMut::with_capacity(READ));
    let tokio_util = move || {
        let mut sum = 0;
        for read in reads() {
            buffer.extend_from_slice(read);
            while let Some(payload) = codec.decode(&mut buffer)? {
                sum += see(&payload);
            }
        }
        took(Some(sum))
    };

    let deframer = || Deframer::with_limits(Prefixed::new(MAX), LIMITS);
    let mut ours = deframer();
    let borrowed = move || {
        let mut sum = 0;
        for read in reads() {
            ours.feed(read);
            for payload in ours.views()? {
                sum += see(payload?);
            }
        }
        took(Some(sum))
    };
    let mut ours = deframer();
    let batched = move || {
        let mut sum = 0;
        for read in reads() {
            ours.feed(read);
            while let Some(batch) = ours.batch()? {
                for payload in &batch {
                    sum += see(payload?);
                }
            }
        }
        took(Some(sum))
    };
    let mut ours = deframer();
    let owned = move || {
        let mut sum = 0;
        for read in reads() {
            ours.feed(read);
            while let Some(lent) = ours.next()? {
                sum += see(lent.into_frame()?.view());
            }
        }
        took(Some(sum))
    };
    [Box::new(alone), Box::new(tokio_util), Box::new(borrowed), Box::new(batched), Box::new(owned)]
}

/// A socket with a thread at its far end, which sends the stream, lap after lap, for each byte that the second handle writes.
fn source(runtime: &Runtime, stream: &Arc<[u8]>) -> io::Result<(TcpStream, net::TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = net::TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    let stream = Arc::clone(stream);
    thread::spawn(
        move || {
            while far.read_exact(&mut [0]).is_ok() && (0..LAPS).all(|_| far.write_all(&stream).is_ok()) {}
        },
    );
    near.set_nonblocking(true)?;
    let _runtime = runtime.enter();
    Ok((TcpStream::from_std(near.try_clone()?)?, near))
}

/// About half a megabyte of frames.
fn stream(payload: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    for index in 0..(512 << 10) / (payload + 4) {
        stream.put_u32(payload as u32);
        stream.resize(stream.len() + payload, index as u8);
    }
    stream
}

/// What is done with each payload.
#[inline(always)]
fn see(payload: &[u8]) -> u64 {
    payload.len() as u64 + u64::from(payload[0])
}
