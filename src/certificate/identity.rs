//! Takes a certificate, gives the SIP domains that it identifies (RFC 5922 §7.1), never an address and never a wildcard match.

use super::Certificate;

/// Where the SIP identities of a certificate come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// `sip` URIs without a user in subjectAltName.
    Uri,
    /// DNS names in subjectAltName.
    Dns,
    /// The common name, for want of subjectAltName.
    CommonName,
}

/// The SIP domains that a certificate identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identities<'a> {
    /// Where they come from.
    pub source: IdentitySource,
    /// As written.
    pub domains: Vec<&'a str>,
}

impl<'a> Identities<'a> {
    /// RFC 5922 §7.1: acceptable URIs, and only where there are none the DNS names, and only without subjectAltName the common name.
    #[must_use]
    pub fn of(certificate: &'a Certificate) -> Self {
        let Some(names) = &certificate.alternative_names else {
            let name = certificate.common_name.as_deref().filter(|name| is_host_name(name));
            return Self { source: IdentitySource::CommonName, domains: name.into_iter().collect() };
        };
        let uris: Vec<&str> = names.uris.iter().filter_map(|uri| sip_host(uri)).collect();
        if !uris.is_empty() {
            return Self { source: IdentitySource::Uri, domains: uris };
        }
        Self { source: IdentitySource::Dns, domains: names.hosts.iter().map(|host| &**host).collect() }
    }

    /// Whether one of them is this domain (RFC 5922 §7.2): the whole name, in any case; an asterisk means nothing but itself.
    #[must_use]
    pub fn identify(&self, domain: &str) -> bool {
        self.domains.iter().any(|identity| identity.eq_ignore_ascii_case(domain))
    }

    /// Whether a wildcard among them would have matched this domain where wildcards count (RFC 6125 §6.4.3), as they do not here.
    #[must_use]
    pub fn wildcard_would_match(&self, domain: &str) -> bool {
        let Some((_, parent)) = domain.split_once('.') else { return false };
        self.domains.iter().any(|identity| identity.strip_prefix("*.").is_some_and(|rest| rest.eq_ignore_ascii_case(parent)))
    }
}

/// The host of a `sip` URI without a user; of anything else `None` (`sips` does not count).
fn sip_host(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("sip") || rest.contains('@') {
        return None;
    }
    let host = match rest.strip_prefix('[') {
        Some(v6) => rest.get(..v6.find(']')? + 2)?,
        None => rest.split([':', ';', '?']).next()?,
    };
    (!host.is_empty()).then_some(host)
}

/// RFC 1123 §2.1, with an asterisk as a first label, so that a wildcard can be seen for what it is.
fn is_host_name(name: &str) -> bool {
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= 253 && labels.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::workshop::{Draft, San};

    fn identified(names: Option<&[San<'_>]>, common_name: Option<&str>, domain: &str) -> bool {
        let certificate = Draft { names: names.map(<[_]>::to_vec), common_name, ..Draft::default() }.issue_self_signed();
        Identities::of(&certificate).identify(domain)
    }

    /// `standards.md` §5.7.2, the oracle table, row by row.
    #[test]
    fn identities_are_those_of_rfc_5922() {
        use San::{Dns, Uri};
        let net = "example.net";
        assert!(identified(Some(&[Uri("sip:example.net")]), None, net));
        assert!(identified(Some(&[Uri("SIP:Example.NET")]), None, net));
        assert!(identified(Some(&[Uri("sip:alice@example.net"), Dns(net)]), None, net), "no acceptable URI, so the DNS name counts");
        assert!(!identified(Some(&[Uri("sip:a.example.net"), Dns(net)]), None, net), "an acceptable URI hides the DNS name");
        assert!(!identified(Some(&[Uri("sips:example.net")]), None, net));
        assert!(!identified(Some(&[Dns("*.example.net")]), None, "sbc.example.net"));
        assert!(!identified(Some(&[Dns(net)]), None, "sbc.example.net"));
        assert!(identified(None, Some(net), net));
        assert!(!identified(Some(&[Dns("other.example")]), Some(net), net), "subjectAltName is there: the common name is not used");
    }

    #[test]
    fn the_source_of_an_identity_and_a_vain_wildcard_are_told() {
        let issue = |names, common_name| Draft { names, common_name, ..Draft::default() }.issue_self_signed();
        let wild = issue(Some(vec![San::Dns("*.example.net")]), None);
        assert!(Identities::of(&wild).wildcard_would_match("sbc.example.net"));
        assert!(!Identities::of(&wild).wildcard_would_match("a.sbc.example.net"));
        assert!(Identities::of(&wild).identify("*.example.net"), "only the literal name matches");
        let bare = issue(None, Some("example.net"));
        assert_eq!(Identities::of(&bare).source, IdentitySource::CommonName);
        assert_eq!(Identities::of(&issue(None, Some("Alpha Telecom"))).domains, [""; 0]);
        assert_eq!(Identities::of(&issue(Some(vec![San::Ip([192, 0, 2, 1])]), Some("example.net"))).domains, [""; 0]);
    }

    #[test]
    fn the_host_of_a_uri_is_found_behind_port_and_parameters() {
        for (uri, host) in [
            ("sip:a.example:5061", "a.example"),
            ("sip:a.example;transport=tls?x=y", "a.example"),
            ("sip:[2001:db8::1]:5061", "[2001:db8::1]"),
        ] {
            assert_eq!(sip_host(uri), Some(host));
        }
        for odd in ["sip:", "sip", "tel:+4930", "sip:[::1", "sip:u@a.example"] {
            assert_eq!(sip_host(odd), None, "{odd}");
        }
    }
}
