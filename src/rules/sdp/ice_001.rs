//! Takes an offer or an answer, gives whether it uses ICE and shares ports as agreed, never whether a path was found.

use crate::base::Span;
use crate::policy::{Clause, Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sdp::{Address, Description, Media, SdpRole};

pub(crate) static RULE: Rule = Rule {
    id: "SDP-ICE-001",
    name: "ice-or-multiplexing-not-agreed",
    title: "ICE or multiplexing usage not as agreed",
    severity: Severity::Low,
    tier: 3,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8839 §4; RFC 5761 §5.1; RFC 9143; RFC 6271 App. A.2",
    keys: &["media.transport.ice", "media.transport.rtcp_mux", "media.transport.bundle"],
    what: "ICE attributes, a=rtcp-mux and a=group:BUNDLE stand in offers and answers only where they are agreed, and in every offer with \
           RTP where they are required. ICE has user fragment and password, and the address of the m= line is one of the candidates.",
    why: "Border elements that do not expect ICE or shared ports send RTCP to a port nobody listens on, or wait for connectivity checks \
           that never come.",
    confirm: "Filter `sdp.media_attr contains \"candidate\" || sdp.media_attr contains \"rtcp-mux\"` with the Call-ID of the finding.",
    fix: "let the sender's SBC terminate ICE and multiplexing at the border, or agree on them in [media.transport]",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let role = subject.place.sdp_role;
    let Some(sdp) = subject.sdp.filter(|_| matches!(role, Some(SdpRole::Offer | SdpRole::Answer))) else { return Verdict::NotApplicable };
    let agreed = &subject.terms.media.transport;
    let mut breaches = Distinct::default();
    let streams: Vec<&Media> = sdp.media().iter().filter(|m| m.is_active() && m.is_rtp()).collect();
    let Some(first) = streams.first() else { return Verdict::NotApplicable };
    let ice = || ICE.iter().find_map(|name| anywhere(sdp, &streams, name));
    let mux = || streams.iter().find_map(|m| place(sdp, m, b"rtcp-mux"));
    let is_bundle = |(at, value): (Span, &[u8])| value.starts_with(b"BUNDLE").then_some(at);
    let bundle = || sdp.attribute_lines(sdp.session_lines(), b"group").find_map(is_bundle);
    let uses: [(_, _, &dyn Fn() -> Option<Span>); 3] =
        [("ICE", &agreed.ice, &ice), ("rtcp-mux", &agreed.rtcp_mux, &mux), ("BUNDLE", &agreed.bundle, &bundle)];
    for (name, clause, find) in uses {
        let Some(clause) = clause.as_ref().filter(|c| c.value != Level::Unspecified) else { continue };
        let used = find();
        breaches.judge();
        // An answer may only take what was offered (RFC 5761 §5.1.1, RFC 8839 §4.2.5): what it lacks is not its fault.
        breaches_level(clause, name, used, role == Some(SdpRole::Offer)).into_iter().for_each(|breach| {
            let breach = breach.at(used.unwrap_or(first.line));
            if used.is_some() { breaches.add(breach) } else { breaches.lack(breach) }
        });
    }
    for media in &streams {
        conformance(sdp, media, &mut breaches);
    }
    breaches.verdict_in(subject)
}

/// The attributes that only ICE has (RFC 8839 §5).
const ICE: [&[u8]; 3] = [b"candidate", b"ice-ufrag", b"ice-lite"];

fn anywhere(sdp: &Description, streams: &[&Media], name: &[u8]) -> Option<Span> {
    let session = sdp.attribute_lines(sdp.session_lines(), name).next().map(|(at, _)| at);
    session.or_else(|| streams.iter().find_map(|m| place(sdp, m, name)))
}

fn place(sdp: &Description, media: &Media, name: &[u8]) -> Option<Span> {
    sdp.attribute_lines(media.lines.clone(), name).next().map(|(at, _)| at)
}

fn breaches_level(clause: &Clause<Level>, name: &'static str, used: Option<Span>, offer: bool) -> Option<Breach> {
    match clause.value {
        Level::Required | Level::Recommended if used.is_none() && offer => Some(Breach::of_level(clause, format!("no {name}"))),
        Level::Discouraged | Level::Forbidden if used.is_some() => Some(Breach::of_level(clause, name)),
        _ => None,
    }
}

/// What RFC 8839 asks of an m= line with candidates.
fn conformance(sdp: &Description, media: &Media, breaches: &mut Distinct) {
    let Some(at) = place(sdp, media, b"candidate") else { return };
    breaches.judge();
    let named = |name: &[u8]| place(sdp, media, name).is_some() || sdp.attributes(sdp.session_lines(), name).next().is_some();
    if !named(b"ice-ufrag") || !named(b"ice-pwd") {
        // RFC 8839 §5.4.
        breaches.lack(
            Breach::of_standard("candidates without ice-ufrag and ice-pwd", "user fragment and password with every candidate").at(at),
        );
    }
    // Port 9 says that candidates follow (RFC 8840 §4.1.1); a name may stand for the address of the c= line.
    let Some(ip) = media.ip().filter(|ip| !ip.is_unspecified() && media.port != 9) else { return };
    let mut own = sdp.candidates(media).filter(|c| c.component == 1).peekable();
    let unknown = own.peek().is_none();
    if !unknown && !own.any(|c| matches!(c.address, Address::Name(_)) || (c.address.ip() == Some(ip) && c.port == media.port)) {
        // RFC 8839 §4.2.1.2 and its ice-mismatch (§5.3).
        breaches.lack(
            Breach::of_standard("address of the m= line is no candidate", "the default destination is one of the candidates")
                .at(media.line),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::session;
    use crate::rules::scene::{Scene, agreed, observed};

    const HOST: &str = "a=ice-ufrag:8hhY\na=ice-pwd:asd88fgpdd777uzjYhagZg\na=candidate:1 1 UDP 2130706431 192.0.2.70 4000 typ host\n";

    fn offer(media: &str) -> Scene {
        Scene::request("INVITE").offer(&session("192.0.2.70", media)).agreed(|t| {
            t.media.transport.ice = agreed(Level::Forbidden);
            t.media.transport.rtcp_mux = agreed(Level::Required);
        })
    }

    #[test]
    fn ice_that_is_forbidden_and_mux_that_lacks_break_it() {
        let scene = offer(&format!("m=audio 4000 RTP/AVP 8\n{HOST}"));
        assert_eq!(observed(&scene.judge(&RULE)), ["ICE", "no rtcp-mux"]);
    }

    #[test]
    fn candidates_that_do_not_fit_break_it() {
        let scene = offer("m=audio 4002 RTP/AVP 8\na=rtcp-mux\na=candidate:1 1 UDP 2130706431 192.0.2.70 4000 typ host\n")
            .agreed(|t| t.media.transport.ice = agreed(Level::Supported));
        assert_eq!(observed(&scene.judge(&RULE)), ["candidates without ice-ufrag and ice-pwd", "address of the m= line is no candidate"]);
    }

    #[test]
    fn what_is_agreed_keeps_it() {
        let scene =
            offer(&format!("m=audio 4000 RTP/AVP 8\na=rtcp-mux\n{HOST}")).agreed(|t| t.media.transport.ice = agreed(Level::Required));
        assert_eq!(scene.judge(&RULE), Verdict::Pass);
        assert_eq!(offer("m=audio 4000 RTP/AVP 8\na=rtcp-mux\n").judge(&RULE), Verdict::Pass);
        // An answer cannot take what was not offered.
        assert_eq!(offer("m=audio 4000 RTP/AVP 8\n").placed(|p| p.sdp_role = Some(SdpRole::Answer)).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_media_and_bodies_without_a_role_are_not_judged() {
        assert_eq!(offer("m=image 4000 udptl t38\n").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(offer("m=audio 4000 RTP/AVP 8\n").placed(|p| p.sdp_role = None).judge(&RULE), Verdict::NotApplicable);
    }
}
