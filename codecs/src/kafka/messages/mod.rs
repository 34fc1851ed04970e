//! The messages, in their versions.

mod fetch;
mod groups;
mod metadata;
mod offsets;
mod produce;
mod topics;
mod versions;

pub use fetch::*;
pub use groups::*;
pub use metadata::*;
pub use offsets::*;
pub use produce::*;
pub use topics::*;
pub use versions::*;
