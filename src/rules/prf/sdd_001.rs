//! Takes the sessions of an interval, gives whether sessions were taken down as fast as agreed, never how long they lasted.

use super::threshold::{Unit, statistics};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-SDD-001",
    name: "disconnect-delay-long",
    title: "session disconnect delay too long",
    severity: Severity::Low,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Responder,
    reference: "RFC 6076 §4.4",
    keys: &["performance.signaling.sdd_ms"],
    what: "The agreed statistics of the time from the first transmission of a BYE to the 2xx to it, or to the BYE that recovers from a \
          401, 407 or 503, stay within their thresholds. A BYE that nobody answers gives no sample.",
    why: "Until the BYE is answered the session occupies both border elements; slow answers are an early sign of overload.",
    confirm: "Filter `sip.CSeq.method == \"BYE\"` and read the time between BYE and 200.",
    fix: "have the side that answers BYE late check the load of its SBE in the interval",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    statistics(subject, "SDD", &subject.tally.sdd, &subject.terms.performance.sdd_ms, Unit::Milliseconds)
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::{delays, of};
    use super::*;
    use crate::metrics::Tally;
    use crate::policy::Performance;
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn judge(samples: &[(usize, i64)], terms: fn(&mut Performance)) -> Verdict {
        of(check, &Tally { sdd: delays(samples), ..Tally::default() }, terms)
    }

    #[test]
    fn a_long_tail_breaks_it() {
        let verdict = judge(&[(18, 20), (2, 501)], |p| p.sdd_ms.p95 = agreed(500.0));
        assert_eq!(observed(&verdict), ["SDD p95 above 500 ms"]);
    }

    #[test]
    fn a_single_straggler_and_the_threshold_itself_keep_it() {
        assert_eq!(judge(&[(18, 500), (1, 4_000), (1, 10)], |p| p.sdd_ms.p95 = agreed(500.0)), Verdict::Pass);
    }

    #[test]
    fn few_samples_cannot_be_judged_and_without_threshold_none_are() {
        assert_eq!(judge(&[(9, 60_000)], |p| p.sdd_ms.mean = agreed(500.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(judge(&[(20, 60_000)], |_| {}), Verdict::NotApplicable);
    }
}
