//! Takes a message, gives whether the identifiers that tie a session together are there and its own, never which session it is.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::Params;

pub(crate) static RULE: Rule = Rule {
    id: "ACC-SID-001",
    name: "session-identifier-wrong",
    title: "session correlation identifiers missing or reused",
    severity: Severity::Low,
    tier: 3,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 7989 §5, §6; RFC 3261 §8.1.1.4",
    keys: &["accounting.session_id"],
    what: "Where it was agreed, every message but 100 carries Session-ID: 32 hexadecimal digits in lower case, and `remote` with as many. \
           And no session is opened with the Call-ID and From tag of one that was answered and is over, as long as that is remembered, \
           half a minute.",
    why: "Records and traces of both networks are matched by these. A Call-ID that comes back joins two calls into one.",
    confirm: "Filter `sip.Session-ID` (or its absence) with the Call-ID of the finding; for reuse `sip.Call-ID == \"…\" && sip.Method == \
           \"INVITE\"`.",
    fix: "let the border element make and pass Session-ID; let user agents make a new Call-ID for each call",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let level = subject.terms.accounting.session_id.as_ref().filter(|l| l.value != Level::Unspecified);
    let mut breaches = Vec::new();
    if subject.place.reuses_call_id {
        let breach = Breach::of_standard("Call-ID of a session that is over", "a new Call-ID for each session");
        breaches.push(breach.at(message.header(HeaderName::CallId).map_or_else(|| message.start_span(), |line| line.value)));
    }
    let Some(level) = level.filter(|_| message.code() != Some(100)) else {
        return if breaches.is_empty() { Verdict::NotApplicable } else { Verdict::Violation(breaches) };
    };
    let breach = |observed: &'static str| Breach::of_level(level, observed).about("Session-ID");
    match (message.header(HeaderName::SessionId), level.value) {
        (Some(line), Level::Forbidden | Level::Discouraged) => breaches.push(breach("Session-ID").at(line.name)),
        (Some(line), _) => {
            let value = message.value(line);
            let own = value.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
            let remote = Params(&value).value(b"remote");
            if !is_identifier(own) {
                breaches.push(
                    Breach { agreed: "32 lower-case hexadecimal digits".into(), ..breach("Session-ID of another form") }.at(line.value),
                );
            } else if !remote.is_some_and(is_identifier) {
                breaches.push(
                    Breach { agreed: "remote with 32 hexadecimal digits".into(), ..breach("Session-ID without remote") }.at(line.value),
                );
            }
        }
        (None, Level::Required | Level::Recommended) if subject.lacks_headers() => return Verdict::Indeterminate(Reason::Truncated),
        (None, Level::Required | Level::Recommended) => breaches.push(breach("message without Session-ID").at(message.start_span())),
        (None, Level::Forbidden | Level::Discouraged) => {}
        (None, _) if breaches.is_empty() => return Verdict::NotApplicable,
        (None, _) => {}
    }
    subject.verdict(breaches)
}

fn is_identifier(text: &[u8]) -> bool {
    text.len() == 32 && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    const OWN: &str = "ab30317f1a784dc48ff824d0d3715d86";

    fn with(scene: Scene, value: &str) -> Scene {
        let scene = if value.is_empty() { scene } else { scene.add(&format!("Session-ID: {value}")) };
        scene.agreed(|t| t.accounting.session_id = agreed(Level::Required))
    }

    #[test]
    fn identifiers_that_are_missing_or_odd_break_it() {
        assert_eq!(observed(&with(Scene::request("INVITE"), "").judge(&RULE)), ["message without Session-ID"]);
        assert_eq!(observed(&with(Scene::response(200, "INVITE"), "AB30").judge(&RULE)), ["Session-ID of another form"]);
        assert_eq!(observed(&with(Scene::request("INVITE"), OWN).judge(&RULE)), ["Session-ID without remote"]);
    }

    #[test]
    fn a_call_id_that_comes_back_breaks_it_whatever_was_agreed() {
        let again = Scene::request("INVITE").placed(|p| p.reuses_call_id = true);
        assert_eq!(observed(&again.judge(&RULE)), ["Call-ID of a session that is over"]);
    }

    #[test]
    fn identifiers_in_order_keep_it() {
        let value = format!("{OWN};remote=00000000000000000000000000000000");
        assert_eq!(with(Scene::request("INVITE"), &value).judge(&RULE), Verdict::Pass);
        assert_eq!(
            with(Scene::request("INVITE"), "").agreed(|t| t.accounting.session_id = agreed(Level::Forbidden)).judge(&RULE),
            Verdict::Pass
        );
    }

    #[test]
    fn hop_by_hop_answers_and_what_was_not_agreed_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(with(Scene::response(100, "INVITE"), "").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(with(Scene::request("INVITE"), "").cut_to(100).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
