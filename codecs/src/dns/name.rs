//! Names, RFC 1035 sections 3.1 and 4.1.4: labels, and a pointer to more of them.
//!
//! ```text
//!  3 w w w  7 e x a m p l e  3 o r g  0        labels to the root
//!  4 m a i l  C0 10                            a label, and the rest at byte 16 of the message
//!  C0 0C                                       all of it at byte 12
//! ```

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use wireview::declare::{Declare, FieldName, Put, Show, Source};
use wireview::trace::Value;
use wireview::{Error, Gather, Holder, Outgoing, Result, Span, Wire};

/// A name as it stands in a message: it may end in a pointer to where it goes on.
///
/// What is equal here are bytes. Names that are the same, whatever their case and their pointers, are found so by
/// [`labels`](Self::labels).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Name<B> {
    bytes: B,
}

/// Bytes of a name with all its labels, and the root's.
const LONGEST: usize = 255;

const NAME: FieldName = &"name";

impl<B> Name<B> {
    /// The bytes, with the length of each label.
    pub const fn bytes(&self) -> &B {
        &self.bytes
    }
}

impl<'a> Name<&'a [u8]> {
    /// The name at the front of `bytes`, and what is behind it.
    ///
    /// # Errors
    /// If it is cut, longer than 255 bytes, or has a label of another kind. Offsets count from the start of `bytes`.
    pub fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8])> {
        match end(bytes)? {
            End::At(end) => {
                let (bytes, rest) = bytes.split_at(end);
                Ok((Self { bytes }, rest))
            }
            End::Missing(_) => Err(Error::truncated(NAME, bytes.len())),
        }
    }

    /// The labels of the name, without the root's. `message` is what pointers count in: the message from its first byte, its
    /// length over TCP left out: [`Message::bytes`](super::Message::bytes).
    ///
    /// A pointer leads back, to in front of all that was read of the name so far: anything else ends the walk with an error, so
    /// that none goes round.
    pub fn labels(&self, message: &'a [u8]) -> Labels<'a> {
        let start = Span::of(message, self.bytes).map_or(message.len(), Span::at);
        Labels { message, rest: self.bytes, start, len: 0 }
    }

    /// The name as people write it, with a dot behind each label; bytes that are no printable ASCII, dots and backslashes as
    /// RFC 1035 section 5.1 escapes them.
    pub fn display(&self, message: &'a [u8]) -> impl fmt::Display + 'a {
        Shown(self.labels(message))
    }
}

enum End {
    At(usize),
    /// So many bytes are needed.
    Missing(usize),
}

/// Where the name at the front of `input` ends.
fn end(input: &[u8]) -> Result<End> {
    let mut at = 0;
    loop {
        let Some(&len) = input.get(at) else { return Ok(End::Missing(at + 1)) };
        match len >> 6 {
            0b00 => {
                let next = at + 1 + usize::from(len);
                if next > LONGEST || (len != 0 && next == LONGEST) {
                    return Err(Error::limit(NAME, at));
                }
                if len == 0 {
                    return Ok(End::At(next));
                }
                at = next;
            }
            0b11 => return Ok(if at + 2 <= input.len() { End::At(at + 2) } else { End::Missing(at + 2) }),
            // Extended label types were given up: RFC 6891 section 5.
            _ => return Err(Error::unsupported(NAME, at)),
        }
    }
}

/// The labels of a [`Name`], each of 1 to 63 bytes.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    message: &'a [u8],
    rest: &'a [u8],
    /// Where the part of the name that is being read begins: pointers lead to in front of it.
    start: usize,
    /// Bytes of the name so far.
    len: usize,
}

impl<'a> Labels<'a> {
    fn read(&mut self) -> Result<Option<&'a [u8]>> {
        loop {
            let (&len, rest) = self.rest.split_first().ok_or(Error::truncated(NAME, self.start))?;
            match len >> 6 {
                0b00 if len == 0 => return Ok(None),
                0b00 => {
                    let (label, rest) = rest.split_at_checked(len.into()).ok_or(Error::truncated(NAME, self.start))?;
                    self.len += 1 + label.len();
                    if self.len >= LONGEST {
                        return Err(Error::limit(NAME, self.start));
                    }
                    self.rest = rest;
                    return Ok(Some(label));
                }
                0b11 => {
                    let &low = rest.first().ok_or(Error::truncated(NAME, self.start))?;
                    let target = usize::from(u16::from_be_bytes([len & 0x3f, low]));
                    if target >= self.start {
                        return Err(Error::malformed(NAME, self.start));
                    }
                    self.start = target;
                    self.rest = &self.message[target..];
                }
                _ => return Err(Error::unsupported(NAME, self.start)),
            }
        }
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = Result<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let label = self.read().transpose();
        if !matches!(label, Some(Ok(_))) {
            self.rest = &[];
        }
        label
    }
}

/// The bytes as they stand: where a pointer leads is known with the message, by [`display`](Name::display).
impl<B: Show> fmt::Display for Name<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.show(f)
    }
}

struct Shown<'a>(Labels<'a>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut root = true;
        for label in self.0.clone() {
            let Ok(label) = label else { return f.write_str("<malformed>") };
            root = false;
            for &byte in label {
                match byte {
                    b'.' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                    b'!'..=b'~' => write!(f, "{}", char::from(byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
            f.write_str(".")?;
        }
        if root { f.write_str(".") } else { Ok(()) }
    }
}

impl Wire for Name<Span> {
    type Of<B: Holder> = Name<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(name: Name<A>, f: &mut impl FnMut(A) -> B) -> Name<B> {
        Name { bytes: f(name.bytes) }
    }
}

/// By hand: a declaration has no labels of which the last one is known by its first bits.
impl Declare for Name<Span> {
    type Context = ();

    const NAME: FieldName = &"Name";
    const SIZE: Option<usize> = None;
    const ANY: bool = false;

    #[inline]
    fn walk<'a, S: Source<'a>>(source: &mut S, (): ()) -> Result<Name<&'a [u8]>> {
        let at = source.offset();
        match end(source.rest()).map_err(|error| error.shifted(at))? {
            End::At(end) => {
                let bytes = source.slice(end, NAME)?;
                if S::TRACES {
                    source.field("name", at..at + end, None, Value::Bytes(bytes), "");
                }
                Ok(Name { bytes })
            }
            End::Missing(len) => Err(source.short(NAME, at, len)),
        }
    }
}

impl<B: Outgoing> Put for Name<B> {
    type Family = Name<Span>;

    fn wire_len(&self, (): ()) -> u64 {
        self.bytes.size()
    }

    fn put(self, out: &mut Gather, (): ()) -> Result<()> {
        self.bytes.put(out);
        Ok(())
    }
}

impl Name<Bytes> {
    /// A name of labels, without pointers.
    ///
    /// # Errors
    /// If one of them is empty or longer than 63 bytes, or all of them are longer than 255.
    pub fn new<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Result<Self> {
        let mut bytes = Vec::new();
        for label in labels {
            if label.is_empty() || label.len() > 63 {
                return Err(Error::malformed(NAME, bytes.len()));
            }
            bytes.push(label.len() as u8);
            bytes.extend_from_slice(label);
        }
        bytes.push(0);
        if bytes.len() > LONGEST {
            return Err(Error::limit(NAME, LONGEST));
        }
        Ok(Self { bytes: bytes.into() })
    }

    /// A name as people write it, without escapes: `example.org`, with or without a dot at its end.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn of(text: &str) -> Result<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() { Self::new([]) } else { Self::new(text.split('.').map(str::as_bytes)) }
    }
}
