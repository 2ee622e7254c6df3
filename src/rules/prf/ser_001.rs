//! Takes the sessions of an interval, gives whether enough of them were answered, never why the others were not.

use super::threshold::{Bound, ratio, unit};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-SER-001",
    name: "establishment-ratio-low",
    title: "session establishment ratio low",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Terminating,
    reference: "RFC 6076 §4.6",
    keys: &["performance.signaling.ser_pct"],
    what: "Of the session requests that were not redirected, at least the agreed share is answered with a 2xx. Requests that the end of \
          the capture leaves open do not count; whether challenged and failed-over requests count once is metrics.count_unit.",
    why: "Every request that is not answered is a caller who tries again. The ratio also falls with the called users' habits: read it \
          beside SEER, which leaves those out.",
    confirm: "Statistics, SIP Statistics in Wireshark; or count `sip.Method == \"INVITE\" && !sip.to.tag` against `sip.Status-Code == \
          200 && sip.CSeq.method == \"INVITE\"`.",
    fix: "look at the outcomes of the interval by code: 4xx point to numbering and routing, 5xx to capacity, 487 to callers who give up",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    ratio(subject, "SER", subject.tally.ser(unit(subject)), &subject.terms.performance.ser_pct, Bound::AtLeast)
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
    fn few_answers_break_it() {
        let verdict =
            of(check, &tally(&[(Outcome::Success, 4), (Outcome::Failed(404), 7), (Outcome::Failed(302), 1)]), |p| p.ser_pct = agreed(45.0));
        assert_eq!(observed(&verdict), ["SER below 45 %"]);
    }

    #[test]
    fn the_agreed_share_keeps_it() {
        assert_eq!(
            of(check, &tally(&[(Outcome::Success, 9), (Outcome::Failed(404), 11), (Outcome::Failed(302), 5)]), |p| p.ser_pct =
                agreed(45.0)),
            Verdict::Pass
        );
    }

    #[test]
    fn few_sessions_cannot_be_judged_and_without_threshold_none_are() {
        let few = tally(&[(Outcome::Timeout, 9)]);
        assert_eq!(of(check, &few, |p| p.ser_pct = agreed(45.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(
            of(check, &tally(&[(Outcome::Success, 4), (Outcome::Failed(404), 7), (Outcome::Failed(302), 1)]), |_| {}),
            Verdict::NotApplicable
        );
    }
}
