//! Which requests of a client are under way, and so what its responses answer.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use wireview::{Encode, Error, Gather, Outgoing, Result};

use super::api::Api;
use super::request::{self, Request};
use super::response::Responses;
use super::wire::Version;
use super::{HEAD, field};

/// How many requests may be under way.
const UNDER_WAY: usize = 256;

/// What a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Awaited {
    pub(super) api: Api,
    pub(super) version: Version,
    /// `None` for any.
    pub(super) correlation_id: Option<i32>,
}

/// The requests under way, oldest first: one side writes, the other reads.
#[derive(Debug)]
pub(super) struct Ring {
    slots: [AtomicU64; UNDER_WAY],
    asked: AtomicUsize,
    answered: AtomicUsize,
}

impl Ring {
    /// The oldest request that waits.
    pub(super) fn answer(&self) -> Option<Awaited> {
        let answered = self.answered.load(Ordering::Relaxed);
        if answered == self.asked.load(Ordering::Acquire) {
            return None;
        }
        let slot = self.slots[answered % UNDER_WAY].load(Ordering::Relaxed);
        self.answered.store(answered.wrapping_add(1), Ordering::Release);
        Awaited::unpack(slot)
    }
}

/// The two halves of a client: the codec that reads responses of up to `max` bytes, and the encoder that writes requests. They
/// share which requests are under way, since a response does not say what it answers.
///
/// ```
/// use wireview::{Codec, Deframer, Encode, Error, Gather};
/// use wireview_codecs::kafka::{self, ApiVersionsRequest, ErrorCode, Request, ResponseBody, Tags};
///
/// let (responses, mut calls) = kafka::client(1 << 20);
/// let mut out = Gather::new();
/// let asked = ApiVersionsRequest { client_software_name: &b""[..], client_software_version: b"", tags: Tags::none() };
/// calls.encode(Request::new(0, 5, asked), &mut out)?;
///
/// let mut deframer = Deframer::new(responses);
/// deframer.feed(b"\0\0\0\x10\0\0\0\x05\0\0\0\0\0\x01\0\0\0\x03\0\x0b");
/// let lent = deframer.next()?.expect("a whole response");
/// let ResponseBody::ApiVersions(told) = lent.view()?.body else { panic!("not what was asked for") };
/// assert_eq!(told.error_code, ErrorCode::NONE);
/// assert_eq!(told.api_keys.iter().next().expect("one")?.max_version, 11);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn client(max: u32) -> (Responses, Calls) {
    let ring = Arc::new(Ring {
        slots: [const { AtomicU64::new(0) }; UNDER_WAY],
        asked: AtomicUsize::new(0),
        answered: AtomicUsize::new(0),
    });
    (Responses::asked(Arc::clone(&ring), max), Calls { ring })
}

/// Writes requests: the encoder of a client. See [`client`].
#[derive(Debug)]
pub struct Calls {
    ring: Arc<Ring>,
}

impl Calls {
    /// How many requests wait for their response.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.ring.asked.load(Ordering::Relaxed).wrapping_sub(self.ring.answered.load(Ordering::Acquire))
    }

    /// Takes note of a request that was sent by somebody else, such as one that is watched: its response is awaited next.
    ///
    /// # Errors
    /// [`Kind::Limit`](wireview::Kind::Limit) if 256 requests are under way.
    pub fn asked<B>(&mut self, request: &Request<B>) -> Result<()> {
        if self.under_way() >= UNDER_WAY {
            return Err(Error::limit(&field::UNDER_WAY, HEAD));
        }
        self.push(awaited(request));
        Ok(())
    }

    fn push(&mut self, awaited: Option<u64>) {
        let Some(awaited) = awaited else { return };
        let asked = self.ring.asked.load(Ordering::Relaxed);
        self.ring.slots[asked % UNDER_WAY].store(awaited, Ordering::Relaxed);
        self.ring.asked.store(asked.wrapping_add(1), Ordering::Release);
    }
}

/// What is awaited after the request, for a slot of the ring.
fn awaited<B>(request: &Request<B>) -> Option<u64> {
    request.is_answered().then(|| Awaited::pack(request.api(), request.version, request.correlation_id))
}

impl<B: Outgoing> Encode<Request<B>> for Calls {
    /// # Errors
    /// As for [`Requests`](super::Requests), and [`Kind::Limit`](wireview::Kind::Limit) if 256 requests are under way.
    fn encode(&mut self, request: Request<B>, out: &mut Gather) -> Result<()> {
        if self.under_way() >= UNDER_WAY {
            return Err(Error::limit(&field::UNDER_WAY, HEAD));
        }
        let awaited = awaited(&request);
        request::encode(request, out)?;
        self.push(awaited);
        Ok(())
    }
}
