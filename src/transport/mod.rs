//! Takes packets, gives framed SIP payloads as they arrived, never keeps a connection that is over.

mod associations;
mod chunks;
mod connections;
mod envelope;
mod framing;
mod half;
mod hep;
mod opening;
mod sctp;
#[cfg(test)]
mod sctp_tests;
mod segment;
mod sniff;
mod stream;
mod tap;
#[cfg(test)]
mod tests;
pub mod tls;
#[cfg(test)]
mod tls_tests;
mod websocket;
#[cfg(test)]
mod websocket_tests;

pub use associations::Associations;
pub use connections::Connections;
pub use envelope::{Envelope, Payload};
pub use framing::{Framer, Framing, MAX_MESSAGE};
pub use hep::{Hep, Relayed, is_hep, open as open_hep};
pub use sctp::SctpPart;
pub use segment::{SegmentPart, StreamPart};
pub use sniff::looks_like_sip;
pub use tls::{Contact, KeyLog, Resumptions, TlsConnection, TlsEvent, TlsTotals};
