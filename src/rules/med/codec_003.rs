//! Takes the first offer of a session, gives whether it holds every required codec, never what else it holds.

use crate::policy::{Clause, CodecTerm, Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sdp::Description;

use super::agreement::{terms, word};
use super::parameters::conflicts;

pub(crate) static RULE: Rule = Rule {
    id: "MED-CODEC-003",
    name: "required-codec-missing",
    title: "required codec missing from an offer",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; GSMA IR.92; SIPconnect",
    keys: &["media.audio.codec"],
    what: "The first offer of a session with audio (or video) holds every codec that is required for it, by name, clock rate and channels, \
           with the agreed fmtp parameters. Several m= lines of one type count together.",
    why: "The agreement names a codec that both sides always have, so that every call can be set up without transcoding; an offer without \
           it can end in 488.",
    confirm: "Filter `sip.Method == \"INVITE\" && sdp.media` with the Call-ID of the finding, and look for the codec among the formats and \
           rtpmap lines.",
    fix: "add the codec to the offer of the sending SBC's trunk profile",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(sdp) = subject.sdp.filter(|_| subject.is_initial_offer()) else { return Verdict::NotApplicable };
    let media = &subject.terms.media;
    let mut breaches = Distinct::default();
    for kind in ["audio", "video"] {
        let mut wanted = sdp.media().iter().filter(|m| m.is_active() && m.is_rtp() && m.kind == kind);
        let forbidden = media.types.get(kind).is_some_and(|l| l.value == Level::Forbidden);
        let (Some(line), Some(terms), false) = (wanted.next().map(|m| m.line), terms(media, kind), forbidden) else { continue };
        for term in terms.codecs.iter().filter(|t| matches!(t.level.value, Level::Required | Level::Recommended)) {
            breaches.judge();
            if !offers(sdp, kind, term) {
                let name = display(term);
                let breach = Breach { observed: format!("{name} not offered").into(), ..level(&term.level) };
                breaches.lack(breach.about(name).at(line));
            }
        }
    }
    breaches.verdict_in(subject)
}

fn level(clause: &Clause<Level>) -> Breach {
    Breach::of_level(clause, "")
}

fn offers(sdp: &Description, kind: &str, term: &CodecTerm) -> bool {
    let codecs = sdp.media().iter().filter(|m| m.is_active() && m.kind == kind).flat_map(|m| &m.codecs);
    codecs.filter(|c| term.name.eq_ignore_ascii_case(&c.name) && (term.clock == 0 || term.clock == c.clock)).any(|c| {
        let channels = term.channels.is_none_or(|n| n == c.channels || c.name.eq_ignore_ascii_case("opus"));
        channels && conflicts(term, sdp, c, true).next().is_none()
    })
}

/// The codec of an entry as findings spell it, with its parameters.
fn display(term: &CodecTerm) -> String {
    let clock = if term.clock == 0 { String::new() } else { format!("/{}", term.clock) };
    let channels = term.channels.filter(|&n| n > 1).map_or(String::new(), |n| format!("/{n}"));
    let parameters: String = term.fmtp.iter().map(|(name, c)| format!(" {name}={}", c.value)).collect();
    format!("{}{clock}{channels}{parameters}", word(&term.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::med::scene::{audio, codecs};
    use crate::rules::scene::{Scene, clause, levels, observed};

    fn offer(media: &str) -> Scene {
        let entries = [("PCMA", 8_000, Level::Required), ("G722", 8_000, Level::Recommended), ("G729", 8_000, Level::Supported)];
        Scene::request("INVITE").offer(&audio(media)).agreed(codecs(&entries, None))
    }

    #[test]
    fn what_is_required_or_recommended_and_missing_breaks_it() {
        let verdict = offer("m=audio 4000 RTP/AVP 18\n").judge(&RULE);
        assert_eq!(observed(&verdict), ["PCMA/8000 not offered", "G722/8000 not offered"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches.iter().map(|b| b.level).collect::<Vec<_>>(), [Some(Level::Required), Some(Level::Recommended)]);
    }

    #[test]
    fn other_parameters_are_another_codec() {
        let scene = offer("m=audio 4000 RTP/AVP 8 9 18\n").agreed(|t| {
            t.media.audio.codecs[2].level = clause(Level::Required);
            t.media.audio.codecs[2].fmtp.insert("annexb".into(), clause("no".into()));
        });
        assert_eq!(observed(&scene.judge(&RULE)), ["G729/8000 annexb=no not offered"]);
    }

    #[test]
    fn lines_count_together() {
        assert_eq!(offer("m=audio 4000 RTP/AVP 8\nm=audio 4002 RTP/SAVP 9\n").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn later_offers_and_other_media_are_not_judged() {
        let again = offer("m=audio 4000 RTP/AVP 18\n").placed(|p| p.standing = Standing::InDialog);
        assert_eq!(again.judge(&RULE), Verdict::NotApplicable);
        assert_eq!(offer("m=image 4000 udptl t38\n").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(offer("m=audio 0 RTP/AVP 18\n").judge(&RULE), Verdict::NotApplicable);
        let forbidden = offer("m=audio 4000 RTP/AVP 18\n").agreed(|t| t.media.types = levels(&[("audio", Level::Forbidden)], None));
        assert_eq!(forbidden.judge(&RULE), Verdict::NotApplicable);
    }
}
