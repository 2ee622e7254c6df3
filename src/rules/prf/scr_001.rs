//! Takes the sessions of an interval, gives whether enough of them were set up and taken down properly, never how long they lasted.

use super::threshold::{Bound, ratio, unit};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-SCR-001",
    name: "completion-ratio-low",
    title: "session completion ratio low",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Both,
    reference: "RFC 6076 §4.9",
    keys: &["performance.signaling.scr_pct"],
    what: "Of the session requests at least the agreed share is answered, acknowledged, and ended by a BYE that got a final response \
          other than 408. Sessions that still live at the end of the capture do not count.",
    why: "A call that was set up and not taken down properly keeps resources and, worse, keeps being charged.",
    confirm: "Filter `sip.Method == \"BYE\"` and look for those that repeat, and for answered calls without any.",
    fix: "look at the findings on unanswered BYE and missing ACK in the same interval; without those, SCR is low because SER is",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    ratio(subject, "SCR", subject.tally.scr(unit(subject)), &subject.terms.performance.scr_pct, Bound::AtLeast)
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
        Tally {
            outcomes: outcomes.iter().copied().collect(),
            completed: outcomes.iter().filter(|(o, _)| *o == Outcome::Success).map(|(_, n)| n / 2).sum(),
            ..Tally::default()
        }
    }

    #[test]
    fn calls_that_were_not_completed_break_it() {
        let verdict = of(check, &tally(&[(Outcome::Success, 8), (Outcome::Failed(404), 4)]), |p| p.scr_pct = agreed(44.0));
        assert_eq!(observed(&verdict), ["SCR below 44 %"]);
    }

    #[test]
    fn completed_calls_keep_it() {
        assert_eq!(of(check, &tally(&[(Outcome::Success, 22), (Outcome::Failed(404), 3)]), |p| p.scr_pct = agreed(44.0)), Verdict::Pass);
    }

    #[test]
    fn few_sessions_cannot_be_judged_and_without_threshold_none_are() {
        let few = tally(&[(Outcome::Timeout, 9)]);
        assert_eq!(of(check, &few, |p| p.scr_pct = agreed(44.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(of(check, &tally(&[(Outcome::Success, 8), (Outcome::Failed(404), 4)]), |_| {}), Verdict::NotApplicable);
    }
}
