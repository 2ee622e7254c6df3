//! Takes a message, gives whether the values of agreed headers have the agreed form, never whether they are true.

use std::borrow::Cow;

use crate::policy::{HeaderTerm, Level, Severity};
use crate::rules::sip::header_term::{lines, speaks_of};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::HeaderName as H;
use crate::sip::value::elements;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-HDR-004",
    name: "header-format-not-agreed",
    title: "header value does not match the agreed format",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1",
    keys: &["sip.header.pattern", "sip.header.one_of"],
    what: "Where an entry of `[[sip.header]]` gives a `pattern`, the whole value of the header matches it, unfolded and trimmed; of a \
           header that is a list, each element does. Where it gives `one_of`, the value is one of those, in any case. Entries that \
           forbid or discourage the header say nothing about its form.",
    why: "The other side reads the value by the agreed format; what does not fit is routed wrongly, screened out or billed to nobody.",
    confirm: "Filter `sip.msg_hdr contains \"P-Asserted-Identity\"` (the header named in the finding) and hold its value against the \
           pattern of the policy.",
    fix: "let the sender's border element write the value in the agreed format, or correct the pattern",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let mut breaches = Vec::new();
    let mut judged = false;
    for term in subject.terms.sip.headers.iter().filter(|t| says_form(t) && speaks_of(t, subject)) {
        // It may stand in what is missing.
        judged |= subject.lacks_headers();
        for header in lines(term, message) {
            judged = true;
            let value = message.value(header);
            let wrong = if is_list(term.id) { elements(&value).any(|e| !fits(term, e)) } else { !fits(term, &value) };
            if wrong {
                breaches.push(breach(term).at(header.value).about(term.name.clone()));
                break;
            }
        }
    }
    if judged { subject.verdict(breaches) } else { Verdict::NotApplicable }
}

fn says_form(term: &HeaderTerm) -> bool {
    let wanted = matches!(term.level.value, Level::Required | Level::Recommended | Level::Supported);
    wanted && (term.pattern.is_some() || term.one_of.as_ref().is_some_and(|c| !c.value.is_empty()))
}

fn fits(term: &HeaderTerm, value: &[u8]) -> bool {
    let listed = |values: &Vec<String>| values.is_empty() || values.iter().any(|v| v.as_bytes().eq_ignore_ascii_case(value));
    term.pattern.as_ref().is_none_or(|p| p.value.is_match(value)) && term.one_of.as_ref().is_none_or(|c| listed(&c.value))
}

fn breach(term: &HeaderTerm) -> Breach {
    let observed = format!("{}: not in the agreed format", term.name);
    let breach = match (&term.pattern, &term.one_of) {
        (Some(pattern), _) => Breach::of_clause(pattern, observed, pattern.value.as_str().to_owned()),
        (None, Some(values)) => Breach::of_clause(values, observed, values.value.join(", ")),
        (None, None) => Breach::of_standard(observed, Cow::Borrowed("")),
    };
    Breach { level: Some(term.level.value), ..breach }
}

/// Whether commas part the elements of this header. Names that the parser does not know are taken whole.
const fn is_list(id: H) -> bool {
    matches!(
        id,
        H::Accept
            | H::AcceptContact
            | H::AcceptEncoding
            | H::AcceptLanguage
            | H::AlertInfo
            | H::Allow
            | H::AllowEvents
            | H::CallInfo
            | H::Contact
            | H::ContentEncoding
            | H::ContentLanguage
            | H::Diversion
            | H::ErrorInfo
            | H::FeatureCaps
            | H::Geolocation
            | H::HistoryInfo
            | H::InReplyTo
            | H::PAssertedIdentity
            | H::PAssociatedUri
            | H::PEarlyMedia
            | H::PPreferredIdentity
            | H::PVisitedNetworkId
            | H::Path
            | H::ProxyRequire
            | H::Reason
            | H::RecordRoute
            | H::RecvInfo
            | H::RejectContact
            | H::Require
            | H::ResourcePriority
            | H::Route
            | H::ServiceRoute
            | H::Supported
            | H::Unsupported
            | H::Via
            | H::Warning
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::When;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, clause, observed};

    fn agreement(scene: Scene, level: Level) -> Scene {
        let term = |name: &str, pattern: Option<&str>, one_of: &[&str]| HeaderTerm {
            name: name.to_owned(),
            id: H::of(name.as_bytes()),
            methods: Vec::new(),
            when: When::Any,
            level: clause(level),
            pattern: pattern.map(|p| clause(regex::bytes::Regex::new(&format!("^(?:{p})$")).unwrap())),
            one_of: agreed(one_of.iter().map(|&v| v.to_owned()).collect()),
        };
        let pai = term("P-Asserted-Identity", Some("<(sip|tel):\\+[0-9]+[^>]*>"), &[]);
        scene.agreed(|t| t.sip.headers = vec![pai, term("Privacy", None, &["id", "none"])])
    }

    #[test]
    fn an_element_or_value_of_another_form_breaks_it() {
        let scene = Scene::request("INVITE").add("P-Asserted-Identity: <tel:+49301>, <sip:x@y>").add("Privacy: header");
        let Verdict::Violation(breaches) = agreement(scene, Level::Recommended).judge(&RULE) else { panic!("kept") };
        let said: Vec<_> = breaches.iter().map(|b| &*b.observed).collect();
        assert_eq!(said, ["P-Asserted-Identity: not in the agreed format", "Privacy: not in the agreed format"]);
        assert_eq!(breaches[0].level, Some(Level::Recommended));
    }

    #[test]
    fn values_of_the_agreed_form_keep_it_folded_too() {
        let scene = Scene::request("INVITE").add("P-Asserted-Identity: <tel:+49301>,\r\n <sip:+49301@x>").add("Privacy: ID");
        assert_eq!(agreement(scene, Level::Required).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn an_absent_or_barred_header_has_no_form() {
        assert_eq!(agreement(Scene::request("INVITE"), Level::Required).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(agreement(Scene::request("INVITE").add("Privacy: x"), Level::Forbidden).judge(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn what_the_capture_holds_of_a_cut_message_is_judged() {
        let cut = |header: &str| {
            let scene = agreement(Scene::request("INVITE").add(header).add("Subject: far"), Level::Required);
            let octets = scene.text().find("Subject").unwrap() + 4;
            scene.cut_to(octets).judge(&RULE)
        };
        assert_eq!(observed(&cut("Privacy: x")), ["Privacy: not in the agreed format"]);
        assert_eq!(cut("Privacy: id"), Verdict::Indeterminate(Reason::Truncated));
    }
}
