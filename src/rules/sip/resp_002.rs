//! Takes a response, gives whether it says what its code obliges it to say, never whether that helps.

use crate::policy::Severity;
use crate::rules::sip::matrix::in_refusal;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName as H;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-RESP-002",
    name: "response-without-its-header",
    title: "response lacks the header that its code requires",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §20 tables, §21; RFC 4028 §6; RFC 6665 §8.3.2",
    keys: &[],
    what: "A response that asks for a repair says which: 401 has WWW-Authenticate, 405 Allow, 407 Proxy-Authenticate, 415 one of the \
           Accept headers, 420 Unsupported, 421 Require, 422 Min-SE, 423 Min-Expires, 489 Allow-Events.",
    why: "Without it the sender of the request cannot try again in the right way: the call fails although both sides could do it.",
    confirm: "Filter `sip.Status-Code == 405 && !sip.Allow` (the code and header named in the finding).",
    fix: "let the element that answers add the header; check that no border element on the way strips it",
    check: Check::Message(Kind::RESPONSE, check),
};

/// Of a 415 any one will do (RFC 3261 §21.4.13).
const ACCEPTS: [H; 3] = [H::Accept, H::AcceptEncoding, H::AcceptLanguage];

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let missing = match message.code() {
        Some(415) => (!ACCEPTS.iter().any(|&id| message.has(id))).then_some("Accept"),
        Some(code) => match in_refusal(code) {
            [] => return Verdict::NotApplicable,
            wanted => wanted.iter().find(|&&id| !message.has(id)).map(|id| id.text()),
        },
        None => return Verdict::NotApplicable,
    };
    match (missing, message.code()) {
        (Some(_), _) if subject.lacks_headers() => Verdict::Indeterminate(Reason::Truncated),
        (Some(header), Some(code)) => {
            Verdict::breach(Breach::of_standard(format!("{code} without {header}"), "mandatory").at(message.start_span()).about(header))
        }
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, observed};

    const WANTED: [(u16, &str); 9] = [
        (401, "WWW-Authenticate"),
        (405, "Allow"),
        (407, "Proxy-Authenticate"),
        (415, "Accept"),
        (420, "Unsupported"),
        (421, "Require"),
        (422, "Min-SE"),
        (423, "Min-Expires"),
        (489, "Allow-Events"),
    ];

    #[test]
    fn a_response_without_its_header_breaks_it() {
        for (code, header) in WANTED {
            assert_eq!(observed(&Scene::response(code, "INVITE").judge(&RULE)), [format!("{code} without {header}")]);
        }
    }

    #[test]
    fn a_response_with_its_header_keeps_it() {
        for (code, header) in WANTED {
            assert_eq!(Scene::response(code, "INVITE").add(&format!("{header}: x")).judge(&RULE), Verdict::Pass, "{code}");
        }
        assert_eq!(Scene::response(415, "INVITE").add("Accept-Encoding: identity").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_messages_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(Scene::response(486, "INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::response(405, "INVITE").cut_to(120).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
