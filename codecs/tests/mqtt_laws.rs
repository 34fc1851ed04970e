//! The laws hold for MQTT.

use bytes::Bytes;
use wireview::declare::Text;
use wireview::laws::{Draw, Laws};
use wireview::{Seq, codec_laws};
use wireview_codecs::mqtt::{
    Ack, Auth, Body, Connack, Connect, Disconnect, Filter, Packet, Packets, Properties, Property, Publish, Suback,
    Subscribe, Topic, Unsubscribe, Will, flag,
};

codec_laws!(
    packets,
    Packets::new(),
    round_trip,
    [
        b"\x10\x1f\0\x04MQTT\x05\xce\0\x0a\x05\x11\0\0\0\x0a\0\0\0\0\x01w\0\x01!\0\x01u\0\x01p",
        b"\x20\x06\x01\0\x03\x13\0\x1e\xc0\0\xd0\0\xe0\0\xe0\x01\x04",
        b"\x3d\x0d\0\x03a/b\0\x0a\0hello\x30\x0c\0\x01t\x03\x23\0\x01 bye",
        b"\x40\x02\0\x01\x50\x03\0\x02\x10\x62\x04\0\x03\x92\0\x70\x09\0\x04\x92\x05\x1f\0\x02no",
        b"\x82\x11\0\x0a\x02\x0b\x07\0\x03a/b\x01\0\x03c/d\x2e\x90\x06\0\x0a\0\x01\x02\x80",
        b"\xa2\x0d\0\x0a\0\0\x03a/b\0\x03c/d\xb0\x05\0\x0a\0\x11\0",
        b"\xf0\x0f\x18\x0d\x15\0\x03abc\x26\0\x01k\0\x01v",
    ],
    Laws::all().canonical()
);

fn text(draw: &mut Draw<'_>) -> Text<Bytes> {
    Text::from(String::from_utf8(draw.text(20, b"abc/+# $")).expect("ASCII"))
}

fn data(draw: &mut Draw<'_>) -> Bytes {
    draw.bytes(300).into()
}

fn property(draw: &mut Draw<'_>) -> Property<Bytes> {
    let (short, number) = (draw.number() as u16, draw.number() as u32);
    match draw.below(27) {
        0 => Property::PayloadIsText(draw.flag()),
        1 => Property::MessageExpiry(number),
        2 => Property::ContentType(text(draw)),
        3 => Property::ResponseTopic(text(draw)),
        4 => Property::CorrelationData(data(draw)),
        5 => Property::SubscriptionIdentifier(number % 268_435_455 + 1),
        6 => Property::SessionExpiry(number),
        7 => Property::AssignedClientIdentifier(text(draw)),
        8 => Property::ServerKeepAlive(short),
        9 => Property::AuthenticationMethod(text(draw)),
        10 => Property::AuthenticationData(data(draw)),
        11 => Property::RequestProblemInformation(draw.flag()),
        12 => Property::WillDelay(number),
        13 => Property::RequestResponseInformation(draw.flag()),
        14 => Property::ResponseInformation(text(draw)),
        15 => Property::ServerReference(text(draw)),
        16 => Property::ReasonString(text(draw)),
        17 => Property::ReceiveMaximum(short.max(1)),
        18 => Property::TopicAliasMaximum(short),
        19 => Property::TopicAlias(short.max(1)),
        20 => Property::MaximumQos(draw.below(2) as u8),
        21 => Property::RetainAvailable(draw.flag()),
        22 => Property::User { name: text(draw), value: text(draw) },
        23 => Property::MaximumPacketSize(number.max(1)),
        24 => Property::WildcardsAvailable(draw.flag()),
        25 => Property::SubscriptionIdentifiersAvailable(draw.flag()),
        _ => Property::SharedSubscriptionsAvailable(draw.flag()),
    }
}

fn properties(draw: &mut Draw<'_>) -> Properties<Bytes> {
    let list: Vec<_> = (0..draw.below(4)).map(|_| property(draw)).collect();
    Seq::write(list, ()).expect("lawful properties")
}

/// What may be left out at the end: a reason, and properties only behind one.
fn tail(draw: &mut Draw<'_>) -> (Option<u8>, Option<Properties<Bytes>>) {
    match draw.below(3) {
        0 => (None, None),
        1 => (Some(draw.number() as u8), None),
        _ => (Some(draw.number() as u8), Some(properties(draw))),
    }
}

fn packet(draw: &mut Draw<'_>) -> Packet<Bytes> {
    let identifier = (draw.number() as u16).max(1);
    let ack = |draw: &mut Draw<'_>| {
        let (reason, properties) = tail(draw);
        Ack { identifier, reason, properties }
    };
    Packet::new(match draw.below(15) {
        0 => {
            let will =
                draw.flag().then(|| Will { properties: properties(draw), topic: text(draw), payload: data(draw) });
            let will_flags = if will.is_some() { draw.pick(&[0x00, 0x08, 0x10, 0x20, 0x28, 0x30]) | 4 } else { 0 };
            let user = draw.flag().then(|| text(draw));
            let password = draw.flag().then(|| data(draw));
            let flags = will_flags
                | u8::from(draw.flag()) << 1
                | u8::from(user.is_some()) << 7
                | u8::from(password.is_some()) << 6;
            Body::Connect(Connect {
                flags,
                keep_alive: draw.number() as u16,
                properties: properties(draw),
                client: text(draw),
                will,
                user,
                password,
                ..Connect::default()
            })
        }
        1 => Body::Connack(Connack {
            session_present: draw.flag(),
            reason: draw.number() as u8,
            properties: properties(draw),
            ..Connack::default()
        }),
        2 => {
            let publish =
                Publish { topic: text(draw), identifier: None, properties: properties(draw), payload: data(draw) };
            let flags = draw.below(2) as u8;
            return match draw.below(3) {
                0 => Packet::new(Body::Publish(publish)).flagged(flags),
                qos => {
                    let packet = Packet::new(Body::Publish(Publish { identifier: Some(identifier), ..publish }));
                    packet.flagged(flags | if draw.flag() { flag::DUPLICATE } else { 0 } | (qos as u8) << 1)
                }
            };
        }
        3 => Body::Puback(ack(draw)),
        4 => Body::Pubrec(ack(draw)),
        5 => Body::Pubrel(ack(draw)),
        6 => Body::Pubcomp(ack(draw)),
        7 => {
            let filter = |draw: &mut Draw<'_>| Filter {
                topic: text(draw),
                reserved: (),
                retain_handling: draw.below(3) as u8,
                retain_as_published: draw.flag(),
                no_local: draw.flag(),
                qos: draw.below(3) as u8,
            };
            let filters: Vec<_> = (0..=draw.below(3)).map(|_| filter(draw)).collect();
            let filters = Seq::write(filters, ()).expect("lawful filters");
            Body::Subscribe(Subscribe { identifier, properties: properties(draw), filters })
        }
        8 => Body::Suback(Suback { identifier, properties: properties(draw), reasons: data(draw) }),
        9 => {
            let filters: Vec<_> = (0..=draw.below(3)).map(|_| Topic { topic: text(draw) }).collect();
            let filters = Seq::write(filters, ()).expect("lawful filters");
            Body::Unsubscribe(Unsubscribe { identifier, properties: properties(draw), filters })
        }
        10 => Body::Unsuback(Suback { identifier, properties: properties(draw), reasons: data(draw) }),
        11 => Body::Pingreq,
        12 => Body::Pingresp,
        13 => {
            let (reason, properties) = tail(draw);
            Body::Disconnect(Disconnect { reason, properties })
        }
        _ => {
            let (reason, properties) = tail(draw);
            Body::Auth(Auth { reason, properties })
        }
    })
}

#[test]
fn packets_that_are_made_come_back() {
    let made = Laws::all().canonical().check_generated(Packets::new, 500, packet);
    assert!(made.messages > 400 && made.spoiled > 100, "{made:?}");
}
