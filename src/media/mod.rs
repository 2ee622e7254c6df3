//! Takes runs of media packets, gives streams, never a verdict.

mod announced;
mod run;
mod streams;

pub use announced::Announced;
pub use run::{Flow, IDLE, Run, Runs};
pub use streams::{Counts, Streams};
