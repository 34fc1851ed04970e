//! The same stream with every body streamed: it must come to the same bytes.

use super::cuts::pieces;
use super::drive::{Subject, Verdict};
use super::judge::Judge;
use super::{Law, Outcome};
use crate::recv::{Chunk, Incoming};
use crate::{Codec, Deframer, Error, Kind, Message, Oversize, Span};

/// A body on its way, and the frame it is a part of.
struct Body<M> {
    head: Vec<u8>,
    message: M,
    len: u64,
    bytes: Vec<u8>,
}

impl<C: Codec, F: Fn() -> C> Subject<'_, F> {
    /// Whether the codec streams bodies; if it does, the run is held against the first one.
    pub(super) fn streamed(&self, expected: &Outcome<C::Message>, cuts: &[usize]) -> Verdict<bool> {
        // Whole, a long frame is passed over.
        if self.laws.limits.oversize == Oversize::Skip {
            return Ok(false);
        }
        self.guard(|| {
            let mut judge =
                Judge { laws: self.laws, expected, next: 0, arrived: 0, max: None, len: self.bytes.len() as u64 };
            let mut deframer = Deframer::with_limits(self.probe(), self.laws.limits.stream_above(0));
            let mut body = None;
            let mut end = None;
            for piece in pieces(self.bytes, cuts).map(Some).chain([None]) {
                match piece {
                    Some(piece) => deframer.feed(piece),
                    None => deframer.finish(),
                }
                end = take(&mut deframer, &mut judge, &mut body)?;
                if end.is_some() {
                    break;
                }
            }
            self.slipped(deframer.codec().slip(), judge.at())?;
            // What `parse_head` answers where nothing is streamed.
            if end.is_some_and(|error| error.kind() == Kind::Unsupported && error.field() == "streamed body") {
                return Ok(false);
            }
            // What is wrong with a frame is told by its head, by a chunk or by its tail, and ends the stream there.
            let bad = expected.frames.get(judge.next).is_some_and(|seen| seen.message.is_err());
            if (body.is_some() || end.is_some()) && (bad || judge.is_over()) {
                return Ok(true);
            }
            if let Some(body) = body {
                let came = body.bytes.len();
                judge.differs(
                    Law::SplitInvariance,
                    format_args!("streamed, a body has {came} of {} bytes: {end:?}", body.len),
                )?;
            }
            let consumed = deframer.ledger().received - deframer.pending() as u64;
            judge.end(end, consumed, Some(deframer.ledger().skipped))?;
            Ok(true)
        })
    }
}

/// Takes all that has come.
fn take<C: Codec>(
    deframer: &mut Deframer<C>,
    judge: &mut Judge<'_, C::Message>,
    body: &mut Option<Body<C::Message>>,
) -> Verdict<Option<Error>> {
    loop {
        if let Some(streamed) = body {
            match deframer.chunk() {
                Err(error) => return Ok(Some(error)),
                Ok(Chunk::Pending) => return Ok(None),
                Ok(Chunk::Bytes(bytes)) => streamed.bytes.extend_from_slice(&bytes),
                Ok(Chunk::End) => {
                    whole(judge, streamed)?;
                    *body = None;
                }
            }
            continue;
        }
        match deframer.next_or_body() {
            Err(error) => return Ok(Some(error)),
            Ok(None) => return Ok(None),
            Ok(Some(Incoming::Frame(lent))) => judge.frame(Some(lent.offset()), lent.bytes(), lent.message())?,
            // What is streamed may be longer than what is held, so the run goes on where the first one ended at a limit.
            Ok(Some(Incoming::Body { .. })) if judge.is_over() => return Ok(judge.expected.end),
            Ok(Some(Incoming::Body { head, len })) => {
                let (head, message) = (head.bytes().to_vec(), *head.message());
                *body = Some(Body { head, message, len, bytes: Vec::new() });
            }
        }
    }
}

/// Head and chunks are the frame that came whole, and the head shows its fields, but for what lies in the body.
fn whole<M: Message>(judge: &mut Judge<'_, M>, body: &Body<M>) -> Verdict {
    let Some(seen) = judge.expected.frames.get(judge.next) else {
        return judge.differs(Law::SplitInvariance, format_args!("streamed, another frame came"));
    };
    let Body { head, message, len, bytes } = body;
    let (front, rest) = seen.bytes.split_at(head.len().min(seen.bytes.len()));
    // A body that the end of the stream ends has no length, and nothing behind it.
    let all = if *len == u64::MAX { rest.len() as u64 } else { *len };
    if front != head || !rest.starts_with(bytes) || bytes.len() as u64 != all {
        let what = format_args!(
            "whole \"{}\"; streamed \"{}\" and {len} bytes \"{}\"",
            seen.bytes.escape_ascii(),
            head.escape_ascii(),
            bytes.escape_ascii()
        );
        judge.differs(Law::SplitInvariance, what)?;
    }
    if let Ok(expected) = seen.message {
        // A field that begins in the head and goes on in the body is shown as far as it has come.
        let begun =
            |one: Span, whole: Span| one.at() == whole.at() && one.range().end == head.len() && one.len() < whole.len();
        let fits = |(one, whole): (&Span, &Span)| one == whole || one.is_empty() || begun(*one, *whole);
        let (one, all) = (spans(*message), spans(expected));
        if one.len() != all.len() || !one.iter().zip(&all).all(fits) {
            let what = format_args!("whole {expected:?}, its head alone {message:?}");
            judge.differs(Law::SplitInvariance, what)?;
        }
    }
    judge.next += 1;
    Ok(())
}

fn spans<M: Message>(message: M) -> Vec<Span> {
    let mut spans = Vec::new();
    M::map::<Span, Span>(message, &mut |span| {
        spans.push(span);
        span
    });
    spans
}
