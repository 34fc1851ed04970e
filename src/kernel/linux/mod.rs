//! The system calls.

mod memory;
#[cfg(feature = "tokio")]
mod pipe;
#[cfg(feature = "tokio")]
mod probe;
mod sendfile;
#[cfg(feature = "tokio")]
mod warmth;

pub(crate) use memory::{push, send_memory};
#[cfg(feature = "tokio")]
pub(crate) use pipe::Pipe;
#[cfg(feature = "tokio")]
pub(crate) use probe::read_now;
pub(crate) use sendfile::{refuses, send_file};
#[cfg(feature = "tokio")]
pub(crate) use warmth::Warmth;
