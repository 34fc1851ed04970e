//! What a codec says of where its fields lie, held against what it reads.

use std::fmt::Write as _;
use std::ops::Range;

use bytes::Bytes;

use crate::trace::{Field, Hook, Name, Trace};
use crate::{Deframer, Incoming, Limits};

/// Runs the codec on the stream and holds [`Trace::trace`] against [`Codec::parse`](crate::Codec::parse): it fails on the same
/// frames with the same error; fields and gaps come in order, lie in what was entered, and cover each frame that is read
/// without overlap. So do those of heads whose bodies are streamed, where the codec streams bodies. Of a frame that `delimit`
/// refuses nothing is told that lies behind the fault.
///
/// Answers with how many fields were told.
///
/// # Panics
/// If that does not hold, with the frame and the walk so far.
///
/// ```
/// use wireview::formats::LengthPrefixed;
/// use wireview::laws;
/// use wireview::length::U16Be;
///
/// assert_eq!(laws::check_trace(|| LengthPrefixed::<U16Be>::new(100), b"\0\x02hi\0\0"), 4 + 2);
/// ```
pub fn check_trace<C: Trace>(codec: impl Fn() -> C, stream: &[u8]) -> usize {
    let mut told = 0;
    let mut deframer = Deframer::new(codec());
    deframer.feed(stream);
    deframer.finish();
    loop {
        let lent = match deframer.next() {
            Ok(Some(lent)) => lent,
            Ok(None) => break,
            Err(error) => {
                let mut cover = Cover::new(deframer.pending_bytes());
                deframer.codec().trace_refused(deframer.pending_bytes(), error, &mut cover);
                assert!(cover.at <= error.offset(), "{error}, and told behind it: {}", cover.story());
                break;
            }
        };
        let mut cover = Cover::new(lent.bytes());
        let traced = lent.trace(&mut cover);
        assert_eq!(traced, lent.view().map(drop), "`trace` and `parse` differ in the frame {}", cover.story());
        if traced.is_ok() {
            cover.end();
        }
        told += cover.fields;
    }
    let mut deframer = Deframer::with_limits(codec(), Limits::new().stream_above(0));
    deframer.feed(stream);
    deframer.finish();
    while let Ok(Some(incoming)) = deframer.next_or_body() {
        let Incoming::Body { head, .. } = incoming else { continue };
        let head: Bytes = head.bytes().clone();
        let mut cover = Cover::new(&head);
        let traced = deframer.codec().trace(&head, &mut cover);
        assert_eq!(traced, Ok(()), "`trace` refuses a head that `parse_head` takes: {}", cover.story());
        cover.end();
        told += cover.fields;
    }
    told
}

/// How far a walk has covered its frame.
struct Cover<'f> {
    frame: &'f [u8],
    at: usize,
    /// The bytes of the bit fields that were told last.
    shared: Range<usize>,
    /// Where what was entered begins.
    open: Vec<usize>,
    fields: usize,
    entered: usize,
    walk: String,
}

impl<'f> Cover<'f> {
    fn new(frame: &'f [u8]) -> Self {
        Self { frame, at: 0, shared: 0..0, open: Vec::new(), fields: 0, entered: 0, walk: String::new() }
    }

    fn story(&self) -> String {
        format!("\"{}\" of {} bytes:\n{}", self.frame.escape_ascii(), self.frame.len(), self.walk)
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.walk, "{:indent$}{what}", "", indent = 2 * self.open.len());
    }

    fn cover(&mut self, at: &Range<usize>) {
        assert!(at.start <= at.end && at.end <= self.frame.len(), "outside of the frame {}", self.story());
        assert!(!self.open.is_empty(), "nothing was entered in the frame {}", self.story());
        if !at.is_empty() {
            assert_eq!(at.start, self.at, "a hole, or an overlap, in the frame {}", self.story());
            self.at = at.end;
        }
    }

    fn end(&mut self) {
        assert!(self.open.is_empty(), "not left: the frame {}", self.story());
        assert_eq!(self.entered, 1, "one message a frame: {}", self.story());
        assert_eq!(self.at, self.frame.len(), "not covered to its end: the frame {}", self.story());
    }
}

impl Hook for Cover<'_> {
    fn enter(&mut self, name: Name, kind: &'static str, at: usize) {
        self.note(format_args!("{name} {kind} from {at}"));
        self.entered += usize::from(self.open.is_empty());
        assert_eq!(at, self.at, "does not begin where the last field ended: the frame {}", self.story());
        self.open.push(at);
    }

    fn field(&mut self, field: Field<'_>) {
        self.note(format_args!("{} {:?} {:?}: {}", field.name, field.at, field.bits, field.value));
        self.fields += 1;
        match field.bits {
            Some(_) if field.at == self.shared => {}
            Some(_) => {
                self.cover(&field.at);
                self.shared = field.at;
            }
            None => {
                self.cover(&field.at);
                self.shared = 0..0;
            }
        }
    }

    fn gap(&mut self, what: &'static str, at: Range<usize>) {
        self.note(format_args!("({what}) {at:?}"));
        assert!(!at.is_empty(), "an empty gap in the frame {}", self.story());
        self.cover(&at);
        self.shared = 0..0;
    }

    fn leave(&mut self, end: usize) {
        self.open.pop().unwrap_or_else(|| panic!("left and not entered: the frame {}", self.story()));
        self.note(format_args!("to {end}"));
        assert_eq!(end, self.at, "does not end where its last field did: the frame {}", self.story());
    }
}
