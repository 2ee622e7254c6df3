//! Takes an answered offer, gives whether payload type numbers mean one codec each, never whether that codec is permitted.

use crate::call::Trace;
use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::spelled;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::{Codec, Description, Media, static_codec};

use super::oa_003::matches;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-004",
    name: "payload-type-mapping",
    title: "payload type mapping wrong",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3264 §5.1, §6.1, §8.3.2; RFC 3551 §3",
    keys: &[],
    what: "On each wanted RTP stream, a dynamic payload type (96 to 127) has an rtpmap; a static one keeps its codec; a dynamic number \
           keeps its codec through the session, as long as the stream lives; and an answer keeps the offer's number for a codec (noted at \
           info where it does not).",
    why: "The number in the RTP header is all that a receiver has to choose a decoder by. Where it means two things, the media is noise or \
           dropped.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp` and read the rtpmap lines of each message of the dialog in order.",
    fix: "give every dynamic payload type an rtpmap and keep its meaning over re-INVITE and UPDATE, through transfers too",
    check: Check::Sections(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let (traces, exchange) = (subject.exchange, &subject.exchange.exchange);
    let mut breaches = Distinct::default();
    side(&exchange.offer, exchange.offerer_before.as_deref(), &traces.offer, &mut breaches);
    side(&exchange.answer, exchange.answerer_before.as_deref(), &traces.answer, &mut breaches);
    for (offered, answered) in exchange.offer.media().iter().zip(exchange.answer.media()).filter(|(o, a)| o.is_active() && a.is_active()) {
        if let Some(codec) = answered.codecs.iter().find(|a| renumbered(offered, a)) {
            let breach =
                Breach::of_standard(format!("{} answered with another payload type", spelled(codec)), "the offer's number for the codec");
            breaches.add(breach.rated(Severity::Info).seen_in(&traces.answer));
        }
    }
    if exchange.offer.media().iter().any(|m| m.is_active() && m.is_rtp()) {
        breaches.judge();
    }
    breaches.verdict()
}

/// What one side's SDP says alone, and against what the side said before.
fn side(now: &Description, before: Option<&Description>, trace: &Trace, breaches: &mut Distinct) {
    let mut note = |breach: Breach| breaches.add(breach.seen_in(trace));
    for (n, media) in now.media().iter().enumerate().filter(|(_, m)| m.is_active()) {
        // A line whose stream was refused or removed is free for another (RFC 3264 §8.1).
        let before = before.and_then(|d| d.media().get(n)).filter(|m| m.is_active() && m.kind == media.kind);
        for codec in &media.codecs {
            let Some(number) = codec.payload_type else { continue };
            if codec.unmapped {
                note(Breach::of_standard("dynamic payload type without rtpmap", "an rtpmap for each of 96 to 127"));
            } else if let Some(name) = static_codec(number).map(|(name, ..)| name).filter(|name| !same_name(name, &codec.name)) {
                note(Breach::of_standard(format!("payload type {number} mapped to {}", spelled(codec)), name));
            } else if number >= 96
                && let Some(old) = before.and_then(|m| m.codecs.iter().find(|c| c.payload_type == Some(number)))
                && !old.unmapped
                && !matches(old, codec)
            {
                let observed = format!("payload type changed from {} to {}", spelled(old), spelled(codec));
                note(Breach::of_standard(observed, "one codec a number through the session"));
            }
        }
    }
}

/// Whether a dynamic codec of the answer was offered, and under other numbers only.
fn renumbered(offered: &Media, answered: &Codec) -> bool {
    let mut same = offered.codecs.iter().filter(|o| o.same(answered)).peekable();
    let offered = same.peek().is_some();
    answered.payload_type >= Some(96) && offered && same.all(|o| o.payload_type != answered.payload_type)
}

/// Whether two encoding names are spellings or annexes of one (G729 and G729A, G723 and G.723.1).
fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase()).collect::<Vec<_>>();
    one.eq_ignore_ascii_case(other) || {
        let (one, other) = (plain(one), plain(other));
        one.starts_with(&other) || other.starts_with(&one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::scene::observed;

    const OFFER: &str = "m=audio 4000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n";

    #[test]
    fn numbers_without_or_with_another_meaning_break_it() {
        let unmapped = Negotiation::of(OFFER, "m=audio 4000 RTP/AVP 8 101\n").judge(&RULE);
        assert_eq!((observed(&unmapped), exhibits(&unmapped)), (vec!["dynamic payload type without rtpmap"], vec!["SIP/2.0"]));
        let remapped = Negotiation::of("m=audio 1 RTP/AVP 18\na=rtpmap:18 iLBC/8000\n", "m=audio 1 RTP/AVP 18\n").judge(&RULE);
        assert_eq!((observed(&remapped), exhibits(&remapped)), (vec!["payload type 18 mapped to iLBC/8000"], vec!["INVITE"]));
        let before = "m=audio 4000 RTP/AVP 101\na=rtpmap:101 AMR/8000\n";
        let changed = Negotiation::of(OFFER, OFFER).after(before, OFFER).judge(&RULE);
        assert_eq!(
            (observed(&changed), exhibits(&changed)),
            (vec!["payload type changed from AMR/8000 to telephone-event/8000"], vec!["INVITE"])
        );
    }

    #[test]
    fn another_number_for_the_same_codec_is_noted() {
        let Verdict::Violation(breaches) =
            Negotiation::of(OFFER, "m=audio 1 RTP/AVP 8 96\na=rtpmap:96 telephone-event/8000\n").judge(&RULE)
        else {
            panic!()
        };
        assert_eq!(
            (&*breaches[0].observed, breaches[0].severity),
            ("telephone-event/8000 answered with another payload type", Some(Severity::Info))
        );
    }

    #[test]
    fn stable_numbers_keep_it() {
        assert_eq!(Negotiation::of(OFFER, OFFER).after(OFFER, OFFER).judge(&RULE), Verdict::Pass);
        let annex = "m=audio 1 RTP/AVP 18 4\na=rtpmap:18 G729A/8000\na=rtpmap:4 G723.1/8000\n";
        assert_eq!(Negotiation::of(annex, annex).judge(&RULE), Verdict::Pass);
        // The stream of the line was removed before: the line is another stream's now.
        let freed = Negotiation::of(OFFER, OFFER).after("m=audio 0 RTP/AVP 101\na=rtpmap:101 AMR/8000\n", OFFER);
        assert_eq!(freed.judge(&RULE), Verdict::Pass);
        // The sides may give one number different meanings: each receives with its own.
        let own = Negotiation::of("m=audio 1 RTP/AVP 0 96\na=rtpmap:96 AMR/8000\n", "m=audio 1 RTP/AVP 0 96\na=rtpmap:96 opus/48000/2\n");
        assert_eq!(own.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_rtp_nothing_is_judged() {
        assert_eq!(Negotiation::of("m=image 1 udptl t38\n", "m=image 1 udptl t38\n").judge(&RULE), Verdict::NotApplicable);
    }
}
