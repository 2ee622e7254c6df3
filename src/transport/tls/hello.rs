//! Takes the first message of each side, gives what one offered and the other chose, never whether that was wise.

use super::{Moment, TlsVersion};

/// What the client offered (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). After a HelloRetryRequest, the second ClientHello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The frame that completed it.
    pub at: Moment,
    /// `client_version`, which TLS 1.3 calls legacy.
    pub version: TlsVersion,
    /// Of the extension `supported_versions`, without reserved values (RFC 8701); empty where it is absent.
    pub supported_versions: Vec<TlsVersion>,
    /// Cipher suites in order of preference, signalling values and reserved ones left out.
    pub suites: Vec<u16>,
    /// Compression methods.
    pub compressions: Vec<u8>,
    /// The host of `server_name` (RFC 6066 §3).
    pub server_name: Option<Box<str>>,
    /// The protocols of ALPN (RFC 7301).
    pub alpn: Vec<Box<str>>,
    /// Named groups (RFC 8422 §5.1.1, RFC 8446 §4.2.7).
    pub groups: Vec<u16>,
    /// Signature schemes (RFC 8446 §4.2.3).
    pub signature_schemes: Vec<u16>,
    /// Whether it knows secure renegotiation, by extension or by signalling suite (RFC 5746).
    pub secure_renegotiation: bool,
    /// Whether it offers an extended master secret (RFC 7627).
    pub extended_master_secret: bool,
    /// Whether it offers encrypt-then-MAC (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Whether it offers truncated HMAC (RFC 6066 §7).
    pub truncated_hmac: bool,
    /// Whether it sends 0-RTT data (RFC 8446 §4.2.10).
    pub early_data: bool,
    /// Whether another ClientHello is hidden inside (ECH): then `server_name` is the outer name.
    pub encrypted_hello: bool,
    /// Whether it has the form of SSL 2.0 (RFC 5246 §E.2).
    pub sslv2: bool,
}

/// What the server chose (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// The frame that completed it.
    pub at: Moment,
    /// The version that both speak from here on: of `supported_versions` where that is present.
    pub version: TlsVersion,
    /// The cipher suite.
    pub suite: u16,
    /// The compression method.
    pub compression: u8,
    /// Whether secure renegotiation was confirmed (RFC 5746 §3.6).
    pub secure_renegotiation: bool,
    /// Whether an extended master secret was agreed (RFC 7627).
    pub extended_master_secret: bool,
    /// Whether encrypt-then-MAC was agreed (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Whether truncated HMAC was agreed (RFC 6066 §7).
    pub truncated_hmac: bool,
    /// Whether the server asked for another ClientHello before (RFC 8446 §4.1.4).
    pub retried: bool,
    /// Whether a pre-shared key was chosen (RFC 8446 §4.2.11): TLS 1.3 resumes so.
    pub pre_shared_key: bool,
}
