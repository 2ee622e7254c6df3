//! Takes nothing, gives the words for what a tap knows of one TLS connection when its handshake is decided, never a verdict.

use std::sync::Arc;

use super::{ClientHello, Moment, ServerHello, Sight};
use crate::base::{Endpoint, Time};

/// A TLS connection, as known when its handshake was complete, refused, or given up.
///
/// The client is who sent the ClientHello, whichever end opened the TCP connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConnection {
    /// Who sent, or would have sent, the ClientHello.
    pub client: Endpoint,
    /// The other end.
    pub server: Endpoint,
    /// The first frame with TLS in it.
    pub begun: Moment,
    /// What the client offered; `None` where the capture does not hold it.
    pub client_hello: Option<Box<ClientHello>>,
    /// What the server chose; `None` where the capture does not hold it, or it never came.
    pub server_hello: Option<ServerHello>,
    /// The protocol chosen by ALPN; hidden in TLS 1.3 without keys.
    pub alpn: Sight<Box<str>>,
    /// The certificates of the server, leaf first. Empty: a Certificate message without any. Absent: a suite that has none.
    /// Of a resumed session, those of the session that it resumes, where that was seen.
    pub server_chain: Sight<Chain>,
    /// Whether the server asked for a certificate of the client. Of a resumed session, as above.
    pub certificate_request: Sight<()>,
    /// The certificates of the client, leaf first. Empty: it was asked and has none. Absent: it was not asked. Of a resumed session, as above.
    pub client_chain: Sight<Chain>,
    /// The ephemeral key exchange: of ServerKeyExchange, or of `key_share` in TLS 1.3. Absent: static RSA, static Diffie-Hellman, or a pre-shared key alone.
    pub key_exchange: Sight<KeyExchange>,
    /// Signature scheme of the server's CertificateVerify (TLS 1.3 only).
    pub server_signature: Sight<u16>,
    /// Signature scheme of the client's CertificateVerify; of TLS 1.1 and before it is not said, and stays absent.
    pub client_signature: Sight<u16>,
    /// Whether it resumes another session.
    pub resumption: Resumption,
    /// 0-RTT data.
    pub early_data: EarlyData,
    /// Alerts until the handshake was decided, the first few.
    pub alerts: Vec<Alert>,
    /// What came of the handshake.
    pub outcome: Outcome,
    /// When that was decided.
    pub decided: Moment,
    /// The side of which the capture holds nothing, although it was acknowledged or answered.
    pub unseen_side: Option<Side>,
    /// Whether its secrets are known.
    pub keys: Keys,
}

/// Certificates in DER, leaf first.
pub type Chain = Arc<[Box<[u8]>]>;

/// An end of a TLS connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Who sent the ClientHello.
    Client,
    /// Who answered it.
    Server,
}

/// An ephemeral key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyExchange {
    /// In which group.
    pub group: Group,
    /// The signature scheme of ServerKeyExchange: `None` in TLS 1.3, without authentication, and before TLS 1.2, where it is
    /// MD5 beside SHA-1 for RSA and SHA-1 else (RFC 4346 §7.4.3).
    pub signature: Option<u16>,
}

/// A group in which keys are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Of the IANA registry of supported groups.
    Named(u16),
    /// Diffie-Hellman over a prime that the server sent, of so many bits.
    Prime(u32),
    /// A curve that the server described itself, over a field of so many bits (RFC 4492 §5.4).
    ExplicitCurve(u32),
}

/// Whether a connection resumes a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resumption {
    /// Cannot be told.
    #[default]
    Unknown,
    /// A full handshake.
    No,
    /// It does; the ClientHello of the full handshake behind it, if the capture holds that one and the two can be joined.
    Of(Option<Moment>),
}

/// 0-RTT data (RFC 8446 §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EarlyData {
    /// The client did not offer it.
    #[default]
    NotOffered,
    /// The client sent it, the server refused it.
    Refused,
    /// The client sent it, the server accepted it.
    Accepted,
    /// The client sent it; what the server said is encrypted, or not in the capture.
    Hidden,
}

/// An alert (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its frame.
    pub at: Moment,
    /// Who sent it.
    pub from: Side,
    /// Whether its sender gave the connection up. In TLS 1.3 every alert but `close_notify` and `user_canceled` does. `false` while hidden.
    pub fatal: bool,
    /// Its description, unless encrypted.
    pub description: Sight<u8>,
}

/// What came of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides finished it.
    Established,
    /// A fatal alert ended it (the last of `alerts`).
    Alerted(Side),
    /// One side reset the TCP connection.
    Reset(Side),
    /// One side closed the TCP connection.
    Closed(Side),
    /// Nothing more came until this time on the running clock: the connection was given up as silent, or (`ended`) the capture ended.
    Stalled {
        /// The last moment of the running clock.
        until: Time,
        /// Whether the capture ended there.
        ended: bool,
    },
    /// The capture does not hold enough of it to tell: it began before, a part is missing, or one side was not captured.
    Unseen,
}

/// Whether the secrets of a connection are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// No key log holds any for it.
    #[default]
    Missing,
    /// A key log holds them.
    Found,
    /// A key log holds some under its client random, which decrypt nothing.
    Wrong,
    /// The suite encrypts nothing.
    NotNeeded,
}
