//! Kafka's protocol.

use wireview::View;
use wireview::laws::{Laws, check_trace};
use wireview_codecs::kafka::{
    Api, Array, Entry, FetchedTopic, RequestBody, Requests, Response, ResponseBody, Responses,
};

/// What a client may send.
pub fn kafka_requests(bytes: &[u8]) {
    let codec = || Requests::new(1 << 16);
    let laws = Laws::all();
    let inspect = |request: View<'_, Requests>| {
        assert!(!request.to_string().is_empty());
        assert!(request.api().version(request.version).is_some());
        request.tags.iter().for_each(|tag| assert!(request.tags.get(tag.tag).is_some()));
        match request.body {
            RequestBody::Produce(request) => {
                request.topics.iter().for_each(|topic| walk(topic.expect("checked").partitions));
            }
            RequestBody::Fetch(request) => {
                request.topics.iter().for_each(|topic| walk(topic.expect("checked").partitions));
                request.forgotten_topics.iter().for_each(|topic| walk(topic.expect("checked").partitions));
            }
            RequestBody::JoinGroup(request) => walk(request.protocols),
            RequestBody::OffsetFetch(request) => walk(request.groups),
            RequestBody::CreateTopics(request) => walk(request.topics),
            _ => {}
        }
    };
    laws.verify_with(codec, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(codec, bytes);
    check_trace(codec, bytes);
}

/// What a server may answer: the first two bytes choose to what.
pub fn kafka_responses(bytes: &[u8]) {
    let Some((&[key, version], stream)) = bytes.split_first_chunk() else { return };
    let known = Api::from_key(key.into()).unwrap_or(Api::ALL[usize::from(key) % Api::ALL.len()]);
    let Ok(codec) = Responses::of(known, version.into(), 1 << 16) else { return };
    let codec = || codec.clone();
    let laws = Laws::all();
    let inspect = |response: View<'_, Responses>| {
        assert!(!response.to_string().is_empty());
        assert_eq!(response.api(), known);
        inspect(&response);
    };
    laws.verify_with(codec, stream, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(codec, stream);
    check_trace(codec, stream);
}

fn inspect(response: &Response<&[u8]>) {
    match response.body {
        ResponseBody::Fetch(response) => response.topics.iter().for_each(|topic| {
            let FetchedTopic { partitions, .. } = topic.expect("checked");
            walk(partitions);
            let aborted = |partition: wireview::Result<wireview_codecs::kafka::FetchedPartition<&[u8]>>| {
                partition.expect("checked").aborted_transactions.into_iter().for_each(walk);
            };
            partitions.iter().for_each(aborted);
        }),
        ResponseBody::Metadata(response) => {
            walk(response.brokers);
            response.topics.iter().for_each(|topic| walk(topic.expect("checked").partitions));
        }
        ResponseBody::Produce(response) => {
            response.topics.iter().for_each(|topic| walk(topic.expect("checked").partitions));
        }
        _ => {}
    }
}

/// What was checked when the message was read can be walked, and there is as much of it.
fn walk<E: Entry>(array: Array<&[u8], E>) {
    assert!(array.iter().all(|entry| entry.is_ok()), "entries were checked: {array:?}");
    assert_eq!(array.iter().count(), array.len());
}
