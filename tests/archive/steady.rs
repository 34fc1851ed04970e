//! 100,000 archives of random sizes, cut at random places, so many of them held: what is asked of every allocator.

use std::collections::VecDeque;

use bytes::BufMut;
use wireview::archive::{Archive, ArchivedFrame};
use wireview::{Deframer, Encode, Gather, Limits};

const FRAMES: usize = 100_000;
const LONGEST: u64 = 48 << 10;

wireview::archive_format! {
    #[derive(rkyv::Archive, rkyv::Serialize)]
    pub(crate) struct Record {
        pub(crate) id: u128,
        pub(crate) text: String,
        pub(crate) tags: Vec<String>,
    }
}

/// Frames as they go over the wire, of lengths whose logarithm is uniform.
pub(crate) fn frames(random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
    let mut codec = Archive::<Record>::new(1 << 20);
    let frame = |id: usize| {
        let len = (random.f64() * (LONGEST as f64).ln()).exp() as usize;
        let tags = (0..random.usize(..4)).map(|tag| "tag".repeat(tag * random.usize(..5))).collect();
        let mut out = Gather::new();
        codec.encode(&Record { id: id as u128, text: "x".repeat(len), tags }, &mut out).expect("an archive");
        out.chunks().collect::<Vec<_>>().concat()
    };
    (0..1000).map(frame).collect()
}

/// What a program allocated and asked for again, so far.
pub(crate) type Allocations = fn() -> usize;

/// One connection that has seen its load; the last `hold` archives are held, or each is only looked at.
pub(crate) fn run(allocations: Allocations, read: usize, hold: usize) {
    let mut random = fastrand::Rng::with_seed(read as u64);
    let frames = frames(&mut random);
    let mut deframer = Deframer::with_limits(Archive::<Record>::new(1 << 20), Limits::new().reads(read, read));
    let mut held: VecDeque<ArchivedFrame<Record>> = VecDeque::with_capacity(hold + 1);
    let mut stream = Vec::with_capacity(32 * frames.iter().map(Vec::len).max().expect("frames"));
    let (mut sent, mut taken) = (VecDeque::with_capacity(10_000), 0);
    let (mut before, mut counted) = (0, None);
    while taken < 2 * FRAMES {
        if counted.is_none() && taken >= FRAMES {
            counted = Some((allocations(), *deframer.ledger()));
        }
        stream.clear();
        for _ in 0..20 {
            let index = random.usize(..frames.len());
            stream.extend_from_slice(&frames[index]);
            sent.push_back(index);
        }
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (pending, moved) = (deframer.pending(), deframer.ledger().moved);
            deframer.read_with(|block| {
                let len = random.usize(1..=block.remaining_mut().min(rest.len()));
                block.put_slice(&rest[..len]);
                rest = &rest[len..];
            });
            // All whole frames had been taken, so what is moved is the partial one; twice, if its new place is not aligned.
            let moved = deframer.ledger().moved - moved;
            assert!(moved == 0 || moved == pending as u64 || moved == 2 * pending as u64, "{moved} of {pending}");
            while let Some(mut lent) = deframer.next().expect("a sound stream") {
                assert!(lent.bytes().as_ptr().addr().is_multiple_of(16), "not aligned, at {}", lent.offset());
                before += lent.bytes().len() as u64;
                let id = sent.pop_front().expect("it was sent") as u128;
                taken += 1;
                if hold == 0 {
                    assert_eq!(lent.archive().expect("an archive").id.to_native(), id);
                    continue;
                }
                let kept = lent.into_archive().expect("an archive");
                assert_eq!(kept.id.to_native(), id);
                held.push_back(kept);
                if held.len() > hold {
                    let last = held.pop_front().expect("not empty");
                    assert!(last.text.len() as u64 <= LONGEST);
                }
            }
        }
    }
    let (allocated, then) = counted.expect("half of them have come");
    let (now, allocated) = (*deframer.ledger() - then, allocations() - allocated);
    println!("reads of {read}, {hold} held: {allocated} allocations for {FRAMES} archives\n{now}");
    assert_eq!(allocated, 0, "{now}");
    assert_eq!((now.copied_in, now.realigned, now.allocated_blocks), (0, 0, 0), "{now}");
    if hold > 0 {
        assert!(now.shared_frames >= FRAMES as u64 - 1000 && now.recycled_blocks > 0, "{now}");
    }
    // Where blocks begin at the wrong address, what goes back to the front moves twice.
    assert!(now.moved * 10 < now.received, "{now}");
    assert!(before > 0);
}
