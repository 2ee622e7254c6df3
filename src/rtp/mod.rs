//! Takes UDP payloads, gives what is in RTP, RTCP and what shares their ports, never a stream.

pub mod dtls;
mod event;
mod header;
mod neighbour;
mod red;
mod rtcp;
mod tone;
mod udptl;
mod xr;

pub use event::TelephoneEvent;
pub use header::{Header, Kind, sniff};
pub use neighbour::{Neighbour, neighbour};
pub use red::{redundancy, redundant_event};
pub use rtcp::{Compound, Reception, Said, Statement, read as read_rtcp};
pub use tone::{Law, Tone};
pub use udptl::Udptl;
pub use xr::VoipMetrics;
