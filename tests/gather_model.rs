//! The send queue against a plain list of bytes.
#![cfg(feature = "std")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

#[path = "models/gather.rs"]
mod model;
use model::{COPY_UP_TO, Op, PATTERN, Part, Put, run};

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![4 => 0..=COPY_UP_TO + 1, 3 => 17..200_usize, 1 => 200..700_usize]
        .prop_flat_map(|len| (0..PATTERN.len() - len, Just(len)))
}

fn put() -> impl Strategy<Value = Put> {
    let leaf = prop_oneof![
        4 => part().prop_map(Put::Copy),
        2 => part().prop_map(Put::Head),
        4 => part().prop_map(Put::Share),
        1 => part().prop_map(Put::ShareRef),
        1 => part().prop_map(Put::Static),
        1 => part().prop_map(Put::File),
        1 => prop::collection::vec(part(), 0..5).prop_map(Put::Rope),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let inside = prop::collection::vec(inner, 0..5);
        let fails = prop::bool::weighted(0.1);
        let plus = prop_oneof![3 => Just(0), 1 => -20..70_000_i64];
        prop_oneof![
            3 => (0..14_u8, plus, inside.clone(), fails)
                .prop_map(|(field, plus, inside, fails)| Put::Length { field, plus, inside, fails }),
            1 => (inside, fails).prop_map(|(inside, fails)| Put::Message { inside, fails }),
        ]
    })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => put().prop_map(Op::Put),
        4 => (0..20_000_u16).prop_map(Op::Advance),
        1 => Just(Op::Advance(u16::MAX)),
        3 => any::<u16>().prop_map(Op::AdvanceMemory),
        2 => any::<u16>().prop_map(Op::Flatten),
        3 => any::<u16>().prop_map(Op::Substitute),
        3 => any::<u16>().prop_map(Op::AdvanceFile),
        2 => any::<(u16, u16)>().prop_map(|(max, count)| Op::ReadShort { max, count }),
        1 => Just(Op::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn agrees_with_a_list_of_bytes(ops in prop::collection::vec(op(), 0..40)) {
        run(&ops);
    }
}
