//! Takes the sessions of an interval, gives whether failed requests got their first sign of life in time, never the successful ones.

use super::threshold::{Unit, statistics};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-SRD-002",
    name: "request-delay-long-failed",
    title: "session request delay too long (failed)",
    severity: Severity::Low,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Terminating,
    reference: "RFC 6076 §4.3.2",
    keys: &["performance.signaling.srd_failed_s"],
    what: "The agreed statistics of the time from the first INVITE of a session request that fails to its first ringing or progress, or \
          to its failure response, stay within their thresholds. Requests that nobody answers give no sample.",
    why: "A call that fails should fail fast: the originating side can try another route only when it knows.",
    confirm: "Filter `sip.CSeq.method == \"INVITE\" && sip.Status-Code >= 400` and measure from the INVITE of the same Call-ID.",
    fix: "have the terminating side reject what it cannot route at once instead of after timers of its own",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    statistics(subject, "SRD of failed requests", &subject.tally.srd_failed, &subject.terms.performance.srd_failed_s, Unit::Seconds)
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
        of(check, &Tally { srd_failed: delays(samples), ..Tally::default() }, terms)
    }

    #[test]
    fn a_long_tail_breaks_it() {
        let verdict = judge(&[(18, 900), (2, 6_001)], |p| p.srd_failed_s.p95 = agreed(6.0));
        assert_eq!(observed(&verdict), ["SRD of failed requests p95 above 6 s"]);
    }

    #[test]
    fn a_single_straggler_and_the_threshold_itself_keep_it() {
        assert_eq!(judge(&[(18, 6_000), (1, 40_000), (1, 100)], |p| p.srd_failed_s.p95 = agreed(6.0)), Verdict::Pass);
    }

    #[test]
    fn few_samples_cannot_be_judged_and_without_threshold_none_are() {
        assert_eq!(judge(&[(9, 60_000)], |p| p.srd_failed_s.mean = agreed(6.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(judge(&[(20, 60_000)], |_| {}), Verdict::NotApplicable);
    }
}
