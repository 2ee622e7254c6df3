//! Takes the chunks of an MSRP session, gives what each direction came to, never what was written.

use crate::base::{Origin, Time};
use crate::transport::{Chunk, MsrpMessage};

/// What one end of an MSRP session sent (RFC 4975).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The frame of the first chunk, or of what is known of it.
    pub first: Origin,
    /// When that passed.
    pub begun: Time,
    /// When the last passed.
    pub ended: Time,
    /// Chunks of messages: SEND requests.
    pub chunks: u64,
    /// Octets in them.
    pub octets: u64,
    /// Of these chunks, those that were refused, and messages that were reported as failed.
    pub failures: u64,
}

impl Messages {
    /// Takes a chunk; `own` is what its sender sent, `other` what the other end did.
    pub(super) fn on(own: &mut Option<Self>, other: &mut Option<Self>, chunk: &Chunk) {
        let fresh = || Self { first: chunk.origin, begun: chunk.time, ended: chunk.time, ..Self::default() };
        match chunk.message {
            MsrpMessage::Send => {
                let own = own.get_or_insert_with(fresh);
                own.ended = chunk.time;
                own.chunks += 1;
                own.octets += chunk.octets;
            }
            // RFC 4975 §10: 200 is the only code that is no failure.
            MsrpMessage::Response(200) | MsrpMessage::Report { failed: false } | MsrpMessage::Other => {}
            MsrpMessage::Response(_) | MsrpMessage::Report { failed: true } => other.get_or_insert_with(fresh).failures += 1,
        }
    }
}
