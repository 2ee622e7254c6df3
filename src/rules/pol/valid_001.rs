//! Takes the policy's term of validity, gives whether the capture lies within it, never whether the policy is right.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, PolicySubject, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "POL-VALID-001",
    name: "policy-not-in-force",
    title: "policy not in force for this capture",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Global,
    offender: Offender::Policy,
    reference: "RFC 6271 App. A",
    keys: &["policy.effective_from", "policy.effective_until"],
    what: "The capture begins after the policy comes into force and ends before it runs out, by the clock of the capture.",
    why: "An audit against terms that did not hold at the time proves nothing; the other side will say so first.",
    confirm: "Compare the first and last packet times (Statistics, Capture File Properties) with effective_from and effective_until.",
    fix: "audit with the revision of the policy that was in force, or extend its term",
    check: Check::Policy(check),
};

fn check(subject: &PolicySubject<'_>) -> Verdict {
    let (from, until) = (&subject.policy.effective_from, &subject.policy.effective_until);
    if from.is_none() && until.is_none() {
        return Verdict::NotApplicable;
    }
    let (Some(first), Some(last)) = (subject.first, subject.last) else { return Verdict::Indeterminate(Reason::SampleTooSmall) };
    let early = from.as_ref().filter(|c| first < c.value);
    let late = until.as_ref().filter(|c| last > c.value);
    let early = early.map(|c| Breach::of_clause(c, "capture begins before the policy is in force", format!("from {}", c.value)));
    let late = late.map(|c| Breach::of_clause(c, "capture ends after the policy ran out", format!("until {}", c.value)));
    Verdict::of(early.into_iter().chain(late).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::policy::Policy;
    use crate::rules::scene::{agreed, observed};

    fn judge(first: i64, last: i64) -> Verdict {
        let mut policy = Policy::baseline();
        (policy.effective_from, policy.effective_until) = (agreed(Time(100)), agreed(Time(200)));
        check(&PolicySubject { policy: &policy, waivers: &[], observed: None, first: Some(Time(first)), last: Some(Time(last)) })
    }

    #[test]
    fn a_capture_outside_the_term_breaks_it() {
        assert_eq!(observed(&judge(99, 150)), ["capture begins before the policy is in force"]);
        assert_eq!(observed(&judge(99, 201)).len(), 2);
    }

    #[test]
    fn a_capture_within_keeps_it() {
        assert_eq!(judge(100, 200), Verdict::Pass);
    }

    #[test]
    fn without_term_or_packets_there_is_nothing_to_judge() {
        let subject =
            PolicySubject { policy: &Policy::baseline(), waivers: &[], observed: None, first: Some(Time(1)), last: Some(Time(2)) };
        assert_eq!(check(&subject), Verdict::NotApplicable);
        let mut policy = Policy::baseline();
        policy.effective_from = agreed(Time(100));
        let empty = PolicySubject { policy: &policy, first: None, last: None, ..subject };
        assert_eq!(check(&empty), Verdict::Indeterminate(Reason::SampleTooSmall));
    }
}
