//! Takes a certificate, gives whether its names and its purpose suit SIP, never whether they are those of the peer.

use crate::certificate::{Identities, IdentitySource, Usage, UsageTerms};
use crate::policy::{Level, Severity};
use crate::rules::{Breach, CertificateSubject, Check, Offender, Rule, Scope, Verdict};
use crate::transport::tls::Side;

pub(crate) static RULE: Rule = Rule {
    id: "SIG-CERT-005",
    name: "certificate-unsuitable-for-sip",
    title: "certificate naming or usage unsuitable for SIP",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 5922 §6, §7.1, §7.2; RFC 5924 §3, §4",
    keys: &["security.tls.eku", "security.tls.cn_fallback"],
    what: "No wildcard is the only name that could be meant for the peer; the identity does not come from the common name for want of \
          subjectAltName (low); and where the certificate says what it may be used for, that of a SIP domain or any is among it, or, where \
          eku is server-client-ok, that of its role in TLS.",
    why: "An implementation that keeps to RFC 5922 refuses such a certificate, others take it: the connection works until one side is \
           updated.",
    confirm: "Filter `tls.handshake.type == 11` and read `x509ce.dNSName`, and the key purposes in `x509ce.KeyPurposeId`.",
    fix: "let the named side get a certificate with its SIP domain in subjectAltName and without extendedKeyUsage, or with id-kp-sipDomain",
    check: Check::Certificate(check),
};

fn check(subject: &CertificateSubject<'_>) -> Verdict {
    let leaf = match subject.leaf() {
        Ok((leaf, _)) => leaf,
        Err(verdict) => return verdict,
    };
    let identities = Identities::of(leaf);
    let terms = &subject.terms.tls;
    let mut breaches = Vec::new();
    let is_named = subject.declared_domains().any(|domain| identities.identify(domain));
    if !is_named && subject.declared_domains().any(|domain| identities.wildcard_would_match(domain)) {
        breaches.push(Breach::of_standard("wildcard", "the whole name (RFC 5922 §7.2)"));
    }
    if identities.source == IdentitySource::CommonName && !identities.domains.is_empty() {
        let observed = "identity from the common name";
        match terms.cn_fallback.as_ref().map(|clause| (clause, clause.value)) {
            None | Some((_, Level::Unspecified)) => breaches.push(Breach::of_standard(observed, "subjectAltName").rated(Severity::Low)),
            Some((clause, Level::Discouraged | Level::Forbidden)) => {
                let breach = Breach::of_clause(clause, observed, format!("common name as an identity {}", clause.value.name()));
                breaches.push(Breach { level: Some(clause.value), ..breach.rated(Severity::Low) });
            }
            Some(_) => {}
        }
    }
    let role = if subject.side == Side::Server { Usage::Server } else { Usage::Client };
    let wanted = terms.eku.as_ref().and_then(|clause| Some((clause, UsageTerms::of(&clause.value)?)));
    if let Some((clause, _)) = wanted.filter(|(_, wanted)| !leaf.allows(*wanted, role)) {
        let others = leaf.usages.as_deref().unwrap_or_default();
        let observed = match (others.contains(&Usage::Server), others.contains(&Usage::Client)) {
            (true, true) => "for TLS servers and clients only",
            (true, false) => "for TLS servers only",
            (false, true) => "for TLS clients only",
            (false, false) => "for neither SIP nor TLS",
        };
        breaches.push(Breach::of_clause(clause, observed, format!("usages as in {}", clause.value)));
    }
    Verdict::of(breaches.into_iter().map(|breach| subject.blame(breach)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Showing;
    use super::*;
    use crate::certificate::workshop::{CLIENT_AUTH, CODE_SIGNING, Draft, SERVER_AUTH, SIP_DOMAIN, San};
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn for_usage(usages: &[&[u64]], eku: &str) -> Showing {
        let draft = Draft { usages: Some(usages.to_vec()), ..Draft::for_host("edge.bravo.example") };
        Showing::of(&draft).agreed(|t| t.tls.eku = agreed(eku.to_owned()))
    }

    #[test]
    fn a_wildcard_breaks_it_where_nothing_else_names_the_peer() {
        let shown = |names| Showing::of(&Draft { names: Some(names), ..Draft::default() }).judge(&RULE);
        assert_eq!(observed(&shown(vec![San::Dns("*.bravo.example")])), ["wildcard"]);
        assert_eq!(shown(vec![San::Dns("*.bravo.example"), San::Dns("edge.bravo.example")]), Verdict::Pass);
        assert_eq!(shown(vec![San::Dns("*.other.example")]), Verdict::Pass, "that is SIG-CERT-003 alone");
    }

    #[test]
    fn an_identity_by_common_name_breaks_it_a_little_unless_it_was_agreed() {
        let shown = || Showing::of(&Draft { common_name: Some("edge.bravo.example"), ..Draft::default() });
        let Verdict::Violation(breaches) = shown().judge(&RULE) else { panic!() };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("identity from the common name", Some(Severity::Low)));
        let with = |level| shown().agreed(|t| t.tls.cn_fallback = agreed(level)).judge(&RULE);
        assert!(matches!(with(Level::Discouraged), Verdict::Violation(_)));
        assert_eq!(with(Level::Supported), Verdict::Pass);
    }

    #[test]
    fn a_certificate_for_another_purpose_breaks_it() {
        assert_eq!(observed(&for_usage(&[SERVER_AUTH], "sip-domain").judge(&RULE)), ["for TLS servers only"]);
        assert_eq!(observed(&for_usage(&[CODE_SIGNING], "server-client-ok").judge(&RULE)), ["for neither SIP nor TLS"]);
        // What public authorities issue since 2026: a client of the web of servers.
        assert_eq!(observed(&for_usage(&[SERVER_AUTH], "server-client-ok").by(Side::Client).judge(&RULE)), ["for TLS servers only"]);
    }

    #[test]
    fn a_certificate_for_this_purpose_keeps_it() {
        assert_eq!(for_usage(&[SIP_DOMAIN], "sip-domain").judge(&RULE), Verdict::Pass);
        assert_eq!(for_usage(&[SERVER_AUTH, CLIENT_AUTH], "server-client-ok").by(Side::Client).judge(&RULE), Verdict::Pass);
        assert_eq!(for_usage(&[CODE_SIGNING], "any").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_is_hidden_cannot_be_judged() {
        let hidden = for_usage(&[], "any").hidden_by(Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(hidden.judge(&RULE), Verdict::Indeterminate(Reason::Tls13Encrypted));
    }
}
