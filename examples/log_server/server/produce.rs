//! Produce: appended at once, answered when it is where it has to be. InitProducerId.

use std::collections::VecDeque;
use std::sync::Arc;

use wireview::{Fault, Payload};
use wireview_codecs::kafka::records::{BatchHeader, Compression};
use wireview_codecs::kafka::{
    Api, ErrorCode, InitProducerIdRequest, InitProducerIdResponse, List, ProducePartitionResult, ProduceRequest,
    ProduceResponse, ProduceTopicResult, ProducedPartition, Response, Tags, Version,
};

use super::Broker;
use super::connection::{Conn, End, nothing, owned};
use super::log::Appended;
use super::partition::Partition;

/// The response to a Produce that is not given yet.
#[derive(Debug)]
pub(super) struct Pending {
    version: Version,
    correlation_id: i32,
    topics: Vec<(Vec<u8>, Vec<Outcome>)>,
}

/// What became of one batch.
#[derive(Debug)]
struct Outcome {
    index: i32,
    appended: Result<(Arc<Partition>, Appended), ErrorCode>,
}

/// Appends what a client has sent. No response is due to one that wants none.
pub(super) fn produce(
    broker: &Arc<Broker>,
    request: &ProduceRequest<&[u8]>,
    version: i16,
    correlation_id: i32,
) -> Result<Option<Pending>, End> {
    let version = Api::Produce.version(version).ok_or(End::Refused)?;
    let refused = match request.acks {
        -1..=1 if request.transactional_id.is_some() => Some(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        -1..=1 => None,
        _ => Some(ErrorCode::INVALID_REQUIRED_ACKS),
    };
    let mut topics = Vec::new();
    for produced in request.topics.iter() {
        let produced = produced?;
        let topic = broker.topics.lock().get(produced.name);
        let mut outcomes = Vec::new();
        for part in produced.partitions.iter() {
            let part = part?;
            let partition = topic.as_ref().and_then(|topic| topic.partitions.get(usize::try_from(part.index).ok()?));
            let appended = match (refused, partition) {
                (Some(error), _) => Err(error),
                (None, None) => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
                (None, Some(partition)) => append(broker, partition, &part, version),
            };
            outcomes.push(Outcome { index: part.index, appended });
        }
        topics.push((produced.name.to_vec(), outcomes));
    }
    if request.acks == 0 {
        // There is no other way to tell.
        let failed = topics.iter().flat_map(|(_, outcomes)| outcomes).any(|outcome| outcome.appended.is_err());
        return if failed { Err(End::Refused) } else { Ok(None) };
    }
    Ok(Some(Pending { version, correlation_id, topics }))
}

fn append(
    broker: &Arc<Broker>,
    partition: &Arc<Partition>,
    part: &ProducedPartition<&[u8]>,
    version: Version,
) -> Result<(Arc<Partition>, Appended), ErrorCode> {
    let records = part.records.unwrap_or(&[]);
    if records.is_empty() {
        return Err(ErrorCode::INVALID_RECORD);
    }
    let zstd =
        BatchHeader::read(records).is_ok_and(|header| header.attributes().compression() == Ok(Compression::Zstd));
    if zstd && version.number() < 7 {
        return Err(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
    }
    let appended = partition.append(broker, records);
    let tally = &mut broker.tally.lock();
    match appended {
        Ok(appended) => {
            if appended.duplicate {
                tally.duplicates += 1;
            } else {
                tally.batches += 1;
                tally.appended += records.len() as u64;
            }
            Ok((partition.clone(), appended))
        }
        Err(error) => {
            tally.rejected += 1;
            Err(error)
        }
    }
}

impl Pending {
    /// Waits until all of it is where it has to be.
    async fn ready(&self) {
        for outcome in self.topics.iter().flat_map(|(_, outcomes)| outcomes) {
            if let Ok((partition, appended)) = &outcome.appended {
                // If the disk fails, the response says so.
                let _ = partition.reach(appended.end).await;
            }
        }
    }

    fn into_response(self) -> wireview::Result<Response<Payload<'static>>> {
        let version = self.version;
        let mut topics = List::new(version);
        for (name, outcomes) in self.topics {
            let partitions = List::of(version, outcomes.into_iter().map(Outcome::into_result))?;
            topics.push(ProduceTopicResult { name: owned(&name), partitions, tags: Tags::none() })?;
        }
        let body = ProduceResponse { topics: topics.into_array(), throttle_time_ms: 0, tags: Tags::none() };
        Ok(Response::new(version.number(), self.correlation_id, body))
    }
}

impl Outcome {
    fn into_result(self) -> ProducePartitionResult<Payload<'static>> {
        let mut result = ProducePartitionResult {
            index: self.index,
            error_code: ErrorCode::NONE,
            base_offset: -1,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: nothing(),
            error_message: None,
            tags: Tags::none(),
        };
        match self.appended {
            Ok((partition, appended)) => {
                let log = partition.log.lock();
                if log.has_failed() {
                    result.error_code = ErrorCode::KAFKA_STORAGE_ERROR;
                } else {
                    result.base_offset = appended.base_offset;
                    result.log_append_time_ms = appended.append_time.unwrap_or(-1);
                    result.log_start_offset = log.start();
                }
            }
            Err(error) => result.error_code = error,
        }
        result
    }
}

/// What waits for the disk, in the order of the responses.
#[derive(Debug, Default)]
pub(super) struct Produced {
    pending: VecDeque<Pending>,
}

impl Produced {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn push(&mut self, pending: Pending) {
        self.pending.push_back(pending);
    }

    /// Waits until the first can be answered.
    pub(super) async fn ready(&self) {
        if let Some(first) = self.pending.front() {
            first.ready().await;
        }
    }

    /// Answers the first.
    pub(super) fn answer(
        &mut self,
        out: &mut wireview::Outbox<'_, wireview_codecs::kafka::Answers>,
    ) -> wireview::Result<()> {
        match self.pending.pop_front() {
            Some(pending) => out.send(pending.into_response()?),
            None => Ok(()),
        }
    }

    /// Waits for all of them, and answers them.
    pub(super) async fn settle(&mut self, conn: &mut Conn) -> Result<(), End> {
        while !self.is_empty() {
            self.ready().await;
            self.answer(&mut conn.out()).map_err(Fault::from)?;
        }
        Ok(())
    }
}

/// A number for a producer. There are no transactions here.
pub(super) fn producer_id(
    broker: &Broker,
    asked: &InitProducerIdRequest<&[u8]>,
) -> InitProducerIdResponse<Payload<'static>> {
    let given = if asked.transactional_id.is_some() {
        Err(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    } else if asked.producer_id >= 0 && (0..i16::MAX - 1).contains(&asked.producer_epoch) {
        // It goes on with the number that it has, in a new epoch.
        Ok((asked.producer_id, asked.producer_epoch + 1))
    } else {
        broker.producer_ids.lock().give().map(|id| (id, 0)).map_err(|error| {
            eprintln!("producer ids: {error}");
            ErrorCode::KAFKA_STORAGE_ERROR
        })
    };
    let (error_code, (producer_id, producer_epoch)) = match given {
        Ok(given) => (ErrorCode::NONE, given),
        Err(error) => (error, (-1, -1)),
    };
    InitProducerIdResponse { throttle_time_ms: 0, error_code, producer_id, producer_epoch, tags: Tags::none() }
}
