//! Takes UDP payloads, gives the headers of RTP and RTCP, never a stream.

mod header;
mod xr;

pub use header::{Header, Kind, sniff};
pub use xr::VoipMetrics;
