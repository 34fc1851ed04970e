//! Frames and batches held and dropped by other threads while their deframer goes on to reuse its blocks. What a frame holds is
//! checked just before it is dropped: a block that was handed out too early, or read too late, shows here. `.ci/threads` runs
//! this under ThreadSanitizer, which sees the race even where the bytes happen to be right.
#![cfg(feature = "std")]

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use bytes::{BufMut, Bytes};
use wireview::formats::LengthPrefixed;
use wireview::length::U32Be;
use wireview::recv::Batch;
use wireview::{Deframer, Frame, Gather, Ledger, Limits, Span};

type Prefixed = LengthPrefixed<U32Be>;

const CONSUMERS: usize = 4;

/// How many frames or batches a consumer holds at a time, and how many more wait for it.
const HELD: usize = 8;
const WAITING: usize = 2;

/// Numbers drawn from a seed.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }
}

/// What the frame with this number carries: the number, then up to `longest` bytes drawn from it.
fn payload(number: u64, longest: usize) -> Vec<u8> {
    let mut dice = Dice(number);
    let len = dice.below(longest);
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize_with(8 + len, || dice.roll() as u8);
    payload
}

/// The number of a frame that holds all that it held when it came, and nothing else.
fn checked(bytes: &[u8], longest: usize) -> u64 {
    let number = u64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"));
    assert!(bytes == payload(number, longest), "frame {number} is not what came");
    number
}

/// Frames with the numbers in `numbers`, one behind the other.
fn stream(numbers: std::ops::Range<u64>, longest: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    for number in numbers {
        let payload = payload(number, longest);
        stream.put_u32(payload.len() as u32);
        stream.extend_from_slice(&payload);
    }
    stream
}

/// Lets `stream` come in reads of every size, and hands the deframer to `take` after each.
fn receive(
    deframer: &mut Deframer<Prefixed>,
    mut stream: &[u8],
    dice: &mut Dice,
    mut take: impl FnMut(&mut Deframer<Prefixed>, &mut Dice),
) {
    while !stream.is_empty() {
        deframer.read_with(|block| {
            let len = (1 + dice.below(3000)).min(block.remaining_mut()).min(stream.len());
            block.put_slice(&stream[..len]);
            stream = &stream[len..];
        });
        take(deframer, dice);
    }
}

/// Holds up to [`HELD`] of what comes, and lets go of one after the other in an order drawn from `seed`.
fn hold<T>(from: &Receiver<T>, seed: u64, mut check: impl FnMut(T)) {
    let mut dice = Dice(seed);
    let mut held = VecDeque::new();
    for one in from {
        held.push_back(one);
        while held.len() > dice.below(HELD + 1) {
            check(held.swap_remove_back(dice.below(held.len())).expect("it is held"));
        }
    }
    held.into_iter().for_each(check);
}

/// Receives `count` frames, hands what `take` makes of them to consumers in other threads, and says which frames these have
/// seen and what happened to the bytes.
fn run<T: Send>(
    count: u64,
    longest: usize,
    limits: Limits,
    mut take: impl FnMut(&mut Deframer<Prefixed>, &mut dyn FnMut(T)),
    check: impl Fn(T, &mut Vec<u64>) + Sync,
) -> (Vec<u64>, Ledger) {
    let mut deframer = Deframer::with_limits(Prefixed::new(1 << 20), limits);
    let mut seen = thread::scope(|scope| {
        let (senders, consumers): (Vec<SyncSender<T>>, Vec<_>) = (0..CONSUMERS)
            .map(|consumer| {
                let (sender, from) = sync_channel(WAITING);
                let check = &check;
                let consumer = scope.spawn(move || {
                    let mut seen = Vec::new();
                    hold(&from, consumer as u64, |one| check(one, &mut seen));
                    seen
                });
                (sender, consumer)
            })
            .unzip();
        let mut dice = Dice(1);
        for from in (0..count).step_by(100) {
            let stream = stream(from..(from + 100).min(count), longest);
            receive(&mut deframer, &stream, &mut dice, |deframer, dice| {
                take(deframer, &mut |one| senders[dice.below(CONSUMERS)].send(one).expect("it runs"));
            });
        }
        drop(senders);
        consumers
            .into_iter()
            .flat_map(|consumer| consumer.join().expect("every frame is what came"))
            .collect::<Vec<_>>()
    });
    seen.sort_unstable();
    (seen, *deframer.ledger())
}

fn small_blocks() -> Limits {
    Limits::new().reads(1024, 1024)
}

fn frames(deframer: &mut Deframer<Prefixed>, give: &mut dyn FnMut(Frame<Span>)) {
    while let Some(lent) = deframer.next().expect("sound") {
        give(lent.into_frame().expect("a message"));
    }
}

fn batches(deframer: &mut Deframer<Prefixed>, give: &mut dyn FnMut(Batch<Span>)) {
    while let Some(batch) = deframer.batch().expect("sound") {
        give(batch);
    }
}

#[test]
fn frames_are_dropped_elsewhere_while_their_blocks_go_round() {
    for longest in [40, 700, 6000] {
        let count = 4_000_000 / (longest as u64 + 1000);
        let check = |frame: Frame<Span>, seen: &mut Vec<u64>| seen.push(checked(frame.view(), longest));
        let (seen, ledger) = run(count, longest, small_blocks(), frames, check);
        assert!(seen.iter().copied().eq(0..count), "each came once");
        assert_eq!((ledger.shared_frames, ledger.copied_in), (count, 0));
        assert!(ledger.recycled_blocks > 0, "{ledger}");
        // No more blocks than can be held, and those that are looked at in vain.
        assert!(ledger.allocated_blocks < 200, "{ledger}");
    }
}

#[test]
fn under_pressure_frames_are_copied_and_blocks_given_back_as_they_are_let_go() {
    let limits = small_blocks().max_pinned(4 * 4096);
    let check = |frame: Frame<Span>, seen: &mut Vec<u64>| seen.push(checked(frame.view(), 700));
    let (seen, ledger) = run(4000, 700, limits, frames, check);
    assert!(seen.iter().copied().eq(0..4000), "each came once");
    assert_eq!(ledger.shared_in + ledger.copied_in, ledger.received);
}

#[test]
fn batches_are_read_kept_and_dropped_elsewhere_while_their_indexes_go_round() {
    let check = |batch: Batch<Span>, seen: &mut Vec<u64>| {
        let clone = batch.clone();
        // The last of a batch outlives it.
        let last = batch.frame(batch.len() - 1).expect("none is empty").expect("a message");
        drop(batch);
        seen.extend(clone.iter().map(|view| checked(view.expect("a message"), 200)));
        drop(clone);
        assert_eq!(checked(last.view(), 200), *seen.last().expect("at least one"));
    };
    let (seen, ledger) = run(5000, 200, small_blocks(), batches, check);
    assert!(seen.iter().copied().eq(0..5000), "each came once");
    assert!(ledger.recycled_blocks > 0, "{ledger}");
}

#[test]
fn one_batch_is_read_by_all() {
    let mut deframer = Deframer::with_limits(Prefixed::new(1 << 20), small_blocks());
    let mut dice = Dice(7);
    let counts = thread::scope(|scope| {
        let (senders, consumers): (Vec<SyncSender<Batch<Span>>>, Vec<_>) = (0..CONSUMERS)
            .map(|seed| {
                let (sender, from) = sync_channel(WAITING);
                let consumer = scope.spawn(move || {
                    let mut count = 0;
                    hold(&from, seed as u64, |batch: Batch<Span>| {
                        for view in &batch {
                            checked(view.expect("a message"), 300);
                            count += 1;
                        }
                    });
                    count
                });
                (sender, consumer)
            })
            .unzip();
        receive(&mut deframer, &stream(0..2000, 300), &mut dice, |deframer, _| {
            batches(deframer, &mut |batch| {
                senders.iter().for_each(|sender| sender.send(batch.clone()).expect("it runs"));
            });
        });
        drop(senders);
        consumers.into_iter().map(|consumer| consumer.join().expect("every frame is what came")).collect::<Vec<_>>()
    });
    assert_eq!(counts, [2000; CONSUMERS]);
}

#[test]
fn a_deframer_goes_from_thread_to_thread_and_its_frames_stay_behind() {
    let mut deframer = Deframer::with_limits(Prefixed::new(1 << 20), small_blocks());
    let (keep, from) = sync_channel(HELD);
    let (seen, deframer) = thread::scope(move |scope| {
        let keeper = scope.spawn(move || {
            let mut seen = 0;
            hold(&from, 3, |frame: Frame<Span>| {
                checked(frame.view(), 900);
                seen += 1;
            });
            seen
        });
        for turn in 0..20 {
            let sender = keep.clone();
            let worker = scope.spawn(move || {
                let mut kept = Vec::new();
                receive(&mut deframer, &stream(turn * 50..(turn + 1) * 50, 900), &mut Dice(turn), |deframer, dice| {
                    frames(deframer, &mut |frame| {
                        if dice.below(2) == 0 {
                            sender.send(frame).expect("it runs");
                        } else {
                            kept.push(frame);
                        }
                    });
                });
                (deframer, kept)
            });
            let kept;
            (deframer, kept) = worker.join().expect("every frame is what came");
            kept.into_iter().for_each(|frame| keep.send(frame).expect("it runs"));
        }
        drop(keep);
        (keeper.join().expect("every frame is what came"), deframer)
    });
    assert_eq!((seen, deframer.ledger().copied_in), (1000, 0));
}

#[test]
fn what_is_forwarded_leaves_from_other_threads() {
    // Each consumer shares what comes in a queue of its own, and sends it when some waits: not copied, and once.
    let mut deframer = Deframer::with_limits(Prefixed::new(1 << 20), small_blocks());
    let sent = thread::scope(|scope| {
        let (senders, consumers): (Vec<SyncSender<Bytes>>, Vec<_>) = (0..CONSUMERS)
            .map(|seed| {
                let (sender, from) = sync_channel::<Bytes>(WAITING);
                let consumer = scope.spawn(move || {
                    let (mut out, mut sent, mut dice) = (Gather::new(), Vec::new(), Dice(seed as u64));
                    for frame in from {
                        out.share(frame);
                        if dice.below(HELD) == 0 {
                            out.write_to(&mut sent).expect("memory takes all");
                        }
                    }
                    out.write_to(&mut sent).expect("memory takes all");
                    sent
                });
                (sender, consumer)
            })
            .unzip();
        let mut dice = Dice(9);
        receive(&mut deframer, &stream(0..1000, 6000), &mut Dice(8), |deframer, _| {
            frames(deframer, &mut |frame| senders[dice.below(CONSUMERS)].send(frame.bytes().clone()).expect("it runs"));
        });
        drop(senders);
        consumers.into_iter().map(|consumer| consumer.join().expect("no panic")).collect::<Vec<_>>()
    });
    let mut seen = Vec::new();
    for sent in sent {
        let mut deframer = Deframer::new(Prefixed::new(1 << 20));
        deframer.feed(&sent);
        let numbers: Vec<_> =
            deframer.views().expect("sound").map(|view| checked(view.expect("a message"), 6000)).collect();
        assert!(numbers.is_sorted(), "in order");
        seen.extend(numbers);
    }
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..1000), "each was sent once");
}

/// Connections on a runtime of several threads: tasks move between them, and frames are dropped by whoever comes last.
#[cfg(feature = "tokio")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_share_a_store_across_threads() {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use wireview::Received;
    use wireview::tokio::Connection;

    const CLIENTS: u64 = 8;
    const EACH: u64 = 200;
    const LONGEST: usize = 3000;
    let connect = |io| Connection::with_limits(io, Prefixed::new(1 << 20), small_blocks());
    // The last frame of each of sixteen slots, whoever sent it; the one that was there before is the answer.
    let store: Arc<Mutex<HashMap<u64, Frame<Span>>>> = Arc::default();
    let mut tasks = Vec::new();
    for client in 0..CLIENTS {
        let (near, far) = tokio::io::duplex(10_000);
        let (mut server, store) = (connect(near), Arc::clone(&store));
        tasks.push(tokio::spawn(async move {
            while let Some(Received { frame, mut out }) = server.next().await.expect("sound") {
                let frame = frame.into_frame().expect("a message");
                let number = checked(frame.view(), LONGEST);
                let before = store.lock().expect("no panic").insert(number % 16, frame);
                out.send(before.as_ref().map_or(&[][..], Frame::view)).expect("it fits");
            }
        }));
        let (mut answers, mut requests) = connect(far).into_split();
        tasks.push(tokio::spawn(async move {
            for number in client * EACH..(client + 1) * EACH {
                requests.send(&payload(number, LONGEST)[..]).await.expect("the server reads on");
            }
            requests.shutdown().await.expect("half closed");
        }));
        tasks.push(tokio::spawn(async move {
            let mut count = 0;
            while let Some(answer) = answers.next().await.expect("sound") {
                let answer = answer.view().expect("a message");
                assert!(answer.is_empty() || checked(answer, LONGEST) < CLIENTS * EACH);
                count += 1;
            }
            assert_eq!(count, EACH);
        }));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    let store = store.lock().expect("no panic");
    assert_eq!(store.len(), 16);
    assert!(store.iter().all(|(slot, frame)| checked(frame.view(), LONGEST) % 16 == *slot));
}
