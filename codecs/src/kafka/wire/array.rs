use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;
use wireview::{Error, Holder, Outgoing, Payload, Result, Span, Wire};

use super::{Entry, FieldName, Parts, Reader, Sink, Version, Writer};

const VERSION: &str = "version of the array";
const ENTRY: &str = "entry";

/// A field that repeats, in the version of its message: one region that was checked when the message was read, walked lazily.
///
/// As a [`Seq`](wireview::Seq), which has no version.
///
/// # Cost
/// Holding: one byte holder, a count, a version. Walking: each entry is read again on each walk.
pub struct Array<B, E> {
    /// `None` if there are none, so that an empty array needs no holder.
    region: Option<B>,
    count: u32,
    version: Version,
    entry: PhantomData<fn() -> E>,
}

impl<B, E> Array<B, E> {
    /// Without entries.
    #[must_use]
    pub const fn none() -> Self {
        Self { region: None, count: 0, version: Version { number: 0, flexible: false }, entry: PhantomData }
    }

    /// How many entries there are.
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

    /// The bytes of all entries; `None` if there are none.
    #[inline]
    #[must_use]
    pub const fn region(&self) -> Option<&B> {
        self.region.as_ref()
    }
}

impl<'a, E: Entry> Array<&'a [u8], E> {
    /// Walks the entries as borrowed views.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> Entries<'a, E> {
        Entries::new(self.region.unwrap_or(&[]), self.count, self.version)
    }
}

impl<'a, E: Entry> IntoIterator for Array<&'a [u8], E> {
    type Item = Result<E::Of<&'a [u8]>>;
    type IntoIter = Entries<'a, E>;

    #[inline]
    fn into_iter(self) -> Entries<'a, E> {
        self.iter()
    }
}

impl<E: Entry> Array<Bytes, E> {
    /// Walks the entries as borrowed views: no refcounts.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> Entries<'_, E> {
        Entries::new(self.region.as_deref().unwrap_or(&[]), self.count, self.version)
    }

    /// Walks the entries as slices that share the frame: a refcount a field.
    #[must_use]
    pub fn iter_shared(&self) -> SharedEntries<'_, E> {
        SharedEntries { region: self.region.as_ref(), views: self.iter() }
    }
}

/// The entries of an [`Array`] as borrowed views. Ends behind the first that cannot be read.
pub struct Entries<'a, E> {
    reader: Reader<'a>,
    left: u32,
    entry: PhantomData<fn() -> E>,
}

impl<'a, E> Entries<'a, E> {
    #[inline]
    const fn new(region: &'a [u8], count: u32, version: Version) -> Self {
        Self { reader: Reader::new(region, region.len(), version), left: count, entry: PhantomData }
    }
}

impl<'a, E: Entry> Iterator for Entries<'a, E> {
    type Item = Result<E::Of<&'a [u8]>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut reader = self.reader.clone();
        let entry = E::read(&mut reader);
        self.reader = reader;
        // What was checked under one holder is not known under another: an array may be mapped to anything.
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left as usize))
    }
}

impl<E: Entry> core::iter::FusedIterator for Entries<'_, E> {}

/// The entries of an [`Array`] as slices that share its frame.
pub struct SharedEntries<'a, E> {
    region: Option<&'a Bytes>,
    views: Entries<'a, E>,
}

impl<E: Entry> Iterator for SharedEntries<'_, E> {
    type Item = Result<E::Of<Bytes>>;

    fn next(&mut self) -> Option<Self::Item> {
        let region = self.region;
        Some(self.views.next()?.map(|view| {
            E::map::<&[u8], Bytes>(view, &mut |part| match region
                .and_then(|region| Span::of(region, part).zip(Some(region)))
            {
                Some((span, region)) => span.share(region),
                None => Bytes::copy_from_slice(part),
            })
        }))
    }
}

impl<E: Entry> Array<Span, E> {
    /// Reads `count` entries, each of which must be whole.
    #[inline(always)]
    pub(super) fn read<'a>(from: &mut Reader<'a>, count: usize) -> Result<Array<&'a [u8], E>> {
        let before = from.rest();
        // A reader of its own stays in registers.
        let mut walk = from.clone();
        for _ in 0..count {
            let entry = walk.rest();
            if E::skip(&mut walk).is_err() {
                return Err(Self::fault(entry, walk.offset() + walk.rest().len(), walk.version()));
            }
        }
        from.set_rest(walk.rest());
        let region = if count == 0 { None } else { Some(from.since(before)) };
        // What is not there is in no version, so that it is the same whoever made it.
        let version = if count == 0 { Version::default() } else { from.version() };
        Ok(Array { region, count: count as u32, version, entry: PhantomData })
    }

    /// What is wrong with an entry that could not be gone over.
    #[cold]
    fn fault(entry: &[u8], end: usize, version: Version) -> Error {
        let mut entry = Reader::new(entry, end, version);
        E::read(&mut entry).err().unwrap_or(Error::malformed(&ENTRY, entry.offset()))
    }

    pub(super) fn write<B: Outgoing, S: Sink<B>>(
        array: Option<Array<B, E>>,
        to: &mut Writer<'_, S>,
        name: FieldName,
    ) -> Result<()> {
        let Some(array) = array else { return to.length(None, name) };
        if array.count > 0 && array.version != to.version() {
            return Err(Error::unsupported(&VERSION, 0));
        }
        to.length(Some(array.count.into()), name)?;
        if let Some(region) = array.region {
            to.sink.put(region);
        }
        Ok(())
    }
}

/// An [`Array`] that is being built: each entry is written as it comes, payloads are kept as they are.
///
/// ```
/// use bytes::Bytes;
/// use wireview::Payload;
/// use wireview_codecs::kafka::{Api, List, ProducedPartition, Tags};
///
/// let records = Bytes::from(vec![0; 10_000]);
/// let mut partitions = List::<ProducedPartition<_>>::new(Api::Produce.version(9).expect("supported"));
/// partitions.push(ProducedPartition { index: 0, records: Some(Payload::Share(records)), tags: Tags::none() })?;
/// assert_eq!(partitions.into_array().len(), 1); // the records were not copied
/// # Ok::<(), wireview::Error>(())
/// ```
pub struct List<'a, E> {
    parts: Parts<'a>,
    count: u32,
    version: Version,
    entry: PhantomData<fn() -> E>,
}

impl<'a, E: Entry> List<'a, E> {
    /// An empty one, for a message of `version`.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self { parts: Parts::default(), count: 0, version, entry: PhantomData }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// If the version cannot say it. The list is of no use then.
    pub fn push(&mut self, entry: E::Of<Payload<'a>>) -> Result<()> {
        E::write(entry, &mut Writer::new(&mut self.parts, self.version))?;
        self.count += 1;
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them.
    #[must_use]
    pub fn into_array(self) -> Array<Payload<'a>, E> {
        if self.count == 0 {
            return Array::none();
        }
        let region = Some(self.parts.into_payload());
        Array { region, count: self.count, version: self.version, entry: PhantomData }
    }

    /// All of these.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn of(
        version: Version,
        entries: impl IntoIterator<Item = E::Of<Payload<'a>>>,
    ) -> Result<Array<Payload<'a>, E>> {
        let mut list = Self::new(version);
        entries.into_iter().try_for_each(|entry| list.push(entry))?;
        Ok(list.into_array())
    }
}

impl<E: 'static> Wire for Array<Span, E> {
    type Of<B: Holder> = Array<B, E>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(array: Array<A, E>, f: &mut impl FnMut(A) -> B) -> Array<B, E> {
        Array { region: array.region.map(f), count: array.count, version: array.version, entry: PhantomData }
    }
}

// By hand: a derive would ask of `E` what is asked of `B` alone.
impl<B: Clone, E> Clone for Array<B, E> {
    #[inline]
    fn clone(&self) -> Self {
        Self { region: self.region.clone(), count: self.count, version: self.version, entry: PhantomData }
    }
}

impl<B: Copy, E> Copy for Array<B, E> {}

impl<B: PartialEq, E> PartialEq for Array<B, E> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.version == other.version && self.region == other.region
    }
}

impl<B, E> Default for Array<B, E> {
    fn default() -> Self {
        Self::none()
    }
}

impl<B: fmt::Debug, E> fmt::Debug for Array<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({} in {:?})", self.count, self.region)
    }
}

impl<E> Clone for Entries<'_, E> {
    fn clone(&self) -> Self {
        Self { reader: self.reader.clone(), left: self.left, entry: PhantomData }
    }
}

impl<E> fmt::Debug for Entries<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("left", &self.left).field("reader", &self.reader).finish()
    }
}

impl<E> fmt::Debug for SharedEntries<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedEntries").field("views", &self.views).finish()
    }
}

impl<E> fmt::Debug for List<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("count", &self.count).field("parts", &self.parts).finish()
    }
}
