//! Takes the sessions of an interval, gives whether the network carried enough of them to a user, never whether the user answered.

use super::threshold::{Bound, ratio, unit};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-SEER-001",
    name: "effectiveness-ratio-low",
    title: "session establishment effectiveness ratio low",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Terminating,
    reference: "RFC 6076 §4.7",
    keys: &["performance.signaling.seer_pct"],
    what: "Of the session requests that were not redirected, at least the agreed share ends in a 2xx or in what the called user decided: \
          480, 486, 600 or 603. A request that its caller cancelled (487) is not among them.",
    why: "SEER leaves out whether users answer, so what is missing to 100 % is the network: numbers that do not exist, routes that fail, \
          elements that are overloaded.",
    confirm: "Filter `sip.CSeq.method == \"INVITE\" && sip.Status-Code >= 400` and leave out 401, 407, 480, 486, 600 and 603.",
    fix: "have the terminating side explain the codes that are not among 480, 486, 600 and 603, most frequent first",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    ratio(subject, "SEER", subject.tally.seer(unit(subject)), &subject.terms.performance.seer_pct, Bound::AtLeast)
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
    fn failures_of_the_network_break_it() {
        let verdict = of(
            check,
            &tally(&[(Outcome::Success, 4), (Outcome::Failed(486), 3), (Outcome::Failed(503), 3), (Outcome::Failed(487), 1)]),
            |p| p.seer_pct = agreed(92.0),
        );
        assert_eq!(observed(&verdict), ["SEER below 92 %"]);
    }

    #[test]
    fn busy_users_keep_it() {
        assert_eq!(
            of(
                check,
                &tally(&[(Outcome::Success, 4), (Outcome::Failed(486), 3), (Outcome::Failed(480), 2), (Outcome::Failed(603), 2)]),
                |p| p.seer_pct = agreed(92.0)
            ),
            Verdict::Pass
        );
    }

    #[test]
    fn few_sessions_cannot_be_judged_and_without_threshold_none_are() {
        let few = tally(&[(Outcome::Timeout, 9)]);
        assert_eq!(of(check, &few, |p| p.seer_pct = agreed(92.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(
            of(
                check,
                &tally(&[(Outcome::Success, 4), (Outcome::Failed(486), 3), (Outcome::Failed(503), 3), (Outcome::Failed(487), 1)]),
                |_| {}
            ),
            Verdict::NotApplicable
        );
    }
}
