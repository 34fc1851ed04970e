//! Kafka: its record batches as views, and its protocol.
//!
//! [`records`] is what is produced, stored in a log, and fetched.

pub mod records;
