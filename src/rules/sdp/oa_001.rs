//! Takes an answered offer, gives whether answer and re-offer keep the m= lines in number and order, never what the lines say.

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
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
    what: "An answer has as many m= lines as its offer, in the same order: a stream is known by its position, and one that is refused \
           stays with port 0. A later offer of the session never has fewer m= lines than the SDP before it.",
    why: "The sides pair the streams by position. With one line too few, audio is matched with video or T.38, and media is lost or sent to \
           the wrong port.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp` and compare the sdp.media fields of the offer and the answer line by line.",
    fix: "let the answering side refuse an unwanted stream with port 0 instead of leaving its m= line out",
    check: Check::OfferAnswer(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let (traces, exchange) = (subject.exchange, &subject.exchange.exchange);
    let (offer, answer) = (&*exchange.offer, &*exchange.answer);
    let mut breaches = Distinct::default();
    breaches.judge();
    match exchange.offerer_before.as_deref().map(|before| (before, has_fewer(offer, before))) {
        Some((before, Some(true))) => {
            let observed = format!("re-offer with {} of {} m= lines", count(offer), count(before));
            breaches.add(Breach::of_standard(observed, "m= lines are refused with port 0, never left out").seen_in(&traces.offer));
        }
        Some((_, None)) => breaches.miss(),
        _ => {}
    }
    let mut add = |observed: String| {
        breaches.add(Breach::of_standard(observed, "the m= lines of the offer, in its order").seen_in(&traces.answer));
    };
    match is_mirrored(offer, answer) {
        Some(true) => {}
        Some(false) if offer.media_lines() == answer.media_lines() => add("m= lines answered in another order".into()),
        Some(false) => add(format!("{} m= lines answered with {}", count(offer), count(answer))),
        None => breaches.miss(),
    }
    breaches.verdict()
}

/// How many m= lines there are, as far as the capture tells.
fn count(sdp: &Description) -> String {
    format!("{}{}", if sdp.is_cut() { "at least " } else { "" }, sdp.media_lines())
}

/// Whether `one` has fewer m= lines than `other`; `None` where the capture cut off what would tell.
fn has_fewer(one: &Description, other: &Description) -> Option<bool> {
    match one.media_lines() < other.media_lines() {
        true => (!one.is_cut()).then_some(true),
        false => (!other.is_cut()).then_some(false),
    }
}

/// Whether the answer has as many m= lines as the offer, in its order; `None` where the capture cut off what would tell.
pub(super) fn is_mirrored(offer: &Description, answer: &Description) -> Option<bool> {
    match (has_fewer(offer, answer), has_fewer(answer, offer)) {
        (Some(true), _) | (_, Some(true)) => Some(false),
        (Some(false), Some(false)) => Some(!reordered(offer, answer)),
        _ => None,
    }
}

/// Whether the answer has the media types of the offer, and these in another order.
fn reordered(offer: &Description, answer: &Description) -> bool {
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
