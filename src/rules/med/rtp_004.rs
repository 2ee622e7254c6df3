//! Takes a stream, gives whether it stops with its session, never whether it began in time.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, StreamSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "MED-RTP-004",
    name: "media-after-the-end",
    title: "media continues after the session ended",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3261 §15; RFC 6404 §2",
    keys: &["media.transport.after_bye_grace_ms"],
    what: "No packet of a stream comes later than the agreed time after the BYE, the final failure or the end that was inferred of its \
           session.",
    why: "The call is over for billing and goes on for the network: ports stay in use, and whoever keeps talking does so for free.",
    confirm: "Filter `rtp.ssrc == … && frame.time_epoch > TIME OF THE BYE`.",
    fix: "let the sender's gateway stop media when it sends or receives BYE",
    check: Check::Stream(check),
};

fn check(subject: &StreamSubject<'_>) -> Verdict {
    let (Some((call, _)), Some(clause)) = (subject.call, &subject.terms.media.transport.after_bye_grace_ms) else {
        return Verdict::NotApplicable;
    };
    let Some(end) = call.ended(subject.until) else { return Verdict::Indeterminate(Reason::Boundary) };
    let last = end.plus(i64::from(clause.value) * 1_000_000);
    let stream = subject.stream;
    if stream.ended <= last {
        return Verdict::Pass;
    }
    // What begins when the session is over does not go on from it: it is of another, which the capture may not show.
    if stream.begun > end {
        return Verdict::Indeterminate(Reason::Boundary);
    }
    let exhibit = subject.exhibit(&format!("the last {:.1} s after the end of the session", stream.ended.seconds_since(end)));
    Verdict::breach(
        Breach::of_clause(clause, "media after the session ended", format!("at most {} ms after it", clause.value)).seen_in(&exhibit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    /// A stream that lasts until 111.08 s, of a call that ends at so many milliseconds.
    fn ended(at: i64) -> Passage {
        let passage = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").ended(at);
        passage.agreed(|t| t.media.transport.after_bye_grace_ms = agreed(2_000))
    }

    #[test]
    fn packets_after_the_grace_break_it() {
        let verdict = ended(109_000).judge(&RULE);
        assert_eq!(observed(&verdict), ["media after the session ended"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert!(
            breaches[0].exhibit.as_ref().unwrap().text().ends_with("500 packets in 10.0 s: the last 2.1 s after the end of the session")
        );
    }

    #[test]
    fn packets_on_their_way_keep_it() {
        assert_eq!(ended(109_080).judge(&RULE), Verdict::Pass);
        assert_eq!(ended(112_000).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_call_whose_end_the_capture_does_not_hold_cannot_be_judged() {
        assert_eq!(ended(109_000).open().judge(&RULE), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
    }
}
