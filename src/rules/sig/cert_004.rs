//! Takes the certificate of a client, gives whether it names the peer that was declared there, never whether it can be trusted.

use super::whom::names_its_peer;
use crate::policy::Severity;
use crate::rules::{CertificateSubject, Check, Offender, Rule, Scope, Verdict};
use crate::transport::tls::Side;

pub(crate) static RULE: Rule = Rule {
    id: "SIG-CERT-004",
    name: "client-not-identified",
    title: "client certificate does not identify the sending peer",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Client,
    reference: "RFC 5922 §7.4; RFC 6406 §6.2.1",
    keys: &["peer.tls_identities", "peer.ssp_domains", "security.tls.cn_fallback"],
    what: "One of the SIP identities of the client's certificate is one that was declared for the peer that sends from this address (TLS \
           identities, served domains), found as for SIG-CERT-003.",
    why: "The server takes requests for what the client's certificate says, not for its address. A certificate of another peer lets one \
           talk as the other.",
    confirm: "Filter `tls.handshake.type == 11` from the client and read `x509ce.uniformResourceIdentifier`, `x509ce.dNSName` and, without \
           them, the common name.",
    fix: "give the client's SBE the certificate of its own SIP domain, or declare the name that it uses in peer.tls_identities",
    check: Check::Certificate(check),
};

fn check(subject: &CertificateSubject<'_>) -> Verdict {
    if subject.side == Side::Client { names_its_peer(subject) } else { Verdict::NotApplicable }
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
        Showing::of(&Draft { names, common_name, ..Draft::default() }).by(Side::Client)
    }

    #[test]
    fn the_certificate_of_another_peer_breaks_it() {
        assert_eq!(observed(&shown(Some(vec![San::Dns("edge.bravo.example")]), None).judge(&RULE)), ["no SIP identity of alpha"]);
        let bare = shown(None, Some("sbc.alpha.example")).agreed(|t| t.tls.cn_fallback = agreed(Level::Forbidden));
        assert_eq!(observed(&bare.judge(&RULE)), ["common name only"]);
    }

    #[test]
    fn a_declared_identity_keeps_it() {
        assert_eq!(shown(Some(vec![San::Uri("sip:alpha.example")]), None).judge(&RULE), Verdict::Pass);
        assert_eq!(shown(Some(vec![San::Dns("sbc.alpha.example")]), None).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_is_hidden_or_undeclared_cannot_be_judged() {
        let hidden = shown(None, None).hidden_by(Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(hidden.judge(&RULE), Verdict::Indeterminate(Reason::Tls13Encrypted));
        let mut undeclared = shown(None, None);
        undeclared.policy.peers.iter_mut().for_each(|peer| (peer.tls_identities, peer.ssp_domains) = (Vec::new(), Vec::new()));
        assert_eq!(undeclared.judge(&RULE), Verdict::NotApplicable);
        assert_eq!(shown(None, None).by(Side::Server).judge(&RULE), Verdict::NotApplicable);
    }
}
