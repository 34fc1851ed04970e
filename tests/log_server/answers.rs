//! What each request is answered with.

use wireview::Payload;
use wireview_codecs::kafka::records::{Builder, Compression, TimestampType, batches};
use wireview_codecs::kafka::{
    Api, ApiVersionsRequest, Array, CreatableConfig, CreatableTopic, CreateTopicsRequest, DeletableTopic,
    DeleteTopicsRequest, EpochPartition, EpochTopic, ErrorCode, InitProducerIdRequest, List,
    OffsetForLeaderEpochRequest, ResponseBody, Tags,
};

use crate::client::{Client, Produced, batch, one};
use crate::server::{Fsync, Settings};
use crate::support::{Server, noise};

#[test]
fn versions_are_told_in_every_version() {
    let server = Server::start();
    let mut client = server.connect();
    for version in 0..=4 {
        let asked = ApiVersionsRequest {
            client_software_name: Payload::Static(b"test"),
            client_software_version: Payload::Static(b"1"),
            tags: Tags::none(),
        };
        let ResponseBody::ApiVersions(told) = client.ask(version, asked) else { panic!("not what was asked") };
        assert_eq!(told.error_code, ErrorCode::NONE);
        let fetch = told.api_keys.iter().find_map(|api| api.ok().filter(|api| api.api_key == 1)).expect("served");
        assert_eq!((fetch.min_version, fetch.max_version), (4, 17));
    }
}

#[test]
fn produced_batches_come_back_as_they_were_in_every_version() {
    let server = Server::start();
    let mut client = server.connect();
    let (id, partitions) = client.topic("t").expect("made");
    assert_eq!(partitions, 1);
    for offset in 0..=11 {
        let version = offset as i16;
        client.produce = version;
        let value = noise(offset as u64, 100);
        let told = client.produce("t", 0, &one(&value));
        assert_eq!(told, Produced { error: ErrorCode::NONE, offset, append_time: -1 }, "version {version}");
    }
    for version in 4..=17 {
        client.fetch = version;
        let wanted = client.wanted_by("t", id, 0, 3);
        let fetched = client.fetch_as(wanted);
        assert_eq!((fetched.error, fetched.visible), (ErrorCode::NONE, 12), "version {version}");
        let values: Vec<_> = batches(&fetched.records)
            .map(|batch| batch.expect("whole").records().expect("plain").next().expect("one").expect("whole").value)
            .map(|value| value.expect("not null").to_vec())
            .collect();
        assert_eq!(values.len(), 9);
        assert!(values.iter().zip(3..).all(|(value, seed)| *value == noise(seed, 100)));
    }
}

#[test]
fn fetched_records_leave_the_file_by_sendfile() {
    let server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    for at in 0..50 {
        client.produce("t", 0, &one(&noise(at, 20_000)));
    }
    let taken = client.take_all("t", 0, 0);
    assert!(taken.iter().zip(0..).all(|(taken, seed)| taken.value.as_deref() == Some(&noise(seed, 20_000)[..])));
    drop(client);
    // Booked when the connection is closed.
    while server.metric("connections_open") > 0 {}
    assert!(server.metric("sent_bytes_total{path=\"sendfile\"}") > 1_000_000);
    assert!(server.metric("sent_bytes_total{path=\"copied\"}") < 50_000);
    assert_eq!(server.metric("sent_bytes_total{path=\"shared\"}"), 0);
    assert_eq!(server.metric("batches_total{result=\"appended\"}"), 50);
}

#[test]
fn the_other_ways_send_the_same() {
    use crate::server::Way;
    for way in [Way::Mapped, Way::Write, Way::Read] {
        let server = Server::with(Settings { way, ..Settings::default() });
        let mut client = server.connect();
        client.topic("t").expect("made");
        for at in 0..30 {
            client.produce("t", 0, &one(&noise(at, 20_000)));
        }
        let taken = client.take_all("t", 0, 0);
        assert!(taken.iter().zip(0..).all(|(taken, seed)| taken.value.as_deref() == Some(&noise(seed, 20_000)[..])));
        drop(client);
        while server.metric("connections_open") > 0 {}
        assert!(server.metric("sent_bytes_total{path=\"shared\"}") > 500_000, "{way:?}");
        assert_eq!(server.metric("sent_bytes_total{path=\"sendfile\"}"), 0, "{way:?}");
    }
}

#[test]
fn a_fetch_waits_for_what_comes() {
    let server = Server::start();
    let (mut reader, mut writer) = (server.connect(), server.connect());
    reader.topic("t").expect("made");
    let mut wanted = reader.wanted("t", 0, 0);
    (wanted.max_wait_ms, wanted.min_bytes) = (60_000, 200);
    reader.send(12, wanted.clone()).expect("sent");
    // Too little, and then enough.
    writer.produce("t", 0, &one(b"a"));
    writer.produce("t", 0, &one(&noise(1, 300)));
    let fetched = reader.fetched();
    assert_eq!((fetched.visible, batches(&fetched.records).count()), (2, 2));
    // Nothing comes, and it is over.
    let mut wanted = reader.wanted("t", 0, 2);
    wanted.max_wait_ms = 20;
    let fetched = reader.fetch_as(wanted);
    assert_eq!((fetched.error, fetched.visible, fetched.records.len()), (ErrorCode::NONE, 2, 0));
    // An error is told at once.
    let mut wanted = reader.wanted("t", 0, 9);
    wanted.max_wait_ms = 60_000;
    assert_eq!(reader.fetch_as(wanted).error, ErrorCode::OFFSET_OUT_OF_RANGE);
}

#[test]
fn answers_in_front_of_a_fetch_do_not_wait_with_it() {
    let server = Server::start();
    let (mut client, mut other) = (server.connect(), server.connect());
    client.topic("t").expect("made");
    client.send_batch("t", 0, &one(b"a"), -1).expect("sent");
    let mut wanted = client.wanted("t", 0, 1);
    wanted.max_wait_ms = 60_000;
    client.send(12, wanted).expect("sent");
    assert_eq!(client.batch_told().expect("an answer").offset, 0);
    other.produce("t", 0, &one(b"b"));
    assert_eq!(client.fetched().visible, 2);
}

#[test]
fn a_fetch_holds_to_its_limits_at_batches() {
    let server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    let size = one(&noise(0, 5000)).len();
    for at in 0..20 {
        client.produce("t", 0, &one(&noise(at, 5000)));
    }
    let mut fetch = |max_bytes, offset| {
        let wanted = client.wanted("t", 0, offset);
        client.fetch_as(wireview_codecs::kafka::FetchRequest { max_bytes, ..wanted }).records.len()
    };
    // The first batch comes however little is wanted, and no batch comes in part.
    assert_eq!(fetch(1, 0), size);
    assert_eq!(fetch(1, 7), size);
    assert_eq!(fetch(3 * size as i32, 7), 3 * size);
    assert_eq!(fetch(4 * size as i32 - 1, 7), 3 * size);
    assert_eq!(fetch(i32::MAX, 7), 13 * size);
}

#[test]
fn offsets_are_found_by_time() {
    let server = Server::with(Settings { fsync: Fsync::None, ..Settings::default() });
    let mut client = server.connect();
    client.topic("t").expect("made");
    assert_eq!(client.offset_at("t", 0, -3), (ErrorCode::NONE, -1, -1), "nothing yet");
    for at in 0..200 {
        // Ten records of a millisecond each, a second apart; some compressed.
        let compression = Compression::ALL[at as usize % 5];
        let values: Vec<Vec<u8>> = (0..10).map(|more| noise(at * 10 + more, 200)).collect();
        let values: Vec<&[u8]> = values.iter().map(|value| &value[..]).collect();
        let mut builder = Builder::new().compression(compression);
        client.produce("t", 0, &batch(&mut builder, 1_000_000 + 1000 * at as i64, &values));
    }
    for (time, offset, found) in [
        (0, 0, 1_000_000),
        (1_000_000, 0, 1_000_000),
        (1_000_001, 1, 1_000_001),
        (1_000_010, 10, 1_001_000),
        (1_077_003, 773, 1_077_003),
        (1_199_009, 1999, 1_199_009),
    ] {
        assert_eq!(client.offset_at("t", 0, time), (ErrorCode::NONE, offset, found), "{time}");
    }
    assert_eq!(client.offset_at("t", 0, 1_199_010), (ErrorCode::NONE, -1, -1));
    assert_eq!(client.offset_at("t", 0, -1), (ErrorCode::NONE, 2000, -1));
    assert_eq!(client.offset_at("t", 0, -2), (ErrorCode::NONE, 0, -1));
    assert_eq!(client.offset_at("t", 0, -3), (ErrorCode::NONE, 1999, 1_199_009));
    assert_eq!(client.offset_at("t", 1, -1).0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(client.offset_at("u", 0, -1).0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

/// Makes a topic with settings.
fn create(client: &mut Client, name: &str, partitions: i32, configs: &[(&str, &str)]) -> ErrorCode {
    let version = Api::CreateTopics.version(7).expect("supported");
    let configs = configs.iter().map(|(name, value)| CreatableConfig {
        name: Payload::Copy(name.as_bytes()),
        value: Some(Payload::Copy(value.as_bytes())),
        tags: Tags::none(),
    });
    let topic = CreatableTopic {
        name: Payload::Copy(name.as_bytes()),
        num_partitions: partitions,
        replication_factor: -1,
        assignments: Array::none(),
        configs: List::of(version, configs).expect("lawful"),
        tags: Tags::none(),
    };
    let request = CreateTopicsRequest {
        topics: List::of(version, [topic]).expect("lawful"),
        timeout_ms: 1000,
        validate_only: false,
        tags: Tags::none(),
    };
    let ResponseBody::CreateTopics(told) = client.ask(7, request) else { panic!("not what was asked") };
    told.topics.iter().next().expect("one").expect("checked").error_code
}

#[test]
fn topics_come_and_go() {
    let server = Server::with(Settings { auto_create: false, ..Settings::default() });
    let mut client = server.connect();
    assert_eq!(client.topic("t"), Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    assert_eq!(create(&mut client, "t", 3, &[]), ErrorCode::NONE);
    assert_eq!(create(&mut client, "t", 3, &[]), ErrorCode::TOPIC_ALREADY_EXISTS);
    for name in ["", ".", "..", "a/b", "a\0", ".hidden", &"a".repeat(250)] {
        assert_eq!(create(&mut client, name, 1, &[]), ErrorCode::INVALID_TOPIC_EXCEPTION, "{name}");
    }
    assert_eq!(create(&mut client, "u", 0, &[]), ErrorCode::INVALID_PARTITIONS);
    assert_eq!(create(&mut client, "u", 1, &[("cleanup.policy", "compact")]), ErrorCode::INVALID_CONFIG);
    assert_eq!(create(&mut client, "u", 1, &[("retention.ms", "x")]), ErrorCode::INVALID_CONFIG);
    let (id, partitions) = client.topic("t").expect("made");
    assert_eq!(partitions, 3);
    assert_eq!(client.produce("t", 2, &one(b"a")).error, ErrorCode::NONE);
    assert_eq!(client.produce("t", 3, &one(b"a")).error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);

    // By its id, and then there is none.
    for expected in [ErrorCode::NONE, ErrorCode::UNKNOWN_TOPIC_ID] {
        let version = Api::DeleteTopics.version(6).expect("supported");
        let topic = DeletableTopic { name: None, topic_id: id, tags: Tags::none() };
        let request = DeleteTopicsRequest {
            topics: List::of(version, [topic]).expect("lawful"),
            topic_names: Array::none(),
            timeout_ms: 1000,
            tags: Tags::none(),
        };
        let ResponseBody::DeleteTopics(told) = client.ask(6, request) else { panic!("not what was asked") };
        assert_eq!(told.topics.iter().next().expect("one").expect("checked").error_code, expected);
    }
    assert_eq!(client.topic("t"), Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    assert!(!server.dir().join("t").exists());
}

#[test]
fn the_time_of_appending_is_set_if_the_topic_asks_for_it() {
    let server = Server::start();
    let mut client = server.connect();
    assert_eq!(create(&mut client, "t", 1, &[("message.timestamp.type", "LogAppendTime")]), ErrorCode::NONE);
    let told = client.produce("t", 0, &batch(&mut Builder::new(), 5, &[b"a", b"b"]));
    assert!(told.append_time > 1_700_000_000_000);
    let fetched = client.fetch("t", 0, 0);
    let batch = batches(&fetched.records).next().expect("one").expect("the checksum fits");
    assert_eq!(batch.attributes.timestamp_type(), TimestampType::LogAppend);
    let taken = client.take_all("t", 0, 0);
    assert!(taken.iter().all(|taken| taken.timestamp == told.append_time));
}

fn producer_id(client: &mut Client, transaction: Option<&'static str>, id: i64, epoch: i16) -> (ErrorCode, i64, i16) {
    let request = InitProducerIdRequest {
        transactional_id: transaction.map(|name| Payload::Static(name.as_bytes())),
        transaction_timeout_ms: 1000,
        producer_id: id,
        producer_epoch: epoch,
        tags: Tags::none(),
    };
    let ResponseBody::InitProducerId(told) = client.ask(4, request) else { panic!("not what was asked") };
    (told.error_code, told.producer_id, told.producer_epoch)
}

#[test]
fn what_an_idempotent_producer_sends_twice_is_there_once() {
    let mut server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    let (error, id, epoch) = producer_id(&mut client, None, -1, -1);
    assert_eq!((error, epoch), (ErrorCode::NONE, 0));
    let (_, other, _) = producer_id(&mut client, None, -1, -1);
    assert_ne!(id, other);
    assert_eq!(producer_id(&mut client, Some("x"), -1, -1).0, ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    let numbered = |epoch, sequence, value| batch(&mut Builder::new().producer(id, epoch, sequence), 0, &[value, b"z"]);
    let at = |offset| Produced { error: ErrorCode::NONE, offset, append_time: -1 };
    for round in 0..2 {
        // The second time the server is another, which knows it from its log.
        assert_eq!(client.produce("t", 0, &numbered(0, 0, b"a")), at(0), "round {round}");
        assert_eq!(client.produce("t", 0, &numbered(0, 2, b"b")), at(2), "round {round}");
        assert_eq!(client.produce("t", 0, &numbered(0, 0, b"a")), at(0), "round {round}");
        let gap = client.produce("t", 0, &numbered(0, 8, b"c"));
        assert_eq!(gap.error, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        drop(client);
        server = Server::over(server.stop(), Settings::default());
        client = server.connect();
    }
    assert_eq!(client.take_all("t", 0, 0).len(), 4);
    assert_eq!(producer_id(&mut client, None, id, 0), (ErrorCode::NONE, id, 1));
    assert_eq!(client.produce("t", 0, &numbered(1, 0, b"d")), at(4));
    assert_eq!(client.produce("t", 0, &numbered(0, 4, b"e")).error, ErrorCode::INVALID_PRODUCER_EPOCH);
    let (_, third, _) = producer_id(&mut client, None, -1, -1);
    assert!(third > other, "no number is given twice");
}

#[test]
fn an_epoch_ends_where_the_log_does() {
    let server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    client.produce("t", 0, &one(b"a"));
    let mut ask = |current_leader_epoch, leader_epoch| {
        let version = Api::OffsetForLeaderEpoch.version(4).expect("supported");
        let wanted = EpochPartition { partition: 0, current_leader_epoch, leader_epoch, tags: Tags::none() };
        let partitions = List::of(version, [wanted]).expect("lawful");
        let topic = EpochTopic { topic: Payload::Static(b"t"), partitions, tags: Tags::none() };
        let topics = List::of(version, [topic]).expect("lawful");
        let request = OffsetForLeaderEpochRequest { replica_id: -1, topics, tags: Tags::none() };
        let ResponseBody::OffsetForLeaderEpoch(told) = client.ask(4, request) else { panic!("not what was asked") };
        let topic = told.topics.iter_shared().next().expect("one").expect("checked");
        let end = topic.partitions.iter().next().expect("one").expect("checked");
        (end.error_code, end.end_offset)
    };
    assert_eq!(ask(0, 0), (ErrorCode::NONE, 1));
    assert_eq!(ask(-1, 3), (ErrorCode::NONE, -1));
    assert_eq!(ask(3, 0).0, ErrorCode::UNKNOWN_LEADER_EPOCH);
}
