//! Takes what each waiver did in this run, gives those that expired under a finding or met none, never the finding.

use std::sync::Arc;

use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, PolicySubject, Reason, Rule, Scope, Verdict, WaiverUse};

pub(crate) static RULE: Rule = Rule {
    id: "POL-WAIVER-001",
    name: "expired-or-orphan-waiver",
    title: "expired or orphan waiver",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Global,
    offender: Offender::Policy,
    reference: "waivers end in capture time",
    keys: &["waiver"],
    what: "No waiver expired before a finding that it would have covered (the finding stands), and every waiver covered something in \
          this run (one that did not is only mentioned).",
    why: "An expired waiver is a promise that somebody did not keep. One that covers nothing is either a promise kept, and can go, or a \
          condition that never matches and was meant to.",
    confirm: "Look up the waiver in the policy: its expires against the time of the findings, its match against their direction and \
          addresses.",
    fix: "repair what the waiver tolerated or agree on a new end date; delete waivers that cover nothing any more",
    check: Check::Policy(check),
};

fn check(subject: &PolicySubject<'_>) -> Verdict {
    if subject.waivers.is_empty() {
        return Verdict::NotApplicable;
    }
    // Of a capture without a frame nothing could be covered.
    if subject.first.is_none() {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    Verdict::of(subject.waivers.iter().filter_map(fault).collect())
}

fn fault(used: &WaiverUse<'_>) -> Option<Breach> {
    let waiver = used.waiver;
    let breach = |observed, agreed| Breach { clause: Some(Arc::clone(&waiver.from)), ..Breach::of_standard(observed, agreed) };
    if used.last_refused.is_some_and(|at| at > waiver.expires) {
        return Some(breach(
            format!("waiver {} expired before what it would have covered", waiver.id),
            format!("until {}", waiver.expires),
        ));
    }
    let orphan = used.waived == 0 && used.refused == 0;
    orphan.then(|| breach(format!("waiver {} covered nothing", waiver.id), "waivers that are needed".into()).rated(Severity::Info))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::policy::{Policy, Waiver};
    use crate::rules::scene::{observed, provenance};

    fn judge(waived: u64, refused_at: Option<i64>) -> Verdict {
        let waiver = Waiver {
            id: "W-003".into(),
            rules: vec!["PRF-*".into()],
            direction: None,
            trunk_group: None,
            peer: None,
            from_cidr: None,
            to_cidr: None,
            port: None,
            method: None,
            status: None,
            codec: None,
            header: None,
            caller: None,
            callee: None,
            time_from: None,
            time_until: None,
            reason: "maintenance".into(),
            owner: None,
            ticket: None,
            granted: None,
            expires: Time(100),
            max_findings: None,
            from: provenance(),
        };
        let used = WaiverUse { waiver: &waiver, waived, refused: u64::from(refused_at.is_some()), last_refused: refused_at.map(Time) };
        check(&PolicySubject { policy: &Policy::baseline(), waivers: &[used], observed: None, first: Some(Time(0)), last: Some(Time(200)) })
    }

    #[test]
    fn a_finding_after_its_end_breaks_it() {
        assert_eq!(observed(&judge(3, Some(101))), ["waiver W-003 expired before what it would have covered"]);
    }

    #[test]
    fn one_that_covers_nothing_is_mentioned() {
        let Verdict::Violation(breaches) = judge(0, None) else { panic!() };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("waiver W-003 covered nothing", Some(Severity::Info)));
    }

    #[test]
    fn one_that_covers_findings_keeps_it() {
        assert_eq!(judge(3, None), Verdict::Pass);
        assert_eq!(judge(3, Some(90)), Verdict::Pass, "refused for another reason than its end");
    }

    #[test]
    fn without_waivers_there_is_nothing_to_judge() {
        let subject = PolicySubject { policy: &Policy::baseline(), waivers: &[], observed: None, first: None, last: None };
        assert_eq!(check(&subject), Verdict::NotApplicable);
    }
}
