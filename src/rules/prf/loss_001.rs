//! Takes the loss of streams, gives whether it stays within what was agreed, never where it was lost.

use super::threshold::judge_share;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, QualitySubject, Reason, Rule, Scope, StreamSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-LOSS-001",
    name: "packet-loss-high",
    title: "packet loss too high",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3550 §6.4.1, A.3",
    keys: &["performance.media.loss_pct"],
    what: "The share of distinct sequence numbers of a stream that never passed the tap stays below the agreed one; and no more than the \
           agreed share of a direction's streams is beyond it. Restarts, reordering and duplicates are no loss. Streams of fewer than 50 \
           packets are too short to judge, and in no share.",
    why: "Above one or two percent speech breaks up, and fax and modems fail.",
    confirm: "Telephony, RTP, RTP Streams in Wireshark, column Lost; the time chart of the stream shows whether it comes in bursts.",
    fix: "look for the loss between the sender's gateway and the tap: policers, full links, duplex mismatch",
    check: Check::Several(&[Check::Stream(stream), Check::Quality(share)]),
};

/// Packets below which one that is lost says nothing.
pub(super) const ENOUGH: u64 = 50;

fn stream(subject: &StreamSubject<'_>) -> Verdict {
    let Some(clause) = subject.terms.performance.loss.value.as_ref().filter(|_| subject.call.is_some()) else {
        return Verdict::NotApplicable;
    };
    let Some(loss) = subject.stream.loss_percent().filter(|_| subject.stream.reception.expected >= ENOUGH) else {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    };
    if loss <= clause.value {
        return Verdict::Pass;
    }
    let exhibit = subject.exhibit(&format!("{loss:.2} % of {} lost", subject.stream.reception.expected));
    let breach = Breach::of_clause(clause, format!("loss above {} %", clause.value), format!("at most {} %", clause.value));
    Verdict::breach(breach.seen_in(&exhibit))
}

fn share(subject: &QualitySubject<'_>) -> Verdict {
    let (Some(clause), true) = (&subject.terms.performance.loss.bad_streams_pct, subject.terms.performance.loss.value.is_some()) else {
        return Verdict::NotApplicable;
    };
    judge_share(subject, "streams with too much loss", subject.quality.lossy, clause)
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::share_of;
    use super::*;
    use crate::metrics::{Quality, Ratio};
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    fn lost(lost_unique: u64) -> Passage {
        let passage = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").with(|s| s.reception.lost_unique = lost_unique);
        passage.agreed(|t| t.performance.loss.value = agreed(1.0))
    }

    #[test]
    fn more_than_agreed_breaks_it() {
        let verdict = lost(6).judge(&RULE);
        assert_eq!(observed(&verdict), ["loss above 1 %"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert!(breaches[0].exhibit.as_ref().unwrap().text().ends_with(": 1.20 % of 500 lost"));
        let share = |bad| Quality { streams: 90, lossy: Ratio { numerator: bad, denominator: 20 }, ..Quality::default() };
        let terms = |p: &mut crate::policy::Performance| (p.loss.value, p.loss.bad_streams_pct) = (agreed(1.0), agreed(5.0));
        assert_eq!(observed(&share_of(super::share, &share(2), terms)), ["streams with too much loss above 5 %"]);
        assert_eq!(share_of(super::share, &share(1), terms), Verdict::Pass);
    }

    #[test]
    fn the_agreed_loss_itself_and_duplicates_keep_it() {
        assert_eq!(lost(5).judge(&RULE), Verdict::Pass);
        assert_eq!(lost(0).with(|s| s.reception.received = 700).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn short_streams_cannot_be_judged_and_strays_are_not() {
        assert_eq!(lost(6).with(|s| s.reception.expected = 49).judge(&RULE), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(Passage::stray().agreed(|t| t.performance.loss.value = agreed(1.0)).judge(&RULE), Verdict::NotApplicable);
    }
}
