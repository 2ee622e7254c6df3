//! Takes messages and answered offers, gives whether each offer was answered in its turn and once, never what offer and answer say.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, OfferAnswerSubject, Reason, Rule, Scope, Verdict};
use crate::sdp::Disorder;

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
    what: "An offer is answered in the last message that can: an INVITE in a reliable 1xx or the 2xx, a 2xx in the ACK, a reliable 1xx in \
           its PRACK, PRACK and UPDATE in their 2xx. An offer that comes while another is pending is refused (491 or 500, whatever side \
           sent it). What is ignored by the receiver weighs low: SDP where neither offer nor answer may stand, in a later response of an \
           INVITE other SDP than its answer, and an answer that is not what an unreliable 18x of the dialog had announced (but for the \
           o= line). Nothing is out of order where the tap may have missed what makes it so.",
    why: "Without an answer both sides hold different ideas of the session: the media stay silent, or go where they went before. Of two \
          offers that cross each side takes its own for agreed. Endpoints play early media by what an 18x announced and many keep it for \
          the call.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp && sip.CSeq.method == \"INVITE\"` and compare the bodies of the 18x and the 200 with the \
              same To tag; `sip.Call-ID == \"…\" && (sip.Method || sip.Status-Code)` shows which message of the exchange has no SDP, or \
              which offer came too early.",
    fix: "let the answering side answer each offer in its turn and repeat the SDP of its 18x in the 2xx (early media of another source has \
          a To tag of its own, or UPDATE), and refuse an offer with 491 or 500 while another is pending",
    check: Check::Several(&[Check::OfferAnswer(check), Check::Message(Kind::ANY, message)]),
};

fn message(subject: &MessageSubject<'_>) -> Verdict {
    let place = subject.place;
    match subject.message().code() {
        Some(491 | 500) if place.answers_crossing => return Verdict::Pass,
        Some(200..=299) if place.answers_crossing => {
            return Verdict::breach(Breach::of_standard(
                "offer taken while another was pending",
                "491 or 500 until the pending offer is answered",
            ));
        }
        _ => {}
    }
    let ignored =
        |observed: &'static str, agreed: &'static str| Verdict::breach(Breach::of_standard(observed, agreed).rated(Severity::Low));
    match place.disorder {
        None | Some(Disorder::Crossing) => Verdict::NotApplicable,
        Some(Disorder::NoAnswer) => {
            Verdict::breach(Breach::of_standard("no answer to the pending offer", "an answer in this message at the latest"))
        }
        Some(Disorder::Misplaced) => ignored("SDP that is neither offer nor answer", "an offer or an answer in its turn, or no SDP"),
        Some(Disorder::Changed) => ignored("SDP in a later response differs from the answer", "the answer that was given, or no SDP"),
        Some(Disorder::Unseen) if subject.arrival.is_enveloped() => Verdict::Indeterminate(Reason::Encrypted),
        Some(Disorder::Unseen) => Verdict::Indeterminate(Reason::Truncated),
    }
}

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    match exchange.preview.as_ref().map_or(Some(true), |preview| preview.same_but_origin(&exchange.answer)) {
        Some(true) => Verdict::Pass,
        Some(false) => {
            let breach = Breach::of_standard("answer differs from the SDP of an earlier 18x", "the SDP of the 18x");
            Verdict::breach(breach.rated(Severity::Low).seen_in(&subject.exchange.answer))
        }
        None => Verdict::Indeterminate(Reason::Truncated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits, parsed, session};
    use crate::rules::scene::{Scene, observed};

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
    fn an_answer_in_its_turn_keeps_it() {
        assert_eq!(Negotiation::of(AUDIO, AUDIO).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_is_out_of_order_breaks_it() {
        let said = |disorder| Scene::response(200, "INVITE").placed(|p| p.disorder = Some(disorder)).judge(&RULE);
        let severity = |verdict: &Verdict| if let Verdict::Violation(breaches) = verdict { breaches[0].severity } else { panic!() };
        let missing = said(Disorder::NoAnswer);
        assert_eq!((observed(&missing), severity(&missing)), (vec!["no answer to the pending offer"], None));
        for disorder in [Disorder::Misplaced, Disorder::Changed] {
            assert_eq!(severity(&said(disorder)), Some(Severity::Low));
        }
        assert_eq!(said(Disorder::Unseen), Verdict::Indeterminate(Reason::Truncated));
    }

    // RFC 3261 §14.2, RFC 3311 §5.2.
    #[test]
    fn an_offer_that_crosses_another_is_refused() {
        let answered = |code| Scene::response(code, "UPDATE").placed(|p| p.answers_crossing = true).judge(&RULE);
        assert_eq!(observed(&answered(200)), ["offer taken while another was pending"]);
        assert_eq!([answered(491), answered(500), answered(408)], [Verdict::Pass, Verdict::Pass, Verdict::NotApplicable]);
    }
}
