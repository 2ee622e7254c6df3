//! Takes an answered offer, gives whether each accepted stream keeps its type, transport and allowed direction, never its formats.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::{Description, Direction, Media};

use super::oa_001::reordered;
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-002",
    name: "answer-changes-stream",
    title: "answer changes media type, transport or direction illegally",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3264 §6, §6.1, §8.2",
    keys: &[],
    what: "An accepted stream has the media type and the transport protocol that were offered; sendonly is answered with recvonly or inactive, recvonly with \
           sendonly or inactive, inactive with inactive; a stream offered with port 0 is answered with port 0; the t= line is that of the offer. \
           RTP/AVP for RTP/AVPF and the reverse, which most equipment bears, weighs low.",
    why: "The offerer set its media up for what it offered. An answer that turns hold into two-way audio, or plain RTP into SRTP, \
          gives silence, one-way audio or music on top of speech.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp`, put offer and answer side by side and compare m= and the a=sendrecv, sendonly, recvonly and inactive lines.",
    fix: "correct the answering side: mirror type and transport of each m= line, and answer hold with recvonly or inactive",
    check: Check::OfferAnswer(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    let (offer, answer) = (&*exchange.offer, &*exchange.answer);
    // Lines that changed places are SDP-OA-001's finding: to compare them one by one would only repeat it.
    if offer.media().len() != answer.media().len() || reordered(offer, answer) {
        return Verdict::NotApplicable;
    }
    let mut breaches = Distinct::default();
    breaches.judge();
    let mut add = |breach: Breach| breaches.add(breach.seen_in(&subject.exchange.answer));
    let words = |line: &'_ [u8]| line.split(|&b| b == b' ').filter(|w| !w.is_empty()).map(<[u8]>::to_vec).collect::<Vec<_>>();
    if let (Some(offered), Some(answered)) = (offer.session_line(b't'), answer.session_line(b't'))
        && offered != answered
        && words(offered) != words(answered)
    {
        add(Breach::of_standard("t= line changed", "the t= line of the offer"));
    }
    for (offered, answered) in offer.media().iter().zip(answer.media()).filter(|(_, answered)| answered.is_active()) {
        if offered.is_active() {
            stream(offer, offered, answered, &mut add);
        } else if !may_wake(offer, offered) {
            add(Breach::of_standard(format!("{} offered with port 0 accepted", word(&offered.kind)), "port 0 is answered with port 0"));
        }
    }
    breaches.verdict()
}

fn stream(offer: &Description, offered: &Media, answered: &Media, add: &mut impl FnMut(Breach)) {
    if offered.kind != answered.kind {
        add(Breach::of_standard(format!("{} answered with {}", word(&offered.kind), word(&answered.kind)), "the media type of the offer"));
        return;
    }
    // RFC 5939 §3.6: an offer may name other transports that the answer picks from.
    let negotiable = offer.attributes(offered.lines.clone(), b"pcfg").next().is_some();
    if !offered.proto.eq_ignore_ascii_case(&answered.proto) && !negotiable {
        let breach =
            Breach::of_standard(format!("{} answered with {}", word(&offered.proto), word(&answered.proto)), "the transport of the offer");
        let feedback_aside = |p: &str| p.to_ascii_uppercase().trim_end_matches('F').to_owned();
        let only_feedback = offered.is_rtp() && feedback_aside(&offered.proto) == feedback_aside(&answered.proto);
        add(if only_feedback { breach.rated(Severity::Low) } else { breach });
    }
    if offered.is_rtp() && !may_answer(offered.direction, answered.direction) {
        let observed = format!("{} answered with {}", offered.direction.name(), answered.direction.name());
        add(Breach::of_standard(observed, allowed(offered.direction)));
    }
}

/// RFC 3264 §6.1.
const fn may_answer(offer: Direction, answer: Direction) -> bool {
    match offer {
        Direction::SendRecv => true,
        Direction::SendOnly => matches!(answer, Direction::RecvOnly | Direction::Inactive),
        Direction::RecvOnly => matches!(answer, Direction::SendOnly | Direction::Inactive),
        Direction::Inactive => matches!(answer, Direction::Inactive),
    }
}

const fn allowed(offer: Direction) -> &'static str {
    match offer {
        Direction::SendRecv => "any direction",
        Direction::SendOnly => "recvonly or inactive",
        Direction::RecvOnly => "sendonly or inactive",
        Direction::Inactive => "inactive",
    }
}

/// Whether port 0 does not mean refused: a bundled m= line (RFC 9143 §6), or a port that could not be read.
fn may_wake(offer: &Description, media: &Media) -> bool {
    media.unreadable || offer.attributes(media.lines.clone(), b"bundle-only").next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::scene::observed;

    fn audio(more: &str) -> String {
        format!("m=audio 4000 RTP/AVP 8\n{more}")
    }

    #[test]
    fn a_changed_stream_breaks_it() {
        let hold = Negotiation::of(&audio("a=sendonly\n"), &audio("")).judge(&RULE);
        assert_eq!((observed(&hold), exhibits(&hold)), (vec!["sendonly answered with sendrecv"], vec!["SIP/2.0"]));
        let srtp = Negotiation::of(&audio(""), "m=audio 4000 RTP/SAVP 8\n").judge(&RULE);
        assert_eq!(observed(&srtp), ["RTP/AVP answered with RTP/SAVP"]);
        let kind = Negotiation::of("m=image 4000 udptl t38\n", &audio("")).judge(&RULE);
        assert_eq!(observed(&kind), ["image answered with audio"]);
        let woken = Negotiation::of("m=audio 0 RTP/AVP 8\n", &audio("")).judge(&RULE);
        assert_eq!(observed(&woken), ["audio offered with port 0 accepted"]);
        let time = Negotiation::verbatim("v=0\nt=0 0\nm=audio 1 RTP/AVP 8\n", "v=0\nt=5 0\nm=audio 1 RTP/AVP 8\n").judge(&RULE);
        assert_eq!(observed(&time), ["t= line changed"]);
    }

    // The table of RFC 3264 §6.1.
    #[test]
    fn allowed_directions_keep_it() {
        for (offer, answer) in [
            ("sendonly", "recvonly"),
            ("sendonly", "inactive"),
            ("recvonly", "sendonly"),
            ("inactive", "inactive"),
            ("sendrecv", "recvonly"),
        ] {
            let verdict = Negotiation::of(&audio(&format!("a={offer}\n")), &audio(&format!("a={answer}\n"))).judge(&RULE);
            assert_eq!(verdict, Verdict::Pass, "{offer} {answer}");
        }
    }

    #[test]
    fn the_habits_of_the_field_are_no_breach() {
        let refused = Negotiation::of("m=audio 4000 RTP/AVP 8\nm=image 4002 udptl t38\n", "m=audio 4000 RTP/AVP 8\nm=image 0 UDPTL 19\n");
        assert_eq!(refused.judge(&RULE), Verdict::Pass);
        assert_eq!(Negotiation::of("m=image 4002 udptl t38\n", "m=image 4002 UDPTL t38\n").judge(&RULE), Verdict::Pass);
        assert_eq!(Negotiation::of("m=audio 0 RTP/AVP 8\na=bundle-only\n", &audio("")).judge(&RULE), Verdict::Pass);
        let old_hold = Negotiation::of("m=audio 4000 RTP/AVP 8\nc=IN IP4 0.0.0.0\n", &audio("a=recvonly\n"));
        assert_eq!(old_hold.judge(&RULE), Verdict::Pass);
        let Verdict::Violation(feedback) = Negotiation::of("m=audio 4000 RTP/AVPF 8\n", &audio("")).judge(&RULE) else { panic!() };
        assert_eq!(feedback[0].severity, Some(Severity::Low));
    }

    #[test]
    fn lines_that_cannot_be_paired_are_not_judged() {
        assert_eq!(Negotiation::of(&audio("m=video 0 RTP/AVP 31\n"), &audio("")).judge(&RULE), Verdict::NotApplicable);
    }
}
