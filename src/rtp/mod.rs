//! Takes UDP payloads, gives the headers of RTP and RTCP, never a stream.

mod header;

pub use header::{Header, Kind, sniff};
