//! The receive block: how long a read is, what it costs to make room for it, which blocks are used again.
//!
//! Blocks are of 4096 bytes here, four reads of 1024, unless a long frame comes.

use bytes::BufMut;
use wireview::formats::{Fixed, LengthPrefixed};
use wireview::length::U32Be;
use wireview::{Codec, Deframer, Frame, Ledger, Limits, Span};

type Prefixed = LengthPrefixed<U32Be>;

fn prefixed(limits: Limits) -> Deframer<Prefixed> {
    Deframer::with_limits(Prefixed::new(1 << 20), limits)
}

fn small() -> Limits {
    Limits::new().reads(1024, 1024)
}

/// How many bytes the next read is offered, and how many the block has room for.
fn room<C: Codec>(deframer: &mut Deframer<C>) -> (usize, usize) {
    deframer.read_with(|block| (block.remaining_mut(), block.get_ref().capacity() - block.get_ref().len()))
}

/// Lets `bytes` come in as few reads as are offered; after each, the next frame is asked for and has not wholly come.
fn part(deframer: &mut Deframer<Prefixed>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        deframer.read_with(|block| {
            let len = bytes.len().min(block.remaining_mut());
            block.put_slice(&bytes[..len]);
            bytes = &bytes[len..];
        });
        assert!(deframer.next().expect("sound").is_none());
    }
}

/// A frame of `len` bytes, the four of its length included.
fn frame(len: usize) -> Vec<u8> {
    let mut frame = vec![7; len];
    frame[..4].copy_from_slice(&(len as u32 - 4).to_be_bytes());
    frame
}

/// Lets a frame of `len` bytes come, in reads that end with it.
fn come(deframer: &mut Deframer<Prefixed>, len: usize) -> Frame<Span> {
    let frame = frame(len);
    let mut rest = &frame[..];
    loop {
        deframer.read_with(|block| {
            let len = rest.len().min(block.remaining_mut());
            block.put_slice(&rest[..len]);
            rest = &rest[len..];
        });
        if let Some(lent) = deframer.next().expect("sound") {
            let kept = lent.into_frame().expect("a message");
            assert_eq!((&kept.bytes()[..], rest), (&frame[..], &b""[..]));
            return kept;
        }
    }
}

/// The same in one read, looked at and not kept.
fn pass(deframer: &mut Deframer<Prefixed>, len: usize) {
    deframer.read_with(|block| block.put_slice(&frame(len)));
    assert_eq!(deframer.next().expect("sound").expect("whole").bytes().len(), len);
}

/// Blocks allocated, used again, and pinned, and bytes moved.
fn blocks(ledger: &Ledger) -> (u64, u64, u64, u64) {
    (ledger.allocated_blocks, ledger.recycled_blocks, ledger.pinned, ledger.moved)
}

#[test]
fn the_last_read_of_a_block_ends_with_a_long_frame() {
    // Once 4096 bytes have come of it, a frame of 9000 lies in a block of 9216.
    for (len, came, offered, spare) in [
        (9000, 8900, 100, 316), // what would be read behind it in the rest of the block would have to move
        (8292, 8192, 1024, 1024), // the block has room for a whole read
        (1024, 504, 1024, 3592), // a frame no longer than a read may bring the next one along
        (1025, 505, 520, 3591), // a longer one does not
    ] {
        let mut deframer = prefixed(small());
        part(&mut deframer, &frame(len)[..came]);
        assert_eq!(room(&mut deframer), (offered, spare), "{came} bytes of {len}");
    }
}

#[test]
fn a_read_that_is_not_filled_or_that_ends_early_does_not_double_the_next() {
    let mut deframer = prefixed(Limits::new().reads(1024, 4096));
    let long = frame(5000);
    part(&mut deframer, &long[..4]);
    for (from, offered, to) in [
        (4, 4092, 2004),    // more than a usual read, but it was not filled
        (2004, 2996, 4004), // the same, in a longer block
        (4004, 996, 5000),  // filled, but less than a usual one
    ] {
        assert_eq!(room(&mut deframer).0, offered, "{from} bytes of 5000 have come");
        if to < 5000 {
            part(&mut deframer, &long[from..to]);
        } else {
            deframer.feed(&long[from..]);
        }
    }
    assert_eq!(blocks(deframer.ledger()), (2, 0, 4096, 2004), "the beginning moved to the longer block");
    assert_eq!(deframer.next().expect("sound").expect("whole").bytes(), long);
    assert_eq!(room(&mut deframer).0, 1024);
}

#[test]
fn a_short_read_that_was_filled_is_not_one_of_two_small_ones() {
    let mut deframer = prefixed(Limits::new().reads(256, 1024));
    let zeros = |deframer: &mut Deframer<Prefixed>, len: usize| {
        deframer.read_with(|block| block.put_bytes(0, len));
        assert_eq!(deframer.views().expect("sound").count(), len / 4);
    };
    zeros(&mut deframer, 256);
    zeros(&mut deframer, 512);
    let long = frame(2000);
    part(&mut deframer, &long[..4]);
    part(&mut deframer, &long[4..1700]);
    assert_eq!(room(&mut deframer).0, 300);
    deframer.feed(&long[1700..]);
    assert!(deframer.next().expect("sound").is_some());
    // 300 bytes were asked for and came. One small read, then a second.
    zeros(&mut deframer, 100);
    assert_eq!(room(&mut deframer).0, 1024);
    zeros(&mut deframer, 100);
    assert_eq!(room(&mut deframer).0, 512);
}

#[test]
fn little_that_is_pending_goes_to_the_front_if_it_leads_far_back() {
    // 200 bytes of a frame: behind 3200 that are gone, and behind 3199.
    for (front, moved) in [(3200, 200), (3199, 0)] {
        let mut deframer = prefixed(small());
        deframer.feed(&[frame(1000), frame(1000), frame(front - 2000), frame(400)[..200].to_vec()].concat());
        assert_eq!(deframer.views().expect("sound").count(), 3);
        let before = *deframer.ledger();
        let (_, spare) = room(&mut deframer);
        assert_eq!(deframer.ledger().moved - before.moved, moved, "{front}");
        assert_eq!(deframer.ledger().allocated_blocks, before.allocated_blocks);
        if moved > 0 {
            assert!(spare >= 4096 - 200, "it lies at the front: {spare}");
        }
    }
    // Cheap to move is at most 1024 bytes, however far it leads.
    for (len, moved) in [(1024, 1024), (1025, 0)] {
        let mut deframer = prefixed(Limits::new().reads(8192, 8192));
        for _ in 0..3 {
            deframer.read_with(|block| block.put_slice(&frame(7000)));
        }
        deframer.read_with(|block| block.put_slice(&frame(2000)[..len]));
        assert_eq!(deframer.views().expect("sound").count(), 3);
        room(&mut deframer);
        assert_eq!(deframer.ledger().moved, moved);
    }
}

#[test]
fn where_too_little_of_a_block_is_left_what_is_pending_moves_within_it() {
    // 3400 bytes are gone, 600 are pending, 96 are free: less than half a read.
    let mut deframer = prefixed(small());
    for _ in 0..4 {
        deframer.read_with(|block| block.put_slice(&frame(850)));
    }
    deframer.read_with(|block| block.put_slice(&frame(700)[..600]));
    assert_eq!(deframer.views().expect("sound").count(), 4);
    assert_eq!(room(&mut deframer), (1024, 4096 - 600));
    assert_eq!(blocks(deframer.ledger()), (1, 0, 0, 600), "no block was needed");
}

#[test]
fn a_read_has_at_least_half_of_its_length() {
    for (left, expected) in [(512, (512, 512)), (511, (1024, 4096))] {
        let mut deframer = prefixed(small());
        let mut kept: Vec<_> = (0..3).map(|_| come(&mut deframer, 1000)).collect();
        kept.push(come(&mut deframer, 1096 - left));
        assert_eq!(room(&mut deframer), expected, "{left} bytes are left behind frames that are kept");
        assert_eq!(deframer.ledger().allocated_blocks, if left == 512 { 1 } else { 2 });
    }
}

#[test]
fn a_long_frame_begins_where_it_fits() {
    // Two long frames, and up to sixty short ones between them.
    for between in 0..60 {
        let mut deframer = prefixed(small());
        let mut kept = vec![come(&mut deframer, 3004)];
        kept.extend((0..between).map(|_| come(&mut deframer, 100)));
        kept.push(come(&mut deframer, 3004));
        assert_eq!(deframer.ledger().moved, 0, "with {between} between them");
    }
}

#[test]
fn that_long_frames_come_is_forgotten_in_time() {
    let mut deframer = prefixed(small());
    let mut kept = vec![come(&mut deframer, 3004)];
    let mut allocated = |frames: usize| {
        let before = deframer.ledger().allocated_blocks;
        kept.extend((0..frames).map(|_| come(&mut deframer, 100)));
        deframer.ledger().allocated_blocks - before
    };
    // Where room for a long one is held ready, eleven short ones use up a block; where it is not, thirty-six.
    assert!((3..=5).contains(&allocated(44)));
    allocated(90);
    assert_eq!(allocated(72), 2);
}

#[test]
fn the_block_of_a_long_frame_is_given_back_and_pins_nothing() {
    let mut deframer = prefixed(small());
    drop(come(&mut deframer, 100_000));
    let (held, pinned) = (room(&mut deframer).1, deframer.ledger().pinned);
    assert!(held > 8 * 4096, "{held}");
    for _ in 0..200 {
        pass(&mut deframer, 100);
    }
    assert_eq!(room(&mut deframer).1, 4096);
    assert!(deframer.ledger().pinned <= pinned, "{pinned} before, then {}", deframer.ledger());
}

#[test]
fn a_block_that_is_far_too_large_is_not_used_again() {
    let mut deframer = prefixed(small());
    // Two of them, so that the block of the first is retired.
    let mut kept = vec![come(&mut deframer, 100_000), come(&mut deframer, 100_000)];
    kept.extend((0..500).map(|_| come(&mut deframer, 100)));
    let pinned = deframer.ledger().pinned;
    kept.drain(..2);
    for _ in 0..100 {
        kept.push(come(&mut deframer, 100));
        assert!(room(&mut deframer).1 <= 8 * 4096);
    }
    assert!(deframer.ledger().pinned < pinned - 50_000, "{}", deframer.ledger());
    assert_eq!(deframer.ledger().recycled_blocks, 0, "{}", deframer.ledger());
}

#[test]
fn what_is_free_is_given_back_above_the_limit_and_counted_to_the_block() {
    // Frames that fill half a block; the limit is two blocks.
    let limits = small().max_pinned(2 * 4096);
    for (frames, pinned, left) in [(5, 2, 2), (7, 3, 1)] {
        let mut deframer = prefixed(limits);
        let mut kept: Vec<_> = (0..frames).map(|_| come(&mut deframer, 2048)).collect();
        assert_eq!(deframer.ledger().pinned, pinned * 4096);
        // Of the first block a frame is kept, of the others none.
        kept.truncate(1);
        room(&mut deframer);
        assert_eq!(deframer.ledger().pinned, left * 4096, "after {frames} frames");
    }
}

#[test]
fn what_was_not_earned_is_no_block_used_again() {
    let mut deframer = Deframer::with_limits(Fixed::new(5000), small());
    assert!(deframer.next().expect("nothing has come").is_none());
    for _ in 0..3 {
        assert_eq!(room(&mut deframer), (1024, 4096));
    }
    assert_eq!(blocks(deframer.ledger()), (1, 0, 0, 0));
}
