//! Produce: batches of records to be appended. InitProducerId: who numbers its batches.

use crate::kafka::ErrorCode;
use crate::kafka::wire::message;

message! {
    /// Produce: batches to be appended to partitions.
    ProduceRequest {
        /// The transaction they belong to.
        transactional_id: (null string) [3..];
        /// 0: no response is wanted. 1: when the leader has it. -1: when all replicas have it.
        acks: i16;
        /// How long the replicas may take, in milliseconds.
        timeout_ms: i32;
        /// To which topics.
        topics: [ProducedTopic];
    }

    /// What is for one topic.
    ProducedTopic {
        /// Its name.
        name: string;
        /// To which partitions.
        partitions: [ProducedPartition];
    }

    /// What is for one partition.
    ProducedPartition {
        /// Its number.
        index: i32;
        /// Record batches, to be appended as they stand: see [`records`](crate::kafka::records).
        records: (null bytes);
    }

    /// Produce: where the batches stand. Tag 0 tells where other nodes are, from version 10 on.
    ProduceResponse {
        /// For each topic.
        topics: [ProduceTopicResult];
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
    }

    /// For one topic.
    ProduceTopicResult {
        /// Its name.
        name: string;
        /// For each partition.
        partitions: [ProducePartitionResult];
    }

    /// For one partition. Tag 0 tells who leads it now, from version 10 on.
    ProducePartitionResult {
        /// Its number.
        index: i32;
        /// Whether its batches were appended.
        error_code: ErrorCode;
        /// The offset of the first record; -1 if there is none.
        base_offset: i64;
        /// The time that the records were given, if the topic has it so; else -1.
        log_append_time_ms: i64 [2..] = -1;
        /// The first offset of the log.
        log_start_offset: i64 [5..] = -1;
        /// Records that were refused.
        record_errors: [RefusedRecord] [8..];
        /// Why.
        error_message: (null string) [8..];
    }

    /// A record that was refused, and with it its batch.
    RefusedRecord {
        /// Which record of the batch.
        batch_index: i32;
        /// Why.
        batch_index_error_message: (null string);
    }

    /// InitProducerId: asks for a number, so that batches that are sent twice are known.
    InitProducerIdRequest {
        /// For transactions under that name.
        transactional_id: (null string);
        /// How long a transaction may last, in milliseconds.
        transaction_timeout_ms: i32;
        /// The number that the producer has had; -1 if none.
        producer_id: i64 [3..] = -1;
        /// And its epoch.
        producer_epoch: i16 [3..] = -1;
    }

    /// InitProducerId: the number.
    InitProducerIdResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32;
        /// Whether there is one.
        error_code: ErrorCode;
        /// The number.
        producer_id: i64;
        /// Its epoch.
        producer_epoch: i16;
    }
}
