//! What the messages of a file come to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::message::Message;
use super::stream::{End, Label};

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) streams: usize,
    frames: u64,
    kinds: BTreeMap<&'static str, u64>,
    pub(crate) bytes: u64,
    /// Between messages, as the format has it.
    pub(crate) skipped: u64,
    pub(crate) left_over: u64,
    /// In a direction that the codec does not read.
    pub(crate) not_asked: u64,
    /// Messages beyond the limit.
    pub(crate) not_shown: u64,
    errors: u64,
    /// The first error, with its stream.
    first: Option<(usize, String)>,
    /// What was seen of the capture, beside streams.
    pub(crate) capture: Option<Capture>,
}

/// What a capture has beside streams.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    pub(crate) packets: u64,
    /// Packets without TCP, or of connections that were not asked for.
    pub(crate) passed_over: u64,
    /// TCP in pieces of IP, which are not joined, or that cannot be read.
    pub(crate) unread: u64,
    /// Segments that had come before.
    pub(crate) again: u64,
    /// Segments that came too early.
    pub(crate) early: u64,
    /// Whether the file ends inside a packet.
    pub(crate) cut: bool,
}

impl Tally {
    pub(crate) fn message(&mut self, label: &Label, message: &Message<'_>) {
        self.frames += 1;
        *self.kinds.entry(message.walk.kind()).or_default() += 1;
        if let Some(fault) = &message.fault {
            self.error(label, fault.line());
        }
    }

    pub(crate) fn ended_badly(&mut self, label: &Label, end: &End<'_>) {
        match (end.refused, end.lost) {
            (Some(refused), _) => self.error(label, refused.fault.line()),
            (None, Some(lost)) => self.error(label, format!("{} bytes were not captured", lost.bytes)),
            (None, None) => self.error(label, format!("{} bytes are in no message", end.left_over)),
        }
    }

    fn error(&mut self, label: &Label, what: String) {
        self.errors += 1;
        self.first.get_or_insert((label.id, what));
    }

    /// Whether all of it was decoded.
    pub(crate) fn is_whole(&self) -> bool {
        let read = self.capture.as_ref().is_none_or(|capture| capture.unread == 0 && !capture.cut);
        self.errors == 0 && self.left_over == 0 && read
    }

    /// In one line.
    pub(crate) fn line(&self, codec: &str) -> String {
        let mut line = format!("{codec}: {} frames", self.frames);
        let kinds: Vec<_> = self.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        if !kinds.is_empty() {
            let _ = write!(line, " ({})", kinds.join(", "));
        }
        if let Some(capture) = &self.capture {
            let Capture { packets, passed_over, unread, again, early, cut } = capture;
            let _ = write!(line, " in {} streams of {packets} packets", self.streams);
            for (count, what) in [
                (*passed_over, "passed over"),
                (*unread, "not read"),
                (*again, "sent again"),
                (*early, "out of order"),
                (u64::from(*cut), "cut off"),
            ] {
                if count > 0 {
                    let _ = write!(line, ", {count} {what}");
                }
            }
        }
        let _ = write!(line, ", {} bytes", self.bytes);
        for (count, what) in [(self.skipped, "between frames"), (self.not_asked, "of the other side not read")] {
            if count > 0 {
                let _ = write!(line, ", {count} {what}");
            }
        }
        let _ = write!(line, ", {} left over", self.left_over);
        let _ = match (self.errors, &self.first) {
            (1, Some((_, what))) => write!(line, ", error: {what}"),
            (more @ 2.., Some((stream, what))) => {
                write!(line, ", {more} errors, the first in stream {stream}: {what}")
            }
            _ => line.write_str(", no error"),
        };
        line
    }

    /// The same for machines.
    pub(crate) fn json(&self, codec: &str) -> Value {
        let mut object = json!({
            "codec": codec,
            "streams": self.streams,
            "frames": self.frames,
            "kinds": self.kinds,
            "bytes": self.bytes,
            "between_frames": self.skipped,
            "left_over": self.left_over,
            "not_asked": self.not_asked,
            "errors": self.errors,
            "first_error": self.first.as_ref().map(|(stream, what)| json!({ "stream": stream, "what": what })),
            "whole": self.is_whole(),
        });
        if let Some(capture) = &self.capture {
            object["capture"] = json!({
                "packets": capture.packets,
                "passed_over": capture.passed_over,
                "not_read": capture.unread,
                "sent_again": capture.again,
                "out_of_order": capture.early,
                "cut_off": capture.cut,
            });
        }
        object
    }
}
