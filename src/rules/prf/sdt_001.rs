//! Takes the sessions of an interval, gives whether they lasted as long as agreed, never how they were taken down.

use super::threshold::{Bound, Measure, Unit, judge, ratio, together};
use crate::metrics::Ratio;
use crate::policy::Severity;
use crate::rules::{Check, IntervalSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-SDT-001",
    name: "session-duration-abnormal",
    title: "session duration abnormal",
    severity: Severity::Low,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Both,
    reference: "RFC 6076 §4.5; ITU-T E.425 (ALOC)",
    keys: &["performance.signaling.sdt_s"],
    what: "The mean duration of sessions that were completed, from the first 2xx to the first BYE, is not below the agreed minimum, and \
          no more than the agreed share of answered sessions is shorter than short_call_s.",
    why: "Many short calls point to one-way audio, to announcements that answer instead of failing, or to diallers and fraud.",
    confirm: "Telephony, VoIP Calls in Wireshark: sort by duration, then listen to or look at the media of the shortest.",
    fix: "look at the called prefixes of the short calls: one prefix is a route that answers falsely, all of them a media problem",
    check: Check::Interval(check),
};

fn check(subject: &IntervalSubject<'_>) -> Verdict {
    let (tally, performance) = (subject.tally, &subject.terms.performance);
    let durations = &tally.sdt_success;
    let mean = match (&performance.sdt_mean_min_s, durations.mean()) {
        (None, _) => Verdict::NotApplicable,
        (Some(_), None) => Verdict::Indeterminate(Reason::SampleTooSmall),
        (Some(clause), Some(nanos)) => {
            let value = Unit::Seconds.of(nanos);
            let measure = Measure { name: "mean session duration", value, unit: "s", samples: durations.count(), numerator: None };
            judge(subject, &measure, clause, Bound::AtLeast)
        }
    };
    let short = Ratio { numerator: tally.short_calls, denominator: tally.conversation.count() };
    together([mean, ratio(subject, "share of short sessions", short, &performance.short_pct_max, Bound::AtMost)])
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::{delays, of};
    use super::*;
    use crate::metrics::Tally;
    use crate::policy::Performance;
    use crate::rules::scene::{agreed, observed};

    fn terms(performance: &mut Performance) {
        performance.sdt_mean_min_s = agreed(45.0);
        performance.short_pct_max = agreed(20.0);
    }

    fn tally(samples: &[(usize, i64)], short_calls: u64) -> Tally {
        Tally { sdt_success: delays(samples), conversation: delays(samples), short_calls, ..Tally::default() }
    }

    #[test]
    fn short_sessions_break_it() {
        let verdict = of(check, &tally(&[(15, 30_000), (5, 3_000)], 5), terms);
        assert_eq!(observed(&verdict), ["mean session duration below 45 s", "share of short sessions above 20 %"]);
    }

    #[test]
    fn long_sessions_keep_it() {
        assert_eq!(of(check, &tally(&[(16, 90_000), (4, 3_000)], 4), terms), Verdict::Pass);
    }

    #[test]
    fn few_sessions_cannot_be_judged_and_without_threshold_none_are() {
        assert_eq!(of(check, &tally(&[(5, 1_000)], 5), terms), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(of(check, &tally(&[(20, 1_000)], 20), |_| {}), Verdict::NotApplicable);
    }
}
