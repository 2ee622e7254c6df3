//! Takes an answered offer, gives whether fax is set up in the agreed mode, never the pages.

use crate::call::Trace;
use crate::policy::{Clause, Fax, Level, Severity};
use crate::rtp::Tone;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, MediaSubject, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::{Description, Media};

use super::agreement::word;

pub(crate) static RULE: Rule = Rule {
    id: "MED-MODE-003",
    name: "fax-mode-not-agreed",
    title: "fax mode not as agreed",
    severity: Severity::Medium,
    tier: 3,
    scope: Scope::Session,
    // Whoever sent the offer or answer that is the exhibit.
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; ITU-T T.38 annex D; RFC 7345",
    keys: &[
        "media.fax.t38",
        "media.fax.version",
        "media.fax.max_bit_rate",
        "media.fax.rate_management",
        "media.fax.udp_ec",
        "media.fax.passthrough",
    ],
    what: "T.38 (m=image with format t38) is offered and accepted only where it is agreed, and not refused where it is required; its \
           version, bit rate, rate management and error correction are agreed ones. Where pass-through is required, the first audio offer \
           of a session has a G.711 codec. Where T.38 is agreed and pass-through is not, a fax that calls (CNG) or answers (CED) in G.711 \
           audio makes somebody offer T.38 (info).",
    why: "A fax between gateways that disagree on mode, rate or error correction fails after minutes, or pages arrive cut.",
    confirm: "Filter `sdp.media contains \"image\"` with the Call-ID of the finding, and read the a=T38 attributes of both sides.",
    fix: "align the fax profiles of both gateways with [media.fax]",
    check: Check::Several(&[Check::OfferAnswer(check), Check::Media(tones)]),
};

/// Whether a fax is to go over to T.38 when it is heard.
pub(super) fn switches(fax: &Fax) -> Option<&Clause<Level>> {
    let may = |level: &Option<Clause<Level>>| {
        level.as_ref().is_some_and(|c| matches!(c.value, Level::Required | Level::Recommended | Level::Supported))
    };
    fax.t38.as_ref().filter(|_| may(&fax.t38) && !may(&fax.passthrough))
}

/// Fax tones in the audio of a call.
fn tones(subject: &MediaSubject<'_>) -> Verdict {
    let call = subject.call;
    let Some(clause) = switches(&subject.terms.media.fax) else { return Verdict::NotApplicable };
    let Some((sent, heard)) = call.sent.iter().filter_map(|sent| Some((sent, sent.fax?))).min_by_key(|(_, heard)| heard.origin) else {
        return Verdict::NotApplicable;
    };
    if !call.faxes.is_empty() || call.said.iter().any(|said| said.sdp.media().iter().any(is_t38)) {
        return Verdict::Pass;
    }
    let line = format!("RTP {} to {}, {} ms of {}", sent.flow.source, sent.flow.destination, heard.ms, name(heard.tone));
    let (source, destination) = (sent.flow.source, sent.flow.destination);
    let exhibit = Trace { origin: heard.origin, first: heard.at, last: heard.at, source, destination, line: line.as_bytes().into() };
    let breach = Breach::of_clause(clause, "fax tone without an offer of T.38", "T.38 when a fax is heard").rated(Severity::Info);
    Verdict::breach(breach.by(Offender::Both).seen_in(&exhibit))
}

const fn name(tone: Tone) -> &'static str {
    match tone {
        Tone::Answering => "CED (2100 Hz)",
        _ => "CNG (1100 Hz)",
    }
}

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let (fax, exchange) = (&subject.terms.media.fax, &subject.exchange.exchange);
    let (offer, answer) = (&subject.exchange.offer, &subject.exchange.answer);
    let mut breaches = Distinct::default();
    for (n, offered) in exchange.offer.media().iter().enumerate().filter(|(_, offered)| offered.is_active() && is_t38(offered)) {
        let answered = exchange.answer.media().get(n);
        if answered.is_none() && exchange.answer.is_cut() {
            breaches.miss();
        }
        if let Some(clause) = judged(&fax.t38) {
            match (clause.value, answered.map(Media::is_active)) {
                (Level::Discouraged | Level::Forbidden, accepted) => {
                    breaches.add(Breach::of_level(clause, "T.38 offered").seen_in(offer));
                    if accepted == Some(true) {
                        breaches.add(Breach::of_level(clause, "T.38 accepted").seen_in(answer));
                    }
                }
                (Level::Required | Level::Recommended, Some(false)) => {
                    breaches.add(Breach::of_level(clause, "T.38 refused").seen_in(answer));
                }
                (_, None) if !exchange.answer.is_cut() => {}
                _ => breaches.judge(),
            }
        }
        for (sdp, media, trace) in [(&exchange.offer, Some(offered), offer), (&exchange.answer, answered, answer)] {
            if let Some(media) = media.filter(|media| media.is_active()) {
                parameters(sdp, media, fax, trace, &mut breaches);
            }
        }
    }
    let first = exchange.offerer_before.is_none() && exchange.answerer_before.is_none();
    let wanted = judged(&fax.passthrough).filter(|c| first && matches!(c.value, Level::Required | Level::Recommended));
    let mut audio = exchange.offer.media().iter().filter(|m| m.is_active() && m.is_rtp() && m.kind == "audio").peekable();
    if let Some(clause) = wanted.filter(|_| audio.peek().is_some()) {
        breaches.judge();
        let is_g711 = |name: &str| ["PCMA", "PCMU"].iter().any(|g711| g711.eq_ignore_ascii_case(name));
        match audio.any(|m| exchange.offer.is_whole(m) && m.codecs.iter().any(|codec| is_g711(&codec.name))) {
            true => {}
            false if exchange.offer.is_cut() => breaches.miss(),
            false => breaches.add(Breach::of_level(clause, "no G.711 for fax pass-through").seen_in(offer)),
        }
    }
    if exchange.may_pair_more() {
        breaches.miss();
    }
    breaches.verdict()
}

fn judged(agreed: &Option<Clause<Level>>) -> Option<&Clause<Level>> {
    agreed.as_ref().filter(|clause| clause.value != Level::Unspecified)
}

/// Whether an m= line is one of T.38 (ITU-T T.38 D.2.3).
fn is_t38(media: &Media) -> bool {
    media.kind == "image" && media.codecs.iter().any(|c| c.name.eq_ignore_ascii_case("t38"))
}

/// The attributes of ITU-T T.38 D.2.3 that have other values than agreed.
fn parameters(sdp: &Description, media: &Media, fax: &Fax, trace: &Trace, breaches: &mut Distinct) {
    let value = |name: &'static str| {
        let lines = sdp.attribute_lines(media.lines.clone(), name.as_bytes());
        lines.map(|(_, value)| word(&String::from_utf8_lossy(value))).next()
    };
    let mut compare = |name: &'static str, clause: &Clause<Vec<String>>| {
        let Some(sent) = value(name) else {
            if !sdp.is_whole(media) {
                breaches.miss();
            }
            return;
        };
        breaches.judge();
        if !clause.value.iter().any(|agreed| agreed.eq_ignore_ascii_case(&sent)) {
            breaches.add(Breach::of_clause(clause, format!("{name} {sent}"), clause.value.join(" or ")).seen_in(trace));
        }
    };
    let numbers = |clause: &Option<Clause<Vec<u32>>>| clause.as_ref().map(|c| c.map(|list| list.iter().map(u32::to_string).collect()));
    let lists = [
        ("T38FaxVersion", numbers(&fax.version)),
        ("T38MaxBitRate", numbers(&fax.max_bit_rate)),
        ("T38FaxRateManagement", fax.rate_management.as_ref().map(|c| c.map(|one| vec![one.clone()]))),
        ("T38FaxUdpEC", fax.udp_ec.clone()),
    ];
    lists.into_iter().filter_map(|(name, clause)| Some((name, clause?))).for_each(|(name, clause)| compare(name, &clause));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Origin, Time};
    use crate::media::HeardTone;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    const T38: &str = "m=image 4000 udptl t38\na=T38FaxVersion:0\na=T38MaxBitRate:14400\na=T38FaxRateManagement:transferredTCF\na=T38FaxUdpEC:t38UDPRedundancy\n";

    fn judge(offer: &str, answer: &str, t38: Level) -> Verdict {
        let fax = Fax {
            t38: agreed(t38),
            version: agreed(vec![0, 3]),
            max_bit_rate: agreed(vec![14_400, 33_600]),
            rate_management: agreed("transferredTCF".into()),
            udp_ec: agreed(vec!["t38UDPRedundancy".into(), "t38UDPFEC".into()]),
            passthrough: agreed(Level::Recommended),
        };
        Negotiation::of(offer, answer).agreed(|t| t.media.fax = fax).judge(&RULE)
    }

    #[test]
    fn a_fax_that_is_heard_switches_to_t38() {
        const AUDIO: &str = "m=audio 4000 RTP/AVP 8\n";
        let heard = HeardTone { tone: Tone::Calling, origin: Origin::default(), at: Time(0), ms: 500 };
        let judge = |fax: Option<HeardTone>, switched: bool, passthrough| {
            let mut call = Passage::of(AUDIO, AUDIO).with(|s| s.tones.fax = fax);
            if switched {
                const T38: &str = "m=image 4000 udptl t38\n";
                call = call.exchange(103_000, crate::binding::Side::Callee, T38, T38);
            }
            let terms = |t: &mut crate::policy::Terms| {
                (t.media.fax.t38, t.media.fax.passthrough) = (agreed(Level::Supported), agreed(passthrough));
            };
            call.agreed(terms).judge_call(&RULE)
        };
        assert_eq!(observed(&judge(Some(heard), false, Level::Forbidden)), ["fax tone without an offer of T.38"]);
        assert_eq!(judge(Some(heard), true, Level::Forbidden), Verdict::Pass);
        assert_eq!(judge(Some(heard), false, Level::Supported), Verdict::NotApplicable, "it may pass as audio");
        assert_eq!(judge(None, false, Level::Forbidden), Verdict::NotApplicable);
    }

    #[test]
    fn offered_accepted_or_refused_against_the_level_breaks_it() {
        let verdict = judge(T38, T38, Level::Forbidden);
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["T.38 offered", "T.38 accepted"], vec!["INVITE", "SIP/2.0"]));
        let verdict = judge(T38, "m=image 0 udptl t38\n", Level::Required);
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["T.38 refused"], vec!["SIP/2.0"]));
    }

    #[test]
    fn other_parameters_break_it() {
        let odd = T38.replace("14400", "9600").replace("transferredTCF", "localTCF").replace("t38UDPRedundancy", "<b>");
        let verdict = judge(T38, &odd, Level::Supported);
        let expected = ["T38MaxBitRate 9600", "T38FaxRateManagement localTCF", "T38FaxUdpEC an unreadable word"];
        assert_eq!(observed(&verdict), expected);
        assert_eq!(exhibits(&verdict), ["SIP/2.0"; 3]);
    }

    #[test]
    fn a_first_offer_without_g711_breaks_pass_through() {
        assert_eq!(
            observed(&judge("m=audio 1 RTP/AVP 18\n", "m=audio 1 RTP/AVP 18\n", Level::Supported)),
            ["no G.711 for fax pass-through"]
        );
        assert_eq!(judge("m=audio 1 RTP/AVP 18 8\n", "m=audio 1 RTP/AVP 18\n", Level::Supported), Verdict::Pass);
    }

    #[test]
    fn agreed_fax_keeps_it() {
        assert_eq!(judge(T38, T38, Level::Supported), Verdict::Pass);
    }

    #[test]
    fn without_terms_nothing_is_judged() {
        assert_eq!(Negotiation::of(T38, T38).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(judge("m=video 1 RTP/AVP 31\n", "m=video 1 RTP/AVP 31\n", Level::Required), Verdict::NotApplicable);
    }
}
