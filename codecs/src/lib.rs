//! Ready-made protocols for `wireview`, a file or a folder each, a feature each.
//!
//! | feature | protocol | checked | left to the handler |
//! | --- | --- | --- | --- |
//! | [`resp`] | RESP2 and RESP3, both directions, inline commands | lengths, counts, line ends, numbers, depth, types | meaning of commands, UTF-8, unique keys of maps and sets |
//!
//! A codec sees of wireview only what its users see: each is also an example of how one is written.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "resp")]
pub mod resp;
