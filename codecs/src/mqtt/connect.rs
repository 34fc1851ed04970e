//! CONNECT and CONNACK, sections 3.1 and 3.2.

use wireview::declare::Text;
use wireview::{Seq, Span, Wire};

use super::{Property, not_nul};

/// A client asks for a connection, section 3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
pub struct Connect<B> {
    /// The name of the protocol.
    #[wire(magic = b"\0\x04MQTT")]
    pub protocol: (),
    /// Its version.
    #[wire(magic = 5_u8)]
    pub version: (),
    /// From the top: a user name follows, a password does, the will is to be retained, its QoS (two bits), there is a will, the
    /// session starts anew; the last bit is 0. What says that something follows is computed.
    #[wire(assert = flags & 0x01 == 0 && flags & 0x18 != 0x18 && (flags & 0x04 != 0 || flags & 0x38 == 0))]
    pub flags: u8,
    /// After how many seconds of silence the client is gone, once half of them more have passed; 0 for never.
    pub keep_alive: u16,
    /// What else the client wants.
    #[wire(len = varint(4, minimal), max = 268_435_455)]
    pub properties: Seq<B, Property<Span>>,
    /// Who it is; empty if the server is to choose.
    #[wire(len = u16, max = 65_535, each = not_nul)]
    pub client: Text<B>,
    /// What is published when it is gone.
    #[wire(if = flags & 0x04 != 0)]
    pub will: Option<Will<B>>,
    /// Name of the user.
    #[wire(if = flags & 0x80 != 0, len = u16, max = 65_535, each = not_nul)]
    pub user: Option<Text<B>>,
    /// What proves it.
    #[wire(if = flags & 0x40 != 0, len = u16, max = 65_535)]
    pub password: Option<B>,
}

/// What is published when a client is gone and has not said good-bye, section 3.1.3. QoS and retain are among the flags of the
/// [`Connect`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
pub struct Will<B> {
    /// Those of the message, and how long to wait.
    #[wire(len = varint(4, minimal), max = 268_435_455)]
    pub properties: Seq<B, Property<Span>>,
    /// Where.
    #[wire(len = u16, max = 65_535, each = not_nul)]
    pub topic: Text<B>,
    /// What.
    #[wire(len = u16, max = 65_535)]
    pub payload: B,
}

/// The answer to a CONNECT, section 3.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
pub struct Connack<B> {
    /// Reserved.
    #[wire(bits = 7)]
    pub reserved: (),
    /// The server goes on with a session that it knows.
    #[wire(bits = 1)]
    pub session_present: bool,
    /// 0, or why there is no connection: see [`reason`](super::reason).
    pub reason: u8,
    /// What the server grants.
    #[wire(len = varint(4, minimal), max = 268_435_455)]
    pub properties: Seq<B, Property<Span>>,
}
