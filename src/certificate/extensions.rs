//! Takes the extensions of a certificate, gives what it says of its names, its purpose and its place in a chain, never what follows from that.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};

/// What a certificate may be used for (RFC 5280 §4.2.1.12, RFC 5924 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Anything.
    Any,
    /// A TLS server.
    Server,
    /// A TLS client.
    Client,
    /// A SIP domain.
    SipDomain,
    /// Something else.
    Other,
}

/// The names in subjectAltName (RFC 5280 §4.2.1.6). What is there and cannot be read is no name, but the extension is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AlternativeNames {
    pub(super) uris: Vec<Box<str>>,
    pub(super) hosts: Vec<Box<str>>,
    pub(super) addresses: Vec<IpAddr>,
}

/// What the policy wants of extended key usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageTerms {
    /// `sip-domain`: where usages are named, that of a SIP domain or any is among them.
    SipDomain,
    /// `server-client-ok`: that of the role in TLS will do too.
    ServerClientOk,
    /// `any`: nothing.
    Any,
}

impl UsageTerms {
    /// What the word of the policy means.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "sip-domain" => Some(Self::SipDomain),
            "server-client-ok" => Some(Self::ServerClientOk),
            "any" => Some(Self::Any),
            _ => None,
        }
    }

    /// Whether a certificate with these usages may be used in a role; without the extension it may be used for anything (RFC 5924 §4).
    #[must_use]
    pub fn allow(self, usages: Option<&[Usage]>, role: Usage) -> bool {
        let Some(usages) = usages else { return true };
        match self {
            Self::Any => true,
            Self::SipDomain => usages.iter().any(|u| matches!(u, Usage::Any | Usage::SipDomain)),
            Self::ServerClientOk => usages.iter().any(|&u| matches!(u, Usage::Any | Usage::SipDomain) || u == role),
        }
    }
}

/// The extended key usages; empty where the extension is there and cannot be read.
pub(super) fn usages(certificate: &X509Certificate<'_>) -> Option<Vec<Usage>> {
    let extension = certificate.extensions().iter().find(|e| e.oid.to_id_string() == "2.5.29.37")?;
    let ParsedExtension::ExtendedKeyUsage(named) = extension.parsed_extension() else { return Some(Vec::new()) };
    let other = |oid: &_| if is_sip_domain(oid) { Usage::SipDomain } else { Usage::Other };
    let known = [(named.any, Usage::Any), (named.server_auth, Usage::Server), (named.client_auth, Usage::Client)];
    let known = known.into_iter().filter(|&(is, _)| is).map(|(_, usage)| usage);
    Some(known.chain(named.other.iter().map(other)).collect())
}

/// id-kp-sipDomain (RFC 5924 §3).
fn is_sip_domain(oid: &x509_parser::der_parser::asn1_rs::Oid<'_>) -> bool {
    oid.to_id_string() == "1.3.6.1.5.5.7.3.20"
}

/// The names in subjectAltName, where that is present.
pub(super) fn alternative_names(certificate: &X509Certificate<'_>) -> Option<AlternativeNames> {
    let mut names = None;
    for extension in certificate.extensions().iter().filter(|e| e.oid.to_id_string() == "2.5.29.17") {
        let names = names.get_or_insert_with(AlternativeNames::default);
        let ParsedExtension::SubjectAlternativeName(listed) = extension.parsed_extension() else { continue };
        for name in &listed.general_names {
            match name {
                GeneralName::URI(uri) => names.uris.push((*uri).into()),
                GeneralName::DNSName(host) => names.hosts.push((*host).into()),
                GeneralName::IPAddress(octets) => names.addresses.extend(address(octets)),
                _ => {}
            }
        }
    }
    names
}

/// RFC 5280 §4.2.1.6: four or sixteen octets.
fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
    }
}

/// What a certificate says of signing others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    /// basicConstraints: `None` where the extension is absent, `Some(false)` where it denies.
    pub(super) authority: Option<bool>,
    /// How many certificates of other authorities may follow (RFC 5280 §4.2.1.9).
    pub(super) path_length: Option<u32>,
    /// Whether keyUsage lets it sign certificates; where that is absent, it does.
    pub(super) may_sign: bool,
    /// Whether a critical extension is there that is not understood here.
    pub(super) obscure: bool,
}

pub(super) fn authority(certificate: &X509Certificate<'_>) -> Authority {
    let mut found = Authority { authority: None, path_length: None, may_sign: true, obscure: false };
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => {
                (found.authority, found.path_length) = (Some(basic.ca), basic.path_len_constraint);
            }
            ParsedExtension::KeyUsage(usage) => found.may_sign = usage.key_cert_sign(),
            ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::NameConstraints(_)
            // Policies do not decide whom a chain leads to where nobody asks for a policy (RFC 5280 §6.1.1, user-initial-policy-set).
            | ParsedExtension::CertificatePolicies(_)
            | ParsedExtension::PolicyMappings(_)
            | ParsedExtension::PolicyConstraints(_)
            | ParsedExtension::InhibitAnyPolicy(_) => {}
            _ => found.obscure |= extension.critical && !is_telephone_authority(&extension.oid.to_id_string()),
        }
    }
    found
}

/// TNAuthList, JWTClaimConstraints (RFC 8226 §9, §8) and the enhanced ones (RFC 9118 §4): what may be signed is no question of whom a chain leads to.
fn is_telephone_authority(oid: &str) -> bool {
    matches!(oid, "1.3.6.1.5.5.7.1.26" | "1.3.6.1.5.5.7.1.27" | "1.3.6.1.5.5.7.1.33")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::workshop::{ANY_USAGE, CLIENT_AUTH, CODE_SIGNING, Draft, SERVER_AUTH, SIP_DOMAIN};

    /// In which of the three modes a server may use a certificate with these usages.
    fn allowed(usages: Option<&[&[u64]]>) -> [bool; 3] {
        let certificate = Draft { usages: usages.map(<[_]>::to_vec), ..Draft::default() }.issue_self_signed();
        ["sip-domain", "server-client-ok", "any"].map(|word| certificate.allows(UsageTerms::of(word).unwrap(), Usage::Server))
    }

    /// `standards.md` §5.7.2, the paragraph on EKU; RFC 5924 §4.
    #[test]
    fn usages_are_allowed_as_the_policy_wants() {
        assert_eq!(allowed(None), [true, true, true], "absent: any use");
        assert_eq!(allowed(Some(&[SIP_DOMAIN])), [true, true, true]);
        assert_eq!(allowed(Some(&[CODE_SIGNING, ANY_USAGE])), [true, true, true]);
        assert_eq!(allowed(Some(&[SERVER_AUTH, CLIENT_AUTH])), [false, true, true]);
        assert_eq!(allowed(Some(&[CLIENT_AUTH])), [false, false, true], "the role of the other side");
        assert_eq!(allowed(Some(&[CODE_SIGNING])), [false, false, true]);
        assert_eq!(UsageTerms::of("strict"), None);
    }
}
