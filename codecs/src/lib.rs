//! Ready-made protocols for `wireview`, a file or a folder each, a feature each.
//!
//! | feature | protocol | checked | left to the handler |
//! | --- | --- | --- | --- |
//! | [`resp`] | RESP2 and RESP3, both directions, inline commands | lengths, counts, line ends, numbers, depth, types | meaning of commands, UTF-8, unique keys of maps and sets |
//! | [`http1`] | HTTP/1.1 and 1.0, both directions, bodies of every framing | grammar of heads, chunks and trailers; all that says where a message ends; one `Host` | what fields mean, the form of targets, content and transfer codings other than chunked |
//! | [`mqtt`] | MQTT 5 | every packet and property: flags, lengths, UTF-8, values | sessions, meaning of reason codes; where properties stand, unless asked |
//! | [`dns`] | DNS over TCP | header, questions, records of the common types | where names point, unless they are followed; other types |
//! | [`proxy`] | the PROXY protocol, versions 1 and 2 | grammar, lengths, families, commands, TLVs | what TLVs mean, whether the peer is trusted, checksums unless asked |
//! | [`kafka`] | Kafka's protocol, sixteen APIs in the versions of its table, both directions | lengths, counts, nulls, versions, which request a response answers | what numbers mean, UTF-8, tagged fields |
//! | [`kafka::records`] | Kafka's record batches, version 2, compressed or not | header, length, CRC-32C, lengths and counts of records and headers, how much is decompressed | order of offsets, UTF-8, what a producer's batch must be unless asked |
//!
//! A codec sees of wireview only what its users see: each is also an example of how one is written.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "kafka-gzip", feature = "kafka-snappy", feature = "kafka-lz4", feature = "kafka-zstd"))]
extern crate std;

#[cfg(feature = "dns")]
pub mod dns;
#[cfg(feature = "http1")]
pub mod http1;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "mqtt")]
pub mod mqtt;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "resp")]
pub mod resp;
