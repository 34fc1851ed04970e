//! CreateTopics and DeleteTopics.

use crate::kafka::ErrorCode;
use crate::kafka::wire::message;

message! {
    /// CreateTopics: topics that are wanted.
    CreateTopicsRequest {
        /// Which.
        topics: [CreatableTopic];
        /// How long it may take, in milliseconds.
        timeout_ms: i32;
        /// Whether only to check that it could be done.
        validate_only: bool [1..];
    }

    /// A topic that is wanted.
    CreatableTopic {
        /// Its name.
        name: string;
        /// How many partitions; -1 for as many as the server likes.
        num_partitions: i32;
        /// On how many nodes each; -1 for as many as the server likes.
        replication_factor: i16;
        /// On which nodes, if the client says so.
        assignments: [CreatableReplica];
        /// How it is kept.
        configs: [CreatableConfig];
    }

    /// The nodes of a partition.
    CreatableReplica {
        /// Its number.
        partition_index: i32;
        /// The nodes.
        broker_ids: [i32];
    }

    /// How a topic is kept, in one respect.
    CreatableConfig {
        /// In which.
        name: string;
        /// How.
        value: (null string);
    }

    /// CreateTopics: which were made.
    CreateTopicsResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [2..];
        /// For each topic.
        topics: [CreatedTopic];
    }

    /// Whether a topic was made. Tag 0 tells why `configs` could not be told.
    CreatedTopic {
        /// Its name.
        name: string;
        /// Its id.
        topic_id: uuid [7..];
        /// Whether it was made.
        error_code: ErrorCode;
        /// Why not.
        error_message: (null string) [1..];
        /// How many partitions it has; -1 if it is not told.
        num_partitions: i32 [5..] = -1;
        /// On how many nodes each; -1 if it is not told.
        replication_factor: i16 [5..] = -1;
        /// How it is kept.
        configs: (null [CreatedConfig]) [5..];
    }

    /// How a topic is kept, in one respect.
    CreatedConfig {
        /// In which.
        name: string;
        /// How.
        value: (null string);
        /// Whether it cannot be changed.
        read_only: bool;
        /// Where it comes from.
        config_source: i8;
        /// Whether it is a secret.
        is_sensitive: bool;
    }

    /// DeleteTopics: topics that are not wanted.
    DeleteTopicsRequest {
        /// Which, by name or by id.
        topics: [DeletableTopic] [6..];
        /// Which, by name.
        topic_names: [string] [..=5];
        /// How long it may take, in milliseconds.
        timeout_ms: i32;
    }

    /// A topic that is not wanted.
    DeletableTopic {
        /// Its name; null if it is named by its id.
        name: (null string);
        /// Its id; zeros if it is named.
        topic_id: uuid;
    }

    /// DeleteTopics: which are gone.
    DeleteTopicsResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
        /// For each topic.
        topics: [DeletedTopic];
    }

    /// Whether a topic is gone.
    DeletedTopic {
        /// Its name.
        name: (null string 6);
        /// Its id.
        topic_id: uuid [6..];
        /// Whether it is gone.
        error_code: ErrorCode;
        /// Why not.
        error_message: (null string) [5..];
    }
}
