//! Header fields: one region of lines, walked by an index that the scan left.

use core::fmt;
use core::iter::FusedIterator;
use core::slice;

use wireview::{Holder, Span, Wire};

use super::line::dissect;

/// How many fields are indexed. What is behind them is looked for line by line.
pub(super) const INDEXED: usize = 16;

/// Where a field lies in its line. A line that does not fit in one is looked for anew.
///
/// ```text
///   name : ··value··CR LF         bits  0..16  bytes of the line, CR LF included
///   └16┘   24     28      0            16..24  bytes of the name
///                                      24..28  blanks in front of the value, 28..32 behind it
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    pub(super) const NONE: Self = Self(0);

    /// The entry of a field line whose parts have these lengths.
    #[inline]
    pub(super) const fn new(line: usize, name: usize, lead: usize, trail: usize) -> Self {
        if line >> 16 | name >> 8 | lead >> 4 | trail >> 4 == 0 {
            Self(line as u32 | (name as u32) << 16 | (lead as u32) << 24 | (trail as u32) << 28)
        } else {
            Self::NONE
        }
    }

    /// The same with one blank in front of the value and none behind it, for a line and a name that fit.
    #[inline(always)]
    pub(super) const fn plain(line: usize, name: usize) -> Self {
        Self(line as u32 | (name as u32) << 16 | 1 << 24)
    }

    #[inline(always)]
    const fn line(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    #[inline(always)]
    const fn name(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    /// The field at the front of `lines`, and what is behind its line.
    #[inline(always)]
    fn read(self, lines: &[u8]) -> Option<(Field<&[u8]>, &[u8])> {
        if self == Self::NONE {
            return walk(lines);
        }
        let (line, rest) = lines.split_at_checked(self.line())?;
        let from = self.name() + 1 + (self.0 >> 24 & 0xf) as usize;
        let to = self.line().checked_sub(2 + (self.0 >> 28) as usize)?;
        Some((Field { name: line.get(..self.name())?, value: line.get(from..to)? }, rest))
    }
}

/// A field that has no entry, or that a holder was mapped to.
#[inline(never)]
fn walk(lines: &[u8]) -> Option<(Field<&[u8]>, &[u8])> {
    let end = lines.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let line = dissect(lines, 0, end)?;
    Some((Field { name: &lines[..line.name_end], value: &lines[line.value.0..line.value.1] }, &lines[end..]))
}

/// Header fields, or trailer fields, in their order: a lazy sequence over the bytes of their lines.
///
/// ```
/// use wireview::Codec;
/// use wireview_codecs::http1::{Part, Requests};
///
/// let input = b"GET / HTTP/1.1\r\nHost: a.example\r\nAccept: text/html\r\n\r\n";
/// let mut codec = Requests::new();
/// codec.delimit(input)?;
/// let Part::Head(request) = codec.parse(input)? else { unreachable!() };
/// assert_eq!(request.headers().get("accept"), Some(&b"text/html"[..]));
/// assert_eq!(request.headers().iter().count(), 2);
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// A region and 16 index entries of four bytes, which the scan for the end of the head left. A step of the walk reads an entry
/// and no byte; behind the first 16 fields each step looks for the end of its line.
#[derive(Clone, Copy, PartialEq)]
pub struct Headers<B> {
    pub(super) region: B,
    pub(super) count: u32,
    pub(super) index: [Entry; INDEXED],
}

/// One header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<B> {
    /// The name, as it was sent: compare it without regard to case.
    pub name: B,
    /// The value, without the blanks around it. Any byte but control characters; tabs may be inside.
    pub value: B,
}

impl<B> Headers<B> {
    /// How many fields there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes of all lines, each with its line end; the empty line behind them is not a part of it.
    #[inline]
    pub const fn region(&self) -> &B {
        &self.region
    }
}

impl<B: AsRef<[u8]>> Headers<B> {
    /// The same fields as views into their holder.
    #[inline]
    #[must_use]
    pub fn by_ref(&self) -> Headers<&[u8]> {
        Headers { region: self.region.as_ref(), count: self.count, index: self.index }
    }
}

impl<'a> Headers<&'a [u8]> {
    /// The fields in their order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> Iter<'_, 'a> {
        Iter { rest: self.region, index: self.index[..INDEXED.min(self.len())].iter() }
    }

    /// The value of the first field called `name`, in letters of either case.
    ///
    /// # Cost
    /// A look at the length of each name, and a comparison where it is right.
    #[inline]
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let mut rest = self.region;
        for entry in &self.index {
            if *entry == Entry::NONE {
                break;
            }
            if entry.name() == name.len() && rest.get(..name.len())?.eq_ignore_ascii_case(name.as_bytes()) {
                return entry.read(rest).map(|(field, _)| field.value);
            }
            rest = rest.get(entry.line()..)?;
        }
        if rest.is_empty() { None } else { self.get_all(name).next() }
    }

    /// The values of all fields called `name`, in letters of either case, in their order.
    pub fn get_all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'_, 'a, 'n> {
        let wanted = move |field: &Field<&[u8]>| field.name.eq_ignore_ascii_case(name.as_bytes());
        self.iter().filter(wanted).map(|field| field.value)
    }
}

impl<'h, 'a> IntoIterator for &'h Headers<&'a [u8]> {
    type Item = Field<&'a [u8]>;
    type IntoIter = Iter<'h, 'a>;

    #[inline]
    fn into_iter(self) -> Iter<'h, 'a> {
        self.iter()
    }
}

/// The fields of borrowed [`Headers`]. Ends early where a holder was mapped to bytes that are none.
#[derive(Clone, Debug)]
pub struct Iter<'h, 'a> {
    rest: &'a [u8],
    index: slice::Iter<'h, Entry>,
}

impl<'a> Iterator for Iter<'_, 'a> {
    type Item = Field<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Field<&'a [u8]>> {
        let entry = self.index.next().copied().unwrap_or_default();
        let (field, rest) = match entry.read(self.rest) {
            Some((field, rest)) => (Some(field), rest),
            None => (None, &[][..]),
        };
        self.rest = rest;
        field
    }
}

impl FusedIterator for Iter<'_, '_> {}

impl Wire for Headers<Span> {
    type Of<B: Holder> = Headers<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(headers: Headers<A>, f: &mut impl FnMut(A) -> B) -> Headers<B> {
        Headers { region: f(headers.region), count: headers.count, index: headers.index }
    }
}

impl<B: fmt::Debug> fmt::Debug for Headers<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Headers({} in {:?})", self.count, self.region)
    }
}

/// As they are sent.
impl<B: AsRef<[u8]>> fmt::Display for Headers<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for field in &self.by_ref() {
            writeln!(f, "{field}")?;
        }
        Ok(())
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Field<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.as_ref().escape_ascii(), self.value.as_ref().escape_ascii())
    }
}
