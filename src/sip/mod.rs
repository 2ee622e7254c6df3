//! Takes SIP payloads, gives messages with their flaws, never refuses what could be evidence.

mod address;
mod arrival;
mod flaw;
mod grammar;
mod header;
pub mod interop;
mod keys;
mod message;
mod method;
mod octet;
#[cfg(test)]
mod oracle;
mod scan;
mod start;
#[cfg(test)]
mod torture;
pub mod value;

pub use address::Address;
pub use arrival::Arrival;
pub use flaw::{Flaw, FlawKind};
pub use header::HeaderName;
pub use message::{CSeq, Header, Message, Start, TopVia};
pub use method::Method;
pub use scan::parse;
