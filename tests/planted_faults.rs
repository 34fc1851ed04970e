//! Planted faults, and which law finds each.
#![cfg(all(feature = "testing", feature = "tokio"))]

use std::collections::VecDeque;

use wireview::Gather;
use wireview::laws::{self, Draw, Law, Laws, Violation};

mod planted;
use planted::{Bug, Planted, PlantedQueue, PlantedSender, Publish, QueueBug};

/// Lawful frames, noise, a refused topic, and an empty topic; errors at the end.
const SEEDS: &[&[u8]] = &[
    b"#\0\0\0\x08\x03topabcd.#\0\0\0\x04\x00abc",
    b"...#\0\0\0\x03\x02~a#\0\0\0\x05\x04news",
    b"#\0\0\0\x01\x00~",
    b"#\0\0\0\0",
    b"x?!",
    b"#\xff\xff\xff\xfe\x03",
    b"#\0\0\0\x02\x09a",
];

fn find(laws: &Laws, bug: Bug) -> Option<Box<Violation>> {
    let codec = || Planted::new(bug);
    SEEDS.iter().find_map(|seed| laws.verify(codec, seed).err().or_else(|| laws.verify_round_trip(codec, seed).err()))
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let laws = Laws::all().canonical();
    assert!(find(&laws, Bug::None).is_none());
    let shared: u64 = SEEDS.iter().map(|seed| laws.check_round_trip(|| Planted::new(Bug::None), seed).shared).sum();
    assert!(shared > 0);
    for mutant in laws::mutants(SEEDS, 5000) {
        laws.check(|| Planted::new(Bug::None), &mutant);
        laws.check_round_trip(|| Planted::new(Bug::None), &mutant);
    }
}

#[test]
fn every_planted_fault_is_found_by_its_law() {
    let laws = Laws::all().canonical();
    for (bug, law) in Bug::ALL {
        // Its counter is the global allocator: `tests/laws_alloc.rs`.
        if *law == Law::Allocation {
            continue;
        }
        let violation = find(&laws, *bug).unwrap_or_else(|| panic!("{bug:?} is not found"));
        assert_eq!(violation.law(), *law, "{bug:?}: {violation}");
        assert!(violation.cuts().len() <= 2, "{bug:?}: {violation}");
        let told = violation.to_string();
        assert!(told.contains(law.sentence()) && told.contains("       0  "), "{told}");
    }
}

/// Encoder and decoder are symmetric in this one: only what was meant tells.
#[test]
fn a_message_that_does_not_come_back_is_found_by_what_it_was() {
    let message = |draw: &mut Draw<'_>| Publish {
        topic: draw.text(9, b"abc").into(),
        payload: draw.bytes(50).into(),
        swaps: false,
        number: 0,
    };
    let made = Laws::all().canonical().check_generated(|| Planted::new(Bug::None), 300, message);
    assert!(made.messages > 300 && made.spoiled > 300, "{made:?}");
    let lost =
        std::panic::catch_unwind(|| Laws::all().check_generated(|| Planted::new(Bug::LostOnEncode), 300, message));
    let told = lost.expect_err("a payload of three bytes is lost");
    assert!(told.downcast_ref::<String>().is_some_and(|told| told.contains("came back as")), "{told:?}");
}

#[test]
fn a_law_that_is_switched_off_finds_nothing() {
    for (bug, law) in Bug::ALL.iter().filter(|(_, law)| !matches!(law, Law::NoPanic | Law::Inside)) {
        let laws = Laws::all().canonical().without(*law, "to see what else is found");
        if let Some(other) = find(&laws, *bug) {
            assert_ne!(other.law(), *law, "{other}");
        }
    }
}

#[test]
fn planted_queues_are_found() {
    let scripts: Vec<Vec<u8>> =
        (0..40_u8).map(|seed| (0..60_u8).map(|at| seed.wrapping_mul(37) ^ at.wrapping_mul(5)).collect()).collect();
    let find = |bug| {
        let queue = || PlantedQueue(bug, VecDeque::new());
        scripts.iter().find_map(|script| laws::verify_queue(queue, script).err())
    };
    assert!(find(QueueBug::None).is_none());
    for bug in QueueBug::ALL {
        let violation = find(bug).unwrap_or_else(|| panic!("{bug:?} is not found"));
        assert_eq!(violation.law(), Law::Once);
    }
    // Writes the same seven bytes for ever: a fuzzer ran out of memory on this one.
    let endless = laws::verify_queue(|| PlantedQueue(QueueBug::ShortWriteTwice, VecDeque::new()), b"\x0a\x15\x0a0\x7f");
    assert_eq!(endless.expect_err("it never ends").law(), Law::Once);
    scripts.iter().for_each(|script| laws::verify_queue(Gather::new, script).expect("the real one"));

    let sender = |lossy| {
        let make = |io| PlantedSender { lossy, queue: VecDeque::new(), io };
        scripts.iter().find_map(|script| laws::verify_cancel(make, script).err())
    };
    assert!(sender(false).is_none());
    assert_eq!(sender(true).expect("`write_all` loses what it has taken").law(), Law::Cancel);
}
