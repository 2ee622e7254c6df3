//! Takes a message, gives whether it uses the agreed kind of instant messaging and real-time text, never what is said.

use crate::policy::{Clause, Im, Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sdp::{Description, Media, SdpRole};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "MED-MODE-004",
    name: "messaging-mode-not-agreed",
    title: "instant-messaging mode not as agreed",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.2, Req #11; RFC 3428 §8; RFC 4975 §8; RFC 4103",
    keys: &["media.im.page_mode", "media.im.max_page_bytes", "media.im.msrp", "media.im.msrp_tls", "media.text.t140", "media.text.red"],
    what: "MESSAGE requests, MSRP sessions (m=message) and real-time text (t140, red on m=text) are used only where they are agreed; a \
           MESSAGE over UDP stays within the agreed size; an MSRP session has a=path and a=accept-types, and TLS where that is required.",
    why: "Text that the other side did not plan for passes unscreened and unlogged, or is lost; a large MESSAGE over UDP is cut by the \
           path and clogs it.",
    confirm: "Filter `sip.Method == \"MESSAGE\"` or `sdp.media contains \"message\"` or `sdp.media contains \"text\"`.",
    fix: "let the sender's SBC refuse this kind of messaging on the trunk, or agree on it in [media.im] and [media.text]",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let media = &subject.terms.media;
    let mut breaches = Distinct::default();
    if subject.message().method() == Some(Method::Message) {
        page(subject, &media.im, &mut breaches);
    }
    let described = matches!(subject.place.sdp_role, Some(SdpRole::Offer | SdpRole::Answer));
    let Some(sdp) = subject.sdp.filter(|_| described) else { return breaches.verdict() };
    for line in sdp.media().iter().filter(|m| m.is_active()) {
        match &*line.kind {
            "message" => msrp(sdp, line, &media.im, &mut breaches),
            "text" => [("t140", &media.t140), ("red", &media.red)].into_iter().for_each(|(name, agreed)| {
                let used = line.codecs.iter().find(|c| c.name.eq_ignore_ascii_case(name));
                if let Some((codec, clause)) = used.zip(judged(agreed)) {
                    breaches.judge();
                    presence(clause, name).into_iter().for_each(|breach| breaches.add(breach.at(codec.at)));
                }
            }),
            _ => {}
        }
    }
    let wanted = judged(&media.t140).filter(|c| subject.is_initial_offer() && matches!(c.value, Level::Required | Level::Recommended));
    if let Some(clause) = wanted {
        breaches.judge();
        if !sdp.media().iter().any(|m| m.is_active() && m.kind == "text") {
            breaches.lack(Breach::of_level(clause, "no real-time text"));
        }
    }
    breaches.verdict_in(subject)
}

/// A MESSAGE request.
fn page(subject: &MessageSubject<'_>, im: &Im, breaches: &mut Distinct) {
    if let Some(clause) = judged(&im.page_mode) {
        breaches.judge();
        presence(clause, "MESSAGE").into_iter().for_each(|breach| breaches.add(breach));
    }
    let transport = subject.arrival.envelope.transport;
    // The rest of the path is not seen: where this hop controls congestion, RFC 3428 §8 is not broken here.
    if let Some(clause) = im.max_page_bytes.as_ref().filter(|_| !transport.is_reliable()) {
        breaches.judge();
        let most = usize::try_from(clause.value).unwrap_or(usize::MAX);
        if subject.message().text().len() > most {
            breaches.add(Breach::of_clause(
                clause,
                format!("MESSAGE larger than {most} octets over {transport}"),
                format!("at most {most} octets"),
            ));
        }
    }
}

/// An m= line of an MSRP session.
fn msrp(sdp: &Description, line: &Media, im: &Im, breaches: &mut Distinct) {
    let proto = line.proto.to_ascii_uppercase();
    if !proto.split('/').any(|part| part == "MSRP") {
        return;
    }
    breaches.judge();
    if let Some(clause) = judged(&im.msrp) {
        presence(clause, "MSRP").into_iter().for_each(|breach| breaches.add(breach.at(line.line)));
    }
    // RFC 4975 §8.1 and §8.6.
    for (attribute, name) in [(&b"path"[..], "a=path"), (b"accept-types", "a=accept-types")] {
        if sdp.attributes(line.lines.clone(), attribute).next().is_none() {
            breaches.lack(Breach::of_standard(format!("MSRP without {name}"), format!("{name} in every MSRP media section")).at(line.line));
        }
    }
    if let Some(clause) = judged(&im.msrp_tls) {
        let secured = proto.split('/').any(|part| part == "TLS");
        let broken = match clause.value {
            Level::Required | Level::Recommended => (!secured).then_some("MSRP without TLS"),
            Level::Discouraged | Level::Forbidden => secured.then_some("MSRP over TLS"),
            Level::Supported | Level::Unspecified => None,
        };
        broken.into_iter().for_each(|observed| breaches.add(Breach::of_level(clause, observed).at(line.line)));
    }
}

fn judged(agreed: &Option<Clause<Level>>) -> Option<&Clause<Level>> {
    agreed.as_ref().filter(|clause| clause.value != Level::Unspecified)
}

/// The breach that the presence of something is.
fn presence(clause: &Clause<Level>, observed: &'static str) -> Option<Breach> {
    matches!(clause.value, Level::Discouraged | Level::Forbidden).then(|| Breach::of_level(clause, observed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::med::scene::audio;
    use crate::rules::scene::{Scene, agreed, observed};

    fn terms(scene: Scene) -> Scene {
        scene.agreed(|t| {
            t.media.im = Im {
                page_mode: agreed(Level::Forbidden),
                max_page_bytes: agreed(1_300),
                msrp: agreed(Level::Supported),
                msrp_tls: agreed(Level::Required),
            };
            t.media.t140 = agreed(Level::Forbidden);
        })
    }

    #[test]
    fn messages_that_were_not_agreed_or_are_too_large_break_it() {
        let long = "x".repeat(1_300);
        let scene = terms(Scene::request("MESSAGE").body("text/plain", &long));
        assert_eq!(observed(&scene.judge(&RULE)), ["MESSAGE", "MESSAGE larger than 1300 octets over UDP"]);
        let over_tcp = terms(Scene::request("MESSAGE").body("text/plain", &long)).came(|e| e.transport = Transport::Tcp);
        assert_eq!(observed(&over_tcp.judge(&RULE)), ["MESSAGE"]);
    }

    #[test]
    fn sessions_without_path_types_or_tls_break_it() {
        let bare = terms(Scene::request("INVITE").offer(&audio("m=message 7394 TCP/MSRP *\nm=text 4 RTP/AVP 98\na=rtpmap:98 t140/1000\n")));
        assert_eq!(observed(&bare.judge(&RULE)), ["MSRP without a=path", "MSRP without a=accept-types", "MSRP without TLS", "t140"]);
    }

    // The media section of RFC 4975 §8.6's form, over TLS.
    #[test]
    fn agreed_sessions_and_short_messages_keep_it() {
        let session = "m=message 7654 TCP/TLS/MSRP *\na=accept-types:text/plain\na=path:msrps://192.0.2.70:7654/jshA7weztas;tcp\n";
        assert_eq!(terms(Scene::request("INVITE").offer(&audio(session))).judge(&RULE), Verdict::Pass);
        let short = terms(Scene::request("MESSAGE")).agreed(|t| t.media.im.page_mode = agreed(Level::Supported));
        assert_eq!(short.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_messages_and_silence_are_not_judged() {
        assert_eq!(terms(Scene::request("INVITE").offer(&audio("m=audio 4 RTP/AVP 8\n"))).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("MESSAGE").judge(&RULE), Verdict::NotApplicable);
    }
}
