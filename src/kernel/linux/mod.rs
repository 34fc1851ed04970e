//! The system calls.

#[cfg(feature = "tokio")]
mod found;
mod memory;
#[cfg(feature = "tokio")]
mod pipe;
#[cfg(feature = "tokio")]
mod probe;
mod sendfile;
mod source;
#[cfg(feature = "tokio")]
mod warmth;

pub(crate) use memory::{push, send_memory};
#[cfg(feature = "tokio")]
pub(crate) use pipe::Pipe;
#[cfg(feature = "tokio")]
pub(crate) use probe::read_now;
#[cfg(feature = "tokio")]
pub(crate) use sendfile::is_writable;
pub(crate) use sendfile::{refuses, send_file};
pub(crate) use source::{drop_pages, open_direct, seal};
#[cfg(feature = "tokio")]
pub(crate) use warmth::Warmth;
