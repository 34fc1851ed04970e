//! SUBSCRIBE, UNSUBSCRIBE and their answers, sections 3.8 to 3.11.

use wireview::declare::Text;
use wireview::{Seq, Span, Wire};

use super::{Property, not_nul};

/// A client asks for messages, section 3.8.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Subscribe<B> {
    /// What the answer will name.
    #[wire(assert = identifier != 0)]
    pub identifier: u16,
    /// A number that comes back with each message.
    #[wire(len = varint(4, minimal), max = 268_435_455)]
    pub properties: Seq<B, Property<Span>>,
    /// At least one.
    #[wire(rest, max = 65_535, assert = !filters.is_empty())]
    pub filters: Seq<B, Filter<Span>>,
}

/// Which messages, section 3.8.3.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Filter<B> {
    /// The topic, in which `+` is any level, and `#`, at its end, any levels.
    #[wire(len = u16, max = 65_535, each = not_nul)]
    pub topic: Text<B>,
    /// Reserved.
    #[wire(bits = 2)]
    pub reserved: (),
    /// Retained messages are sent: 0 now, 1 if the subscription is new, 2 not at all.
    #[wire(bits = 2, assert = retain_handling < 3)]
    pub retain_handling: u8,
    /// Messages keep their flag, and are not marked as retained only when they were.
    #[wire(bits = 1)]
    pub retain_as_published: bool,
    /// The client's own messages do not come back.
    #[wire(bits = 1)]
    pub no_local: bool,
    /// The highest QoS that is wanted.
    #[wire(bits = 2, assert = qos < 3)]
    pub qos: u8,
}

/// SUBACK and UNSUBACK, sections 3.9 and 3.11.
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
pub struct Suback<B> {
    /// The identifier of what is answered.
    #[wire(assert = identifier != 0)]
    pub identifier: u16,
    /// A reason string, user properties.
    #[wire(len = varint(4, minimal), max = 268_435_455)]
    pub properties: Seq<B, Property<Span>>,
    /// One for each filter, in their order: the QoS that is granted, or from 0x80 on why not. See [`reason`](super::reason).
    #[wire(rest)]
    pub reasons: B,
}

/// A client asks for no more messages, section 3.10.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Unsubscribe<B> {
    /// What the answer will name.
    #[wire(assert = identifier != 0)]
    pub identifier: u16,
    /// User properties.
    #[wire(len = varint(4, minimal), max = 268_435_455)]
    pub properties: Seq<B, Property<Span>>,
    /// At least one.
    #[wire(rest, max = 65_535, assert = !filters.is_empty())]
    pub filters: Seq<B, Topic<Span>>,
}

/// A filter that is no longer wanted.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Topic<B> {
    /// As it was subscribed to.
    #[wire(len = u16, max = 65_535, each = not_nul)]
    pub topic: Text<B>,
}

impl<B: Default> Suback<B> {
    /// An answer without properties.
    #[must_use]
    pub fn new(identifier: u16, reasons: B) -> Self {
        Self { identifier, properties: Seq::default(), reasons }
    }
}
