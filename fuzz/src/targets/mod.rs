//! One function a target.

mod archive;
mod connection;
mod declared;
mod deframer;
mod dns;
mod formats;
mod gather;
mod http1;
mod kafka;
mod kafka_records;
mod mqtt;
mod peer;
mod proxy;
mod resp;

pub use archive::archive;
pub use connection::connection;
pub use declared::declared;
pub use deframer::deframer;
pub use dns::dns;
pub use formats::{formats, length_prefixed};
pub use gather::gather;
pub use http1::{http1_requests, http1_responses};
pub use kafka::{kafka_requests, kafka_responses};
pub use kafka_records::kafka_records;
pub use mqtt::mqtt;
pub use peer::Compared;
pub use proxy::{Peer, compare_proxy, proxy};
pub use resp::{compare_replies, compare_requests, resp_replies, resp_requests};

/// A target.
pub type Target = fn(&[u8]);

/// All of them.
pub const ALL: &[(&str, Target)] = &[
    ("length_prefixed", length_prefixed),
    ("resp_requests", resp_requests),
    ("resp_replies", resp_replies),
    ("http1_requests", http1_requests),
    ("http1_responses", http1_responses),
    ("proxy", proxy),
    ("mqtt", mqtt),
    ("dns", dns),
    ("archive", archive),
    ("kafka_records", kafka_records),
    ("kafka_requests", kafka_requests),
    ("kafka_responses", kafka_responses),
    ("formats", formats),
    ("declared", declared),
    ("deframer", deframer),
    ("gather", gather),
    ("connection", connection),
];

/// Reads numbers off an input; 0 where it has ended.
struct Cursor<'i>(&'i [u8]);

impl Cursor<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }
}
