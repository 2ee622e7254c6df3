//! Takes sessions that are over, gives the ratios and delays of RFC 6076 and their companions, never a threshold.

mod distribution;
#[cfg(test)]
mod oracle;
mod tally;

pub use distribution::Distribution;
pub use tally::{Ratio, Tally};
