//! Takes the octets of one SIP message, gives the message with its flaws in one pass, never refuses what begins like SIP.

use super::Message;
use crate::transport::Envelope;

/// Takes one framed payload; `None` only where it is not SIP at all. `stream` asks for the rules of stream transports (RFC 3261 §18.3).
#[must_use]
pub fn parse(bytes: Box<[u8]>, stream: bool) -> Option<Message> {
    let _ = (bytes, stream, Envelope::default());
    None
}
