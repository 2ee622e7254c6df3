//! Takes a message, gives whether the extensions it demands or refuses are agreed, never whether they work.

use crate::policy::{Clause, Level, Severity};
use crate::rules::quote::token_or;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::elements;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-EXT-001",
    name: "option-tag-not-agreed",
    title: "option tag demanded that is not agreed",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §8.1.1.9, §8.2.2.3, §20.32, §21.4.15",
    keys: &["sip.option_tags"],
    what: "A request demands by Require or Proxy-Require only extensions that the peers agreed on. A tag that the table does not list \
           has the level of its `default`; where there is none, only a tag that is not registered with IANA breaks the rule, since \
           nobody can be expected to know it. The other way round, a 420 does not refuse an extension that was agreed.",
    why: "A demand that the other side does not know must be answered with 420, so every such call fails; an agreed extension that is \
          refused fails the calls that rely on it.",
    confirm: "Filter `sip.Require || sip.Proxy-Require` and read the tags; `sip.Status-Code == 420` shows the refusals with their \
           Unsupported header.",
    fix: "let the sender offer the extension in Supported instead of Require, or agree on it in sip.option_tags",
    check: Check::Message(Kind::ANY, check),
};

/// IANA, SIP parameters, "Option Tags".
const REGISTERED: &[&str] = &[
    "100rel",
    "199",
    "answermode",
    "early-session",
    "eventlist",
    "explicitsub",
    "from-change",
    "geolocation-http",
    "geolocation-sip",
    "gin",
    "gruu",
    "histinfo",
    "ice",
    "join",
    "multiple-refer",
    "norefersub",
    "nosub",
    "outbound",
    "path",
    "policy",
    "precondition",
    "pref",
    "privacy",
    "recipient-list-invite",
    "recipient-list-message",
    "recipient-list-subscribe",
    "record-aware",
    "replaces",
    "resource-priority",
    "sdp-anat",
    "sec-agree",
    "siprec",
    "tdialog",
    "timer",
    "trickle-ice",
    "uui",
];

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let mut breaches = Vec::new();
    let mut judged = false;
    let headers = match message.code() {
        None => &[HeaderName::Require, HeaderName::ProxyRequire][..],
        Some(420) => &[HeaderName::Unsupported][..],
        Some(_) => &[][..],
    };
    for header in headers.iter().flat_map(|&id| message.lines(id)) {
        for tag in elements(message.at(header.value)) {
            let agreed = subject.terms.sip.option_tags.get_any_case(std::str::from_utf8(tag).unwrap_or_default());
            let registered = || REGISTERED.iter().any(|r| r.as_bytes().eq_ignore_ascii_case(tag));
            let name = || format!("{}: {}", header.id.text(), token_or(tag, "a tag with an odd name"));
            let place = message.place_of(tag).unwrap_or(header.value);
            judged |= agreed.is_some_and(|l| l.value != Level::Unspecified);
            if let Some(breach) = breach(agreed, header.id == HeaderName::Unsupported, registered, name) {
                breaches.push(breach.at(place).about(header.id.text()));
            }
        }
    }
    let may_demand = subject.lacks_headers() && !headers.is_empty();
    if breaches.is_empty() && !judged && !may_demand { Verdict::NotApplicable } else { subject.verdict(breaches) }
}

/// What is wrong with one tag that is demanded, or refused.
fn breach(agreed: Option<&Clause<Level>>, refused: bool, registered: impl Fn() -> bool, name: impl Fn() -> String) -> Option<Breach> {
    match (agreed, refused) {
        (Some(level), true) => {
            matches!(level.value, Level::Required | Level::Supported).then(|| Breach::of_clause(level, name(), level.value.name()))
        }
        (Some(level), false) => matches!(level.value, Level::Forbidden | Level::Discouraged).then(|| Breach::of_level(level, name())),
        (None, true) => None,
        (None, false) => (!registered()).then(|| Breach::of_standard(name(), "only extensions that are registered or agreed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, levels, observed};

    fn agreed(scene: Scene) -> Verdict {
        let table = levels(
            &[("timer", Level::Required), ("100rel", Level::Supported), ("precondition", Level::Discouraged)],
            Some(Level::Forbidden),
        );
        scene.agreed(|t| t.sip.option_tags = table).judge(&RULE)
    }

    #[test]
    fn a_tag_that_is_not_agreed_breaks_it() {
        let verdict = agreed(Scene::request("INVITE").add("Require: 100rel, Precondition").add("Proxy-Require: privacy"));
        assert_eq!(observed(&verdict), ["Require: Precondition", "Proxy-Require: privacy"]);
        let Verdict::Violation(breaches) = verdict else { unreachable!() };
        assert_eq!([breaches[0].level, breaches[1].level], [Some(Level::Discouraged), Some(Level::Forbidden)]);
    }

    #[test]
    fn an_agreed_tag_that_is_refused_breaks_it() {
        assert_eq!(observed(&agreed(Scene::response(420, "INVITE").add("Unsupported: timer, foo"))), ["Unsupported: timer"]);
    }

    #[test]
    fn agreed_tags_keep_it() {
        assert_eq!(agreed(Scene::request("INVITE").add("Require: TIMER").add("Supported: precondition")), Verdict::Pass);
    }

    // RFC 4475 §3.3.8 (bext01): tags that nobody can know.
    #[test]
    fn without_agreement_only_unregistered_tags_break_it() {
        let unknown = Scene::request("OPTIONS").add("Require: nothingSupportsThis, 100rel");
        assert_eq!(observed(&unknown.judge(&RULE)), ["Require: nothingSupportsThis"]);
        assert_eq!(Scene::request("INVITE").add("Require: 100rel").judge(&RULE), Verdict::NotApplicable);
    }
}
