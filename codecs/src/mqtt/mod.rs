//! MQTT 5.0: publish and subscribe through a broker. Declared: every type of packet and every property of the specification.
//!
//! ```text
//!  0      3 4    7
//! ┌────────┬──────┬──────────────────┬─────────────────────────────────────────────────────────────┐
//! │  kind  │ flags│ remaining length │ CONNECT, PUBLISH, SUBSCRIBE, …                              │
//! └────────┴──────┴──────────────────┤ ┌────────────┬─────────────────────┬──────────────────────┐ │
//!    1 byte         varint, 1 to 4   │ │ identifier │ length, properties  │ topics, payload, …   │ │
//!                                    │ └────────────┴─────────────────────┴──────────────────────┘ │
//!                                    └─────────────────────────────────────────────────────────────┘
//! ```
//!
//! The specification is OASIS *MQTT Version 5.0*, of 7 March 2019: section 2.1 for the head, 1.5 for how strings and numbers are
//! written, 2.2.2 for properties, 3 for the packets. The requirements that are cited have their numbers there.
//!
//! ```
//! use wireview::{Deframer, Encode, Gather};
//! use wireview_codecs::mqtt::{Body, Packet, Packets, Publish, flag};
//!
//! let publish = Publish { topic: "news/today".into(), identifier: Some(7), payload: &b"hello"[..], ..Publish::default() };
//! let mut out = Gather::new();
//! Packets::new().encode(Packet::new(Body::Publish(publish)).flagged(flag::RETAIN), &mut out)?;
//!
//! let mut deframer = Deframer::new(Packets::new());
//! out.chunks().for_each(|piece| deframer.feed(piece));
//! let lent = deframer.next()?.expect("a whole packet");
//! let packet = lent.view()?;
//! assert_eq!((packet.qos(), packet.is_retained(), packet.is_duplicate()), (1, true, false));
//! assert!(matches!(packet.body, Body::Publish(publish) if publish.payload == b"hello"));
//! # Ok::<(), wireview::Error>(())
//! ```
//!
//! | | checked | left to the handler |
//! | --- | --- | --- |
//! | head | kinds; the flags of each; the length, in as few bytes as it takes | [`Limits::max_frame`](wireview::Limits::max_frame) below 256 MiB, and what the peer said that it takes |
//! | strings, data | lengths; UTF-8 without U+0000 | discouraged code points (section 1.5.4) |
//! | properties | identifiers, types, values that are forbidden whatever else there is; in which packets they stand, and that they stand there once: when asked, by [`Packet::check_properties`] | what they mean |
//! | CONNECT | name and version of the protocol; that the flags agree with each other and with what is there | sessions, authentication |
//! | PUBLISH | QoS 0, 1 or 2; an identifier where there must be one, and not zero | wildcards in topics (`is_topic`), topic aliases |
//! | SUBSCRIBE, UNSUBSCRIBE | options; at least one filter | whether filters are well formed (`is_filter`) |
//! | reason codes | | which of them may stand where: see [`reason`] |
//! | order of packets | | all: see section 4 |
//!
//! Only version 5 is read: a CONNECT of 3.1.1 is `malformed` in `version`, whereupon a broker may answer with a CONNACK of
//! [`reason::UNSUPPORTED_PROTOCOL_VERSION`].

mod connect;
mod deliver;
mod identifiers;
mod property;
mod publish;
mod session;
mod subscribe;
mod topic;

#[cfg(test)]
mod tests;

pub use connect::{Connack, Connect, Will};
pub use identifiers::Identifiers;
pub use property::{Place, Properties, Property};
pub use publish::{Ack, Publish};
pub use session::{Auth, Disconnect, reason};
pub use subscribe::{Filter, Suback, Subscribe, Topic, Unsubscribe};
pub use topic::{is_filter, is_topic, matches};

use wireview::declare::{Computed, Declared};
use wireview::{Span, Wire};

/// Reads and writes packets, in both directions.
pub type Packets = Declared<Packet<Span>>;

/// The flags of a PUBLISH, section 3.3.1.
pub mod flag {
    /// It may have been sent before.
    pub const DUPLICATE: u8 = 8;
    /// Delivered at least once.
    pub const QOS_1: u8 = 2;
    /// Delivered exactly once.
    pub const QOS_2: u8 = 4;
    /// To be kept for later subscribers; or: was kept.
    pub const RETAIN: u8 = 1;
}

/// One control packet, section 2.1.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Packet<B> {
    /// What it is.
    #[wire(bits = 4)]
    pub kind: Computed<u8>,
    /// Those of a PUBLISH: see [`flag`]. For each other kind there is one value that is lawful, which [`new`](Self::new) sets.
    #[wire(bits = 4)]
    pub flags: u8,
    /// How many bytes follow.
    #[wire(varint, width = 4, minimal, frame(counts = after, max = 268_435_455))]
    pub length: Computed<u32>,
    /// The rest.
    #[wire(tag = kind, give(flags))]
    pub body: Body<B>,
}

/// What a packet says, section 3.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(given(flags: u8), tag = u8)]
pub enum Body<B> {
    /// A client asks for a connection.
    #[wire(tag = 1, assert = flags == 0)]
    Connect(Connect<B>),
    /// The answer.
    #[wire(tag = 2, assert = flags == 0)]
    Connack(Connack<B>),
    /// A message.
    #[wire(tag = 3)]
    Publish(#[wire(give(flags))] Publish<B>),
    /// A PUBLISH of QoS 1 has come.
    #[wire(tag = 4, assert = flags == 0)]
    Puback(Ack<B>),
    /// A PUBLISH of QoS 2 has come, part 1.
    #[wire(tag = 5, assert = flags == 0)]
    Pubrec(Ack<B>),
    /// Part 2.
    #[wire(tag = 6, assert = flags == 2)]
    Pubrel(Ack<B>),
    /// Part 3.
    #[wire(tag = 7, assert = flags == 0)]
    Pubcomp(Ack<B>),
    /// A client asks for messages.
    #[wire(tag = 8, assert = flags == 2)]
    Subscribe(Subscribe<B>),
    /// The answer: a reason code for each filter.
    #[wire(tag = 9, assert = flags == 0)]
    Suback(Suback<B>),
    /// A client asks for no more messages.
    #[wire(tag = 10, assert = flags == 2)]
    Unsubscribe(Unsubscribe<B>),
    /// The answer: a reason code for each filter.
    #[wire(tag = 11, assert = flags == 0)]
    Unsuback(Suback<B>),
    /// A client is still there.
    #[wire(tag = 12, assert = flags == 0)]
    Pingreq,
    /// The server, too.
    #[wire(tag = 13, assert = flags == 0)]
    Pingresp,
    /// The last packet of a connection.
    #[wire(tag = 14, assert = flags == 0)]
    Disconnect(Disconnect<B>),
    /// A step of an authentication.
    #[wire(tag = 15, assert = flags == 0)]
    Auth(Auth<B>),
}

/// U+0000 must not stand in a string, section 1.5.4.
const fn not_nul(byte: &u8) -> bool {
    *byte != 0
}

impl<B> Packet<B> {
    /// A packet with the flags that its kind has. A PUBLISH has QoS 1 if there is an identifier, 0 otherwise; its other flags
    /// are added by [`flagged`](Self::flagged).
    #[must_use]
    pub const fn new(body: Body<B>) -> Self {
        let flags = match &body {
            Body::Pubrel(_) | Body::Subscribe(_) | Body::Unsubscribe(_) => 2,
            Body::Publish(publish) if publish.identifier.is_some() => flag::QOS_1,
            _ => 0,
        };
        Self { kind: Computed::new(), flags, length: Computed::new(), body }
    }

    /// The last packet of a connection, and why it is.
    #[must_use]
    pub const fn disconnect(reason: u8) -> Self {
        Self::new(Body::Disconnect(Disconnect { reason: Some(reason), properties: None }))
    }

    /// Sets flags: see [`flag`]. With [`flag::QOS_2`], QoS 2 takes the place of QoS 1.
    #[must_use]
    pub fn flagged(mut self, flags: u8) -> Self {
        if flags & flag::QOS_2 != 0 {
            self.flags &= !flag::QOS_1;
        }
        self.flags |= flags;
        self
    }

    /// The QoS of a PUBLISH.
    #[must_use]
    pub const fn qos(&self) -> u8 {
        self.flags >> 1 & 3
    }

    /// Whether a PUBLISH is to be kept, or was.
    #[must_use]
    pub const fn is_retained(&self) -> bool {
        self.flags & flag::RETAIN != 0
    }

    /// Whether a PUBLISH may have been sent before.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        self.flags & flag::DUPLICATE != 0
    }
}
