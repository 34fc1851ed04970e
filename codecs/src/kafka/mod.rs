//! Kafka: its record batches as views, and its protocol.
//!
//! ```text
//!            ┌────────┬─────────┬─────────┬────────────────┬───────────┬────────────┐
//!  request   │ length │ api key │ version │ correlation id │ client id │ tags, body │     client ──▶ server
//!            └────────┴─────────┴─────────┴────────────────┴───────────┴────────────┘
//!            ┌────────┬────────────────┬────────────┐
//!  response  │ length │ correlation id │ tags, body │     server ──▶ client, in the order of the requests
//!            └────────┴────────────────┴────────────┘
//! ```
//!
//! [`records`] is what is produced, stored in a log, and fetched: a field of [`ProducedPartition`] and [`FetchedPartition`], which
//! the protocol does not look into. Both halves are here: [`Requests`] and [`Answers`] of a server, [`client`] of a client.
//!
//! The specification is the [protocol guide](https://kafka.apache.org/protocol.html) and the schemas in Kafka's
//! `clients/src/main/resources/common/message`. These versions are supported, and no others; from the flexible ones on, lengths
//! are compact and fields may be tagged:
//!
//! | key | API | versions | flexible from |
//! | --- | --- | --- | --- |
//! | 0 | Produce | 0 to 11 | 9 |
//! | 1 | Fetch | 0 to 17 | 12 |
//! | 2 | ListOffsets | 0 to 10 | 6 |
//! | 3 | Metadata | 0 to 12 | 9 |
//! | 8 | OffsetCommit | 0 to 9 | 8 |
//! | 9 | OffsetFetch | 0 to 9 | 6 |
//! | 10 | FindCoordinator | 0 to 6 | 3 |
//! | 11 | JoinGroup | 0 to 9 | 6 |
//! | 12 | Heartbeat | 0 to 4 | 4 |
//! | 13 | LeaveGroup | 0 to 5 | 4 |
//! | 14 | SyncGroup | 0 to 5 | 4 |
//! | 18 | ApiVersions | 0 to 4 | 3 |
//! | 19 | CreateTopics | 0 to 7 | 5 |
//! | 20 | DeleteTopics | 0 to 6 | 4 |
//! | 22 | InitProducerId | 0 to 5 | 2 |
//! | 23 | OffsetForLeaderEpoch | 0 to 4 | 4 |
//!
//! | checked | left to the handler |
//! | --- | --- |
//! | lengths, counts, nulls where there may be one, that a response fills its frame; API and version; which request a response answers | UTF-8, what numbers mean, records, tagged fields, which are kept as they stand |
//!
//! A field that the version of a message does not have reads as its default, and is left out when it is written. An [`Array`] is
//! walked lazily: reading a message goes over its entries once, to check them, and keeps none.

mod api;
mod calls;
mod error_code;
mod fetched;
mod messages;
pub mod records;
mod request;
mod response;
mod trace;
mod wire;

#[cfg(test)]
mod tests;

pub use api::{Api, RequestBody, ResponseBody};
pub use calls::{Calls, client};
pub use error_code::ErrorCode;
pub use fetched::{FetchedPartitions, TopicRef};
pub use messages::*;
pub use request::{Peek, Request, Requests};
pub use response::{Answers, Response, Responses};
pub use wire::{Array, Entries, Entry, Int32, Int64, List, Name, SharedEntries};
pub use wire::{Reader, Sink, Tag, TagList, Tagged, Tags, Version, Writer};

use wireview::{Boundary, Error, Result};

/// Bytes of the length in front of everything.
const HEAD: usize = 4;

/// What errors call the parts of a frame.
mod field {
    pub(super) const LENGTH: &str = "length";
    pub(super) const API_KEY: &str = "api key";
    pub(super) const API_VERSION: &str = "api version";
    pub(super) const CORRELATION_ID: &str = "correlation id";
    pub(super) const CLIENT_ID: &str = "client id";
    pub(super) const TRAILING: &str = "bytes behind the message";
    pub(super) const UNASKED: &str = "response that nobody waits for";
    pub(super) const UNDER_WAY: &str = "requests under way";
}

/// A frame is as long as it says in front, which is at least `min` and at most `max`.
#[inline]
fn whole(input: &[u8], min: u32, max: u32) -> Result<Boundary> {
    let Some(length) = input.first_chunk() else { return Ok(Boundary::Need(HEAD)) };
    let length = u32::from_be_bytes(*length);
    // The field is signed.
    if length > i32::MAX as u32 || length < min {
        return Err(Error::malformed(&field::LENGTH, 0));
    }
    if length > max {
        return Err(Error::limit(&field::LENGTH, 0));
    }
    Ok(Boundary::Frame { head: HEAD, body: length.into(), tail: 0 })
}
