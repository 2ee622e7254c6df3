//! Takes a message that ends a call, gives whether it says why and whether that fits its status, never whether it is true.

use crate::policy::{Level, ReasonTerm, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::{elements, reason};
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-RESP-004",
    name: "release-cause-missing",
    title: "release cause missing or inconsistent",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3326 §2; RFC 6432 §2; RFC 3398 §7.2.4.1, §8.2.6.1",
    keys: &["sip.responses.reason"],
    what: "BYE, CANCEL and final failures of session requests, as far as sip.responses.reason.on names them (BYE and CANCEL where it \
           names none), carry Reason with one of the agreed protocols. Challenges and responses that ask for another try (401, 407, \
           422, 491) end nothing and need none. A Q.850 cause that the tables of RFC 3398 map to another status code is only mentioned; \
           487 follows the caller's own CANCEL and fits any cause.",
    why: "The cause is what networks beyond the border count, charge and reroute by. Without it every release becomes cause 31 or 127, \
          and a busy line cannot be told from a broken trunk.",
    confirm: "Filter `sip.Method == \"BYE\" && !sip.Reason`, or `sip.Status-Code >= 400 && sip.Reason` to compare cause and code.",
    fix: "map ISUP causes to Reason (and back) on the sender's gateway or border element",
    check: Check::Message(Kind::ANY, check),
};

/// RFC 3398 §7.2.4.1: the status codes of ISUP causes.
const CODE_OF_CAUSE: &[(u64, &[u16])] = &[
    (1, &[404]),
    (2, &[404]),
    (3, &[404]),
    (17, &[486]),
    (18, &[408]),
    (19, &[480]),
    (20, &[480]),
    (21, &[403, 603]),
    (22, &[410, 301]),
    (23, &[410]),
    (26, &[404]),
    (27, &[502]),
    (28, &[484]),
    (29, &[501]),
    (31, &[480]),
    (34, &[503]),
    (38, &[503]),
    (41, &[503]),
    (42, &[503]),
    (47, &[503]),
    (55, &[403]),
    (57, &[403]),
    (58, &[503]),
    (65, &[488]),
    (70, &[488]),
    (79, &[501]),
    (87, &[403]),
    (88, &[503]),
    (102, &[504]),
    (111, &[500]),
    (127, &[500]),
];

/// RFC 3398 §8.2.6.1: the ISUP causes of status codes.
const CAUSE_OF_CODE: &[(u16, u64)] = &[
    (400, 41),
    (401, 21),
    (402, 21),
    (403, 21),
    (404, 1),
    (405, 63),
    (406, 79),
    (407, 21),
    (408, 102),
    (410, 22),
    (413, 127),
    (414, 127),
    (415, 79),
    (416, 127),
    (420, 127),
    (421, 127),
    (423, 127),
    (480, 18),
    (481, 41),
    (482, 25),
    (483, 25),
    (484, 28),
    (485, 1),
    (486, 17),
    (500, 41),
    (501, 79),
    (502, 38),
    (503, 41),
    (504, 102),
    (505, 127),
    (513, 127),
    (600, 17),
    (603, 21),
    (604, 1),
];

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(term) = &subject.terms.sip.reason else { return Verdict::NotApplicable };
    let message = subject.message();
    let releases = match (message.method(), message.code()) {
        (Some(Method::Bye | Method::Cancel), _) => true,
        (None, Some(code)) => {
            let fails = (400..700).contains(&code) && !matches!(code, 401 | 407 | 422 | 491);
            fails && message.transaction_method() == Some(Method::Invite) && subject.place.answers_initial()
        }
        _ => false,
    };
    if !releases {
        return Verdict::NotApplicable;
    }
    let mut breaches = Vec::new();
    let missing = matches!(term.level.value, Level::Required | Level::Recommended) && is_named(term, message.method(), message.code());
    if missing && !has_agreed(subject, term) {
        if subject.lacks_headers() {
            return Verdict::Indeterminate(Reason::Truncated);
        }
        let what = match (message.method(), message.code()) {
            (Some(method), _) => method.name().to_owned(),
            (None, code) => code.unwrap_or_default().to_string(),
        };
        let protocols = if term.protocols.is_empty() { String::new() } else { format!(" of {}", term.protocols.join(" or ")) };
        let observed = format!("{what} without Reason{protocols}");
        breaches.push(Breach::of_level(&term.level, observed).at(message.start_span()).about("Reason"));
    }
    let cause = contradiction(subject);
    if !missing && cause.is_none() && !message.has(HeaderName::Reason) && !subject.lacks_headers() {
        return Verdict::NotApplicable;
    }
    breaches.extend(cause);
    subject.verdict(breaches)
}

/// Whether the agreement asks this message for a reason.
fn is_named(term: &ReasonTerm, method: Option<Method>, code: Option<u16>) -> bool {
    if term.on.is_empty() {
        return method.is_some();
    }
    term.on.iter().any(|on| match (method, code) {
        (Some(method), _) => on.eq_ignore_ascii_case(method.name()),
        (None, Some(code)) => on.strip_suffix("xx").map_or_else(|| on.parse() == Ok(code), |class| class.parse() == Ok(code / 100)),
        (None, None) => false,
    })
}

fn has_agreed(subject: &MessageSubject<'_>, term: &ReasonTerm) -> bool {
    let message = subject.message();
    let agreed = |protocol: &[u8]| term.protocols.is_empty() || term.protocols.iter().any(|p| p.as_bytes().eq_ignore_ascii_case(protocol));
    message.all(HeaderName::Reason).any(|value| elements(&value).filter_map(reason).any(|r| agreed(r.protocol)))
}

/// A Q.850 cause that neither table maps to the status code.
fn contradiction(subject: &MessageSubject<'_>) -> Option<Breach> {
    let message = subject.message();
    let code = message.code().filter(|&code| code != 487)?;
    let line = message.header(HeaderName::Reason)?;
    let value = message.at(line.value);
    let cause = elements(value).filter_map(reason).find(|r| r.protocol.eq_ignore_ascii_case(b"Q.850"))?.cause?;
    let (_, codes) = CODE_OF_CAUSE.iter().find(|(known, _)| *known == cause)?;
    let back = CAUSE_OF_CODE.iter().any(|&(known, of)| known == code && of == cause);
    if back || codes.contains(&code) {
        return None;
    }
    let codes: Vec<_> = codes.iter().map(u16::to_string).collect();
    let breach = Breach::of_standard(format!("{code} with Q.850 cause {cause}"), format!("{} for cause {cause}", codes.join(" or ")));
    Some(breach.rated(Severity::Info).at(line.value).about("Reason"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ReasonTerm;
    use crate::rules::scene::{Scene, clause, observed};

    fn judged(scene: Scene, on: &[&str]) -> Verdict {
        let reason = ReasonTerm {
            level: clause(Level::Required),
            protocols: vec!["Q.850".into()],
            on: on.iter().map(|on| (*on).to_owned()).collect(),
        };
        scene.agreed(|t| t.sip.reason = Some(reason)).judge(&RULE)
    }

    #[test]
    fn a_release_without_an_agreed_reason_breaks_it() {
        assert_eq!(observed(&judged(Scene::request("BYE"), &[])), ["BYE without Reason of Q.850"]);
        let other = Scene::request("CANCEL").add("Reason: SIP;cause=200;text=\"Call completed elsewhere\"");
        assert_eq!(observed(&judged(other, &["CANCEL"])), ["CANCEL without Reason of Q.850"]);
        assert_eq!(observed(&judged(Scene::response(503, "INVITE"), &["5xx"])), ["503 without Reason of Q.850"]);
    }

    #[test]
    fn a_cause_that_maps_to_another_code_is_mentioned() {
        let odd = judged(Scene::response(404, "INVITE").add("Reason: Q.850;cause=17"), &["404"]);
        let Verdict::Violation(breaches) = odd else { panic!("kept") };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("404 with Q.850 cause 17", Some(Severity::Info)));
    }

    #[test]
    fn an_agreed_reason_that_fits_keeps_it() {
        assert_eq!(judged(Scene::request("BYE").add("Reason: SIP;cause=200, q.850 ;cause=16"), &[]), Verdict::Pass);
        for (code, cause) in [(486, 17), (480, 18), (408, 102), (487, 17), (503, 200)] {
            let scene = Scene::response(code, "INVITE").add(&format!("Reason: Q.850;cause={cause}"));
            assert_eq!(judged(scene, &["4xx", "5xx"]), Verdict::Pass, "{code}");
        }
    }

    #[test]
    fn what_ends_nothing_is_not_judged_and_a_cut_message_cannot_be() {
        assert_eq!(Scene::request("BYE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(judged(Scene::response(401, "INVITE"), &["4xx"]), Verdict::NotApplicable);
        assert_eq!(judged(Scene::response(486, "INVITE"), &[]), Verdict::NotApplicable);
        assert_eq!(judged(Scene::response(481, "BYE"), &["4xx"]), Verdict::NotApplicable);
        assert_eq!(judged(Scene::request("BYE").cut_to(120), &[]), Verdict::Indeterminate(Reason::Truncated));
    }
}
