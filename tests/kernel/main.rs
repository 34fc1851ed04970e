//! Bytes that never pass through user space: what the kernel paths send, and what they do when a file, a peer or a disk fails.
//!
//! Without Linux, or with `--cfg wireview_portable`, the same tests run against the portable half.

#![cfg(unix)]

mod body;
mod child;
mod forward;
mod idle;
mod send;
mod source;
mod support;
mod traced;
