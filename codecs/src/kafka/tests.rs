use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestKind, ResponseKind};
use wireview::laws::{Draw, Laws};
use wireview::{Codec, Deframer, Encode, Error, Gather, Kind, Message, Payload, Span, Wire};

use super::*;

const MAX: u32 = 1 << 20;

/// Every message in every version.
fn every_version() -> impl Iterator<Item = (Api, Version)> {
    Api::ALL.iter().flat_map(|&api| {
        let (first, last) = api.versions();
        (first..=last).map(move |number| (api, api.version(number).expect("in the range")))
    })
}

fn written<E: Encode<M>, M>(encoder: &mut E, message: M) -> Result<Vec<u8>> {
    let mut out = Gather::new();
    out.message(|out| encoder.encode(message, out))?;
    Ok(out.chunks().collect::<Vec<_>>().concat())
}

/// A frame that no encoder wrote.
fn request(api: Api, version: Version, draw: &mut Draw<'_>) -> Vec<u8> {
    let mut frame = vec![0; 4];
    frame.extend(api.key().to_be_bytes());
    frame.extend(version.number().to_be_bytes());
    frame.extend((draw.number() as i32).to_be_bytes());
    frame.extend(if draw.flag() { &b"\0\x02me"[..] } else { b"\xff\xff" });
    Tags::generate(draw, version, &mut frame);
    RequestBody::generate(api, draw, version, &mut frame);
    finished(frame)
}

fn response(api: Api, version: Version, draw: &mut Draw<'_>) -> Vec<u8> {
    let mut frame = vec![0; 4];
    frame.extend((draw.number() as i32).to_be_bytes());
    Tags::generate(draw, api.response_header(version), &mut frame);
    ResponseBody::generate(api, draw, version, &mut frame);
    finished(frame)
}

fn finished(mut frame: Vec<u8>) -> Vec<u8> {
    let length = frame.len() as u32 - 4;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    frame
}

#[test]
fn every_message_in_every_version_comes_back_byte_for_byte() {
    let mut draw = Draw::new(1);
    for (api, version) in every_version() {
        for _ in 0..30 {
            let frame = request(api, version, &mut draw);
            let mut codec = Requests::new(MAX);
            let view = codec.parse(&frame).unwrap_or_else(|error| panic!("{api} {version:?}: {error}"));
            assert_eq!((view.api(), view.version), (api, version.number()));
            assert_eq!(written(&mut codec, view).expect("read, so it can be written"), frame, "{api} {version:?}");

            let frame = response(api, version, &mut draw);
            let mut codec = Responses::of(api, version.number(), MAX).expect("supported");
            let view = codec.parse(&frame).unwrap_or_else(|error| panic!("{api} {version:?}: {error}"));
            assert_eq!(written(&mut codec, view).expect("read, so it can be written"), frame, "{api} {version:?}");
        }
    }
}

/// The schemas of another library read what ours have made, to the last byte, and write the same.
#[test]
fn every_version_is_that_of_kafka_protocol() {
    let mut draw = Draw::new(2);
    let mut compared = 0;
    for (api, version) in every_version() {
        let key = ApiKey::try_from(api.key()).expect("a key");
        let theirs = key.valid_versions();
        if !(theirs.min..=theirs.max).contains(&version.number()) {
            continue;
        }
        for _ in 0..20 {
            let mut body = Vec::new();
            RequestBody::generate(api, &mut draw, version, &mut body);
            let mut rest = Bytes::from(body.clone());
            let read = RequestKind::decode(key, &mut rest, version.number())
                .unwrap_or_else(|error| panic!("{api} {version:?}: {error}"));
            assert!(rest.is_empty(), "{api} {version:?} leaves {} bytes", rest.len());
            let mut again = BytesMut::new();
            read.encode(&mut again, version.number()).unwrap_or_else(|error| panic!("{api} {version:?}: {error}"));
            assert_eq!(again, body, "{api} {version:?}: {read:?}");

            let mut body = Vec::new();
            ResponseBody::generate(api, &mut draw, version, &mut body);
            let mut rest = Bytes::from(body.clone());
            let read = ResponseKind::decode(key, &mut rest, version.number())
                .unwrap_or_else(|error| panic!("{api} {version:?}: {error}"));
            assert!(rest.is_empty(), "{api} {version:?} leaves {} bytes", rest.len());
            let mut again = BytesMut::new();
            read.encode(&mut again, version.number()).unwrap_or_else(|error| panic!("{api} {version:?}: {error}"));
            assert_eq!(again, body, "{api} {version:?}: {read:?}");
            compared += 1;
        }
        assert_eq!(key.request_header_version(version.number()), 1 + i16::from(version.is_flexible()), "{api}");
        assert_eq!(key.response_header_version(version.number()), api.response_header(version).number(), "{api}");
    }
    assert!(compared > 1500, "{compared}");
}

#[test]
fn laws_hold_for_every_version() {
    let mut draw = Draw::new(3);
    // Varints may be longer than they need be.
    let laws = Laws::all().every_cut_up_to(64);
    for (api, version) in every_version() {
        let frame = request(api, version, &mut draw);
        laws.check(|| Requests::new(MAX), &frame);
        laws.check_round_trip(|| Requests::new(MAX), &frame);
        let frame = response(api, version, &mut draw);
        let codec = || Responses::of(api, version.number(), MAX).expect("supported");
        laws.check(codec, &frame);
        laws.check_round_trip(codec, &frame);
    }
}

#[test]
fn what_is_not_in_the_table_is_refused_and_can_be_answered() {
    let refused = |key: i16, version: i16| {
        let frame = finished([&[0; 4][..], &key.to_be_bytes(), &version.to_be_bytes(), b"\0\0\0\x07\xff\xff"].concat());
        assert_eq!(Peek::of(&frame), Some(Peek { api_key: key, api_version: version, correlation_id: 7 }));
        Requests::new(MAX).parse(&frame).expect_err("refused")
    };
    for api in Api::ALL {
        let (first, last) = api.versions();
        assert_eq!(refused(api.key(), first - 1), Error::unsupported(&field::API_VERSION, 6), "{api}");
        assert_eq!(refused(api.key(), last + 1), Error::unsupported(&field::API_VERSION, 6), "{api}");
        assert_eq!(refused(api.key(), i16::MIN), Error::unsupported(&field::API_VERSION, 6), "{api}");
        assert!(Responses::of(*api, last + 1, MAX).is_err());
        assert_eq!((Api::from_key(api.key()), api.latest()), (Some(*api), api.version(last).expect("supported")));
    }
    for key in [-1, 4, 5, 6, 7, 15, 16, 17, 21, 24, 71, i16::MAX] {
        assert_eq!(refused(key, 0), Error::unsupported(&field::API_KEY, 4));
    }
    let request = Request::new(
        5,
        1,
        HeartbeatRequest {
            group_id: &b""[..],
            generation_id: 0,
            member_id: b"",
            group_instance_id: None,
            tags: Tags::none(),
        },
    );
    assert_eq!(written(&mut Requests::new(MAX), request).expect_err("refused").kind(), Kind::Unsupported);
    assert_eq!(Peek::of(b"\0\0\0\x08\0\0\0\0\0\0\0"), None);
}

/// The table of the documentation is that of the code.
#[test]
fn the_table_is_true() {
    let told: Vec<_> = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | ")).collect();
    for api in Api::ALL {
        let (first, last) = api.versions();
        let flexible = (first..=last).find(|number| api.version(*number).is_some_and(Version::is_flexible));
        let row = alloc::format!("{} | {api} | {first} to {last} | {} |", api.key(), flexible.expect("some are"));
        assert!(told.contains(&&row[..]), "{row}");
    }
}

#[test]
fn lengths_are_held_to_their_limits() {
    let delimit = |input: &[u8]| Requests::new(100).delimit(input);
    assert_eq!(delimit(b""), Ok(Boundary::Need(4)));
    assert_eq!(delimit(b"\0\0\0"), Ok(Boundary::Need(4)));
    assert_eq!(delimit(b"\0\0\0\x64"), Ok(Boundary::Frame { head: 4, body: 100, tail: 0 }));
    assert_eq!(delimit(b"\0\0\0\x65"), Err(Error::limit(&field::LENGTH, 0)));
    assert_eq!(delimit(b"\0\0\0\x07"), Err(Error::malformed(&field::LENGTH, 0)));
    assert_eq!(delimit(b"\xff\xff\xff\xff"), Err(Error::malformed(&field::LENGTH, 0)));
    // Something else altogether.
    assert_eq!(delimit(b"GET / HTTP/1.1"), Err(Error::limit(&field::LENGTH, 0)));
}

/// A Metadata request of version 4, behind its header.
fn metadata(body: &[u8]) -> Vec<u8> {
    finished([b"\0\0\0\0\0\x03\0\x04\0\0\0\x01\xff\xff", body].concat())
}

#[test]
fn errors_name_field_and_offset() {
    let error = |frame: &[u8]| Requests::new(MAX).parse(frame).expect_err("refused");
    assert_eq!(error(&metadata(b"\0\0\0\x01\0\x03ab")), Error::truncated(&"name", 20));
    assert_eq!(error(&metadata(b"\0\0\0\x01\xff\xff\0")), Error::malformed(&"name", 18));
    assert_eq!(error(&metadata(b"\0\0\0\x01\xff\xfe\0")), Error::malformed(&"name", 18));
    assert_eq!(error(&metadata(b"\0\0\0\x02\0\x01a\0")), Error::truncated(&"name", 21));
    assert_eq!(error(&metadata(b"\xff\xff\xff\xfe\0")), Error::malformed(&"topics", 14));
    assert_eq!(error(&metadata(b"\x7f\xff\xff\xff\0")), Error::truncated(&"name", 18));
    assert_eq!(error(&metadata(b"\xff\xff\xff\xff")), Error::truncated(&"allow_auto_topic_creation", 18));
    assert_eq!(error(b"\0\0\0\x08\0\x03\0\x04\0\0\0\x01"), Error::truncated(&field::CLIENT_ID, 12));

    // Flexible: lengths are varints of at most five bytes, null is 0.
    let heartbeat = |body: &[u8]| finished([b"\0\0\0\0\0\x0c\0\x04\0\0\0\x01\xff\xff\0", body].concat());
    assert_eq!(error(&heartbeat(b"\0")), Error::malformed(&"group_id", 15));
    assert_eq!(error(&heartbeat(b"\xff\xff\xff\xff\x1f")), Error::overflow(&"group_id", 15));
    assert_eq!(error(&heartbeat(b"\xff\xff\xff\xff\xff\0")), Error::overflow(&"group_id", 15));
    assert_eq!(error(&heartbeat(b"\x81")), Error::truncated(&"group_id", 15));
    assert_eq!(error(&heartbeat(b"\x02a\0\0\0\x01\x01\0\x01\x05\x03ab")), Error::truncated(&"tagged field", 26));
    let whole = heartbeat(b"\x02a\0\0\0\x01\x01\0\x01\x05\x02ab");
    let RequestBody::Heartbeat(beat) = Requests::new(MAX).parse(&whole).expect("lawful").body else { panic!() };
    assert_eq!((beat.tags.len(), beat.tags.get(5), beat.tags.get(6)), (1, Some(&b"ab"[..]), None));
}

/// As librdkafka 2 writes it: three bytes too many, at which Kafka does not look.
#[test]
fn bytes_behind_a_request_are_not_looked_at() {
    let frame = b"\0\0\0\x19\0\x03\0\x0c\0\0\0\x03\0\x07rdkafka\0\0\0\0\0\x01\0\0";
    let RequestBody::Metadata(asked) = Requests::new(MAX).parse(frame).expect("lawful").body else { panic!() };
    assert_eq!(asked.topics, None);
    let mut frame = response(Api::Heartbeat, Api::Heartbeat.latest(), &mut Draw::new(1));
    frame.push(0);
    let frame = finished(frame);
    let error = Responses::of(Api::Heartbeat, 4, MAX).and_then(|codec| codec.parse(&frame).map(drop));
    assert_eq!(error, Err(Error::malformed(&field::TRAILING, frame.len() - 1)));
}

/// In one pass, or checked and then walked: the same partitions, and the same errors of the same frames.
#[test]
fn a_fetch_response_is_the_same_in_one_pass() {
    let mut draw = Draw::new(5);
    let (mut partitions, mut errors) = (0, 0);
    for number in 0..=17 {
        let version = Api::Fetch.version(number).expect("supported");
        let codec = Responses::of(Api::Fetch, number, MAX).expect("supported");
        for round in 0..60 {
            let mut frame = response(Api::Fetch, version, &mut draw);
            if round % 2 == 1 {
                let at = 8 + draw.below(frame.len() - 8);
                frame[at] ^= 1 << draw.below(8);
            }
            if round % 4 == 3 {
                frame.truncate(8 + draw.below(frame.len() - 8));
            }
            let passed = codec.fetched(&frame).and_then(Iterator::collect::<Result<Vec<_>>>);
            let walked = codec.parse(&frame).map(|response| {
                let ResponseBody::Fetch(told) = response.body else { panic!("not Fetch") };
                let mut all = Vec::new();
                for topic in told.topics.iter() {
                    let topic = topic.expect("checked");
                    let which = TopicRef { topic: topic.topic, topic_id: topic.topic_id };
                    all.extend(topic.partitions.iter().map(|partition| (which, partition.expect("checked"))));
                }
                all
            });
            let mut folded = Ok(Vec::new());
            match codec.fetched(&frame) {
                Err(error) => folded = Err(error),
                Ok(told) => told.for_each(|told| match (told, &mut folded) {
                    (Ok(told), Ok(all)) => all.push(told),
                    (Ok(_), Err(_)) => panic!("nothing comes behind an error"),
                    (Err(error), folded) => *folded = Err(error),
                }),
            }
            assert_eq!(folded, walked, "{version:?} {}", frame.escape_ascii());
            errors += usize::from(walked.is_err());
            partitions += walked.as_ref().map_or(0, Vec::len);
            assert_eq!(passed, walked, "{version:?} {}", frame.escape_ascii());
        }
    }
    assert!(partitions > 500 && errors > 100, "{partitions} {errors}");
    let other = Responses::of(Api::Heartbeat, 0, MAX).expect("supported");
    assert_eq!(other.fetched(&[0; 20]).map(drop), Err(Error::malformed(&field::UNASKED, 0)));
}

#[test]
fn arrays_are_walked_in_place_and_shared() {
    let frame = Bytes::from(metadata(b"\0\0\0\x02\0\x03abc\0\x01d\x01"));
    let codec = Requests::new(MAX);
    let view = codec.parse(&frame).expect("lawful");
    assert_eq!(view.to_string(), "Metadata v4 #1");
    let RequestBody::Metadata(asked) = view.body else { panic!("not what was written") };
    let names: Vec<_> = asked.topics.expect("not null").iter().map(|topic| topic.expect("checked").name).collect();
    assert_eq!(names, [Some(&b"abc"[..]), Some(b"d")]);
    let owned = Request::point(view, &frame).expect("inside").share(&frame);
    let RequestBody::Metadata(asked) = owned.body else { panic!("not what was written") };
    let topics = asked.topics.clone().expect("not null");
    let first = topics.iter_shared().next().expect("two").expect("checked");
    assert_eq!(first.name.expect("named").as_ptr(), frame[20..].as_ptr());

    // What was checked under one holder is not believed under another.
    let asked = MetadataRequest::<Span>::map(asked, &mut |_: Bytes| &b"\0\x01a\0"[..]);
    let walked: Vec<_> = asked.topics.expect("not null").iter().collect();
    assert_eq!((walked.len(), walked[0].is_ok(), walked[1].is_err()), (2, true, true));
}

#[test]
fn what_a_version_cannot_say_is_not_written() {
    let version = |number| Api::Metadata.version(number).expect("supported");
    let topic = |name| MetadataRequestTopic { topic_id: [0; 16], name, tags: Tags::none() };
    let asked = |topics| MetadataRequest {
        topics,
        allow_auto_topic_creation: true,
        include_cluster_authorized_operations: false,
        include_topic_authorized_operations: false,
        tags: Tags::none(),
    };
    let write = |number, topics| written(&mut Requests::new(MAX), Request::new(number, 1, asked(topics)));
    assert!(write(1, None).is_ok());
    assert_eq!(write(0, None).expect_err("no null"), Error::unsupported(&"topics", 0));
    type Topics<'a> = List<'a, MetadataRequestTopic<Span>>;
    assert!(Topics::of(version(10), [topic(None)]).is_ok());
    assert_eq!(Topics::of(version(9), [topic(None)]).expect_err("no null"), Error::unsupported(&"name", 0));
    let long = [b'a'; 40_000];
    let name = Some(Payload::Copy(&long[..]));
    assert_eq!(Topics::of(version(9), [topic(name)]).expect_err("too long").kind(), Kind::Overflow);
    // An array is of one version.
    let of_four = List::of(version(4), [topic(Some(Payload::Static(b"a")))]).expect("lawful");
    assert!(write(4, Some(of_four.clone())).is_ok());
    assert_eq!(write(5, Some(of_four)).expect_err("another version").kind(), Kind::Unsupported);
    assert!(write(5, Some(Array::none())).is_ok());
}

#[test]
fn a_client_knows_what_is_answered() {
    let (responses, mut calls) = client(MAX);
    let mut out = Gather::new();
    let beat = HeartbeatRequest {
        group_id: &b"g"[..],
        generation_id: 1,
        member_id: b"m",
        group_instance_id: None,
        tags: Tags::none(),
    };
    let silent =
        ProduceRequest { transactional_id: None, acks: 0, timeout_ms: 1, topics: Array::none(), tags: Tags::none() };
    calls.encode(Request::new(4, 1, beat), &mut out).expect("lawful");
    calls.encode(Request::<&[u8]>::new(9, 2, silent), &mut out).expect("lawful");
    calls.encode(Request::new(3, 3, beat), &mut out).expect("lawful");
    assert_eq!(calls.under_way(), 2, "one has no response");
    let answer = HeartbeatResponse::<&[u8]> {
        throttle_time_ms: 5,
        error_code: ErrorCode::REBALANCE_IN_PROGRESS,
        tags: Tags::none(),
    };
    let mut deframer = Deframer::new(responses);
    for (version, id) in [(4, 1), (3, 3)] {
        deframer.feed(&written(&mut Answers, Response::new(version, id, answer)).expect("lawful"));
        let lent = deframer.next().expect("lawful").expect("whole");
        assert_eq!(lent.view().expect("lawful"), Response::new(version, id, answer));
    }
    assert_eq!(calls.under_way(), 0);
    deframer.feed(&written(&mut Answers, Response::new(4, 4, answer)).expect("lawful"));
    assert_eq!(deframer.next().expect_err("not asked").field(), field::UNASKED);

    let (responses, mut calls) = client(MAX);
    calls.encode(Request::new(4, 1, beat), &mut out).expect("lawful");
    let mut deframer = Deframer::new(responses);
    deframer.feed(&written(&mut Answers, Response::new(4, 2, answer)).expect("lawful"));
    assert_eq!(deframer.next().expect_err("another one").field(), field::CORRELATION_ID);

    let (_responses, mut calls) = client(MAX);
    let full = (0..300).map_while(|id| calls.encode(Request::new(4, id, beat), &mut out).ok()).count();
    assert_eq!((full, calls.under_way()), (256, 256));
}

#[test]
fn errors_have_names() {
    assert_eq!(ErrorCode(35).to_string(), "UNSUPPORTED_VERSION");
    assert_eq!(alloc::format!("{:?}", ErrorCode(999)), "error 999");
    assert!(ErrorCode::UNKNOWN_SERVER_ERROR.is_error() && !ErrorCode::NONE.is_error());
}
