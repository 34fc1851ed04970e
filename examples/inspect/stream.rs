//! A stream of bytes: a file, or one direction of a connection.

use std::collections::VecDeque;
use std::io;

use super::dissect::{Dissect, Refused, Step};
use super::show::Show;
use super::tally::Tally;

/// What is shown of a stream's name.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// Its number in the file.
    pub(crate) id: usize,
    /// What it is called.
    pub(crate) name: String,
}

/// Where the messages go.
pub(crate) struct Out<'o> {
    pub(crate) show: &'o mut dyn Show,
    pub(crate) tally: &'o mut Tally,
    /// How many messages may still be shown.
    pub(crate) left: &'o mut u64,
}

/// Bytes that a capture does not have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost {
    /// How many, so far as that is known.
    pub(crate) bytes: u64,
    /// How many have come behind them.
    pub(crate) behind: u64,
}

/// How a stream ended, if not well.
#[derive(Debug)]
pub(crate) struct End<'e> {
    pub(crate) refused: Option<&'e Refused>,
    pub(crate) lost: Option<Lost>,
    /// Bytes that are in no message.
    pub(crate) left_over: u64,
}

/// A stream on its way through one codec, or through several, one behind the other.
pub(crate) struct Stream {
    label: Label,
    dissector: Option<Box<dyn Dissect>>,
    then: VecDeque<Box<dyn Dissect>>,
    /// Where the stream was when the codec took over.
    base: u64,
    bytes: u64,
    frames: u64,
    failed: Option<Box<Refused>>,
}

impl Stream {
    pub(crate) fn new(label: Label, dissector: Option<Box<dyn Dissect>>, then: VecDeque<Box<dyn Dissect>>) -> Self {
        Self { label, dissector, then, base: 0, bytes: 0, frames: 0, failed: None }
    }

    /// Bytes have arrived.
    pub(crate) fn arrive(&mut self, bytes: &[u8], out: &mut Out<'_>) -> io::Result<()> {
        let Some(dissector) = &mut self.dissector else {
            out.tally.not_asked += bytes.len() as u64;
            return Ok(());
        };
        self.bytes += bytes.len() as u64;
        out.tally.bytes += bytes.len() as u64;
        if self.failed.is_none() {
            dissector.feed(bytes);
            self.run(out)?;
        }
        Ok(())
    }

    /// No more will come; in a capture, perhaps because bytes are `lost`.
    pub(crate) fn end(&mut self, lost: Option<Lost>, out: &mut Out<'_>) -> io::Result<()> {
        let Some(dissector) = &mut self.dissector else { return Ok(()) };
        if self.failed.is_none() {
            // What ends because bytes are missing has not ended.
            if lost.is_none() {
                dissector.finish();
            }
            self.run(out)?;
        }
        let Some(dissector) = self.dissector.take() else { return Ok(()) };
        out.tally.skipped += dissector.skipped();
        // Of a fault, what the codec had not taken when it was found, and all that came behind it.
        let taken = match &self.failed {
            Some(refused) => refused.fault.frame_at,
            None => self.bytes - dissector.pending(),
        };
        let left_over = self.bytes.saturating_sub(taken) + lost.map_or(0, |lost| lost.behind);
        out.tally.bytes += lost.map_or(0, |lost| lost.behind);
        out.tally.left_over += left_over;
        if self.failed.is_some() || lost.is_some() || left_over > 0 {
            let end = End { refused: self.failed.as_deref(), lost, left_over };
            out.tally.ended_badly(&self.label, &end);
            out.show.end(&self.label, &end)?;
        }
        Ok(())
    }

    fn run(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        while let Some(dissector) = &mut self.dissector {
            let (label, base, frames) = (&self.label, self.base, &mut self.frames);
            let step = dissector.step(&mut |message| {
                *frames += 1;
                let message = message.moved(base, *frames - 1);
                out.tally.message(label, &message);
                if *out.left == 0 {
                    out.tally.not_shown += 1;
                    return Ok(());
                }
                *out.left -= 1;
                out.show.message(label, &message)
            })?;
            match step {
                Step::Waiting => break,
                Step::Failed(mut refused) => {
                    refused.fault.frame_at += self.base;
                    self.failed = Some(refused);
                    break;
                }
                Step::Shown { barrier: false } => {}
                Step::Shown { barrier: true } => self.switch(out),
            }
        }
        Ok(())
    }

    /// Behind a barrier the next codec goes on, if there is one; else the same, which tells what it makes of it.
    fn switch(&mut self, out: &mut Out<'_>) {
        let Some(mut next) = self.then.pop_front() else { return };
        let Some(dissector) = self.dissector.take() else { return };
        out.tally.skipped += dissector.skipped();
        let rest = dissector.into_rest();
        self.base = self.bytes - rest.len() as u64;
        next.feed(&rest);
        self.dissector = Some(next);
    }
}
