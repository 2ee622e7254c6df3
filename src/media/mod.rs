//! Takes runs of media packets, gives streams, never a verdict.

mod run;
mod streams;

pub use run::{Flow, IDLE, Run, Runs};
pub use streams::{Counts, Streams};
