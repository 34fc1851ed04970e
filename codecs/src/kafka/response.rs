//! Responses: what servers write and clients read.

use alloc::sync::Arc;
use core::fmt;

use wireview::length::U32Be;
use wireview::{Boundary, Codec, Encode, Error, Gather, Holder, Outgoing, Result, Span, View, Wire};

use super::api::{Api, ResponseBody};
use super::calls::{Awaited, Ring};
use super::fetched::FetchedPartitions;
use super::wire::{Kind, Reader, Tags, Version, Writer};
use super::{HEAD, field, whole};

/// A response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response<B> {
    /// In which version of its API it is written: that of the request.
    pub version: i16,
    /// That of the request.
    pub correlation_id: i32,
    /// Tagged fields of its header, in flexible versions.
    pub tags: Tags<B>,
    /// What is answered.
    pub body: ResponseBody<B>,
}

impl<B> Response<B> {
    /// A response to the request with that version and that correlation id.
    pub fn new(version: i16, correlation_id: i32, body: impl Into<ResponseBody<B>>) -> Self {
        Self { version, correlation_id, tags: Tags::none(), body: body.into() }
    }

    /// What was asked for.
    #[must_use]
    pub const fn api(&self) -> Api {
        self.body.api()
    }
}

/// Reads and writes responses.
///
/// A response does not say what it answers: [`client`](super::client) makes a codec that knows which requests are under way,
/// [`of`](Self::of) one that takes every response for one of the same kind.
///
/// ```
/// use wireview::{Codec, Encode, Error, FileRegion, Gather, Payload};
/// use wireview_codecs::kafka::*;
///
/// // The same type is written with a region of a file and read as views.
/// # let path = std::env::temp_dir().join(format!("wireview-kafka-{}", std::process::id()));
/// # std::fs::write(&path, [7; 5000]).unwrap();
/// let log = std::fs::File::open(&path).unwrap().into();
/// # std::fs::remove_file(&path).unwrap();
/// let version = Api::Fetch.version(4).expect("supported");
/// let partition = FetchedPartition {
///     partition: 0,
///     error_code: ErrorCode::NONE,
///     high_watermark: 9,
///     last_stable_offset: 9,
///     log_start_offset: -1,
///     aborted_transactions: None,
///     preferred_read_replica: -1,
///     records: Some(Payload::File(FileRegion::whole(log).unwrap())),
///     tags: Tags::none(),
/// };
/// let partitions = List::of(version, [partition])?;
/// let topic = FetchedTopic { topic: Payload::Static(b"news"), topic_id: [0; 16], partitions, tags: Tags::none() };
/// let fetched = FetchResponse {
///     throttle_time_ms: 0,
///     error_code: ErrorCode::NONE,
///     session_id: 0,
///     topics: List::of(version, [topic])?,
///     tags: Tags::none(),
/// };
/// let mut out = Gather::new();
/// Responses::of(Api::Fetch, 4, 1 << 20)?.encode(Response::new(4, 1, fetched), &mut out)?;
/// assert!(out.has_files()); // the records leave by `sendfile`
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Responses {
    max: u32,
    /// What the response is that was found last; of any correlation id if it is the same each time.
    pub(super) awaited: Option<Awaited>,
    ring: Option<Arc<Ring>>,
}

impl Responses {
    /// Takes each response for one to a request for `api` in `version`, with any correlation id, of up to `max` bytes behind
    /// its length.
    ///
    /// # Errors
    /// If the version is not supported.
    pub fn of(api: Api, version: i16, max: u32) -> Result<Self> {
        let (api, version) = Api::find(api.key(), 0, version, 0)?;
        Ok(Self { max, awaited: Some(Awaited { api, version, correlation_id: None }), ring: None })
    }

    /// The partitions of the Fetch response that `frame` is, read in one pass: for consumers that fetch many. The response is the one
    /// that was found last, as for [`parse`](Codec::parse).
    ///
    /// ```
    /// use wireview::{Encode, Error, Gather};
    /// use wireview_codecs::kafka::{Api, Array, ErrorCode, FetchResponse, Response, Responses, Tags};
    ///
    /// let topics = Array::none();
    /// let error_code = ErrorCode::FETCH_SESSION_ID_NOT_FOUND;
    /// let told = FetchResponse { throttle_time_ms: 0, error_code, session_id: 0, topics, tags: Tags::none() };
    /// let mut codec = Responses::of(Api::Fetch, 12, 1 << 20)?;
    /// let mut out = Gather::new();
    /// codec.encode(Response::<&[u8]>::new(12, 1, told), &mut out)?;
    /// let frame: Vec<u8> = out.chunks().flatten().copied().collect();
    /// let partitions = codec.fetched(&frame)?;
    /// assert_eq!(partitions.error_code, error_code);
    /// assert_eq!(partitions.count(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If it is no Fetch response, or ends in front of its partitions; the items have errors of their own.
    pub fn fetched<'a>(&self, frame: &'a [u8]) -> Result<FetchedPartitions<'a>> {
        match self.awaited {
            Some(Awaited { api: Api::Fetch, version, .. }) => {
                let (from, ..) = self.header(frame, Api::Fetch, version)?;
                FetchedPartitions::new(from)
            }
            _ => Err(Error::malformed(&field::UNASKED, 0)),
        }
    }

    /// A reader behind the header, and what the header says.
    #[inline]
    fn header<'a>(&self, frame: &'a [u8], api: Api, version: Version) -> Result<(Reader<'a>, i32, Tags<&'a [u8]>)> {
        let rest = frame.get(HEAD..).ok_or(Error::truncated(&field::LENGTH, 0))?;
        let mut from = Reader::new(rest, frame.len(), api.response_header(version));
        let correlation_id = i32::read(&mut from, &field::CORRELATION_ID)?;
        let tags = Tags::read(&mut from)?;
        from.set_version(version);
        Ok((from, correlation_id, tags))
    }

    pub(super) const fn asked(ring: Arc<Ring>, max: u32) -> Self {
        Self { max, awaited: None, ring: Some(ring) }
    }
}

impl Codec for Responses {
    type Message = Response<Span>;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let boundary = whole(input, 4, self.max)?;
        let Some(ring) = &self.ring else { return Ok(boundary) };
        let Some(&[_, _, _, _, a, b, c, d]) = input.first_chunk() else {
            // The shortest response has so many.
            return Ok(if input.len() < HEAD { boundary } else { Boundary::Need(HEAD + 4) });
        };
        // A response that nobody waits for is the end: who could say which the next one answers?
        let awaited = ring.answer().ok_or(Error::malformed(&field::UNASKED, 0))?;
        if awaited.correlation_id != Some(i32::from_be_bytes([a, b, c, d])) {
            return Err(Error::malformed(&field::CORRELATION_ID, HEAD));
        }
        self.awaited = Some(awaited);
        Ok(boundary)
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        let Awaited { api, version, .. } = self.awaited.ok_or(Error::malformed(&field::UNASKED, 0))?;
        let (mut from, correlation_id, tags) = self.header(frame, api, version)?;
        let body = ResponseBody::read(api, &mut from)?;
        if !from.rest().is_empty() {
            return Err(Error::malformed(&field::TRAILING, from.offset()));
        }
        Ok(Response { version: version.number, correlation_id, tags, body })
    }
}

impl Wire for Response<Span> {
    type Of<B: Holder> = Response<B>;

    fn map<A: Holder, B: Holder>(response: Response<A>, f: &mut impl FnMut(A) -> B) -> Response<B> {
        let tags = Tags::<Span>::map(response.tags, f);
        let body = ResponseBody::<Span>::map(response.body, f);
        Response { version: response.version, correlation_id: response.correlation_id, tags, body }
    }
}

impl<B: Outgoing> Encode<Response<B>> for Responses {
    /// # Errors
    /// As for [`Requests`](super::Requests).
    fn encode(&mut self, response: Response<B>, out: &mut Gather) -> Result<()> {
        encode(response, out)
    }
}

/// For a connection whose codec reads requests: the encoder of a server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers;

impl<B: Outgoing> Encode<Response<B>> for Answers {
    /// # Errors
    /// As for [`Requests`](super::Requests).
    fn encode(&mut self, response: Response<B>, out: &mut Gather) -> Result<()> {
        encode(response, out)
    }
}

fn encode<B: Outgoing>(response: Response<B>, out: &mut Gather) -> Result<()> {
    let api = response.api();
    let (_, version) = Api::find(api.key(), 0, response.version, 0)?;
    out.length::<U32Be>(|out| {
        out.copy(&response.correlation_id.to_be_bytes());
        let mut to: Writer<'_, Gather> = Writer::new(out, api.response_header(version));
        Tags::write(response.tags, &mut to)?;
        to.set_version(version);
        ResponseBody::write(response.body, &mut to)
    })
}

impl<B> fmt::Display for Response<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{} #{}", self.api(), self.version, self.correlation_id)
    }
}

impl Awaited {
    /// A slot of the ring.
    pub(super) fn pack(api: Api, version: i16, correlation_id: i32) -> u64 {
        u64::from(api.key() as u16) << 48 | u64::from(version as u16) << 32 | u64::from(correlation_id as u32)
    }

    pub(super) fn unpack(slot: u64) -> Option<Self> {
        let api = Api::from_key((slot >> 48) as i16)?;
        let version = api.version((slot >> 32) as i16)?;
        Some(Self { api, version, correlation_id: Some(slot as i32) })
    }
}
