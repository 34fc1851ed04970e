//! Record batches, version 2: what is produced, stored in a log, and fetched, all in the same bytes.
//!
//! ```text
//!  ┌─────────────┬────────┬──────────────┬───────┬─────┬────────────────────────────────────┬─────────────┐
//!  │ base offset │ length │ leader epoch │ magic │ CRC │ attributes, timestamps, producer … │ records     │
//!  │ 8           │ 4      │ 4            │ 1 (2) │ 4   │ 36                     and count 4 │ as they are │
//!  └─────────────┴────────┴──────────────┴───────┴─────┴────────────────────────────────────┴─────────────┘
//!    set by the broker, not under the CRC                └──────────────── under the CRC ────────────────┘
//!
//!  record: │ length │ attributes │ timestamp delta │ offset delta │ key │ value │ count │ headers │     (varints)
//! ```
//!
//! The format is that of Kafka's documentation, section 5.3, and of `DefaultRecordBatch` and `DefaultRecord`.
//!
//! | | |
//! | --- | --- |
//! | [`Batches`] | the codec: a stream of batches, a segment of a log, the records of a Fetch response |
//! | [`Batch`], [`Record`], [`Header`] | the messages |
//! | [`batches()`], [`sound`] | the batches of bytes that are all there; how much of a log is whole |
//! | [`BatchHeader`], [`patch`] | the 61 bytes in front, read in place; what a broker changes in them |
//! | [`Decompressor`] | compressed batches into blocks that are used again |
//! | [`Builder`] | batches written, payloads shared into the send queue |
//!
//! ```
//! use wireview::{Gather, Result};
//! use wireview_codecs::kafka::records::{Builder, batches};
//!
//! let mut out = Gather::new();
//! Builder::new().write(&mut out, |batch| {
//!     batch.push(1_700_000_000_000, Some(&b"key"[..]), Some(&b"value"[..]), &[])?;
//!     batch.push(1_700_000_000_005, None, Some(&b"another"[..]), &[])
//! })?;
//! let log: Vec<u8> = out.chunks().collect::<Vec<_>>().concat();
//!
//! let batch = batches(&log).next().expect("one batch")?;
//! let records = batch.records()?.collect::<Result<Vec<_>>>()?;
//! assert_eq!(records[1].value, Some(&b"another"[..]));
//! assert_eq!(batch.timestamp(&records[1]), 1_700_000_000_005);
//! # Ok::<(), wireview::Error>(())
//! ```
//!
//! | | checked | left to the handler |
//! | --- | --- | --- |
//! | batch | magic, length and its limit, CRC-32C unless told not to, kind of compression, last offset, count | what a producer's batch must be besides: [`Batch::check_produced`]; epochs, sequences, timestamps |
//! | record | lengths, counts, numbers, that its parts fill it; that there are as many as the batch says | order of offsets, UTF-8 of header keys, bits of its attributes, of which none is defined |
//! | compressed | that no more comes out than is allowed, while it comes | |
//! | writing | everything that reading checks, lengths and counts | that timestamps grow |
//!
//! Message sets of the versions 0 and 1 (before Kafka 0.11) are refused by their magic byte, as Kafka 4 does.
//!
//! Kafka takes a varint whose fifth byte has bits that fall out, and any negative length as null. This module refuses the
//! one as an overflow, the other unless it is -1.

mod batch;
mod block;
mod build;
mod codec;
mod compress;
mod control;
mod crc;
mod decompress;
mod header;
mod inflate;
pub mod patch;
mod push;
mod record;
mod show;
mod trace;
mod varint;
mod walk;

#[cfg(test)]
mod tests;

pub use batch::Batch;
pub use build::Builder;
pub use codec::{Batches, len_of};
pub use control::{ControlKind, Marker};
pub use decompress::Decompressor;
pub use header::{Attributes, BatchHeader, Compression, HEADER_LEN, TimestampType};
pub use push::Push;
pub use record::{Header, Record, Records};
pub use walk::{Sound, Walk, batches, sound};

/// What errors call the parts of a batch.
mod field {
    pub(super) const LENGTH: &str = "batch length";
    pub(super) const MAGIC: &str = "magic";
    pub(super) const OLD: &str = "message set of version 0 or 1";
    pub(super) const CRC: &str = "CRC";
    pub(super) const COMPRESSION: &str = "compression";
    pub(super) const BASE_OFFSET: &str = "base offset";
    pub(super) const LAST_OFFSET: &str = "last offset delta";
    pub(super) const COUNT: &str = "record count";
    pub(super) const CONTROL: &str = "control batch";
    pub(super) const SEQUENCE: &str = "base sequence";
    pub(super) const RECORD_LENGTH: &str = "record length";
    pub(super) const RECORD: &str = "record";
    pub(super) const ATTRIBUTES: &str = "record attributes";
    pub(super) const TIMESTAMP: &str = "timestamp delta";
    pub(super) const OFFSET: &str = "offset delta";
    pub(super) const KEY_LENGTH: &str = "key length";
    pub(super) const KEY: &str = "key";
    pub(super) const VALUE_LENGTH: &str = "value length";
    pub(super) const VALUE: &str = "value";
    pub(super) const HEADER_COUNT: &str = "header count";
    pub(super) const HEADER_KEY_LENGTH: &str = "header key length";
    pub(super) const HEADER_KEY: &str = "header key";
    pub(super) const HEADER_VALUE_LENGTH: &str = "header value length";
    pub(super) const HEADER_VALUE: &str = "header value";
    pub(super) const RECORDS: &str = "records";
    #[allow(dead_code)] // Without any compression.
    pub(super) const COMPRESSED: &str = "compressed records";
    #[allow(dead_code)]
    pub(super) const DECOMPRESSED: &str = "decompressed records";
    pub(super) const MARKER_KEY: &str = "control record key";
    pub(super) const MARKER_VALUE: &str = "control record value";
}
