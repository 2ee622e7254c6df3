//! Takes all attempts of one border element to reach another over TLS, gives whether too many failed, never one attempt alone.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Failure, Offender, ReachSubject, Reason, Rule, Scope, Verdict};
use crate::transport::tls::Side;

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TLS-005",
    name: "tls-not-reachable",
    title: "TLS cannot be established on the agreed port",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Server,
    reference: "RFC 3261 §26.3.1, §19.1.2; RFC 5922 §7.3",
    keys: &["security.tls.ports", "security.tls.handshake_timeout_ms", "security.tls.max_handshake_failure_pct"],
    what: "Of the attempts of one border element to reach another over TLS, no larger share fails than was agreed; where no share was \
           agreed, not all of them. An attempt fails when the port refuses the connection or does not answer, and when a ClientHello is \
           followed by a fatal alert, by the end of the connection, or by nothing for as long as was agreed (3 s where nothing was).",
    why: "A border element that cannot be reached over TLS takes no calls; whoever falls back to TCP or UDP then talks in the clear.",
    confirm: "Filter `tcp.dstport == 5061 && tcp.flags.syn == 1` and `tls.alert_message.level == 2` between the two SBEs, and count the \
          connections without application data.",
    fix: "let the named side look up the alert in its log: mostly a certificate that the other side does not accept, or no common version \
           or suite",
    check: Check::Reach(check),
};

fn check(subject: &ReachSubject<'_>) -> Verdict {
    let (tries, failures) = (subject.tries, subject.failures);
    if tries == 0 {
        return if subject.open > 0 { Verdict::Indeterminate(Reason::Boundary) } else { Verdict::NotApplicable };
    }
    let clause = subject.terms.tls.max_handshake_failure_pct.as_ref();
    let share = percent(failures, tries);
    let broken = clause.map_or(failures == tries, |clause| share > clause.value);
    let Some((failure, of_them)) = subject.most.filter(|_| broken) else { return Verdict::Pass };
    let mostly = if of_them == failures { failure.text() } else { format!("{}, mostly: {}", plural(failures), failure.text()) };
    let observed = format!("{failures} of {tries} attempts failed ({share:.1} %): {mostly}");
    let breach = match clause {
        Some(clause) => Breach::of_clause(clause, observed, format!("at most {} % of attempts fail", clause.value)),
        None => Breach::of_standard(observed, "a TLS port that can be reached"),
    };
    // Who breaks off may be right to do so: the log of either side tells.
    let breach = match failure {
        Failure::ServerAlert(_) | Failure::ClientAlert(_) | Failure::Dropped(Side::Client) => breach.by(Offender::Both),
        _ => breach,
    };
    Verdict::breach(subject.first.map_or_else(|| breach.clone(), |first| breach.clone().seen_in(first)))
}

#[allow(clippy::cast_precision_loss)]
fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn plural(n: u64) -> String {
    format!("{n} failure{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Trace;
    use crate::policy::Terms;
    use crate::rules::scene::{agreed, observed};

    fn judge(tries: u64, failures: u64, most: Failure, share: Option<f64>) -> Verdict {
        let mut terms = Terms::default();
        terms.tls.max_handshake_failure_pct = share.and_then(agreed);
        let (first, most) = (Trace::default(), (failures > 0).then_some((most, failures)));
        check(&ReachSubject { tries, failures, open: 0, most, first: Some(&first), terms: &terms })
    }

    #[test]
    fn a_larger_share_than_agreed_breaks_it() {
        let verdict = judge(50, 1, Failure::PortClosed, Some(1.0));
        assert_eq!(observed(&verdict), ["1 of 50 attempts failed (2.0 %): port closed"]);
        let Verdict::Violation(breaches) = judge(4, 4, Failure::ServerAlert(Some(48)), None) else { panic!() };
        assert_eq!(breaches[0].observed, "4 of 4 attempts failed (100.0 %): alert unknown_ca from the server");
        assert_eq!((breaches[0].offender, breaches[0].clause.is_some()), (Some(Offender::Both), false));
        assert!(breaches[0].exhibit.is_some());
    }

    #[test]
    fn a_share_within_what_was_agreed_keeps_it() {
        assert_eq!(judge(100, 1, Failure::PortSilent, Some(1.0)), Verdict::Pass);
        assert_eq!(judge(100, 99, Failure::PortSilent, None), Verdict::Pass, "no share was agreed, and one attempt succeeded");
        assert_eq!(judge(1, 0, Failure::Stalled, Some(0.0)), Verdict::Pass);
    }

    #[test]
    fn attempts_that_the_end_of_the_capture_leaves_open_cannot_be_judged() {
        let terms = Terms::default();
        let subject = ReachSubject { tries: 0, failures: 0, open: 2, most: None, first: None, terms: &terms };
        assert_eq!(check(&subject), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(check(&ReachSubject { open: 0, ..subject }), Verdict::NotApplicable);
    }
}
