//! Takes a certificate, gives whether its key and the signatures behind it are strong enough, never whom it is for.

use crate::certificate::Key;
use crate::policy::{Agreed, Severity};
use crate::rules::{Breach, CertificateSubject, Check, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-CERT-006",
    name: "weak-certificate",
    title: "weak certificate key or signature",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 9325 §4.5; RFC 9155",
    keys: &["security.tls.min_rsa_bits", "security.tls.min_ec_bits"],
    what: "The certificate and each authority between it and the agreed one have an RSA key of 2048 bits or more, or a key on a curve of \
           224 or more, or as many as were agreed; no DSA key; and none is signed over MD5 or SHA-1. A root that signed itself is left \
           out.",
    why: "Who can factor the key or find a collision can make a certificate that nobody can tell from the real one.",
    confirm: "Filter `tls.handshake.type == 11`; `openssl x509 -text` on the exported certificate tells key size and signature algorithm.",
    fix: "let the named side get a certificate with a new key (RSA 2048 or P-256) that is signed over SHA-256",
    check: Check::Certificate(check),
};

/// RFC 9325 §4.5.
const RSA_BITS: u32 = 2048;
/// RFC 9325 §4.4.
const EC_BITS: u32 = 224;

fn check(subject: &CertificateSubject<'_>) -> Verdict {
    let (leaf, presented) = match subject.leaf() {
        Ok(shown) => shown,
        Err(verdict) => return verdict,
    };
    let terms = &subject.terms.tls;
    let mut breaches: Vec<Breach> = Vec::new();
    for (place, certificate) in subject.line().into_iter().filter_map(|place| Some((place, presented.get(place)?))) {
        let whose = if place == 0 { "" } else { " of an intermediate authority" };
        let own = match &certificate.key {
            Key::Rsa(bits) => too_short(*bits, &terms.min_rsa_bits, RSA_BITS, format!("RSA {bits}{whose}"), "RSA"),
            Key::Ec(bits) => too_short(*bits, &terms.min_ec_bits, EC_BITS, format!("EC {bits}{whose}"), "EC"),
            Key::Dsa => Some(Breach::of_standard(format!("DSA key{whose}"), "RSA or EC")),
            Key::Edwards(_) | Key::Other(_) => None,
        };
        breaches.extend(own);
        // What signed itself is believed for what it is, not for its signature.
        let signed = certificate.signature_hash.weak().filter(|_| !certificate.self_issued);
        breaches.extend(signed.map(|hash| Breach::of_standard(format!("signature over {hash}{whose}"), "SHA-256 or better")));
    }
    let shown = subject.first_with(Some(&format!("issuer {}", leaf.issuer)));
    Verdict::of(breaches.into_iter().map(|breach| subject.blame(breach).seen_in(&shown)).collect())
}

fn too_short(bits: u32, agreed: &Agreed<u32>, standard: u32, observed: String, kind: &str) -> Option<Breach> {
    match agreed {
        Some(clause) if bits < clause.value => Some(Breach::of_clause(clause, observed, format!("{kind} {} or more", clause.value))),
        None if bits < standard => Some(Breach::of_standard(observed, format!("{kind} {standard} or more"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Showing;
    use super::*;
    use crate::certificate::Anchors;
    use crate::certificate::workshop::{self, Draft};
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn shown(pem: &str) -> Showing {
        Showing::chain(&[&workshop::der(pem)])
    }

    #[test]
    fn weak_keys_and_signatures_break_it() {
        let weak = Showing::chain(&[&workshop::der(workshop::RSA_1024_LEAF), &workshop::der(workshop::PEERING_CA)]);
        assert_eq!(observed(&weak.judge(&RULE)), ["RSA 1024", "signature over SHA-1"]);
        assert_eq!(observed(&shown(workshop::DSA_SELF_SIGNED).judge(&RULE)), ["DSA key"]);
        assert_eq!(observed(&shown(workshop::P192_SELF_SIGNED).judge(&RULE)), ["EC 192"]);
    }

    #[test]
    fn the_policy_may_want_more() {
        let Verdict::Violation(breaches) = shown(workshop::MD5_SELF_SIGNED).agreed(|t| t.tls.min_rsa_bits = agreed(3072)).judge(&RULE)
        else {
            panic!()
        };
        assert_eq!((&*breaches[0].observed, &*breaches[0].agreed), ("RSA 2048", "RSA 3072 or more"));
        assert!(breaches[0].clause.is_some());
    }

    #[test]
    fn strong_ones_and_what_signed_itself_keep_it() {
        for pem in [workshop::PSS_SELF_SIGNED, workshop::P521_SELF_SIGNED, workshop::ED25519_SELF_SIGNED] {
            assert_eq!(shown(pem).judge(&RULE), Verdict::Pass);
        }
        assert_eq!(shown(workshop::MD5_SELF_SIGNED).judge(&RULE), Verdict::Pass, "its own signature proves nothing in any case");
        let ca = Anchors::of([workshop::der(workshop::PEERING_CA)]);
        let pinned = Showing { anchors: Some(ca), ..Showing::of(&Draft::for_host("edge.bravo.example")) };
        assert_eq!(pinned.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_is_hidden_cannot_be_judged() {
        let hidden = shown(workshop::DSA_SELF_SIGNED).hidden_by(Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(hidden.judge(&RULE), Verdict::Indeterminate(Reason::Tls13Encrypted));
    }
}
