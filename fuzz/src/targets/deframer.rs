use std::collections::VecDeque;

use bytes::BufMut;
use wireview::formats::LengthPrefixed;
use wireview::length::U16Be;
use wireview::{Batch, Chunk, Deframer, Frame, Incoming, Limits, Span};

use super::Cursor;

type Codec = LengthPrefixed<U16Be>;

/// Where a payload lies in the stream.
type Place = std::ops::Range<usize>;

/// A deframer, and what it must give: the stream as it was made, and which part of it is next.
struct Run<'i> {
    cursor: Cursor<'i>,
    deframer: Deframer<Codec>,
    stream: Vec<u8>,
    fed: usize,
    /// The payloads that are still to come.
    waiting: VecDeque<Place>,
    /// What is still to come of the body that is streamed.
    body: Option<Place>,
    frames: Vec<(Frame<Span>, Place)>,
    batches: Vec<(Batch<Span>, Vec<Place>)>,
}

/// Frames of all lengths fed and taken in any order, some of them kept while blocks go round: none may ever change.
pub fn deframer(input: &[u8]) {
    let mut cursor = Cursor(input);
    let min = 1 + usize::from(cursor.byte());
    let max = min + usize::from(cursor.number()) % 4096;
    let pinned = usize::from(cursor.number());
    let limits = Limits::new()
        .reads(min, max)
        .max_pinned(pinned)
        .max_frame(1 << 20)
        .copy_up_to(usize::from(cursor.byte()))
        .stream_above(cursor.number().into());
    let mut run = Run {
        cursor,
        deframer: Deframer::with_limits(Codec::new(u64::MAX), limits),
        stream: Vec::new(),
        fed: 0,
        waiting: VecDeque::new(),
        body: None,
        frames: Vec::new(),
        batches: Vec::new(),
    };
    let mut turns = 0;
    while !run.cursor.is_empty() && turns < 512 {
        turns += 1;
        run.step();
    }
    run.end();
}

impl Run<'_> {
    fn step(&mut self) {
        match self.cursor.byte() % 16 {
            0..=3 => self.make(),
            4 | 5 => {
                let len = usize::from(self.cursor.byte());
                self.feed(len);
            }
            6 => {
                let len = usize::from(self.cursor.number());
                self.feed(len);
            }
            7 => self.read(),
            8 => self.next(),
            9 => self.keep(),
            10 | 11 => self.views(),
            12 => self.batch(),
            13 => self.stream(),
            14 => {
                let left = usize::from(self.cursor.byte()) % (self.frames.len() + 1);
                self.frames.truncate(left);
            }
            _ => {
                let left = usize::from(self.cursor.byte()) % (self.batches.len() + 1);
                self.batches.drain(..left);
            }
        }
        self.look();
    }

    /// Makes one more frame, which nobody has sent yet.
    fn make(&mut self) {
        let len = match self.cursor.byte() {
            len @ 0..=199 => u16::from(len),
            _ => self.cursor.number() % 20_000,
        };
        if self.stream.len() > 1 << 18 {
            return;
        }
        self.stream.extend(len.to_be_bytes());
        let start = self.stream.len();
        let end = start + usize::from(len);
        self.stream.extend((start..end).map(|at| ((at as u32).wrapping_mul(2_654_435_761) >> 24) as u8));
        self.waiting.push_back(start..end);
    }

    fn feed(&mut self, len: usize) {
        let end = (self.fed + len).min(self.stream.len());
        self.deframer.feed(&self.stream[self.fed..end]);
        self.fed = end;
    }

    fn read(&mut self) {
        let len = usize::from(self.cursor.byte()) * 3;
        let (stream, fed) = (&self.stream, &mut self.fed);
        self.deframer.read_with(|block| {
            assert!(block.remaining_mut() > 0, "a read of nothing");
            let end = (*fed + len.min(block.remaining_mut())).min(stream.len());
            block.put_slice(&stream[*fed..end]);
            *fed = end;
        });
    }

    /// The next payload, if it has wholly come. A body that is on its way is given up.
    fn due(&mut self) -> Option<Place> {
        self.body = None;
        take_whole(&mut self.waiting, self.fed)
    }

    fn next(&mut self) {
        let due = self.due();
        let came = self.deframer.next().expect("sound");
        let came = came.map(|lent| (lent.offset(), lent.view().expect("a payload").to_vec()));
        assert_eq!(came, due.map(|place| (place.start as u64 - 2, self.stream[place].to_vec())));
    }

    fn keep(&mut self) {
        let due = self.due();
        let Some(lent) = self.deframer.next().expect("sound") else { return assert_eq!(due, None) };
        let frame = match self.cursor.byte() % 3 {
            0 => lent.into_frame(),
            1 => lent.keep(),
            _ => lent.detach(),
        };
        self.frames.push((frame.expect("a payload"), due.expect("nothing else is due")));
    }

    fn views(&mut self) {
        let most = usize::from(self.cursor.byte() % 8);
        self.body = None;
        let (fed, stream, waiting) = (self.fed, &self.stream, &mut self.waiting);
        let mut views = self.deframer.views().expect("sound");
        for _ in 0..most {
            let due = take_whole(waiting, fed);
            assert_eq!(views.next().transpose().expect("a payload"), due.map(|place| &stream[place]));
        }
    }

    fn batch(&mut self) {
        let mut due = Vec::new();
        while let Some(place) = self.due() {
            due.push(place);
        }
        match self.deframer.batch().expect("sound") {
            Some(batch) => self.batches.push((batch, due)),
            None => assert!(due.is_empty()),
        }
    }

    fn stream(&mut self) {
        while let Some(body) = &mut self.body {
            match self.deframer.chunk().expect("sound") {
                Chunk::Bytes(bytes) => {
                    assert!(!bytes.is_empty());
                    assert_eq!(bytes, self.stream[body.start..body.start + bytes.len()]);
                    body.start += bytes.len();
                }
                Chunk::Pending => return assert!(self.fed <= body.start && body.start < body.end),
                Chunk::End => {
                    assert_eq!(body.start, body.end);
                    self.body = None;
                }
            }
        }
        match self.deframer.next_or_body().expect("sound") {
            None => assert!(self.waiting.front().is_none_or(|place| place.end > self.fed)),
            Some(Incoming::Frame(lent)) => {
                let place = self.waiting.pop_front().expect("nothing else is due");
                assert_eq!(lent.view().expect("a payload"), &self.stream[place]);
            }
            Some(Incoming::Body { head, len }) => {
                let place = self.waiting.pop_front().expect("nothing else is due");
                assert_eq!(
                    (len as usize, &head.bytes()[..]),
                    (place.len(), &self.stream[place.start - 2..place.start])
                );
                self.body = Some(place);
            }
        }
    }

    /// What is kept has not changed, and the books are right.
    fn look(&self) {
        for (frame, place) in &self.frames {
            assert_eq!(frame.view(), &self.stream[place.clone()]);
        }
        for (batch, places) in &self.batches {
            assert_eq!(batch.len(), places.len());
            for (view, place) in batch.iter().zip(places) {
                assert_eq!(view.expect("a payload"), &self.stream[place.clone()]);
            }
        }
        assert_eq!(self.deframer.ledger().received, self.fed as u64);
        assert!(self.deframer.need() == 0 || self.deframer.need() > self.deframer.pending());
    }

    fn end(mut self) {
        self.feed(usize::MAX / 2);
        self.batch();
        self.look();
        self.deframer.finish();
        assert!(self.deframer.next().expect("a clean end").is_none());
        assert_eq!((self.waiting.len(), self.deframer.pending()), (0, 0));
    }
}

/// The next payload, if it has wholly come.
fn take_whole(waiting: &mut VecDeque<Place>, fed: usize) -> Option<Place> {
    if waiting.front()?.end <= fed { waiting.pop_front() } else { None }
}
