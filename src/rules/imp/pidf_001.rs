//! Takes a NOTIFY or PUBLISH of presence, gives whether its document is the standard one, never whether somebody is there.

use roxmltree::{Document, Node};

use super::presence::is_presence;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::media_type;
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "IMP-PIDF-001",
    name: "presence-document-not-standard",
    title: "presence document not standard PIDF",
    severity: Severity::Low,
    tier: 3,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 Req #14; RFC 3863 §4",
    keys: &["media.presence.pidf_only"],
    what: "Where it was agreed that only PIDF passes, the body of a NOTIFY or PUBLISH of presence is `application/pidf+xml`: well-formed \
           XML without document type, its root a `presence` of that namespace with `entity`, every `tuple` in it with `id` and one \
           `status`, and every `basic` open or closed. Lists (multipart/related, RFC 4662) are left out.",
    why: "Presence of another form shows as absence at the watcher, or stops a client that expected the standard.",
    confirm: "Filter `sip.Event == \"presence\" && (sip.Method == \"NOTIFY\" || sip.Method == \"PUBLISH\")` and read the body.",
    fix: "let the presence gateway of the sender map its own documents and values to PIDF",
    check: Check::Message(Kind::REQUEST, check),
};

const PIDF: &str = "urn:ietf:params:xml:ns:pidf";

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let Some(clause) = subject.terms.media.presence.pidf_only.as_ref().filter(|clause| clause.value) else { return Verdict::NotApplicable };
    if !matches!(message.method(), Some(Method::Notify | Method::Publish)) {
        return Verdict::NotApplicable;
    }
    let (has_body, is_cut) = (!message.body().is_empty(), subject.arrival.envelope.cut);
    if subject.lacks_headers() && !(message.has(HeaderName::Event) && message.has(HeaderName::ContentType)) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    if !(has_body || is_cut) || !is_presence(message) {
        return Verdict::NotApplicable;
    }
    let Some(line) = message.header(HeaderName::ContentType) else { return Verdict::NotApplicable };
    if subject.is_half(line.value) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let value = message.value(line);
    let kind = media_type(&value);
    if kind.is_some_and(|kind| kind.kind.eq_ignore_ascii_case(b"multipart")) {
        return Verdict::NotApplicable;
    }
    if !kind.is_some_and(|kind| kind.is(b"application/pidf+xml")) {
        let breach = Breach::of_clause(clause, "presence in another form", "application/pidf+xml");
        return Verdict::breach(breach.at(line.value).about("Content-Type"));
    }
    if is_cut {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    // RFC 3261 §20.12: what is compressed is not looked into.
    if message.get(HeaderName::ContentEncoding).is_some_and(|coding| !coding.trim_ascii().eq_ignore_ascii_case(b"identity")) {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    match fault(message.body()) {
        None => Verdict::Pass,
        Some(observed) => Verdict::breach(Breach::of_clause(clause, observed, "PIDF (RFC 3863 §4)").at(message.body_span())),
    }
}

/// What is wrong with a document.
fn fault(body: &[u8]) -> Option<&'static str> {
    // Documents in UTF-16 are XML too; nobody sends them in SIP.
    let Ok(text) = std::str::from_utf8(body) else { return Some("PIDF: not UTF-8") };
    let Ok(document) = Document::parse(text.trim_start_matches('\u{feff}')) else { return Some("PIDF: not well formed") };
    let root = document.root_element();
    let is =
        |node: &Node<'_, '_>, name: &str| node.is_element() && node.tag_name().namespace() == Some(PIDF) && node.tag_name().name() == name;
    if !is(&root, "presence") {
        return Some("PIDF: root is no presence");
    }
    if root.attribute("entity").is_none_or(str::is_empty) {
        return Some("PIDF: no entity");
    }
    for tuple in root.children().filter(|node| is(node, "tuple")) {
        if tuple.attribute("id").is_none_or(str::is_empty) {
            return Some("PIDF: tuple without id");
        }
        let Some(status) = tuple.children().find(|node| is(node, "status")) else { return Some("PIDF: tuple without status") };
        let odd = |basic: Node<'_, '_>| !matches!(basic.text().map(str::trim), Some("open" | "closed"));
        if status.children().find(|node| is(node, "basic")).is_some_and(odd) {
            return Some("PIDF: basic that is neither open nor closed");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    /// The example of RFC 3863 §4.2.1, shortened.
    const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:someone@example.com">
  <tuple id="sg89ae"><status><basic>open</basic></status><contact priority="0.8">tel:+09012345678</contact></tuple>
</presence>"#;

    fn notify(kind: &str, body: &str) -> Scene {
        let scene = Scene::request("NOTIFY").add("Event: presence;id=1").body(kind, body);
        scene.agreed(|t| t.media.presence.pidf_only = agreed(true))
    }

    #[test]
    fn other_documents_break_it() {
        assert_eq!(observed(&notify("application/xpidf+xml", DOCUMENT).judge(&RULE)), ["presence in another form"]);
        for (from, to, what) in [
            ("</tuple>", "", "not well formed"),
            ("ns:pidf", "ns:other", "root is no presence"),
            ("entity=", "name=", "no entity"),
            (r#" id="sg89ae""#, "", "tuple without id"),
            ("status", "state", "tuple without status"),
            ("open", "away", "basic that is neither open nor closed"),
            ("<presence", "<!DOCTYPE x [<!ENTITY a \"b\">]><presence", "not well formed"),
        ] {
            let verdict = notify("application/pidf+xml", &DOCUMENT.replace(from, to)).judge(&RULE);
            assert_eq!(observed(&verdict), [format!("PIDF: {what}")], "{to}");
        }
    }

    #[test]
    fn the_standard_document_keeps_it() {
        assert_eq!(notify("application/pidf+xml; charset=UTF-8", DOCUMENT).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_compressed_document_is_not_looked_into() {
        let packed = notify("application/pidf+xml", "\u{1f}\u{8b}").add("Content-Encoding: gzip");
        assert_eq!(packed.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(notify("application/pidf+xml", DOCUMENT).add("Content-Encoding: identity").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_messages_are_not_judged_and_a_cut_document_cannot_be() {
        assert_eq!(notify("multipart/related;boundary=x", "--x--").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(notify("application/pidf+xml", "").judge(&RULE), Verdict::NotApplicable, "a NOTIFY without state");
        assert_eq!(notify("text/plain", "x").set("Event: dialog").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(notify("text/plain", "x").agreed(|t| t.media.presence.pidf_only = agreed(false)).judge(&RULE), Verdict::NotApplicable);
        let whole = notify("application/pidf+xml", DOCUMENT);
        let cut = whole.text().len() - 20;
        assert_eq!(whole.cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
