//! Properties, section 2.2.2: what is said about a packet beside what it must say. An identifier, and what its type wants.

use wireview::declare::{PutTagged, Text};
use wireview::{Error, Result, Seq, Span, Wire};

use super::{Body, Packet, not_nul};

/// The properties of a packet, read as they are walked.
pub type Properties<B> = Seq<B, Property<Span>>;

/// A property.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = varint(4, minimal))]
pub enum Property<B> {
    /// Whether the payload is UTF-8.
    #[wire(tag = 0x01)]
    PayloadIsText(bool),
    /// For how many seconds a message is of use.
    #[wire(tag = 0x02)]
    MessageExpiry(u32),
    /// What the payload is, as a MIME type, say.
    #[wire(tag = 0x03)]
    ContentType(#[wire(len = u16, max = 65_535, each = not_nul)] Text<B>),
    /// Where the answer is to be published.
    #[wire(tag = 0x08)]
    ResponseTopic(#[wire(len = u16, max = 65_535, each = not_nul)] Text<B>),
    /// What the answer is to carry, so that it is known for one.
    #[wire(tag = 0x09)]
    CorrelationData(#[wire(len = u16, max = 65_535)] B),
    /// The number that was given to a subscription.
    #[wire(tag = 0x0b)]
    SubscriptionIdentifier(#[wire(varint, width = 4, minimal, assert = value != 0)] u32),
    /// For how many seconds a session outlives its connection; `u32::MAX` for ever.
    #[wire(tag = 0x11)]
    SessionExpiry(u32),
    /// The identifier that the server chose.
    #[wire(tag = 0x12)]
    AssignedClientIdentifier(#[wire(len = u16, max = 65_535, each = not_nul)] Text<B>),
    /// The keep alive that is to be used.
    #[wire(tag = 0x13)]
    ServerKeepAlive(u16),
    /// How the peers authenticate.
    #[wire(tag = 0x15)]
    AuthenticationMethod(#[wire(len = u16, max = 65_535, each = not_nul)] Text<B>),
    /// What is said for it.
    #[wire(tag = 0x16)]
    AuthenticationData(#[wire(len = u16, max = 65_535)] B),
    /// Whether reason strings and user properties may come with failures.
    #[wire(tag = 0x17)]
    RequestProblemInformation(bool),
    /// For how many seconds a will waits.
    #[wire(tag = 0x18)]
    WillDelay(u32),
    /// Whether a [`ResponseInformation`](Self::ResponseInformation) is asked for.
    #[wire(tag = 0x19)]
    RequestResponseInformation(bool),
    /// What response topics are to be made of.
    #[wire(tag = 0x1a)]
    ResponseInformation(#[wire(len = u16, max = 65_535, each = not_nul)] Text<B>),
    /// Another server.
    #[wire(tag = 0x1c)]
    ServerReference(#[wire(len = u16, max = 65_535, each = not_nul)] Text<B>),
    /// Why, for people.
    #[wire(tag = 0x1f)]
    ReasonString(#[wire(len = u16, max = 65_535, each = not_nul)] Text<B>),
    /// How many messages of QoS 1 and 2 may be under way.
    #[wire(tag = 0x21)]
    ReceiveMaximum(#[wire(assert = value != 0)] u16),
    /// The highest topic alias that is taken.
    #[wire(tag = 0x22)]
    TopicAliasMaximum(u16),
    /// A number that stands for the topic.
    #[wire(tag = 0x23)]
    TopicAlias(#[wire(assert = value != 0)] u16),
    /// The highest QoS that is taken: 0 or 1.
    #[wire(tag = 0x24)]
    MaximumQos(#[wire(assert = value < 2)] u8),
    /// Whether messages are retained.
    #[wire(tag = 0x25)]
    RetainAvailable(bool),
    /// Anything. The only one that may stand in every packet, and any number of times.
    #[wire(tag = 0x26)]
    User {
        /// Its name.
        #[wire(len = u16, max = 65_535, each = not_nul)]
        name: Text<B>,
        /// Its value.
        #[wire(len = u16, max = 65_535, each = not_nul)]
        value: Text<B>,
    },
    /// How long a packet may be.
    #[wire(tag = 0x27)]
    MaximumPacketSize(#[wire(assert = value != 0)] u32),
    /// Whether filters may have wildcards.
    #[wire(tag = 0x28)]
    WildcardsAvailable(bool),
    /// Whether there are subscription identifiers.
    #[wire(tag = 0x29)]
    SubscriptionIdentifiersAvailable(bool),
    /// Whether there are shared subscriptions.
    #[wire(tag = 0x2a)]
    SharedSubscriptionsAvailable(bool),
}

/// Where properties stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In a CONNECT.
    Connect,
    /// In a CONNECT, about the will.
    Will,
    /// In a CONNACK.
    Connack,
    /// In a PUBLISH.
    Publish,
    /// In a PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK or UNSUBACK.
    Ack,
    /// In a SUBSCRIBE.
    Subscribe,
    /// In an UNSUBSCRIBE.
    Unsubscribe,
    /// In a DISCONNECT.
    Disconnect,
    /// In an AUTH.
    Auth,
}

/// A bit for each identifier.
const fn bits(identifiers: &[u64]) -> u64 {
    let mut bits = 0;
    let mut at = 0;
    while at < identifiers.len() {
        bits |= 1 << identifiers[at];
        at += 1;
    }
    bits
}

const USER: u64 = 0x26;
const SUBSCRIPTION: u64 = 0x0b;

impl Place {
    /// The identifiers of table 2-4.
    const fn allowed(self) -> u64 {
        match self {
            Self::Connect => bits(&[0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, USER, 0x27]),
            Self::Will => bits(&[0x01, 0x02, 0x03, 0x08, 0x09, 0x18, USER]),
            Self::Connack => bits(&[
                0x11, 0x12, 0x13, 0x15, 0x16, 0x1a, 0x1c, 0x1f, 0x21, 0x22, 0x24, 0x25, USER, 0x27, 0x28, 0x29, 0x2a,
            ]),
            Self::Publish => bits(&[0x01, 0x02, 0x03, 0x08, 0x09, SUBSCRIPTION, 0x23, USER]),
            Self::Ack => bits(&[0x1f, USER]),
            Self::Subscribe => bits(&[SUBSCRIPTION, USER]),
            Self::Unsubscribe => bits(&[USER]),
            Self::Disconnect => bits(&[0x11, 0x1c, 0x1f, USER]),
            Self::Auth => bits(&[0x15, 0x16, 0x1f, USER]),
        }
    }

    /// Those that may stand there more than once.
    const fn repeated(self) -> u64 {
        match self {
            Self::Publish => bits(&[SUBSCRIPTION, USER]),
            _ => bits(&[USER]),
        }
    }

    /// Whether all of `properties` may stand here, and as often as they do.
    ///
    /// # Errors
    /// Of the first that may not; its offset counts from the start of the properties.
    pub fn check(self, properties: Properties<&[u8]>) -> Result<()> {
        let mut seen = 0;
        let mut walk = properties.iter();
        let mut at = 0;
        while let Some(property) = walk.next() {
            let bit = 1 << property.map_err(|error| error.shifted(at))?.identifier();
            if bit & self.allowed() == 0 || bit & seen & !self.repeated() != 0 {
                return Err(Error::malformed(&"property", at));
            }
            seen |= bit;
            at = properties.region().len() - walk.rest().len();
        }
        Ok(())
    }
}

impl Property<&[u8]> {
    /// Its identifier, table 2-4: below 0x2b.
    #[must_use]
    pub fn identifier(&self) -> u64 {
        self.tag()
    }
}

impl Packet<&[u8]> {
    /// Whether each property may stand in this packet, and as often as it does: otherwise, the packet is a protocol error
    /// (section 2.2.2.2). Not asked by the codec, since whoever passes messages on has no use for the answer.
    ///
    /// # Errors
    /// Of the first property that may not; its offset counts from the start of the properties.
    ///
    /// # Complexity
    /// Walks the properties.
    pub fn check_properties(&self) -> Result<()> {
        match &self.body {
            Body::Connect(connect) => {
                Place::Connect.check(connect.properties)?;
                connect.will.map_or(Ok(()), |will| Place::Will.check(will.properties))
            }
            Body::Connack(connack) => Place::Connack.check(connack.properties),
            Body::Publish(publish) => Place::Publish.check(publish.properties),
            Body::Puback(ack) | Body::Pubrec(ack) | Body::Pubrel(ack) | Body::Pubcomp(ack) => {
                ack.properties.map_or(Ok(()), |properties| Place::Ack.check(properties))
            }
            Body::Subscribe(subscribe) => Place::Subscribe.check(subscribe.properties),
            Body::Suback(ack) | Body::Unsuback(ack) => Place::Ack.check(ack.properties),
            Body::Unsubscribe(unsubscribe) => Place::Unsubscribe.check(unsubscribe.properties),
            Body::Pingreq | Body::Pingresp => Ok(()),
            Body::Disconnect(disconnect) => {
                disconnect.properties.map_or(Ok(()), |properties| Place::Disconnect.check(properties))
            }
            Body::Auth(auth) => auth.properties.map_or(Ok(()), |properties| Place::Auth.check(properties)),
        }
    }
}
