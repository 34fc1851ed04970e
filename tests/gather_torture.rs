//! `Gather::write_to` emits exactly the concatenation, in order, once, whatever the writer does.
#![cfg(feature = "testing")]

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use bytes::Bytes;
use wireview::torture::{Script, Torture};
use wireview::{FileRegion, Gather};

/// Queues a random mixture and appends the same to `expected`.
fn queue(out: &mut Gather, file: &Arc<std::fs::File>, choose: &mut impl FnMut(usize) -> usize, expected: &mut Vec<u8>) {
    for _ in 0..choose(12) {
        let len = [0, 1, 7, 40, 300, 2048, 2049, 9000][choose(8)];
        let bytes: Vec<u8> = (0..len).map(|at| (at + expected.len()) as u8).collect();
        match choose(4) {
            0 | 1 => out.copy(&bytes),
            2 => out.share(Bytes::from(bytes.clone())),
            _ => {
                let (at, len) = (choose(1000), choose(3000));
                out.file(FileRegion::new(file.clone(), at as u64, len as u64).expect("inside the file"));
                expected.extend((at..at + len).map(|at| (at / 7) as u8));
                continue;
            }
        }
        expected.extend_from_slice(&bytes);
    }
}

#[test]
fn everything_once_in_order_under_torture() {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&(0..4000).map(|at| (at / 7) as u8).collect::<Vec<u8>>()).expect("room for 4 KB");
    let file = Arc::new(file);
    let mut kinds = Vec::new();
    for seed in 0..3000_u64 {
        let mut state = seed;
        let mut choose = |below: usize| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) as usize % below
        };
        let mut writer = Torture::new(Vec::new(), Script::from_seed(seed, 60));
        if seed % 3 == 0 {
            writer = writer.flat();
        }
        let mut out = Gather::new();
        let mut expected = Vec::new();
        queue(&mut out, &file, &mut choose, &mut expected);
        let mut failures = 0;
        while let Err(error) = out.write_to(&mut writer) {
            assert_ne!(error.kind(), ErrorKind::Interrupted, "an interrupt is nobody's business");
            assert_eq!(out.size() as usize, expected.len() - writer.get_ref().len(), "seed {seed}");
            assert!(expected.starts_with(writer.get_ref()), "seed {seed}");
            if !kinds.contains(&error.kind()) {
                kinds.push(error.kind());
            }
            failures += 1;
            if failures < 5 {
                queue(&mut out, &file, &mut choose, &mut expected);
            }
        }
        assert!(out.is_empty());
        assert!(writer.get_ref() == &expected, "seed {seed}");
        assert_eq!(out.ledger().sent(), expected.len() as u64);
    }
    assert_eq!(kinds.len(), 5, "every kind of error came up: {kinds:?}");
}
