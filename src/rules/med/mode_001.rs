//! Takes an offer or an answer, gives whether its media types are agreed, never their codecs.

use crate::policy::{Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sdp::SdpRole;

use super::agreement::word;

pub(crate) static RULE: Rule = Rule {
    id: "MED-MODE-001",
    name: "media-type-not-agreed",
    title: "media type not agreed for this ingress point",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1, §3.2",
    keys: &["media.types"],
    what: "No wanted m= line has a media type that is forbidden (in an offer, or accepted in an answer), and the first offer of a session \
           has every media type that is required.",
    why: "Border elements admit, price and police media by type; video or messages on a voice trunk use bandwidth that nobody planned and \
           may pass unscreened.",
    confirm: "Filter `sdp.media contains \"video\"` (or the type of the finding) and look for a port other than 0.",
    fix: "let the sender's SBC remove the m= line of that type, or agree on it in [media.types]",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let role = subject.place.sdp_role;
    let types = &subject.terms.media.types;
    let Some(sdp) = subject.sdp.filter(|_| !types.is_empty() && matches!(role, Some(SdpRole::Offer | SdpRole::Answer))) else {
        return Verdict::NotApplicable;
    };
    let mut breaches = Distinct::default();
    for media in sdp.media().iter().filter(|m| m.is_active()) {
        let Some(clause) = types.get(&media.kind).filter(|c| c.value != Level::Unspecified) else { continue };
        breaches.judge();
        let observed = word(&media.kind);
        if matches!(clause.value, Level::Discouraged | Level::Forbidden) {
            breaches.add(Breach::of_level(clause, observed).at(media.line));
        }
    }
    if subject.is_initial_offer() {
        for (kind, clause) in types.entries.iter().filter(|(_, c)| matches!(c.value, Level::Required | Level::Recommended)) {
            breaches.judge();
            if !sdp.media().iter().any(|m| m.is_active() && m.kind.eq_ignore_ascii_case(kind)) {
                breaches.lack(Breach::of_level(clause, format!("no {}", word(kind))));
            }
        }
    }
    breaches.verdict_in(subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::med::scene::audio;
    use crate::rules::scene::{Scene, levels, observed};

    fn agreed(scene: Scene) -> Scene {
        let entries = [("audio", Level::Required), ("video", Level::Forbidden), ("image", Level::Supported)];
        scene.agreed(|t| t.media.types = levels(&entries, None))
    }

    #[test]
    fn a_forbidden_type_or_a_missing_one_breaks_it() {
        let scene = agreed(Scene::request("INVITE").offer(&audio("m=video 4000 RTP/AVP 31\nm=video 4002 RTP/AVP 31\n")));
        let verdict = scene.judge(&RULE);
        assert_eq!(observed(&verdict), ["video", "no audio"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].at.unwrap().of(scene.text().as_bytes()), b"video 4000 RTP/AVP 31");
        let accepted =
            agreed(Scene::response(200, "INVITE").sdp(&audio("m=video 1 RTP/AVP 31\n"))).placed(|p| p.sdp_role = Some(SdpRole::Answer));
        assert_eq!(observed(&accepted.judge(&RULE)), ["video"]);
    }

    #[test]
    fn agreed_and_refused_types_keep_it() {
        let voice = "m=audio 4000 RTP/AVP 8\nm=video 0 RTP/AVP 31\nm=text 4004 RTP/AVP 98\n";
        assert_eq!(agreed(Scene::request("INVITE").offer(&audio(voice))).judge(&RULE), Verdict::Pass);
        // A re-INVITE turns the call into fax: no audio is wanted any more.
        let fax = agreed(Scene::request("INVITE").offer(&audio("m=audio 0 RTP/AVP 8\nm=image 4000 udptl t38\n")))
            .placed(|p| p.standing = Standing::InDialog);
        assert_eq!(fax.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_terms_or_role_nothing_is_judged() {
        assert_eq!(Scene::request("INVITE").offer(&audio("m=video 4000 RTP/AVP 31\n")).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(agreed(Scene::request("INVITE").sdp(&audio("m=video 4000 RTP/AVP 31\n"))).judge(&RULE), Verdict::NotApplicable);
    }
}
