//! Takes media packets, gives streams with their measures, never a verdict.

mod announced;
mod bursts;
mod clock;
mod companion;
mod digits;
mod gaps;
mod handshake;
mod jitter;
mod jolts;
mod kind;
mod lengths;
#[cfg(test)]
pub(crate) mod made;
mod messages;
mod meter;
pub mod moves;
#[cfg(test)]
mod oracle;
mod pace;
mod packetization;
mod passed;
pub mod quality;
mod reception;
mod reports;
mod runs;
mod series;
mod sighting;
mod stream;
mod streams;
mod texture;
mod timing;
mod tones;
mod watch;

pub use announced::{Announced, Spoken, Word};
pub use bursts::Bursts;
pub use clock::{Clock, ClockSource};
pub use companion::{Companion, Companions, Fax, Passing, SessionNames};
pub use digits::{Digits, Event};
pub use gaps::{Gap, Gaps};
pub use handshake::Handshake;
pub use jitter::Jitter;
pub use jolts::{Concert, Concerted, Jolts};
pub use kind::MediaKind;
pub use lengths::{Lengths, Look};
pub use messages::Messages;
pub use meter::Gauge;
pub use pace::Pace;
pub use passed::Passed;
pub use reception::Reception;
pub use reports::{Report, Reports};
pub use runs::{Flow, IDLE, Kin, Runs, Tape};
pub use series::{Interval, Series};
pub use stream::{Format, Stream};
pub use streams::{Counts, Streams};
pub use texture::{Texture, Weave};
pub use tones::{Heard as HeardTone, Tones};
