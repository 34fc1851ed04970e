//! ListOffsets, OffsetForLeaderEpoch.

use std::sync::Arc;

use wireview::{Payload, Result};
use wireview_codecs::kafka::{
    EpochEnd, EpochTopicResult, ErrorCode, List, ListOffsetsRequest, ListOffsetsResponse, ListedPartition, ListedTopic,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, Tags, Version,
};

use super::Broker;
use super::connection::{nothing, owned};
use super::partition::Partition;

/// Times that are none.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;

fn partition(broker: &Broker, topic: &[u8], index: i32) -> Option<Arc<Partition>> {
    broker.topics.lock().get(topic)?.partitions.get(usize::try_from(index).ok()?).cloned()
}

/// Offsets by time.
pub(super) fn list(
    broker: &Broker,
    asked: &ListOffsetsRequest<&[u8]>,
    version: Version,
) -> Result<ListOffsetsResponse<Payload<'static>>> {
    let mut topics = List::new(version);
    for topic in asked.topics.iter() {
        let topic = topic?;
        let mut partitions = List::new(version);
        for wanted in topic.partitions.iter() {
            let wanted = wanted?;
            let found = match partition(broker, topic.name, wanted.partition_index) {
                Some(partition) => at(&partition, wanted.timestamp),
                None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            };
            let (error_code, (offset, timestamp)) = match found {
                Ok(found) => (ErrorCode::NONE, found),
                Err(error) => (error, (-1, -1)),
            };
            partitions.push(ListedPartition {
                partition_index: wanted.partition_index,
                error_code,
                old_style_offsets: nothing(),
                timestamp,
                offset,
                leader_epoch: if offset >= 0 { 0 } else { -1 },
                tags: Tags::none(),
            })?;
        }
        topics.push(ListedTopic {
            name: owned(topic.name),
            partitions: partitions.into_array(),
            tags: Tags::none(),
        })?;
    }
    Ok(ListOffsetsResponse { throttle_time_ms: 0, topics: topics.into_array(), tags: Tags::none() })
}

/// An offset, and the timestamp of its record.
fn at(partition: &Partition, time: i64) -> std::result::Result<(i64, i64), ErrorCode> {
    let mut log = partition.log.lock();
    let found = match time {
        LATEST => return Ok((log.visible(), -1)),
        EARLIEST | EARLIEST_LOCAL => return Ok((log.start(), -1)),
        MAX_TIMESTAMP => log.latest(),
        0.. => log.at_time(time),
        _ => return Ok((-1, -1)),
    };
    let found = found.map_err(|error| {
        eprintln!("offsets: {error}");
        ErrorCode::KAFKA_STORAGE_ERROR
    })?;
    Ok(found.unwrap_or((-1, -1)))
}

/// There was never another leader: epoch 0 ends where the log does.
pub(super) fn epochs(
    broker: &Broker,
    asked: &OffsetForLeaderEpochRequest<&[u8]>,
    version: Version,
) -> Result<OffsetForLeaderEpochResponse<Payload<'static>>> {
    let mut topics = List::new(version);
    for topic in asked.topics.iter() {
        let topic = topic?;
        let mut partitions = List::new(version);
        for wanted in topic.partitions.iter() {
            let wanted = wanted?;
            let (error_code, leader_epoch, end_offset) = match partition(broker, topic.topic, wanted.partition) {
                None => (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1, -1),
                Some(_) if wanted.current_leader_epoch > 0 => (ErrorCode::UNKNOWN_LEADER_EPOCH, -1, -1),
                Some(partition) if wanted.leader_epoch == 0 => (ErrorCode::NONE, 0, partition.log.lock().visible()),
                Some(_) => (ErrorCode::NONE, -1, -1),
            };
            partitions.push(EpochEnd {
                error_code,
                partition: wanted.partition,
                leader_epoch,
                end_offset,
                tags: Tags::none(),
            })?;
        }
        topics.push(EpochTopicResult {
            topic: owned(topic.topic),
            partitions: partitions.into_array(),
            tags: Tags::none(),
        })?;
    }
    Ok(OffsetForLeaderEpochResponse { throttle_time_ms: 0, topics: topics.into_array(), tags: Tags::none() })
}
