//! Takes the round trips that RTCP told in an interval, gives whether they stay within what was agreed, never a one-way delay.

use super::threshold::{Unit, round_trips};
use crate::policy::Severity;
use crate::rules::{Check, Offender, QualitySubject, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-RTT-001",
    name: "round-trip-long",
    title: "media round-trip time too high",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 3550 §6.4.1; RFC 3611 §4.7.3",
    keys: &["performance.media.rtt_ms"],
    what: "The agreed statistics of the time from the sender of a stream to its receiver and back stay within their thresholds: from the \
           tap to the receiver and back, by the reports that answer sender reports, and from the tap to the sender and back, by the \
           sender's answers to those of its receiver (one sample a stream: the sum of both medians). Where the sender answers none, the \
           round trip of XR; where there is no XR, the part behind the tap alone.",
    why: "Above 300 ms of round trip people begin to talk at the same time.",
    confirm: "Filter `rtcp` between the two media addresses: delay since last SR (DLSR) and the times at which both reports passed.",
    fix: "look at the route between the border elements, and at transcoders that add delay",
    check: Check::Quality(check),
};

fn check(subject: &QualitySubject<'_>) -> Verdict {
    round_trips(subject, "RTT", &subject.quality.round_trip, &subject.terms.performance.rtt_ms, Unit::Milliseconds)
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::{delays, share_of};
    use super::*;
    use crate::metrics::Quality;
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};

    fn judge(samples: &[(usize, i64)]) -> Verdict {
        let quality = Quality { round_trip: delays(samples), ..Quality::default() };
        share_of(check, &quality, |p| p.rtt_ms.p95 = agreed(150.0))
    }

    #[test]
    fn a_long_tail_breaks_it() {
        assert_eq!(observed(&judge(&[(18, 20), (2, 151)])), ["RTT p95 above 150 ms"]);
    }

    #[test]
    fn short_ones_keep_it() {
        assert_eq!(judge(&[(20, 150)]), Verdict::Pass);
    }

    #[test]
    fn without_reports_it_cannot_be_judged() {
        assert_eq!(judge(&[]), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(share_of(check, &Quality::default(), |_| ()), Verdict::NotApplicable);
    }
}
