//! `examples/proxy`: what it forwards and to whom, when servers and clients fail, and under haproxy and nginx where they are
//! installed.

#[path = "../../examples/proxy/server/mod.rs"]
mod server;

mod balance;
mod forward;
mod header;
#[cfg(unix)]
mod peers;
#[cfg(unix)]
mod program;
mod support;
#[cfg(target_os = "linux")]
mod traced;
