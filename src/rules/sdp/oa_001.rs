//! Takes an answered offer, gives whether answer and re-offer keep the m= lines in number and order, never what the lines say.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::Description;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-001",
    name: "media-lines-not-mirrored",
    title: "answer or re-offer does not mirror the m= lines",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3264 §6, §8",
    keys: &[],
    what: "An answer has as many m= lines as its offer, in the same order: a stream is known by its position, and one that is refused stays with port 0. \
           A later offer of the session never has fewer m= lines than the SDP before it.",
    why: "The sides pair the streams by position. With one line too few, audio is matched with video or T.38, and media is lost or sent to the wrong port.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp` and compare the sdp.media fields of the offer and the answer line by line.",
    fix: "let the answering side refuse an unwanted stream with port 0 instead of leaving its m= line out",
    check: Check::OfferAnswer(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let (traces, exchange) = (subject.exchange, &subject.exchange.exchange);
    let (offered, answered) = (exchange.offer.media().len(), exchange.answer.media().len());
    let mut breaches = Vec::new();
    let before = exchange.offerer_before.as_ref().map_or(0, |d| d.media().len());
    if offered < before {
        let observed = format!("re-offer with {offered} of {before} m= lines");
        breaches.push(Breach::of_standard(observed, "m= lines are refused with port 0, never left out").seen_in(&traces.offer));
    }
    let answer = Breach::of_standard("", "the m= lines of the offer, in its order").seen_in(&traces.answer);
    if answered != offered {
        breaches.push(Breach { observed: format!("{offered} m= lines answered with {answered}").into(), ..answer });
    } else if reordered(&exchange.offer, &exchange.answer) {
        breaches.push(Breach { observed: "m= lines answered in another order".into(), ..answer });
    }
    Verdict::of(breaches)
}

/// Whether the answer has the media types of the offer, and these in another order.
pub(super) fn reordered(offer: &Description, answer: &Description) -> bool {
    let kinds = |d: &Description| d.media().iter().map(|m| m.kind.clone()).collect::<Vec<_>>();
    let (mut offered, mut answered) = (kinds(offer), kinds(answer));
    if offered == answered {
        return false;
    }
    offered.sort_unstable();
    answered.sort_unstable();
    offered == answered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::scene::observed;

    const AUDIO: &str = "m=audio 4000 RTP/AVP 8\n";
    const BOTH: &str = "m=audio 4000 RTP/AVP 8\nm=video 4002 RTP/AVP 31\n";

    #[test]
    fn an_answer_that_leaves_a_line_out_or_swaps_them_breaks_it() {
        let fewer = Negotiation::of(BOTH, AUDIO).judge(&RULE);
        assert_eq!((observed(&fewer), exhibits(&fewer)), (vec!["2 m= lines answered with 1"], vec!["SIP/2.0"]));
        let swapped = Negotiation::of(BOTH, "m=video 4002 RTP/AVP 31\nm=audio 4000 RTP/AVP 8\n").judge(&RULE);
        assert_eq!(observed(&swapped), ["m= lines answered in another order"]);
    }

    #[test]
    fn a_re_offer_that_leaves_a_line_out_breaks_it() {
        let verdict = Negotiation::of(AUDIO, AUDIO).after(BOTH, BOTH).judge(&RULE);
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["re-offer with 1 of 2 m= lines"], vec!["INVITE"]));
    }

    #[test]
    fn mirrored_lines_keep_it() {
        assert_eq!(Negotiation::of(BOTH, "m=audio 5000 RTP/AVP 8\nm=video 0 RTP/AVP 31\n").judge(&RULE), Verdict::Pass);
        let fax = "m=audio 0 RTP/AVP 8\nm=image 4010 udptl t38\n";
        assert_eq!(Negotiation::of(fax, fax).after(AUDIO, AUDIO).judge(&RULE), Verdict::Pass);
    }
}
