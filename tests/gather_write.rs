//! What `Gather::write_to` asks of a writer, and what it makes of the answers.
#![cfg(feature = "std")]

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

use wireview::{FileRegion, Gather};

/// Answers from a list, an error or how many bytes it takes; then takes all.
#[derive(Default)]
struct Answers {
    left: Vec<Result<usize, ErrorKind>>,
    got: Vec<u8>,
    calls: Vec<usize>,
}

impl Write for Answers {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls.push(bytes.len());
        let answer = if self.left.is_empty() { Ok(bytes.len()) } else { self.left.remove(0) };
        let taken = answer?.min(bytes.len());
        self.got.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_interrupt_is_not_told_and_any_other_error_is() {
    let mut out = Gather::new();
    out.copy(b"exactly once");
    let left = vec![
        Err(ErrorKind::Interrupted),
        Ok(3),
        Err(ErrorKind::Interrupted),
        Err(ErrorKind::WouldBlock),
        Ok(2),
        Err(ErrorKind::BrokenPipe),
    ];
    let mut writer = Answers { left, ..Answers::default() };
    for (error, sent) in [(ErrorKind::WouldBlock, 3), (ErrorKind::BrokenPipe, 5)] {
        assert_eq!(out.write_to(&mut writer).expect_err("the writer failed").kind(), error);
        assert_eq!((writer.got.len(), out.size()), (sent, 12 - sent as u64));
    }
    out.write_to(&mut writer).expect("now it takes all");
    assert_eq!(writer.got, b"exactly once");
    assert_eq!(writer.calls, [12, 12, 9, 9, 9, 7, 7]);
    assert_eq!(out.ledger().writes, 3, "a write that failed is none");
}

#[test]
fn a_file_is_written_a_quarter_of_a_mebibyte_at_a_time() {
    let mut file = tempfile::tempfile().expect("a temporary file");
    let bytes: Vec<u8> = (0..600_000_u32).map(|at| (at / 251) as u8).collect();
    file.write_all(&bytes).expect("room for it");
    let mut out = Gather::new();
    out.copy(b"head");
    out.file(FileRegion::whole(Arc::new(file)).expect("its length"));
    out.copy(b"tail");
    let mut writer = Answers::default();
    out.write_to(&mut writer).expect("it takes all");
    assert_eq!(writer.got, [b"head", &bytes[..], b"tail"].concat());
    // What lies in front of a chunk goes out by itself.
    assert_eq!(writer.calls, [4, 262_144, 262_144, 600_000 - 2 * 262_144, 4]);
    assert!(out.is_empty());
}
