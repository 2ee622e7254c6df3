//! Takes an offer or an answer, gives whether its codecs have the agreed parameters and order, never whether they are permitted.

use crate::policy::{Codecs, Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sdp::{Codec, Media, SdpRole};

use super::agreement::{entry, judged, spelled};
use super::parameters::conflicts;

pub(crate) static RULE: Rule = Rule {
    id: "MED-CODEC-004",
    name: "codec-parameters-not-agreed",
    title: "codec parameters or preference order not agreed",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 4856; RFC 4867 §8; RFC 7587 §6, §7; RFC 3264 §6.1",
    keys: &["media.audio.codec.fmtp", "media.audio.preference"],
    what: "The fmtp parameters of each codec agree with those of its entry; in an offer, one that is left out counts with its default \
           (G729: annexb=yes). With preference `as-listed`, an offer names permitted codecs in the order of the entries.",
    why: "G.729 with annex B against one without gives clipped speech, AMR framed differently gives noise; and the order of the offer \
           decides which codec the call runs on.",
    confirm: "Filter `sdp.media_attr contains \"fmtp\"` with the Call-ID of the finding and compare the parameters with the entry of the \
           codec.",
    fix: "set the parameters (for example annexb=no) or the codec order in the trunk profile of the sending SBC",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let role = subject.place.sdp_role;
    let Some(sdp) = subject.sdp.filter(|_| matches!(role, Some(SdpRole::Offer | SdpRole::Answer))) else { return Verdict::NotApplicable };
    let offer = subject.is_offer();
    let mut breaches = Distinct::default();
    for (media, terms) in judged(&subject.terms.media, sdp) {
        for codec in &media.codecs {
            let Some(term) = entry(terms, codec).filter(|t| !t.fmtp.is_empty()) else { continue };
            breaches.judge();
            for conflict in conflicts(term, sdp, codec, offer) {
                let observed = format!("{} {}", spelled(codec), conflict.observed);
                let breach = Breach::of_clause(conflict.clause, observed, conflict.agreed).about(spelled(codec));
                let breach = breach.at(codec.fmtp.unwrap_or(codec.at));
                if codec.fmtp.is_none() { breaches.lack(breach) } else { breaches.add(breach) }
            }
        }
        let as_listed = terms.preference.as_ref().filter(|p| offer && p.value == "as-listed");
        if let Some(preference) = as_listed {
            breaches.judge();
            if let Some((first, second)) = misplaced(media, terms) {
                let observed = format!("{} before {}", spelled(first), spelled(second));
                let breach = Breach::of_clause(preference, observed, "the order of the entries").about(spelled(first));
                breaches.add(breach.rated(Severity::Low).at(media.line));
            }
        }
    }
    breaches.verdict_in(subject)
}

/// The first codec that stands right before one that the entries put above it.
fn misplaced<'a>(media: &'a Media, terms: &Codecs) -> Option<(&'a Codec, &'a Codec)> {
    let rank = |codec: &Codec| {
        let place = entry(terms, codec).filter(|t| !matches!(t.level.value, Level::Forbidden | Level::Unspecified))?;
        terms.codecs.iter().position(|t| std::ptr::eq(t, place))
    };
    let mut last: Option<(usize, &Codec)> = None;
    for codec in media.codecs.iter().filter(|c| c.is_primary()) {
        let Some(rank) = rank(codec) else { continue };
        if let Some((_, before)) = last.filter(|&(above, _)| above > rank) {
            return Some((before, codec));
        }
        last = Some((rank, codec));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::med::scene::{audio, codecs};
    use crate::rules::scene::{Scene, agreed, clause, observed};

    fn scene(scene: Scene) -> Scene {
        let entries = [("PCMA", 8_000, Level::Required), ("PCMU", 8_000, Level::Supported), ("G729", 8_000, Level::Supported)];
        scene.agreed(codecs(&entries, None)).agreed(|t| {
            t.media.audio.codecs[2].fmtp.insert("annexb".into(), clause("no".into()));
            t.media.audio.preference = agreed("as-listed".into());
        })
    }

    #[test]
    fn other_parameters_and_another_order_break_it() {
        let sent = scene(Scene::request("INVITE").offer(&audio("m=audio 4000 RTP/AVP 18 8 0\na=fmtp:18 annexb=yes\n")));
        let verdict = sent.judge(&RULE);
        assert_eq!(observed(&verdict), ["G729/8000 annexb=yes", "G729/8000 before PCMA/8000"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!((breaches[0].severity, breaches[1].severity), (None, Some(Severity::Low)));
        assert_eq!(breaches[0].at.unwrap().of(sent.text().as_bytes()), b"annexb=yes");
    }

    #[test]
    fn agreed_parameters_in_order_keep_it() {
        let offer = audio("m=audio 4000 RTP/AVP 101 8 9 18\na=rtpmap:101 telephone-event/8000\na=fmtp:18 annexb=no\n");
        assert_eq!(scene(Scene::request("INVITE").offer(&offer)).judge(&RULE), Verdict::Pass);
        let answer =
            scene(Scene::response(200, "INVITE").sdp(&audio("m=audio 4000 RTP/AVP 18 8\n"))).placed(|p| p.sdp_role = Some(SdpRole::Answer));
        assert_eq!(answer.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn nothing_agreed_nothing_judged() {
        assert_eq!(Scene::request("INVITE").offer(&audio("m=audio 4000 RTP/AVP 18\n")).judge(&RULE), Verdict::NotApplicable);
        let repeat =
            scene(Scene::response(200, "INVITE").sdp(&audio("m=audio 4000 RTP/AVP 18\n"))).placed(|p| p.sdp_role = Some(SdpRole::Repeat));
        assert_eq!(repeat.judge(&RULE), Verdict::NotApplicable);
    }
}
