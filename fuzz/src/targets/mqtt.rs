//! MQTT packets: the laws, and what is read walked to its last property.

use wireview::laws::Laws;
use wireview::{Codec, View};
use wireview_codecs::mqtt::{Body, Packets, Properties, is_filter, is_topic, matches};

/// A stream of packets.
pub fn mqtt(bytes: &[u8]) {
    let laws = Laws::all().canonical();
    let outcome = laws.verify_with(Packets::new, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(Packets::new, bytes);
    for seen in &outcome.frames {
        let Ok(packet) = Packets::new().parse(&seen.bytes) else { continue };
        // An answer of either kind, but an answer.
        let _ = packet.check_properties();
    }
}

fn inspect(packet: View<'_, Packets>) {
    assert!(packet.qos() < 3 || !matches!(packet.body, Body::Publish(_)));
    let walked = match packet.body {
        Body::Connect(connect) => {
            connect.will.map_or(0, |will| properties(will.properties)) + properties(connect.properties)
        }
        Body::Connack(connack) => properties(connack.properties),
        Body::Publish(publish) => {
            let topic = publish.topic.to_str().expect("UTF-8");
            assert!(!topic.contains('\0'));
            assert!(
                !is_topic(topic)
                    || is_filter(topic) && matches(topic, topic) && (topic.starts_with('$') || matches("#", topic))
            );
            properties(publish.properties)
        }
        Body::Puback(ack) | Body::Pubrec(ack) | Body::Pubrel(ack) | Body::Pubcomp(ack) => {
            assert!(ack.reason.is_some() || ack.properties.is_none());
            ack.properties.map_or(0, properties)
        }
        Body::Subscribe(subscribe) => {
            let filters = subscribe.filters.iter().map(|filter| filter.expect("filters were checked"));
            assert!(filters.inspect(|filter| assert!(filter.qos < 3)).count() == subscribe.filters.len());
            properties(subscribe.properties)
        }
        Body::Suback(ack) | Body::Unsuback(ack) => properties(ack.properties),
        Body::Unsubscribe(unsubscribe) => {
            assert!(unsubscribe.filters.iter().all(|filter| filter.is_ok()));
            properties(unsubscribe.properties)
        }
        Body::Pingreq | Body::Pingresp => 0,
        Body::Disconnect(disconnect) => disconnect.properties.map_or(0, properties),
        Body::Auth(auth) => auth.properties.map_or(0, properties),
    };
    assert!(walked > 0 || packet.check_properties().is_ok(), "no property can be wrong");
}

/// How many there are.
fn properties(properties: Properties<&[u8]>) -> usize {
    let walked = properties.iter().map(|property| property.expect("properties were checked"));
    let count = walked.inspect(|property| assert!(property.identifier() < 0x2b)).count();
    assert_eq!(count, properties.len());
    count
}
