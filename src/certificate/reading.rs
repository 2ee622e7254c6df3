//! Takes one certificate in DER, gives what it says, never whether to believe it.

use std::fmt::Write;

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::extensions::{AlternativeNames, Usage, UsageTerms, alternative_names, authority, usages};
use super::key::{Key, SignatureHash};
use super::name;
use crate::base::{Time, seconds};

/// So many names of one certificate a report shows.
const SHOWN_NAMES: usize = 4;

/// A certificate as far as it can be read (RFC 5280 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub(super) der: Box<[u8]>,
    /// SHA-256 over all of it.
    pub sha256: [u8; 32],
    /// Whom it is for, as one line.
    pub subject: String,
    /// Who signed it, as one line.
    pub issuer: String,
    /// The most specific common name.
    pub common_name: Option<String>,
    /// The first moment that it holds.
    pub not_before: Time,
    /// The last moment that it holds.
    pub not_after: Time,
    pub(super) alternative_names: Option<AlternativeNames>,
    /// What it may be used for; `None`: anything.
    pub usages: Option<Vec<Usage>>,
    /// Its key.
    pub key: Key,
    /// What its signature is over.
    pub signature_hash: SignatureHash,
    /// Whether it names itself as its issuer.
    pub self_issued: bool,
    /// Whether it may be the issuer of others.
    pub is_authority: bool,
}

impl Certificate {
    /// Reads a certificate; `None` where it is none.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let x509 = parse(der)?;
        let (from, until) = (x509.validity().not_before, x509.validity().not_after);
        Some(Self {
            der: x509.as_raw().into(),
            sha256: Sha256::digest(x509.as_raw()).into(),
            subject: name::line(x509.subject()),
            issuer: name::line(x509.issuer()),
            common_name: name::common_name(x509.subject()),
            not_before: instant(from),
            // Until the end of that second (RFC 5280 §4.1.2.5: the period includes it).
            not_after: instant(until).plus(seconds(1) - 1),
            alternative_names: alternative_names(&x509),
            usages: usages(&x509),
            key: Key::of(x509.public_key()),
            signature_hash: SignatureHash::of(&x509.signature_algorithm),
            self_issued: x509.subject().as_raw() == x509.issuer().as_raw(),
            is_authority: authority(&x509).authority == Some(true),
        })
    }

    /// Whether it holds at a time.
    #[must_use]
    pub fn holds_at(&self, time: Time) -> bool {
        self.not_before <= time && time <= self.not_after
    }

    /// Whether it may be used in a role as the policy wants.
    #[must_use]
    pub fn allows(&self, terms: UsageTerms, role: Usage) -> bool {
        terms.allow(self.usages.as_deref(), role)
    }

    /// The content of an extension, by its object identifier; `None` where it has none.
    #[must_use]
    pub fn extension(&self, oid: &str) -> Option<Box<[u8]>> {
        let x509 = self.x509()?;
        x509.extensions().iter().find(|e| e.oid.to_id_string() == oid).map(|e| e.value.into())
    }

    /// Whether its key made a signature of ECDSA over P-256 and SHA-256, R and S one after the other (ES256, RFC 7518 §3.4);
    /// `None` where it has another kind of key.
    #[must_use]
    pub fn signed_es256(&self, message: &[u8], signature: &[u8]) -> Option<bool> {
        let x509 = self.x509()?;
        let curve = x509.public_key().algorithm.parameters.as_ref()?.as_oid().ok()?;
        (curve.to_id_string() == "1.2.840.10045.3.1.7").then_some(())?;
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &x509.public_key().subject_public_key.data);
        Some(key.verify(message, signature).is_ok())
    }

    /// The parsed form, for questions that this one does not answer.
    pub(super) fn x509(&self) -> Option<X509Certificate<'_>> {
        parse(&self.der)
    }

    /// The fingerprint in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.sha256.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The names in subjectAltName as a report shows them: `URI:sip:a.example, DNS:b.example`; `None` where there is no such extension.
    #[must_use]
    pub fn alternative_names(&self) -> Option<String> {
        let names = self.alternative_names.as_ref()?;
        let uris = names.uris.iter().map(|uri| format!("URI:{uri}"));
        let hosts = names.hosts.iter().map(|host| format!("DNS:{host}"));
        let addresses = names.addresses.iter().map(|ip| format!("IP:{ip}"));
        let total = names.uris.len() + names.hosts.len() + names.addresses.len();
        let mut text = uris.chain(hosts).chain(addresses).take(SHOWN_NAMES).collect::<Vec<_>>().join(", ");
        if total > SHOWN_NAMES {
            text.push_str(&format!(" and {} more", total - SHOWN_NAMES));
        }
        Some(name::shown(if total == 0 { "empty" } else { &text }))
    }
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, x509)| x509)
}

/// Years beyond those that nanoseconds can count are the last of those.
fn instant(time: ASN1Time) -> Time {
    Time(time.timestamp().saturating_mul(seconds(1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::certificate::workshop::{self, Draft, San};
    use crate::certificate::{Anchors, Identities, Presented};

    #[test]
    fn a_certificate_made_by_openssl_is_read() {
        let leaf = Certificate::read(&workshop::der(workshop::RSA_1024_LEAF)).unwrap();
        assert_eq!((leaf.subject.as_str(), leaf.issuer.as_str()), ("C=DE, O=Alpha Telecom AG, CN=sbc.alpha.example", "CN=Peering CA"));
        assert_eq!(leaf.common_name.as_deref(), Some("sbc.alpha.example"));
        assert_eq!(leaf.alternative_names().as_deref(), Some("URI:sip:alpha.example, DNS:sbc.alpha.example"));
        assert_eq!((leaf.key.to_string().as_str(), leaf.signature_hash), ("RSA 1024", SignatureHash::Sha1));
        assert_eq!(leaf.usages.as_deref(), Some(&[Usage::Server, Usage::Client, Usage::SipDomain][..]));
        assert!(!leaf.self_issued && !leaf.is_authority);
        assert_eq!(leaf.not_before.to_string(), "2026-01-01T00:00:00.000000000Z");
        assert_eq!(leaf.not_after.to_string(), "2026-12-31T23:59:59.999999999Z");
        assert_eq!(leaf.fingerprint(), workshop::RSA_1024_LEAF_SHA256);
    }

    #[test]
    fn keys_and_signatures_are_as_openssl_made_them() {
        for (pem, key, hash) in [
            (workshop::DSA_SELF_SIGNED, Key::Dsa, SignatureHash::Strong),
            (workshop::P192_SELF_SIGNED, Key::Ec(192), SignatureHash::Strong),
            (workshop::P521_SELF_SIGNED, Key::Ec(521), SignatureHash::Strong),
            (workshop::MD5_SELF_SIGNED, Key::Rsa(2048), SignatureHash::Md5),
            (workshop::PSS_SELF_SIGNED, Key::Rsa(2048), SignatureHash::Strong),
            (workshop::ED25519_SELF_SIGNED, Key::Edwards(255), SignatureHash::Strong),
        ] {
            let certificate = Certificate::read(&workshop::der(pem)).unwrap();
            assert_eq!((certificate.key, certificate.signature_hash), (key, hash), "{}", certificate.subject);
        }
    }

    #[test]
    fn names_are_shown_few_and_without_control_characters() {
        let names = ["a", "b", "c", "d", "e", "f"].map(San::Dns).to_vec();
        let certificate = Draft { names: Some(names), common_name: Some("a\u{1b}[2Jb"), ..Draft::default() }.issue_self_signed();
        assert_eq!(certificate.alternative_names().as_deref(), Some("DNS:a, DNS:b, DNS:c, DNS:d and 2 more"));
        assert_eq!(certificate.subject, "CN=a?[2Jb");
    }

    proptest! {
        /// Whatever octets of a certificate are changed, removed or repeated, it is read or refused.
        #[test]
        fn a_damaged_certificate_stops_nobody(
            which in 0usize..4,
            edits in proptest::collection::vec((any::<u16>(), any::<u8>(), 0u8..4), 1..12),
        ) {
            let mut der = workshop::der([workshop::RSA_1024_LEAF, workshop::DSA_SELF_SIGNED, workshop::PSS_SELF_SIGNED, workshop::P521_SELF_SIGNED][which]);
            for (at, value, edit) in edits {
                let at = usize::from(at) % der.len().max(1);
                match edit {
                    0 if !der.is_empty() => der[at] = value,
                    1 if !der.is_empty() => drop(der.remove(at)),
                    2 => der.insert(at, value),
                    _ => der.truncate(at.max(8)),
                }
            }
            let anchors = Anchors::of([workshop::der(workshop::PEERING_CA)]);
            let presented = Presented::read(&[der.into_boxed_slice(), workshop::der(workshop::PEERING_CA).into()]);
            let _ = anchors.judge(&presented);
            if let Some(leaf) = presented.leaf() {
                let _ = (leaf.alternative_names(), leaf.fingerprint(), Identities::of(leaf).identify("alpha.example"));
            }
        }

        #[test]
        fn random_octets_are_no_certificate(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(Certificate::read(&noise), None);
        }
    }
}
