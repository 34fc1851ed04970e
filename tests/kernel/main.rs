//! Bytes that never pass through user space: what the kernel paths send, and what they do when a file, a peer or a disk fails.
//!
//! Without Linux, or with `--cfg wireview_portable`, the same tests run against the portable half.

mod body;
mod forward;
mod send;
mod source;
mod support;
