//! Takes a public key or the algorithm of a signature, gives how strong it is, never whether that is enough.

use std::fmt;

use x509_parser::der_parser::asn1_rs::Oid;
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// RSA with a modulus of so many bits.
    Rsa(u32),
    /// A curve over a field of so many bits.
    Ec(u32),
    /// Ed25519 or Ed448, over a field of so many bits.
    Edwards(u32),
    /// DSA.
    Dsa,
    /// Another algorithm, by its object identifier, or one whose key cannot be read.
    Other(Box<str>),
}

impl Key {
    pub(super) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let oid = info.algorithm.algorithm.to_id_string();
        match oid.as_str() {
            // RFC 8410 §3.
            "1.3.101.112" => return Self::Edwards(255),
            "1.3.101.113" => return Self::Edwards(448),
            // RFC 3279 §2.3.2; its key is a number alone, whose length tells nothing of the group.
            "1.2.840.10040.4.1" => return Self::Dsa,
            // RFC 4055 §1.2: keys for RSASSA-PSS only.
            "1.2.840.113549.1.1.10" => {
                let key = x509_parser::der_parser::parse_der(&info.subject_public_key.data).ok();
                let modulus = key.as_ref().and_then(|(_, key)| key.as_sequence().ok()?.first()?.as_slice().ok());
                return modulus.map_or(Self::Other(oid.into()), |m| Self::Rsa(bits(m)));
            }
            _ => {}
        }
        match info.parsed() {
            Ok(PublicKey::RSA(key)) => Self::Rsa(bits(key.modulus)),
            Ok(PublicKey::EC(point)) => {
                let curve = info.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
                Self::Ec(curve.as_ref().and_then(field_of).unwrap_or_else(|| field_of_point(point.data())))
            }
            _ => Self::Other(oid.into()),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ec(bits) => write!(f, "EC {bits}"),
            Self::Edwards(255) => f.write_str("Ed25519"),
            Self::Edwards(_) => f.write_str("Ed448"),
            Self::Dsa => f.write_str("DSA"),
            Self::Other(oid) => write!(f, "key of algorithm {oid}"),
        }
    }
}

/// The bits of an unsigned number.
fn bits(number: &[u8]) -> u32 {
    let significant = number.iter().position(|&b| b != 0).and_then(|at| number.get(at..)).unwrap_or_default();
    let whole = u32::try_from(significant.len()).unwrap_or(u32::MAX).saturating_mul(8);
    whole.saturating_sub(significant.first().map_or(0, |b| b.leading_zeros()))
}

/// The field of a named curve, where its points are longer than it (SEC 2, RFC 5639).
fn field_of(curve: &Oid<'_>) -> Option<u32> {
    match curve.to_id_string().as_str() {
        "1.3.132.0.35" => Some(521),
        "1.3.132.0.1" | "1.3.132.0.2" | "1.3.132.0.15" => Some(163),
        "1.3.132.0.26" | "1.3.132.0.27" => Some(233),
        "1.3.132.0.3" => Some(239),
        "1.3.132.0.16" | "1.3.132.0.17" => Some(283),
        "1.3.132.0.36" | "1.3.132.0.37" => Some(409),
        "1.3.132.0.38" | "1.3.132.0.39" => Some(571),
        _ => None,
    }
}

/// The field that a point is over, from its length (SEC 1 §2.3.3): `02` or `03` and one coordinate, `04` and two.
fn field_of_point(point: &[u8]) -> u32 {
    let coordinates = point.len().saturating_sub(1);
    let octets = if matches!(point.first(), Some(2 | 3)) { coordinates } else { coordinates / 2 };
    u32::try_from(octets).unwrap_or(u32::MAX).saturating_mul(8)
}

/// The hash that a signature is over, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureHash {
    /// MD2, MD4 or MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-2 and better, the hash inside of EdDSA, and what is not known here.
    Strong,
}

impl SignatureHash {
    pub(super) fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        match algorithm.algorithm.to_id_string().as_str() {
            // RFC 8017 appendix C: md2, md4, md5WithRSAEncryption; OIW: md4WithRSA, md5WithRSA.
            "1.2.840.113549.1.1.2" | "1.2.840.113549.1.1.3" | "1.2.840.113549.1.1.4" | "1.3.14.3.2.2" | "1.3.14.3.2.3" => Self::Md5,
            // sha1WithRSAEncryption; OIW: dsaWithSHA1, sha1WithRSA; dsa-with-sha1 and ecdsa-with-SHA1 (RFC 3279 §2.2).
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.27" | "1.3.14.3.2.29" | "1.2.840.10040.4.3" | "1.2.840.10045.4.1" => Self::Sha1,
            // RFC 4055 §3.1: without parameters the hash is SHA-1.
            "1.2.840.113549.1.1.10" => match SignatureAlgorithm::try_from(algorithm) {
                Ok(SignatureAlgorithm::RSASSA_PSS(pss)) if pss.hash_algorithm_oid().to_id_string() != "1.3.14.3.2.26" => Self::Strong,
                Ok(SignatureAlgorithm::RSASSA_PSS(_)) => Self::Sha1,
                _ => Self::Strong,
            },
            _ => Self::Strong,
        }
    }

    /// Its name, where it is a weak one.
    #[must_use]
    pub const fn weak(self) -> Option<&'static str> {
        match self {
            Self::Md5 => Some("MD5"),
            Self::Sha1 => Some("SHA-1"),
            Self::Strong => None,
        }
    }
}
