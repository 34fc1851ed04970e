//! The kernel's half: what it can do, a socket it encrypts, and what its peer says besides data.

#[cfg(all(feature = "ktls", target_os = "linux"))]
mod calls;
#[cfg(all(feature = "ktls", target_os = "linux"))]
mod control;
mod fault;
#[cfg(all(feature = "ktls", target_os = "linux"))]
mod probe;
#[cfg(all(feature = "ktls", target_os = "linux"))]
mod stream;
mod support;
#[cfg(not(all(feature = "ktls", target_os = "linux")))]
mod without;

pub use fault::KernelFault;
pub use support::{Support, kernel_support};

#[cfg(all(feature = "ktls", target_os = "linux"))]
pub use stream::KernelTls;
#[cfg(all(feature = "ktls", target_os = "linux"))]
pub(super) use {probe::attach, probe::probe};

#[cfg(not(all(feature = "ktls", target_os = "linux")))]
pub use without::KernelTls;
#[cfg(not(all(feature = "ktls", target_os = "linux")))]
pub(super) use {without::attach, without::probe};
