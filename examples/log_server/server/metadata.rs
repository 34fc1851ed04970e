//! ApiVersions, Metadata, FindCoordinator: what this node is.

use std::sync::Arc;

use wireview::{Payload, Result};
use wireview_codecs::kafka::{
    Api, ApiVersion, ApiVersionsResponse, Coordinator, ErrorCode, FindCoordinatorRequest, FindCoordinatorResponse,
    Int32, List, MetadataBroker, MetadataPartition, MetadataRequest, MetadataResponse, MetadataTopic, Tags, Version,
};

use super::Broker;
use super::connection::{nothing, owned};
use super::topics::Topic;

/// The only node.
const NODE: i32 = 1;

/// What is served, and in which versions. Fetch before version 4 would want records in a format that is not kept; ListOffsets of
/// version 0 another kind of answer.
const SERVED: &[(Api, i16, i16)] = &[
    (Api::Produce, 0, 11),
    (Api::Fetch, 4, 17),
    (Api::ListOffsets, 1, 10),
    (Api::Metadata, 0, 12),
    (Api::FindCoordinator, 0, 6),
    (Api::ApiVersions, 0, 4),
    (Api::CreateTopics, 0, 7),
    (Api::DeleteTopics, 0, 6),
    (Api::InitProducerId, 0, 5),
    (Api::OffsetForLeaderEpoch, 0, 4),
];

/// Whether that version is served.
pub(super) fn is_served(api: Api, version: i16) -> bool {
    SERVED.iter().any(|&(served, first, last)| served == api && (first..=last).contains(&version))
}

/// What is served.
pub(super) fn versions(error_code: ErrorCode, version: i16) -> Result<ApiVersionsResponse<Payload<'static>>> {
    let version = Api::ApiVersions.version(version).unwrap_or_default();
    let served = SERVED.iter().map(|&(api, min_version, max_version)| ApiVersion {
        api_key: api.key(),
        min_version,
        max_version,
        tags: Tags::none(),
    });
    Ok(ApiVersionsResponse {
        error_code,
        api_keys: List::of(version, served)?,
        throttle_time_ms: 0,
        tags: Tags::none(),
    })
}

/// Topics, and that all of them are here. Those that are not there are made, if that is wanted.
pub(super) fn metadata(
    broker: &Broker,
    asked: &MetadataRequest<&[u8]>,
    version: Version,
) -> Result<MetadataResponse<Payload<'static>>> {
    let mut topics = List::new(version);
    match asked.topics {
        Some(wanted) if version.number() > 0 || !wanted.is_empty() => {
            let create = broker.settings.auto_create && asked.allow_auto_topic_creation;
            for wanted in wanted.iter() {
                let wanted = wanted?;
                let found = match wanted.name {
                    Some(name) => named(broker, name, create),
                    None => broker.topics.lock().get_by_id(&wanted.topic_id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID),
                };
                topics.push(match found {
                    Ok(topic) => told(&topic, version)?,
                    Err(error_code) => MetadataTopic {
                        error_code,
                        name: wanted.name.map(owned),
                        topic_id: wanted.topic_id,
                        is_internal: false,
                        partitions: nothing(),
                        topic_authorized_operations: i32::MIN,
                        tags: Tags::none(),
                    },
                })?;
            }
        }
        _ => {
            let all = broker.topics.lock().all();
            all.iter().try_for_each(|topic| topics.push(told(topic, version)?))?;
        }
    }
    let (host, port) = &broker.settings.advertised;
    let node = MetadataBroker {
        node_id: NODE,
        host: owned(host.as_bytes()),
        port: (*port).into(),
        rack: None,
        tags: Tags::none(),
    };
    Ok(MetadataResponse {
        throttle_time_ms: 0,
        brokers: List::of(version, [node])?,
        cluster_id: Some(Payload::Static(b"wireview")),
        controller_id: NODE,
        topics: topics.into_array(),
        cluster_authorized_operations: i32::MIN,
        tags: Tags::none(),
    })
}

fn named(broker: &Broker, name: &[u8], create: bool) -> std::result::Result<Arc<Topic>, ErrorCode> {
    let mut topics = broker.topics.lock();
    match topics.get(name) {
        Some(topic) => Ok(topic),
        None if create => topics.create(name, broker.settings.partitions, &broker.settings.config),
        None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
    }
}

fn told(topic: &Topic, version: Version) -> Result<MetadataTopic<Payload<'static>>> {
    let mut partitions = List::new(version);
    for index in 0..topic.partitions.len() as i32 {
        partitions.push(MetadataPartition {
            error_code: ErrorCode::NONE,
            partition_index: index,
            leader_id: NODE,
            leader_epoch: 0,
            replica_nodes: List::of(version, [Int32(NODE)])?,
            isr_nodes: List::of(version, [Int32(NODE)])?,
            offline_replicas: nothing(),
            tags: Tags::none(),
        })?;
    }
    Ok(MetadataTopic {
        error_code: ErrorCode::NONE,
        name: Some(owned(topic.name.as_bytes())),
        topic_id: topic.id,
        is_internal: false,
        partitions: partitions.into_array(),
        topic_authorized_operations: i32::MIN,
        tags: Tags::none(),
    })
}

/// Who looks after groups and transactions: nobody, there are none. Clients ask whether or not they have a group.
pub(super) fn coordinator(
    _: &Broker,
    asked: &FindCoordinatorRequest<&[u8]>,
    version: Version,
) -> Result<FindCoordinatorResponse<Payload<'static>>> {
    let error_code = ErrorCode::COORDINATOR_NOT_AVAILABLE;
    let mut coordinators = List::new(version);
    for key in asked.coordinator_keys.iter() {
        coordinators.push(Coordinator {
            key: owned(key?.0),
            node_id: -1,
            host: Payload::Static(b""),
            port: -1,
            error_code,
            error_message: None,
            tags: Tags::none(),
        })?;
    }
    Ok(FindCoordinatorResponse {
        throttle_time_ms: 0,
        error_code,
        error_message: None,
        node_id: -1,
        host: Payload::Static(b""),
        port: -1,
        coordinators: coordinators.into_array(),
        tags: Tags::none(),
    })
}
