//! What the specification says, byte by byte. Sections of MQTT 5.0 are cited.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use wireview::{Boundary, Codec, Encode, Gather, Kind, Result, Seq};

use super::*;

fn read(bytes: &[u8]) -> Result<Packet<&[u8]>> {
    match Packets::new().delimit(bytes)? {
        Boundary::Frame { head, body, tail } if head + body as usize + tail == bytes.len() => {
            Packets::new().parse(bytes)
        }
        other => panic!("{other:?} of {}", bytes.escape_ascii()),
    }
}

fn written<P>(packet: P) -> Result<Vec<u8>>
where
    Packets: Encode<P>,
{
    let mut out = Gather::new();
    out.message(|out| Packets::new().encode(packet, out))?;
    Ok(out.chunks().collect::<Vec<_>>().concat())
}

#[track_caller]
fn refused(bytes: &[u8], kind: Kind, field: &str, offset: usize) {
    let error = read(bytes).expect_err("refused");
    assert_eq!((error.kind(), error.field(), error.offset()), (kind, field, offset), "{}", bytes.escape_ascii());
}

#[track_caller]
fn body(bytes: &[u8]) -> Body<&[u8]> {
    let packet = read(bytes).unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii()));
    assert_eq!(written(packet).expect("it was lawful"), bytes);
    packet.body
}

/// Section 1.5.5, table 1-1.
#[test]
fn lengths_of_one_to_four_bytes() {
    for (len, head) in [
        (0, &[0][..]),
        (127, &[0x7f]),
        (128, &[0x80, 0x01]),
        (16_383, &[0xff, 0x7f]),
        (16_384, &[0x80, 0x80, 0x01]),
        (2_097_151, &[0xff, 0xff, 0x7f]),
        (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
        (268_435_455, &[0xff, 0xff, 0xff, 0x7f]),
    ] {
        let boundary = Packets::new().delimit(&[&[0x30], head].concat());
        let head = head.len() + 1;
        assert_eq!(boundary.map(total), Ok(head as u64 + len), "{len}");
    }
    let topic = |len: usize| {
        let payload = alloc::vec![b'x'; len - 4];
        let publish = Publish { topic: "t".into(), payload: &payload[..], ..Publish::default() };
        written(Packet::new(Body::Publish(publish))).expect("short enough")[1..].to_vec()
    };
    assert_eq!(topic(127)[..3], [0x7f, 0, 1]);
    assert_eq!(topic(128)[..4], [0x80, 0x01, 0, 1]);
    assert_eq!(topic(16_384)[..5], [0x80, 0x80, 0x01, 0, 1]);
}

fn total(boundary: Boundary) -> u64 {
    match boundary {
        Boundary::Frame { head, body, tail } => head as u64 + body + tail as u64,
        other => panic!("{other:?}"),
    }
}

/// The example of figure 3-6, section 3.1.2.12, with the payload of a client of no name.
#[test]
fn a_connect_with_everything() {
    let bytes = b"\x10\x1f\0\x04MQTT\x05\xce\0\x0a\x05\x11\0\0\0\x0a\0\0\0\0\x01w\0\x01!\0\x01u\0\x01p";
    let Body::Connect(connect) = body(bytes) else { panic!("another kind") };
    assert_eq!((connect.flags, connect.keep_alive, connect.client.bytes().len()), (0xce, 10, 0));
    let properties: Vec<_> = connect.properties.iter().collect();
    assert_eq!(properties, [Ok(Property::SessionExpiry(10))]);
    let will = connect.will.expect("it is flagged");
    assert_eq!((will.properties.len(), will.topic.to_str(), will.payload), (0, Ok("w"), &b"!"[..]));
    assert_eq!((connect.user.map(|user| user.to_string()), connect.password), (Some("u".into()), Some(&b"p"[..])));

    // The flags of what follows are computed.
    let unflagged = Packet::new(Body::Connect(Connect { flags: 0x0a, ..connect }));
    assert_eq!(written(unflagged).expect("lawful"), bytes);
}

/// Sections 3.2 to 3.15, packet by packet.
#[test]
fn every_kind() {
    let Body::Connack(connack) = body(b"\x20\x06\x01\0\x03\x13\0\x1e") else { panic!("another kind") };
    assert_eq!((connack.session_present, connack.reason), (true, reason::SUCCESS));
    assert_eq!(connack.properties.iter().collect::<Vec<_>>(), [Ok(Property::ServerKeepAlive(30))]);

    // Figure 3-8: topic a/b, identifier 10.
    let Body::Publish(publish) = body(b"\x3d\x0d\0\x03a/b\0\x0a\0hello") else { panic!("another kind") };
    assert_eq!((publish.topic.to_str(), publish.identifier, publish.payload), (Ok("a/b"), Some(10), &b"hello"[..]));
    let Body::Publish(publish) = body(b"\x30\x09\0\x03a/b\0bye") else { panic!("another kind") };
    assert_eq!((publish.identifier, publish.payload), (None, &b"bye"[..]));

    type Make = fn(Ack<&'static [u8]>) -> Body<&'static [u8]>;
    for (first, make) in
        [(0x40, Body::Puback as Make), (0x50, Body::Pubrec), (0x62, Body::Pubrel), (0x70, Body::Pubcomp)]
    {
        let ack = Ack { identifier: 258, reason: None, properties: None };
        assert_eq!(body(&[first, 2, 1, 2]), make(ack));
        let ack = Ack { reason: Some(0x92), ..ack };
        assert_eq!(body(&[first, 3, 1, 2, 0x92]), make(ack));
        let ack = Ack { properties: Some(Seq::new(&[][..], 0)), ..ack };
        assert_eq!(body(&[first, 4, 1, 2, 0x92, 0]), make(ack));
        let ack = Ack { properties: Some(Seq::new(&b"\x1f\0\x02no"[..], 1)), ..ack };
        assert_eq!(body(&[first, 9, 1, 2, 0x92, 5, 0x1f, 0, 2, b'n', b'o']), make(ack));
    }

    // Figure 3-22: a/b at QoS 1, c/d at QoS 2.
    let Body::Subscribe(subscribe) = body(b"\x82\x0f\0\x0a\0\0\x03a/b\x01\0\x03c/d\x02") else {
        panic!("another kind")
    };
    let filters: Vec<_> = subscribe.filters.iter().map(|filter| filter.map(|f| (f.topic.to_string(), f.qos))).collect();
    assert_eq!(filters, [Ok(("a/b".into(), 1)), Ok(("c/d".into(), 2))]);
    let Body::Subscribe(subscribe) = body(b"\x82\x07\0\x0a\0\0\x01#\x2e") else { panic!("another kind") };
    let filter = subscribe.filters.iter().next().expect("one").expect("lawful");
    assert_eq!((filter.retain_handling, filter.retain_as_published, filter.no_local, filter.qos), (2, true, true, 2));

    let Body::Suback(ack) = body(b"\x90\x06\0\x0a\0\x01\x02\x80") else { panic!("another kind") };
    assert_eq!((ack.identifier, ack.reasons), (10, &[1, 2, 0x80][..]));
    // Figure 3-29.
    let Body::Unsubscribe(unsubscribe) = body(b"\xa2\x0d\0\x0a\0\0\x03a/b\0\x03c/d") else { panic!("another kind") };
    assert_eq!(unsubscribe.filters.iter().flatten().map(|f| f.topic.to_string()).collect::<Vec<_>>(), ["a/b", "c/d"]);
    assert!(matches!(body(b"\xb0\x05\0\x0a\0\x11\0"), Body::Unsuback(Suback { reasons: [0x11, 0], .. })));
    assert_eq!(body(b"\xc0\0"), Body::Pingreq);
    assert_eq!(body(b"\xd0\0"), Body::Pingresp);
    assert_eq!(body(b"\xe0\0"), Body::Disconnect(Disconnect { reason: None, properties: None }));
    assert_eq!(body(b"\xe0\x01\x04"), Body::Disconnect(Disconnect { reason: Some(4), properties: None }));
    assert_eq!(
        body(b"\xf0\x08\x18\x06\x15\0\x03abc"),
        Body::Auth(Auth { reason: Some(0x18), properties: Some(Seq::new(&b"\x15\0\x03abc"[..], 1)) })
    );
}

/// Table 2-4: each identifier, with a value of its type.
#[test]
fn every_property() {
    let cases: &[(&[u8], Property<&[u8]>)] = &[
        (b"\x01\x01", Property::PayloadIsText(true)),
        (b"\x02\0\0\x01\x02", Property::MessageExpiry(258)),
        (b"\x03\0\x01c", Property::ContentType("c".into())),
        (b"\x08\0\x01r", Property::ResponseTopic("r".into())),
        (b"\x09\0\x02\0\xff", Property::CorrelationData(b"\0\xff")),
        (b"\x0b\xff\xff\xff\x7f", Property::SubscriptionIdentifier(268_435_455)),
        (b"\x11\xff\xff\xff\xff", Property::SessionExpiry(u32::MAX)),
        (b"\x12\0\x01i", Property::AssignedClientIdentifier("i".into())),
        (b"\x13\x01\x02", Property::ServerKeepAlive(258)),
        (b"\x15\0\x01m", Property::AuthenticationMethod("m".into())),
        (b"\x16\0\x01\xff", Property::AuthenticationData(b"\xff")),
        (b"\x17\0", Property::RequestProblemInformation(false)),
        (b"\x18\0\0\0\x05", Property::WillDelay(5)),
        (b"\x19\x01", Property::RequestResponseInformation(true)),
        (b"\x1a\0\x01r", Property::ResponseInformation("r".into())),
        (b"\x1c\0\x01s", Property::ServerReference("s".into())),
        (b"\x1f\0\x01w", Property::ReasonString("w".into())),
        (b"\x21\0\x01", Property::ReceiveMaximum(1)),
        (b"\x22\0\0", Property::TopicAliasMaximum(0)),
        (b"\x23\x01\0", Property::TopicAlias(256)),
        (b"\x24\x01", Property::MaximumQos(1)),
        (b"\x25\0", Property::RetainAvailable(false)),
        (b"\x26\0\x01n\0\0", Property::User { name: "n".into(), value: "".into() }),
        (b"\x27\0\0\x01\0", Property::MaximumPacketSize(256)),
        (b"\x28\x01", Property::WildcardsAvailable(true)),
        (b"\x29\0", Property::SubscriptionIdentifiersAvailable(false)),
        (b"\x2a\x01", Property::SharedSubscriptionsAvailable(true)),
    ];
    for (bytes, property) in cases {
        let frame = [&[0x20, bytes.len() as u8 + 3, 0, 0, bytes.len() as u8], *bytes].concat();
        let Body::Connack(connack) = body(&frame) else { panic!("another kind") };
        assert_eq!(connack.properties.iter().collect::<Vec<_>>(), [Ok(*property)]);
        assert_eq!(property.identifier(), u64::from(bytes[0]));
        let list = Seq::write([*property], ()).expect("lawful");
        assert_eq!(&list.region()[..], *bytes);
        assert!(!format!("{property:?}").is_empty());
    }
    let identifiers: Vec<_> =
        (0..=255).filter(|identifier| cases.iter().any(|case| case.0[0] == *identifier)).collect();
    assert_eq!(identifiers.len(), 27);
    for unknown in (0..0x80).filter(|identifier| !identifiers.contains(identifier)) {
        let error = read(&[0x20, 5, 0, 0, 2, unknown, 0]).expect_err("no property");
        assert_eq!((error.kind(), error.offset()), (Kind::Unsupported, 5), "{unknown:#x}");
    }
}

/// Table 2-4 again, column by column.
#[test]
fn where_properties_stand() {
    const ALL: [Place; 9] = [
        Place::Connect,
        Place::Will,
        Place::Connack,
        Place::Publish,
        Place::Ack,
        Place::Subscribe,
        Place::Unsubscribe,
        Place::Disconnect,
        Place::Auth,
    ];
    let expiry: &[u8] = b"\x11\0\0\0\0";
    let stands = |region: &'static [u8]| -> Vec<Place> {
        ALL.into_iter().filter(|place| place.check(Seq::new(region, 1)).is_ok()).collect()
    };
    assert_eq!(stands(b"\x11\0\0\0\0"), [Place::Connect, Place::Connack, Place::Disconnect]);
    assert_eq!(stands(b"\x01\0"), [Place::Will, Place::Publish]);
    assert_eq!(stands(b"\x0b\x01"), [Place::Publish, Place::Subscribe]);
    assert_eq!(stands(b"\x15\0\0"), [Place::Connect, Place::Connack, Place::Auth]);
    assert_eq!(stands(b"\x17\0"), [Place::Connect]);
    assert_eq!(stands(b"\x18\0\0\0\0"), [Place::Will]);
    assert_eq!(stands(b"\x1c\0\0"), [Place::Connack, Place::Disconnect]);
    assert_eq!(stands(b"\x1f\0\0"), [Place::Connack, Place::Ack, Place::Disconnect, Place::Auth]);
    assert_eq!(stands(b"\x23\0\x01"), [Place::Publish]);
    assert_eq!(stands(b"\x24\0"), [Place::Connack]);
    assert_eq!(stands(b"\x26\0\0\0\0"), ALL);

    let twice = [expiry, expiry].concat();
    let error = Place::Connect.check(Seq::new(&twice, 2)).expect_err("once");
    assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Malformed, "property", 5));
    assert!(Place::Publish.check(Seq::new(b"\x0b\x01\x0b\x02", 2)).is_ok());
    assert!(Place::Subscribe.check(Seq::new(b"\x0b\x01\x0b\x02", 2)).is_err());
    assert!(Place::Auth.check(Seq::new(b"\x26\0\0\0\0\x26\0\0\0\0", 2)).is_ok());

    let check = |bytes: &[u8]| read(bytes).expect("well formed").check_properties().is_ok();
    assert!(check(b"\x30\x07\0\x01t\x03\x23\0\x01") && !check(b"\x30\x07\0\x01t\x03\x21\0\x01"));
    assert!(check(b"\xe0\x07\0\x05\x11\0\0\0\0") && !check(b"\xe0\x04\0\x02\x01\0"));
    assert!(check(b"\xc0\0"));
}

/// What section 1.5.4 forbids in strings.
#[test]
fn strings() {
    use Kind::Malformed;
    assert!(read(b"\x30\x06\0\x03\xe2\x82\xac\0").is_ok());
    refused(b"\x30\x06\0\x03a\0b\0", Malformed, "topic", 5);
    refused(b"\x30\x06\0\x03\xed\xa0\x80\0", Malformed, "topic", 4);
    refused(b"\x30\x05\0\x02a\xff\0", Malformed, "topic", 5);
    let nul = Publish { topic: "a\0".into(), payload: &b""[..], ..Publish::default() };
    assert_eq!(written(Packet::new(Body::Publish(nul))).map_err(|error| error.kind()), Err(Malformed));
}

/// Table 2-2, and the flags of a PUBLISH.
#[test]
fn flags() {
    for (kind, flags) in [
        (1, 0),
        (2, 0),
        (4, 0),
        (5, 0),
        (6, 2),
        (7, 0),
        (8, 2),
        (9, 0),
        (10, 2),
        (11, 0),
        (12, 0),
        (13, 0),
        (14, 0),
        (15, 0),
    ] {
        for wrong in (0..16).filter(|other| *other != flags) {
            let error = read(&[kind << 4 | wrong, 0]).expect_err("the flags");
            assert_eq!((error.kind(), error.offset() < 3), (Kind::Malformed, true), "{kind} {wrong}: {error}");
        }
    }
    let error = read(b"\0\0").expect_err("a kind that is reserved");
    assert_eq!((error.kind(), error.offset()), (Kind::Unsupported, 0));
    refused(b"\x36\x06\0\x01t\0\x01\0", Kind::Malformed, "Publish", 2);
    refused(b"\x38\x04\0\x01t\0", Kind::Malformed, "Publish", 2);
    refused(b"\x32\x06\0\x01t\0\0\0", Kind::Malformed, "identifier", 5);
    let publish = Publish { topic: "t".into(), payload: &b""[..], identifier: Some(1), ..Publish::default() };
    let packet = Packet::new(Body::Publish(publish));
    assert_eq!((packet.qos(), packet.flagged(flag::QOS_2).qos(), packet.flagged(flag::RETAIN).flags), (1, 2, 3));
    assert!(packet.flagged(flag::DUPLICATE).is_duplicate() && !packet.is_duplicate());
    // An identifier stands where the QoS says so, and nowhere else.
    assert!(written(Packet { flags: 0, ..packet }).is_err());
    let without = Publish { identifier: None, ..publish };
    assert!(written(Packet::new(Body::Publish(without)).flagged(flag::QOS_1)).is_err());
    assert!(written(Packet::new(Body::Publish(Publish { identifier: Some(0), ..publish }))).is_err());
}

#[test]
fn what_is_refused() {
    use Kind::{Malformed, Overflow, Truncated};
    refused(b"\x30\x85\x80\0\0\x01t\0\0", Malformed, "length", 1);
    assert_eq!(Packets::new().delimit(b"\x30\xff\xff\xff\xff").map_err(|error| error.kind()), Err(Overflow));
    refused(b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\0\0", Malformed, "version", 8);
    refused(b"\x10\x0d\0\x04MQIT\x05\x02\0\0\0\0\0", Malformed, "protocol", 2);
    for flags in [0x03, 0x08, 0x20, 0x1e] {
        refused(&[b"\x10\x0d\0\x04MQTT\x05", &[flags][..], b"\0\0\0\0\0"].concat(), Malformed, "flags", 9);
    }
    refused(b"\x10\x0d\0\x04MQTT\x05\x82\0\0\0\0\0", Truncated, "user.len", 15);
    refused(b"\x82\x03\0\x01\0", Malformed, "filters", 5);
    refused(b"\x82\x07\0\x01\0\0\x01a\x03", Malformed, "qos", 8);
    refused(b"\x82\x07\0\x01\0\0\x01a\x40", Malformed, "reserved", 8);
    refused(b"\x82\x07\0\x01\0\0\x01a\x30", Malformed, "retain_handling", 8);
    refused(b"\x82\x07\0\0\0\0\x01a\0", Malformed, "identifier", 2);
    refused(b"\xc0\x01x", Malformed, "Packet", 2);
    refused(b"\x40\x05\0\x01\0\0x", Malformed, "Packet", 6);
    refused(b"\x20\x05\0\0\x02\x24\x02", Malformed, "MaximumQos", 6);
    refused(b"\x20\x05\0\0\x02\x25\x02", Malformed, "RetainAvailable", 6);
    // Properties that are longer than what is there, and such that do not fill what is there.
    assert!(read(b"\x20\x05\0\0\x03\x25\0").is_err());
    assert!(read(b"\x20\x06\0\0\x02\x21\0\x01").is_err());
    // A length of properties in more bytes than it takes.
    assert!(read(b"\x20\x04\0\0\x80\0").is_err());
}

/// Section 4.7.
#[test]
fn topics_and_filters() {
    for (filter, topics, others) in [
        (
            "sport/tennis/player1/#",
            &["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/w"][..],
            &["sport/tennis", "sport/tennis/player11"][..],
        ),
        ("sport/#", &["sport"], &["sports"]),
        ("#", &["a", "/a", "a/b/"], &["$SYS/a"]),
        (
            "sport/tennis/+",
            &["sport/tennis/player1", "sport/tennis/"],
            &["sport/tennis/player1/ranking", "sport/tennis"],
        ),
        ("sport/+", &["sport/"], &["sport"]),
        ("+/+", &["/finance"], &["finance", "$SYS/a"]),
        ("/+", &["/finance"], &["finance"]),
        ("+", &["finance"], &["/finance"]),
        ("+/monitor/Clients", &["a/monitor/Clients"], &["$SYS/monitor/Clients"]),
        ("$SYS/#", &["$SYS/a", "$SYS"], &["SYS"]),
        ("$SYS/monitor/+", &["$SYS/monitor/Clients"], &["$SYS/monitor"]),
        ("a/b", &["a/b"], &["a/B", "a", "a/b/"]),
    ] {
        assert!(is_filter(filter), "{filter}");
        assert!(topics.iter().all(|topic| matches(filter, topic) && is_topic(topic)), "{filter}");
        assert!(!others.iter().any(|topic| matches(filter, topic)), "{filter}");
    }
    for filter in ["", "sport/tennis#", "sport/tennis/#/ranking", "sport+", "a/b+/c", "++", "##"] {
        assert!(!is_filter(filter), "{filter}");
    }
    assert!(!is_topic("") && !is_topic("a/+") && !is_topic("#") && is_topic("a b/ü"));
}

/// Sections 3.3.1.3, 3.8.3.1 and 3.8.4: what a subscriber gets.
#[test]
fn messages_are_passed_on_as_they_are_asked_for() {
    let filter = |qos, retain_as_published, retain_handling| Filter {
        topic: "#".into(),
        reserved: (),
        retain_handling,
        retain_as_published,
        no_local: false,
        qos,
    };
    let filter: fn(u8, bool, u8) -> Filter<&'static [u8]> = filter;
    let publish = Publish { topic: "t".into(), identifier: Some(7), payload: &b"hi"[..], ..Publish::default() };
    let packet = Packet::new(Body::Publish(publish)).flagged(flag::RETAIN | flag::DUPLICATE);
    let delivered = |qos, as_published, kept| {
        let packet = packet.delivered(&filter(qos, as_published, 0), kept);
        let Body::Publish(publish) = packet.body else { panic!("another kind") };
        assert_eq!((publish.identifier, publish.payload), (None, &b"hi"[..]));
        packet.flags
    };
    assert_eq!([delivered(0, false, false), delivered(1, false, false), delivered(2, false, false)], [0, 2, 2]);
    assert_eq!([delivered(1, true, false), delivered(1, false, true), delivered(0, true, true)], [3, 3, 1]);
    let Body::Publish(publish) = packet.identified(Some(9)).body else { panic!("another kind") };
    assert_eq!(publish.identifier, Some(9));
    // The bytes are where they were.
    let payload = bytes::Bytes::from(alloc::vec![b'x'; 4096]);
    let publish = Publish { topic: "t".into(), payload: payload.clone(), ..Publish::default() };
    let Body::Publish(passed_on) = Packet::new(Body::Publish(publish)).delivered(&filter(1, false, 0), false).body
    else {
        panic!("another kind")
    };
    assert_eq!(passed_on.payload.as_ptr(), payload.as_ptr());
    let mut out = Gather::new();
    Packets::new().encode(Packet::new(Body::Publish(passed_on)), &mut out).expect("lawful");
    assert!(out.chunks().any(|chunk| chunk.as_ptr() == payload.as_ptr()), "and leave from there");
    let wants = |handling| [true, false].map(|is_new| filter(0, false, handling).wants_retained(is_new));
    assert_eq!([wants(0), wants(1), wants(2)], [[true, true], [true, false], [false, false]]);
}

#[test]
fn a_will_becomes_a_message() {
    let bytes = b"\x10\x24\0\x04MQTT\x05\x2e\0\x0a\x03\x21\0\x05\0\0\x0b\x18\0\0\0\x05\x03\0\x03a/b\0\x01w\0\x03bye";
    let frame = bytes::Bytes::from_static(bytes);
    let packet = read(&frame).expect("lawful");
    let packet = <Packet<Span> as wireview::Message>::point(packet, &frame).expect("inside");
    let Body::Connect(connect) = wireview::Message::share(&packet, &frame).body else { panic!("another kind") };
    assert_eq!(connect.receive_maximum(), 5);
    let will = connect.will_packet().expect("there is one");
    assert_eq!((will.qos(), will.is_retained()), (1, true));
    let Body::Publish(publish) = will.identified(Some(1)).body else { panic!("another kind") };
    assert_eq!((publish.topic.to_str(), &publish.payload[..]), (Ok("w"), &b"bye"[..]));
    assert_eq!(publish.properties.iter().collect::<Vec<_>>(), [Ok(Property::ContentType("a/b".into()))]);
    let none = Connect { will: None, properties: Seq::default(), ..connect };
    assert_eq!((none.will_packet(), none.receive_maximum()), (None, u16::MAX));
}

#[test]
fn identifiers_are_used_once() {
    let mut identifiers = Identifiers::new();
    assert_eq!([identifiers.take(), identifiers.take(), identifiers.take()], [Some(1), Some(2), Some(3)]);
    assert!(identifiers.free(2) && !identifiers.free(2) && !identifiers.free(0));
    let all: Vec<_> = core::iter::from_fn(|| identifiers.take()).collect();
    assert_eq!((all.len(), all.first(), all.last()), (65_533, Some(&4), Some(&2)));
    assert_eq!((identifiers.len(), identifiers.is_empty(), identifiers.take()), (65_535, false, None));
}
