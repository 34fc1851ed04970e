//! One direction of a connection through one codec, whichever it is.

use std::io;

use wireview::recv::Chunk;
use wireview::trace::Trace;
use wireview::{Deframer, Error, Incoming, Limits, Report};

use super::kafka::Asked;
use super::message::{Fault, Message, Walk};

/// What holds for all codecs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// The longest frame that is held in memory.
    pub(crate) max_frame: usize,
    /// How many bytes of a value are kept.
    pub(crate) cut: usize,
    /// How many fields of a message are kept.
    pub(crate) most: usize,
    /// What Kafka's responses answer.
    pub(crate) asked: Option<Asked>,
}

/// Shows a message.
pub(crate) type See<'s> = &'s mut dyn FnMut(Message<'_>) -> io::Result<()>;

/// What came of looking for a message.
#[derive(Debug)]
pub(crate) enum Step {
    /// It was shown. Behind a barrier the bytes may belong to another codec.
    Shown { barrier: bool },
    /// It has not wholly come; or there are no more, if the stream has ended.
    Waiting,
    /// The stream cannot be read from here on.
    Failed(Box<Refused>),
}

/// A frame that was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) fault: Fault,
    /// What is known of it in front of the fault, and those bytes.
    pub(crate) walk: Walk,
    pub(crate) bytes: Vec<u8>,
}

/// A codec at work, its type forgotten.
pub(crate) trait Dissect {
    /// Bytes have arrived.
    fn feed(&mut self, bytes: &[u8]);

    /// No more will.
    fn finish(&mut self);

    /// Shows the next message.
    fn step(&mut self, see: See<'_>) -> io::Result<Step>;

    /// How many bytes have come that are in no message.
    fn pending(&self) -> u64;

    /// How many bytes were passed over between messages.
    fn skipped(&self) -> u64;

    /// The bytes that are in no message, for another codec.
    fn into_rest(self: Box<Self>) -> Vec<u8>;
}

/// See [`Dissect`].
pub(crate) struct Dissector<C: Trace> {
    deframer: Deframer<C>,
    options: Options,
    fed: u64,
    count: u64,
    /// A body that goes by.
    body: Option<Body>,
}

/// A body that goes by: one that the end of the stream ends is kept if it is not too long, and shown when it is all there.
struct Body {
    offset: u64,
    /// The head, and as much of the body.
    frame: Vec<u8>,
    /// Whether the frame is kept, and has not been shown.
    kept: bool,
    len: u64,
}

impl<C: Trace + 'static> Dissector<C> {
    pub(crate) fn boxed(codec: C, options: Options) -> Box<dyn Dissect> {
        let limits = Limits::new().max_frame(options.max_frame).max_body(u64::MAX);
        let deframer = Deframer::with_limits(codec, limits);
        Box::new(Self { deframer, options, fed: 0, count: 0, body: None })
    }

    /// Takes what has come of a body. Whether it has ended.
    fn pass(&mut self, see: See<'_>) -> io::Result<Result<bool, Error>> {
        while let Some(body) = &mut self.body {
            match self.deframer.chunk() {
                Err(error) => return Ok(Err(error)),
                Ok(Chunk::Pending) => return Ok(Ok(false)),
                Ok(Chunk::Bytes(bytes)) if body.kept && body.frame.len() + bytes.len() <= self.options.max_frame => {
                    body.frame.extend_from_slice(&bytes);
                }
                Ok(Chunk::Bytes(_)) if body.kept => {
                    body.kept = false;
                    let (offset, frame, len) = (body.offset, std::mem::take(&mut body.frame), body.len);
                    self.show(offset, &frame, Some(len), see)?;
                }
                Ok(Chunk::Bytes(_)) => {}
                Ok(Chunk::End) => {
                    let Some(body) = self.body.take().filter(|body| body.kept) else { break };
                    self.show(body.offset, &body.frame, None, see)?;
                }
            }
        }
        Ok(Ok(true))
    }

    /// Shows a frame that is not lent; of one whose body is streamed, the head.
    fn show(&mut self, offset: u64, frame: &[u8], streamed: Option<u64>, see: See<'_>) -> io::Result<()> {
        let mut walk = Walk::new(self.options);
        let traced = self.deframer.codec().trace(frame, &mut walk);
        let fault = traced.err().map(|error| {
            let path = walk.stop(error.field(), error.offset());
            let (before, after) = frame.split_at(error.offset().min(frame.len()));
            let before = before[before.len().saturating_sub(16)..].to_vec();
            let after = after[..after.len().min(16)].to_vec();
            Fault { error, path, frame_at: offset, before, after, missing: None }
        });
        let index = self.count;
        self.count += 1;
        see(Message { index, offset, bytes: frame, streamed, walk, fault })
    }

    fn failed(&self, error: Error) -> Step {
        let mut walk = Walk::new(self.options);
        let pending = self.deframer.pending_bytes();
        let bytes = &pending[..pending.len().min(error.offset())];
        let report = self.deframer.report(error);
        // Of a body that goes by, what came last is no start of a frame.
        if self.body.is_none() {
            self.deframer.codec().trace_refused(pending, error, &mut walk);
        }
        let path = walk.stop(error.field(), bytes.len());
        Step::Failed(Box::new(Refused { fault: Fault::new(&report, path), walk, bytes: bytes.into() }))
    }
}

impl Fault {
    fn new(report: &Report, path: String) -> Self {
        let (before, after) = report.around();
        let (error, frame_at, missing) = (report.error(), report.frame_at(), report.missing());
        Self { error, path, frame_at, before: before.into(), after: after.into(), missing }
    }
}

impl<C: Trace + 'static> Dissect for Dissector<C> {
    fn feed(&mut self, bytes: &[u8]) {
        self.fed += bytes.len() as u64;
        self.deframer.feed(bytes);
    }

    fn finish(&mut self) {
        self.deframer.finish();
    }

    fn step(&mut self, see: See<'_>) -> io::Result<Step> {
        match self.pass(see)? {
            Ok(true) => {}
            Ok(false) => return Ok(Step::Waiting),
            Err(error) => return Ok(self.failed(error)),
        }
        match self.deframer.next_or_body() {
            Ok(None) => return Ok(Step::Waiting),
            Ok(Some(Incoming::Frame(lent))) => {
                let mut walk = Walk::new(self.options);
                // The walk tells where it has come to; `parse` has the last word.
                let traced = lent.trace(&mut walk);
                let fault = traced.and(lent.view().map(drop)).err().map(|error| {
                    let path = walk.stop(error.field(), error.offset());
                    Fault::new(&lent.report(error), path)
                });
                let (index, offset, bytes) = (self.count, lent.offset(), lent.bytes());
                self.count += 1;
                see(Message { index, offset, bytes, streamed: None, walk, fault })?;
            }
            Ok(Some(Incoming::Body { head, len })) => {
                let frame = head.bytes();
                let offset = self.fed - self.deframer.pending() as u64 - frame.len() as u64;
                let kept = len == u64::MAX;
                if !kept {
                    self.show(offset, frame, Some(len), see)?;
                }
                self.body = Some(Body { offset, frame: frame.to_vec(), kept, len });
            }
            Err(error) => return Ok(self.failed(error)),
        }
        Ok(Step::Shown { barrier: self.deframer.codec().barrier() })
    }

    fn pending(&self) -> u64 {
        let kept = self.body.as_ref().filter(|body| body.kept).map_or(0, |body| body.frame.len());
        (self.deframer.pending() + kept) as u64
    }

    fn skipped(&self) -> u64 {
        self.deframer.ledger().skipped
    }

    fn into_rest(self: Box<Self>) -> Vec<u8> {
        self.deframer.into_parts().1.into()
    }
}
