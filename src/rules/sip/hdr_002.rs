//! Takes a message, gives whether the headers that were agreed for it are there, never what they say.

use crate::policy::{Level, Severity};
use crate::rules::sip::header_term::{lines, speaks_of};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-HDR-002",
    name: "agreed-header-missing",
    title: "header required by policy missing",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; 3GPP TS 29.165 table A.1, annex B",
    keys: &["sip.header"],
    what: "Where an entry of `[[sip.header]]` requires or recommends a header for messages of this method and kind, the message has it.",
    why: "The other side routes, bills or screens by the header and treats calls without it as faulty or anonymous.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.P-Asserted-Identity` (with the method and header named in the finding).",
    fix: "let the sender's border element add the header, or lower its level in the policy's [[sip.header]] entry",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let demands = |level| matches!(level, Level::Required | Level::Recommended);
    let mut wanted = subject.terms.sip.headers.iter().filter(|t| demands(t.level.value) && speaks_of(t, subject)).peekable();
    if wanted.peek().is_none() {
        return Verdict::NotApplicable;
    }
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let absent = wanted.filter(|t| lines(t, message).next().is_none());
    Verdict::of(
        absent.map(|t| Breach::of_level(&t.level, format!("no {}", t.name)).at(message.start_span()).about(t.name.clone())).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{HeaderTerm, When};
    use crate::rules::scene::{Scene, clause, observed};
    use crate::sip::HeaderName;

    fn agreed(scene: Scene) -> Scene {
        let term = |name: &str, level, when| HeaderTerm {
            name: name.to_owned(),
            id: HeaderName::of(name.as_bytes()),
            methods: vec!["INVITE".to_owned()],
            when,
            level: clause(level),
            pattern: None,
            one_of: None,
        };
        let terms = vec![term("Allow", Level::Recommended, When::InitialRequest), term("X-Trunk", Level::Required, When::Request)];
        scene.agreed(|t| t.sip.headers = terms)
    }

    #[test]
    fn absence_breaks_it_by_its_level() {
        let Verdict::Violation(breaches) = agreed(Scene::request("INVITE").add("X-Other: 1")).judge(&RULE) else { panic!("kept") };
        let said: Vec<_> = breaches.iter().map(|b| (&*b.observed, b.level)).collect();
        assert_eq!(said, [("no Allow", Some(Level::Recommended)), ("no X-Trunk", Some(Level::Required))]);
        let later = agreed(Scene::request("INVITE").placed(|p| p.standing = crate::call::Standing::InDialog));
        assert_eq!(observed(&later.judge(&RULE)), ["no X-Trunk"]);
    }

    #[test]
    fn presence_keeps_it() {
        assert_eq!(agreed(Scene::request("INVITE").add("Allow: INVITE").add("x-trunk: 7")).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_messages_are_not_spoken_of_and_cut_ones_cannot_be_judged() {
        assert_eq!(agreed(Scene::request("BYE")).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(agreed(Scene::response(200, "INVITE")).judge(&RULE), Verdict::NotApplicable);
        let cut = agreed(Scene::request("INVITE").cut_to(150));
        assert_eq!(cut.judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
