//! Takes a message, gives whether it carries headers that were agreed away or have no business in it, never what they say.

use crate::policy::{Clause, Level, Severity, Terms};
use crate::rules::quote::token_or;
use crate::rules::sip::header_term::{lines, speaks_of};
use crate::rules::sip::matrix::misplaced;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::{Header, HeaderName, Message};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-HDR-003",
    name: "forbidden-header-present",
    title: "header forbidden by policy present",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 3261 §20",
    keys: &["sip.header", "sip.headers.unlisted_private"],
    what: "A message carries no header that an entry of `[[sip.header]]` forbids or discourages for its kind, no private header (`P-`, \
           `X-`) beyond those listed where `unlisted_private` says so, and none that RFC 3261 excludes from its method or from \
           responses (low).",
    why: "Private headers carry internal state, charging data or identities that were not meant for the other network, and may be \
          acted on there.",
    confirm: "Filter `sip.msg_hdr contains \"P-Charging-Function-Addresses\"` (the header named in the finding).",
    fix: "let the sender's border element strip the header, or agree on it with a [[sip.header]] entry",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, terms) = (subject.message(), subject.terms);
    let mut breaches = Vec::new();
    for term in terms.sip.headers.iter().filter(|t| bars(t.level.value) && speaks_of(t, subject)) {
        let found = lines(term, message).next();
        breaches.extend(found.map(|h| Breach::of_level(&term.level, term.name.clone()).at(h.name).about(term.name.clone())));
    }
    if let Some(level) = terms.sip.unlisted_private.as_ref().filter(|l| bars(l.value)) {
        breaches.extend(message.headers().iter().filter(|h| is_unlisted_private(h, message, terms)).map(|h| unlisted(h, message, level)));
    }
    for id in misplaced(message).iter().filter(|&&id| message.has(id)) {
        let Some(header) = message.header(*id) else { continue };
        let kind = message.method().map_or("response", |m| m.name());
        let breach = Breach::of_standard(format!("{} in {kind}", id.text()), "not in messages of this kind");
        breaches.push(breach.rated(Severity::Low).at(header.name).about(id.text()));
    }
    subject.verdict(breaches)
}

const fn bars(level: Level) -> bool {
    matches!(level, Level::Forbidden | Level::Discouraged)
}

fn is_unlisted_private(header: &Header, message: &Message, terms: &Terms) -> bool {
    // Nearly all are known, and their text has left the caches of the processor since it was read.
    let name = if header.id == HeaderName::Other { message.at(header.name) } else { header.id.text().as_bytes() };
    let private = matches!(name, [b'P' | b'p' | b'X' | b'x', b'-', ..]);
    private && !terms.sip.headers.iter().any(|t| t.name.as_bytes().eq_ignore_ascii_case(name))
}

fn unlisted(header: &Header, message: &Message, level: &Clause<Level>) -> Breach {
    let name = token_or(message.at(header.name), "a private header with a long name");
    Breach::of_level(level, format!("{name} (not listed)")).at(header.name).about(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{HeaderTerm, When};
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, clause, observed};

    fn agreement(scene: Scene) -> Scene {
        let term = |name: &str, level| HeaderTerm {
            name: name.to_owned(),
            id: HeaderName::of(name.as_bytes()),
            methods: Vec::new(),
            when: When::Any,
            level: clause(level),
            pattern: None,
            one_of: None,
        };
        let terms = vec![term("User-Agent", Level::Discouraged), term("P-Asserted-Identity", Level::Required)];
        scene.agreed(|t| {
            t.sip.headers = terms;
            t.sip.unlisted_private = agreed(Level::Forbidden);
        })
    }

    #[test]
    fn barred_and_unlisted_headers_break_it() {
        let scene = agreement(Scene::request("INVITE").add("User-Agent: x").add("X-Debug: 1").add("P-Asserted-Identity: <tel:+491>"));
        let Verdict::Violation(breaches) = scene.judge(&RULE) else { panic!("kept") };
        let said: Vec<_> = breaches.iter().map(|b| (&*b.observed, b.level)).collect();
        assert_eq!(said, [("User-Agent", Some(Level::Discouraged)), ("X-Debug (not listed)", Some(Level::Forbidden))]);
    }

    #[test]
    fn headers_out_of_place_are_low() {
        let Verdict::Violation(breaches) = Scene::request("BYE").judge(&RULE) else { panic!("kept") };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("Contact in BYE", Some(Severity::Low)));
        assert_eq!(observed(&Scene::response(200, "BYE").add("Max-Forwards: 70").judge(&RULE)), ["Max-Forwards in response"]);
    }

    #[test]
    fn other_headers_keep_it() {
        assert_eq!(agreement(Scene::request("INVITE").add("Subject: x")).judge(&RULE), Verdict::Pass);
        assert_eq!(Scene::request("INVITE").add("X-Debug: 1").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_message_cut_in_its_headers_cannot_keep_it() {
        let cut = agreement(Scene::request("INVITE")).cut_to(150);
        assert_eq!(cut.judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
