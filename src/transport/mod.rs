//! Takes packets, gives framed SIP payloads as they arrived, never keeps a connection that is over.

mod associations;
mod chunks;
mod connections;
mod envelope;
mod framing;
mod half;
mod hep;
mod knock;
mod msrp;
mod opening;
mod openings;
mod sctp;
#[cfg(test)]
mod sctp_tests;
mod sealed;
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
pub use envelope::{Envelope, Misframed, Payload, Way};
pub use framing::{Framer, Framing, MAX_MESSAGE};
pub use hep::{Hep, Relayed, is_hep, open as open_hep};
pub use knock::Knock;
pub use msrp::{Chunk, Message as MsrpMessage, session as msrp_session};
pub use openings::Openings;
pub use sctp::SctpPart;
pub use sealed::{Seal, Sealed, SealedTraffic};
pub use segment::{SegmentPart, StreamPart};
pub use sniff::{looks_like_sip, may_begin_sip};
pub use tls::{Contact, KeyLog, Resumptions, TlsConnection, TlsEvent, TlsTotals};
