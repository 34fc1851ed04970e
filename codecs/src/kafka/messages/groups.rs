//! JoinGroup, SyncGroup, Heartbeat, LeaveGroup: consumers that share the partitions of their topics among them.

use crate::kafka::ErrorCode;
use crate::kafka::wire::message;

message! {
    /// JoinGroup: a consumer that wants its part.
    JoinGroupRequest {
        /// The group.
        group_id: string;
        /// After how long without a heartbeat it is gone, in milliseconds.
        session_timeout_ms: i32;
        /// How long members may take to join again, in milliseconds.
        rebalance_timeout_ms: i32 [1..] = -1;
        /// Its name in the group; empty at first.
        member_id: string;
        /// A name that it keeps over restarts.
        group_instance_id: (null string) [5..];
        /// What the group is for: `consumer`.
        protocol_type: string;
        /// Ways to share that it knows, the best first.
        protocols: [JoinGroupProtocol];
        /// Why it joins.
        reason: (null string) [8..];
    }

    /// A way to share.
    JoinGroupProtocol {
        /// Its name.
        name: string;
        /// What it wants, in the form that the way has for it.
        metadata: bytes;
    }

    /// JoinGroup: who is in the group.
    JoinGroupResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [2..];
        /// Whether it has joined.
        error_code: ErrorCode;
        /// Counts how often the group came together.
        generation_id: i32;
        /// What the group is for.
        protocol_type: (null string) [7..];
        /// The way to share that all of them know.
        protocol_name: (null string 7);
        /// Who is to share out.
        leader: string;
        /// Whether there is nothing to be shared out.
        skip_assignment: bool [9..];
        /// The name that the consumer has in the group.
        member_id: string;
        /// All members, if it is the leader.
        members: [JoinGroupMember];
    }

    /// A member of a group.
    JoinGroupMember {
        /// Its name.
        member_id: string;
        /// A name that it keeps over restarts.
        group_instance_id: (null string) [5..];
        /// What it wants.
        metadata: bytes;
    }

    /// SyncGroup: the leader says who has what; the others ask.
    SyncGroupRequest {
        /// The group.
        group_id: string;
        /// Its generation.
        generation_id: i32;
        /// Who asks.
        member_id: string;
        /// A name that it keeps over restarts.
        group_instance_id: (null string) [3..];
        /// What the group is for.
        protocol_type: (null string) [5..];
        /// How it is shared.
        protocol_name: (null string) [5..];
        /// Who has what.
        assignments: [SyncGroupAssignment];
    }

    /// What a member has.
    SyncGroupAssignment {
        /// Its name.
        member_id: string;
        /// Its part, in the form that the way to share has for it.
        assignment: bytes;
    }

    /// SyncGroup: what it has.
    SyncGroupResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
        /// Whether it has something.
        error_code: ErrorCode;
        /// What the group is for.
        protocol_type: (null string) [5..];
        /// How it is shared.
        protocol_name: (null string) [5..];
        /// Its part.
        assignment: bytes;
    }

    /// Heartbeat: a member that is still there.
    HeartbeatRequest {
        /// The group.
        group_id: string;
        /// Its generation.
        generation_id: i32;
        /// Who is there.
        member_id: string;
        /// A name that it keeps over restarts.
        group_instance_id: (null string) [3..];
    }

    /// Heartbeat: whether the group is as it was.
    HeartbeatResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
        /// [`ErrorCode::REBALANCE_IN_PROGRESS`] asks it to join again.
        error_code: ErrorCode;
    }

    /// LeaveGroup: members that go.
    LeaveGroupRequest {
        /// The group.
        group_id: string;
        /// Who goes.
        member_id: string [..=2];
        /// Who go.
        members: [LeavingMember] [3..];
    }

    /// A member that goes.
    LeavingMember {
        /// Its name.
        member_id: string;
        /// A name that it keeps over restarts.
        group_instance_id: (null string);
        /// Why.
        reason: (null string) [5..];
    }

    /// LeaveGroup: whether they are gone.
    LeaveGroupResponse {
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
        /// Whether it was done.
        error_code: ErrorCode;
        /// For each of them.
        members: [LeftMember] [3..];
    }

    /// Whether a member is gone.
    LeftMember {
        /// Its name.
        member_id: string;
        /// A name that it keeps over restarts.
        group_instance_id: (null string);
        /// Whether it is gone.
        error_code: ErrorCode;
    }
}
