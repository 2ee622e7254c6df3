//! Takes session ids and tickets, gives the names by which sessions are resumed, never the id or ticket itself.

use sha2::{Digest, Sha256};

use crate::base::Endpoint;

/// By what a session can be resumed: a digest, for tickets are long, and those that a hostile sender chose must not collide.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::transport) struct Name([u8; 32]);

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Name({:02x?})", self.0.first_chunk::<4>())
    }
}

impl Name {
    /// Of a session id, which means something at one server only (RFC 5246 §F.1.4).
    pub(in crate::transport) fn of_id(server: Endpoint, id: &[u8]) -> Option<Self> {
        (!id.is_empty()).then(|| Self(Sha256::new().chain_update(server.to_string()).chain_update(id).finalize().into()))
    }

    /// Of a ticket, or of the identity of a pre-shared key, which is one.
    pub(in crate::transport) fn of_ticket(ticket: &[u8]) -> Option<Self> {
        (!ticket.is_empty()).then(|| Self(Sha256::digest(ticket).into()))
    }
}
