//! A codec with one fault at a time, and send queues with theirs. Used by `tests/planted_faults.rs` and by the fuzz target `planted`.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, Write};

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use wireview::laws::{Law, Queue, Sender};
use wireview::torture::Torture;
use wireview::{Boundary, Codec, Encode, Error, Gather, Holder, Outgoing, Result, Span, Wire};

/// What is wrong with a [`Planted`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bug {
    None,
    NeedOffByOne,
    NeedTooLarge,
    EmptyFrame,
    SkipOfNothing,
    SplitDependentState,
    StateLeftBehind,
    LengthOverflow,
    SliceOutOfRange,
    AllocationByDeclaredLength,
    LateError,
    MovingErrorOffset,
    ErrorBehindTheFrame,
    HolderDiffers,
    FieldOutside,
    ParseRemembers,
    LostOnEncode,
    NonCanonical,
    HolderChangesEncoding,
    PayloadCopied,
    ChunkOutOfPlace,
}

impl Bug {
    /// Each with the law that finds it.
    pub(crate) const ALL: &[(Self, Law)] = &[
        (Self::NeedOffByOne, Law::NeedUnderstated),
        (Self::NeedTooLarge, Law::NeedOverstated),
        (Self::EmptyFrame, Law::Progress),
        (Self::SkipOfNothing, Law::Progress),
        (Self::SplitDependentState, Law::SplitInvariance),
        (Self::StateLeftBehind, Law::SplitInvariance),
        (Self::LengthOverflow, Law::NoPanic),
        (Self::SliceOutOfRange, Law::NoPanic),
        (Self::AllocationByDeclaredLength, Law::Allocation),
        (Self::LateError, Law::ErrorPlace),
        (Self::MovingErrorOffset, Law::ErrorPlace),
        (Self::ErrorBehindTheFrame, Law::ErrorPlace),
        (Self::HolderDiffers, Law::Holders),
        (Self::FieldOutside, Law::Inside),
        (Self::ParseRemembers, Law::Pure),
        (Self::LostOnEncode, Law::RoundTrip),
        (Self::NonCanonical, Law::Canonical),
        (Self::HolderChangesEncoding, Law::EncodeHolders),
        (Self::PayloadCopied, Law::ZeroCopyOut),
        (Self::ChunkOutOfPlace, Law::SplitInvariance),
    ];
}

/// ```text
/// ┌─────┬─────────────┬──────────────────┬───────┬─────────┐
/// │ '#' │ length: u32 │ topic length: u8 │ topic │ payload │    '.' between frames is noise, '~' in a topic is refused
/// └─────┴─────────────┴──────────────────┴───────┴─────────┘
///                     └───────────── length ───────────────┘
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    bug: Bug,
    calls: u32,
    seen: usize,
    parsed: Cell<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Publish<B> {
    pub(crate) topic: B,
    pub(crate) payload: B,
    /// Whether `map` swaps the fields.
    pub(crate) swaps: bool,
    pub(crate) number: u32,
}

impl Wire for Publish<Span> {
    type Of<B: Holder> = Publish<B>;

    fn map<A: Holder, B: Holder>(message: Publish<A>, f: &mut impl FnMut(A) -> B) -> Publish<B> {
        let Publish { topic, payload, swaps, number } = message;
        if swaps {
            // Twice is right again: only who looks after one step sees it.
            let (payload, topic) = (f(topic), f(payload));
            return Publish { topic, payload, swaps, number };
        }
        Publish { topic: f(topic), payload: f(payload), swaps, number }
    }
}

impl Planted {
    pub(crate) fn new(bug: Bug) -> Self {
        Self { bug, calls: 0, seen: 0, parsed: Cell::new(0) }
    }

    fn boundary(&mut self, input: &[u8]) -> Result<Boundary> {
        let noise = input.iter().take_while(|byte| **byte == b'.').count();
        if noise > 0 {
            return Ok(Boundary::Skip(if self.bug == Bug::SkipOfNothing && noise == 3 { 0 } else { noise as u64 }));
        }
        let Some(&mark) = input.first() else { return Ok(Boundary::Need(1)) };
        if mark != b'#' {
            let offset = if self.bug == Bug::MovingErrorOffset { input.len().min(3) } else { 0 };
            return Err(Error::malformed(&"mark", offset));
        }
        let Some(&[_, a, b, c, d]) = input.first_chunk() else {
            let need = match self.bug {
                Bug::NeedOffByOne if input.len() == 4 => 4,
                Bug::NeedTooLarge => 7,
                _ => 5,
            };
            // Remembers that it has been here, and forgets to forget it.
            self.seen += usize::from(self.bug == Bug::StateLeftBehind);
            return Ok(Boundary::Need(need));
        };
        let len = u32::from_be_bytes([a, b, c, d]);
        if self.bug == Bug::EmptyFrame && len == 0 {
            return Ok(Boundary::Frame { head: 0, body: 0, tail: 0 });
        }
        if self.bug == Bug::LengthOverflow {
            let total = len + 5;
            return Ok(Boundary::Frame { head: 5, body: u64::from(total - 5), tail: 0 });
        }
        if self.bug == Bug::AllocationByDeclaredLength && len < 1 << 24 {
            drop(Vec::<u8>::with_capacity(len as usize));
        }
        if len == 0 {
            return Err(Error::malformed(&"length", 1));
        }
        if self.bug == Bug::SplitDependentState && self.calls > 1 && len > 2 {
            return Ok(Boundary::Frame { head: 5, body: u64::from(len) - 1, tail: 0 });
        }
        if self.bug == Bug::LateError && input.get(5 + len as usize).is_some_and(|next| *next == b'~') {
            // Looks behind its frame for what belongs to the next.
            return Err(Error::malformed(&"mark", 5 + len as usize));
        }
        Ok(Boundary::Frame { head: 5, body: len.into(), tail: 0 })
    }
}

impl Codec for Planted {
    type Message = Publish<Span>;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        self.calls += 1;
        let answer = self.boundary(input);
        if !matches!(answer, Ok(Boundary::Need(_))) {
            self.calls = 0;
        }
        answer
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<Publish<&'a [u8]>> {
        let body = &frame[5..];
        let (&len, rest) = body.split_first().ok_or(Error::truncated(&"topic length", 5))?;
        if self.bug == Bug::SliceOutOfRange {
            let (topic, payload) = rest.split_at(len.into());
            return Ok(Publish { topic, payload, swaps: false, number: 0 });
        }
        let (topic, payload) = rest.split_at_checked(len.into()).ok_or(Error::truncated(&"topic", 6))?;
        if let Some(at) = topic.iter().position(|byte| *byte == b'~') {
            let offset = if self.bug == Bug::ErrorBehindTheFrame { frame.len() + at + 1 } else { 6 + at };
            return Err(Error::malformed(&"topic", offset));
        }
        self.parsed.set(self.parsed.get() + 1);
        let number = match self.bug {
            Bug::ParseRemembers => self.parsed.get(),
            Bug::StateLeftBehind => self.seen as u32,
            _ => 0,
        };
        let topic = if self.bug == Bug::FieldOutside && topic.is_empty() { &b"default"[..] } else { topic };
        Ok(Publish { topic, payload, swaps: self.bug == Bug::HolderDiffers, number })
    }

    fn parse_head<'a>(&self, _: &'a [u8], _: u64) -> Result<Publish<&'a [u8]>> {
        Ok(Publish { topic: &[], payload: &[], swaps: false, number: 0 })
    }

    fn open_body(&mut self, at: u64, chunk: &mut [u8]) -> Result<()> {
        if self.bug == Bug::ChunkOutOfPlace && at > 0 {
            // A mask that does not know where in the body it is.
            chunk[0] ^= 1;
        }
        Ok(())
    }
}

impl<B: Outgoing> Encode<Publish<B>> for Planted {
    fn encode(&mut self, message: Publish<B>, out: &mut Gather) -> Result<()> {
        let Publish { topic, payload, .. } = message;
        let shared = std::any::type_name::<B>().contains("Bytes");
        out.copy(b"#");
        out.length::<wireview::length::U32Be>(|out| {
            out.copy(&[topic.size() as u8]);
            topic.put(out);
            match self.bug {
                Bug::LostOnEncode if payload.size() == 3 => {}
                Bug::PayloadCopied => {
                    payload.look(&mut |piece| out.copy(piece));
                }
                _ => payload.put(out),
            }
            Ok(())
        })?;
        if self.bug == Bug::NonCanonical || (self.bug == Bug::HolderChangesEncoding && shared) {
            out.copy(b".");
        }
        Ok(())
    }
}

/// How a queue fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum QueueBug {
    None,
    ShortWriteTwice,
    LostTailAfterBlock,
    Reordered,
}

impl QueueBug {
    pub(crate) const ALL: [Self; 3] = [Self::ShortWriteTwice, Self::LostTailAfterBlock, Self::Reordered];
}

pub(crate) struct PlantedQueue(pub(crate) QueueBug, pub(crate) VecDeque<Bytes>);

impl Queue for PlantedQueue {
    fn put(&mut self, bytes: Bytes) {
        if self.0 == QueueBug::Reordered && bytes.len() == 1 {
            return self.1.push_front(bytes);
        }
        self.1.push_back(bytes);
    }

    fn write_to(&mut self, writer: &mut dyn Write) -> io::Result<()> {
        while let Some(mut piece) = self.1.pop_front() {
            while !piece.is_empty() {
                match writer.write(&piece) {
                    Ok(sent) if self.0 == QueueBug::ShortWriteTwice && sent == 7 => {}
                    Ok(sent) => drop(piece.split_to(sent)),
                    Err(error) => {
                        if self.0 != QueueBug::LostTailAfterBlock {
                            self.1.push_front(piece);
                        }
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Writes with `write_all`, whose future knows alone how much of a piece has left.
pub(crate) struct PlantedSender {
    pub(crate) lossy: bool,
    pub(crate) queue: VecDeque<Bytes>,
    pub(crate) io: Torture<Vec<u8>>,
}

impl Sender for PlantedSender {
    fn put(&mut self, bytes: Bytes) {
        self.queue.push_back(bytes);
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.lossy {
            while let Some(piece) = self.queue.pop_front() {
                AsyncWriteExt::write_all(&mut self.io, &piece).await?;
            }
            return Ok(());
        }
        while let Some(piece) = self.queue.front_mut() {
            let sent = std::future::poll_fn(|cx| std::pin::Pin::new(&mut self.io).poll_write(cx, piece)).await?;
            drop(piece.split_to(sent));
            if piece.is_empty() {
                self.queue.pop_front();
            }
        }
        Ok(())
    }

    fn written(&self) -> &[u8] {
        self.io.get_ref()
    }
}
