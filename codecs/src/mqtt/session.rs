//! DISCONNECT and AUTH, sections 3.14 and 3.15, and the reason codes, section 2.4.

use wireview::{Seq, Span, Wire};

use super::Property;

/// The last packet of a connection, section 3.14.
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
pub struct Disconnect<B> {
    /// Why: see [`reason`]. If there is none, it is 0, and a client's will is forgotten.
    #[wire(more)]
    pub reason: Option<u8>,
    /// Only behind a reason.
    #[wire(more, len = varint(4, minimal), max = 268_435_455)]
    pub properties: Option<Seq<B, Property<Span>>>,
}

/// A step of an authentication, section 3.15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
pub struct Auth<B> {
    /// 0 success, 0x18 go on, 0x19 authenticate again. If there is none, it is 0.
    #[wire(more)]
    pub reason: Option<u8>,
    /// Only behind a reason.
    #[wire(more, len = varint(4, minimal), max = 268_435_455)]
    pub properties: Option<Seq<B, Property<Span>>>,
}

/// Why: one byte, from 0x80 on a failure. Section 2.4 says in which packets each of them stands.
pub mod reason {
    /// Success; in a SUBACK, QoS 0 is granted.
    pub const SUCCESS: u8 = 0x00;
    /// QoS 1 is granted.
    pub const GRANTED_QOS_1: u8 = 0x01;
    /// QoS 2 is granted.
    pub const GRANTED_QOS_2: u8 = 0x02;
    /// A client goes, and its will is to be published.
    pub const DISCONNECT_WITH_WILL: u8 = 0x04;
    /// Nobody has subscribed to the topic.
    pub const NO_MATCHING_SUBSCRIBERS: u8 = 0x10;
    /// There was no such subscription.
    pub const NO_SUBSCRIPTION_EXISTED: u8 = 0x11;
    /// The authentication goes on.
    pub const CONTINUE_AUTHENTICATION: u8 = 0x18;
    /// It begins again.
    pub const REAUTHENTICATE: u8 = 0x19;
    /// Nobody says why.
    pub const UNSPECIFIED_ERROR: u8 = 0x80;
    /// What came is not of the specification.
    pub const MALFORMED_PACKET: u8 = 0x81;
    /// It is, but not here.
    pub const PROTOCOL_ERROR: u8 = 0x82;
    /// Lawful, and refused by this implementation.
    pub const IMPLEMENTATION_SPECIFIC_ERROR: u8 = 0x83;
    /// Another version of the protocol.
    pub const UNSUPPORTED_PROTOCOL_VERSION: u8 = 0x84;
    /// A name that the server does not allow.
    pub const CLIENT_IDENTIFIER_NOT_VALID: u8 = 0x85;
    /// Name or password.
    pub const BAD_USER_NAME_OR_PASSWORD: u8 = 0x86;
    /// Not allowed.
    pub const NOT_AUTHORIZED: u8 = 0x87;
    /// The server is not there.
    pub const SERVER_UNAVAILABLE: u8 = 0x88;
    /// Later.
    pub const SERVER_BUSY: u8 = 0x89;
    /// By an administrator.
    pub const BANNED: u8 = 0x8a;
    /// The server ends.
    pub const SERVER_SHUTTING_DOWN: u8 = 0x8b;
    /// The method is not known, or another one than before.
    pub const BAD_AUTHENTICATION_METHOD: u8 = 0x8c;
    /// Nothing came for one and a half times the keep alive.
    pub const KEEP_ALIVE_TIMEOUT: u8 = 0x8d;
    /// Another connection has the same client identifier.
    pub const SESSION_TAKEN_OVER: u8 = 0x8e;
    /// A filter that is not allowed.
    pub const TOPIC_FILTER_INVALID: u8 = 0x8f;
    /// A topic that is not allowed.
    pub const TOPIC_NAME_INVALID: u8 = 0x90;
    /// The identifier is taken.
    pub const PACKET_IDENTIFIER_IN_USE: u8 = 0x91;
    /// It is not known.
    pub const PACKET_IDENTIFIER_NOT_FOUND: u8 = 0x92;
    /// More messages at once than the receive maximum.
    pub const RECEIVE_MAXIMUM_EXCEEDED: u8 = 0x93;
    /// An alias of 0, or above the maximum.
    pub const TOPIC_ALIAS_INVALID: u8 = 0x94;
    /// Longer than the maximum packet size.
    pub const PACKET_TOO_LARGE: u8 = 0x95;
    /// Too many messages.
    pub const MESSAGE_RATE_TOO_HIGH: u8 = 0x96;
    /// A quota is used up.
    pub const QUOTA_EXCEEDED: u8 = 0x97;
    /// By an administrator.
    pub const ADMINISTRATIVE_ACTION: u8 = 0x98;
    /// The payload is not what its indicator says.
    pub const PAYLOAD_FORMAT_INVALID: u8 = 0x99;
    /// The server retains nothing.
    pub const RETAIN_NOT_SUPPORTED: u8 = 0x9a;
    /// Above the maximum QoS.
    pub const QOS_NOT_SUPPORTED: u8 = 0x9b;
    /// For a while, another server is to be used.
    pub const USE_ANOTHER_SERVER: u8 = 0x9c;
    /// For good, another one.
    pub const SERVER_MOVED: u8 = 0x9d;
    /// There are none.
    pub const SHARED_SUBSCRIPTIONS_NOT_SUPPORTED: u8 = 0x9e;
    /// Too many connections in a time.
    pub const CONNECTION_RATE_EXCEEDED: u8 = 0x9f;
    /// The client has been connected for as long as it may.
    pub const MAXIMUM_CONNECT_TIME: u8 = 0xa0;
    /// There are none.
    pub const SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED: u8 = 0xa1;
    /// There are none.
    pub const WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED: u8 = 0xa2;
}
