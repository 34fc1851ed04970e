//! TLS below a connection: the same bytes whoever encrypts them. Where the kernel has TLS, all of this goes through it, too:
//! `tests/tls/boot` runs it on such a kernel.
#![cfg(feature = "tls")]

mod bytes;
mod clients;
mod ends;
#[cfg(all(feature = "ktls", target_os = "linux"))]
mod kernel;
mod support;
mod told;
