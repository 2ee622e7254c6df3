//! Takes an answered offer, gives whether each accepted stream keeps its type, transport and allowed direction, never its formats.

use crate::call::Trace;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::{Description, Direction, Exchange, Media};

use super::oa_001::is_mirrored;
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
    what: "An accepted stream has the media type and the transport protocol that were offered; sendonly is answered with recvonly or \
           inactive, recvonly with sendonly or inactive, inactive with inactive; a stream offered with port 0 is answered with port 0; the \
           t= line is that of the offer. RTP/AVP for RTP/AVPF and the reverse, which most equipment bears, weighs low.",
    why: "The offerer set its media up for what it offered. An answer that turns hold into two-way audio, or plain RTP into SRTP, \
          gives silence, one-way audio or music on top of speech.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp`, put offer and answer side by side and compare m= and the a=sendrecv, sendonly, \
           recvonly and inactive lines.",
    fix: "correct the answering side: mirror type and transport of each m= line, and answer hold with recvonly or inactive",
    check: Check::OfferAnswer(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    let (offer, answer, trace) = (&*exchange.offer, &*exchange.answer, &subject.exchange.answer);
    let mirrored = is_mirrored(offer, answer);
    let mut breaches = Distinct::default();
    if mirrored != Some(false) {
        breaches.judge();
    }
    let words = |line: &'_ [u8]| line.split(|&b| b == b' ').filter(|w| !w.is_empty()).map(<[u8]>::to_vec).collect::<Vec<_>>();
    match (offer.session_line(b't'), answer.session_line(b't')) {
        (Some(offered), Some(answered)) if offered == answered || words(offered) == words(answered) => {}
        (Some(_), Some(_)) => breaches.add(Breach::of_standard("t= line changed", "the t= line of the offer").seen_in(trace)),
        _ if offer.has_whole_session() && answer.has_whole_session() => {}
        _ => breaches.miss(),
    }
    for (offered, answered) in offer.media().iter().zip(answer.media()) {
        // Lines that changed places, or follow one that was left out, are SDP-OA-001's finding: to compare them would only repeat it.
        if offered.kind != answered.kind && mirrored != Some(true) {
            if mirrored.is_none() {
                breaches.miss();
            }
            break;
        }
        breaches.judge();
        match (offered.is_active(), answered.is_active()) {
            (_, false) => {}
            (true, true) => stream(exchange, offered, answered, trace, &mut breaches),
            (false, true) if may_wake(offer, offered) => {}
            (false, true) if !offer.is_whole(offered) => breaches.miss(),
            (false, true) => {
                let observed = format!("{} offered with port 0 accepted", word(&offered.kind));
                breaches.add(Breach::of_standard(observed, "port 0 is answered with port 0").seen_in(trace));
            }
        }
    }
    if exchange.may_pair_more() {
        breaches.miss();
    }
    breaches.verdict()
}

fn stream(exchange: &Exchange, offered: &Media, answered: &Media, trace: &Trace, breaches: &mut Distinct) {
    let (offer, answer) = (&*exchange.offer, &*exchange.answer);
    if offered.kind != answered.kind {
        let observed = format!("{} answered with {}", word(&offered.kind), word(&answered.kind));
        breaches.add(Breach::of_standard(observed, "the media type of the offer").seen_in(trace));
        return;
    }
    // RFC 5939 §3.6: an offer may name other transports that the answer picks from.
    let negotiable = offer.attributes(offered.lines.clone(), b"pcfg").next().is_some();
    if !offered.proto.eq_ignore_ascii_case(&answered.proto) && !negotiable {
        let observed = format!("{} answered with {}", word(&offered.proto), word(&answered.proto));
        let breach = Breach::of_standard(observed, "the transport of the offer").seen_in(trace);
        let feedback_aside = |p: &str| p.to_ascii_uppercase().trim_end_matches('F').to_owned();
        let only_feedback = offered.is_rtp() && feedback_aside(&offered.proto) == feedback_aside(&answered.proto);
        match offer.is_whole(offered) {
            true if only_feedback => breaches.add(breach.rated(Severity::Low)),
            true => breaches.add(breach),
            false => breaches.miss(),
        }
    }
    if !offered.is_rtp() {
        return;
    }
    match (offer.direction(offered), answer.direction(answered)) {
        (Some(offered), Some(answered)) if !may_answer(offered, answered) => {
            let observed = format!("{} answered with {}", offered.name(), answered.name());
            breaches.add(Breach::of_standard(observed, allowed(offered)).seen_in(trace));
        }
        // What may be answered to anything, and what anything may be answered to.
        (Some(_), Some(_)) | (Some(Direction::SendRecv), None) | (None, Some(Direction::Inactive)) => {}
        _ => breaches.miss(),
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
    fn lines_are_paired_as_far_as_they_mirror_the_offer() {
        let video = "m=video 0 RTP/AVP 31\n";
        assert_eq!(Negotiation::of(&audio(video), &audio("")).judge(&RULE), Verdict::Pass);
        let hold = Negotiation::of(&audio(&format!("a=sendonly\n{video}")), &audio(""));
        assert_eq!(observed(&hold.judge(&RULE)), ["sendonly answered with sendrecv"]);
        assert_eq!(Negotiation::of(&audio(video), video).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Negotiation::of(&audio(video), &format!("{video}{}", audio(""))).judge(&RULE), Verdict::NotApplicable);
    }
}
