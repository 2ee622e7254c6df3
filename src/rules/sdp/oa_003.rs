//! Takes an answered offer, gives whether each accepted stream has a format that both sides named, never which of them is used.

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::{Codec, Media};

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-003",
    name: "no-common-format",
    title: "accepted stream has no common format",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3264 §6.1",
    keys: &[],
    what: "Each accepted RTP stream names in its answer at least one codec of the offer's same m= line, by encoding name, clock rate and \
           channels. Telephone events, comfort noise and redundancy do not count.",
    why: "Without a common codec the call is answered, billed and silent.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp` and compare sdp.media.format and the rtpmap lines of offer and answer.",
    fix: "let the answering side choose from the codecs of the offer, or refuse with 488 or port 0",
    check: Check::Sections(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    let mut breaches = Distinct::default();
    for (offered, answered) in accepted(exchange.offer.media(), exchange.answer.media()) {
        breaches.judge();
        if common(offered, answered).next().is_none() {
            let observed = format!("no common {} codec", word(&offered.kind));
            breaches.add(Breach::of_standard(observed, "a codec of the offer").seen_in(&subject.exchange.answer));
        }
    }
    breaches.verdict()
}

/// The RTP streams that both sides want and that carry more than events.
pub(in crate::rules) fn accepted<'a>(offer: &'a [Media], answer: &'a [Media]) -> impl Iterator<Item = (&'a Media, &'a Media)> {
    offer.iter().zip(answer).filter(|(offered, answered)| {
        let wanted = offered.is_active() && answered.is_active();
        wanted && offered.kind == answered.kind && offered.is_rtp() && offered.codecs.iter().any(Codec::is_primary)
    })
}

/// The codecs of the answer that carry the call and were offered, in the order of the answer.
pub(in crate::rules) fn common<'a>(offered: &'a Media, answered: &'a Media) -> impl Iterator<Item = &'a Codec> {
    answered.codecs.iter().filter(|a| a.is_primary() && offered.codecs.iter().any(|o| matches(o, a)))
}

/// Whether two formats of the sides name the same codec as the field writes them.
pub(in crate::rules) fn matches(one: &Codec, other: &Codec) -> bool {
    let same_number = one.payload_type.is_some() && one.payload_type == other.payload_type;
    // RFC 3551 §6: a static number says it all; one without rtpmap in one of the SDPs is taken to mean what it means in the other.
    let said = same_number && (one.payload_type < Some(96) || one.clock == 0 || other.clock == 0);
    // RFC 7587 §7: opus is always opus/48000/2; that some write no channels hurts nobody.
    let opus = one.name.eq_ignore_ascii_case("opus") && other.name.eq_ignore_ascii_case("opus");
    said || opus || one.same(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::scene::observed;

    const OFFER: &str = "m=audio 4000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n";

    #[test]
    fn only_events_in_common_break_it() {
        let verdict = Negotiation::of(OFFER, "m=audio 5000 RTP/AVP 18 101\na=rtpmap:101 telephone-event/8000\n").judge(&RULE);
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["no common audio codec"], vec!["SIP/2.0"]));
    }

    #[test]
    fn one_common_codec_keeps_it_whatever_its_number() {
        for (offer, answer) in [
            (OFFER, "m=audio 5000 RTP/AVP 0 8\n"),
            ("m=audio 1 RTP/AVP 96\na=rtpmap:96 AMR/8000\n", "m=audio 1 RTP/AVP 97\na=rtpmap:97 amr/8000/1\n"),
            ("m=audio 1 RTP/AVP 111\na=rtpmap:111 opus/48000/2\n", "m=audio 1 RTP/AVP 96\na=rtpmap:96 opus/48000\n"),
            ("m=audio 1 RTP/AVP 98\na=rtpmap:98 iLBC/8000\n", "m=audio 1 RTP/AVP 98\n"),
            ("m=audio 1 RTP/AVP 18\na=rtpmap:18 G729A/8000\n", "m=audio 1 RTP/AVP 18\n"),
        ] {
            assert_eq!(Negotiation::of(offer, answer).judge(&RULE), Verdict::Pass, "{offer} {answer}");
        }
    }

    #[test]
    fn refused_and_foreign_streams_are_not_judged() {
        assert_eq!(Negotiation::of(OFFER, "m=audio 0 RTP/AVP 18\n").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Negotiation::of("m=image 1 udptl t38\n", "m=image 1 udptl t38\n").judge(&RULE), Verdict::NotApplicable);
    }
}
