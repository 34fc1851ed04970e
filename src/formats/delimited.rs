//! Frames that end where a delimiter stands.
//!
//! ```text
//!  ┌───────────────────┬───────────┬──────────────┬───────────┬─
//!  │ payload           │ delimiter │ payload      │ delimiter │ …
//!  └───────────────────┴───────────┴──────────────┴───────────┴─
//! ```
//!
//! Checked: the payload is not longer than its maximum; what is written does not hold the delimiter.
//! Left to the handler: what the payload means. Nothing is escaped.

use alloc::sync::Arc;
use alloc::vec::Vec;

use memchr::{memchr, memmem};

use crate::{Boundary, Codec, Encode, Error, Gather, Outgoing, Result, Span};

/// Frames ended by any byte string: the message is what stands in front of it.
///
/// ```
/// use wireview::formats::Delimited;
/// use wireview::{Codec, Encode, Error, Gather};
///
/// let mut codec = Delimited::new(b"\0", 1024);
/// let mut out = Gather::new();
/// codec.encode(&b"hello"[..], &mut out)?;
/// let frame = out.chunks().next().expect("one piece");
/// assert_eq!(frame, b"hello\0");
/// assert_eq!(codec.parse(frame)?, b"hello");
/// assert_eq!(codec.encode(&b"hel\0lo"[..], &mut out), Err(Error::malformed(&"payload", 3)));
/// # Ok::<(), Error>(())
/// ```
///
/// # Cost
/// Reading: one search, which goes on where it stopped when more bytes arrive, less what a delimiter may have begun in: each
/// read looks again at fewer bytes than a delimiter has. Writing: one search through the payload.
#[derive(Clone, Debug)]
pub struct Delimited {
    needle: Needle,
    /// How long the delimiter is.
    len: usize,
    max: usize,
    /// No delimiter begins in front of here.
    from: usize,
    /// Bytes on both sides of a seam between two pieces of a payload that is written.
    seam: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Needle {
    Byte(u8),
    // Large, and connections clone their codec.
    Bytes(Arc<memmem::Finder<'static>>),
}

impl Needle {
    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Byte(byte) => core::slice::from_ref(byte),
            Self::Bytes(finder) => finder.needle(),
        }
    }

    #[inline]
    fn find(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Byte(byte) => memchr(*byte, bytes),
            Self::Bytes(finder) => Self::find_bytes(finder, bytes),
        }
    }

    /// Apart, so that the one byte's way stays short.
    #[inline(never)]
    fn find_bytes(finder: &memmem::Finder<'static>, bytes: &[u8]) -> Option<usize> {
        finder.find(bytes)
    }
}

impl Delimited {
    /// Frames ended by `delimiter`, with at most `max_payload` bytes in front of it.
    ///
    /// # Panics
    /// If `delimiter` is empty.
    #[must_use]
    pub fn new(delimiter: &[u8], max_payload: usize) -> Self {
        let needle = match delimiter {
            [] => panic!("a delimiter cannot be empty"),
            [byte] => Needle::Byte(*byte),
            bytes => Needle::Bytes(Arc::new(memmem::Finder::new(bytes).into_owned())),
        };
        Self { needle, len: delimiter.len(), max: max_payload, from: 0, seam: Vec::new() }
    }

    #[cold]
    fn too_long(&self) -> Error {
        Error::limit(&"payload", self.max)
    }

    /// Where the first delimiter stands in `payload` followed by the delimiter: at the payload's end, or a reader would
    /// see another frame. `None` if the payload cannot be looked at.
    fn first(&mut self, payload: &impl Outgoing) -> Option<u64> {
        let Self { needle, seam, .. } = self;
        // A delimiter may lie across two pieces, or across the payload and the delimiter behind it (`-` and `--`), with at
        // most this many bytes on either side.
        let side = needle.bytes().len() - 1;
        let (mut at, mut found) = (0, None);
        seam.clear();
        let mut see = |piece: &[u8]| {
            if found.is_none() {
                let before = seam.len();
                seam.extend_from_slice(&piece[..piece.len().min(side)]);
                found = match needle.find(seam) {
                    Some(start) => Some(at - before as u64 + start as u64),
                    None => needle.find(piece).map(|start| at + start as u64),
                };
                if piece.len() >= side {
                    seam.clear();
                    seam.extend_from_slice(&piece[piece.len() - side..]);
                } else {
                    seam.drain(..seam.len().saturating_sub(side));
                }
                at += piece.len() as u64;
            }
        };
        if !payload.look(&mut see) {
            return None;
        }
        see(needle.bytes());
        found
    }
}

impl Codec for Delimited {
    type Message = Span;

    #[inline]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let from = self.from.min(input.len());
        if let Some(found) = self.needle.find(&input[from..]) {
            let payload = from + found;
            if payload > self.max {
                return Err(self.too_long());
            }
            self.from = 0;
            return Ok(Boundary::whole(payload + self.len));
        }
        // A delimiter that ends behind so many bytes is too late.
        if input.len() >= self.max.saturating_add(self.len) {
            return Err(self.too_long());
        }
        self.from = (input.len() + 1).saturating_sub(self.len);
        Ok(Boundary::Need(self.len.max(input.len() + 1)))
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    #[inline]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        // `delimit` saw what stands there.
        frame.get(..frame.len().wrapping_sub(self.len)).ok_or_else(|| Error::truncated(&"delimiter", frame.len()))
    }
}

/// # Errors
/// [`Kind::Malformed`](crate::Kind::Malformed) at the first delimiter in the payload, or at one that the payload's end forms
/// with the delimiter behind it; [`Kind::Limit`](crate::Kind::Limit) if the payload is above the maximum;
/// [`Kind::Unsupported`](crate::Kind::Unsupported) if it is not in memory: a file region might hold delimiters, and is not
/// read to find out.
impl<P: Outgoing> Encode<P> for Delimited {
    #[inline]
    fn encode(&mut self, payload: P, out: &mut Gather) -> Result<()> {
        let size = payload.size();
        if size > self.max as u64 {
            return Err(self.too_long());
        }
        match self.first(&payload) {
            None => return Err(Error::unsupported(&"file region", 0)),
            Some(at) if at < size => return Err(Error::malformed(&"payload", at as usize)),
            Some(_) => {}
        }
        payload.put(out);
        out.copy(self.needle.bytes());
        Ok(())
    }
}

/// Lines of text, ended by LF or CR LF: the message is the line without its end.
///
/// ```text
///  ┌──────────────────┬────┐┌──────────────────┬────┬────┐┌───────────────
///  │ line             │ LF ││ line             │ CR │ LF ││ line            the stream ends
///  └──────────────────┴────┘└──────────────────┴────┴────┘└───────────────
/// ```
///
/// The last line may do without an end. One CR in front of an LF belongs to the end of the line, any other CR to the line.
/// Bytes are not checked to be text.
///
/// ```
/// use wireview::formats::Lines;
/// use wireview::{Deframer, Error};
///
/// let mut deframer = Deframer::new(Lines::new(80));
/// deframer.feed(b"one\r\ntwo\nth");
/// assert_eq!(deframer.next()?.expect("a line").view()?, b"one");
/// assert_eq!(deframer.next()?.expect("a line").view()?, b"two");
/// assert!(deframer.next()?.is_none());
/// deframer.feed(b"ree");
/// deframer.finish();
/// assert_eq!(deframer.next()?.expect("the last line").view()?, b"three");
/// # Ok::<(), Error>(())
/// ```
///
/// # Cost
/// As for [`Delimited`]; no byte is looked at twice.
#[derive(Clone, Debug)]
pub struct Lines {
    max: usize,
    /// No LF stands in front of here.
    from: usize,
    end: &'static [u8],
}

impl Lines {
    /// Lines of at most `max_line` bytes, their ends not counted; written with LF.
    #[must_use]
    pub const fn new(max_line: usize) -> Self {
        Self { max: max_line, from: 0, end: b"\n" }
    }

    /// Lines are written with CR LF. Read are both.
    #[must_use]
    pub const fn crlf(mut self) -> Self {
        self.end = b"\r\n";
        self
    }

    /// Whether a line that has become too long has so by the CR of its end alone.
    #[cold]
    fn ends(&self, line: &[u8]) -> bool {
        line.len() == self.max + 1 && line[self.max] == b'\r'
    }

    #[cold]
    fn too_long(&self) -> Error {
        Error::limit(&"line", self.max)
    }
}

impl Codec for Lines {
    type Message = Span;

    #[inline]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let from = self.from.min(input.len());
        if let Some(found) = memchr(b'\n', &input[from..]) {
            let lf = from + found;
            if lf > self.max && !self.ends(&input[..lf]) {
                return Err(self.too_long());
            }
            self.from = 0;
            return Ok(Boundary::whole(lf + 1));
        }
        if input.len() > self.max && !self.ends(input) {
            return Err(self.too_long());
        }
        self.from = input.len();
        Ok(Boundary::Need(input.len() + 1))
    }

    #[inline]
    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        match self.delimit(rest)? {
            Boundary::Need(_) if rest.len() > self.max => Err(self.too_long()),
            Boundary::Need(_) => Ok(Boundary::whole(rest.len())),
            found => Ok(found),
        }
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    #[inline]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        let Some(line) = frame.strip_suffix(b"\n") else { return Ok(frame) };
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// # Errors
/// [`Kind::Malformed`](crate::Kind::Malformed) if the line holds an LF, or ends in a CR that its LF would swallow;
/// [`Kind::Limit`](crate::Kind::Limit) if it is above the maximum; [`Kind::Unsupported`](crate::Kind::Unsupported) if it is
/// not in memory: a file region might hold line ends, and is not read to find out.
impl<P: Outgoing> Encode<P> for Lines {
    #[inline]
    fn encode(&mut self, line: P, out: &mut Gather) -> Result<()> {
        if line.size() > self.max as u64 {
            return Err(self.too_long());
        }
        let (mut at, mut last, mut found) = (0, 0, None);
        let in_memory = line.look(&mut |piece| {
            found = found.or_else(|| memchr(b'\n', piece).map(|lf| at + lf));
            at += piece.len();
            last = piece.last().copied().unwrap_or(last);
        });
        if !in_memory {
            return Err(Error::unsupported(&"file region", 0));
        }
        if last == b'\r' && self.end == b"\n" {
            found = found.or(Some(at - 1));
        }
        if let Some(at) = found {
            return Err(Error::malformed(&"line", at));
        }
        line.put(out);
        out.copy(self.end);
        Ok(())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;

    use super::*;
    use crate::formats::testing::{encoded, every_cut, refused};
    use crate::{Kind, Payload};

    #[test]
    fn golden() {
        assert_eq!(every_cut(&Delimited::new(b"|", 9), b"one||two|").whole(), [&b"one"[..], b"", b"two"]);
        assert_eq!(every_cut(&Delimited::new(b"--", 9), b"one----two--").whole().len(), 3);
        // The first delimiter counts, not the last that could be meant.
        let run = every_cut(&Delimited::new(b"--", 9), b"a---b--");
        assert_eq!(run.whole(), [&b"a"[..], b"-b"]);
        let run = every_cut(&Delimited::new(b"aab", 9), b"aaabaaaab");
        assert_eq!(run.whole(), [&b"a"[..], b"aa"]);
    }

    #[test]
    fn the_limit_is_the_same_however_it_is_cut() {
        for delimiter in [&b"|"[..], b"||", b"<end>"] {
            let codec = Delimited::new(delimiter, 4);
            for (payload, fits) in
                [("", true), ("abc", true), ("abcd", true), ("abcde", false), ("abcdefghijkl", false)]
            {
                let stream = [b"x", delimiter, payload.as_bytes(), delimiter, b"y", delimiter].concat();
                let run = every_cut(&codec, &stream);
                let end = if fits { Ok(()) } else { Err(Error::limit(&"payload", 4)) };
                assert_eq!((run.end, run.frames.len()), (end, if fits { 3 } else { 1 }), "{payload:?}");
            }
            let known = 4 + delimiter.len();
            assert!(codec.clone().delimit(&b"abcdefghijk"[..known - 1]).is_ok(), "a delimiter may still come in time");
            assert!(codec.clone().delimit(&b"abcdefghijk"[..known]).is_err(), "no sooner, no later");
        }
        let run = every_cut(&Delimited::new(b"||", usize::MAX), b"abc|");
        assert_eq!(run.end.map_err(|error| error.kind()), Err(Kind::Eof));
    }

    #[test]
    fn goes_on_where_it_stopped() {
        let mut codec = Delimited::new(b"<end>", 1 << 20);
        let stream = vec![b'<'; 1000];
        for len in 1..1000 {
            assert_eq!(codec.delimit(&stream[..len]), Ok(Boundary::Need(len.max(4) + 1)));
            assert_eq!(codec.from, len.saturating_sub(4));
        }
        let mut lines = Lines::new(1 << 20);
        assert_eq!(lines.delimit(&stream), Ok(Boundary::Need(1001)));
        assert_eq!(lines.from, 1000);
    }

    #[test]
    fn what_holds_the_delimiter_is_not_written() {
        let codec = Delimited::new(b"--", 9);
        assert_eq!(encoded(&codec, b"a-b"), b"a-b--");
        assert_eq!(encoded(&codec, b""), b"--");
        assert_eq!(refused(&codec, b"a--b"), Error::malformed(&"payload", 1));
        assert_eq!(refused(&codec, b"ab-"), Error::malformed(&"payload", 2), "`---` ends one byte too early");
        assert_eq!(refused(&codec, b"0123456789"), Error::limit(&"payload", 9));
        assert_eq!(refused(&Delimited::new(b"|", 9), b"a|"), Error::malformed(&"payload", 1));
        assert_eq!(encoded(&Delimited::new(b"aab", 9), b"aa"), b"aaaab");
    }

    /// Every payload over two letters in every cutting into three pieces, against a search through the flat frame.
    #[test]
    fn seams_hide_no_delimiter() {
        for delimiter in ["a", "ab", "aa", "aba", "abab", "aabaa"] {
            let codec = Delimited::new(delimiter.as_bytes(), 99);
            for bits in 0..1 << 6 {
                let payload: String = (0..6).map(|bit| if bits >> bit & 1 == 0 { 'a' } else { 'b' }).collect();
                let first = format!("{payload}{delimiter}").find(delimiter).expect("at the end at least");
                for cuts in 0..=36 {
                    let (one, two) = (cuts / 6, cuts % 6);
                    let (one, two) = (one.min(two), one.max(two));
                    let pieces = [&payload[..one], &payload[one..two], &payload[two..]];
                    let rope = Payload::Rope(pieces.iter().map(|piece| Payload::Copy(piece.as_bytes())).collect());
                    if first == 6 {
                        assert_eq!(every_cut(&codec, &encoded(&codec, rope)).whole(), [payload.as_bytes()]);
                    } else {
                        assert_eq!(
                            refused(&codec, rope),
                            Error::malformed(&"payload", first),
                            "{pieces:?} {delimiter}"
                        );
                    }
                }
            }
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn files_are_not_searched() {
        let file = std::env::current_exe().and_then(std::fs::File::open).expect("the test itself");
        let region = crate::FileRegion::new(file.into(), 0, 5).expect("a region");
        assert_eq!(refused(&Delimited::new(b"|", 9), region.clone()), Error::unsupported(&"file region", 0));
        let rope = Payload::Rope(vec![Payload::Copy(b"abc"), region.into()]);
        assert_eq!(refused(&Lines::new(9), rope), Error::unsupported(&"file region", 0));
    }

    #[test]
    fn lines_end_in_three_ways() {
        let run = every_cut(&Lines::new(9), b"one\ntwo\r\n\n\r\nthr\ree\r\r\nfour");
        assert_eq!(run.whole(), [&b"one"[..], b"two", b"", b"", b"thr\ree\r", b"four"]);
        assert_eq!(every_cut(&Lines::new(9), b"four\r").whole(), [b"four\r"]);
        assert_eq!(every_cut(&Lines::new(0), b"\n\r\n").whole(), [b"", b""]);
        assert_eq!(every_cut(&Lines::new(9), b"").whole().len(), 0);
    }

    #[test]
    fn long_lines_are_refused_as_soon_as_they_are_certain() {
        let codec = Lines::new(3);
        for fits in ["abc\n", "abc\r\n", "abc", "ab\r\r\n"] {
            assert_eq!(every_cut(&codec, fits.as_bytes()).end, Ok(()), "{fits:?}");
        }
        for long in ["abcd\n", "abcd\r\n", "abcd", "abc\r", "abc\r\r\n", "abc\rd\n", "abcdefg", "ab\r\r\r\n"] {
            let run = every_cut(&codec, format!("x\n{long}").as_bytes());
            assert_eq!((run.frames.len(), run.end), (1, Err(Error::limit(&"line", 3))), "{long:?}");
        }
        assert!(codec.clone().delimit(b"abcd").is_err());
        assert_eq!(codec.clone().delimit(b"abc\r"), Ok(Boundary::Need(5)));
    }

    #[test]
    fn only_lines_are_written() {
        let codec = Lines::new(9);
        assert_eq!(encoded(&codec, b"a\rb"), b"a\rb\n");
        assert_eq!(encoded(&codec.clone().crlf(), b"ab\r"), b"ab\r\r\n");
        assert_eq!(refused(&codec, b"ab\r"), Error::malformed(&"line", 2), "it would be read as `ab`");
        assert_eq!(refused(&codec, b"a\nb\n"), Error::malformed(&"line", 1));
        assert_eq!(refused(&codec, b"0123456789"), Error::limit(&"line", 9));
        let rope = Payload::Rope(vec![Payload::Copy(b"ab\r"), Payload::Copy(b"")]);
        assert_eq!(refused(&codec, rope), Error::malformed(&"line", 2));
        let rope = Payload::Rope(vec![Payload::Copy(b"ab"), Payload::Copy(b"c\n")]);
        assert_eq!(refused(&codec, rope), Error::malformed(&"line", 3));
    }
}
