use core::fmt;

/// What a response says of what was asked. 0 is no error.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub i16);

macro_rules! codes {
    ($($name:ident = $code:literal, $doc:literal;)*) => {
        impl ErrorCode {
            $(#[doc = $doc] pub const $name: Self = Self($code);)*

            /// The name that the specification has for it.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    UNKNOWN_SERVER_ERROR = -1, "Something that nobody thought of.";
    NONE = 0, "No error.";
    OFFSET_OUT_OF_RANGE = 1, "The log has no such offset.";
    CORRUPT_MESSAGE = 2, "A checksum does not fit, or a batch is not one.";
    UNKNOWN_TOPIC_OR_PARTITION = 3, "There is none.";
    INVALID_FETCH_SIZE = 4, "No bytes were asked for.";
    NOT_LEADER_OR_FOLLOWER = 6, "Another node leads.";
    REQUEST_TIMED_OUT = 7, "It took too long.";
    MESSAGE_TOO_LARGE = 10, "A batch is longer than the topic allows.";
    OFFSET_METADATA_TOO_LARGE = 12, "The text beside an offset is too long.";
    COORDINATOR_LOAD_IN_PROGRESS = 14, "Who looks after the group is not ready.";
    COORDINATOR_NOT_AVAILABLE = 15, "Nobody looks after the group.";
    NOT_COORDINATOR = 16, "Another node looks after the group.";
    INVALID_TOPIC_EXCEPTION = 17, "No topic can have that name.";
    RECORD_LIST_TOO_LARGE = 18, "More at once than a segment holds.";
    INVALID_REQUIRED_ACKS = 21, "`acks` is none of -1, 0 and 1.";
    ILLEGAL_GENERATION = 22, "The group has come together anew.";
    INCONSISTENT_GROUP_PROTOCOL = 23, "There is no way to share that all members know.";
    INVALID_GROUP_ID = 24, "No group can have that name.";
    UNKNOWN_MEMBER_ID = 25, "The group has no such member.";
    INVALID_SESSION_TIMEOUT = 26, "Too short, or too long.";
    REBALANCE_IN_PROGRESS = 27, "The group comes together: join again.";
    UNSUPPORTED_VERSION = 35, "The version of the request is not understood.";
    TOPIC_ALREADY_EXISTS = 36, "There is one by that name.";
    INVALID_PARTITIONS = 37, "So many partitions cannot be.";
    INVALID_REPLICATION_FACTOR = 38, "There are not so many nodes.";
    INVALID_REPLICA_ASSIGNMENT = 39, "There are no such nodes.";
    INVALID_CONFIG = 40, "A topic cannot be kept like that.";
    INVALID_REQUEST = 42, "The request makes no sense.";
    UNSUPPORTED_FOR_MESSAGE_FORMAT = 43, "The format of the records cannot do that.";
    OUT_OF_ORDER_SEQUENCE_NUMBER = 45, "A batch of the producer is missing.";
    DUPLICATE_SEQUENCE_NUMBER = 46, "The batch is there already, and long ago.";
    INVALID_PRODUCER_EPOCH = 47, "The producer has been replaced.";
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53, "The transaction is not allowed.";
    KAFKA_STORAGE_ERROR = 56, "The disk failed.";
    UNKNOWN_PRODUCER_ID = 59, "Nothing is known of the producer.";
    FETCH_SESSION_ID_NOT_FOUND = 70, "There is no such session.";
    INVALID_FETCH_SESSION_EPOCH = 71, "A request of the session is missing.";
    FENCED_LEADER_EPOCH = 74, "There is a newer leader.";
    UNKNOWN_LEADER_EPOCH = 75, "There is no such leader yet.";
    UNSUPPORTED_COMPRESSION_TYPE = 76, "The version cannot have records compressed like that.";
    MEMBER_ID_REQUIRED = 79, "Join again, by the name that the response gives.";
    INVALID_RECORD = 87, "A record is not one.";
    UNKNOWN_TOPIC_ID = 100, "There is no topic of that id.";
}

impl ErrorCode {
    /// Whether it is one.
    #[inline]
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error {}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
