//! `examples/log_server` under real clients, under our own, under such that misbehave, and under SIGKILL.

#[path = "../../examples/log_server/server/mod.rs"]
mod server;

mod answers;
mod client;
mod clients;
mod crash;
mod faults;
mod logs;
mod mock;
mod program;
mod support;
