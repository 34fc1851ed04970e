//! The access log, in the format that Apache and nginx call combined.

use std::io::{self, Write};
use std::net::IpAddr;

use wireview_codecs::http1::Request;

/// A log that nobody takes away stops growing here.
const MAX_BUFFERED: usize = 1 << 20;

/// Lines on their way to the file. They are written by a thread of their own, so that no answer waits for a disk.
#[derive(Debug, Default)]
pub(super) struct Log {
    lines: Vec<u8>,
    /// Lines that were dropped, because those before them had not been written yet.
    pub(super) dropped: u64,
}

impl Log {
    /// Notes an answer of `len` bytes of body that was queued.
    pub(super) fn note(&mut self, peer: IpAddr, stamp: &str, request: &Request<&[u8]>, status: u16, len: u64) {
        if self.lines.len() > MAX_BUFFERED {
            self.dropped += 1;
            return;
        }
        let lines = &mut self.lines;
        // Writing to a vector does not fail.
        let _ = write!(lines, "{peer} - - [{stamp}] \"");
        escape(lines, request.method());
        lines.push(b' ');
        escape(lines, request.target());
        let _ = write!(lines, " HTTP/1.{}\" {status} {len} \"", request.minor());
        escape(lines, request.header("referer").unwrap_or(b"-"));
        lines.extend_from_slice(b"\" \"");
        escape(lines, request.header("user-agent").unwrap_or(b"-"));
        lines.extend_from_slice(b"\"\n");
    }

    /// Takes the lines away, and leaves room for as many as are in `empty`.
    pub(super) fn take(&mut self, empty: Vec<u8>) -> Vec<u8> {
        std::mem::replace(&mut self.lines, empty)
    }
}

/// Writes what was taken, and leaves `lines` empty.
pub(super) fn write(file: &mut (impl Write + ?Sized), lines: &mut Vec<u8>) -> io::Result<()> {
    let written = file.write_all(lines).and_then(|()| file.flush());
    lines.clear();
    written
}

/// A field must not end its quotes, or the line.
fn escape(line: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        match byte {
            b'"' | b'\\' | 0..0x20 | 0x7f.. => {
                let _ = write!(line, "\\x{byte:02X}");
            }
            byte => line.push(byte),
        }
    }
}
