//! Metadata: who there is, and who leads what. FindCoordinator: who looks after a group.

use crate::kafka::ErrorCode;
use crate::kafka::wire::message;

message! {
    /// Metadata: asks for nodes, topics and partitions.
    MetadataRequest {
        /// Which topics; null means all. In version 0 none means all.
        topics: (null [MetadataRequestTopic] 1);
        /// Whether a topic that does not exist may be made.
        allow_auto_topic_creation: bool [4..] = true;
        /// Whether to tell what the client may do with the cluster.
        include_cluster_authorized_operations: bool [8..=10];
        /// Whether to tell what the client may do with each topic.
        include_topic_authorized_operations: bool [8..];
    }

    /// A topic that is asked for, by name or by id.
    MetadataRequestTopic {
        /// Its id; zeros if it is asked for by name.
        topic_id: uuid [10..];
        /// Its name.
        name: (null string 10);
    }

    /// Metadata: nodes, topics and partitions.
    MetadataResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [3..];
        /// The nodes.
        brokers: [MetadataBroker];
        /// The cluster's id.
        cluster_id: (null string) [2..];
        /// The node that takes requests to create topics.
        controller_id: i32 [1..] = -1;
        /// The topics.
        topics: [MetadataTopic];
        /// What the client may do, a bit each; `i32::MIN` if it is not told.
        cluster_authorized_operations: i32 [8..=10] = i32::MIN;
    }

    /// A node.
    MetadataBroker {
        /// Its number.
        node_id: i32;
        /// Its host.
        host: string;
        /// Its port.
        port: i32;
        /// Where it is.
        rack: (null string) [1..];
    }

    /// A topic.
    MetadataTopic {
        /// Whether there is one.
        error_code: ErrorCode;
        /// Its name; null if there is none by the id that was asked for.
        name: (null string 12);
        /// Its id.
        topic_id: uuid [10..];
        /// Whether the cluster uses it for itself.
        is_internal: bool [1..];
        /// Its partitions.
        partitions: [MetadataPartition];
        /// What the client may do, a bit each; `i32::MIN` if it is not told.
        topic_authorized_operations: i32 [8..] = i32::MIN;
    }

    /// A partition.
    MetadataPartition {
        /// Whether it is available.
        error_code: ErrorCode;
        /// Its number.
        partition_index: i32;
        /// The node that leads it.
        leader_id: i32;
        /// The epoch of the leader.
        leader_epoch: i32 [7..] = -1;
        /// The nodes that have it.
        replica_nodes: [i32];
        /// Those of them that have all of it.
        isr_nodes: [i32];
        /// Those that are away.
        offline_replicas: [i32] [5..];
    }

    /// FindCoordinator: asks which node looks after a group, or a transaction.
    FindCoordinatorRequest {
        /// Its name.
        key: string [..=3];
        /// 0 for a group, 1 for a transaction.
        key_type: i8 [1..];
        /// Their names.
        coordinator_keys: [string] [4..];
    }

    /// FindCoordinator: the node.
    FindCoordinatorResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
        /// Whether there is one.
        error_code: ErrorCode [..=3];
        /// Why not.
        error_message: (null string) [1..=3];
        /// Its number.
        node_id: i32 [..=3];
        /// Its host.
        host: string [..=3];
        /// Its port.
        port: i32 [..=3];
        /// For each name.
        coordinators: [Coordinator] [4..];
    }

    /// Who looks after a group.
    Coordinator {
        /// Its name.
        key: string;
        /// The node's number.
        node_id: i32;
        /// Its host.
        host: string;
        /// Its port.
        port: i32;
        /// Whether there is one.
        error_code: ErrorCode;
        /// Why not.
        error_message: (null string);
    }
}
