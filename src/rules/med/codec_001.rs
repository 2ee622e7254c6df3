//! Takes an offer, gives whether each of its codecs is permitted, never which one is used.

use crate::policy::{Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};

use super::agreement::{judged, level, spelled};

pub(crate) static RULE: Rule = Rule {
    id: "MED-CODEC-001",
    name: "offered-codec-not-permitted",
    title: "offered codec not permitted",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1, A.2; TS 29.165 §6.2",
    keys: &["media.audio.codec", "media.video.codec", "media.audio.unlisted"],
    what: "Every codec on a wanted m= line of an offer is permitted: it has an entry of another level than forbidden, or codecs without \
           entry are not forbidden. Telephone events and other companions are known by name, whatever their clock.",
    why: "A codec that was not agreed may be chosen: then someone transcodes or pays for a licence that was not planned, or the media is \
           not carried at all.",
    confirm: "Filter `sdp.media_attr contains \"rtpmap\"` with the Call-ID of the finding, and look for the codec in the offer.",
    fix: "remove the codec from the offer of the sending SBC's trunk profile, or add it to [[media.audio.codec]]",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(sdp) = subject.sdp.filter(|_| subject.is_offer()) else { return Verdict::NotApplicable };
    let mut breaches = Distinct::default();
    for (media, _) in judged(&subject.terms.media, sdp) {
        for codec in &media.codecs {
            let Some(clause) = level(&subject.terms.media, &media.kind, codec).filter(|c| c.value != Level::Unspecified) else { continue };
            breaches.judge();
            if !matches!(clause.value, Level::Discouraged | Level::Forbidden) {
                continue;
            }
            let observed = spelled(codec);
            let breach = Breach::of_level(clause, observed.clone()).about(observed).at(codec.at);
            // What a number means stands in lines behind it.
            if codec.unmapped { breaches.lack(breach) } else { breaches.add(breach) }
        }
    }
    breaches.verdict_in(subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::med::scene::{audio, codecs};
    use crate::rules::scene::{Scene, observed};

    const OFFER: &str =
        "m=audio 4000 RTP/AVP 8 97 98 101\na=rtpmap:97 ilbc/8000\na=rtpmap:98 iLBC/8000\na=rtpmap:101 telephone-event/16000\n";

    fn agreement(scene: Scene) -> Scene {
        scene.agreed(codecs(&[("PCMA", 8_000, Level::Required), ("telephone-event", 8_000, Level::Supported)], Some(Level::Forbidden)))
    }

    #[test]
    fn a_codec_without_entry_breaks_it_once() {
        let scene = agreement(Scene::request("INVITE").offer(&audio(OFFER)));
        let verdict = scene.judge(&RULE);
        assert_eq!(observed(&verdict), ["iLBC/8000"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].about.as_deref(), Some("iLBC/8000"));
        assert_eq!(breaches[0].at.unwrap().of(scene.text().as_bytes()), b"rtpmap:97 ilbc/8000");
    }

    #[test]
    fn permitted_codecs_keep_it() {
        let scene =
            agreement(Scene::request("INVITE").offer(&audio("m=audio 4000 RTP/AVP 8\nm=audio 0 RTP/AVP 18\nm=image 4002 udptl t38\n")));
        assert_eq!(scene.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn answers_and_what_nobody_agreed_on_are_not_judged() {
        assert_eq!(agreement(Scene::response(200, "INVITE").sdp(&audio(OFFER))).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").offer(&audio(OFFER)).judge(&RULE), Verdict::NotApplicable);
    }
}
