//! `examples/static_server` under clients that ask for everything, and under such that misbehave.

#[path = "../../examples/static_server/server/mod.rs"]
mod server;

mod answers;
mod faults;
mod paths;
mod programs;
mod support;
#[cfg(feature = "tls")]
mod tls;
