//! Takes runs of media packets, gives streams, never a verdict.

mod announced;
mod kind;
mod passed;
mod run;
mod streams;

pub use announced::Announced;
pub use kind::MediaKind;
pub use passed::Passed;
pub use run::{Flow, IDLE, Run, Runs};
pub use streams::{Counts, Streams};
