//! What a server makes of a PUBLISH before it passes it on, sections 3.3.1, 3.8.3.1 and 3.1.3.2.

use bytes::Bytes;
use wireview::Seq;

use super::{Body, Connect, Filter, Packet, Property, Publish, Will, flag};

impl<B: Clone> Packet<B> {
    /// A PUBLISH as a subscriber asked for it: with the lower of both QoS, with the flag for retained messages only where that is
    /// wanted, and without an identifier, which is the matter of the connection that it goes through next.
    ///
    /// `kept` says that it is sent because it was retained when the subscription came.
    #[must_use]
    pub fn delivered<C>(&self, filter: &Filter<C>, kept: bool) -> Self {
        let retain = if kept || filter.retain_as_published { self.flags & flag::RETAIN } else { 0 };
        let packet = Self { flags: self.qos().min(filter.qos) << 1 | retain, ..self.clone() };
        packet.identified(None)
    }

    /// The same PUBLISH with another identifier.
    #[must_use]
    pub fn identified(mut self, identifier: Option<u16>) -> Self {
        if let Body::Publish(publish) = &mut self.body {
            publish.identifier = identifier;
        }
        self
    }
}

impl<B> Filter<B> {
    /// Whether retained messages are to be sent for a subscription that is new, or that there was already.
    #[must_use]
    pub const fn wants_retained(&self, is_new: bool) -> bool {
        match self.retain_handling {
            0 => true,
            1 => is_new,
            _ => false,
        }
    }
}

impl Connect<Bytes> {
    /// How many messages of QoS 1 and 2 the client takes before it has acknowledged the first of them.
    #[must_use]
    pub fn receive_maximum(&self) -> u16 {
        let stated = self.properties.iter().find_map(|property| match property {
            Ok(Property::ReceiveMaximum(most)) => Some(most),
            _ => None,
        });
        stated.unwrap_or(u16::MAX)
    }

    /// The PUBLISH that the will is, without its delay, and without an identifier.
    #[must_use]
    pub fn will_packet(&self) -> Option<Packet<Bytes>> {
        let Will { properties, topic, payload } = self.will.clone()?;
        let properties = properties.iter().flatten().filter(|property| !matches!(property, Property::WillDelay(_)));
        let properties = Seq::write(properties, ()).ok()?;
        let packet = Packet::new(Body::Publish(Publish { topic, identifier: None, properties, payload }));
        Some(packet.flagged(self.flags >> 2 & (flag::QOS_1 | flag::QOS_2) | self.flags >> 5 & flag::RETAIN))
    }
}
