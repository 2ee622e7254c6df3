//! Takes runs of media packets, gives streams, never a verdict.

mod announced;
mod heard;
mod kind;
mod run;
mod streams;

pub use announced::Announced;
pub use heard::Heard;
pub use kind::MediaKind;
pub use run::{Flow, IDLE, Run, Runs};
pub use streams::{Counts, Streams};
