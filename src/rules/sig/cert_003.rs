//! Takes the certificate of a server, gives whether it names the peer that was declared there, never whether it can be trusted.

use super::whom::names_its_peer;
use crate::policy::Severity;
use crate::rules::{CertificateSubject, Check, Offender, Rule, Scope, Verdict};
use crate::transport::tls::Side;

pub(crate) static RULE: Rule = Rule {
    id: "SIG-CERT-003",
    name: "server-not-identified",
    title: "server certificate does not identify the target SIP domain",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Server,
    reference: "RFC 5922 §7.1 to §7.3; RFC 3261 §26.3.2.2",
    keys: &["peer.tls_identities", "peer.ssp_domains", "security.tls.cn_fallback"],
    what: "One of the SIP identities of the server's certificate is one that was declared for its peer (TLS identities, served domains). \
           Identities are the sip: URIs without user in subjectAltName; where there are none the DNS names; the common name only without \
           subjectAltName. A wildcard matches nothing but itself.",
    why: "A certificate of somebody else from the same authority opens the connection just as well. The name is what ties it to the peer.",
    confirm: "Filter `tls.handshake.type == 11` from the server and read `x509ce.uniformResourceIdentifier`, `x509ce.dNSName` and, without \
           them, the common name.",
    fix: "let the peer get a certificate for its SIP domain, or declare the name that it uses in peer.tls_identities",
    check: Check::Certificate(check),
};

fn check(subject: &CertificateSubject<'_>) -> Verdict {
    if subject.side == Side::Server { names_its_peer(subject) } else { Verdict::NotApplicable }
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Showing;
    use super::*;
    use crate::certificate::workshop::{Draft, San};
    use crate::policy::Level;
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn shown(names: Option<Vec<San<'_>>>, common_name: Option<&str>) -> Showing {
        Showing::of(&Draft { names, common_name, ..Draft::default() }).by(Side::Server)
    }

    #[test]
    fn another_name_a_wildcard_and_no_name_break_it() {
        for names in [vec![San::Dns("edge.other.example")], vec![San::Dns("*.bravo.example")], vec![San::Uri("sips:bravo.example")]] {
            assert_eq!(observed(&shown(Some(names), Some("bravo.example")).judge(&RULE)).len(), 1);
        }
        assert_eq!(observed(&shown(Some(vec![San::Dns("alpha.example")]), None).judge(&RULE)), ["no SIP identity of bravo"]);
        assert_eq!(observed(&shown(None, None).judge(&RULE)), ["no SIP identity at all"]);
        let bare = shown(None, Some("edge.bravo.example")).agreed(|t| t.tls.cn_fallback = agreed(Level::Forbidden));
        assert_eq!(observed(&bare.judge(&RULE)), ["common name only"]);
    }

    #[test]
    fn a_declared_identity_keeps_it() {
        for names in [vec![San::Dns("EDGE.bravo.example")], vec![San::Uri("sip:bravo.example"), San::Dns("cluster7.cloud.example")]] {
            assert_eq!(shown(Some(names), None).judge(&RULE), Verdict::Pass);
        }
        assert_eq!(shown(None, Some("edge.bravo.example")).judge(&RULE), Verdict::Pass, "by common name, which SIG-CERT-005 tells");
    }

    #[test]
    fn what_is_hidden_or_undeclared_cannot_be_judged() {
        let hidden = shown(None, None).hidden_by(Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(hidden.judge(&RULE), Verdict::Indeterminate(Reason::Tls13Encrypted));
        let mut undeclared = shown(None, None);
        undeclared.policy.peers.iter_mut().for_each(|peer| (peer.tls_identities, peer.ssp_domains) = (Vec::new(), Vec::new()));
        assert_eq!(undeclared.judge(&RULE), Verdict::NotApplicable);
        assert_eq!(shown(None, None).by(Side::Client).judge(&RULE), Verdict::NotApplicable);
    }
}
