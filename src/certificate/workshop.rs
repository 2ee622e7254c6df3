//! Takes what a test wants of a certificate, gives one, never anything outside of tests.

use std::net::{IpAddr, Ipv4Addr};

use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair};
use rcgen::{KeyUsagePurpose, NameConstraints, SanType};
use x509_parser::pem::Pem;

use super::Certificate;

pub(crate) const PEERING_CA: &str = include_str!("fixtures/peering-ca.pem");
/// Signed by [`PEERING_CA`] over SHA-1.
pub(crate) const RSA_1024_LEAF: &str = include_str!("fixtures/rsa-1024-leaf.pem");
/// What `openssl x509 -fingerprint -sha256` says of it.
pub(crate) const RSA_1024_LEAF_SHA256: &str = "084192748fb90796f72c5673cdeb6f25b034ada914de02a0b7145bfdcec0fb1d";
pub(crate) const MD5_SELF_SIGNED: &str = include_str!("fixtures/md5.pem");
pub(crate) const PSS_SELF_SIGNED: &str = include_str!("fixtures/pss.pem");
pub(crate) const DSA_SELF_SIGNED: &str = include_str!("fixtures/dsa.pem");
pub(crate) const P192_SELF_SIGNED: &str = include_str!("fixtures/p192.pem");
pub(crate) const P521_SELF_SIGNED: &str = include_str!("fixtures/p521.pem");
pub(crate) const ED25519_SELF_SIGNED: &str = include_str!("fixtures/ed25519.pem");

/// The first certificate of a PEM text, in DER.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    Pem::iter_from_buffer(pem.as_bytes()).next().unwrap().unwrap().contents
}

/// A name in subjectAltName.
#[derive(Clone, Copy, Debug)]
pub(crate) enum San<'a> {
    Uri(&'a str),
    Dns(&'a str),
    Ip([u8; 4]),
}

/// What a certificate is to say.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'a> {
    /// `None`: no subjectAltName.
    pub(crate) names: Option<Vec<San<'a>>>,
    pub(crate) common_name: Option<&'a str>,
    /// As object identifiers; `None`: no extendedKeyUsage.
    pub(crate) usages: Option<Vec<&'a [u64]>>,
    /// Year, month and day of the first and the last day.
    pub(crate) from: (i32, u8, u8),
    pub(crate) until: (i32, u8, u8),
    /// `None`: no authority; else the path length.
    pub(crate) authority: Option<Option<u8>>,
    pub(crate) may_sign: bool,
    pub(crate) permitted: Vec<&'a str>,
    pub(crate) excluded: Vec<&'a str>,
    pub(crate) obscure: bool,
    /// The content of a TNAuthList (RFC 8226 §9).
    pub(crate) numbers: Option<&'a [u8]>,
    /// The content of JWTClaimConstraints (RFC 8226 §8), critical, or of the enhanced ones (RFC 9118 §4).
    pub(crate) claims: Option<&'a [u8]>,
    pub(crate) enhanced_claims: Option<&'a [u8]>,
}

pub(crate) const SERVER_AUTH: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
pub(crate) const CLIENT_AUTH: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];
pub(crate) const CODE_SIGNING: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 3];
pub(crate) const SIP_DOMAIN: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 20];
pub(crate) const ANY_USAGE: &[u64] = &[2, 5, 29, 37, 0];

impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            names: None,
            common_name: None,
            usages: None,
            from: (2026, 1, 1),
            until: (2026, 12, 31),
            authority: None,
            may_sign: true,
            permitted: Vec::new(),
            excluded: Vec::new(),
            obscure: false,
            numbers: None,
            claims: None,
            enhanced_claims: None,
        }
    }
}

/// An authority with its key.
pub(crate) struct Authority {
    pub(crate) der: Box<[u8]>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// One that signed itself.
    pub(crate) fn root(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = Draft { common_name: Some(name), authority: Some(None), ..Draft::default() }.params();
        Self { der: params.self_signed(&key).unwrap().der().as_ref().into(), issuer: Issuer::new(params, key) }
    }

    /// One below this one.
    pub(crate) fn authority(&self, draft: &Draft<'_>) -> Self {
        let (key, params) = (KeyPair::generate().unwrap(), draft.params());
        Self { der: params.signed_by(&key, &self.issuer).unwrap().der().as_ref().into(), issuer: Issuer::new(params, key) }
    }

    /// A certificate below this one, and its key (P-256).
    pub(crate) fn issue_with_key(&self, draft: &Draft<'_>) -> (Box<[u8]>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (draft.params().signed_by(&key, &self.issuer).unwrap().der().as_ref().into(), key)
    }

    /// A certificate below this one.
    pub(crate) fn issue(&self, draft: &Draft<'_>) -> Box<[u8]> {
        let key = KeyPair::generate().unwrap();
        draft.params().signed_by(&key, &self.issuer).unwrap().der().as_ref().into()
    }
}

impl Draft<'_> {
    /// A certificate for these names.
    pub(crate) fn for_host(host: &str) -> Draft<'_> {
        Draft { names: Some(vec![San::Dns(host)]), common_name: Some(host), ..Draft::default() }
    }

    pub(crate) fn self_signed(&self) -> Box<[u8]> {
        self.params().self_signed(&KeyPair::generate().unwrap()).unwrap().der().as_ref().into()
    }

    pub(crate) fn issue_self_signed(&self) -> Certificate {
        Certificate::read(&self.self_signed()).unwrap()
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = self.common_name {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.not_before = rcgen::date_time_ymd(self.from.0, self.from.1, self.from.2);
        params.not_after = rcgen::date_time_ymd(self.until.0, self.until.1, self.until.2);
        for name in self.names.iter().flatten() {
            params.subject_alt_names.push(match *name {
                San::Uri(uri) => SanType::URI(uri.try_into().unwrap()),
                San::Dns(host) => SanType::DnsName(host.try_into().unwrap()),
                San::Ip(octets) => SanType::IpAddress(IpAddr::V4(Ipv4Addr::from(octets))),
            });
        }
        params.extended_key_usages = self.usages.iter().flatten().map(|oid| ExtendedKeyUsagePurpose::Other(oid.to_vec())).collect();
        if let Some(length) = self.authority {
            params.is_ca = IsCa::Ca(length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
            params.key_usages = vec![if self.may_sign { KeyUsagePurpose::KeyCertSign } else { KeyUsagePurpose::CrlSign }];
        }
        let trees = |hosts: &[&str]| hosts.iter().map(|h| GeneralSubtree::DnsName((*h).to_owned())).collect::<Vec<_>>();
        if !(self.permitted.is_empty() && self.excluded.is_empty()) {
            let (permitted_subtrees, excluded_subtrees) = (trees(&self.permitted), trees(&self.excluded));
            params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees });
        }
        if self.obscure {
            let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
            extension.set_criticality(true);
            params.custom_extensions.push(extension);
        }
        for (last, content) in [(27, self.claims), (33, self.enhanced_claims)] {
            if let Some(content) = content {
                let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, last], content.to_vec());
                extension.set_criticality(last == 27);
                params.custom_extensions.push(extension);
            }
        }
        if let Some(numbers) = self.numbers {
            params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 26], numbers.to_vec()));
        }
        params
    }
}
