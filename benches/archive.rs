//! Structured payloads from a stream, in reads of 16 and 64 KiB: rkyv archives read in place, and what else there is.
//!
//! Equal work: each contender takes its stream in the same pieces, copies a piece in once (as a read does), finds every frame, checks
//! or decodes all of it, and adds up fields of every record in it. Peers are framed by a `u32` in front of the message, as
//! `wireview::formats::LengthPrefixed` reads it, Cap'n Proto by a `u64` with an alignment of 8, which it needs; all of that is the cheapest
//! way they can be had here. bincode, postcard and bitcode borrow their strings. Two rows have no stream: bare `rkyv::access` on slices
//! that are aligned already, and our frames in a slice that is all there.
//!
//! `cargo bench --bench archive`, or `-- mesh` for some of it.

use std::hint::black_box;

use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;
use wireview::archive::{Archivable, Archive, ArchivedFrame, Serializable, Unopened, Writer};
use wireview::formats::LengthPrefixed;
use wireview::length::{U32Be, U64Be};
use wireview::recv::views_in;
use wireview::{Boundary, Codec, Deframer, Encode, Gather, Result, Span};
use wireview_bench_formats as formats;

mod support;
use support::thread_time;

const MAX: u64 = 1 << 20;

wireview::archive_format! {
    #[derive(rkyv::Archive, rkyv::Serialize)]
    struct Log {
        address: [u8; 4],
        identity: String,
        userid: String,
        date: String,
        request: String,
        code: u16,
        size: u64,
    }

    #[derive(rkyv::Archive, rkyv::Serialize)]
    struct Logs {
        logs: Vec<Log>,
    }

    #[derive(rkyv::Archive, rkyv::Serialize)]
    struct Mesh {
        triangles: Vec<[[f32; 3]; 4]>,
    }
}

/// What is looked at of an archived value.
trait See: Archivable + Serializable {
    fn see(archived: &Self::Archived) -> u64;
}

impl See for Log {
    #[inline(always)]
    fn see(log: &ArchivedLog) -> u64 {
        formats::see_log(log.code.to_native(), log.size.to_native(), &log.request)
    }
}

impl See for Logs {
    #[inline(always)]
    fn see(logs: &ArchivedLogs) -> u64 {
        logs.logs.iter().map(Log::see).sum()
    }
}

impl See for Mesh {
    #[inline(always)]
    fn see(mesh: &ArchivedMesh) -> u64 {
        formats::see_mesh(
            mesh.triangles.len(),
            mesh.triangles.last().map_or(0.0, |triangle| triangle[0][0].to_native()),
        )
    }
}

/// A peer: its name, its messages, how one is read, and whether it must lie at a multiple of 8.
struct Peer {
    name: &'static str,
    messages: Vec<Vec<u8>>,
    read: fn(&[u8]) -> u64,
    aligned: bool,
}

macro_rules! peers {
    ($values:ident, $write:ident, $read:ident) => {{
        let peer = |name, write: &dyn Fn(&_) -> Vec<u8>, read| Peer {
            name,
            messages: $values.iter().map(write).collect(),
            read,
            aligned: name == "capnp",
        };
        vec![
            peer("prost", &formats::prost::$write, formats::prost::$read),
            peer("flatbuffers, verified", &formats::flatbuffers::$write, formats::flatbuffers::$read),
            peer("capnp", &formats::capnp::$write, formats::capnp::$read),
            peer("bincode 2, borrowed", &formats::compact::bincode2::$write, formats::compact::bincode2::$read),
            peer("postcard, borrowed", &formats::compact::postcard1::$write, formats::compact::postcard1::$read),
            peer("bitcode, borrowed", &formats::compact::bitcode06::$write, formats::compact::bitcode06::$read),
        ]
    }};
}

fn main() {
    let bench = support::Bench::from_args("archive");
    let mut random = fastrand::Rng::with_seed(1);
    let logs: Vec<formats::Log> = (0..2000).map(|_| log(&mut random)).collect();
    let batches: Vec<_> = (0..20).map(|at| formats::Logs { logs: logs[100 * at..][..100].to_vec() }).collect();
    let mesh = |at: usize| formats::Mesh { triangles: vec![[[at as f32; 3]; 4]; 1000] };
    let meshes: Vec<_> = (0..24).map(mesh).collect();
    for read in [16 << 10, 64 << 10] {
        let peers = peers!(logs, log, read_log);
        race(
            &bench,
            &format!("one log record, reads of {} KiB", read >> 10),
            read,
            logs.iter().map(of_log),
            peers,
            6.0,
        );
        let peers = peers!(batches, logs, read_logs);
        let ours = batches.iter().map(|batch| Logs { logs: batch.logs.iter().map(of_log).collect() });
        race(&bench, &format!("100 log records, reads of {} KiB", read >> 10), read, ours, peers, 10.0);
        let peers = peers!(meshes, mesh, read_mesh);
        let ours = meshes.iter().map(|mesh| Mesh { triangles: mesh.triangles.clone() });
        race(&bench, &format!("mesh of 48 KB, reads of {} KiB", read >> 10), read, ours, peers, 10.0);
    }
    again(&bench, &logs);
}

fn log(random: &mut fastrand::Rng) -> formats::Log {
    let users = ["-", "alice", "bob", "charlotte", "mallory"];
    let paths = ["favicon.ico", "css/index.css", "img/logo-full.svg", "data/matrix.json", "rewards/2026/november"];
    let day = random.u8(1..29);
    let (hour, minute) = (random.u8(..24), random.u8(..60));
    formats::Log {
        address: [random.u8(..), random.u8(..), random.u8(..), random.u8(..)],
        identity: "-".into(),
        userid: users[random.usize(..users.len())].into(),
        date: format!("{day:02}/Nov/2026:{hour:02}:{minute:02}:00 +0000"),
        request: format!("GET /{} HTTP/1.1", paths[random.usize(..paths.len())]),
        code: random.u16(200..600),
        size: random.u64(..100_000_000),
    }
}

fn of_log(log: &formats::Log) -> Log {
    let formats::Log { address, identity, userid, date, request, code, size } = log.clone();
    Log { address, identity, userid, date, request, code, size }
}

fn race<T: See>(
    bench: &support::Bench,
    title: &str,
    read: usize,
    values: impl Iterator<Item = T>,
    peers: Vec<Peer>,
    than_prost: f64,
) {
    if !bench.wants(title) {
        return;
    }
    let mut out = Gather::new();
    let mut codec = Archive::<T>::new(MAX);
    let (mut bare, mut apart) = (Vec::new(), Vec::new());
    for value in values {
        codec.encode(&value, &mut out).expect("it fits");
        let mut archive = AlignedVec::<16>::new();
        let mut alone = Gather::new();
        Writer::new().put(&value, &mut alone).expect("an archive");
        alone.chunks().for_each(|piece| archive.extend_from_slice(piece));
        apart.push(archive);
    }
    let mut stream = AlignedVec::<16>::new();
    out.chunks().for_each(|piece| stream.extend_from_slice(piece));
    let stream = &stream[..];
    bare.extend(apart.iter().map(|archive| &archive[..]));
    let bare = &bare[..];
    let prefixed = framed(&apart.iter().map(|archive| archive.to_vec()).collect::<Vec<_>>(), false);
    let prefixed = &prefixed[..];

    let sum: u64 = bare.iter().map(|bytes| T::see(rkyv::access::<T::Archived, Failure>(bytes).expect("sound"))).sum();
    let streams: Vec<Vec<u8>> = peers.iter().map(|peer| framed(&peer.messages, peer.aligned)).collect();

    let mut race = bench.race(title, "frame", bare.len() as u64).timed_by(thread_time);
    race.add("bare rkyv::access, aligned, no stream", || {
        bare.iter()
            .map(|bytes| T::see(rkyv::access::<T::Archived, Failure>(black_box(bytes)).expect("sound")))
            .sum::<u64>()
    });
    let mut codec = Archive::<T>::new(MAX);
    race.add("wireview, all there, no stream", move || {
        views_in(&mut codec, black_box(stream))
            .map(|view| T::see(view.and_then(Unopened::<T, &[u8]>::open).expect("sound")))
            .sum::<u64>()
    });
    let mut floor = Floor::new(read);
    race.add("floor: copy-in, walk by hand, access", move || {
        floor.run(stream, read, |bytes| T::see(rkyv::access::<T::Archived, Failure>(bytes).expect("sound")))
    });
    let mut deframer = Deframer::new(Archive::<T>::new(MAX));
    race.add("wireview, views and open", move || {
        let mut sum = 0;
        for piece in black_box(stream).chunks(read) {
            deframer.feed(piece);
            for view in deframer.views().expect("sound") {
                sum += T::see(view.and_then(Unopened::<T, &[u8]>::open).expect("sound"));
            }
        }
        sum
    });
    let mut deframer = Deframer::new(Archive::<T>::new(MAX));
    race.add("wireview, next and archive", move || {
        let mut sum = 0;
        for piece in black_box(stream).chunks(read) {
            deframer.feed(piece);
            while let Some(mut lent) = deframer.next().expect("sound") {
                sum += T::see(lent.archive().expect("sound"));
            }
        }
        sum
    });
    let mut deframer = Deframer::new(Archive::<T>::new(MAX));
    race.add("wireview, into_archive", move || {
        let mut sum = 0;
        for piece in black_box(stream).chunks(read) {
            deframer.feed(piece);
            while let Some(lent) = deframer.next().expect("sound") {
                sum += T::see(&lent.into_archive().expect("sound"));
            }
        }
        sum
    });
    let mut deframer = Deframer::new(LengthPrefixed::<U32Be>::new(MAX));
    let mut aligned = AlignedVec::<16>::new();
    race.add("copy to AlignedVec, access", move || {
        each(&mut deframer, prefixed, read, |bytes| {
            aligned.clear();
            aligned.extend_from_slice(bytes);
            T::see(rkyv::access::<T::Archived, Failure>(&aligned).expect("sound"))
        })
    });
    for (peer, stream) in peers.iter().zip(&streams) {
        let see = peer.read;
        let theirs: u64 = peer.messages.iter().map(|message| see(message)).sum();
        assert_eq!(theirs, sum, "{} has read something else", peer.name);
        if peer.aligned {
            let mut deframer = Deframer::new(Eight(LengthPrefixed::new(MAX)));
            race.add(peer.name, move || each(&mut deframer, stream, read, see));
        } else {
            let mut deframer = Deframer::new(LengthPrefixed::<U32Be>::new(MAX));
            race.add(peer.name, move || each(&mut deframer, stream, read, see));
        }
    }
    let medians = race.run();
    if let [bare, there, floor, views, next, _, copied, prost, ..] = medians[..] {
        println!(
            "  all there / bare {:.2}; views / bare {:.2}, next / bare {:.2}; copied / next {:.2}",
            there / bare,
            views / bare,
            next / bare,
            copied / next
        );
        goal("next / floor, at most 1.1", next / floor, next / floor <= 1.1);
        goal(&format!("prost / next, at least {than_prost}"), prost / next, prost / next >= than_prost);
    }
}

/// Reading what is kept, once more.
fn again(bench: &support::Bench, logs: &[formats::Log]) {
    let mut out = Gather::new();
    let mut codec = Archive::<Log>::new(MAX);
    logs.iter().for_each(|log| codec.encode(&of_log(log), &mut out).expect("it fits"));
    let mut deframer = Deframer::new(codec);
    let mut kept: Vec<ArchivedFrame<Log>> = Vec::new();
    for piece in out.chunks() {
        deframer.feed(piece);
        while let Some(lent) = deframer.next().expect("sound") {
            kept.push(lent.into_archive().expect("sound"));
        }
    }
    let kept = &kept[..500];
    let title = "what is kept, read again";
    let mut race = bench.race(title, "frame", kept.len() as u64).timed_by(thread_time);
    race.add("ArchivedFrame::get", || {
        kept.iter().map(|log| u64::from(black_box(log).get().code.to_native())).sum::<u64>()
    });
    race.add("checked again by rkyv::access", || {
        let access = |log: &ArchivedFrame<Log>| {
            rkyv::access::<ArchivedLog, Failure>(log.bytes()).expect("sound").code.to_native()
        };
        kept.iter().map(|log| u64::from(access(log))).sum::<u64>()
    });
    if let [get, ..] = race.run()[..] {
        goal("read again, at most 5 ns", get, get <= 5.0);
    }
}

fn goal(what: &str, is: f64, met: bool) {
    println!("  {} {what}: {is:.2}", if met { "met:" } else { "MISSED:" });
}

/// The messages with their lengths in front of them.
fn framed(messages: &[Vec<u8>], aligned: bool) -> Vec<u8> {
    let mut stream = Vec::new();
    for message in messages {
        if aligned {
            stream.extend_from_slice(&(message.len() as u64).to_be_bytes());
        } else {
            stream.extend_from_slice(&(message.len() as u32).to_be_bytes());
        }
        stream.extend_from_slice(message);
    }
    stream
}

fn each<C: Codec<Message = Span>>(
    deframer: &mut Deframer<C>,
    stream: &[u8],
    read: usize,
    mut see: impl FnMut(&[u8]) -> u64,
) -> u64 {
    let mut sum = 0;
    for piece in black_box(stream).chunks(read) {
        deframer.feed(piece);
        for view in deframer.views().expect("sound") {
            sum += see(view.expect("sound"));
        }
    }
    sum
}

/// A format whose heads and bodies are multiples of 8.
struct Eight(LengthPrefixed<U64Be>);

impl Codec for Eight {
    type Message = Span;

    const ALIGN: usize = 8;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        self.0.delimit(input)
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        self.0.parse(frame)
    }
}

/// What a program would do that knows all that is known here, and checks nothing but the archive.
struct Floor {
    block: AlignedVec<16>,
    from: usize,
    to: usize,
}

impl Floor {
    fn new(read: usize) -> Self {
        let mut block = AlignedVec::new();
        block.resize(4 * read + (128 << 10), 0);
        Self { block, from: 0, to: 0 }
    }

    fn run(&mut self, stream: &[u8], read: usize, see: impl Fn(&[u8]) -> u64) -> u64 {
        let mut sum = 0;
        for piece in black_box(stream).chunks(read) {
            if self.to + piece.len() > self.block.len() {
                self.block.copy_within(self.from..self.to, 0);
                self.to -= self.from;
                self.from = 0;
            }
            self.block[self.to..][..piece.len()].copy_from_slice(piece);
            self.to += piece.len();
            while let Some((head, rest)) = self.block[self.from..self.to].split_first_chunk::<16>() {
                let len = u64::from_le_bytes(*head.last_chunk().expect("16 bytes")) as usize;
                let padded = len.next_multiple_of(16);
                if rest.len() < padded {
                    break;
                }
                sum += see(&rest[..len]);
                self.from += 16 + padded;
            }
        }
        sum
    }
}
