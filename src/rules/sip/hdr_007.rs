//! Takes a message, gives whether its body is of an agreed type and size, never what the body says.

use crate::policy::Severity;
use crate::rules::quote::token_or;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sdp;
use crate::sip::value::{MediaType, media_type};
use crate::sip::{FlawKind, HeaderName};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-HDR-007",
    name: "body-not-agreed",
    title: "body type or size not agreed",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §7.4, §18.3, §20.11, §20.15; RFC 5621",
    keys: &["sip.headers.body_types", "sip.headers.max_message_bytes"],
    what: "The Content-Type of every body, and of every part of a multipart body, is one of `body_types`; the message is no longer than \
           `max_message_bytes`; and a datagram holds as much body as its Content-Length announces.",
    why: "A body that the other side cannot read makes it refuse the request with 415 or drop what it carries; one that is too long or \
          too short is cut, fragmented or discarded on the way.",
    confirm: "Filter `sip.Content-Type` and read the type, or compare `sip.Content-Length` with the length of the message body.",
    fix: "let the sender's border element strip or convert the body, or agree on the type in sip.headers.body_types",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, sip) = (subject.message(), &subject.terms.sip);
    let types = sip.body_types.as_ref().filter(|_| !message.body().is_empty());
    let mut breaches = Vec::new();
    if let Some(limit) = sip.max_message_bytes.as_ref().filter(|c| message.text().len() as u64 > u64::from(c.value)) {
        let breach = Breach::of_clause(limit, "message too long", format!("{} bytes", limit.value));
        breaches.push(breach.at(message.start_span()));
    }
    if let (Some(types), Some(header)) = (types, message.header(HeaderName::ContentType)) {
        let value = message.value(header);
        let foreign = |kind: &MediaType<'_>| !types.value.iter().any(|t| kind.is(t.trim().as_bytes()));
        if let Some(kind) = media_type(&value).filter(foreign) {
            breaches.push(Breach::of_clause(types, name(&kind), types.value.join(", ")).at(header.value).about("Content-Type"));
        }
        for kind in sdp::part_types(&value, message.body()).filter_map(media_type).filter(foreign) {
            let observed = format!("part of {}", name(&kind));
            breaches.push(Breach::of_clause(types, observed, types.value.join(", ")).at(message.body_span()).about("Content-Type"));
        }
    }
    let short = message.flaws().iter().find(|f| f.kind == FlawKind::BodyShort).filter(|_| !subject.arrival.envelope.cut);
    breaches.extend(short.map(|f| Breach::of_standard("body shorter than Content-Length", "the length of the body").at(f.at)));
    match (types, &sip.max_message_bytes) {
        _ if !breaches.is_empty() => Verdict::Violation(breaches),
        (None, None) => Verdict::NotApplicable,
        _ if subject.arrival.envelope.cut => Verdict::Indeterminate(Reason::Truncated),
        _ => Verdict::Pass,
    }
}

fn name(kind: &MediaType<'_>) -> String {
    format!("{}/{}", token_or(kind.kind, "other"), token_or(kind.subtype, "other"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    const PARTS: &str = "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\nContent-Type: application/isup\r\n\r\nx\r\n--b--\r\n";

    fn judged(scene: Scene) -> Verdict {
        let types = vec!["application/sdp".to_owned(), "multipart/mixed".to_owned()];
        scene.agreed(|t| (t.sip.body_types, t.sip.max_message_bytes) = (agreed(types), agreed(800))).judge(&RULE)
    }

    #[test]
    fn another_type_or_part_or_too_much_of_it_breaks_it() {
        // RFC 4475 §3.3.9 (invut).
        assert_eq!(observed(&judged(Scene::request("INVITE").body("application/unknownformat", "<a/>"))), ["application/unknownformat"]);
        let multipart = Scene::request("INVITE").body("multipart/mixed;boundary=b", PARTS);
        assert_eq!(observed(&judged(multipart)), ["part of application/isup"]);
        assert_eq!(observed(&judged(Scene::request("INVITE").body("application/sdp", &"x".repeat(800)))), ["message too long"]);
    }

    #[test]
    fn a_datagram_shorter_than_announced_breaks_it() {
        let short = Scene::request("INVITE").add("l: 99").body("application/sdp", "v=0");
        assert_eq!(observed(&judged(short)), ["body shorter than Content-Length"]);
    }

    #[test]
    fn agreed_types_keep_it_in_any_case() {
        assert_eq!(judged(Scene::request("INVITE").body("Application/SDP ; x=y", "v=0")), Verdict::Pass);
        assert_eq!(judged(Scene::request("BYE")), Verdict::Pass);
    }

    #[test]
    fn nothing_agreed_is_not_judged_and_a_cut_body_cannot_be() {
        assert_eq!(Scene::request("INVITE").body("text/plain", "x").judge(&RULE), Verdict::NotApplicable);
        let cut = Scene::request("INVITE").body("application/sdp", "v=0");
        let octets = cut.text().len() - 1;
        assert_eq!(judged(cut.cut_to(octets)), Verdict::Indeterminate(Reason::Truncated));
    }
}
