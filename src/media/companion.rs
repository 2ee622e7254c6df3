//! Takes what shares the ports of media beside RTP, gives what passed between two endpoints, never a key.

use crate::base::{Endpoint, Origin, Time};

/// What passed between two endpoints beside RTP (RFC 7983): STUN, ZRTP, DTLS, TURN channels, UDPTL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// The lesser end.
    pub a: Endpoint,
    /// The greater end.
    pub b: Endpoint,
    /// The frame of the first such packet.
    pub first: Origin,
    /// When that passed.
    pub begun: Time,
    /// When the last passed.
    pub ended: Time,
    /// The running clock at the last.
    pub clock: Time,
    /// STUN messages (RFC 8489).
    pub stun: u64,
    /// Of these, requests and success responses to a binding.
    pub binding_requests: u64,
    /// See `binding_requests`.
    pub binding_responses: u64,
    /// TURN channel data (RFC 8656 §12).
    pub turn: u64,
    /// ZRTP messages (RFC 6189).
    pub zrtp: u64,
    /// DTLS records (RFC 6347, RFC 9147).
    pub dtls: u64,
    /// What the DTLS handshake showed.
    pub handshake: Handshake,
    /// Fax from `a` to `b`.
    pub fax_ab: Option<Fax>,
    /// Fax from `b` to `a`.
    pub fax_ba: Option<Fax>,
}

/// A DTLS handshake as far as it is in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// Who sent the first ClientHello, where, when.
    pub client: Option<(Endpoint, Origin, Time)>,
    /// Who sent the ServerHello, where, when.
    pub server: Option<(Endpoint, Origin, Time)>,
    /// ClientHellos, repeated ones too.
    pub client_hellos: u64,
    /// The version that the ServerHello chose, as on the wire: 0xfefd is DTLS 1.2, 0xfefc is DTLS 1.3.
    pub version: Option<u16>,
    /// The cipher suite that it chose.
    pub suite: Option<u16>,
    /// The profiles of SRTP that the client offers (RFC 5764 §4.1.2).
    pub offered_profiles: Vec<u16>,
    /// The profile that the server chose.
    pub profile: Option<u16>,
    /// The DER of the certificate of the client (DTLS 1.2 shows it).
    pub client_certificate: Option<Vec<u8>>,
    /// The DER of the certificate of the server.
    pub server_certificate: Option<Vec<u8>>,
    /// The first record of application data or encrypted handshake of each side: the handshake came to its end.
    pub finished: Option<(Origin, Time)>,
    /// Alerts in the clear: level, description.
    pub alerts: Vec<(u8, u8)>,
}

/// A UDPTL stream of T.38, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fax {
    /// The frame of the first packet.
    pub first: Origin,
    /// When that passed.
    pub begun: Time,
    /// When the last passed.
    pub ended: Time,
    /// Packets.
    pub packets: u64,
    /// Sequence numbers that never came.
    pub lost: u64,
    /// Of these, brought again by the redundancy of a later packet.
    pub recovered: u64,
    /// Packets whose number had come already.
    pub duplicates: u64,
    /// Packets behind a later one.
    pub reordered: u64,
    /// The most redundant copies that a packet carried.
    pub redundancy: u32,
    /// Packets with forward error correction.
    pub fec: u64,
}
