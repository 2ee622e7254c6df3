//! Takes the facts of a cipher suite, gives the classes that RFC 9325 sorts it into, never parses a name.

/// A cipher suite as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// The code point, first octet high.
    pub code: u16,
    /// The registered name.
    pub name: &'static str,
    /// How the keys are agreed.
    pub key_exchange: KeyExchangeAlgorithm,
    /// How the server proves who it is.
    pub authentication: Authentication,
    /// The cipher of the records.
    pub cipher: Cipher,
    /// What the cipher is worth: the length of its key, but 112 for Triple DES, whose key has 168 bits.
    pub bits: u16,
    /// How the cipher is used.
    pub mode: Mode,
    /// What protects the records from change.
    pub mac: Mac,
    /// The hash of the pseudorandom function from TLS 1.2 on, and of HKDF in TLS 1.3.
    pub hash: Hash,
    /// Whether the keys were weakened for export.
    pub export: bool,
}

/// How the keys of a connection are agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyExchangeAlgorithm {
    /// Not at all.
    Null,
    /// Left to extensions (TLS 1.3).
    Any,
    /// The client encrypts the secret to the RSA key of the server.
    Rsa,
    /// Diffie-Hellman with the key in the certificate.
    Dh,
    /// Diffie-Hellman with a key for once.
    Dhe,
    /// Diffie-Hellman over a curve with the key in the certificate.
    Ecdh,
    /// Diffie-Hellman over a curve with a key for once.
    Ecdhe,
    /// A key agreed beforehand, alone.
    Psk,
    /// Kerberos (RFC 2712).
    Kerberos,
    /// Secure remote password (RFC 5054).
    Srp,
    /// Password over a curve (RFC 8492).
    Password,
    /// VKO with the key in the certificate of the server (RFC 9189).
    Gost,
}

/// How the server proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Authentication {
    /// Not at all.
    Anonymous,
    /// Left to extensions (TLS 1.3).
    Any,
    Rsa,
    Dss,
    Ecdsa,
    Psk,
    Kerberos,
    Srp,
    Password,
    Gost,
}

/// The cipher of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Cipher {
    /// None: everyone reads the records.
    Null,
    Rc2,
    Rc4,
    Des,
    TripleDes,
    Idea,
    Seed,
    Aes,
    Camellia,
    Aria,
    ChaCha20,
    Sm4,
    Kuznyechik,
    Magma,
}

/// How the cipher is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Mode {
    /// There is no cipher.
    Null,
    /// A stream cipher with a MAC beside it.
    Stream,
    Cbc,
    Gcm,
    Ccm,
    /// CCM with a tag of eight octets.
    Ccm8,
    Poly1305,
    Aegis,
    Ctr,
    Cnt,
    Mgm,
}

/// What protects the records from change; a hash means HMAC with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Mac {
    Null,
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Omac,
    Imit,
    /// The mode of the cipher does.
    Aead,
}

/// The hash of the pseudorandom function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
    Sm3,
    Streebog,
}

/// A class of suites that a policy can forbid, or that RFC 9325 advises for or against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// No encryption (RFC 9325 §4.1: MUST NOT).
    Null,
    /// No authentication (RFC 5246 §F.1.1.1).
    Anon,
    /// RC4 (RFC 7465, RFC 9325 §4.1: MUST NOT).
    Rc4,
    /// Weakened for export (RFC 9325 §4.1: MUST NOT).
    Export,
    /// Less than 112 bits (RFC 9325 §4.1: MUST NOT).
    Lt112,
    /// Less than 128 bits (RFC 9325 §4.1: SHOULD NOT).
    Lt128,
    /// Key transport by RSA (RFC 9325 §4.1: SHOULD NOT).
    StaticRsa,
    /// Diffie-Hellman with the key in the certificate (RFC 9325 §4.1: SHOULD NOT).
    StaticDh,
    /// Ephemeral Diffie-Hellman over a finite field (RFC 9325 §4.1: SHOULD NOT).
    Dhe,
    /// CBC, which is weak unless the MAC goes last (RFC 7366, RFC 9325 §4.2.1).
    Cbc,
    /// Triple DES.
    TripleDes,
    /// Recommended (RFC 9325 §4.2 for TLS 1.2, RFC 8446 §9.1 for TLS 1.3).
    Recommended,
}

impl Class {
    /// Every class.
    pub const ALL: &[Self] = &[
        Self::Null,
        Self::Anon,
        Self::Rc4,
        Self::Export,
        Self::Lt112,
        Self::Lt128,
        Self::StaticRsa,
        Self::StaticDh,
        Self::Dhe,
        Self::Cbc,
        Self::TripleDes,
        Self::Recommended,
    ];

    /// The word for it in a policy and in a report.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Anon => "anon",
            Self::Rc4 => "rc4",
            Self::Export => "export",
            Self::Lt112 => "lt112",
            Self::Lt128 => "lt128",
            Self::StaticRsa => "static-rsa",
            Self::StaticDh => "static-dh",
            Self::Dhe => "dhe",
            Self::Cbc => "cbc",
            Self::TripleDes => "3des",
            Self::Recommended => "recommended",
        }
    }

    /// The class that a policy means by a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.word() == word)
    }
}

impl Suite {
    /// Whether the suite is of a class.
    #[must_use]
    pub const fn is(&self, class: Class) -> bool {
        match class {
            Class::Null => matches!(self.cipher, Cipher::Null),
            Class::Anon => matches!(self.authentication, Authentication::Anonymous),
            Class::Rc4 => matches!(self.cipher, Cipher::Rc4),
            Class::Export => self.export,
            Class::Lt112 => self.bits < 112,
            Class::Lt128 => self.bits < 128,
            Class::StaticRsa => matches!(self.key_exchange, KeyExchangeAlgorithm::Rsa),
            Class::StaticDh => {
                matches!(self.key_exchange, KeyExchangeAlgorithm::Dh | KeyExchangeAlgorithm::Ecdh | KeyExchangeAlgorithm::Gost)
            }
            Class::Dhe => matches!(self.key_exchange, KeyExchangeAlgorithm::Dhe),
            Class::Cbc => matches!(self.mode, Mode::Cbc),
            Class::TripleDes => matches!(self.cipher, Cipher::TripleDes),
            Class::Recommended => matches!(self.code, 0xC02B | 0xC02C | 0xC02F | 0xC030 | 0x1301..=0x1303),
        }
    }

    /// The classes of the suite, the gravest first.
    pub fn classes(&self) -> impl Iterator<Item = Class> {
        Class::ALL.iter().copied().filter(|&class| self.is(class))
    }

    /// Whether the suite exists in TLS 1.3 only, or in earlier versions only.
    #[must_use]
    pub const fn is_tls13(&self) -> bool {
        matches!(self.key_exchange, KeyExchangeAlgorithm::Any)
    }

    /// The length of the key that the cipher is given, in octets.
    #[must_use]
    pub const fn key_octets(&self) -> usize {
        match self.cipher {
            Cipher::TripleDes => 24,
            // Eight of every 64 bits are parity; keys for export are stretched to this length (RFC 2246 §6.3.1).
            Cipher::Des => 8,
            _ if self.export => 16,
            _ => self.bits as usize / 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::{suite, suites};
    use super::*;

    fn classes(code: u16) -> Vec<&'static str> {
        suite(code).unwrap().classes().map(Class::word).collect()
    }

    #[test]
    fn suites_fall_into_the_classes_of_rfc_9325() {
        assert_eq!(classes(0x0005), ["rc4", "static-rsa"]);
        assert_eq!(classes(0x0003), ["rc4", "export", "lt112", "lt128", "static-rsa"]);
        assert_eq!(classes(0x0002), ["null", "lt112", "lt128", "static-rsa"]);
        assert_eq!(classes(0x000A), ["lt128", "static-rsa", "cbc", "3des"]);
        assert_eq!(classes(0x002F), ["static-rsa", "cbc"]);
        assert_eq!(classes(0x009C), ["static-rsa"]);
        assert_eq!(classes(0x0033), ["dhe", "cbc"]);
        assert_eq!(classes(0x0034), ["anon", "dhe", "cbc"]);
        assert_eq!(classes(0xC031), ["static-dh"]);
        assert_eq!(classes(0xC013), ["cbc"]);
        assert_eq!(classes(0xC02F), ["recommended"]);
        assert_eq!(classes(0xCCA8), [""; 0]);
        assert_eq!(classes(0x1301), ["recommended"]);
        // RFC 9150: TLS 1.3 without encryption.
        assert_eq!(classes(0xC0B4), ["null", "lt112", "lt128"]);
    }

    #[test]
    fn what_rfc_9325_recommends_has_no_fault() {
        let recommended: Vec<&Suite> = suites().filter(|s| s.is(Class::Recommended)).collect();
        assert_eq!(recommended.len(), 7);
        assert!(recommended.iter().all(|s| s.classes().count() == 1));
    }

    #[test]
    fn every_class_has_its_word() {
        for &class in Class::ALL {
            assert_eq!(Class::of(class.word()), Some(class));
        }
        assert_eq!(Class::of("weak"), None);
    }

    #[test]
    fn keys_have_the_lengths_that_the_ciphers_take() {
        // RFC 5246 appendix C.
        for (code, octets) in [(0x0005, 16), (0x000A, 24), (0x002F, 16), (0x0035, 32), (0x0002, 0), (0x0009, 8), (0x1303, 32)] {
            assert_eq!(suite(code).unwrap().key_octets(), octets);
        }
    }
}
