//! What the fuzz targets do, apart from libFuzzer, so that `cargo test` replays their inputs on stable (`tests/regressions.rs`).

pub mod targets;
