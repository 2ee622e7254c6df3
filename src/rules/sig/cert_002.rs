//! Takes a certificate, gives whether it held when it was shown and goes on holding, never asks what day it is today.

use crate::base::seconds;
use crate::policy::Severity;
use crate::rules::{Breach, CertificateSubject, Check, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-CERT-002",
    name: "certificate-expired",
    title: "certificate outside its validity period or about to expire",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 5280 §4.1.2.5; RFC 5922 §7.1",
    keys: &["security.tls.expiry_warning_days"],
    what: "At the time of each handshake the certificate, and each authority between it and the agreed one, is in its validity period. \
          When the capture ends, the certificate holds for at least the agreed number of days more (low).",
    why: "From the second of its expiry on, no side that checks certificates accepts a connection: the trunk is down until somebody renews \
           it.",
    confirm: "Compare `x509af.notBefore` and `x509af.notAfter` in the Certificate message with the time of its frame, not with today.",
    fix: "renew the certificate of the named side; agree on who watches its expiry",
    check: Check::Certificate(check),
};

fn check(subject: &CertificateSubject<'_>) -> Verdict {
    let (leaf, presented) = match subject.leaf() {
        Ok(shown) => shown,
        Err(verdict) => return verdict,
    };
    if let Some(handshake) = subject.lapsed {
        let place = presented.lapsed(&subject.line(), handshake.first);
        let certificate = place.and_then(|place| presented.get(place)).unwrap_or(leaf);
        let whose = if place.is_none_or(|place| place == 0) { "certificate" } else { "certificate of an intermediate authority" };
        let early = handshake.first < certificate.not_before;
        let observed = format!("{whose} {}", if early { "not yet valid" } else { "expired" });
        let breach = Breach::of_standard(observed, "a certificate in its validity period");
        return Verdict::breach(subject.blame(breach).seen_in(&subject.with(handshake, Some(&period(certificate)))));
    }
    let clause = subject.terms.tls.expiry_warning_days.as_ref();
    match clause.filter(|clause| leaf.not_after < subject.end.plus(seconds(i64::from(clause.value) * 86_400))) {
        Some(clause) => {
            let days = clause.value;
            let breach = Breach::of_clause(clause, "certificate about to expire", format!("valid for {days} days more"));
            let breach = breach.rated(Severity::Low);
            Verdict::breach(subject.blame(breach).seen_in(&subject.first_with(Some(&period(leaf)))))
        }
        None => Verdict::Pass,
    }
}

/// `valid 2026-01-01T00:00:00Z to 2026-12-31T23:59:59Z`.
fn period(certificate: &crate::certificate::Certificate) -> String {
    let second = |time: crate::base::Time| time.to_string().split('.').next().map(|s| format!("{s}Z")).unwrap_or_default();
    format!("valid {} to {}", second(certificate.not_before), second(certificate.not_after))
}

#[cfg(test)]
mod tests {
    use super::super::handshake::{JUNE, Showing};
    use super::*;
    use crate::certificate::Anchors;
    use crate::certificate::workshop::{Authority, Draft};
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn valid(from: (i32, u8, u8), until: (i32, u8, u8)) -> Showing {
        Showing::of(&Draft { from, until, ..Draft::for_host("edge.bravo.example") })
    }

    #[test]
    fn a_certificate_before_or_after_its_time_breaks_it() {
        assert_eq!(observed(&valid((2025, 1, 1), (2026, 5, 31)).judge(&RULE)), ["certificate expired"]);
        let verdict = valid((2026, 6, 2), (2027, 6, 2)).judge(&RULE);
        assert_eq!(observed(&verdict), ["certificate not yet valid"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert!(breaches[0].exhibit.as_ref().unwrap().text().contains("valid 2026-06-02T00:00:00Z to 2027-06-02T00:00:00Z"));
        assert_eq!(breaches[0].severity, None, "critical, as the rule says");
    }

    #[test]
    fn an_intermediate_authority_before_or_after_its_time_breaks_it() {
        let root = Authority::root("Root");
        let old = Draft { common_name: Some("Old"), until: (2026, 3, 1), authority: Some(None), ..Draft::default() };
        let middle = root.authority(&old);
        let leaf = middle.issue(&Draft::for_host("edge.bravo.example"));
        let showing = Showing::chain(&[&leaf, &middle.der]);
        assert_eq!(observed(&showing.judge(&RULE)), ["certificate of an intermediate authority expired"]);
        // Sent along, but not on the way: nobody needs it.
        let straight = root.issue(&Draft::for_host("edge.bravo.example"));
        let showing = Showing { anchors: Some(Anchors::of([&root.der])), ..Showing::chain(&[&straight, &middle.der]) };
        assert_eq!(showing.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn one_that_held_then_keeps_it_whatever_day_it_is_now() {
        assert_eq!(valid((2026, 1, 1), (2026, 6, 2)).judge(&RULE), Verdict::Pass);
        let long_ago = Showing { at: crate::base::Time(seconds(946_728_000)), ..valid((1999, 1, 1), (2001, 1, 1)) };
        assert_eq!(long_ago.judge(&RULE), Verdict::Pass, "2000-01-01");
        assert!(JUNE > long_ago.at);
    }

    #[test]
    fn one_that_is_about_to_expire_is_told_from_the_end_of_the_capture() {
        let warned = |days| valid((2026, 1, 1), (2026, 6, 20)).agreed(|t| t.tls.expiry_warning_days = agreed(days)).judge(&RULE);
        let Verdict::Violation(breaches) = warned(30) else { panic!() };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("certificate about to expire", Some(Severity::Low)));
        assert_eq!(warned(18), Verdict::Pass);
    }

    #[test]
    fn what_is_hidden_cannot_be_judged() {
        let hidden = valid((2026, 1, 1), (2026, 2, 1)).hidden_by(Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(hidden.judge(&RULE), Verdict::Indeterminate(Reason::Tls13Encrypted));
    }
}
