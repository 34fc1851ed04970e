//! What the ledger says is what happened: addresses and an allocator that counts are the witnesses.
#![cfg(feature = "std")]

use std::alloc::System;
use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use bytes::{BufMut, Bytes};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::{Batch, Chunk, Deframer, FileRegion, Frame, Gather, Incoming, Ledger, Limits, Span};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A block is four of them, so that nothing else that is allocated is as large as one.
const READ: usize = 8 << 10;
const BLOCK: usize = 4 * READ;

/// splitmix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) as usize % end
    }
}

/// One block, as far as a reader sees it: where it begins, how long it is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Block {
    at: usize,
    capacity: usize,
}

impl Block {
    fn holds(&self, bytes: &[u8]) -> bool {
        let at = bytes.as_ptr() as usize;
        self.at <= at && at + bytes.len() <= self.at + self.capacity
    }
}

/// What a consumer keeps, and the block it was told to lie in.
enum Kept {
    Frame(Frame<Span>),
    Batch(Batch<Span>),
    Chunk(Bytes),
}

impl Kept {
    /// What is kept never changes while blocks go round: each payload is one byte, over and over.
    fn check(&self) {
        let one = |payload: &[u8]| assert!(payload.iter().all(|byte| *byte == payload[0]));
        match self {
            Self::Frame(frame) => one(frame.view()),
            Self::Batch(batch) => batch.iter().for_each(|view| one(view.expect("a message"))),
            Self::Chunk(bytes) => one(bytes),
        }
    }
}

/// The receiving half, and what a witness of addresses and allocations has to say of it.
struct Watched {
    deframer: Deframer<LengthPrefixed<U32Be>>,
    /// The block in use, and where what has been received ends in it.
    block: Block,
    end: usize,
    seen: Ledger,
    kept: VecDeque<(Block, Kept)>,
    stream: Vec<u8>,
    draw: Draw,
}

impl Watched {
    fn new(limits: Limits, seed: u64) -> Self {
        Self {
            deframer: Deframer::with_limits(LengthPrefixed::new(1 << 20), limits.reads(READ, READ)),
            block: Block { at: 0, capacity: 0 },
            end: 0,
            seen: Ledger::default(),
            kept: VecDeque::new(),
            stream: Vec::new(),
            draw: Draw(seed),
        }
    }

    /// One read, as a socket would give it.
    fn read(&mut self) {
        while self.stream.len() < READ {
            let len = [3, 60, 700, 5000, 20_000][self.draw.below(5)];
            self.stream.put_u32(len as u32);
            self.stream.resize(self.stream.len() + len, len as u8);
        }
        let pending = self.deframer.pending();
        let size = 1 + self.draw.below(READ);
        let (mut moved_to, mut block, mut took) = (0, self.block, 0);
        let before = *self.deframer.ledger();
        let region = Region::new(ALLOCATOR);
        self.deframer.read_with(|reader| {
            let (start, len) = (reader.get_ref().as_ptr() as usize, reader.get_ref().len());
            moved_to = start + len;
            block = Block { at: start, capacity: reader.get_ref().capacity() };
            took = reader.remaining_mut().min(size);
            reader.put_slice(&self.stream[..took]);
        });
        let allocated = region.change().bytes_allocated;
        let now = *self.deframer.ledger() - before;

        // Bytes have moved if they are somewhere else.
        let moved = if pending > 0 && moved_to != self.end { pending as u64 } else { 0 };
        assert_eq!(now.moved, moved, "{pending} bytes were pending");
        // A block is as much as nothing else here.
        assert_eq!(now.allocated_blocks, u64::from(allocated >= BLOCK), "{allocated} bytes were allocated");
        assert!(now.recycled_blocks == 0 || now.allocated_blocks == 0);
        // What is ahead of the consumed part belongs to the block as well.
        let same = block.at + block.capacity == self.block.at + self.block.capacity && self.block.at <= block.at;
        if !same {
            self.block = block;
        }
        self.end = moved_to + took;
        self.stream.drain(..took);
        self.seen.received += took as u64;
        self.seen.reads += u64::from(took > 0);
        self.pinned();
    }

    /// Blocks that frames keep alive, other than the one in use, are pinned.
    fn pinned(&self) {
        let mut blocks: Vec<Block> = Vec::new();
        for (block, _) in
            self.kept.iter().filter(|(block, _)| block.at + block.capacity != self.block.at + self.block.capacity)
        {
            if !blocks.iter().any(|other| other.at + other.capacity == block.at + block.capacity) {
                blocks.push(*block);
            }
        }
        let least: usize = blocks.len() * BLOCK;
        assert!(
            self.deframer.ledger().pinned >= least as u64,
            "{} pinned, {least} kept",
            self.deframer.ledger().pinned
        );
    }

    /// Books what came out by where it lies.
    fn book(&mut self, bytes: &[u8], lay_at: Option<usize>) {
        let shared = lay_at.map_or_else(|| self.block.holds(bytes), |lay_at| bytes.as_ptr() as usize == lay_at);
        if shared {
            self.seen.shared_in += bytes.len() as u64;
            self.seen.shared_frames += 1;
        } else {
            self.seen.copied_in += bytes.len() as u64;
        }
    }

    /// Takes all frames that have come, by one verb or another, and keeps some.
    fn take(&mut self, most_kept: usize) {
        loop {
            let verb = self.draw.below(6);
            let kept = if verb == 5 {
                let Some(batch) = self.deframer.batch().expect("lawful") else { return };
                let frames: Vec<&[u8]> = (0..batch.len()).map(|at| batch.bytes(at).expect("there")).collect();
                let (first, last) = (frames[0].as_ptr() as usize, frames[frames.len() - 1].as_ptr_range().end as usize);
                let all = last - first;
                assert!(frames.iter().all(|frame| self.block.holds(frame)), "a batch shares its block");
                self.seen.shared_in += all as u64;
                self.seen.shared_frames += 1;
                Kept::Batch(batch)
            } else {
                let Some(lent) = self.deframer.next().expect("lawful") else { return };
                let at = lent.bytes().as_ptr() as usize;
                let frame = match verb {
                    0 => {
                        assert!(lent.view().is_ok());
                        continue;
                    }
                    1 => lent.detach(),
                    2 => lent.keep(),
                    _ => lent.into_frame(),
                };
                let frame = frame.expect("a message");
                let bytes = frame.bytes().clone();
                self.book(&bytes, Some(at));
                Kept::Frame(frame)
            };
            self.keep(kept, most_kept);
        }
    }

    /// The same, streaming what is long.
    fn stream(&mut self, most_kept: usize) {
        loop {
            if self.deframer.is_in_body() {
                match self.deframer.chunk().expect("lawful") {
                    Chunk::Pending => return,
                    Chunk::End => {}
                    Chunk::Bytes(bytes) => {
                        assert!(self.block.holds(&bytes), "a chunk shares its block");
                        self.book(&bytes, None);
                        self.keep(Kept::Chunk(bytes), most_kept);
                    }
                }
                continue;
            }
            match self.deframer.next_or_body().expect("lawful") {
                None => return,
                Some(Incoming::Frame(lent)) => assert!(lent.view().is_ok()),
                Some(Incoming::Body { head, .. }) => {
                    let bytes = head.bytes().clone();
                    self.book(&bytes, None);
                }
            }
        }
    }

    fn keep(&mut self, kept: Kept, most: usize) {
        let inside = match &kept {
            Kept::Frame(frame) => self.block.holds(frame.bytes()),
            Kept::Batch(_) => true,
            Kept::Chunk(bytes) => self.block.holds(bytes),
        };
        if inside {
            self.kept.push_back((self.block, kept));
        }
        while self.kept.len() > most {
            let at = self.draw.below(self.kept.len());
            if let Some((_, dropped)) = self.kept.swap_remove_back(at) {
                dropped.check();
            }
        }
    }

    /// All that was booked, both ways.
    fn settle(&self) {
        let ledger = self.deframer.ledger();
        let columns = |ledger: &Ledger| {
            (ledger.received, ledger.reads, ledger.shared_frames, ledger.shared_in, ledger.copied_in, ledger.skipped)
        };
        assert_eq!(columns(ledger), columns(&self.seen));
    }
}

fn received(limits: Limits, most_kept: usize, seed: u64, take: fn(&mut Watched, usize)) -> Ledger {
    let mut watched = Watched::new(limits, seed);
    for _ in 0..400 {
        watched.read();
        take(&mut watched, most_kept);
        watched.settle();
    }
    *watched.deframer.ledger()
}

/// A writer that knows by its address whose the bytes are that it is given.
struct Customs {
    owned: Vec<(usize, usize)>,
    draw: Draw,
    copied: u64,
    shared: u64,
    writes: u64,
}

impl Write for Customs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut room = 1 + self.draw.below(20_000);
        let mut sent = 0;
        for slice in slices {
            let len = slice.len().min(room);
            let at = slice.as_ptr() as usize;
            let whose = self.owned.iter().any(|(start, long)| *start <= at && at < start + long);
            *(if whose { &mut self.shared } else { &mut self.copied }) += len as u64;
            room -= len;
            sent += len;
        }
        self.writes += 1;
        Ok(sent)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sent(seed: u64) -> Ledger {
    static FIXED: [u8; 5000] = [9; 5000];
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&[5; 50_000]).expect("written");
    let file = Arc::new(file);
    let values: Vec<Bytes> = [10, 2000, 2048, 2049, 9000, 70_000].map(|len| Bytes::from(vec![7; len])).into();
    let owned = values
        .iter()
        .map(|value| (value.as_ptr() as usize, value.len()))
        .chain([(FIXED.as_ptr() as usize, FIXED.len())]);
    let mut customs = Customs { owned: owned.collect(), draw: Draw(seed), copied: 0, shared: 0, writes: 0 };
    let mut draw = Draw(!seed);
    let mut out = Gather::new();
    let mut flat = 0;
    for _ in 0..300 {
        for _ in 0..draw.below(6) {
            let value = &values[draw.below(values.len())];
            match draw.below(6) {
                0 => out.copy(value),
                1 => out.share(value.clone()),
                2 => out.share_ref(value),
                3 => out.share_static(&FIXED),
                4 => out.file(FileRegion::new(file.clone(), 17, draw.below(40_000) as u64).expect("inside")),
                _ => out.head(|head| head.put_u64(7)),
            }
        }
        // A writer that takes one slice at a time gets copies, and is told so.
        if draw.below(3) == 0 && out.front_file().is_none() {
            let mut copy = Vec::new();
            let len = out.flatten_into(&mut copy, draw.below(5000));
            assert_eq!(len, copy.len());
            out.advance_flattened(len);
            flat += len as u64;
        }
        // What a region is read into is no one's: it counts as copied.
        out.write_to(&mut customs).expect("it takes all");
        let ledger = out.ledger();
        assert_eq!(
            (ledger.copied_out, ledger.shared_out, ledger.file_out, ledger.writes),
            (customs.copied + flat, customs.shared, 0, customs.writes)
        );
    }
    *out.ledger()
}

// One test in this file: the allocator counts for the whole process.
#[test]
fn what_is_booked_is_what_happened() {
    for seed in 0..4 {
        let roomy = received(Limits::new(), 20, seed, Watched::take);
        assert!(roomy.shared_in > 0 && roomy.copied_in > 0 && roomy.moved > 0 && roomy.recycled_blocks > 0, "{roomy}");
        // Pressed: nearly all that is small is copied.
        let pressed = received(Limits::new().max_pinned(BLOCK), 20, seed, Watched::take);
        assert!(pressed.copied_in > roomy.copied_in, "{pressed}\n{roomy}");
        // Nothing kept: nothing pinned once the blocks are looked at.
        let let_go = received(Limits::new().max_pinned(0), 0, seed, Watched::take);
        assert!(let_go.pinned <= 2 * BLOCK as u64, "{let_go}");
        let streamed = received(Limits::new().stream_above(1000), 20, seed, Watched::stream);
        assert!(streamed.shared_in > streamed.received / 2 && streamed.copied_in == 0, "{streamed}");
        let sent = sent(seed);
        assert!(sent.shared_out > 0 && sent.copied_out > 0, "{sent}");
    }
}
