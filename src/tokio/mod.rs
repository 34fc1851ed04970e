//! Drivers for tokio.

mod layered;

pub use layered::Layered;
