//! Takes a message, gives whether its start line and the headers that everything hangs on can be read one way only, never what they mean.

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{Flaw, FlawKind, Header, Message};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-HDR-005",
    name: "malformed-header",
    title: "malformed, contradictory or duplicated header",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §7.3.1, §8.2, §25; RFC 4475",
    keys: &[],
    what: "The start line and the headers that routing, dialogs and transactions hang on keep to their grammar; a header that may stand \
           once stands once; the method of CSeq is that of the request; Content-Length promises no more than comes. What RFC 4475 calls \
           valid passes. Lines that end in LF alone and lines that are no header are low.",
    why: "Two elements that read such a message differently disagree on whose call it is: calls are lost, loop, or pass a check that \
          they should not pass.",
    confirm: "Open the frame: Wireshark marks most of it as `_ws.malformed` or `sip.cseq.method != sip.Method`; else compare the header \
           with its grammar.",
    fix: "repair the message at the sender: the header manipulation of its border element, else its software",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let cut = subject.arrival.envelope.cut;
    let mut found = Distinct::default();
    for flaw in message.flaws().iter().filter(|f| !(cut && is_of_the_cut(f, message))) {
        if let Some(breach) = breach(flaw, message) {
            found.add(breach);
        }
    }
    match found.verdict() {
        Verdict::NotApplicable if cut => Verdict::Indeterminate(Reason::Truncated),
        Verdict::NotApplicable => Verdict::Pass,
        verdict => verdict,
    }
}

/// Whether the capture and not the sender may have made it.
fn is_of_the_cut(flaw: &Flaw, message: &Message) -> bool {
    matches!(flaw.kind, FlawKind::NoEndOfHeaders | FlawKind::BodyShort) || flaw.at.end as usize >= message.text().trim_ascii_end().len()
}

fn breach(flaw: &Flaw, message: &Message) -> Option<Breach> {
    let header = header(flaw, message);
    let name = || header.map_or("header", |h| h.id.text());
    let start = || if flaw.at == message.start_span() { "start line" } else { "Request-URI" };
    let (observed, agreed, severity) = match flaw.kind {
        FlawKind::BareLf => ("line ends in LF alone".into(), "CR LF", Some(Severity::Low)),
        FlawKind::NoColon => ("header line without a colon".into(), "name and value with a colon between", Some(Severity::Low)),
        FlawKind::BadName => ("header name that is no token".into(), "name and value with a colon between", Some(Severity::Low)),
        FlawKind::NoEndOfHeaders => ("no empty line behind the headers".into(), "an empty line", None),
        FlawKind::BadStartLine => ("start line: malformed".into(), "one space between the parts, none elsewhere", None),
        FlawKind::BadVersion => ("start line: another version".into(), "SIP/2.0", None),
        FlawKind::BadContentLength => ("Content-Length: no number".into(), "a number", None),
        FlawKind::BodyShort => ("Content-Length: more than the body has".into(), "the length of the body", None),
        FlawKind::Duplicate => (format!("{}: more than once", name()), "once", None),
        FlawKind::BadSyntax if is_in_start(flaw, message) => (format!("{}: malformed", start()), "the grammar of its scheme", None),
        FlawKind::BadSyntax => (format!("{}: malformed", name()), "the grammar of the header", None),
        FlawKind::OutOfRange => (format!("{}: number out of range", name()), "within 31 bits (CSeq) or 32", None),
        FlawKind::MethodMismatch => ("CSeq: another method than the request".into(), "the method of the request", None),
        FlawKind::BadBranch => ("Via: branch is the cookie alone".into(), "a branch of its own for each transaction", None),
        // The rest of a datagram is to be ignored (RFC 3261 §18.3), a branch without cookie is RFC 2543's way,
        // and what a stream lacks is said by SIP-HDR-001.
        _ => return None,
    };
    let breach = Breach { severity, ..Breach::of_standard(observed, agreed) }.at(flaw.at);
    Some(match header {
        Some(header) => breach.about(header.id.text()),
        None => breach,
    })
}

/// The header line that has the flaw. Lines stand in order, and a hostile message has thousands of either.
fn header<'a>(flaw: &Flaw, message: &'a Message) -> Option<&'a Header> {
    let behind = message.headers().partition_point(|h| h.name.start <= flaw.at.start);
    let header = message.headers().get(behind.checked_sub(1)?)?;
    (header.value == flaw.at || header.name == flaw.at).then_some(header)
}

fn is_in_start(flaw: &Flaw, message: &Message) -> bool {
    flaw.at.end <= message.start_span().end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, observed};

    #[test]
    fn each_defect_breaks_it() {
        for (scene, said) in [
            (Scene::request("INVITE").set("To: \"Mr. J <sip:j@x>"), "To: malformed"),
            (Scene::request("INVITE").start("INVITE <sip:a@b> SIP/2.0"), "start line: malformed"),
            (Scene::request("INVITE").start("INVITE sip:a@b?Route=%3Csip:c%3E SIP/2.0"), "Request-URI: malformed"),
            (Scene::request("INVITE").start("INVITE sip:a@b SIP/7.0"), "start line: another version"),
            (Scene::request("OPTIONS").set("CSeq: 8 INVITE"), "CSeq: another method than the request"),
            (Scene::request("OPTIONS").set("CSeq: 36893488147419103232 OPTIONS"), "CSeq: number out of range"),
            (Scene::request("INVITE").add("Max-Forwards: 5"), "Max-Forwards: more than once"),
            (Scene::request("INVITE").set("Via: SIP/2.0/UDP 192.0.2.15;;,;,,"), "Via: malformed"),
            (Scene::request("INVITE").set("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"), "Via: branch is the cookie alone"),
            (Scene::request("INVITE").add("Date: Fri, 01 Jan 2010 16:00:00 EST"), "Date: malformed"),
            (Scene::response(0, "INVITE").start("SIP/2.0 4294967301 better not"), "start line: malformed"),
        ] {
            assert_eq!(observed(&scene.judge(&RULE)), [said]);
        }
    }

    #[test]
    fn a_broken_line_is_low_and_told_once() {
        let Verdict::Violation(breaches) = Scene::request("INVITE").add("nonsense").add("more of it").judge(&RULE) else { panic!("kept") };
        assert_eq!(breaches.iter().map(|b| b.severity).collect::<Vec<_>>(), [Some(Severity::Low)]);
    }

    // RFC 4475 §3.1: strange and valid.
    #[test]
    fn strange_and_valid_messages_keep_it() {
        for scene in [
            Scene::request("INVITE"),
            Scene::request("INVITE").set("From: \"J \\\\\\\"\"       <sip:jdrosen@x>\r\n  ;\r\n  tag = 98asjd8"),
            Scene::request("INVITE").set("Via: SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw"),
            Scene::request("OPTIONS").start("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0"),
            Scene::response(100, "INVITE").start("SIP/2.0 100 "),
        ] {
            assert_eq!(scene.judge(&RULE), Verdict::Pass);
        }
    }

    #[test]
    fn what_the_capture_cut_is_not_the_senders() {
        assert_eq!(Scene::request("INVITE").cut_to(120).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
        let body = Scene::request("INVITE").body("text/plain", "some text");
        let octets = body.text().len() - 3;
        assert_eq!(body.cut_to(octets).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
        let worse = Scene::request("INVITE").set("CSeq: 1 BYE").add("Subject: x").cut_to(360);
        assert_eq!(observed(&worse.judge(&RULE)), ["CSeq: another method than the request"]);
    }
}
