//! Requests: what clients write and servers read.

use core::fmt;

use wireview::length::U32Be;
use wireview::{Boundary, Codec, Encode, Error, Gather, Holder, Outgoing, Result, Span, View, Wire};

use super::api::{Api, RequestBody};
use super::wire::{Kind, Null, Reader, Str, Tags, Version, Writer};
use super::{HEAD, field, whole};

/// A request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request<B> {
    /// In which version of its API it is written.
    pub version: i16,
    /// Comes back with the response.
    pub correlation_id: i32,
    /// What the client calls itself.
    pub client_id: Option<B>,
    /// Tagged fields of its header, in flexible versions.
    pub tags: Tags<B>,
    /// What is asked.
    pub body: RequestBody<B>,
}

impl<B> Request<B> {
    /// A request of a client without a name.
    pub fn new(version: i16, correlation_id: i32, body: impl Into<RequestBody<B>>) -> Self {
        Self { version, correlation_id, client_id: None, tags: Tags::none(), body: body.into() }
    }

    /// What is asked for.
    #[must_use]
    pub const fn api(&self) -> Api {
        self.body.api()
    }

    /// Whether there will be a response: not to a Produce without acknowledgements.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        !matches!(&self.body, RequestBody::Produce(request) if request.acks == 0)
    }
}

/// What all versions of all requests begin with: enough to refuse one that is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek {
    /// What is asked for: the key of an [`Api`], if it is known.
    pub api_key: i16,
    /// In which version.
    pub api_version: i16,
    /// Comes back with the response.
    pub correlation_id: i32,
}

impl Peek {
    /// Looks at the frame of a request; `None` if it is too short for one.
    #[must_use]
    pub fn of(frame: &[u8]) -> Option<Self> {
        let &[_, _, _, _, k1, k2, v1, v2, c1, c2, c3, c4] = frame.first_chunk()?;
        let (api_key, api_version) = (i16::from_be_bytes([k1, k2]), i16::from_be_bytes([v1, v2]));
        Some(Self { api_key, api_version, correlation_id: i32::from_be_bytes([c1, c2, c3, c4]) })
    }
}

/// Reads and writes requests.
///
/// ```
/// use wireview::{Codec, Deframer, Encode, Error, Gather, Payload};
/// use wireview_codecs::kafka::{HeartbeatRequest, Request, RequestBody, Requests, Tags};
///
/// let mut out = Gather::new();
/// let beat = HeartbeatRequest {
///     group_id: &b"readers"[..],
///     generation_id: 3,
///     member_id: b"me",
///     group_instance_id: None,
///     tags: Tags::none(),
/// };
/// Requests::new(1 << 20).encode(Request::new(4, 77, beat), &mut out)?;
///
/// let mut deframer = Deframer::new(Requests::new(1 << 20));
/// deframer.feed(&out.chunks().collect::<Vec<_>>().concat());
/// let lent = deframer.next()?.expect("a whole request");
/// let request = lent.view()?;
/// assert_eq!((request.version, request.correlation_id), (4, 77));
/// assert!(matches!(request.body, RequestBody::Heartbeat(beat) if beat.member_id == b"me"));
/// # Ok::<(), Error>(())
/// ```
///
/// A request whose API or version is not in [the table](super) is an error of [`view`](wireview::Lent::view) of kind
/// [`Unsupported`](wireview::Kind::Unsupported), which the connection outlives: [`Peek`] has what the refusal needs.
#[derive(Clone, Copy, Debug)]
pub struct Requests {
    max: u32,
}

impl Requests {
    /// Takes requests of up to `max` bytes behind their length, at most 2 GiB; and at least 8, which is the shortest.
    #[must_use]
    pub const fn new(max: u32) -> Self {
        Self { max }
    }
}

impl Codec for Requests {
    type Message = Request<Span>;

    #[inline]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        whole(input, 8, self.max)
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        let rest = frame.get(HEAD..).ok_or(Error::truncated(&field::LENGTH, 0))?;
        let mut from = Reader::new(rest, frame.len(), Version::default());
        let key = i16::read(&mut from, &field::API_KEY)?;
        let version = i16::read(&mut from, &field::API_VERSION)?;
        let (api, version) = Api::find(key, HEAD, version, HEAD + 2)?;
        let correlation_id = i32::read(&mut from, &field::CORRELATION_ID)?;
        // Not compact in any version, so that it can be read before the version is known.
        let client_id = Null::<Str, 0>::read(&mut from, &field::CLIENT_ID)?;
        from.set_version(version);
        let tags = Tags::read(&mut from)?;
        let body = RequestBody::read(api, &mut from)?;
        // What may be left is not looked at, as by Kafka: librdkafka leaves three bytes behind a Metadata request for all topics.
        Ok(Request { version: version.number, correlation_id, client_id, tags, body })
    }
}

impl Wire for Request<Span> {
    type Of<B: Holder> = Request<B>;

    fn map<A: Holder, B: Holder>(request: Request<A>, f: &mut impl FnMut(A) -> B) -> Request<B> {
        let client_id = request.client_id.map(&mut *f);
        let tags = Tags::<Span>::map(request.tags, f);
        let body = RequestBody::<Span>::map(request.body, f);
        Request { version: request.version, correlation_id: request.correlation_id, client_id, tags, body }
    }
}

pub(super) fn encode<B: Outgoing>(request: Request<B>, out: &mut Gather) -> Result<()> {
    let api = request.api();
    let (_, version) = Api::find(api.key(), HEAD, request.version, HEAD + 2)?;
    out.length::<U32Be>(|out| {
        out.head(|head| {
            head.extend_from_slice(&api.key().to_be_bytes());
            head.extend_from_slice(&request.version.to_be_bytes());
            head.extend_from_slice(&request.correlation_id.to_be_bytes());
        });
        let mut to = Writer::new(out, Version::default());
        Null::<Str, 0>::write(request.client_id, &mut to, &field::CLIENT_ID)?;
        to.set_version(version);
        Tags::write(request.tags, &mut to)?;
        RequestBody::write(request.body, &mut to)
    })
}

impl<B: Outgoing> Encode<Request<B>> for Requests {
    /// # Errors
    /// [`Kind::Unsupported`](wireview::Kind::Unsupported) if the version is not supported, or has no null where there is one;
    /// [`Kind::Overflow`](wireview::Kind::Overflow) for a string of more than 32,767 bytes. A field that the version does not
    /// have is left out.
    fn encode(&mut self, request: Request<B>, out: &mut Gather) -> Result<()> {
        encode(request, out)
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Request<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{} #{}", self.api(), self.version, self.correlation_id)?;
        match &self.client_id {
            Some(client) => write!(f, " of \"{}\"", client.as_ref().escape_ascii()),
            None => Ok(()),
        }
    }
}
