//! The inspector as a program: what it shows, what it writes for machines and browsers, captures, and how it ends. Run with the
//! example built: `cargo test` builds it, `cargo test --test inspect` alone does not.

mod captures;
mod corpora;
mod ends;
mod golden;
mod packets;
mod support;
