//! ListOffsets: offsets by time. OffsetForLeaderEpoch: where an epoch ends. OffsetCommit, OffsetFetch: how far a group has come.

use crate::kafka::ErrorCode;
use crate::kafka::wire::message;

message! {
    /// ListOffsets: asks for offsets by time.
    ListOffsetsRequest {
        /// The follower that asks; -1 for a consumer.
        replica_id: i32;
        /// 0: all records. 1: committed ones.
        isolation_level: i8 [2..];
        /// Of which topics.
        topics: [ListOffsetsTopic];
        /// How long it may take, in milliseconds.
        timeout_ms: i32 [10..];
    }

    /// Of one topic.
    ListOffsetsTopic {
        /// Its name.
        name: string;
        /// Of which partitions.
        partitions: [ListOffsetsPartition];
    }

    /// Of one partition.
    ListOffsetsPartition {
        /// Its number.
        partition_index: i32;
        /// The epoch of the leader that the consumer knows of; -1 if none.
        current_leader_epoch: i32 [4..] = -1;
        /// The first record not older than this, in milliseconds since 1970; -1 for the end, -2 for the beginning, -3 for the
        /// record with the latest time.
        timestamp: i64;
        /// How many offsets at most.
        max_num_offsets: i32 [..=0] = 1;
    }

    /// ListOffsets: the offsets.
    ListOffsetsResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [2..];
        /// For each topic.
        topics: [ListedTopic];
    }

    /// For one topic.
    ListedTopic {
        /// Its name.
        name: string;
        /// For each partition.
        partitions: [ListedPartition];
    }

    /// For one partition.
    ListedPartition {
        /// Its number.
        partition_index: i32;
        /// Whether it could be looked up.
        error_code: ErrorCode;
        /// Offsets, in version 0.
        old_style_offsets: [i64] [..=0];
        /// The time of the record; -1 if there is none.
        timestamp: i64 [1..] = -1;
        /// The offset; -1 if there is none.
        offset: i64 [1..] = -1;
        /// The epoch it is of.
        leader_epoch: i32 [4..] = -1;
    }

    /// OffsetForLeaderEpoch: asks where an epoch ended.
    OffsetForLeaderEpochRequest {
        /// The follower that asks; -1 for a consumer.
        replica_id: i32 [3..] = -2;
        /// Of which topics.
        topics: [EpochTopic];
    }

    /// Of one topic.
    EpochTopic {
        /// Its name.
        topic: string;
        /// Of which partitions.
        partitions: [EpochPartition];
    }

    /// Of one partition.
    EpochPartition {
        /// Its number.
        partition: i32;
        /// The epoch of the leader that the consumer knows of; -1 if none.
        current_leader_epoch: i32 [2..] = -1;
        /// The epoch whose end is wanted.
        leader_epoch: i32;
    }

    /// OffsetForLeaderEpoch: where it ended.
    OffsetForLeaderEpochResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [2..];
        /// For each topic.
        topics: [EpochTopicResult];
    }

    /// For one topic.
    EpochTopicResult {
        /// Its name.
        topic: string;
        /// For each partition.
        partitions: [EpochEnd];
    }

    /// For one partition.
    EpochEnd {
        /// Whether it could be looked up.
        error_code: ErrorCode;
        /// Its number.
        partition: i32;
        /// The epoch.
        leader_epoch: i32 [1..] = -1;
        /// The offset behind its last record.
        end_offset: i64;
    }

    /// OffsetCommit: how far a group has come.
    OffsetCommitRequest {
        /// The group.
        group_id: string;
        /// Its generation; -1 if it has no members.
        generation_id: i32 [1..] = -1;
        /// Who commits.
        member_id: string [1..];
        /// A name that it keeps over restarts.
        group_instance_id: (null string) [7..];
        /// How long to keep the offsets, in milliseconds; -1 as the server has it.
        retention_time_ms: i64 [2..=4] = -1;
        /// In which topics.
        topics: [CommitTopic];
    }

    /// In one topic.
    CommitTopic {
        /// Its name.
        name: string;
        /// In which partitions.
        partitions: [CommitPartition];
    }

    /// In one partition.
    CommitPartition {
        /// Its number.
        partition_index: i32;
        /// The offset of the next record to be read.
        committed_offset: i64;
        /// The epoch of the last one that was; -1 if it is not known.
        committed_leader_epoch: i32 [6..] = -1;
        /// When; -1 for now.
        commit_timestamp: i64 [1..=1] = -1;
        /// What the client wants to remember.
        committed_metadata: (null string);
    }

    /// OffsetCommit: whether it is kept.
    OffsetCommitResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [3..];
        /// For each topic.
        topics: [CommitTopicResult];
    }

    /// For one topic.
    CommitTopicResult {
        /// Its name.
        name: string;
        /// For each partition.
        partitions: [CommitPartitionResult];
    }

    /// For one partition.
    CommitPartitionResult {
        /// Its number.
        partition_index: i32;
        /// Whether it is kept.
        error_code: ErrorCode;
    }

    /// OffsetFetch: asks how far groups have come.
    OffsetFetchRequest {
        /// The group.
        group_id: string [..=7];
        /// In which topics; null means all.
        topics: (null [OffsetFetchTopic] 2) [..=7];
        /// For which groups.
        groups: [OffsetFetchGroup] [8..];
        /// Whether to wait for open transactions.
        require_stable: bool [7..];
    }

    /// What is wanted of a group.
    OffsetFetchGroup {
        /// Its name.
        group_id: string;
        /// Who asks.
        member_id: (null string) [9..];
        /// Its epoch; -1 for groups of the older kind.
        member_epoch: i32 [9..] = -1;
        /// In which topics; null means all.
        topics: (null [OffsetFetchTopic]);
    }

    /// Of one topic.
    OffsetFetchTopic {
        /// Its name.
        name: string;
        /// Of which partitions.
        partition_indexes: [i32];
    }

    /// OffsetFetch: how far they have come.
    OffsetFetchResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [3..];
        /// For each topic.
        topics: [CommittedTopic] [..=7];
        /// Whether it could be told.
        error_code: ErrorCode [2..=7];
        /// For each group.
        groups: [CommittedGroup] [8..];
    }

    /// For one group.
    CommittedGroup {
        /// Its name.
        group_id: string;
        /// For each topic.
        topics: [CommittedTopic];
        /// Whether it could be told.
        error_code: ErrorCode;
    }

    /// For one topic.
    CommittedTopic {
        /// Its name.
        name: string;
        /// For each partition.
        partitions: [CommittedPartition];
    }

    /// For one partition.
    CommittedPartition {
        /// Its number.
        partition_index: i32;
        /// The offset of the next record to be read; -1 if none was committed.
        committed_offset: i64;
        /// The epoch of the last one that was; -1 if it is not known.
        committed_leader_epoch: i32 [5..] = -1;
        /// What the client wanted to remember.
        metadata: (null string);
        /// Whether it could be told.
        error_code: ErrorCode;
    }
}
