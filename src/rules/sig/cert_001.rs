//! Takes a certificate, gives whether it leads to an agreed authority, never whether it holds, fits its owner, or is strong.

use crate::certificate::Trust;
use crate::policy::Severity;
use crate::rules::{Breach, CertificateSubject, Check, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-CERT-001",
    name: "untrusted-chain",
    title: "chain does not lead to an agreed CA",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 5280 §6; RFC 5922 §7.1; RFC 6406 §6.2.1",
    keys: &["security.tls.trusted_cas"],
    what: "From the certificate that a side shows, and those that it sends along, a way leads to one of the agreed authorities: each \
          signature is right, each issuer may issue (basicConstraints, keyUsage, path length), and each name keeps to the constraints of \
          those above. A certificate that was agreed itself needs nobody above it.",
    why: "Anybody can make a certificate with the peer's name. Only the agreed authority tells which one is the peer's.",
    confirm: "Export the certificates of the handshake (`tls.handshake.type == 11`) and run `openssl verify -CAfile trusted.pem -untrusted \
          chain.pem leaf.pem`.",
    fix: "let the named side send its intermediate certificates, or get one from an agreed authority; or agree to its authority in \
          security.tls.trusted_cas",
    check: Check::Certificate(check),
};

fn check(subject: &CertificateSubject<'_>) -> Verdict {
    let Some(clause) = subject.terms.tls.trusted_cas.as_ref().filter(|c| !c.value.is_empty()) else {
        return Verdict::NotApplicable;
    };
    let presented = match subject.shown {
        Ok(presented) if presented.is_empty() => return Verdict::NotApplicable,
        Ok(presented) => presented,
        Err(verdict) => return verdict.clone(),
    };
    match subject.trust {
        Some(Trust::Agreed(_)) => Verdict::Pass,
        // By an algorithm that is not known here: nobody else's fault.
        Some(Trust::Unverifiable) => Verdict::Indeterminate(Reason::NoAuxInput),
        Some(Trust::Broken(fault)) => {
            let files: Vec<String> =
                clause.value.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
            let breach = Breach::of_clause(clause, fault.text(), format!("a chain to {}", files.join(" or ")));
            let issuer = presented.leaf().map(|leaf| format!("issuer {}", leaf.issuer));
            Verdict::breach(subject.blame(breach).seen_in(&subject.first_with(issuer.as_deref())))
        }
        None => Verdict::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Showing;
    use super::*;
    use crate::certificate::Anchors;
    use crate::certificate::workshop::{Authority, Draft};
    use crate::rules::scene::{agreed, observed};
    use crate::transport::tls::Side;

    fn shown(chain: &[&[u8]], anchors: &[&[u8]]) -> Showing {
        let showing = Showing::chain(chain).agreed(|t| t.tls.trusted_cas = agreed(vec!["ca/peering.pem".into()]));
        Showing { anchors: Some(Anchors::of(anchors)), ..showing }
    }

    #[test]
    fn strangers_break_it() {
        let (root, other) = (Authority::root("Peering Root"), Authority::root("Somebody"));
        let leaf = other.issue(&Draft::for_host("edge.bravo.example"));
        let verdict = shown(&[&leaf, &other.der], &[&root.der]).by(Side::Client).judge(&RULE);
        let Verdict::Violation(breaches) = &verdict else { panic!("{verdict:?}") };
        assert_eq!(
            (&*breaches[0].observed, &*breaches[0].agreed),
            ("issued by an authority that was not agreed", "a chain to peering.pem")
        );
        assert_eq!(breaches[0].offender, Some(Offender::Client));
        let own = Draft::for_host("edge.bravo.example").self_signed();
        assert_eq!(observed(&shown(&[&own], &[&root.der]).judge(&RULE)), ["self-signed certificate"]);
    }

    #[test]
    fn a_chain_to_an_agreed_authority_keeps_it_even_when_it_is_old() {
        let root = Authority::root("Peering Root");
        let leaf = root.issue(&Draft { until: (2026, 2, 1), ..Draft::for_host("edge.bravo.example") });
        assert_eq!(shown(&[&leaf], &[&root.der]).judge(&RULE), Verdict::Pass, "that it expired is SIG-CERT-002");
    }

    #[test]
    fn what_is_hidden_and_what_nobody_agreed_is_not_judged() {
        let root = Authority::root("Peering Root");
        let hidden = shown(&[&root.der], &[&root.der]).hidden_by(Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(hidden.judge(&RULE), Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(Showing::chain(&[&root.der]).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(shown(&[], &[&root.der]).judge(&RULE), Verdict::NotApplicable, "that none was sent is SIG-TLS-004");
    }
}
