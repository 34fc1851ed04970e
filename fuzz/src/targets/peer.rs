//! RESP2 as redis-protocol reads it, beside what we read.
//!
//! What we accept it must accept as the same, and what it accepts we must accept as the same if it is written as Redis writes
//! it. So all that may differ is:
//!
//! | input | we | redis-protocol 6 |
//! | --- | --- | --- |
//! | lengths, counts and integers with leading zeros or a `-0`, lengths and counts with a `+` | refuse, as Redis | accepts |
//! | other bytes than CR LF behind a bulk string | refuse | skips any two bytes |
//! | a lone CR or LF in a line | refuse | accepts |
//! | more than 32 levels, counts and lengths above Redis' limits | refuse | accepts |
//! | an error that is not UTF-8 | accept | refuses |
//!
//! RESP3 is not compared: there its maps and sets are hashed, so order and repetitions are lost.

use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;
use wireview::laws::Outcome;
use wireview::{Kind, Result};
use wireview_codecs::resp::{Form, Null, Request, Value};

/// What both can tell.
#[derive(Debug, PartialEq)]
enum Tree {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Integer(i64),
    Bulk(Vec<u8>),
    Null,
    Array(Vec<Tree>),
}

impl Tree {
    fn theirs(frame: OwnedFrame) -> Self {
        match frame {
            OwnedFrame::SimpleString(text) => Self::Simple(text),
            OwnedFrame::Error(text) => Self::Error(text.into_bytes()),
            OwnedFrame::Integer(number) => Self::Integer(number),
            OwnedFrame::BulkString(bytes) => Self::Bulk(bytes),
            OwnedFrame::Array(parts) => Self::Array(parts.into_iter().map(Self::theirs).collect()),
            OwnedFrame::Null => Self::Null,
        }
    }

    /// `None` if there is RESP3 in it.
    fn ours(value: Value<&[u8]>) -> Option<Self> {
        Some(match value {
            Value::Simple(text) => Self::Simple(text.to_vec()),
            Value::Error(text) if str::from_utf8(text).is_ok() => Self::Error(text.to_vec()),
            Value::Integer(number) => Self::Integer(number),
            Value::Bulk(bytes) => Self::Bulk(bytes.to_vec()),
            Value::Null(Null::Bulk | Null::Array) => Self::Null,
            Value::Array(parts) => {
                let parts: Result<Vec<_>> = parts.iter().collect();
                Self::Array(parts.expect("parts were checked").into_iter().map(Self::ours).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// As Redis writes it; `None` for a line that it would not write.
    fn put(&self, out: &mut Vec<u8>) -> Option<()> {
        let line = |text: &[u8]| (!text.iter().any(|byte| matches!(byte, b'\r' | b'\n'))).then(|| text.to_vec());
        let (tag, text) = match self {
            Self::Simple(text) => (b'+', line(text)?),
            Self::Error(text) => (b'-', line(text)?),
            Self::Integer(number) => (b':', number.to_string().into_bytes()),
            Self::Bulk(bytes) => (b'$', bytes.len().to_string().into_bytes()),
            // Of which kind is not told.
            Self::Null => (b'$', b"-1".to_vec()),
            Self::Array(parts) => (b'*', parts.len().to_string().into_bytes()),
        };
        out.push(tag);
        out.extend(text);
        out.extend(b"\r\n");
        match self {
            Self::Bulk(bytes) => out.extend([bytes, &b"\r\n"[..]].concat()),
            Self::Array(parts) => return parts.iter().try_for_each(|part| part.put(out)),
            _ => {}
        }
        Some(())
    }

    /// Whether Redis would have written `frame`, or nearly so.
    fn is_canonical(&self, frame: &[u8]) -> bool {
        let mut written = Vec::new();
        self.put(&mut written).is_some() && written == frame
    }
}

/// What a comparison came to. Anything else is a panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Messages of ours that the peer reads as the same.
    pub same: u64,
    /// Messages of ours that the peer is not asked about: inline requests, RESP3 (streamed arrays, too), errors that are not UTF-8.
    pub ours_alone: u64,
    /// What the peer reads at the front of a stream, we refuse, and Redis would not have written.
    pub lenient: u64,
    /// What the peer reads at the front of a stream, and is above a limit of ours.
    pub above_a_limit: u64,
}

impl Compared {
    fn message(&mut self, tree: Option<Tree>, frame: &[u8]) {
        match tree {
            Some(tree) => {
                assert_same(&tree, frame);
                self.same += 1;
            }
            None => self.ours_alone += 1,
        }
    }
}

/// Requests: arrays of bulk strings.
pub(super) fn requests(stream: &[u8], outcome: &Outcome<Request<wireview::Span>>) -> Compared {
    let mut compared = Compared::default();
    let ours = |request: Request<&[u8]>| Tree::Array(request.args().map(|arg| Tree::Bulk(arg.to_vec())).collect());
    for (seen, request) in outcome.frames.iter().zip(outcome.views()) {
        compared.message((request.form() == Form::Array).then(|| ours(request)), &seen.bytes);
    }
    let first = outcome.frames.first().filter(|seen| seen.at == 0).map(|seen| seen.bytes.len());
    accepted(
        stream,
        first,
        outcome,
        &mut compared,
        |tree| matches!(tree, Tree::Array(parts) if !parts.is_empty() && parts.iter().all(|part| matches!(part, Tree::Bulk(_)))),
    );
    compared
}

/// Replies: any value of RESP2.
pub(super) fn replies(stream: &[u8], outcome: &Outcome<Value<wireview::Span>>) -> Compared {
    let mut compared = Compared::default();
    for (seen, value) in outcome.frames.iter().zip(outcome.views()) {
        // An array whose length is not told beforehand is one of RESP3, which the tree does not show.
        let streamed = seen.bytes.windows(4).any(|part| part == b"*?\r\n");
        compared.message(Tree::ours(value).filter(|_| !streamed), &seen.bytes);
    }
    let first = outcome.frames.first().map(|seen| seen.bytes.len());
    accepted(stream, first, outcome, &mut compared, |_| true);
    compared
}

fn assert_same(ours: &Tree, frame: &[u8]) {
    let theirs = decode(frame).unwrap_or_else(|error| panic!("{}: {error}, we read {ours:?}", frame.escape_ascii()));
    let (theirs, len) = theirs.unwrap_or_else(|| panic!("{}: cut short, we read {ours:?}", frame.escape_ascii()));
    assert_eq!((&Tree::theirs(theirs), len), (ours, frame.len()), "{}", frame.escape_ascii());
}

/// What the peer accepts at the front of the stream, and Redis would write, we have accepted.
fn accepted<M>(
    stream: &[u8],
    ours: Option<usize>,
    outcome: &Outcome<M>,
    compared: &mut Compared,
    concerns: impl Fn(&Tree) -> bool,
) {
    let Ok(Some((theirs, len))) = decode(stream) else { return };
    let tree = Tree::theirs(theirs);
    if ours == Some(len) || !concerns(&tree) {
        return;
    }
    if tree.is_canonical(&stream[..len]) {
        let limit = outcome.end.is_some_and(|error| error.kind() == Kind::Limit);
        assert!(limit, "{}: we read {ours:?}, {:?}", stream.escape_ascii(), outcome.end);
        compared.above_a_limit += 1;
    } else {
        compared.lenient += 1;
    }
}
