//! Fetch: records of partitions, from given offsets on.

use crate::kafka::ErrorCode;
use crate::kafka::wire::message;

message! {
    /// Fetch: asks for records. Tag 0 is the cluster's id, tag 1 the state of a replica, from version 15 on.
    FetchRequest {
        /// The follower that asks; -1 for a consumer.
        replica_id: i32 [..=14] = -1;
        /// How long the answer may wait for `min_bytes`, in milliseconds.
        max_wait_ms: i32;
        /// How much there must be before it is answered earlier.
        min_bytes: i32;
        /// How much may be answered; a first batch that is longer comes nevertheless.
        max_bytes: i32 [3..] = i32::MAX;
        /// 0: all records. 1: committed ones.
        isolation_level: i8 [4..];
        /// The session, whose partitions need not be named again; 0 for none.
        session_id: i32 [7..];
        /// Counts the requests of the session; -1 for none.
        session_epoch: i32 [7..] = -1;
        /// Of which topics.
        topics: [FetchTopic];
        /// What is taken out of the session.
        forgotten_topics: [ForgottenTopic] [7..];
        /// Where the consumer is.
        rack_id: string [11..];
    }

    /// What is wanted of one topic.
    FetchTopic {
        /// Its name.
        topic: string [..=12];
        /// Its id.
        topic_id: uuid [13..];
        /// Of which partitions.
        partitions: [FetchPartition];
    }

    /// What is wanted of one partition. Tag 0 is the directory of a follower, from version 17 on.
    FetchPartition {
        /// Its number.
        partition: i32;
        /// The epoch of the leader that the consumer knows of; -1 if none.
        current_leader_epoch: i32 [9..] = -1;
        /// From which offset on.
        fetch_offset: i64;
        /// The epoch of the last record that was fetched; -1 if none.
        last_fetched_epoch: i32 [12..] = -1;
        /// The first offset that a follower has; -1 for consumers.
        log_start_offset: i64 [5..] = -1;
        /// How much may be answered of it.
        partition_max_bytes: i32;
    }

    /// Partitions that are taken out of a session.
    ForgottenTopic {
        /// The topic's name.
        topic: string [..=12];
        /// Its id.
        topic_id: uuid [13..];
        /// Which ones.
        partitions: [i32];
    }

    /// Fetch: the records. Tag 0 tells where other nodes are, from version 16 on.
    FetchResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
        /// Whether it was answered at all.
        error_code: ErrorCode [7..];
        /// The session; 0 for none.
        session_id: i32 [7..];
        /// For each topic.
        topics: [FetchedTopic];
    }

    /// What there is of one topic.
    FetchedTopic {
        /// Its name.
        topic: string [..=12];
        /// Its id.
        topic_id: uuid [13..];
        /// For each partition.
        partitions: [FetchedPartition];
    }

    /// What there is of one partition. Tag 0 tells where logs diverge, tag 1 who leads, tag 2 of a snapshot.
    FetchedPartition {
        /// Its number.
        partition: i32;
        /// Whether it could be read.
        error_code: ErrorCode;
        /// The offset behind the last record that consumers are given.
        high_watermark: i64;
        /// The offset behind the last record that is not in an open transaction.
        last_stable_offset: i64 [4..] = -1;
        /// The first offset of the log.
        log_start_offset: i64 [5..] = -1;
        /// Transactions whose records are to be dropped.
        aborted_transactions: (null [AbortedTransaction]) [4..];
        /// A replica that is nearer; -1 for none.
        preferred_read_replica: i32 [11..] = -1;
        /// Record batches as they stand in the log, the last of which may be cut short: see
        /// [`records`](crate::kafka::records).
        records: (null bytes);
    }

    /// A transaction that was aborted.
    AbortedTransaction {
        /// Whose it was.
        producer_id: i64;
        /// The offset of its first record.
        first_offset: i64;
    }
}
