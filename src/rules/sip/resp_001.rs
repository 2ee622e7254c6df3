//! Takes a response, gives whether its status code is agreed, never whether it is the right one.

use crate::policy::{Clause, Level, LevelTable, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-RESP-001",
    name: "status-code-not-permitted",
    title: "status code not permitted",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 6406 §6.2.2; IANA SIP response codes",
    keys: &["sip.responses.levels"],
    what: "The status code of every response is agreed: by the code itself, else by its class (`3xx`), else by `default`. A code that is \
           not registered with IANA is low. A 403 that says `Unsupported Peer` is always high: the other side does not know this peering.",
    why: "A code that nobody agreed on is treated as the x00 of its class: redirects are followed or refused by surprise, and the \
          caller's side cannot tell a busy line from a broken trunk.",
    confirm: "Filter `sip.Status-Code == 302` (the code named in the finding) and see which side sends it.",
    fix: "map the code to an agreed one at the sender's border element, or agree on it in sip.responses.levels",
    check: Check::Message(Kind::RESPONSE, check),
};

/// IANA, SIP parameters, "Response Codes".
const REGISTERED: &[u16] = &[
    100, 180, 181, 182, 183, 199, 200, 202, 204, 300, 301, 302, 305, 380, 400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414,
    415, 416, 417, 420, 421, 422, 423, 424, 425, 428, 429, 430, 433, 436, 437, 438, 439, 440, 469, 470, 480, 481, 482, 483, 484, 485, 486,
    487, 488, 489, 491, 493, 494, 500, 501, 502, 503, 504, 505, 513, 555, 580, 600, 603, 604, 606, 607, 608,
];

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    // A status line without a code is malformed, which is another rule's.
    let Some(code) = message.code().filter(|&c| c > 0) else { return Verdict::NotApplicable };
    let at = message.start_span();
    if code == 403 && message.reason().is_some_and(|r| r.eq_ignore_ascii_case(b"Unsupported Peer")) {
        let breach = Breach::of_standard("403 Unsupported Peer", "each side knows the other as its peer");
        return Verdict::breach(breach.rated(Severity::High).at(at));
    }
    let agreed = level(&subject.terms.sip.responses, code).filter(|l| l.value != Level::Unspecified);
    if let Some(level) = agreed.filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged)) {
        return Verdict::breach(Breach::of_level(level, code.to_string()).at(at));
    }
    if REGISTERED.binary_search(&code).is_err() {
        let breach = Breach::of_standard(format!("{code} (not registered)"), "registered status codes");
        return Verdict::breach(breach.rated(Severity::Low).at(at));
    }
    if agreed.is_some() { Verdict::Pass } else { Verdict::NotApplicable }
}

/// The level of a code: its own, else that of its class, else that of everything not listed.
fn level(table: &LevelTable, code: u16) -> Option<&Clause<Level>> {
    if table.is_empty() {
        return None;
    }
    if table.entries.is_empty() {
        return table.default.as_ref();
    }
    let own = table.entries.iter().find(|(key, _)| key.parse() == Ok(code));
    let of_class = || table.entries.iter().find(|(key, _)| key.strip_suffix("xx").is_some_and(|class| class.parse() == Ok(code / 100)));
    own.or_else(of_class).map(|(_, level)| level).or(table.default.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, levels, observed};

    fn judged(code: u16) -> Verdict {
        let table = [("3xx", Level::Forbidden), ("302", Level::Supported), ("6xx", Level::Discouraged)];
        Scene::response(code, "INVITE").agreed(|t| t.sip.responses = levels(&table, Some(Level::Supported))).judge(&RULE)
    }

    #[test]
    fn a_forbidden_class_or_code_breaks_it() {
        assert_eq!(observed(&judged(301)), ["301"]);
        let Verdict::Violation(breaches) = judged(603) else { panic!("kept") };
        assert_eq!(breaches[0].level, Some(Level::Discouraged));
    }

    #[test]
    fn unregistered_codes_are_low_and_an_unknown_peer_is_high() {
        let severity = |scene: Scene| match scene.judge(&RULE) {
            Verdict::Violation(breaches) => breaches[0].severity,
            _ => None,
        };
        assert_eq!(severity(Scene::response(499, "INVITE")), Some(Severity::Low));
        assert_eq!(severity(Scene::response(403, "INVITE").start("SIP/2.0 403 Unsupported peer")), Some(Severity::High));
    }

    #[test]
    fn agreed_codes_keep_it_and_the_code_beats_its_class() {
        for code in [100, 200, 302, 486] {
            assert_eq!(judged(code), Verdict::Pass, "{code}");
        }
    }

    #[test]
    fn nothing_agreed_or_a_request_is_not_judged() {
        assert_eq!(Scene::response(302, "INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert!(REGISTERED.is_sorted());
    }
}
