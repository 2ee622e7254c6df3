//! Takes the sessions of an interval, gives whether few enough of them met overload or silence, never what caused that.

use super::threshold::{Bound, ratio, unit};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-ISA-001",
    name: "ineffective-attempts-high",
    title: "ineffective session attempts high",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Terminating,
    reference: "RFC 6076 §4.8",
    keys: &["performance.signaling.isa_pct"],
    what: "Of the session requests no more than the agreed share ends in 408, 500, 503 or 504. A request that nobody answers counts as \
          the code of metrics.timeout_counts_as, 408 unless agreed otherwise.",
    why: "These codes say that the terminating side was overloaded or could not be reached. They are what a service level agreement is \
          about.",
    confirm: "Filter `sip.CSeq.method == \"INVITE\" && sip.Status-Code in {408, 500, 503, 504}`.",
    fix: "have the terminating side check capacity and reachability behind its SBE in the interval",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    // An unanswered INVITE counts as 408 by default.
    let timeout = subject.terms.metrics.timeout_counts_as.as_ref().map_or(408, |c| c.value);
    ratio(subject, "ISA", subject.tally.isa(unit(subject), timeout), &subject.terms.performance.isa_pct, Bound::AtMost)
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::of;
    use super::*;
    use crate::call::Outcome;
    use crate::metrics::Tally;
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn tally(outcomes: &[(Outcome, u64)]) -> Tally {
        Tally { outcomes: outcomes.iter().copied().collect(), ..Tally::default() }
    }

    #[test]
    fn overload_and_silence_break_it() {
        let verdict =
            of(check, &tally(&[(Outcome::Success, 9), (Outcome::Failed(503), 1), (Outcome::Timeout, 2)]), |p| p.isa_pct = agreed(20.0));
        assert_eq!(observed(&verdict), ["ISA above 20 %"]);
    }

    #[test]
    fn other_failures_keep_it() {
        assert_eq!(
            of(check, &tally(&[(Outcome::Success, 8), (Outcome::Failed(503), 2), (Outcome::Failed(404), 5)]), |p| p.isa_pct = agreed(20.0)),
            Verdict::Pass
        );
    }

    #[test]
    fn few_sessions_cannot_be_judged_and_without_threshold_none_are() {
        let few = tally(&[(Outcome::Timeout, 9)]);
        assert_eq!(of(check, &few, |p| p.isa_pct = agreed(20.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(
            of(check, &tally(&[(Outcome::Success, 9), (Outcome::Failed(503), 1), (Outcome::Timeout, 2)]), |_| {}),
            Verdict::NotApplicable
        );
    }
}
