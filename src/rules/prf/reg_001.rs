//! Takes the registrations of an interval, gives whether they are fast and effective as agreed, never a registration.

use super::threshold::{Bound, Unit, ratio, statistics, together, unit};
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-REG-001",
    name: "registrations-slow-or-ineffective",
    title: "registration delay or ineffective registrations high",
    severity: Severity::Low,
    tier: 3,
    scope: Scope::Interval,
    offender: Offender::Terminating,
    reference: "RFC 6076 §4.1, §4.2",
    keys: &["performance.signaling.rrd_ms", "performance.signaling.ira_pct"],
    what: "The statistics of the registration request delay (first REGISTER to its 2xx, challenges included) and the share of ineffective \
           registration attempts are not above what was agreed. It means something only where REGISTER crosses the border: a roaming \
           interface, the trunk of a PBX.",
    why: "Users who cannot register cannot be called, and their terminals try again and again: a slow registrar is the beginning of a \
           storm.",
    confirm: "Filter `sip.CSeq.method == \"REGISTER\"` and compare the time of each 200 with the first REGISTER of its Call-ID.",
    fix: "look at the registrar behind the border element that answers, first at its authentication database",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    let (tally, performance) = (subject.tally, &subject.terms.performance);
    // Without a registration there is nothing to be slow.
    if tally.registrations == 0 {
        return Verdict::NotApplicable;
    }
    together([
        statistics(subject, "RRD", &tally.rrd, &performance.rrd_ms, Unit::Milliseconds),
        ratio(subject, "IRA", tally.ira(unit(subject)), &performance.ira_pct, Bound::AtMost),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::{delays, of};
    use super::*;
    use crate::metrics::Tally;
    use crate::policy::Performance;
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn terms(performance: &mut Performance) {
        performance.rrd_ms.p95 = agreed(500.0);
        performance.ira_pct = agreed(1.0);
    }

    fn registrations(n: u64, ineffective: u64, ms: i64) -> Tally {
        Tally {
            registrations: n,
            register_transactions: 2 * n,
            ineffective_registrations: ineffective,
            rrd: delays(&[(usize::try_from(n - ineffective).unwrap(), ms)]),
            ..Tally::default()
        }
    }

    #[test]
    fn slow_and_ineffective_registrations_break_it() {
        assert_eq!(observed(&of(check, &registrations(40, 1, 501), terms)), ["RRD p95 above 500 ms", "IRA above 1 %"]);
    }

    #[test]
    fn fast_and_effective_registrations_keep_it() {
        assert_eq!(of(check, &registrations(40, 0, 500), terms), Verdict::Pass);
    }

    #[test]
    fn none_is_not_judged_and_few_cannot_be() {
        assert_eq!(of(check, &Tally::default(), terms), Verdict::NotApplicable);
        assert_eq!(of(check, &registrations(40, 1, 501), |_| {}), Verdict::NotApplicable);
        assert_eq!(of(check, &registrations(3, 1, 501), terms), Verdict::Indeterminate(Reason::SampleTooSmall));
    }
}
