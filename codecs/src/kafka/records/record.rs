//! One record, and the walk over those of a batch.
//!
//! Reading answers only whether there is a whole record; why there is none is found out by reading again, slowly.

use core::iter::FusedIterator;

use wireview::{Element, Error, Holder, Result, Seq, Span, Wire};

use super::{field, varint};

/// The least bytes of a record: its length, attributes, two deltas, no key, no value, no headers.
pub(super) const LEAST: usize = 7;

/// One record, its numbers as they stand on the wire: see [`Batch::offset`](super::Batch::offset) and
/// [`Batch::timestamp`](super::Batch::timestamp).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<B> {
    /// Bits of which none is defined.
    pub attributes: i8,
    /// Milliseconds since the batch's base timestamp. It can be negative.
    pub timestamp_delta: i64,
    /// Offset from the batch's base offset.
    pub offset_delta: i32,
    /// The key, which can be missing (null), or empty.
    pub key: Option<B>,
    /// The value, which can be missing (null: a tombstone), or empty.
    pub value: Option<B>,
    /// What else is told, in the order of the producer. The same key can come again.
    pub headers: Seq<B, Header<Span>>,
}

/// A key, which is UTF-8 by convention, and a value, which can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header<B> {
    /// Its name. Never null.
    pub key: B,
    /// Its value.
    pub value: Option<B>,
}

impl Wire for Record<Span> {
    type Of<B: Holder> = Record<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(record: Record<A>, f: &mut impl FnMut(A) -> B) -> Record<B> {
        Record {
            attributes: record.attributes,
            timestamp_delta: record.timestamp_delta,
            offset_delta: record.offset_delta,
            key: record.key.map(&mut *f),
            value: record.value.map(&mut *f),
            headers: Seq::<Span, Header<Span>>::map(record.headers, f),
        }
    }
}

impl Wire for Header<Span> {
    type Of<B: Holder> = Header<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(header: Header<A>, f: &mut impl FnMut(A) -> B) -> Header<B> {
        Header { key: f(header.key), value: header.value.map(f) }
    }
}

impl Element for Record<Span> {
    #[inline]
    fn read<'a>(input: &mut &'a [u8]) -> Result<Record<&'a [u8]>> {
        read(input).ok_or_else(
            #[cold]
            || explain(input),
        )
    }
}

impl Element for Header<Span> {
    #[inline]
    fn read<'a>(input: &mut &'a [u8]) -> Result<Header<&'a [u8]>> {
        header(input).ok_or_else(
            #[cold]
            || match header_slowly(input, 0) {
                Err(error) => error,
                Ok(_) => Error::malformed(&field::HEADER_KEY, 0),
            },
        )
    }
}

/// The record at the front of `input`; `None` if it is not whole, or not one.
#[inline(always)]
fn read<'a>(input: &mut &'a [u8]) -> Option<Record<&'a [u8]>> {
    let mut rest = *input;
    let len = length(varint::raw32(&mut rest)?)?;
    let (body, rest) = rest.split_at_checked(len)?;
    let (&attributes, mut body) = body.split_first()?;
    let timestamp_delta = varint::long_int(&mut body)?;
    let offset_delta = varint::int(&mut body)?;
    let key = nullable(&mut body)?;
    let value = nullable(&mut body)?;
    let headers = match body {
        // None, which is the rule.
        [0] => Seq::new(&[][..], 0),
        _ => headers(body)?,
    };
    *input = rest;
    Some(Record { attributes: attributes as i8, timestamp_delta, offset_delta, key, value, headers })
}

/// A length that is not negative.
#[inline(always)]
const fn length(raw: u32) -> Option<usize> {
    if raw & 1 == 0 { Some((raw >> 1) as usize) } else { None }
}

/// Bytes behind their length, which is -1 if there are none.
#[inline(always)]
fn nullable<'a>(input: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let raw = varint::raw32(input)?;
    if raw == 1 {
        return Some(None);
    }
    let (bytes, rest) = input.split_at_checked(length(raw)?)?;
    *input = rest;
    Some(Some(bytes))
}

/// The headers that fill what is left of a record, behind their count: walked once here, so that whoever walks them again
/// finds them whole.
#[inline(never)]
fn headers(mut body: &[u8]) -> Option<Seq<&[u8], Header<Span>>> {
    let count = length(varint::raw32(&mut body)?)?;
    let region = body;
    // Every header takes bytes, so a large count ends with them.
    for _ in 0..count {
        header(&mut body)?;
    }
    body.is_empty().then(|| Seq::new(region, count as u32))
}

#[inline(always)]
fn header<'a>(input: &mut &'a [u8]) -> Option<Header<&'a [u8]>> {
    let mut rest = *input;
    let len = length(varint::raw32(&mut rest)?)?;
    let (key, mut rest) = rest.split_at_checked(len)?;
    let value = nullable(&mut rest)?;
    *input = rest;
    Some(Header { key, value })
}

/// Why there is no record at the front of `input`.
#[cold]
fn explain(input: &[u8]) -> Error {
    match slowly(input) {
        Err(error) => error,
        // The two readers differ, which the tests would have found.
        Ok(()) => Error::malformed(&field::RECORD, 0),
    }
}

fn slowly(input: &[u8]) -> Result<()> {
    let mut cursor = Cursor { whole: input, rest: input };
    let len = cursor.length(&field::RECORD_LENGTH)?;
    let start = cursor.at();
    let body = cursor.rest.get(..len).ok_or(Error::truncated(&field::RECORD, start))?;
    let mut cursor = Cursor { whole: &input[..start + len], rest: body };
    cursor.bytes(1, &field::ATTRIBUTES)?;
    cursor.number(true, &field::TIMESTAMP)?;
    cursor.number(false, &field::OFFSET)?;
    cursor.nullable(&field::KEY_LENGTH, &field::KEY)?;
    cursor.nullable(&field::VALUE_LENGTH, &field::VALUE)?;
    let count = cursor.length(&field::HEADER_COUNT)?;
    for _ in 0..count {
        let at = cursor.at();
        cursor.rest = header_slowly(cursor.rest, at)?;
    }
    if !cursor.rest.is_empty() {
        return Err(Error::malformed(&field::RECORD_LENGTH, 0));
    }
    Ok(())
}

/// What is behind the header at the front of `input`, which stands at `at`.
fn header_slowly(input: &[u8], at: usize) -> Result<&[u8]> {
    let mut cursor = Cursor { whole: input, rest: input };
    let read = |cursor: &mut Cursor<'_>| {
        let len = cursor.length(&field::HEADER_KEY_LENGTH)?;
        cursor.bytes(len, &field::HEADER_KEY)?;
        cursor.nullable(&field::HEADER_VALUE_LENGTH, &field::HEADER_VALUE)
    };
    read(&mut cursor).map_err(|error: Error| error.shifted(at))?;
    Ok(cursor.rest)
}

/// Where the slow reader is.
struct Cursor<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn at(&self) -> usize {
        self.whole.len() - self.rest.len()
    }

    fn bytes(&mut self, len: usize, field: &'static &'static str) -> Result<()> {
        self.rest = self.rest.get(len..).ok_or(Error::truncated(field, self.at()))?;
        Ok(())
    }

    fn number(&mut self, wide: bool, field: &'static &'static str) -> Result<u64> {
        let at = self.at();
        let number = if wide { varint::raw64(&mut self.rest) } else { varint::raw32(&mut self.rest).map(u64::from) };
        number.ok_or(if varint::is_cut(self.rest, wide) {
            Error::truncated(field, at)
        } else {
            Error::overflow(field, at)
        })
    }

    fn length(&mut self, field: &'static &'static str) -> Result<usize> {
        let at = self.at();
        length(self.number(false, field)? as u32).ok_or(Error::malformed(field, at))
    }

    fn nullable(&mut self, length: &'static &'static str, field: &'static &'static str) -> Result<()> {
        let before = self.rest;
        if self.number(false, length)? == 1 {
            return Ok(());
        }
        self.rest = before;
        let len = self.length(length)?;
        self.bytes(len, field)
    }
}

/// The records of a batch, read as they are walked, as many as the batch says: a record too few, or bytes too many, are an
/// error, the last item.
///
/// # Cost
/// Each record is read once; headers are walked to see that they are whole, and again by whoever asks for them.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    left: u32,
    /// Where `rest` would end, from the start of the batch.
    end: usize,
}

impl<'a> Records<'a> {
    /// `count` records that fill `region`, which stands `at` bytes behind the start of the batch.
    #[inline]
    pub(super) const fn new(region: &'a [u8], count: u32, at: usize) -> Self {
        Self { rest: region, left: count, end: at + region.len() }
    }

    /// The bytes that have not been walked yet.
    #[inline]
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many records are to come.
    #[inline]
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left as usize
    }

    /// Bytes behind the last record.
    #[cold]
    fn too_many(&mut self) -> Error {
        let at = self.end - self.rest.len();
        self.rest = &[];
        Error::malformed(&field::RECORDS, at)
    }

    #[cold]
    fn fail(&mut self) -> Error {
        let error = explain(self.rest).shifted(self.end - self.rest.len());
        (self.rest, self.left) = (&[], 0);
        error
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<&'a [u8]>>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return if self.rest.is_empty() { None } else { Some(Err(self.too_many())) };
        }
        match read(&mut self.rest) {
            Some(record) => {
                self.left -= 1;
                Some(Ok(record))
            }
            None => Some(Err(self.fail())),
        }
    }
}

impl FusedIterator for Records<'_> {}
