//! Takes the sessions of an interval, gives whether successful requests got their first sign of life in time, never the failed ones.

use super::threshold::{Unit, statistics};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-SRD-001",
    name: "request-delay-long-successful",
    title: "session request delay too long (successful)",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Terminating,
    reference: "RFC 6076 §4.3.1",
    keys: &["performance.signaling.srd_success_s"],
    what: "The agreed statistics (mean, p50, p95, p99, max) of the time from the first INVITE of a session request that succeeds to its \
          first ringing or progress, or to its 2xx where none came, stay within their thresholds. Challenges and redirections that are \
          followed are part of it; a 100 ends nothing.",
    why: "This is the silence after dialling. Users hang up and dial again after a few seconds of it.",
    confirm: "Telephony, VoIP Calls, Flow Sequence in Wireshark: INVITE to first 180, 183 or 200. Measured at the tap, so the sender's \
          own part is not in it.",
    fix: "have the terminating side look for slow number lookups, serial hunting and overloaded registrars",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    statistics(subject, "SRD of successful requests", &subject.tally.srd_success, &subject.terms.performance.srd_success_s, Unit::Seconds)
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
        of(check, &Tally { srd_success: delays(samples), ..Tally::default() }, terms)
    }

    #[test]
    fn a_long_tail_breaks_it() {
        let verdict = judge(&[(18, 900), (2, 3_001)], |p| p.srd_success_s.p95 = agreed(3.0));
        assert_eq!(observed(&verdict), ["SRD of successful requests p95 above 3 s"]);
    }

    #[test]
    fn a_single_straggler_and_the_threshold_itself_keep_it() {
        assert_eq!(judge(&[(18, 3_000), (1, 40_000), (1, 100)], |p| p.srd_success_s.p95 = agreed(3.0)), Verdict::Pass);
    }

    #[test]
    fn few_samples_cannot_be_judged_and_without_threshold_none_are() {
        assert_eq!(judge(&[(9, 60_000)], |p| p.srd_success_s.mean = agreed(3.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(judge(&[(20, 60_000)], |_| {}), Verdict::NotApplicable);
    }
}
