//! Takes runs of media packets, gives streams, never a verdict.

mod announced;
mod bursts;
mod clock;
mod companion;
mod digits;
mod gaps;
mod jitter;
mod lengths;
mod reception;
mod reports;
mod run;
mod series;
mod stream;
mod streams;

pub use announced::Announced;
pub use bursts::Bursts;
pub use clock::{Clock, ClockSource};
pub use companion::{Companion, Fax, Handshake};
pub use digits::{Digits, Event};
pub use gaps::{Gap, Gaps};
pub use jitter::Jitter;
pub use lengths::{Lengths, Look};
pub use reception::Reception;
pub use reports::{Reception as ReceptionReport, Reports};
pub use run::{Flow, IDLE, Run, Runs};
pub use series::{Interval, Series};
pub use stream::{Format, Stream};
pub use streams::{Counts, Streams};
