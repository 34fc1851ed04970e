//! What the send queue promises, one promise a test; `gather_model.rs` tries everything together.
#![cfg(feature = "std")]

use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use wireview::length::{U8, U16Be, U32Be, Varint};
use wireview::send::{DEFAULT_COPY_UP_TO, Owed, Shrunk};
use wireview::{Error, FileRegion, Gather, Kind};

/// `len` bytes of a temporary file that counts up.
fn region(len: u8) -> FileRegion {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&(0..=255).collect::<Vec<u8>>()).expect("room for 256 bytes");
    FileRegion::new(Arc::new(file), 0, len.into()).expect("inside the file")
}

#[test]
fn a_failed_message_gives_back_what_was_copied_before_it() {
    // The share inside closes over "kept": that must be the tail again.
    let mut out = Gather::new();
    out.copy(b"kept");
    let failed = out.message(|out| {
        out.copy(b" and lost");
        out.share(vec![1; 5000].into());
        out.file(region(10));
        out.copy(b"lost");
        Err(Error::unsupported(&"it", 0))
    });
    assert_eq!(failed, Err(Error::unsupported(&"it", 0)));
    out.copy(b", then more");
    assert_eq!(out.chunks().collect::<Vec<_>>(), [b"kept, then more"]);
    assert!(out.front_file().is_none());
}

#[test]
fn lengths_count_shared_payload_and_file_regions() {
    let mut out = Gather::new();
    out.length::<U32Be>(|out| {
        out.copy(b"abc");
        out.share(vec![1; 5000].into());
        out.file(region(100));
        out.length_plus::<Varint>(1, |out| {
            out.share(vec![2; 3000].into());
            Ok(())
        })
    })
    .expect("it fits");
    assert_eq!(out.size(), 4 + 3 + 5000 + 100 + 2 + 3000);
    assert_eq!(out.chunks().next(), Some(&b"\0\0\x1f\xa9abc"[..]));
    out.advance(4 + 3 + 5000 + 100);
    assert_eq!(out.chunks().next(), Some(&[0xb9, 0x17][..]));
}

#[test]
fn a_length_that_does_not_fit_leaves_nothing_and_says_where() {
    let mut out = Gather::new();
    out.copy(b"before");
    let error = out
        .message(|out| {
            out.copy(b"head");
            out.length::<U8>(|out| {
                out.share(vec![0; 256].into());
                Ok(())
            })
        })
        .expect_err("256 does not fit in one byte");
    assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Overflow, "length", 4));
    assert_eq!(out.chunks().collect::<Vec<_>>(), [b"before"]);

    // Counted from the outermost message, and from the length itself once that is over.
    let error = out
        .message(|out| {
            out.copy(b"head");
            out.message(|out| {
                out.copy(b"more");
                out.length_plus::<U8>(256, |_| Ok(()))
            })
        })
        .expect_err("256 does not fit in one byte");
    assert_eq!((error.kind(), error.offset()), (Kind::Overflow, 8));
    out.copy(b" ");
    let error = out.length_plus::<U16Be>(-5, |_| Ok(())).expect_err("a negative length");
    assert_eq!((error.kind(), error.offset()), (Kind::Overflow, 0));
    let five = |out: &mut Gather| {
        out.copy(b"five!");
        Ok(())
    };
    out.length_plus::<U16Be>(-5, five).expect("nothing is left to count");
    assert_eq!(out.chunks().collect::<Vec<_>>(), [b"before \0\0five!"]);
}

#[test]
fn an_encoder_that_drains_the_queue_is_told() {
    let mut out = Gather::new();
    out.copy(b"before");
    let drain = |out: &mut Gather| {
        out.advance(1);
        Ok(())
    };
    let error = out.length::<U8>(drain).expect_err("the length cannot be known");
    assert_eq!(error.kind(), Kind::Contract);

    let mut out = Gather::new();
    out.file(region(10));
    let error = out
        .message(|out| {
            out.substitute_front(Bytes::from_static(&[0, 1]));
            Err(Error::unsupported(&"it", 0))
        })
        .expect_err("it failed");
    assert_eq!(error.kind(), Kind::Contract);
    assert_eq!(out.size(), 10);

    // To forget everything is to drain it, too.
    let error = out
        .message(|out| {
            out.clear();
            Err(Error::unsupported(&"it", 0))
        })
        .expect_err("it failed");
    assert_eq!((error.kind(), out.size()), (Kind::Contract, 0));
    out.file(region(10));
    assert_eq!(out.len_slices(usize::MAX), 0, "a file region is not memory");
    out.clear();
    out.copy(b"memory");
    assert_eq!(out.len_slices(usize::MAX), 1, "and the one before is forgotten");
}

#[test]
#[should_panic(expected = "a file region is replaced by nothing")]
fn a_region_cannot_be_replaced_by_nothing() {
    let mut out = Gather::new();
    out.file(region(10));
    out.substitute_front(Bytes::new());
}

#[test]
#[should_panic(expected = "no file region is at the front of the queue")]
fn only_a_region_can_be_replaced() {
    let mut out = Gather::new();
    out.copy(b"memory");
    out.substitute_front(Bytes::from_static(b"other"));
}

#[test]
#[should_panic(expected = "advanced beyond the end of a file region")]
fn a_region_cannot_be_replaced_by_more_than_it_has() {
    let mut out = Gather::new();
    out.file(region(10));
    out.substitute_front(Bytes::from_static(&[0; 11]));
}

#[test]
fn a_shared_payload_keeps_its_address() {
    let mut out = Gather::new();
    let small = Bytes::from(vec![1; DEFAULT_COPY_UP_TO]);
    let large = Bytes::from(vec![2; DEFAULT_COPY_UP_TO + 1]);
    out.copy(b"head");
    out.share(small.clone());
    out.share(large.clone());
    let mut slices = [IoSlice::new(&[]); 4];
    assert_eq!(out.slices(&mut slices), 2);
    assert_eq!(slices[0].len(), 4 + small.len());
    assert_eq!((slices[1].as_ptr(), slices[1].len()), (large.as_ptr(), large.len()));
    assert!(small.is_unique(), "a small payload is copied and released");
    assert!(!large.is_unique());
    out.advance(4 + small.len() + 1);
    assert_eq!(out.chunks().next().map(<[u8]>::as_ptr), Some(large[1..].as_ptr()));
    out.advance(large.len() - 1);
    assert!(large.is_unique(), "what is sent is released");

    out.share_ref(&small);
    assert!(small.is_unique());
    out.share_ref(&large);
    assert_eq!(out.chunks().map(<[u8]>::as_ptr).nth(1), Some(large.as_ptr()));
    out.clear();
    assert!(large.is_unique());
    assert_eq!((out.ledger().copied_out, out.ledger().shared_out), (4 + small.len() as u64, large.len() as u64));
}

#[test]
fn more_pieces_than_writev_takes_leave_in_order() {
    struct Counting(Vec<u8>, usize);
    impl Write for Counting {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            unreachable!("the queue writes vectored")
        }
        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            assert!(slices.len() <= 1024);
            self.1 += 1;
            self.0.write_vectored(slices)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = Gather::new();
    out.set_copy_up_to(0);
    let mut expected = Vec::new();
    for number in 0..2500_u16 {
        out.copy(&number.to_be_bytes());
        out.share(vec![number as u8; 3].into());
        expected.extend_from_slice(&number.to_be_bytes());
        expected.extend_from_slice(&[number as u8; 3]);
    }
    assert_eq!(out.len_slices(usize::MAX), 5000);
    let mut writer = Counting(Vec::new(), 0);
    out.write_to(&mut writer).expect("a vector takes all");
    assert_eq!(writer.1, 5);
    assert_eq!(out.ledger().writes, 5);
    assert_eq!(writer.0, expected);
}

#[test]
fn one_call_is_not_given_more_than_two_mebibytes() {
    let payload = Bytes::from(vec![3; 1_500_000]);
    let mut out = Gather::new();
    for _ in 0..3 {
        out.share_ref(&payload);
    }
    let lens = |out: &Gather| out.with_slices(|slices| slices.iter().map(|slice| slice.len()).collect::<Vec<_>>());
    assert_eq!(lens(&out), [1_500_000, (2 << 20) - 1_500_000]);
    out.advance(2 << 20);
    let second = 3_000_000 - (2 << 20);
    assert_eq!(lens(&out), [second, (2 << 20) - second]);
    out.advance(out.size() as usize);
    assert!(lens(&out).is_empty());
    out.file(region(10));
    assert!(lens(&out).is_empty());
}

#[test]
fn a_queue_that_never_runs_empty_stays_small() {
    let mut out = Gather::new();
    let mut arena = 0;
    let mut expected = 0_u32;
    for number in 0..200_000_u32 {
        out.head(|head| {
            head.put_u32(number);
            arena = arena.max(head.capacity());
        });
        if number >= 100 {
            assert_eq!(out.memory().get_u32(), expected);
            expected += 1;
        }
    }
    assert_eq!(out.size(), 400);
    assert!(arena <= 128 * 1024, "{arena} bytes of arena where 400 wait");
}

#[test]
fn a_rare_large_round_is_given_back() {
    let mut out = Gather::new();
    let mut capacity = 0;
    let mut round = |len: usize| {
        out.copy(&vec![0; len]);
        out.advance(len);
        out.head(|head| capacity = head.capacity());
        capacity
    };
    assert!(round(3 << 20) <= 256 * 1024, "more than the high mark is never kept");
    let kept = round(700 * 1024);
    assert!(kept >= 700 * 1024, "what a steady load needs is kept");
    assert_eq!(round(500 * 1024), kept);
    assert!(round(1000) <= 256 * 1024);
    let kept = round(200 * 1024);
    assert_eq!(round(1000), kept, "256 KiB are never worth giving back");
    out.set_marks(300 * 1024, 0);
    assert!(round_of(&mut out, 300 * 1024) >= 300 * 1024, "the high mark itself is kept");
    assert!(round_of(&mut out, 301 * 1024) <= 256 * 1024);
}

/// Sends `len` bytes, and says how much arena is kept then.
fn round_of(out: &mut Gather, len: usize) -> usize {
    out.copy(&vec![0; len]);
    out.advance(len);
    out.head(|head| head.capacity())
}

#[test]
fn what_waits_moves_down_only_when_most_of_a_large_arena_was_sent() {
    let front = |out: &Gather| out.chunks().next().map(<[u8]>::as_ptr).expect("something waits");
    let mut out = Gather::new();
    out.copy(&[1; 1000]);
    let start = front(&out);
    out.advance(900);
    assert_eq!(front(&out), start.wrapping_add(900), "900 bytes are not worth it");

    let mut out = Gather::new();
    out.copy(&vec![1; 200 * 1024]);
    out.copy(b"last");
    let start = front(&out);
    out.advance(64 * 1024);
    assert_eq!(front(&out), start.wrapping_add(64 * 1024), "more waits than was sent");
    out.advance(40 * 1024);
    assert_eq!(front(&out), start, "now less does");
    assert_eq!(out.size(), 96 * 1024 + 4);
    out.advance(96 * 1024);
    assert_eq!(out.chunks().collect::<Vec<_>>(), [b"last"]);
    assert_eq!(front(&out), start);
}

#[test]
fn what_is_flattened_stays_until_it_is_taken_off() {
    let mut out = Gather::new();
    out.set_copy_up_to(0);
    out.copy(b"one ");
    out.share(Bytes::from_static(b"two "));
    out.copy(b"three");
    let mut flat = b"> ".to_vec();
    assert_eq!(out.flatten_into(&mut flat, 6), 6);
    assert_eq!(flat, b"> one tw");
    assert_eq!(out.flatten_into(&mut flat, 100), 13);
    assert_eq!((flat.len(), out.size()), (21, 13));
    out.advance_flattened(6);
    assert_eq!((out.ledger().copied_out, out.ledger().shared_out), (6, 0), "what was flattened was copied");
    out.advance(2);
    assert_eq!((out.ledger().copied_out, out.ledger().shared_out), (6, 2));
    assert_eq!(out.chunks().collect::<Vec<_>>(), [b"three"]);
    assert_eq!(out.len_slices(usize::MAX), 1);
    assert_eq!(Gather::new().flatten_into(&mut flat, 100), 0);
}

#[test]
fn memory_is_a_lawful_buf() {
    let middle: Bytes = (0..=255).cycle().take(300).collect();
    let fill = || {
        let mut out = Gather::new();
        out.set_copy_up_to(16);
        out.copy(b"head");
        out.share(middle.clone());
        out.copy(b"middle");
        out.share_static(b"more than sixteen bytes that live for ever");
        out.copy(b"tail");
        out
    };
    let mut out = fill();
    let len = out.size() as usize;
    let whole = out.memory().copy_to_bytes(len);
    assert!(out.is_empty());

    for cut in 0..=len {
        let mut out = fill();
        let mut buf = out.memory();
        assert_eq!(buf.copy_to_bytes(cut), whole[..cut]);
        assert_eq!(buf.remaining(), len - cut);
        assert_eq!(buf.has_remaining(), cut < len);

        let mut slices = [IoSlice::new(&[]); 8];
        let filled = buf.chunks_vectored(&mut slices);
        assert_eq!(slices[..filled].iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<_>>(), whole[cut..]);
        assert_eq!(&*slices[0], buf.chunk());
        assert_eq!(buf.chunks_vectored(&mut [IoSlice::new(&[])]), usize::from(cut < len));

        let mut taken = Vec::new();
        taken.put((&mut buf).take(len / 3));
        taken.put(buf.chain(&b" and on"[..]));
        assert_eq!(taken, [&whole[cut..], b" and on"].concat());
        assert!(out.is_empty());
    }

    let mut out = fill();
    out.file(region(10));
    out.copy(b"behind");
    let mut buf = out.memory();
    assert_eq!(buf.remaining(), len);
    buf.advance(len);
    assert_eq!((buf.remaining(), buf.chunk()), (0, &[][..]));
    assert_eq!(buf.chunks_vectored(&mut [IoSlice::new(&[])]), 0);
    assert_eq!(out.size(), 16);
}

#[test]
#[should_panic(expected = "advanced over more memory than is queued")]
fn memory_ends_at_a_file() {
    let mut out = Gather::new();
    out.copy(b"abc");
    out.file(region(10));
    out.memory().advance(4);
}

#[test]
#[should_panic(expected = "more bytes sent than were queued")]
fn more_cannot_be_sent_than_was_queued() {
    let mut out = Gather::new();
    out.copy(b"abc");
    out.advance(4);
}

#[test]
#[should_panic(expected = "taking away what was queued before it")]
fn a_header_cannot_take_back_what_was_queued() {
    let mut out = Gather::new();
    out.copy(b"abc");
    out.head(Vec::clear);
}

#[test]
fn a_file_that_shrank_is_an_error_and_nothing_follows_it() {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&[7; 100]).expect("room for 100 bytes");
    let file = Arc::new(file);
    assert!(FileRegion::new(file.clone(), 50, 51).is_err());
    assert!(FileRegion::new(file.clone(), 1, u64::MAX).is_err());
    let mut out = Gather::new();
    out.copy(b"head");
    out.file(FileRegion::whole(file.clone()).expect("its length is known"));
    out.copy(b"behind");
    file.set_len(60).expect("it can be cut");
    let mut written = Vec::new();
    let error = out.write_to(&mut written).expect_err("40 bytes are gone");
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(written, b"head");
    assert_eq!(out.size(), 106);
    let shrunk = Shrunk { offset: 0, wanted: 100, length: 60 };
    assert_eq!(out.torn(), Some(shrunk));
    assert_eq!(error.get_ref().and_then(|inner| inner.downcast_ref()), Some(&shrunk));
    assert_eq!(error.to_string(), "the file has shrunk to 60 bytes: 100 from offset 0 on were still to be sent");
    out.clear();
    out.copy(b"next");
    out.write_to(&mut written).expect_err("it would be taken for the rest of the file");
    assert_eq!(written, b"head");
}

#[test]
fn what_the_kernel_has_sent_is_taken_off_and_booked() {
    let mut out = Gather::new();
    out.file(region(10));
    out.copy(b"tail");
    out.advance_file(0);
    out.advance_file(4);
    assert_eq!((out.size(), out.front_file().expect("the rest").offset()), (10, 4));
    // The beginning went by another way, so the rest is not read, however short it is.
    assert_eq!(out.read_short(10, 9, |_| panic!("it is not offered")), 0);
    out.advance_file(6);
    assert!(out.front_file().is_none() && !out.has_files());
    assert_eq!((out.ledger().file_out, out.chunks().next()), (10, Some(&b"tail"[..])));
}

#[test]
#[should_panic(expected = "no file region is at the front")]
fn memory_is_not_taken_off_as_a_file() {
    let mut out = Gather::new();
    out.copy(b"memory");
    out.file(region(3));
    out.advance_file(1);
}

#[test]
#[should_panic(expected = "beyond the end of a file region")]
fn no_more_of_a_file_is_taken_off_than_it_has() {
    let mut out = Gather::new();
    out.file(region(3));
    out.advance_file(4);
}

#[test]
fn short_regions_join_the_memory_around_them() {
    let mut out = Gather::new();
    for len in [3, 5, 4, 9, 2] {
        out.copy(b"|");
        out.file(region(len));
    }
    assert_eq!(out.next_file(), out.next_file());
    assert_eq!(out.next_file().expect("the first").len(), 3);
    assert_eq!(out.read_short(5, 2, |region| region.read_front(99).ok()), 2, "no more than two were asked for");
    assert_eq!(out.read_short(5, 9, |_| None), 0, "the third was declined");
    assert_eq!(out.read_short(5, 9, |region| region.read_front(99).ok()), 1, "the fourth is too long");
    assert_eq!(out.next_file().expect("the fourth").len(), 9);
    let memory: Vec<u8> = out.chunks().collect::<Vec<_>>().concat();
    assert_eq!(memory, b"|\0\x01\x02|\0\x01\x02\x03\x04|\0\x01\x02\x03|");
    out.advance(memory.len());
    assert_eq!((out.ledger().copied_out, out.ledger().file_out), (16, 0));
    assert_eq!(out.front_file().expect("the fourth").len(), 9);
}

#[test]
#[should_panic(expected = "replaced by something else")]
fn a_short_region_is_replaced_whole() {
    let mut out = Gather::new();
    out.file(region(3));
    out.read_short(5, 1, |_| Some(Bytes::from_static(b"ab")));
}

#[test]
fn a_writer_that_takes_nothing_is_an_error() {
    let mut out = Gather::new();
    out.copy(b"abc");
    let mut full: &mut [u8] = &mut [0; 2];
    let error = out.write_to(&mut full).expect_err("there is room for two bytes");
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    assert_eq!(out.chunks().collect::<Vec<_>>(), [b"c"]);
}

#[test]
fn the_marks_are_told() {
    let mut out = Gather::new();
    out.set_marks(100, 50);
    out.copy(&[0; 50]);
    assert!(!out.is_above_low());
    out.copy(&[0; 50]);
    assert!(out.is_above_low() && !out.is_above_high());
    out.copy(&[0]);
    assert!(out.is_above_high());
}

#[test]
fn what_is_owed_goes_before_anything_that_is_queued() {
    let mut out = Gather::new();
    out.owe(10);
    out.copy(b"behind");
    let mut written = Vec::new();
    let error = out.write_to(&mut written).expect_err("it would be taken for what is owed");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(error.get_ref().and_then(|inner| inner.downcast_ref()), Some(&Owed { missing: 10 }));
    assert_eq!(error.to_string(), "10 bytes of a body are still to be sent before anything else");
    out.advance_owed(4, 5);
    assert_eq!(out.owed(), 1);
    out.write_to(&mut written).expect_err("not all has gone");
    out.advance_owed(0, 1);
    out.write_to(&mut written).expect("now it has");
    assert_eq!(written, b"behind");
    let ledger = out.ledger();
    assert_eq!((ledger.copied_out, ledger.spliced_out, ledger.sent()), (10, 6, 16));
}

#[test]
#[should_panic(expected = "something else has to be sent first")]
fn nothing_is_owed_before_what_is_queued_already() {
    let mut out = Gather::new();
    out.copy(b"first");
    out.owe(1);
}

#[test]
#[should_panic(expected = "more bytes have gone than were owed")]
fn no_more_goes_than_is_owed() {
    let mut out = Gather::new();
    out.owe(1);
    out.advance_owed(1, 1);
}
