//! Takes a message, gives whether the headers that its kind cannot do without are there, never what they say.

use crate::policy::Severity;
use crate::rules::sip::matrix::mandatory;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Message, Method};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-HDR-001",
    name: "mandatory-header-missing",
    title: "mandatory header missing",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §8.1.1, §20 tables 2 and 3",
    keys: &[],
    what: "Every message has To, From, Call-ID, CSeq and Via; every request Max-Forwards; and each method and response what its own RFC \
           adds: Contact in INVITE and its 2xx, RAck in PRACK, Event in SUBSCRIBE, Allow in 405 and so on. A body comes with a \
           Content-Type, a message on a stream with a Content-Length.",
    why: "Without them the other side cannot match the message to its transaction or dialog, cannot answer it, or cannot tell where it \
          ends; a strict element drops it.",
    confirm: "Open the frame and expand the message header; for a missing Contact, filter `sip.Method == \"INVITE\" && !sip.Contact`.",
    fix: "correct the header manipulation or the software of the sender's border element so that the header is sent",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let body = (!message.body().trim_ascii().is_empty()).then_some(HeaderName::ContentType);
    let framing = subject.arrival.envelope.transport.is_reliable().then_some(HeaderName::ContentLength);
    let [everywhere, hops, special] = mandatory(message);
    let mut breaches = Vec::new();
    for group in [everywhere, hops, special, body.as_slice(), framing.as_slice()] {
        for &id in group {
            if !message.has(id) {
                breaches.push(missing(message, id));
            }
        }
    }
    Verdict::of(breaches)
}

fn missing(message: &Message, id: HeaderName) -> Breach {
    let observed = match (message.code(), message.transaction_method()) {
        (Some(code), Some(method)) => format!("{code} to {method} without {}", id.text()),
        (Some(code), None) => format!("{code} without {}", id.text()),
        (None, method) => format!("{} without {}", method.filter(|&m| m != Method::Other).map_or("request", |m| m.name()), id.text()),
    };
    Breach::of_standard(observed, "mandatory").at(message.start_span()).about(id.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::scene::{Scene, observed};

    // RFC 4475 §3.3.1 (insuf): an INVITE that lacks nearly everything.
    #[test]
    fn a_request_without_what_matches_it_breaks_it() {
        let bare = Scene::request("INVITE").without("To").without("From").without("Call-ID").without("Max-Forwards").without("Contact");
        let expected = ["To", "From", "Call-ID", "Max-Forwards", "Contact"].map(|h| format!("INVITE without {h}"));
        assert_eq!(observed(&bare.judge(&RULE)), expected);
    }

    #[test]
    fn each_method_and_response_has_its_own() {
        assert_eq!(observed(&Scene::request("PRACK").judge(&RULE)), ["PRACK without RAck"]);
        assert_eq!(observed(&Scene::request("NEWMETHOD").without("To").judge(&RULE)), ["request without To"]);
        assert_eq!(observed(&Scene::response(200, "INVITE").without("Contact").judge(&RULE)), ["200 to INVITE without Contact"]);
        assert_eq!(observed(&Scene::response(405, "INFO").judge(&RULE)), ["405 to INFO without Allow"]);
        let body = Scene::request("MESSAGE").body("text/plain", "hi").without("Content-Type");
        assert_eq!(observed(&body.judge(&RULE)), ["MESSAGE without Content-Type"]);
    }

    #[test]
    fn complete_messages_keep_it() {
        for method in ["INVITE", "ACK", "BYE", "OPTIONS", "UPDATE", "MESSAGE", "NEWMETHOD"] {
            assert_eq!(Scene::request(method).judge(&RULE), Verdict::Pass, "{method}");
        }
        assert_eq!(Scene::response(100, "INVITE").without("Contact").judge(&RULE), Verdict::Pass);
        assert_eq!(Scene::request("BYE").came(|e| e.transport = Transport::Tcp).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_message_cut_in_its_headers_cannot_be_judged() {
        let cut = Scene::request("INVITE").without("To");
        assert_eq!(cut.cut_to(150).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
