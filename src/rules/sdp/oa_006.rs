//! Takes an answered offer, gives whether the answer is what an unreliable provisional response had announced, never what it says.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};

use super::origin::same_content;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-006",
    name: "offer-answer-out-of-order",
    title: "offer/answer exchange out of order",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3261 §13.2.1, §14; RFC 3262 §5; RFC 3311 §5; RFC 6337 §2, §3",
    keys: &[],
    what: "SDP in an unreliable 18x of a dialog announces its answer: the answer that follows in the 2xx or in a reliable 1xx is the same but for the o= line (low). \
           Missing answers and offers that cross are not judged yet.",
    why: "Endpoints play early media by the announcement and many keep it for the call; when the answer differs, media goes to the old address or in the old codec.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp && sip.CSeq.method == \"INVITE\"` and compare the bodies of the 18x and the 200 with the same To tag.",
    fix: "let the answering side repeat the SDP of its 18x in the 2xx, or give early media a To tag of its own, or use 100rel and UPDATE",
    check: Check::OfferAnswer(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    let Some(preview) = &exchange.preview else { return Verdict::NotApplicable };
    if same_content(preview, &exchange.answer) {
        return Verdict::Pass;
    }
    let breach = Breach::of_standard("answer differs from the SDP of an earlier 18x", "the SDP of the 18x");
    Verdict::breach(breach.rated(Severity::Low).seen_in(&subject.exchange.answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits, parsed, session};

    const AUDIO: &str = "m=audio 4000 RTP/AVP 8\n";

    fn judge(preview: &str) -> Verdict {
        let preview = parsed(&session("198.51.100.70", preview).replace("- 1 1 IN", "- 9 9 IN"));
        Negotiation::of(AUDIO, AUDIO).with(|e| e.preview = Some(preview)).judge(&RULE)
    }

    #[test]
    fn another_answer_than_announced_breaks_it() {
        let verdict = judge("m=audio 6000 RTP/AVP 8\n");
        assert_eq!(exhibits(&verdict), ["SIP/2.0"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].severity, Some(Severity::Low));
    }

    #[test]
    fn the_announced_answer_keeps_it() {
        assert_eq!(judge(AUDIO), Verdict::Pass);
    }

    #[test]
    fn without_announcement_nothing_is_judged() {
        assert_eq!(Negotiation::of(AUDIO, AUDIO).judge(&RULE), Verdict::NotApplicable);
    }
}
