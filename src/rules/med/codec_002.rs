//! Takes an answered offer or a stream, gives whether the codec that is selected or sent is permitted, never which others are offered.

use crate::policy::{Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::sdp::oa_003::{accepted, common};
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, StreamSubject, Verdict};

use super::agreement::{level, spelled};

pub(crate) static RULE: Rule = Rule {
    id: "MED-CODEC-002",
    name: "session-on-forbidden-codec",
    title: "session established on a codec that is not permitted",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    // Who answered: the sender of the answer, which is the exhibit.
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 3264 §6.1, §7",
    keys: &["media.audio.codec"],
    what: "The codec that an accepted stream is set up on, the first of the answer that was also offered, is permitted; and so is the one \
           that most packets of the stream have.",
    why: "The call now runs on a codec that was not agreed: quality, bandwidth and cost are other than planned, and the far end may have \
           to transcode.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp` and read the first format of the answer; `rtp.p_type` shows what is sent.",
    fix: "let the answering SBC select from the permitted codecs only, and the offering one leave the codec out",
    check: Check::Several(&[Check::Sections(check), Check::Stream(stream)]),
};

fn stream(subject: &StreamSubject<'_>) -> Verdict {
    let (Some((call, bound)), Some(codec)) = (subject.call, subject.codec()) else { return Verdict::NotApplicable };
    let kind = call.line(bound.side, bound, subject.until).map_or("", |(_, media)| &*media.kind);
    let clause = level(&subject.terms.media, kind, codec).filter(|c| c.value != Level::Unspecified);
    match clause {
        None => Verdict::NotApplicable,
        Some(clause) if matches!(clause.value, Level::Discouraged | Level::Forbidden) => {
            let name = spelled(codec);
            Verdict::breach(Breach::of_level(clause, format!("{name} sent")).about(name).seen_in(&subject.exhibit("")))
        }
        Some(_) => Verdict::Pass,
    }
}

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    let mut breaches = Distinct::default();
    for (offered, answered) in accepted(exchange.offer.media(), exchange.answer.media()) {
        let Some(codec) = common(offered, answered).next() else { continue };
        // A number that the answer leaves unexplained has the meaning that the offer gave it.
        let explained = offered.codecs.iter().find(|o| codec.clock == 0 && o.payload_type == codec.payload_type);
        let codec = explained.unwrap_or(codec);
        let Some(clause) = level(&subject.terms.media, &answered.kind, codec).filter(|c| c.value != Level::Unspecified) else { continue };
        breaches.judge();
        if matches!(clause.value, Level::Discouraged | Level::Forbidden) {
            let observed = spelled(codec);
            breaches.add(Breach::of_level(clause, observed.clone()).about(observed).seen_in(&subject.exchange.answer));
        }
    }
    breaches.verdict()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::med::scene::codecs;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::passage::Passage;
    use crate::rules::scene::observed;

    const OFFER: &str = "m=audio 4000 RTP/AVP 101 18 8\na=rtpmap:101 telephone-event/8000\n";

    fn judge(answer: &str) -> Verdict {
        Negotiation::of(OFFER, answer)
            .agreed(codecs(&[("PCMA", 8_000, Level::Required), ("G729", 8_000, Level::Forbidden)], None))
            .judge(&RULE)
    }

    #[test]
    fn a_forbidden_selection_breaks_it() {
        let verdict = judge("m=audio 5000 RTP/AVP 101 18 8\na=rtpmap:101 telephone-event/8000\n");
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["G729/8000"], vec!["SIP/2.0"]));
    }

    #[test]
    fn a_permitted_one_keeps_it_whatever_follows() {
        assert_eq!(judge("m=audio 5000 RTP/AVP 8 18\n"), Verdict::Pass);
        // The first format of this answer was not offered, so the second is selected.
        assert_eq!(judge("m=audio 5000 RTP/AVP 0 8 18\n"), Verdict::Pass);
    }

    #[test]
    fn a_forbidden_codec_on_the_wire_breaks_it() {
        let passage = |payload_type| {
            let both = "m=audio 4000 RTP/AVP 8 18\n";
            let passage = Passage::of(both, &both.replace("4000", "5000")).with(|s| s.main = payload_type);
            passage.agreed(codecs(&[("PCMA", 8_000, Level::Required), ("G729", 8_000, Level::Forbidden)], None))
        };
        assert_eq!(observed(&passage(18).judge(&RULE)), ["G729/8000 sent"]);
        assert_eq!(passage(8).judge(&RULE), Verdict::Pass);
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn refused_or_not_agreed_is_not_judged() {
        assert_eq!(judge("m=audio 0 RTP/AVP 18\n"), Verdict::NotApplicable);
        assert_eq!(Negotiation::of(OFFER, OFFER).judge(&RULE), Verdict::NotApplicable);
    }
}
