//! Takes a certificate and the key of its supposed issuer, gives whether that key signed it, never whether the algorithm is strong.

use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// What came of checking a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// The key made it.
    Right,
    /// The key did not make it.
    Wrong,
    /// The algorithm is not known here.
    Unknown,
}

/// Whether `issuer` signed `certificate`.
pub(super) fn check(certificate: &X509Certificate<'_>, issuer: &SubjectPublicKeyInfo<'_>) -> Check {
    // RFC 5280 §4.1.1.2: what is said outside is what was signed.
    if certificate.signature_algorithm != certificate.signature {
        return Check::Wrong;
    }
    let Some(algorithm) = algorithm_of(&certificate.signature_algorithm, issuer) else { return Check::Unknown };
    let key = UnparsedPublicKey::new(algorithm, &issuer.subject_public_key.data);
    match key.verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data) {
        Ok(()) => Check::Right,
        Err(_) => Check::Wrong,
    }
}

/// The algorithm of a signature, by its identifier and the key of the issuer. Weak ones are among them: that they are weak is said elsewhere.
fn algorithm_of(algorithm: &AlgorithmIdentifier<'_>, issuer: &SubjectPublicKeyInfo<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let curve = || issuer.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string());
    match algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Some(&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        "1.2.840.113549.1.1.11" => Some(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        "1.2.840.113549.1.1.12" => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        "1.2.840.113549.1.1.13" => Some(&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        "1.2.840.113549.1.1.10" => pss(algorithm),
        "1.2.840.10045.4.3.2" => match curve().as_deref() {
            Some("1.2.840.10045.3.1.7") => Some(&signature::ECDSA_P256_SHA256_ASN1),
            Some("1.3.132.0.34") => Some(&signature::ECDSA_P384_SHA256_ASN1),
            _ => None,
        },
        "1.2.840.10045.4.3.3" => match curve().as_deref() {
            Some("1.2.840.10045.3.1.7") => Some(&signature::ECDSA_P256_SHA384_ASN1),
            Some("1.3.132.0.34") => Some(&signature::ECDSA_P384_SHA384_ASN1),
            _ => None,
        },
        "1.3.101.112" => Some(&signature::ED25519),
        _ => None,
    }
}

/// RFC 4055 §3.1: the hash stands in the parameters.
fn pss(algorithm: &AlgorithmIdentifier<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(algorithm) else { return None };
    match parameters.hash_algorithm_oid().to_id_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => Some(&signature::RSA_PSS_2048_8192_SHA256),
        "2.16.840.1.101.3.4.2.2" => Some(&signature::RSA_PSS_2048_8192_SHA384),
        "2.16.840.1.101.3.4.2.3" => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}
