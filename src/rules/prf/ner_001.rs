//! Takes the sessions of an interval, gives whether ASR, NER and post-gateway ringing delay are as agreed, never the RFC 6076 ratios.

use super::threshold::{Bound, Unit, ratio, statistics, together, unit};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-NER-001",
    name: "answer-or-network-effectiveness-low",
    title: "ASR or NER low",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Interval,
    offender: Offender::Terminating,
    reference: "ITU-T E.411, E.425, E.437",
    keys: &["performance.signaling.ner_pct", "performance.signaling.asr_pct", "performance.signaling.pgrd_s", "performance.signaling.ner"],
    what: "The answer-seizure ratio and the network effectiveness ratio are not below, and the statistics of the delay from INVITE to \
          ringing not above, what was agreed. Seizures are session requests that were not redirected. NER counts as effective what was \
          answered, the codes of performance.signaling.ner.effective_codes (480, 486, 600, 603 and 607 unless agreed otherwise), and 487 \
          or 408 after ringing.",
    why: "These are the figures that wholesale contracts are written in. How SIP codes map to them differs from carrier to carrier: the \
          mapping is part of the agreement.",
    confirm: "Filter `sip.CSeq.method == \"INVITE\" && sip.Status-Code >= 200` and count final codes, once per Call-ID.",
    fix: "compare outcomes by code with the other side first, then the mapping, then the routes",
    check: Check::Interval(check),
};

/// What a called user decides, and no network can help.
const EFFECTIVE: [u16; 5] = [480, 486, 600, 603, 607];

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    let (tally, performance) = (subject.tally, &subject.terms.performance);
    let codes = performance.ner_effective_codes.as_ref().map_or(&EFFECTIVE[..], |c| &c.value);
    let ring_no_answer = performance.ner_ring_no_answer.as_ref().is_none_or(|c| c.value);
    let lesser = |verdict| match verdict {
        Verdict::Violation(breaches) => Verdict::Violation(breaches.into_iter().map(|b| b.rated(Severity::Low)).collect()),
        other => other,
    };
    together([
        ratio(subject, "NER", tally.ner(unit(subject), codes, ring_no_answer), &performance.ner_pct, Bound::AtLeast),
        lesser(ratio(subject, "ASR", tally.asr(unit(subject)), &performance.asr_pct, Bound::AtLeast)),
        lesser(statistics(subject, "PGRD", &tally.pgrd, &performance.pgrd_s, Unit::Seconds)),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::{delays, of};
    use super::*;
    use crate::call::Outcome;
    use crate::metrics::Tally;
    use crate::policy::Performance;
    use crate::rules::Reason;
    use crate::rules::scene::agreed;

    fn terms(performance: &mut Performance) {
        performance.ner_pct = agreed(95.0);
        performance.asr_pct = agreed(45.0);
        performance.pgrd_s.p95 = agreed(5.0);
    }

    fn tally(outcomes: &[(Outcome, u64)], rang: u64, ringing_ms: i64) -> Tally {
        let ring_no_answer = [(487, rang)].into();
        Tally { outcomes: outcomes.iter().copied().collect(), ring_no_answer, pgrd: delays(&[(12, ringing_ms)]), ..Tally::default() }
    }

    #[test]
    fn each_of_the_three_breaks_it_at_its_own_severity() {
        let bad = tally(&[(Outcome::Success, 4), (Outcome::Failed(404), 6), (Outcome::Failed(487), 2)], 0, 5_001);
        let Verdict::Violation(breaches) = of(check, &bad, terms) else { panic!() };
        let said: Vec<_> = breaches.iter().map(|b| (&*b.observed, b.severity)).collect();
        let low = Some(Severity::Low);
        assert_eq!(said, [("NER below 95 %", None), ("ASR below 45 %", low), ("PGRD p95 above 5 s", low)]);
    }

    #[test]
    fn callers_who_give_up_while_it_rings_keep_it() {
        let good = tally(&[(Outcome::Success, 6), (Outcome::Failed(486), 2), (Outcome::Failed(487), 4)], 4, 5_000);
        assert_eq!(of(check, &good, terms), Verdict::Pass);
    }

    #[test]
    fn few_sessions_cannot_be_judged_and_without_threshold_none_are() {
        let few = tally(&[(Outcome::Failed(404), 9)], 0, 1);
        assert_eq!(of(check, &few, |p| p.ner_pct = agreed(95.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(of(check, &few, |_| {}), Verdict::NotApplicable);
    }
}
