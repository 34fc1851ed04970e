//! PUBLISH and what answers it, sections 3.3 to 3.7.

use wireview::declare::Text;
use wireview::{Seq, Span, Wire};

use super::{Property, not_nul};

/// A message, section 3.3. Whether it is a duplicate, its QoS, and whether it is retained are the flags of the
/// [`Packet`](super::Packet).
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
#[wire(given(flags: u8), assert = flags & 6 != 6 && (flags & 6 != 0 || flags & 8 == 0))]
pub struct Publish<B> {
    /// Where: no wildcards. Empty if there is a topic alias that is known.
    #[wire(len = u16, max = 65_535, each = not_nul)]
    pub topic: Text<B>,
    /// What the answer will name; there is none at QoS 0.
    #[wire(if = flags >> 1 & 3 != 0, assert = identifier != 0)]
    pub identifier: Option<u16>,
    /// What is said about it.
    #[wire(len = varint(4, minimal), max = 268_435_455)]
    pub properties: Seq<B, Property<Span>>,
    /// What.
    #[wire(rest)]
    pub payload: B,
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP: sections 3.4 to 3.7.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Ack<B> {
    /// The identifier of the PUBLISH.
    #[wire(assert = identifier != 0)]
    pub identifier: u16,
    /// See [`reason`](super::reason); if there is none, it is 0.
    #[wire(more)]
    pub reason: Option<u8>,
    /// Only behind a reason.
    #[wire(more, len = varint(4, minimal), max = 268_435_455)]
    pub properties: Option<Seq<B, Property<Span>>>,
}

impl<B> Ack<B> {
    /// An acknowledgement without properties; a reason of 0 is left out.
    #[must_use]
    pub const fn new(identifier: u16, reason: u8) -> Self {
        Self { identifier, reason: if reason == 0 { None } else { Some(reason) }, properties: None }
    }
}
