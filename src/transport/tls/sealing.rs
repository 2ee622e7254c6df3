//! Takes the code point of a cipher suite, gives how its records are protected, never an opinion of it.

use super::TlsVersion;
use super::derive::{Hash, Prf, expand_label};
use super::registry::suite;
use super::suite::{Authentication, Cipher, Hash as Registered, KeyExchangeAlgorithm, Mac, Mode};

/// What encrypts the records of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bulk {
    Null,
    Rc4,
    TripleDesCbc,
    Aes128Cbc,
    Aes256Cbc,
    Aes128Gcm,
    Aes256Gcm,
    Aes128Ccm,
    Aes256Ccm,
    Aes128Ccm8,
    Aes256Ccm8,
    ChaCha20Poly1305,
}

impl Bulk {
    pub(super) const fn key_len(self) -> usize {
        match self {
            Self::Null => 0,
            Self::Rc4 | Self::Aes128Cbc | Self::Aes128Gcm | Self::Aes128Ccm | Self::Aes128Ccm8 => 16,
            Self::TripleDesCbc => 24,
            Self::Aes256Cbc | Self::Aes256Gcm | Self::Aes256Ccm | Self::Aes256Ccm8 | Self::ChaCha20Poly1305 => 32,
        }
    }

    /// The length of its blocks, if it chains blocks.
    pub(super) const fn block(self) -> Option<usize> {
        match self {
            Self::TripleDesCbc => Some(8),
            Self::Aes128Cbc | Self::Aes256Cbc => Some(16),
            _ => None,
        }
    }
}

/// What protects the records of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sealing {
    pub(super) bulk: Bulk,
    /// The hash of its MAC; `None` where encryption authenticates.
    pub(super) mac: Option<Hash>,
    hash: Hash,
}

impl Sealing {
    /// That of the suite with this code point, if its records can be opened.
    pub(super) fn of(code: u16) -> Option<Self> {
        // The keys of export suites are derived in another way.
        let suite = suite(code).filter(|suite| !suite.export)?;
        let bulk = match (suite.cipher, suite.mode, suite.bits) {
            (Cipher::Null, ..) => Bulk::Null,
            (Cipher::Rc4, ..) => Bulk::Rc4,
            (Cipher::TripleDes, Mode::Cbc, _) => Bulk::TripleDesCbc,
            (Cipher::Aes, Mode::Cbc, 128) => Bulk::Aes128Cbc,
            (Cipher::Aes, Mode::Cbc, 256) => Bulk::Aes256Cbc,
            (Cipher::Aes, Mode::Gcm, 128) => Bulk::Aes128Gcm,
            (Cipher::Aes, Mode::Gcm, 256) => Bulk::Aes256Gcm,
            (Cipher::Aes, Mode::Ccm, 128) => Bulk::Aes128Ccm,
            (Cipher::Aes, Mode::Ccm, 256) => Bulk::Aes256Ccm,
            (Cipher::Aes, Mode::Ccm8, 128) => Bulk::Aes128Ccm8,
            (Cipher::Aes, Mode::Ccm8, 256) => Bulk::Aes256Ccm8,
            (Cipher::ChaCha20, Mode::Poly1305, _) => Bulk::ChaCha20Poly1305,
            _ => return None,
        };
        let mac = match suite.mac {
            Mac::Md5 => Some(Hash::Md5),
            Mac::Sha1 => Some(Hash::Sha1),
            Mac::Sha256 => Some(Hash::Sha256),
            Mac::Sha384 => Some(Hash::Sha384),
            Mac::Null | Mac::Aead => None,
            Mac::Omac | Mac::Imit => return None,
        };
        let hash = match suite.hash {
            Registered::Sha256 => Hash::Sha256,
            Registered::Sha384 => Hash::Sha384,
            Registered::Sha512 | Registered::Sm3 | Registered::Streebog => return None,
        };
        // RFC 9150: in TLS 1.3 without encryption, HMAC stands where the tag of a cipher does.
        (bulk != Bulk::Null || !suite.is_tls13()).then_some(Self { bulk, mac, hash })
    }

    /// The pseudo-random function that makes its keys.
    pub(super) fn prf(self, version: TlsVersion) -> Prf {
        if version < TlsVersion::TLS12 { Prf::Md5Sha1 } else { Prf::Of(self.hash) }
    }

    /// Whether its records are not encrypted.
    pub(super) fn encrypts_nothing(self) -> bool {
        self.bulk == Bulk::Null
    }

    /// The traffic secret that follows another (RFC 8446 §7.2).
    pub(super) fn next_secret(self, secret: &[u8]) -> Box<[u8]> {
        expand_label(self.hash, secret, "traffic upd", self.hash.len()).into()
    }

    /// The hash of its HKDF.
    pub(super) const fn hash(self) -> Hash {
        self.hash
    }
}

/// How the keys of a suite are agreed, as far as the messages of a handshake depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    /// Finite-field Diffie-Hellman with ephemeral keys.
    Dhe,
    /// The same on an elliptic curve.
    Ecdhe,
    /// Anything else; ServerKeyExchange tells nothing of interest, or is not sent.
    Other,
}

/// How the keys of this suite are agreed, and whether ServerKeyExchange is signed.
pub(super) fn exchange(code: u16) -> (Exchange, bool) {
    let Some(suite) = suite(code) else { return (Exchange::Other, false) };
    let signed = matches!(suite.authentication, Authentication::Rsa | Authentication::Dss | Authentication::Ecdsa);
    // Other suites with ephemeral keys put something of their own in front of them (RFC 4279 §3, RFC 5489 §2).
    let plain = signed || suite.authentication == Authentication::Anonymous;
    match suite.key_exchange {
        KeyExchangeAlgorithm::Dhe if plain => (Exchange::Dhe, signed),
        KeyExchangeAlgorithm::Ecdhe if plain => (Exchange::Ecdhe, signed),
        _ => (Exchange::Other, false),
    }
}

/// The registered name of a suite, or its code point.
pub(super) fn name(code: u16) -> String {
    suite(code).map_or_else(|| format!("{code:#06x}"), |suite| suite.name.to_owned())
}

/// Whether records of this suite are not encrypted.
pub(super) fn encrypts_nothing(code: u16) -> bool {
    suite(code).is_some_and(|suite| suite.cipher == Cipher::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_protected_as_their_names_say() {
        // TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
        assert_eq!(Sealing::of(0xc030), Some(Sealing { bulk: Bulk::Aes256Gcm, mac: None, hash: Hash::Sha384 }));
        // TLS_RSA_WITH_AES_128_CBC_SHA
        assert_eq!(Sealing::of(0x002f), Some(Sealing { bulk: Bulk::Aes128Cbc, mac: Some(Hash::Sha1), hash: Hash::Sha256 }));
        // TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384
        assert_eq!(Sealing::of(0xc028), Some(Sealing { bulk: Bulk::Aes256Cbc, mac: Some(Hash::Sha384), hash: Hash::Sha384 }));
        // TLS_RSA_WITH_AES_256_CCM_8, TLS_AES_128_CCM_SHA256
        assert_eq!(Sealing::of(0xc0a1).map(|s| s.bulk), Some(Bulk::Aes256Ccm8));
        assert_eq!(Sealing::of(0x1304).map(|s| s.bulk), Some(Bulk::Aes128Ccm));
        // TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_RSA_WITH_RC4_128_SHA, TLS_RSA_WITH_NULL_SHA256
        assert_eq!(
            [0x000a, 0x0005, 0x003b].map(|code| Sealing::of(code).map(|s| s.bulk)),
            [Some(Bulk::TripleDesCbc), Some(Bulk::Rc4), Some(Bulk::Null)]
        );
        assert_eq!(Sealing::of(0xfafa), None);
        assert!(encrypts_nothing(0x0002) && !encrypts_nothing(0x1301));
    }

    #[test]
    fn what_signs_a_key_exchange_is_known_from_the_suite() {
        assert_eq!(exchange(0xc02f), (Exchange::Ecdhe, true));
        assert_eq!(exchange(0x0033), (Exchange::Dhe, true));
        assert_eq!(exchange(0x0034), (Exchange::Dhe, false), "TLS_DH_anon_WITH_AES_128_CBC_SHA");
        assert_eq!(exchange(0xc018), (Exchange::Ecdhe, false), "TLS_ECDH_anon_WITH_AES_128_CBC_SHA");
        assert_eq!(exchange(0x003c), (Exchange::Other, false));
    }
}
