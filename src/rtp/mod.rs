//! Takes UDP payloads, gives what is in RTP and RTCP, never a stream.

mod event;
mod header;
mod rtcp;
mod xr;

pub use event::TelephoneEvent;
pub use header::{Header, Kind, sniff};
pub use rtcp::{Compound, Reception, Said, Statement, read as read_rtcp};
pub use xr::VoipMetrics;
