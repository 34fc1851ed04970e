//! MQTT beside tshark: every packet of the seeds that we read.

use wireview::declare::Text;
use wireview::{Boundary, Codec, View};
use wireview_codecs::mqtt::{Body, Packet, Packets, Properties, Property};

use super::{Capture, Told, compare, seeds};

const FIELDS: &[&str] = &[
    "mqtt.auth.reason_code",
    "mqtt.clientid",
    "mqtt.clientid_len",
    "mqtt.conack.flags",
    "mqtt.conack.flags.reserved",
    "mqtt.conack.flags.sp",
    "mqtt.conflag.cleansess",
    "mqtt.conflag.passwd",
    "mqtt.conflag.qos",
    "mqtt.conflag.reserved",
    "mqtt.conflag.retain",
    "mqtt.conflag.uname",
    "mqtt.conflag.willflag",
    "mqtt.conflags",
    "mqtt.connack.reason_code",
    "mqtt.disconnect.reason_code",
    "mqtt.dupflag",
    "mqtt.hdr_reserved",
    "mqtt.hdrflags",
    "mqtt.kalive",
    "mqtt.len",
    "mqtt.msg",
    "mqtt.msgid",
    "mqtt.msgtype",
    "mqtt.passwd",
    "mqtt.passwd_len",
    "mqtt.prop_key",
    "mqtt.prop_key_len",
    "mqtt.prop_number",
    "mqtt.prop_string",
    "mqtt.prop_string_len",
    "mqtt.prop_unknown",
    "mqtt.prop_value",
    "mqtt.prop_value_len",
    "mqtt.property.content_type",
    "mqtt.property.max_qos",
    "mqtt.property.topic_alias",
    "mqtt.property_id",
    "mqtt.property_len",
    "mqtt.proto_len",
    "mqtt.protoname",
    "mqtt.puback.reason_code",
    "mqtt.pubcomp.reason_code",
    "mqtt.pubrec.reason_code",
    "mqtt.pubrel.reason_code",
    "mqtt.qos",
    "mqtt.retain",
    "mqtt.suback.reason_code",
    "mqtt.subscription_options",
    "mqtt.subscription_options_nl",
    "mqtt.subscription_options_qos",
    "mqtt.subscription_options_rap",
    "mqtt.subscription_options_reserved",
    "mqtt.subscription_options_retain",
    "mqtt.topic",
    "mqtt.topic_len",
    "mqtt.unsuback.reason_code",
    "mqtt.username",
    "mqtt.username_len",
    "mqtt.ver",
    "mqtt.willmsg",
    "mqtt.willmsg_len",
    "mqtt.willtopic",
    "mqtt.willtopic_len",
];

/// From a CONNECT tshark knows the version that a conversation speaks.
const CONNECT: &[u8] = b"\x10\x0d\0\x04MQTT\x05\x02\0\0\0\0\0";

/// The packets at the front of a stream that are whole and lawful.
fn packets(stream: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    let mut rest = stream;
    while let Some(packet) = first(rest) {
        packets.push(packet);
        rest = &rest[packet.len()..];
    }
    packets
}

fn first(stream: &[u8]) -> Option<&[u8]> {
    if stream.is_empty() {
        return None;
    }
    let Ok(Boundary::Frame { head, body, tail }) = Packets::new().delimit(stream) else { return None };
    let packet = stream.get(..head + body as usize + tail)?;
    Packets::new().parse(packet).is_ok().then_some(packet)
}

#[test]
fn mqtt_as_tshark_reads_it() {
    let mut capture = Capture::new(1883);
    let mut expected = Vec::new();
    let seeds = seeds("mqtt");
    for (name, seed) in &seeds {
        let packets = packets(seed);
        let read: usize = packets.iter().map(|packet| packet.len()).sum();
        let lawful = !name.starts_with("bad_") && name != "cut_short";
        assert!(!lawful || read == seed.len(), "{name} was read up to byte {read}");
        capture.conversation([CONNECT].into_iter().chain(packets.iter().copied()));
        expected.push((name.as_str(), CONNECT));
        expected.extend(packets.into_iter().map(|packet| (name.as_str(), packet)));
    }
    let Some(rows) = capture.fields(FIELDS) else { return };
    let mut kinds = [0; 16];
    for ((name, packet), row) in expected.into_iter().zip(&rows) {
        kinds[usize::from(packet[0] >> 4)] += 1;
        let message = Packets::new().parse(packet).expect("lawful");
        compare(name, FIELDS, told(packet, &message), row);
    }
    assert!(kinds[1..].iter().all(|count| *count > 0), "each kind of packet: {kinds:?}");
}

fn told(bytes: &[u8], packet: &View<'_, Packets>) -> Told {
    let mut told = Told::default();
    let kind = bytes[0] >> 4;
    told.tell("mqtt.hdrflags", format!("{:#04x}", kind << 4 | packet.flags));
    told.tell("mqtt.msgtype", kind);
    let length = bytes[1..].iter().position(|byte| byte & 0x80 == 0).expect("the length ends") + 1;
    told.tell("mqtt.len", bytes.len() - 1 - length);
    if let Body::Publish(_) = packet.body {
        told.flag("mqtt.dupflag", packet.is_duplicate());
        told.tell("mqtt.qos", packet.qos());
        told.flag("mqtt.retain", packet.is_retained());
    } else {
        told.tell("mqtt.hdr_reserved", packet.flags);
    }
    body(packet, &mut told);
    told
}

fn body(packet: &Packet<&[u8]>, told: &mut Told) {
    match packet.body {
        Body::Connect(connect) => {
            told.tell("mqtt.proto_len", 4);
            told.tell("mqtt.protoname", "MQTT");
            told.tell("mqtt.ver", 5);
            told.tell("mqtt.conflags", format!("{:#04x}", connect.flags));
            told.flag("mqtt.conflag.uname", connect.user.is_some());
            told.flag("mqtt.conflag.passwd", connect.password.is_some());
            told.flag("mqtt.conflag.retain", connect.flags & 0x20 != 0);
            told.tell("mqtt.conflag.qos", connect.flags >> 3 & 3);
            told.flag("mqtt.conflag.willflag", connect.will.is_some());
            told.flag("mqtt.conflag.cleansess", connect.flags & 2 != 0);
            told.tell("mqtt.conflag.reserved", 0);
            told.tell("mqtt.kalive", connect.keep_alive);
            properties(connect.properties, told);
            text("mqtt.clientid", "mqtt.clientid_len", connect.client, told);
            if let Some(will) = connect.will {
                properties(will.properties, told);
                text("mqtt.willtopic", "mqtt.willtopic_len", will.topic, told);
                told.tell("mqtt.willmsg_len", will.payload.len());
                told.hex("mqtt.willmsg", will.payload);
            }
            connect.user.inspect(|user| text("mqtt.username", "mqtt.username_len", *user, told));
            if let Some(password) = connect.password {
                told.tell("mqtt.passwd_len", password.len());
                told.tell("mqtt.passwd", password.escape_ascii());
            }
        }
        Body::Connack(connack) => {
            told.tell("mqtt.conack.flags", format!("{:#04x}", u8::from(connack.session_present)));
            told.tell("mqtt.conack.flags.reserved", 0);
            told.flag("mqtt.conack.flags.sp", connack.session_present);
            told.tell("mqtt.connack.reason_code", connack.reason);
            properties(connack.properties, told);
        }
        Body::Publish(publish) => {
            text("mqtt.topic", "mqtt.topic_len", publish.topic, told);
            publish.identifier.inspect(|identifier| told.tell("mqtt.msgid", identifier));
            properties(publish.properties, told);
            told.hex("mqtt.msg", publish.payload);
        }
        Body::Puback(ack) | Body::Pubrec(ack) | Body::Pubrel(ack) | Body::Pubcomp(ack) => {
            told.tell("mqtt.msgid", ack.identifier);
            let field = match packet.body {
                Body::Puback(_) => "mqtt.puback.reason_code",
                Body::Pubrec(_) => "mqtt.pubrec.reason_code",
                Body::Pubrel(_) => "mqtt.pubrel.reason_code",
                _ => "mqtt.pubcomp.reason_code",
            };
            ack.reason.inspect(|reason| told.tell(field, reason));
            ack.properties.inspect(|list| properties(*list, told));
        }
        Body::Subscribe(subscribe) => {
            told.tell("mqtt.msgid", subscribe.identifier);
            properties(subscribe.properties, told);
            for filter in subscribe.filters {
                let filter = filter.expect("checked");
                text("mqtt.topic", "mqtt.topic_len", filter.topic, told);
                let (nl, rap) = (u8::from(filter.no_local), u8::from(filter.retain_as_published));
                let options = filter.retain_handling << 4 | rap << 3 | nl << 2 | filter.qos;
                told.tell("mqtt.subscription_options", format!("{options:#04x}"));
                told.tell("mqtt.subscription_options_reserved", "0x00");
                told.tell("mqtt.subscription_options_retain", filter.retain_handling);
                told.tell("mqtt.subscription_options_rap", rap);
                told.tell("mqtt.subscription_options_nl", nl);
                told.tell("mqtt.subscription_options_qos", filter.qos);
            }
        }
        Body::Suback(ack) => {
            told.tell("mqtt.msgid", ack.identifier);
            properties(ack.properties, told);
            ack.reasons.iter().for_each(|reason| told.tell("mqtt.suback.reason_code", reason));
        }
        Body::Unsubscribe(unsubscribe) => {
            told.tell("mqtt.msgid", unsubscribe.identifier);
            properties(unsubscribe.properties, told);
            for filter in unsubscribe.filters {
                text("mqtt.topic", "mqtt.topic_len", filter.expect("checked").topic, told);
            }
        }
        Body::Unsuback(ack) => {
            told.tell("mqtt.msgid", ack.identifier);
            properties(ack.properties, told);
            ack.reasons.iter().for_each(|reason| told.tell("mqtt.unsuback.reason_code", reason));
        }
        Body::Pingreq | Body::Pingresp => {}
        Body::Disconnect(disconnect) => {
            disconnect.reason.inspect(|reason| told.tell("mqtt.disconnect.reason_code", reason));
            disconnect.properties.inspect(|list| properties(*list, told));
        }
        Body::Auth(auth) => {
            auth.reason.inspect(|reason| told.tell("mqtt.auth.reason_code", reason));
            auth.properties.inspect(|list| properties(*list, told));
        }
    }
}

fn text(field: &'static str, len: &'static str, text: Text<&[u8]>, told: &mut Told) {
    told.tell(len, text.bytes().len());
    told.tell(field, text);
}

fn properties(properties: Properties<&[u8]>, told: &mut Told) {
    told.tell("mqtt.property_len", properties.region().len());
    for property in properties {
        let property = property.expect("checked");
        told.tell("mqtt.property_id", format!("{:#04x}", property.identifier()));
        match property {
            Property::PayloadIsText(flag)
            | Property::RequestProblemInformation(flag)
            | Property::RequestResponseInformation(flag)
            | Property::RetainAvailable(flag)
            | Property::WildcardsAvailable(flag)
            | Property::SubscriptionIdentifiersAvailable(flag)
            | Property::SharedSubscriptionsAvailable(flag) => told.flag("mqtt.prop_number", flag),
            Property::MessageExpiry(number)
            | Property::SubscriptionIdentifier(number)
            | Property::SessionExpiry(number)
            | Property::WillDelay(number)
            | Property::MaximumPacketSize(number) => told.tell("mqtt.prop_number", number),
            Property::ServerKeepAlive(number)
            | Property::ReceiveMaximum(number)
            | Property::TopicAliasMaximum(number) => told.tell("mqtt.prop_number", number),
            Property::ContentType(text) => told.tell("mqtt.property.content_type", text),
            Property::ResponseTopic(value)
            | Property::AssignedClientIdentifier(value)
            | Property::AuthenticationMethod(value)
            | Property::ResponseInformation(value)
            | Property::ServerReference(value)
            | Property::ReasonString(value) => text("mqtt.prop_string", "mqtt.prop_string_len", value, told),
            Property::CorrelationData(data) | Property::AuthenticationData(data) => {
                told.tell("mqtt.prop_string_len", data.len());
                // For tshark it is a string, which ends with a NUL.
                let text = data.split(|byte| *byte == 0).next().unwrap_or_default();
                told.tell("mqtt.prop_string", String::from_utf8_lossy(text));
            }
            Property::TopicAlias(alias) => told.tell("mqtt.property.topic_alias", alias),
            Property::MaximumQos(qos) => told.tell("mqtt.property.max_qos", qos),
            Property::User { name, value } => {
                text("mqtt.prop_key", "mqtt.prop_key_len", name, told);
                text("mqtt.prop_value", "mqtt.prop_value_len", value, told);
            }
        }
    }
}
